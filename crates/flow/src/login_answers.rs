//! What the service's answers change in a login, also when they come after the person has gone on
//! to another screen.

use nidan_protocol::{ChallengeView, ErrorCode, MethodClass, MethodState};

use super::login::{LoginMethod, LoginRefusal, LoginStep, SigningIn};
use super::{EndReason, Now, PhoneRefusal, RequestState};

impl SigningIn {
    /// The code that was ordered last is on its way, and every other one of this login is over.
    /// Where the person has gone on to another method meanwhile, it waits there.
    pub(super) fn sent_to(&mut self, step: LoginStep, fresh: Box<ChallengeView>) -> LoginStep {
        self.kept = None;
        let is_another = match &step {
            LoginStep::Code { place, challenge } if *place == self.ordered => {
                challenge.as_ref().is_none_or(|known| known.id != fresh.id)
            }
            LoginStep::Code { place, challenge } => {
                let place = *place;
                // What this method had is over.
                let step = if challenge.is_some() {
                    LoginStep::Code {
                        place,
                        challenge: None,
                    }
                } else {
                    step
                };
                self.kept = Some((self.ordered, fresh));
                return step;
            }
            LoginStep::Backup
            | LoginStep::MethodPicker
            | LoginStep::Recovery
            | LoginStep::Report
            | LoginStep::LowBackupCodes(_) => {
                self.kept = Some((self.ordered, fresh));
                return step;
            }
        };
        self.asked = RequestState::Idle;
        if is_another {
            // Digits of another message are right for nothing.
            self.typed = Default::default();
        }
        with_challenge(step, fresh)
    }

    /// A no to the code of one way. Where the person has gone on to another one, it changes what
    /// that way is, and no more.
    pub(super) fn refused(
        &mut self,
        step: LoginStep,
        way: LoginMethod,
        refusal: LoginRefusal,
    ) -> Result<LoginStep, EndReason> {
        if let Some(ending) = ending_of(refusal) {
            return Err(ending);
        }
        let stands = match (&step, way) {
            (LoginStep::Code { place, .. }, LoginMethod::Method(tried)) => *place == tried,
            (LoginStep::Backup, LoginMethod::Backup) => true,
            _elsewhere => false,
        };
        let LoginRefusal::Service {
            code,
            retry_at,
            attempts_left,
            ..
        } = refusal
        else {
            if stands {
                self.asked = RequestState::Refused(refusal);
            }
            return Ok(step);
        };
        let by_message = self.is_by_message(way);
        // This login has had its tries, and not just one message: the password starts another one.
        if code == ErrorCode::TooManyAttempts && !by_message {
            return Err(EndReason::TriesSpent);
        }
        if let LoginMethod::Method(tried) = way {
            self.note_state(tried, code, retry_at, attempts_left, by_message);
        }
        if !stands {
            return Ok(step);
        }
        if code == ErrorCode::CodeWrong {
            self.times += 1;
        }
        self.asked = RequestState::Refused(LoginRefusal::Service {
            code,
            retry_at,
            attempts_left,
            times: self.times,
        });
        // What a phone got is over when one code is no longer enough, when its tries are spent or
        // the method takes no codes: the next message is another.
        let over = matches!(
            code,
            ErrorCode::TwoCodesNeeded
                | ErrorCode::CodeExpired
                | ErrorCode::ChallengeNotFound
                | ErrorCode::MethodResting
                | ErrorCode::MethodSuspended
        );
        Ok(match step {
            LoginStep::Code {
                place,
                challenge: Some(_),
            } if over => {
                self.typed = Default::default();
                LoginStep::Code {
                    place,
                    challenge: None,
                }
            }
            LoginStep::Code {
                place,
                challenge: Some(mut challenge),
            } => {
                challenge.attempts_left = attempts_left.unwrap_or(challenge.attempts_left);
                LoginStep::Code {
                    place,
                    challenge: Some(challenge),
                }
            }
            step => step,
        })
    }

    /// Whether its codes come by messages, each with tries of its own.
    fn is_by_message(&self, way: LoginMethod) -> bool {
        match way {
            LoginMethod::Method(place) => {
                self.opening
                    .methods
                    .get(place)
                    .is_some_and(|method| match method.kind.class() {
                        MethodClass::Otp => false,
                        MethodClass::OutOfBand(_) => true,
                    })
            }
            LoginMethod::Backup => false,
        }
    }

    /// What the answer says of the method: it asks for two codes, rests or is suspended.
    fn note_state(
        &mut self,
        place: usize,
        code: ErrorCode,
        until: Option<Now>,
        left: Option<u32>,
        by_message: bool,
    ) {
        let state = match code {
            // Of a message, the tries that are left are its own.
            ErrorCode::CodeWrong if left == Some(0) && !by_message => MethodState::TwoCodes,
            ErrorCode::TwoCodesNeeded if !by_message => MethodState::TwoCodes,
            ErrorCode::MethodResting => MethodState::Resting,
            ErrorCode::MethodSuspended => MethodState::Suspended,
            _other => return,
        };
        let Some(method) = self.opening.methods.get_mut(place) else {
            return;
        };
        if state == MethodState::TwoCodes && method.state != state {
            self.typed = Default::default();
        }
        method.state = state;
        method.resting_until = until.map(|at| at.0);
    }

    pub(super) fn not_ordered(&mut self, step: LoginStep, refusal: PhoneRefusal) -> LoginStep {
        if let PhoneRefusal::Service { code, retry_at, .. } = refusal {
            self.note_state(self.ordered, code, retry_at, None, true);
        }
        if !matches!(step, LoginStep::Code { place, .. } if place == self.ordered) {
            return step;
        }
        self.asked = RequestState::Refused(match refusal {
            PhoneRefusal::Service {
                code,
                retry_at,
                attempts_left,
            } => LoginRefusal::Service {
                code,
                retry_at,
                attempts_left,
                times: 0,
            },
            PhoneRefusal::Code(error) => LoginRefusal::Code(error),
            PhoneRefusal::Number(_) | PhoneRefusal::Unreachable => LoginRefusal::Unreachable,
        });
        step
    }
}

/// Whether a refusal ends the flow itself, whatever was asked.
pub(super) fn ending_of(refusal: LoginRefusal) -> Option<EndReason> {
    let LoginRefusal::Service { code, .. } = refusal else {
        return None;
    };
    match code {
        ErrorCode::FlowExpired => Some(EndReason::Expired),
        ErrorCode::FlowConflict => Some(EndReason::Superseded),
        ErrorCode::FlowReported => Some(EndReason::Reported),
        _other => None,
    }
}

pub(super) fn with_challenge(step: LoginStep, fresh: Box<ChallengeView>) -> LoginStep {
    match step {
        LoginStep::Code { place, .. } => LoginStep::Code {
            place,
            challenge: Some(fresh),
        },
        other => other,
    }
}
