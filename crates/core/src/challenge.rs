//! Codes that are sent: when one is sent again, how many attempts it takes, when it counts as
//! answered.

use crate::budget::{self, Budget, BudgetSpent, Scope};

/// The part of a challenge on which the decisions about it depend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeState {
    /// The number of times that it was ordered to be sent.
    pub sends: u32,
    /// The attempts at its code so far.
    pub attempts: u32,
    /// Whether the right code has come.
    pub is_answered: bool,
    /// When its code ends, in Unix seconds.
    pub expires_at: u64,
}

impl ChallengeState {
    /// Whether its code still counts.
    const fn is_open(&self, now: u64) -> bool {
        !self.is_answered && self.expires_at > now
    }
}

/// The answer to an order to send a code.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordered {
    /// The message is stored, and a worker will send it.
    Yes,
    /// A [budget](Budget) is spent. Nothing was stored.
    BudgetSpent {
        /// The scope whose [budget](Budget) is spent.
        scope: Scope,
        /// When its next window begins, in Unix seconds.
        retry_at: u64,
    },
    /// The challenge is no longer as the caller saw it. Nothing was stored.
    Changed,
}

impl From<Result<(), BudgetSpent>> for Ordered {
    fn from(spent: Result<(), BudgetSpent>) -> Self {
        match spent {
            Ok(()) => Self::Yes,
            Err(BudgetSpent { scope, retry_at }) => Self::BudgetSpent { scope, retry_at },
        }
    }
}

/// The answer to a request for one more attempt.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// One more attempt is spent.
    Reserved {
        /// The number of attempts that are left after it.
        left: u32,
    },
    /// No attempt was left.
    Exhausted,
}

impl Attempt {
    /// Spends one of `limit` attempts of which `spent` are gone.
    pub const fn reserve(spent: u32, limit: u32) -> Self {
        match limit.checked_sub(spent) {
            None | Some(0) => Self::Exhausted,
            Some(room) => Self::Reserved { left: room - 1 },
        }
    }
}

/// Decides about the first message of a new challenge. Each budget comes with the number of
/// messages that its current window has had. `latest` is the flow's latest challenge, `seen` the
/// one that the caller saw: who saw another one looks again, for the code may be on its way.
pub fn open<'a>(
    counted: impl IntoIterator<Item = (&'a Budget, u32)>,
    now: u64,
    latest: Option<&str>,
    seen: Option<&str>,
) -> Ordered {
    if latest == seen {
        budget::spend(counted, now).into()
    } else {
        Ordered::Changed
    }
}

/// The time at which a code ends that ends now. It ends when a newer one is opened in the same
/// flow, so that whoever corrects the number is asked for the new one only, and when the person
/// reports that somebody else asks for codes.
pub fn expires_when_ended(other: &ChallengeState, now: u64) -> u64 {
    if other.is_answered {
        other.expires_at
    } else {
        other.expires_at.min(now)
    }
}

/// Decides whether the same code is sent once more, for a caller who saw it sent `sends` times.
pub fn resend<'a>(
    challenge: &ChallengeState,
    sends: u32,
    counted: impl IntoIterator<Item = (&'a Budget, u32)>,
    now: u64,
) -> Ordered {
    if challenge.is_open(now) && challenge.sends == sends {
        budget::spend(counted, now).into()
    } else {
        Ordered::Changed
    }
}

/// Decides whether the challenge takes one more attempt, before any code is compared.
pub fn reserve(challenge: &ChallengeState, limit: u32, now: u64) -> Attempt {
    if challenge.is_open(now) {
        Attempt::reserve(challenge.attempts, limit)
    } else {
        Attempt::Exhausted
    }
}

/// Decides whether a right code counts. It does once, and the messages that brought it are given
/// back to the [budget](Budget) of codes that nobody answers: returns how many.
pub fn answer(challenge: &ChallengeState, now: u64) -> Option<u32> {
    challenge.is_open(now).then_some(challenge.sends)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn sent() -> ChallengeState {
        ChallengeState {
            sends: 1,
            attempts: 0,
            is_answered: false,
            expires_at: NOW + 300,
        }
    }

    fn over() -> [ChallengeState; 2] {
        let answered = ChallengeState {
            is_answered: true,
            ..sent()
        };
        let expired = ChallengeState {
            expires_at: NOW,
            ..sent()
        };
        [answered, expired]
    }

    #[test]
    fn a_code_is_sent_again_to_whoever_saw_the_last_one() {
        assert_eq!(resend(&sent(), 1, [], NOW), Ordered::Yes);
        assert_eq!(resend(&sent(), 2, [], NOW), Ordered::Changed);
        for challenge in over() {
            assert_eq!(resend(&challenge, 1, [], NOW), Ordered::Changed);
        }
    }

    #[test]
    fn attempts_end() {
        let spent = |attempts| {
            let challenge = ChallengeState { attempts, ..sent() };
            reserve(&challenge, 5, NOW)
        };
        assert_eq!(spent(0), Attempt::Reserved { left: 4 });
        assert_eq!(spent(4), Attempt::Reserved { left: 0 });
        assert_eq!(spent(5), Attempt::Exhausted);
        assert_eq!(spent(6), Attempt::Exhausted);
        for challenge in over() {
            assert_eq!(reserve(&challenge, 5, NOW), Attempt::Exhausted);
        }
    }

    #[test]
    fn a_right_code_counts_once_and_gives_its_messages_back() {
        let twice = ChallengeState { sends: 2, ..sent() };
        assert_eq!(answer(&twice, NOW), Some(2));
        for challenge in over() {
            assert_eq!(answer(&challenge, NOW), None);
        }
    }

    #[test]
    fn a_new_code_ends_the_one_before() {
        assert_eq!(expires_when_ended(&sent(), NOW), NOW);
        let [answered, expired] = over();
        assert_eq!(
            expires_when_ended(&answered, NOW),
            answered.expires_at,
            "an answered one is over already, and its time is history"
        );
        assert_eq!(expires_when_ended(&expired, NOW + 9), expired.expires_at);
    }
}
