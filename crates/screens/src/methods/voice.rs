//! A code that is read out in a call.

use super::Card;
use crate::messages::Msg;

/// The words of its card, where a method is chosen.
pub(super) const CARD: Card = Card {
    what: Msg::MethodVoiceWhat,
    choose: Msg::MethodVoiceUse,
};
/// Its words among the ways to sign in: takes `hint`.
pub(super) const WAY: Msg = Msg::LoginWayVoice;
/// Its words when it is set up: takes `account` and `date`, or `hint` and `name`.
pub(super) const DONE: Msg = Msg::DoneVoice;
