//! Set-ups that are required, and put off.

use async_trait::async_trait;
use nidan_core::grace::{GracePolicy, Skip};

use super::{AuditContext, StoreError};

/// A set-up about to be put off.
#[derive(Debug, Clone)]
pub struct NewSkip {
    /// The flow of the set-up, which it completes.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// What the policy of the person's group says.
    pub policy: GracePolicy,
    /// Keyed hash of the post.
    pub body_hash: [u8; 32],
    /// Keyed hash of the result code.
    pub result_hash: [u8; 32],
    /// When the result code ends, in Unix seconds.
    pub result_expires_at: u64,
    /// For the record.
    pub audit: AuditContext,
}

/// Set-ups that the host's policy asks for.
#[async_trait]
pub trait GraceStore: Send + Sync + 'static {
    /// Counts that a set-up was put off, and completes its flow: all or nothing, and never more often than
    /// the policy allows, however many ask at once.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn skip(&self, new: &NewSkip) -> Result<Skip, StoreError>;
}
