//! The final post of an enrolment: sent until the service answers.

use std::sync::Arc;

use nidan_protocol::ErrorCode;

use super::{
    CodeRefusal, ConfirmedFactors, Delivery, Effect, EndReason, Enrolment, Event, Now,
    RequestError, Step, ending_for,
};

/// Waiting times between tries of the final post, in seconds; the last one repeats.
const RETRY_AFTER_S: [u64; 5] = [2, 4, 8, 15, 30];

impl Enrolment {
    pub(super) fn on_posting(
        &mut self,
        event: Event,
        proof: Arc<ConfirmedFactors>,
        delivery: Delivery,
        now: Now,
    ) -> Result<(Step, Option<Effect>), EndReason> {
        match (event, delivery) {
            (Event::Answered(answer), _) => Ok((
                Step::Done {
                    proof,
                    answer,
                    answered_at: now,
                    trouble: None,
                },
                None,
            )),
            (Event::NotAnswered(trouble), Delivery::Sending { failed }) => {
                self.on_failed_post(proof, trouble, failed, now)
            }
            (Event::RetryDue | Event::Again, Delivery::Waiting { failed, .. }) => {
                let post = Effect::Post(Arc::clone(&self.draft), Arc::clone(&proof));
                Ok((
                    Step::Posting {
                        proof,
                        delivery: Delivery::Sending { failed },
                    },
                    Some(post),
                ))
            }
            (_other, delivery) => Ok((Step::Posting { proof, delivery }, None)),
        }
    }

    fn on_failed_post(
        &mut self,
        proof: Arc<ConfirmedFactors>,
        trouble: RequestError,
        failed: u32,
        now: Now,
    ) -> Result<(Step, Option<Effect>), EndReason> {
        if trouble == RequestError::Refused(ErrorCode::CodeWrong) {
            // The service's clock decides. The backup codes stay as they are: they hang on the
            // secret, not on the code.
            self.wrong_codes += 1;
            self.app = None;
            return Ok((
                Step::Confirm {
                    refused: Some(CodeRefusal::Wrong {
                        times: self.wrong_codes,
                    }),
                },
                None,
            ));
        }
        if let Some(ending) = ending_for(trouble) {
            return Err(ending);
        }
        let last = RETRY_AFTER_S.len() - 1;
        let wait = usize::try_from(failed).map_or(last, |failed| failed.min(last));
        let wait = RETRY_AFTER_S.get(wait).copied().unwrap_or(30);
        let until = nidan_otp::UnixSeconds(now.0.saturating_add(wait));
        let delivery = Delivery::Waiting {
            failed: failed + 1,
            trouble,
            until,
        };
        Ok((Step::Posting { proof, delivery }, None))
    }
}
