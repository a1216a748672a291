//! Passkeys and security keys: the one file that knows `webauthn-rs`. Its states are kept by the
//! service, sealed, and each is answered once; docs/decisions/0039-passkeys.md says why that is safe.
//!
//! Beside what the library checks ([WebAuthn Level 3 §7.1 and
//! §7.2](https://www.w3.org/TR/webauthn-3/#sctn-rp-operations)) an answer has to come from the very
//! origin that its flow was made for, from no frame of another site, and with the user handle that
//! its key was made with. A counter is judged by [`nidan_core::ceremony::shows_a_copy`].

mod wrong;

use std::collections::BTreeMap;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use nidan_core::ceremony::{CEREMONY_LIVES_S, shows_a_copy};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{
    Credential, CredentialID, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, SecurityKey, SecurityKeyAuthentication,
    SecurityKeyRegistration, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

pub(crate) use wrong::Wrong;

use crate::config::{Config, ConfigError};

/// The most bytes of a credential's id ([WebAuthn Level 3 §7.1, step
/// 25](https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential)).
const CREDENTIAL_ID_MAX_BYTES: usize = 1023;

/// What the library does not do, or does not say.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasskeyError {
    /// The library refuses to begin.
    #[error("a ceremony does not begin: {0}")]
    Library(#[from] WebauthnError),
    /// What was kept is of another shape.
    #[error("what was kept of a passkey cannot be read: {0}")]
    Kept(#[from] serde_json::Error),
}

/// The hosts that offer passkeys.
pub(crate) struct RelyingParties(BTreeMap<String, Party>);

/// A host's own.
struct Party {
    library: Webauthn,
    /// Whether keys count that ask for no PIN.
    keys_without_pin: bool,
}

impl RelyingParties {
    /// One for each host that has `passkeys`.
    ///
    /// # Errors
    /// With the setting, where the library does not take it.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let hosts = config.hosts.iter();
        let offering = hosts.filter_map(|host| Some((host, host.passkeys.as_ref()?)));
        let parties = offering.map(|(host, passkeys)| {
            let library = relying_party(&passkeys.rp_id, &host.name, &host.origins);
            let library = library.ok_or_else(|| ConfigError::Value {
                key: format!("hosts.{}.passkeys.rp_id", host.id),
                reason: "is the domain of none of the origins".to_owned(),
            })?;
            let party = Party {
                library,
                keys_without_pin: passkeys.keys_without_pin,
            };
            Ok((host.id.clone(), party))
        });
        Ok(Self(parties.collect::<Result<_, ConfigError>>()?))
    }

    /// The host's own; [`None`] where it offers none.
    pub(crate) fn of(&self, host_id: &str) -> Option<RelyingParty<'_>> {
        self.0.get(host_id).map(RelyingParty)
    }
}

fn relying_party(rp_id: &str, name: &str, origins: &[String]) -> Option<Webauthn> {
    let origins: Vec<Url> = origins
        .iter()
        .filter_map(|one| Url::parse(one).ok())
        .collect();
    // The library takes an RP ID by one origin of its domain; the others may be related ones.
    let mut builders = origins.iter();
    let builder = builders.find_map(|origin| WebauthnBuilder::new(rp_id, origin).ok())?;
    let builder = origins
        .iter()
        .fold(builder, WebauthnBuilder::append_allowed_origin)
        .rp_name(name)
        .timeout(Duration::from_secs(CEREMONY_LIVES_S));
    builder.build().ok()
}

/// A ceremony that begins.
pub(crate) struct Begun {
    /// What the browser is asked: JSON text.
    pub(crate) options: String,
    /// What the service keeps, sealed: JSON text.
    pub(crate) state: String,
}

/// A passkey that was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) credential_id: Vec<u8>,
    /// What the service keeps of it, sealed: JSON text.
    pub(crate) kept: String,
    pub(crate) counter: u32,
    /// Whether its maker copies it to the person's other devices.
    pub(crate) is_synced: bool,
}

/// The person whom a ceremony is for.
pub(crate) struct User<'a> {
    /// WebAuthn's user handle: no name and no address.
    pub(crate) handle: [u8; 16],
    /// The name by which the person knows the account.
    pub(crate) account_name: &'a str,
}

#[derive(Serialize, Deserialize)]
struct KeptPasskey {
    passkey: Passkey,
    user: Uuid,
}

#[derive(Serialize, Deserialize)]
struct Making {
    #[serde(flatten)]
    registration: Registration,
    user: Uuid,
}

/// What makes a key: one that checks the person, or one that does where it can.
#[derive(Serialize, Deserialize)]
enum Registration {
    #[serde(rename = "registration")]
    Passkey(PasskeyRegistration),
    #[serde(rename = "key_registration")]
    AnyKey(SecurityKeyRegistration),
}

#[derive(Serialize, Deserialize)]
struct Asking {
    #[serde(flatten)]
    authentication: Authentication,
    users: Vec<(CredentialID, Uuid)>,
}

/// The same of an answer.
#[derive(Serialize, Deserialize)]
enum Authentication {
    #[serde(rename = "authentication")]
    Passkey(PasskeyAuthentication),
    #[serde(rename = "key_authentication")]
    AnyKey(SecurityKeyAuthentication),
}

/// What [`CollectedClientData`](https://www.w3.org/TR/webauthn-3/#dictdef-collectedclientdata) says of
/// the page.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// A host that offers passkeys.
#[derive(Clone, Copy)]
pub(crate) struct RelyingParty<'a>(&'a Party);

impl RelyingParty<'_> {
    /// Begins to make a passkey; `kept` is what the person has already.
    ///
    /// # Errors
    /// [`PasskeyError`].
    pub(crate) fn begin_making(
        self,
        user: &User<'_>,
        kept: &[impl AsRef<str>],
    ) -> Result<Begun, PasskeyError> {
        let kept = read_kept(kept)?;
        let have = kept.iter().map(|one| one.passkey.cred_id().clone());
        let handle = Uuid::from_bytes(user.handle);
        let (have, name) = (Some(have.collect()), user.account_name);
        let library = &self.0.library;
        let (mut options, registration) = if self.0.keys_without_pin {
            let begun =
                library.start_securitykey_registration(handle, name, name, have, None, None)?;
            (begun.0, Registration::AnyKey(begun.1))
        } else {
            let begun = library.start_passkey_registration(handle, name, name, have)?;
            (begun.0, Registration::Passkey(begun.1))
        };
        if self.0.keys_without_pin {
            // The person's own device does as well, and a key without a PIN could never answer where the
            // key itself were told to ask for one.
            options.public_key.hints = None;
            options.public_key.extensions = None;
        }
        let making = Making {
            registration,
            user: handle,
        };
        Ok(Begun {
            options: serde_json::to_string(&options.public_key)?,
            state: serde_json::to_string(&making)?,
        })
    }

    /// Checks what a browser says of a passkey that it has made for a page of `origin`: the passkey, or
    /// what is wrong with it.
    ///
    /// # Errors
    /// [`PasskeyError`]: what was kept cannot be read or written.
    pub(crate) fn finish_making(
        self,
        state: &str,
        origin: &str,
        credential: &str,
    ) -> Result<Result<Made, Wrong>, PasskeyError> {
        let Making { registration, user } = serde_json::from_str(state)?;
        let made = match self.made(&registration, origin, credential) {
            Ok(made) => made,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let (counter, is_synced) = (made.counter, made.backup_eligible);
        let credential_id = made.cred_id.to_vec();
        // The counter is kept beside it, where it can be compared and set at once. At zero the library
        // leaves it to us.
        let passkey = Passkey::from(Credential { counter: 0, ..made });
        Ok(Ok(Made {
            credential_id,
            kept: serde_json::to_string(&KeptPasskey { passkey, user })?,
            counter,
            is_synced,
        }))
    }

    fn made(
        self,
        registration: &Registration,
        origin: &str,
        credential: &str,
    ) -> Result<Credential, Wrong> {
        let answer: RegisterPublicKeyCredential =
            serde_json::from_str(credential).map_err(|_| Wrong::Format)?;
        refuse_other_shapes(&answer.type_, &answer.id, &answer.raw_id)?;
        refuse_other_pages(&answer.response.client_data_json, origin)?;
        let library = &self.0.library;
        let made = match registration {
            Registration::Passkey(state) => library
                .finish_passkey_registration(&answer, state)
                .map(Credential::from),
            Registration::AnyKey(state) => library
                .finish_securitykey_registration(&answer, state)
                .map(Credential::from),
        };
        let made = made.map_err(|error| Wrong::of(&error))?;
        if *made.cred_id != *answer.raw_id {
            return Err(Wrong::Credential);
        }
        // Where to look for it is a hint that helps the browser, whoever gave it.
        let transports = answer.response.transports;
        Ok(Credential { transports, ..made })
    }

    /// Begins to ask for one of the passkeys that the person has.
    ///
    /// # Errors
    /// [`PasskeyError`].
    pub(crate) fn begin_asking(self, kept: &[impl AsRef<str>]) -> Result<Begun, PasskeyError> {
        let kept = read_kept(kept)?;
        let users = kept
            .iter()
            .map(|one| (one.passkey.cred_id().clone(), one.user));
        let users = users.collect();
        let passkeys = kept.into_iter().map(|one| one.passkey);
        let library = &self.0.library;
        let (mut options, authentication) = if self.0.keys_without_pin {
            // Each is asked for what it did when it was made: who had a PIN then has one now.
            let keys = passkeys.map(|one| SecurityKey::from(Credential::from(one)));
            let begun = library.start_securitykey_authentication(&keys.collect::<Vec<_>>())?;
            (begun.0, Authentication::AnyKey(begun.1))
        } else {
            let begun = library.start_passkey_authentication(&passkeys.collect::<Vec<_>>())?;
            (begun.0, Authentication::Passkey(begun.1))
        };
        if self.0.keys_without_pin {
            options.public_key.hints = None;
        }
        let asking = Asking {
            authentication,
            users,
        };
        Ok(Begun {
            options: serde_json::to_string(&options.public_key)?,
            state: serde_json::to_string(&asking)?,
        })
    }

    /// Checks an answer to a page of `origin`, whose key counted to `counter` the last time. Returns to
    /// what it has counted now, or what is wrong with it.
    ///
    /// # Errors
    /// [`PasskeyError`]: what was kept cannot be read.
    pub(crate) fn finish_asking(
        self,
        state: &str,
        origin: &str,
        answer: &Answer,
        counter: u32,
    ) -> Result<Result<u32, Wrong>, PasskeyError> {
        let asking = serde_json::from_str(state)?;
        Ok(self.counted(&asking, origin, answer, counter))
    }

    fn counted(
        self,
        asking: &Asking,
        origin: &str,
        Answer(answer): &Answer,
        counter: u32,
    ) -> Result<u32, Wrong> {
        refuse_other_pages(&answer.response.client_data_json, origin)?;
        let mut users = asking.users.iter();
        let user = users.find(|(id, _)| id[..] == answer.raw_id[..]);
        let (_, user) = user.ok_or(Wrong::Credential)?;
        let brought = answer.get_user_unique_id();
        if brought.is_some_and(|brought| brought != user.as_bytes()) {
            return Err(Wrong::User);
        }
        let library = &self.0.library;
        let checked = match &asking.authentication {
            Authentication::Passkey(state) => library.finish_passkey_authentication(answer, state),
            Authentication::AnyKey(state) => {
                library.finish_securitykey_authentication(answer, state)
            }
        };
        let checked = checked.map_err(|error| Wrong::of(&error))?;
        if shows_a_copy(counter, checked.counter(), checked.backup_state()) {
            return Err(Wrong::Counter);
        }
        Ok(checked.counter())
    }
}

/// The keys that count, so that a browser offers no others: JSON text of
/// [`AllAcceptedCredentialsOptions`](https://www.w3.org/TR/webauthn-3/#dictdef-allacceptedcredentialsoptions).
///
/// # Errors
/// [`PasskeyError::Kept`].
pub(crate) fn accepted(
    rp_id: &str,
    handle: [u8; 16],
    kept: &[impl AsRef<str>],
) -> Result<String, PasskeyError> {
    let kept = read_kept(kept)?;
    let ids = kept
        .iter()
        .map(|one| Base64UrlUnpadded::encode_string(one.passkey.cred_id()));
    let options = serde_json::json!({
        "rpId": rp_id,
        "userId": Base64UrlUnpadded::encode_string(&handle),
        "allAcceptedCredentialIds": ids.collect::<Vec<_>>(),
    });
    Ok(options.to_string())
}

fn read_kept(kept: &[impl AsRef<str>]) -> Result<Vec<KeptPasskey>, serde_json::Error> {
    let kept = kept.iter().map(|text| serde_json::from_str(text.as_ref()));
    kept.collect()
}

/// A passkey's answer, of the shape that it must have.
pub(crate) struct Answer(PublicKeyCredential);

impl Answer {
    /// Reads JSON text of
    /// [`AuthenticationResponseJSON`](https://www.w3.org/TR/webauthn-3/#dictdef-authenticationresponsejson).
    ///
    /// # Errors
    /// [`Wrong::Format`].
    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        let answer: PublicKeyCredential = serde_json::from_str(text).map_err(|_| Wrong::Format)?;
        refuse_other_shapes(&answer.type_, &answer.id, &answer.raw_id)?;
        Ok(Self(answer))
    }

    /// The id of the credential that answered.
    pub(crate) fn credential_id(&self) -> &[u8] {
        self.0.get_credential_id()
    }
}

fn refuse_other_shapes(kind: &str, id: &str, raw_id: &[u8]) -> Result<(), Wrong> {
    let has_an_id = (1..=CREDENTIAL_ID_MAX_BYTES).contains(&raw_id.len())
        && id == Base64UrlUnpadded::encode_string(raw_id);
    if kind == "public-key" && has_an_id {
        Ok(())
    } else {
        Err(Wrong::Format)
    }
}

fn refuse_other_pages(client_data: &[u8], origin: &str) -> Result<(), Wrong> {
    let said: ClientData = serde_json::from_slice(client_data).map_err(|_| Wrong::Format)?;
    if said.origin == origin && !said.cross_origin {
        Ok(())
    } else {
        Err(Wrong::Origin)
    }
}

#[cfg(test)]
mod tests;
