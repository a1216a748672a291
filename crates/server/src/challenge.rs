//! Codes that travel by phone: how they are made, how long they live, and when they may be sent
//! again.
//!
//! A code is never stored: it is derived from the challenge's random id under the pepper, so that a
//! copy of the database holds none, and sending the same code again needs no copy of it
//! (docs/decisions/0007-codes-by-phone.md).

use nidan_protocol::{ChallengeView, Channel};
use zeroize::Zeroizing;

use crate::config::Budgets;
use crate::keys::{HashUse, Keys};
use crate::phone::PhoneNumber;
use nidan_store::{Budget, Challenge, NewFlow, Scope};

/// [ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 6.5.5 allows ten minutes; five is what people
/// need.
pub const CODE_TTL_S: u64 = 300;
/// Tries for one [challenge](Challenge), however often it is sent.
pub const CODE_ATTEMPTS: u32 = 5;
/// How long to wait before the same code may be sent again: after the first, the second, the
/// third message.
pub const RESEND_WAITS_S: [u64; 3] = [30, 60, 120];
/// [RFC 4226 §5.3](https://www.rfc-editor.org/rfc/rfc4226#section-5.3): six digits at least.
const CODE_DIGITS: u32 = 6;
const CODES: u32 = 10_u32.pow(CODE_DIGITS);
const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 86_400;
/// A block whose codes are answered gets more of them, up to so many times its [budget](Budget):
/// two hundred staff phones in a row of numbers are set up in a day, and whoever answers codes for
/// money is stopped all the same.
pub(crate) const BLOCK_GROWS: u32 = 10;
/// Without I, O, Q, S and Z, which look like digits.
const REFERENCE_LETTERS: &[u8; 20] = b"ABCDEFGHJKLMNPRTUVWX";

/// The code of a [challenge](Challenge): six uniform digits.
pub fn code_of(keys: &Keys, challenge_id: &str) -> Zeroizing<String> {
    // Rejection sampling: the numbers above the last multiple of a million would favour small
    // codes. Each round fails once in 4,295 times.
    let fair = u32::MAX - u32::MAX % CODES;
    let mut round = 0_u64;
    loop {
        let hash = Zeroizing::new(keys.hash(
            HashUse::PhoneCode,
            &[challenge_id.as_bytes(), &round.to_be_bytes()],
        ));
        let drawn = hash
            .first_chunk()
            .map_or(u32::MAX, |bytes| u32::from_be_bytes(*bytes));
        if drawn < fair {
            return Zeroizing::new(format!("{:06}", drawn % CODES));
        }
        round += 1;
    }
}

/// All codes of a [challenge](Challenge): one, or two that are asked for together.
pub fn codes_of(keys: &Keys, challenge_id: &str, codes: u32) -> Vec<Zeroizing<String>> {
    // Ids are base64url, so no other challenge has such an id.
    let second = (codes > 1).then(|| code_of(keys, &format!("{challenge_id}#2")));
    std::iter::once(code_of(keys, challenge_id))
        .chain(second)
        .collect()
}

/// A letter and a digit that stand in the message and on the screen.
pub(crate) fn reference(random: [u8; 2]) -> String {
    let [letter, digit] = random.map(usize::from);
    // Not secret, so a slight preference for some letters harms nobody.
    let letter = REFERENCE_LETTERS
        .get(letter % REFERENCE_LETTERS.len())
        .copied()
        .unwrap_or(b'A');
    format!("{}{}", char::from(letter), 2 + digit % 8)
}

/// Two digits to press in a call.
pub(crate) fn call_digits(random: [u8; 1]) -> String {
    format!("{:02}", 10 + random[0] % 90)
}

/// When the same code may be sent again; [`None`] when it may not.
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
        call_digits: opened.call_digits.clone(),
        expires_at: opened.expires_at,
        resend_at: resend_at(challenge),
        attempts_left: CODE_ATTEMPTS.saturating_sub(challenge.attempts),
        delivery: challenge.delivery,
        delivery_at: challenge.delivery_at,
        answered: challenge.answered_at.is_some(),
        codes: opened.codes,
    }
}

/// Whose number a code is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// A number that was typed, and that nobody has proved yet.
    Typed,
    /// One of the person's own.
    Own,
}

/// Everything that one more message is counted by. Set-ups and logins are counted apart, so that
/// strangers who set something up take nothing from a person who signs in
/// (docs/decisions/0017-send-budgets.md).
pub(crate) fn budgets(
    keys: &Keys,
    limits: &Budgets,
    (flow, sending): (&NewFlow, Sending),
    number: &PhoneNumber,
    channel: Channel,
) -> Vec<Budget> {
    // The narrowest first: its end is what the person is told.
    match sending {
        Sending::Typed => {
            let number_key = [flow.host.as_bytes(), number.e164().as_bytes()].map(<[u8]>::to_vec);
            let mut all = of_number(keys, limits, "set-up", &number_key, channel).to_vec();
            all.push(of_person(keys, limits, "set-up", flow));
            all.extend(of_strangers(keys, limits, flow, number));
            all
        }
        Sending::Own => {
            // The person's own: whoever has not proved the password cannot spend it, and what is
            // left of it tells nobody else anything.
            let own = [&flow.host, &flow.subject].map(|part| part.as_bytes().to_vec());
            let number_key = [own.as_slice(), &[number.e164().as_bytes().to_vec()]].concat();
            let mut all = of_number(keys, limits, "login", &number_key, channel).to_vec();
            all.push(of_person(keys, limits, "login", flow));
            all.push(a_day(
                Scope::LoginHost,
                flow.host.as_bytes().to_vec(),
                limits.login_host_per_day,
            ));
            all.push(a_day(
                Scope::LoginTotal,
                Vec::new(),
                limits.login_total_per_day,
            ));
            all
        }
    }
}

/// What an answered code gives back: a number that somebody has proved is no stranger's.
pub(crate) fn given_back(
    keys: &Keys,
    limits: &Budgets,
    number: &PhoneNumber,
    host: &str,
) -> Budget {
    a_day(
        Scope::Block,
        block_key(keys, host, number),
        limits.block_per_day,
    )
}

const fn a_day(scope: Scope, key: Vec<u8>, limit: u32) -> Budget {
    Budget {
        scope,
        key,
        window_s: DAY_S,
        limit,
    }
}

fn hashed(keys: &Keys, parts: &[&[u8]]) -> Vec<u8> {
    keys.hash(HashUse::SendCount, parts).to_vec()
}

fn of_number(
    keys: &Keys,
    limits: &Budgets,
    kind: &str,
    number: &[Vec<u8>],
    channel: Channel,
) -> [Budget; 2] {
    let key = |first: &[&[u8]]| {
        let parts: Vec<&[u8]> = first
            .iter()
            .copied()
            .chain(number.iter().map(Vec::as_slice))
            .collect();
        hashed(keys, &parts)
    };
    // An hour of texts leaves room for a call: whoever got none of them is helped to that.
    let in_an_hour = key(&[kind.as_bytes(), b"channel", channel.as_str().as_bytes()]);
    let in_a_day = key(&[kind.as_bytes(), b"number"]);
    [
        Budget {
            scope: Scope::NumberHour,
            key: in_an_hour,
            window_s: HOUR_S,
            limit: limits.number_per_hour,
        },
        a_day(Scope::NumberDay, in_a_day, limits.number_per_day),
    ]
}

fn of_person(keys: &Keys, limits: &Budgets, kind: &str, flow: &NewFlow) -> Budget {
    let key = hashed(
        keys,
        &[
            kind.as_bytes(),
            b"subject",
            flow.host.as_bytes(),
            flow.subject.as_bytes(),
        ],
    );
    a_day(Scope::Subject, key, limits.subject_per_day)
}

fn block_key(keys: &Keys, host: &str, number: &PhoneNumber) -> Vec<u8> {
    hashed(
        keys,
        &[b"block", host.as_bytes(), number.block().as_bytes()],
    )
}

/// Numbers that nobody has proved yet: what toll fraud and floods are made of.
fn of_strangers(
    keys: &Keys,
    limits: &Budgets,
    flow: &NewFlow,
    number: &PhoneNumber,
) -> [Budget; 5] {
    let block = block_key(keys, &flow.host, number);
    let block_max = limits.block_per_day.saturating_mul(BLOCK_GROWS);
    let country = [flow.host.as_str(), "/", number.country()]
        .concat()
        .into_bytes();
    [
        a_day(Scope::Block, block.clone(), limits.block_per_day),
        a_day(Scope::BlockAll, block, block_max),
        a_day(
            Scope::Host,
            flow.host.as_bytes().to_vec(),
            limits.host_per_day,
        ),
        a_day(Scope::Country, country, limits.country_per_day),
        a_day(Scope::Total, Vec::new(), limits.total_per_day),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Random;

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
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
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
            let chi_squared: f64 = counts
                .iter()
                .map(|count| (f64::from(*count) - 2000.0).powi(2) / 2000.0)
                .sum();
            assert!(
                chi_squared < 33.7,
                "position {position}: χ² = {chi_squared:.1}, {counts:?}"
            );
        }
    }

    #[test]
    fn a_code_belongs_to_its_challenge_and_key() {
        let keys = keys();
        assert_eq!(code_of(&keys, "a"), code_of(&keys, "a"));
        let same = (0..1000)
            .filter(|id| code_of(&keys, &id.to_string()) == code_of(&keys, &format!("x{id}")))
            .count();
        assert!(same < 3);
        assert_eq!(code_of(&keys, "a").len(), 6);
    }

    #[test]
    fn references_and_keys_are_two_symbols_without_look_alikes() {
        for byte in 0..=255 {
            let reference = reference([byte, byte]);
            assert!(
                reference.len() == 2 && !reference.contains(['0', '1', 'O', 'I', 'S', 'Z']),
                "{reference}"
            );
            assert!(matches!(call_digits([byte]).parse(), Ok(10..=99)));
        }
    }
}
