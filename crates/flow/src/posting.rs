//! The final post of an enrolment: sent until the service answers, and its result handed on.

use std::sync::Arc;

use nidan_otp::UnixSeconds;
use nidan_protocol::{EnrolmentAnswer, ErrorCode};
use zeroize::Zeroizing;

use super::lifecycle::Outcome;
use super::{
    CodeRefusal, ConfirmedFactors, Delivery, Enrolment, Now, RequestError, SetUpEffect, Step,
    ending_for,
};

/// Waiting times between tries of the final post, in seconds; the last one repeats.
const RETRY_AFTER_S: [u64; 5] = [2, 4, 8, 15, 30];
/// A result code lives 60 seconds: one that is older than this is asked for again before it goes to
/// the host.
const RESULT_FRESH_S: u64 = 40;

impl Enrolment {
    /// The service has it.
    pub(super) fn on_stored(
        mut self: Box<Self>,
        fresh: Box<EnrolmentAnswer>,
        now: Now,
    ) -> Outcome<Self> {
        match &self.step {
            Step::Posting { proof, .. } => {
                let proof = Arc::clone(proof);
                self.draft.erase();
                self.typed_backup = Zeroizing::default();
                self.step = Step::Done {
                    proof,
                    answer: fresh,
                    answered_at: Some(now),
                    trouble: None,
                };
                Outcome::stays(self)
            }
            Step::Finishing { .. } => Outcome::Completed(fresh.result_code),
            _elsewhere => Outcome::stays(self),
        }
    }

    /// Nobody answered, or with a no.
    pub(super) fn on_not_stored(
        mut self: Box<Self>,
        error: RequestError,
        now: Now,
    ) -> Outcome<Self> {
        // Taken out, and put back by every arm that goes on.
        match std::mem::replace(&mut self.step, Step::Start) {
            Step::Posting {
                proof,
                delivery: Delivery::Sending { failed },
            } => self.on_failed_post(proof, error, failed, now),
            // It is stored all the same; the host learns that from the service, if not from this
            // code.
            Step::Finishing { answer, .. } if ending_for(error).is_some() => {
                Outcome::Completed(answer.result_code)
            }
            // Nobody answers: the person stays where they can try again, as the code at hand is too
            // old by now.
            Step::Finishing { proof, answer } => {
                self.step = Step::Done {
                    proof,
                    answer,
                    answered_at: None,
                    trouble: Some(error),
                };
                Outcome::stays(self)
            }
            step => {
                self.step = step;
                Outcome::stays(self)
            }
        }
    }

    fn on_failed_post(
        mut self: Box<Self>,
        proof: Arc<ConfirmedFactors>,
        error: RequestError,
        failed: u32,
        now: Now,
    ) -> Outcome<Self> {
        if error == RequestError::Refused(ErrorCode::CodeWrong) && self.has_app() {
            // The service's clock decides. The backup codes stay as they are: they hang on the
            // secret, not on the code.
            self.wrong_codes += 1;
            self.app = None;
            self.step = Step::Confirm {
                refused: Some(CodeRefusal::Wrong {
                    times: self.wrong_codes,
                }),
            };
            return Outcome::stays(self);
        }
        if let Some(reason) = ending_for(error) {
            return Outcome::Ended(reason);
        }
        let last = RETRY_AFTER_S.len() - 1;
        let wait = RETRY_AFTER_S.get((failed as usize).min(last));
        let delivery = Delivery::Waiting {
            failed: failed + 1,
            trouble: error,
            until: UnixSeconds(now.0 + wait.copied().unwrap_or_default()),
        };
        self.step = Step::Posting { proof, delivery };
        Outcome::stays(self)
    }

    /// Once more, where the post failed.
    pub(super) fn retry_post(&mut self) -> Option<SetUpEffect> {
        let Step::Posting { proof, delivery } = &mut self.step else {
            return None;
        };
        let Delivery::Waiting { failed, .. } = delivery else {
            return None;
        };
        let post = SetUpEffect::Post(self.draft.client(), Arc::clone(proof));
        *delivery = Delivery::Sending { failed: *failed };
        Some(post)
    }

    /// The result goes to the host; where it grew old meanwhile, it is asked for again.
    pub(super) fn finish(mut self: Box<Self>, now: Now) -> Outcome<Self> {
        match std::mem::replace(&mut self.step, Step::Start) {
            Step::Done {
                answer,
                answered_at: Some(at),
                ..
            } if now.0.saturating_sub(at.0) <= RESULT_FRESH_S => {
                Outcome::Completed(answer.result_code)
            }
            Step::Done { proof, answer, .. } => {
                let again = SetUpEffect::Post(self.draft.client(), Arc::clone(&proof));
                self.step = Step::Finishing { proof, answer };
                Outcome::Active(self, Some(again))
            }
            step => {
                self.step = step;
                Outcome::stays(self)
            }
        }
    }
}
