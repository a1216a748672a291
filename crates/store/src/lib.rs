//! The one seam to the database: traits by aggregate, and what they take and give.
//!
//! An engine implements [`Store`] and passes the `contract`. It stores and does not decide: inside
//! its transaction it reads a context, asks [`nidan_core`], and writes the changes. Atomicity is
//! one transaction inside the engine, never a read followed by a write outside.

mod approval;
#[cfg(feature = "contract")]
pub mod contract;
mod coverage;
mod grace;
mod keys;
mod manage;
mod passkey;
mod phone;
mod redeem;
mod subject;
mod support;
#[cfg(feature = "contract")]
pub mod testing;
mod verify;

pub use approval::{
    ApprovalStore, Approver, ApprovingOpened, NewApproval, OpenApproving, Shown, StandingApproval,
};
use async_trait::async_trait;
pub use coverage::CoverageStore;
pub use grace::{GraceStore, NewSkip};
pub use keys::{KeyCheck, KeyChecks, SealedFor};
pub use manage::{
    CloseManagement, CompleteProof, ManageChange, ManageStore, ManagementClosed, ManagementOpened,
    NewFactor, NewSetup, OpenManagement, ProofCompletion, ProofUse,
};
pub use nidan_core::attempt::{BACKUP_SALT_LEN_BYTES, BackupHash, BackupSet};
pub use nidan_core::audit::{
    AuditContext, AuditDetail, AuditEntry, LastEntry, WrongCode, WrongCodes,
};
pub use nidan_core::budget::{Budget, Scope};
pub use nidan_core::ceremony::{CeremonyRefusal, StoredCeremony};
pub use nidan_core::challenge::{Attempt, Ordered};
pub use nidan_core::delivery::DeliveryOutcome;
pub use nidan_core::enrolment::{Activated, Opened};
pub use nidan_core::grace::{Grace, GraceLeft, GracePolicy, Skip};
use nidan_core::manage::Proof;
use nidan_protocol::{AcrNeeded, Channel, Intent, MethodKind, Purpose};
pub use passkey::{MadePasskey, NewCeremony, PasskeyStore};
pub use phone::{Challenge, Count, LeasedMessage, NewChallenge, Order, PhoneStore};
pub use redeem::{NewTrust, Redeemed, Redemption, TrustLives};
pub use subject::{Method, Subject};
pub use support::{NewTemporaryCode, SupportStore};
pub use verify::{
    CompleteLogin, HoldRequest, LoginCompletion, Notice, OpenVerification, RecordPage, Report,
    TrustUse, VerificationOpened, VerifyStore,
};

/// Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Locked, full, read-only or gone: trying again may help.
    #[error("the database does not take this now: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row does not have the shape that this version writes.
    #[error("a row cannot be read: {0}")]
    Row(String),
}

/// A flow about to be stored. All identifiers are opaque text, all times Unix seconds.
#[derive(Debug, Clone)]
pub struct NewFlow {
    /// Opaque, public to the host.
    pub id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// The flow's purpose.
    pub purpose: Purpose,
    /// What the person came for, where methods are managed.
    pub intent: Option<Intent>,
    /// What a login has to be worth, where any second step is not enough.
    pub acr_needed: Option<AcrNeeded>,
    /// The group of the host's policy that the person is in.
    pub group: Option<String>,
    /// The name by which the person knows the account.
    pub account_name: String,
    /// When the host checked the first factor.
    pub auth_time: u64,
    /// A hash of the host's session.
    pub session_binding: String,
    /// The page's origin.
    pub origin: String,
    /// The country in which the person most likely is.
    pub country: Option<String>,
    /// The host's description of the browser and the place, for the record.
    pub client_description: Option<String>,
    /// Whether a set-up comes between a login and the site.
    pub at_login: bool,
    /// The login that the host says has just let the person in, by its flow's id: an enrolment's. It is not
    /// kept.
    pub after_login: Option<String>,
    /// SHA-256 of the flow token.
    pub token_hash: [u8; 32],
    /// Names the enrolment.
    pub enrolment_id: [u8; 16],
    /// The service's side of the key agreement that the secret comes of: there while a set-up is
    /// open, and erased when it ends.
    pub key_pair: Option<SealedKeyPair>,
    /// Now.
    pub created_at: u64,
    /// When the token ends.
    pub expires_at: u64,
}

impl NewFlow {
    /// What the private half of the key pair is sealed for.
    pub fn sealed_for(&self) -> SealedFor<'_> {
        SealedFor {
            host: &self.host,
            subject: &self.subject,
            method_id: &self.id,
        }
    }
}

/// A key pair of P-256 that lives for one set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedKeyPair {
    /// The public half: an uncompressed point.
    pub public_key: [u8; 65],
    /// The private half, sealed for this flow.
    pub sealed_private_key: Vec<u8>,
}

/// The state of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowState {
    /// The flow waits for the person.
    Open,
    /// A newer flow of the same person took its place.
    Superseded,
    /// Somebody said: I did not ask for this.
    Reported {
        /// By this login itself, and not by another one of the person.
        here: bool,
    },
    /// The enrolment is stored, or the code was right.
    Completed {
        /// Keyed hash of the final post.
        body_hash: [u8; 32],
        /// The first of the methods that were enrolled, or [`nidan_protocol::SKIPPED_METHOD_ID`]; what was
        /// used at login: a method, [`nidan_protocol::BACKUP_METHOD_ID`] or a trusted browser.
        method_id: String,
    },
}

/// A stored flow.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The flow as it was opened.
    pub opened: NewFlow,
    /// Its state.
    pub state: FlowState,
    /// What proved a factor in it, where methods are managed.
    pub proof: Option<Proof>,
    /// Keyed hash of the last post that tested a method in it.
    pub test_hash: Option<[u8; 32]>,
    /// Keyed hash of the token of the trusted browser that a login was opened by, or that manages.
    pub trust_hash: Option<[u8; 32]>,
}

/// A method about to be stored.
#[derive(Debug, Clone)]
pub struct NewMethod {
    /// Opaque.
    pub id: String,
    /// The name that the person gave it.
    pub name: Option<String>,
    /// An app's secret, a phone's number or a passkey's public key; opens only for this row.
    pub sealed: Vec<u8>,
    /// The data of its kind.
    pub detail: MethodDetail,
}

/// The data that belongs to one kind of method only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MethodDetail {
    /// An authenticator app.
    Totp {
        /// Keyed hash of the secret.
        fingerprint: [u8; 32],
        /// The step of the last accepted code ([RFC 6238
        /// §5.2](https://www.rfc-editor.org/rfc/rfc6238#section-5.2): it is spent).
        last_step: u64,
    },
    /// A phone.
    Phone {
        /// The channel over which its codes come.
        channel: Channel,
        /// Keyed hash of the number.
        number_index: [u8; 32],
        /// The last two digits.
        hint: String,
    },
    /// A passkey or a security key.
    Passkey {
        /// Keyed hash of the credential's id: nobody else of the host's has it.
        credential_index: [u8; 32],
        /// The RP ID that it was made for.
        rp_id: String,
        /// The signature counter after its last answer.
        counter: u32,
    },
}

impl MethodDetail {
    /// The kind.
    pub const fn kind(&self) -> MethodKind {
        match self {
            Self::Totp { .. } => MethodKind::Totp,
            Self::Phone { channel, .. } => channel.method(),
            Self::Passkey { .. } => MethodKind::Passkey,
        }
    }

    /// The last two digits of its number.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Totp { .. } | Self::Passkey { .. } => None,
            Self::Phone { hint, .. } => Some(hint),
        }
    }

    /// The keyed hash of what no other method has: an app's secret, a passkey's credential. A number
    /// may be several people's.
    pub const fn only_here(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Totp { fingerprint, .. } => Some(fingerprint),
            Self::Passkey {
                credential_index, ..
            } => Some(credential_index),
            Self::Phone { .. } => None,
        }
    }
}

/// Everything that one enrolment stores, in one transaction.
#[derive(Debug, Clone)]
pub struct Activation {
    /// The flow that it completes.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// The methods, in the order in which they are listed.
    pub methods: Vec<NewMethod>,
    /// The salt of the backup codes.
    pub backup_salt: [u8; BACKUP_SALT_LEN_BYTES],
    /// The hashed backup codes in order.
    pub backup_hashes: Vec<BackupHash>,
    /// Keyed hash of the final post.
    pub body_hash: [u8; 32],
    /// Keyed hash of the result code.
    pub result_hash: [u8; 32],
    /// When the result code ends.
    pub result_expires_at: u64,
    /// Now.
    pub now: u64,
    /// For the record.
    pub audit: AuditContext,
}

impl Activation {
    /// The keyed hashes of what no other method may have ([`MethodDetail::only_here`]).
    pub fn fingerprints(&self) -> impl Iterator<Item = &[u8; 32]> {
        let methods = self.methods.iter();
        methods.filter_map(|method| method.detail.only_here())
    }
}

/// Everything the service stores.
#[async_trait]
pub trait Store:
    PhoneStore
    + VerifyStore
    + ManageStore
    + PasskeyStore
    + ApprovalStore
    + SupportStore
    + GraceStore
    + CoverageStore
{
    /// Stores a flow and supersedes the [subject](Subject)'s earlier open ones.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn open_flow(&self, flow: &NewFlow) -> Result<Opened, StoreError>;

    /// The flow of a token, in whatever state and however old.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn flow_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<Flow>, StoreError>;

    /// Spends one try of a flow, committed before anything is checked.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn reserve_attempt(&self, flow_id: &str, limit: u32) -> Result<Attempt, StoreError>;

    /// Stores the methods, their backup codes, the raised epoch and the flow's end: all or nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn activate(&self, activation: &Activation) -> Result<Activated, StoreError>;

    /// Lets an open flow live until `expires_at`, or longer where it does already; one that ended
    /// stays as it is.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn extend_flow(&self, flow_id: &str, expires_at: u64) -> Result<(), StoreError>;

    /// Lets an unused result code live until `expires_at`, for a person whose answer was lost on
    /// the way.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn extend_result(&self, flow_id: &str, expires_at: u64) -> Result<(), StoreError>;

    /// Spends a result code, once, together with all that the answer needs: a failure leaves it
    /// good. [`None`] for everything else.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn redeem(&self, redemption: &Redemption) -> Result<Option<Redeemed>, StoreError>;

    /// Reads the methods and counts of a person. A method whose hour has come at `now` (Unix seconds)
    /// is not among them.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn subject(&self, host: &str, subject: &str, now: u64) -> Result<Subject, StoreError>;

    /// The person's good backup codes.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn backup_set(&self, host: &str, subject: &str) -> Result<Option<BackupSet>, StoreError>;

    /// The latest time step that was ever spent: a clock behind it is wrong.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn latest_step(&self) -> Result<Option<u64>, StoreError>;

    /// Sets spent time steps after `beyond` to `to`: a clock that was ahead spent them. Returns how
    /// many apps they were of.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn reset_future_steps(&self, beyond: u64, to: u64) -> Result<u64, StoreError>;

    /// Deletes flows that ended before `expired_before`; how many.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn purge_flows(&self, expired_before: u64) -> Result<u64, StoreError>;

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it does not.
    async fn ping(&self) -> Result<(), StoreError>;
}
