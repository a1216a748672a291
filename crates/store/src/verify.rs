//! Logins: attempts, completion, trusted browsers, the record and its notices.

use async_trait::async_trait;
use nidan_core::attempt::{AttemptRefusal, CountedAttempt, LoginAttempt};
use nidan_core::grace::Grace;
use nidan_core::hold::{HoldDecision, HoldWish};
use nidan_core::login::Authenticated;
use nidan_core::manage::ManageRefusal;
use nidan_core::trust::Browsers;
use nidan_protocol::TrustedBrowser;

use super::{AuditContext, AuditEntry, LastEntry, NewFlow, StoreError, WrongCode};

/// A verification about to be opened.
#[derive(Debug, Clone)]
pub struct OpenVerification {
    /// The flow.
    pub flow: NewFlow,
    /// The token that a [trusted browser](TrustedBrowser) brought, when the host still offers
    /// trust.
    pub trust: Option<TrustUse>,
    /// Whether the person must have two-step verification: the grace of somebody without a method begins
    /// with the first login, once.
    pub begins_grace: bool,
    /// Whether a pause counts.
    pub may_be_paused: bool,
    /// The context of the entries that it leaves in the record.
    pub audit: AuditContext,
}

/// A token of a [trusted browser](TrustedBrowser), and the result that it may stand for.
#[derive(Debug, Clone)]
pub struct TrustUse {
    /// Keyed hash of the token.
    pub token_hash: [u8; 32],
    /// Keyed hash of the result code.
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
    /// The person has no method. No flow was stored.
    NotEnrolled {
        /// What the person was given for a set-up that is required.
        grace: Grace,
    },
    /// The browser is trusted: stored as complete.
    Trusted,
    /// Codes are paused. Nothing was stored.
    Paused {
        /// Until when, in Unix seconds.
        until: u64,
    },
}

/// A right code about to be spent, and the login that it completes.
#[derive(Debug, Clone)]
pub struct CompleteLogin {
    /// The flow that it completes.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// The authenticator that was right, and what makes its code single-use.
    pub authenticated: Authenticated,
    /// Keyed hash of the post.
    pub body_hash: [u8; 32],
    /// Keyed hash of the result code.
    pub result_hash: [u8; 32],
    /// When the result code ends, Unix seconds.
    pub result_expires_at: u64,
    /// Whether this browser is to be trusted.
    pub trusts: bool,
    /// The ids of methods that the person called lost: they are held in the same transaction, as
    /// [`nidan_core::manage::lost`] decides, and the result counts under the epoch after it.
    pub lost: Vec<String>,
    /// The context of the entries that it leaves in the record.
    pub audit: AuditContext,
}

/// The answer to [`VerifyStore::complete_login`].
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginCompletion {
    /// Spent, and the flow is complete.
    Yes {
        /// Good backup codes after it.
        backup_codes_left: u32,
    },
    /// What is lost is not taken out of use. The code is unspent, and the try that counted it is given
    /// back; nothing else was stored.
    LostStays(ManageRefusal),
    /// The code was used before. Nothing was stored.
    CodeUsed,
    /// The flow is complete, over or superseded. Nothing was stored.
    FlowOver,
    /// The host's support holds the method since the attempt was counted. Nothing was stored.
    MethodHeld,
}

/// A method that is to be held or released.
#[derive(Debug, Clone)]
pub struct HoldRequest {
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// The method's id.
    pub method_id: String,
    /// Which of both.
    pub wish: HoldWish,
}

/// A report that nobody asked for this code.
#[derive(Debug, Clone)]
pub struct Report {
    /// The flow that it comes from; nothing where the host reports for a person who is
    /// signed in.
    pub flow_id: Option<String>,
    /// The host's id.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// The context of the entries that it leaves in the record.
    pub audit: AuditContext,
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
    /// The entry of the record.
    pub line: AuditEntry,
    /// The number of tries, with this one.
    pub tries: u32,
}

/// A page of a record.
#[derive(Debug, Clone, Default)]
pub struct RecordPage {
    /// Oldest first.
    pub lines: Vec<AuditEntry>,
    /// The entry before the first.
    pub before: LastEntry,
}

/// Codes at login.
#[async_trait]
pub trait VerifyStore: Send + Sync + 'static {
    /// Opens a verification, or says that none is needed. An old token of a [trusted
    /// browser](TrustedBrowser) ends that browser's trust.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn open_verification(
        &self,
        open: &OpenVerification,
    ) -> Result<VerificationOpened, StoreError>;

    /// Counts a try as wrong before anything is checked, and gives out what checking needs.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn count_login_attempt(
        &self,
        attempt: &LoginAttempt,
    ) -> Result<Result<CountedAttempt, AttemptRefusal>, StoreError>;

    /// Spends a right code and completes its flow: all or nothing, and true for exactly one caller.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn complete_login(&self, login: &CompleteLogin) -> Result<LoginCompletion, StoreError>;

    /// Counts a wrong try, and appends what it leaves in the record ([`WrongCode::entries`]).
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn note_wrong(
        &self,
        flow: &NewFlow,
        wrong: &WrongCode,
        audit: &AuditContext,
    ) -> Result<(), StoreError>;

    /// Ends the person's open flows, their codes and the trust in browsers; how many browsers.
    /// [`None`] when the flow that it comes from was over already.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn report(&self, report: &Report) -> Result<Option<u32>, StoreError>;

    /// The newest `count` lines of a record from `since` on that let somebody in.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn logins_since(
        &self,
        host: &str,
        subject: &str,
        since: u64,
        count: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// Browsers that are trusted at `now`.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn trusted_browsers(
        &self,
        host: &str,
        subject: &str,
        now: u64,
    ) -> Result<Vec<TrustedBrowser>, StoreError>;

    /// Ends the trust in one browser or in more; in how many.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn revoke_trust(
        &self,
        host: &str,
        subject: &str,
        browsers: &Browsers,
        audit: &AuditContext,
    ) -> Result<u32, StoreError>;

    /// Puts a suspended method back; false when there is none of that id.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn reinstate(
        &self,
        host: &str,
        subject: &str,
        id: &str,
        audit: &AuditContext,
    ) -> Result<bool, StoreError>;

    /// Holds a method or releases it, as [`nidan_core::hold`] decides, with a line in the record where
    /// something changed.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn hold(
        &self,
        hold: &HoldRequest,
        audit: &AuditContext,
    ) -> Result<HoldDecision, StoreError>;

    /// Deletes [trusted browsers](TrustedBrowser), and codes of the host's support, whose time is over; how
    /// many.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn purge_trust(&self, now: u64) -> Result<u64, StoreError>;

    /// The newest `count` lines of a record before `before`.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn record(
        &self,
        host: &str,
        subject: &str,
        before: Option<u64>,
        count: u32,
    ) -> Result<RecordPage, StoreError>;

    /// Takes up to `count` [notices](Notice) of a host that are due; whoever dies with them loses
    /// them to the next after `lease_ms`.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn take_notices(
        &self,
        host: &str,
        now_ms: u64,
        lease_ms: u64,
        count: u32,
    ) -> Result<Vec<Notice>, StoreError>;

    /// Drops the [notices](Notice) of all hosts but these: nobody is there to hear them.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn drop_notices_but(&self, hosts: &[&str]) -> Result<u64, StoreError>;

    /// The host has heard, or will not.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn settle_notice(&self, id: i64) -> Result<(), StoreError>;

    /// The host is notified again then.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn postpone_notice(&self, id: i64, due_at_ms: u64) -> Result<(), StoreError>;
}
