//! Routes by which a host reads what one of its people has, and acts for them.

use axum::Json;
use axum::extract::{Path, Query, State};
use nidan_protocol::{ErrorCode, EventsView, Problem, ReinstatePost, RevokePost, SubjectView};
use serde::Deserialize;

use super::method_view;
use crate::Service;
use crate::audit::is_intact;
use crate::delivery::event_view;
use crate::extract::{Body, HostCaller};
use crate::problem::Refusal;

/// Lines of a record in one answer.
const EVENTS_MAX: u32 = 100;

type Named = Result<Path<String>, axum::extract::rejection::PathRejection>;

/// The person's methods. Somebody whom the service has never seen has none.
#[utoipa::path(get, path = "/v1/subjects/{subject}",
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = SubjectView),
    (status = 401, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn view(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
) -> Result<Json<SubjectView>, Refusal> {
    let Path(id) = subject.map_err(|_| ErrorCode::NotFound)?;
    let now = service.0.clock.now_s();
    let subject = service.0.store.subject(&host.id, &id).await?;
    Ok(Json(SubjectView {
        enrolled: !subject.methods.is_empty(),
        methods: subject
            .methods
            .iter()
            .map(|method| method_view(method, &host, subject.allowance, now))
            .collect(),
        backup_codes_left: subject.backup_codes_left,
        factor_epoch: subject.factor_epoch,
        trusted_browsers: service.0.store.trusted_browsers(&host.id, &id, now).await?,
    }))
}

/// The page of the record that is asked for.
#[derive(Deserialize)]
pub(crate) struct Page {
    before: Option<u64>,
}

/// Returns a page of the person's record, the newest entry first.
#[utoipa::path(get, path = "/v1/subjects/{subject}/events",
    params(("subject" = String, Path, description = "The host's user id, percent-encoded"),
        ("before" = Option<u64>, Query, description = "Only lines before this one")), responses(
    (status = 200, body = EventsView), (status = 400, body = Problem),
    (status = 401, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn events(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<EventsView>, Refusal> {
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    let Query(page) = page.map_err(|_| Refusal::field("before"))?;
    let record = service
        .0
        .store
        .record(&host.id, &subject, page.before, EVENTS_MAX)
        .await?;
    let intact = is_intact(
        &*service.0.keys,
        &host.id,
        &subject,
        record.before,
        &record.lines,
    );
    if !intact {
        tracing::error!(
            host = host.id,
            "a record does not fit together: somebody changed the database"
        );
    }
    Ok(Json(EventsView {
        intact,
        before: (record.before.seq > 0).then(|| record.lines.first().map_or(0, |line| line.seq)),
        events: record.lines.iter().rev().map(event_view).collect(),
    }))
}

/// Asks for a code again in one trusted browser, or in all.
#[utoipa::path(post, path = "/v1/subjects/{subject}/trusted_browsers/revoke", request_body = RevokePost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = SubjectView), (status = 400, body = Problem),
    (status = 401, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn revoke(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    Body(post): Body<RevokePost>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path(id) = subject.map_err(|_| ErrorCode::NotFound)?;
    service
        .0
        .store
        .revoke_trust(
            &host.id,
            &id,
            post.id.as_deref(),
            &service.audit_context(&host, None),
        )
        .await?;
    view(State(service), HostCaller(host), Ok(Path(id))).await
}

/// Puts a method back that too many wrong codes have suspended. Make sure first that it is the
/// person who asks.
#[utoipa::path(post, path = "/v1/subjects/{subject}/methods/reinstate", request_body = ReinstatePost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = SubjectView), (status = 400, body = Problem),
    (status = 401, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn reinstate(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    Body(post): Body<ReinstatePost>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path(id) = subject.map_err(|_| ErrorCode::NotFound)?;
    if !service
        .0
        .store
        .reinstate(&host.id, &id, &post.id, &service.audit_context(&host, None))
        .await?
    {
        return Err(ErrorCode::MethodNotFound.into());
    }
    view(State(service), HostCaller(host), Ok(Path(id))).await
}
