//! What the people of a group have.

use async_trait::async_trait;

use super::{StoreError, Subject};

/// People by their groups.
#[async_trait]
pub trait CoverageStore: Send + Sync + 'static {
    /// The people whose latest flow was of this group, by their ids in the order of bytes, after the one
    /// of `after`; `count` at most, each as at `now` (Unix seconds).
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn group(
        &self,
        (host, group): (&str, &str),
        after: Option<&str>,
        count: u32,
        now: u64,
    ) -> Result<Vec<(String, Subject)>, StoreError>;
}
