//! The codes of a login, from the field to the question whether they are right.

use nidan_otp::{BackupCode, Code};
use nidan_protocol::BACKUP_METHOD_ID;

use super::{
    LoginEffect, LoginMethod, LoginOpening, LoginRefusal, LoginStep, RequestState, SigningIn,
};

type Next = (LoginStep, Option<LoginEffect>);

impl SigningIn {
    /// Complete codes send themselves, where the page wants that and nothing is left to tick; not
    /// the same ones twice.
    pub(super) fn typed_on(&mut self, step: LoginStep) -> Next {
        let complete = |typed: &String| Code::from_typed(typed).is_ok();
        self.step = step;
        let wanted = if self.wants_two() { 2 } else { 1 };
        let is_fresh = self.typed.iter().take(wanted).all(complete)
            && !self
                .typed
                .iter()
                .take(wanted)
                .eq(self.sent.iter().take(wanted));
        let goes = is_fresh
            && self.opening.submits_itself
            && self.opening.trust_days.is_none()
            && self.asked != RequestState::Waiting;
        let step = std::mem::replace(&mut self.step, LoginStep::MethodPicker);
        if goes && can_answer(&step, &self.opening) {
            self.verify(step)
        } else {
            (step, None)
        }
    }

    pub(super) fn verify(&mut self, step: LoginStep) -> Next {
        self.step = step;
        let two = self.wants_two();
        let step = std::mem::replace(&mut self.step, LoginStep::MethodPicker);
        let codes = [
            Code::from_typed(&self.typed[0]),
            Code::from_typed(&self.typed[1]),
        ];
        let LoginStep::Code { place, .. } = &step else {
            return (step, None);
        };
        let Some(method) = self.opening.methods.get(*place) else {
            return (step, None);
        };
        let (code, second) = match codes {
            [Ok(code), Ok(second)] if two => (code, Some(second)),
            [Ok(code), _] if !two => (code, None),
            [Err(error), _] | [_, Err(error)] => {
                self.asked = RequestState::Refused(LoginRefusal::Code(error));
                return (step, None);
            }
            // Both are there: one of the first two arms took them.
            [Ok(_), Ok(_)] => return (step, None),
        };
        let verify = LoginEffect::Verify {
            way: LoginMethod::Method(*place),
            method_id: method.id.clone(),
            code: code.expose().to_owned(),
            second: second.map(|code| code.expose().to_owned()),
            trust: self.trust,
        };
        self.asked = RequestState::Waiting;
        self.sent.clone_from(&self.typed);
        (step, Some(verify))
    }

    pub(super) fn verify_backup(&mut self) -> Option<LoginEffect> {
        match BackupCode::from_typed(&self.typed_backup) {
            Err(error) => {
                self.asked = RequestState::Refused(LoginRefusal::Backup(error));
                None
            }
            Ok(code) => {
                self.asked = RequestState::Waiting;
                let code = code.expose().to_string();
                let method_id = BACKUP_METHOD_ID.to_owned();
                let way = LoginMethod::Backup;
                Some(LoginEffect::Verify {
                    way,
                    method_id,
                    code,
                    second: None,
                    trust: self.trust,
                })
            }
        }
    }
}

/// An app's code can always be asked about; a phone's only after one was sent.
fn can_answer(step: &LoginStep, opening: &LoginOpening) -> bool {
    match step {
        LoginStep::Code {
            challenge: Some(_), ..
        } => true,
        LoginStep::Code {
            place,
            challenge: None,
        } => opening
            .methods
            .get(*place)
            .is_some_and(|method| method.kind.class().makes_codes()),
        _other => false,
    }
}
