//! An authenticator of our own, which makes and answers as [WebAuthn](https://www.w3.org/TR/webauthn-3/)
//! says, or wrongly in one place.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test support; each test file uses a part"
)]

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The person touched it.
pub const USER_PRESENT: u8 = 1;
/// Finger, face or PIN were checked.
pub const USER_VERIFIED: u8 = 1 << 2;
/// The key may be copied to other devices.
pub const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// It is.
pub const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;

pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

fn bytes(text: &Value) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text.as_str().unwrap()).unwrap()
}

fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes.as_ref()).into()
}

/// A passkey on somebody's device.
#[derive(Clone)]
pub struct Key {
    pub id: Vec<u8>,
    pub rp_id: String,
    pub signing: SigningKey,
    pub counter: u32,
    pub flags: u8,
    /// The user handle that it was made with.
    pub user: String,
}

/// What is said of an answer, and what may be wrong about it.
#[derive(Clone)]
pub struct Saying {
    pub kind: String,
    pub challenge: String,
    pub origin: String,
    pub cross_origin: bool,
    pub rp_id: String,
    pub flags: u8,
    pub counter: u32,
    pub id: Vec<u8>,
    pub user: Option<String>,
    pub signing: SigningKey,
    /// The byte of the signature that is another one.
    pub broken_signature: bool,
}

impl Saying {
    fn client_data(&self) -> Vec<u8> {
        let mut said =
            json!({ "type": self.kind, "challenge": self.challenge, "origin": self.origin });
        said["crossOrigin"] = json!(self.cross_origin);
        serde_json::to_vec(&said).unwrap()
    }

    fn authenticator_data(&self, flags: u8) -> Vec<u8> {
        let mut data = sha256(&self.rp_id).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The answer to a question, as a browser writes it.
    pub fn assertion(&self) -> Value {
        let (client_data, data) = (self.client_data(), self.authenticator_data(self.flags));
        let signed = [data.as_slice(), &sha256(&client_data)].concat();
        let signature: Signature = self.signing.sign(&signed);
        let mut signature = signature.to_der().as_bytes().to_vec();
        if self.broken_signature {
            *signature.last_mut().unwrap() ^= 1;
        }
        let mut response = json!({
            "clientDataJSON": base64(client_data), "authenticatorData": base64(data),
            "signature": base64(signature),
        });
        if let Some(user) = &self.user {
            response["userHandle"] = json!(user);
        }
        json!({
            "id": base64(&self.id), "rawId": base64(&self.id), "type": "public-key",
            "response": response, "clientExtensionResults": {},
        })
    }

    /// What a browser says of a key that was made.
    pub fn attestation(&self) -> Value {
        let client_data = self.client_data();
        let mut data = self.authenticator_data(self.flags | HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(cose_key(&self.signing));
        // {"fmt": "none", "attStmt": {}, "authData": data} in CBOR.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        json!({
            "id": base64(&self.id), "rawId": base64(&self.id), "type": "public-key",
            "response": {
                "clientDataJSON": base64(client_data), "attestationObject": base64(object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        })
    }
}

/// {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR: a point of P-256 for ES256.
pub fn cose_key(signing: &SigningKey) -> Vec<u8> {
    let point = signing.verifying_key().to_sec1_point(false);
    let mut key = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
    key.extend(point.x().unwrap());
    key.extend([0x22, 0x58, 32]);
    key.extend(point.y().unwrap());
    key
}

impl Key {
    /// A key that answers the options of a creation.
    pub fn new(seed: u8, options: &Value) -> Self {
        let mut secret = [seed; 32];
        secret[0] = 1;
        Self {
            id: sha256([seed, 1]).to_vec(),
            rp_id: options["rp"]["id"].as_str().unwrap().to_owned(),
            signing: SigningKey::from_slice(&secret).unwrap(),
            counter: 0,
            flags: USER_PRESENT | USER_VERIFIED,
            user: base64(bytes(&options["user"]["id"])),
        }
    }

    /// What it says to these options on a page of `origin`.
    pub fn saying(&self, kind: &str, origin: &str, options: &Value) -> Saying {
        Saying {
            kind: kind.to_owned(),
            challenge: options["challenge"].as_str().unwrap().to_owned(),
            origin: origin.to_owned(),
            cross_origin: false,
            rp_id: self.rp_id.clone(),
            flags: self.flags,
            counter: self.counter,
            id: self.id.clone(),
            user: None,
            signing: self.signing.clone(),
            broken_signature: false,
        }
    }

    pub fn make(&self, origin: &str, options: &Value) -> Saying {
        self.saying("webauthn.create", origin, options)
    }

    /// The credential's id as browsers write it.
    pub fn name(&self) -> String {
        base64(&self.id)
    }

    pub fn answer(&self, origin: &str, options: &Value) -> Saying {
        self.saying("webauthn.get", origin, options)
    }
}
