//! A code that is read out in a call.

use super::{Card, Words};
use crate::messages::Msg;

/// What people read of it.
pub(super) const WORDS: Words = Words {
    card: Card {
        name: Msg::MethodVoiceName,
        what: Msg::MethodVoiceWhat,
        needs: Msg::MethodVoiceNeeds,
        strengths: Msg::MethodVoiceStrengths,
        weaknesses: Msg::MethodVoiceWeaknesses,
        choose: Msg::MethodVoiceUse,
    },
    way: Msg::LoginWayVoice,
    done: Msg::DoneVoice,
};
