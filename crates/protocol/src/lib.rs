//! What travels between the host's back end, the service and the widget.
//!
//! Requests refuse unknown fields; answers may grow, so readers ignore what they do not know. Times are seconds since
//! the Unix epoch. Byte strings are base64url without padding (RFC 4648 §5).

mod flow;
mod host;
mod problem;

pub use flow::{
    BackupGate, CallKeys, ChallengeAnswerPost, ChallengePost, ChallengeView, Channel, DeliveryState, EnrolmentAnswer,
    EnrolmentOpening, EnrolmentPost, FlowOutcome, FlowView, MethodKind, MethodView, PHONES_MAX, PhoneOffer, PhonePost,
    Policy,
};
pub use host::{AssertionAnswer, CreateFlow, FlowCreated, FlowStatus, Purpose, Redeem, SubjectView};
pub use problem::{ErrorCode, Problem};
