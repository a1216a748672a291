//! The shop's API for its own page: JSON in, JSON out, one session cookie.

use std::sync::Arc;

use axum::extract::{Form, FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::accounts::{AccountError, Accounts, Session};
use crate::two_step::{TwoStep, TwoStepError};

const COOKIE: &str = "shop_session";
const PASSWORD_MIN_CHARS: usize = 8;
/// What an authenticator app can show.
const EMAIL_MAX_CHARS: usize = 64;

pub(crate) struct Shop {
    pub(crate) accounts: Accounts,
    pub(crate) two_step: TwoStep,
    pub(crate) origin: String,
}

type Here = State<Arc<Shop>>;

pub(crate) fn router(shop: Shop) -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/sign-up", post(sign_up))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/confirm-password", post(confirm_password))
        .route("/two-step", post(begin_two_step))
        .route("/two-step/complete", post(complete_two_step))
        .with_state(Arc::new(shop))
}

/// A refusal with a stable code that the page turns into words.
struct Refused(StatusCode, &'static str);

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
struct SignedIn(Session);

impl FromRequestParts<Arc<Shop>> for SignedIn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shop: &Arc<Shop>) -> Result<Self, Refused> {
        // Browsers send `Origin` with every POST; with SameSite this keeps other sites out.
        let origin = parts.headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
        if parts.method == "POST" && origin != Some(shop.origin.as_bytes()) {
            return Err(Refused(StatusCode::FORBIDDEN, "failed"));
        }
        let id = session_cookie(&parts.headers).ok_or(Refused(StatusCode::UNAUTHORIZED, "signed_out"))?;
        let session = shop.accounts.session(id).await?;
        session.map(Self).ok_or(Refused(StatusCode::UNAUTHORIZED, "signed_out"))
    }
}

fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix(COOKIE)?.strip_prefix('='))
}

/// `Secure` is the reverse proxy's to add here: the demo runs on plain HTTP on one machine.
fn with_cookie(id: &str, seconds: u32, answer: impl IntoResponse) -> Response {
    let cookie = format!("{COOKIE}={id}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    let mut response = answer.into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

const SESSION_TTL_S: u32 = 12 * 3600;

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

async fn sign_up(State(shop): Here, Json(sent): Json<Credentials>) -> Result<Response, Refused> {
    let email = sent.email.trim();
    let named = email.split_once('@').is_some_and(|(name, site)| !name.is_empty() && site.contains('.'));
    if !named || email.chars().count() > EMAIL_MAX_CHARS || email.chars().any(|c| c.is_control() || c == ':') {
        return Err(Refused(StatusCode::BAD_REQUEST, "email_invalid"));
    }
    if sent.password.chars().count() < PASSWORD_MIN_CHARS {
        return Err(Refused(StatusCode::BAD_REQUEST, "password_short"));
    }
    let account = shop.accounts.sign_up(email, sent.password).await?;
    let session = shop.accounts.begin_session(&account).await?;
    Ok(with_cookie(&session, SESSION_TTL_S, Json(json!({}))))
}

async fn sign_in(State(shop): Here, Json(sent): Json<Credentials>) -> Result<Response, Refused> {
    let account = shop.accounts.check_password(sent.email.trim(), sent.password).await?;
    let session = shop.accounts.begin_session(&account).await?;
    Ok(with_cookie(&session, SESSION_TTL_S, Json(json!({}))))
}

async fn sign_out(State(shop): Here, SignedIn(session): SignedIn) -> Result<Response, Refused> {
    shop.accounts.end_session(&session.id).await?;
    Ok(with_cookie("", 0, Json(json!({}))))
}

#[derive(Deserialize)]
struct Password {
    password: String,
}

/// A fresh session with a fresh `auth_time`, for changes that want a recent password.
async fn confirm_password(
    State(shop): Here,
    SignedIn(session): SignedIn,
    Json(sent): Json<Password>,
) -> Result<Response, Refused> {
    let account = shop.accounts.check_password(&session.email, sent.password).await?;
    let renewed = shop.accounts.begin_session(&account).await?;
    shop.accounts.end_session(&session.id).await?;
    Ok(with_cookie(&renewed, SESSION_TTL_S, Json(json!({}))))
}

async fn me(State(shop): Here, session: Result<SignedIn, Refused>) -> Result<Json<Value>, Refused> {
    let session = match session {
        Ok(SignedIn(session)) => session,
        Err(Refused(StatusCode::UNAUTHORIZED, _)) => return Ok(Json(json!({ "email": null }))),
        Err(refused) => return Err(refused),
    };
    let two_step = match shop.two_step.state(&session.user_id).await {
        Ok(state) => json!(state),
        Err(error) => {
            tracing::warn!(?error, "two-step verification does not answer");
            Value::Null
        }
    };
    Ok(Json(json!({ "email": session.email, "two_step": two_step })))
}

/// The page asks for a flow; only its token goes there, the id stays in the session.
async fn begin_two_step(State(shop): Here, SignedIn(session): SignedIn) -> Result<Json<Value>, Refused> {
    let begun =
        shop.two_step.begin(&session.user_id, &session.email, session.auth_time, &session.id, &shop.origin).await;
    let flow = match begun {
        Ok(flow) => flow,
        Err(TwoStepError::Refused(code)) if code == "reauth_required" => {
            return Err(Refused(StatusCode::FORBIDDEN, "reauth_required"));
        }
        Err(TwoStepError::Refused(code)) if code == "already_enrolled" => {
            return Err(Refused(StatusCode::CONFLICT, "already_enrolled"));
        }
        Err(TwoStepError::Refused(reason)) => {
            tracing::error!(reason, "the service refused a flow");
            return Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "failed"));
        }
        Err(TwoStepError::Failed(reason)) => {
            tracing::error!(reason, "no flow");
            return Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "failed"));
        }
    };
    shop.accounts.set_flow(&session.id, &flow.flow_id).await?;
    Ok(Json(json!({ "flow_token": flow.flow_token })))
}

#[derive(Deserialize)]
struct Completed {
    result_code: String,
}

#[derive(Deserialize)]
struct Language {
    lang: Option<String>,
}

/// Where the widget posts its result code. What counts is what the service signs.
async fn complete_two_step(
    State(shop): Here,
    session: Result<SignedIn, Refused>,
    Query(Language { lang }): Query<Language>,
    Form(sent): Form<Completed>,
) -> Result<Response, Refused> {
    let lang = if lang.as_deref() == Some("en") { "en" } else { "ja" };
    // This is a page load: whatever is wrong, the person gets a page.
    let refused = || Redirect::to(&format!("/?lang={lang}&two-step=refused")).into_response();
    let Ok(SignedIn(session)) = session else { return Ok(refused()) };
    let Some(flow_id) = &session.flow_id else { return Ok(refused()) };
    let spent = match shop.two_step.finish(flow_id, &sent.result_code, &session.id, &session.user_id).await {
        Ok(jti) => shop.accounts.spend_result(&jti).await?,
        Err(error) => {
            tracing::warn!(?error, "a result was refused");
            false
        }
    };
    if !spent {
        return Ok(refused());
    }
    // Who has a second factor now gets a fresh session (ASVS 7.2.4).
    let renewed = shop.accounts.begin_session(&session.user_id).await?;
    shop.accounts.end_session(&session.id).await?;
    Ok(with_cookie(&renewed, SESSION_TTL_S, Redirect::to(&format!("/?lang={lang}&two-step=on"))))
}
