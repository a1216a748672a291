//! Where a person goes at a login, and what that leads to.

use std::fmt;

use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, MethodClass, MethodState, MethodView,
};

use zeroize::Zeroizing;

use super::lifecycle::{Outcome, Stage};
use super::login::{
    LoginAnswer, LoginEffect, LoginEvent, LoginInput, LoginMethod, LoginNav, LoginOpening,
    LoginPhone, LoginRefusal, LoginStep, SigningIn,
};
use super::{CodeEntry, EndReason, LostMethods, Now, RequestState};

impl Stage for SigningIn {
    type Opening = LoginOpening;
    type Event = LoginEvent;
    type Effect = LoginEffect;

    fn begin(mut opening: LoginOpening) -> (Box<Self>, Option<LoginEffect>) {
        let best = place_to_begin(&opening);
        // Whoever typed while the widget came has typed this code.
        let typed = CodeEntry::holding(std::mem::take(&mut opening.typed));
        let mut signing = Box::new(Self {
            opening,
            codes: [typed, CodeEntry::default()],
            typed_backup: Zeroizing::default(),
            trust: false,
            asked: RequestState::Idle,
            step: LoginStep::Backup,
            is_helping: false,
            is_approval_asked: false,
            is_asking_for_approval: false,
            is_approval_closed: false,
            lost: LostMethods::default(),
            way: best.map_or(LoginMethod::Backup, LoginMethod::Method),
            kept: None,
            ordered: None,
            is_ordering: false,
            times: 0,
        });
        let effect = match (best, signing.opening.backup_codes_left) {
            // Whoever was given one comes with it.
            _ if signing.opening.temporary_code => signing.enter_temporary(),
            (Some(place), _) => signing.enter(place).or_else(|| signing.send_fresh()),
            (None, 0) if signing.opening.approval => signing.enter_approval(),
            (None, 0) => {
                signing.step = LoginStep::Recovery;
                None
            }
            (None, _) => None,
        };
        (signing, effect)
    }

    fn on(mut self: Box<Self>, event: LoginEvent, now: Now) -> Outcome<Self> {
        match self.step {
            LoginStep::LowBackupCodes(_) => return self.on_few(event, now),
            // Nothing leads from a report to a result, however late it is answered.
            LoginStep::Reported(_) => return Outcome::stays(self),
            LoginStep::Code { .. }
            | LoginStep::Passkey { .. }
            | LoginStep::Backup
            | LoginStep::Approval
            | LoginStep::MethodPicker
            | LoginStep::LostPicker
            | LoginStep::Recovery
            | LoginStep::Report => {}
        }
        let effect = match event {
            LoginEvent::Answer(answer) => return self.on_answer(answer),
            LoginEvent::Go(to) => self.go(to),
            LoginEvent::Enter(input) => self.enter_input(input),
            LoginEvent::Phone(wish) => self.on_phone(wish),
        };
        Outcome::Active(self, effect)
    }

    fn time_up(self: Box<Self>) -> Outcome<Self> {
        match self.step {
            // The host says what is to be done with a result that is old.
            LoginStep::LowBackupCodes(passed) => Outcome::Completed(passed.result_code),
            LoginStep::Reported(_) => Outcome::stays(self),
            LoginStep::Code { .. }
            | LoginStep::Passkey { .. }
            | LoginStep::Backup
            | LoginStep::Approval
            | LoginStep::MethodPicker
            | LoginStep::LostPicker
            | LoginStep::Recovery
            | LoginStep::Report => Outcome::Ended(EndReason::Expired),
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.step, LoginStep::Reported(_))
    }

    fn retry(&self) -> Option<(Now, LoginEvent)> {
        None
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        match &self.step {
            LoginStep::Code { challenge, .. } => challenge.as_deref(),
            LoginStep::Passkey { .. }
            | LoginStep::Backup
            | LoginStep::Approval
            | LoginStep::MethodPicker
            | LoginStep::LostPicker
            | LoginStep::Recovery
            | LoginStep::Report
            | LoginStep::Reported(_)
            | LoginStep::LowBackupCodes(_) => None,
        }
    }

    fn would_lose(&self) -> bool {
        false
    }

    fn code_read(code: String) -> Option<LoginEvent> {
        Some(LoginEvent::Enter(LoginInput::Code(code)))
    }

    fn changed(challenge: Box<ChallengeView>) -> Option<LoginEvent> {
        Some(LoginEvent::Answer(LoginAnswer::Changed(challenge)))
    }
}

/// The method to begin with: the best one, or where this browser cannot use that, the first one that
/// takes codes.
fn place_to_begin(opening: &LoginOpening) -> Option<usize> {
    let mut methods = opening.methods.iter();
    let best = methods.position(|method| Some(&method.id) == opening.best.as_ref())?;
    let has_codes = |method: &MethodView| method.kind.class().has_codes();
    let may_be_asked = opening.browser_has_passkeys || opening.needs_passkey;
    if may_be_asked || opening.methods.get(best).is_some_and(has_codes) {
        return Some(best);
    }
    let mut methods = opening.methods.iter();
    methods.position(|method| has_codes(method) && method.state.takes_codes())
}

impl SigningIn {
    /// The method whose code, or passkey, is asked for.
    pub fn method(&self) -> Option<&MethodView> {
        let (LoginStep::Code { place, .. } | LoginStep::Passkey { place }) = &self.step else {
            return None;
        };
        self.opening.methods.get(*place)
    }

    /// Whether two codes are asked for: an app by its state, a phone by what its message has.
    pub fn wants_two(&self) -> bool {
        match self.awaited() {
            Some(challenge) => challenge.codes > 1,
            None => self
                .method()
                .is_some_and(|method| method.state == MethodState::TwoCodes),
        }
    }

    /// Whether a code was wrong in this login.
    pub const fn has_mistyped(&self) -> bool {
        self.times > 0
    }

    /// Whether another way is there: another method, or a backup code.
    pub fn has_other_way(&self) -> bool {
        self.opening.methods.len() > 1
            || self.opening.backup_codes_left > 0
            || self.opening.temporary_code
            || self.opening.approval
    }

    /// Whether the last question is still on its way.
    pub(super) fn waits(&self) -> bool {
        self.asked == RequestState::Waiting
    }

    /// To a method's code; a text or call is ordered at once where the host wants that.
    fn enter(&mut self, place: usize) -> Option<LoginEffect> {
        self.step = self.step_of(place)?;
        self.way = LoginMethod::Method(place);
        self.asked = self.state_of_order(place);
        self.is_helping = false;
        let is_new = self.awaited().is_none() && !self.waits();
        match self.method()?.kind.class() {
            MethodClass::OutOfBand(channel) if is_new && self.opening.auto_send => {
                self.order(channel, CallConfirmation::Digits)
            }
            MethodClass::OutOfBand(_) | MethodClass::Otp | MethodClass::Cryptographic => None,
        }
    }

    /// An order that is still on its way goes on, and nothing else is ordered meanwhile.
    pub(super) fn state_of_order(&self, place: usize) -> RequestState<LoginRefusal> {
        if self.is_ordering && self.is_by_message(LoginMethod::Method(place)) {
            RequestState::Waiting
        } else {
            RequestState::Idle
        }
    }

    /// The order that was on its way is answered.
    pub(super) fn order_is_answered(&mut self) {
        self.is_ordering = false;
        if let LoginStep::Code { place, .. } = self.step
            && self.is_by_message(LoginMethod::Method(place))
            && self.waits()
        {
            self.asked = RequestState::Idle;
        }
    }

    /// The step on which a method lets the person in.
    pub(super) fn step_of(&mut self, place: usize) -> Option<LoginStep> {
        match self.opening.methods.get(place)?.kind.class() {
            MethodClass::Otp | MethodClass::OutOfBand(_) => Some(LoginStep::Code {
                place,
                challenge: self.kept_for(place),
            }),
            MethodClass::Cryptographic => Some(LoginStep::Passkey { place }),
        }
    }

    fn order(&mut self, channel: Channel, confirmation: CallConfirmation) -> Option<LoginEffect> {
        let LoginStep::Code { place, .. } = self.step else {
            return None;
        };
        let method_id = self.opening.methods.get(place)?.id.clone();
        self.order_goes_out(place);
        Some(LoginEffect::Order {
            method_id,
            channel,
            confirmation,
        })
    }

    /// Until it is answered, nothing else is ordered.
    fn order_goes_out(&mut self, place: usize) {
        (self.asked, self.ordered) = (RequestState::Waiting, Some(place));
        self.is_ordering = true;
    }

    fn go(&mut self, to: LoginNav) -> Option<LoginEffect> {
        match (&self.step, to) {
            (LoginStep::Reported(_) | LoginStep::LowBackupCodes(_), _) => None,
            (_, LoginNav::Submit) => self.submit(),
            (_, LoginNav::Back) => self.go_back(),
            // The question whether to report is answered, or left by "back".
            (LoginStep::Report, _) => None,
            (LoginStep::LostPicker, LoginNav::Choose(LoginMethod::Method(place))) => {
                if self.may_be_lost(place) {
                    self.lost.toggle(place);
                }
                // What takes nothing out of use is no way now: "back" leads to what does.
                let is_gone = match self.way {
                    LoginMethod::Approval => !self.may_be_approved(),
                    LoginMethod::Temporary => !self.may_be_temporary(),
                    LoginMethod::Method(_) | LoginMethod::Backup => false,
                };
                if is_gone {
                    self.way = LoginMethod::Method(0);
                }
                self.leave_for(LoginStep::MethodPicker)
            }
            (_, LoginNav::Lose) => self.lose(),
            (_, LoginNav::Choose(LoginMethod::Method(place))) => {
                self.clear_codes();
                self.enter(place)
            }
            (_, LoginNav::Choose(LoginMethod::Backup)) => {
                self.clear_temporary();
                self.way = LoginMethod::Backup;
                self.leave_for(LoginStep::Backup)
            }
            (_, LoginNav::Choose(LoginMethod::Temporary)) if !self.may_be_temporary() => None,
            (_, LoginNav::Choose(LoginMethod::Temporary)) => self.enter_temporary(),
            (_, LoginNav::Choose(LoginMethod::Approval)) if !self.may_be_approved() => None,
            (_, LoginNav::Choose(LoginMethod::Approval)) => {
                self.clear_codes();
                self.enter_approval()
            }
            (_, LoginNav::AskForApproval) => self.ask_for_approval(),
            (_, LoginNav::MethodPicker) => self.leave_for(LoginStep::MethodPicker),
            (_, LoginNav::ReportUnrequested) => self.leave_for(LoginStep::Report),
            (_, LoginNav::Recover) => self.leave_for(LoginStep::Recovery),
        }
    }

    fn submit(&mut self) -> Option<LoginEffect> {
        // Some browsers leave without a word: a passkey is asked for once more, and the question before
        // it ends.
        let asks_browser = matches!(self.step, LoginStep::Passkey { .. });
        if self.waits() && !asks_browser {
            return None;
        }
        match self.step {
            LoginStep::Code { .. } => self.verify(),
            LoginStep::Passkey { .. } => self.ask_for_passkey(),
            LoginStep::Backup if self.is_temporary() => self.verify_temporary(),
            LoginStep::Backup => self.verify_backup(),
            LoginStep::Approval if self.is_approval_asked => self.verify_approval(),
            LoginStep::Approval => self.ask_for_approval(),
            LoginStep::Report => {
                self.asked = RequestState::Waiting;
                Some(LoginEffect::Report)
            }
            LoginStep::MethodPicker
            | LoginStep::LostPicker
            | LoginStep::Recovery
            | LoginStep::Reported(_)
            | LoginStep::LowBackupCodes(_) => None,
        }
    }

    /// To where the person was before looking around.
    fn go_back(&mut self) -> Option<LoginEffect> {
        match self.step {
            LoginStep::LostPicker => self.leave_for(LoginStep::MethodPicker),
            LoginStep::Recovery if self.has_other_way() => self.leave_for(LoginStep::MethodPicker),
            LoginStep::Code { .. }
            | LoginStep::Passkey { .. }
            | LoginStep::Backup
            | LoginStep::Approval => self.leave_for(LoginStep::MethodPicker),
            LoginStep::Recovery | LoginStep::MethodPicker | LoginStep::Report => {
                self.asked = RequestState::Idle;
                self.step = match self.way {
                    LoginMethod::Approval => return self.enter_approval(),
                    LoginMethod::Method(place) => {
                        self.asked = self.state_of_order(place);
                        self.step_of(place)?
                    }
                    LoginMethod::Backup | LoginMethod::Temporary => LoginStep::Backup,
                };
                None
            }
            LoginStep::Reported(_) | LoginStep::LowBackupCodes(_) => None,
        }
    }

    /// To look around. What was sent goes on counting.
    pub(super) fn leave_for(&mut self, step: LoginStep) -> Option<LoginEffect> {
        self.asked = RequestState::Idle;
        self.is_helping = false;
        let left = std::mem::replace(&mut self.step, step);
        if let LoginStep::Code {
            place,
            challenge: Some(challenge),
        } = left
        {
            self.kept = Some((place, challenge));
        }
        None
    }

    pub(super) fn kept_for(&mut self, place: usize) -> Option<Box<ChallengeView>> {
        let kept = self.kept.take_if(|(kept, _)| *kept == place);
        kept.map(|(_, challenge)| challenge)
    }

    fn on_phone(&mut self, wish: LoginPhone) -> Option<LoginEffect> {
        if self.waits() {
            return None;
        }
        let LoginStep::Code { place, challenge } = &self.step else {
            return None;
        };
        match (wish, challenge) {
            (LoginPhone::Help, None) => None,
            (LoginPhone::Help, Some(challenge)) => {
                let show = LoginEffect::ShowHelp(challenge.channel);
                self.is_helping = !self.is_helping;
                self.is_helping.then_some(show)
            }
            (LoginPhone::Send(channel, confirmation), _) => self.order(channel, confirmation),
            (LoginPhone::Resend | LoginPhone::Renew, None) => None,
            (LoginPhone::Resend, Some(challenge)) => {
                let (id, place) = (challenge.id.clone(), *place);
                self.order_goes_out(place);
                Some(LoginEffect::Resend(id))
            }
            (LoginPhone::Renew, Some(over)) => {
                let (channel, confirmation) = (over.channel, over.call_confirmation());
                self.order(channel, confirmation)
            }
        }
    }
}

/// Names the step and nothing in it: codes are typed there.
impl fmt::Debug for SigningIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            LoginStep::Code { .. } => "Code",
            LoginStep::Passkey { .. } => "Passkey",
            LoginStep::Backup => "Backup",
            LoginStep::Approval => "Approval",
            LoginStep::MethodPicker => "MethodPicker",
            LoginStep::LostPicker => "LostPicker",
            LoginStep::Recovery => "Recovery",
            LoginStep::Report => "Report",
            LoginStep::Reported(_) => "Reported",
            LoginStep::LowBackupCodes(_) => "LowBackupCodes",
        })
    }
}
