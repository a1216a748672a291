//! Ceremonies with an authenticator that is wrong in one place. None of them counts.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod agreement;
#[path = "../../tests/common/authenticator.rs"]
mod authenticator;

use authenticator::{BACKED_UP, BACKUP_ELIGIBLE, Key, Saying, USER_PRESENT, USER_VERIFIED, base64};
use p256::ecdsa::SigningKey;
use serde_json::Value;

use super::*;

const ORIGIN: &str = "https://login.shop.example";

fn party() -> Party {
    let origins = [ORIGIN.to_owned(), "https://shop.example".to_owned()];
    Party {
        library: relying_party("shop.example", "Shop", &origins).unwrap(),
        keys_without_pin: false,
    }
}

struct Ceremony {
    options: Value,
    state: String,
}

fn begun(begun: Begun) -> Ceremony {
    Ceremony {
        options: serde_json::from_str(&begun.options).unwrap(),
        state: begun.state,
    }
}

fn making(party: &Party, kept: &[&str]) -> Ceremony {
    let user = User {
        handle: [7; 16],
        account_name: "hanako@example.com",
    };
    begun(RelyingParty(party).begin_making(&user, kept).unwrap())
}

fn made(party: &Party, ceremony: &Ceremony, saying: &Saying) -> Result<Made, Wrong> {
    let answer = saying.attestation().to_string();
    let made = RelyingParty(party).finish_making(&ceremony.state, ORIGIN, &answer);
    made.unwrap()
}

fn asking(party: &Party, kept: &[&str]) -> Ceremony {
    begun(RelyingParty(party).begin_asking(kept).unwrap())
}

fn asked(party: &Party, ceremony: &Ceremony, saying: &Saying, counter: u32) -> Result<u32, Wrong> {
    let answer = Answer::parse(&saying.assertion().to_string())?;
    let asked = RelyingParty(party).finish_asking(&ceremony.state, ORIGIN, &answer, counter);
    asked.unwrap()
}

/// A key of this person, and what the service keeps of it.
fn a_key(party: &Party, seed: u8, flags: u8) -> (Key, Made) {
    let ceremony = making(party, &[]);
    let mut key = Key::new(seed, &ceremony.options);
    key.flags |= flags;
    let made = made(party, &ceremony, &key.make(ORIGIN, &ceremony.options)).unwrap();
    (key, made)
}

#[test]
fn what_a_browser_is_asked() {
    let party = party();
    let (key, made) = a_key(&party, 1, 0);
    let options = making(&party, &[&made.kept]).options;
    assert_eq!(options["rp"]["id"], "shop.example");
    assert_eq!(options["rp"]["name"], "Shop");
    assert_eq!(options["user"]["name"], "hanako@example.com");
    assert_eq!(options["user"]["id"], base64([7; 16]));
    assert_eq!(options["attestation"], "none");
    assert_eq!(
        options["authenticatorSelection"]["userVerification"],
        "required"
    );
    assert_eq!(options["excludeCredentials"][0]["id"], base64(&key.id));
    assert_eq!(options["timeout"], 300_000);
    let options = asking(&party, &[&made.kept]).options;
    assert_eq!(options["rpId"], "shop.example");
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"][0]["id"], base64(&key.id));
    assert_eq!(options["allowCredentials"][0]["transports"][0], "internal");
    let challenge = options["challenge"].as_str().unwrap();
    assert_eq!(challenge.len(), 43, "32 bytes");
    assert_ne!(
        asking(&party, &[&made.kept]).options["challenge"],
        options["challenge"]
    );
}

#[test]
fn a_key_answers_for_the_person_it_was_made_for() {
    let party = party();
    let (key, made) = a_key(&party, 1, 0);
    assert!(!made.is_synced);
    let ceremony = asking(&party, &[&made.kept]);
    let mut saying = key.answer(ORIGIN, &ceremony.options);
    assert_eq!(asked(&party, &ceremony, &saying, 0), Ok(0));
    saying.user = Some(key.user.clone());
    assert_eq!(asked(&party, &ceremony, &saying, 0), Ok(0));
    saying.user = Some(base64([8; 16]));
    assert_eq!(asked(&party, &ceremony, &saying, 0), Err(Wrong::User));
}

#[test]
fn a_counter_that_falls_shows_a_copy_but_of_a_key_that_is_backed_up() {
    let party = party();
    for (flags, stored, brought, expected) in [
        (0, 5, 6, Ok(6)),
        (0, 5, 5, Err(Wrong::Counter)),
        (0, 5, 4, Err(Wrong::Counter)),
        (BACKUP_ELIGIBLE, 5, 4, Err(Wrong::Counter)),
        (BACKUP_ELIGIBLE | BACKED_UP, 5, 4, Ok(4)),
        (BACKUP_ELIGIBLE | BACKED_UP, 5, 0, Ok(0)),
    ] {
        let (mut key, made) = a_key(&party, 1, flags);
        assert_eq!(made.is_synced, flags != 0);
        let ceremony = asking(&party, &[&made.kept]);
        key.counter = brought;
        let saying = key.answer(ORIGIN, &ceremony.options);
        assert_eq!(
            asked(&party, &ceremony, &saying, stored),
            expected,
            "{flags} {stored} {brought}"
        );
    }
}

fn another(saying: &Saying) -> SigningKey {
    let mut secret = saying.signing.to_bytes();
    secret[31] ^= 1;
    SigningKey::from_bytes(&secret).unwrap()
}

/// Each thing that can be wrong, and what is then said.
type Change = (fn(&mut Saying), Wrong);

const CHANGES: [Change; 12] = [
    (|s| s.kind = "webauthn.create".to_owned(), Wrong::Type),
    (|s| s.kind = "payment.get".to_owned(), Wrong::Type),
    (|s| s.challenge = base64([9; 32]), Wrong::Challenge),
    (
        |s| s.origin = "https://shop.example.evil.example".to_owned(),
        Wrong::Origin,
    ),
    // Another page of the same host: this flow was not made for it.
    (
        |s| s.origin = "https://shop.example".to_owned(),
        Wrong::Origin,
    ),
    (|s| s.cross_origin = true, Wrong::Origin),
    (|s| s.rp_id = "evil.example".to_owned(), Wrong::RpId),
    (|s| s.flags &= !USER_PRESENT, Wrong::UserPresence),
    (|s| s.flags &= !USER_VERIFIED, Wrong::UserVerification),
    (|s| s.flags |= BACKED_UP, Wrong::Flags),
    (|s| s.signing = another(s), Wrong::Signature),
    (|s| s.id = vec![1; 16], Wrong::Credential),
];

#[test]
fn whatever_is_wrong_about_an_answer_has_its_own_name() {
    let party = party();
    let (key, made) = a_key(&party, 3, 0);
    let ceremony = asking(&party, &[&made.kept]);
    for (nth, (change, expected)) in CHANGES.into_iter().enumerate() {
        let mut saying = key.answer(ORIGIN, &ceremony.options);
        change(&mut saying);
        assert_eq!(asked(&party, &ceremony, &saying, 0), Err(expected), "{nth}");
    }
    let mut broken = key.answer(ORIGIN, &ceremony.options);
    broken.broken_signature = true;
    assert_eq!(asked(&party, &ceremony, &broken, 0), Err(Wrong::Signature));
    // Another person's key, and one of another ceremony.
    let (other, other_made) = a_key(&party, 4, 0);
    let theirs = asking(&party, &[&other_made.kept]);
    let saying = other.answer(ORIGIN, &ceremony.options);
    assert_eq!(asked(&party, &ceremony, &saying, 0), Err(Wrong::Credential));
    let saying = key.answer(ORIGIN, &ceremony.options);
    assert_eq!(asked(&party, &theirs, &saying, 0), Err(Wrong::Credential));
}

#[test]
fn whatever_is_wrong_about_a_new_key_is_said() {
    let party = party();
    for (nth, (change, expected)) in CHANGES.into_iter().enumerate() {
        let expected = match expected {
            // A key that is made is signed by nobody, and has whatever id it has.
            Wrong::Signature | Wrong::Credential => continue,
            Wrong::Type if nth == 0 => continue,
            other => other,
        };
        let ceremony = making(&party, &[]);
        let key = Key::new(5, &ceremony.options);
        let mut saying = key.make(ORIGIN, &ceremony.options);
        change(&mut saying);
        let wrong = made(&party, &ceremony, &saying).err();
        assert_eq!(wrong, Some(expected), "{nth}");
    }
    // What the person has already is not made again.
    let (key, first) = a_key(&party, 6, 0);
    let ceremony = making(&party, &[&first.kept]);
    let again = made(&party, &ceremony, &key.make(ORIGIN, &ceremony.options));
    assert!(again.is_err());
}

#[test]
fn what_is_no_answer_is_refused_before_anything_else() {
    let party = party();
    let (key, made) = a_key(&party, 7, 0);
    let ceremony = asking(&party, &[&made.kept]);
    let right = key.answer(ORIGIN, &ceremony.options).assertion();
    let long = base64([1; CREDENTIAL_ID_MAX_BYTES + 1]);
    for (place, value) in [
        ("/type", Value::from("password")),
        ("/id", Value::from("AAAA")),
        ("/id", Value::Null),
        ("/rawId", Value::from("")),
        ("/rawId", Value::from(long)),
        ("/response", Value::Null),
        ("/response/signature", Value::from("%")),
        ("/response/clientDataJSON", Value::from(5)),
    ] {
        let mut wrong = right.clone();
        *wrong.pointer_mut(place).unwrap() = value;
        let parsed = Answer::parse(&wrong.to_string());
        assert_eq!(parsed.err(), Some(Wrong::Format), "{place}");
    }
    for text in ["", "null", "[]", "{}", "\u{0}"] {
        assert!(Answer::parse(text).is_err(), "{text}");
    }
    // Of the right shape, and with nothing in it.
    let mut empty = right;
    *empty.pointer_mut("/response/clientDataJSON").unwrap() = base64("{}").into();
    let answer = Answer::parse(&empty.to_string()).unwrap();
    let refused = RelyingParty(&party).finish_asking(&ceremony.state, ORIGIN, &answer, 0);
    assert_eq!(refused.unwrap(), Err(Wrong::Format));
    // What the service itself has kept is not the person's fault.
    let broken = RelyingParty(&party).finish_asking("{}", ORIGIN, &answer, 0);
    assert!(matches!(broken, Err(PasskeyError::Kept(_))));
}

/// A security key without a PIN, where the host takes those; what asked for the person when it was made
/// goes on doing so, and everything else is checked as ever.
#[test]
fn a_key_without_a_pin_counts_where_the_host_takes_it() {
    let strict = party();
    let lax = Party {
        keys_without_pin: true,
        ..party()
    };
    let options = making(&lax, &[]).options;
    let selection = &options["authenticatorSelection"];
    assert_eq!(selection["userVerification"], "preferred");
    assert_eq!(
        (options.get("hints"), options.get("extensions")),
        (None, None)
    );
    let touched = |party: &Party, seed| {
        let ceremony = making(party, &[]);
        let mut key = Key::new(seed, &ceremony.options);
        key.flags = USER_PRESENT;
        let made = made(party, &ceremony, &key.make(ORIGIN, &ceremony.options));
        (key, made)
    };
    assert_eq!(touched(&strict, 1).1.err(), Some(Wrong::UserVerification));
    let (key, made) = touched(&lax, 1);
    let kept = made.unwrap().kept;
    let (pinned, of_pinned) = a_key(&lax, 2, 0);
    let (old, of_old) = a_key(&strict, 3, 0);
    let ceremony = asking(&lax, &[&kept, &of_pinned.kept, &of_old.kept]);
    assert_eq!(ceremony.options["userVerification"], "preferred");
    assert_eq!(ceremony.options.get("hints"), None);
    let saying = |key: &Key| key.answer(ORIGIN, &ceremony.options);
    assert_eq!(asked(&lax, &ceremony, &saying(&key), 0), Ok(0));
    for with_pin in [&pinned, &old] {
        let mut answer = saying(with_pin);
        assert_eq!(asked(&lax, &ceremony, &answer, 0), Ok(0));
        answer.flags = USER_PRESENT;
        let refused = asked(&lax, &ceremony, &answer, 0);
        assert_eq!(refused, Err(Wrong::UserVerification));
    }
    for (nth, (change, expected)) in CHANGES.into_iter().enumerate() {
        let mut answer = saying(&key);
        change(&mut answer);
        let expected = match expected {
            // It never was.
            Wrong::UserVerification => Ok(0),
            other => Err(other),
        };
        assert_eq!(asked(&lax, &ceremony, &answer, 0), expected, "{nth}");
    }
    // Where the host takes such keys no more, those that it has let nobody in.
    let ceremony = asking(&strict, &[&kept]);
    let refused = asked(
        &strict,
        &ceremony,
        &key.answer(ORIGIN, &ceremony.options),
        0,
    );
    assert_eq!(refused, Err(Wrong::UserVerification));
}

/// Each field in turn, over and over, with another key and another challenge each time: 100,000 with
/// `NIDAN_FULL`.
#[test]
fn of_many_ceremonies_with_one_thing_wrong_none_counts() {
    let rounds = if std::env::var_os("NIDAN_FULL").is_some() {
        100_000
    } else {
        1_000
    };
    let party = party();
    let keys: Vec<_> = (1..=20).map(|seed| a_key(&party, seed, 0)).collect();
    for round in 0..rounds {
        let (key, made) = &keys[round % keys.len()];
        let ceremony = asking(&party, &[&made.kept]);
        let mut saying = key.answer(ORIGIN, &ceremony.options);
        saying.counter = 1;
        assert_eq!(asked(&party, &ceremony, &saying, 0), Ok(1), "{round}");
        let (change, expected) = CHANGES[round % CHANGES.len()];
        change(&mut saying);
        assert_eq!(
            asked(&party, &ceremony, &saying, 0),
            Err(expected),
            "{round}"
        );
    }
}

#[test]
fn an_rp_id_is_the_domain_of_an_origin() {
    for (rp_id, origin, expected) in [
        ("shop.example", "https://shop.example", true),
        ("shop.example", "https://login.shop.example", true),
        ("localhost", "http://localhost:8000", true),
        ("shop.example", "https://badshop.example", false),
        ("login.shop.example", "https://shop.example", false),
        ("127.0.0.1", "http://127.0.0.1:8000", false),
    ] {
        let party = relying_party(rp_id, "Shop", &[origin.to_owned()]);
        assert_eq!(party.is_some(), expected, "{rp_id} {origin}");
    }
}
