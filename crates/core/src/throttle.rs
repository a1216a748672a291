//! The throttle of guesses, as a pure state machine. Time is an argument; the store keeps the state
//! and calls this inside the transaction that reserves a try.
//!
//! Whoever reaches it has the first factor: the person, or somebody with the person's password.
//! Three things are counted.
//!
//! - *In a row*, for each method: wrong tries since its last right one.
//! - *Today*, for each method: wrong tries of this day (UTC).
//! - *The allowance*, for each person over all methods: how much chance of guessing is left to give
//!   away, in millionths. It holds [`ALLOWANCE`] and fills by [`ALLOWANCE_PER_YEAR`] in a year. A
//!   try costs the chance that a blind guess has.
//!
//! ```text
//!                      right code                                  right codes
//!                     ┌──────────┐                                ┌──────────┐
//!                     ▼          │   3 in a row (apps), or        ▼          │ (back to one code when the
//!               ┌──────────────────┐ no allowance left      ┌───────────────────┐  allowance has room again)
//!        ──────▶│ one code is asked│───────────────────────▶│ two codes are asked│
//!               └──────────────────┘                        └───────────────────┘
//!                     │ 10 wrong today                          │ 10 wrong today
//!                     ▼                                         ▼
//!               ┌──────────────────────────────────────────────────────────────┐   50 in a row    ┌───────────┐
//!               │ rests until the next day; the person's other methods go on   │─────────────────▶│ suspended │
//!               └──────────────────────────────────────────────────────────────┘                  └───────────┘
//!                                                                          the host reinstates it ─▶ one code
//! ```
//!
//! A try is counted as wrong before it is checked. A right one gives back what *its own flow* has
//! cost: whoever won has won, and whoever is genuine mistyped. Nothing else gives anything back:
//! not the password, not a new flow, another method, a fresh message or another address. Backup
//! codes have 75 bits and are outside of this: [NIST SP
//! 800-63B-4](https://pages.nist.gov/800-63-4/sp800-63b.html) §3.1.2.2 asks for no throttling from
//! 64 bits on, so that they are the way in that nobody can use up. docs/decisions/0010-guessing.md
//! has the reasons and the price.

use nidan_protocol::MethodClass;

/// Then an app's next try needs two codes in a row.
pub const SINGLE_TRIES_IN_A_ROW: u32 = 3;
/// Wrong tries of one method in a day; then it rests.
pub const TRIES_PER_DAY: u32 = 10;
/// In a row; [NIST SP 800-63B-4](https://pages.nist.gov/800-63-4/sp800-63b.html) §3.2.2 has 100 as
/// the limit.
pub const SUSPENDED_AFTER: u32 = 50;
/// Millionths that may be given away at once: with what comes back in a day, less than 10⁻⁵.
pub const ALLOWANCE: u32 = 9;
/// Millionths that come back in a year: together with a full [allowance](Allowance) 10⁻⁴.
pub const ALLOWANCE_PER_YEAR: u32 = 91;

pub(crate) const DAY_S: u64 = 86_400;
const YEAR_S: u64 = 365 * DAY_S;
/// The time that one millionth takes to come back, in seconds.
const MILLIONTH_S: u64 = YEAR_S.div_ceil(ALLOWANCE_PER_YEAR as u64);

/// The kind of code that a blind guess is made at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// An app's code: any of three steps is accepted.
    App,
    /// An app's code where only the current step is accepted.
    StrictApp,
    /// The one code that was sent to a phone.
    Phone,
}

impl Guess {
    /// Returns the kind of code that a method of this class has; `strict` where the host accepts
    /// only the current step of an app. [`None`] where there is nothing to guess.
    pub const fn at(class: MethodClass, strict: bool) -> Option<Self> {
        match class {
            MethodClass::Otp if strict => Some(Self::StrictApp),
            MethodClass::Otp => Some(Self::App),
            MethodClass::OutOfBand(_) => Some(Self::Phone),
            MethodClass::Cryptographic => None,
        }
    }

    /// The chance of one blind guess at one code, in millionths.
    pub const fn cost(self) -> u32 {
        match self {
            Self::App => 3,
            Self::StrictApp | Self::Phone => 1,
        }
    }

    const fn is_app(self) -> bool {
        matches!(self, Self::App | Self::StrictApp)
    }
}

/// Wrong tries of one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    /// Since the last right one.
    pub in_a_row: u32,
    /// The day that `today` is of: days since the Unix epoch.
    pub day: u64,
    /// On that day.
    pub today: u32,
}

/// The chance of guessing that may still be given away for one person, over all methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowance {
    /// When it is full again, Unix seconds; in the past: it is full.
    pub full_at: u64,
}

/// The number of codes that prove a method now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// One.
    OneCode,
    /// An app: of two steps in a row. A phone: both of one message.
    TwoCodes,
}

/// The answer to whether a method accepts an attempt.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It accepts an attempt.
    Open(Needs),
    /// Its daily limit is reached.
    Resting {
        /// When it accepts an attempt again, in Unix seconds.
        until: u64,
    },
    /// It accepts none until the host reinstates it.
    Suspended,
}

impl Allowance {
    fn takes(self, cost: u32, now: u64) -> bool {
        self.spend(cost, now).full_at <= now.saturating_add(u64::from(ALLOWANCE) * MILLIONTH_S)
    }

    fn spend(self, cost: u32, now: u64) -> Self {
        Self {
            full_at: self
                .full_at
                .max(now)
                .saturating_add(u64::from(cost) * MILLIONTH_S),
        }
    }

    fn give_back(self, cost: u32) -> Self {
        Self {
            full_at: self.full_at.saturating_sub(u64::from(cost) * MILLIONTH_S),
        }
    }
}

/// Puts a suspended method back. Returns its wrong attempts from then on; [`None`] when it is not
/// suspended.
pub fn reinstate(tries: Tries) -> Option<Tries> {
    (tries.in_a_row >= SUSPENDED_AFTER).then_some(Tries {
        in_a_row: 0,
        day: tries.day,
        today: 0,
    })
}

impl Tries {
    const fn on(self, day: u64) -> Self {
        if self.day == day {
            self
        } else {
            Self {
                day,
                today: 0,
                ..self
            }
        }
    }
}

/// Returns whether a method accepts an attempt now, and with how many codes.
pub fn gate(tries: Tries, allowance: Allowance, guess: Guess, now: u64) -> Gate {
    let day = now / DAY_S;
    if tries.in_a_row >= SUSPENDED_AFTER {
        return Gate::Suspended;
    }
    if tries.on(day).today >= TRIES_PER_DAY {
        return Gate::Resting {
            until: (day + 1) * DAY_S,
        };
    }
    let is_fresh = !guess.is_app() || tries.in_a_row < SINGLE_TRIES_IN_A_ROW;
    Gate::Open(if is_fresh && allowance.takes(guess.cost(), now) {
        Needs::OneCode
    } else {
        Needs::TwoCodes
    })
}

/// The state with one more wrong try, and what that cost the [allowance](Allowance): to be stored
/// before anything is checked.
pub fn reserve(
    tries: Tries,
    allowance: Allowance,
    guess: Guess,
    needs: Needs,
    now: u64,
) -> (Tries, Allowance, u32) {
    let tries = tries.on(now / DAY_S);
    let tries = Tries {
        in_a_row: tries.in_a_row.saturating_add(1),
        today: tries.today.saturating_add(1),
        ..tries
    };
    match needs {
        Needs::OneCode => (tries, allowance.spend(guess.cost(), now), guess.cost()),
        // A guess at two codes has less than a chance in 10¹⁰.
        Needs::TwoCodes => (tries, allowance, 0),
    }
}

/// The state after a reserved try was right; `cost` is what all tries of its flow have cost.
pub fn succeed(tries: Tries, allowance: Allowance, cost: u32, now: u64) -> (Tries, Allowance) {
    let tries = tries.on(now / DAY_S);
    (
        Tries {
            in_a_row: 0,
            today: tries.today.saturating_sub(1),
            ..tries
        },
        allowance.give_back(cost),
    )
}

/// The tries without the last reserved one: its code was right, and was left unspent. What it cost the
/// allowance comes back with its flow.
pub fn unreserve(tries: Tries, now: u64) -> Tries {
    let tries = tries.on(now / DAY_S);
    Tries {
        in_a_row: tries.in_a_row.saturating_sub(1),
        today: tries.today.saturating_sub(1),
        ..tries
    }
}

/// Returns how many more single codes an app accepts before it asks for two, for words on the
/// screen.
pub fn single_tries_left(tries: Tries, allowance: Allowance, guess: Guess, now: u64) -> u32 {
    let (mut tries, mut allowance, mut left) = (tries, allowance, 0);
    while left < TRIES_PER_DAY && gate(tries, allowance, guess, now) == Gate::Open(Needs::OneCode) {
        (tries, allowance, _) = reserve(tries, allowance, guess, Needs::OneCode, now);
        left += 1;
    }
    left
}

/// Returns how many more pairs of codes a method accepts before it rests, for words on the screen.
pub const fn pairs_left(tries: Tries) -> u32 {
    let today = TRIES_PER_DAY.saturating_sub(tries.today);
    let in_a_row = SUSPENDED_AFTER.saturating_sub(tries.in_a_row);
    if today < in_a_row { today } else { in_a_row }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const FULL: Allowance = Allowance { full_at: 0 };

    fn wrong(in_a_row: u32, today: u32) -> Tries {
        Tries {
            in_a_row,
            day: NOW / DAY_S,
            today,
        }
    }

    fn spent(millionths: u32) -> Allowance {
        FULL.spend(millionths, NOW)
    }

    /// Every edge of the diagram.
    #[test]
    fn each_state_leads_where_the_diagram_says() {
        let check = |tries, allowance, guess, expected| {
            assert_eq!(gate(tries, allowance, guess, NOW), expected)
        };
        let (one, two) = (Gate::Open(Needs::OneCode), Gate::Open(Needs::TwoCodes));
        let rests = Gate::Resting {
            until: (NOW / DAY_S + 1) * DAY_S,
        };
        check(wrong(0, 0), FULL, Guess::App, one);
        check(wrong(2, 2), FULL, Guess::App, one);
        check(wrong(3, 3), FULL, Guess::App, two);
        check(wrong(3, 3), FULL, Guess::StrictApp, two);
        check(wrong(3, 3), FULL, Guess::Phone, one);
        check(wrong(0, 0), spent(6), Guess::App, one);
        check(wrong(0, 0), spent(7), Guess::App, two);
        check(wrong(0, 0), spent(8), Guess::StrictApp, one);
        check(wrong(0, 0), spent(8), Guess::Phone, one);
        check(wrong(0, 0), spent(9), Guess::Phone, two);
        check(wrong(9, 9), FULL, Guess::App, two);
        check(wrong(10, 10), FULL, Guess::App, rests);
        check(wrong(10, 10), FULL, Guess::Phone, rests);
        check(wrong(0, 10), FULL, Guess::Phone, rests);
        check(wrong(49, 9), FULL, Guess::App, two);
        check(wrong(50, 0), FULL, Guess::App, Gate::Suspended);
        check(wrong(50, 10), FULL, Guess::Phone, Gate::Suspended);
        // The next day the method is awake, and still asks for two.
        let tomorrow = (NOW / DAY_S + 1) * DAY_S;
        assert_eq!(gate(wrong(10, 10), FULL, Guess::App, tomorrow - 1), rests);
        assert_eq!(gate(wrong(10, 10), FULL, Guess::App, tomorrow), two);
    }

    #[test]
    fn pairs_are_left_until_the_method_rests() {
        for (tries, left) in [
            (wrong(3, 3), 7),
            (wrong(9, 9), 1),
            (wrong(10, 10), 0),
            (wrong(49, 1), 1),
        ] {
            assert_eq!(pairs_left(tries), left, "{tries:?}");
        }
    }

    #[test]
    fn a_try_is_counted_before_it_is_checked() {
        let (tries, allowance, cost) =
            reserve(Tries::default(), FULL, Guess::App, Needs::OneCode, NOW);
        assert_eq!((tries, cost), (wrong(1, 1), 3));
        assert_eq!(allowance, spent(3));
        let (tries, allowance, cost) = reserve(tries, allowance, Guess::Phone, Needs::OneCode, NOW);
        assert_eq!((tries, allowance, cost), (wrong(2, 2), spent(4), 1));
        let (tries, allowance, cost) = reserve(tries, allowance, Guess::App, Needs::TwoCodes, NOW);
        assert_eq!(
            (tries, allowance, cost),
            (wrong(3, 3), spent(4), 0),
            "two codes cost nothing"
        );
        let (tries, ..) = reserve(wrong(4, 4), FULL, Guess::App, Needs::TwoCodes, NOW + DAY_S);
        assert_eq!(
            tries,
            Tries {
                in_a_row: 5,
                day: NOW / DAY_S + 1,
                today: 1
            },
            "another day begins anew"
        );
    }

    #[test]
    fn a_right_code_gives_back_what_its_own_flow_cost_and_no_more() {
        assert_eq!(
            succeed(wrong(3, 4), spent(7), 4, NOW),
            (wrong(0, 3), spent(3))
        );
        assert_eq!(
            succeed(wrong(1, 1), spent(3), 3, NOW),
            (wrong(0, 0), spent(0))
        );
        assert_eq!(
            succeed(wrong(1, 1), FULL, 9, NOW).1,
            FULL,
            "never more than full"
        );
        let next_day = succeed(wrong(3, 4), FULL, 0, NOW + DAY_S).0;
        assert_eq!(
            next_day,
            Tries {
                in_a_row: 0,
                day: NOW / DAY_S + 1,
                today: 0
            }
        );
    }

    #[test]
    fn the_allowance_comes_back_with_time_and_never_beyond_its_size() {
        assert!(!spent(9).takes(1, NOW + MILLIONTH_S - 1));
        assert!(spent(9).takes(1, NOW + MILLIONTH_S));
        assert!(!spent(9).takes(2, NOW + MILLIONTH_S));
        assert!(spent(9).takes(9, NOW + 9 * MILLIONTH_S));
        assert!(!spent(9).takes(10, NOW + 100 * YEAR_S));
        // 91 a year: one in a little more than four days.
        assert_eq!(spent(1).full_at - NOW, 346_550);
    }

    #[test]
    fn what_the_screen_says_of_tries_left_is_what_happens() {
        let left = |tries, allowance, guess| single_tries_left(tries, allowance, guess, NOW);
        assert_eq!(left(wrong(0, 0), FULL, Guess::App), 3);
        assert_eq!(left(wrong(1, 1), spent(3), Guess::App), 2);
        assert_eq!(left(wrong(0, 0), spent(4), Guess::App), 1);
        assert_eq!(left(wrong(3, 3), FULL, Guess::App), 0);
        assert_eq!(left(wrong(0, 8), FULL, Guess::Phone), 2);
        assert_eq!(left(wrong(0, 0), FULL, Guess::Phone), 9);
        assert_eq!(left(wrong(50, 0), FULL, Guess::App), 0);
    }
}
