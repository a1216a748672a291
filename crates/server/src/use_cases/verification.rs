//! A code at login, whatever made it: counted before it is checked, spent by one conditional
//! update, answered once. There is no other way to a verified flow (B9).

use nidan_core::attempt::{AttemptRefusal, CheckInput, CountedAttempt, LoginAttempt, Presented};
use nidan_core::audit::AuditDetail;
use nidan_core::throttle::Needs;
use nidan_otp::{BackupCode, Code};
use nidan_protocol::{
    BACKUP_METHOD_ID, ErrorCode, FlowOutcome, Purpose, VerificationAnswer, VerificationPost,
};
use subtle::ConstantTimeEq;
use tracing::Instrument;
use zeroize::Zeroizing;

use super::FlowCaller;
use super::check_code::check_code;
use super::result::result_code;
use crate::challenge::CODE_ATTEMPTS;
use crate::config::Host;
use crate::keys::HashUse;
use crate::refusal::Refusal;
use crate::{BACKUP_TRIES, FLOW_TRIES, RESULT_TTL_S, Service};
use nidan_store::{CompleteLogin, FlowState, LoginCompletion, NewFlow, WrongCode};

/// The post with every value parsed.
pub(super) struct Typed {
    pub(super) method_id: String,
    pub(super) code: TypedCode,
    trust_browser: bool,
    /// Tells a repeated post from a changed one without keeping either.
    body_hash: [u8; 32],
}

pub(super) enum TypedCode {
    Digits(Code, Option<Code>),
    Backup(BackupCode),
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
    let task =
        tokio::spawn(async move { checked(&service, &caller, post).await }.in_current_span());
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
    caller: &FlowCaller,
    post: VerificationPost,
) -> Result<VerificationAnswer, Refusal> {
    caller.must_be(Purpose::Verify)?;
    let FlowCaller { flow, host } = caller;
    let typed = parse(service, &flow.opened, host, post)?;
    if flow.state != FlowState::Open {
        return answer_again(service, &flow.opened, &flow.state, &typed).await;
    }
    // Before the try is counted: whoever is refused for want of room has lost nothing.
    let ticket = match &typed.code {
        TypedCode::Backup(_) => Some(
            service
                .0
                .hasher
                .enter(&flow.opened.host, &flow.opened.subject)?,
        ),
        TypedCode::Digits(..) => None,
    };
    let reserved = service
        .0
        .store
        .count_login_attempt(&attempt(
            &flow.opened,
            host,
            &typed,
            service.0.clock.now_s(),
        ))
        .await?;
    let counted = match reserved {
        Ok(counted) => counted,
        // The same post may have come twice at once: the other one is then through, and this is its
        // answer too.
        Err(AttemptRefusal::FlowOver) => {
            return answer_ended_flow(service, &flow.opened, &typed).await;
        }
        Err(refusal) => return Err(refused(refusal)),
    };
    let (detail, left) = described(&counted);
    let in_a_row = counted.in_a_row;
    let checked = check_code(service, &flow.opened, host, &typed, counted.check, ticket);
    let Some(authenticated) = checked.await? else {
        note_wrong(service, &flow.opened, host, &detail, in_a_row).await;
        return Err(Refusal {
            attempts_left: Some(left),
            ..ErrorCode::CodeWrong.into()
        });
    };
    let result_code = result_code(service, &flow.opened, &typed.body_hash);
    let login = CompleteLogin {
        flow_id: flow.opened.id.clone(),
        host: flow.opened.host.clone(),
        subject: flow.opened.subject.clone(),
        authenticated,
        body_hash: typed.body_hash,
        result_hash: service
            .0
            .keys
            .hash(HashUse::KeptResultCode, &[result_code.as_bytes()]),
        result_expires_at: service.0.clock.now_s().saturating_add(RESULT_TTL_S),
        trusts: typed.trust_browser,
        audit: service.audit_context(host, flow.opened.client_description.clone()),
    };
    match service.0.store.complete_login(&login).await? {
        LoginCompletion::Yes { backup_codes_left } => {
            tracing::info!(host = flow.opened.host, flow = flow.opened.id, "code right");
            Ok(VerificationAnswer {
                outcome: FlowOutcome::Verified,
                backup_codes_left,
                result_code,
            })
        }
        LoginCompletion::CodeUsed => {
            note_wrong(service, &flow.opened, host, &detail, in_a_row).await;
            Err(used(&typed, left))
        }
        // Held a moment ago: the code was right, and lets nobody in any more.
        LoginCompletion::MethodHeld => Err(ErrorCode::MethodHeld.into()),
        LoginCompletion::FlowOver => answer_ended_flow(service, &flow.opened, &typed).await,
    }
}

/// The refusal of a code that was right before. "Used" would say that the second of a pair is right
/// to somebody who saw the first.
fn used(typed: &Typed, left: u32) -> Refusal {
    match &typed.code {
        TypedCode::Digits(_, Some(_)) => Refusal {
            attempts_left: Some(left),
            ..ErrorCode::CodeWrong.into()
        },
        TypedCode::Digits(_, None) | TypedCode::Backup(_) => ErrorCode::CodeUsed.into(),
    }
}

fn parse(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    post: VerificationPost,
) -> Result<Typed, Refusal> {
    // Every field is named: one that is added has to be hashed below.
    let VerificationPost {
        method_id,
        code,
        second_code,
        trust_browser,
    } = post;
    let (first, second) = (Zeroizing::new(code), second_code.map(Zeroizing::new));
    if trust_browser && host.trust_days.is_none() {
        return Err(Refusal::field("trust_browser"));
    }
    let code = if method_id == BACKUP_METHOD_ID {
        if second.is_some() {
            return Err(Refusal::field("second_code"));
        }
        // Exactly what is hashed: folding what people type is the widget's part.
        let code = BackupCode::from_typed(&first)
            .ok()
            .filter(|code| *code.expose() == *first);
        TypedCode::Backup(code.ok_or_else(|| Refusal::field("code"))?)
    } else {
        let first = Code::from_wire(&first).map_err(|_| Refusal::field("code"))?;
        let second = second
            .as_deref()
            .map(|code| Code::from_wire(code))
            .transpose();
        TypedCode::Digits(first, second.map_err(|_| Refusal::field("second_code"))?)
    };
    let parts = [
        flow.id.as_bytes(),
        method_id.as_bytes(),
        first.as_bytes(),
        second.as_deref().map_or(&[], |code| code.as_bytes()),
        &[u8::from(trust_browser)],
    ];
    let body_hash = service.0.keys.hash(HashUse::VerificationBody, &parts);
    Ok(Typed {
        method_id,
        code,
        trust_browser,
        body_hash,
    })
}

fn attempt(flow: &NewFlow, host: &Host, typed: &Typed, now: u64) -> LoginAttempt {
    let presented = match &typed.code {
        TypedCode::Backup(_) => Presented::BackupCode {
            limit: BACKUP_TRIES,
        },
        TypedCode::Digits(_, second) => Presented::Code {
            method_id: typed.method_id.clone(),
            codes: if second.is_some() {
                Needs::TwoCodes
            } else {
                Needs::OneCode
            },
            strict: host.strict_window,
            challenge_limit: CODE_ATTEMPTS,
        },
    };
    LoginAttempt {
        flow_id: flow.id.clone(),
        host: flow.host.clone(),
        subject: flow.subject.clone(),
        presented,
        flow_limit: FLOW_TRIES,
        now,
    }
}

/// Returns the details for the record, and the number of attempts that are left.
fn described(counted: &CountedAttempt) -> (AuditDetail, u32) {
    let (hint, left) = match &counted.check {
        CheckInput::Otp { .. } | CheckInput::BackupCodes(_) => (None, counted.attempts_left),
        CheckInput::OutOfBand {
            hint,
            attempts_left,
            ..
        } => (Some(hint.clone()), *attempts_left),
    };
    let detail = AuditDetail {
        method: Some(counted.check.authenticator()),
        hint,
        count: None,
    };
    (
        detail,
        left.min(FLOW_TRIES.saturating_sub(counted.flow_attempts)),
    )
}

/// Records that somebody knows the password and no code. The attempt is counted already, so that
/// nothing fails open here.
async fn note_wrong(
    service: &Service,
    flow: &NewFlow,
    host: &Host,
    detail: &AuditDetail,
    in_a_row: u32,
) {
    tracing::info!(host = flow.host, flow = flow.id, in_a_row, "wrong code");
    let audit = service.audit_context(host, flow.client_description.clone());
    let wrong = WrongCode {
        detail: detail.clone(),
        in_a_row,
    };
    if let Err(error) = service.0.store.note_wrong(flow, &wrong, &audit).await {
        tracing::error!(%error, flow = flow.id, "a wrong code is not in the record");
    }
}

fn refused(refusal: AttemptRefusal) -> Refusal {
    match refusal {
        AttemptRefusal::FlowOver => ErrorCode::FlowConflict.into(),
        AttemptRefusal::FlowExhausted | AttemptRefusal::ChallengeExhausted => {
            ErrorCode::TooManyAttempts.into()
        }
        AttemptRefusal::NoMethod => ErrorCode::MethodNotFound.into(),
        AttemptRefusal::TwoCodesNeeded => ErrorCode::TwoCodesNeeded.into(),
        AttemptRefusal::Resting { until } => Refusal {
            retry_at: Some(until),
            ..ErrorCode::MethodResting.into()
        },
        AttemptRefusal::Suspended => ErrorCode::MethodSuspended.into(),
        AttemptRefusal::Held => ErrorCode::MethodHeld.into(),
        AttemptRefusal::NoChallenge => ErrorCode::ChallengeNotFound.into(),
        AttemptRefusal::ChallengeExpired => ErrorCode::CodeExpired.into(),
    }
}

/// The present state of the flow, for a post that came too late for it.
async fn answer_ended_flow(
    service: &Service,
    flow: &NewFlow,
    typed: &Typed,
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
        state => answer_again(service, flow, state, typed).await,
    }
}

/// The answer for a flow that is complete, when it was completed by this very body: an answer that
/// was lost on the way.
async fn answer_again(
    service: &Service,
    flow: &NewFlow,
    state: &FlowState,
    typed: &Typed,
) -> Result<VerificationAnswer, Refusal> {
    let FlowState::Completed { body_hash, .. } = state else {
        return Err(ErrorCode::FlowConflict.into());
    };
    if !bool::from(body_hash.ct_eq(&typed.body_hash)) {
        return Err(ErrorCode::FlowConflict.into());
    }
    service
        .0
        .store
        .extend_result(
            &flow.id,
            service.0.clock.now_s().saturating_add(RESULT_TTL_S),
        )
        .await?;
    let subject = service.0.store.subject(&flow.host, &flow.subject).await?;
    Ok(VerificationAnswer {
        outcome: FlowOutcome::Verified,
        backup_codes_left: subject.backup_codes_left,
        result_code: result_code(service, flow, body_hash),
    })
}
