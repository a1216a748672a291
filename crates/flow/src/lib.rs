//! The enrolment as a pure state machine: a state, an event, the next state and what the shell
//! shall do.

mod approval;
mod approving;
mod choices;
mod code_entry;
mod draft;
mod enrolment;
mod few_codes;
mod lifecycle;
mod login;
mod login_answers;
mod login_codes;
mod lost_methods;
mod machine;
mod manage;
mod more_time;
mod on_phone;
mod one;
mod passkeys;
mod phone;
mod phone_answers;
mod phone_entry;
mod posting;
mod proving;
mod putting_off;
pub mod regions;
mod resume;
mod set_up;
mod signing_in;
mod steps;
mod temporary;

pub use approving::{
    Approve, ApproveAnswer, ApproveEffect, ApproveEvent, ApproveNav, ApproveOpening, ApproveStep,
    Approving, SeenLogin,
};
pub use code_entry::CodeEntry;
pub use draft::{ConfirmedCode, Opening, PendingSecret};
pub use enrolment::Enrolment;
pub use lifecycle::{Effect, Event, Lifecycle, Outcome, Stage};
pub use login::{
    Login, LoginAnswer, LoginEffect, LoginEvent, LoginInput, LoginMethod, LoginNav, LoginOpening,
    LoginPhone, LoginRefusal, LoginStep, Presented, Reported, SigningIn, Verified,
};
pub use lost_methods::LostMethods;
pub use machine::Machine;
pub use manage::{
    Addition, ChangeRefusal, CodeGoes, Done, Listed, Manage, ManageAnswer, ManageBookmark,
    ManageEffect, ManageEvent, ManageNav, ManageOpening, ManageScreen, ManageStep, Managing,
    NewNav, ProofFor, Proving, Question, Trusted, Wish,
};
pub use passkeys::{MadePasskey, PasskeyRefusal, merge_passkeys};
pub use phone_entry::{OrderedNumber, PhoneEntry, PhoneRefusal, VerifiedPhone};
pub use resume::{BookmarkedScreen, LoginBookmark};
pub use set_up::{
    Flow, Keepsake, PhoneWish, SetUpAnswer, SetUpEffect, SetUpEvent, SetUpInput, SetUpNav,
};
pub use steps::{BackupRefusal, CodeRefusal, ConfirmedFactors, Delivery, Step};

use nidan_protocol::ErrorCode;

/// What went wrong between the widget and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestError {
    /// No answer: the network is gone, the service is down, or it took too long.
    Unreachable,
    /// The service answered with a problem.
    Refused(ErrorCode),
}

/// The state of the latest request to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState<E> {
    /// Nothing is on its way.
    Idle,
    /// Something is.
    Waiting,
    /// The last answer was a no.
    Refused(E),
}

/// Why there is nothing more to do in this flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// Its time is over, or the token is of no open flow.
    Expired,
    /// Another window began after this one, or somebody enrolled meanwhile.
    Superseded,
    /// It goes on on the person's phone, to which a QR code of this page led.
    OnPhone,
    /// The person has two-step verification already.
    AlreadyOn,
    /// Somebody said: This sign-in is not mine.
    Reported,
    /// Too many codes were tried in this login.
    TriesSpent,
    /// The page and the service do not fit together: only the site's team can help.
    Misconfigured,
}

impl EndReason {
    /// The refusals that end a flow itself, whatever was asked of it.
    fn of_flow(code: ErrorCode) -> Option<Self> {
        match code {
            ErrorCode::FlowExpired => Some(Self::Expired),
            ErrorCode::FlowConflict => Some(Self::Superseded),
            ErrorCode::FlowReported => Some(Self::Reported),
            ErrorCode::FlowTokenMissing => Some(Self::Misconfigured),
            _of_one_request => None,
        }
    }

    /// What hosts hear it called (`nidan-step`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::OnPhone => "on-phone",
            Self::AlreadyOn => "already-on",
            Self::Reported => "reported",
            Self::TriesSpent => "tries-spent",
            Self::Misconfigured => "misconfigured",
        }
    }
}

/// The moment that an event happens, by the service's clock.
pub use nidan_otp::UnixSeconds as Now;

/// The refusals that no second try helps against.
fn ending_for(trouble: RequestError) -> Option<EndReason> {
    let RequestError::Refused(code) = trouble else {
        return None;
    };
    match code {
        ErrorCode::FlowExpired => Some(EndReason::Expired),
        ErrorCode::FlowConflict => Some(EndReason::Superseded),
        ErrorCode::FlowReported => Some(EndReason::Reported),
        ErrorCode::AlreadyEnrolled => Some(EndReason::AlreadyOn),
        ErrorCode::ReauthRequired | ErrorCode::TooManyAttempts => Some(EndReason::Expired),
        ErrorCode::FlowTokenMissing
        | ErrorCode::OriginMismatch
        | ErrorCode::CodeExpired
        | ErrorCode::CodeUsed
        | ErrorCode::ChallengeNotFound
        | ErrorCode::TwoCodesNeeded
        | ErrorCode::MethodResting
        | ErrorCode::MethodSuspended
        | ErrorCode::MethodHeld
        | ErrorCode::LastMethod
        | ErrorCode::MethodNotFound
        | ErrorCode::PolicyForbids
        | ErrorCode::Cooling
        | ErrorCode::MethodLimit
        | ErrorCode::ChangeLimit
        | ErrorCode::AlreadyPaused
        | ErrorCode::PhoneKnown
        | ErrorCode::SetupUnknown
        | ErrorCode::ResendTooSoon
        | ErrorCode::ResendsSpent
        | ErrorCode::SendBudgetSpent
        | ErrorCode::PhoneInvalid
        | ErrorCode::PhoneTooShort
        | ErrorCode::PhoneTooLong
        | ErrorCode::PhoneCountryUnknown
        | ErrorCode::PhoneExtension
        | ErrorCode::PhoneAmbiguous
        | ErrorCode::PhoneNotSmsCapable
        | ErrorCode::PhoneKindRefused
        | ErrorCode::CountryNotAllowed
        | ErrorCode::MethodNotOffered
        | ErrorCode::RequestInvalid
        | ErrorCode::RequestTooLarge
        | ErrorCode::MediaTypeUnsupported
        | ErrorCode::ApiKeyInvalid
        | ErrorCode::ResultCodeInvalid
        | ErrorCode::NotFound
        | ErrorCode::PasskeyWrong
        | ErrorCode::PasskeyKnown
        | ErrorCode::CeremonyUnknown
        | ErrorCode::CeremonyUsed
        | ErrorCode::CeremonyExpired
        | ErrorCode::HttpMethodNotAllowed => Some(EndReason::Misconfigured),
        ErrorCode::CodeWrong
        | ErrorCode::Unavailable
        | ErrorCode::TimedOut
        | ErrorCode::Internal
        | ErrorCode::Unknown => None,
    }
}

#[cfg(test)]
mod elsewhere_tests;
#[cfg(test)]
mod login_tests;
#[cfg(test)]
mod phone_tests;
#[cfg(test)]
mod tests;
