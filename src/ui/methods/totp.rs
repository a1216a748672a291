//! An authenticator app.

use super::{Card, Words};
use crate::messages::Msg;

/// What people read of it.
pub(super) const WORDS: Words = Words {
    card: Card {
        name: Msg::MethodTotpName,
        what: Msg::MethodTotpWhat,
        needs: Msg::MethodTotpNeeds,
        strengths: Msg::MethodTotpStrengths,
        weaknesses: Msg::MethodTotpWeaknesses,
        choose: Msg::MethodUse,
    },
    way: Msg::LoginWayApp,
    done: Msg::DoneMethod,
};
