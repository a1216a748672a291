//! A passkey: the browser asks for it, on a sheet of its own. What is said here is beside that.

use nidan_flow::{Login, LoginRefusal, RequestState, SigningIn};
use nidan_protocol::MethodView;

use super::refusal::refusal;
use super::{LoginAction, LoginKey};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Content, Words};

impl<'a> Draft<'a, Login> {
    /// One button. While the browser asks, "try again" and "another way" are there: some browsers
    /// leave without a word.
    pub(super) fn passkey(&mut self, signing: &'a SigningIn) {
        self.title(Msg::PasskeyLoginTitle);
        self.account(signing);
        let takes_it = |method: &MethodView| method.state.takes_codes();
        let counts = signing.method().is_some_and(takes_it);
        let is_ready = counts && signing.opening.browser_has_passkeys;
        if signing.opening.needs_passkey {
            self.text(LoginKey::Needed, Msg::PasskeyNeeded);
        }
        if counts && !is_ready {
            self.text(LoginKey::Lead, no_passkeys(signing));
        }
        if is_ready {
            self.text(LoginKey::Lead, Msg::PasskeyLoginLead);
            self.words(LoginKey::Meanwhile, meanwhile(signing));
        }
        self.words(LoginKey::Refusal, refusal(signing, self.view.now));
        if is_ready {
            self.add(LoginKey::CodeForm, Content::Form(LoginAction::Submit));
            self.trust(signing);
            self.group(LoginKey::SubmitActions);
            self.button(LoginKey::Submit, again(signing), LoginAction::Submit);
        }
        self.ways_on(signing);
    }
}

/// What is said while the browser asks, and when it has ended without an answer: nothing is wrong then.
const fn meanwhile(signing: &SigningIn) -> Words<'_> {
    match signing.asked {
        RequestState::Waiting => Words::of(Msg::PasskeyWaits),
        RequestState::Refused(LoginRefusal::Cancelled) => Words::of(Msg::PasskeyCancelled),
        RequestState::Idle | RequestState::Refused(_) => Words::None,
    }
}

/// That the browser cannot, and what to do: where nothing else will do there is no other way.
pub(super) const fn no_passkeys(signing: &SigningIn) -> Msg {
    if signing.opening.needs_passkey {
        Msg::PasskeyNeededBrowser
    } else {
        Msg::PasskeyBrowser
    }
}

/// The same of a method that is held.
pub(super) const fn held(signing: &SigningIn) -> Msg {
    if signing.opening.needs_passkey {
        Msg::PasskeyNeededHeld
    } else {
        Msg::LoginHeld
    }
}

const fn again(signing: &SigningIn) -> Msg {
    match signing.asked {
        RequestState::Idle => Msg::PasskeyUse,
        RequestState::Waiting | RequestState::Refused(_) => Msg::CommonRetry,
    }
}
