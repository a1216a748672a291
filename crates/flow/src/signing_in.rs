//! What each event of a login leads to.

use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, MethodClass, MethodState, MethodView,
};

use super::login::{
    Login, LoginEffect, LoginEvent, LoginMethod, LoginOpening, LoginStep, SigningIn, Verified,
};
use super::login_answers::{ending_of, with_challenge};
use super::{EndReason, Now, RequestState};

/// Backup codes that are left: from here on the person is warned before going on.
const FEW_BACKUP_CODES: u32 = 3;
/// A result code lives 60 seconds: one that is older than this is asked for again before it goes to
/// the host.
const RESULT_FRESH_S: u64 = 40;

type Next = (LoginStep, Option<LoginEffect>);

impl SigningIn {
    pub(super) fn begin(opening: LoginOpening) -> (Login, Option<LoginEffect>) {
        let best = opening
            .methods
            .iter()
            .position(|method| Some(&method.id) == opening.best.as_ref());
        let way = best.map_or(LoginMethod::Backup, LoginMethod::Method);
        let typed = [opening.typed.clone(), String::new()];
        let mut signing = Box::new(Self {
            opening,
            typed,
            typed_backup: String::new(),
            trust: false,
            asked: RequestState::Idle,
            copied: None,
            step: LoginStep::MethodPicker,
            way,
            kept: None,
            ordered: 0,
            times: 0,
            sent: Default::default(),
        });
        let (step, effect) = match (best, signing.opening.backup_codes_left) {
            // Whoever typed while the widget came has typed this code.
            (Some(place), _) => signing.enter(place),
            (None, 0) => (LoginStep::Recovery, None),
            (None, _) => (LoginStep::Backup, None),
        };
        signing.step = step;
        let (step, effect) = match (
            effect,
            std::mem::replace(&mut signing.step, LoginStep::MethodPicker),
        ) {
            (None, step @ LoginStep::Code { .. }) if !signing.typed[0].is_empty() => {
                signing.typed_on(step)
            }
            (effect, step) => (step, effect),
        };
        signing.step = step;
        (Login::SigningIn(signing), effect)
    }

    /// The method whose code is asked for.
    pub fn method(&self) -> Option<&MethodView> {
        match &self.step {
            LoginStep::Code { place, .. } => self.opening.methods.get(*place),
            _other => None,
        }
    }

    /// Whether two codes are asked for: an app by its state, a phone by what its message has.
    pub fn wants_two(&self) -> bool {
        match &self.step {
            LoginStep::Code {
                challenge: Some(challenge),
                ..
            } => challenge.codes > 1,
            _other => self
                .method()
                .is_some_and(|method| method.state == MethodState::TwoCodes),
        }
    }

    /// Whether another way is there: another method, or a backup code.
    pub fn has_other_way(&self) -> bool {
        self.opening.methods.len() > 1 || self.opening.backup_codes_left > 0
    }

    /// To a method's code; a text or call is ordered at once where the host wants that.
    fn enter(&mut self, place: usize) -> Next {
        self.way = LoginMethod::Method(place);
        self.asked = RequestState::Idle;
        let kept = self.kept_for(place);
        let is_new = kept.is_none();
        let step = LoginStep::Code {
            place,
            challenge: kept,
        };
        match self
            .opening
            .methods
            .get(place)
            .map(|method| method.kind.class())
        {
            Some(MethodClass::OutOfBand(channel)) if is_new && self.opening.auto_send => {
                self.order(step, channel, CallConfirmation::Digits)
            }
            Some(MethodClass::OutOfBand(_) | MethodClass::Otp) | None => (step, None),
        }
    }

    fn order(&mut self, step: LoginStep, channel: Channel, confirmation: CallConfirmation) -> Next {
        let LoginStep::Code { place, .. } = &step else {
            return (step, None);
        };
        let Some(method) = self.opening.methods.get(*place) else {
            return (step, None);
        };
        (self.asked, self.ordered) = (RequestState::Waiting, *place);
        let order = LoginEffect::Order {
            method_id: method.id.clone(),
            channel,
            confirmation,
        };
        (step, Some(order))
    }

    pub(super) fn on(
        mut self: Box<Self>,
        event: LoginEvent,
        now: Now,
    ) -> (Login, Option<LoginEffect>) {
        // The step is taken out and always put back: by the arms below, or by ending the flow.
        let step = std::mem::replace(&mut self.step, LoginStep::MethodPicker);
        let waits = self.asked == RequestState::Waiting;
        let (step, effect) = match (step, event) {
            (LoginStep::LowBackupCodes(passed), event) => return self.on_few(passed, event, now),
            (_, LoginEvent::TimeUp) => return (Login::Ended(EndReason::Expired), None),
            (_, LoginEvent::Reported(mut reported)) => {
                reported.password_url = self.opening.password_url;
                return (Login::Reported(reported), None);
            }
            (_, LoginEvent::Verified(passed)) => return self.passed(*passed),
            (step, LoginEvent::Refused(way, refusal)) => match self.refused(step, way, refusal) {
                Ok(step) => (step, None),
                Err(ending) => return (Login::Ended(ending), None),
            },
            (step, LoginEvent::NotReported(refusal)) => match ending_of(refusal) {
                Some(ending) => return (Login::Ended(ending), None),
                None => {
                    if matches!(step, LoginStep::Report) {
                        self.asked = RequestState::Refused(refusal);
                    }
                    (step, None)
                }
            },
            (step, LoginEvent::Ordered(fresh)) => (self.sent_to(step, fresh), None),
            (step, LoginEvent::NotOrdered(refusal)) => match refusal.ending() {
                Some(ending) => return (Login::Ended(ending), None),
                None => (self.not_ordered(step, refusal), None),
            },
            (step, LoginEvent::Trust(trust)) => {
                self.trust = trust;
                (step, None)
            }
            (LoginStep::Recovery, LoginEvent::CopySummary) => {
                (LoginStep::Recovery, Some(LoginEffect::CopySummary))
            }
            (step, LoginEvent::Copied(worked)) => {
                self.copied = Some(worked);
                (step, None)
            }
            (LoginStep::Report, event) => self.on_report(event, waits),
            (step, LoginEvent::ReportUnrequested) => {
                self.leave(step);
                (LoginStep::Report, None)
            }
            (step, LoginEvent::MethodPicker) => {
                self.leave(step);
                (LoginStep::MethodPicker, None)
            }
            (step, LoginEvent::Recover) => {
                self.leave(step);
                self.copied = None;
                (LoginStep::Recovery, None)
            }
            (_, LoginEvent::Choose(LoginMethod::Method(place))) => {
                self.typed = Default::default();
                self.enter(place)
            }
            (_, LoginEvent::Choose(LoginMethod::Backup)) => {
                (self.way, self.asked) = (LoginMethod::Backup, RequestState::Idle);
                (LoginStep::Backup, None)
            }
            (LoginStep::Recovery, LoginEvent::Back) if !self.has_other_way() => self.back(),
            (LoginStep::Recovery | LoginStep::Backup, LoginEvent::Back) => {
                (LoginStep::MethodPicker, None)
            }
            (LoginStep::MethodPicker, LoginEvent::Back) => self.back(),
            (step @ LoginStep::Code { .. }, event) => self.on_code(step, event, waits),
            (LoginStep::Backup, LoginEvent::BackupTyped(typed)) => {
                self.typed_backup = typed;
                self.edited();
                (LoginStep::Backup, None)
            }
            (LoginStep::Backup, LoginEvent::Submit) if !waits => {
                (LoginStep::Backup, self.verify_backup())
            }
            (step, _other) => (step, None),
        };
        self.step = step;
        (Login::SigningIn(self), effect)
    }

    /// To look around. What was sent goes on counting.
    fn leave(&mut self, step: LoginStep) {
        self.asked = RequestState::Idle;
        if let LoginStep::Code {
            place,
            challenge: Some(challenge),
        } = step
        {
            self.kept = Some((place, challenge));
        }
    }

    /// To where the person was before looking around.
    fn back(&mut self) -> Next {
        self.asked = RequestState::Idle;
        let step = match self.way {
            LoginMethod::Method(place) => LoginStep::Code {
                place,
                challenge: self.kept_for(place),
            },
            LoginMethod::Backup => LoginStep::Backup,
        };
        (step, None)
    }

    fn kept_for(&mut self, place: usize) -> Option<Box<ChallengeView>> {
        self.kept
            .take_if(|(kept, _)| *kept == place)
            .map(|(_, challenge)| challenge)
    }

    fn on_report(&mut self, event: LoginEvent, waits: bool) -> Next {
        match event {
            LoginEvent::Back => return self.back(),
            LoginEvent::Submit if !waits => {
                self.asked = RequestState::Waiting;
                return (LoginStep::Report, Some(LoginEffect::Report));
            }
            _other => {}
        }
        (LoginStep::Report, None)
    }

    fn on_code(&mut self, step: LoginStep, event: LoginEvent, waits: bool) -> Next {
        match event {
            LoginEvent::Typed(typed) => {
                self.typed[0] = typed;
                self.edited();
                self.typed_on(step)
            }
            LoginEvent::SecondTyped(typed) => {
                self.typed[1] = typed;
                self.edited();
                self.typed_on(step)
            }
            LoginEvent::Submit if !waits => self.verify(step),
            LoginEvent::Send(channel, confirmation) if !waits => {
                self.order(step, channel, confirmation)
            }
            LoginEvent::Resend if !waits => match &step {
                LoginStep::Code {
                    place,
                    challenge: Some(challenge),
                } => {
                    let resend = LoginEffect::Resend(challenge.id.clone());
                    (self.asked, self.ordered) = (RequestState::Waiting, *place);
                    (step, Some(resend))
                }
                _other => (step, None),
            },
            LoginEvent::Renew if !waits => match &step {
                LoginStep::Code {
                    challenge: Some(over),
                    ..
                } => {
                    let (channel, confirmation) = (over.channel, over.call_confirmation());
                    self.order(step, channel, confirmation)
                }
                _other => (step, None),
            },
            LoginEvent::Changed(fresh) => match &step {
                LoginStep::Code {
                    challenge: Some(known),
                    ..
                } if known.id == fresh.id => (with_challenge(step, fresh), None),
                _other => (step, None),
            },
            LoginEvent::Back => (LoginStep::MethodPicker, None),
            _other => (step, None),
        }
    }

    /// What is typed takes a refusal away, and never the mark of a question that is still on its
    /// way.
    fn edited(&mut self) {
        if self.asked != RequestState::Waiting {
            self.asked = RequestState::Idle;
        }
    }

    fn passed(self: Box<Self>, passed: Verified) -> (Login, Option<LoginEffect>) {
        if self.way == LoginMethod::Backup && passed.backup_codes_left <= FEW_BACKUP_CODES {
            let few = Box::new(Self {
                step: LoginStep::LowBackupCodes(passed),
                asked: RequestState::Idle,
                ..*self
            });
            return (Login::SigningIn(few), None);
        }
        (
            Login::Completed,
            Some(LoginEffect::Complete(passed.result_code)),
        )
    }

    /// Few backup codes are left: said before going on. The result is asked for again when it grew
    /// old meanwhile.
    fn on_few(
        mut self: Box<Self>,
        passed: Verified,
        event: LoginEvent,
        now: Now,
    ) -> (Login, Option<LoginEffect>) {
        match event {
            LoginEvent::Submit if now.0.saturating_sub(passed.answered_at.0) <= RESULT_FRESH_S => (
                Login::Completed,
                Some(LoginEffect::Complete(passed.result_code)),
            ),
            LoginEvent::Submit if self.asked != RequestState::Waiting => {
                let again = self.verify_backup();
                self.step = LoginStep::LowBackupCodes(passed);
                (Login::SigningIn(self), again)
            }
            LoginEvent::Verified(fresh) => (
                Login::Completed,
                Some(LoginEffect::Complete(fresh.result_code)),
            ),
            // Nobody answers, or too late: the host says what is to be done with a result that is
            // old.
            LoginEvent::Refused(..) | LoginEvent::TimeUp => (
                Login::Completed,
                Some(LoginEffect::Complete(passed.result_code)),
            ),
            _other => {
                self.step = LoginStep::LowBackupCodes(passed);
                (Login::SigningIn(self), None)
            }
        }
    }
}
