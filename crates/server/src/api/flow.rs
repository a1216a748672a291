//! The routes of a widget: what it reads first, and what it posts in the end.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use nidan_protocol::{
    EnrolmentAnswer, EnrolmentPost, ExtendAnswer, ExtendPost, FlowView, Problem, ReportAnswer,
    ReportPost, SkipAnswer, SkipPost, VerificationAnswer, VerificationPost,
};

use crate::Service;
use crate::extract::{AnyFlowCaller, Body};
use crate::language;
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, enrolment, grace, opening, report as reports, verification};

/// Everything that the widget needs to begin; never a secret.
#[utoipa::path(get, path = "/v1/flow", responses(
    (status = 200, body = FlowView),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 409, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn view(
    State(service): State<Service>,
    caller: FlowCaller,
    headers: HeaderMap,
) -> Result<Json<FlowView>, Refusal> {
    let languages = language::accepted(&headers);
    Ok(Json(opening::view(&service, &caller, languages).await?))
}

/// Lets a set-up live on while its page is in use: ten minutes from now, an hour in all.
#[utoipa::path(post, path = "/v1/flow/extend", request_body = ExtendPost, responses(
    (status = 200, body = ExtendAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn extend(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(ExtendPost {}): Body<ExtendPost>,
) -> Result<Json<ExtendAnswer>, Refusal> {
    Ok(Json(opening::extend(&service, &caller).await?))
}

/// Puts a set-up off that the host's policy asks for, where it still may wait. The same request again gets
/// the same answer.
#[utoipa::path(post, path = "/v1/flow/skip", request_body = SkipPost, responses(
    (status = 200, body = SkipAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn skip(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(SkipPost {}): Body<SkipPost>,
) -> Result<Json<SkipAnswer>, Refusal> {
    Ok(Json(grace::skip(&service, caller).await?))
}

/// Stores the enrolment. The same body again gets the same answer; another body gets 409.
#[utoipa::path(post, path = "/v1/flow/enrolment", request_body = EnrolmentPost, responses(
    (status = 200, body = EnrolmentAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn enrol(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(post): Body<EnrolmentPost>,
) -> Result<Json<EnrolmentAnswer>, Refusal> {
    Ok(Json(enrolment::enrol(&service, caller, post).await?))
}

/// Checks a code and completes the login. The same body again gets the same answer; another body
/// gets 409.
#[utoipa::path(post, path = "/v1/flow/verification", request_body = VerificationPost, responses(
    (status = 200, body = VerificationAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn verify(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(post): Body<VerificationPost>,
) -> Result<Json<VerificationAnswer>, Refusal> {
    Ok(Json(verification::verify(&service, caller, post).await?))
}

/// Ends the person's open logins, their codes and the trust in browsers, tells the host, and tells
/// the person who got in lately. Never leads in (B55).
#[utoipa::path(post, path = "/v1/flow/report", request_body = ReportPost, responses(
    (status = 200, body = ReportAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn report(
    State(service): State<Service>,
    AnyFlowCaller(caller): AnyFlowCaller,
    Body(ReportPost {}): Body<ReportPost>,
) -> Result<Json<ReportAnswer>, Refusal> {
    Ok(Json(reports::of_flow(&service, caller).await?))
}
