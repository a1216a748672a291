//! Set-ups that the host's policy asks for, and how long they may wait.

use nidan_core::grace::{self, Grace, GraceLeft, Skip};
use nidan_protocol::{
    EnrolmentDuty, ErrorCode, FlowOutcome, MethodKind, Purpose, SKIPPED_METHOD_ID, SkipAnswer,
};
use nidan_store::{FlowState, NewSkip, Subject};
use subtle::ConstantTimeEq as _;

use super::FlowCaller;
use super::result::result_code;
use crate::config::Host;
use crate::keys::HashUse;
use crate::refusal::Refusal;
use crate::{RESULT_TTL_S, Service};

/// What the policy asks of somebody without a method; [`None`] where it asks nothing. What support's code
/// guards is not put off.
pub(crate) fn duty(host: &Host, subject: &Subject, now: u64) -> Option<EnrolmentDuty> {
    let duty = duty_of(host, subject.grace, now)?;
    Some(EnrolmentDuty {
        may_skip: duty.may_skip && !subject.is_guarded,
        ..duty
    })
}

/// The same, where there is no such code.
pub(crate) fn duty_of(host: &Host, grace: Grace, now: u64) -> Option<EnrolmentDuty> {
    let GraceLeft {
        deadline,
        skips,
        may_skip,
    } = grace::left(host.grace(), grace, now)?;
    Some(EnrolmentDuty {
        required: true,
        deadline,
        skips_left: skips,
        may_skip,
    })
}

/// Whether the policy asks for more than the person has in use: for more methods, or for one that is worth
/// more.
pub(crate) fn asks_for_more(host: &Host, in_use: &[MethodKind]) -> bool {
    let min_methods = usize::try_from(host.min_methods).unwrap_or(usize::MAX);
    let has_few = host.required && in_use.len() < min_methods;
    let lacks_worth = host.acr_needed.is_some_and(|acr| {
        let mut kinds = in_use.iter();
        !kinds.any(|kind| acr.is_met_by(*kind))
    });
    has_few || lacks_worth
}

/// Whether a set-up was put off.
pub(crate) fn is_skipped(state: &FlowState) -> bool {
    match state {
        FlowState::Completed { method_id, .. } => method_id == SKIPPED_METHOD_ID,
        FlowState::Open | FlowState::Superseded | FlowState::Reported { .. } => false,
    }
}

/// Puts a set-up off: the same request again gets the same answer.
///
/// # Errors
/// [`ErrorCode::PolicyForbids`] where nothing is left of the grace, or no login waits for it, [`ErrorCode::FlowConflict`] for a
/// flow that was completed otherwise, and [`ErrorCode::MethodNotOffered`] for one of another purpose.
pub(crate) async fn skip(service: &Service, caller: FlowCaller) -> Result<SkipAnswer, Refusal> {
    caller.must_be(Purpose::Enroll)?;
    let (caller, _alone) = caller.alone(service).await?;
    let FlowCaller { flow, host } = caller.unless_over()?;
    let flow_hash = [flow.opened.id.as_bytes()];
    let body_hash = service.0.keys.hash(HashUse::SkipBody, &flow_hash);
    let result_code = result_code(service, &flow.opened, &body_hash);
    let now = service.0.clock.now_s();
    let result_expires_at = now.saturating_add(RESULT_TTL_S);
    let answer = SkipAnswer {
        outcome: FlowOutcome::Skipped,
        result_code,
    };
    let forbidden = || Refusal {
        field: Some("required".to_owned()),
        ..ErrorCode::PolicyForbids.into()
    };
    // Whoever sets it up of their own accord leaves, and nothing is counted.
    if !flow.opened.at_login {
        return Err(forbidden());
    }
    let store = &service.0.store;
    let is_done = |state: &FlowState| match state {
        FlowState::Completed { body_hash: of, .. } => bool::from(of.ct_eq(&body_hash)),
        FlowState::Open | FlowState::Superseded | FlowState::Reported { .. } => false,
    };
    if is_done(&flow.state) {
        let id = &flow.opened.id;
        store.extend_result(id, result_expires_at).await?;
        return Ok(answer);
    }
    let kept = [answer.result_code.as_bytes()];
    let new = NewSkip {
        flow_id: flow.opened.id.clone(),
        host: flow.opened.host.clone(),
        subject: flow.opened.subject.clone(),
        policy: host.grace(),
        body_hash,
        result_hash: service.0.keys.hash(HashUse::KeptResultCode, &kept),
        result_expires_at,
        audit: service.audit_context(&host, flow.opened.client_description.clone()),
    };
    match store.skip(&new).await? {
        Skip::Yes(left) => {
            tracing::info!(
                host = new.host,
                flow = new.flow_id,
                skips_left = left.skips,
                "set-up put off"
            );
            Ok(answer)
        }
        Skip::NotAllowed => Err(forbidden()),
        // The same request may have come twice at once, to another process: this is its answer too.
        Skip::FlowOver => match store.flow_by_token(&flow.opened.token_hash).await? {
            Some(again) if is_done(&again.state) => Ok(answer),
            Some(_) | None => Err(ErrorCode::FlowConflict.into()),
        },
    }
}
