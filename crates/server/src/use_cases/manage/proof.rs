//! A code that proves a factor in the flow, or shows that a method works. It is the login's own:
//! counted before it is checked, by the same throttle, and spent once.

use nidan_core::attempt::AttemptPurpose;
use nidan_core::manage::{Forbidden, PROOF_LIVES_S};
use nidan_protocol::{BACKUP_METHOD_ID, ErrorCode, FlowView, MethodTestPost, ProofPost, Purpose};
use nidan_store::{CompleteProof, Flow, FlowState, ProofCompletion, ProofUse};
use tokio::sync::OwnedMutexGuard;
use tracing::Instrument;

use super::{body_hash, now_there, proved};
use crate::Service;
use crate::refusal::Refusal;
use crate::use_cases::FlowCaller;
use crate::use_cases::code::{self, Checked, Typed, forbidden};

/// Proves a factor. It runs to its end when the caller goes away, as a login's code does.
///
/// # Errors
/// Those of a code at login.
pub(crate) async fn prove(
    service: &Service,
    caller: FlowCaller,
    post: ProofPost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    caller.must_be(Purpose::Manage)?;
    let ProofPost {
        method_id,
        code,
        second_code,
        passkey,
    } = post;
    let typed = Typed::read(method_id, (code, second_code), passkey)?;
    let (caller, alone) = typed.in_turn(service, caller).await?;
    let [method_id, first, second] = typed.parts();
    let parts = [b"proof".as_slice(), method_id, first, second];
    let body_hash = body_hash(service, &caller.flow.opened, &parts);
    if !is_proved_by(service, &caller.flow, body_hash) {
        spent(service, (&caller, alone), typed, ProofUse::Proof, body_hash).await?;
    }
    now_there(service, &caller, languages).await
}

/// Spends a code to see that its method works. Nothing else comes of it.
///
/// # Errors
/// Those of a code at login, and [`ErrorCode::ReauthRequired`].
pub(crate) async fn test(
    service: &Service,
    caller: FlowCaller,
    method_id: String,
    post: MethodTestPost,
    languages: &str,
) -> Result<FlowView, Refusal> {
    caller.must_be(Purpose::Manage)?;
    // A backup code is not tested: it would be used up.
    if method_id == BACKUP_METHOD_ID {
        return Err(ErrorCode::MethodNotFound.into());
    }
    let MethodTestPost {
        code,
        second_code,
        passkey,
    } = post;
    let typed = Typed::read(method_id, (code, second_code), passkey)?;
    let (caller, alone) = typed.in_turn(service, caller).await?;
    let [method_id, first, second] = typed.parts();
    let parts = [b"test".as_slice(), method_id, first, second];
    let body_hash = body_hash(service, &caller.flow.opened, &parts);
    if caller.flow.test_hash != Some(body_hash) {
        proved(service, &caller).await?;
        spent(service, (&caller, alone), typed, ProofUse::Test, body_hash).await?;
    }
    now_there(service, &caller, languages).await
}

/// Whether this very post has been done meanwhile.
async fn is_done(
    service: &Service,
    flow: &Flow,
    proof_use: ProofUse,
    body_hash: [u8; 32],
) -> Result<bool, Refusal> {
    let now = service.0.store.flow_by_token(&flow.opened.token_hash);
    let Some(now) = now.await? else {
        return Ok(false);
    };
    let by = match proof_use {
        ProofUse::Proof => return Ok(is_proved_by(service, &now, body_hash)),
        ProofUse::Test => now.test_hash,
    };
    Ok(by == Some(body_hash))
}

/// Whether this very post has proved the flow, and that is not over. A backup code that is typed
/// once more after five minutes is a used one, and no answer to a question that was asked anew.
fn is_proved_by(service: &Service, flow: &Flow, body_hash: [u8; 32]) -> bool {
    let now = service.0.clock.now_s();
    flow.proof.as_ref().is_some_and(|proof| {
        proof.body_hash == body_hash && now.saturating_sub(proof.at) <= PROOF_LIVES_S
    })
}

/// Counts a code, checks it and spends it. Whoever has the turn in this flow hands it over: it lasts
/// until that is done, also when the caller goes away.
pub(super) async fn spent(
    service: &Service,
    (caller, alone): (&FlowCaller, Option<OwnedMutexGuard<()>>),
    typed: Typed,
    proof_use: ProofUse,
    body_hash: [u8; 32],
) -> Result<(), Refusal> {
    let (service, caller) = (service.clone(), caller.clone());
    let task = async move {
        let _alone = alone;
        let FlowCaller { flow, host } = &caller;
        if flow.state != FlowState::Open {
            return Err(ErrorCode::FlowConflict.into());
        }
        let whose = (&flow.opened, host);
        let right = match code::check(&service, whose, &typed, AttemptPurpose::Proof).await? {
            Checked::Right(right) => right,
            Checked::FlowOver => return Err(ErrorCode::FlowConflict.into()),
        };
        let proof = CompleteProof {
            flow_id: flow.opened.id.clone(),
            host: flow.opened.host.clone(),
            subject: flow.opened.subject.clone(),
            authenticated: right.authenticated.clone(),
            proof_use,
            body_hash,
            audit: service.audit_context(host, flow.opened.client_description.clone()),
        };
        match service.0.store.complete_proof(&proof).await? {
            ProofCompletion::Yes => Ok(()),
            // The same post twice at once, by a double press or a proxy: the other one has spent it.
            ProofCompletion::CodeUsed if is_done(&service, flow, proof_use, body_hash).await? => {
                Ok(())
            }
            ProofCompletion::CodeUsed => Err(right.was_used(&service, whose, &typed).await),
            ProofCompletion::FlowOver => Err(ErrorCode::FlowConflict.into()),
            ProofCompletion::Held => Err(ErrorCode::MethodHeld.into()),
            ProofCompletion::Retiring => Err(forbidden(Forbidden::Retiring)),
        }
    };
    tokio::spawn(task.in_current_span())
        .await
        .map_err(|error| {
            Refusal::logged(
                ErrorCode::Internal,
                "the check of a code ended early",
                &error,
            )
        })?
}
