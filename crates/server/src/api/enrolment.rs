//! The one final post of an enrolment: checked again, stored whole, and answered the same however often it comes.

use axum::Json;
use axum::extract::State;
use nidan_otp::{ClientRandom, Code, EnrolmentId, ServerNonce, Steps, UnixSeconds, derive};
use nidan_protocol::{EnrolmentAnswer, EnrolmentPost, ErrorCode, FlowOutcome, MethodKind, Problem};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::method_view;
use crate::extract::{Body, FlowCaller, decode, encode};
use crate::keys::{HashUse, SealedFor, sha256};
use crate::problem::Refusal;
use crate::seams::random_bytes;
use crate::store::{Activated, Activation, Attempt, FlowState, NewFlow};
use crate::{ENROLMENT_ATTEMPTS, RESULT_TTL_S, Service};

/// The final post with every value parsed.
struct Enrolment {
    client_random: ClientRandom,
    code: Code,
    /// Tells a repeated post from a changed one without keeping either.
    body_hash: [u8; 32],
}

/// Stores the enrolment. The same body again gets the same answer; another body gets 409.
#[utoipa::path(post, path = "/v1/flow/enrolment", request_body = EnrolmentPost, responses(
    (status = 200, body = EnrolmentAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem),
    (status = 422, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn enrol(
    State(service): State<Service>,
    FlowCaller { flow, .. }: FlowCaller,
    Body(post): Body<EnrolmentPost>,
) -> Result<Json<EnrolmentAnswer>, Refusal> {
    let enrolment = parse(&service, &flow.opened, post)?;
    if flow.state != FlowState::Open {
        return answer(&service, &flow.opened, &flow.state, &enrolment).await;
    }
    let left = match service.0.store.reserve_attempt(&flow.opened.id, ENROLMENT_ATTEMPTS).await? {
        Attempt::Reserved { left } => left,
        Attempt::Exhausted => return Err(ErrorCode::TooManyAttempts.into()),
    };
    let Some(activation) = prepare(&service, &flow.opened, &enrolment).await? else {
        tracing::info!(flow = flow.opened.id, "wrong code at enrolment");
        return Err(Refusal { attempts_left: Some(left), ..ErrorCode::CodeWrong.into() });
    };
    let state = match service.0.store.activate(&activation).await? {
        Activated::Yes => {
            tracing::info!(host = flow.opened.host, flow = flow.opened.id, "method enrolled");
            FlowState::Completed { body_hash: activation.body_hash, method_id: activation.method_id }
        }
        // The same post may have come twice at once: the other one is then stored, and this is its answer too.
        Activated::Conflict => {
            let again = service.0.store.flow_by_token(&flow.opened.token_hash).await?;
            again.ok_or(ErrorCode::FlowExpired)?.state
        }
        Activated::SecretKnown => return Err(ErrorCode::FlowConflict.into()),
    };
    answer(&service, &flow.opened, &state, &enrolment).await
}

fn parse(service: &Service, flow: &NewFlow, post: EnrolmentPost) -> Result<Enrolment, Refusal> {
    let sent_random = Zeroizing::new(post.client_random);
    let sent_code = Zeroizing::new(post.code);
    if decode("enrolment_id", &post.enrolment_id)? != flow.enrolment_id {
        return Err(Refusal::field("enrolment_id"));
    }
    let MethodKind::Totp = post.kind;
    let bytes = Zeroizing::new(decode("client_random", &sent_random)?);
    let client_random = ClientRandom::new(*bytes).map_err(|_| Refusal::field("client_random"))?;
    let code = Code::from_wire(&sent_code).map_err(|_| Refusal::field("code"))?;
    let parts = [flow.id.as_bytes(), b"totp", bytes.as_slice(), code.expose().as_bytes()];
    let body_hash = service.0.keys.hash(HashUse::EnrolmentBody, &parts);
    Ok(Enrolment { client_random, code, body_hash })
}

/// Everything to store, when the code is right; `None` when it is not.
async fn prepare(service: &Service, flow: &NewFlow, enrolment: &Enrolment) -> Result<Option<Activation>, Refusal> {
    let parts = &service.0;
    let now = parts.clock.now_s();
    let (secret, backup_codes) =
        derive(&enrolment.client_random, &ServerNonce(flow.server_nonce), EnrolmentId(flow.enrolment_id));
    // The person confirmed the code some screens ago, so every step of the enrolment's own life counts; the widget
    // compared it with the current one. See docs/decisions/0002-enrolment-code-window.md.
    let steps = Steps::since(UnixSeconds(flow.created_at), UnixSeconds(now));
    let Some(matched) = secret.check(&enrolment.code, &steps) else { return Ok(None) };
    let method_id = encode(&random_bytes::<16>(&*parts.random)?);
    let row = SealedFor { host: &flow.host, subject: &flow.subject, method_id: &method_id };
    let sealed_secret = parts
        .keys
        .seal(&secret, row, &*parts.random)
        .map_err(|error| Refusal::logged(ErrorCode::Internal, "the secret was not sealed", &*error))?;
    let backup_salt = random_bytes(&*parts.random)?;
    let result_code = result_code(service, flow, &enrolment.body_hash);
    Ok(Some(Activation {
        flow_id: flow.id.clone(),
        host: flow.host.clone(),
        subject: flow.subject.clone(),
        kind: MethodKind::Totp,
        sealed_secret,
        fingerprint: parts.keys.hash(HashUse::SecretFingerprint, &[secret.expose()]),
        last_step: matched.counter().0,
        backup_salt,
        backup_hashes: parts.hasher.hash_set(backup_codes, backup_salt).await?,
        body_hash: enrolment.body_hash,
        result_hash: sha256(result_code.as_bytes()),
        result_expires_at: parts.clock.now_s().saturating_add(RESULT_TTL_S),
        now,
        method_id,
    }))
}

/// The answer for a flow that is complete, when it was completed by this very body.
async fn answer(
    service: &Service,
    flow: &NewFlow,
    state: &FlowState,
    enrolment: &Enrolment,
) -> Result<Json<EnrolmentAnswer>, Refusal> {
    let FlowState::Completed { body_hash, method_id } = state else { return Err(ErrorCode::FlowConflict.into()) };
    if !bool::from(body_hash.ct_eq(&enrolment.body_hash)) {
        return Err(ErrorCode::FlowConflict.into());
    }
    let expires_at = service.0.clock.now_s().saturating_add(RESULT_TTL_S);
    service.0.store.extend_result(&flow.id, expires_at).await?;
    let subject = service.0.store.subject(&flow.host, &flow.subject).await?;
    let method = subject.methods.iter().find(|method| method.id == *method_id).ok_or(ErrorCode::FlowConflict)?;
    Ok(Json(EnrolmentAnswer {
        outcome: FlowOutcome::Enrolled,
        method: method_view(method),
        backup_codes_left: subject.backup_codes_left,
        result_code: result_code(service, flow, body_hash),
    }))
}

/// Made from the flow and the body, so that a repeated post gets the same one and the database keeps only its hash.
fn result_code(service: &Service, flow: &NewFlow, body_hash: &[u8; 32]) -> String {
    encode(&service.0.keys.hash(HashUse::ResultCode, &[flow.id.as_bytes(), body_hash]))
}
