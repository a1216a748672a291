//! What the service's answers change in a login, also when they come after the person has gone on
//! to another screen.

use nidan_protocol::{ChallengeView, ErrorCode, MethodClass, MethodState};

use super::lifecycle::Outcome;
use super::login::{LoginAnswer, LoginMethod, LoginRefusal, LoginStep, SigningIn};
use super::{EndReason, LostMethods, Now, RequestState};

impl SigningIn {
    pub(super) fn on_answer(mut self: Box<Self>, answer: LoginAnswer) -> Outcome<Self> {
        let ends = match answer {
            LoginAnswer::Verified(passed) => return self.passed(*passed),
            LoginAnswer::Reported(mut reported) => {
                reported.password_url = self.opening.password_url.take();
                // Nothing of it is needed any more.
                self.codes = Default::default();
                self.typed_backup = zeroize::Zeroizing::default();
                self.kept = None;
                self.step = LoginStep::Reported(reported);
                None
            }
            LoginAnswer::Ordered(fresh) => {
                self.on_sent(fresh);
                None
            }
            LoginAnswer::Changed(fresh) => {
                self.on_changed(fresh);
                None
            }
            LoginAnswer::ApprovalAsked => {
                self.on_approval_asked();
                None
            }
            LoginAnswer::ApprovalNotAsked(refusal) => {
                self.on_approval_not_asked(refusal);
                ending_of(refusal)
            }
            LoginAnswer::NotOrdered(refusal) => self.not_ordered(refusal),
            LoginAnswer::Refused(way, refusal) => self.refused(way, refusal),
            LoginAnswer::NotReported(refusal) => self.not_reported(refusal),
        };
        match ends {
            Some(reason) => Outcome::Ended(reason),
            None => Outcome::stays(self),
        }
    }

    /// The code that was ordered last is on its way, and every other one of this login is over.
    /// Where the person has gone on to another method meanwhile, it waits there.
    fn on_sent(&mut self, fresh: Box<ChallengeView>) {
        self.kept = None;
        self.order_is_answered();
        let LoginStep::Code { place, challenge } = &mut self.step else {
            self.kept = self.ordered.map(|place| (place, fresh));
            return;
        };
        if Some(*place) != self.ordered {
            // What this method had is over.
            *challenge = None;
            self.kept = self.ordered.map(|place| (place, fresh));
            return;
        }
        let known = challenge.replace(fresh);
        let fresh = challenge.as_ref().map(|fresh| &fresh.id);
        self.asked = RequestState::Idle;
        if known.as_ref().map(|known| &known.id) != fresh {
            self.is_helping = false;
            self.clear_codes();
        }
    }

    /// The delivery status of the awaited message changed.
    fn on_changed(&mut self, fresh: Box<ChallengeView>) {
        if let LoginStep::Code {
            challenge: Some(known),
            ..
        } = &mut self.step
            && known.id == fresh.id
        {
            *known = fresh;
        }
    }

    /// A no to the code of one way. Where the person has gone on to another one, it changes what
    /// that way is, and no more.
    fn refused(&mut self, way: LoginMethod, refusal: LoginRefusal) -> Option<EndReason> {
        if let Some(reason) = ending_of(refusal) {
            return Some(reason);
        }
        // The browser was asked on an earlier screen, or by an earlier press.
        if refusal.is_of_browser() && self.asked != RequestState::Waiting {
            return None;
        }
        let stands = self.asks_for(way);
        let is_approval = way == LoginMethod::Approval;
        // Another code is asked for meanwhile.
        let is_asking = is_approval && self.is_asking_for_approval;
        let LoginRefusal::Service {
            code,
            retry_at,
            attempts_left,
            ..
        } = refusal
        else {
            if stands && !(is_asking || self.is_ordering && self.is_by_message(way)) {
                self.asked = RequestState::Refused(refusal);
            }
            return None;
        };
        let by_message = self.is_by_message(way);
        // This login has had its tries, and not just one message: the password starts another one.
        if code == ErrorCode::TooManyAttempts && !by_message && !is_approval {
            return Some(EndReason::TriesSpent);
        }
        let of_two = self.wants_two();
        if is_approval {
            self.note_refusal_of_approval(code, attempts_left);
        }
        if let LoginMethod::Method(tried) = way {
            self.note_state(tried, code, retry_at, attempts_left);
        }
        // Both or nothing: the next press is for the login alone.
        if matches!(
            code,
            ErrorCode::Cooling
                | ErrorCode::LastMethod
                | ErrorCode::ChangeLimit
                | ErrorCode::PolicyForbids
        ) {
            self.lost = LostMethods::default();
        }
        if stands {
            self.times += u32::from(code == ErrorCode::CodeWrong);
            // Another code was ordered meanwhile, and is still on its way.
            if !(self.is_ordering && by_message || is_asking) {
                self.asked = RequestState::Refused(LoginRefusal::Service {
                    code,
                    retry_at,
                    attempts_left,
                    times: self.times,
                    of_two,
                });
            }
            self.note_refusal_of_message(code, attempts_left);
        }
        None
    }

    /// What a phone got is over when one code is no longer enough, when its tries are spent or the
    /// method takes no codes: the next message is another.
    fn note_refusal_of_message(&mut self, code: ErrorCode, attempts_left: Option<u32>) {
        let LoginStep::Code { challenge, .. } = &mut self.step else {
            return;
        };
        let Some(sent) = challenge else { return };
        let is_over = matches!(
            code,
            ErrorCode::TwoCodesNeeded
                | ErrorCode::CodeExpired
                | ErrorCode::ChallengeNotFound
                | ErrorCode::MethodResting
                | ErrorCode::MethodSuspended
                | ErrorCode::MethodHeld
        );
        if is_over {
            *challenge = None;
            self.clear_codes();
        } else if let Some(left) = attempts_left {
            sent.attempts_left = left;
        }
    }

    /// Whether the screen asks for a code of this way.
    const fn asks_for(&self, way: LoginMethod) -> bool {
        match (&self.step, way) {
            (LoginStep::Backup, LoginMethod::Temporary) => self.is_temporary(),
            (
                LoginStep::Code { place, .. } | LoginStep::Passkey { place },
                LoginMethod::Method(tried),
            ) => *place == tried,
            (LoginStep::Backup, LoginMethod::Backup) => !self.is_temporary(),
            (LoginStep::Approval, LoginMethod::Approval) => true,
            (
                LoginStep::Code { .. }
                | LoginStep::Passkey { .. }
                | LoginStep::Backup
                | LoginStep::Approval
                | LoginStep::MethodPicker
                | LoginStep::LostPicker
                | LoginStep::Recovery
                | LoginStep::Report
                | LoginStep::Reported(_)
                | LoginStep::LowBackupCodes(_),
                LoginMethod::Method(_)
                | LoginMethod::Backup
                | LoginMethod::Temporary
                | LoginMethod::Approval,
            ) => false,
        }
    }

    /// Whether its codes come by messages, each with tries of its own.
    pub(super) fn is_by_message(&self, way: LoginMethod) -> bool {
        let LoginMethod::Method(place) = way else {
            return false;
        };
        let method = self.opening.methods.get(place);
        method.is_some_and(|method| match method.kind.class() {
            MethodClass::Otp | MethodClass::Cryptographic => false,
            MethodClass::OutOfBand(_) => true,
        })
    }

    /// What the answer says of the method: it asks for two codes, rests or is suspended.
    fn note_state(&mut self, place: usize, code: ErrorCode, until: Option<Now>, left: Option<u32>) {
        let method = self.opening.methods.get(place);
        let asks_for_two = method.is_some_and(|method| match method.kind.class() {
            MethodClass::Otp => true,
            // The tries that are left are the message's own, and the next one has two codes.
            MethodClass::OutOfBand(_) | MethodClass::Cryptographic => false,
        });
        let state = match code {
            ErrorCode::CodeWrong if left == Some(0) && asks_for_two => MethodState::TwoCodes,
            ErrorCode::TwoCodesNeeded if asks_for_two => MethodState::TwoCodes,
            ErrorCode::MethodResting => MethodState::Resting,
            ErrorCode::MethodSuspended => MethodState::Suspended,
            ErrorCode::MethodHeld => MethodState::Held,
            _other => return,
        };
        let Some(method) = self.opening.methods.get_mut(place) else {
            return;
        };
        method.state = state;
        method.resting_until = until.map(|at| at.0);
    }

    fn not_ordered(&mut self, refusal: LoginRefusal) -> Option<EndReason> {
        self.order_is_answered();
        if let Some(reason) = ending_of(refusal) {
            return Some(reason);
        }
        let place = self.ordered?;
        let stands = self.asks_for(LoginMethod::Method(place));
        if let LoginRefusal::Service { code, retry_at, .. } = refusal {
            self.note_state(place, code, retry_at, None);
            if stands {
                self.note_refusal_of_message(code, None);
            }
        }
        if stands {
            self.asked = RequestState::Refused(refusal);
        }
        None
    }

    fn not_reported(&mut self, refusal: LoginRefusal) -> Option<EndReason> {
        let ends = ending_of(refusal);
        if ends.is_none() && matches!(self.step, LoginStep::Report) {
            self.asked = RequestState::Refused(refusal);
        }
        ends
    }
}

/// Whether a refusal ends the flow itself, whatever was asked.
fn ending_of(refusal: LoginRefusal) -> Option<EndReason> {
    match refusal {
        LoginRefusal::Service { code, .. } => EndReason::of_flow(code),
        LoginRefusal::Code(_)
        | LoginRefusal::SecondCode(_)
        | LoginRefusal::Backup(_)
        | LoginRefusal::Cancelled
        | LoginRefusal::Browser
        | LoginRefusal::Unreachable => None,
    }
}
