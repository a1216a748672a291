//! A set-up that the site requires, and that may wait.

use nidan_protocol::ErrorCode;

use super::lifecycle::Outcome;
use super::{EndReason, Enrolment, RequestError, RequestState, SetUpEffect, Step, ending_for};

impl Enrolment {
    /// Whether the set-up may be put off now.
    pub const fn may_put_off(&self) -> bool {
        matches!(self.opening.duty, Some(duty) if duty.may_skip)
    }

    pub(super) fn put_off(&mut self) -> Option<SetUpEffect> {
        let is_asked = matches!(self.putting_off, RequestState::Waiting);
        if !matches!(self.step, Step::Start) || !self.may_put_off() || is_asked {
            return None;
        }
        self.putting_off = RequestState::Waiting;
        Some(SetUpEffect::PutOff)
    }

    /// Looks whether the set-up is still there, where no answer came that says so: nobody sets up what is
    /// over. What was said of that request stays on its own screen.
    pub(super) fn look_whether_put_off(&mut self) -> Option<SetUpEffect> {
        if let RequestState::Refused(_) = self.putting_off {
            self.putting_off = RequestState::Idle;
        }
        self.may_be_put_off.then_some(SetUpEffect::Look)
    }

    /// What the service answered to that.
    pub(super) fn on_looked_whether_put_off(
        &mut self,
        error: Option<RequestError>,
    ) -> Result<(), EndReason> {
        let reason = error.and_then(ending_for).filter(|_| self.may_be_put_off);
        // Where nobody answered, it is as open as before.
        self.may_be_put_off &= error.is_some();
        match reason {
            Some(reason) if !self.is_stored() => Err(reason),
            Some(_) | None => Ok(()),
        }
    }

    /// What the service answered. Where it has put the set-up off that is so, wherever the person went
    /// meanwhile.
    pub(super) fn on_put_off(
        mut self: Box<Self>,
        answer: Result<String, RequestError>,
    ) -> Outcome<Self> {
        let error = match answer {
            Ok(result_code) => return Outcome::Completed(result_code),
            Err(error) => error,
        };
        // Its time ran out while the page was open, or it was put off elsewhere.
        let is_spent = error == RequestError::Refused(ErrorCode::PolicyForbids);
        match ending_for(error) {
            Some(reason) if !is_spent => return Outcome::Ended(reason),
            Some(_) | None => {}
        }
        if let Some(duty) = &mut self.opening.duty {
            duty.may_skip &= !is_spent;
        }
        self.may_be_put_off = !is_spent;
        self.putting_off = if is_spent {
            RequestState::Idle
        } else {
            RequestState::Refused(error)
        };
        // Whoever went on meanwhile would set up for nothing.
        let look = if matches!(self.step, Step::Start) {
            None
        } else {
            self.look_whether_put_off()
        };
        Outcome::Active(self, look)
    }
}
