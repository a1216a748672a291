//! A set-up goes on on a phone: a QR code of the page leads there, and here it is watched whether it
//! does. Nothing is changed by looking, and nothing kept alive.

use super::{EndReason, Enrolment, Now, RequestError, SetUpEffect, Step, ending_for};

/// The first look, in seconds; between two; and where the service could not be asked.
const LOOK_FIRST_S: u64 = 1;
const LOOK_AFTER_S: u64 = 3;
const LOOK_LATER_S: u64 = 15;

impl Enrolment {
    /// To the QR code, where a phone could open the address.
    pub(super) fn show_phone(&mut self, now: Now) {
        if matches!(self.step, Step::Start) && self.opening.phone_url.is_some() {
            self.step = Step::OnPhone {
                look_at: Some(Now(now.0 + LOOK_FIRST_S)),
            };
        }
    }

    pub(super) fn look(&mut self) -> Option<SetUpEffect> {
        let Step::OnPhone { look_at } = &mut self.step else {
            return None;
        };
        look_at.take().map(|_due| SetUpEffect::Look)
    }

    /// What the service answered: an error where this set-up is over, because another one has taken
    /// its place.
    pub(super) fn on_looked(
        &mut self,
        error: Option<RequestError>,
        now: Now,
    ) -> Result<(), EndReason> {
        let Step::OnPhone { look_at } = &mut self.step else {
            return self.on_looked_whether_put_off(error);
        };
        let wait = if error.is_some() {
            LOOK_LATER_S
        } else {
            LOOK_AFTER_S
        };
        *look_at = Some(Now(now.0 + wait));
        match error.and_then(ending_for) {
            Some(EndReason::Superseded) => Err(EndReason::OnPhone),
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }
}
