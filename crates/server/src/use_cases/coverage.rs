//! Who of a group is covered, and who is overdue.

use nidan_core::manage::health::health;
use nidan_protocol::{CoverageView, CoveredSubject};
use nidan_store::Subject;

use super::{grace, method_view};
use crate::Service;
use crate::config::Host;
use crate::refusal::Refusal;

/// People in one answer.
const PEOPLE_MAX: u32 = 100;

/// Returns what the people of a group have, after the one of that id.
///
/// # Errors
/// [`nidan_protocol::ErrorCode::RequestInvalid`] for a group that the configuration does not have.
pub(crate) async fn of_group(
    service: &Service,
    host: &Host,
    group: &str,
    after: Option<&str>,
) -> Result<CoverageView, Refusal> {
    let of_group = host.of_group(Some(group));
    let host = of_group.ok_or_else(|| Refusal::field("group"))?;
    let now = service.0.clock.now_s();
    let page = service
        .0
        .store
        .group((&host.id, group), after, PEOPLE_MAX, now);
    let page = page.await?;
    let is_full = page.len() >= PEOPLE_MAX as usize;
    let after = page.last().map(|(id, _)| id.clone());
    let subjects = page.into_iter();
    Ok(CoverageView {
        subjects: subjects
            .map(|(id, subject)| covered(&host, id, &subject, now))
            .collect(),
        after: after.filter(|_| is_full),
    })
}

fn covered(host: &Host, id: String, subject: &Subject, now: u64) -> CoveredSubject {
    let mut account = subject.account();
    // A pause that began under another policy does not count.
    account.paused_until.take_if(|_| !host.may_be_paused());
    let is_future = |until: &u64| *until > now;
    let duty = grace::duty(host, subject, now).filter(|_| subject.methods.is_empty());
    let overdue = duty.filter(|duty| !duty.may_skip);
    let in_use = subject.methods.iter();
    let in_use = in_use.filter(|method| method.held_at.is_none() && method.retires_at.is_none());
    let in_use: Vec<_> = in_use.map(|method| method.detail.kind()).collect();
    let temporary_code_expires_at = subject.temporary_code_until.filter(is_future);
    let mut methods = subject.methods.iter();
    let lets_in = methods.any(|method| {
        let view = method_view(method, host, subject.allowance, now);
        view.state.lets_in()
    });
    let has_no_factor = subject.methods.is_empty() && !subject.is_guarded;
    CoveredSubject {
        subject: id,
        methods: subject
            .methods
            .iter()
            .map(|method| method.detail.kind())
            .collect(),
        backup_codes_left: subject.backup_codes_left,
        // Without a method the password leads in, or to a set-up.
        can_sign_in: lets_in
            || subject.backup_codes_left > 0
            || temporary_code_expires_at.is_some()
            || has_no_factor,
        must_add: !subject.methods.is_empty() && grace::asks_for_more(host, &in_use),
        enrolment: duty,
        // After a reset nobody knows a day: it is now.
        overdue_since: overdue
            .filter(|_| !subject.grace.is_over)
            .and_then(|duty| duty.deadline)
            .filter(|deadline| *deadline <= now),
        temporary_code_expires_at,
        paused_until: account.paused_until.filter(is_future),
        health: health(&account, now),
    }
}
