//! Ceremonies of passkeys ([WebAuthn Level 3 §7](https://www.w3.org/TR/webauthn-3/#sctn-rp-operations)):
//! what a browser is asked, and what it answers.
//!
//! What belongs to WebAuthn itself travels as JSON text in a string, in the shapes that browsers
//! have for it: `PublicKeyCredentialCreationOptionsJSON`, `PublicKeyCredentialRequestOptionsJSON`,
//! `RegistrationResponseJSON` and `AuthenticationResponseJSON`. A widget hands it on without reading
//! it.

use serde::{Deserialize, Serialize};

/// The most passkeys and security keys of one person.
pub const PASSKEYS_MAX: usize = 10;

/// What a ceremony is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CeremonyKind {
    /// A passkey is made: `navigator.credentials.create()`.
    Create,
    /// A passkey that the person has answers: `navigator.credentials.get()`.
    Get,
}

impl CeremonyKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Create, Self::Get];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Get => "get",
        }
    }

    /// The kind of that name; [`None`] for one that this version does not know.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// The body of `POST /v1/flow/ceremonies`: a browser is about to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CeremonyPost {
    /// A passkey is to be made: `navigator.credentials.create()`.
    Create {
        /// In a set-up: the ids of the ceremonies whose passkeys its end will name, with spaces
        /// between them. What holds one of those is not offered to make another. One that the widget
        /// does not name, because its answer was lost or the person went back, is made anew.
        #[serde(default)]
        named: String,
    },
    /// A passkey that the person has is to answer: `navigator.credentials.get()`.
    Get {
        /// The only method that may answer, where one of several passkeys is tested. The browser does
        /// not offer the others.
        #[serde(default)]
        method_id: Option<String>,
        /// A method that is not offered, because it is to go by this very proof.
        #[serde(default)]
        except: Option<String>,
    },
}

impl CeremonyPost {
    /// What it is for.
    pub const fn kind(&self) -> CeremonyKind {
        match self {
            Self::Create { .. } => CeremonyKind::Create,
            Self::Get { .. } => CeremonyKind::Get,
        }
    }
}

/// A ceremony that is open. Its challenge is good for one answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CeremonyOpening {
    /// The ceremony's id: opaque.
    pub ceremony_id: String,
    /// What the browser is asked: JSON text of
    /// [`PublicKeyCredentialCreationOptionsJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialcreationoptionsjson)
    /// or
    /// [`PublicKeyCredentialRequestOptionsJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialrequestoptionsjson).
    pub options: String,
    /// When its challenge ends, in Unix seconds.
    pub expires_at: u64,
}

/// The body of `POST /v1/flow/ceremonies/{id}/answer`: a passkey was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CeremonyAnswerPost {
    /// What the browser answered: JSON text of
    /// [`RegistrationResponseJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-registrationresponsejson).
    pub credential: String,
}

/// A passkey that was made in a flow and is not stored yet: the end of the set-up names its ceremony.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CeremonyView {
    /// The ceremony's id.
    pub ceremony_id: String,
    /// Whether the key may be copied to the person's other devices (WebAuthn's flag "backup
    /// eligible"): it is then not lost with one of them.
    pub is_synced: bool,
}

/// The answer of `GET /v1/flow/passkeys`: what a browser may know of the person's passkeys, so that it
/// offers none that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeysView {
    /// JSON text of
    /// [`AllAcceptedCredentialsOptions`](https://www.w3.org/TR/webauthn-3/#dictdef-allacceptedcredentialsoptions);
    /// nothing where the host has no passkeys.
    pub accepted: Option<String>,
}

/// A passkey's answer, where another method has a code.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyPost {
    /// The id of a ceremony of this flow.
    pub ceremony_id: String,
    /// What the browser answered: JSON text of
    /// [`AuthenticationResponseJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson).
    pub credential: String,
}

/// A passkey in the final post of a set-up, by the ceremony that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NamedCeremony {
    /// The id of a ceremony of this flow that made a passkey.
    pub ceremony_id: String,
    /// The name that the person gives it: up to 64 characters.
    #[serde(default)]
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_serde_s_and_read_back() {
        for one in CeremonyKind::ALL {
            let json = serde_json::to_string(&one).unwrap_or_default();
            assert_eq!(json, format!("\"{}\"", one.as_str()));
            assert_eq!(CeremonyKind::from_wire(one.as_str()), Some(one));
        }
    }
}
