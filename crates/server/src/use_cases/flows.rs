//! A host's back end opens flows after the password.

use nidan_otp::{ENROLMENT_ID_LEN_BYTES, Label};
use nidan_protocol::{AcrNeeded, CreateFlow, ErrorCode, FlowCreated, FlowStatus, Purpose};

use super::grace;
use super::opening::worth_from;
use crate::agreement::key_pair;
use crate::base64url::encode;
use crate::config::Host;
use crate::environment::random_bytes;
use crate::keys::{HashUse, sha256};
use crate::phone::is_country;
use crate::refusal::Refusal;
use crate::{AUTH_TIME_MAX_AGE_S, FLOW_TTL_S, RESULT_TTL_S, Service};
use nidan_store::{
    ApprovingOpened, ManagementOpened, NewFlow, OpenApproving, OpenManagement, OpenVerification,
    Opened, Subject, TrustUse, VerificationOpened,
};

/// 128 bits and more cannot be guessed.
pub(super) const ID_LEN_BYTES: usize = 16;
pub(super) const TOKEN_LEN_BYTES: usize = 32;
/// Two servers' clocks differ, by a minute where nobody sets them.
const CLOCK_SKEW_S: u64 = 60;
/// Ours are 43 characters of base64url; anything of that size may be compared.
const TRUST_TOKEN_MAX_BYTES: usize = 128;
const SUBJECT_MAX_BYTES: usize = 255;
const BINDING_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;

/// Opens a flow for a person whose first factor the host has just checked.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`], [`ErrorCode::AlreadyEnrolled`], and those of a request that is
/// not as documented.
pub(crate) async fn create(
    service: &Service,
    host: &Host,
    mut request: CreateFlow,
) -> Result<FlowCreated, Refusal> {
    let now = service.0.clock.now_s();
    let of_group = host.of_group(request.group.as_deref());
    let host = &of_group.ok_or_else(|| Refusal::field("group"))?;
    tolerant(&mut request);
    let account_name = check(&request, host, now)?;
    let random = &*service.0.random;
    let token = encode(&random_bytes::<TOKEN_LEN_BYTES>(random)?);
    let flow = NewFlow {
        id: encode(&random_bytes::<ID_LEN_BYTES>(random)?),
        host: host.id.clone(),
        subject: request.subject,
        purpose: request.purpose,
        intent: request
            .intent
            .filter(|_| request.purpose == Purpose::Manage),
        acr_needed: request.acr_needed,
        group: request.group,
        at_login: request.at_login,
        after_login: request.after_login,
        account_name,
        auth_time: request.auth_time,
        session_binding: request.session_binding,
        origin: request.origin,
        country: request.country,
        client_description: request
            .client_description
            .as_deref()
            .map(Label::shown)
            .filter(|text| !text.is_empty()),
        token_hash: sha256(token.as_bytes()),
        enrolment_id: random_bytes::<ENROLMENT_ID_LEN_BYTES>(random)?,
        key_pair: None,
        created_at: now,
        expires_at: now.saturating_add(FLOW_TTL_S),
    };
    tracing::info!(
        host = flow.host,
        flow = flow.id,
        purpose = flow.purpose.as_str(),
        "flow asked for"
    );
    match flow.purpose {
        Purpose::Enroll => enrolment(service, flow, token).await,
        Purpose::Verify => {
            verification(service, host, flow, token, request.trust_token.as_deref()).await
        }
        Purpose::Manage => management(service, flow, token, request.trust_token.as_deref()).await,
        Purpose::Approve => {
            approving(service, host, flow, token, request.trust_token.as_deref()).await
        }
    }
}

/// A code or token as it is kept: without the pepper nobody can write one of their own.
pub(super) fn kept(service: &Service, hash_use: HashUse, text: &str) -> [u8; 32] {
    service.0.keys.hash(hash_use, &[text.as_bytes()])
}

fn required(flow: NewFlow, token: String) -> FlowCreated {
    FlowCreated {
        outcome: FlowStatus::Required,
        flow_id: Some(flow.id),
        flow_token: Some(token),
        expires_at: Some(flow.expires_at),
        result_code: None,
        paused_until: None,
        enrolment: None,
        available_at: None,
    }
}

async fn enrolment(
    service: &Service,
    mut flow: NewFlow,
    token: String,
) -> Result<FlowCreated, Refusal> {
    let parts = &service.0;
    let pair = key_pair(&parts.keys, flow.sealed_for(), &*parts.random);
    flow.key_pair =
        Some(pair.map_err(|error| {
            Refusal::logged(ErrorCode::Internal, "there is no key pair", &*error)
        })?);
    match service.0.store.open_flow(&flow).await? {
        Opened::Yes => Ok(required(flow, token)),
        // An active factor is never overwritten, and has to be proved before anything is
        // added.
        Opened::FactorActive => Err(ErrorCode::AlreadyEnrolled.into()),
    }
}

async fn verification(
    service: &Service,
    host: &Host,
    mut flow: NewFlow,
    token: String,
    trust_token: Option<&str>,
) -> Result<FlowCreated, Refusal> {
    if let Some(acr) = flow.acr_needed {
        let from = in_use_from(&subject_of(service, &flow).await?, acr);
        if from.is_none_or(|from| from > flow.created_at) {
            return Ok(FlowCreated {
                available_at: from,
                ..without_flow(FlowStatus::AcrUnavailable, None)
            });
        }
    } else if let Some(acr) = host.acr_needed {
        // What the policy asks for strands nobody: who has nothing like it signs in, and is led to it.
        let subject = subject_of(service, &flow).await?;
        let is_there = in_use_from(&subject, acr).is_some_and(|from| from <= flow.created_at);
        flow.acr_needed = is_there.then_some(acr);
    }
    let result_code = encode(&random_bytes::<TOKEN_LEN_BYTES>(&*service.0.random)?);
    let trust = trust_token
        .filter(|_| host.trust_days.is_some() && flow.acr_needed.is_none())
        .map(|brought| TrustUse {
            token_hash: kept(service, HashUse::KeptTrustToken, brought),
            result_hash: kept(service, HashUse::KeptResultCode, &result_code),
            result_expires_at: flow.created_at.saturating_add(RESULT_TTL_S),
        });
    let audit = service.audit_context(host, flow.client_description.clone());
    let open = OpenVerification {
        flow,
        trust,
        begins_grace: host.required,
        may_be_paused: host.may_be_paused(),
        audit,
    };
    let opened = service.0.store.open_verification(&open).await?;
    Ok(match opened {
        VerificationOpened::Required => required(open.flow, token),
        VerificationOpened::NotEnrolled { grace } => FlowCreated {
            enrolment: grace::duty_of(host, grace, open.flow.created_at),
            ..without_flow(FlowStatus::NotEnrolled, None)
        },
        VerificationOpened::Paused { until } => without_flow(FlowStatus::Paused, Some(until)),
        VerificationOpened::Trusted => FlowCreated {
            outcome: FlowStatus::Trusted,
            flow_token: None,
            result_code: Some(result_code),
            ..required(open.flow, token)
        },
    })
}

async fn subject_of(service: &Service, flow: &NewFlow) -> Result<Subject, Refusal> {
    let store = &service.0.store;
    let subject = store.subject(&flow.host, &flow.subject, flow.created_at);
    Ok(subject.await?)
}

/// From when the person has something in use that is worth it, in Unix seconds.
fn in_use_from(subject: &Subject, acr: AcrNeeded) -> Option<u64> {
    let methods = subject.methods.iter();
    let in_use = methods.filter(|method| method.held_at.is_none());
    in_use
        .filter_map(|method| worth_from(acr, method, subject))
        .min()
}

const fn without_flow(outcome: FlowStatus, paused_until: Option<u64>) -> FlowCreated {
    FlowCreated {
        outcome,
        flow_id: None,
        flow_token: None,
        expires_at: None,
        result_code: None,
        paused_until,
        enrolment: None,
        available_at: None,
    }
}

/// Opens the page on which methods are managed; for a person who has none, a set-up.
async fn management(
    service: &Service,
    flow: NewFlow,
    token: String,
    trust_token: Option<&str>,
) -> Result<FlowCreated, Refusal> {
    let trust_hash = trust_token.map(|brought| kept(service, HashUse::KeptTrustToken, brought));
    let open = OpenManagement { flow, trust_hash };
    match service.0.store.open_management(&open).await? {
        ManagementOpened::Yes => Ok(required(open.flow, token)),
        ManagementOpened::NotEnrolled => {
            refuse_stale(open.flow.auth_time, open.flow.created_at)?;
            let set_up = NewFlow {
                purpose: Purpose::Enroll,
                intent: None,
                ..open.flow
            };
            enrolment(service, set_up, token).await
        }
    }
}

/// Opens the page on which logins elsewhere are approved, in a browser that is trusted.
async fn approving(
    service: &Service,
    host: &Host,
    flow: NewFlow,
    token: String,
    trust_token: Option<&str>,
) -> Result<FlowCreated, Refusal> {
    if !host.approvals {
        return Err(Refusal::field("purpose"));
    }
    let Some(brought) = trust_token else {
        return Ok(without_flow(FlowStatus::NotTrusted, None));
    };
    let trust_hash = kept(service, HashUse::KeptTrustToken, brought);
    let open = OpenApproving { flow, trust_hash };
    Ok(match service.0.store.open_approving(&open).await? {
        ApprovingOpened::Yes => required(open.flow, token),
        ApprovingOpened::NotTrusted => without_flow(FlowStatus::NotTrusted, None),
    })
}

/// Refuses a first factor that was checked too long ago.
fn refuse_stale(auth_time: u64, now: u64) -> Result<(), Refusal> {
    if now.saturating_sub(auth_time) <= AUTH_TIME_MAX_AGE_S {
        return Ok(());
    }
    Err(Refusal {
        field: Some("auth_time".to_owned()),
        ..ErrorCode::ReauthRequired.into()
    })
}

/// Whether it is as long as a host's id of a person may be.
pub(super) fn is_subject(id: &str) -> bool {
    (1..=SUBJECT_MAX_BYTES).contains(&id.len()) && !id.contains('\0')
}

/// The account name as it will be shown, when everything else is right too.
fn check(request: &CreateFlow, host: &Host, now: u64) -> Result<String, Refusal> {
    if !is_subject(&request.subject) {
        return Err(Refusal::field("subject"));
    }
    let binding = &request.session_binding;
    let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !BINDING_LENGTHS.contains(&binding.len()) || !binding.bytes().all(is_base64url) {
        return Err(Refusal::field("session_binding"));
    }
    if !host.origins.contains(&request.origin) {
        return Err(Refusal {
            field: Some("origin".to_owned()),
            ..ErrorCode::OriginMismatch.into()
        });
    }
    if request.auth_time > now.saturating_add(CLOCK_SKEW_S) {
        return Err(Refusal::field("auth_time"));
    }
    if request.purpose != Purpose::Verify && request.acr_needed.is_some() {
        return Err(Refusal::field("acr_needed"));
    }
    if request.purpose != Purpose::Enroll && request.at_login {
        return Err(Refusal::field("at_login"));
    }
    if request.purpose != Purpose::Enroll && request.after_login.is_some() {
        return Err(Refusal::field("after_login"));
    }
    if request.purpose == Purpose::Enroll && request.trust_token.is_some() {
        return Err(Refusal::field("trust_token"));
    }
    match request.purpose {
        Purpose::Enroll | Purpose::Verify => refuse_stale(request.auth_time, now)?,
        // Each change is proved by a factor, in the flow itself.
        Purpose::Manage => {}
        // Whoever is asked is signed in, for as long as the host likes.
        Purpose::Approve => {}
    }
    // What is only shown stops nobody: it is cut, and cleaned of what an app cannot show.
    let account_name = Label::shown(&request.account_name.replace(':', ""));
    match request.purpose {
        // The app has it beside every code.
        Purpose::Enroll | Purpose::Manage if account_name.is_empty() => {
            Err(Refusal::field("account_name"))
        }
        Purpose::Enroll | Purpose::Verify | Purpose::Manage | Purpose::Approve => Ok(account_name),
    }
}

/// Leaves out what a host has read from somewhere and is not what it should be: none of it is worth
/// a login.
fn tolerant(request: &mut CreateFlow) {
    let is_token = |token: &mut String| (1..=TRUST_TOKEN_MAX_BYTES).contains(&token.len());
    request.country = request
        .country
        .take()
        .map(|country| country.to_ascii_uppercase())
        .filter(|country| is_country(country));
    match request.purpose {
        Purpose::Enroll => {}
        Purpose::Verify | Purpose::Manage | Purpose::Approve => {
            request.trust_token.take_if(|token| !is_token(token));
        }
    }
}
