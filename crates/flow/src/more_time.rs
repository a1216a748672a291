//! A set-up lives on while it is used.

use super::{EndReason, Enrolment, Now, RequestError, SetUpEffect, SetUpEvent, Step, ending_for};

/// Whether a set-up can get more time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MoreTime {
    /// Nobody has done anything since it was last asked for.
    Unused,
    /// The person has: it is asked for by itself when the end comes near.
    Used,
    /// It is being asked for.
    Asked,
    /// Nobody answered: it is asked for again at this time.
    Again(Now),
    /// The set-up has lived as long as any may.
    Spent,
}

/// A set-up that is in use asks for more time when it has less than this left, in seconds: half of
/// what it begins with, so that a service that is down for some minutes does not end it.
const EXTEND_BELOW_S: u64 = 300;
/// Between two requests of which nobody answered the first: a connection that was gone for a moment
/// comes back within it, and one that stays away is not asked all the time.
const AGAIN_AFTER_S: u64 = 10;

impl Enrolment {
    /// Whether there is time to be had, and something to have it for. While the final post is on
    /// its way the service keeps what it has.
    pub fn can_extend(&self) -> bool {
        self.more_time != MoreTime::Spent
            && self.opening.adds.is_none()
            && !self.is_stored()
            && !matches!(self.step, Step::Posting { .. })
    }

    /// What a person does keeps the set-up alive; what the service or the clock does, does not.
    pub(super) const fn note_use(&mut self, event: &SetUpEvent) {
        if let MoreTime::Unused = self.more_time
            && let SetUpEvent::Go(_)
            | SetUpEvent::Enter(_)
            | SetUpEvent::Phone(_)
            | SetUpEvent::Take(_) = event
        {
            self.more_time = MoreTime::Used;
        }
    }

    pub(super) fn extend(&mut self) -> Option<SetUpEffect> {
        if !self.can_extend() || self.more_time == MoreTime::Asked {
            return None;
        }
        self.more_time = MoreTime::Asked;
        Some(SetUpEffect::Extend)
    }

    /// An error where there is nothing left to have time for: it went on in another window, say.
    pub(super) fn on_extended(
        &mut self,
        end: Result<u64, RequestError>,
        now: Now,
    ) -> Result<(), EndReason> {
        self.more_time = match end {
            Ok(end) if end <= self.opening.expires_at.0 => MoreTime::Spent,
            Ok(end) => {
                self.opening.expires_at = Now(end);
                MoreTime::Unused
            }
            Err(error) => match ending_for(error) {
                // What is stored meanwhile is no end of this kind.
                Some(reason) if self.can_extend() => return Err(reason),
                _another => MoreTime::Again(Now(now.0 + AGAIN_AFTER_S)),
            },
        };
        Ok(())
    }

    /// When more time is asked for by itself.
    pub(super) fn extends_at(&self) -> Option<Now> {
        let at = match self.more_time {
            MoreTime::Used => Now(self.opening.expires_at.0.saturating_sub(EXTEND_BELOW_S)),
            MoreTime::Again(at) => at,
            MoreTime::Unused | MoreTime::Asked | MoreTime::Spent => return None,
        };
        self.can_extend().then_some(at)
    }
}
