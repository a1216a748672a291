//! What a person can do at a login.

use nidan_flow::{LoginEvent, LoginMethod};
use nidan_protocol::{CallConfirmation, Channel};

use crate::Input;

/// What a block of a login's screens does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginAction {
    /// The main thing of the screen: asks about the code, reports, goes on.
    Submit,
    /// Goes back.
    Back,
    /// Tries again, or begins again.
    Again,
    /// Types the code.
    TypeCode,
    /// Types the second code.
    TypeSecondCode,
    /// Types the backup code.
    TypeBackupCode,
    /// Ticks or clears "do not ask in this browser".
    Trust,
    /// Shows all ways.
    PickMethod,
    /// Takes the method at the block's index.
    Choose,
    /// Takes a backup code.
    ChooseBackup,
    /// Has none of them.
    Recover,
    /// Orders a code for the number.
    Send(Channel, CallConfirmation),
    /// Orders the same code again.
    Resend,
    /// Orders a new code in place of one that is over.
    Renew,
    /// "I did not ask for this code."
    ReportUnrequested,
    /// Copies what support needs to know.
    Copy,
}

impl LoginAction {
    /// What it is to the state machine.
    pub(crate) fn event(self, index: u8, input: Input) -> LoginEvent {
        match self {
            Self::Submit => LoginEvent::Submit,
            Self::Back => LoginEvent::Back,
            Self::Again => LoginEvent::Again,
            Self::TypeCode => LoginEvent::Typed(input.text()),
            Self::TypeSecondCode => LoginEvent::SecondTyped(input.text()),
            Self::TypeBackupCode => LoginEvent::BackupTyped(input.text()),
            Self::Trust => LoginEvent::Trust(input.is_ticked()),
            Self::PickMethod => LoginEvent::MethodPicker,
            Self::Choose => LoginEvent::Choose(LoginMethod::Method(index.into())),
            Self::ChooseBackup => LoginEvent::Choose(LoginMethod::Backup),
            Self::Recover => LoginEvent::Recover,
            Self::Send(channel, confirmation) => LoginEvent::Send(channel, confirmation),
            Self::Resend => LoginEvent::Resend,
            Self::Renew => LoginEvent::Renew,
            Self::ReportUnrequested => LoginEvent::ReportUnrequested,
            Self::Copy => LoginEvent::CopySummary,
        }
    }
}
