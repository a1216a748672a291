//! A code at login, whatever made it: counted before it is checked, spent by one conditional
//! update, answered once. There is no other way to a verified flow (B9).

use nidan_core::attempt::AttemptPurpose;
use nidan_protocol::{
    APPROVAL_METHOD_ID, ErrorCode, FlowOutcome, LOST_MAX, Purpose, TEMPORARY_METHOD_ID,
    VerificationAnswer, VerificationPost,
};
use subtle::ConstantTimeEq;
use tracing::Instrument;

use super::FlowCaller;
use super::code::{self, Checked, Typed};
use super::manage::refused;
use super::result::result_code;
use crate::config::Host;
use crate::keys::HashUse;
use crate::refusal::Refusal;
use crate::{RESULT_TTL_S, Service};
use nidan_store::{CompleteLogin, FlowState, LoginCompletion, NewFlow};

/// The post with every value parsed.
struct Login {
    typed: Typed,
    trust_browser: bool,
    /// The ids of the methods that are to be taken out of use.
    lost: Vec<String>,
    /// Tells a repeated post from a changed one without keeping either.
    body_hash: [u8; 32],
}

/// Checks a code and completes the login; the same post again gets the same answer. It runs to its
/// end when the caller goes away: a thief could otherwise hang up before the wrong code is in the
/// record.
pub(crate) async fn verify(
    service: &Service,
    caller: FlowCaller,
    post: VerificationPost,
) -> Result<VerificationAnswer, Refusal> {
    let service = service.clone();
    let task = tokio::spawn(async move { checked(&service, caller, post).await }.in_current_span());
    task.await.map_err(|error| {
        Refusal::logged(
            ErrorCode::Internal,
            "the check of a code ended early",
            &error,
        )
    })?
}

async fn checked(
    service: &Service,
    caller: FlowCaller,
    post: VerificationPost,
) -> Result<VerificationAnswer, Refusal> {
    caller.must_be(Purpose::Verify)?;
    let login = parse(service, &caller.flow.opened, &caller.host, post)?;
    let (FlowCaller { flow, host }, _alone) = login.typed.in_turn(service, caller).await?;
    let host = &host;
    if flow.state != FlowState::Open {
        return answer_again(service, &flow.opened, &flow.state, &login).await;
    }
    let whose = (&flow.opened, host);
    let right = match code::check(service, whose, &login.typed, AttemptPurpose::Login).await? {
        Checked::Right(right) => right,
        // The same post may have come twice at once: the other one is then through, and this is its
        // answer too.
        Checked::FlowOver => return answer_ended_flow(service, &flow.opened, &login).await,
    };
    let result_code = result_code(service, &flow.opened, &login.body_hash);
    let completion = CompleteLogin {
        flow_id: flow.opened.id.clone(),
        host: flow.opened.host.clone(),
        subject: flow.opened.subject.clone(),
        authenticated: right.authenticated.clone(),
        body_hash: login.body_hash,
        result_hash: service
            .0
            .keys
            .hash(HashUse::KeptResultCode, &[result_code.as_bytes()]),
        result_expires_at: service.0.clock.now_s().saturating_add(RESULT_TTL_S),
        trusts: login.trust_browser,
        lost: login.lost.clone(),
        audit: service.audit_context(host, flow.opened.client_description.clone()),
    };
    match service.0.store.complete_login(&completion).await? {
        LoginCompletion::Yes { backup_codes_left } => {
            tracing::info!(host = flow.opened.host, flow = flow.opened.id, "code right");
            Ok(VerificationAnswer {
                outcome: FlowOutcome::Verified,
                backup_codes_left,
                result_code,
            })
        }
        LoginCompletion::LostStays(refusal) => Err(refused(refusal)),
        LoginCompletion::CodeUsed => Err(right.was_used(service, whose, &login.typed).await),
        // Held a moment ago: the code was right, and lets nobody in any more.
        LoginCompletion::MethodHeld => Err(ErrorCode::MethodHeld.into()),
        LoginCompletion::FlowOver => answer_ended_flow(service, &flow.opened, &login).await,
    }
}

fn parse(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    post: VerificationPost,
) -> Result<Login, Refusal> {
    // Every field is named: one that is added has to be hashed below.
    let VerificationPost {
        method_id,
        code,
        second_code,
        passkey,
        trust_browser,
        lost_methods,
    } = post;
    if trust_browser && host.trust_days.is_none() {
        return Err(Refusal::field("trust_browser"));
    }
    // What lets in is not lost.
    let lost: Vec<String> = lost_methods.split_whitespace().map(str::to_owned).collect();
    if lost.len() > LOST_MAX || lost.contains(&method_id) {
        return Err(Refusal::field("lost_methods"));
    }
    // Neither shows that a factor of today is there: it makes no browser trusted, and takes nothing out of
    // use.
    let is_no_factor = [APPROVAL_METHOD_ID, TEMPORARY_METHOD_ID].contains(&method_id.as_str());
    if is_no_factor && trust_browser {
        return Err(Refusal::field("trust_browser"));
    }
    if is_no_factor && !lost.is_empty() {
        return Err(Refusal::field("lost_methods"));
    }
    let typed = Typed::read(method_id, (code, second_code), passkey)?;
    let [method_id, first, second] = typed.parts();
    let trusts = [u8::from(trust_browser)];
    let mut parts = vec![flow.id.as_bytes(), method_id, first, second, &trusts];
    parts.push(lost_methods.as_bytes());
    let body_hash = service.0.keys.hash(HashUse::VerificationBody, &parts);
    Ok(Login {
        typed,
        trust_browser,
        lost,
        body_hash,
    })
}

/// The present state of the flow, for a post that came too late for it.
async fn answer_ended_flow(
    service: &Service,
    flow: &NewFlow,
    login: &Login,
) -> Result<VerificationAnswer, Refusal> {
    let again = service
        .0
        .store
        .flow_by_token(&flow.token_hash)
        .await?
        .ok_or(ErrorCode::FlowExpired)?;
    match &again.state {
        FlowState::Open => Err(ErrorCode::FlowExpired.into()),
        FlowState::Reported { .. } => Err(ErrorCode::FlowReported.into()),
        state => answer_again(service, flow, state, login).await,
    }
}

/// The answer for a flow that is complete, when it was completed by this very body: an answer that
/// was lost on the way.
async fn answer_again(
    service: &Service,
    flow: &NewFlow,
    state: &FlowState,
    login: &Login,
) -> Result<VerificationAnswer, Refusal> {
    let FlowState::Completed { body_hash, .. } = state else {
        return Err(ErrorCode::FlowConflict.into());
    };
    if !bool::from(body_hash.ct_eq(&login.body_hash)) {
        return Err(ErrorCode::FlowConflict.into());
    }
    let now = service.0.clock.now_s();
    let store = &service.0.store;
    let ends = now.saturating_add(RESULT_TTL_S);
    store.extend_result(&flow.id, ends).await?;
    let subject = store.subject(&flow.host, &flow.subject, now).await?;
    Ok(VerificationAnswer {
        outcome: FlowOutcome::Verified,
        backup_codes_left: subject.backup_codes_left,
        result_code: result_code(service, flow, body_hash),
    })
}
