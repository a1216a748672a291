//! The arithmetic of two-step verification, shared by the widget and the service.
//!
//! Pure: no clock, no randomness, no I/O. Time and random bytes are arguments, so that both sides
//! compute the same and every test is a table.

mod backup;
mod derive;
mod label;
mod normalize;
mod totp;

pub use backup::{
    BACKUP_CODE_COUNT, BACKUP_CODE_RANDOM_BYTES, BACKUP_CODE_SYMBOLS, BackupCode, BackupCodeError,
    BackupCodeText, BackupCodes,
};
pub use derive::{
    Agreement, ClientNonce, ClientShare, ENROLMENT_ID_LEN_BYTES, EnrolmentId, NONCE_LEN_BYTES,
    PUBLIC_KEY_LEN_BYTES, PublicKey, SHARED_SECRET_LEN_BYTES, SharedSecret, WeakRandom, derive,
};
pub use label::{KeyUri, LABEL_MAX_CHARS, Label, LabelError, key_uri};
pub use normalize::fold;
pub use totp::{
    CODE_DIGITS, Code, CodeError, Counter, DRIFT_MAX_STEPS, DRIFT_SEARCH_STEPS, Key, Matched,
    PAIR_SEARCH_STEPS, SECRET_LEN_BYTES, Secret, Steps, TIME_STEP_S, UnixSeconds,
};

/// Secrets are compared by what takes the same time whatever they are; `==` is not there to be used
/// by mistake.
///
/// ```compile_fail,E0369
/// fn same(a: &nidan_otp::Secret, b: &nidan_otp::Secret) -> bool { a == b }
/// ```
/// ```compile_fail,E0369
/// fn same(a: &nidan_otp::SharedSecret, b: &nidan_otp::SharedSecret) -> bool { a == b }
/// ```
/// ```compile_fail,E0369
/// fn same(a: &nidan_otp::Code, b: &nidan_otp::Code) -> bool { a == b }
/// ```
/// ```compile_fail,E0369
/// fn same(a: &nidan_otp::BackupCode, b: &nidan_otp::BackupCode) -> bool { a == b }
/// ```
/// ```compile_fail,E0369
/// fn same(a: &nidan_otp::KeyUri, b: &nidan_otp::KeyUri) -> bool { a == b }
/// ```
#[cfg(doctest)]
mod secrets_have_no_equality {}
