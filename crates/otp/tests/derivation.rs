//! The derivation's vectors, for this crate and for other languages.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use nidan_otp::{ClientRandom, EnrolmentId, ServerNonce, WeakRandom, derive};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vector {
    client_random_hex: String,
    server_nonce_hex: String,
    enrolment_id_hex: String,
    totp_secret_hex: String,
    totp_key_base32: String,
    backup_codes: Vec<String>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
}

#[test]
fn the_derivation_is_as_written_down() {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("vectors/derivation.json")).unwrap();
    assert!(vectors.len() >= 3);
    for vector in vectors {
        let (secret, codes) = derive(
            &ClientRandom::new(unhex(&vector.client_random_hex)).unwrap(),
            &ServerNonce(unhex(&vector.server_nonce_hex)),
            EnrolmentId(unhex(&vector.enrolment_id_hex)),
        );
        assert_eq!(hex(secret.expose()), vector.totp_secret_hex);
        assert_eq!(secret.key().expose(), vector.totp_key_base32);
        let codes: Vec<_> = codes
            .iter()
            .map(|code| code.expose_grouped().to_string())
            .collect();
        assert_eq!(codes, vector.backup_codes);
    }
}

/// B36: neither share alone fixes the result.
#[test]
fn each_share_changes_everything() {
    let random = |byte| ClientRandom::new(std::array::from_fn(|i| byte + i as u8)).unwrap();
    let made = |client: u8, nonce: u8, id: u8| {
        let (secret, codes) = derive(
            &random(client),
            &ServerNonce([nonce; 32]),
            EnrolmentId([id; 16]),
        );
        (
            hex(secret.expose()),
            codes.iter().next().unwrap().expose().to_string(),
        )
    };
    let base = made(1, 2, 3);
    for other in [made(9, 2, 3), made(1, 9, 3), made(1, 2, 9)] {
        assert_ne!(base.0, other.0);
        assert_ne!(base.1, other.1);
    }
}

#[test]
fn bytes_of_no_random_source_are_refused() {
    assert_eq!(ClientRandom::new([0; 32]).unwrap_err(), WeakRandom);
    assert_eq!(ClientRandom::new([255; 32]).unwrap_err(), WeakRandom);
}

#[test]
fn the_browsers_share_is_not_printed() {
    let share = ClientRandom::new(std::array::from_fn(|at| at as u8)).unwrap();
    assert_eq!(format!("{share:?}"), "ClientRandom(<redacted>)");
}
