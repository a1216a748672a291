//! The code at login as a pure state machine. Nothing is decided here that the service does not
//! decide again.

use nidan_otp::{BackupCodeError, CodeError};
use nidan_protocol::{CallConfirmation, ChallengeView, Channel, ErrorCode, MethodView};

use super::{EndReason, Machine, Now, PhoneRefusal, RequestError, RequestState, ending_for};

/// What the service said of the flow.
#[derive(Debug, Clone)]
pub struct LoginOpening {
    /// The site.
    pub issuer: String,
    /// The account.
    pub account: String,
    /// The person's methods.
    pub methods: Vec<MethodView>,
    /// The one to begin with.
    pub best: Option<String>,
    /// Good backup codes.
    pub backup_codes_left: u32,
    /// For how many days this browser can be trusted.
    pub trust_days: Option<u32>,
    /// Whether a text or call is ordered without a tap.
    pub auto_send: bool,
    /// Whether calls are on offer, for a mobile that a text does not reach.
    pub calls: bool,
    /// Whether a call may read its code at once.
    pub allow_unconfirmed_calls: bool,
    /// Where people go who have lost everything.
    pub recovery_url: Option<String>,
    /// Where people change their password.
    pub password_url: Option<String>,
    /// Whether the last digit sends the code.
    pub submits_itself: bool,
    /// What was typed before the widget was there.
    pub typed: String,
}

/// A way in: one of the methods by its place, or a backup code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginMethod {
    /// By its place in [`LoginOpening::methods`].
    Method(usize),
    /// A backup code.
    Backup,
}

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefusal {
    /// The code has another shape.
    Code(CodeError),
    /// The backup code is mistyped: told without asking anybody.
    Backup(BackupCodeError),
    /// The service could not be asked.
    Unreachable,
    /// The service refused.
    Service {
        /// Why.
        code: ErrorCode,
        /// When it may go on.
        retry_at: Option<Now>,
        /// How many tries are left.
        attempts_left: Option<u32>,
        /// How often in a row a code was wrong here.
        times: u32,
    },
}

/// What was right.
#[derive(Debug)]
pub struct Verified {
    /// For the host.
    pub result_code: String,
    /// Good backup codes.
    pub backup_codes_left: u32,
    /// When the service answered.
    pub answered_at: Now,
}

/// Where the person is.
#[derive(Debug)]
pub enum LoginStep {
    /// Type the code of an app, a text or a call.
    Code {
        /// Whose.
        place: usize,
        /// What was sent, for a phone.
        challenge: Option<Box<ChallengeView>>,
    },
    /// Type a backup code.
    Backup,
    /// All ways.
    MethodPicker,
    /// None of them works.
    Recovery,
    /// "I did not ask for this code."
    Report,
    /// In, with few backup codes left.
    LowBackupCodes(Verified),
}

/// Signing in.
#[derive(Debug)]
pub struct SigningIn {
    /// What the service said.
    pub opening: LoginOpening,
    /// The code field, and the second one.
    pub typed: [String; 2],
    /// The backup code field.
    pub typed_backup: String,
    /// "Do not ask in this browser".
    pub trust: bool,
    /// How the last question fares.
    pub asked: RequestState<LoginRefusal>,
    /// Whether the last copy of the summary for support worked, where one was made.
    pub copied: Option<bool>,
    /// Where the person is.
    pub step: LoginStep,
    /// Where "back" leads.
    pub(super) way: LoginMethod,
    /// What was sent to a phone whose screen was left: it is still good.
    pub(super) kept: Option<(usize, Box<ChallengeView>)>,
    /// Whose code was ordered last: the answer may come after the person has gone to another
    /// method.
    pub(super) ordered: usize,
    /// Wrong codes in a row.
    pub(super) times: u32,
    /// The codes that were sent last: they are not sent again by themselves.
    pub(super) sent: [String; 2],
}

/// Where the widget stands.
#[derive(Debug)]
pub enum Login {
    /// The first answer is awaited.
    Loading,
    /// The service could not be reached at the start.
    Unavailable(RequestError),
    /// The person is signing in.
    SigningIn(Box<SigningIn>),
    /// The person did not ask for this code: what that ended, and who got in before.
    Reported(Box<Reported>),
    /// Over without a result.
    Ended(EndReason),
    /// Over, and the host has been told.
    Completed,
}

/// What became of a report.
#[derive(Debug)]
pub struct Reported {
    /// Who was let in within the last day, the newest first: when, and what the host said of the
    /// place.
    pub logins: Vec<(Now, Option<String>)>,
    /// Whether the host is told, and ends every session.
    pub host_notified: bool,
    /// Where the person changes the password.
    pub password_url: Option<String>,
}

/// What happens.
#[derive(Debug)]
pub enum LoginEvent {
    /// The service described the flow.
    Opened(Box<LoginOpening>),
    /// The service could not be asked, or refused.
    NotOpened(RequestError),
    /// "Try again", or "Start again".
    Again,
    /// "Back".
    Back,
    /// The main button.
    Submit,
    /// The code field changed.
    Typed(String),
    /// The second code's field changed.
    SecondTyped(String),
    /// The backup code's field changed.
    BackupTyped(String),
    /// "Do not ask in this browser" changed.
    Trust(bool),
    /// "Try another way".
    MethodPicker,
    /// One of them.
    Choose(LoginMethod),
    /// "None of these works".
    Recover,
    /// "Copy" beside the summary for support.
    CopySummary,
    /// Whether the summary could be copied.
    Copied(bool),
    /// "Send the code": the same number, this way.
    Send(Channel, CallConfirmation),
    /// "Send again": the same code.
    Resend,
    /// "Send again": a new code in place of one that is over.
    Renew,
    /// The code that was ordered last was sent, for the first time or again.
    Ordered(Box<ChallengeView>),
    /// The code that was ordered last was not sent.
    NotOrdered(PhoneRefusal),
    /// A message fares differently.
    Changed(Box<ChallengeView>),
    /// The code was right.
    Verified(Box<Verified>),
    /// The code of this way was not taken.
    Refused(LoginMethod, LoginRefusal),
    /// "I did not ask for this code."
    ReportUnrequested,
    /// The report is in; where the password is changed is known here.
    Reported(Box<Reported>),
    /// The report is not in.
    NotReported(LoginRefusal),
    /// The flow's life is over.
    TimeUp,
}

/// What the shell shall do.
#[derive(Debug)]
pub enum LoginEffect {
    /// Ask the service for the flow.
    Open,
    /// Order a code for one of the person's phones.
    Order {
        /// Whose.
        method_id: String,
        /// How it is to come.
        channel: Channel,
        /// What a call waits for.
        confirmation: CallConfirmation,
    },
    /// Order the same code again.
    Resend(String),
    /// Ask whether a code is right.
    Verify {
        /// By which way: the answer names it.
        way: LoginMethod,
        /// Whose.
        method_id: String,
        /// As the service takes it.
        code: String,
        /// The next one, where two are asked for.
        second: Option<String>,
        /// Whether this browser is to be trusted.
        trust: bool,
    },
    /// Copy the summary for support.
    CopySummary,
    /// Report a code that nobody asked for.
    Report,
    /// Hand the result to the host.
    Complete(String),
    /// Ask the host for a new flow.
    Restart,
}

impl Login {
    /// What belongs to signing in; `None` on screens that have none of it.
    pub fn signing(&self) -> Option<&SigningIn> {
        match self {
            Self::SigningIn(signing) => Some(signing),
            Self::Loading
            | Self::Unavailable(_)
            | Self::Reported(_)
            | Self::Ended(_)
            | Self::Completed => None,
        }
    }
}

impl Machine for Login {
    type Event = LoginEvent;
    type Effect = LoginEffect;

    fn loading() -> Self {
        Self::Loading
    }

    fn open() -> LoginEffect {
        LoginEffect::Open
    }

    fn on(self, event: LoginEvent, now: Now) -> (Self, Option<LoginEffect>) {
        match self {
            Self::Loading => match event {
                LoginEvent::Opened(opening) => SigningIn::begin(*opening),
                LoginEvent::NotOpened(trouble) => match ending_for(trouble) {
                    Some(ending) => (Self::Ended(ending), None),
                    None => (Self::Unavailable(trouble), None),
                },
                _other => (Self::Loading, None),
            },
            Self::Unavailable(trouble) => match event {
                LoginEvent::Again => (Self::Loading, Some(LoginEffect::Open)),
                LoginEvent::TimeUp => (Self::Ended(EndReason::Expired), None),
                _other => (Self::Unavailable(trouble), None),
            },
            Self::SigningIn(signing) => signing.on(event, now),
            Self::Ended(ending) => match event {
                LoginEvent::Again => (Self::Ended(ending), Some(LoginEffect::Restart)),
                _other => (Self::Ended(ending), None),
            },
            Self::Reported(reported) => match event {
                LoginEvent::Again => (Self::Reported(reported), Some(LoginEffect::Restart)),
                _other => (Self::Reported(reported), None),
            },
            Self::Completed => (Self::Completed, None),
        }
    }

    fn retry_at(&self) -> Option<Now> {
        None
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        match self {
            Self::SigningIn(signing) => match &signing.step {
                LoginStep::Code { challenge, .. } => challenge.as_deref(),
                _other => None,
            },
            Self::Loading
            | Self::Unavailable(_)
            | Self::Reported(_)
            | Self::Ended(_)
            | Self::Completed => None,
        }
    }

    fn would_lose(&self) -> bool {
        false
    }

    fn code_typed(typed: String) -> LoginEvent {
        LoginEvent::Typed(typed)
    }

    fn changed(challenge: Box<ChallengeView>) -> LoginEvent {
        LoginEvent::Changed(challenge)
    }

    fn time_up() -> LoginEvent {
        LoginEvent::TimeUp
    }

    fn retry_due() -> LoginEvent {
        LoginEvent::Again
    }
}
