//! Who sends a request: the session's cookie, and what each session may do.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::accounts::{AccountError, Session};
use crate::routes::Shop;

pub(crate) const COOKIE: &str = "shop_session";

/// A refusal with a stable code that the page turns into words.
pub(crate) struct Refused(pub(crate) StatusCode, pub(crate) &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "code": self.1 }))).into_response()
    }
}

impl From<AccountError> for Refused {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Taken => Self(StatusCode::CONFLICT, "taken"),
            AccountError::WrongCredentials => Self(StatusCode::UNAUTHORIZED, "wrong"),
            AccountError::Failed(reason) => {
                tracing::error!(reason, "the shop's database");
                Self(StatusCode::SERVICE_UNAVAILABLE, "failed")
            }
        }
    }
}

/// Somebody who is signed in, on a request that comes from our own page.
pub(crate) struct SignedIn(pub(crate) Session);

/// Somebody who is signed in, or owes nothing but a set-up.
pub(crate) struct MaySetUp(pub(crate) Session);

/// Somebody whose password was right and whose code is awaited.
pub(crate) struct OwesCode(pub(crate) Session);

impl FromRequestParts<Arc<Shop>> for SignedIn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Refused> {
        // One gate for everything that a signed-in person may do (ASVS 6.3.4).
        let MaySetUp(session) = MaySetUp::from_request_parts(parts, shop).await?;
        if session.owes_set_up.is_some() {
            Err(Refused(StatusCode::UNAUTHORIZED, "owes_set_up"))
        } else {
            Ok(Self(session))
        }
    }
}

impl FromRequestParts<Arc<Shop>> for MaySetUp {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Refused> {
        let session = session(parts, shop).await?;
        if session.owes_code {
            Err(Refused(StatusCode::UNAUTHORIZED, "owes_code"))
        } else {
            Ok(Self(session))
        }
    }
}

impl FromRequestParts<Arc<Shop>> for OwesCode {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Refused> {
        let session = session(parts, shop).await?;
        if session.owes_code {
            Ok(Self(session))
        } else {
            Err(Refused(StatusCode::UNAUTHORIZED, "signed_out"))
        }
    }
}

async fn session(parts: &Parts, shop: &Arc<Shop>) -> Result<Session, Refused> {
    // Browsers send `Origin` with every POST; with SameSite this keeps other sites out.
    let origin = parts.headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    if parts.method == "POST" && origin != Some(shop.origin.as_bytes()) {
        return Err(Refused(StatusCode::FORBIDDEN, "failed"));
    }
    let id =
        cookie(&parts.headers, COOKIE).ok_or(Refused(StatusCode::UNAUTHORIZED, "signed_out"))?;
    shop.accounts
        .session(id)
        .await?
        .ok_or(Refused(StatusCode::UNAUTHORIZED, "signed_out"))
}

pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='))
}

/// `Secure` is the reverse proxy's to add here: the demo runs on plain HTTP on one machine.
pub(crate) fn with_cookie(id: &str, seconds: u32, answer: impl IntoResponse) -> Response {
    with_named_cookie(COOKIE, id, seconds, answer)
}

pub(crate) fn with_named_cookie(
    name: &str,
    value: &str,
    seconds: u32,
    answer: impl IntoResponse,
) -> Response {
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    let mut response = answer.into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

pub(crate) const SESSION_TTL_S: u32 = 12 * 3600;
