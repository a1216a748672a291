//! Logins that another browser of the person approves.

use async_trait::async_trait;
use nidan_core::approval::{AskContext, AskRefusal};
use nidan_protocol::WaitingLogin;

use super::{AuditContext, NewFlow, StoreError};

/// The page on which logins are approved, about to be opened.
#[derive(Debug, Clone)]
pub struct OpenApproving {
    /// The flow.
    pub flow: NewFlow,
    /// Keyed hash of the token that the browser brought.
    pub trust_hash: [u8; 32],
}

/// The answer to [`ApprovalStore::open_approving`].
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovingOpened {
    /// Stored. Others go on: people have the page open in several tabs.
    Yes,
    /// The browser is not trusted. Nothing was stored.
    NotTrusted,
}

/// A login's request for approval, about to be stored.
#[derive(Debug, Clone)]
pub struct NewApproval {
    /// Opaque, of 128 random bits: the code is derived from it.
    pub id: String,
    /// The login's flow.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// When its code ends, in Unix seconds.
    pub expires_at: u64,
}

/// A request for approval that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingApproval {
    /// Its id: of the new one, or of the one before.
    pub id: String,
    /// When its code ends, in Unix seconds.
    pub expires_at: u64,
}

/// The browser in which logins are approved, by its flow.
#[derive(Debug, Clone)]
pub struct Approver {
    /// The flow.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
}

/// The answer to [`ApprovalStore::show_approval`].
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The browser may show the code.
    Yes {
        /// When the code ends, in Unix seconds.
        expires_at: u64,
    },
    /// There is none of that id for this browser to see, or its time is over.
    Unknown,
    /// Its code was typed before.
    Answered,
    /// The browser is not trusted any more, or the flow is over.
    NotTrusted,
}

/// Logins that another browser of the person approves.
#[async_trait]
pub trait ApprovalStore: Send + Sync + 'static {
    /// Opens the page on which logins are approved, in a browser that
    /// [may](nidan_core::approval::may_approve).
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn open_approving(&self, open: &OpenApproving) -> Result<ApprovingOpened, StoreError>;

    /// What a request for approval by a login of the person would depend on at `now` (Unix seconds);
    /// [`None`] for a flow that is no login that waits.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn ask_context(&self, flow_id: &str, now: u64) -> Result<Option<AskContext>, StoreError>;

    /// Stores a request for approval where [`nidan_core::approval::ask`] wants a new one, with a line in the
    /// record; earlier ones of the same login are over then.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn ask_approval(
        &self,
        new: &NewApproval,
        audit: &AuditContext,
    ) -> Result<Result<StandingApproval, AskRefusal>, StoreError>;

    /// The logins that a browser [sees](nidan_core::approval::seen), the newest first,
    /// [`nidan_core::approval::WAITING_MAX`] at most; [`None`] where it may not approve any more, or its
    /// flow is over.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn waiting_logins(
        &self,
        approver: &Approver,
        now: u64,
    ) -> Result<Option<Vec<WaitingLogin>>, StoreError>;

    /// Lets a browser show the code of a login that it [sees](nidan_core::approval::seen). The first time
    /// leaves a line in the record.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn show_approval(
        &self,
        approver: &Approver,
        id: &str,
        audit: &AuditContext,
    ) -> Result<Shown, StoreError>;
}
