//! What travels between the host's back end, the service and the widget.
//!
//! Requests refuse unknown fields; answers may grow, so readers ignore what they do not know. Times
//! are seconds since the Unix epoch. Byte strings are base64url without padding (RFC 4648 §5).

mod approval;
mod challenge;
mod change;
mod event;
mod flow;
mod host;
mod manage;
mod method;
mod passkey;
mod problem;

pub use approval::{
    ApprovalPost, ApprovalState, ApprovalView, ShowPost, ShownCode, WaitingLogin, WaitingLogins,
};
pub use challenge::{
    CallConfirmation, ChallengeAnswerPost, ChallengePost, ChallengeView, DeliveryState,
};
pub use change::{
    BrowserRevokePost, BrowsersView, Change, ChangeKind, ChangePost, CloseAnswer, ClosePost,
    MethodPost, MethodTestPost, PausePost, PauseReason, ProofPost, SetupFinishPost, SetupKind,
    SetupOpening, SetupPost, TurnOffAnswer, TurnOffPost,
};
pub use event::{EventKind, EventView, EventsView};
pub use flow::{
    APPROVAL_METHOD_ID, BACKUP_METHOD_ID, BackupGate, EnrolmentAnswer, EnrolmentDuty,
    EnrolmentOpening, EnrolmentPost, ExtendAnswer, ExtendPost, FigureView, FlowOutcome, FlowView,
    LOST_MAX, MethodState, MethodView, PASSKEY_METHOD_ID, PHONES_MAX, PhoneOffer, PhonePost,
    Policy, RecentLogin, ReportAnswer, ReportPost, SKIPPED_METHOD_ID, SkipAnswer, SkipPost,
    TEMPORARY_METHOD_ID, VerificationAnswer, VerificationOpening, VerificationPost,
};
pub use host::{
    AcrNeeded, AssertionAnswer, CoverageView, CoveredSubject, CreateFlow, FlowCreated, FlowStatus,
    HoldPost, HostReportPost, Purpose, Redeem, ReinstatePost, RevokePost, SubjectView,
    TemporaryCode, TemporaryCodePost, TrustedBrowser,
};
pub use manage::{
    BackupCodesView, Health, Intent, ManagedMethod, Management, ManagementPolicy, ManagementRights,
    ManagementView,
};
pub use method::{Authenticator, Channel, MethodClass, MethodKind};
pub use passkey::{
    CeremonyAnswerPost, CeremonyKind, CeremonyOpening, CeremonyPost, CeremonyView, NamedCeremony,
    PASSKEYS_MAX, PasskeyPost, PasskeysView,
};
pub use problem::{ErrorCode, Problem, ReadNumber};
