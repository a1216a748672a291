//! Key files, sealing and keyed hashes.

use super::*;
use crate::environment::Os;

const ROW: SealedFor<'static> = SealedFor {
    host: "shop",
    subject: "u1",
    method_id: "m1",
};

fn keys() -> Keys {
    let key = Base64UrlUnpadded::encode_string(&random_bytes::<32>(&Os).unwrap());
    Keys::parse(&key, &key, &key).unwrap()
}

#[test]
fn a_sealed_secret_opens_only_in_its_own_row_under_its_own_key() {
    let keys = keys();
    let sealed = keys
        .seal(&Secret::from_bytes(*b"12345678901234567890"), ROW, &Os)
        .unwrap();
    assert_eq!(
        keys.open(&sealed, ROW).unwrap().expose(),
        b"12345678901234567890"
    );
    assert!(
        keys.open(
            &sealed,
            SealedFor {
                subject: "u2",
                ..ROW
            }
        )
        .is_err()
    );
    assert!(
        keys.open(
            &sealed,
            SealedFor {
                host: "shopu",
                subject: "1",
                ..ROW
            }
        )
        .is_err()
    );
    assert!(
        keys.open(
            &sealed,
            SealedFor {
                method_id: "m2",
                ..ROW
            }
        )
        .is_err()
    );
    assert!(
        super::tests::keys().open(&sealed, ROW).is_err(),
        "another key"
    );
    for position in 0..sealed.len() {
        let mut flipped = sealed.clone();
        flipped[position] ^= 1;
        assert!(keys.open(&flipped, ROW).is_err(), "bit flip at {position}");
        assert!(
            keys.open(&sealed[..position], ROW).is_err(),
            "cut at {position}"
        );
    }
}

#[test]
fn a_hash_for_one_use_answers_for_no_other() {
    let keys = keys();
    let uses = [
        HashUse::BackupCode,
        HashUse::SecretFingerprint,
        HashUse::EnrolmentBody,
        HashUse::ResultCode,
        HashUse::PhoneCode,
        HashUse::NumberIndex,
        HashUse::SendCount,
        HashUse::VerificationBody,
        HashUse::SkipBody,
        HashUse::Event,
    ];
    let hashes = uses.map(|hash_use| keys.hash(hash_use, &[b"same"]));
    for (index, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..index].contains(hash));
    }
    assert_ne!(
        keys.hash(HashUse::BackupCode, &[b"ab", b"c"]),
        keys.hash(HashUse::BackupCode, &[b"a", b"bc"])
    );
}

#[test]
fn keys_are_not_printed_and_a_bad_one_is_named() {
    assert_eq!(format!("{:?}", keys()), "Keys(<redacted>)");
    let good = Base64UrlUnpadded::encode_string(&[7; 32]);
    let error = Keys::parse(&good, "dG9vIHNob3J0", &good).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`signing_key` is not 32 bytes of base64url without padding"
    );
}

/// A group may be let read a file, as platforms do that mount it; everybody may not, and only its
/// owner writes it.
#[cfg(unix)]
#[test]
fn a_private_file_is_read_by_its_owner_and_at_most_by_its_group() {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    for (mode, is_private) in [
        (0o600, true),
        (0o640, true),
        (0o400, true),
        (0o660, false),
        (0o604, false),
        (0o644, false),
    ] {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(file.path(), permissions).unwrap();
        assert_eq!(read_private(file.path()).is_ok(), is_private, "{mode:o}");
    }
}
