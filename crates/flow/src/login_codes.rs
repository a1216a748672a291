//! The codes of a login, from the field to the question whether they are right.

use nidan_otp::{BackupCode, BackupCodeError};
use nidan_protocol::{BACKUP_METHOD_ID, MethodView};

use zeroize::Zeroizing;

use super::login::{LoginEffect, LoginInput, LoginMethod, LoginStep, Presented, SigningIn};
use super::{CodeEntry, LoginRefusal, RequestState};

impl SigningIn {
    pub(super) fn enter_input(&mut self, input: LoginInput) -> Option<LoginEffect> {
        match (input, &self.step) {
            (LoginInput::Trust(trust), _) => {
                self.trust = trust;
                None
            }
            (LoginInput::Code(typed), LoginStep::Code { .. } | LoginStep::Approval) => {
                self.edit_code(0, typed)
            }
            (LoginInput::SecondCode(typed), LoginStep::Code { .. }) => self.edit_code(1, typed),
            (LoginInput::Backup(typed), LoginStep::Backup) => {
                self.typed_backup = Zeroizing::new(typed);
                self.edited();
                None
            }
            // Of a field that is gone.
            (LoginInput::Code(_) | LoginInput::SecondCode(_) | LoginInput::Backup(_), _) => None,
        }
    }

    fn edit_code(&mut self, at: usize, typed: String) -> Option<LoginEffect> {
        self.codes.get_mut(at)?.edit(typed);
        self.edited();
        self.send_fresh()
    }

    /// What is typed takes a refusal away, and never the mark of a question that is still on its
    /// way.
    fn edited(&mut self) {
        if !self.waits() {
            self.asked = RequestState::Idle;
        }
    }

    /// Digits of another message are right for nothing.
    pub(super) fn clear_codes(&mut self) {
        self.codes.iter_mut().for_each(CodeEntry::clear);
    }

    /// Complete codes send themselves, where the page wants that and nothing is left to tick; not
    /// the same ones twice.
    pub(super) fn send_fresh(&mut self) -> Option<LoginEffect> {
        let [code, second] = &self.codes;
        let is_fresh = if self.wants_two() {
            code.read().is_ok() && second.read().is_ok() && (code.is_fresh() || second.is_fresh())
        } else {
            code.is_fresh()
        };
        let is_approval = matches!(self.step, LoginStep::Approval);
        let goes = is_fresh
            && self.opening.submits_itself
            && (is_approval || self.opening.trust_days.is_none())
            && !self.waits()
            && self.can_answer();
        match goes {
            false => None,
            true if is_approval => self.verify_approval(),
            true => self.verify(),
        }
    }

    /// An app's code can always be asked about; a phone's only after one was sent.
    fn can_answer(&self) -> bool {
        let LoginStep::Code { challenge, .. } = &self.step else {
            return matches!(self.step, LoginStep::Approval) && self.is_approval_asked;
        };
        let makes_codes = |method: &nidan_protocol::MethodView| method.kind.class().makes_codes();
        challenge.is_some() || self.method().is_some_and(makes_codes)
    }

    /// Asks whether the code, or the two, are right.
    pub(super) fn verify(&mut self) -> Option<LoginEffect> {
        let LoginStep::Code { place, .. } = self.step else {
            return None;
        };
        let method_id = self.opening.methods.get(place)?.id.clone();
        let [code, second] = &self.codes;
        let presented = match code.read() {
            Err(error) => Err(LoginRefusal::Code(error)),
            Ok(code) if !self.wants_two() => Ok(Presented::Code(code)),
            Ok(code) => match second.read() {
                Err(error) => Err(LoginRefusal::SecondCode(error)),
                Ok(second) => Ok(Presented::Pair(code, second)),
            },
        };
        match presented {
            Ok(presented) => {
                self.asked = RequestState::Waiting;
                self.codes.iter_mut().for_each(CodeEntry::mark_sent);
                Some(LoginEffect::Verify {
                    way: LoginMethod::Method(place),
                    method_id,
                    presented,
                    trust: self.trust,
                    lost: self.lost_but(Some(place)),
                })
            }
            Err(_) if self.opening.backup_codes_left > 0 && read_backup(code.typed()).is_ok() => {
                self.typed_backup = Zeroizing::new(code.typed().to_owned());
                self.way = LoginMethod::Backup;
                let _nothing = self.leave_for(LoginStep::Backup);
                self.clear_codes();
                self.verify_backup()
            }
            Err(refusal) => {
                self.asked = RequestState::Refused(refusal);
                None
            }
        }
    }

    /// Six digits in the field of a backup code are the code of the method that the person was at,
    /// or of an app.
    fn verify_digits(&mut self) -> Option<LoginEffect> {
        let makes_codes = |method: &MethodView| method.kind.class().makes_codes();
        let app = || self.opening.methods.iter().position(makes_codes);
        let place = self.kept.as_ref().map(|(place, _)| *place).or_else(app)?;
        let digits = CodeEntry::holding(self.typed_backup.to_string());
        digits.read().ok()?;
        let [code, _second] = &mut self.codes;
        *code = digits;
        self.typed_backup = Zeroizing::default();
        self.step = self.step_of(place)?;
        self.way = LoginMethod::Method(place);
        // What is on its way makes them digits of an earlier message.
        self.asked = self.state_of_order(place);
        if self.waits() { None } else { self.verify() }
    }

    /// Asks whether the [backup code](BackupCode) is right.
    pub(super) fn verify_backup(&mut self) -> Option<LoginEffect> {
        match read_backup(&self.typed_backup) {
            Ok(code) => {
                self.asked = RequestState::Waiting;
                Some(LoginEffect::Verify {
                    way: LoginMethod::Backup,
                    method_id: BACKUP_METHOD_ID.to_owned(),
                    presented: Presented::Backup(code),
                    trust: self.trust,
                    lost: self.lost_but(None),
                })
            }
            Err(error) => self.verify_digits().or_else(|| {
                // Else the second of two codes is missing, and the screen of both says so.
                if matches!(self.step, LoginStep::Backup) {
                    self.asked = RequestState::Refused(LoginRefusal::Backup(error));
                }
                None
            }),
        }
    }
}

/// Once in the module: it is asked for in two fields.
#[inline(never)]
pub(super) fn read_backup(typed: &str) -> Result<BackupCode, BackupCodeError> {
    BackupCode::from_typed(typed)
}
