//! What people change after the first set-up: flows of the purpose [`Purpose::Manage`]. The rules
//! are [`nidan_core::manage`]'s, and are applied in the transaction that changes; here is what
//! comes before and after it.

mod browsers;
mod changes;
mod plain_codes;
mod proof;
mod setups;
mod turn_off;
mod view;

pub(crate) use browsers::{after_proof, browsers, record, revoke};
pub(crate) use changes::{close, edit, hold, pause, remove, resume};
pub(crate) use plain_codes::{PlainSetup, finish_plain, open_plain, plain_codes};
pub(crate) use proof::{prove, test};
pub(crate) use setups::{finish, open, refuse_new_number};
pub(crate) use turn_off::turn_off;
pub(crate) use view::{method_views, view};

use nidan_core::manage::{
    self, ManageDecision, ManageFlow, ManagePolicy, ManageRefusal, ManageRequest, PROOF_LIVES_S,
    Wish,
};
use nidan_protocol::{ErrorCode, FlowView, Purpose};
use nidan_store::{Flow, FlowState, ManageChange, MethodDetail, NewFactor, NewFlow, Subject};

use super::code::forbidden;
use super::{FlowCaller, opening};
use crate::Service;
use crate::audit::AuditContext;
use crate::config::Host;
use crate::keys::HashUse;
use crate::refusal::Refusal;

/// 96 bits of base64url and more, and not so many that they fill a disk.
const REQUEST_ID_LENGTHS: std::ops::RangeInclusive<usize> = 16..=64;

/// The host's rules for what people have.
const fn policy(host: &Host) -> ManagePolicy {
    ManagePolicy {
        may_pause: host.may_be_paused(),
        may_turn_off: host.may_turn_off && !host.required,
        min_methods: host.min_methods,
        strict: host.strict_window,
    }
}

/// The flow as the rules see it.
fn standing(flow: &Flow) -> ManageFlow {
    ManageFlow {
        is_open: flow.state == FlowState::Open,
        proof: flow.proof.clone(),
    }
}

/// The flow of whoever manages, with the person, when a factor was proved in it lately.
///
/// # Errors
/// [`ErrorCode::ReauthRequired`], [`ErrorCode::FlowConflict`], and
/// [`ErrorCode::MethodNotOffered`] for a flow of another purpose.
pub(super) async fn proved(service: &Service, caller: &FlowCaller) -> Result<Subject, Refusal> {
    caller.must_be(Purpose::Manage)?;
    let flow = &caller.flow;
    let now = service.0.clock.now_s();
    let store = &service.0.store;
    let subject = store.subject(&flow.opened.host, &flow.opened.subject, now);
    let subject = subject.await?;
    manage::fresh_proof(&standing(flow), subject.factor_epoch, now).map_err(refused)?;
    Ok(subject)
}

/// A post that changes something: which it is, and of which flow.
struct Post<'a> {
    caller: &'a FlowCaller,
    /// Names the request in its flow.
    request_id: String,
    /// Keyed hash of everything in it.
    body_hash: [u8; 32],
    audit: AuditContext,
}

impl<'a> Post<'a> {
    /// Reads the id that the request brings.
    ///
    /// # Errors
    /// [`ErrorCode::RequestInvalid`] with the field, and [`ErrorCode::MethodNotOffered`] for a flow
    /// of another purpose.
    fn new(
        service: &Service,
        caller: &'a FlowCaller,
        request_id: &str,
        parts: &[&[u8]],
    ) -> Result<Self, Refusal> {
        let is_base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !REQUEST_ID_LENGTHS.contains(&request_id.len()) || !request_id.bytes().all(is_base64url)
        {
            return Err(Refusal::field("request_id"));
        }
        Self::named(service, caller, request_id.to_owned(), parts)
    }

    fn named(
        service: &Service,
        caller: &'a FlowCaller,
        request_id: String,
        parts: &[&[u8]],
    ) -> Result<Self, Refusal> {
        caller.must_be(Purpose::Manage)?;
        let flow = &caller.flow.opened;
        Ok(Self {
            caller,
            request_id,
            body_hash: body_hash(service, flow, parts),
            audit: service.audit_context(&caller.host, flow.client_description.clone()),
        })
    }

    fn change(&self, wish: Wish) -> ManageChange {
        let flow = &self.caller.flow.opened;
        ManageChange {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            subject: flow.subject.clone(),
            request_id: self.request_id.clone(),
            request: ManageRequest {
                wish,
                body_hash: self.body_hash,
                policy: policy(&self.caller.host),
                now: self.audit.now,
            },
            setup_id: None,
            new: None,
            audit: self.audit.clone(),
        }
    }

    /// Asks for the change, and answers with what there is then.
    async fn ask(
        &self,
        service: &Service,
        wish: Wish,
        languages: &str,
    ) -> Result<FlowView, Refusal> {
        apply(service, self.caller, &self.change(wish), languages).await
    }
}

/// Asks for a change, and answers with what there is then: also where it was made before.
async fn apply(
    service: &Service,
    caller: &FlowCaller,
    change: &ManageChange,
    languages: &str,
) -> Result<FlowView, Refusal> {
    match service.0.store.manage(change).await? {
        ManageDecision::Do(changes) => {
            let kinds = changes.entries.iter().map(|(kind, _)| kind.as_str());
            tracing::info!(
                host = change.host,
                flow = change.flow_id,
                changes = ?kinds.collect::<Vec<_>>(),
                "changed"
            );
        }
        ManageDecision::Again => {}
        ManageDecision::Refused(ManageRefusal::Known) => return Err(known(change)),
        ManageDecision::Refused(refusal) => return Err(refused(refusal)),
    }
    now_there(service, caller, languages).await
}

/// The flow as it is by now.
async fn now_there(
    service: &Service,
    caller: &FlowCaller,
    languages: &str,
) -> Result<FlowView, Refusal> {
    let store = &service.0.store;
    let flow = store.flow_by_token(&caller.flow.opened.token_hash).await?;
    let caller = FlowCaller {
        flow: flow.ok_or(ErrorCode::FlowExpired)?,
        host: caller.host.clone(),
    };
    opening::view(service, &caller.unless_over()?, languages).await
}

fn body_hash(service: &Service, flow: &NewFlow, parts: &[&[u8]]) -> [u8; 32] {
    let parts = [&[flow.id.as_bytes()], parts].concat();
    service.0.keys.hash(HashUse::ManageBody, &parts)
}

/// A secret that was enrolled before belongs to whoever has seen it; a number is this person's, and a
/// passkey somebody's.
fn known(change: &ManageChange) -> Refusal {
    let Some(NewFactor::Method(method)) = &change.new else {
        return ErrorCode::FlowConflict.into();
    };
    match &method.detail {
        MethodDetail::Totp { .. } => ErrorCode::FlowConflict.into(),
        MethodDetail::Phone { .. } => ErrorCode::PhoneKnown.into(),
        MethodDetail::Passkey { .. } => ErrorCode::PasskeyKnown.into(),
    }
}

pub(super) fn refused(refusal: ManageRefusal) -> Refusal {
    let later = |code: ErrorCode, until: u64| Refusal {
        retry_at: Some(until),
        ..code.into()
    };
    match refusal {
        ManageRefusal::FlowOver
        | ManageRefusal::AnotherBody
        | ManageRefusal::FactorsChanged
        | ManageRefusal::Known => ErrorCode::FlowConflict.into(),
        ManageRefusal::ReauthRequired => Refusal {
            max_age_s: Some(PROOF_LIVES_S),
            ..ErrorCode::ReauthRequired.into()
        },
        ManageRefusal::Cooling { until } => later(ErrorCode::Cooling, until),
        ManageRefusal::NoMethod => ErrorCode::MethodNotFound.into(),
        ManageRefusal::NoSetup => ErrorCode::SetupUnknown.into(),
        ManageRefusal::NoBrowser => ErrorCode::NotFound.into(),
        ManageRefusal::LastMethod => ErrorCode::LastMethod.into(),
        ManageRefusal::Forbidden(reason) => forbidden(reason),
        ManageRefusal::MethodLimit => ErrorCode::MethodLimit.into(),
        ManageRefusal::ChangeLimit { until } => later(ErrorCode::ChangeLimit, until),
        ManageRefusal::AlreadyPaused => ErrorCode::AlreadyPaused.into(),
    }
}
