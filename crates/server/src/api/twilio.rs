//! Twilio's callbacks: delivery reports, and the digits that were pressed in a call.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use nidan_protocol::{DeliveryState, ErrorCode, Problem};
use subtle::ConstantTimeEq;

use super::gateways::{callbacks, header_text};
use crate::Service;
use crate::delivery::{Callbacks, compose, receipts};
use crate::refusal::Refusal;
use nidan_delivery::Known;
use nidan_delivery::twilio::{self, Form, SIGNATURE_HEADER};

/// Gateway and message.
type Place = Result<Path<(String, String)>, PathRejection>;

/// Takes the delivery report of a message or a call.
#[utoipa::path(post, path = "/v1/gateways/{id}/twilio/{message}/status",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    params(("id" = String, Path, description = "The gateway's id in the configuration"),
        ("message" = String, Path, description = "The message's id")), responses(
    (status = 204), (status = 401, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn status(
    State(service): State<Service>,
    place: Place,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Refusal> {
    let (gateway, message, form) = genuine(&service, place, &headers, body, "status")?;
    if let Some(state) = form.state() {
        receipts(&service, &gateway)
            .note(Known::Id(&message), state)
            .await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Keys pressed in a call: the right ones make it read the code. Others, or none, end it, and the
/// screen says why.
#[utoipa::path(post, path = "/v1/gateways/{id}/twilio/{message}/digits",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    params(("id" = String, Path, description = "The gateway's id in the configuration"),
        ("message" = String, Path, description = "The message's id")), responses(
    (status = 200, body = String, content_type = "text/xml"), (status = 401, body = Problem),
    (status = 404, body = Problem), (status = 413, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn digits(
    State(service): State<Service>,
    place: Place,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<([(header::HeaderName, &'static str); 1], String), Refusal> {
    let (gateway, message, form) = genuine(&service, place, &headers, body, "digits")?;
    let taken = service.0.store.message(&gateway, &message).await?;
    let call = taken.filter(|taken| service.0.clock.now_s() < taken.challenge.expires_at);
    let call = call.and_then(|taken| compose(&service, &taken));
    // Of a code that is over nothing is said but that.
    let is_awaited = call.is_some();
    let pressed = form.get("Digits").unwrap_or_default();
    let right = call.filter(|call| {
        call.call_digits
            .as_ref()
            .is_some_and(|keys| keys.as_bytes().ct_eq(pressed.as_bytes()).into())
    });
    if is_awaited && right.is_none() {
        receipts(&service, &gateway)
            .note(Known::Id(&message), DeliveryState::WrongDigits)
            .await?;
    }
    let says = right.map_or_else(twilio::hang_up, |call| {
        twilio::spoken(&call.speech, &call.text)
    });
    Ok((
        [(header::CONTENT_TYPE, "text/xml; charset=utf-8")],
        says.to_string(),
    ))
}

/// The fields, when Twilio signed them. An unknown gateway, another kind and a wrong signature are
/// one answer.
fn genuine(
    service: &Service,
    place: Place,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    what: &str,
) -> Result<(String, String, Form), Refusal> {
    let Path((gateway, message)) = place.map_err(|_| ErrorCode::NotFound)?;
    let body = body.map_err(|_| ErrorCode::RequestTooLarge)?;
    let Some(Callbacks::Twilio(callbacks)) = callbacks(service, &gateway) else {
        return Err(ErrorCode::ApiKeyInvalid.into());
    };
    let form = Form::parse(&body);
    if !callbacks.verify(
        &callbacks.url(&message, what),
        &form,
        header_text(headers, SIGNATURE_HEADER),
    ) {
        return Err(ErrorCode::ApiKeyInvalid.into());
    }
    Ok((gateway, message, form))
}
