//! Something new is set up: nothing of it counts before it is proved.

use nidan_core::manage::standing::{has_room, refuse_set_up};
use nidan_core::manage::{Forbidden, Name, NewFacts, OVERLAP_HOURS_MAX, Wish};
use nidan_otp::{ClientShare, Code, ENROLMENT_ID_LEN_BYTES, Steps, UnixSeconds, derive};
use nidan_protocol::{
    BackupGate, ErrorCode, FlowView, MethodKind, NamedCeremony, Purpose, SetupFinishPost,
    SetupKind, SetupOpening, SetupPost,
};
use nidan_store::{Attempt, ManageChange, MethodDetail, NewFactor, NewMethod, NewSetup, Subject};
use zeroize::Zeroizing;

use super::changes::name_of;
use super::{Post, apply, proved, refused};
use crate::agreement::key_pair;
use crate::base64url::{decode, encode};
use crate::environment::random_bytes;
use crate::phone::PhoneNumber;
use crate::refusal::Refusal;
use crate::use_cases::FlowCaller;
use crate::use_cases::ceremonies::passkey_method;
use crate::use_cases::challenges::find;
use crate::use_cases::code::{backup_code, forbidden};
use crate::use_cases::enrolment::{
    Phone, agreement, allowed, app_method, client_share, phone_method,
};
use crate::use_cases::orders::number_index;
use crate::{ENROLMENT_ATTEMPTS, Service};

/// Opens a set-up.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`], [`ErrorCode::Cooling`], [`ErrorCode::ChangeLimit`],
/// [`ErrorCode::MethodNotOffered`], [`ErrorCode::MethodLimit`], [`ErrorCode::MethodNotFound`] for a
/// `replaces` that the person does not have, and [`ErrorCode::PolicyForbids`] for one that retires
/// already.
pub(crate) async fn open(
    service: &Service,
    caller: &FlowCaller,
    post: SetupPost,
) -> Result<SetupOpening, Refusal> {
    let subject = proved(service, caller).await?;
    let SetupPost { kind, replaces } = post;
    refuse_setup(service, caller, &subject, kind, replaces.as_deref())?;
    let (parts, flow) = (&service.0, &caller.flow.opened);
    let id = random_bytes::<ENROLMENT_ID_LEN_BYTES>(&*parts.random)?;
    let wire_id = encode(&id);
    let derives = match kind {
        SetupKind::Totp | SetupKind::BackupCodes => true,
        SetupKind::Sms | SetupKind::Voice | SetupKind::Passkey => false,
    };
    let pair = derives.then(|| {
        let row = NewSetup::sealed_for(flow, &wire_id);
        key_pair(&parts.keys, row, &*parts.random)
    });
    let key_pair = pair
        .transpose()
        .map_err(|error| Refusal::logged(ErrorCode::Internal, "there is no key pair", &*error))?;
    let server_public_key = key_pair.as_ref().map(|pair| encode(&pair.public_key));
    let setup = NewSetup {
        id,
        flow_id: flow.id.clone(),
        kind,
        replaces,
        key_pair,
        created_at: parts.clock.now_s(),
    };
    parts.store.open_setup(&setup).await?;
    Ok(SetupOpening {
        setup_id: wire_id,
        server_public_key,
    })
}

/// What would be refused when it is finished is refused before somebody takes the trouble.
fn refuse_setup(
    service: &Service,
    caller: &FlowCaller,
    subject: &Subject,
    kind: SetupKind,
    replaces: Option<&str>,
) -> Result<(), Refusal> {
    let account = subject.account();
    let takes_a_place = kind.method().is_none() || replaces.is_some();
    if let Some(proof) = &caller.flow.proof {
        let now = service.0.clock.now_s();
        refuse_set_up(&account, proof, takes_a_place, now).map_err(refused)?;
    }
    if let Some(id) = replaces {
        let mut methods = account.methods.iter();
        let replaced = methods.find(|method| method.id == id);
        let replaced = replaced.ok_or(ErrorCode::MethodNotFound)?;
        if replaced.retires_at.is_some() {
            return Err(forbidden(Forbidden::Retiring));
        }
    }
    let Some(method) = kind.method() else {
        return match replaces {
            None => Ok(()),
            Some(_) => Err(Refusal::field("replaces")),
        };
    };
    allowed(service, &caller.host, method)?;
    let staying = account
        .methods
        .iter()
        .filter(|one| one.retires_at.is_none() && Some(one.id.as_str()) != replaces);
    if has_room(staying, method) {
        Ok(())
    } else {
        Err(ErrorCode::MethodLimit.into())
    }
}

/// Whether a code may be sent to a number that nobody has proved: a factor was proved lately, and
/// the number is not the person's already.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`] and [`ErrorCode::PhoneKnown`].
pub(crate) async fn refuse_new_number(
    service: &Service,
    caller: &FlowCaller,
    number: &PhoneNumber,
) -> Result<(), Refusal> {
    let subject = proved(service, caller).await?;
    let index = number_index(service, number);
    let is_known = subject.methods.iter().any(|method| match &method.detail {
        MethodDetail::Totp { .. } | MethodDetail::Passkey { .. } => false,
        MethodDetail::Phone { number_index, .. } => *number_index == index,
    });
    if is_known {
        return Err(Refusal {
            field: Some("number".to_owned()),
            ..ErrorCode::PhoneKnown.into()
        });
    }
    Ok(())
}

/// The post that finishes a set-up, with every value parsed.
struct Finish {
    client: Option<ClientShare>,
    code: Option<Zeroizing<String>>,
    challenge_id: Option<String>,
    ceremony_id: Option<String>,
    name: Option<String>,
    keep_old_hours: u32,
}

/// Finishes a set-up: what was set up is proved and stored. The same body again gets the same
/// answer.
///
/// # Errors
/// [`ErrorCode::SetupUnknown`], [`ErrorCode::CodeWrong`] with the attempts that are left, and those
/// of a change.
pub(crate) async fn finish(
    service: &Service,
    caller: &FlowCaller,
    setup_id: &str,
    post: SetupFinishPost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    caller.must_be(Purpose::Manage)?;
    let id: [u8; ENROLMENT_ID_LEN_BYTES] =
        decode("setup_id", setup_id).map_err(|_| ErrorCode::SetupUnknown)?;
    // Every field is hashed.
    let hashed = serde_json::to_vec(&post)
        .map(Zeroizing::new)
        .map_err(|_| ErrorCode::Internal)?;
    let parts = [b"finish".as_slice(), &id, &hashed];
    let request = Post::named(service, caller, format!("setup {setup_id}"), &parts)?;
    let finish = parse(post)?;
    // A set of codes is hashed once, however often it is posted.
    let flow = &caller.flow.opened;
    let _alone = service.0.enrolments.alone(&flow.id).await;
    let setup = service.0.store.setup(&flow.id, &id).await?;
    let change = match &setup {
        // Finished before, or never there: the engine says which.
        None => finishing(&request, None, finish.keep_old_hours),
        Some(setup) => {
            proved(service, caller).await?;
            let new = prepare(service, caller, setup, &finish).await?;
            let change = finishing(&request, Some(&new), finish.keep_old_hours);
            ManageChange {
                setup_id: Some(id),
                new: Some(new),
                ..change
            }
        }
    };
    apply(service, caller, &change, languages).await
}

fn finishing(request: &Post<'_>, new: Option<&NewFactor>, keep_old_hours: u32) -> ManageChange {
    let method = match new {
        Some(NewFactor::Method(method)) => Some(NewFacts {
            id: method.id.clone(),
            kind: method.detail.kind(),
            hint: method.detail.hint().map(str::to_owned),
        }),
        Some(NewFactor::BackupCodes { .. }) | None => None,
    };
    request.change(Wish::Finish {
        method,
        keep_old_hours,
    })
}

fn parse(post: SetupFinishPost) -> Result<Finish, Refusal> {
    let SetupFinishPost {
        client_public_key,
        client_nonce,
        code,
        challenge_id,
        ceremony_id,
        name,
        keep_old_hours,
    } = post;
    let code = code.map(Zeroizing::new);
    let client = match (client_public_key, client_nonce) {
        (Some(key), Some(nonce)) => Some(client_share(&key, &nonce)?),
        (Some(_), None) => return Err(Refusal::field("client_nonce")),
        (None, Some(_)) => return Err(Refusal::field("client_public_key")),
        (None, None) => None,
    };
    let name = match name.as_deref().map(name_of).transpose()? {
        Some(Name::Given(name)) => Some(name),
        Some(Name::Removed) | None => None,
    };
    let keep_old_hours = keep_old_hours.unwrap_or(OVERLAP_HOURS_MAX);
    if keep_old_hours > OVERLAP_HOURS_MAX {
        return Err(Refusal::field("keep_old_hours"));
    }
    Ok(Finish {
        client,
        code,
        challenge_id,
        ceremony_id,
        name,
        keep_old_hours,
    })
}

/// What the set-up stores, when it was proved.
async fn prepare(
    service: &Service,
    caller: &FlowCaller,
    setup: &NewSetup,
    finish: &Finish,
) -> Result<NewFactor, Refusal> {
    match setup.kind {
        SetupKind::Totp => Ok(NewFactor::Method(
            app(service, caller, setup, finish).await?,
        )),
        SetupKind::Sms => phone(service, caller, MethodKind::Sms, finish).await,
        SetupKind::Voice => phone(service, caller, MethodKind::Voice, finish).await,
        SetupKind::Passkey => passkey(service, caller, finish).await,
        SetupKind::BackupCodes => backup_codes(service, caller, setup, finish).await,
    }
}

async fn app(
    service: &Service,
    caller: &FlowCaller,
    setup: &NewSetup,
    finish: &Finish,
) -> Result<NewMethod, Refusal> {
    allowed(service, &caller.host, MethodKind::Totp)?;
    let code = finish.code.as_deref().map(|code| Code::from_wire(code));
    let code = code.transpose().ok().flatten();
    let code = code.ok_or_else(|| Refusal::field("code"))?;
    let (secret, _codes) = derived(service, caller, setup, finish.client)?;
    let (flow, store) = (&caller.flow.opened, &service.0.store);
    let left = match store.reserve_attempt(&flow.id, ENROLMENT_ATTEMPTS).await? {
        Attempt::Reserved { left } => left,
        Attempt::Exhausted => return Err(ErrorCode::TooManyAttempts.into()),
    };
    // Every step of the set-up's own life counts: see docs/decisions/0002-enrolment-code-window.md.
    let now = service.0.clock.now_s();
    let steps = Steps::since(UnixSeconds(setup.created_at), UnixSeconds(now));
    let Some(matched) = secret.check(&code, &steps) else {
        return Err(Refusal {
            attempts_left: Some(left),
            ..ErrorCode::CodeWrong.into()
        });
    };
    let name = finish.name.clone();
    app_method(service, flow, &secret, matched.counter().0, name)
}

pub(super) fn derived(
    service: &Service,
    caller: &FlowCaller,
    setup: &NewSetup,
    client: Option<ClientShare>,
) -> Result<(nidan_otp::Secret, nidan_otp::BackupCodes), Refusal> {
    let client = client.ok_or_else(|| Refusal::field("client_public_key"))?;
    let pair = setup.key_pair.as_ref().ok_or(ErrorCode::SetupUnknown)?;
    let wire_id = encode(&setup.id);
    let sealed = (pair, NewSetup::sealed_for(&caller.flow.opened, &wire_id));
    Ok(derive(&agreement(service, sealed, setup.id, client)?))
}

/// The number of a challenge that was answered, over the channel that was set up.
async fn phone(
    service: &Service,
    caller: &FlowCaller,
    kind: MethodKind,
    finish: &Finish,
) -> Result<NewFactor, Refusal> {
    let (flow, host) = (&caller.flow.opened, &caller.host);
    let id = finish.challenge_id.clone();
    let challenge_id = id.ok_or_else(|| Refusal::field("challenge_id"))?;
    let challenge = find(service, flow, &challenge_id).await?;
    // The code of a number that the person has already proves no new one.
    let is_own = challenge.opened.method_id.is_some();
    if is_own || challenge.opened.channel.method() != kind {
        return Err(ErrorCode::ChallengeNotFound.into());
    }
    let phone = Phone {
        challenge_id,
        name: finish.name.clone(),
    };
    let method = phone_method(service, flow, host, &phone).await?;
    Ok(NewFactor::Method(method))
}

/// The passkey that a ceremony of this flow has made.
async fn passkey(
    service: &Service,
    caller: &FlowCaller,
    finish: &Finish,
) -> Result<NewFactor, Refusal> {
    let id = finish.ceremony_id.clone();
    let named = NamedCeremony {
        ceremony_id: id.ok_or_else(|| Refusal::field("ceremony_id"))?,
        name: finish.name.clone(),
    };
    let (flow, host) = (&caller.flow.opened, &caller.host);
    let method = passkey_method(service, flow, host, &named).await?;
    Ok(NewFactor::Method(method))
}

async fn backup_codes(
    service: &Service,
    caller: &FlowCaller,
    setup: &NewSetup,
    finish: &Finish,
) -> Result<NewFactor, Refusal> {
    let (_secret, codes) = derived(service, caller, setup, finish.client)?;
    let is_typed = match caller.host.backup_gate {
        BackupGate::TypeOne => true,
        BackupGate::Tick => false,
    };
    let typed = finish.code.as_deref().map(|code| backup_code(code));
    match typed.transpose()? {
        Some(code) if codes.contains(&code) => {}
        Some(_) => return Err(ErrorCode::CodeWrong.into()),
        None if is_typed => return Err(Refusal::field("code")),
        None => {}
    }
    let (flow, parts) = (&caller.flow.opened, &service.0);
    let ticket = parts.hasher.enter(&flow.host, &flow.subject)?;
    let salt = random_bytes(&*parts.random)?;
    let whose = (flow.host.as_str(), flow.subject.as_str());
    let hashes = parts.hasher.hash_set(&ticket, whose, codes, salt).await?;
    Ok(NewFactor::BackupCodes { salt, hashes })
}
