//! In, with few backup codes left: said before the person goes on.

use super::lifecycle::Outcome;
use super::login::{
    LoginAnswer, LoginEvent, LoginMethod, LoginNav, LoginStep, SigningIn, Verified,
};
use super::{Now, RequestState};

/// Backup codes that are left: from here on the person is warned before going on.
const FEW_BACKUP_CODES: u32 = 3;
/// A result code lives 60 seconds: one that is older than this is asked for again before it goes to
/// the host.
const RESULT_FRESH_S: u64 = 40;

impl SigningIn {
    /// In. Few backup codes are said before going on.
    pub(super) fn passed(mut self: Box<Self>, passed: Verified) -> Outcome<Self> {
        if self.way == LoginMethod::Backup && passed.backup_codes_left <= FEW_BACKUP_CODES {
            self.step = LoginStep::LowBackupCodes(passed);
            self.asked = RequestState::Idle;
            return Outcome::stays(self);
        }
        Outcome::Completed(passed.result_code)
    }

    /// Few backup codes are left. The result is asked for again when it grew old meanwhile.
    pub(super) fn on_few(mut self: Box<Self>, event: LoginEvent, now: Now) -> Outcome<Self> {
        let waits = self.waits();
        let LoginStep::LowBackupCodes(passed) = &mut self.step else {
            return Outcome::stays(self);
        };
        let is_fresh = now.0.saturating_sub(passed.answered_at.0) <= RESULT_FRESH_S;
        match event {
            LoginEvent::Go(LoginNav::Submit) if is_fresh => {
                Outcome::Completed(std::mem::take(&mut passed.result_code))
            }
            LoginEvent::Go(LoginNav::Submit) if !waits => {
                let again = self.verify_backup();
                Outcome::Active(self, again)
            }
            LoginEvent::Answer(LoginAnswer::Verified(fresh)) => {
                Outcome::Completed(fresh.result_code)
            }
            // Nobody answers, or too late: the host says what is to be done with a result that is
            // old.
            LoginEvent::Answer(LoginAnswer::Refused(..)) => {
                Outcome::Completed(std::mem::take(&mut passed.result_code))
            }
            LoginEvent::Answer(
                LoginAnswer::Ordered(_)
                | LoginAnswer::NotOrdered(_)
                | LoginAnswer::Changed(_)
                | LoginAnswer::ApprovalAsked
                | LoginAnswer::ApprovalNotAsked(_)
                | LoginAnswer::Reported(_)
                | LoginAnswer::NotReported(_),
            )
            | LoginEvent::Go(_)
            | LoginEvent::Enter(_)
            | LoginEvent::Phone(_) => Outcome::stays(self),
        }
    }
}
