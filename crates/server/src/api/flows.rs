//! The routes by which a host's back end opens flows after the password, and redeems their results.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nidan_protocol::{
    AssertionAnswer, CreateFlow, ErrorCode, FlowCreated, FlowStatus, Problem, Redeem,
};

use crate::Service;
use crate::extract::{Body, HostCaller};
use crate::refusal::Refusal;
use crate::use_cases::{flows, redeem};

/// Opens a flow for a person whose first factor the host has just checked.
#[utoipa::path(post, path = "/v1/flows", request_body = CreateFlow, responses(
    (status = 200, body = FlowCreated, description = "Nothing to verify with, nothing that is worth what is asked for, codes are paused, or the browser that is to approve is not trusted: no flow was made"), (status = 201, body = FlowCreated),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn create(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    Body(request): Body<CreateFlow>,
) -> Result<(StatusCode, Json<FlowCreated>), Refusal> {
    let created = flows::create(&service, &host, request).await?;
    let status = match created.outcome {
        FlowStatus::NotEnrolled
        | FlowStatus::AcrUnavailable
        | FlowStatus::Paused
        | FlowStatus::NotTrusted => StatusCode::OK,
        FlowStatus::Required | FlowStatus::Trusted => StatusCode::CREATED,
    };
    Ok((status, Json(created)))
}

/// Exchanges a result code for the signed result: once, within a minute, by the host and session
/// that it belongs to.
#[utoipa::path(post, path = "/v1/flows/{id}/redeem", request_body = Redeem,
    params(("id" = String, Path, description = "The `flow_id` of `POST /v1/flows`")), responses(
    (status = 200, body = AssertionAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 413, body = Problem), (status = 415, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn redeem(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    Body(request): Body<Redeem>,
) -> Result<Json<AssertionAnswer>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(redeem::redeem(&service, &host, id, request).await?))
}
