//! How likely a guess is, for somebody who has the password: the throttle itself, played through
//! days and years.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use common::next;
use nidan_core::throttle::{
    ALLOWANCE, ALLOWANCE_PER_YEAR, Allowance, Gate, Guess, Needs, TRIES_PER_DAY, Tries, gate,
    reserve, succeed,
};

mod common;

const DAY_S: u64 = 86_400;
const BEGIN: u64 = 20_000 * DAY_S;
/// Three steps of a million codes; one of a million; and for pairs the 21 places where an app's
/// pair is looked for.
const APP: f64 = 3e-6;
const PHONE: f64 = 1e-6;
const APP_PAIR: f64 = 21e-12;
const PHONE_PAIR: f64 = 1e-12;
/// Logins that an attacker keeps open at once.
const SESSIONS: usize = 1_000;

/// A person with an app, a phone and backup codes.
#[derive(Clone, Copy, Default)]
struct Person {
    app: Tries,
    phone: Tries,
    allowance: Allowance,
}

impl Person {
    fn tries(&mut self, guess: Guess) -> &mut Tries {
        if guess == Guess::Phone {
            &mut self.phone
        } else {
            &mut self.app
        }
    }

    /// One guess from a session that never wins: the chance that it would have.
    fn guessed(&mut self, guess: Guess, now: u64) -> f64 {
        let allowance = self.allowance;
        let Gate::Open(needs) = gate(*self.tries(guess), allowance, guess, now) else {
            return 0.0;
        };
        let (tries, allowance, _) = reserve(*self.tries(guess), allowance, guess, needs, now);
        *self.tries(guess) = tries;
        self.allowance = allowance;
        match (guess, needs) {
            (Guess::Phone, Needs::OneCode) => PHONE,
            (Guess::Phone, Needs::TwoCodes) => PHONE_PAIR,
            (_, Needs::OneCode) => APP,
            (_, Needs::TwoCodes) => APP_PAIR,
        }
    }

    /// The person's own login with right codes, mistyped once in ten times. The way that let the
    /// person in.
    fn signs_in(&mut self, random: &mut u64, now: u64) -> &'static str {
        for (guess, name) in [(Guess::App, "app"), (Guess::Phone, "phone")] {
            let mut cost = 0;
            let mistypes = next(random).is_multiple_of(10);
            for wrong in [mistypes, false].into_iter().skip(usize::from(!mistypes)) {
                let allowance = self.allowance;
                let Gate::Open(needs) = gate(*self.tries(guess), allowance, guess, now) else {
                    break;
                };
                let (tries, allowance, spent) =
                    reserve(*self.tries(guess), allowance, guess, needs, now);
                (*self.tries(guess), self.allowance) = (tries, allowance);
                cost += spent;
                if !wrong {
                    let (tries, allowance) = succeed(*self.tries(guess), self.allowance, cost, now);
                    (*self.tries(guess), self.allowance) = (tries, allowance);
                    return name;
                }
            }
        }
        // 75 bits, and outside of the throttle.
        "backup code"
    }
}

/// A day of the attack: sessions guess whatever takes guesses, until nothing does; the person signs
/// in at some moment.
fn day(person: &mut Person, random: &mut u64, begin: u64) -> (f64, &'static str) {
    let mut chance = 0.0;
    let signs_in_at = next(random) % DAY_S;
    let mut way = None;
    for second in (0..DAY_S).step_by(600) {
        let now = begin + second;
        if second >= signs_in_at && way.is_none() {
            way = Some(person.signs_in(random, now));
        }
        for _ in 0..SESSIONS {
            let guess = if next(random).is_multiple_of(2) {
                Guess::App
            } else {
                Guess::Phone
            };
            let won = person.guessed(guess, now);
            chance += won;
            if won == 0.0
                && person.guessed(
                    if guess == Guess::App {
                        Guess::Phone
                    } else {
                        Guess::App
                    },
                    now,
                ) == 0.0
            {
                break;
            }
        }
    }
    (
        chance,
        way.unwrap_or_else(|| person.signs_in(random, begin + DAY_S - 1)),
    )
}

/// B11: what the configured numbers come to.
#[test]
fn the_chance_of_guessing_is_small_and_the_person_gets_in() {
    let mut random = 0x67_75_65_73_73;
    let (mut worst_day, mut worst_year) = (0.0_f64, 0.0_f64);
    for _ in 0..20 {
        // The host reinstates what was suspended: that is when an attacker gets the most.
        let mut person = Person::default();
        let mut days = Vec::new();
        for number in 0..2 * 365 {
            for tries in [&mut person.app, &mut person.phone] {
                if tries.in_a_row >= 50 {
                    *tries = Tries::default();
                }
            }
            days.push(day(&mut person, &mut random, BEGIN + number * DAY_S).0);
        }
        worst_day = days.iter().copied().fold(worst_day, f64::max);
        worst_year = days
            .windows(365)
            .map(|year| year.iter().sum::<f64>())
            .fold(worst_year, f64::max);
    }
    println!(
        "guess chance, with the password, {SESSIONS} sessions at once, {TRIES_PER_DAY} tries a day and method,"
    );
    println!("an allowance of {ALLOWANCE} and {ALLOWANCE_PER_YEAR} millionths a year:");
    println!("  a day:  {worst_day:.2e} (limit 1e-5)");
    println!("  a year: {worst_year:.2e} (limit 1e-4)");
    assert!(worst_day <= 1e-5 && worst_year <= 1e-4);
}

#[test]
fn a_person_with_right_codes_gets_in_on_the_day_of_every_attack() {
    let mut random = 0x61_74_74_61_63_6b;
    let mut ways = std::collections::BTreeMap::new();
    for attack in 0..1_000_u64 {
        let mut person = Person::default();
        // Some attacks have gone on for days already.
        let before = attack % 7;
        for number in 0..before {
            day(&mut person, &mut random, BEGIN + number * DAY_S);
        }
        *ways
            .entry(day(&mut person, &mut random, BEGIN + before * DAY_S).1)
            .or_insert(0) += 1;
    }
    println!("1000 attacks, the person got in on the same day by: {ways:?}");
    assert_eq!(ways.values().sum::<u32>(), 1_000);
}
