//! Names, the default, removal, hold, pause, and the end of it.

use nidan_core::audit::Support;
use nidan_core::hold::HoldWish;
use nidan_core::manage::{Name, PAUSE_HOURS, Wish};
use nidan_otp::Label;
use nidan_protocol::{
    ChangePost, CloseAnswer, ErrorCode, FlowView, MethodPost, PausePost, Purpose,
};
use nidan_store::{CloseManagement, Flow, FlowState, ManagementClosed};

use super::{Post, body_hash};
use crate::keys::HashUse;
use crate::refusal::Refusal;
use crate::use_cases::FlowCaller;
use crate::use_cases::result::result_code;
use crate::{RESULT_TTL_S, Service};

/// Names a method, or makes it the one that a login begins with.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field `name` for one that cannot be shown.
pub(crate) async fn edit(
    service: &Service,
    caller: &FlowCaller,
    method_id: String,
    post: MethodPost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let MethodPost {
        request_id,
        name,
        is_default,
    } = post;
    let parts = [
        b"edit".as_slice(),
        method_id.as_bytes(),
        &[u8::from(name.is_some())],
        name.as_deref().unwrap_or_default().as_bytes(),
        &[is_default.map_or(2, u8::from)],
    ];
    let request = Post::new(service, caller, &request_id, &parts)?;
    let name = name.as_deref().map(name_of).transpose()?;
    let wish = Wish::Edit {
        method_id,
        name,
        is_default,
    };
    request.ask(service, wish, languages).await
}

/// A name as it was typed: refused, not mended, for whoever typed it still sees it.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field `name`: longer than 64 characters, of more than one
/// line, with characters that are not seen or that turn the direction of others, or with markup.
pub(super) fn name_of(typed: &str) -> Result<Name, Refusal> {
    if typed.trim().is_empty() {
        return Ok(Name::Removed);
    }
    let is_markup = typed.contains(['<', '>']);
    let fits = Label::shown(typed) == typed.trim() && !is_markup;
    if fits {
        Ok(Name::Given(typed.trim().to_owned()))
    } else {
        Err(Refusal::field("name"))
    }
}

/// Takes a method away.
///
/// # Errors
/// [`ErrorCode::LastMethod`], [`ErrorCode::Cooling`], [`ErrorCode::ReauthRequired`].
pub(crate) async fn remove(
    service: &Service,
    caller: &FlowCaller,
    method_id: String,
    post: &ChangePost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let parts = [b"remove".as_slice(), method_id.as_bytes()];
    let request = Post::new(service, caller, &post.request_id, &parts)?;
    let wish = Wish::Remove { method_id };
    request.ask(service, wish, languages).await
}

/// Holds a method that is lost, or releases one that was found.
///
/// # Errors
/// As [`remove`], and [`ErrorCode::PolicyForbids`] where the host's support holds it.
pub(crate) async fn hold(
    service: &Service,
    caller: &FlowCaller,
    method_id: String,
    wish: HoldWish,
    post: &ChangePost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let what: &[u8] = match wish {
        HoldWish::Hold => b"hold",
        HoldWish::Release => b"release",
    };
    let parts = [what, method_id.as_bytes()];
    let request = Post::new(service, caller, &post.request_id, &parts)?;
    let wish = Wish::Hold { method_id, wish };
    request.ask(service, wish, languages).await
}

/// Pauses codes.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`] with the field `hours`, [`ErrorCode::PolicyForbids`],
/// [`ErrorCode::AlreadyPaused`], [`ErrorCode::Cooling`].
pub(crate) async fn pause(
    service: &Service,
    caller: &FlowCaller,
    post: PausePost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let PausePost {
        request_id,
        hours,
        reason,
    } = post;
    if !PAUSE_HOURS.contains(&hours) {
        return Err(Refusal::field("hours"));
    }
    let parts = [
        b"pause".as_slice(),
        &hours.to_be_bytes(),
        reason.as_str().as_bytes(),
    ];
    let mut request = Post::new(service, caller, &request_id, &parts)?;
    request.audit = request.audit.because(Support {
        by: None,
        reason: reason.as_str().to_owned(),
    });
    request.ask(service, Wish::Pause { hours }, languages).await
}

/// Asks for codes again.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`].
pub(crate) async fn resume(
    service: &Service,
    caller: &FlowCaller,
    post: &ChangePost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let request = Post::new(service, caller, &post.request_id, &[b"resume"])?;
    request.ask(service, Wish::Resume, languages).await
}

/// Closes the page: the host may have what was changed.
///
/// # Errors
/// [`ErrorCode::FlowConflict`] for a flow that another one has taken the place of.
pub(crate) async fn close(service: &Service, caller: &FlowCaller) -> Result<CloseAnswer, Refusal> {
    caller.must_be(Purpose::Manage)?;
    let result_code = closed(service, &caller.flow).await?;
    Ok(CloseAnswer { result_code })
}

/// The result code of what was changed; the same one again for a flow that was closed before.
pub(super) async fn closed(service: &Service, flow: &Flow) -> Result<Option<String>, Refusal> {
    let (parts, flow, state) = (&service.0, &flow.opened, &flow.state);
    let body_hash = body_hash(service, flow, &[b"close"]);
    let code = result_code(service, flow, &body_hash);
    let result_expires_at = parts.clock.now_s().saturating_add(RESULT_TTL_S);
    let close = CloseManagement {
        flow_id: flow.id.clone(),
        body_hash,
        result_hash: parts.keys.hash(HashUse::KeptResultCode, &[code.as_bytes()]),
        result_expires_at,
    };
    if *state == FlowState::Open {
        match parts.store.close_management(&close).await? {
            ManagementClosed::Changed => return Ok(Some(code)),
            ManagementClosed::Unchanged => return Ok(None),
            ManagementClosed::FlowOver => {}
        }
    }
    let now = parts.store.flow_by_token(&flow.token_hash).await?;
    match now.ok_or(ErrorCode::FlowExpired)?.state {
        // The answer was lost on the way.
        FlowState::Completed { .. } => {
            parts
                .store
                .extend_result(&flow.id, result_expires_at)
                .await?;
            Ok(Some(code))
        }
        FlowState::Reported { .. } => Err(ErrorCode::FlowReported.into()),
        FlowState::Open | FlowState::Superseded => Err(ErrorCode::FlowConflict.into()),
    }
}
