//! The security page of somebody who is signed in: the shop asks for a flow, and hears what was
//! changed.

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Redirect, Response};
use serde_json::{Value, json};

use crate::browser::{browser_of, trust_token};
use crate::routes::{Completed, Here, Language, asked, refused_page, result_of};
use crate::session::{Refused, SESSION_TTL_S, SignedIn, with_cookie};
use crate::set_up;
use crate::two_step::{Asked, Flow, Purpose, TwoStepError};

/// The page asks for a flow; only its token goes there, the id stays in the session. For somebody
/// without a method it is a set-up.
pub(crate) async fn begin(
    State(shop): Here,
    headers: HeaderMap,
    SignedIn(session): SignedIn,
) -> Result<Json<Value>, Refused> {
    let browser = browser_of(&headers);
    let asked = Asked {
        trust_token: trust_token(&headers),
        client_description: browser.as_deref(),
        ..asked(&shop, &session, Purpose::Manage)
    };
    match shop.two_step.begin(&asked).await {
        Ok(Flow::Required {
            flow_id,
            flow_token,
        }) => {
            shop.accounts.set_flow(&session.id, &flow_id).await?;
            Ok(Json(json!({ "flow_token": flow_token })))
        }
        Err(TwoStepError::Refused(code)) if code == "reauth_required" => {
            Err(Refused(StatusCode::FORBIDDEN, "reauth_required"))
        }
        Ok(Flow::Trusted { .. } | Flow::NotEnrolled { .. } | Flow::Paused | Flow::NotTrusted)
        | Err(_) => {
            tracing::error!("no flow to manage with");
            Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "failed"))
        }
    }
}

/// Where the widget posts its result code. The session goes on under a fresh id; where a factor
/// was changed, every other one of the person ends.
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
    let Some(flow_id) = &session.flow_id else {
        return Ok(refused_page(lang));
    };
    let (of, purposes) = (
        (&session, flow_id.as_str()),
        [Purpose::Manage, Purpose::Enroll],
    );
    let Some(checked) = result_of(&shop, of, &purposes, &sent.result_code).await else {
        return Ok(refused_page(lang));
    };
    // No login waits for it: nothing was put off here.
    if checked.is_skipped {
        return Ok(refused_page(lang));
    }
    // It was turned off elsewhere, and this page was a set-up.
    if checked.purpose == Purpose::Enroll {
        return set_up::turned_on(&shop, &session.user_id, lang).await;
    }
    let Some(renewed) = shop.accounts.follow_session(&session).await? else {
        return Ok(refused_page(lang));
    };
    if checked.end_other_sessions {
        let user = &session.user_id;
        shop.accounts.end_other_sessions(user, &renewed).await?;
    }
    Ok(with_cookie(
        &renewed,
        SESSION_TTL_S,
        Redirect::to(&format!("/?lang={lang}&two-step=changed")),
    ))
}

/// What the shop has written to the person, the newest first.
pub(crate) async fn mailbox(
    State(shop): Here,
    SignedIn(session): SignedIn,
) -> Result<Json<Value>, Refused> {
    let mails = shop.accounts.mails(&session.user_id).await?;
    Ok(Json(json!({ "mails": mails })))
}
