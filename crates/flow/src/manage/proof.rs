//! A login's stage in the middle of the page: what a code is typed for, and where it leads.

use nidan_protocol::{ErrorCode, ManagedMethod, MethodKind, MethodState, MethodView};

use super::{
    ChangeRefusal, CodeGoes, Listed, ManageAnswer, ManageEffect, ManageStep, Managing, ProofFor,
    Proving, Question,
};
use crate::lifecycle::{Outcome, Stage as _};
use crate::login::{LoginEvent, LoginNav, LoginStep};
use crate::{
    LoginAnswer, LoginEffect, LoginMethod, LoginOpening, LoginRefusal, Now, RequestState, SigningIn,
};

/// For how long what is new proves little, in seconds: see
/// docs/decisions/0033-cooling-and-overlap.md.
const COOLS_S: u64 = 86_400;

impl Managing {
    /// To a code of one of the methods, or of the one that is tested.
    pub(super) fn prove(&mut self, proof_for: ProofFor) -> Option<ManageEffect> {
        let mut opening = self.opening.login.clone();
        let count = opening.methods.len();
        if let Some(gone) = proof_for.gone() {
            self.leave_out(&mut opening, gone);
        }
        match &proof_for {
            ProofFor::Test(place) => {
                let id = self.methods().get(*place)?.id.clone();
                self.stand_for_passkeys(&mut opening, &id);
                only(&mut opening, |method| method == id);
                opening.backup_codes_left = 0;
                opening.recovery_url = None;
                opening.best = Some(id);
            }
            ProofFor::Change(_) => {
                self.leave_out_what_is_too_new(&mut opening);
                // Something is done by it: the last digit does not do that by itself.
                opening.submits_itself = false;
            }
            ProofFor::Adding(addition) => {
                if addition.wants_something_old() {
                    self.leave_out_what_is_too_new(&mut opening);
                }
            }
            ProofFor::TurningOff => opening.submits_itself = false,
            ProofFor::Opening | ProofFor::TestAfter(_) | ProofFor::Report => {}
        }
        let without_one = match proof_for {
            ProofFor::Change(_) | ProofFor::Adding(_) => opening.methods.len() < count,
            ProofFor::Opening
            | ProofFor::Test(_)
            | ProofFor::TestAfter(_)
            | ProofFor::TurningOff
            | ProofFor::Report => false,
        };
        self.proofs += 1;
        let (signing, effect) = SigningIn::begin(opening);
        self.asked = RequestState::Idle;
        self.step = ManageStep::Proving(Box::new(Proving {
            signing,
            proof_for,
            without_one,
            number: self.proofs,
        }));
        effect.map(|effect| self.of_proof(effect))
    }

    /// The passkey with this id stands for all of them, where it is one: no other one is meant.
    fn stand_for_passkeys(&self, opening: &mut LoginOpening, id: &str) {
        let is_key = |kind: MethodKind| !kind.class().has_codes();
        let mut known = self.methods().iter();
        let is_one = known.any(|method| method.id == id && is_key(method.kind));
        let mut ways = opening.methods.iter_mut();
        if let Some(way) = ways.find(|way| is_one && is_key(way.kind)) {
            way.id = id.to_owned();
        }
    }

    /// Leaves a method out. Where it stands for several passkeys, another one of them does then.
    fn leave_out(&self, opening: &mut LoginOpening, id: &str) {
        let is_key = |kind: MethodKind| !kind.class().has_codes();
        let counts = |method: &&ManagedMethod| {
            let stays = method.id != id && method.retires_at.is_none();
            stays && is_key(method.kind) && method.state.takes_codes()
        };
        let mut ways = opening.methods.iter();
        let stands = ways.any(|way| way.id == id && is_key(way.kind));
        if stands && let Some(other) = self.methods().iter().find(counts) {
            self.stand_for_passkeys(opening, &other.id);
            if opening.best.as_deref() == Some(id) {
                opening.best = Some(other.id.clone());
            }
        }
        only(opening, |method| method != id);
    }

    /// Where the service has said that what proved it is too new, something older proves it.
    fn leave_out_what_is_too_new(&self, opening: &mut LoginOpening) {
        if !self.has_something_older(opening) {
            return;
        }
        only(opening, |method| !self.is_cooling(method));
        if self.codes_are_cooling() {
            opening.backup_codes_left = 0;
        }
    }

    /// Whether something proves it that is not too new.
    fn has_something_older(&self, opening: &LoginOpening) -> bool {
        let proves =
            |method: &MethodView| method.state.takes_codes() && !self.is_cooling(&method.id);
        let by_codes = opening.backup_codes_left > 0 && !self.codes_are_cooling();
        by_codes || opening.methods.iter().any(proves)
    }

    /// Whether something older than what has proved it is left, without what goes.
    pub(super) fn has_something_older_than(&self, gone: Option<&str>) -> bool {
        let mut opening = self.opening.login.clone();
        if let Some(gone) = gone {
            self.leave_out(&mut opening, gone);
        }
        self.has_something_older(&opening)
    }

    fn is_cooling(&self, id: &str) -> bool {
        let mut methods = self.methods().iter();
        methods.any(|method| method.id == id && method.cooling_until.is_some())
    }

    /// Backup codes cool as methods do, beside an older method.
    fn codes_are_cooling(&self) -> bool {
        let Some(account) = &self.opening.account else {
            return false;
        };
        let is_young = |at: u64| at.saturating_add(COOLS_S) > account.proved_at;
        let is_held_by_support =
            |method: &ManagedMethod| method.state == MethodState::Held && !method.is_held_by_person;
        let is_older =
            |method: &ManagedMethod| !is_young(method.created_at) && !is_held_by_support(method);
        account.backup_codes.made_at.is_some_and(is_young) && account.methods.iter().any(is_older)
    }

    /// Where the code of a proof goes.
    fn of_proof(&self, mut effect: LoginEffect) -> ManageEffect {
        let proof_for = self.proving().map(|proving| &proving.proof_for);
        if let LoginEffect::AskForPasskey { except, .. } = &mut effect {
            *except = proof_for.and_then(ProofFor::gone).map(str::to_owned);
        }
        let goes = match proof_for {
            Some(ProofFor::Test(_)) => CodeGoes::Test,
            Some(ProofFor::TurningOff) => CodeGoes::TurnOff(self.request_id()),
            Some(
                ProofFor::Opening
                | ProofFor::Change(_)
                | ProofFor::TestAfter(_)
                | ProofFor::Adding(_)
                | ProofFor::Report,
            )
            | None => CodeGoes::Proof,
        };
        ManageEffect::Proof(effect, goes, self.proofs)
    }

    pub(super) fn on_proof(mut self: Box<Self>, event: LoginEvent, now: Now) -> Outcome<Self> {
        let Some(proving) = self.proving() else {
            // Late news of a screen that was left.
            return Outcome::stays(self);
        };
        // Whoever looks at something else has been here before.
        let leaves = matches!(event, LoginEvent::Go(LoginNav::Back))
            && match (&proving.signing.step, &proving.proof_for) {
                (_, ProofFor::Opening) => false,
                (LoginStep::Report, ProofFor::Report) => true,
                (LoginStep::Code { .. } | LoginStep::Passkey { .. } | LoginStep::Backup, _) => true,
                (
                    LoginStep::MethodPicker
                    | LoginStep::Approval
                    | LoginStep::LostPicker
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
        let proof_for = &self.proving()?.proof_for;
        let mut effect = None;
        self.step = match *proof_for {
            ProofFor::Test(_) | ProofFor::TestAfter(_) if self.is_checking => {
                ManageStep::List(Listed::Check)
            }
            ProofFor::Test(place) | ProofFor::TestAfter(place) => ManageStep::Method(place),
            ProofFor::TurningOff => ManageStep::Asking(Question::TurnOff),
            ProofFor::Adding(_) => {
                effect = Some(ManageEffect::EndSetUp);
                ManageStep::Overview
            }
            ProofFor::Opening | ProofFor::Change(_) | ProofFor::Report => ManageStep::Overview,
        };
        self.refusal = None;
        effect
    }

    /// "That was not me": the login's own question.
    pub(super) fn report(&mut self) -> Option<ManageEffect> {
        let (mut signing, _nothing_is_sent) = SigningIn::begin(LoginOpening {
            auto_send: false,
            ..self.opening.login.clone()
        });
        signing.leave_for(LoginStep::Report);
        self.done = None;
        self.proofs += 1;
        self.step = ManageStep::Proving(Box::new(Proving {
            signing,
            proof_for: ProofFor::Report,
            without_one: false,
            number: self.proofs,
        }));
        None
    }
}

/// Leaves those methods out of which this is not so. What is begun with takes codes.
fn only(opening: &mut LoginOpening, is_so: impl Fn(&str) -> bool) {
    opening.methods.retain(|method| is_so(&method.id));
    opening.best = opening.best.take().filter(|best| is_so(best));
    if opening.best.is_none() {
        let mut methods = opening.methods.iter();
        let first = methods.find(|method| method.state.takes_codes());
        opening.best = first.map(|method| method.id.clone());
    }
}

impl ManageAnswer {
    /// A no to the code of a proof: what is no refusal of the code is one of what it was for.
    pub fn refused(
        way: LoginMethod,
        refusal: LoginRefusal,
        change: ChangeRefusal,
        goes: &CodeGoes,
        number: u32,
    ) -> Self {
        let code = Self::code(&change).unwrap_or(ErrorCode::Unknown);
        let of_the_code = |refusal| Self::OfProof(number, LoginAnswer::Refused(way, refusal));
        match (code, goes) {
            (ErrorCode::ReauthRequired | ErrorCode::ChangeLimit | ErrorCode::Cooling, _)
            | (ErrorCode::PolicyForbids, CodeGoes::TurnOff(_)) => Self::Refused(change),
            // Another one has taken its place meanwhile: it proves nothing any more.
            (ErrorCode::PolicyForbids, CodeGoes::Proof | CodeGoes::Test) => {
                of_the_code(LoginRefusal::Service {
                    code: ErrorCode::MethodHeld,
                    retry_at: None,
                    attempts_left: None,
                    times: 0,
                    of_two: false,
                })
            }
            _another => of_the_code(refusal),
        }
    }
}
