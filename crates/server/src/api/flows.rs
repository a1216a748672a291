//! What a host's back end does with a flow: open it after the password, redeem its result.

use axum::Json;
use axum::extract::{Path, State};
use nidan_otp::{ENROLMENT_ID_LEN_BYTES, Label, NONCE_LEN_BYTES};
use nidan_protocol::{
    AssertionAnswer, CreateFlow, ErrorCode, FlowCreated, FlowStatus, MethodKind, Problem, Purpose, Redeem,
};

use crate::assertion::{ASSERTION_TTL_S, Claims};
use crate::config::Host;
use crate::extract::{Body, HostCaller, encode};
use crate::keys::sha256;
use crate::phone::is_country;
use crate::problem::Refusal;
use crate::seams::random_bytes;
use crate::store::{FlowState, NewFlow, Opened, Redemption};
use crate::{AUTH_TIME_MAX_AGE_S, FLOW_TTL_S, Service};

/// 128 bits and more cannot be guessed (R51).
const ID_LEN_BYTES: usize = 16;
const TOKEN_LEN_BYTES: usize = 32;
/// Two servers' clocks differ by a little.
const CLOCK_SKEW_S: u64 = 5;
const SUBJECT_MAX_BYTES: usize = 255;
const BINDING_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;

/// Opens a flow for a person whose first factor the host has just checked.
#[utoipa::path(post, path = "/v1/flows", request_body = CreateFlow, responses(
    (status = 201, body = FlowCreated),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 413, body = Problem), (status = 415, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn create(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    Body(request): Body<CreateFlow>,
) -> Result<(axum::http::StatusCode, Json<FlowCreated>), Refusal> {
    let now = service.0.clock.now_s();
    let account_name = check(&request, &host, now)?;
    let random = &*service.0.random;
    let token = encode(&random_bytes::<TOKEN_LEN_BYTES>(random)?);
    let flow = NewFlow {
        id: encode(&random_bytes::<ID_LEN_BYTES>(random)?),
        host: host.id,
        subject: request.subject,
        purpose: request.purpose,
        account_name,
        auth_time: request.auth_time,
        session_binding: request.session_binding,
        origin: request.origin,
        country: request.country,
        token_hash: sha256(token.as_bytes()),
        enrolment_id: random_bytes::<ENROLMENT_ID_LEN_BYTES>(random)?,
        server_nonce: random_bytes::<NONCE_LEN_BYTES>(random)?,
        created_at: now,
        expires_at: now.saturating_add(FLOW_TTL_S),
    };
    match service.0.store.open_flow(&flow).await? {
        Opened::Yes => {}
        // R20, R22: an active factor is never overwritten, and has to be proved before anything is added.
        Opened::FactorActive => return Err(ErrorCode::AlreadyEnrolled.into()),
    }
    tracing::info!(host = flow.host, flow = flow.id, purpose = flow.purpose.as_str(), "flow opened");
    let created =
        FlowCreated { flow_id: flow.id, flow_token: token, expires_at: flow.expires_at, outcome: FlowStatus::Required };
    Ok((axum::http::StatusCode::CREATED, Json(created)))
}

/// The account name as it will be shown, when everything else is right too.
fn check(request: &CreateFlow, host: &Host, now: u64) -> Result<String, Refusal> {
    let subject_fits = (1..=SUBJECT_MAX_BYTES).contains(&request.subject.len());
    if !subject_fits || request.subject.contains('\0') {
        return Err(Refusal::field("subject"));
    }
    let binding = &request.session_binding;
    let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !BINDING_LENGTHS.contains(&binding.len()) || !binding.bytes().all(is_base64url) {
        return Err(Refusal::field("session_binding"));
    }
    if request.country.as_deref().is_some_and(|country| !is_country(country)) {
        return Err(Refusal::field("country"));
    }
    if !host.origins.contains(&request.origin) {
        return Err(Refusal { field: Some("origin".to_owned()), ..ErrorCode::OriginMismatch.into() });
    }
    if request.auth_time > now.saturating_add(CLOCK_SKEW_S) {
        return Err(Refusal::field("auth_time"));
    }
    let Purpose::Enroll = request.purpose;
    if now.saturating_sub(request.auth_time) > AUTH_TIME_MAX_AGE_S {
        return Err(Refusal { field: Some("auth_time".to_owned()), ..ErrorCode::ReauthRequired.into() });
    }
    let account_name = Label::parse(&request.account_name).map_err(|_| Refusal::field("account_name"))?;
    Ok(account_name.as_str().to_owned())
}

/// Exchanges a result code for the signed result: once, within a minute, by the host and session that it belongs to.
#[utoipa::path(post, path = "/v1/flows/{id}/redeem", request_body = Redeem,
    params(("id" = String, Path, description = "The `flow_id` of `POST /v1/flows`")), responses(
    (status = 200, body = AssertionAnswer),
    (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem),
    (status = 413, body = Problem), (status = 415, body = Problem), (status = 503, body = Problem),
))]
pub(crate) async fn redeem(
    State(service): State<Service>,
    HostCaller(host): HostCaller,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    Body(request): Body<Redeem>,
) -> Result<Json<AssertionAnswer>, Refusal> {
    let Path(id) = id.map_err(|_| ErrorCode::NotFound)?;
    let now = service.0.clock.now_s();
    let redemption = Redemption {
        host: &host.id,
        flow_id: &id,
        result_hash: sha256(request.result_code.as_bytes()),
        session_binding: &request.session_binding,
        now,
    };
    // Drawn before the code is spent: what can fail comes first.
    let jti = encode(&random_bytes::<ID_LEN_BYTES>(&*service.0.random)?);
    let redeemed = service.0.store.redeem(&redemption).await?.ok_or(ErrorCode::ResultCodeInvalid)?;
    let FlowState::Completed { method_id, .. } = redeemed.flow.state else {
        return Err(ErrorCode::ResultCodeInvalid.into());
    };
    let flow = redeemed.flow.opened;
    // An enrolment is a person's first, so what there is now came with it.
    let mut amr: Vec<&str> = redeemed.kinds.iter().map(|kind| amr_of(*kind)).collect();
    amr.sort_unstable();
    let claims = Claims {
        iss: &service.0.config.issuer,
        aud: &host.id,
        sub: &flow.subject,
        iat: now,
        nbf: now,
        exp: now.saturating_add(ASSERTION_TTL_S),
        jti: &jti,
        nonce: &flow.session_binding,
        auth_time: flow.auth_time,
        // What the service saw right codes of. It is no login; hosts compare `purpose`.
        amr: &amr,
        acr: "urn:nidan:acr:enrolment",
        purpose: flow.purpose.as_str(),
        method_id: &method_id,
        factor_epoch: redeemed.factor_epoch,
    };
    let assertion = service
        .0
        .signer
        .sign(&claims)
        .map_err(|error| Refusal::logged(ErrorCode::Internal, "the assertion was not written", &error))?;
    tracing::info!(host = flow.host, flow = flow.id, "result redeemed");
    Ok(Json(AssertionAnswer { assertion }))
}

/// RFC 8176 §2.
const fn amr_of(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Totp => "otp",
        MethodKind::Sms => "sms",
        MethodKind::Voice => "tel",
    }
}
