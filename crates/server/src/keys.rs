//! The service's keys: outside the database, in a file of mode 0600 or in the environment.

use std::fmt;
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use nidan_otp::{SECRET_LEN_BYTES, Secret};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use nidan_store::{KeyCheck, KeyChecks};

use crate::environment::{Random, random_bytes};
pub use nidan_store::SealedFor;

const KEY_LEN_BYTES: usize = 32;
/// XChaCha20 takes nonces long enough to be drawn at random (draft-irtf-cfrg-xchacha §2.1).
const NONCE_LEN_BYTES: usize = 24;
const SEALED_VERSION: u8 = 1;

/// Environment variables that stand in for the entries of the key file.
pub const KEY_VARIABLES: [&str; 3] = ["NIDAN_SEALING_KEY", "NIDAN_SIGNING_KEY", "NIDAN_PEPPER"];

/// Why there are no keys to work with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file cannot be read.
    #[error("cannot read the key file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others can read the key file, or its group can write it.
    #[error("{0} can be read by everybody, or written by its group: run `chmod 600` on it")]
    Mode(PathBuf),
    /// The key file has another shape.
    #[error("the key file {path} is not valid: {reason}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong; never the value.
        reason: String,
    },
    /// One key is not 32 bytes of base64url.
    #[error("`{0}` is not 32 bytes of base64url without padding")]
    Value(&'static str),
}

/// 32 bytes that nobody may see. Wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Key([u8; KEY_LEN_BYTES]);

impl Key {
    fn parse(name: &'static str, text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0; KEY_LEN_BYTES];
        match Base64UrlUnpadded::decode(text.trim(), &mut bytes) {
            Ok(decoded) if decoded.len() == KEY_LEN_BYTES => Ok(Self(bytes)),
            _ => Err(KeyError::Value(name)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    sealing_key: Zeroizing<String>,
    signing_key: Zeroizing<String>,
    pepper: Zeroizing<String>,
    next_signing_key: Option<Zeroizing<String>>,
    previous_signing_key: Option<Zeroizing<String>>,
}

/// All keys of a running service.
pub struct Keys {
    sealing: Key,
    signing: Key,
    pepper: Key,
    /// Keys that do not sign but are published: the next one and the one before (see
    /// [`crate::rotate`]).
    published: Vec<Key>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(<redacted>)")
    }
}

/// What a keyed hash is for, so that one use never answers for another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum HashUse {
    /// Of a set that an earlier version made.
    UnboundBackupCode,
    /// With host and person: moved to another person it is nobody's.
    BackupCode,
    SecretFingerprint,
    EnrolmentBody,
    ResultCode,
    /// A result code as it is kept. Its own hash, without a key, could be written by whoever writes
    /// the database.
    KeptResultCode,
    /// The token of a trusted browser as it is kept.
    KeptTrustToken,
    PhoneCode,
    NumberIndex,
    SendCount,
    VerificationBody,
    /// Of whatever is posted where methods are managed.
    ManageBody,
    /// The post that puts a set-up off.
    SkipBody,
    Event,
    /// By which a passkey is found.
    CredentialIndex,
    /// WebAuthn's user handle.
    UserHandle,
}

impl HashUse {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::UnboundBackupCode => b"nidan v1 backup code\0",
            Self::BackupCode => b"nidan v2 backup code\0",
            Self::SecretFingerprint => b"nidan v1 secret fingerprint\0",
            Self::EnrolmentBody => b"nidan v1 enrolment body\0",
            Self::ResultCode => b"nidan v1 result code\0",
            Self::KeptResultCode => b"nidan v1 kept result code\0",
            Self::KeptTrustToken => b"nidan v1 kept trust token\0",
            Self::PhoneCode => b"nidan v1 phone code\0",
            Self::NumberIndex => b"nidan v1 number index\0",
            Self::SendCount => b"nidan v1 send count\0",
            Self::VerificationBody => b"nidan v1 verification body\0",
            Self::ManageBody => b"nidan v1 manage body\0",
            Self::SkipBody => b"nidan v1 skip body\0",
            Self::Event => b"nidan v1 event\0",
            Self::CredentialIndex => b"nidan v1 credential index\0",
            Self::UserHandle => b"nidan v1 user handle\0",
        }
    }
}

/// The sealed [secret](Secret) does not open: changed, moved to another row, or sealed under
/// another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret does not open")]
pub struct Unsealable;

fn associated_data(row: SealedFor<'_>) -> Vec<u8> {
    let mut data = vec![SEALED_VERSION];
    for part in [row.host, row.subject, row.method_id] {
        // Lengths first, so that no two rows give the same bytes.
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

impl KeyCheck for Keys {
    fn opens(&self, sealed: &[u8], row: SealedFor<'_>) -> bool {
        self.open_bytes(sealed, row).is_ok()
    }

    fn checks(&self) -> KeyChecks {
        let check = |key: &Key| {
            let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key.0) else {
                return [0; 32];
            };
            mac.update(b"nidan v1 key check\0");
            mac.finalize().into_bytes().into()
        };
        KeyChecks {
            sealing: check(&self.sealing),
            pepper: check(&self.pepper),
        }
    }
}

impl Keys {
    /// Reads the environment, and the file for what the environment leaves open.
    ///
    /// # Errors
    /// When a key is missing or malformed, or the file is open to others.
    pub fn load(file: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Self, KeyError> {
        if let [Some(sealing), Some(signing), Some(pepper)] =
            KEY_VARIABLES.map(|name| variable(name).map(Zeroizing::new))
        {
            return Self::parse(&sealing, &signing, &pepper);
        }
        let text = read_private(file)?;
        let keys: KeyFile = toml::from_str(&text).map_err(|error| KeyError::Shape {
            path: file.to_owned(),
            reason: error.message().to_owned(),
        })?;
        let or_file =
            |name, from_file: Zeroizing<String>| variable(name).map_or(from_file, Zeroizing::new);
        let [sealing, signing, pepper] = KEY_VARIABLES;
        let loaded = Self::parse(
            &or_file(sealing, keys.sealing_key),
            &or_file(signing, keys.signing_key),
            &or_file(pepper, keys.pepper),
        )?;
        let published = [
            ("next_signing_key", keys.next_signing_key),
            ("previous_signing_key", keys.previous_signing_key),
        ];
        let published = published
            .into_iter()
            .filter_map(|(name, key)| key.map(|key| Key::parse(name, &key)));
        Ok(Self {
            published: published.collect::<Result<_, _>>()?,
            ..loaded
        })
    }

    /// A fresh key file's text.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate(random: &dyn Random) -> Result<Zeroizing<String>, getrandom::Error> {
        let fresh = || fresh_key(random);
        Ok(Zeroizing::new(format!(
            "# Nidan's keys. Keep them out of backups of the database; without them the database cannot be read,\n\
             # and whoever has both can make every person's codes.\n\n\
             # Encrypts the secrets of authenticator apps (XChaCha20-Poly1305).\nsealing_key = \"{}\"\n\
             # Signs results for hosts (Ed25519); the public half is at /.well-known/jwks.json.\nsigning_key = \"{}\"\n\
             # Keys the hashes of backup codes and result codes (HMAC-SHA-256).\npepper = \"{}\"\n",
            *fresh()?,
            *fresh()?,
            *fresh()?
        )))
    }

    fn parse(sealing: &str, signing: &str, pepper: &str) -> Result<Self, KeyError> {
        Ok(Self {
            sealing: Key::parse("sealing_key", sealing)?,
            signing: Key::parse("signing_key", signing)?,
            pepper: Key::parse("pepper", pepper)?,
            published: Vec::new(),
        })
    }

    /// Keys that everybody knows, for the contract suite of stores.
    pub fn known() -> Self {
        let [sealing, signing, pepper] = [1, 2, 3].map(|byte| Key([byte; KEY_LEN_BYTES]));
        Self {
            sealing,
            signing,
            pepper,
            published: Vec::new(),
        }
    }

    pub(crate) const fn signing_seed(&self) -> &[u8; KEY_LEN_BYTES] {
        &self.signing.0
    }

    /// The seeds of keys that are published without signing.
    pub(crate) fn published_seeds(&self) -> impl Iterator<Item = &[u8; KEY_LEN_BYTES]> {
        self.published.iter().map(|key| &key.0)
    }

    /// HMAC-SHA-256 over a label and the parts, each with its length.
    pub(crate) fn hash(&self, hash_use: HashUse, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.pepper.0) else {
            return [0; 32];
        };
        mac.update(hash_use.label());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Encrypts a [secret](Secret) for its row: version, nonce and cipher text.
    ///
    /// # Errors
    /// When there is no randomness, or the cipher refuses.
    pub fn seal(
        &self,
        secret: &Secret,
        row: SealedFor<'_>,
        random: &dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        self.seal_bytes(secret.expose(), row, random)
    }

    /// Decrypts a secret of the given row.
    ///
    /// # Errors
    /// [`Unsealable`] for everything that was not sealed for this row with this key.
    pub fn open(&self, sealed: &[u8], row: SealedFor<'_>) -> Result<Secret, Unsealable> {
        let open = self.open_bytes(sealed, row)?;
        let bytes = <[u8; SECRET_LEN_BYTES]>::try_from(open.as_slice()).map_err(|_| Unsealable)?;
        Ok(Secret::from_bytes(bytes))
    }

    /// Encrypts a phone number for its row.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub(crate) fn seal_text(
        &self,
        text: &str,
        row: SealedFor<'_>,
        random: &dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        self.seal_bytes(text.as_bytes(), row, random)
    }

    /// Decrypts a phone number of the given row.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_text(
        &self,
        sealed: &[u8],
        row: SealedFor<'_>,
    ) -> Result<Zeroizing<String>, Unsealable> {
        let mut open = self.open_bytes(sealed, row)?;
        String::from_utf8(std::mem::take(&mut *open))
            .map(Zeroizing::new)
            .map_err(|_| Unsealable)
    }

    /// Encrypts any bytes for their row.
    ///
    /// # Errors
    /// As [`seal`](Self::seal).
    pub(crate) fn seal_bytes(
        &self,
        bytes: &[u8],
        row: SealedFor<'_>,
        random: &dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        let nonce = random_bytes::<NONCE_LEN_BYTES>(random)?;
        let cipher = XChaCha20Poly1305::new(&self.sealing.0.into());
        let associated = associated_data(row);
        let text = cipher
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: bytes,
                    aad: &associated,
                },
            )
            .map_err(|_| "the cipher refused")?;
        Ok([&[SEALED_VERSION], nonce.as_slice(), &text].concat())
    }

    /// Decrypts the bytes of the given row.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn open_bytes(
        &self,
        sealed: &[u8],
        row: SealedFor<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let Some((&SEALED_VERSION, rest)) = sealed.split_first() else {
            return Err(Unsealable);
        };
        let (nonce, text) = rest
            .split_first_chunk::<NONCE_LEN_BYTES>()
            .ok_or(Unsealable)?;
        let cipher = XChaCha20Poly1305::new(&self.sealing.0.into());
        let associated = associated_data(row);
        cipher
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: text,
                    aad: &associated,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| Unsealable)
    }
}

/// A key as the file has it.
pub(crate) fn fresh_key(random: &dyn Random) -> Result<Zeroizing<String>, getrandom::Error> {
    let key = Zeroizing::new(random_bytes::<KEY_LEN_BYTES>(random)?);
    Ok(Zeroizing::new(Base64UrlUnpadded::encode_string(
        key.as_slice(),
    )))
}

/// Why nothing was sealed.
pub type SealError = Box<dyn std::error::Error + Send + Sync>;

/// SHA-256, for values that are random enough to need no key: tokens of flows, API keys.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let read_error = |source| KeyError::Read {
        path: path.to_owned(),
        source,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path)
            .map_err(read_error)?
            .permissions()
            .mode();
        // A platform may mount it for a group; nobody else may read it, and only its owner writes it.
        if mode & 0o027 != 0 {
            return Err(KeyError::Mode(path.to_owned()));
        }
    }
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(read_error)
}

#[cfg(test)]
mod tests;
