//! What a person proves in a set-up: that the app shows the right code, and that the backup codes are
//! safe.

use std::sync::Arc;

use nidan_otp::{BackupCode, Code};
use nidan_protocol::BackupGate;

use super::{
    BackupRefusal, CodeRefusal, ConfirmedFactors, Delivery, Enrolment, Now, SetUpEffect, Step,
};

impl Enrolment {
    /// Checks the app's code, as the service will once more.
    pub(super) fn confirm(&mut self, now: Now) {
        self.step = match self.code.read() {
            Ok(code) => self.check(code, now),
            Err(error) => Step::Confirm {
                refused: Some(CodeRefusal::Shape(error)),
            },
        };
    }

    fn check(&mut self, code: Code, now: Now) -> Step {
        match self.draft.check(code, now) {
            Ok(proof) => {
                self.wrong_codes = 0;
                self.code.clear();
                self.app = Some(Arc::new(proof));
                self.after_method()
            }
            Err(code) => {
                // The same code once more is the same mistake.
                if self.wrong_code != self.code.typed() {
                    self.wrong_codes += 1;
                    self.wrong_code = self.code.typed().to_owned();
                }
                let wrong = CodeRefusal::Wrong {
                    times: self.wrong_codes,
                };
                let off = self.draft.clock_error_s(&code, now);
                Step::Confirm {
                    refused: Some(off.map_or(wrong, CodeRefusal::Clock)),
                }
            }
        }
    }

    /// On to the final post, once the codes are safe.
    pub(super) fn save(&mut self) -> Option<SetUpEffect> {
        if let Err(refusal) = self.gate() {
            self.step = Step::SaveCodes {
                refused: Some(refusal),
            };
            return None;
        }
        Some(self.post())
    }

    /// The final post.
    pub(super) fn post(&mut self) -> SetUpEffect {
        let proof = Arc::new(ConfirmedFactors {
            app: self.app.clone(),
            phones: self.phones.clone(),
            passkeys: self.passkeys.clone(),
            typed_back: self.typed_back(),
        });
        let post = SetUpEffect::Post(self.draft.client(), Arc::clone(&proof));
        self.step = Step::Posting {
            proof,
            delivery: Delivery::Sending { failed: 0 },
        };
        post
    }

    /// Whether the person showed that the codes are safe, in the way that the host asks for.
    fn gate(&self) -> Result<(), BackupRefusal> {
        match self.opening.backup_gate {
            BackupGate::Tick if self.ticked => Ok(()),
            BackupGate::Tick => Err(BackupRefusal::NotTicked),
            BackupGate::TypeOne => {
                let code =
                    BackupCode::from_typed(&self.typed_backup).map_err(BackupRefusal::Typo)?;
                if self.draft.backup_codes().contains(&code) {
                    Ok(())
                } else {
                    Err(BackupRefusal::Other)
                }
            }
        }
    }
}
