//! Setting two-step verification up: the shop asks for a flow, and takes its result.

use axum::Json;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde_json::{Value, json};

use crate::routes::{Completed, Here, Language, NO_LOGIN, Shop, asked, refused_page, result_of};
use crate::session::{MaySetUp, Refused, SESSION_TTL_S, with_cookie};
use crate::two_step::{Asked, Flow, Purpose, TwoStepError};

/// The page asks for a flow; only its token goes there, the id stays in the session.
pub(crate) async fn begin_two_step(
    State(shop): Here,
    MaySetUp(session): MaySetUp,
) -> Result<Json<Value>, Refused> {
    let (flow_id, flow_token) = match shop
        .two_step
        .begin(&Asked {
            after_login: session.owes_set_up.as_deref(),
            at_login: session.owes_set_up.as_deref() == Some(NO_LOGIN),
            ..asked(&shop, &session, Purpose::Enroll)
        })
        .await
    {
        Ok(Flow::Required {
            flow_id,
            flow_token,
        }) => (flow_id, flow_token),
        Ok(Flow::Trusted { .. } | Flow::NotEnrolled { .. } | Flow::Paused | Flow::NotTrusted) => {
            return Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "failed"));
        }
        Err(TwoStepError::Refused(code)) if code == "reauth_required" => {
            return Err(Refused(StatusCode::FORBIDDEN, "reauth_required"));
        }
        Err(TwoStepError::Refused(code)) if code == "already_enrolled" => {
            // It was done elsewhere, or support has made another code: the next login says which.
            if session.owes_set_up.is_some() {
                shop.accounts.end_session(&session.id).await?;
            }
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
    shop.accounts.set_flow(&session.id, &flow_id).await?;
    Ok(Json(json!({ "flow_token": flow_token })))
}

/// Where the widget posts its result code. What counts is what the service signs.
pub(crate) async fn complete_two_step(
    State(shop): Here,
    session: Result<MaySetUp, Refused>,
    language: Language,
    Form(sent): Form<Completed>,
) -> Result<Response, Refused> {
    let lang = language.tag();
    let refused = || refused_page(lang);
    let Ok(MaySetUp(session)) = session else {
        return Ok(refused());
    };
    let Some(flow_id) = &session.flow_id else {
        return Ok(refused());
    };
    let of = (&session, flow_id.as_str());
    let result = result_of(&shop, of, &[Purpose::Enroll], &sent.result_code).await;
    let Some(checked) = result else {
        return Ok(refused());
    };
    if !checked.is_skipped {
        return turned_on(&shop, &session.user_id, lang).await;
    }
    // It waits. What support's code has let in owes it, whatever a result says.
    if session.owes_set_up.as_deref() != Some(NO_LOGIN) {
        return Ok(refused());
    }
    match shop.accounts.follow_session(&session).await? {
        Some(id) => {
            let home = Redirect::to(&format!("/?lang={lang}&two-step=later"));
            Ok(with_cookie(&id, SESSION_TTL_S, home))
        }
        None => Ok(refused()),
    }
}

/// The page of somebody who has a second factor now.
pub(crate) async fn turned_on(shop: &Shop, user_id: &str, lang: &str) -> Result<Response, Refused> {
    // Who has a second factor now gets a fresh session (ASVS 7.2.4). Every other one ends: whoever is
    // in it came without a code (ASVS 7.4.3).
    shop.accounts.end_sessions(user_id).await?;
    let renewed = shop.accounts.begin_session(user_id, false).await?;
    Ok(with_cookie(
        &renewed,
        SESSION_TTL_S,
        Redirect::to(&format!("/?lang={lang}&two-step=on")),
    ))
}
