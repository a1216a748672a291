//! The routes of passkeys.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nidan_protocol::{
    CeremonyAnswerPost, CeremonyOpening, CeremonyPost, CeremonyView, ErrorCode, PasskeysView,
    Problem,
};

use crate::Service;
use crate::extract::{Body, Id};
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, ceremonies};

/// Which passkeys of the person count, after a proof: a browser then offers no others.
#[utoipa::path(get, path = "/v1/flow/passkeys", responses(
    (status = 200, body = PasskeysView),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn accepted(
    State(service): State<Service>,
    caller: FlowCaller,
) -> Result<Json<PasskeysView>, Refusal> {
    Ok(Json(ceremonies::accepted(&service, &caller).await?))
}

/// Begins a ceremony: what the browser hands to `navigator.credentials`. Its challenge is good for one
/// answer, for five minutes.
#[utoipa::path(post, path = "/v1/flow/ceremonies", request_body = CeremonyPost, responses(
    (status = 201, body = CeremonyOpening),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn open(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(post): Body<CeremonyPost>,
) -> Result<(StatusCode, Json<CeremonyOpening>), Refusal> {
    let opening = ceremonies::open(&service, &caller, post).await?;
    Ok((StatusCode::CREATED, Json(opening)))
}

/// Checks a passkey that was made. It waits for the end of its set-up.
#[utoipa::path(post, path = "/v1/flow/ceremonies/{id}/answer", request_body = CeremonyAnswerPost,
    params(("id" = String, Path, description = "The ceremony's id")), responses(
    (status = 200, body = CeremonyView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn answer(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    Body(post): Body<CeremonyAnswerPost>,
) -> Result<Json<CeremonyView>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    let made = ceremonies::answer(&service, &caller, &id, post).await?;
    Ok(Json(made))
}
