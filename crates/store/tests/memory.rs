//! An engine in memory, which passes the suite. Every method that changes something reads a context,
//! asks `nidan_core`, and writes what the decision says, under one lock. The conditions that stay an
//! engine's own are named in docs/decisions/0021-read-decide-apply.md.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

#[path = "memory/approvals.rs"]
mod approvals;
#[path = "memory/changes.rs"]
mod changes;
#[path = "memory/coverage.rs"]
mod coverage;
#[path = "memory/grace.rs"]
mod grace;
#[path = "memory/hold.rs"]
mod hold;
#[path = "memory/login.rs"]
mod login;
#[path = "memory/manage.rs"]
mod manage;
#[path = "memory/passkeys.rs"]
mod passkeys;
#[path = "memory/phone.rs"]
mod phone;
#[path = "memory/support.rs"]
mod support;
#[path = "memory/tables.rs"]
mod tables;

use std::sync::Mutex;

use async_trait::async_trait;
use nidan_core::enrolment::{self, ActivationContext, CodeStatus, OpeningContext};
use nidan_core::flow::when_enrolment_opens;
use nidan_core::redeem::{self, BrowserOfLogin, RedeemContext, TrustChange};
use nidan_protocol::{EventKind, Purpose};
use nidan_store::{
    Activated, Activation, Attempt, AuditContext, AuditDetail, BackupSet, Flow, MethodDetail,
    NewFlow, NewTrust, Opened, Redeemed, Redemption, Store, StoreError, Subject, contract,
};
use tables::{BackupRow, FlowRow, FlowStanding, Tables};

/// The engine.
#[derive(Default)]
struct Memory {
    tables: Mutex<Tables>,
}

impl Memory {
    /// One transaction.
    fn transact<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> Result<T, StoreError> {
        let mut tables = self
            .tables
            .lock()
            .map_err(|_| StoreError::Unavailable("a transaction panicked".into()))?;
        Ok(work(&mut tables))
    }
}

#[tokio::test]
async fn an_engine_in_memory_keeps_the_contract() {
    contract::run(&Memory::default()).await;
    let sources = [
        include_str!("memory.rs"),
        include_str!("memory/approvals.rs"),
        include_str!("memory/login.rs"),
        include_str!("memory/manage.rs"),
        include_str!("memory/passkeys.rs"),
        include_str!("memory/phone.rs"),
        include_str!("memory/tables.rs"),
    ];
    let lines: usize = sources.iter().map(|source| source.lines().count()).sum();
    println!("an engine in memory: {lines} lines");
}

#[async_trait]
impl Store for Memory {
    async fn open_flow(&self, flow: &NewFlow) -> Result<Opened, StoreError> {
        self.transact(|tables| {
            let whose = (flow.host.as_str(), flow.subject.as_str());
            let code = tables
                .temporary_codes
                .get(&(flow.host.clone(), flow.subject.clone()));
            let code = code.filter(|(code, _)| code.expires_at > flow.created_at);
            let opened = enrolment::open(OpeningContext {
                has_factor: tables.has_factor(whose),
                code: code.map(|(_, spent_by)| match spent_by {
                    None => CodeStatus::Unspent,
                    Some(flow_id) if flow_id.is_empty() => CodeStatus::Ended,
                    Some(flow_id) => CodeStatus::SpentBy(flow_id),
                }),
                after_login: flow.after_login.as_deref(),
            });
            if opened == Opened::Yes {
                tables.change_flows(whose, None, when_enrolment_opens);
                tables.flows.push(FlowRow::open(flow));
                coverage::note_group(tables, flow);
            }
            opened
        })
    }

    async fn flow_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<Flow>, StoreError> {
        self.transact(|tables| {
            let mut flows = tables.flows.iter();
            let row = flows.find(|row| row.opened.token_hash == *token_hash)?;
            Some(row.flow())
        })
    }

    async fn reserve_attempt(&self, flow_id: &str, limit: u32) -> Result<Attempt, StoreError> {
        self.transact(|tables| {
            let Some(row) = tables.flow(flow_id) else {
                return Attempt::Exhausted;
            };
            let attempt = Attempt::reserve(row.attempts, limit);
            if let Attempt::Reserved { .. } = attempt {
                row.attempts += 1;
            }
            attempt
        })
    }

    async fn activate(&self, a: &Activation) -> Result<Activated, StoreError> {
        self.transact(|tables| {
            let whose = (a.host.as_str(), a.subject.as_str());
            let has_factor = tables.has_factor(whose);
            let has_known_secret = enrolment::has_twins(a.fingerprints())
                || a.fingerprints()
                    .any(|fingerprint| tables.knows(fingerprint));
            let row = tables.flow(&a.flow_id);
            let activated = enrolment::activate(ActivationContext {
                flow_is_open: row.is_some_and(|row| row.standing == FlowStanding::Open),
                has_factor,
                has_known_secret,
            });
            if activated == Activated::Yes {
                store_enrolment(tables, a);
            }
            activated
        })
    }

    async fn extend_flow(&self, flow_id: &str, expires_at: u64) -> Result<(), StoreError> {
        self.transact(|tables| {
            if let Some(row) = tables.flow(flow_id)
                && row.standing == FlowStanding::Open
            {
                row.opened.expires_at = expires_at.max(row.opened.expires_at);
            }
        })
    }

    async fn extend_result(&self, flow_id: &str, expires_at: u64) -> Result<(), StoreError> {
        self.transact(|tables| {
            if let Some(row) = tables.flow(flow_id)
                && row.redeemed_at.is_none()
            {
                row.result_expires_at = expires_at;
            }
        })
    }

    async fn redeem(&self, r: &Redemption) -> Result<Option<Redeemed>, StoreError> {
        self.transact(|tables| redeem(tables, r))
    }

    async fn subject(&self, host: &str, subject: &str, now: u64) -> Result<Subject, StoreError> {
        self.transact(|tables| tables.person((host, subject), now))
    }

    async fn backup_set(&self, host: &str, subject: &str) -> Result<Option<BackupSet>, StoreError> {
        self.transact(|tables| tables.backup_set((host, subject)))
    }

    async fn latest_step(&self) -> Result<Option<u64>, StoreError> {
        self.transact(|tables| {
            let steps = tables
                .methods
                .iter()
                .filter_map(|row| match row.method.detail {
                    MethodDetail::Totp { last_step, .. } => Some(last_step),
                    MethodDetail::Phone { .. } | MethodDetail::Passkey { .. } => None,
                });
            steps.max()
        })
    }

    async fn reset_future_steps(&self, beyond: u64, to: u64) -> Result<u64, StoreError> {
        self.transact(|tables| {
            let mut apps = 0;
            for row in &mut tables.methods {
                if let MethodDetail::Totp { last_step, .. } = &mut row.method.detail
                    && *last_step > beyond
                {
                    *last_step = to;
                    apps += 1;
                }
            }
            apps
        })
    }

    async fn purge_flows(&self, expired_before: u64) -> Result<u64, StoreError> {
        self.transact(|tables| {
            let before = tables.flows.len();
            tables
                .flows
                .retain(|row| row.opened.expires_at >= expired_before);
            let alive: Vec<_> = tables.flows.iter().map(|row| &row.opened.id).collect();
            tables
                .ceremonies
                .retain(|row| alive.contains(&&row.flow_id));
            tables.approvals.retain(|row| alive.contains(&&row.flow_id));
            (before - tables.flows.len()) as u64
        })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.transact(|_tables| ())
    }
}

fn store_enrolment(tables: &mut Tables, a: &Activation) {
    let whose = (a.host.as_str(), a.subject.as_str());
    if let Some(row) = tables.flow(&a.flow_id) {
        row.standing = FlowStanding::Completed;
        row.opened.key_pair = None;
        row.body_hash = a.body_hash;
        row.method_id = a.methods.first().map(|method| method.id.clone());
        row.result_hash = Some(a.result_hash);
        row.result_expires_at = a.result_expires_at;
    }
    tables.temporary_codes.remove(&tables::own(whose));
    let had_set_up = tables.subject(whose).is_some_and(|row| {
        row.record
            .iter()
            .any(|entry| entry.kind == EventKind::Enrolled)
    });
    let row = tables.subject_or_new(whose);
    row.factor_epoch += 1;
    // Codes of support before the first set-up ever raise the epoch too.
    if !had_set_up {
        row.first_set_up_at = Some(a.now);
    }
    for method in &a.methods {
        tables.add_method(whose, method, a.now);
    }
    tables
        .backup_sets
        .retain(|set| set.whose != tables::own(whose));
    tables.backup_sets.push(BackupRow {
        whose: tables::own(whose),
        salt: a.backup_salt,
        made_at: a.now,
        codes: (1..).zip(a.backup_hashes.iter().copied()).collect(),
    });
    tables.append(whose, EventKind::Enrolled, AuditDetail::default(), &a.audit);
}

fn redeem(tables: &mut Tables, r: &Redemption) -> Option<Redeemed> {
    let row = tables.flows.iter().find(|row| {
        (
            &row.opened.id,
            &row.opened.host,
            &row.opened.session_binding,
        ) == (&r.flow_id, &r.host, &r.session_binding)
            && row.result_hash == Some(r.result_hash)
    });
    let row = row?.clone();
    let whose = (row.opened.host.as_str(), row.opened.subject.as_str());
    let subject = tables.subject(whose);
    let factor_epoch = subject.map_or(0, |row| row.factor_epoch);
    let pause = subject.and_then(|row| row.pause);
    let is_paused = pause.is_some_and(|pause| pause.until > r.now);
    let context = RedeemContext {
        purpose: row.opened.purpose,
        is_completed: row.standing == FlowStanding::Completed,
        is_redeemed: row.redeemed_at.is_some(),
        result_expires_at: row.result_expires_at,
        login_epoch: row.factor_epoch,
        factor_epoch,
        browser: match row.opened.purpose {
            Purpose::Verify => browser_of(tables, row.trust_hash),
            Purpose::Enroll | Purpose::Manage | Purpose::Approve => BrowserOfLogin::None,
        },
        asks_for_trust: row.trusts,
        is_paused,
    };
    let group = row.opened.group.as_deref();
    let lives_s = r.trust.as_ref().and_then(|new| new.lives.of(group));
    let change = redeem::redeem(&context, lives_s, r.now)?;
    tables.flow(&r.flow_id)?.redeemed_at = Some(r.now);
    if let Some(new) = &r.trust {
        trust(tables, r, &row, new, &change, factor_epoch);
    }
    let mut kinds: Vec<_> = tables
        .methods_of(whose)
        .map(|row| row.method.detail.kind())
        .collect();
    kinds.sort_by_key(|kind| kind.as_str());
    kinds.dedup();
    let in_use = tables
        .methods_of(whose)
        .filter(|row| row.method.held_at.is_none() && row.method.retires_at.is_none());
    let mut in_use: Vec<_> = in_use.map(|row| row.method.detail.kind()).collect();
    in_use.sort_by_key(|kind| kind.as_str());
    Some(Redeemed {
        flow: row.flow(),
        factor_epoch: context.epoch_of_result(),
        kinds,
        in_use,
        used: row.used,
        trust_ends: change.expires_at(),
        changes: manage::changes(tables, &r.flow_id),
        raised_epoch: row.raised_epoch && context.is_latest(),
    })
}

fn browser_of(tables: &Tables, brought: Option<[u8; 32]>) -> BrowserOfLogin {
    let Some(brought) = brought else {
        return BrowserOfLogin::None;
    };
    let mut browsers = tables.browsers.iter();
    let found = browsers.find(|browser| browser.token_hash == brought);
    found.map_or(BrowserOfLogin::Gone, |browser| BrowserOfLogin::Trusted {
        browser_id: browser.id.clone(),
        expires_at: browser.expires_at,
    })
}

fn trust(
    tables: &mut Tables,
    r: &Redemption,
    row: &FlowRow,
    new: &NewTrust,
    change: &TrustChange,
    factor_epoch: u64,
) {
    match change {
        TrustChange::None => {}
        TrustChange::Rotate { browser_id, .. } => {
            if let Some(browser) = tables.browsers.iter_mut().find(|one| one.id == *browser_id) {
                browser.former_tokens.push(browser.token_hash);
                browser.token_hash = new.token_hash;
                browser.used_at = r.now;
            }
        }
        TrustChange::Grant { expires_at } => {
            tables.add_browser(&row.opened, new, factor_epoch, (r.now, *expires_at));
            let audit = AuditContext {
                client_description: row.opened.client_description.clone(),
                ..r.audit.clone()
            };
            let whose = (row.opened.host.as_str(), row.opened.subject.as_str());
            let event = EventKind::BrowserTrusted;
            tables.append(whose, event, AuditDetail::default(), &audit);
        }
    }
}
