//! A code by text message.

use super::Card;
use crate::messages::Msg;

/// The words of its card, where a method is chosen.
pub(super) const CARD: Card = Card {
    name: Msg::MethodSmsName,
    what: Msg::MethodSmsWhat,
    needs: Msg::MethodSmsNeeds,
    strengths: Msg::MethodSmsStrengths,
    weaknesses: Msg::MethodSmsWeaknesses,
    choose: Msg::MethodSmsUse,
};
/// Its words among the ways to sign in: takes `hint`.
pub(super) const WAY: Msg = Msg::LoginWaySms;
/// Its words when it is set up: takes `account` and `date`, or `hint` and `name`.
pub(super) const DONE: Msg = Msg::DoneSms;
