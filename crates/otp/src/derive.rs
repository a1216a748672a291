//! The secret that neither side can choose alone.
//!
//! HKDF-SHA-256 ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)) with `salt = server_nonce` (32
//! bytes), `ikm = client_random` (32 bytes) and `info = label ‖ 0x00 ‖ enrolment_id` (16 bytes),
//! where the label is ASCII:
//!
//! | label | bytes taken | meaning |
//! |---|---|---|
//! | `nidan v1 totp` | 20 | the TOTP secret |
//! | `nidan v1 backup` | 100 | ten blocks of ten bytes, one backup code each (see [`crate::BackupCodes`]) |
//!
//! `tests/vectors/derivation.json` holds vectors for other languages.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::backup::{BACKUP_BYTES, BackupCodes};
use crate::totp::{SECRET_LEN_BYTES, Secret};

/// Both inputs are as long as the hash: [RFC 5869
/// §3.1](https://www.rfc-editor.org/rfc/rfc5869#section-3.1) wants the salt that long, §3.3 strong
/// input material.
pub const NONCE_LEN_BYTES: usize = 32;
/// 128 random bits: an identifier that nobody can guess.
pub const ENROLMENT_ID_LEN_BYTES: usize = 16;

const TOTP_LABEL: &[u8] = b"nidan v1 totp\0";
const BACKUP_LABEL: &[u8] = b"nidan v1 backup\0";

/// Names one enrolment; the service binds it to host and subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolmentId(pub [u8; ENROLMENT_ID_LEN_BYTES]);

/// The service's share: public to the widget, unpredictable before the enrolment opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerNonce(pub [u8; NONCE_LEN_BYTES]);

/// The browser's share, and all that an attacker lacks: wiped on drop, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct ClientRandom([u8; NONCE_LEN_BYTES]);

impl fmt::Debug for ClientRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientRandom(<redacted>)")
    }
}

/// All bytes are equal: no random source made these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeakRandom;

impl ClientRandom {
    /// Takes 32 bytes of a CSPRNG and refuses what a broken one returns.
    pub fn new(bytes: [u8; NONCE_LEN_BYTES]) -> Result<Self, WeakRandom> {
        let [first, rest @ ..] = &bytes;
        if rest.iter().all(|byte| byte == first) {
            Err(WeakRandom)
        } else {
            Ok(Self(bytes))
        }
    }

    /// The bytes, for the one final post.
    pub const fn expose(&self) -> &[u8; NONCE_LEN_BYTES] {
        &self.0
    }
}

/// The TOTP [secret](Secret) and the [backup codes](BackupCodes) of one enrolment. Both sides
/// compute them; neither sends them.
pub fn derive(
    client: &ClientRandom,
    nonce: &ServerNonce,
    id: EnrolmentId,
) -> (Secret, BackupCodes) {
    let hkdf = Hkdf::<Sha256>::new(Some(&nonce.0), &client.0);
    let mut secret = [0; SECRET_LEN_BYTES];
    let mut backup = Zeroizing::new([0; BACKUP_BYTES]);
    // RFC 5869 §2.3 refuses only outputs over 8,160 bytes: 20 and 100 always fit.
    let expanded = hkdf
        .expand_multi_info(&[TOTP_LABEL, &id.0], &mut secret)
        .and_then(|()| hkdf.expand_multi_info(&[BACKUP_LABEL, &id.0], backup.as_mut_slice()));
    debug_assert!(expanded.is_ok());
    (Secret::from_bytes(secret), BackupCodes::from_bytes(&backup))
}
