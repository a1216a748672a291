//! What a person can do on the page on which logins are approved.

use nidan_flow::{ApproveEvent, ApproveNav, Approving, Event};

/// What a block of its screens does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApproveAction {
    /// "It is me", of the login at the block's index.
    Show,
    /// "It is not me."
    Report,
    /// The main thing of the screen: says so, or asks for the code once more.
    Send,
    /// Goes back.
    Back,
    /// Tries again, or begins again.
    Again,
}

impl ApproveAction {
    /// What it is to the state machine.
    pub(super) fn event(self, index: u8) -> Event<Approving> {
        Event::On(ApproveEvent::Go(match self {
            Self::Again => return Event::Again,
            Self::Show => ApproveNav::Show(index.into()),
            Self::Report => ApproveNav::Report,
            Self::Send => ApproveNav::Send,
            Self::Back => ApproveNav::Back,
        }))
    }
}
