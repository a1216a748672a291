//! A phone number and its code, as the service answers about them.

use nidan_protocol::{ChallengeView, ErrorCode};

use super::{
    EndReason, Enrolment, PhoneRefusal, RequestState, SetUpAnswer, SetUpEffect, Step, VerifiedPhone,
};
use crate::regions::{NumberError, Regions};

impl Enrolment {
    pub(super) fn on_phone_answer(
        &mut self,
        answer: SetUpAnswer,
    ) -> Result<Option<SetUpEffect>, EndReason> {
        match answer {
            SetUpAnswer::Regions(table) => return Ok(self.on_regions(table)),
            SetUpAnswer::Ordered(fresh) => self.on_sent(fresh),
            SetUpAnswer::ReadAs(number) => self.on_read(number),
            SetUpAnswer::Changed(fresh) => self.on_changed(fresh),
            SetUpAnswer::Accepted(id) => self.on_accepted(&id),
            SetUpAnswer::NotOrdered(refusal) => return self.on_refused(refusal).map(|()| None),
            SetUpAnswer::PasskeyMade(id, suggestion) => self.on_passkey_made(id, suggestion),
            SetUpAnswer::PasskeyNotMade(refusal) => {
                return self.on_passkey_not_made(refusal).map(|()| None);
            }
            SetUpAnswer::PutOff(_)
            | SetUpAnswer::Stored(_)
            | SetUpAnswer::NotStored(_)
            | SetUpAnswer::Looked(_)
            | SetUpAnswer::Extended(_) => {}
        }
        Ok(None)
    }

    fn on_regions(&mut self, table: Option<String>) -> Option<SetUpEffect> {
        let is_first = self.phone.regions.is_none();
        if let Some(table) = &table {
            self.phone.regions = Some(Regions::new(table));
            self.phone.read();
        }
        let Step::Number { channel, .. } = self.step else {
            return None;
        };
        if self.phone.regions.is_none() {
            self.refuse(PhoneRefusal::Unreachable);
            return None;
        }
        // Whoever went on before the table was there goes on now.
        if is_first && self.waits() {
            return self.order(channel);
        }
        None
    }

    fn on_sent(&mut self, fresh: Box<ChallengeView>) {
        let waits = self.waits();
        match &mut self.step {
            Step::Number { .. } if waits => {
                self.code.clear();
                self.step = Step::PhoneCode {
                    challenge: fresh,
                    asking: RequestState::Idle,
                    is_helping: false,
                };
            }
            Step::PhoneCode {
                challenge,
                asking,
                is_helping,
            } => {
                // The same code once more is no reason to leave the help.
                let is_another = fresh.id != challenge.id;
                *challenge = fresh;
                *asking = RequestState::Idle;
                if is_another {
                    *is_helping = false;
                    // Digits of another message are right for nothing.
                    self.code.clear();
                }
            }
            // What was asked on a screen that the person has left is no news here.
            _elsewhere => {}
        }
    }

    fn on_changed(&mut self, fresh: Box<ChallengeView>) {
        if let Step::PhoneCode { challenge, .. } = &mut self.step
            && challenge.id == fresh.id
        {
            *challenge = fresh;
        }
    }

    /// The number is proved. An answer of an earlier number, whose screen was left, proves nothing:
    /// that one was not asked for any more.
    fn on_accepted(&mut self, id: &str) {
        let Step::PhoneCode { challenge, .. } = &self.step else {
            return;
        };
        if challenge.id != id {
            return;
        }
        let ordered = self.phone.ordered.as_ref();
        let e164 = ordered.map(|number| number.e164.clone());
        self.phones.push(VerifiedPhone {
            e164: e164.unwrap_or_default(),
            challenge_id: challenge.id.clone(),
            channel: challenge.channel,
            hint: challenge.hint.clone(),
            name: std::mem::take(&mut self.phone.name),
        });
        self.phone.typed.clear();
        self.phone.read();
        self.code.clear();
        self.step = self.after_method();
    }

    fn on_refused(&mut self, refusal: PhoneRefusal) -> Result<(), EndReason> {
        let waits = self.waits();
        if self.asking().is_none() {
            return Ok(());
        }
        if let Some(reason) = refusal.ending() {
            return Err(reason);
        }
        // What was asked on a screen that the person has left is no news at another number.
        if waits || matches!(self.step, Step::PhoneCode { .. }) {
            self.refuse(refusal);
            self.note_refusal_of_message(refusal);
        }
        Ok(())
    }

    /// What a refusal says of the message that is awaited: over, spent, or to be sent again later.
    fn note_refusal_of_message(&mut self, refusal: PhoneRefusal) {
        let Step::PhoneCode {
            challenge, asking, ..
        } = &mut self.step
        else {
            return;
        };
        let PhoneRefusal::Service {
            code,
            retry_at,
            attempts_left,
        } = refusal
        else {
            return;
        };
        match (code, retry_at) {
            (ErrorCode::CodeExpired | ErrorCode::CodeUsed | ErrorCode::ChallengeNotFound, _) => {
                challenge.expires_at = 0;
            }
            (ErrorCode::TooManyAttempts, _) => challenge.attempts_left = 0,
            // No refusal, only the time from which on it can be sent again.
            (ErrorCode::ResendTooSoon, Some(at)) => {
                challenge.resend_at = Some(at.0);
                *asking = RequestState::Idle;
            }
            _other => {
                challenge.attempts_left = attempts_left.unwrap_or(challenge.attempts_left);
            }
        }
    }

    /// The number as the service reads it takes the place of what was typed, and the person is
    /// asked: nothing goes to a number that they have not seen.
    fn on_read(&mut self, number: String) {
        if !self.waits() || !matches!(self.step, Step::Number { .. }) {
            return;
        }
        if self.phones.iter().any(|phone| phone.e164 == number) {
            return self.refuse(PhoneRefusal::Number(NumberError::Known));
        }
        let regions = self.phone.regions.as_ref();
        let shown = regions
            .and_then(|regions| regions.read(&number, &self.phone.country).ok())
            .filter(|read| read.e164 == number)
            .map_or_else(|| number.clone(), |read| read.shown);
        self.phone.typed.clone_from(&shown);
        self.phone.proposed = Some((shown, number));
        self.phone.read();
        self.refuse(PhoneRefusal::Service {
            code: ErrorCode::PhoneAmbiguous,
            retry_at: None,
            attempts_left: None,
        });
    }
}
