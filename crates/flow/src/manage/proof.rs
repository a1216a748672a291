//! A login's stage in the middle of the page: what a code is typed for, and where it leads.

use super::{CodeGoes, ManageEffect, ManageStep, Managing, ProofFor, Proving, Question, Wish};
use crate::lifecycle::{Outcome, Stage as _};
use crate::login::{LoginEvent, LoginNav, LoginStep};
use crate::{LoginEffect, LoginOpening, Now, RequestState, SigningIn};

impl Managing {
    /// To a code of one of the methods, or of the one that is tested.
    pub(super) fn prove(&mut self, proof_for: ProofFor) -> Option<ManageEffect> {
        let mut opening = self.opening.login.clone();
        let count = opening.methods.len();
        match &proof_for {
            ProofFor::Test(place) => {
                let id = self.methods().get(*place)?.id.clone();
                only(&mut opening, |method| method == id);
                opening.backup_codes_left = 0;
                opening.recovery_url = None;
                opening.best = Some(id);
            }
            // What goes does not prove its own going.
            ProofFor::Change(Wish::Remove { id } | Wish::Hold { id }) => {
                only(&mut opening, |method| method != id);
            }
            ProofFor::Opening | ProofFor::Change(_) | ProofFor::TurningOff | ProofFor::Report => {}
        }
        let without_one = match proof_for {
            ProofFor::Change(_) => opening.methods.len() < count,
            ProofFor::Opening | ProofFor::Test(_) | ProofFor::TurningOff | ProofFor::Report => {
                false
            }
        };
        let (signing, effect) = SigningIn::begin(opening);
        self.asked = RequestState::Idle;
        self.step = ManageStep::Proving(Box::new(Proving {
            signing,
            proof_for,
            without_one,
        }));
        effect.map(|effect| self.of_proof(effect))
    }

    /// Where the code of a proof goes.
    fn of_proof(&self, effect: LoginEffect) -> ManageEffect {
        let goes = match &self.step {
            ManageStep::Proving(proving) => match proving.proof_for {
                ProofFor::Test(_) => CodeGoes::Test,
                ProofFor::TurningOff => CodeGoes::TurnOff(self.request_id()),
                ProofFor::Opening | ProofFor::Change(_) | ProofFor::Report => CodeGoes::Proof,
            },
            ManageStep::Overview
            | ManageStep::Method(_)
            | ManageStep::Naming { .. }
            | ManageStep::Asking(_)
            | ManageStep::PauseReason
            | ManageStep::PauseHours(_)
            | ManageStep::Browsers(_)
            | ManageStep::Record(_) => CodeGoes::Proof,
        };
        ManageEffect::Proof(effect, goes)
    }

    pub(super) fn on_proof(mut self: Box<Self>, event: LoginEvent, now: Now) -> Outcome<Self> {
        let ManageStep::Proving(proving) = &self.step else {
            // Late news of a screen that was left.
            return Outcome::stays(self);
        };
        // Whoever looks at something else has been here before.
        let leaves = matches!(event, LoginEvent::Go(LoginNav::Back))
            && match (&proving.signing.step, &proving.proof_for) {
                (_, ProofFor::Opening) => false,
                (LoginStep::Report, ProofFor::Report) => true,
                (LoginStep::Code { .. } | LoginStep::Backup, _) => true,
                (
                    LoginStep::MethodPicker
                    | LoginStep::Recovery
                    | LoginStep::Report
                    | LoginStep::Reported(_)
                    | LoginStep::LowBackupCodes(_),
                    _,
                ) => false,
            };
        if leaves {
            let effect = self.leave_proof();
            return Outcome::Active(self, effect);
        }
        let step = std::mem::replace(&mut self.step, ManageStep::Overview);
        let ManageStep::Proving(mut proving) = step else {
            return Outcome::stays(self);
        };
        match proving.signing.on(event, now) {
            Outcome::Active(signing, effect) => {
                proving.signing = signing;
                self.step = ManageStep::Proving(proving);
                let effect = effect.map(|effect| self.of_proof(effect));
                Outcome::Active(self, effect)
            }
            Outcome::Ended(reason) => Outcome::Ended(reason),
            // No code of a login is answered here.
            Outcome::Completed(code) => Outcome::Completed(code),
        }
    }

    /// Back to where the proof was asked for.
    fn leave_proof(&mut self) -> Option<ManageEffect> {
        let ManageStep::Proving(proving) = &self.step else {
            return None;
        };
        self.step = match proving.proof_for {
            ProofFor::Test(place) => ManageStep::Method(place),
            ProofFor::TurningOff => ManageStep::Asking(Question::TurnOff),
            ProofFor::Opening | ProofFor::Change(_) | ProofFor::Report => ManageStep::Overview,
        };
        None
    }

    /// "That was not me": the login's own question.
    pub(super) fn report(&mut self) -> Option<ManageEffect> {
        let (mut signing, _nothing_is_sent) = SigningIn::begin(LoginOpening {
            auto_send: false,
            ..self.opening.login.clone()
        });
        signing.leave_for(LoginStep::Report);
        self.done = None;
        self.step = ManageStep::Proving(Box::new(Proving {
            signing,
            proof_for: ProofFor::Report,
            without_one: false,
        }));
        None
    }
}

/// Leaves those methods out of which this is not so.
fn only(opening: &mut LoginOpening, is_so: impl Fn(&str) -> bool) {
    opening.methods.retain(|method| is_so(&method.id));
    opening.best = opening.best.take().filter(|best| is_so(best));
    if opening.best.is_none() {
        opening.best = opening.methods.first().map(|method| method.id.clone());
    }
}
