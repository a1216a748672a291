//! TOTP ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)) with the one set of parameters that
//! every authenticator app gets right: SHA-1, 6 digits, 30 s.

use std::fmt;
use std::ops::RangeInclusive;

use base32ct::{Base32UpperUnpadded, Encoding};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::normalize::fold;

/// [RFC 4226 §4](https://www.rfc-editor.org/rfc/rfc4226#section-4) R6 recommends 160 bits.
pub const SECRET_LEN_BYTES: usize = 20;
/// [RFC 6238 §5.2](https://www.rfc-editor.org/rfc/rfc6238#section-5.2) recommends 30 seconds.
pub const TIME_STEP_S: u64 = 30;
/// [RFC 4226 §5.3](https://www.rfc-editor.org/rfc/rfc4226#section-5.3) asks for 6 at least; some
/// authenticator apps ignore any other number.
pub const CODE_DIGITS: usize = 6;
/// The most that a phone's clock may be off and still sign in with one code: what was learned is
/// kept within it.
pub const DRIFT_MAX_STEPS: i64 = 2;
/// The most that two consecutive codes may be off ([RFC 6238
/// §6](https://www.rfc-editor.org/rfc/rfc6238#section-6): resynchronisation): five minutes either
/// way. Two codes are 10¹² possibilities, so that the width costs nothing.
pub const PAIR_SEARCH_STEPS: u64 = 10;
/// The distance within which [`Secret::locate`] looks to tell that a phone's clock is wrong: one
/// hour either way.
pub const DRIFT_SEARCH_STEPS: u64 = 120;

/// Seconds since the Unix epoch. 64 bit: [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)
/// appendix B tests the year 2603.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixSeconds(pub u64);

/// [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238) "T": time steps since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter(pub u64);

impl UnixSeconds {
    /// The step that this moment lies in.
    pub const fn counter(self) -> Counter {
        Counter(self.0 / TIME_STEP_S)
    }
}

/// The steps whose codes are accepted, first to last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps(RangeInclusive<u64>);

impl Steps {
    /// Only the step of `now`: the strict reading of
    /// [ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 6.5.5.
    pub const fn current(now: UnixSeconds) -> Self {
        let step = now.counter().0;
        Self(step..=step)
    }

    /// One step either way: [RFC 6238 §5.2](https://www.rfc-editor.org/rfc/rfc6238#section-5.2)
    /// allows for network delay, §6 for drift.
    pub const fn around(now: UnixSeconds) -> Self {
        let step = now.counter().0;
        Self(step.saturating_sub(1)..=step.saturating_add(1))
    }

    /// The same steps, moved by what was learned of a phone's clock: positive is fast.
    #[must_use]
    pub fn moved(self, drift_steps: i64) -> Self {
        let (first, last) = self.0.into_inner();
        Self(first.saturating_add_signed(drift_steps)..=last.saturating_add_signed(drift_steps))
    }

    /// The steps among which two consecutive codes are looked for.
    pub const fn for_pairs(now: UnixSeconds) -> Self {
        let step = now.counter().0;
        Self(step.saturating_sub(PAIR_SEARCH_STEPS)..=step.saturating_add(PAIR_SEARCH_STEPS))
    }

    /// From one step before `opened` to one step after `now`: a code that was right at some moment
    /// of an enrolment.
    pub const fn since(opened: UnixSeconds, now: UnixSeconds) -> Self {
        Self(opened.counter().0.saturating_sub(1)..=now.counter().0.saturating_add(1))
    }
}

/// A shared TOTP secret ([RFC 4226](https://www.rfc-editor.org/rfc/rfc4226) "K"). Wiped on drop,
/// never printed, cloned or serialised. On the heap, so that moving it leaves no copy behind.
pub struct Secret(Box<[u8; SECRET_LEN_BYTES]>);

impl Drop for Secret {
    fn drop(&mut self) {
        self.erase();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(<redacted>)")
    }
}

/// A [secret](Secret) as people type it into an app: Base32 ([RFC 4648
/// §6](https://www.rfc-editor.org/rfc/rfc4648#section-6)), upper case, never padded. Wiped on drop.
pub struct Key(Zeroizing<String>);

impl Key {
    /// The 32 characters, as apps take them.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// In groups of four, as people read them.
    pub fn expose_grouped(&self) -> Zeroizing<String> {
        let mut grouped = Zeroizing::new(String::with_capacity(self.0.len() * 5 / 4));
        for (index, symbol) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(symbol);
        }
        grouped
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(<redacted>)")
    }
}

/// Proof that a code was right, and for which step. Only [`Secret::check`] makes one.
#[must_use = "the matched step is what makes a code single-use"]
#[derive(Debug, PartialEq, Eq)]
pub struct Matched {
    counter: Counter,
}

impl Matched {
    /// The step to spend ([RFC 6238 §5.2](https://www.rfc-editor.org/rfc/rfc6238#section-5.2): a
    /// code must not be accepted a second time).
    pub const fn counter(&self) -> Counter {
        self.counter
    }

    /// By how many steps the clock that made the code is ahead, within what is worth remembering.
    pub fn drift_steps(&self, now: UnixSeconds) -> i64 {
        let ahead = i64::try_from(self.counter.0).unwrap_or(i64::MAX)
            - i64::try_from(now.counter().0).unwrap_or(0);
        ahead.clamp(-DRIFT_MAX_STEPS, DRIFT_MAX_STEPS)
    }
}

impl Secret {
    /// Takes over bytes that came from [`crate::derive()`] or from sealed storage.
    pub fn from_bytes(bytes: [u8; SECRET_LEN_BYTES]) -> Self {
        Self(Box::new(bytes))
    }

    /// One that `fill` writes where it stays; and what `fill` returns.
    pub(crate) fn filled<T>(fill: impl FnOnce(&mut [u8; SECRET_LEN_BYTES]) -> T) -> (Self, T) {
        let mut secret = Self(Box::default());
        let filled = fill(&mut secret.0);
        (secret, filled)
    }

    /// Wipes it; what it checks and shows then is nobody's.
    pub fn erase(&mut self) {
        self.0.zeroize();
    }

    /// The raw bytes, for sealing and fingerprints only.
    pub fn expose(&self) -> &[u8; SECRET_LEN_BYTES] {
        &self.0
    }

    /// The Base32 form, for QR codes and for typing.
    pub fn key(&self) -> Key {
        Key(Zeroizing::new(Base32UpperUnpadded::encode_string(
            self.0.as_slice(),
        )))
    }

    /// Checks a code against every accepted step in constant time per step; the newest step wins.
    pub fn check(&self, code: &Code, steps: &Steps) -> Option<Matched> {
        let right = |step: &u64| self.is_code_of(code, *step);
        steps.0.clone().rev().find(right).map(|step| Matched {
            counter: Counter(step),
        })
    }

    /// Checks two codes of two steps in a row; the proof is for the second of them. The newest pair
    /// wins.
    pub fn check_pair(&self, first: &Code, second: &Code, steps: &Steps) -> Option<Matched> {
        // Both are compared for every step, so that the time tells nothing about the first alone.
        let both = |step: &u64| {
            self.is_code_of(first, *step) & self.is_code_of(second, step.saturating_add(1))
        };
        steps.0.clone().rev().find(both).map(|step| Matched {
            counter: Counter(step.saturating_add(1)),
        })
    }

    /// For a code that [`check`](Self::check) refused: by how many seconds the clock that made it
    /// is ahead (positive) or behind (negative), when it is right within [`DRIFT_SEARCH_STEPS`]. A
    /// hint for people, never an acceptance.
    pub fn locate(&self, code: &Code, now: UnixSeconds) -> Option<i64> {
        let here = now.counter().0;
        (1..=DRIFT_SEARCH_STEPS)
            .flat_map(|distance| {
                [
                    (here.checked_sub(distance), -1),
                    (here.checked_add(distance), 1),
                ]
            })
            .find_map(|(step, sign)| {
                let step = step.filter(|step| self.is_code_of(code, *step))?;
                i64::try_from(step.abs_diff(here) * TIME_STEP_S)
                    .ok()
                    .map(|seconds| sign * seconds)
            })
    }

    /// Whether the code belongs to this step, compared in constant time. Nothing else calls the
    /// library, so that a module has one copy of its HMACs.
    fn is_code_of(&self, code: &Code, step: u64) -> bool {
        self.totp()
            .check(code.expose(), step.saturating_mul(TIME_STEP_S))
            .is_some()
    }

    fn totp(&self) -> Totp {
        // The parameters are constants that RFC 4226 allows, so there is nothing for `build` to
        // refuse.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(0)
            .with_step_duration(TIME_STEP_S)
            .with_secret(totp_rs::Secret::new_stack(*self.0))
            .build_noncompliant()
    }
}

/// Six ASCII digits. Wiped on drop, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Code([u8; CODE_DIGITS]);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(<redacted>)")
    }
}

/// Why what was typed is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeError {
    /// Something that is no digit, after separators were skipped.
    NotDigits,
    /// Digits, but not six.
    Length {
        /// The number of digits that there were.
        actual: usize,
    },
}

/// Digits in a row: their number, and how many they are.
#[derive(Default)]
struct Digits {
    number: u32,
    length: usize,
}

impl Digits {
    const fn push(&mut self, digit: u32) {
        self.number = self.number.wrapping_mul(10).wrapping_add(digit);
        self.length += 1;
    }
}

impl Code {
    /// Accepts what people type and paste: `123 456`, `123-456` and `１２３４５６` are `123456`, and
    /// so is a whole message with one word of six digits in it, where nothing beside it could be the
    /// code as well: six digits or more in other words of three and more (those of one or two are
    /// times and days). For the widget only.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn from_typed(typed: &str) -> Result<Self, CodeError> {
        /// More than any digits in a row that people paste.
        const LETTER: usize = 1 << 16;
        // One pass for both readings: the login's module has no room for two.
        let (mut all, mut word, mut only) = (Digits::default(), Digits::default(), None);
        let (mut has_others, mut beside) = (false, 0);
        for c in typed.chars().chain([' ']) {
            let c = fold(c).unwrap_or(' ');
            if let Some(digit) = c.to_digit(10) {
                all.push(digit);
                word.push(digit);
                continue;
            }
            has_others |= c != ' ';
            if c.is_ascii_alphabetic() {
                // In one word with letters no digits are a code: a backup code is such a word.
                word.length += LETTER;
                continue;
            }
            if word.length == CODE_DIGITS && only.is_none_or(|only| only == word.number) {
                only = Some(word.number);
            } else if (3..LETTER).contains(&word.length) {
                beside += word.length;
            }
            word = Digits::default();
        }
        if !has_others && all.length == CODE_DIGITS {
            only = Some(all.number);
        } else if !has_others || beside >= CODE_DIGITS {
            only = None;
        }
        match only {
            Some(number) => Ok(Self::of_number(number)),
            None if has_others => Err(CodeError::NotDigits),
            None => Err(CodeError::Length { actual: all.length }),
        }
    }

    fn of_number(mut number: u32) -> Self {
        let mut digits = [b'0'; CODE_DIGITS];
        for slot in digits.iter_mut().rev() {
            *slot += (number % 10) as u8;
            number /= 10;
        }
        Self(digits)
    }

    /// Accepts exactly `^[0-9]{6}$`: what the wire carries.
    pub fn from_wire(sent: &str) -> Result<Self, CodeError> {
        let digits = <[u8; CODE_DIGITS]>::try_from(sent.as_bytes())
            .map_err(|_| CodeError::Length { actual: sent.len() })?;
        if digits.iter().all(u8::is_ascii_digit) {
            Ok(Self(digits))
        } else {
            Err(CodeError::NotDigits)
        }
    }

    /// The digits, leading zeros included.
    pub fn expose(&self) -> &str {
        // Both constructors let only ASCII digits in, so the fallback is never taken.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
