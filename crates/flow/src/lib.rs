//! The enrolment as a pure state machine: a state, an event, the next state and what the shell
//! shall do.

mod draft;
mod enrolment;
mod login;
mod login_answers;
mod machine;
mod phone;
mod phone_entry;
mod posting;
pub mod regions;
mod sent_codes;
mod signing_in;
mod steps;

pub use draft::{ConfirmedCode, Opening, PendingSecret};
pub use enrolment::Enrolment;
pub use login::{
    Login, LoginEffect, LoginEvent, LoginMethod, LoginOpening, LoginRefusal, LoginStep, Reported,
    SigningIn, Verified,
};
pub use machine::Machine;
pub use phone_entry::{OrderedNumber, PhoneEntry, PhoneRefusal, VerifiedPhone};
pub use steps::{BackupRefusal, CodeRefusal, ConfirmedFactors, Delivery, Step};

use std::sync::Arc;

use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, EnrolmentAnswer, ErrorCode, MethodKind,
};

/// What went wrong between the widget and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestError {
    /// No answer: the network is gone, the service is down, or it took too long.
    Unreachable,
    /// The service answered with a problem.
    Refused(ErrorCode),
}

/// How the last question to the service fares.
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
    /// Ten minutes are over, or the token is of no open flow.
    Expired,
    /// Another window began after this one, or somebody enrolled meanwhile.
    Superseded,
    /// The person has two-step verification already.
    AlreadyOn,
    /// Somebody said: I did not ask for this code.
    Reported,
    /// Too many codes were tried in this login.
    TriesSpent,
    /// The page and the service do not fit together: only the site's team can help.
    Misconfigured,
}

impl EndReason {
    /// What hosts hear it called (`nidan-step`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::AlreadyOn => "already-on",
            Self::Reported => "reported",
            Self::TriesSpent => "tries-spent",
            Self::Misconfigured => "misconfigured",
        }
    }
}

/// Where the widget stands.
#[derive(Debug)]
pub enum Flow {
    /// The first answer is awaited.
    Loading,
    /// The service could not be reached at the start.
    Unavailable(RequestError),
    /// The person is setting two-step verification up.
    Enrolling(Box<Enrolment>),
    /// Over without a result.
    Ended(EndReason),
    /// Over, and the host has been told.
    Completed,
}

/// What happens to the widget.
#[derive(Debug)]
pub enum Event {
    /// The service described the flow, and the browser drew its share.
    Opened(Box<(Opening, PendingSecret)>),
    /// The service described a flow that has no enrolment to begin.
    NothingToEnrol,
    /// The service could not be asked, or refused.
    NotOpened(RequestError),
    /// "Try again", or "Start again".
    Again,
    /// The main button of a screen without input.
    Next,
    /// "Back".
    Back,
    /// A method was chosen.
    Choose(MethodKind),
    /// The table of regions, when it could be fetched.
    Regions(Option<String>),
    /// The search for a country changed.
    CountrySearched(String),
    /// A country was chosen.
    CountryChosen(String),
    /// The number field changed.
    NumberTyped(String),
    /// The field for the number's name changed.
    NameTyped(String),
    /// The same number the other way.
    Switch(Channel),
    /// A new code in place of one that is over, the same way.
    Renew,
    /// A call that reads its code at once.
    CallUnconfirmed,
    /// A code was sent, for the first time or again.
    Ordered(Box<ChallengeView>),
    /// A code was not sent, or not taken.
    NotOrdered(PhoneRefusal),
    /// The phone's code was right.
    Accepted(String),
    /// "Send again".
    Resend,
    /// Another number.
    ChangeNumber,
    /// A message fares differently.
    Changed(Box<ChallengeView>),
    /// "The code does not arrive".
    Help,
    /// What helps in the person's country: when it was looked up, then names and advice in turn.
    HelpFound(Vec<String>),
    /// The code field changed.
    CodeTyped(String),
    /// The code is to be checked now, wherever the field stands.
    CodeSubmitted,
    /// The QR code shall be larger, or as it was.
    Enlarge,
    /// Something shall be taken along.
    Take(Keepsake),
    /// Whether the last copy worked.
    Copied(bool),
    /// The field for a backup code changed.
    BackupTyped(String),
    /// "I have saved them" changed.
    SavedTicked(bool),
    /// The final post was answered.
    Answered(Box<EnrolmentAnswer>),
    /// The final post was not answered, or refused.
    NotAnswered(RequestError),
    /// The time of [`Machine::retry_at`] has come.
    RetryDue,
    /// The flow's life is over.
    TimeUp,
}

/// What people take along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keepsake {
    /// The app's key, into the clipboard.
    CopyOfKey,
    /// The backup codes, into the clipboard.
    CopyOfBackupCodes,
    /// The backup codes, as a file.
    FileOfBackupCodes,
    /// The backup codes, on paper.
    PrintOfBackupCodes,
    /// What support needs to know, into the clipboard.
    CopyOfSummary,
}

/// What the shell shall do.
#[derive(Debug)]
pub enum Effect {
    /// Ask the service for the flow, and draw the browser's share.
    Open,
    /// Fetch the table of regions.
    LoadRegions,
    /// Fetch what helps in a country when no code arrives.
    LoadHelp(String),
    /// Order a code.
    Order {
        /// Which number: the service reads what was typed for itself, and what it reads otherwise
        /// than was shown is not sent.
        number: OrderedNumber,
        /// How it is to come.
        channel: Channel,
        /// What a call waits for.
        confirmation: CallConfirmation,
    },
    /// Order the same code again.
    Resend(String),
    /// Ask whether a phone's code is right.
    Answer {
        /// Whose code.
        challenge_id: String,
        /// Six digits.
        code: String,
    },
    /// Copy, save or print; copies tell whether they worked.
    Take(Keepsake),
    /// Send the final post.
    Post(Arc<PendingSecret>, Arc<ConfirmedFactors>),
    /// Hand the result to the host.
    Complete(String),
    /// Ask the host for a new flow.
    Restart,
}

/// The moment that an event happens, by the service's clock.
pub use nidan_otp::UnixSeconds as Now;

impl Flow {
    /// What belongs to the set-up; `None` on screens that have none of it.
    pub fn enrolment(&self) -> Option<&Enrolment> {
        match self {
            Self::Enrolling(enrolment) => Some(enrolment),
            Self::Loading | Self::Unavailable(_) | Self::Ended(_) | Self::Completed => None,
        }
    }
}

impl Machine for Flow {
    type Event = Event;
    type Effect = Effect;

    fn loading() -> Self {
        Self::Loading
    }

    fn open() -> Effect {
        Effect::Open
    }

    fn on(self, event: Event, now: Now) -> (Self, Option<Effect>) {
        match self {
            Self::Loading => on_loading(event),
            Self::Unavailable(trouble) => match event {
                Event::Again => (Self::Loading, Some(Effect::Open)),
                Event::TimeUp => (Self::Ended(EndReason::Expired), None),
                _other => (Self::Unavailable(trouble), None),
            },
            Self::Enrolling(enrolment) => match event {
                // While the final post is on its way nobody here knows whether it is stored: the
                // service tells.
                Event::TimeUp if enrolment.may_be_stored() => (Self::Enrolling(enrolment), None),
                Event::TimeUp => (Self::Ended(EndReason::Expired), None),
                other => enrolment.on(other, now),
            },
            Self::Ended(ending) => match event {
                Event::Again => (Self::Ended(ending), Some(Effect::Restart)),
                _other => (Self::Ended(ending), None),
            },
            Self::Completed => (Self::Completed, None),
        }
    }

    fn retry_at(&self) -> Option<Now> {
        match self {
            Self::Enrolling(enrolment) => enrolment.retry_at(),
            Self::Loading | Self::Unavailable(_) | Self::Ended(_) | Self::Completed => None,
        }
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        match self {
            Self::Enrolling(enrolment) => match &enrolment.step {
                Step::PhoneCode { challenge, .. } => Some(challenge),
                _other => None,
            },
            Self::Loading | Self::Unavailable(_) | Self::Ended(_) | Self::Completed => None,
        }
    }

    fn would_lose(&self) -> bool {
        matches!(self, Self::Enrolling(enrolment) if enrolment.would_lose())
    }

    fn code_typed(typed: String) -> Event {
        Event::CodeTyped(typed)
    }

    fn changed(challenge: Box<ChallengeView>) -> Event {
        Event::Changed(challenge)
    }

    fn time_up() -> Event {
        Event::TimeUp
    }

    fn retry_due() -> Event {
        Event::RetryDue
    }
}

fn on_loading(event: Event) -> (Flow, Option<Effect>) {
    match event {
        Event::Opened(opened) => {
            let (opening, draft) = *opened;
            (
                Flow::Enrolling(Box::new(Enrolment::new(opening, draft))),
                None,
            )
        }
        Event::NothingToEnrol => (Flow::Ended(EndReason::AlreadyOn), None),
        Event::NotOpened(trouble) => match ending_for(trouble) {
            Some(ending) => (Flow::Ended(ending), None),
            None => (Flow::Unavailable(trouble), None),
        },
        _other => (Flow::Loading, None),
    }
}

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
        ErrorCode::OriginMismatch
        | ErrorCode::CodeExpired
        | ErrorCode::CodeUsed
        | ErrorCode::ChallengeNotFound
        | ErrorCode::TwoCodesNeeded
        | ErrorCode::MethodResting
        | ErrorCode::MethodSuspended
        | ErrorCode::MethodNotFound
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
        | ErrorCode::HttpMethodNotAllowed => Some(EndReason::Misconfigured),
        ErrorCode::CodeWrong
        | ErrorCode::Unavailable
        | ErrorCode::TimedOut
        | ErrorCode::Internal
        | ErrorCode::Unknown => None,
    }
}

#[cfg(test)]
mod login_tests;
#[cfg(test)]
mod phone_tests;
#[cfg(test)]
mod tests;
