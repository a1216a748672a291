//! Ceremonies of passkeys: a browser is asked, and what it made waits for the end of its set-up. The
//! answer of a key that the person has already is checked where codes are (`check_code.rs`).

use nidan_core::ceremony::{CEREMONY_LIVES_S, CeremonyRefusal};
use nidan_protocol::{
    CeremonyAnswerPost, CeremonyKind, CeremonyOpening, CeremonyPost, CeremonyView, ErrorCode,
    MethodKind, NamedCeremony, PASSKEYS_MAX, PasskeysView, Purpose,
};
use nidan_store::{
    Attempt, FlowState, MadePasskey, Method, MethodDetail, NewCeremony, NewFlow, NewMethod,
    StoredCeremony, Subject,
};
use zeroize::Zeroizing;

use super::FlowCaller;
use super::enrolment::{allowed, name_of_set_up, new_method};
use super::manage::{after_proof, proved};
use super::opening::worth_from;
use crate::base64url::encode;
use crate::config::Host;
use crate::environment::random_bytes;
use crate::keys::{HashUse, SealedFor};
use crate::passkey::{self, Begun, PasskeyError, RelyingParty, User, Wrong};
use crate::refusal::Refusal;
use crate::{ENROLMENT_ATTEMPTS, Service};

/// 128 bits cannot be guessed.
const ID_LEN_BYTES: usize = 16;

/// Begins a ceremony: what the browser is asked, good for one answer.
///
/// # Errors
/// [`ErrorCode::MethodNotOffered`], [`ErrorCode::MethodNotFound`] where the person has no key that
/// counts, [`ErrorCode::FlowConflict`], [`ErrorCode::CeremonyUnknown`] where one is named that has
/// made nothing, and [`ErrorCode::ReauthRequired`] where methods are managed and one is to be made.
pub(crate) async fn open(
    service: &Service,
    caller: &FlowCaller,
    post: CeremonyPost,
) -> Result<CeremonyOpening, Refusal> {
    let (parts, flow) = (&service.0, &caller.flow.opened);
    if caller.flow.state != FlowState::Open {
        return Err(ErrorCode::FlowConflict.into());
    }
    let party = relying_party(service, &caller.host)?;
    let kind = post.kind();
    let begun = match post {
        CeremonyPost::Create { named } => making(service, caller, party, &named).await?,
        CeremonyPost::Get { method_id, except } => {
            asking(service, caller, party, (method_id, except)).await?
        }
    };
    let now = parts.clock.now_s();
    let id = encode(&random_bytes::<ID_LEN_BYTES>(&*parts.random)?);
    let sealed_state = parts
        .keys
        .seal_text(&begun.state, row(flow, &id), &*parts.random)
        .map_err(|error| {
            Refusal::logged(ErrorCode::Internal, "a ceremony was not sealed", &*error)
        })?;
    let ceremony = NewCeremony {
        id,
        flow_id: flow.id.clone(),
        kind,
        sealed_state,
        created_at: now,
        expires_at: now.saturating_add(CEREMONY_LIVES_S),
    };
    parts.store.open_ceremony(&ceremony).await?;
    Ok(CeremonyOpening {
        ceremony_id: ceremony.id,
        options: begun.options,
        expires_at: ceremony.expires_at,
    })
}

/// The relying party of a host that has one.
pub(super) fn relying_party<'a>(
    service: &'a Service,
    host: &Host,
) -> Result<RelyingParty<'a>, Refusal> {
    let party = service.0.passkeys.of(&host.id);
    party.ok_or_else(|| ErrorCode::MethodNotOffered.into())
}

/// What a ceremony, or the passkey of one, is sealed for.
fn row<'a>(flow: &'a NewFlow, id: &'a str) -> SealedFor<'a> {
    SealedFor {
        host: &flow.host,
        subject: &flow.subject,
        method_id: id,
    }
}

async fn making(
    service: &Service,
    caller: &FlowCaller,
    party: RelyingParty<'_>,
    named: &str,
) -> Result<Begun, Refusal> {
    let flow = &caller.flow.opened;
    let kept = match flow.purpose {
        // Nobody enrols in a login that still owes its code (B32, B38).
        Purpose::Verify | Purpose::Approve => return Err(ErrorCode::MethodNotOffered.into()),
        // Who sets up has no method yet, but may have made a passkey. A device that makes a second
        // one for the same person overwrites the first (WebAuthn §6.3.2).
        Purpose::Enroll => made_in(service, flow, named).await?,
        Purpose::Manage => {
            let subject = proved(service, caller).await?;
            kept_of(service, flow, &subject, |_method| true)?
        }
    };
    allowed(service, &caller.host, MethodKind::Passkey)?;
    let user = User {
        handle: user_handle(service, flow)?,
        account_name: &flow.account_name,
    };
    party
        .begin_making(&user, &kept)
        .map_err(|error| broken(&error))
}

/// By what a key knows its person: the same for all of them, and no name.
fn user_handle(service: &Service, flow: &NewFlow) -> Result<[u8; 16], Refusal> {
    let whose = [flow.host.as_bytes(), flow.subject.as_bytes()];
    let handle = service.0.keys.hash(HashUse::UserHandle, &whose);
    Ok(*handle.first_chunk().ok_or(ErrorCode::Internal)?)
}

/// Which passkeys of the person count, for their browser, after a proof.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`] before a proof.
pub(crate) async fn accepted(
    service: &Service,
    caller: &FlowCaller,
) -> Result<PasskeysView, Refusal> {
    let subject = after_proof(service, caller).await?;
    let flow = &caller.flow.opened;
    let Some(passkeys) = &caller.host.passkeys else {
        return Ok(PasskeysView { accepted: None });
    };
    let kept = kept_of(service, flow, &subject, |_whatever_its_state| true)?;
    let handle = user_handle(service, flow)?;
    let accepted = passkey::accepted(&passkeys.rp_id, handle, &kept);
    let accepted = Some(accepted.map_err(|error| broken(&error))?);
    Ok(PasskeysView { accepted })
}

/// What the ceremonies of a set-up have made whose passkeys its end will name.
async fn made_in(
    service: &Service,
    flow: &NewFlow,
    named: &str,
) -> Result<Vec<Zeroizing<String>>, Refusal> {
    let ids: Vec<&str> = named.split_whitespace().collect();
    if ids.len() > PASSKEYS_MAX {
        return Err(Refusal::field("named"));
    }
    let mut kept = Vec::with_capacity(ids.len());
    for id in ids {
        let made = service.0.store.made_passkey(&flow.id, id).await?;
        let made = made.ok_or(ErrorCode::CeremonyUnknown)?;
        kept.push(open_text(service, &made.sealed, row(flow, id))?);
    }
    Ok(kept)
}

async fn asking(
    service: &Service,
    caller: &FlowCaller,
    party: RelyingParty<'_>,
    (only, except): (Option<String>, Option<String>),
) -> Result<Begun, Refusal> {
    let (parts, flow) = (&service.0, &caller.flow.opened);
    let proves = match flow.purpose {
        Purpose::Enroll | Purpose::Approve => return Err(ErrorCode::MethodNotOffered.into()),
        Purpose::Verify => false,
        Purpose::Manage => true,
    };
    let now = parts.clock.now_s();
    let subject = parts.store.subject(&flow.host, &flow.subject, now).await?;
    let counts = |method: &Method| {
        let is_meant = only.as_ref().is_none_or(|id| *id == method.id)
            && except.as_ref() != Some(&method.id)
            && flow.acr_needed.is_none_or(|acr| {
                worth_from(acr, method, &subject).is_some_and(|from| from <= now)
            });
        is_meant && method.held_at.is_none() && (!proves || method.retires_at.is_none())
    };
    let kept = kept_of(service, flow, &subject, counts)?;
    if kept.is_empty() {
        return Err(ErrorCode::MethodNotFound.into());
    }
    party.begin_asking(&kept).map_err(|error| broken(&error))
}

/// What is no fault of the person's.
pub(super) fn broken(error: &PasskeyError) -> Refusal {
    Refusal::logged(ErrorCode::Internal, "a ceremony of a passkey fails", error)
}

/// What is kept of the person's passkeys, opened.
fn kept_of(
    service: &Service,
    flow: &NewFlow,
    subject: &Subject,
    counts: impl Fn(&Method) -> bool,
) -> Result<Vec<Zeroizing<String>>, Refusal> {
    let methods = subject
        .methods
        .iter()
        .filter(|method| !method.detail.kind().class().has_codes() && counts(method));
    let opened = methods.map(|method| open_text(service, &method.sealed, row(flow, &method.id)));
    opened.collect()
}

fn open_text(
    service: &Service,
    sealed: &[u8],
    row: SealedFor<'_>,
) -> Result<Zeroizing<String>, Refusal> {
    service
        .0
        .keys
        .open_text(sealed, row)
        .map_err(|error| Refusal::logged(ErrorCode::Internal, "a passkey does not open", &error))
}

/// What the service keeps of a ceremony, opened.
pub(super) fn state_of(
    service: &Service,
    flow: &NewFlow,
    ceremony: &StoredCeremony,
) -> Result<Zeroizing<String>, Refusal> {
    open_text(service, &ceremony.sealed_state, row(flow, &ceremony.id))
}

/// The keyed hash by which a credential is found.
pub(super) fn credential_index(
    service: &Service,
    flow: &NewFlow,
    credential_id: &[u8],
) -> [u8; 32] {
    let parts = [flow.host.as_bytes(), credential_id];
    service.0.keys.hash(HashUse::CredentialIndex, &parts)
}

/// Why a ceremony cannot be answered.
pub(super) fn unanswerable(refusal: CeremonyRefusal) -> Refusal {
    match refusal {
        CeremonyRefusal::Unknown => ErrorCode::CeremonyUnknown.into(),
        CeremonyRefusal::Used => ErrorCode::CeremonyUsed.into(),
        CeremonyRefusal::Expired => ErrorCode::CeremonyExpired.into(),
    }
}

/// An answer that does not hold.
pub(super) fn wrong(wrong: Wrong, attempts_left: u32) -> Refusal {
    Refusal {
        field: Some(wrong.as_str().to_owned()),
        attempts_left: Some(attempts_left),
        ..ErrorCode::PasskeyWrong.into()
    }
}

/// Checks what a browser has made. It counts from then on, until the flow ends; the end of the set-up
/// stores it.
///
/// # Errors
/// [`ErrorCode::PasskeyWrong`] with what does not hold and the attempts that are left, and those of a
/// ceremony that cannot be answered.
pub(crate) async fn answer(
    service: &Service,
    caller: &FlowCaller,
    id: &str,
    post: CeremonyAnswerPost,
) -> Result<CeremonyView, Refusal> {
    let (parts, flow) = (&service.0, &caller.flow.opened);
    if caller.flow.state != FlowState::Open {
        return Err(ErrorCode::FlowConflict.into());
    }
    let party = relying_party(service, &caller.host)?;
    if flow.purpose == Purpose::Verify {
        return Err(ErrorCode::MethodNotOffered.into());
    }
    // Whoever has no try left spends no ceremony either: a flow keeps as many as it has tries.
    let left = match parts
        .store
        .reserve_attempt(&flow.id, ENROLMENT_ATTEMPTS)
        .await?
    {
        Attempt::Reserved { left } => left,
        Attempt::Exhausted => return Err(ErrorCode::TooManyAttempts.into()),
    };
    let now = parts.clock.now_s();
    let taken = parts
        .store
        .take_ceremony(&flow.id, id, CeremonyKind::Create, now);
    let ceremony = taken.await?.map_err(unanswerable)?;
    let state = state_of(service, flow, &ceremony)?;
    let made = party
        .finish_making(&state, &flow.origin, &post.credential)
        .map_err(|error| broken(&error))?;
    let made = made.map_err(|reason| {
        tracing::info!(
            flow = flow.id,
            reason = reason.as_str(),
            "wrong new passkey"
        );
        wrong(reason, left)
    })?;
    let sealed = parts
        .keys
        .seal_text(&made.kept, row(flow, id), &*parts.random)
        .map_err(|error| {
            Refusal::logged(ErrorCode::Internal, "a passkey was not sealed", &*error)
        })?;
    let kept = MadePasskey {
        credential_index: credential_index(service, flow, &made.credential_id),
        sealed,
        counter: made.counter,
    };
    parts.store.keep_passkey(&flow.id, id, &kept).await?;
    tracing::info!(flow = flow.id, "passkey made");
    Ok(CeremonyView {
        ceremony_id: ceremony.id,
        is_synced: made.is_synced,
    })
}

/// The passkey that a ceremony of this very flow has made, sealed anew for the method's own row.
///
/// # Errors
/// [`ErrorCode::CeremonyUnknown`] and [`ErrorCode::MethodNotOffered`].
pub(super) async fn passkey_method(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    named: &NamedCeremony,
) -> Result<NewMethod, Refusal> {
    allowed(service, host, MethodKind::Passkey)?;
    let passkeys = host.passkeys.as_ref().ok_or(ErrorCode::MethodNotOffered)?;
    let (parts, id) = (&service.0, &named.ceremony_id);
    let made = parts.store.made_passkey(&flow.id, id).await?;
    let made = made.ok_or(ErrorCode::CeremonyUnknown)?;
    let kept = open_text(service, &made.sealed, row(flow, id))?;
    new_method(service, flow, |row| {
        let detail = MethodDetail::Passkey {
            credential_index: made.credential_index,
            rp_id: passkeys.rp_id.clone(),
            counter: made.counter,
        };
        let name = name_of_set_up(named.name.as_deref());
        Ok((
            name,
            parts.keys.seal_text(&kept, row, &*parts.random)?,
            detail,
        ))
    })
}
