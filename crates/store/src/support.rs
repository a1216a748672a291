//! What the host's support does for somebody who is locked out.

use async_trait::async_trait;

use super::{AuditContext, StoreError};

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
}
