//! Attempts at login. An attempt is counted as a wrong one before anything is checked, so that
//! neither a crash nor a second request at the same moment gives a guess away.

mod counting;

pub use counting::decide;
use nidan_protocol::{AcrNeeded, Authenticator, Channel, MethodKind, Purpose};

use crate::ceremony::{CeremonyRefusal, KnownPasskey, StoredCeremony};
use crate::throttle::{Allowance, Needs, Tries};

/// An attempt that a login makes.
#[derive(Debug, Clone)]
pub struct LoginAttempt {
    /// The flow.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's id of the person.
    pub subject: String,
    /// The code or codes that are presented, without their digits.
    pub presented: Presented,
    /// What a right code is for.
    pub purpose: AttemptPurpose,
    /// The number of attempts that one flow has.
    pub flow_limit: u32,
    /// Now, in Unix seconds.
    pub now: u64,
}

/// What a right code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptPurpose {
    /// It completes a login.
    Login,
    /// It proves a factor where methods are managed, or that the method works.
    Proof,
}

impl AttemptPurpose {
    /// The purpose of the flows in which it counts.
    pub const fn of_flow(self) -> Purpose {
        match self {
            Self::Login => Purpose::Verify,
            Self::Proof => Purpose::Manage,
        }
    }
}

/// A presentation of codes, without their digits.
#[derive(Debug, Clone)]
pub enum Presented {
    /// One code of a method, or two.
    Code {
        /// The method's id.
        method_id: String,
        /// The number of codes.
        codes: Needs,
        /// Whether the host accepts only an app's current step.
        strict: bool,
        /// The number of attempts that a code which was sent has.
        challenge_limit: u32,
    },
    /// A backup code.
    BackupCode {
        /// The number of backup codes that one flow may try.
        limit: u32,
    },
    /// A code that the host's support has made.
    TemporaryCode {
        /// The number of such codes, and of backup codes, that one flow may try.
        limit: u32,
    },
    /// A code that another browser of the person has shown.
    Approval,
    /// A passkey's answer to a ceremony.
    Passkey {
        /// The method that is meant, where one is: another one of the person's does not count then.
        method_id: Option<String>,
        /// Keyed hash of the id of the credential that answered.
        credential_index: [u8; 32],
        /// The ceremony's id.
        ceremony_id: String,
    },
}

/// The data that the decision depends on. The engine reads it in the transaction that will write
/// the changes.
#[derive(Debug, Clone)]
pub struct AttemptContext {
    /// Attempts of this flow so far.
    pub flow_attempts: u32,
    /// Those of them that were backup codes.
    pub backup_attempts: u32,
    /// The chance of guessing that may still be given away for the person.
    pub allowance: Allowance,
    /// What the login has to be worth, where any second step is not enough.
    pub acr_needed: Option<AcrNeeded>,
    /// The [authenticator](Authenticator) that is tried.
    pub target: Target,
}

/// What keeps a method from counting, whatever the code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutOfUse {
    /// It is lost, say, and held until it is found.
    pub is_held: bool,
    /// Another one took its place: it signs in for some time, and proves nothing else.
    pub is_retiring: bool,
}

/// The [authenticator](Authenticator) that is tried, as it is stored.
#[derive(Debug, Clone)]
pub enum Target {
    /// The person has no such method, or no backup codes.
    Missing,
    /// The person's unused backup codes.
    BackupCodes(BackupSet),
    /// An authenticator app.
    Otp {
        /// Its wrong attempts.
        tries: Tries,
        /// What keeps it from counting, whatever the code is.
        out_of_use: OutOfUse,
        /// The secret, which opens only for its own row.
        sealed_secret: Vec<u8>,
        /// The drift of its clock, in time steps.
        drift: i64,
    },
    /// A phone.
    OutOfBand {
        /// Its wrong attempts.
        tries: Tries,
        /// What keeps it from counting, whatever the code is.
        out_of_use: OutOfUse,
        /// The last two digits of its number.
        hint: String,
        /// The flow's latest code for it.
        challenge: Option<SentCode>,
    },
    /// The code that the host's support has made; [`None`] where there is none that is unused.
    TemporaryCode(Option<MadeCode>),
    /// Another browser of the person.
    Approval(Option<AskedApproval>),
    /// A passkey.
    Passkey {
        /// The person's key of that credential id; [`None`] where there is none.
        key: Option<KnownPasskey>,
        /// The flow's ceremony of that id; [`None`] where there is none.
        ceremony: Option<StoredCeremony>,
    },
}

/// A code that was sent, without the code, which is derived from the id.
#[derive(Debug, Clone)]
pub struct SentCode {
    /// The challenge's id.
    pub challenge_id: String,
    /// The channel over which it was sent.
    pub channel: Channel,
    /// The number of codes in its message.
    pub codes: u32,
    /// Attempts so far.
    pub attempts: u32,
    /// When it ends, in Unix seconds.
    pub expires_at: u64,
    /// Whether it was answered.
    pub is_answered: bool,
}

/// A code that the host's support has made, hashed as a backup code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeCode {
    /// The salt.
    pub salt: [u8; BACKUP_SALT_LEN_BYTES],
    /// The code's keyed and slow hash.
    pub hash: BackupHash,
    /// When it ends, in Unix seconds.
    pub expires_at: u64,
}

/// The latest request for approval of a flow, without its code, which is derived from the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedApproval {
    /// Its id.
    pub approval_id: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it ends, in Unix seconds.
    pub expires_at: u64,
    /// Whether nothing was changed since it was asked.
    pub is_of_epoch: bool,
    /// Whether a browser has shown its code.
    pub is_shown: bool,
    /// Whether the code was typed.
    pub is_answered: bool,
}

/// The length of the salt of a person's backup codes, in bytes. [NIST SP
/// 800-63B-4](https://pages.nist.gov/800-63-4/sp800-63b.html) §3.1.1.2 wants at least four.
pub const BACKUP_SALT_LEN_BYTES: usize = 16;

/// A backup code's keyed and slow hash.
pub type BackupHash = [u8; 32];

/// The hashed backup codes that are still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSet {
    /// The salt of the set.
    pub salt: [u8; BACKUP_SALT_LEN_BYTES],
    /// Whether host and person are in the hashes: those of earlier versions are not.
    pub is_bound: bool,
    /// The ordinal of each and its hash.
    pub unused: Vec<(u32, BackupHash)>,
}

/// The data that checking a [counted attempt](CountedAttempt) needs.
#[derive(Debug, Clone)]
pub enum CheckInput {
    /// An authenticator app's.
    Otp {
        /// The secret, which opens only for its own row.
        sealed_secret: Vec<u8>,
        /// The drift of its clock, in time steps.
        drift: i64,
    },
    /// A phone's: the flow's latest code for it.
    OutOfBand {
        /// The code is derived from this.
        challenge_id: String,
        /// The channel over which it was sent.
        channel: Channel,
        /// The number of codes in its message.
        codes: u32,
        /// The last two digits of the number.
        hint: String,
        /// Attempts that this code has left.
        attempts_left: u32,
    },
    /// Another browser's: the flow's latest request for approval.
    Approval {
        /// The code is derived from this.
        approval_id: String,
        /// Whether a browser has shown it. Where none has, nothing is right.
        is_shown: bool,
        /// Attempts that this code has left.
        attempts_left: u32,
    },
    /// The person's unused backup codes.
    BackupCodes(BackupSet),
    /// A code that the host's support has made.
    TemporaryCode(MadeCode),
    /// A passkey's.
    Passkey {
        /// The key; [`None`] where the person has none of that credential id, or another one is meant: a
        /// wrong answer like any other.
        key: Option<KnownPasskey>,
        /// The ceremony.
        ceremony: StoredCeremony,
    },
}

impl CheckInput {
    /// The authenticator that is tried.
    pub const fn authenticator(&self) -> Authenticator {
        match self {
            Self::Otp { .. } => Authenticator::Method(MethodKind::Totp),
            Self::OutOfBand { channel, .. } => Authenticator::Method(channel.method()),
            Self::BackupCodes(_) => Authenticator::BackupCode,
            Self::Approval { .. } => Authenticator::Approval,
            Self::TemporaryCode(_) => Authenticator::TemporaryCode,
            Self::Passkey { .. } => Authenticator::Method(MethodKind::Passkey),
        }
    }
}

/// An attempt that was counted.
#[derive(Debug, Clone)]
pub struct CountedAttempt {
    /// The data that checking it needs.
    pub check: CheckInput,
    /// Wrong attempts of the method in a row, with this one.
    pub in_a_row: u32,
    /// Attempts of the flow, with this one.
    pub flow_attempts: u32,
    /// Attempts of this sort that are left: single codes, or pairs of them, that the method still
    /// takes; for backup codes, what the flow still has for them.
    pub attempts_left: u32,
}

/// The reason for which an attempt was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptRefusal {
    /// The flow is complete, expired or superseded.
    FlowOver,
    /// The flow has had its attempts.
    FlowExhausted,
    /// The person has no such method.
    NoMethod,
    /// It is worth less than this login has to be.
    WorthTooLittle,
    /// The method asks for two codes.
    TwoCodesNeeded,
    /// The method's daily limit is reached.
    Resting {
        /// When it accepts codes again, in Unix seconds.
        until: u64,
    },
    /// The method is suspended until the host reinstates it.
    Suspended,
    /// The method is held.
    Held,
    /// The method was replaced: it signs in for some time, and proves nothing else.
    Retiring,
    /// No code was sent in this flow.
    NoChallenge,
    /// The code that was sent has expired.
    ChallengeExpired,
    /// The code that was sent has had its attempts.
    ChallengeExhausted,
    /// The ceremony that a passkey answers cannot be answered.
    Ceremony(CeremonyRefusal),
}

/// The changes that the engine writes, whatever the outcome is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptChanges {
    /// The addition to the flow's counts; [`None`] when nothing is counted.
    pub flow: Option<FlowCount>,
    /// The method's wrong attempts from now on.
    pub tries: Option<Tries>,
    /// The person's allowance from now on.
    pub allowance: Option<Allowance>,
    /// The challenge that has one attempt more.
    pub challenge_id: Option<String>,
    /// The request for approval that has one attempt more.
    pub approval_id: Option<String>,
    /// The ceremony that is spent.
    pub ceremony_id: Option<String>,
}

/// The addition of one attempt to its flow's counts, beside the attempt itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowCount {
    /// Its cost to the [allowance](Allowance), in millionths.
    pub cost: u32,
    /// Attempts with backup codes: one or none.
    pub backup_attempts: u32,
}

/// A decision about an attempt.
#[must_use]
#[derive(Debug, Clone)]
pub struct AttemptDecision {
    /// Counted, or refused.
    pub outcome: Result<CountedAttempt, AttemptRefusal>,
    /// The changes that the engine writes.
    pub changes: AttemptChanges,
}

impl From<AttemptRefusal> for AttemptDecision {
    fn from(refusal: AttemptRefusal) -> Self {
        Self {
            outcome: Err(refusal),
            changes: AttemptChanges::default(),
        }
    }
}

#[cfg(test)]
#[path = "attempt_tests.rs"]
mod tests;
