//! What the service tells the shop, by a signed POST (docs/notices.md). A customer copies this too.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

use crate::accounts::Accounts;
use crate::two_step::AUDIENCE;

const TIMESTAMP_MAX_AGE_S: u64 = 300;
/// An empty one would let anybody end sessions.
pub(crate) const SECRET_MIN_LEN: usize = 32;

#[derive(Clone)]
struct Notices {
    accounts: Accounts,
    secret: String,
}

/// Of all that a notice says, what the shop acts on.
#[derive(Deserialize)]
struct Notice {
    /// Whom it is for: our own name at the service.
    host: String,
    subject: String,
    kind: String,
    /// When it happened, Unix seconds: the notice itself may come much later.
    at: u64,
    /// Its number in the person's record: with it a repeated notice is known.
    seq: u64,
}

pub(crate) fn router(accounts: Accounts, secret: String) -> Router {
    Router::new()
        .route("/two-step-notices", post(hear))
        .with_state(Notices { accounts, secret })
}

/// "This sign-in is not mine": somebody has the password, or was told the code too and is signed
/// in. Every session of the person ends that began before, whosever it is; the person signs in
/// again with the next code, and changes the password. So it is where support has taken out everything that
/// the person had: whoever is in a session came in by what is gone.
async fn hear(State(notices): State<Notices>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if !is_signed(&notices.secret, &headers, &body) {
        return StatusCode::FORBIDDEN;
    }
    let Ok(Json(notice)) = Json::<Notice>::from_bytes(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    if notice.host != AUDIENCE {
        return StatusCode::FORBIDDEN;
    }
    // A shop writes a mail; the demo's mailbox shows it.
    let text = String::from_utf8_lossy(&body).into_owned();
    let place = (notice.seq, notice.at);
    let kept = notices.accounts.keep_mail(&notice.subject, place, text);
    if let Err(error) = kept.await {
        tracing::error!(?error, "a mail was not kept");
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let ends_sessions = ["reported", "reset"].contains(&notice.kind.as_str());
    if ends_sessions
        && let Err(error) = notices
            .accounts
            .end_sessions_until(&notice.subject, notice.at)
            .await
    {
        // The service tells again.
        tracing::error!(?error, "sessions were not ended");
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::NO_CONTENT
}

fn is_signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(timestamp), Some(signature)) = (header("nidan-timestamp"), header("nidan-signature"))
    else {
        return false;
    };
    let is_fresh = timestamp
        .parse::<u64>()
        .is_ok_and(|at| at.abs_diff(now()) <= TIMESTAMP_MAX_AGE_S);
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    // Compared in constant time.
    is_fresh && bytes_of(signature).is_some_and(|signature| mac.verify_slice(&signature).is_ok())
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs
        .iter()
        .map(byte)
        .collect::<Option<Vec<_>>>()
        .filter(|_| rest.is_empty())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shop has no seam of its own for time"
)]
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
