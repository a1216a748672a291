//! New backup codes for a person without scripts: no browser can do its half of the key agreement, so
//! the service does both (docs/decisions/0037-managing-without-scripts.md).

use nidan_otp::{BackupCodes, ENROLMENT_ID_LEN_BYTES};
use nidan_protocol::{ErrorCode, FlowView, SetupFinishPost, SetupKind, SetupPost};
use nidan_store::NewSetup;

use super::proved;
use super::setups::{derived, finish, open};
use crate::Service;
use crate::agreement::key_pair;
use crate::base64url::{decode, encode};
use crate::environment::random_bytes;
use crate::refusal::Refusal;
use crate::use_cases::FlowCaller;
use crate::use_cases::enrolment::client_share;

/// A set of codes that waits to be confirmed, as a page carries it: nothing in it is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlainSetup {
    pub(crate) setup_id: String,
    pub(crate) client_public_key: String,
    pub(crate) client_nonce: String,
}

/// Opens a set-up of backup codes, with the browser's half.
///
/// # Errors
/// Those of [`open`].
pub(crate) async fn open_plain(
    service: &Service,
    caller: &FlowCaller,
) -> Result<PlainSetup, Refusal> {
    let post = SetupPost {
        kind: SetupKind::BackupCodes,
        replaces: None,
    };
    let setup_id = open(service, caller, post).await?.setup_id;
    let (parts, flow) = (&service.0, &caller.flow.opened);
    // Only its public half is used: the private one is never opened again.
    let pair = key_pair(
        &parts.keys,
        NewSetup::sealed_for(flow, &setup_id),
        &*parts.random,
    )
    .map_err(|error| Refusal::logged(ErrorCode::Internal, "there is no key pair", &*error))?;
    Ok(PlainSetup {
        setup_id,
        client_public_key: encode(&pair.public_key),
        client_nonce: encode(&random_bytes::<32>(&*parts.random)?),
    })
}

/// The codes of a set-up that is open.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`], and [`ErrorCode::SetupUnknown`] for one that is not of this flow, or
/// is finished.
pub(crate) async fn plain_codes(
    service: &Service,
    caller: &FlowCaller,
    plain: &PlainSetup,
) -> Result<BackupCodes, Refusal> {
    proved(service, caller).await?;
    let id: [u8; ENROLMENT_ID_LEN_BYTES] =
        decode("setup_id", &plain.setup_id).map_err(|_| ErrorCode::SetupUnknown)?;
    let setup = service.0.store.setup(&caller.flow.opened.id, &id).await?;
    let setup = setup.filter(|setup| setup.kind == SetupKind::BackupCodes);
    let setup = setup.ok_or(ErrorCode::SetupUnknown)?;
    let client = client_share(&plain.client_public_key, &plain.client_nonce)?;
    let (_secret, codes) = derived(service, caller, &setup, Some(client))?;
    Ok(codes)
}

/// Puts the new codes in the old ones' place; `code` is one of them, typed back, where the host asks
/// for that.
///
/// # Errors
/// Those of [`finish`].
pub(crate) async fn finish_plain(
    service: &Service,
    caller: &FlowCaller,
    plain: PlainSetup,
    code: Option<String>,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let post = SetupFinishPost {
        client_public_key: Some(plain.client_public_key),
        client_nonce: Some(plain.client_nonce),
        code,
        challenge_id: None,
        ceremony_id: None,
        name: None,
        keep_old_hours: None,
    };
    finish(service, caller, &plain.setup_id, post, languages).await
}
