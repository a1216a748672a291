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
    /// Only the step of `now`: the strict reading of ASVS 6.5.5.
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
/// never printed, cloned or serialised.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; SECRET_LEN_BYTES]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(<redacted>)")
    }
}

/// A secret as people type it into an app: Base32 ([RFC 4648
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
    pub const fn from_bytes(bytes: [u8; SECRET_LEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// The raw bytes, for sealing and fingerprints only.
    pub const fn expose(&self) -> &[u8; SECRET_LEN_BYTES] {
        &self.0
    }

    /// The Base32 form, for QR codes and for typing.
    pub fn key(&self) -> Key {
        Key(Zeroizing::new(Base32UpperUnpadded::encode_string(&self.0)))
    }

    /// Checks a code against every accepted step in constant time per step; the newest step wins.
    pub fn check(&self, code: &Code, steps: &Steps) -> Option<Matched> {
        let totp = self.totp();
        let right = |step: &u64| {
            totp.check(code.expose(), step.saturating_mul(TIME_STEP_S))
                .is_some()
        };
        steps.0.clone().rev().find(right).map(|step| Matched {
            counter: Counter(step),
        })
    }

    /// Checks two codes of two steps in a row; the proof is for the second of them. The newest pair
    /// wins.
    pub fn check_pair(&self, first: &Code, second: &Code, steps: &Steps) -> Option<Matched> {
        let totp = self.totp();
        let right = |code: &Code, step: u64| {
            totp.check(code.expose(), step.saturating_mul(TIME_STEP_S))
                .is_some()
        };
        // Both are compared for every step, so that the time tells nothing about the first alone.
        let both = |step: &u64| right(first, *step) & right(second, step.saturating_add(1));
        steps.0.clone().rev().find(both).map(|step| Matched {
            counter: Counter(step.saturating_add(1)),
        })
    }

    /// For a code that [`check`](Self::check) refused: by how many seconds the clock that made it
    /// is ahead (positive) or behind (negative), when it is right within [`DRIFT_SEARCH_STEPS`]. A
    /// hint for people, never an acceptance.
    pub fn locate(&self, code: &Code, now: UnixSeconds) -> Option<i64> {
        let totp = self.totp();
        let here = now.counter().0;
        (1..=DRIFT_SEARCH_STEPS)
            .flat_map(|distance| {
                [
                    (here.checked_sub(distance), -1),
                    (here.checked_add(distance), 1),
                ]
            })
            .find_map(|(step, sign)| {
                let step = step?;
                totp.check(code.expose(), step.saturating_mul(TIME_STEP_S))?;
                i64::try_from(step.abs_diff(here) * TIME_STEP_S)
                    .ok()
                    .map(|seconds| sign * seconds)
            })
    }

    fn totp(&self) -> Totp {
        // The parameters are constants that RFC 4226 allows, so there is nothing for `build` to
        // refuse.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(0)
            .with_step_duration(TIME_STEP_S)
            .with_secret(totp_rs::Secret::new_stack(self.0))
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

impl Code {
    /// Accepts what people type: `123 456`, `123-456` and `１２３４５６` are `123456`. For the
    /// widget only.
    pub fn from_typed(typed: &str) -> Result<Self, CodeError> {
        let mut digits = [0; CODE_DIGITS];
        let mut actual = 0;
        for c in typed.chars().filter_map(fold) {
            if !c.is_ascii_digit() {
                return Err(CodeError::NotDigits);
            }
            if let Some(slot) = digits.get_mut(actual) {
                *slot = c as u8;
            }
            actual += 1;
        }
        if actual == CODE_DIGITS {
            Ok(Self(digits))
        } else {
            Err(CodeError::Length { actual })
        }
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
mod tests {
    use super::*;

    fn rfc_secret() -> Secret {
        Secret::from_bytes(*b"12345678901234567890")
    }

    /// [RFC 4226](https://www.rfc-editor.org/rfc/rfc4226) appendix D.
    #[test]
    fn hotp_vectors_of_rfc_4226() {
        let expected = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, code) in (0u64..).zip(expected) {
            let code = Code::from_wire(code).unwrap();
            let matched =
                rfc_secret().check(&code, &Steps::current(UnixSeconds(counter * TIME_STEP_S)));
            assert_eq!(
                matched,
                Some(Matched {
                    counter: Counter(counter)
                })
            );
        }
    }

    /// [RFC 6238](https://www.rfc-editor.org/rfc/rfc6238) appendix B, cut to six digits. The last
    /// row overflows 32 bits.
    #[test]
    fn totp_vectors_of_rfc_6238() {
        let check = |time, code: &str| {
            let code = Code::from_wire(code).unwrap();
            assert!(
                rfc_secret()
                    .check(&code, &Steps::current(UnixSeconds(time)))
                    .is_some(),
                "{time}"
            );
        };
        check(59, "287082");
        check(1_111_111_109, "081804");
        check(1_111_111_111, "050471");
        check(1_234_567_890, "005924");
        check(2_000_000_000, "279037");
        check(20_000_000_000, "353130");
    }

    #[test]
    fn a_code_is_read_the_way_people_type_it() {
        let check = |typed: &str, expected: Result<&str, CodeError>| {
            assert_eq!(
                Code::from_typed(typed).as_ref().map(Code::expose),
                expected.as_ref().copied(),
                "{typed:?}"
            );
        };
        check("123456", Ok("123456"));
        check(" 123 456 ", Ok("123456"));
        check("123-456", Ok("123456"));
        check("１２３４５６", Ok("123456"));
        check("１２３　４５６", Ok("123456"));
        check("123ー456", Ok("123456"));
        check("٠١٢٣٤٥", Ok("012345"));
        check("۰۱۲۳۴۵", Ok("012345"));
        check("", Err(CodeError::Length { actual: 0 }));
        check("12345", Err(CodeError::Length { actual: 5 }));
        check("1234567", Err(CodeError::Length { actual: 7 }));
        check("12345a", Err(CodeError::NotDigits));
        check("+12345", Err(CodeError::NotDigits));
    }

    #[test]
    fn the_wire_takes_six_ascii_digits_and_nothing_else() {
        assert_eq!(Code::from_wire("000000").unwrap().expose(), "000000");
        for refused in [
            "",
            "0",
            "12345",
            "1234567",
            "12345 ",
            "+12345",
            "12345a",
            "１２",
            "-12345",
            "１２３４５６",
        ] {
            assert!(Code::from_wire(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn a_code_is_right_in_its_own_step_and_one_either_way() {
        let code = Code::from_wire("287082").unwrap(); // step 1
        let accepted = |now| {
            rfc_secret()
                .check(&code, &Steps::around(UnixSeconds(now)))
                .is_some()
        };
        assert_eq!(
            [0, 29, 30, 59, 60, 89, 90].map(accepted),
            [true, true, true, true, true, true, false]
        );
    }

    #[test]
    fn an_enrolment_accepts_the_codes_of_its_own_life() {
        let code = Code::from_wire("287082").unwrap(); // step 1
        let accepted = |opened, now| {
            rfc_secret().check(&code, &Steps::since(UnixSeconds(opened), UnixSeconds(now)))
        };
        assert!(accepted(30, 600).is_some());
        assert!(accepted(60, 600).is_some(), "the step before it opened");
        assert!(accepted(90, 600).is_none(), "older than the enrolment");
    }

    #[test]
    fn what_was_learned_moves_the_accepted_steps() {
        let secret = rfc_secret();
        let now = UnixSeconds(1_000_000 * TIME_STEP_S);
        let accepted = |step: u64, drift| {
            let code =
                Code::from_wire(&secret.totp().generate(step * TIME_STEP_S).to_string()).unwrap();
            secret
                .check(&code, &Steps::around(now).moved(drift))
                .map(|matched| matched.drift_steps(now))
        };
        assert_eq!(accepted(999_998, 0), None);
        assert_eq!(accepted(999_998, -1), Some(-2));
        assert_eq!(accepted(999_997, -2), Some(-2), "kept within the limit");
        assert_eq!(accepted(1_000_003, 2), Some(2));
        assert_eq!(accepted(1_000_000, -2), None, "three steps and no more");
    }

    /// [RFC 6238 §6](https://www.rfc-editor.org/rfc/rfc6238#section-6).
    #[test]
    fn two_codes_count_only_in_a_row() {
        let secret = rfc_secret();
        let code = |step: u64| {
            Code::from_wire(&secret.totp().generate(step * TIME_STEP_S).to_string()).unwrap()
        };
        let now = UnixSeconds(1_000_000 * TIME_STEP_S);
        let pair = |first, second| {
            secret
                .check_pair(&code(first), &code(second), &Steps::for_pairs(now))
                .map(|matched| matched.counter().0)
        };
        assert_eq!(pair(1_000_000, 1_000_001), Some(1_000_001));
        assert_eq!(
            pair(999_990, 999_991),
            Some(999_991),
            "a clock that is five minutes slow"
        );
        assert_eq!(pair(999_989, 999_990), None, "and no more");
        assert_eq!(pair(1_000_010, 1_000_011), Some(1_000_011));
        assert_eq!(pair(1_000_011, 1_000_012), None);
        assert_eq!(pair(1_000_001, 1_000_000), None, "the other way round");
        assert_eq!(pair(1_000_000, 1_000_000), None, "the same twice");
        assert_eq!(pair(1_000_000, 1_000_002), None, "with a gap");
    }

    #[test]
    fn a_wrong_clock_is_measured() {
        let secret = rfc_secret();
        let code_of = |step: u64| {
            Code::from_wire(&secret.totp().generate(step * TIME_STEP_S).to_string()).unwrap()
        };
        let now = UnixSeconds(1_000_000 * TIME_STEP_S);
        assert_eq!(secret.locate(&code_of(1_000_000 - 3), now), Some(-90));
        assert_eq!(secret.locate(&code_of(1_000_000 + 4), now), Some(120));
    }

    /// 20 bytes are 32 characters, upper case, without padding.
    #[test]
    fn the_key_is_base32_without_padding() {
        let key = rfc_secret().key();
        assert_eq!(key.expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            key.expose_grouped().as_str(),
            "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
        );
    }

    /// The encoder agrees with the vectors of [RFC 4648
    /// §10](https://www.rfc-editor.org/rfc/rfc4648#section-10).
    #[test]
    fn base32_vectors_of_rfc_4648() {
        let expected = [
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
        ];
        for (bytes, text) in expected {
            assert_eq!(Base32UpperUnpadded::encode_string(bytes.as_bytes()), text);
        }
        assert_eq!(Base32UpperUnpadded::encode_string(b"foobar"), "MZXW6YTBOI");
    }

    #[test]
    fn secrets_and_codes_are_not_printed() {
        assert_eq!(format!("{:?}", rfc_secret()), "Secret(<redacted>)");
        assert_eq!(format!("{:?}", rfc_secret().key()), "Key(<redacted>)");
        assert_eq!(
            format!("{:?}", Code::from_wire("123456").unwrap()),
            "Code(<redacted>)"
        );
    }
}
