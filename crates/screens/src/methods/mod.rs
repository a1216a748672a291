//! The words of each kind of method: a module a kind, and the one place that chooses among them.
//! Separate questions, so that a login does not carry the words of a set-up.

mod passkey;
mod sms;
mod totp;
mod voice;

use nidan_protocol::MethodKind;

use crate::messages::Msg;

/// The words of a card, on which a method is described and chosen.
#[derive(Clone, Copy)]
pub struct Card {
    /// How it works.
    pub what: Msg,
    /// The button that chooses it.
    pub choose: Msg,
}

/// The card of a kind.
pub const fn card(kind: MethodKind) -> Card {
    match kind {
        MethodKind::Totp => totp::CARD,
        MethodKind::Sms => sms::CARD,
        MethodKind::Voice => voice::CARD,
        MethodKind::Passkey => passkey::CARD,
    }
}

/// The words of a kind among the ways to sign in: takes `hint`.
pub const fn way(kind: MethodKind) -> Msg {
    match kind {
        MethodKind::Totp => totp::WAY,
        MethodKind::Sms => sms::WAY,
        MethodKind::Voice => voice::WAY,
        MethodKind::Passkey => passkey::WAY,
    }
}

/// The words of a kind when it is set up: takes `account` and `date`, or `hint` and `name`.
pub const fn done(kind: MethodKind) -> Msg {
    match kind {
        MethodKind::Totp => totp::DONE,
        MethodKind::Sms => sms::DONE,
        MethodKind::Voice => voice::DONE,
        MethodKind::Passkey => passkey::DONE,
    }
}
