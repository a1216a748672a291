//! The derivation's vectors, for this crate and for other languages.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use nidan_otp::{
    Agreement, ClientNonce, ClientShare, EnrolmentId, PublicKey, SharedSecret, WeakRandom, derive,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    server_public_key_hex: String,
    client_public_key_hex: String,
    client_nonce_hex: String,
    enrolment_id_hex: String,
    shared_secret_hex: String,
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
        let (secret, codes) = derive(&Agreement {
            shared_secret: SharedSecret::new(unhex(&vector.shared_secret_hex)),
            enrolment_id: EnrolmentId(unhex(&vector.enrolment_id_hex)),
            server_public_key: PublicKey(unhex(&vector.server_public_key_hex)),
            client: ClientShare {
                public_key: PublicKey(unhex(&vector.client_public_key_hex)),
                nonce: ClientNonce::new(unhex(&vector.client_nonce_hex)).unwrap(),
            },
        });
        assert_eq!(hex(secret.expose()), vector.totp_secret_hex);
        assert_eq!(secret.key().expose(), vector.totp_key_base32);
        let codes: Vec<_> = codes
            .iter()
            .map(|code| code.expose_grouped().to_string())
            .collect();
        assert_eq!(codes, vector.backup_codes);
    }
}

/// B36: nothing of what goes in is without weight, so neither side fixes the result alone.
#[test]
fn each_part_changes_everything() {
    let made = |part: [u8; 5]| {
        let [shared, id, server, client, nonce] = part;
        let (secret, codes) = derive(&Agreement {
            shared_secret: SharedSecret::new([shared; 32]),
            enrolment_id: EnrolmentId([id; 16]),
            server_public_key: PublicKey([server; 65]),
            client: ClientShare {
                public_key: PublicKey([client; 65]),
                nonce: ClientNonce::new(std::array::from_fn(|at| nonce + at as u8)).unwrap(),
            },
        });
        (
            hex(secret.expose()),
            codes.iter().next().unwrap().expose().to_string(),
        )
    };
    let base = made([1, 2, 3, 4, 5]);
    for other in [
        made([9, 2, 3, 4, 5]),
        made([1, 9, 3, 4, 5]),
        made([1, 2, 9, 4, 5]),
        made([1, 2, 3, 9, 5]),
        made([1, 2, 3, 4, 9]),
        // The two keys are not taken for each other.
        made([1, 2, 4, 3, 5]),
    ] {
        assert_ne!(base.0, other.0);
        assert_ne!(base.1, other.1);
    }
}

#[test]
fn bytes_of_no_random_source_are_refused() {
    assert_eq!(ClientNonce::new([0; 32]).unwrap_err(), WeakRandom);
    assert_eq!(ClientNonce::new([255; 32]).unwrap_err(), WeakRandom);
}

#[test]
fn what_both_sides_computed_is_not_printed() {
    let shared = SharedSecret::new(std::array::from_fn(|at| at as u8));
    assert_eq!(format!("{shared:?}"), "SharedSecret(<redacted>)");
}
