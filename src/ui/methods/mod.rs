//! What people read of each kind of method: a module a kind, and the one place that chooses.

mod sms;
mod totp;
mod voice;

use nidan_protocol::MethodKind;

use crate::messages::Msg;

/// The words of a kind.
#[derive(Clone, Copy)]
pub(super) struct Words {
    /// On its card, where a method is chosen.
    pub(super) card: Card,
    /// Among the ways to sign in: takes `hint`.
    pub(super) way: Msg,
    /// When it is set up: takes `account` and `date`, or `hint` and `name`.
    pub(super) done: Msg,
}

/// The words of a card.
#[derive(Clone, Copy)]
pub(super) struct Card {
    pub(super) name: Msg,
    pub(super) what: Msg,
    pub(super) needs: Msg,
    pub(super) strengths: Msg,
    pub(super) weaknesses: Msg,
    /// The button that chooses it.
    pub(super) choose: Msg,
}

/// The words of that kind.
pub(super) const fn words(kind: MethodKind) -> Words {
    match kind {
        MethodKind::Totp => totp::WORDS,
        MethodKind::Sms => sms::WORDS,
        MethodKind::Voice => voice::WORDS,
    }
}
