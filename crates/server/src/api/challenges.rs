//! The routes of codes by phone.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nidan_protocol::{ChallengeAnswerPost, ChallengePost, ChallengeView, ErrorCode, Problem};

use crate::Service;
use crate::extract::{Body, Id};
use crate::refusal::Refusal;
use crate::use_cases::orders::{self, ChallengeOrder};
use crate::use_cases::{FlowCaller, challenges};

/// Makes a code for a number and orders it to be sent. The answer does not say whether the number
/// exists.
#[utoipa::path(post, path = "/v1/flow/challenges", request_body = ChallengePost, responses(
    (status = 200, body = ChallengeView, description = "The code for this number that is on its way already"),
    (status = 201, body = ChallengeView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn create(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(post): Body<ChallengePost>,
) -> Result<(StatusCode, Json<ChallengeView>), Refusal> {
    Ok(match orders::order(&service, &caller, post).await? {
        ChallengeOrder::New(view) => (StatusCode::CREATED, Json(view)),
        ChallengeOrder::OnItsWay(view) => (StatusCode::OK, Json(view)),
    })
}

/// Returns a challenge with the delivery status of its latest message.
#[utoipa::path(get, path = "/v1/flow/challenges/{id}", params(("id" = String, Path, description = "The challenge's id")),
    responses((status = 200, body = ChallengeView),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn view(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
) -> Result<Json<ChallengeView>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(challenges::view(&service, &caller, &id).await?))
}

/// Sends the same code again: it stays good as long as it was, and wrong tries stay counted.
#[utoipa::path(post, path = "/v1/flow/challenges/{id}/resend",
    params(("id" = String, Path, description = "The challenge's id")), responses(
    (status = 200, body = ChallengeView),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn resend(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
) -> Result<Json<ChallengeView>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(challenges::resend(&service, &caller, &id).await?))
}

/// Checks a typed code. The number counts from then on, until the flow ends.
#[utoipa::path(post, path = "/v1/flow/challenges/{id}/answer", request_body = ChallengeAnswerPost,
    params(("id" = String, Path, description = "The challenge's id")), responses(
    (status = 200, body = ChallengeView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn answer(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    Body(post): Body<ChallengeAnswerPost>,
) -> Result<Json<ChallengeView>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(
        challenges::answer(&service, &caller, &id, post).await?,
    ))
}
