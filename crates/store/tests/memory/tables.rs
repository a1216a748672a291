//! The engine's tables and what several of its transactions share.

use std::collections::BTreeMap;

use nidan_core::attempt::MadeCode;
use nidan_core::challenge;
use nidan_core::flow::{FlowChange, FlowStatus};
use nidan_core::grace::Grace;
use nidan_core::manage::ends::{StoredPause, has_retired};
use nidan_core::manage::{Changes, Proof};
use nidan_core::throttle::{Allowance, Tries};
use nidan_protocol::{Authenticator, Change, DeliveryState, EventKind};
use nidan_store::{
    AuditContext, AuditDetail, AuditEntry, BackupHash, BackupSet, Flow, FlowState, LastEntry,
    MadePasskey, Method, NewChallenge, NewFlow, NewMethod, NewSetup, NewTrust, StoredCeremony,
    Subject, WrongCodes,
};

/// A person, by host and the host's user id.
pub(crate) type Whose = (String, String);

pub(crate) fn own((host, subject): (&str, &str)) -> Whose {
    (host.to_owned(), subject.to_owned())
}

#[derive(Clone, Default)]
pub(crate) struct Tables {
    pub(crate) flows: Vec<FlowRow>,
    pub(crate) subjects: BTreeMap<Whose, SubjectRow>,
    pub(crate) methods: Vec<MethodRow>,
    pub(crate) backup_sets: Vec<BackupRow>,
    /// Each with the flow that has spent it, or an empty text where a report has ended it.
    pub(crate) temporary_codes: BTreeMap<Whose, (MadeCode, Option<String>)>,
    pub(crate) challenges: Vec<ChallengeRow>,
    pub(crate) messages: Vec<MessageRow>,
    /// By scope, key and the window's first second: the window's end and the count.
    pub(crate) counts: BTreeMap<(&'static str, Vec<u8>, u64), (u64, u32)>,
    pub(crate) browsers: Vec<BrowserRow>,
    pub(crate) notices: Vec<NoticeRow>,
    pub(crate) last_notice: i64,
    pub(crate) setups: Vec<NewSetup>,
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) ceremonies: Vec<CeremonyRow>,
    pub(crate) approvals: Vec<ApprovalRow>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlowStanding {
    Open,
    Superseded,
    Completed,
}

#[derive(Clone)]
pub(crate) struct FlowRow {
    pub(crate) opened: NewFlow,
    pub(crate) standing: FlowStanding,
    pub(crate) reported_at: Option<u64>,
    pub(crate) reports: bool,
    pub(crate) body_hash: [u8; 32],
    pub(crate) method_id: Option<String>,
    pub(crate) result_hash: Option<[u8; 32]>,
    pub(crate) result_expires_at: u64,
    pub(crate) redeemed_at: Option<u64>,
    pub(crate) used: Option<Authenticator>,
    pub(crate) trusts: bool,
    pub(crate) factor_epoch: Option<u64>,
    pub(crate) trust_hash: Option<[u8; 32]>,
    pub(crate) attempts: u32,
    pub(crate) backup_attempts: u32,
    pub(crate) guess_cost: u32,
    pub(crate) is_told: bool,
    pub(crate) proof: Option<Proof>,
    pub(crate) test_hash: Option<[u8; 32]>,
    pub(crate) raised_epoch: bool,
}

impl FlowRow {
    pub(crate) fn open(opened: &NewFlow) -> Self {
        Self {
            opened: opened.clone(),
            standing: FlowStanding::Open,
            reported_at: None,
            reports: false,
            body_hash: [0; 32],
            method_id: None,
            result_hash: None,
            result_expires_at: 0,
            redeemed_at: None,
            used: None,
            trusts: false,
            factor_epoch: None,
            trust_hash: None,
            attempts: 0,
            backup_attempts: 0,
            guess_cost: 0,
            is_told: false,
            proof: None,
            test_hash: None,
            raised_epoch: false,
        }
    }

    pub(crate) fn flow(&self) -> Flow {
        let state = match self.standing {
            FlowStanding::Open => FlowState::Open,
            FlowStanding::Superseded if self.reported_at.is_some() => {
                FlowState::Reported { here: self.reports }
            }
            FlowStanding::Superseded => FlowState::Superseded,
            FlowStanding::Completed => FlowState::Completed {
                body_hash: self.body_hash,
                method_id: self.method_id.clone().unwrap_or_default(),
            },
        };
        Flow {
            opened: self.opened.clone(),
            state,
            proof: self.proof.clone(),
            test_hash: self.test_hash,
            trust_hash: self.trust_hash,
        }
    }

    fn is_of(&self, (host, subject): (&str, &str)) -> bool {
        (self.opened.host.as_str(), self.opened.subject.as_str()) == (host, subject)
    }
}

#[derive(Clone, Default)]
pub(crate) struct SubjectRow {
    pub(crate) factor_epoch: u64,
    pub(crate) allowance: Allowance,
    pub(crate) record: Vec<AuditEntry>,
    pub(crate) wrong_codes: WrongCodes,
    pub(crate) pause: Option<StoredPause>,
    pub(crate) reported_at: Option<u64>,
    pub(crate) first_set_up_at: Option<u64>,
    pub(crate) changes: Changes,
    pub(crate) unanswered: u32,
    pub(crate) grace: Grace,
    pub(crate) group: Option<String>,
}

/// A change of a flow, by the id that its request brought.
#[derive(Clone)]
pub(crate) struct RequestRow {
    pub(crate) flow_id: String,
    pub(crate) request_id: String,
    pub(crate) body_hash: [u8; 32],
    pub(crate) change: Option<Change>,
}

#[derive(Clone)]
pub(crate) struct CeremonyRow {
    pub(crate) flow_id: String,
    pub(crate) ceremony: StoredCeremony,
    pub(crate) made: Option<MadePasskey>,
}

#[derive(Clone)]
pub(crate) struct ApprovalRow {
    pub(crate) id: String,
    pub(crate) flow_id: String,
    pub(crate) factor_epoch: u64,
    pub(crate) created_at: u64,
    pub(crate) expires_at: u64,
    pub(crate) attempts: u32,
    pub(crate) browser_id: Option<String>,
    pub(crate) is_answered: bool,
}

#[derive(Clone)]
pub(crate) struct MethodRow {
    pub(crate) whose: Whose,
    pub(crate) method: Method,
    pub(crate) drift: i64,
    pub(crate) replaced_by: Option<String>,
}

#[derive(Clone)]
pub(crate) struct BackupRow {
    pub(crate) whose: Whose,
    pub(crate) salt: [u8; 16],
    pub(crate) made_at: u64,
    /// The codes that were not used.
    pub(crate) codes: BTreeMap<u32, BackupHash>,
}

#[derive(Clone)]
pub(crate) struct ChallengeRow {
    pub(crate) opened: NewChallenge,
    pub(crate) sends: u32,
    pub(crate) sent_at: u64,
    pub(crate) attempts: u32,
    pub(crate) answered_at: Option<u64>,
}

#[derive(Clone)]
pub(crate) struct MessageRow {
    pub(crate) id: String,
    pub(crate) challenge_id: String,
    pub(crate) state: DeliveryState,
    pub(crate) state_at: u64,
    pub(crate) due_at_ms: u64,
    pub(crate) tries: u32,
    pub(crate) refused: u32,
    pub(crate) doubt: bool,
    pub(crate) is_in_hand: bool,
    pub(crate) gateway: Option<String>,
    pub(crate) reference: Option<String>,
}

#[derive(Clone)]
pub(crate) struct BrowserRow {
    pub(crate) id: String,
    pub(crate) whose: Whose,
    pub(crate) token_hash: [u8; 32],
    pub(crate) former_tokens: Vec<[u8; 32]>,
    pub(crate) factor_epoch: u64,
    pub(crate) client_description: Option<String>,
    pub(crate) created_at: u64,
    pub(crate) used_at: u64,
    pub(crate) expires_at: u64,
}

#[derive(Clone)]
pub(crate) struct NoticeRow {
    pub(crate) id: i64,
    pub(crate) whose: Whose,
    pub(crate) entry: AuditEntry,
    pub(crate) due_at_ms: u64,
    pub(crate) tries: u32,
}

impl Tables {
    pub(crate) fn flow(&mut self, id: &str) -> Option<&mut FlowRow> {
        self.flows.iter_mut().find(|row| row.opened.id == id)
    }

    pub(crate) fn subject(&self, whose: (&str, &str)) -> Option<&SubjectRow> {
        self.subjects.get(&own(whose))
    }

    pub(crate) fn subject_or_new(&mut self, whose: (&str, &str)) -> &mut SubjectRow {
        self.subjects.entry(own(whose)).or_default()
    }

    pub(crate) fn methods_of<'a>(
        &'a self,
        whose: (&'a str, &'a str),
    ) -> impl Iterator<Item = &'a MethodRow> {
        self.methods
            .iter()
            .filter(move |row| (row.whose.0.as_str(), row.whose.1.as_str()) == whose)
    }

    /// The person's methods whose hour has not come.
    pub(crate) fn living<'a>(
        &'a self,
        whose: (&'a str, &'a str),
        now: u64,
    ) -> impl Iterator<Item = &'a MethodRow> {
        self.methods_of(whose)
            .filter(move |row| !has_retired(row.method.retires_at, now))
    }

    pub(crate) fn person(&self, whose: (&str, &str), now: u64) -> Subject {
        let row = self.subject(whose).cloned().unwrap_or_default();
        let methods = self.living(whose, now).map(|row| row.method.clone());
        let set = self.backup_sets.iter().find(|set| set.whose == own(whose));
        Subject {
            methods: methods.collect(),
            backup_codes_left: self.backup_codes_left(whose),
            backup_codes_made_at: set.map(|set| set.made_at),
            factor_epoch: row.factor_epoch,
            allowance: row.allowance,
            paused_until: row.pause.map(|pause| pause.until),
            reported_at: row.reported_at,
            first_set_up_at: row.first_set_up_at,
            changes: row.changes,
            temporary_code_until: self.unspent_code(whose).map(|code| code.expires_at),
            is_guarded: self.is_guarded(whose, now),
            grace: row.grace,
        }
    }

    /// Ends a pause that is running; false when there is none.
    pub(crate) fn end_pause(&mut self, whose: (&str, &str), audit: &AuditContext) -> bool {
        let Some(row) = self.subjects.get_mut(&own(whose)) else {
            return false;
        };
        let is_paused = row.pause.is_some_and(|pause| pause.until > audit.now);
        if is_paused {
            row.pause = None;
            self.append(whose, EventKind::Resumed, AuditDetail::default(), audit);
        }
        is_paused
    }

    pub(crate) fn method(&mut self, whose: (&str, &str), id: &str) -> Option<&mut MethodRow> {
        let whose = own(whose);
        let mut methods = self.methods.iter_mut();
        methods.find(|row| row.whose == whose && row.method.id == id)
    }

    /// Whether the person has a method, or a code of support that is good at `now`.
    pub(crate) fn has_way_in(&self, whose: (&str, &str), now: u64) -> bool {
        self.has_factor(whose) || self.is_guarded(whose, now)
    }

    /// Whether a code of support keeps everybody but one login from a set-up at `now`.
    pub(crate) fn is_guarded(&self, whose: (&str, &str), now: u64) -> bool {
        let code = self.temporary_codes.get(&own(whose));
        code.is_some_and(|(code, _)| code.expires_at > now)
    }

    /// The code of support that nobody has used, whether it is over or not.
    pub(crate) fn unspent_code(&self, whose: (&str, &str)) -> Option<&MadeCode> {
        let (code, spent_by) = self.temporary_codes.get(&own(whose))?;
        spent_by.is_none().then_some(code)
    }

    pub(crate) fn has_factor(&self, whose: (&str, &str)) -> bool {
        self.methods_of(whose).next().is_some()
    }

    pub(crate) fn knows(&self, secret: &[u8; 32]) -> bool {
        let mut methods = self.methods.iter();
        methods.any(|row| row.method.detail.only_here() == Some(secret))
    }

    pub(crate) fn add_method(&mut self, whose: (&str, &str), new: &NewMethod, now: u64) {
        let NewMethod {
            id,
            name,
            sealed,
            detail,
        } = new.clone();
        self.methods.push(MethodRow {
            whose: own(whose),
            drift: 0,
            replaced_by: None,
            method: Method {
                id,
                name,
                sealed,
                detail,
                created_at: now,
                used_at: None,
                held_at: None,
                held_by: None,
                tested_at: None,
                is_default: false,
                retires_at: None,
                successor: None,
                tries: Tries::default(),
            },
        });
    }

    pub(crate) fn backup_set(&self, whose: (&str, &str)) -> Option<BackupSet> {
        let set = self
            .backup_sets
            .iter()
            .find(|set| set.whose == own(whose))?;
        Some(BackupSet {
            is_bound: true,
            salt: set.salt,
            unused: set.codes.iter().map(|(nth, hash)| (*nth, *hash)).collect(),
        })
    }

    pub(crate) fn backup_codes_left(&self, whose: (&str, &str)) -> u32 {
        let set = self.backup_set(whose);
        set.map_or(0, |set| u32::try_from(set.unused.len()).unwrap_or(u32::MAX))
    }

    /// Changes a person's flows as a rule says.
    pub(crate) fn change_flows(
        &mut self,
        whose: (&str, &str),
        reported_at: Option<u64>,
        rule: impl Fn(&FlowStatus<'_>) -> FlowChange,
    ) {
        let flows = self.flows.iter_mut().filter(|row| row.is_of(whose));
        for row in flows.filter(|row| row.redeemed_at.is_none()) {
            let change = rule(&FlowStatus {
                purpose: row.opened.purpose,
                is_open: row.standing == FlowStanding::Open,
                has_result: row.standing == FlowStanding::Completed,
                used: row.used,
                method_id: row.method_id.as_deref(),
                session_binding: &row.opened.session_binding,
            });
            match change {
                FlowChange::Keep => {}
                FlowChange::Supersede => {
                    row.standing = FlowStanding::Superseded;
                    row.opened.key_pair = None;
                    row.reported_at = reported_at;
                }
                FlowChange::LeadInOnly => row.trusts = false,
            }
        }
    }

    pub(crate) fn add_browser(
        &mut self,
        flow: &NewFlow,
        new: &NewTrust,
        factor_epoch: u64,
        (now, expires_at): (u64, u64),
    ) {
        self.browsers.push(BrowserRow {
            id: new.browser_id.clone(),
            whose: (flow.host.clone(), flow.subject.clone()),
            token_hash: new.token_hash,
            former_tokens: Vec::new(),
            factor_epoch,
            client_description: flow.client_description.clone(),
            created_at: now,
            used_at: now,
            expires_at,
        });
    }

    /// The person's codes that are under way end.
    pub(crate) fn end_challenges(&mut self, whose: (&str, &str), now: u64) {
        let ours: Vec<_> = self
            .flows_of(whose)
            .map(|row| row.opened.id.clone())
            .collect();
        for row in &mut self.challenges {
            if ours.contains(&row.opened.flow_id) {
                row.opened.expires_at = challenge::expires_when_ended(&row.state(), now);
            }
        }
    }

    /// Everything that the person has goes; the record stays.
    pub(crate) fn forget_all(&mut self, whose: (&str, &str)) {
        let mine = own(whose);
        self.methods.retain(|row| row.whose != mine);
        self.backup_sets.retain(|row| row.whose != mine);
        self.keep_browsers(|row| row.whose != mine);
        self.temporary_codes.remove(&mine);
    }

    /// The trust in the other browsers ends, and with it the codes that they have shown.
    pub(crate) fn keep_browsers(&mut self, keeps: impl Fn(&BrowserRow) -> bool) {
        self.browsers.retain(keeps);
        let ids: Vec<_> = self.browsers.iter().map(|row| row.id.clone()).collect();
        self.approvals
            .retain(|row| row.browser_id.as_ref().is_none_or(|id| ids.contains(id)));
    }

    /// One more wrong code of a person; nothing for whoever is unknown.
    pub(crate) fn one_more_wrong_code(&mut self, whose: (&str, &str), now: u64) -> WrongCodes {
        let Some(row) = self.subjects.get_mut(&own(whose)) else {
            return WrongCodes::default();
        };
        row.wrong_codes = row.wrong_codes.one_more(now);
        row.wrong_codes
    }

    /// Appends an entry to a person's record, with its notice. Whoever is unknown has no record.
    pub(crate) fn append(
        &mut self,
        whose: (&str, &str),
        kind: EventKind,
        detail: AuditDetail,
        audit: &AuditContext,
    ) {
        let Some(row) = self.subjects.get_mut(&own(whose)) else {
            return;
        };
        let last = row
            .record
            .last()
            .map_or(LastEntry::default(), LastEntry::from);
        let entry = audit.entry(whose.0, whose.1, last, kind, detail);
        row.record.push(entry.clone());
        if audit.is_noticed(kind) {
            self.last_notice += 1;
            self.notices.push(NoticeRow {
                id: self.last_notice,
                whose: own(whose),
                due_at_ms: entry.at * 1_000,
                entry,
                tries: 0,
            });
        }
    }
}
