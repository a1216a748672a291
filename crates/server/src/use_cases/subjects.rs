//! What a host reads of one of its people, and does for them.

use nidan_core::attempt::MadeCode;
use nidan_core::audit::Support;
use nidan_core::hold::{HoldDecision, HoldWish};
use nidan_core::manage::health::health;
use nidan_core::trust::Browsers;
use nidan_otp::BackupCode;
use nidan_protocol::{
    ErrorCode, EventsView, HoldPost, ReinstatePost, RevokePost, SubjectView, TemporaryCode,
    TemporaryCodePost,
};
use nidan_store::{HoldRequest, NewTemporaryCode};
use zeroize::Zeroizing;

use super::flows::is_subject;
use super::manage;
use crate::Service;
use crate::audit::is_intact;
use crate::config::Host;
use crate::delivery::event_view;
use crate::environment::random_bytes;
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
    let known = store.subject(&host.id, subject, now).await?;
    let account = known.account();
    Ok(SubjectView {
        enrolled: !known.methods.is_empty(),
        methods: manage::method_views(&known, &account, host, now),
        paused_until: account.paused_until.filter(|until| *until > now),
        health: health(&account, now),
        backup_codes_left: known.backup_codes_left,
        temporary_code_expires_at: known.temporary_code_until.filter(|until| *until > now),
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
    let browsers = post.id.map_or(Browsers::All, Browsers::One);
    let store = &service.0.store;
    store
        .revoke_trust(&host.id, subject, &browsers, &audit)
        .await?;
    view(service, host, subject).await
}

/// What the host's support may be called, and why it does something, in characters.
const BY_MAX_CHARS: usize = 64;
const REASON_MAX_CHARS: usize = 200;

/// Holds a method or releases it.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field that is empty, too long or not of one line,
/// [`ErrorCode::MethodNotFound`] when the person has no such method, and [`ErrorCode::LastMethod`]
/// when no way in would be left.
pub(crate) async fn hold(
    service: &Service,
    host: &Host,
    (subject, method_id): (&str, &str),
    wish: HoldWish,
    post: HoldPost,
) -> Result<SubjectView, Refusal> {
    let support = support(post)?;
    let request = HoldRequest {
        host: host.id.clone(),
        subject: subject.to_owned(),
        method_id: method_id.to_owned(),
        wish,
    };
    let audit = service.audit_context(host, None).because(support);
    match service.0.store.hold(&request, &audit).await? {
        HoldDecision::Change { .. } | HoldDecision::AlreadySo => view(service, host, subject).await,
        HoldDecision::NoMethod => Err(ErrorCode::MethodNotFound.into()),
        HoldDecision::LastMethod => Err(ErrorCode::LastMethod.into()),
    }
}

/// Asks for codes again, for a person who has paused them. Where nothing is paused nothing changes.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field that is empty, too long or not of one line.
pub(crate) async fn resume(
    service: &Service,
    host: &Host,
    subject: &str,
    post: HoldPost,
) -> Result<SubjectView, Refusal> {
    let audit = service.audit_context(host, None).because(support(post)?);
    let _was_paused = service.0.store.resume(&host.id, subject, &audit).await?;
    view(service, host, subject).await
}

/// Takes everything out that a person has, for somebody who has lost it. Asked for again it ends what was
/// begun since, and leaves another line in the record, with its notice.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field that is empty, too long or not of one line.
pub(crate) async fn reset(
    service: &Service,
    host: &Host,
    subject: &str,
    post: HoldPost,
) -> Result<SubjectView, Refusal> {
    let audit = service.audit_context(host, None).because(support(post)?);
    service.0.store.reset(&host.id, subject, &audit).await?;
    view(service, host, subject).await
}

/// How long a code of support is good at least, and at most, in minutes: long enough to be read out, and
/// no longer than the day on which it was asked for.
const TEMPORARY_CODE_MINUTES: std::ops::RangeInclusive<u32> = 10..=1_440;

/// Makes a code for one login of a person who is locked out, in the place of an earlier one.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field that is not as documented, and
/// [`ErrorCode::Unavailable`] where too many codes are being hashed.
pub(crate) async fn temporary_code(
    service: &Service,
    host: &Host,
    subject: &str,
    post: TemporaryCodePost,
) -> Result<TemporaryCode, Refusal> {
    let TemporaryCodePost {
        by,
        reason,
        minutes,
        reset,
    } = post;
    let audit = service.audit_context(host, None);
    let audit = audit.because(support(HoldPost { by, reason })?);
    if !is_subject(subject) {
        return Err(Refusal::field("subject"));
    }
    if !TEMPORARY_CODE_MINUTES.contains(&minutes) {
        return Err(Refusal::field("minutes"));
    }
    let parts = &service.0;
    let random = Zeroizing::new(random_bytes(&*parts.random)?);
    let code = BackupCode::from_random(&random);
    let salt = random_bytes(&*parts.random)?;
    let whose = (host.id.as_str(), subject);
    let ticket = parts.hasher.enter(whose.0, whose.1)?;
    let hash = parts.hasher.hash_one(&ticket, whose, &code, salt).await?;
    let expires_at = audit.now.saturating_add(u64::from(minutes) * 60);
    let new = NewTemporaryCode {
        host: host.id.clone(),
        subject: subject.to_owned(),
        code: MadeCode {
            salt,
            hash,
            expires_at,
        },
        resets: reset,
        audit,
    };
    parts.store.store_temporary_code(&new).await?;
    Ok(TemporaryCode {
        code: code.expose_grouped().to_string(),
        expires_at,
    })
}

/// Who of the host's support does something, and why.
fn support(post: HoldPost) -> Result<Support, Refusal> {
    for (field, text, max_chars) in [
        ("by", &post.by, BY_MAX_CHARS),
        ("reason", &post.reason, REASON_MAX_CHARS),
    ] {
        let is_line = !text.trim().is_empty() && !text.contains(char::is_control);
        if !is_line || text.chars().count() > max_chars {
            return Err(Refusal::field(field));
        }
    }
    Ok(Support {
        by: Some(post.by),
        reason: post.reason,
    })
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
