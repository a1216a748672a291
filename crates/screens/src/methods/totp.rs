//! An authenticator app.

use super::Card;
use crate::messages::Msg;

/// The words of its card, where a method is chosen.
pub(super) const CARD: Card = Card {
    what: Msg::MethodTotpWhat,
    choose: Msg::MethodUse,
};
/// Its words among the ways to sign in: takes `hint`.
pub(super) const WAY: Msg = Msg::LoginWayApp;
/// Its words when it is set up: takes `account` and `date`, or `hint` and `name`.
pub(super) const DONE: Msg = Msg::DoneMethod;
