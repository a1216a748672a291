//! The signed result: a JWT ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)) signed with
//! Ed25519 ([RFC 8037](https://www.rfc-editor.org/rfc/rfc8037)), and the public key as JWKS ([RFC
//! 7517](https://www.rfc-editor.org/rfc/rfc7517)).

use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer as _, SigningKey};
use nidan_protocol::Change;
use serde::Serialize;
use serde_json::json;

use crate::keys::{Keys, sha256};

/// [RFC 8725 §3.11](https://www.rfc-editor.org/rfc/rfc8725#section-3.11): an explicit type, so that
/// no other kind of JWT passes for an assertion.
pub const ASSERTION_TYP: &str = "nidan-assertion+jwt";
/// A host redeems and checks at once; a minute leaves room for clocks that differ.
pub const ASSERTION_TTL_S: u64 = 60;

/// What an assertion says. `changes` and `end_other_sessions` are there where methods were managed or a
/// login took a lost one out of use, `must_enroll` and `must_add` where they are true, and all others always.
#[derive(Debug, Serialize)]
pub(crate) struct Claims<'a> {
    pub(crate) iss: &'a str,
    pub(crate) aud: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) iat: u64,
    pub(crate) nbf: u64,
    pub(crate) exp: u64,
    pub(crate) jti: &'a str,
    /// The host's `session_binding`.
    pub(crate) nonce: &'a str,
    pub(crate) auth_time: u64,
    /// [RFC 8176](https://www.rfc-editor.org/rfc/rfc8176).
    pub(crate) amr: &'a [&'a str],
    pub(crate) acr: &'a str,
    pub(crate) purpose: &'a str,
    pub(crate) method_id: &'a str,
    pub(crate) factor_epoch: u64,
    /// What was changed, each kind of change to each kind of method once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changes: Option<&'a [Change]>,
    /// Whether the host ends the person's other sessions: a factor was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_other_sessions: Option<bool>,
    /// True where a login is right and the person has no method: the host leads on to a set-up, and opens
    /// nothing else before it is through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) must_enroll: Option<bool>,
    /// True where the policy asks for more than the person has: the host leads on to the page on which methods
    /// are managed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) must_add: Option<bool>,
}

/// The public half of a key, as hosts know it.
struct Published {
    kid: String,
    public: String,
}

impl Published {
    fn of(key: &SigningKey) -> Self {
        let public = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
        // RFC 7638 §3: the thumbprint over the required members in this order.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
        Self {
            kid: Base64UrlUnpadded::encode_string(&sha256(members.as_bytes())),
            public,
        }
    }
}

/// Signs assertions.
pub(crate) struct AssertionSigner {
    key: SigningKey,
    public_keys: PublicKeys,
    kid: String,
}

/// The public keys of assertions: of the key that signs, then of those that will or did.
#[derive(Clone)]
pub(crate) struct PublicKeys(Arc<[Published]>);

impl PublicKeys {
    /// Writes them as a key set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
    pub(crate) fn to_jwks(&self) -> serde_json::Value {
        let key = |Published { kid, public }: &Published| json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": public });
        json!({ "keys": self.0.iter().map(key).collect::<Vec<_>>() })
    }
}

impl AssertionSigner {
    pub(crate) fn new(keys: &Keys) -> Self {
        let key = SigningKey::from_bytes(keys.signing_seed());
        let signing = Published::of(&key);
        let kid = signing.kid.clone();
        let others = keys
            .published_seeds()
            .map(|seed| Published::of(&SigningKey::from_bytes(seed)));
        Self {
            key,
            public_keys: PublicKeys(std::iter::once(signing).chain(others).collect()),
            kid,
        }
    }

    #[cfg(test)]
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn sign(&self, claims: &Claims<'_>) -> Result<String, serde_json::Error> {
        let header = json!({ "alg": "EdDSA", "typ": ASSERTION_TYP, "kid": self.kid });
        let encode = |part: Vec<u8>| Base64UrlUnpadded::encode_string(&part);
        let signed = format!(
            "{}.{}",
            encode(serde_json::to_vec(&header)?),
            encode(serde_json::to_vec(claims)?)
        );
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        Ok(format!(
            "{signed}.{}",
            Base64UrlUnpadded::encode_string(&signature)
        ))
    }

    pub(crate) fn public_keys(&self) -> PublicKeys {
        self.public_keys.clone()
    }
}
