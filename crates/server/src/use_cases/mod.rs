//! What the service does when a widget or a host calls. The JSON interface and the page without
//! scripts order codes, check them and report by the same functions. They read the store, ask
//! [`nidan_core`], write, and order messages; requests and responses are not theirs.

pub(crate) mod approvals;
pub(crate) mod ceremonies;
pub(crate) mod challenges;
mod check_code;
mod code;
pub(crate) mod coverage;
pub(crate) mod enrolment;
pub(crate) mod flows;
pub(crate) mod grace;
pub(crate) mod manage;
pub(crate) mod opening;
pub(crate) mod orders;
pub(crate) mod redeem;
pub(crate) mod report;
mod result;
pub(crate) mod subjects;
pub(crate) mod verification;

use nidan_core::throttle::{self, Allowance, Gate, Guess, Needs};
use nidan_protocol::{ErrorCode, MethodState, MethodView, Purpose};
use nidan_store::{Flow, FlowState, Method as StoredMethod};
use tokio::sync::OwnedMutexGuard;

use crate::config::Host;
use crate::keys::sha256;
use crate::refusal::Refusal;
use crate::{FLOW_RETENTION_S, Service};

/// Whoever has a flow's token, with the flow and its host. That the request comes from the page
/// that the flow was made for is checked where it is read (`extract.rs`, and the page without
/// scripts).
#[derive(Clone)]
pub(crate) struct FlowCaller {
    pub(crate) flow: Flow,
    pub(crate) host: Host,
}

impl FlowCaller {
    /// Finds the flow of a token, while it lives; `posts` says whether the request may be the
    /// repeated post of a set-up, which is answered for longer.
    ///
    /// # Errors
    /// [`ErrorCode::FlowExpired`] for a token that is unknown or over.
    pub(crate) async fn of_token(
        service: &Service,
        token: &str,
        posts: bool,
    ) -> Result<Self, Refusal> {
        let flow = service
            .0
            .store
            .flow_by_token(&sha256(token.as_bytes()))
            .await?
            .ok_or(ErrorCode::FlowExpired)?;
        // A stored enrolment answers its own post for some time longer: an answer that was lost
        // near the end must not look like "nothing was stored".
        let late = match &flow.state {
            // What was put off leads in, and ends like a login.
            state if grace::is_skipped(state) => 0,
            FlowState::Completed { .. } if posts && flow.opened.purpose == Purpose::Enroll => {
                FLOW_RETENTION_S
            }
            _ => 0,
        };
        if service.0.clock.now_s() >= flow.opened.expires_at.saturating_add(late) {
            return Err(ErrorCode::FlowExpired.into());
        }
        let host = service
            .host_of(&flow.opened)
            .ok_or(ErrorCode::FlowExpired)?;
        Ok(Self { flow, host })
    }

    /// Refuses a flow that another one has taken the place of, or that was reported.
    ///
    /// # Errors
    /// [`ErrorCode::FlowConflict`] and [`ErrorCode::FlowReported`].
    pub(crate) fn unless_over(self) -> Result<Self, Refusal> {
        match self.flow.state {
            FlowState::Superseded => Err(ErrorCode::FlowConflict.into()),
            FlowState::Reported { .. } => Err(ErrorCode::FlowReported.into()),
            FlowState::Open | FlowState::Completed { .. } => Ok(self),
        }
    }

    /// The flow as it is when nobody else is at it, with the right to be at it alone until that is
    /// dropped.
    ///
    /// # Errors
    /// [`ErrorCode::FlowExpired`].
    pub(crate) async fn alone(
        self,
        service: &Service,
    ) -> Result<(Self, OwnedMutexGuard<()>), Refusal> {
        let Self { flow, host } = self;
        let guard = service.0.enrolments.alone(&flow.opened.id).await;
        let flow = service.0.store.flow_by_token(&flow.opened.token_hash);
        let flow = flow.await?.ok_or(ErrorCode::FlowExpired)?;
        Ok((Self { flow, host }, guard))
    }

    /// What belongs to another purpose is not on offer (B32, B38): nobody enrols in a login that
    /// still owes its code.
    pub(crate) fn must_be(&self, purpose: Purpose) -> Result<(), Refusal> {
        if self.flow.opened.purpose == purpose {
            Ok(())
        } else {
            Err(ErrorCode::MethodNotOffered.into())
        }
    }
}

/// Returns what a widget and a host may know of a method, and whether it takes codes at `now` (Unix
/// seconds).
pub(crate) fn method_view(
    method: &StoredMethod,
    host: &Host,
    allowance: Allowance,
    now: u64,
) -> MethodView {
    let hint = method.detail.hint().map(str::to_owned);
    let guess = Guess::at(method.detail.kind().class(), host.strict_window);
    // What cannot be guessed at is always ready.
    let gate = guess.map_or(Gate::Open(Needs::OneCode), |guess| {
        throttle::gate(method.tries, allowance, guess, now)
    });
    let (state, resting_until) = match gate {
        _whatever_it_is if method.held_at.is_some() => (MethodState::Held, None),
        Gate::Open(Needs::OneCode) => (MethodState::Ready, None),
        Gate::Open(Needs::TwoCodes) => (MethodState::TwoCodes, None),
        Gate::Resting { until } => (MethodState::Resting, Some(until)),
        Gate::Suspended => (MethodState::Suspended, None),
    };
    MethodView {
        id: method.id.clone(),
        kind: method.detail.kind(),
        name: method.name.clone(),
        hint,
        created_at: method.created_at,
        state,
        resting_until,
    }
}
