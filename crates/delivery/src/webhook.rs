//! The operator's own sender: a signed POST, safe against replay and repetition.

use std::sync::Arc;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use nidan_protocol::Channel;
use serde_json::json;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Gateway, Outgoing, SendError, UnixClock, http};

/// Unix seconds; part of what is signed.
pub const TIMESTAMP_HEADER: &str = "nidan-timestamp";
/// Hex of HMAC-SHA-256 over timestamp, a full stop and the body.
pub const SIGNATURE_HEADER: &str = "nidan-signature";
/// A signature that is older or newer is somebody's copy.
const TIMESTAMP_TOLERANCE_S: u64 = 300;

/// The signature of a body.
pub fn sign(secret: &str, timestamp: u64, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether a callback was signed with the secret, and lately.
pub fn verify(secret: &str, timestamp: &str, signature: &str, body: &[u8], now: u64) -> bool {
    let Ok(signed_at) = timestamp.parse::<u64>() else {
        return false;
    };
    now.abs_diff(signed_at) <= TIMESTAMP_TOLERANCE_S
        && sign(secret, signed_at, body)
            .as_bytes()
            .ct_eq(signature.as_bytes())
            .into()
}

/// A URL of the operator's that takes messages as signed JSON.
pub struct Webhook {
    url: String,
    secret: Arc<Zeroizing<String>>,
    clock: UnixClock,
    agent: ureq::Agent,
}

impl Webhook {
    /// `secret` signs each message at the time that `clock` tells.
    pub fn new(url: String, secret: Arc<Zeroizing<String>>, clock: UnixClock) -> Self {
        Self {
            url,
            secret,
            clock,
            agent: http::agent(),
        }
    }
}

#[async_trait]
impl Gateway for Webhook {
    async fn send(&self, message: &Outgoing) -> Result<Option<String>, SendError> {
        let channel = message.channel.as_str();
        let body = Zeroizing::new(
            match message.channel {
                Channel::Sms => json!({
                    "id": message.id, "channel": channel, "number": *message.number, "text": *message.text,
                    "expires_at": message.expires_at,
                }),
                Channel::Voice => json!({
                    "id": message.id, "channel": channel, "number": *message.number, "prompt": message.prompt,
                    "call_digits": message.call_digits, "speech": *message.text, "language": message.speech,
                    "expires_at": message.expires_at,
                }),
            }
            .to_string(),
        );
        let timestamp = (self.clock)();
        let signature = sign(&self.secret, timestamp, body.as_bytes());
        let headers = [
            ("content-type", "application/json"),
            ("idempotency-key", &message.id),
            (TIMESTAMP_HEADER, &timestamp.to_string()),
            (SIGNATURE_HEADER, &signature),
        ];
        match http::post(&self.agent, &self.url, &headers, body).await? {
            (status, _) if status.is_success() => Ok(None),
            // It has not taken it.
            (status, _) if matches!(status.as_u16(), 425 | 429) => {
                Err(SendError::NotReached(status.to_string()))
            }
            // A client error other than "later" is its last word.
            (status, _) if status.is_client_error() && status.as_u16() != 408 => {
                Err(SendError::Refused(status.to_string()))
            }
            (status, _) => Err(SendError::Unclear(status.to_string())),
        }
    }

    fn is_idempotent(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_counts_only_with_a_fresh_signature_over_its_body() {
        let signature = sign("secret", 1000, b"body");
        let check = |timestamp: &str, signature: &str, body: &[u8], now| {
            verify("secret", timestamp, signature, body, now)
        };
        assert!(
            check("1000", &signature, b"body", 1000) && check("1000", &signature, b"body", 1300)
        );
        assert!(!check("1000", &signature, b"body", 1301), "a copy");
        assert!(!check("1001", &signature, b"body", 1001), "another time");
        assert!(!check("1000", &signature, b"Body", 1000), "another body");
        assert!(
            !check("1000", &sign("other", 1000, b"body"), b"body", 1000),
            "another secret"
        );
        assert!(!check("", "", b"", 1000) && !check("1000", "", b"body", 1000));
    }

    /// Computed with Python's hmac module, so that a sender in another language can compare.
    #[test]
    fn the_signature_is_plain_hmac() {
        assert_eq!(
            sign(
                "0123456789abcdef0123456789abcdef",
                1_800_000_000,
                br#"{"id":"m1"}"#
            ),
            "005a7722805b0951ba42ac2963c2fbf221bf31e925966f82e5b4ac9c4dd8d220"
        );
    }
}
