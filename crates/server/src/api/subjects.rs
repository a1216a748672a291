//! Routes by which a host reads what one of its people has, and acts for them.

use axum::Json;
use axum::extract::{Path, Query, State};
use nidan_core::hold::HoldWish;
use nidan_protocol::{
    CoverageView, ErrorCode, EventsView, HoldPost, HostReportPost, Problem, ReinstatePost,
    ReportAnswer, RevokePost, SubjectView, TemporaryCode, TemporaryCodePost,
};
use serde::Deserialize;

use crate::Service;
use crate::extract::{Body, HostCaller};
use crate::refusal::Refusal;
use crate::use_cases::{coverage, report, subjects};

type Named = Result<Path<String>, axum::extract::rejection::PathRejection>;
type NamedMethod = Result<Path<(String, String)>, axum::extract::rejection::PathRejection>;

/// How a post about a person is refused, as the documentation has it.
#[derive(utoipa::IntoResponses)]
#[expect(
    dead_code,
    reason = "the documentation reads its shape, and nobody makes one"
)]
enum PostRefusals {
    /// A field is not as documented.
    #[response(status = 400)]
    Field(Problem),
    /// The API key is not there, or no host's.
    #[response(status = 401)]
    Key(Problem),
    /// There is no such thing of the person's.
    #[response(status = 404)]
    Unknown(Problem),
    /// The body is too long.
    #[response(status = 413)]
    TooLong(Problem),
    /// The body is no JSON.
    #[response(status = 415)]
    NoJson(Problem),
    /// The database does not take it now.
    #[response(status = 503)]
    Unavailable(Problem),
}

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
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(subjects::view(&service, &host, &subject).await?))
}

/// The people who are asked for.
#[derive(Deserialize)]
pub(crate) struct OfGroup {
    group: Option<String>,
    after: Option<String>,
}

/// Returns what the people of a group have: who is covered, who is overdue. No secret, no number.
#[utoipa::path(get, path = "/v1/subjects", params(
    ("group" = String, Query, description = "A group of the host's in the service's configuration"),
    ("after" = Option<String>, Query, description = "The `after` of the page before")), responses(
    (status = 200, body = CoverageView),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn of_group(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    asked: Result<Query<OfGroup>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<CoverageView>, Refusal> {
    let Query(OfGroup { group, after }) = asked.map_err(|_| Refusal::field("group"))?;
    let group = group.ok_or_else(|| Refusal::field("group"))?;
    let view = coverage::of_group(&service, &host, &group, after.as_deref()).await?;
    Ok(Json(view))
}

/// The page of the record that is asked for.
#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) before: Option<u64>,
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
    let events = subjects::events(&service, &host, &subject, page.before).await?;
    Ok(Json(events))
}

/// Asks for a code again in one trusted browser, or in all.
#[utoipa::path(post, path = "/v1/subjects/{subject}/trusted_browsers/revoke", request_body = RevokePost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = SubjectView), PostRefusals,
))]
pub(crate) async fn revoke(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    Body(post): Body<RevokePost>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(
        subjects::revoke(&service, &host, &subject, post).await?,
    ))
}

/// Puts a method back that too many wrong codes have suspended. Make sure first that it is the
/// person who asks.
#[utoipa::path(post, path = "/v1/subjects/{subject}/methods/reinstate", request_body = ReinstatePost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = SubjectView), PostRefusals,
))]
pub(crate) async fn reinstate(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    Body(post): Body<ReinstatePost>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(
        subjects::reinstate(&service, &host, &subject, post).await?,
    ))
}

/// Holds a method, for a person whose phone is lost, say: it lets nobody in until it is released.
/// Trust in browsers and results of logins that are under way end with it. Refused (`last_method`)
/// where no way in would be left.
#[utoipa::path(post, path = "/v1/subjects/{subject}/methods/{id}/hold", request_body = HoldPost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded"),
        ("id" = String, Path, description = "The id of one of the person's methods")), responses(
    (status = 200, body = SubjectView), PostRefusals, (status = 409, body = Problem),
))]
pub(crate) async fn hold(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    named: NamedMethod,
    Body(post): Body<HoldPost>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path((subject, id)) = named.map_err(|_| ErrorCode::NotFound)?;
    let whose = (subject.as_str(), id.as_str());
    Ok(Json(
        subjects::hold(&service, &host, whose, HoldWish::Hold, post).await?,
    ))
}

/// Releases a method that was held. Make sure first that it is the person who asks.
#[utoipa::path(post, path = "/v1/subjects/{subject}/methods/{id}/release", request_body = HoldPost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded"),
        ("id" = String, Path, description = "The id of one of the person's methods")), responses(
    (status = 200, body = SubjectView), PostRefusals,
))]
pub(crate) async fn release(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    named: NamedMethod,
    Body(post): Body<HoldPost>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path((subject, id)) = named.map_err(|_| ErrorCode::NotFound)?;
    let whose = (subject.as_str(), id.as_str());
    Ok(Json(
        subjects::hold(&service, &host, whose, HoldWish::Release, post).await?,
    ))
}

/// Asks for codes again, for a person who has paused them.
#[utoipa::path(post, path = "/v1/subjects/{subject}/resume", request_body = HoldPost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = SubjectView), PostRefusals,
))]
pub(crate) async fn resume(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    Body(post): Body<HoldPost>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(
        subjects::resume(&service, &host, &subject, post).await?,
    ))
}

/// Takes out every method, the backup codes and the trust in browsers, for a person who has lost them
/// all. Logins and pages that are under way end, and every result that was not redeemed: the next login
/// answers `not_enrolled`. Make sure first that it is the person who asks.
#[utoipa::path(post, path = "/v1/subjects/{subject}/reset", request_body = HoldPost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = SubjectView), PostRefusals,
))]
pub(crate) async fn reset(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    Body(post): Body<HoldPost>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(
        subjects::reset(&service, &host, &subject, post).await?,
    ))
}

/// Makes a code that lets a person in once who is locked out, in the place of an earlier one. Read it out,
/// or hand it over: it is shown here and nowhere else. Until it ends a login asks for it also where
/// there is no method, and no set-up begins without it. Make sure first that it is the person who asks.
#[utoipa::path(post, path = "/v1/subjects/{subject}/temporary_code", request_body = TemporaryCodePost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = TemporaryCode), (status = 400, body = Problem),
    (status = 401, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem),
    (status = 415, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn temporary_code(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    Body(post): Body<TemporaryCodePost>,
) -> Result<Json<TemporaryCode>, Refusal> {
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(
        subjects::temporary_code(&service, &host, &subject, post).await?,
    ))
}

/// Reports, for a person who is signed in and says "this was not me" to the host, that somebody has
/// the password: does what `POST /v1/flow/report` does.
#[utoipa::path(post, path = "/v1/subjects/{subject}/report", request_body = HostReportPost,
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = ReportAnswer), PostRefusals,
))]
pub(crate) async fn by_host(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Named,
    Body(post): Body<HostReportPost>,
) -> Result<Json<ReportAnswer>, Refusal> {
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    Ok(Json(
        report::by_host(&service, &host, &subject, post).await?,
    ))
}
