//! Codes by phone: ordered, sent again, answered.

use nidan_otp::Code;
use nidan_protocol::{ChallengeAnswerPost, ChallengeView, Channel, ErrorCode, Purpose};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::FlowCaller;
use crate::Service;
use crate::audit::AuditContext;
use crate::base64url::encode;
use crate::challenge::{
    CODE_ATTEMPTS, RESEND_WAITS_S, Sending, budgets, code_of, given_back, resend_at,
    view as view_of,
};
use crate::config::{Host, PhoneConfig};
use crate::environment::random_bytes;
use crate::keys::SealedFor;
use crate::phone::PhoneNumber;
use crate::refusal::Refusal;
use nidan_store::{Attempt, Challenge, Flow, FlowState, NewFlow, Order, Ordered};

/// 128 bits; the code is derived from it.
pub(super) const ID_LEN_BYTES: usize = 16;

/// An order to send a code: its message, the budgets that it counts against, its entry in the
/// record.
pub(super) fn order_of(
    service: &Service,
    (flow, host, sending): (&NewFlow, &Host, Sending),
    phone: &PhoneConfig,
    number: &PhoneNumber,
    channel: Channel,
) -> Result<Order, Refusal> {
    let parts = &service.0;
    Ok(Order {
        message_id: encode(&random_bytes::<ID_LEN_BYTES>(&*parts.random)?),
        budgets: budgets(
            &parts.keys,
            &phone.budgets,
            (flow, sending),
            number,
            channel,
        ),
        now_ms: parts.clock.now_ms(),
        audit: audit(service, flow, host),
    })
}

/// A set-up has no record yet.
fn audit(service: &Service, flow: &NewFlow, host: &Host) -> Option<AuditContext> {
    match flow.purpose {
        Purpose::Enroll => None,
        Purpose::Verify | Purpose::Manage | Purpose::Approve => {
            Some(service.audit_context(host, flow.client_description.clone()))
        }
    }
}

/// Returns a [challenge](Challenge) of the flow with the delivery status of its latest message.
///
/// # Errors
/// [`ErrorCode::ChallengeNotFound`].
pub(crate) async fn view(
    service: &Service,
    caller: &FlowCaller,
    id: &str,
) -> Result<ChallengeView, Refusal> {
    Ok(view_of(&find(service, &caller.flow.opened, id).await?))
}

/// Sends the same code again: it stays good as long as it was, and wrong tries stay counted.
///
/// # Errors
/// [`ErrorCode::ChallengeNotFound`], [`ErrorCode::ResendTooSoon`] with the time from which it may,
/// [`ErrorCode::ResendsSpent`], [`ErrorCode::SendBudgetSpent`], and what [`refuse_ended`] says.
pub(crate) async fn resend(
    service: &Service,
    caller: &FlowCaller,
    id: &str,
) -> Result<ChallengeView, Refusal> {
    let parts = &service.0;
    let FlowCaller { flow, host } = caller;
    let phone = open_flow_with_phone(service, flow)?;
    let challenge = find(service, &flow.opened, id).await?;
    if flow.opened.purpose == Purpose::Manage && challenge.opened.method_id.is_none() {
        // A number that was typed: as when the first one was ordered.
        super::manage::proved(service, caller).await?;
    }
    let now = parts.clock.now_s();
    refuse_ended(&challenge, now)?;
    let due = resend_at(&challenge).ok_or(if challenge.sends as usize > RESEND_WAITS_S.len() {
        ErrorCode::ResendsSpent
    } else {
        ErrorCode::CodeExpired
    })?;
    if now < due {
        return Err(Refusal {
            retry_at: Some(due),
            ..ErrorCode::ResendTooSoon.into()
        });
    }
    let number = number_of(service, host, &flow.opened, &challenge)?;
    let channel = challenge.opened.channel;
    let sending = match challenge.opened.method_id {
        None => Sending::Typed,
        Some(_) => Sending::Own,
    };
    let whose = (&flow.opened, host, sending);
    let order = order_of(service, whose, phone, &number, channel)?;
    let ordered = parts
        .store
        .resend(&challenge.opened.id, challenge.sends, &order)
        .await?;
    // A double press or another tab was first: the code is on its way again, and this is told so.
    if ordered != Ordered::Changed {
        refuse_unordered(ordered)?;
        parts.ring.notify_one();
        tracing::info!(flow = flow.opened.id, "code ordered again");
    }
    Ok(view_of(
        &find(service, &flow.opened, &challenge.opened.id).await?,
    ))
}

/// Checks a typed code of a number that is set up. The number counts from then on, until the flow
/// ends.
///
/// # Errors
/// [`ErrorCode::MethodNotOffered`] for a number of the person's own, [`ErrorCode::ChallengeNotFound`],
/// [`ErrorCode::CodeWrong`] with the attempts that are left, [`ErrorCode::TooManyAttempts`], and
/// what [`refuse_ended`] says.
pub(crate) async fn answer(
    service: &Service,
    caller: &FlowCaller,
    id: &str,
    post: ChallengeAnswerPost,
) -> Result<ChallengeView, Refusal> {
    let FlowCaller { flow, host } = caller;
    let typed = Zeroizing::new(post.code);
    let code = Code::from_wire(&typed).map_err(|_| Refusal::field("code"))?;
    let phone = open_flow_with_phone(service, flow)?;
    let (parts, now) = (&service.0, service.0.clock.now_s());
    let challenge = find(service, &flow.opened, id).await?;
    // The code of a number that is a factor is answered in one place only, where tries of all
    // methods are counted.
    if challenge.opened.method_id.is_some() {
        return Err(ErrorCode::MethodNotOffered.into());
    }
    let left = match parts
        .store
        .reserve_answer(&challenge.opened.id, CODE_ATTEMPTS, now)
        .await?
    {
        Attempt::Reserved { left } => left,
        Attempt::Exhausted => {
            let challenge = find(service, &flow.opened, &challenge.opened.id).await?;
            refuse_ended(&challenge, now)?;
            return Err(ErrorCode::TooManyAttempts.into());
        }
    };
    let right = code_of(&parts.keys, &challenge.opened.id);
    if !bool::from(right.as_bytes().ct_eq(code.expose().as_bytes())) {
        tracing::info!(flow = flow.opened.id, left, "wrong code of a phone");
        return Err(Refusal {
            attempts_left: Some(left),
            ..ErrorCode::CodeWrong.into()
        });
    }
    let number = number_of(service, host, &flow.opened, &challenge)?;
    let budget = given_back(&parts.keys, &phone.budgets, &number, &host.id);
    if !parts
        .store
        .answered(&challenge.opened.id, &budget, now)
        .await?
    {
        return Err(ErrorCode::CodeUsed.into());
    }
    tracing::info!(
        flow = flow.opened.id,
        channel = challenge.opened.channel.as_str(),
        "number verified"
    );
    Ok(view_of(
        &find(service, &flow.opened, &challenge.opened.id).await?,
    ))
}

pub(super) fn open_flow_with_phone<'a>(
    service: &'a Service,
    flow: &Flow,
) -> Result<&'a PhoneConfig, Refusal> {
    if flow.state != FlowState::Open {
        return Err(ErrorCode::FlowConflict.into());
    }
    service
        .0
        .config
        .phone
        .as_ref()
        .ok_or_else(|| ErrorCode::MethodNotOffered.into())
}

/// A [challenge](Challenge) of this very flow.
pub(super) async fn find(
    service: &Service,
    flow: &NewFlow,
    id: &str,
) -> Result<Challenge, Refusal> {
    service
        .0
        .store
        .challenge(&flow.id, id)
        .await?
        .ok_or_else(|| ErrorCode::ChallengeNotFound.into())
}

/// The [challenge](Challenge)'s own number, opened for its own row.
pub(super) fn number_of(
    service: &Service,
    host: &Host,
    flow: &NewFlow,
    challenge: &Challenge,
) -> Result<PhoneNumber, Refusal> {
    let row = SealedFor {
        host: &host.id,
        subject: &flow.subject,
        method_id: &challenge.opened.id,
    };
    let e164 = service
        .0
        .keys
        .open_text(&challenge.opened.sealed_number, row)
        .map_err(|error| Refusal::logged(ErrorCode::Internal, "a number does not open", &error))?;
    PhoneNumber::parse(&e164, None).map_err(|_| ErrorCode::Internal.into())
}

pub(super) fn refuse_ended(challenge: &Challenge, now: u64) -> Result<(), Refusal> {
    if challenge.answered_at.is_some() {
        return Err(ErrorCode::CodeUsed.into());
    }
    if now >= challenge.opened.expires_at {
        return Err(ErrorCode::CodeExpired.into());
    }
    if challenge.attempts >= CODE_ATTEMPTS {
        return Err(ErrorCode::TooManyAttempts.into());
    }
    Ok(())
}

pub(super) fn refuse_unordered(ordered: Ordered) -> Result<(), Refusal> {
    match ordered {
        Ordered::Yes => Ok(()),
        Ordered::BudgetSpent { scope, retry_at } => {
            tracing::warn!(scope = scope.as_str(), "send budget spent");
            Err(Refusal {
                retry_at: Some(retry_at),
                ..ErrorCode::SendBudgetSpent.into()
            })
        }
        // Others were first however often it was looked: there is no time to name.
        Ordered::Changed => Err(ErrorCode::Unavailable.into()),
    }
}
