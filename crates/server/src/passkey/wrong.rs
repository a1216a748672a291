//! What does not hold of a browser's answer.

use webauthn_rs::prelude::WebauthnError;

/// What does not hold of an answer. The names are on the wire, in a problem's `field`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It does not have the shape of an answer.
    Format,
    /// It is for something else: made, where it is used, or the other way round.
    Type,
    /// It answers another challenge.
    Challenge,
    /// Another page has asked, or a frame of another site.
    Origin,
    /// The key is for another site.
    RpId,
    /// Nobody touched it.
    UserPresence,
    /// Nobody's finger, face or PIN was checked.
    UserVerification,
    /// What the key says of its own copies contradicts what it said before.
    Flags,
    /// It was not signed by this key.
    Signature,
    /// There are two of this key.
    Counter,
    /// The person has no such key.
    Credential,
    /// The key was made for another person.
    User,
}

impl Wrong {
    /// The name on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Type => "type",
            Self::Challenge => "challenge",
            Self::Origin => "origin",
            Self::RpId => "rp_id",
            Self::UserPresence => "user_presence",
            Self::UserVerification => "user_verification",
            Self::Flags => "flags",
            Self::Signature => "signature",
            Self::Counter => "counter",
            Self::Credential => "credential",
            Self::User => "user",
        }
    }

    pub(super) fn of(error: &WebauthnError) -> Self {
        match error {
            WebauthnError::InvalidClientDataType => Self::Type,
            WebauthnError::MismatchedChallenge => Self::Challenge,
            WebauthnError::InvalidRPOrigin | WebauthnError::CredentialCrossOrigin => Self::Origin,
            WebauthnError::InvalidRPIDHash => Self::RpId,
            WebauthnError::UserNotPresent => Self::UserPresence,
            WebauthnError::UserNotVerified => Self::UserVerification,
            WebauthnError::CredentialBackupEligibilityInconsistent
            | WebauthnError::CredentialMayNotBeHardwareBound => Self::Flags,
            WebauthnError::AuthenticationFailure | WebauthnError::SignatureInvalid => {
                Self::Signature
            }
            WebauthnError::CredentialNotFound => Self::Credential,
            // A library's errors grow: what is not named above cannot be read.
            _other => Self::Format,
        }
    }
}
