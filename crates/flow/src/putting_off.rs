//! A set-up that the site requires, and that may wait.

use nidan_protocol::ErrorCode;

use super::lifecycle::Outcome;
use super::{Enrolment, RequestError, RequestState, SetUpEffect, Step, ending_for};

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

    /// Looks whether a set-up is still there that may have been put off, where no answer came: nobody sets
    /// up what is over.
    pub(super) fn look_whether_put_off(&mut self) -> Option<SetUpEffect> {
        self.is_unsure_whether_put_off()
            .then_some(SetUpEffect::Look)
    }

    pub(super) const fn is_unsure_whether_put_off(&self) -> bool {
        matches!(self.putting_off, RequestState::Refused(_)) && !self.is_stored()
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
        self.putting_off = if is_spent {
            RequestState::Idle
        } else {
            RequestState::Refused(error)
        };
        Outcome::stays(self)
    }
}
