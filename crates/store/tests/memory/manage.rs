//! What people change after the first set-up.

use async_trait::async_trait;
use nidan_core::flow;
use nidan_core::login::{self, ProofKind};
use nidan_core::manage::ends::{PauseEvent, StoredPause, has_retired, of_pause};
use nidan_core::manage::{
    self, Earlier, ManageContext, ManageDecision, ManageFlow, OpenSetup, Proof, SETUPS_MAX, Wish,
};
use nidan_core::trust::Browsers;
use nidan_protocol::{Change, EventKind, Purpose};
use nidan_store::{
    AuditContext, AuditDetail, CloseManagement, CompleteProof, ManageChange, ManageStore,
    ManagementClosed, ManagementOpened, MethodDetail, NewFactor, NewSetup, OpenManagement,
    ProofCompletion, ProofUse, StoreError,
};

use super::changes::{Writing, apply};
use super::login::{Spending, detail, login_context, spend};
use super::tables::{FlowRow, FlowStanding, Tables, own};
use super::{Memory, coverage};

#[async_trait]
impl ManageStore for Memory {
    async fn open_management(&self, open: &OpenManagement) -> Result<ManagementOpened, StoreError> {
        self.transact(|tables| {
            let whose = (open.flow.host.as_str(), open.flow.subject.as_str());
            if !tables.has_factor(whose) {
                return ManagementOpened::NotEnrolled;
            }
            tables.change_flows(whose, None, |earlier| {
                flow::when_management_opens(earlier, &open.flow.session_binding)
            });
            tables.flows.push(FlowRow {
                trust_hash: open.trust_hash,
                ..FlowRow::open(&open.flow)
            });
            coverage::note_group(tables, &open.flow);
            ManagementOpened::Yes
        })
    }

    async fn complete_proof(&self, proof: &CompleteProof) -> Result<ProofCompletion, StoreError> {
        self.transact(|tables| complete_proof(tables, proof))
    }

    async fn open_setup(&self, setup: &NewSetup) -> Result<(), StoreError> {
        self.transact(|tables| {
            tables.setups.push(setup.clone());
            let of_flow = |other: &NewSetup| other.flow_id == setup.flow_id;
            let count = tables.setups.iter().filter(|other| of_flow(other)).count();
            let mut surplus = count.saturating_sub(SETUPS_MAX);
            tables.setups.retain(|other| {
                let goes = surplus > 0 && of_flow(other);
                surplus -= usize::from(goes);
                !goes
            });
        })
    }

    async fn setup(&self, flow_id: &str, id: &[u8; 16]) -> Result<Option<NewSetup>, StoreError> {
        self.transact(|tables| setup(tables, flow_id, id).cloned())
    }

    async fn trusted_browser_id(
        &self,
        host: &str,
        subject: &str,
        token_hash: &[u8; 32],
    ) -> Result<Option<String>, StoreError> {
        self.transact(|tables| {
            let mut browsers = tables.browsers.iter();
            let found = browsers
                .find(|row| row.whose == own((host, subject)) && row.token_hash == *token_hash);
            found.map(|row| row.id.clone())
        })
    }

    async fn manage(&self, change: &ManageChange) -> Result<ManageDecision, StoreError> {
        self.transact(|tables| {
            let context = context(tables, change);
            let decision = manage::decide(&context, &change.request);
            if let ManageDecision::Do(changes) = &decision {
                let writing = Writing {
                    flow_id: &change.flow_id,
                    whose: (&change.host, &change.subject),
                    request: (&change.request_id, change.request.body_hash),
                    audit: &change.audit,
                    new: change.new.as_ref(),
                };
                apply(tables, &writing, changes);
                if let Some(id) = &change.setup_id {
                    tables.setups.retain(|setup| setup.id != *id);
                }
            }
            decision
        })
    }

    async fn close_management(
        &self,
        close: &CloseManagement,
    ) -> Result<ManagementClosed, StoreError> {
        self.transact(|tables| {
            let is_changed = !changes(tables, &close.flow_id).is_empty();
            let Some(row) = tables.flow(&close.flow_id) else {
                return ManagementClosed::FlowOver;
            };
            if row.standing != FlowStanding::Open || row.opened.purpose != Purpose::Manage {
                return ManagementClosed::FlowOver;
            }
            if !is_changed {
                row.proof = None;
                return ManagementClosed::Unchanged;
            }
            row.proof = None;
            row.standing = FlowStanding::Completed;
            row.body_hash = close.body_hash;
            row.result_hash = Some(close.result_hash);
            row.result_expires_at = close.result_expires_at;
            tables.setups.retain(|setup| setup.flow_id != close.flow_id);
            ManagementClosed::Changed
        })
    }

    async fn resume(
        &self,
        host: &str,
        subject: &str,
        audit: &AuditContext,
    ) -> Result<bool, StoreError> {
        self.transact(|tables| tables.end_pause((host, subject), audit))
    }

    async fn note_what_is_due(
        &self,
        host: &str,
        count: u32,
        audit: &AuditContext,
    ) -> Result<u64, StoreError> {
        self.transact(|tables| {
            retire(tables, host, count, audit) + note_pauses(tables, host, audit)
        })
    }
}

/// What was changed in a flow, each once.
pub(crate) fn changes(tables: &Tables, flow_id: &str) -> Vec<Change> {
    let of_flow = tables.requests.iter().filter(|row| row.flow_id == flow_id);
    let mut changes: Vec<Change> = of_flow.filter_map(|row| row.change).collect();
    changes.sort_by_key(|change| (change.change.as_str(), change.method));
    changes.dedup();
    changes
}

fn setup<'a>(tables: &'a Tables, flow_id: &str, id: &[u8; 16]) -> Option<&'a NewSetup> {
    let mut setups = tables.setups.iter();
    setups.find(|setup| setup.flow_id == flow_id && setup.id == *id)
}

fn complete_proof(tables: &mut Tables, proof: &CompleteProof) -> ProofCompletion {
    let (whose, now) = (
        (proof.host.as_str(), proof.subject.as_str()),
        proof.audit.now,
    );
    let spending = Spending {
        flow_id: &proof.flow_id,
        whose,
        authenticated: &proof.authenticated,
        now,
    };
    let Some(context) = login_context(tables, &spending, Purpose::Manage) else {
        return ProofCompletion::FlowOver;
    };
    let id = proof.authenticated.method_id().to_owned();
    let is_retiring = tables
        .method(whose, &id)
        .is_some_and(|row| row.method.retires_at.is_some());
    if context.is_held {
        return ProofCompletion::Held;
    }
    if is_retiring {
        return ProofCompletion::Retiring;
    }
    if !spend(tables, &spending) {
        return ProofCompletion::CodeUsed;
    }
    let kind = match proof.proof_use {
        ProofUse::Proof => ProofKind::Proof,
        ProofUse::Test => ProofKind::Test,
    };
    let changes = login::prove(&context, &proof.authenticated, kind, now);
    if let (Some(tries), Some(row)) = (changes.tries, tables.method(whose, &id)) {
        row.method.tries = tries;
        row.method.tested_at = Some(now);
    }
    let factor_epoch = tables.person(whose, now).factor_epoch;
    if let Some(row) = tables.flow(&proof.flow_id) {
        row.guess_cost = 0;
        if proof.proof_use == ProofUse::Test {
            row.test_hash = Some(proof.body_hash);
        } else {
            row.used = Some(proof.authenticated.authenticator());
            row.method_id = Some(id.clone());
            row.factor_epoch = Some(factor_epoch);
            row.proof = Some(Proof {
                at: now,
                method_id: id,
                authenticator: proof.authenticated.authenticator(),
                factor_epoch,
                body_hash: proof.body_hash,
            });
        }
    }
    tables.subject_or_new(whose).allowance = changes.allowance;
    tables.append(whose, changes.event, changes.detail, &proof.audit);
    ProofCompletion::Yes
}

fn context(tables: &mut Tables, change: &ManageChange) -> ManageContext {
    let whose = (change.host.as_str(), change.subject.as_str());
    let now = change.request.now;
    let flow = tables.flow(&change.flow_id).filter(|row| {
        row.opened.purpose == Purpose::Manage
            && (row.opened.host.as_str(), row.opened.subject.as_str()) == whose
            && row.standing == FlowStanding::Open
            && row.opened.expires_at > now
    });
    let flow = ManageFlow {
        is_open: flow.is_some(),
        proof: flow.and_then(|row| row.proof.clone()),
    };
    let earlier = tables
        .requests
        .iter()
        .find(|row| row.flow_id == change.flow_id && row.request_id == change.request_id);
    let open = change.setup_id.as_ref();
    let open = open.and_then(|id| setup(tables, &change.flow_id, id));
    ManageContext {
        flow,
        account: tables.person(whose, now).account(),
        earlier: match earlier {
            None => Earlier::No,
            Some(row) if row.body_hash == change.request.body_hash => Earlier::Same,
            Some(_) => Earlier::Another,
        },
        setup: open.map(|setup| OpenSetup {
            kind: setup.kind,
            replaces: setup.replaces.clone(),
        }),
        is_known: is_known(tables, change),
        has_browser: has_browser(tables, change),
    }
}

fn has_browser(tables: &Tables, change: &ManageChange) -> bool {
    let whose = own((&change.host, &change.subject));
    let Wish::EndTrust {
        browsers: Browsers::One(id),
    } = &change.request.wish
    else {
        return false;
    };
    let mut browsers = tables.browsers.iter();
    browsers.any(|row| row.whose == whose && row.id == *id)
}

fn is_known(tables: &Tables, change: &ManageChange) -> bool {
    let Some(NewFactor::Method(method)) = &change.new else {
        return false;
    };
    match &method.detail {
        MethodDetail::Totp {
            fingerprint: only, ..
        }
        | MethodDetail::Passkey {
            credential_index: only,
            ..
        } => tables.knows(only),
        MethodDetail::Phone { number_index, .. } => {
            let whose = (change.host.as_str(), change.subject.as_str());
            let mut living = tables.living(whose, change.request.now);
            living.any(|row| match &row.method.detail {
                MethodDetail::Totp { .. } | MethodDetail::Passkey { .. } => false,
                MethodDetail::Phone {
                    number_index: known,
                    ..
                } => known == number_index,
            })
        }
    }
}

fn retire(tables: &mut Tables, host: &str, count: u32, audit: &AuditContext) -> u64 {
    let due = tables
        .methods
        .iter()
        .filter(|row| row.whose.0 == host && has_retired(row.method.retires_at, audit.now));
    let due = due.map(|row| {
        let detail = detail(&row.method.detail);
        (row.whose.clone(), row.method.id.clone(), detail)
    });
    let due: Vec<_> = due.take(count as usize).collect();
    for (whose, id, detail) in &due {
        tables.methods.retain(|row| row.method.id != *id);
        let whose = (whose.0.as_str(), whose.1.as_str());
        tables.append(whose, EventKind::MethodRetired, detail.clone(), audit);
    }
    due.len() as u64
}

fn note_pauses(tables: &mut Tables, host: &str, audit: &AuditContext) -> u64 {
    let ours: Vec<_> = tables
        .subjects
        .iter()
        .filter(|(whose, _)| whose.0 == host)
        .filter_map(|(whose, row)| Some((whose.clone(), row.pause?)))
        .collect();
    let mut noted = 0;
    for (whose, pause) in ours {
        let whose = (whose.0.as_str(), whose.1.as_str());
        let event = of_pause(pause, audit.now);
        let row = tables.subject_or_new(whose);
        match event {
            PauseEvent::None => continue,
            PauseEvent::Ending => {
                row.pause = Some(StoredPause {
                    tells_end: false,
                    ..pause
                });
            }
            PauseEvent::Over => row.pause = None,
        }
        if let Some(kind) = event.event() {
            tables.append(whose, kind, AuditDetail::default(), audit);
        }
        noted += 1;
    }
    noted
}
