//! The secret that neither side can choose alone, and that nobody who only reads can compute.
//!
//! Both sides make a key pair for this one enrolment and send the public half: elliptic-curve
//! Diffie–Hellman on P-256 ([NIST SP 800-56A](https://doi.org/10.6028/NIST.SP.800-56Ar3) §5.7.1.2)
//! gives both the same 32 bytes `z`, the x coordinate of the shared point. From them HKDF-SHA-256
//! ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)) makes what is needed, with `salt =
//! client_nonce` (32 bytes), `ikm = z` and `info = label ‖ 0x00 ‖ enrolment_id ‖ server_public_key ‖
//! client_public_key` (16, 65 and 65 bytes), where the label is ASCII:
//!
//! | label | bytes taken | meaning |
//! |---|---|---|
//! | `nidan v2 totp` | 20 | the TOTP secret |
//! | `nidan v2 backup` | 100 | ten blocks of ten bytes, one backup code each (see [`crate::BackupCodes`]) |
//!
//! The point is not multiplied here: the browser does that by WebCrypto, the service with a library.
//! `tests/vectors/derivation.json` holds vectors for other languages.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::backup::{BACKUP_BYTES, BackupCodes};
use crate::totp::Secret;

/// As long as the hash, as [RFC 5869 §3.1](https://www.rfc-editor.org/rfc/rfc5869#section-3.1)
/// wants a salt.
pub const NONCE_LEN_BYTES: usize = 32;
/// 128 random bits: an identifier that nobody can guess.
pub const ENROLMENT_ID_LEN_BYTES: usize = 16;
/// A point of P-256, uncompressed: one byte and two coordinates of 32 ([SEC
/// 1](https://www.secg.org/sec1-v2.pdf) §2.3.3; the `raw` format of WebCrypto).
pub const PUBLIC_KEY_LEN_BYTES: usize = 65;
/// One coordinate of P-256.
pub const SHARED_SECRET_LEN_BYTES: usize = 32;

const TOTP_LABEL: &[u8] = b"nidan v2 totp\0";
const BACKUP_LABEL: &[u8] = b"nidan v2 backup\0";

/// Names one enrolment; the service binds it to host and subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnrolmentId(pub [u8; ENROLMENT_ID_LEN_BYTES]);

/// The public half of a key pair that lives for one enrolment. That it is a point of the curve is for
/// whoever multiplies it to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub [u8; PUBLIC_KEY_LEN_BYTES]);

/// What both sides compute and neither sends: wiped on drop, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SharedSecret([u8; SHARED_SECRET_LEN_BYTES]);

impl SharedSecret {
    /// The x coordinate of the shared point, big-endian.
    pub const fn new(x: [u8; SHARED_SECRET_LEN_BYTES]) -> Self {
        Self(x)
    }

    /// The bytes, for the key derivation.
    pub const fn expose(&self) -> &[u8; SHARED_SECRET_LEN_BYTES] {
        &self.0
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(<redacted>)")
    }
}

/// The salt, drawn by the browser and sent in clear: it need not be secret, only fresh. A browser
/// whose source of randomness is broken shows it here, before its key is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientNonce([u8; NONCE_LEN_BYTES]);

/// All bytes are equal: no random source made these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeakRandom;

impl ClientNonce {
    /// Takes 32 bytes of a CSPRNG and refuses what a broken one returns.
    ///
    /// # Errors
    /// [`WeakRandom`] where all bytes are equal.
    pub fn new(bytes: [u8; NONCE_LEN_BYTES]) -> Result<Self, WeakRandom> {
        let [first, rest @ ..] = &bytes;
        if rest.iter().all(|byte| byte == first) {
            Err(WeakRandom)
        } else {
            Ok(Self(bytes))
        }
    }

    /// The bytes, for the one final post.
    pub const fn bytes(&self) -> &[u8; NONCE_LEN_BYTES] {
        &self.0
    }
}

/// What the browser sends of its side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientShare {
    /// Its public key.
    pub public_key: PublicKey,
    /// Its nonce.
    pub nonce: ClientNonce,
}

/// Everything that an enrolment's secret is made of. All but [`SharedSecret`] is seen by whoever
/// reads the traffic.
#[derive(Debug)]
pub struct Agreement {
    /// What both sides computed.
    pub shared_secret: SharedSecret,
    /// The enrolment's id.
    pub enrolment_id: EnrolmentId,
    /// What the service sent.
    pub server_public_key: PublicKey,
    /// What the browser sent.
    pub client: ClientShare,
}

/// The TOTP [secret](Secret) and the [backup codes](BackupCodes) of one enrolment. Both sides
/// compute them; neither sends them.
pub fn derive(agreement: &Agreement) -> (Secret, BackupCodes) {
    let Agreement {
        shared_secret,
        enrolment_id,
        server_public_key,
        client,
    } = agreement;
    let hkdf = Hkdf::<Sha256>::new(Some(&client.nonce.0), &shared_secret.0);
    let info = |label| {
        [
            label,
            enrolment_id.0.as_slice(),
            server_public_key.0.as_slice(),
            client.public_key.0.as_slice(),
        ]
    };
    let mut backup = Zeroizing::new([0; BACKUP_BYTES]);
    // RFC 5869 §2.3 refuses only outputs over 8,160 bytes: 20 and 100 always fit.
    let (secret, expanded) =
        Secret::filled(|secret| hkdf.expand_multi_info(&info(TOTP_LABEL), secret));
    let expanded =
        expanded.and_then(|()| hkdf.expand_multi_info(&info(BACKUP_LABEL), backup.as_mut_slice()));
    debug_assert!(expanded.is_ok());
    (secret, BackupCodes::from_bytes(&backup))
}
