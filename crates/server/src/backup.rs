//! Backup codes at rest: Argon2id over HMAC(pepper, host, person, code), one salt for the set, so that one run
//! serves one try.

use std::sync::Arc;

use nidan_otp::{BackupCode, BackupCodes};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::keys::{HashUse, Keys};
use crate::slow_hash::SlowHash;
pub use crate::slow_hash::{Hash as BackupHash, HashError, SALT_LEN_BYTES, Ticket};

/// Hashes [backup codes](BackupCode) on threads of their own.
pub struct BackupHasher {
    keys: Arc<Keys>,
    slow: SlowHash,
}

impl BackupHasher {
    /// A hasher under the given pepper.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(keys: Arc<Keys>) -> std::io::Result<Self> {
        Ok(Self {
            keys,
            slow: SlowHash::start()?,
        })
    }

    /// A place in the queue, to be had before a try is counted: who gets none has lost nothing.
    ///
    /// # Errors
    /// [`HashError::Busy`].
    pub fn enter(&self, host: &str, subject: &str) -> Result<Ticket, HashError> {
        self.slow.enter(host, subject)
    }

    /// Hashes a whole set of one person (host and subject) in order, code by code: others go
    /// between.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub async fn hash_set(
        &self,
        ticket: &Ticket,
        whose: (&str, &str),
        codes: BackupCodes,
        salt: [u8; SALT_LEN_BYTES],
    ) -> Result<Vec<BackupHash>, HashError> {
        let bound = Some(whose);
        let peppered: Vec<_> = codes
            .iter()
            .map(|code| self.peppered(code, bound))
            .collect();
        let mut hashes = Vec::with_capacity(peppered.len());
        for code in peppered {
            hashes.push(ticket.hash(code, salt).await?);
        }
        Ok(hashes)
    }

    /// Hashes one code of a person (host and subject).
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub async fn hash_one(
        &self,
        ticket: &Ticket,
        whose: (&str, &str),
        code: &BackupCode,
        salt: [u8; SALT_LEN_BYTES],
    ) -> Result<BackupHash, HashError> {
        ticket.hash(self.peppered(code, Some(whose)), salt).await
    }

    /// The index of the hash that a code belongs to: one Argon2 run, every hash compared. A set is
    /// bound to its person, unless an earlier version made it.
    ///
    /// # Errors
    /// As [`hash_set`](Self::hash_set).
    pub async fn position(
        &self,
        ticket: &Ticket,
        bound: Option<(&str, &str)>,
        code: &BackupCode,
        salt: [u8; SALT_LEN_BYTES],
        hashes: &[BackupHash],
    ) -> Result<Option<usize>, HashError> {
        let typed = ticket.hash(self.peppered(code, bound), salt).await?;
        let found = |found, (index, known): (usize, &BackupHash)| {
            if bool::from(known.ct_eq(&typed)) {
                Some(index)
            } else {
                found
            }
        };
        Ok(hashes.iter().enumerate().fold(None, found))
    }

    fn peppered(&self, code: &BackupCode, bound: Option<(&str, &str)>) -> Zeroizing<[u8; 32]> {
        let code = code.expose();
        Zeroizing::new(match bound {
            Some((host, subject)) => {
                let parts = [host.as_bytes(), subject.as_bytes(), code.as_bytes()];
                self.keys.hash(HashUse::BackupCode, &parts)
            }
            None => self
                .keys
                .hash(HashUse::UnboundBackupCode, &[code.as_bytes()]),
        })
    }
}
