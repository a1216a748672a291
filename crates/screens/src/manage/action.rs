//! What a person can do where methods are managed.

use nidan_flow::{Event, ManageEvent, ManageNav, Managing};

use crate::Input;
use crate::login::LoginAction;

/// What a block of the page does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManageAction {
    /// Something of a proof.
    Proof(LoginAction),
    /// Tries again, or begins again.
    Again,
    /// Types a name.
    TypeName,
    /// Opens the method at the block's index.
    Method,
    /// Asks again in the browser at the block's index.
    EndBrowser,
    /// Goes somewhere, or does something.
    Go(ManageNav),
}

impl ManageAction {
    /// What it is to the state machine.
    pub(crate) fn event(self, index: u8, input: Input) -> Event<Managing> {
        let to = match self {
            Self::Again => return Event::Again,
            Self::Proof(action) => return proof(action, index, input),
            Self::TypeName => return Event::On(ManageEvent::Name(input.text())),
            Self::Method => ManageNav::Method(index.into()),
            Self::EndBrowser => ManageNav::EndBrowser(index.into()),
            Self::Go(to) => to,
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
