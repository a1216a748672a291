//! Backup codes at rest: Argon2id over HMAC(pepper, code), one salt for the set, so that one run serves one try.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use nidan_otp::{BackupCode, BackupCodes};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::keys::{HashUse, Keys};

/// OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Of all runs together: each takes a core and 19 MiB for some 25 ms, and logins must not starve.
const PARALLEL_RUNS: usize = 2;
/// RFC 9106 §3.1 recommends 128 bits.
pub const SALT_LEN_BYTES: usize = 16;
const HASH_LEN_BYTES: usize = 32;

/// One hashed code.
pub type BackupHash = [u8; HASH_LEN_BYTES];

/// The hash could not be computed: no memory, or the service is stopping.
#[derive(Debug, thiserror::Error)]
#[error("a backup code could not be hashed: {0}")]
pub struct HashError(String);

/// Hashes backup codes off the async threads, a few at a time.
#[derive(Clone)]
pub struct BackupHasher {
    keys: Arc<Keys>,
    permits: Arc<Semaphore>,
}

impl BackupHasher {
    /// A hasher under the given pepper.
    pub fn new(keys: Arc<Keys>) -> Self {
        Self { keys, permits: Arc::new(Semaphore::new(PARALLEL_RUNS)) }
    }

    /// Hashes a whole set in order.
    ///
    /// # Errors
    /// When memory is short or the service is stopping.
    pub async fn hash_set(&self, codes: BackupCodes, salt: [u8; SALT_LEN_BYTES]) -> Result<Vec<BackupHash>, HashError> {
        self.run(move |keys| codes.iter().map(|code| hash(keys, code, &salt)).collect()).await
    }

    /// The index of the hash that a code belongs to: one Argon2 run, every hash compared.
    ///
    /// # Errors
    /// As [`hash_set`](Self::hash_set).
    pub async fn position(
        &self,
        code: BackupCode,
        salt: [u8; SALT_LEN_BYTES],
        hashes: Vec<BackupHash>,
    ) -> Result<Option<usize>, HashError> {
        self.run(move |keys| {
            let typed = hash(keys, &code, &salt)?;
            let found = |found, (index, known): (usize, &BackupHash)| {
                if bool::from(known.ct_eq(&typed)) { Some(index) } else { found }
            };
            Ok(hashes.iter().enumerate().fold(None, found))
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Keys) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|error| HashError(error.to_string()))?;
        let keys = Arc::clone(&self.keys);
        let run = tokio::task::spawn_blocking(move || {
            let _held_until_done = permit;
            work(&keys)
        });
        run.await.map_err(|error| HashError(error.to_string()))?
    }
}

fn hash(keys: &Keys, code: &BackupCode, salt: &[u8; SALT_LEN_BYTES]) -> Result<BackupHash, HashError> {
    let peppered = keys.hash(HashUse::BackupCode, &[code.expose().as_bytes()]);
    let mut out = [0; HASH_LEN_BYTES];
    Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_LEN_BYTES))
        .and_then(|params| {
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(&peppered, salt, &mut out)
        })
        .map_err(|error| HashError(error.to_string()))?;
    Ok(out)
}
