//! Two-step verification is turned off: the code for it comes with the very request.

use nidan_core::manage::{ManageDecision, ManageRefusal, Wish};
use nidan_protocol::{ErrorCode, TurnOffAnswer, TurnOffPost};
use nidan_store::{FlowState, ManageChange, ProofUse};

use super::changes::closed;
use super::proof::spent;
use super::{Post, proved, refused};
use crate::Service;
use crate::refusal::Refusal;
use crate::use_cases::FlowCaller;
use crate::use_cases::code::Typed;

/// Turns two-step verification off, and ends the flow.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`] without a fresh proof and [`ErrorCode::PolicyForbids`], both
/// before the code is looked at; those of a code at login; and [`ErrorCode::Cooling`].
pub(crate) async fn turn_off(
    service: &Service,
    caller: &FlowCaller,
    post: TurnOffPost,
) -> Result<TurnOffAnswer, Refusal> {
    let TurnOffPost {
        request_id,
        method_id,
        code,
        second_code,
        passkey,
    } = post;
    let typed = Typed::read(method_id, (code, second_code), passkey)?;
    let [method_id, first, second] = typed.parts();
    let parts = [b"turn off".as_slice(), method_id, first, second];
    let request = Post::new(service, caller, &request_id, &parts)?;
    let mut change = request.change(Wish::TurnOff);
    // The same post twice at once: the second one finds what the first has done.
    let _alone = service.0.enrolments.alone(&caller.flow.opened.id).await;
    // Closed already: the answer was lost on the way. The code is compared with the one that did it.
    let is_open = caller.flow.state == FlowState::Open;
    match ask(service, &change).await? {
        Asked::Done => {}
        Asked::NeedsCode if is_open => {
            // One code is not both: the proof, and the code for this.
            proved(service, caller).await?;
            let body_hash = change.request.body_hash;
            let code = spent(service, (caller, None), typed, ProofUse::Proof, body_hash).await;
            // The proof is younger than the request: it is asked for as of now.
            let browser = caller.flow.opened.client_description.clone();
            change.audit = service.audit_context(&caller.host, browser);
            change.request.now = change.audit.now;
            match (ask(service, &change).await, code) {
                // Also where the same post, a moment ago, has left no method to check a code of.
                (Ok(Asked::Done), _) => {}
                (_, Err(refusal)) | (Err(refusal), Ok(())) => return Err(refusal),
                (Ok(Asked::NeedsCode), Ok(())) => {
                    return Err(refused(ManageRefusal::ReauthRequired));
                }
            }
        }
        Asked::NeedsCode => return Err(ErrorCode::FlowConflict.into()),
    }
    let result_code = closed(service, &caller.flow).await?;
    tracing::warn!(
        host = change.host,
        flow = change.flow_id,
        "two-step verification turned off"
    );
    Ok(TurnOffAnswer {
        result_code: result_code.ok_or(ErrorCode::Internal)?,
    })
}

enum Asked {
    Done,
    NeedsCode,
}

async fn ask(service: &Service, change: &ManageChange) -> Result<Asked, Refusal> {
    match service.0.store.manage(change).await? {
        ManageDecision::Do(_) | ManageDecision::Again => Ok(Asked::Done),
        ManageDecision::Refused(ManageRefusal::ReauthRequired) => Ok(Asked::NeedsCode),
        ManageDecision::Refused(refusal) => Err(refused(refusal)),
    }
}
