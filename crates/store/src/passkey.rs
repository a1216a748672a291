//! Ceremonies of passkeys, and what they have made.

use async_trait::async_trait;
use nidan_core::ceremony::{CeremonyRefusal, StoredCeremony};
use nidan_protocol::CeremonyKind;

use super::StoreError;

/// A ceremony about to be stored.
#[derive(Debug, Clone)]
pub struct NewCeremony {
    /// Opaque.
    pub id: String,
    /// The flow that it belongs to.
    pub flow_id: String,
    /// What it is for.
    pub kind: CeremonyKind,
    /// What the service keeps of it: the challenge, and what may answer it. Opens only for its own
    /// row.
    pub sealed_state: Vec<u8>,
    /// Now, in Unix seconds.
    pub created_at: u64,
    /// When its challenge ends, in Unix seconds.
    pub expires_at: u64,
}

/// A passkey that a ceremony has made. It is no method yet: the end of its set-up stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadePasskey {
    /// Keyed hash of the credential's id.
    pub credential_index: [u8; 32],
    /// The public key and what belongs to it; opens only for the ceremony's row.
    pub sealed: Vec<u8>,
    /// The signature counter of its first answer.
    pub counter: u32,
}

/// Ceremonies of passkeys.
#[async_trait]
pub trait PasskeyStore: Send + Sync + 'static {
    /// Stores a ceremony; where [`nidan_core::ceremony::CEREMONIES_MAX`] of its flow wait for an
    /// answer, the oldest of those goes.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn open_ceremony(&self, ceremony: &NewCeremony) -> Result<(), StoreError>;

    /// Gives out a ceremony to be answered, as [`nidan_core::ceremony::take`] decides: once, and
    /// committed before anything is checked.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn take_ceremony(
        &self,
        flow_id: &str,
        id: &str,
        kind: CeremonyKind,
        now: u64,
    ) -> Result<Result<StoredCeremony, CeremonyRefusal>, StoreError>;

    /// Keeps what a ceremony has made, for the end of its set-up.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn keep_passkey(
        &self,
        flow_id: &str,
        id: &str,
        made: &MadePasskey,
    ) -> Result<(), StoreError>;

    /// What a ceremony of the flow has made.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn made_passkey(
        &self,
        flow_id: &str,
        id: &str,
    ) -> Result<Option<MadePasskey>, StoreError>;

    /// How many passkeys a host's people have that were made for another RP ID than `rp_id`; all of
    /// them, where the host has none any more.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now.
    async fn stranded_passkeys(&self, host: &str, rp_id: Option<&str>) -> Result<u64, StoreError>;
}
