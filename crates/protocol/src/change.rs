//! What is posted where methods are managed, and what a signed result says of it.

use serde::{Deserialize, Serialize};

use crate::host::TrustedBrowser;
use crate::method::{Authenticator, MethodKind};
use crate::passkey::PasskeyPost;

/// The body of `POST /v1/flow/proof`: a code of any method, a backup code, or a passkey's answer.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProofPost {
    /// As in [`VerificationPost`](crate::VerificationPost).
    pub method_id: String,
    /// As in [`VerificationPost`](crate::VerificationPost).
    #[serde(default)]
    pub code: Option<String>,
    /// As in [`VerificationPost`](crate::VerificationPost).
    #[serde(default)]
    pub second_code: Option<String>,
    /// As in [`VerificationPost`](crate::VerificationPost).
    #[serde(default)]
    pub passkey: Option<PasskeyPost>,
}

/// What is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SetupKind {
    /// An authenticator app.
    Totp,
    /// A phone number that is texted.
    Sms,
    /// A phone number that is called.
    Voice,
    /// A passkey or a security key.
    Passkey,
    /// A new set of backup codes.
    BackupCodes,
}

impl SetupKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Totp,
        Self::Sms,
        Self::Voice,
        Self::Passkey,
        Self::BackupCodes,
    ];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => MethodKind::Totp.as_str(),
            Self::Sms => MethodKind::Sms.as_str(),
            Self::Voice => MethodKind::Voice.as_str(),
            Self::Passkey => MethodKind::Passkey.as_str(),
            Self::BackupCodes => "backup_codes",
        }
    }

    /// The kind of that name; [`None`] for one that this version does not know.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// The method that it adds; [`None`] for backup codes.
    pub const fn method(self) -> Option<MethodKind> {
        match self {
            Self::Totp => Some(MethodKind::Totp),
            Self::Sms => Some(MethodKind::Sms),
            Self::Voice => Some(MethodKind::Voice),
            Self::Passkey => Some(MethodKind::Passkey),
            Self::BackupCodes => None,
        }
    }
}

/// The body of `POST /v1/flow/setups`: something new is set up. Nothing counts before it is
/// finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetupPost {
    /// What is set up.
    pub kind: SetupKind,
    /// The id of the method whose place it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// A set-up that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupOpening {
    /// The set-up's id: 16 bytes, base64url. For an app and for backup codes it is the enrolment's
    /// id of the derivation.
    pub setup_id: String,
    /// The service's public key for this set-up, of an app or of backup codes: a point of P-256,
    /// uncompressed, 65 bytes, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_public_key: Option<String>,
}

/// The body of `POST /v1/flow/setups/{id}/finish`: what was set up is proved and stored. The same
/// body again gets the same answer; another one conflicts.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetupFinishPost {
    /// For an app and for backup codes: the browser's public key, a point of P-256, uncompressed,
    /// 65 bytes, base64url.
    #[serde(default)]
    pub client_public_key: Option<String>,
    /// For an app and for backup codes: 32 bytes of the browser's CSPRNG, base64url.
    #[serde(default)]
    pub client_nonce: Option<String>,
    /// For an app: six digits that it showed while the set-up was open. For backup codes: one of
    /// the new ones, sixteen characters in capitals and without separators, typed back by the
    /// person where the host asks for that.
    #[serde(default)]
    pub code: Option<String>,
    /// For a phone: the id of a challenge of this flow that was answered.
    #[serde(default)]
    pub challenge_id: Option<String>,
    /// For a passkey: the id of a ceremony of this flow that made one.
    #[serde(default)]
    pub ceremony_id: Option<String>,
    /// The name that the person gives it: up to 64 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it takes another one's place: for how many hours the old one signs in too, 24 at most.
    /// 24 when it is left out; at 0 the old one goes at once.
    #[serde(default)]
    pub keep_old_hours: Option<u32>,
}

/// A change that only says which request it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePost {
    /// Names this change: 16 to 64 characters of base64url, random. The same body again gets the
    /// same answer; another one under the same id conflicts.
    pub request_id: String,
}

/// The body of `POST /v1/flow/methods/{id}`: a name, or which method a login begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MethodPost {
    /// As in [`ChangePost`].
    pub request_id: String,
    /// The new name: up to 64 characters; an empty one takes the name away. It stays when this is
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a login begins with this method. It stays as it is when this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_default: Option<bool>,
}

/// The body of `POST /v1/flow/methods/{id}/test`: a code or a passkey's answer, to see that the method
/// works.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MethodTestPost {
    /// Six digits.
    #[serde(default)]
    pub code: Option<String>,
    /// The next code, where the method needs two.
    #[serde(default)]
    pub second_code: Option<String>,
    /// As in [`VerificationPost`](crate::VerificationPost).
    #[serde(default)]
    pub passkey: Option<PasskeyPost>,
}

/// Why codes are paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// An app moves to another phone.
    MovingApp,
    /// A carrier has an outage.
    Outage,
    /// The person is abroad, without texts and calls.
    Abroad,
    /// A device is added.
    NewDevice,
    /// Something else.
    Other,
}

impl PauseReason {
    /// The name on the wire and in the record.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MovingApp => "moving_app",
            Self::Outage => "outage",
            Self::Abroad => "abroad",
            Self::NewDevice => "new_device",
            Self::Other => "other",
        }
    }
}

/// The body of `POST /v1/flow/pause`: no codes are asked for, for some hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PausePost {
    /// As in [`ChangePost`].
    pub request_id: String,
    /// For how many hours: 1 to 72.
    pub hours: u32,
    /// Why, for the record.
    pub reason: PauseReason,
}

/// The body of `POST /v1/flow/turn_off`: everything that the person has is deleted. It asks for a
/// code again, however fresh the proof is.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TurnOffPost {
    /// As in [`ChangePost`].
    pub request_id: String,
    /// As in [`ProofPost`].
    pub method_id: String,
    /// As in [`ProofPost`].
    #[serde(default)]
    pub code: Option<String>,
    /// As in [`ProofPost`].
    #[serde(default)]
    pub second_code: Option<String>,
    /// As in [`ProofPost`].
    #[serde(default)]
    pub passkey: Option<PasskeyPost>,
}

/// The answer to [`TurnOffPost`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TurnOffAnswer {
    /// The code that the host's back end redeems: it lives 60 seconds and is good once.
    pub result_code: String,
}

/// The body of `POST /v1/flow/trusted_browsers/revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BrowserRevokePost {
    /// As in [`ChangePost`].
    pub request_id: String,
    /// The id of one browser; all of them when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where no `id` is named: whether the browser that asks is left as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub except_this: bool,
}

/// The answer to `GET /v1/flow/trusted_browsers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrowsersView {
    /// The browsers that are not asked for a code, the last one used first.
    pub browsers: Vec<TrustedBrowser>,
    /// The id of the one that asks, where it is among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub this_browser: Option<String>,
}

/// The body of `POST /v1/flow/close`: an empty object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClosePost {}

/// The answer to [`ClosePost`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CloseAnswer {
    /// The code that the host's back end redeems, where anything was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_code: Option<String>,
}

/// A kind of change that a signed result tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A method was added.
    Added,
    /// A method took another one's place.
    Replaced,
    /// A method was removed.
    Removed,
    /// A method is held, or was released.
    Held,
    /// The backup codes are new.
    Codes,
    /// Codes are paused.
    Paused,
    /// Codes are asked for again.
    Resumed,
    /// Two-step verification was turned off.
    TurnedOff,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Added,
        Self::Replaced,
        Self::Removed,
        Self::Held,
        Self::Codes,
        Self::Paused,
        Self::Resumed,
        Self::TurnedOff,
    ];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
            Self::Held => "held",
            Self::Codes => "codes",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::TurnedOff => "turned_off",
        }
    }

    /// The kind of that name; [`None`] for one that this version does not know.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// A change in a signed result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// What was done.
    pub change: ChangeKind,
    /// The kind of method that it was done to, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Authenticator>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Intent;

    fn on_the_wire(value: impl Serialize) -> String {
        let json = serde_json::to_string(&value).unwrap_or_default();
        json.trim_matches('"').to_owned()
    }

    #[test]
    fn names_are_serde_s_and_read_back() {
        for one in Intent::ALL {
            assert_eq!(on_the_wire(one), one.as_str());
            assert_eq!(Intent::from_wire(one.as_str()), Some(one));
        }
        for one in SetupKind::ALL {
            assert_eq!(on_the_wire(one), one.as_str());
            assert_eq!(SetupKind::from_wire(one.as_str()), Some(one));
        }
        for one in ChangeKind::ALL {
            assert_eq!(on_the_wire(one), one.as_str());
            assert_eq!(ChangeKind::from_wire(one.as_str()), Some(one));
        }
        for one in [PauseReason::MovingApp, PauseReason::Other] {
            assert_eq!(on_the_wire(one), one.as_str());
        }
    }
}
