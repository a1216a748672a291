//! A code by text message.

use super::{Card, Words};
use crate::messages::Msg;

/// What people read of it.
pub(super) const WORDS: Words = Words {
    card: Card {
        name: Msg::MethodSmsName,
        what: Msg::MethodSmsWhat,
        needs: Msg::MethodSmsNeeds,
        strengths: Msg::MethodSmsStrengths,
        weaknesses: Msg::MethodSmsWeaknesses,
        choose: Msg::MethodSmsUse,
    },
    way: Msg::LoginWaySms,
    done: Msg::DoneSms,
};
