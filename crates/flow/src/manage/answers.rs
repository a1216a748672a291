//! What the service answers while somebody manages.

use nidan_protocol::ErrorCode;

use super::stage::done_by;
use super::{
    ChangeRefusal, Done, ManageAnswer, ManageEffect, ManageOpening, ManageStep, Managing, ProofFor,
    Question, Wish,
};
use crate::lifecycle::Outcome;
use crate::{EndReason, RequestState};

impl Managing {
    pub(super) fn on_answer(mut self: Box<Self>, answer: ManageAnswer) -> Outcome<Self> {
        let effect = match answer {
            ManageAnswer::Told(opening) => self.on_told(*opening),
            ManageAnswer::Changed(opening) => {
                self.take(*opening);
                self.asked = RequestState::Idle;
                let wish = self.wish.take();
                wish.and_then(|wish| self.on_changed(&wish))
            }
            ManageAnswer::NotChanged(refusal) => {
                self.asked = RequestState::Idle;
                let wish = self.wish.take();
                return self.on_refused(refusal, wish);
            }
            ManageAnswer::Browsers(list) => {
                self.is_answered();
                if let ManageStep::Browsers(known) = &mut self.step {
                    *known = Some(list);
                }
                None
            }
            ManageAnswer::Record(mut page) => {
                self.is_answered();
                if let ManageStep::Record(known) = &mut self.step {
                    if let Some(earlier) = known.take() {
                        let mut events = earlier.events;
                        events.append(&mut page.events);
                        page.events = events;
                        page.intact &= earlier.intact;
                    }
                    *known = Some(page);
                }
                None
            }
            ManageAnswer::Closed(Some(result_code)) => return Outcome::Completed(result_code),
            ManageAnswer::Closed(None) => {
                self.is_answered();
                self.has_changed = false;
                None
            }
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

    /// What there is now.
    fn take(&mut self, opening: ManageOpening) {
        let prefix = std::mem::take(&mut self.opening.request_prefix);
        let intent = self.opening.intent;
        self.opening = ManageOpening {
            request_prefix: prefix,
            intent,
            ..opening
        };
    }

    /// A code was right, or what there is was asked for.
    fn on_told(&mut self, opening: ManageOpening) -> Option<ManageEffect> {
        self.take(opening);
        self.is_answered();
        let ManageStep::Proving(proving) = &self.step else {
            return self.stay_where_there_is_something();
        };
        // Late news of before the proof.
        self.opening.account.as_ref()?;
        match proving.proof_for.clone() {
            ProofFor::Opening => self.arrive(),
            ProofFor::Change(wish) => {
                self.step = ManageStep::Overview;
                Some(self.ask(wish))
            }
            ProofFor::Test(place) => {
                self.step = ManageStep::Method(place);
                self.done = Some((Done::Tested, None));
                self.stay_where_there_is_something()
            }
            // The report's own answer is another one.
            ProofFor::TurningOff | ProofFor::Report => None,
        }
    }

    /// What was changed is said where the person goes on.
    fn on_changed(&mut self, wish: &Wish) -> Option<ManageEffect> {
        self.changes += 1;
        self.done = Some((done_by(wish), self.undoing(wish)));
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
        self.stay_where_there_is_something()
    }

    /// What undoes a change, where something does.
    fn undoing(&self, wish: &Wish) -> Option<Wish> {
        match wish {
            Wish::Default { id, is_default } => Some(Wish::Default {
                id: id.clone(),
                is_default: !is_default,
            }),
            Wish::Hold { id } => Some(Wish::Release { id: id.clone() }),
            Wish::Pause { .. } => Some(Wish::Resume),
            Wish::Name { .. }
            | Wish::Remove { .. }
            | Wish::Release { .. }
            | Wish::Resume
            | Wish::EndTrust(_) => None,
        }
    }

    /// A proof that is over, and a method that is gone, lead on from where the person is.
    fn stay_where_there_is_something(&mut self) -> Option<ManageEffect> {
        let count = self.methods().len();
        match self.step {
            ManageStep::Method(place)
            | ManageStep::Naming { place, .. }
            | ManageStep::Asking(Question::Remove(place) | Question::Lost(place))
                if place >= count =>
            {
                self.step = ManageStep::Overview;
            }
            ManageStep::Method(_)
            | ManageStep::Naming { .. }
            | ManageStep::Asking(_)
            | ManageStep::Proving(_)
            | ManageStep::Overview
            | ManageStep::PauseReason
            | ManageStep::PauseHours(_)
            | ManageStep::Browsers(_)
            | ManageStep::Record(_) => {}
        }
        None
    }

    fn on_refused(
        mut self: Box<Self>,
        refusal: ChangeRefusal,
        wish: Option<Wish>,
    ) -> Outcome<Self> {
        let code = ManageAnswer::code(&refusal);
        match (code, wish) {
            (Some(ErrorCode::ReauthRequired), Some(wish)) => {
                let effect = self.prove(ProofFor::Change(wish));
                return Outcome::Active(self, effect);
            }
            // The record or the browsers, after the proof was ended by another page.
            (Some(ErrorCode::ReauthRequired), None) => {
                let effect = self.prove(ProofFor::Opening);
                return Outcome::Active(self, effect);
            }
            // Another page has changed something: what there is now is asked for, and only where that
            // is refused too, the page is over.
            (Some(ErrorCode::FlowConflict), Some(_)) => {
                self.changes += 1;
                self.refusal = Some(refusal);
                self.asked = RequestState::Waiting;
                return Outcome::Active(self, Some(ManageEffect::Reload));
            }
            (Some(code), _) => {
                if let Some(reason) = EndReason::of_flow(code) {
                    return Outcome::Ended(reason);
                }
            }
            (None, _) => {}
        }
        if let ManageStep::Proving(proving) = &self.step {
            match proving.proof_for {
                ProofFor::TurningOff => self.step = ManageStep::Asking(Question::TurnOff),
                ProofFor::Opening | ProofFor::Change(_) | ProofFor::Test(_) | ProofFor::Report => {}
            }
        }
        self.refusal = Some(refusal);
        Outcome::stays(self)
    }
}
