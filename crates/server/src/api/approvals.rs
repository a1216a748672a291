//! The routes of logins that another browser approves.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nidan_protocol::{
    ApprovalPost, ApprovalView, ErrorCode, Problem, ShowPost, ShownCode, WaitingLogins,
};

use crate::Service;
use crate::extract::{Body, Id};
use crate::refusal::Refusal;
use crate::use_cases::FlowCaller;
use crate::use_cases::approvals::{self, Asked};

/// Asks the person's other browsers to approve a login: one that is trusted shows a code, and the person
/// types it here, as any other (`method_id` `approval`). While it can be answered, the same again gets the
/// same request (200).
#[utoipa::path(post, path = "/v1/flow/approvals", request_body = ApprovalPost, responses(
    (status = 200, body = ApprovalView), (status = 201, body = ApprovalView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn open(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(ApprovalPost {}): Body<ApprovalPost>,
) -> Result<(StatusCode, Json<ApprovalView>), Refusal> {
    Ok(match approvals::open(&service, &caller).await? {
        Asked::New(view) => (StatusCode::CREATED, Json(view)),
        Asked::Before(view) => (StatusCode::OK, Json(view)),
    })
}

/// The logins of the person that wait for this browser, the newest first.
#[utoipa::path(get, path = "/v1/flow/approvals", responses(
    (status = 200, body = WaitingLogins),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn waiting(
    State(service): State<Service>,
    caller: FlowCaller,
) -> Result<Json<WaitingLogins>, Refusal> {
    Ok(Json(approvals::waiting(&service, &caller).await?))
}

/// "It is me": the code of a login that waits. The same again gets the same code.
#[utoipa::path(post, path = "/v1/flow/approvals/{id}/show", request_body = ShowPost,
    params(("id" = String, Path, description = "The request's id")), responses(
    (status = 200, body = ShownCode),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn show(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Id,
    Body(ShowPost {}): Body<ShowPost>,
) -> Result<Json<ShownCode>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(approvals::show(&service, &caller, &id).await?))
}
