//! What an engine asks of the service's keys: whether a database was written with them. It never
//! sees a key.

/// What tells a pair of keys from others without telling anything of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChecks {
    /// A MAC under the key that seals secrets and numbers.
    pub sealing: [u8; 32],
    /// A MAC under the key that hashes codes and chains records.
    pub pepper: [u8; 32],
}

/// The row that a sealed secret or number belongs to: the associated data, so that a secret moved
/// to another row does not open.
#[derive(Debug, Clone, Copy)]
pub struct SealedFor<'a> {
    /// The host's id.
    pub host: &'a str,
    /// The host's user id.
    pub subject: &'a str,
    /// The method's or challenge's id.
    pub method_id: &'a str,
}

/// The service's keys, as far as an engine may ask.
pub trait KeyCheck {
    /// What the database notes of the keys that it was written with.
    fn checks(&self) -> KeyChecks;

    /// Whether something was sealed for this row with these keys.
    fn opens(&self, sealed: &[u8], row: SealedFor<'_>) -> bool;
}
