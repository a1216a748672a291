//! Where a trusted browser shows the code of a login elsewhere.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::browser::{browser_of, trust_token};
use crate::routes::{Here, asked};
use crate::session::{Refused, SignedIn};
use crate::two_step::{Asked, Flow, Purpose};

/// The token of the element in a browser that is trusted; none in others. There is no result.
pub(crate) async fn begin(
    State(shop): Here,
    headers: HeaderMap,
    SignedIn(session): SignedIn,
) -> Result<Json<Value>, Refused> {
    let client_description = browser_of(&headers);
    let asked = Asked {
        trust_token: trust_token(&headers),
        client_description: client_description.as_deref(),
        ..asked(&shop, &session, Purpose::Approve)
    };
    match shop.two_step.begin(&asked).await {
        Ok(Flow::Required { flow_token, .. }) => Ok(Json(json!({ "flow_token": flow_token }))),
        Ok(Flow::NotTrusted) => Ok(Json(json!({}))),
        Ok(Flow::Trusted { .. } | Flow::NotEnrolled { .. } | Flow::Paused) | Err(_) => {
            tracing::error!("no flow to approve with");
            Err(Refused(StatusCode::SERVICE_UNAVAILABLE, "failed"))
        }
    }
}
