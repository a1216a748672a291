//! "I did not ask for this code."

use axum::Json;
use axum::extract::State;
use nidan_protocol::{ErrorCode, FlowOutcome, Problem, Purpose, ReportAnswer, ReportPost};

use crate::Service;
use crate::extract::{Body, FlowCaller};
use crate::problem::Refusal;
use crate::store::{FlowState, Report};

/// Ends the person's open logins and their codes, and tells the host. Never leads in (B55).
#[utoipa::path(post, path = "/v1/flow/report", request_body = ReportPost, responses(
    (status = 200, body = ReportAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn report(
    State(service): State<Service>,
    caller: FlowCaller,
    Body(post): Body<ReportPost>,
) -> Result<Json<ReportAnswer>, Refusal> {
    caller.must_be(Purpose::Verify)?;
    let FlowCaller { flow, host } = caller;
    if flow.state != FlowState::Open {
        return Err(ErrorCode::FlowConflict.into());
    }
    let report = Report {
        flow_id: flow.opened.id.clone(),
        scribe: service.scribe(&host, flow.opened.place.clone()),
        host: flow.opened.host,
        subject: flow.opened.subject,
        forget_browsers: post.forget_browsers,
    };
    let forgotten = service.0.store.report(&report).await?.ok_or(ErrorCode::FlowConflict)?;
    tracing::warn!(host = report.host, flow = report.flow_id, "a person did not ask for this code");
    Ok(Json(ReportAnswer { outcome: FlowOutcome::Reported, browsers_forgotten: forgotten }))
}
