//! Codes that travel by phone: how they are made, how long they live, and when they may be sent again.
//!
//! A code is never stored: it is derived from the challenge's random id under the pepper, so that a copy of the database
//! holds none, and sending the same code again needs no copy of it (docs/decisions/0007-codes-by-phone.md).

use nidan_protocol::{ChallengeView, Channel};
use zeroize::Zeroizing;

use crate::config::{Budgets, Host};
use crate::keys::{HashUse, Keys};
use crate::phone::PhoneNumber;
use crate::store::{Budget, Challenge, Scope};

/// ASVS 6.5.5 allows ten minutes; five is what people need (R34).
pub const CODE_TTL_S: u64 = 300;
/// Tries for one challenge, however often it is sent.
pub const CODE_ATTEMPTS: u32 = 5;
/// How long to wait before the same code may be sent again (R43): after the first, the second, the third message.
pub const RESEND_WAITS_S: [u64; 3] = [30, 60, 120];
/// RFC 4226 §5.3: six digits at least.
const CODE_DIGITS: u32 = 6;
const CODES: u32 = 10_u32.pow(CODE_DIGITS);
const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 86_400;
/// Without I, O, Q, S and Z, which look like digits.
const REFERENCE_LETTERS: &[u8; 20] = b"ABCDEFGHJKLMNPRTUVWX";

/// The code of a challenge: six uniform digits.
pub fn code_of(keys: &Keys, challenge_id: &str) -> Zeroizing<String> {
    // Rejection sampling: the numbers above the last multiple of a million would favour small codes. Each round fails
    // once in 4,295 times.
    let fair = u32::MAX - u32::MAX % CODES;
    let mut round = 0_u64;
    loop {
        let hash = Zeroizing::new(keys.hash(HashUse::PhoneCode, &[challenge_id.as_bytes(), &round.to_be_bytes()]));
        let drawn = hash.first_chunk().map_or(u32::MAX, |bytes| u32::from_be_bytes(*bytes));
        if drawn < fair {
            return Zeroizing::new(format!("{:06}", drawn % CODES));
        }
        round += 1;
    }
}

/// All codes of a challenge: one, or two that are asked for together.
pub fn codes_of(keys: &Keys, challenge_id: &str, codes: u32) -> Vec<Zeroizing<String>> {
    // Ids are base64url, so no other challenge has such an id.
    let second = (codes > 1).then(|| code_of(keys, &format!("{challenge_id}#2")));
    std::iter::once(code_of(keys, challenge_id)).chain(second).collect()
}

/// A letter and a digit that stand in the message and on the screen.
pub(crate) fn reference(random: [u8; 2]) -> String {
    let [letter, digit] = random.map(usize::from);
    // Not secret, so a slight preference for some letters harms nobody.
    let letter = REFERENCE_LETTERS.get(letter % REFERENCE_LETTERS.len()).copied().unwrap_or(b'A');
    format!("{}{}", char::from(letter), 2 + digit % 8)
}

/// Two digits to press in a call.
pub(crate) fn call_keys(random: [u8; 1]) -> String {
    format!("{:02}", 10 + random[0] % 90)
}

/// When the same code may be sent again; `None` when it may not.
pub(crate) fn resend_at(challenge: &Challenge) -> Option<u64> {
    let wait = RESEND_WAITS_S.get(usize::try_from(challenge.sends).ok()?.checked_sub(1)?)?;
    let due = challenge.sent_at.saturating_add(*wait);
    let open = challenge.answered_at.is_none() && challenge.attempts < CODE_ATTEMPTS;
    (open && due < challenge.opened.expires_at).then_some(due)
}

/// What the widget may know.
pub(crate) fn view(challenge: &Challenge) -> ChallengeView {
    let opened = &challenge.opened;
    ChallengeView {
        id: opened.id.clone(),
        channel: opened.channel,
        hint: opened.hint.clone(),
        reference: opened.reference.clone(),
        keys: opened.keys.clone(),
        expires_at: opened.expires_at,
        resend_at: resend_at(challenge),
        attempts_left: CODE_ATTEMPTS.saturating_sub(challenge.attempts),
        delivery: challenge.delivery,
        delivery_at: challenge.delivery_at,
        answered: challenge.answered_at.is_some(),
        codes: opened.codes,
    }
}

/// Everything that one more message is counted by.
pub(crate) fn budgets(
    keys: &Keys,
    limits: &Budgets,
    host: &Host,
    subject: &str,
    number: &PhoneNumber,
    channel: Channel,
) -> Vec<Budget> {
    let hashed = |parts: &[&[u8]]| keys.hash(HashUse::SendCount, parts).to_vec();
    // An hour of texts leaves room for a call: whoever got none of them is helped to that.
    let of_channel = hashed(&[b"channel", channel.as_str().as_bytes(), number.e164().as_bytes()]);
    let of_number = hashed(&[b"number", number.e164().as_bytes()]);
    let budget = |scope, key, window_s, limit| Budget { scope, key, window_s, limit };
    // The narrowest first: its end is what the person is told.
    vec![
        budget(Scope::NumberHour, of_channel, HOUR_S, limits.number_per_hour),
        budget(Scope::NumberDay, of_number, DAY_S, limits.number_per_day),
        budget(
            Scope::Subject,
            hashed(&[b"subject", host.id.as_bytes(), subject.as_bytes()]),
            DAY_S,
            limits.subject_per_day,
        ),
        budget(Scope::Block, hashed(&[b"block", number.block().as_bytes()]), DAY_S, limits.block_per_day),
        budget(Scope::Host, host.id.as_bytes().to_vec(), DAY_S, limits.host_per_day),
        budget(Scope::Country, number.country().as_bytes().to_vec(), DAY_S, limits.country_per_day),
        budget(Scope::Total, Vec::new(), DAY_S, limits.total_per_day),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seams::Random;

    /// The same keys in every run, so that a fair generator never fails by chance.
    struct Fixed;

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
            (0_u8..).zip(bytes).for_each(|(value, byte)| *byte = value);
            Ok(())
        }
    }

    fn keys() -> Keys {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        std::fs::write(&file, Keys::generate(&Fixed).unwrap().as_str()).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Keys::load(&file, |_| None).unwrap()
    }

    /// The 99.99 % point of χ² with nine degrees of freedom is 33.7.
    #[test]
    fn every_position_of_a_code_is_uniform() {
        let keys = keys();
        let mut seen = [[0_u32; 10]; 6];
        for id in 0..20_000 {
            for (position, digit) in code_of(&keys, &id.to_string()).bytes().enumerate() {
                seen[position][usize::from(digit - b'0')] += 1;
            }
        }
        for (position, counts) in seen.iter().enumerate() {
            let chi_squared: f64 = counts.iter().map(|count| (f64::from(*count) - 2000.0).powi(2) / 2000.0).sum();
            assert!(chi_squared < 33.7, "position {position}: χ² = {chi_squared:.1}, {counts:?}");
        }
    }

    #[test]
    fn a_code_belongs_to_its_challenge_and_key() {
        let keys = keys();
        assert_eq!(code_of(&keys, "a"), code_of(&keys, "a"));
        let same = (0..1000).filter(|id| code_of(&keys, &id.to_string()) == code_of(&keys, &format!("x{id}"))).count();
        assert!(same < 3);
        assert_eq!(code_of(&keys, "a").len(), 6);
    }

    #[test]
    fn references_and_keys_are_two_symbols_without_look_alikes() {
        for byte in 0..=255 {
            let reference = reference([byte, byte]);
            assert!(reference.len() == 2 && !reference.contains(['0', '1', 'O', 'I', 'S', 'Z']), "{reference}");
            assert!(matches!(call_keys([byte]).parse(), Ok(10..=99)));
        }
    }
}
