//! Streams the delivery status of a code as server-sent events (WHATWG HTML §9.2).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use nidan_protocol::{ChallengeView, Problem};

use crate::Service;
use crate::challenge;
use crate::refusal::Refusal;
use crate::use_cases::{FlowCaller, challenges};

/// The interval between two looks at the database.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Then the widget asks anew: no stream outlives its reader by much.
const STREAM_TURNS: u32 = 120;

/// nginx's name for it, which others took over.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The challenge, now and whenever it changes. Ends when there is nothing more to tell.
#[utoipa::path(get, path = "/v1/flow/challenges/{id}/events",
    params(("id" = String, Path, description = "The challenge's id")), responses(
    (status = 200, body = ChallengeView, content_type = "text/event-stream"),
    (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 503, body = Problem),
))]
pub(crate) async fn stream(
    State(service): State<Service>,
    caller: FlowCaller,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<
    (
        [(HeaderName, &'static str); 1],
        Sse<impl Stream<Item = Result<Event, Infallible>>>,
    ),
    Refusal,
> {
    let Path(id) = id.map_err(|_| nidan_protocol::ErrorCode::NotFound)?;
    let first = challenges::view(&service, &caller, &id).await?;
    let stopping = service.stopping();
    let start = Following {
        service,
        stopping,
        flow_id: caller.flow.opened.id,
        told: None,
        next: Some(first),
        turns: STREAM_TURNS,
    };
    let events = futures_util::stream::unfold(start, async |mut state| {
        loop {
            if let Some(next) = state
                .next
                .take()
                .filter(|next| state.told.as_ref() != Some(next))
            {
                let event = Event::default().json_data(&next).ok()?;
                state.told = Some(next);
                return Some((Ok(event), state));
            }
            let over = state
                .told
                .as_ref()
                .is_none_or(|told| told.answered || told.expires_at <= state.now());
            state.turns = state.turns.checked_sub(1).filter(|_| !over)?;
            tokio::select! {
                // The widget asks the next process, or the same one again.
                _stops = state.stopping.wait_for(|stops| *stops) => return None,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let told = state.told.as_ref()?;
            let found = state
                .service
                .0
                .store
                .challenge(&state.flow_id, &told.id)
                .await
                .ok()??;
            state.next = Some(challenge::view(&found));
        }
    });
    // Proxies that gather answers before they pass them on would hold every event back.
    Ok((
        [(UNBUFFERED, "no")],
        Sse::new(events).keep_alive(KeepAlive::default()),
    ))
}

struct Following {
    service: Service,
    stopping: tokio::sync::watch::Receiver<bool>,
    flow_id: String,
    told: Option<ChallengeView>,
    next: Option<ChallengeView>,
    turns: u32,
}

impl Following {
    fn now(&self) -> u64 {
        self.service.0.clock.now_s()
    }
}
