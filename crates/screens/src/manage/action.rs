//! What a person can do where methods are managed.

use nidan_flow::{Event, ManageEvent, ManageNav, Managing};
use nidan_protocol::PauseReason;

use crate::Input;
use crate::login::LoginAction;

/// What a block of the page does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManageAction {
    /// Something of a proof.
    Proof(LoginAction),
    /// Tries again, or begins again.
    Again,
    /// The main thing of the screen.
    Submit,
    /// Goes back.
    Back,
    /// Opens the method at the block's index.
    Method,
    /// Types a name.
    TypeName,
    /// Asks for another name.
    Rename,
    /// Has logins begin with it, or no longer.
    Default,
    /// Tests it.
    Test,
    /// Says that it is lost.
    Lost,
    /// Says that it was found.
    Found,
    /// Takes it away.
    Remove,
    /// Pauses codes.
    Pause,
    /// Says why.
    Reason(PauseReason),
    /// Says for how long.
    Hours(u32),
    /// Asks for codes again.
    Resume,
    /// Turns two-step verification off.
    TurnOff,
    /// Shows the trusted browsers.
    Browsers,
    /// Asks again in the browser at the block's index.
    EndBrowser,
    /// Asks again in the others.
    EndOthers,
    /// Asks again in all.
    EndAll,
    /// Shows the record.
    Record,
    /// Shows its earlier lines.
    Earlier,
    /// Says that it was somebody else.
    Report,
    /// Undoes what was done just now.
    Undo,
    /// Goes back to the host.
    Finish,
}

impl ManageAction {
    /// What it is to the state machine.
    pub(crate) fn event(self, index: u8, input: Input) -> Event<Managing> {
        let to = match self {
            Self::Again => return Event::Again,
            Self::Proof(action) => return proof(action, index, input),
            Self::TypeName => return Event::On(ManageEvent::Name(input.text())),
            Self::Submit => ManageNav::Submit,
            Self::Back => ManageNav::Back,
            Self::Method => ManageNav::Method(index.into()),
            Self::Rename => ManageNav::Rename,
            Self::Default => ManageNav::Default,
            Self::Test => ManageNav::Test,
            Self::Lost => ManageNav::Lost,
            Self::Found => ManageNav::Found,
            Self::Remove => ManageNav::Remove,
            Self::Pause => ManageNav::Pause,
            Self::Reason(reason) => ManageNav::Reason(reason),
            Self::Hours(hours) => ManageNav::Hours(hours),
            Self::Resume => ManageNav::Resume,
            Self::TurnOff => ManageNav::TurnOff,
            Self::Browsers => ManageNav::Browsers,
            Self::EndBrowser => ManageNav::EndBrowser(index.into()),
            Self::EndOthers => ManageNav::EndOthers,
            Self::EndAll => ManageNav::EndAll,
            Self::Record => ManageNav::Record,
            Self::Earlier => ManageNav::Earlier,
            Self::Report => ManageNav::Report,
            Self::Undo => ManageNav::Undo,
            Self::Finish => ManageNav::Finish,
        };
        Event::On(ManageEvent::Go(to))
    }
}

fn proof(action: LoginAction, index: u8, input: Input) -> Event<Managing> {
    match action.event(index, input) {
        Event::On(event) => Event::On(ManageEvent::Proof(event)),
        Event::Again
        | Event::Opened(_)
        | Event::NothingToDo
        | Event::NotOpened(_)
        | Event::TimeUp => Event::Again,
    }
}
