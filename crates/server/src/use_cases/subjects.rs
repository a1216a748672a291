//! What a host reads of one of its people, and does for them.

use nidan_protocol::{ErrorCode, EventsView, ReinstatePost, RevokePost, SubjectView};

use super::method_view;
use crate::Service;
use crate::audit::is_intact;
use crate::config::Host;
use crate::delivery::event_view;
use crate::refusal::Refusal;

/// Lines of a record in one answer.
const EVENTS_MAX: u32 = 100;

/// Returns the person's methods. Somebody whom the service has never seen has none.
pub(crate) async fn view(
    service: &Service,
    host: &Host,
    subject: &str,
) -> Result<SubjectView, Refusal> {
    let (store, now) = (&service.0.store, service.0.clock.now_s());
    let known = store.subject(&host.id, subject).await?;
    let methods = known.methods.iter();
    Ok(SubjectView {
        enrolled: !known.methods.is_empty(),
        methods: methods
            .map(|method| method_view(method, host, known.allowance, now))
            .collect(),
        backup_codes_left: known.backup_codes_left,
        factor_epoch: known.factor_epoch,
        trusted_browsers: store.trusted_browsers(&host.id, subject, now).await?,
    })
}

/// Returns a page of the person's record, the newest entry first: of the entries before `before`, or
/// of all.
pub(crate) async fn events(
    service: &Service,
    host: &Host,
    subject: &str,
    before: Option<u64>,
) -> Result<EventsView, Refusal> {
    let store = &service.0.store;
    let record = store.record(&host.id, subject, before, EVENTS_MAX).await?;
    let keys = &*service.0.keys;
    let intact = is_intact(keys, &host.id, subject, record.before, &record.lines);
    if !intact {
        tracing::error!(
            host = host.id,
            "a record does not fit together: somebody changed the database"
        );
    }
    Ok(EventsView {
        intact,
        before: (record.before.seq > 0).then(|| record.lines.first().map_or(0, |line| line.seq)),
        events: record.lines.iter().rev().map(event_view).collect(),
    })
}

/// Asks for a code again in one trusted browser, or in all.
pub(crate) async fn revoke(
    service: &Service,
    host: &Host,
    subject: &str,
    post: RevokePost,
) -> Result<SubjectView, Refusal> {
    let audit = service.audit_context(host, None);
    let browser = post.id.as_deref();
    let store = &service.0.store;
    store
        .revoke_trust(&host.id, subject, browser, &audit)
        .await?;
    view(service, host, subject).await
}

/// Puts a method back that too many wrong codes have suspended.
///
/// # Errors
/// [`ErrorCode::MethodNotFound`] when the person has no such method.
pub(crate) async fn reinstate(
    service: &Service,
    host: &Host,
    subject: &str,
    post: ReinstatePost,
) -> Result<SubjectView, Refusal> {
    let audit = service.audit_context(host, None);
    let store = &service.0.store;
    if !store.reinstate(&host.id, subject, &post.id, &audit).await? {
        return Err(ErrorCode::MethodNotFound.into());
    }
    view(service, host, subject).await
}
