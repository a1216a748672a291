//! What a host may know about one of its people.

use axum::Json;
use axum::extract::{Path, State};
use nidan_protocol::{ErrorCode, Problem, SubjectView};

use super::method_view;
use crate::Service;
use crate::extract::HostCaller;
use crate::problem::Refusal;

/// The person's methods. Somebody whom the service has never seen has none.
#[utoipa::path(get, path = "/v1/subjects/{subject}",
    params(("subject" = String, Path, description = "The host's user id, percent-encoded")), responses(
    (status = 200, body = SubjectView),
    (status = 401, body = Problem), (status = 404, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn view(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    subject: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Json<SubjectView>, Refusal> {
    let Path(subject) = subject.map_err(|_| ErrorCode::NotFound)?;
    let subject = service.0.store.subject(&host.id, &subject).await?;
    Ok(Json(SubjectView {
        enrolled: !subject.methods.is_empty(),
        methods: subject.methods.iter().map(method_view).collect(),
        backup_codes_left: subject.backup_codes_left,
        factor_epoch: subject.factor_epoch,
    }))
}
