//! What a person can do at a login.

use nidan_flow::{Event, LoginEvent, LoginInput, LoginMethod, LoginNav, LoginPhone, SigningIn};
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
    /// "I have lost my phone."
    Lose,
    /// Takes the method at the block's index.
    Choose,
    /// Takes a backup code.
    ChooseBackup,
    /// The code of the host's support.
    ChooseTemporary,
    /// Takes the code of another browser.
    ChooseApproval,
    /// Asks that browser.
    AskForApproval,
    /// Has none of them.
    Recover,
    /// Orders a code for the number.
    Send(Channel, CallConfirmation),
    /// Orders the same code again.
    Resend,
    /// Orders a new code in place of one that is over.
    Renew,
    /// "The code does not arrive."
    Help,
    /// "This sign-in is not mine."
    ReportUnrequested,
}

impl LoginAction {
    /// What it is to the state machine.
    pub(crate) fn event(self, index: u8, input: Input) -> Event<SigningIn> {
        let go = LoginEvent::Go;
        let enter = LoginEvent::Enter;
        let phone = LoginEvent::Phone;
        Event::On(match self {
            Self::Again => return Event::Again,
            Self::Submit => go(LoginNav::Submit),
            Self::Back => go(LoginNav::Back),
            Self::PickMethod => go(LoginNav::MethodPicker),
            Self::Lose => go(LoginNav::Lose),
            Self::Choose => go(LoginNav::Choose(LoginMethod::Method(index.into()))),
            Self::ChooseBackup => go(LoginNav::Choose(LoginMethod::Backup)),
            Self::ChooseTemporary => go(LoginNav::Choose(LoginMethod::Temporary)),
            Self::ChooseApproval => go(LoginNav::Choose(LoginMethod::Approval)),
            Self::AskForApproval => go(LoginNav::AskForApproval),
            Self::Recover => go(LoginNav::Recover),
            Self::ReportUnrequested => go(LoginNav::ReportUnrequested),
            Self::TypeCode => enter(LoginInput::Code(input.text())),
            Self::TypeSecondCode => enter(LoginInput::SecondCode(input.text())),
            Self::TypeBackupCode => enter(LoginInput::Backup(input.text())),
            Self::Trust => enter(LoginInput::Trust(input.is_ticked())),
            Self::Send(channel, confirmation) => phone(LoginPhone::Send(channel, confirmation)),
            Self::Resend => phone(LoginPhone::Resend),
            Self::Renew => phone(LoginPhone::Renew),
            Self::Help => phone(LoginPhone::Help),
        })
    }
}
