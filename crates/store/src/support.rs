//! What the host's support does for somebody who is locked out.

use async_trait::async_trait;

use nidan_core::attempt::MadeCode;

use super::{AuditContext, StoreError};

/// A code for one login, about to be stored.
#[derive(Debug, Clone)]
pub struct NewTemporaryCode {
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// The code.
    pub code: MadeCode,
    /// Whether everything that the person had goes with it, as by [`SupportStore::reset`].
    pub resets: bool,
    /// The context of the entries that it leaves in the record.
    pub audit: AuditContext,
}

/// Help for people who have lost every method.
#[async_trait]
pub trait SupportStore: Send + Sync + 'static {
    /// Takes out every method, the backup codes and the trust in browsers, and ends a pause, every open
    /// flow and every result that is not redeemed. The record stays, with a line about it, also where
    /// there is nothing any more: somebody may have signed in with the password since the last time.
    /// For a person who is unknown only open flows end.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn reset(
        &self,
        host: &str,
        subject: &str,
        audit: &AuditContext,
    ) -> Result<(), StoreError>;

    /// Stores a code in the place of an earlier one, and ends set-ups that were begun before: it is the
    /// way in from now on.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn store_temporary_code(&self, new: &NewTemporaryCode) -> Result<(), StoreError>;
}
