//! A login that another browser of the person approves: it asks, that one shows the code, and the code is
//! typed where every code is (`verification.rs`).

use nidan_core::approval::{APPROVAL_LIVES_S, AskRefusal, ask};
use nidan_protocol::{
    APPROVAL_METHOD_ID, ApprovalView, ErrorCode, Purpose, ShownCode, WaitingLogins,
};
use nidan_store::{Approver, NewApproval, NewFlow, Shown, StandingApproval};

use super::FlowCaller;
use super::code::worth_too_little;
use crate::Service;
use crate::base64url::encode;
use crate::challenge::code_of;
use crate::config::Host;
use crate::environment::random_bytes;
use crate::refusal::Refusal;

/// 128 bits; the code is derived from it.
const ID_LEN_BYTES: usize = 16;

/// Whether the person of a login could be asked in another browser now.
///
/// # Errors
/// Those of a store.
pub(super) async fn is_open(
    service: &Service,
    host: &Host,
    flow: &NewFlow,
) -> Result<bool, Refusal> {
    if !host.approvals || flow.purpose != Purpose::Verify {
        return Ok(false);
    }
    let now = service.0.clock.now_s();
    let context = service.0.store.ask_context(&flow.id, now).await?;
    Ok(context.is_some_and(|context| ask(&context, now).is_ok()))
}

/// A login's request for approval.
pub(crate) enum Asked {
    /// It is new.
    New(ApprovalView),
    /// The request of before goes on.
    Before(ApprovalView),
}

/// Asks the person's other browsers, unless the login has asked and can still be answered.
///
/// # Errors
/// [`ErrorCode::MethodNotOffered`] where the host has no page for it, no browser is trusted, nobody has
/// answered lately, or somebody guesses (with the field `approval`); [`ErrorCode::FlowConflict`].
pub(crate) async fn open(service: &Service, caller: &FlowCaller) -> Result<Asked, Refusal> {
    caller.must_be(Purpose::Verify)?;
    let FlowCaller { flow, host } = caller;
    if !host.approvals {
        return Err(closed());
    }
    let parts = &service.0;
    let id = encode(&random_bytes::<ID_LEN_BYTES>(&*parts.random)?);
    let expires_at = parts.clock.now_s().saturating_add(APPROVAL_LIVES_S);
    let new = NewApproval {
        id,
        flow_id: flow.opened.id.clone(),
        host: flow.opened.host.clone(),
        subject: flow.opened.subject.clone(),
        expires_at,
    };
    let audit = service.audit_context(host, flow.opened.client_description.clone());
    match parts.store.ask_approval(&new, &audit).await? {
        Ok(StandingApproval { id, expires_at }) => {
            let is_new = id == new.id;
            let view = ApprovalView { id, expires_at };
            if !is_new {
                return Ok(Asked::Before(view));
            }
            tracing::info!(flow = flow.opened.id, "another browser is asked");
            Ok(Asked::New(view))
        }
        Err(AskRefusal::FlowOver) => Err(ErrorCode::FlowConflict.into()),
        Err(AskRefusal::WorthTooLittle) => Err(worth_too_little()),
        Err(AskRefusal::NoBrowser | AskRefusal::Closed) => Err(closed()),
    }
}

fn closed() -> Refusal {
    Refusal {
        field: Some(APPROVAL_METHOD_ID.to_owned()),
        ..ErrorCode::MethodNotOffered.into()
    }
}

fn approver(flow: &NewFlow) -> Approver {
    Approver {
        flow_id: flow.id.clone(),
        host: flow.host.clone(),
        subject: flow.subject.clone(),
    }
}

/// The logins that wait, in a browser that is trusted.
///
/// # Errors
/// [`ErrorCode::MethodNotOffered`] in a flow of another purpose, and [`ErrorCode::FlowConflict`] where the
/// trust has ended.
pub(crate) async fn waiting(
    service: &Service,
    caller: &FlowCaller,
) -> Result<WaitingLogins, Refusal> {
    caller.must_be(Purpose::Approve)?;
    let now = service.0.clock.now_s();
    let approver = approver(&caller.flow.opened);
    let logins = service.0.store.waiting_logins(&approver, now).await?;
    let logins = logins.ok_or(ErrorCode::FlowConflict)?;
    Ok(WaitingLogins { logins })
}

/// "It is me": the code of a login that waits, for this browser to show.
///
/// # Errors
/// [`ErrorCode::ChallengeNotFound`] where there is none for this browser, or its time is over;
/// [`ErrorCode::CodeUsed`] where the code was typed; and those of [`waiting`].
pub(crate) async fn show(
    service: &Service,
    caller: &FlowCaller,
    id: &str,
) -> Result<ShownCode, Refusal> {
    caller.must_be(Purpose::Approve)?;
    let FlowCaller { flow, host } = caller;
    let audit = service.audit_context(host, flow.opened.client_description.clone());
    let approver = approver(&flow.opened);
    match service.0.store.show_approval(&approver, id, &audit).await? {
        Shown::Yes { expires_at } => {
            tracing::info!(flow = flow.opened.id, "a login's code is shown");
            Ok(ShownCode {
                code: code_of(&service.0.keys, id).to_string(),
                expires_at,
            })
        }
        Shown::Unknown => Err(ErrorCode::ChallengeNotFound.into()),
        Shown::Answered => Err(ErrorCode::CodeUsed.into()),
        Shown::NotTrusted => Err(ErrorCode::FlowConflict.into()),
    }
}
