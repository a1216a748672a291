//! Passkeys: one that answers at a login, and one that is made in a set-up. The page asks the browser;
//! here is what the person sees meanwhile, and where it leads.

use nidan_protocol::{ErrorCode, MethodView, PASSKEYS_MAX};

use super::login::{LoginEffect, LoginMethod, LoginOpening, LoginRefusal, LoginStep, SigningIn};
use super::{EndReason, Enrolment, RequestState, SetUpEffect, Step};

impl SigningIn {
    /// Asks the browser for a passkey.
    pub(super) fn ask_for_passkey(&mut self) -> Option<LoginEffect> {
        let LoginStep::Passkey { place } = self.step else {
            return None;
        };
        let method = self.opening.methods.get(place)?;
        if !self.opening.browser_has_passkeys || !method.state.takes_codes() {
            return None;
        }
        let method_id = method.id.clone();
        self.asked = RequestState::Waiting;
        Some(LoginEffect::AskForPasskey {
            way: LoginMethod::Method(place),
            method_id,
            except: None,
            trust: self.trust,
            lost: self.lost_but(Some(place)),
        })
    }

    /// Whether a way is a passkey.
    pub(super) fn is_passkey(&self, way: LoginMethod) -> bool {
        let LoginMethod::Method(place) = way else {
            return false;
        };
        let method = self.opening.methods.get(place);
        method.is_some_and(|method| !method.kind.class().has_codes())
    }

    /// Whether the method at this place can be called lost at a login: of several passkeys, which are
    /// one way here, it is said where they are managed.
    pub fn may_be_lost(&self, place: usize) -> bool {
        self.opening.passkeys < 2 || !self.is_passkey(LoginMethod::Method(place))
    }
}

/// What a browser does not do is no refusal of the service.
impl LoginRefusal {
    /// Whether the person, or the browser, has ended it before there was an answer: nothing is wrong.
    pub const fn is_of_browser(self) -> bool {
        match self {
            Self::Cancelled | Self::Browser => true,
            Self::Code(_)
            | Self::SecondCode(_)
            | Self::Backup(_)
            | Self::Unreachable
            | Self::Service { .. } => false,
        }
    }
}

/// Makes of several passkeys one way in: whichever of them is at hand answers. The first one stands for
/// all; `best` may be any of them. Returns how many there are.
pub fn merge_passkeys(methods: &mut Vec<MethodView>, best: &mut Option<String>) -> usize {
    let is_key = |method: &&MethodView| !method.kind.class().has_codes();
    let keys = methods.iter().filter(is_key);
    let ids: Vec<String> = keys.map(|method| method.id.clone()).collect();
    // One that counts stands for them, where there is one.
    let counts = |method: &&MethodView| ids.contains(&method.id) && method.state.takes_codes();
    let stands = methods.iter().find(counts).map(|method| &method.id);
    let Some(first) = stands.or(ids.first()).cloned() else {
        return 0;
    };
    methods.retain(|method| method.id == first || !ids.contains(&method.id));
    if best.as_ref().is_some_and(|best| ids.contains(best)) {
        *best = Some(first);
    }
    ids.len()
}

impl LoginOpening {
    /// A passkey has answered in this browser before: a login here begins with it, where one counts.
    pub fn begin_with_passkey(&mut self) {
        let is_key = |method: &&MethodView| !method.kind.class().has_codes();
        let counts = |method: &&MethodView| is_key(method) && method.state.takes_codes();
        let mut methods = self.methods.iter();
        if self.browser_has_passkeys
            && let Some(key) = methods.find(counts)
        {
            self.best = Some(key.id.clone());
        }
    }
}

/// A passkey that was made in this set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadePasskey {
    /// The ceremony that has made it.
    pub ceremony_id: String,
    /// What the person calls it.
    pub name: String,
}

/// Why a passkey was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyRefusal {
    /// The person has ended it, or nothing that fits was at hand: nothing is wrong.
    Cancelled,
    /// What was at hand has a passkey of this account already.
    Known,
    /// The browser cannot.
    Browser,
    /// The service could not be asked.
    Unreachable,
    /// The service refused.
    Service(ErrorCode),
}

impl Enrolment {
    /// Whether one more passkey may be made.
    pub(super) const fn has_room_for_passkey(&self) -> bool {
        self.opening.browser_has_passkeys && self.passkeys.len() < PASSKEYS_MAX
    }

    /// Asks the browser to make a passkey; once more, where it has left without a word.
    pub(super) fn make_passkey(&mut self) -> Option<SetUpEffect> {
        let Step::Passkey { asking } = &mut self.step else {
            return None;
        };
        *asking = RequestState::Waiting;
        let mut named = String::new();
        for made in &self.passkeys {
            named.push_str(&made.ceremony_id);
            named.push(' ');
        }
        Some(SetUpEffect::MakePasskey(named))
    }

    /// It is made. Where the person has gone on meanwhile nothing comes of it: the set-up does not name
    /// it, and what holds it may make another one.
    pub(super) fn on_passkey_made(&mut self, ceremony_id: String, suggestion: String) {
        if let Step::Passkey {
            asking: RequestState::Waiting,
        } = self.step
        {
            self.passkey_name = suggestion;
            self.step = Step::PasskeyName { ceremony_id };
        }
    }

    /// It is not made.
    ///
    /// # Errors
    /// What ends the set-up itself.
    pub(super) fn on_passkey_not_made(&mut self, refusal: PasskeyRefusal) -> Result<(), EndReason> {
        if let PasskeyRefusal::Service(code) = refusal {
            // The set-up's tries are spent, and those of its end with them.
            if code == ErrorCode::TooManyAttempts {
                return Err(EndReason::Expired);
            }
            if let Some(reason) = EndReason::of_flow(code) {
                return Err(reason);
            }
        }
        if let Step::Passkey { asking } = &mut self.step
            && *asking == RequestState::Waiting
        {
            *asking = RequestState::Refused(refusal);
        }
        Ok(())
    }

    /// The new passkey has its name.
    pub(super) fn name_passkey(&mut self) {
        let Step::PasskeyName { ceremony_id } = &mut self.step else {
            return;
        };
        self.passkeys.push(MadePasskey {
            ceremony_id: std::mem::take(ceremony_id),
            name: std::mem::take(&mut self.passkey_name).trim().to_owned(),
        });
        self.step = self.after_method();
    }
}
