//! "This sign-in is not mine": from a login, from the page on which methods are managed, from the page without scripts, or from the host for
//! a person who is signed in.

use nidan_otp::Label;
use nidan_protocol::{ErrorCode, FlowOutcome, HostReportPost, Purpose, RecentLogin, ReportAnswer};

use super::FlowCaller;
use crate::Service;
use crate::config::Host;
use crate::refusal::Refusal;
use nidan_store::{FlowState, NewFlow, Report, StoreError};

/// The time for which a report looks back for somebody who got in.
const LOOKS_BACK_S: u64 = 86_400;
/// Logins that it tells of: more than a person has in a day, so that a trusted browser's many do
/// not hide the one that matters.
const LOGINS_TOLD: u32 = 50;

/// Ends the person's open logins, their codes and the trust in browsers, tells the host, and tells
/// the person who got in lately. Never leads in (B55).
pub(crate) async fn of_flow(
    service: &Service,
    caller: FlowCaller,
) -> Result<ReportAnswer, Refusal> {
    // Whoever sets up has asked for every code.
    if caller.flow.opened.purpose == Purpose::Enroll {
        return Err(ErrorCode::MethodNotOffered.into());
    }
    let FlowCaller { flow, host } = caller;
    let forgotten = match flow.state {
        FlowState::Open => {
            let report = Report {
                flow_id: Some(flow.opened.id.clone()),
                audit: service.audit_context(&host, flow.opened.client_description),
                host: flow.opened.host.clone(),
                subject: flow.opened.subject.clone(),
            };
            match service.0.store.report(&report).await? {
                Some(forgotten) => {
                    tracing::warn!(
                        host = report.host,
                        flow = report.flow_id,
                        "a person did not ask for this code"
                    );
                    forgotten
                }
                None => told_already(service, &flow.opened.token_hash).await?,
            }
        }
        FlowState::Reported { here: true } => once_more(service, &host, &flow.opened).await?,
        // By somebody else: this page may be the thief's, and learns nothing.
        FlowState::Reported { here: false } => return Err(ErrorCode::FlowReported.into()),
        FlowState::Superseded | FlowState::Completed { .. } => {
            return Err(ErrorCode::FlowConflict.into());
        }
    };
    Ok(answer(service, &host, &flow.opened.subject, forgotten).await?)
}

/// The answer was lost on the way. Whoever got in meanwhile, by a code that was read out while the person
/// waited, is put out too: an answer that says it is over must be true.
async fn once_more(service: &Service, host: &Host, flow: &NewFlow) -> Result<u32, Refusal> {
    let (store, now) = (&service.0.store, service.0.clock.now_s());
    let person = store.subject(&flow.host, &flow.subject, now).await?;
    let since = person.reported_at.unwrap_or(now);
    let got_in = store.logins_since(&flow.host, &flow.subject, since, 1);
    if got_in.await?.is_empty() {
        return Ok(0);
    }
    let report = Report {
        flow_id: None,
        audit: service.audit_context(host, flow.client_description.clone()),
        host: flow.host.clone(),
        subject: flow.subject.clone(),
    };
    tracing::warn!(
        host = flow.host,
        flow = flow.id,
        "reported again: somebody got in since"
    );
    Ok(store.report(&report).await?.unwrap_or(0))
}

/// Two presses at once: the second gets the first one's answer.
async fn told_already(service: &Service, token_hash: &[u8; 32]) -> Result<u32, Refusal> {
    let flow = service.0.store.flow_by_token(token_hash).await?;
    match flow.map(|flow| flow.state) {
        Some(FlowState::Reported { here: true }) => Ok(0),
        Some(FlowState::Reported { here: false }) => Err(ErrorCode::FlowReported.into()),
        _other => Err(ErrorCode::FlowConflict.into()),
    }
}

/// The same for a person who is signed in, by the host.
pub(crate) async fn by_host(
    service: &Service,
    host: &Host,
    subject: &str,
    post: HostReportPost,
) -> Result<ReportAnswer, Refusal> {
    let client_description = post
        .client_description
        .as_deref()
        .map(Label::shown)
        .filter(|text| !text.is_empty());
    let audit = service.audit_context(host, client_description);
    let report = Report {
        flow_id: None,
        audit,
        host: host.id.clone(),
        subject: subject.to_owned(),
    };
    let forgotten = service.0.store.report(&report).await?.unwrap_or(0);
    tracing::warn!(host = report.host, "a host reports for a person");
    Ok(answer(service, host, subject, forgotten).await?)
}

async fn answer(
    service: &Service,
    host: &Host,
    subject: &str,
    forgotten: u32,
) -> Result<ReportAnswer, StoreError> {
    let since = service.0.clock.now_s().saturating_sub(LOOKS_BACK_S);
    let lines = service
        .0
        .store
        .logins_since(&host.id, subject, since, LOGINS_TOLD)
        .await?;
    let logins = lines.into_iter().map(|line| RecentLogin {
        at: line.at,
        method: line.method,
        client_description: line.client_description,
    });
    Ok(ReportAnswer {
        outcome: FlowOutcome::Reported,
        browsers_forgotten: forgotten,
        logins: logins.collect(),
        host_notified: host.notices.is_some(),
    })
}
