//! One thing that is set up beside what there is: an app, a number, or new backup codes. Its way is
//! a part of the whole set-up's, and ends with its own post.

use nidan_otp::BackupCode;
use nidan_protocol::SetupKind;

use super::{Enrolment, SetUpEffect, Step};

impl Enrolment {
    /// To its first screen, where there is only one thing to set up.
    pub(super) fn begin_one(&mut self) -> Option<SetUpEffect> {
        match self.opening.adds?.method() {
            Some(method) => self.choose(method),
            None => {
                self.step = Step::SaveCodes { refused: None };
                None
            }
        }
    }

    /// Whether there is nothing before this screen: "back" leads to what there is.
    pub(super) const fn is_first_of_one(&self) -> bool {
        self.opening.adds.is_some()
            && matches!(
                self.step,
                Step::GetApp | Step::Number { .. } | Step::Passkey { .. } | Step::SaveCodes { .. }
            )
    }

    /// Its post, once it was proved: nothing is set up beside it.
    pub(super) fn post_one(&mut self) -> Option<SetUpEffect> {
        let is_proved = self.opening.adds.is_some() && matches!(self.step, Step::Another);
        is_proved.then(|| self.post())
    }

    /// The code that was typed back, where the service wants to see it.
    pub(super) fn typed_back(&self) -> Option<BackupCode> {
        match self.opening.adds? {
            SetupKind::BackupCodes => BackupCode::from_typed(&self.typed_backup).ok(),
            SetupKind::Totp | SetupKind::Sms | SetupKind::Voice | SetupKind::Passkey => None,
        }
    }
}
