//! A signed result, right or forged in one place.

#![allow(clippy::indexing_slicing, reason = "a JSON object takes every key")]

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Who signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    /// The service's key.
    Right,
    /// Somebody's.
    Foreign,
    /// HMAC with the service's public key: a library that takes the algorithm from the token would
    /// accept it.
    PublicKeyAsSecret,
    /// Nobody.
    None,
}

/// What will be signed.
pub(super) struct Token {
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) signature: Signature,
    /// What is done to the finished token.
    pub(super) finish: fn(String) -> String,
}

pub(super) fn right_key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

pub(super) fn foreign_key() -> SigningKey {
    SigningKey::from_bytes(&[43; 32])
}

pub(super) fn public(key: &SigningKey) -> Value {
    let x = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    let kid = Base64UrlUnpadded::encode_string(&Sha256::digest(members.as_bytes()));
    json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x })
}

impl Token {
    /// As the service makes it.
    pub(super) fn right(
        issuer: &str,
        audience: &str,
        subject: &str,
        nonce: &str,
        now: u64,
        jti: &str,
    ) -> Self {
        let kid = public(&right_key())["kid"].clone();
        Self {
            header: json!({ "alg": "EdDSA", "typ": "nidan-assertion+jwt", "kid": kid }),
            claims: json!({
                "iss": issuer, "aud": audience, "sub": subject, "iat": now, "nbf": now, "exp": now + 60, "jti": jti,
                "nonce": nonce, "auth_time": now, "amr": ["otp"], "acr": "urn:nidan:acr:second-factor",
                "purpose": "verify", "method_id": "method", "factor_epoch": 1,
            }),
            signature: Signature::Right,
            finish: |token| token,
        }
    }

    pub(super) fn write(&self) -> String {
        let encode = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(&self.header), encode(&self.claims));
        let signature = match self.signature {
            Signature::Right => right_key().sign(signed.as_bytes()).to_bytes().to_vec(),
            Signature::Foreign => foreign_key().sign(signed.as_bytes()).to_bytes().to_vec(),
            Signature::PublicKeyAsSecret => hmac(right_key().verifying_key().as_bytes(), &signed),
            Signature::None => Vec::new(),
        };
        (self.finish)(format!(
            "{signed}.{}",
            Base64UrlUnpadded::encode_string(&signature)
        ))
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
