//! The page on which an administrator sees who of the staff is covered, and helps who is not. It uses
//! the service's public routes only. Whoever does something proves a second factor for it, each time: a
//! session that somebody left open does nothing, and nobody helps themselves.

use axum::Json;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::accounts::Session;
use crate::routes::{
    ADMIN, Completed, Here, Language, STAFF, Shop, asked, group_of, refused_page, result_of,
    with_trust,
};
use crate::session::{Refused, SESSION_TTL_S, SignedIn, with_cookie};
use crate::two_step::{Flow, Purpose, TwoStepError};

/// For how many minutes a code that is handed out is good.
const CODE_MINUTES: u32 = 60;
const REASON_MAX_CHARS: usize = 200;

pub(crate) fn is_admin(email: &str) -> bool {
    group_of(email) == Some(ADMIN)
}

fn admin(session: &Session) -> Result<(), Refused> {
    if is_admin(&session.email) {
        Ok(())
    } else {
        Err(Refused(StatusCode::FORBIDDEN, "failed"))
    }
}

/// What an administrator can do for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Remedy {
    /// A code for one login, beside what there is.
    Code,
    /// Everything out, and a code for the login that leads to a new set-up.
    Anew,
}

/// What waits for the administrator's second factor.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Act {
    /// The account of whoever is helped.
    pub(crate) account: String,
    pub(crate) remedy: Remedy,
    pub(crate) reason: String,
}

/// Everybody of the staff, with what the service says of them.
pub(crate) async fn people(
    State(shop): Here,
    SignedIn(session): SignedIn,
) -> Result<Json<Value>, Refused> {
    admin(&session)?;
    let down = |error| {
        tracing::error!(?error, "no coverage");
        Refused(StatusCode::SERVICE_UNAVAILABLE, "service_down")
    };
    let mut coverage = shop.two_step.coverage(STAFF).await.map_err(down)?;
    coverage.extend(shop.two_step.coverage(ADMIN).await.map_err(down)?);
    let mut people = Vec::new();
    for (id, email) in shop.accounts.staff().await? {
        let known = coverage.iter().find(|one| one["subject"] == id.as_str());
        people.push(json!({
            "id": id, "email": email, "is_self": id == session.user_id, "coverage": known,
        }));
    }
    Ok(Json(json!({ "people": people })))
}

/// Keeps what is to be done, and asks for the administrator's second factor.
pub(crate) async fn begin(
    State(shop): Here,
    SignedIn(session): SignedIn,
    Json(act): Json<Act>,
) -> Result<Json<Value>, Refused> {
    admin(&session)?;
    let reason = act.reason.trim();
    let is_text = !reason.chars().any(char::is_control);
    if reason.is_empty() || !is_text || reason.chars().count() > REASON_MAX_CHARS {
        return Err(Refused(StatusCode::BAD_REQUEST, "reason_missing"));
    }
    let staff = shop.accounts.staff().await?;
    let is_staff = staff.iter().any(|(id, _)| *id == act.account);
    if !is_staff || act.account == session.user_id {
        return Err(Refused(StatusCode::FORBIDDEN, "failed"));
    }
    // No trusted browser: it is the person who proves something now.
    match shop
        .two_step
        .begin(&asked(&shop, &session, Purpose::Verify))
        .await
    {
        Ok(Flow::Required {
            flow_id,
            flow_token,
        }) => {
            shop.accounts.set_flow(&session.id, &flow_id).await?;
            let act = serde_json::to_string(&act).unwrap_or_default();
            let kept = shop.accounts.keep_act(&session.user_id, &flow_id, act);
            kept.await?;
            Ok(Json(json!({ "flow_token": flow_token })))
        }
        Ok(_nothing_to_prove_with) => Err(Refused(StatusCode::FORBIDDEN, "needs_factor")),
        Err(TwoStepError::Refused(code)) if code == "reauth_required" => {
            Err(Refused(StatusCode::FORBIDDEN, "reauth_required"))
        }
        Err(error) => {
            tracing::error!(?error, "no flow to prove a factor with");
            Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "service_down"))
        }
    }
}

/// Where the widget posts its result code: the factor is proved, and what waited for it is done, once.
pub(crate) async fn complete(
    State(shop): Here,
    session: Result<SignedIn, Refused>,
    language: Language,
    Form(sent): Form<Completed>,
) -> Result<Response, Refused> {
    let lang = language.tag();
    let Ok(SignedIn(session)) = session else {
        return Ok(refused_page(lang));
    };
    let (Some(flow_id), true) = (&session.flow_id, is_admin(&session.email)) else {
        return Ok(refused_page(lang));
    };
    let (of, user) = ((&session, flow_id.as_str()), &session.user_id);
    let result = result_of(&shop, of, &[Purpose::Verify], &sent.result_code).await;
    // A trusted browser, what another one shows, and support's code prove no factor of now.
    let Some(checked) = result.filter(|checked| checked.is_factor) else {
        return Ok(refused_page(lang));
    };
    let act = shop.accounts.take_act(user, flow_id).await?;
    let act = act.and_then(|act| serde_json::from_str::<Act>(&act).ok());
    let Some(act) = act else {
        return Ok(refused_page(lang));
    };
    let Some(renewed) = shop.accounts.follow_session(&session).await? else {
        return Ok(refused_page(lang));
    };
    // A lost phone was taken out of use on the way: whoever has it is signed out.
    if checked.end_other_sessions {
        let ended = shop.accounts.end_other_sessions(user, &renewed);
        ended.await?;
    }
    let outcome = help(&shop, &session, &act).await.to_string();
    // It is done, whether it can be shown or not.
    if let Err(error) = shop.accounts.keep_outcome(&renewed, outcome).await {
        tracing::error!(?error, "what was done is not shown");
    }
    let page = Redirect::to(&format!("/?lang={lang}&staff=done"));
    Ok(with_trust(
        checked.trust_token,
        with_cookie(&renewed, SESSION_TTL_S, page),
    ))
}

async fn help(shop: &Shop, by: &Session, act: &Act) -> Value {
    let resets = act.remedy == Remedy::Anew;
    let body = json!({
        "by": by.email, "reason": act.reason.trim(), "minutes": CODE_MINUTES, "reset": resets,
    });
    match shop.two_step.temporary_code(&act.account, &body).await {
        Ok(made) => {
            tracing::info!(by = by.email, account = act.account, resets, "helped");
            json!({ "account": act.account, "remedy": act.remedy, "made": made })
        }
        Err(error) => {
            tracing::error!(?error, "no code was made");
            json!({ "account": act.account, "remedy": act.remedy })
        }
    }
}

/// What was done last, shown once.
pub(crate) async fn outcome(
    State(shop): Here,
    SignedIn(session): SignedIn,
) -> Result<Json<Value>, Refused> {
    admin(&session)?;
    let outcome = shop.accounts.take_outcome(&session.id).await?;
    let outcome = outcome.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Json(outcome.unwrap_or(Value::Null)))
}
