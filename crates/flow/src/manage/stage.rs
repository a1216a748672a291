//! Where a person goes while managing, and what that leads to.

use std::fmt;

use nidan_protocol::ChallengeView;

use super::{
    ChangeRefusal, Done, Listed, ManageAnswer, ManageEffect, ManageEvent, ManageNav, ManageOpening,
    ManageStep, Managing, ProofFor, Question, Trusted, Wish,
};
use crate::lifecycle::{Outcome, Stage};
use crate::login::LoginEvent;
use crate::{EndReason, LoginAnswer, LoginInput, Now, RequestState};

/// The longest name, in characters.
const NAME_MAX_CHARS: usize = 64;

impl Stage for Managing {
    type Opening = ManageOpening;
    type Event = ManageEvent;
    type Effect = ManageEffect;

    fn begin(opening: ManageOpening) -> (Box<Self>, Option<ManageEffect>) {
        let mut managing = Box::new(Self {
            opening,
            step: ManageStep::Overview,
            asked: RequestState::Idle,
            refusal: None,
            done: None,
            has_changed: false,
            wish: None,
            is_withdrawn: false,
            unanswered: None,
            is_checking: false,
            undo: None,
            proofs: 0,
            changes: 0,
        });
        let effect = managing.arrive();
        (managing, effect)
    }

    fn on(self: Box<Self>, event: ManageEvent, now: Now) -> Outcome<Self> {
        match self.follow(event, now) {
            // Whatever led here: without a proof there is nothing to be seen.
            Outcome::Active(mut managing, None) if managing.shows_nothing() => {
                let effect = managing.prove(ProofFor::Opening);
                Outcome::Active(managing, effect)
            }
            outcome => outcome,
        }
    }

    fn time_up(self: Box<Self>) -> Outcome<Self> {
        if self.is_over() {
            return Outcome::stays(self);
        }
        Outcome::Ended(EndReason::Expired)
    }

    fn is_over(&self) -> bool {
        self.proving()
            .is_some_and(|proving| proving.signing.is_over())
    }

    fn retry(&self) -> Option<(Now, ManageEvent)> {
        None
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        self.proving()?.signing.awaited()
    }

    fn would_lose(&self) -> bool {
        false
    }

    fn code_read(code: String) -> Option<ManageEvent> {
        Some(ManageEvent::Proof(LoginEvent::Enter(LoginInput::Code(
            code,
        ))))
    }

    fn changed(challenge: Box<ChallengeView>) -> Option<ManageEvent> {
        Some(ManageEvent::Proof(LoginEvent::Answer(
            LoginAnswer::Changed(challenge),
        )))
    }
}

impl Managing {
    fn follow(mut self: Box<Self>, event: ManageEvent, now: Now) -> Outcome<Self> {
        let effect = match event {
            ManageEvent::Proof(event) => return self.on_proof(event, now),
            ManageEvent::Answer(answer) => return self.on_answer(answer, now),
            ManageEvent::Go(to) => self.go(to),
            ManageEvent::Name(name) => {
                if let ManageStep::Naming { typed, .. } = &mut self.step {
                    *typed = name;
                    self.refusal = None;
                }
                None
            }
        };
        Outcome::Active(self, effect)
    }

    const fn shows_nothing(&self) -> bool {
        self.opening.account.is_none() && self.proving().is_none()
    }

    /// To what the person came for, where a factor is proved; else to the proof.
    pub(super) fn arrive(&mut self) -> Option<ManageEffect> {
        if self.opening.account.is_none() {
            return self.prove(ProofFor::Opening);
        }
        self.step = ManageStep::Overview;
        // What the person came for is done once.
        let intent = std::mem::take(&mut self.opening.intent);
        self.arrive_for(intent)
    }

    /// Names a request: the next one, or again the one that nobody has answered.
    pub(super) fn request_id(&self) -> String {
        format!("{}-{}", self.opening.request_prefix, self.changes)
    }

    fn go(&mut self, to: ManageNav) -> Option<ManageEffect> {
        if self.waits() && to != ManageNav::Back {
            return None;
        }
        self.refusal = None;
        let here = self.place();
        match to {
            ManageNav::Back => return self.back(),
            ManageNav::Submit => return self.submit(),
            ManageNav::Method(place) if place < self.methods().len() => match &self.step {
                ManageStep::List(Listed::Lost) => {
                    self.move_to(ManageStep::Asking(Question::Lost(place)));
                }
                ManageStep::List(Listed::Check) => {
                    self.is_checking = true;
                    return self.prove(ProofFor::Test(place));
                }
                _elsewhere => self.move_to(ManageStep::Method(place)),
            },
            ManageNav::Method(_) => {}
            ManageNav::Check => self.move_to(ManageStep::List(Listed::Check)),
            ManageNav::New(to) => return self.go_adding(to),
            ManageNav::Pause => self.move_to(ManageStep::PauseReason),
            ManageNav::Reason(reason) => self.move_to(ManageStep::PauseHours(reason)),
            ManageNav::TurnOff => self.move_to(ManageStep::Asking(Question::TurnOff)),
            ManageNav::Rename => {
                let place = here?;
                let typed = self.methods().get(place)?.name.clone().unwrap_or_default();
                self.move_to(ManageStep::Naming { place, typed });
            }
            ManageNav::Lost => self.move_to(ManageStep::Asking(Question::Lost(here?))),
            ManageNav::Remove => self.move_to(ManageStep::Asking(Question::Remove(here?))),
            ManageNav::Test => {
                self.is_checking = false;
                return self.prove(ProofFor::Test(here?));
            }
            ManageNav::Report => return self.report(),
            ManageNav::Default
            | ManageNav::Found
            | ManageNav::Hours(_)
            | ManageNav::Resume
            | ManageNav::EndBrowser(_)
            | ManageNav::EndOthers
            | ManageNav::EndAll
            | ManageNav::Undo => {
                let wish = self.wish_of(to, here)?;
                return Some(self.ask(wish));
            }
            ManageNav::Browsers => return Some(self.look(ManageStep::Browsers(None))),
            ManageNav::Record => return Some(self.look(ManageStep::Record(None))),
            ManageNav::Earlier => return self.earlier(),
            ManageNav::Finish => {
                self.asked = RequestState::Waiting;
                return Some(ManageEffect::Close);
            }
        }
        None
    }

    /// The change that a press asks for.
    fn wish_of(&self, to: ManageNav, here: Option<usize>) -> Option<Wish> {
        let method = || self.methods().get(here?);
        Some(match to {
            ManageNav::Default => {
                let method = method()?;
                Wish::Default {
                    id: method.id.clone(),
                    is_default: !method.is_default,
                }
            }
            ManageNav::Found => Wish::Release {
                id: method()?.id.clone(),
            },
            ManageNav::Hours(hours) => {
                let ManageStep::PauseHours(reason) = self.step else {
                    return None;
                };
                Wish::Pause { hours, reason }
            }
            ManageNav::Resume => Wish::Resume,
            ManageNav::EndBrowser(place) => {
                let ManageStep::Browsers(Some(list)) = &self.step else {
                    return None;
                };
                let browser = list.browsers.get(place)?;
                Wish::EndTrust(Trusted::One(browser.id.clone()))
            }
            ManageNav::EndOthers => Wish::EndTrust(Trusted::Others),
            ManageNav::EndAll => Wish::EndTrust(Trusted::All),
            ManageNav::Undo => self.done.as_ref()?.1.clone()?,
            ManageNav::Back
            | ManageNav::Submit
            | ManageNav::Method(_)
            | ManageNav::Rename
            | ManageNav::Test
            | ManageNav::Lost
            | ManageNav::Remove
            | ManageNav::New(_)
            | ManageNav::Check
            | ManageNav::Pause
            | ManageNav::Reason(_)
            | ManageNav::TurnOff
            | ManageNav::Browsers
            | ManageNav::Record
            | ManageNav::Earlier
            | ManageNav::Report
            | ManageNav::Finish => return None,
        })
    }

    /// The place of the method that the screen is about.
    pub(super) const fn place(&self) -> Option<usize> {
        match &self.step {
            ManageStep::Method(place)
            | ManageStep::Naming { place, .. }
            | ManageStep::Asking(
                Question::Remove(place)
                | Question::Stays(place)
                | Question::Lost(place)
                | Question::Replace(place),
            ) => Some(*place),
            ManageStep::Asking(Question::TurnOff | Question::Codes)
            | ManageStep::Proving(_)
            | ManageStep::Overview
            | ManageStep::Kinds
            | ManageStep::List(_)
            | ManageStep::Adding(_)
            | ManageStep::PauseReason
            | ManageStep::PauseHours(_)
            | ManageStep::Browsers(_)
            | ManageStep::Record(_) => None,
        }
    }

    /// To another screen: what was said of the last one is read.
    pub(super) fn move_to(&mut self, step: ManageStep) {
        self.done = None;
        self.step = step;
    }

    fn back(&mut self) -> Option<ManageEffect> {
        self.is_withdrawn = self.wish.is_some();
        // A list that nobody waits for any more.
        if self.wish.is_none() {
            self.asked = RequestState::Idle;
        }
        let to = match &self.step {
            ManageStep::Naming { place, .. }
            | ManageStep::Asking(
                Question::Remove(place)
                | Question::Stays(place)
                | Question::Lost(place)
                | Question::Replace(place),
            ) => ManageStep::Method(*place),
            ManageStep::Adding(_) => {
                self.step = ManageStep::Overview;
                return Some(ManageEffect::EndSetUp);
            }
            ManageStep::PauseHours(_) => ManageStep::PauseReason,
            ManageStep::Proving(_) => return None,
            ManageStep::Method(_)
            | ManageStep::Asking(Question::TurnOff | Question::Codes)
            | ManageStep::Overview
            | ManageStep::Kinds
            | ManageStep::List(_)
            | ManageStep::PauseReason
            | ManageStep::Browsers(_)
            | ManageStep::Record(_) => ManageStep::Overview,
        };
        self.step = to;
        None
    }

    fn submit(&mut self) -> Option<ManageEffect> {
        let id = self
            .place()
            .and_then(|place| Some(self.methods().get(place)?.id.clone()));
        match &self.step {
            ManageStep::Naming { typed, .. } => {
                let name = typed.trim().to_owned();
                let is_fit = name.chars().count() <= NAME_MAX_CHARS && !name.contains(['<', '>']);
                if !is_fit {
                    self.refusal = Some(ChangeRefusal::Name);
                    return None;
                }
                Some(self.ask(Wish::Name { id: id?, name }))
            }
            ManageStep::Asking(Question::Remove(_)) => Some(self.ask(Wish::Remove { id: id? })),
            ManageStep::Asking(Question::Lost(_)) => Some(self.ask(Wish::Hold { id: id? })),
            ManageStep::Asking(Question::TurnOff) => self.prove(ProofFor::TurningOff),
            ManageStep::Asking(Question::Codes) => Some(self.new_codes()),
            ManageStep::Asking(Question::Replace(_) | Question::Stays(_))
            | ManageStep::Proving(_)
            | ManageStep::Overview
            | ManageStep::Kinds
            | ManageStep::List(_)
            | ManageStep::Adding(_)
            | ManageStep::Method(_)
            | ManageStep::PauseReason
            | ManageStep::PauseHours(_)
            | ManageStep::Browsers(_)
            | ManageStep::Record(_) => None,
        }
    }

    /// Asks for a change.
    pub(super) fn ask(&mut self, wish: Wish) -> ManageEffect {
        self.asked = RequestState::Waiting;
        self.done = None;
        self.is_withdrawn = false;
        // Under the same id comes the same wish, and nothing else.
        let mut earlier = [self.unanswered.take(), self.wish.take()]
            .into_iter()
            .flatten();
        if earlier.any(|before| before != wish) {
            self.changes += 1;
        }
        self.undo = self.undoing(&wish);
        self.wish = Some(wish.clone());
        ManageEffect::Change(wish, self.request_id())
    }

    fn look(&mut self, step: ManageStep) -> ManageEffect {
        let effect = match step {
            ManageStep::Browsers(_) => ManageEffect::Browsers,
            ManageStep::Record(_)
            | ManageStep::Proving(_)
            | ManageStep::Overview
            | ManageStep::Method(_)
            | ManageStep::Naming { .. }
            | ManageStep::Asking(_)
            | ManageStep::Kinds
            | ManageStep::List(_)
            | ManageStep::Adding(_)
            | ManageStep::PauseReason
            | ManageStep::PauseHours(_) => ManageEffect::Record(None),
        };
        self.move_to(step);
        self.asked = RequestState::Waiting;
        effect
    }

    fn earlier(&mut self) -> Option<ManageEffect> {
        let ManageStep::Record(Some(record)) = &self.step else {
            return None;
        };
        let before = record.before?;
        self.asked = RequestState::Waiting;
        Some(ManageEffect::Record(Some(before)))
    }
}

/// What a change has done.
pub(super) const fn done_by(wish: &Wish) -> Done {
    match wish {
        Wish::Name { .. } => Done::Named,
        Wish::Default { .. } => Done::Default,
        Wish::Remove { .. } => Done::Removed,
        Wish::Hold { .. } => Done::Held,
        Wish::Release { .. } => Done::Released,
        Wish::Pause { .. } => Done::Paused,
        Wish::Resume => Done::Resumed,
        Wish::EndTrust(_) => Done::TrustEnded,
    }
}

/// Names the step and nothing in it: codes are typed there.
impl fmt::Debug for Managing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.step {
            ManageStep::Proving(proving) => return proving.signing.fmt(f),
            ManageStep::Overview => "Overview",
            ManageStep::Method(_) => "Method",
            ManageStep::Naming { .. } => "Naming",
            ManageStep::Asking(_) => "Asking",
            ManageStep::Kinds => "Kinds",
            ManageStep::List(_) => "List",
            ManageStep::Adding(_) => "Adding",
            ManageStep::PauseReason => "PauseReason",
            ManageStep::PauseHours(_) => "PauseHours",
            ManageStep::Browsers(_) => "Browsers",
            ManageStep::Record(_) => "Record",
        })
    }
}

/// What is answered, and by whom it is read.
impl ManageAnswer {
    /// A refusal by its code alone.
    pub(super) const fn code(refusal: &ChangeRefusal) -> Option<nidan_protocol::ErrorCode> {
        match refusal {
            ChangeRefusal::Service { code, .. } => Some(*code),
            ChangeRefusal::Unreachable | ChangeRefusal::Name => None,
        }
    }
}
