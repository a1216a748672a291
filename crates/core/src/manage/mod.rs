//! What a person changes after the first set-up: who may change what, and what becomes of it.
//!
//! Each change is one decision over one context: [`decide`]. An engine reads the context, asks, and
//! carries the [steps](Step) out, in one transaction; so the proof that a change needs is looked at
//! in the transaction that changes.
//!
//! - A *proof* is a right code in this very flow ([`Proof`]): no password, trusted browser or pause
//!   stands in for one. It is enough for [`PROOF_LIVES_S`], and it ends when the factor epoch rises
//!   by somebody else.
//! - A method *cools* for [`COOLING_S`] after it was added while there is an older one: it signs in,
//!   and proves no change that could lock the owner out ([`standing`]).
//! - A method that was replaced *retires*: it signs in until its hour or until the new one does, and
//!   proves nothing here.

mod change;
pub mod ends;
pub mod health;
pub mod lost;
mod refusal;
pub mod standing;

pub use change::{decide, fresh_proof};
pub use refusal::{Forbidden, ManageRefusal};

use nidan_protocol::{
    Authenticator, ChangeKind, EventKind, MethodKind, PASSKEYS_MAX, PHONES_MAX, SetupKind,
};

use crate::audit::AuditDetail;
use crate::hold::HoldWish;
use crate::throttle::{Allowance, DAY_S, Tries};
use crate::trust::Browsers;

/// For how long a proof is enough for a change, in seconds ([NIST SP
/// 800-63B-4](https://pages.nist.gov/800-63-4/sp800-63b.html) §4.1 binds another authenticator only
/// to a session that was just proved; [ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 7.5.1).
pub const PROOF_LIVES_S: u64 = 300;
/// How long a method is too new to prove changes of others, in seconds: whoever gets one in by a
/// code that was read out to them cannot lock the owner out on that day.
pub const COOLING_S: u64 = DAY_S;
/// The longest pause, in hours.
pub const PAUSE_HOURS: std::ops::RangeInclusive<u32> = 1..=72;
/// How long after a report nothing is paused or turned off, in seconds.
pub const QUIET_AFTER_REPORT_S: u64 = 7 * DAY_S;
/// Changes of one person on one day (UTC).
pub const CHANGES_PER_DAY: u32 = 20;
/// The longest time for which a replaced method signs in beside the new one, in hours.
pub const OVERLAP_HOURS_MAX: u32 = 24;
/// Authenticator apps of one person.
pub const APPS_MAX: usize = 5;
/// Set-ups of one flow that are open at the same time; a further one ends the oldest.
pub const SETUPS_MAX: usize = 3;

const HOUR_S: u64 = 3_600;

/// A right code in a flow in which methods are managed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// When it was right, in Unix seconds.
    pub at: u64,
    /// The method's id, or [`nidan_protocol::BACKUP_METHOD_ID`].
    pub method_id: String,
    /// The authenticator.
    pub authenticator: Authenticator,
    /// The person's factor epoch then, or after the last change by this flow.
    pub factor_epoch: u64,
    /// Keyed hash of the post that it came with.
    pub body_hash: [u8; 32],
}

/// A method of the person, as far as the decisions depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMethod {
    /// The method's id.
    pub id: String,
    /// Its kind.
    pub kind: MethodKind,
    /// The last two digits of its number.
    pub hint: Option<String>,
    /// When it was added, in Unix seconds.
    pub created_at: u64,
    /// When it last let somebody in, in Unix seconds.
    pub used_at: Option<u64>,
    /// When it was last tested, in Unix seconds.
    pub tested_at: Option<u64>,
    /// Whether a login begins with it because the person wants that.
    pub is_default: bool,
    /// When it goes, in Unix seconds, because another one took its place.
    pub retires_at: Option<u64>,
    /// The method that took its place, where it retires.
    pub successor: Option<String>,
    /// Who holds it; [`None`] where nobody does.
    pub held_by: Option<Holder>,
    /// Its wrong attempts.
    pub tries: Tries,
}

impl KnownMethod {
    fn detail(&self) -> AuditDetail {
        AuditDetail {
            method: Some(Authenticator::Method(self.kind)),
            hint: self.hint.clone(),
            count: None,
        }
    }
}

/// Who holds a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The person, who may release it.
    Person,
    /// The host's support, which alone releases it.
    Support,
}

/// The backup codes of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackupCodes {
    /// How many are unused.
    pub left: u32,
    /// When they were made, in Unix seconds; [`None`] where there are none.
    pub made_at: Option<u64>,
}

/// The changes of one person on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// Days since the Unix epoch.
    pub day: u64,
    /// How many on that day.
    pub count: u32,
}

/// Everything that decisions about a person depend on, beside the flow.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The methods that have not retired.
    pub methods: Vec<KnownMethod>,
    /// The backup codes.
    pub backup_codes: BackupCodes,
    /// The person's factor epoch.
    pub factor_epoch: u64,
    /// The chance of guessing that may still be given away.
    pub allowance: Allowance,
    /// Until when codes are paused, in Unix seconds: in the past, they are not.
    pub paused_until: Option<u64>,
    /// When the person last reported codes that they did not ask for, in Unix seconds.
    pub reported_at: Option<u64>,
    /// The changes of today.
    pub changes: Changes,
}

/// The host's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManagePolicy {
    /// Whether people may pause codes.
    pub may_pause: bool,
    /// Whether people may turn two-step verification off.
    pub may_turn_off: bool,
    /// The number of methods that are left at least.
    pub min_methods: u32,
    /// Whether the host accepts only an app's current step.
    pub strict: bool,
}

/// The flow in which a change is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManageFlow {
    /// Whether it waits for the person.
    pub is_open: bool,
    /// The proof; [`None`] before there is one.
    pub proof: Option<Proof>,
}

/// Whether a request came before in this flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// It did not.
    No,
    /// The same body did.
    Same,
    /// Another body did, under the same id.
    Another,
}

/// A set-up that waits to be finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSetup {
    /// What is set up.
    pub kind: SetupKind,
    /// The id of the method whose place it takes.
    pub replaces: Option<String>,
}

/// The data that a change depends on.
#[derive(Debug, Clone)]
pub struct ManageContext {
    /// The flow.
    pub flow: ManageFlow,
    /// The person.
    pub account: Account,
    /// Whether this request came before.
    pub earlier: Earlier,
    /// The set-up that the change finishes; [`None`] where it finishes none, or one that this flow
    /// does not have.
    pub setup: Option<OpenSetup>,
    /// Whether the secret or the number of a new method is known already.
    pub is_known: bool,
    /// Whether the person has the trusted browser that is named, where one is.
    pub has_browser: bool,
}

/// What the person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A method gets another name, or becomes the one that a login begins with.
    Edit {
        /// The method.
        method_id: String,
        /// The new name, where there is one; it stays when this is [`None`].
        name: Option<Name>,
        /// Whether a login begins with it; it stays as it is when this is [`None`].
        is_default: Option<bool>,
    },
    /// A method goes.
    Remove {
        /// The method.
        method_id: String,
    },
    /// A method that is lost is held, or one that is found is released.
    Hold {
        /// The method.
        method_id: String,
        /// Which of both.
        wish: HoldWish,
    },
    /// What was set up and proved is stored.
    Finish {
        /// The kind and number of the new method; [`None`] for backup codes.
        method: Option<NewFacts>,
        /// Where it takes another one's place: for how many hours that one signs in too.
        keep_old_hours: u32,
    },
    /// Codes are paused.
    Pause {
        /// For how many hours.
        hours: u32,
    },
    /// Codes are asked for again.
    Resume,
    /// Two-step verification is turned off.
    TurnOff,
    /// Trusted browsers are asked for a code again.
    EndTrust {
        /// Which.
        browsers: Browsers,
    },
}

/// A name that a method gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// None any more.
    Removed,
    /// This one.
    Given(String),
}

/// A new method, as far as the decision depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFacts {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: MethodKind,
    /// The last two digits of its number.
    pub hint: Option<String>,
}

/// A change that is asked for.
#[derive(Debug, Clone)]
pub struct ManageRequest {
    /// What the person wants.
    pub wish: Wish,
    /// Keyed hash of the post.
    pub body_hash: [u8; 32],
    /// The host's rules.
    pub policy: ManagePolicy,
    /// Now, in Unix seconds.
    pub now: u64,
}

/// A step that an engine carries out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The method gets this name, or none.
    Name {
        /// The method.
        method_id: String,
        /// The name.
        name: Option<String>,
    },
    /// A login begins with this method, and with no other; with none where this is [`None`].
    Default {
        /// The method.
        method_id: Option<String>,
    },
    /// The method and all that is only its own go.
    Remove {
        /// The method.
        method_id: String,
    },
    /// The method retires.
    Retire {
        /// The method.
        method_id: String,
        /// When, in Unix seconds.
        at: u64,
        /// The method that takes its place.
        successor: String,
        /// Whether it goes earlier with that one's first login.
        ends_early: bool,
    },
    /// The method retires no longer.
    Stay {
        /// The method.
        method_id: String,
    },
    /// The method is held by the person, or by nobody.
    Hold {
        /// The method.
        method_id: String,
        /// Whether it is held.
        is_held: bool,
    },
    /// The new method is stored.
    AddMethod,
    /// The new backup codes take the old ones' place.
    ReplaceBackupCodes,
    /// Codes are paused.
    Pause {
        /// Until when, in Unix seconds.
        until: u64,
        /// Whether people hear of its end beforehand.
        tells_end: bool,
    },
    /// A pause ends.
    EndPause,
    /// Trust in one browser ends, or in all, with its own entry in the record.
    EndTrust {
        /// Which.
        browsers: Browsers,
    },
    /// Every method, backup code and trusted browser goes. The record stays.
    ForgetAll,
    /// The flow's proof is over.
    EndProof,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManageChanges {
    /// Whether the factor epoch rises; the flow's own proof goes on under the new one.
    pub raises_epoch: bool,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The entries of the record, in order.
    pub entries: Vec<(EventKind, AuditDetail)>,
    /// What the signed result says; [`None`] where it says nothing.
    pub change: Option<(ChangeKind, Option<Authenticator>)>,
    /// The changes of the day from now on.
    pub changes: Option<Changes>,
}

/// A decision about a change.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManageDecision {
    /// It is to be written.
    Do(ManageChanges),
    /// It was done before, by the same request.
    Again,
    /// Nothing is written.
    Refused(ManageRefusal),
}

impl NewFacts {
    fn detail(&self) -> AuditDetail {
        AuditDetail {
            method: Some(Authenticator::Method(self.kind)),
            hint: self.hint.clone(),
            count: None,
        }
    }
}

/// The most methods of a kind's class: phones are counted together, however they are reached.
pub(crate) const fn most_of(kind: MethodKind) -> usize {
    match kind {
        MethodKind::Totp => APPS_MAX,
        MethodKind::Sms | MethodKind::Voice => PHONES_MAX,
        MethodKind::Passkey => PASSKEYS_MAX,
    }
}

#[cfg(test)]
mod tests;
