//! The messages that the `outbox` gateway keeps, for demos and tests: it shows codes to the host,
//! so it never runs in production.

use axum::Json;
use axum::extract::{Path, State};
use nidan_protocol::{Channel, DeliveryState, ErrorCode, Problem};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::Service;
use crate::delivery::{Callbacks, Route, compose};
use crate::extract::{Body, HostCaller};
use crate::refusal::Refusal;
use nidan_store::LeasedMessage;

/// Older messages are of no use to anybody.
const SHOWN_FOR_S: u64 = 600;

/// A message as a phone would show it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OutboxMessage {
    id: String,
    channel: Channel,
    /// [E.164](https://www.itu.int/rec/T-REC-E.164).
    number: String,
    /// The text message; of a call, what it says first.
    text: String,
    /// Whether a call waits for keys.
    waits_for_digits: bool,
    /// The language of the voice.
    speech: String,
    state: DeliveryState,
    /// Unix seconds.
    at: u64,
}

/// The host's messages.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct OutboxMessages {
    messages: Vec<OutboxMessage>,
}

/// Keys pressed in a call.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PressedDigits {
    digits: String,
}

/// The words that the call answers with.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Spoken {
    /// `null`: the call hangs up.
    says: Option<String>,
}

/// The delivery report of a demo phone.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutboxReceipt {
    state: DeliveryState,
}

/// The latest messages of this host, oldest first. Not found where no outbox is configured.
#[utoipa::path(get, path = "/v1/outbox", responses(
    (status = 200, body = OutboxMessages),
    (status = 401, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn messages(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
) -> Result<Json<OutboxMessages>, Refusal> {
    let since = service.0.clock.now_s().saturating_sub(SHOWN_FOR_S);
    let mut messages = Vec::new();
    for route in outboxes(&service)? {
        for (taken, at) in service.0.store.messages(&route.id, &host.id, since).await? {
            let Some(composed) = compose(&service, &taken) else {
                continue;
            };
            let text = match composed.channel {
                Channel::Sms => composed.text.to_string(),
                // Without keys, it speaks at once.
                Channel::Voice if composed.call_digits.is_none() => composed.text.to_string(),
                Channel::Voice => composed.prompt.clone(),
            };
            messages.push(OutboxMessage {
                id: composed.id.clone(),
                channel: composed.channel,
                number: composed.number.to_string(),
                text,
                waits_for_digits: composed.call_digits.is_some(),
                speech: composed.speech.clone(),
                state: taken.state,
                at,
            });
        }
    }
    Ok(Json(OutboxMessages { messages }))
}

/// Presses keys in a call: the right ones make it read the code.
#[utoipa::path(post, path = "/v1/outbox/{id}/digits", request_body = PressedDigits,
    params(("id" = String, Path, description = "The message's id")), responses(
    (status = 200, body = Spoken), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 404, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn digits(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    Body(pressed): Body<PressedDigits>,
) -> Result<Json<Spoken>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    let (gateway, taken) = find(&service, &host.id, &id).await?;
    let composed = compose(&service, &taken).ok_or(ErrorCode::NotFound)?;
    let right = composed
        .call_digits
        .as_ref()
        .is_some_and(|keys| keys.as_bytes().ct_eq(pressed.digits.as_bytes()).into());
    // No keys or wrong ones: the call says nothing, and the screen why.
    if !right {
        let now = service.0.clock.now_s();
        let state = DeliveryState::WrongDigits;
        service.0.store.receipt(&gateway, &id, state, now).await?;
    }
    Ok(Json(Spoken {
        says: right.then(|| composed.text.to_string()),
    }))
}

/// Says how the demo phone fared.
#[utoipa::path(post, path = "/v1/outbox/{id}/receipt", request_body = OutboxReceipt,
    params(("id" = String, Path, description = "The message's id")), responses(
    (status = 200, body = super::gateways::Received), (status = 400, body = Problem), (status = 401, body = Problem),
    (status = 404, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn receipt(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    Body(said): Body<OutboxReceipt>,
) -> Result<Json<super::gateways::Received>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    let (gateway, _) = find(&service, &host.id, &id).await?;
    service
        .0
        .store
        .receipt(&gateway, &id, said.state, service.0.clock.now_s())
        .await?;
    Ok(Json(super::gateways::Received {}))
}

fn outboxes(service: &Service) -> Result<impl Iterator<Item = &Route>, Refusal> {
    let mut outboxes = service
        .0
        .routes
        .iter()
        .filter(|route| matches!(route.callbacks, Callbacks::Outbox))
        .peekable();
    if outboxes.peek().is_none() {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(outboxes)
}

/// A message of this host's that an outbox has.
async fn find(service: &Service, host: &str, id: &str) -> Result<(String, LeasedMessage), Refusal> {
    for route in outboxes(service)? {
        if let Some(taken) = service
            .0
            .store
            .message(&route.id, id)
            .await?
            .filter(|taken| taken.host == host)
        {
            return Ok((route.id.clone(), taken));
        }
    }
    Err(ErrorCode::NotFound.into())
}
