//! What the store keeps of codes at login: tries, what is spent, trusted browsers, the record.

use async_trait::async_trait;
use nidan_protocol::{Channel, TrustedBrowser};

use super::{BackupSet, NewFlow, StoreError};
use crate::record::{Line, Scribe};
use crate::throttle::Needs;

/// A verification about to be opened.
#[derive(Debug, Clone)]
pub struct OpenVerification {
    /// The flow.
    pub flow: NewFlow,
    /// What a trusted browser brought, when the host still offers that.
    pub trust: Option<TrustUse>,
    /// For the record.
    pub scribe: Scribe,
}

/// A token of a trusted browser, and the result that it may stand for.
#[derive(Debug, Clone)]
pub struct TrustUse {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// SHA-256 of the result code.
    pub result_hash: [u8; 32],
    /// When the result code ends, Unix seconds.
    pub result_expires_at: u64,
}

/// The answer to [`VerifyStore::open_verification`].
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerificationOpened {
    /// Stored; earlier open ones of the same session are superseded.
    Required,
    /// The person has no method. Nothing was stored.
    NotEnrolled,
    /// The browser is trusted: stored as complete.
    Trusted,
}

/// A try about to be made.
#[derive(Debug, Clone)]
pub struct Try {
    /// The flow.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// What is tried.
    pub with: TryWith,
    /// How many tries one flow has.
    pub flow_limit: u32,
    /// Now, Unix seconds.
    pub now: u64,
}

/// What is tried.
#[derive(Debug, Clone)]
pub enum TryWith {
    /// A method, with one code or two.
    Method {
        /// Which.
        id: String,
        /// How many codes there are.
        brings: Needs,
        /// Whether only the current step's code is taken.
        strict: bool,
        /// Tries that a code by phone has.
        challenge_limit: u32,
    },
    /// A backup code.
    Backup {
        /// How many of them one flow has.
        limit: u32,
    },
}

/// A try that is counted, and what checking it needs.
#[derive(Debug, Clone)]
pub enum Counted {
    /// An app.
    App {
        /// Opens only for its own row.
        sealed: Vec<u8>,
        /// What was learned of its clock, in steps.
        drift: i64,
    },
    /// A phone: the flow's latest code for it.
    Phone {
        /// Its code is derived from this.
        challenge_id: String,
        /// How it came.
        channel: Channel,
        /// How many codes it has.
        codes: u32,
        /// The last two digits.
        hint: String,
        /// Tries that this code has left.
        left: u32,
    },
    /// The person's good backup codes.
    Backup(BackupSet),
}

/// The answer to [`VerifyStore::reserve_try`].
#[must_use]
#[derive(Debug, Clone)]
pub enum Reserved {
    /// Counted as wrong, and committed.
    Yes {
        /// What checking needs.
        counted: Counted,
        /// Wrong tries of the method in a row, with this one.
        in_a_row: u32,
        /// Tries of this flow, with this one.
        of_flow: u32,
        /// Single codes that the method still takes; for backup codes, tries that the flow still
        /// has for them.
        singles_left: u32,
    },
    /// Nothing was counted.
    No(TryRefusal),
}

/// Why a try was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRefusal {
    /// The flow is complete, over or superseded.
    FlowOver,
    /// The flow has had its tries.
    FlowExhausted,
    /// The person has no such method.
    NoMethod,
    /// The method asks for two codes.
    TwoCodesNeeded,
    /// Not today.
    Resting {
        /// Unix seconds.
        until: u64,
    },
    /// Until the host reinstates it.
    Suspended,
    /// No code was sent in this flow.
    NoChallenge,
    /// The code that was sent is over.
    ChallengeExpired,
    /// The code that was sent has had its tries.
    ChallengeExhausted,
}

/// A right code about to be spent.
#[derive(Debug, Clone)]
pub struct Consumption {
    /// The flow that it completes.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// What is spent.
    pub spend: Spend,
    /// Keyed hash of the post.
    pub body_hash: [u8; 32],
    /// SHA-256 of the result code.
    pub result_hash: [u8; 32],
    /// When the result code ends, Unix seconds.
    pub result_expires_at: u64,
    /// Whether this browser is to be trusted.
    pub trusts: bool,
    /// For the record.
    pub scribe: Scribe,
}

/// What makes a code single-use: one conditional update each.
#[derive(Debug, Clone)]
pub enum Spend {
    /// An app's time step (RFC 6238 §5.2).
    Step {
        /// The app.
        method_id: String,
        /// The first of the matched steps: of a pair, the one before `step`.
        first_step: u64,
        /// The matched step.
        step: u64,
        /// What is learned of its clock, in steps.
        drift: i64,
    },
    /// A phone's code.
    Challenge {
        /// The phone.
        method_id: String,
        /// The code.
        challenge_id: String,
        /// How it came.
        channel: Channel,
    },
    /// A backup code.
    Backup {
        /// Its place in the set.
        ordinal: u32,
    },
}

/// The answer to [`VerifyStore::consume`].
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumed {
    /// Spent, and the flow is complete.
    Yes {
        /// Good backup codes after it.
        backup_codes_left: u32,
    },
    /// The code was used before. Nothing was stored.
    CodeUsed,
    /// The flow is complete, over or superseded. Nothing was stored.
    FlowOver,
}

/// A report that nobody asked for this code.
#[derive(Debug, Clone)]
pub struct Report {
    /// The flow that it comes from; nothing where the host reports for a person who is signed in.
    pub flow_id: Option<String>,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// For the record.
    pub scribe: Scribe,
}

/// A line of a record that its host has not heard of.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The outbox's own id.
    pub id: i64,
    /// The host.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// What happened.
    pub line: Line,
    /// How many tries there were, with this one.
    pub tries: u32,
}

/// A page of a record.
#[derive(Debug, Clone, Default)]
pub struct RecordPage {
    /// Oldest first.
    pub lines: Vec<Line>,
    /// Number and hash of the line before the first.
    pub before: (u64, [u8; 32]),
}

/// Codes at login.
#[async_trait]
pub trait VerifyStore: Send + Sync + 'static {
    /// Opens a verification, or says that none is needed. An old token of a trusted browser ends
    /// that browser's trust.
    async fn open_verification(
        &self,
        open: &OpenVerification,
    ) -> Result<VerificationOpened, StoreError>;

    /// Counts a try as wrong before anything is checked, and gives out what checking needs.
    async fn reserve_try(&self, attempt: &Try) -> Result<Reserved, StoreError>;

    /// Spends a right code and completes its flow: all or nothing, and true for exactly one caller.
    async fn consume(&self, consumption: &Consumption) -> Result<Consumed, StoreError>;

    /// Appends what became of a wrong try. The host is told of a flow's first alone: every
    /// mistyping would be a message.
    async fn note_wrong(
        &self,
        flow: &NewFlow,
        notes: &[(nidan_protocol::EventKind, crate::record::Detail)],
        scribe: &Scribe,
    ) -> Result<(), StoreError>;

    /// Ends the person's open flows, their codes and the trust in browsers; how many browsers.
    /// `None` when the flow that it comes from was over already.
    async fn report(&self, report: &Report) -> Result<Option<u32>, StoreError>;

    /// The newest `count` lines of a record from `since` on that let somebody in.
    async fn logins_since(
        &self,
        host: &str,
        subject: &str,
        since: u64,
        count: u32,
    ) -> Result<Vec<Line>, StoreError>;

    /// Browsers that are trusted at `now`.
    async fn trusted_browsers(
        &self,
        host: &str,
        subject: &str,
        now: u64,
    ) -> Result<Vec<TrustedBrowser>, StoreError>;

    /// Ends the trust in one browser or in all; how many.
    async fn revoke_trust(
        &self,
        host: &str,
        subject: &str,
        id: Option<&str>,
        scribe: &Scribe,
    ) -> Result<u32, StoreError>;

    /// Puts a suspended method back; false when there is none of that id.
    async fn reinstate(
        &self,
        host: &str,
        subject: &str,
        id: &str,
        scribe: &Scribe,
    ) -> Result<bool, StoreError>;

    /// Deletes trusted browsers whose time is over; how many.
    async fn purge_trust(&self, now: u64) -> Result<u64, StoreError>;

    /// The newest `count` lines of a record before `before`.
    async fn record(
        &self,
        host: &str,
        subject: &str,
        before: Option<u64>,
        count: u32,
    ) -> Result<RecordPage, StoreError>;

    /// Takes up to `count` notices of a host that are due; whoever dies with them loses them to the
    /// next after `lease_ms`.
    async fn take_notices(
        &self,
        host: &str,
        now_ms: u64,
        lease_ms: u64,
        count: u32,
    ) -> Result<Vec<Notice>, StoreError>;

    /// Drops the notices of all hosts but these: nobody is there to hear them.
    async fn drop_notices_but(&self, hosts: &[&str]) -> Result<u64, StoreError>;

    /// The host has heard, or will not.
    async fn settle_notice(&self, id: i64) -> Result<(), StoreError>;

    /// The host shall be told again then.
    async fn postpone_notice(&self, id: i64, due_at_ms: u64) -> Result<(), StoreError>;
}
