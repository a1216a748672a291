//! What people change after the first set-up.

use async_trait::async_trait;
use nidan_core::attempt::BACKUP_SALT_LEN_BYTES;
use nidan_core::login::Authenticated;
use nidan_core::manage::{ManageDecision, ManageRequest};
use nidan_protocol::SetupKind;

use super::{AuditContext, BackupHash, NewFlow, NewMethod, SealedFor, SealedKeyPair, StoreError};

/// The page on which methods are managed, about to be opened.
#[derive(Debug, Clone)]
pub struct OpenManagement {
    /// The flow.
    pub flow: NewFlow,
    /// Keyed hash of the token that a trusted browser brought: it only says which one this is.
    pub trust_hash: Option<[u8; 32]>,
}

/// The answer to [`ManageStore::open_management`].
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagementOpened {
    /// Stored; an earlier open one of the same session is superseded.
    Yes,
    /// The person has no method. Nothing was stored.
    NotEnrolled,
}

/// What a right code is for where methods are managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofUse {
    /// It is the flow's proof from now on.
    Proof,
    /// It shows that the method works.
    Test,
}

/// A right code about to be spent where methods are managed.
#[derive(Debug, Clone)]
pub struct CompleteProof {
    /// The flow.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// The authenticator that was right, and what makes its code single-use.
    pub authenticated: Authenticated,
    /// What it is for.
    pub proof_use: ProofUse,
    /// Keyed hash of the post.
    pub body_hash: [u8; 32],
    /// The context of the entry that it leaves in the record.
    pub audit: AuditContext,
}

/// The answer to [`ManageStore::complete_proof`].
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofCompletion {
    /// Spent.
    Yes,
    /// The code was used before. Nothing was stored.
    CodeUsed,
    /// The flow is over. Nothing was stored.
    FlowOver,
    /// The method is held since the attempt was counted. Nothing was stored.
    Held,
    /// The method was replaced since the attempt was counted. Nothing was stored.
    Retiring,
}

/// A set-up about to be stored.
#[derive(Debug, Clone)]
pub struct NewSetup {
    /// The enrolment's id of the derivation, and its name on the wire.
    pub id: [u8; 16],
    /// The flow that it belongs to.
    pub flow_id: String,
    /// What is set up.
    pub kind: SetupKind,
    /// The id of the method whose place it takes.
    pub replaces: Option<String>,
    /// The service's side of the key agreement, where a secret is derived.
    pub key_pair: Option<SealedKeyPair>,
    /// Now, in Unix seconds.
    pub created_at: u64,
}

impl NewSetup {
    /// What the private half of its key pair is sealed for.
    pub fn sealed_for<'a>(flow: &'a NewFlow, wire_id: &'a str) -> SealedFor<'a> {
        SealedFor {
            host: &flow.host,
            subject: &flow.subject,
            method_id: wire_id,
        }
    }
}

/// What a finished set-up stores.
#[derive(Debug, Clone)]
pub enum NewFactor {
    /// A method.
    Method(NewMethod),
    /// A set of backup codes.
    BackupCodes {
        /// The salt of the set.
        salt: [u8; BACKUP_SALT_LEN_BYTES],
        /// The hashed backup codes in order.
        hashes: Vec<BackupHash>,
    },
}

/// A change that a person asks for.
#[derive(Debug, Clone)]
pub struct ManageChange {
    /// The flow.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// Names the request in its flow.
    pub request_id: String,
    /// What is asked for, and by which rules.
    pub request: ManageRequest,
    /// The set-up that it finishes.
    pub setup_id: Option<[u8; 16]>,
    /// What the set-up stores.
    pub new: Option<NewFactor>,
    /// For the record.
    pub audit: AuditContext,
}

/// A flow in which methods are managed, about to be closed.
#[derive(Debug, Clone)]
pub struct CloseManagement {
    /// The flow.
    pub flow_id: String,
    /// Keyed hash that the result code is made of.
    pub body_hash: [u8; 32],
    /// Keyed hash of the result code.
    pub result_hash: [u8; 32],
    /// When the result code ends, in Unix seconds.
    pub result_expires_at: u64,
}

/// The answer to [`ManageStore::close_management`].
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagementClosed {
    /// Something was changed: the flow is complete, and its result is there to be redeemed.
    Changed,
    /// Nothing was changed: its proof is over, and there is no result.
    Unchanged,
    /// The flow is over.
    FlowOver,
}

/// Methods that are managed.
#[async_trait]
pub trait ManageStore: Send + Sync + 'static {
    /// Opens the page on which methods are managed, for a person who has one.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn open_management(&self, open: &OpenManagement) -> Result<ManagementOpened, StoreError>;

    /// Spends a right code: all or nothing, and true for exactly one caller.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn complete_proof(&self, proof: &CompleteProof) -> Result<ProofCompletion, StoreError>;

    /// Stores a set-up; where there are [`nidan_core::manage::SETUPS_MAX`] in its flow, the oldest
    /// goes.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn open_setup(&self, setup: &NewSetup) -> Result<(), StoreError>;

    /// A set-up of a flow.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn setup(&self, flow_id: &str, id: &[u8; 16]) -> Result<Option<NewSetup>, StoreError>;

    /// The id of the person's trusted browser that has this token now, by its keyed hash.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now.
    async fn trusted_browser_id(
        &self,
        host: &str,
        subject: &str,
        token_hash: &[u8; 32],
    ) -> Result<Option<String>, StoreError>;

    /// Decides about a change ([`nidan_core::manage::decide`]) and carries it out: all or nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn manage(&self, change: &ManageChange) -> Result<ManageDecision, StoreError>;

    /// Closes a flow in which methods are managed.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn close_management(
        &self,
        close: &CloseManagement,
    ) -> Result<ManagementClosed, StoreError>;

    /// Ends a person's pause for the host; false when there is none.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn resume(
        &self,
        host: &str,
        subject: &str,
        audit: &AuditContext,
    ) -> Result<bool, StoreError>;

    /// Writes down what has come to its hour for a host's people: methods that retired, pauses that
    /// end soon or are over; up to `count` of each. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn note_what_is_due(
        &self,
        host: &str,
        count: u32,
        audit: &AuditContext,
    ) -> Result<u64, StoreError>;
}
