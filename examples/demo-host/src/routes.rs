//! The shop's API for its own page: JSON in, JSON out, one session cookie.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Form, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::accounts::{Accounts, Session};
use crate::browser::{browser_of, trust_token};
use crate::session::{
    COOKIE, MaySetUp, OwesCode, Refused, SESSION_TTL_S, SignedIn, cookie, with_cookie,
    with_named_cookie,
};
use crate::set_up::{begin_two_step, complete_two_step};
use crate::two_step::{Asked, Checked, Duty, Flow, Purpose, TwoStep, TwoStepError};
use crate::{approve, manage, staff};

/// What a trusted browser brings; the service says how long it counts.
pub(crate) const TRUST_COOKIE: &str = "shop_trust";
const TRUST_TTL_S: u32 = 90 * 24 * 3600;
const PASSWORD_MIN_CHARS: usize = 8;
/// What an authenticator app can show.
const EMAIL_MAX_CHARS: usize = 64;

pub(crate) struct Shop {
    pub(crate) accounts: Accounts,
    pub(crate) two_step: TwoStep,
    pub(crate) origin: String,
}

pub(crate) type Here = State<Arc<Shop>>;

pub(crate) fn router(shop: Shop) -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/sign-up", post(sign_up))
        .route("/sign-in", post(sign_in))
        .route("/sign-in/flow", post(sign_in_again))
        .route("/sign-in/complete", post(sign_in_complete))
        .route("/forget-browsers", post(forget_browsers))
        .route("/not-me", post(not_me))
        .route("/change-password", post(change_password))
        .route("/events", get(events))
        .route("/sign-out", post(sign_out))
        .route("/confirm-password", post(confirm_password))
        .route("/two-step", post(begin_two_step))
        .route("/two-step/complete", post(complete_two_step))
        .route("/manage", post(manage::begin))
        .route("/approve", post(approve::begin))
        .route("/manage/complete", post(manage::complete))
        .route("/mailbox", get(manage::mailbox))
        .route("/staff", get(staff::people))
        .route("/staff/act", post(staff::begin))
        .route("/staff/complete", post(staff::complete))
        .route("/staff/outcome", post(staff::outcome))
        .with_state(Arc::new(shop))
}

/// Addresses of our own people, and how those of administrators begin.
const STAFF_SITE: &str = "@staff.example";
const ADMIN_NAME: &str = "admin";
/// Their groups in the service's configuration.
pub(crate) const STAFF: &str = "staff";
pub(crate) const ADMIN: &str = "admin";

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

async fn sign_up(State(shop): Here, Json(sent): Json<Credentials>) -> Result<Response, Refused> {
    let email = sent.email.trim();
    let named = email
        .split_once('@')
        .is_some_and(|(name, site)| !name.is_empty() && site.contains('.'));
    if !named
        || email.chars().count() > EMAIL_MAX_CHARS
        || email.chars().any(|c| c.is_control() || c == ':')
    {
        return Err(Refused(StatusCode::BAD_REQUEST, "email_invalid"));
    }
    if sent.password.chars().count() < PASSWORD_MIN_CHARS {
        return Err(Refused(StatusCode::BAD_REQUEST, "password_short"));
    }
    let account = shop.accounts.sign_up(email, sent.password).await?;
    let session = shop.accounts.begin_session(&account, false).await?;
    // Until the service has said at a login how long it may wait.
    if group_of(email).is_some() {
        shop.accounts.owe_set_up(&session, NO_LOGIN).await?;
    }
    Ok(with_cookie(&session, SESSION_TTL_S, Json(json!({}))))
}

/// The password first; then the service says whether a code is to be asked for. Where it does not
/// answer, nobody can know, and nobody gets in.
async fn sign_in(
    State(shop): Here,
    headers: HeaderMap,
    Json(sent): Json<Credentials>,
) -> Result<Response, Refused> {
    let account = shop
        .accounts
        .check_password(sent.email.trim(), sent.password)
        .await?;
    let id = shop.accounts.begin_session(&account, true).await?;
    let session = shop
        .accounts
        .session(&id)
        .await?
        .ok_or(Refused(StatusCode::SERVICE_UNAVAILABLE, "failed"))?;
    ask_for_code(&shop, &session, &headers).await
}

/// The page was loaded anew while the code was awaited.
async fn sign_in_again(
    State(shop): Here,
    headers: HeaderMap,
    OwesCode(session): OwesCode,
) -> Result<Response, Refused> {
    ask_for_code(&shop, &session, &headers).await
}

async fn ask_for_code(
    shop: &Shop,
    session: &Session,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let client_description = browser_of(headers);
    let asked = Asked {
        trust_token: trust_token(headers),
        client_description: client_description.as_deref(),
        ..asked(shop, session, Purpose::Verify)
    };
    match shop.two_step.begin(&asked).await {
        Ok(outcome @ (Flow::NotEnrolled { .. } | Flow::Paused)) => {
            shop.accounts.end_session(&session.id).await?;
            let signed_in = shop.accounts.begin_session(&session.user_id, false).await?;
            // Who must have two-step verification sets it up before anything else, or puts it off there.
            if let Flow::NotEnrolled {
                enrolment: Some(Duty { required: true }),
            } = outcome
            {
                shop.accounts.owe_set_up(&signed_in, NO_LOGIN).await?;
            }
            Ok(with_cookie(&signed_in, SESSION_TTL_S, Json(json!({}))))
        }
        Ok(Flow::Trusted {
            flow_id,
            result_code,
        }) => {
            let signed_in = signed_in(shop, session, &flow_id, &result_code).await;
            signed_in
                .map(|(id, checked)| {
                    let leads_on = json!({ "must_add": checked.must_add });
                    let answer = with_cookie(&id, SESSION_TTL_S, Json(leads_on));
                    with_trust(checked.trust_token, answer)
                })
                .ok_or(Refused(StatusCode::SERVICE_UNAVAILABLE, "failed"))
        }
        Ok(Flow::Required {
            flow_id,
            flow_token,
        }) => {
            shop.accounts.set_flow(&session.id, &flow_id).await?;
            Ok(with_cookie(
                &session.id,
                SESSION_TTL_S,
                Json(json!({ "flow_token": flow_token })),
            ))
        }
        // Nobody is asked for that here.
        Ok(Flow::NotTrusted) => Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "failed")),
        Err(TwoStepError::Refused(code)) if code == "reauth_required" => {
            shop.accounts.end_session(&session.id).await?;
            Err(Refused(StatusCode::FORBIDDEN, "reauth_required"))
        }
        Err(error) => {
            tracing::error!(?error, "nobody can say whether a code is owed");
            shop.accounts.end_session(&session.id).await?;
            Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "service_down"))
        }
    }
}

pub(crate) fn asked<'a>(shop: &'a Shop, session: &'a Session, purpose: Purpose) -> Asked<'a> {
    Asked {
        purpose,
        subject: &session.user_id,
        email: &session.email,
        auth_time: session.auth_time,
        session: &session.id,
        origin: &shop.origin,
        trust_token: None,
        client_description: None,
        after_login: None,
        at_login: false,
        group: group_of(&session.email),
    }
}

/// No login has let the person in: the policy asks for the set-up.
pub(crate) const NO_LOGIN: &str = "";

/// The group of the service's configuration that a person of ours is in.
pub(crate) fn group_of(email: &str) -> Option<&'static str> {
    let email = email.to_ascii_lowercase();
    let is_admin = email.starts_with(ADMIN_NAME);
    let is_staff = email.ends_with(STAFF_SITE);
    is_staff.then_some(if is_admin { ADMIN } else { STAFF })
}

/// The result of a session's flow, checked and spent; [`None`] for one that does not count, or counted
/// before.
pub(crate) async fn result_of(
    shop: &Shop,
    (session, flow_id): (&Session, &str),
    purposes: &[Purpose],
    result_code: &str,
) -> Option<Checked> {
    let (id, user) = (&session.id, &session.user_id);
    let finished = shop
        .two_step
        .finish(purposes, flow_id, result_code, id, user);
    let checked = finished
        .await
        .inspect_err(|error| tracing::warn!(?error, "a result was refused"))
        .ok()?;
    let is_new = shop.accounts.spend_result(&checked.jti).await.ok()?;
    is_new.then_some(checked)
}

/// A signed result, checked and spent: the fresh session's id
/// ([ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 7.2.4), and what the result says.
async fn signed_in(
    shop: &Shop,
    session: &Session,
    flow_id: &str,
    result_code: &str,
) -> Option<(String, Checked)> {
    let of = (session, flow_id);
    let checked = result_of(shop, of, &[Purpose::Verify], result_code).await?;
    let id = shop.accounts.follow_session(session).await.ok()??;
    if checked.must_enroll {
        shop.accounts.owe_set_up(&id, flow_id).await.ok()?;
    }
    // A lost phone was taken out of use: whoever has it is signed out.
    if checked.end_other_sessions {
        let ended = shop.accounts.end_other_sessions(&session.user_id, &id);
        ended.await.ok()?;
    }
    Some((id, checked))
}

pub(crate) fn with_trust(token: Option<String>, response: Response) -> Response {
    match token {
        Some(token) => with_named_cookie(TRUST_COOKIE, &token, TRUST_TTL_S, response),
        None => response,
    }
}

/// Where the widget posts the result of a login.
async fn sign_in_complete(
    State(shop): Here,
    session: Result<OwesCode, Refused>,
    language: Language,
    Form(sent): Form<Completed>,
) -> Result<Response, Refused> {
    let lang = language.tag();
    let refused = || refused_page(lang);
    let Ok(OwesCode(session)) = session else {
        return Ok(refused());
    };
    let Some(flow_id) = &session.flow_id else {
        return Ok(refused());
    };
    let Some((id, checked)) = signed_in(&shop, &session, flow_id, &sent.result_code).await else {
        return Ok(refused());
    };
    let done = match (checked.end_other_sessions, checked.must_add) {
        (true, _) => "&two-step=lost",
        (false, true) => "&two-step=add",
        (false, false) => "",
    };
    let home = Redirect::to(&format!("/?lang={lang}{done}"));
    Ok(with_trust(
        checked.trust_token,
        with_cookie(&id, SESSION_TTL_S, home),
    ))
}

async fn forget_browsers(
    State(shop): Here,
    SignedIn(session): SignedIn,
) -> Result<Json<Value>, Refused> {
    let forgotten = shop.two_step.forget_browsers(&session.user_id).await;
    forgotten.map_err(|_| Refused(StatusCode::SERVICE_UNAVAILABLE, "failed"))?;
    Ok(Json(json!({})))
}

/// A line of the record was not the person. Every session ends at once, this one too: nobody knows
/// which of them is theirs.
async fn not_me(
    State(shop): Here,
    headers: HeaderMap,
    SignedIn(session): SignedIn,
) -> Result<Response, Refused> {
    let client_description = browser_of(&headers);
    let reported = shop
        .two_step
        .report(&session.user_id, client_description.as_deref())
        .await;
    reported.map_err(|_| Refused(StatusCode::SERVICE_UNAVAILABLE, "service_down"))?;
    shop.accounts.end_sessions(&session.user_id).await?;
    Ok(with_cookie("", 0, Json(json!({}))))
}

#[derive(Deserialize)]
struct NewPassword {
    password: String,
    new_password: String,
}

/// Only for somebody who has passed both steps: a stolen password alone changes nothing.
async fn change_password(
    State(shop): Here,
    SignedIn(session): SignedIn,
    Json(sent): Json<NewPassword>,
) -> Result<Response, Refused> {
    let account = shop
        .accounts
        .check_password(&session.email, sent.password)
        .await?;
    if sent.new_password.chars().count() < PASSWORD_MIN_CHARS {
        return Err(Refused(StatusCode::BAD_REQUEST, "password_short"));
    }
    shop.accounts
        .change_password(&account, sent.new_password)
        .await?;
    let renewed = shop.accounts.begin_session(&account, false).await?;
    Ok(with_cookie(&renewed, SESSION_TTL_S, Json(json!({}))))
}

async fn events(State(shop): Here, SignedIn(session): SignedIn) -> Result<Json<Value>, Refused> {
    let events = shop.two_step.events(&session.user_id).await;
    Ok(Json(events.map_err(|_| {
        Refused(StatusCode::SERVICE_UNAVAILABLE, "failed")
    })?))
}

async fn sign_out(State(shop): Here, parts: HeaderMap) -> Result<Response, Refused> {
    // Also out of a login whose code is still owed.
    if let Some(id) = cookie(&parts, COOKIE) {
        shop.accounts.end_session(id).await?;
    }
    Ok(with_cookie("", 0, Json(json!({}))))
}

#[derive(Deserialize)]
struct Password {
    password: String,
}

/// A fresh session with a fresh `auth_time`, for changes that want a recent password.
async fn confirm_password(
    State(shop): Here,
    MaySetUp(session): MaySetUp,
    Json(sent): Json<Password>,
) -> Result<Response, Refused> {
    let account = shop
        .accounts
        .check_password(&session.email, sent.password)
        .await?;
    let renewed = shop.accounts.begin_session(&account, false).await?;
    if let Some(login) = &session.owes_set_up {
        shop.accounts.owe_set_up(&renewed, login).await?;
    }
    shop.accounts.end_session(&session.id).await?;
    Ok(with_cookie(&renewed, SESSION_TTL_S, Json(json!({}))))
}

async fn me(State(shop): Here, session: Result<MaySetUp, Refused>) -> Result<Json<Value>, Refused> {
    let session = match session {
        Ok(MaySetUp(session)) if session.owes_set_up.is_some() => {
            let why = match session.owes_set_up.as_deref() {
                Some(NO_LOGIN) => "policy",
                Some(_) | None => "support",
            };
            return Ok(Json(json!({ "email": null, "owes_set_up": why })));
        }
        Ok(MaySetUp(session)) => session,
        Err(Refused(StatusCode::UNAUTHORIZED, why)) => {
            return Ok(Json(
                json!({ "email": null, "owes_code": why == "owes_code" }),
            ));
        }
        Err(refused) => return Err(refused),
    };
    let two_step = match shop.two_step.state(&session.user_id).await {
        Ok(state) => json!(state),
        Err(error) => {
            tracing::warn!(?error, "two-step verification does not answer");
            Value::Null
        }
    };
    Ok(Json(
        json!({ "email": session.email, "is_admin": staff::is_admin(&session.email), "two_step": two_step }),
    ))
}

#[derive(Deserialize)]
pub(crate) struct Completed {
    pub(crate) result_code: String,
}

/// The language of a page load: the page's own, else the browser's, as the page chooses it too.
pub(crate) struct Language(&'static str);

impl Language {
    pub(crate) const fn tag(&self) -> &'static str {
        self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _shop: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|tags| tags.to_str().ok());
        let own = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        let is_japanese = own.or(accepted).is_none_or(|tag| tag.starts_with("ja"));
        Ok(Self(if is_japanese { "ja" } else { "en" }))
    }
}

/// For page loads: whatever is wrong, the person gets a page.
pub(crate) fn refused_page(lang: &str) -> Response {
    Redirect::to(&format!("/?lang={lang}&two-step=refused")).into_response()
}
