//! Logins: attempts, completion, reports, trust in browsers, the record and its notices.

use async_trait::async_trait;
use nidan_core::attempt::{
    self, AttemptContext, AttemptDecision, AttemptRefusal, CountedAttempt, LoginAttempt, OutOfUse,
    Presented, SentCode, Target,
};
use nidan_core::hold::HoldDecision;
use nidan_core::login::{self, Authenticated, LoginContext, Replaced};
use nidan_core::manage::lost;
use nidan_core::trust::{self, Browsers, Opening, OpeningContext, TrustToken};
use nidan_core::{audit, challenge, flow, throttle};
use nidan_protocol::{Authenticator, EventKind, Purpose, TrustedBrowser};
use nidan_store::{
    AuditContext, AuditDetail, AuditEntry, CompleteLogin, HoldRequest, LastEntry, LoginCompletion,
    Method, MethodDetail, NewFlow, Notice, OpenVerification, RecordPage, Report, StoreError,
    TrustUse, VerificationOpened, VerifyStore, WrongCode,
};

use super::changes::{Writing, apply};
use super::tables::{FlowRow, FlowStanding, Tables, own};
use super::{Memory, approvals, coverage, grace, hold, passkeys};

#[async_trait]
impl VerifyStore for Memory {
    async fn open_verification(
        &self,
        open: &OpenVerification,
    ) -> Result<VerificationOpened, StoreError> {
        self.transact(|tables| open_verification(tables, open))
    }

    async fn count_login_attempt(
        &self,
        attempt: &LoginAttempt,
    ) -> Result<Result<CountedAttempt, AttemptRefusal>, StoreError> {
        self.transact(|tables| {
            let Some(context) = attempt_context(tables, attempt) else {
                return Err(AttemptRefusal::FlowOver);
            };
            let AttemptDecision { outcome, changes } = attempt::decide(context, attempt);
            let whose = (attempt.host.as_str(), attempt.subject.as_str());
            if let (Some(tries), Presented::Code { method_id, .. }) =
                (changes.tries, &attempt.presented)
                && let Some(row) = tables.method(whose, method_id)
            {
                row.method.tries = tries;
            }
            if let Some(allowance) = changes.allowance {
                tables.subject_or_new(whose).allowance = allowance;
            }
            if let Some(id) = &changes.challenge_id
                && let Some(row) = tables
                    .challenges
                    .iter_mut()
                    .find(|row| row.opened.id == *id)
            {
                row.attempts += 1;
            }
            if let Some(id) = &changes.approval_id
                && let Some(row) = tables.approvals.iter_mut().find(|row| row.id == *id)
            {
                row.attempts += 1;
            }
            if let Some(id) = &changes.ceremony_id {
                passkeys::spend(tables, id);
            }
            if let (Some(count), Some(row)) = (changes.flow, tables.flow(&attempt.flow_id)) {
                row.attempts += 1;
                row.guess_cost += count.cost;
                row.backup_attempts += count.backup_attempts;
            }
            outcome
        })
    }

    async fn complete_login(&self, login: &CompleteLogin) -> Result<LoginCompletion, StoreError> {
        self.transact(|tables| complete(tables, login))
    }

    async fn note_wrong(
        &self,
        flow: &NewFlow,
        wrong: &WrongCode,
        audit: &AuditContext,
    ) -> Result<(), StoreError> {
        self.transact(|tables| {
            let row = tables.flow(&flow.id);
            let is_first = row.is_some_and(|row| !std::mem::replace(&mut row.is_told, true));
            let whose = (flow.host.as_str(), flow.subject.as_str());
            let today = tables.one_more_wrong_code(whose, audit.now);
            for (kind, detail, is_told) in wrong.entries(today, is_first) {
                tables.append(whose, kind, detail, &audit.telling(is_told));
            }
        })
    }

    async fn report(&self, report: &Report) -> Result<Option<u32>, StoreError> {
        self.transact(|tables| {
            if let Some(id) = &report.flow_id {
                let row = tables.flow(id)?;
                if row.standing != FlowStanding::Open {
                    return None;
                }
                row.reports = true;
            }
            let (whose, now) = (
                (report.host.as_str(), report.subject.as_str()),
                report.audit.now,
            );
            tables.change_flows(whose, Some(now), flow::when_reported);
            tables.end_challenges(whose, now);
            if let Some((code, spent_by)) = tables.temporary_codes.get_mut(&own(whose))
                && code.expires_at > now
            {
                code.expires_at = u64::MAX;
                *spent_by = Some(String::new());
            }
            let detail = AuditDetail::default();
            tables.append(whose, EventKind::Reported, detail, &report.audit);
            if let Some(row) = tables.subjects.get_mut(&own(whose)) {
                row.reported_at = Some(now);
            }
            tables.end_pause(whose, &report.audit);
            Some(revoke(tables, whose, &Browsers::All, &report.audit))
        })
    }

    async fn logins_since(
        &self,
        host: &str,
        subject: &str,
        since: u64,
        count: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.transact(|tables| {
            let record = tables.subject((host, subject)).map(|row| row.record.iter());
            let newest = record.into_iter().flatten().rev();
            let logins = newest.filter(|entry| entry.at >= since && entry.kind.is_login());
            logins.take(count as usize).cloned().collect()
        })
    }

    async fn trusted_browsers(
        &self,
        host: &str,
        subject: &str,
        now: u64,
    ) -> Result<Vec<TrustedBrowser>, StoreError> {
        self.transact(|tables| {
            let whose = own((host, subject));
            let epoch = tables.subject((host, subject)).map(|row| row.factor_epoch);
            let browsers = tables.browsers.iter().filter(|row| {
                row.whose == whose && row.expires_at > now && Some(row.factor_epoch) == epoch
            });
            let mut browsers: Vec<_> = browsers
                .map(|row| TrustedBrowser {
                    id: row.id.clone(),
                    client_description: row.client_description.clone(),
                    created_at: row.created_at,
                    used_at: row.used_at,
                    expires_at: row.expires_at,
                })
                .collect();
            browsers.sort_by_key(|browser| std::cmp::Reverse(browser.used_at));
            browsers
        })
    }

    async fn revoke_trust(
        &self,
        host: &str,
        subject: &str,
        browsers: &Browsers,
        audit: &AuditContext,
    ) -> Result<u32, StoreError> {
        self.transact(|tables| revoke(tables, (host, subject), browsers, audit))
    }

    async fn reinstate(
        &self,
        host: &str,
        subject: &str,
        id: &str,
        audit: &AuditContext,
    ) -> Result<bool, StoreError> {
        self.transact(|tables| {
            let whose = (host, subject);
            let Some(row) = tables.method(whose, id) else {
                return false;
            };
            let Some(tries) = throttle::reinstate(row.method.tries) else {
                return false;
            };
            row.method.tries = tries;
            let detail = AuditDetail {
                method: Some(Authenticator::Method(row.method.detail.kind())),
                hint: hint(&row.method.detail),
                count: None,
            };
            tables.append(whose, EventKind::MethodReinstated, detail, audit);
            true
        })
    }

    async fn hold(
        &self,
        request: &HoldRequest,
        audit: &AuditContext,
    ) -> Result<HoldDecision, StoreError> {
        self.transact(|tables| hold::hold(tables, request, audit))
    }

    async fn purge_trust(&self, now: u64) -> Result<u64, StoreError> {
        self.transact(|tables| {
            let before = tables.browsers.len();
            tables.keep_browsers(|row| row.expires_at > now);
            let codes = tables.temporary_codes.len();
            tables
                .temporary_codes
                .retain(|_, (code, _)| code.expires_at > now);
            (before - tables.browsers.len() + codes - tables.temporary_codes.len()) as u64
        })
    }

    async fn record(
        &self,
        host: &str,
        subject: &str,
        before: Option<u64>,
        count: u32,
    ) -> Result<RecordPage, StoreError> {
        self.transact(|tables| {
            let record = tables
                .subject((host, subject))
                .map(|row| row.record.clone());
            let mut lines = record.unwrap_or_default();
            lines.retain(|entry| before.is_none_or(|before| entry.seq < before));
            let shown = lines.split_off(lines.len().saturating_sub(count as usize));
            let before = lines.last().map_or(LastEntry::default(), LastEntry::from);
            RecordPage {
                lines: shown,
                before,
            }
        })
    }

    async fn take_notices(
        &self,
        host: &str,
        now_ms: u64,
        lease_ms: u64,
        count: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        self.transact(|tables| {
            let due = tables.notices.iter_mut();
            let due = due.filter(|row| row.whose.0 == host && row.due_at_ms <= now_ms);
            due.take(count as usize)
                .map(|row| {
                    row.due_at_ms = now_ms + lease_ms;
                    row.tries += 1;
                    Notice {
                        id: row.id,
                        host: row.whose.0.clone(),
                        subject: row.whose.1.clone(),
                        line: row.entry.clone(),
                        tries: row.tries,
                    }
                })
                .collect()
        })
    }

    async fn drop_notices_but(&self, hosts: &[&str]) -> Result<u64, StoreError> {
        self.transact(|tables| {
            let before = tables.notices.len();
            tables
                .notices
                .retain(|row| hosts.contains(&row.whose.0.as_str()));
            (before - tables.notices.len()) as u64
        })
    }

    async fn settle_notice(&self, id: i64) -> Result<(), StoreError> {
        self.transact(|tables| tables.notices.retain(|row| row.id != id))
    }

    async fn postpone_notice(&self, id: i64, due_at_ms: u64) -> Result<(), StoreError> {
        self.transact(|tables| {
            if let Some(row) = tables.notices.iter_mut().find(|row| row.id == id) {
                row.due_at_ms = due_at_ms;
            }
        })
    }
}

pub(crate) fn hint(detail: &MethodDetail) -> Option<String> {
    match detail {
        MethodDetail::Totp { .. } | MethodDetail::Passkey { .. } => None,
        MethodDetail::Phone { hint, .. } => Some(hint.clone()),
    }
}

fn open_verification(tables: &mut Tables, open: &OpenVerification) -> VerificationOpened {
    let whose = (open.flow.host.as_str(), open.flow.subject.as_str());
    coverage::note_group(tables, &open.flow);
    let factor_epoch = tables.subject(whose).map_or(0, |row| row.factor_epoch);
    let token = open.trust.as_ref();
    let context = OpeningContext {
        has_method: tables.has_way_in(whose, open.audit.now),
        paused_until: tables
            .person(whose, open.audit.now)
            .paused_until
            .filter(|_| open.may_be_paused),
        acr_needed: open.flow.acr_needed,
        factor_epoch,
        token: token.map_or(TrustToken::Unknown, |trust| token_of(tables, whose, trust)),
    };
    let opening = trust::open(context, open.audit.now);
    let event = opening.event();
    let mut row = FlowRow::open(&open.flow);
    let opened = match (opening, token) {
        (Opening::NotEnrolled, _) => {
            let grace = grace::begin(tables, open);
            return VerificationOpened::NotEnrolled { grace };
        }
        (Opening::Paused { until }, _) => return VerificationOpened::Paused { until },
        (Opening::Trusted { browser_id }, Some(trust)) => {
            row.standing = FlowStanding::Completed;
            row.body_hash = trust.result_hash;
            row.method_id = Some(browser_id);
            row.result_hash = Some(trust.result_hash);
            row.result_expires_at = trust.result_expires_at;
            row.used = Some(Authenticator::TrustedBrowser);
            row.factor_epoch = Some(factor_epoch);
            row.trust_hash = Some(trust.token_hash);
            VerificationOpened::Trusted
        }
        (Opening::Trusted { .. }, None) => unreachable!("nobody brought a token"),
        (Opening::Required { copied_browser_id }, _) => {
            tables.keep_browsers(|row| Some(&row.id) != copied_browser_id.as_ref());
            VerificationOpened::Required
        }
    };
    tables.change_flows(whose, None, |earlier| {
        flow::when_login_opens(earlier, &open.flow.session_binding)
    });
    tables.flows.push(row);
    if let Some(event) = event {
        tables.append(whose, event, AuditDetail::default(), &open.audit);
    }
    opened
}

fn token_of(tables: &Tables, whose: (&str, &str), brought: &TrustUse) -> TrustToken {
    let ours = || tables.browsers.iter().filter(|row| row.whose == own(whose));
    if let Some(row) = ours().find(|row| row.token_hash == brought.token_hash) {
        return TrustToken::Current(trust::TrustedBrowser {
            browser_id: row.id.clone(),
            factor_epoch: row.factor_epoch,
            expires_at: row.expires_at,
        });
    }
    let former = ours().find(|row| row.former_tokens.contains(&brought.token_hash));
    former.map_or(TrustToken::Unknown, |row| TrustToken::Former {
        browser_id: row.id.clone(),
    })
}

/// The flow of this person and purpose that waits for a code.
fn waiting<'a>(
    tables: &'a Tables,
    id: &str,
    whose: (&'a str, &'a str),
    purpose: Purpose,
    now: u64,
) -> Option<&'a FlowRow> {
    tables.flows_of(whose).find(|row| {
        row.opened.id == id
            && row.opened.purpose == purpose
            && row.standing == FlowStanding::Open
            && row.opened.expires_at > now
    })
}

fn attempt_context(tables: &Tables, attempt: &LoginAttempt) -> Option<AttemptContext> {
    let whose = (attempt.host.as_str(), attempt.subject.as_str());
    let purpose = attempt.purpose.of_flow();
    let row = waiting(tables, &attempt.flow_id, whose, purpose, attempt.now)?;
    let target = match &attempt.presented {
        Presented::BackupCode { .. } => tables
            .backup_set(whose)
            .map_or(Target::Missing, Target::BackupCodes),
        Presented::Code { method_id, .. } => {
            let method = tables
                .living(whose, attempt.now)
                .find(|row| row.method.id == *method_id);
            method.map_or(Target::Missing, |row| match &row.method.detail {
                MethodDetail::Totp { .. } => Target::Otp {
                    tries: row.method.tries,
                    out_of_use: out_of_use(&row.method),
                    sealed_secret: row.method.sealed.clone(),
                    drift: row.drift,
                },
                MethodDetail::Phone { hint, .. } => Target::OutOfBand {
                    tries: row.method.tries,
                    out_of_use: out_of_use(&row.method),
                    hint: hint.clone(),
                    challenge: latest_challenge(tables, &attempt.flow_id, method_id),
                },
                MethodDetail::Passkey { .. } => Target::Passkey {
                    key: passkeys::known(row),
                    ceremony: None,
                },
            })
        }
        Presented::TemporaryCode { .. } => {
            Target::TemporaryCode(tables.unspent_code(whose).cloned())
        }
        Presented::Approval => Target::Approval(approvals::latest(
            tables,
            &attempt.flow_id,
            tables.subject(whose)?.factor_epoch,
        )),
        Presented::Passkey {
            credential_index,
            ceremony_id,
            ..
        } => {
            let mut methods = tables.living(whose, attempt.now);
            let key = methods.find(|row| row.method.detail.only_here() == Some(credential_index));
            Target::Passkey {
                key: key.and_then(passkeys::known),
                ceremony: passkeys::find(tables, &attempt.flow_id, ceremony_id),
            }
        }
    };
    Some(AttemptContext {
        flow_attempts: row.attempts,
        backup_attempts: row.backup_attempts,
        allowance: tables.subject(whose)?.allowance,
        acr_needed: row.opened.acr_needed,
        target,
    })
}

pub(crate) fn out_of_use(method: &Method) -> OutOfUse {
    OutOfUse {
        is_held: method.held_at.is_some(),
        is_retiring: method.retires_at.is_some(),
    }
}

fn latest_challenge(tables: &Tables, flow_id: &str, method_id: &str) -> Option<SentCode> {
    let mut newest = tables.challenges.iter().rev();
    let row = newest.find(|row| {
        row.opened.flow_id == flow_id && row.opened.method_id.as_deref() == Some(method_id)
    })?;
    Some(SentCode {
        challenge_id: row.opened.id.clone(),
        channel: row.opened.channel,
        codes: row.opened.codes,
        attempts: row.attempts,
        expires_at: row.opened.expires_at,
        is_answered: row.answered_at.is_some(),
    })
}

/// A right code that is to be spent.
pub(crate) struct Spending<'a> {
    pub(crate) flow_id: &'a str,
    pub(crate) whose: (&'a str, &'a str),
    pub(crate) authenticated: &'a Authenticated,
    pub(crate) now: u64,
}

/// What completing a login or a proof depends on.
pub(crate) fn login_context(
    tables: &Tables,
    spending: &Spending<'_>,
    purpose: Purpose,
) -> Option<LoginContext> {
    let &Spending { whose, now, .. } = spending;
    let flow_cost = waiting(tables, spending.flow_id, whose, purpose, now)?.guess_cost;
    let id = spending.authenticated.method_id();
    let method = tables.living(whose, now).find(|row| row.method.id == id);
    let replaced = tables
        .methods_of(whose)
        .filter(|row| row.replaced_by.as_deref() == Some(id))
        .map(|row| Replaced {
            method_id: row.method.id.clone(),
            detail: detail(&row.method.detail),
        });
    Some(LoginContext {
        allowance: tables.person(whose, now).allowance,
        tries: method.map(|row| row.method.tries).unwrap_or_default(),
        is_held: method.is_some_and(|row| row.method.held_at.is_some()),
        flow_cost,
        hint: method.and_then(|row| hint(&row.method.detail)),
        backup_codes_left: tables.backup_codes_left(whose),
        replaced: replaced.collect(),
    })
}

pub(crate) fn detail(of: &MethodDetail) -> AuditDetail {
    AuditDetail {
        method: Some(Authenticator::Method(of.kind())),
        hint: hint(of),
        count: None,
    }
}

fn complete(tables: &mut Tables, login: &CompleteLogin) -> LoginCompletion {
    let (whose, now) = (
        (login.host.as_str(), login.subject.as_str()),
        login.audit.now,
    );
    let spending = Spending {
        flow_id: &login.flow_id,
        whose,
        authenticated: &login.authenticated,
        now,
    };
    let Some(context) = login_context(tables, &spending, Purpose::Verify) else {
        return LoginCompletion::FlowOver;
    };
    let subject = tables.subject(whose).cloned().unwrap_or_default();
    if context.is_held {
        return LoginCompletion::MethodHeld;
    }
    let account = tables.person(whose, now).account();
    let lost = match lost::take_out(account, &login.authenticated, &login.lost, now) {
        Ok(lost) => lost,
        Err(_) if !is_unspent(tables, &spending) => return LoginCompletion::CodeUsed,
        Err(refusal) => {
            give_back(tables, &spending);
            return LoginCompletion::LostStays(refusal);
        }
    };
    if !spend(tables, &spending) {
        return LoginCompletion::CodeUsed;
    }
    let changes = login::complete(&context, &login.authenticated, now);
    if let (Some(tries), Some(row)) = (
        changes.tries,
        tables.method(whose, login.authenticated.method_id()),
    ) {
        row.method.tries = tries;
        row.method.used_at = Some(now);
    }
    if let Some(row) = tables.flow(&login.flow_id) {
        row.standing = FlowStanding::Completed;
        row.body_hash = login.body_hash;
        row.method_id = Some(login.authenticated.method_id().to_owned());
        row.result_hash = Some(login.result_hash);
        row.result_expires_at = login.result_expires_at;
        row.used = Some(login.authenticated.authenticator());
        row.trusts = login.trusts;
        row.factor_epoch = Some(subject.factor_epoch);
    }
    let person = tables.subject_or_new(whose);
    person.allowance = changes.allowance;
    person.unanswered = 0;
    tables.append(whose, changes.event, changes.detail, &login.audit);
    for Replaced { method_id, detail } in changes.retired {
        tables.methods.retain(|row| row.method.id != method_id);
        tables.append(whose, EventKind::MethodRetired, detail, &login.audit);
    }
    for (method_id, changes) in &lost {
        let writing = Writing {
            flow_id: &login.flow_id,
            whose,
            request: (method_id, login.body_hash),
            audit: &login.audit,
            new: None,
        };
        apply(tables, &writing, changes);
    }
    LoginCompletion::Yes {
        backup_codes_left: changes.backup_codes_left,
    }
}

/// Whether a right code is still there to be spent: what spending it would say.
fn is_unspent(tables: &Tables, spending: &Spending<'_>) -> bool {
    spend(&mut tables.clone(), spending)
}

/// The try that counted a right code costs nothing, where the code is left unspent.
fn give_back(tables: &mut Tables, spending: &Spending<'_>) {
    let &Spending { whose, now, .. } = spending;
    let mut by_code = 0;
    match spending.authenticated {
        Authenticated::Otp { method_id, .. } => {
            if let Some(row) = tables.method(whose, method_id) {
                row.method.tries = throttle::unreserve(row.method.tries, now);
            }
        }
        Authenticated::OutOfBand {
            method_id,
            challenge_id,
            ..
        } => {
            if let Some(row) = tables.method(whose, method_id) {
                row.method.tries = throttle::unreserve(row.method.tries, now);
            }
            let mut rows = tables.challenges.iter_mut();
            if let Some(row) = rows.find(|row| row.opened.id == *challenge_id) {
                row.attempts = row.attempts.saturating_sub(1);
            }
        }
        Authenticated::BackupCode { .. } | Authenticated::TemporaryCode { .. } => by_code = 1,
        Authenticated::Approval { approval_id } => {
            let mut rows = tables.approvals.iter_mut();
            if let Some(row) = rows.find(|row| row.id == *approval_id) {
                row.attempts = row.attempts.saturating_sub(1);
            }
        }
        // Its ceremony stays spent.
        Authenticated::Passkey { .. } => {}
    }
    if let Some(row) = tables.flow(spending.flow_id) {
        row.attempts = row.attempts.saturating_sub(1);
        row.backup_attempts = row.backup_attempts.saturating_sub(by_code);
    }
}

/// True for exactly one caller.
pub(crate) fn spend(tables: &mut Tables, spending: &Spending<'_>) -> bool {
    let &Spending { whose, now, .. } = spending;
    match spending.authenticated {
        Authenticated::Otp {
            method_id,
            first_step,
            step,
            drift,
        } => {
            let Some(row) = tables.method(whose, method_id) else {
                return false;
            };
            match &mut row.method.detail {
                MethodDetail::Totp { last_step, .. } if *last_step < *first_step => {
                    *last_step = *step;
                    row.drift = *drift;
                    true
                }
                MethodDetail::Totp { .. }
                | MethodDetail::Phone { .. }
                | MethodDetail::Passkey { .. } => false,
            }
        }
        Authenticated::Passkey {
            method_id,
            counter_before,
            counter: new,
        } => {
            let Some(row) = tables.method(whose, method_id) else {
                return false;
            };
            match &mut row.method.detail {
                MethodDetail::Passkey { counter, .. } if *counter == *counter_before => {
                    *counter = *new;
                    true
                }
                MethodDetail::Totp { .. }
                | MethodDetail::Phone { .. }
                | MethodDetail::Passkey { .. } => false,
            }
        }
        Authenticated::OutOfBand {
            method_id,
            challenge_id,
            ..
        } => {
            let mut challenges = tables.challenges.iter_mut();
            let ours = challenges.find(|row| {
                row.opened.id == *challenge_id
                    && row.opened.flow_id == spending.flow_id
                    && row.opened.method_id.as_ref() == Some(method_id)
            });
            ours.is_some_and(|row| {
                let counts = challenge::answer(&row.state(), now).is_some();
                row.answered_at = if counts { Some(now) } else { row.answered_at };
                counts
            })
        }
        Authenticated::TemporaryCode { hash } => {
            let row = tables.temporary_codes.get_mut(&own(whose));
            let good = row.filter(|(code, spent_by)| {
                code.hash == *hash && code.expires_at > now && spent_by.is_none()
            });
            good.is_some_and(|(code, spent_by)| {
                code.expires_at = code.expires_at.max(now + flow::ENROLMENT_LIFE_MAX_S);
                *spent_by = Some(spending.flow_id.to_owned());
                true
            })
        }
        Authenticated::Approval { approval_id } => {
            let epoch = tables.person(whose, now).factor_epoch;
            approvals::spend(tables, (spending.flow_id, approval_id), epoch, now)
        }
        Authenticated::BackupCode { ordinal } => {
            let mut sets = tables.backup_sets.iter_mut();
            let set = sets.find(|set| set.whose == own(whose));
            set.is_some_and(|set| set.codes.remove(ordinal).is_some())
        }
    }
}

pub(crate) fn revoke(
    tables: &mut Tables,
    whose: (&str, &str),
    browsers: &Browsers,
    audit: &AuditContext,
) -> u32 {
    let before = tables.browsers.len();
    tables.keep_browsers(|row| row.whose != own(whose) || !browsers.contain(&row.id));
    let count = u32::try_from(before - tables.browsers.len()).unwrap_or(u32::MAX);
    tables.change_flows(whose, None, |flow| {
        flow::when_trust_is_revoked(flow, browsers)
    });
    if let Some(detail) = audit::trust_revoked(count) {
        tables.append(whose, EventKind::TrustRevoked, detail, audit);
    }
    count
}
