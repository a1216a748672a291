//! Callbacks of gateways with delivery reports. Late, doubled, forged or foreign callbacks
//! change nothing.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use nidan_protocol::{DeliveryState, ErrorCode, Problem};
use serde::{Deserialize, Serialize};

use crate::Service;
use crate::delivery::{Callbacks, receipts};
use crate::refusal::Refusal;
use nidan_delivery::{Known, SIGNATURE_HEADER, TIMESTAMP_HEADER, verify};

/// Takes a delivery report of the operator's own sender.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Receipt {
    /// As it came with the message.
    id: String,
    /// `delivered` or `failed`, and `wrong_digits` of a call in which the digits were not pressed.
    state: DeliveryState,
}

/// The answer to every genuine callback, whether it changed anything or not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Received {}

/// Takes a receipt that is signed like the messages are.
#[utoipa::path(post, path = "/v1/gateways/{id}/receipt", request_body = Receipt,
    params(("id" = String, Path, description = "The gateway's id in the configuration")), responses(
    (status = 200, body = Received), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 413, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn receipt(
    State(service): State<Service>,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Json<Received>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    let body = body.map_err(|_| ErrorCode::RequestTooLarge)?;
    // An unknown gateway, one that does not sign like this and a wrong signature are one answer.
    let Some(Callbacks::Webhook(secret)) = callbacks(&service, &id) else {
        return Err(ErrorCode::ApiKeyInvalid.into());
    };
    let now = service.0.clock.now_s();
    if !verify(
        secret,
        header_text(&headers, TIMESTAMP_HEADER),
        header_text(&headers, SIGNATURE_HEADER),
        &body,
        now,
    ) {
        return Err(ErrorCode::ApiKeyInvalid.into());
    }
    let receipt: Receipt = serde_json::from_slice(&body).map_err(|_| ErrorCode::RequestInvalid)?;
    receipts(&service, &id)
        .note(Known::Id(&receipt.id), receipt.state)
        .await?;
    Ok(Json(Received {}))
}

/// The secret that tells a gateway's callbacks from others.
pub(super) fn callbacks<'a>(service: &'a Service, gateway: &str) -> Option<&'a Callbacks> {
    service
        .0
        .routes
        .iter()
        .find(|route| route.id == gateway)
        .map(|route| &route.callbacks)
}

pub(super) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}
