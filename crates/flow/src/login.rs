//! The code at login as a pure state machine. Nothing is decided here that the service does not
//! decide again.

use nidan_otp::{BackupCode, BackupCodeError, Code, CodeError};
use nidan_protocol::{CallConfirmation, ChallengeView, Channel, ErrorCode, MethodView};

use zeroize::Zeroizing;

use super::{CodeEntry, Lifecycle, LostMethods, Now, PhoneRefusal, RequestState};

/// A login, from the first question to the signed result.
pub type Login = Lifecycle<SigningIn>;

/// What the service said of the flow.
#[derive(Clone)]
pub struct LoginOpening {
    /// The site.
    pub issuer: String,
    /// The account.
    pub account: String,
    /// The person's methods.
    pub methods: Vec<MethodView>,
    /// The one to begin with.
    pub best: Option<String>,
    /// How many passkeys the person has: they are one of the methods ([`crate::merge_passkeys`]).
    pub passkeys: usize,
    /// Whether this browser can use one here.
    pub browser_has_passkeys: bool,
    /// Whether nothing but a passkey will do: the host says so.
    pub needs_passkey: bool,
    /// Good [backup codes](BackupCode).
    pub backup_codes_left: u32,
    /// Whether the host's support has made a code for it.
    pub temporary_code: bool,
    /// Whether another browser of the person can approve it.
    pub approval: bool,
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

/// A way in: one of the methods by its place, or a [backup code](BackupCode).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub enum LoginMethod {
    /// By its place in [`LoginOpening::methods`].
    Method(usize),
    /// A [backup code](BackupCode).
    Backup,
    /// The code that the host's support has made: it is as long as a backup code, and typed in its
    /// field.
    Temporary,
    /// The code that another browser shows.
    Approval,
}

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefusal {
    /// The code has another shape.
    Code(CodeError),
    /// The second of two codes has another shape.
    SecondCode(CodeError),
    /// The [backup code](BackupCode) is mistyped: refused without asking the service.
    Backup(BackupCodeError),
    /// The person has ended what the browser asked, or nothing that fits was at hand.
    Cancelled,
    /// The browser cannot ask for a passkey here.
    Browser,
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
        /// Whether two codes were asked about.
        of_two: bool,
    },
}

impl From<PhoneRefusal> for LoginRefusal {
    /// Somebody who logs in types no number, and is shown none.
    fn from(refusal: PhoneRefusal) -> Self {
        match refusal {
            PhoneRefusal::Service {
                code,
                retry_at,
                attempts_left,
            } => Self::Service {
                code,
                retry_at,
                attempts_left,
                times: 0,
                of_two: false,
            },
            PhoneRefusal::Code(error) => Self::Code(error),
            PhoneRefusal::Number(_) | PhoneRefusal::Unreachable => Self::Unreachable,
        }
    }
}

/// What was right.
pub struct Verified {
    /// For the host.
    pub result_code: String,
    /// Good [backup codes](BackupCode).
    pub backup_codes_left: u32,
    /// When the service answered.
    pub answered_at: Now,
}

/// What became of a report.
pub struct Reported {
    /// Who was let in within the last day, the newest first: when, and what the host said of the
    /// place.
    pub logins: Vec<(Now, Option<String>)>,
    /// Whether the host is notified, and ends every session.
    pub host_notified: bool,
    /// Where the person changes the password.
    pub password_url: Option<String>,
}

/// Where the person is.
pub enum LoginStep {
    /// Type the code of an app, a text or a call.
    Code {
        /// Whose.
        place: usize,
        /// What was sent, for a phone.
        challenge: Option<Box<ChallengeView>>,
    },
    /// Use a passkey.
    Passkey {
        /// The place of the method that stands for all of them.
        place: usize,
    },
    /// Type a [backup code](BackupCode), or the code of the host's support
    /// ([`SigningIn::is_temporary`]).
    Backup,
    /// Ask another browser, and type its code.
    Approval,
    /// All ways.
    MethodPicker,
    /// Which of them was on the lost phone.
    LostPicker,
    /// None of them works.
    Recovery,
    /// "This sign-in is not mine."
    Report,
    /// That was said: what it ended, and who got in before.
    Reported(Box<Reported>),
    /// In, with few [backup codes](BackupCode) left.
    LowBackupCodes(Verified),
}

/// Signing in.
pub struct SigningIn {
    /// What the service said.
    pub opening: LoginOpening,
    /// The code field, and the second one.
    pub codes: [CodeEntry; 2],
    /// The [backup code](BackupCode) field.
    pub typed_backup: Zeroizing<String>,
    /// "Do not ask in this browser".
    pub trust: bool,
    /// The state of the latest request.
    pub asked: RequestState<LoginRefusal>,
    /// Where the person is.
    pub step: LoginStep,
    /// Whether the help for a code that does not arrive is open.
    pub is_helping: bool,
    /// Whether another browser was asked, and its code is awaited.
    pub(super) is_approval_asked: bool,
    /// Whether that question is still on its way.
    pub(super) is_asking_for_approval: bool,
    /// Whether it cannot be asked any more.
    pub(super) is_approval_closed: bool,
    /// What the person called lost.
    pub(super) lost: LostMethods,
    /// Where "back" leads.
    pub(super) way: LoginMethod,
    /// What was sent to a phone whose screen was left: it is still good.
    pub(super) kept: Option<(usize, Box<ChallengeView>)>,
    /// Whose code was ordered last: the answer may come after the person has gone to another
    /// method.
    pub(super) ordered: Option<usize>,
    /// Whether that order is not answered yet.
    pub(super) is_ordering: bool,
    /// Wrong codes in a row.
    pub(super) times: u32,
}

/// What happens at a login.
pub enum LoginEvent {
    /// The person goes somewhere.
    Go(LoginNav),
    /// The person types or ticks something.
    Enter(LoginInput),
    /// The person has a code sent.
    Phone(LoginPhone),
    /// The service answers.
    Answer(LoginAnswer),
}

/// Where a person goes at a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginNav {
    /// "Back".
    Back,
    /// The main button.
    Submit,
    /// "Try another way".
    MethodPicker,
    /// One of them; where it is asked what was on a lost phone, that it was or was not.
    Choose(LoginMethod),
    /// "I have lost my phone."
    Lose,
    /// "Ask for the code" of another browser.
    AskForApproval,
    /// "None of these works".
    Recover,
    /// "This sign-in is not mine."
    ReportUnrequested,
}

/// What a person types or ticks at a login.
pub enum LoginInput {
    /// The code field.
    Code(String),
    /// The second code's field.
    SecondCode(String),
    /// The [backup code](BackupCode)'s field.
    Backup(String),
    /// "Do not ask in this browser".
    Trust(bool),
}

/// What a person has sent at a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginPhone {
    /// "Send the code": the same number, this way.
    Send(Channel, CallConfirmation),
    /// "Send again": the same code.
    Resend,
    /// "Send again": a new code in place of one that is over.
    Renew,
    /// "The code does not arrive."
    Help,
}

/// What the service answers at a login.
pub enum LoginAnswer {
    /// The code that was ordered last was sent, for the first time or again.
    Ordered(Box<ChallengeView>),
    /// The code that was ordered last was not sent.
    NotOrdered(LoginRefusal),
    /// The delivery status of a message changed.
    Changed(Box<ChallengeView>),
    /// The other browsers were asked.
    ApprovalAsked,
    /// They were not.
    ApprovalNotAsked(LoginRefusal),
    /// The code was right.
    Verified(Box<Verified>),
    /// The code of this way was not taken.
    Refused(LoginMethod, LoginRefusal),
    /// The report is in; where the password is changed is known here.
    Reported(Box<Reported>),
    /// The report is not in.
    NotReported(LoginRefusal),
}

/// A code that is asked about. It stays one until the line that sends it.
pub enum Presented {
    /// One code.
    Code(Code),
    /// A code and the next one, where two are asked for.
    Pair(Code, Code),
    /// A backup code.
    Backup(BackupCode),
}

/// What the shell shall do.
pub enum LoginEffect {
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
        /// What is asked about.
        presented: Presented,
        /// Whether this browser is to be trusted.
        trust: bool,
        /// The ids of the methods that go out of use with it, each before a space.
        lost: String,
    },
    /// Ask the person's other browsers for a code.
    AskForApproval,
    /// Ask the browser for a passkey, and the service whether its answer holds.
    AskForPasskey {
        /// By which way: the answer names it.
        way: LoginMethod,
        /// The one that stands for all of them; where one is tested, that one.
        method_id: String,
        /// The id of one that may not answer, because it is to go.
        except: Option<String>,
        /// Whether this browser is to be trusted.
        trust: bool,
        /// The ids of the methods that go out of use with it, each before a space.
        lost: String,
    },
    /// Show what may keep a code from coming this way.
    ShowHelp(Channel),
    /// Report a code that nobody asked for.
    Report,
}
