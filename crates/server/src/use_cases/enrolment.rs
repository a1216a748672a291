//! The one final post of an enrolment: checked again, stored whole, and answered the same however
//! often it comes.

use nidan_otp::{
    Agreement, ClientNonce, ClientShare, Code, ENROLMENT_ID_LEN_BYTES, EnrolmentId, Label,
    PublicKey, Secret, Steps, UnixSeconds, derive,
};
use nidan_protocol::{
    EnrolmentAnswer, EnrolmentPost, ErrorCode, FlowOutcome, MethodKind, NamedCeremony,
    PASSKEYS_MAX, PHONES_MAX, PhonePost, Purpose,
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::ceremonies::passkey_method;
use super::challenges::{find, number_of};
use super::result::result_code;
use super::{FlowCaller, method_view};
use crate::agreement::{agree, is_point};
use crate::backup::Ticket;
use crate::base64url::{decode, encode};
use crate::config::Host;
use crate::environment::random_bytes;
use crate::keys::{HashUse, SealError, SealedFor};
use crate::refusal::Refusal;
use crate::{ENROLMENT_ATTEMPTS, RESULT_TTL_S, Service};
use nidan_store::{
    Activated, Activation, Attempt, FlowState, MethodDetail, NewFlow, NewMethod, SealedKeyPair,
};

/// The final post with every value parsed.
struct Enrolment {
    client: ClientShare,
    /// There when an app is set up.
    code: Option<Code>,
    phones: Vec<Phone>,
    passkeys: Vec<NamedCeremony>,
    /// Tells a repeated post from a changed one without keeping either.
    body_hash: [u8; 32],
}

/// A number that was proved.
pub(super) struct Phone {
    pub(super) challenge_id: String,
    pub(super) name: Option<String>,
}

/// Stores the enrolment of a flow. The same post again gets the same answer; another one conflicts.
///
/// # Errors
/// [`ErrorCode::CodeWrong`] with the attempts that are left, [`ErrorCode::FlowConflict`], and those
/// of a post that is not as documented.
pub(crate) async fn enrol(
    service: &Service,
    caller: FlowCaller,
    post: EnrolmentPost,
) -> Result<EnrolmentAnswer, Refusal> {
    caller.must_be(Purpose::Enroll)?;
    let enrolment = parse(service, &caller.flow.opened, post)?;
    // Repeats wait for the first, and are then answered as it was: a set is hashed once, however
    // often it is posted.
    let (FlowCaller { flow, host }, _alone) = caller.alone(service).await?;
    let host = &host;
    if flow.state != FlowState::Open {
        return answer(service, &flow.opened, host, &flow.state, &enrolment).await;
    }
    let ticket = service
        .0
        .hasher
        .enter(&flow.opened.host, &flow.opened.subject)?;
    let left = match service
        .0
        .store
        .reserve_attempt(&flow.opened.id, ENROLMENT_ATTEMPTS)
        .await?
    {
        Attempt::Reserved { left } => left,
        Attempt::Exhausted => return Err(ErrorCode::TooManyAttempts.into()),
    };
    let Some(activation) = prepare(service, &flow.opened, host, &enrolment, &ticket).await? else {
        tracing::info!(flow = flow.opened.id, "wrong code at enrolment");
        return Err(Refusal {
            attempts_left: Some(left),
            ..ErrorCode::CodeWrong.into()
        });
    };
    let state = match service.0.store.activate(&activation).await? {
        Activated::Yes => {
            tracing::info!(
                host = flow.opened.host,
                flow = flow.opened.id,
                "method enrolled"
            );
            let method_id = activation
                .methods
                .into_iter()
                .next()
                .map(|method| method.id)
                .unwrap_or_default();
            FlowState::Completed {
                body_hash: activation.body_hash,
                method_id,
            }
        }
        // The same post may have come twice at once: the other one is then stored, and this is its
        // answer too.
        Activated::Conflict => {
            let again = service
                .0
                .store
                .flow_by_token(&flow.opened.token_hash)
                .await?;
            again.ok_or(ErrorCode::FlowExpired)?.state
        }
        Activated::SecretKnown => return Err(ErrorCode::FlowConflict.into()),
    };
    answer(service, &flow.opened, host, &state, &enrolment).await
}

fn parse(service: &Service, flow: &NewFlow, post: EnrolmentPost) -> Result<Enrolment, Refusal> {
    // Every field is named: one that is added has to be hashed below.
    let EnrolmentPost {
        enrolment_id,
        client_public_key,
        client_nonce,
        code,
        phones,
        passkeys,
    } = post;
    let sent_code = code.map(Zeroizing::new);
    if decode("enrolment_id", &enrolment_id)? != flow.enrolment_id {
        return Err(Refusal::field("enrolment_id"));
    }
    let client = client_share(&client_public_key, &client_nonce)?;
    let code = sent_code
        .map(|code| Code::from_wire(&code))
        .transpose()
        .map_err(|_| Refusal::field("code"))?;
    let phones: Vec<Phone> = phones.into_iter().map(phone).collect();
    let twice = |index: usize, phone: &Phone| {
        phones
            .iter()
            .take(index)
            .any(|earlier| earlier.challenge_id == phone.challenge_id)
    };
    if phones.len() > PHONES_MAX
        || phones
            .iter()
            .enumerate()
            .any(|(index, phone)| twice(index, phone))
    {
        return Err(Refusal::field("phones"));
    }
    if passkeys.len() > PASSKEYS_MAX {
        return Err(Refusal::field("passkeys"));
    }
    if code.is_none() && phones.is_empty() && passkeys.is_empty() {
        return Err(Refusal::field("code"));
    }
    let mut parts = vec![
        flow.id.as_bytes(),
        client.public_key.0.as_slice(),
        client.nonce.bytes().as_slice(),
        code.as_ref()
            .map_or(&[][..], |code| code.expose().as_bytes()),
    ];
    for phone in &phones {
        parts.extend([
            phone.challenge_id.as_bytes(),
            phone.name.as_deref().unwrap_or_default().as_bytes(),
        ]);
    }
    parts.push(b"passkeys");
    for named in &passkeys {
        let name = named.name.as_deref().unwrap_or_default();
        parts.extend([named.ceremony_id.as_bytes(), name.as_bytes()]);
    }
    let body_hash = service.0.keys.hash(HashUse::EnrolmentBody, &parts);
    Ok(Enrolment {
        client,
        code,
        phones,
        passkeys,
        body_hash,
    })
}

fn phone(PhonePost { challenge_id, name }: PhonePost) -> Phone {
    let name = name_of_set_up(name.as_deref());
    Phone { challenge_id, name }
}

/// A name in a set-up's post. Made fit, never refused: at this step a person would lose the whole
/// set-up over a name.
pub(super) fn name_of_set_up(name: Option<&str>) -> Option<String> {
    name.map(Label::shown).filter(|name| !name.is_empty())
}

/// Everything to store, when the code is right; [`None`] when it is not.
async fn prepare(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    enrolment: &Enrolment,
    ticket: &Ticket,
) -> Result<Option<Activation>, Refusal> {
    let parts = &service.0;
    let now = parts.clock.now_s();
    let pair = flow.key_pair.as_ref().ok_or(ErrorCode::FlowConflict)?;
    let sealed = (pair, flow.sealed_for());
    let agreement = agreement(service, sealed, flow.enrolment_id, enrolment.client)?;
    let (secret, backup_codes) = derive(&agreement);
    let mut methods = Vec::new();
    if let Some(code) = &enrolment.code {
        allowed(service, host, MethodKind::Totp)?;
        // The person confirmed the code some screens ago, so every step of the enrolment's own life
        // counts; the widget compared it with the current one. See
        // docs/decisions/0002-enrolment-code-window.md.
        let steps = Steps::since(UnixSeconds(flow.created_at), UnixSeconds(now));
        let Some(matched) = secret.check(code, &steps) else {
            return Ok(None);
        };
        methods.push(app_method(
            service,
            flow,
            &secret,
            matched.counter().0,
            None,
        )?);
    }
    for phone in &enrolment.phones {
        let method = phone_method(service, flow, host, phone).await?;
        // The same number by text and by call is one thing in one pocket.
        let number = number_index(&method.detail);
        let is_known =
            |other: &NewMethod| number.is_some() && number_index(&other.detail) == number;
        if methods.iter().any(is_known) {
            return Err(Refusal::field("phones"));
        }
        methods.push(method);
    }
    for named in &enrolment.passkeys {
        methods.push(passkey_method(service, flow, host, named).await?);
    }
    let backup_salt = random_bytes(&*parts.random)?;
    let result_code = result_code(service, flow, &enrolment.body_hash);
    Ok(Some(Activation {
        flow_id: flow.id.clone(),
        host: flow.host.clone(),
        subject: flow.subject.clone(),
        methods,
        backup_salt,
        backup_hashes: parts
            .hasher
            .hash_set(
                ticket,
                (&flow.host, &flow.subject),
                backup_codes,
                backup_salt,
            )
            .await?,
        body_hash: enrolment.body_hash,
        result_hash: parts
            .keys
            .hash(HashUse::KeptResultCode, &[result_code.as_bytes()]),
        result_expires_at: parts.clock.now_s().saturating_add(RESULT_TTL_S),
        now,
        audit: service.audit_context(host, flow.client_description.clone()),
    }))
}

/// What both sides agreed on. The key that the browser sent was looked at before.
pub(super) fn agreement(
    service: &Service,
    (pair, row): (&SealedKeyPair, SealedFor<'_>),
    enrolment_id: [u8; ENROLMENT_ID_LEN_BYTES],
    client: ClientShare,
) -> Result<Agreement, Refusal> {
    let shared = agree(&service.0.keys, pair, row, &client.public_key);
    let shared = shared.ok_or_else(|| {
        tracing::error!("the private key of a set-up does not open");
        ErrorCode::Internal
    })?;
    Ok(Agreement {
        shared_secret: shared,
        enrolment_id: EnrolmentId(enrolment_id),
        server_public_key: PublicKey(pair.public_key),
        client,
    })
}

const fn number_index(detail: &MethodDetail) -> Option<&[u8; 32]> {
    match detail {
        MethodDetail::Totp { .. } | MethodDetail::Passkey { .. } => None,
        MethodDetail::Phone { number_index, .. } => Some(number_index),
    }
}

/// An app whose code was right.
pub(super) fn app_method(
    service: &Service,
    flow: &NewFlow,
    secret: &Secret,
    last_step: u64,
    name: Option<String>,
) -> Result<NewMethod, Refusal> {
    let parts = &service.0;
    let fingerprint = [secret.expose().as_slice()];
    new_method(service, flow, |row| {
        let detail = MethodDetail::Totp {
            fingerprint: parts.keys.hash(HashUse::SecretFingerprint, &fingerprint),
            last_step,
        };
        Ok((name, parts.keys.seal(secret, row, &*parts.random)?, detail))
    })
}

/// The share of the browser, as a post brings it.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field.
pub(super) fn client_share(public_key: &str, nonce: &str) -> Result<ClientShare, Refusal> {
    let public_key = PublicKey(decode("client_public_key", public_key)?);
    if !is_point(&public_key) {
        return Err(Refusal::field("client_public_key"));
    }
    let nonce = decode("client_nonce", nonce)?;
    let nonce = ClientNonce::new(nonce).map_err(|_| Refusal::field("client_nonce"))?;
    Ok(ClientShare { public_key, nonce })
}

/// The number of an answered challenge of this very flow (B41), sealed anew for the method's own
/// row.
pub(super) async fn phone_method(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    phone: &Phone,
) -> Result<NewMethod, Refusal> {
    let challenge = find(service, flow, &phone.challenge_id).await?;
    allowed(service, host, challenge.opened.channel.method())?;
    if challenge.answered_at.is_none() {
        return Err(ErrorCode::ChallengeNotFound.into());
    }
    let number = number_of(service, host, flow, &challenge)?;
    let parts = &service.0;
    new_method(service, flow, |row| {
        let detail = MethodDetail::Phone {
            channel: challenge.opened.channel,
            number_index: challenge.opened.number_index,
            hint: number.hint(),
        };
        Ok((
            phone.name.clone(),
            parts.keys.seal_text(number.e164(), row, &*parts.random)?,
            detail,
        ))
    })
}

/// A host that forbids a method gets none of it, whatever the browser sends.
pub(super) fn allowed(service: &Service, host: &Host, kind: MethodKind) -> Result<(), Refusal> {
    if service.0.config.methods(host).contains(&kind) {
        Ok(())
    } else {
        Err(ErrorCode::MethodNotOffered.into())
    }
}

type Sealed = (Option<String>, Vec<u8>, MethodDetail);

/// A method with an id of its own, sealed for its own row.
pub(super) fn new_method(
    service: &Service,
    flow: &NewFlow,
    seal: impl FnOnce(SealedFor<'_>) -> Result<Sealed, SealError>,
) -> Result<NewMethod, Refusal> {
    let id = encode(&random_bytes::<16>(&*service.0.random)?);
    let row = SealedFor {
        host: &flow.host,
        subject: &flow.subject,
        method_id: &id,
    };
    let (name, sealed, detail) = seal(row).map_err(|error| {
        Refusal::logged(ErrorCode::Internal, "a method was not sealed", &*error)
    })?;
    Ok(NewMethod {
        id,
        name,
        sealed,
        detail,
    })
}

/// The answer for a flow that is complete, when it was completed by this very body.
async fn answer(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    state: &FlowState,
    enrolment: &Enrolment,
) -> Result<EnrolmentAnswer, Refusal> {
    let FlowState::Completed {
        body_hash,
        method_id,
    } = state
    else {
        return Err(ErrorCode::FlowConflict.into());
    };
    if !bool::from(body_hash.ct_eq(&enrolment.body_hash)) {
        return Err(ErrorCode::FlowConflict.into());
    }
    let now = service.0.clock.now_s();
    service
        .0
        .store
        .extend_result(&flow.id, now.saturating_add(RESULT_TTL_S))
        .await?;
    let store = &service.0.store;
    let subject = store.subject(&flow.host, &flow.subject, now).await?;
    if !subject.methods.iter().any(|method| method.id == *method_id) {
        return Err(ErrorCode::FlowConflict.into());
    }
    Ok(EnrolmentAnswer {
        outcome: FlowOutcome::Enrolled,
        methods: subject
            .methods
            .iter()
            .map(|method| method_view(method, host, subject.allowance, now))
            .collect(),
        backup_codes_left: subject.backup_codes_left,
        result_code: result_code(service, flow, body_hash),
    })
}
