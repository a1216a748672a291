//! What the service answers while somebody manages.

use nidan_protocol::{ErrorCode, ManagedMethod};

use super::stage::done_by;
use super::{
    Addition, ChangeRefusal, Done, Listed, ManageAnswer, ManageEffect, ManageOpening, ManageStep,
    Managing, ProofFor, Question, Wish,
};
use crate::lifecycle::Outcome;
use crate::login::LoginEvent;
use crate::{EndReason, LoginAnswer, LoginRefusal, Now, RequestState};

impl Managing {
    pub(super) fn on_answer(mut self: Box<Self>, answer: ManageAnswer, now: Now) -> Outcome<Self> {
        let effect = match answer {
            ManageAnswer::Proved(number, opening) => self.on_proved(number, *opening),
            ManageAnswer::OfProof(number, answer) => {
                return self.on_answer_of_proof(number, answer, now);
            }
            ManageAnswer::Reloaded(opening) => {
                let before = self.factors();
                self.take(*opening);
                // Also what nobody has answered, and what another page has done.
                self.has_changed |= self.factors() != before;
                self.is_answered();
                None
            }
            ManageAnswer::NotReloaded(refusal) => {
                self.is_answered();
                let ends = ManageAnswer::code(&refusal).and_then(EndReason::of_flow);
                if let Some(reason) = ends {
                    return Outcome::Ended(reason);
                }
                self.refusal = Some(refusal);
                None
            }
            ManageAnswer::Changed(opening) => {
                let retiring = self.retiring();
                self.take(*opening);
                self.asked = RequestState::Idle;
                self.unanswered = None;
                let stays = |id: &String| !self.retiring().contains(id);
                let brings_back = retiring.iter().any(stays);
                let wish = self.wish.take();
                wish.and_then(|wish| self.on_changed(&wish, brings_back))
            }
            ManageAnswer::NotChanged(refusal) => {
                self.asked = RequestState::Idle;
                let wish = self.wish.take();
                return self.on_refused(refusal, wish);
            }
            ManageAnswer::Browsers(list) => {
                if let ManageStep::Browsers(known) = &mut self.step {
                    *known = Some(list);
                    self.is_answered();
                }
                None
            }
            ManageAnswer::Record(mut page) => {
                if let ManageStep::Record(known) = &mut self.step {
                    if let Some(earlier) = known.take() {
                        let mut events = earlier.events;
                        events.append(&mut page.events);
                        page.events = events;
                        page.intact &= earlier.intact;
                    }
                    *known = Some(page);
                    self.is_answered();
                }
                None
            }
            ManageAnswer::Closed(Some(result_code)) => return Outcome::Completed(result_code),
            ManageAnswer::Closed(None) => {
                self.is_answered();
                self.has_changed = false;
                None
            }
            ManageAnswer::Added(addition, opening) => {
                self.on_added(&addition, *opening);
                None
            }
            ManageAnswer::NotAdded(refusal) => return self.on_not_added(refusal, now),
            ManageAnswer::ProofWanted(refusal) => self.on_proof_wanted(refusal),
            // A change is on its way, and its own answer says what is wanted.
            ManageAnswer::Refused(_) if self.wish.is_some() => None,
            ManageAnswer::Refused(refusal) => {
                self.is_answered();
                return self.on_refused(refusal, None);
            }
        };
        Outcome::Active(self, effect)
    }

    /// A change that is on its way is waited for all the same.
    fn is_answered(&mut self) {
        if self.wish.is_none() {
            self.asked = RequestState::Idle;
        }
    }

    /// What there is now. Where the person looks at a method, they look at the same one.
    pub(super) fn take(&mut self, opening: ManageOpening) {
        let here = self.place().and_then(|place| self.methods().get(place));
        let here = here.map(|method| method.id.clone());
        let prefix = std::mem::take(&mut self.opening.request_prefix);
        let intent = self.opening.intent;
        self.opening = ManageOpening {
            request_prefix: prefix,
            intent,
            ..opening
        };
        let Some(id) = here else { return };
        let now = self.methods().iter().position(|method| method.id == id);
        let Some(now) = now else {
            self.step = ManageStep::Overview;
            return;
        };
        match &mut self.step {
            ManageStep::Method(place)
            | ManageStep::Naming { place, .. }
            | ManageStep::Asking(
                Question::Remove(place)
                | Question::Stays(place)
                | Question::Lost(place)
                | Question::Replace(place),
            ) => *place = now,
            ManageStep::Asking(Question::TurnOff | Question::Codes)
            | ManageStep::Proving(_)
            | ManageStep::Overview
            | ManageStep::Kinds
            | ManageStep::List(_)
            | ManageStep::Adding(_)
            | ManageStep::PauseReason
            | ManageStep::PauseHours(_)
            | ManageStep::Browsers(_)
            | ManageStep::Record(_) => {}
        }
    }

    /// Whether this proof is the one that the person is at.
    fn is_at_proof(&self, number: u32) -> bool {
        self.proving()
            .is_some_and(|proving| proving.number == number)
    }

    /// A code was right. Where the person has gone on meanwhile, nothing else comes of it.
    fn on_proved(&mut self, number: u32, opening: ManageOpening) -> Option<ManageEffect> {
        let is_here = self.is_at_proof(number);
        self.take(opening);
        self.is_answered();
        if !is_here || self.opening.account.is_none() {
            return None;
        }
        match self.proving()?.proof_for.clone() {
            ProofFor::Opening => self.arrive(),
            ProofFor::Change(wish) => {
                self.step = ManageStep::Overview;
                Some(self.ask(wish))
            }
            ProofFor::Test(place) => {
                self.step = if self.is_checking {
                    ManageStep::List(Listed::Check)
                } else {
                    ManageStep::Method(place)
                };
                self.refusal = None;
                self.done = Some((Done::Tested, None));
                None
            }
            ProofFor::Adding(addition) => {
                let goes_on = ManageEffect::GoOn(Addition::clone(&addition));
                self.step = ManageStep::Adding(addition);
                Some(goes_on)
            }
            ProofFor::TestAfter(place) => self.prove(ProofFor::Test(place)),
            // The report's own answer is another one.
            ProofFor::TurningOff | ProofFor::Report => None,
        }
    }

    /// What the service says to the code of one proof is nothing to another one.
    fn on_answer_of_proof(
        mut self: Box<Self>,
        number: u32,
        answer: LoginAnswer,
        now: Now,
    ) -> Outcome<Self> {
        if !self.is_at_proof(number) {
            return Outcome::stays(self);
        }
        // Another page has changed something.
        let is_conflict = matches!(
            answer,
            LoginAnswer::Refused(
                _,
                LoginRefusal::Service {
                    code: ErrorCode::FlowConflict,
                    ..
                }
            )
        );
        if is_conflict {
            let effect = self.reload();
            return Outcome::Active(self, effect);
        }
        self.on_proof(LoginEvent::Answer(answer), now)
    }

    /// Another page has changed something: what there is now is asked for, and only where that is
    /// refused too, this page is over.
    fn reload(&mut self) -> Option<ManageEffect> {
        self.changes += 1;
        self.step = ManageStep::Overview;
        self.refusal = Some(ChangeRefusal::Service {
            code: ErrorCode::FlowConflict,
            field: None,
            retry_at: None,
        });
        self.asked = RequestState::Waiting;
        Some(ManageEffect::Reload)
    }

    /// The methods whose place another one has taken.
    fn retiring(&self) -> Vec<String> {
        let retires = |method: &&ManagedMethod| method.retires_at.is_some();
        let retiring = self.methods().iter().filter(retires);
        retiring.map(|method| method.id.clone()).collect()
    }

    /// What a host should hear of when it changes: the methods, and which backup codes.
    fn factors(&self) -> Option<(Vec<String>, Option<u64>)> {
        let account = self.opening.account.as_ref()?;
        let ids = account.methods.iter().map(|method| method.id.clone());
        Some((ids.collect(), account.backup_codes.made_at))
    }

    /// What was changed is said where the person goes on.
    fn on_changed(&mut self, wish: &Wish, brings_back: bool) -> Option<ManageEffect> {
        self.changes += 1;
        self.done = Some(match wish {
            // What came back does not go again by finding the other one.
            Wish::Hold { .. } if brings_back => (Done::BroughtBack, None),
            _another => (done_by(wish), self.undo.take()),
        });
        self.has_changed |= match wish {
            Wish::Name { .. } | Wish::Default { .. } | Wish::EndTrust(_) => false,
            Wish::Remove { .. }
            | Wish::Hold { .. }
            | Wish::Release { .. }
            | Wish::Pause { .. }
            | Wish::Resume => true,
        };
        self.step = match (&self.step, wish) {
            (
                ManageStep::Naming { place, .. } | ManageStep::Method(place),
                Wish::Name { .. } | Wish::Default { .. },
            ) => ManageStep::Method(*place),
            (ManageStep::Browsers(_), Wish::EndTrust(_)) => {
                self.step = ManageStep::Browsers(None);
                self.asked = RequestState::Waiting;
                return Some(ManageEffect::Browsers);
            }
            _elsewhere => ManageStep::Overview,
        };
        None
    }

    /// What undoes a change, where something does, by how things are before it.
    pub(super) fn undoing(&self, wish: &Wish) -> Option<Wish> {
        let mut methods = self.methods().iter();
        match wish {
            Wish::Name { id, name } => {
                let earlier = methods.find(|method| method.id == *id)?.name.clone();
                let earlier = earlier.unwrap_or_default();
                (earlier != *name).then(|| Wish::Name {
                    id: id.clone(),
                    name: earlier,
                })
            }
            // What was first before is so again.
            Wish::Default { id, is_default } => {
                let earlier = methods.find(|method| method.is_default);
                Some(Wish::Default {
                    id: earlier.map_or(id, |method| &method.id).clone(),
                    is_default: earlier.is_some() || !is_default,
                })
            }
            Wish::Hold { id } => Some(Wish::Release { id: id.clone() }),
            Wish::Pause { .. } => Some(Wish::Resume),
            Wish::Remove { .. } | Wish::Release { .. } | Wish::Resume | Wish::EndTrust(_) => None,
        }
    }

    fn on_refused(
        mut self: Box<Self>,
        refusal: ChangeRefusal,
        wish: Option<Wish>,
    ) -> Outcome<Self> {
        let code = ManageAnswer::code(&refusal);
        let is_withdrawn = std::mem::take(&mut self.is_withdrawn);
        match (code, wish) {
            // Whoever went back does not want it any more.
            (Some(ErrorCode::ReauthRequired | ErrorCode::Cooling), Some(_)) if is_withdrawn => {
                return Outcome::stays(self);
            }
            (Some(ErrorCode::ReauthRequired), Some(wish)) => {
                let effect = self.prove(ProofFor::Change(wish));
                return Outcome::Active(self, effect);
            }
            // Something older proves it, where there is something.
            (Some(ErrorCode::Cooling), Some(wish)) => {
                self.refusal = Some(refusal);
                let gone = match &wish {
                    Wish::Remove { id } | Wish::Hold { id } => Some(id.as_str()),
                    Wish::Name { .. }
                    | Wish::Default { .. }
                    | Wish::Release { .. }
                    | Wish::Pause { .. }
                    | Wish::Resume
                    | Wish::EndTrust(_) => None,
                };
                if self.has_something_older_than(gone) {
                    let effect = self.prove(ProofFor::Change(wish));
                    return Outcome::Active(self, effect);
                }
                return Outcome::stays(self);
            }
            (Some(ErrorCode::LastMethod), Some(Wish::Remove { id })) if !is_withdrawn => {
                let stays = self.methods().iter().position(|method| method.id == id);
                if let Some(place) = stays {
                    self.step = ManageStep::Asking(Question::Stays(place));
                    return Outcome::stays(self);
                }
            }
            (Some(ErrorCode::ReauthRequired), None) => {
                let effect = self.prove_again();
                return Outcome::Active(self, effect);
            }
            (Some(ErrorCode::FlowConflict), _) => {
                let effect = self.reload();
                return Outcome::Active(self, effect);
            }
            (Some(code), _) => {
                if let Some(reason) = EndReason::of_flow(code) {
                    return Outcome::Ended(reason);
                }
            }
            // Whether it was made is not known: the host may hear of it.
            (None, Some(wish)) => {
                self.unanswered = Some(wish);
                self.has_changed = true;
            }
            (None, None) => {}
        }
        self.leave_turning_off();
        self.refusal = Some(refusal);
        Outcome::stays(self)
    }

    /// After five minutes a code is asked for again, and what the person was at goes on.
    fn prove_again(&mut self) -> Option<ManageEffect> {
        let proof_for = match self.proving().map(|proving| &proving.proof_for) {
            Some(ProofFor::Test(place) | ProofFor::TestAfter(place)) => ProofFor::TestAfter(*place),
            Some(ProofFor::Adding(addition)) => ProofFor::Adding(addition.clone()),
            Some(
                ProofFor::TurningOff | ProofFor::Opening | ProofFor::Change(_) | ProofFor::Report,
            )
            | None => ProofFor::Opening,
        };
        self.prove(proof_for)
    }

    /// A no to turning off is said where that was asked.
    fn leave_turning_off(&mut self) {
        let proof_for = self.proving().map(|proving| &proving.proof_for);
        if proof_for == Some(&ProofFor::TurningOff) {
            self.step = ManageStep::Asking(Question::TurnOff);
        }
    }
}
