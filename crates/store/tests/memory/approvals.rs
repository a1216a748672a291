//! Logins that another browser of the person approves.

use async_trait::async_trait;
use nidan_core::approval::{
    self, AskContext, AskRefusal, Asking, StoredApproval, WAITING_MAX, can_be_answered, may_approve,
};
use nidan_core::attempt::AskedApproval;
use nidan_core::trust::TrustedBrowser;
use nidan_protocol::{ApprovalState, Authenticator, EventKind, Purpose, WaitingLogin};
use nidan_store::{
    ApprovalStore, Approver, ApprovingOpened, AuditContext, AuditDetail, NewApproval,
    OpenApproving, Shown, StandingApproval, StoreError,
};

use super::Memory;
use super::tables::{ApprovalRow, BrowserRow, FlowRow, FlowStanding, Tables, own};

#[async_trait]
impl ApprovalStore for Memory {
    async fn open_approving(&self, open: &OpenApproving) -> Result<ApprovingOpened, StoreError> {
        self.transact(|tables| {
            let flow = &open.flow;
            let whose = (flow.host.as_str(), flow.subject.as_str());
            if browser(tables, whose, &open.trust_hash, flow.created_at).is_none() {
                return ApprovingOpened::NotTrusted;
            }
            let mut row = FlowRow::open(flow);
            row.trust_hash = Some(open.trust_hash);
            tables.flows.push(row);
            ApprovingOpened::Yes
        })
    }

    async fn ask_context(&self, flow_id: &str, now: u64) -> Result<Option<AskContext>, StoreError> {
        self.transact(|tables| context(tables, flow_id, now))
    }

    async fn ask_approval(
        &self,
        new: &NewApproval,
        audit: &AuditContext,
    ) -> Result<Result<StandingApproval, AskRefusal>, StoreError> {
        self.transact(|tables| ask(tables, new, audit))
    }

    async fn waiting_logins(
        &self,
        approver: &Approver,
        now: u64,
    ) -> Result<Option<Vec<WaitingLogin>>, StoreError> {
        self.transact(|tables| {
            let (browser, session) = approving(tables, approver, now)?;
            let rows = tables.approvals.iter().rev();
            let seen =
                rows.filter_map(|row| seen(tables, row, approver, (&browser, &session), now));
            Some(seen.take(WAITING_MAX).collect())
        })
    }

    async fn show_approval(
        &self,
        approver: &Approver,
        id: &str,
        audit: &AuditContext,
    ) -> Result<Shown, StoreError> {
        self.transact(|tables| {
            let Some((browser, session)) = approving(tables, approver, audit.now) else {
                return Shown::NotTrusted;
            };
            let row = tables.approvals.iter().find(|row| row.id == id);
            let login =
                row.and_then(|row| seen(tables, row, approver, (&browser, &session), audit.now));
            let Some(login) = login else {
                return Shown::Unknown;
            };
            match login.state {
                ApprovalState::Answered => return Shown::Answered,
                ApprovalState::Waiting => {
                    let mut rows = tables.approvals.iter_mut();
                    if let Some(row) = rows.find(|row| row.id == id) {
                        row.browser_id = Some(browser.id);
                    }
                    let whose = (approver.host.as_str(), approver.subject.as_str());
                    tables.append(whose, EventKind::ApprovalShown, detail(), audit);
                }
                ApprovalState::Shown => {}
            }
            Shown::Yes {
                expires_at: login.expires_at,
            }
        })
    }
}

fn detail() -> AuditDetail {
    AuditDetail {
        method: Some(Authenticator::Approval),
        ..AuditDetail::default()
    }
}

fn may(tables: &Tables, row: &BrowserRow, now: u64) -> bool {
    let browser = TrustedBrowser {
        browser_id: row.id.clone(),
        factor_epoch: row.factor_epoch,
        expires_at: row.expires_at,
    };
    let (host, subject) = &row.whose;
    let person = tables.subject((host, subject));
    person.is_some_and(|person| may_approve(&browser, person.factor_epoch, now))
}

/// The browser whose token counts now, where it may approve.
fn browser(
    tables: &Tables,
    whose: (&str, &str),
    trust_hash: &[u8; 32],
    now: u64,
) -> Option<BrowserRow> {
    let mut rows = tables.browsers.iter();
    let row = rows.find(|row| row.whose == own(whose) && row.token_hash == *trust_hash)?;
    may(tables, row, now).then(|| row.clone())
}

fn waits(row: &FlowRow, purpose: Purpose, now: u64) -> bool {
    row.opened.purpose == purpose
        && row.standing == FlowStanding::Open
        && row.opened.expires_at > now
}

fn context(tables: &Tables, flow_id: &str, now: u64) -> Option<AskContext> {
    let mut flows = tables.flows.iter();
    let row = flows.find(|row| row.opened.id == flow_id && waits(row, Purpose::Verify, now))?;
    let whose = (row.opened.host.as_str(), row.opened.subject.as_str());
    let person = tables.subject(whose)?;
    let mut browsers = tables.browsers.iter();
    Some(AskContext {
        acr_needed: row.opened.acr_needed,
        has_browser: browsers.any(|row| row.whose == own(whose) && may(tables, row, now)),
        is_asked: standing(tables, flow_id, person.factor_epoch, now).is_some(),
        unanswered: person.unanswered,
        allowance: person.allowance,
    })
}

/// The latest request of a login, where it can still be answered.
fn standing(tables: &Tables, flow_id: &str, epoch: u64, now: u64) -> Option<StandingApproval> {
    let asked = latest(tables, flow_id, epoch)?;
    can_be_answered(&asked, now).then_some(StandingApproval {
        id: asked.approval_id,
        expires_at: asked.expires_at,
    })
}

fn ask(
    tables: &mut Tables,
    new: &NewApproval,
    audit: &AuditContext,
) -> Result<StandingApproval, AskRefusal> {
    let now = audit.now;
    let context = context(tables, &new.flow_id, now).ok_or(AskRefusal::FlowOver)?;
    let whose = (new.host.as_str(), new.subject.as_str());
    let epoch = tables.person(whose, now).factor_epoch;
    match approval::ask(&context, now)? {
        Asking::Stands => {
            return standing(tables, &new.flow_id, epoch, now).ok_or(AskRefusal::FlowOver);
        }
        Asking::New => {}
    }
    for row in &mut tables.approvals {
        if row.flow_id == new.flow_id {
            row.expires_at = row.expires_at.min(now);
        }
    }
    let person = tables.subject_or_new(whose);
    person.unanswered += 1;
    let factor_epoch = person.factor_epoch;
    tables.approvals.push(ApprovalRow {
        id: new.id.clone(),
        flow_id: new.flow_id.clone(),
        factor_epoch,
        created_at: now,
        expires_at: new.expires_at,
        attempts: 0,
        browser_id: None,
        is_answered: false,
    });
    tables.append(whose, EventKind::ApprovalAsked, detail(), audit);
    Ok(StandingApproval {
        id: new.id.clone(),
        expires_at: new.expires_at,
    })
}

/// The browser of a flow in which logins are approved, and its session, where it may approve now.
fn approving(tables: &Tables, approver: &Approver, now: u64) -> Option<(BrowserRow, String)> {
    let whose = (approver.host.as_str(), approver.subject.as_str());
    let mut flows = tables.flows_of(whose);
    let row =
        flows.find(|row| row.opened.id == approver.flow_id && waits(row, Purpose::Approve, now))?;
    let browser = browser(tables, whose, &row.trust_hash?, now)?;
    Some((browser, row.opened.session_binding.clone()))
}

fn seen(
    tables: &Tables,
    row: &ApprovalRow,
    approver: &Approver,
    (browser, session): (&BrowserRow, &str),
    now: u64,
) -> Option<WaitingLogin> {
    let whose = (approver.host.as_str(), approver.subject.as_str());
    let flow = tables
        .flows_of(whose)
        .find(|flow| flow.opened.id == row.flow_id)?;
    let stored = StoredApproval {
        is_open: waits(flow, Purpose::Verify, now),
        session_binding: &flow.opened.session_binding,
        factor_epoch: row.factor_epoch,
        expires_at: row.expires_at,
        is_shown: row.browser_id.is_some(),
        is_answered: row.is_answered,
    };
    let state = approval::seen(&stored, session, browser.factor_epoch, now)?;
    Some(WaitingLogin {
        id: row.id.clone(),
        asked_at: row.created_at,
        expires_at: row.expires_at,
        client_description: flow.opened.client_description.clone(),
        state,
    })
}

/// A flow's latest request for approval.
pub(crate) fn latest(tables: &Tables, flow_id: &str, epoch: u64) -> Option<AskedApproval> {
    let mut rows = tables.approvals.iter().rev();
    let row = rows.find(|row| row.flow_id == flow_id)?;
    Some(AskedApproval {
        approval_id: row.id.clone(),
        attempts: row.attempts,
        expires_at: row.expires_at,
        is_of_epoch: row.factor_epoch == epoch,
        is_shown: row.browser_id.is_some(),
        is_answered: row.is_answered,
    })
}

/// A code that was shown counts once, under the epoch in which it was asked.
pub(crate) fn spend(
    tables: &mut Tables,
    (flow_id, id): (&str, &str),
    epoch: u64,
    now: u64,
) -> bool {
    let trusted: Vec<_> = tables
        .browsers
        .iter()
        .filter(|row| row.expires_at > now)
        .map(|row| row.id.clone())
        .collect();
    let mut rows = tables.approvals.iter_mut();
    let row = rows.find(|row| {
        row.id == id
            && row.flow_id == flow_id
            && !row.is_answered
            && row
                .browser_id
                .as_ref()
                .is_some_and(|id| trusted.contains(id))
            && row.expires_at > now
            && row.factor_epoch == epoch
    });
    row.is_some_and(|row| {
        row.is_answered = true;
        true
    })
}
