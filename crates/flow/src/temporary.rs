//! The code that the host's support has made for somebody who is locked out: as long as a backup code,
//! and typed in the same field.

use nidan_protocol::TEMPORARY_METHOD_ID;

use zeroize::Zeroizing;

use super::login::{LoginEffect, LoginMethod, LoginStep, Presented, SigningIn};
use super::login_codes::read_backup;
use super::{LoginRefusal, RequestState};

impl SigningIn {
    /// Whether the field is for the code of the host's support.
    pub const fn is_temporary(&self) -> bool {
        matches!(
            (&self.step, self.way),
            (LoginStep::Backup, LoginMethod::Temporary)
        )
    }

    /// Whether it is among the ways in: it takes nothing that is lost out of use.
    pub const fn may_be_temporary(&self) -> bool {
        self.opening.temporary_code && self.lost.is_empty()
    }

    /// To its field.
    pub(super) fn enter_temporary(&mut self) -> Option<LoginEffect> {
        if self.way != LoginMethod::Temporary {
            self.typed_backup = Zeroizing::default();
        }
        self.way = LoginMethod::Temporary;
        self.leave_for(LoginStep::Backup)
    }

    /// What was typed for support's code is no backup code.
    pub(super) fn clear_temporary(&mut self) {
        if self.way == LoginMethod::Temporary {
            self.typed_backup = Zeroizing::default();
        }
    }

    /// Asks whether it is right.
    pub(super) fn verify_temporary(&mut self) -> Option<LoginEffect> {
        match read_backup(&self.typed_backup) {
            Ok(code) => {
                self.asked = RequestState::Waiting;
                Some(LoginEffect::Verify {
                    way: LoginMethod::Temporary,
                    method_id: TEMPORARY_METHOD_ID.to_owned(),
                    presented: Presented::Backup(code),
                    trust: false,
                    lost: String::new(),
                })
            }
            Err(error) => {
                self.asked = RequestState::Refused(LoginRefusal::Backup(error));
                None
            }
        }
    }
}
