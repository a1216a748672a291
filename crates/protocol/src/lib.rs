//! What travels between the host's back end, the service and the widget.
//!
//! Requests refuse unknown fields; answers may grow, so readers ignore what they do not know. Times
//! are seconds since the Unix epoch. Byte strings are base64url without padding (RFC 4648 §5).

mod flow;
mod host;
mod method;
mod problem;

pub use flow::{
    BACKUP_METHOD_ID, BackupGate, CallConfirmation, ChallengeAnswerPost, ChallengePost,
    ChallengeView, DeliveryState, EnrolmentAnswer, EnrolmentOpening, EnrolmentPost, ExtendAnswer,
    ExtendPost, FigureView, FlowOutcome, FlowView, MethodState, MethodView, PHONES_MAX, PhoneOffer,
    PhonePost, Policy, RecentLogin, ReportAnswer, ReportPost, VerificationAnswer,
    VerificationOpening, VerificationPost,
};
pub use host::{
    AssertionAnswer, CreateFlow, EventKind, EventView, EventsView, FlowCreated, FlowStatus,
    HoldPost, HostReportPost, Purpose, Redeem, ReinstatePost, RevokePost, SubjectView,
    TrustedBrowser,
};
pub use method::{Authenticator, Channel, MethodClass, MethodKind};
pub use problem::{ErrorCode, Problem, ReadNumber};
