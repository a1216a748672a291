//! A passkey or a security key.

use super::Card;
use crate::messages::Msg;

/// The words of its card, where a method is chosen.
pub(super) const CARD: Card = Card {
    what: Msg::MethodPasskeyWhat,
    choose: Msg::MethodPasskeyUse,
};
/// Its words among the ways to sign in.
pub(super) const WAY: Msg = Msg::MethodPasskeyName;
/// Its words when it is set up: takes `name`.
pub(super) const DONE: Msg = Msg::DonePasskey;
