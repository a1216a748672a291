//! Takes messages that are due and sees each to a gateway, several at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::{Route, TemplateVars, receipts};
use crate::Service;
use crate::challenge::codes_of;
use crate::keys::SealedFor;
use nidan_delivery::{Outgoing, SendError};
use nidan_store::{DeliveryOutcome, LeasedMessage, StoreError};

/// At most this many hand-overs run at once, so that a slow gateway holds up itself only so far.
const PARALLEL: usize = 32;
/// Longer than any gateway's own time limit: a message is taken again only when its worker is dead.
const LEASE_MS: u64 = 30_000;
/// Tries at one gateway.
pub const MESSAGE_TRIES: u32 = 6;
/// After the first try, the second, and so on; the last value stays.
const WAITS_MS: [u64; 4] = [500, 2_000, 5_000, 15_000];
/// Networks round shorter times up or refuse them.
const VALIDITY_MIN_S: u64 = 60;
/// For what is under way when the service stops: within the ten seconds after which supervisors
/// kill.
const STOP_WAIT: Duration = Duration::from_secs(8);
/// The interval between two looks at the database when no order announces itself.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Sends until the task is dropped. Several may run on one database.
pub async fn run(service: Service) {
    run_until(service, std::future::pending()).await;
}

/// Sends until `stop` ends, and then sees what is under way to its end: what is cut off may be sent
/// twice.
pub async fn run_until(service: Service, stop: impl Future<Output = ()> + Send) {
    let permits = Arc::new(Semaphore::new(PARALLEL));
    // They end with this task.
    let mut attended = JoinSet::new();
    for route in &service.0.routes {
        let (gateway, receipts) = (Arc::clone(&route.gateway), receipts(&service, &route.id));
        attended.spawn(async move { gateway.attend(receipts).await });
    }
    attended.spawn(super::security_events::run(service.clone()));
    let mut under_way = JoinSet::new();
    tokio::select! {
        () = stop => {}
        () = send_all(&service, &permits, &mut under_way) => {}
    }
    let rest = async { while under_way.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WAIT, rest).await.is_err() {
        tracing::warn!("stopped amid messages: they may be sent twice");
    }
}

async fn send_all(service: &Service, permits: &Arc<Semaphore>, under_way: &mut JoinSet<()>) {
    loop {
        while under_way.try_join_next().is_some() {}
        let free = u32::try_from(permits.available_permits()).unwrap_or(0);
        let taken = match take(service, free).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(%error, "no messages taken");
                Vec::new()
            }
        };
        if taken.is_empty() {
            // A ring while nobody listens is kept.
            let _rung = tokio::time::timeout(LOOK_EVERY, service.0.ring.notified()).await;
            continue;
        }
        for message in taken {
            let Ok(permit) = Arc::clone(permits).acquire_owned().await else {
                return;
            };
            let service = service.clone();
            under_way.spawn(async move {
                deliver(&service, message).await;
                drop(permit);
                service.0.ring.notify_one();
            });
        }
    }
}

async fn take(service: &Service, free: u32) -> Result<Vec<LeasedMessage>, StoreError> {
    if free == 0 {
        return Ok(Vec::new());
    }
    service
        .0
        .store
        .take_messages(service.0.clock.now_ms(), LEASE_MS, free)
        .await
}

async fn deliver(service: &Service, message: LeasedMessage) {
    let fate = fate(service, &message).await;
    if let Err(error) = service
        .0
        .store
        .settle(&message.id, &fate, service.0.clock.now_s())
        .await
    {
        // It stays taken, and comes back when the lease ends.
        tracing::warn!(%error, message = message.id, "a message was not settled");
    }
}

async fn fate(service: &Service, message: &LeasedMessage) -> DeliveryOutcome {
    let challenge = &message.challenge;
    if service.0.clock.now_s() >= challenge.expires_at {
        tracing::warn!(message = message.id, "a message was too late to be sent");
        return DeliveryOutcome::Failed;
    }
    let routes: Vec<&Route> = service
        .0
        .routes
        .iter()
        .filter(|route| route.fits(challenge.channel, &challenge.country))
        .collect();
    let Some(route) = routes.get(message.refused as usize) else {
        tracing::error!(message = message.id, "no gateway took a message");
        return DeliveryOutcome::Failed;
    };
    let Some(outgoing) = compose(service, message) else {
        tracing::error!(message = message.id, "a message could not be composed");
        return DeliveryOutcome::Failed;
    };
    let again = |refused: u32, doubt: bool| {
        let wait = WAITS_MS
            .get(message.tries.saturating_sub(1) as usize)
            .or(WAITS_MS.last())
            .copied()
            .unwrap_or(0);
        let due_at_ms = service
            .0
            .clock
            .now_ms()
            .saturating_add(if refused > message.refused { 0 } else { wait });
        DeliveryOutcome::Again {
            due_at_ms,
            refused,
            doubt,
        }
    };
    let next = again(message.refused.saturating_add(1), false);
    let error = match route.gateway.send(&outgoing).await {
        Ok(reference) => {
            tracing::info!(
                message = message.id,
                gateway = route.id,
                "message handed over"
            );
            return DeliveryOutcome::Accepted {
                gateway: route.id.clone(),
                reference,
            };
        }
        Err(error) => error,
    };
    tracing::warn!(message = message.id, gateway = route.id, %error, "message not handed over");
    let has_tries = message.tries < MESSAGE_TRIES;
    match error {
        // An earlier try may have sent it: never another gateway, the person might get two
        // messages.
        SendError::NotReached(_) if message.doubt && has_tries => again(message.refused, true),
        SendError::Refused(_) | SendError::NotReached(_) if message.doubt => {
            DeliveryOutcome::Unclear {
                gateway: route.id.clone(),
            }
        }
        SendError::Refused(_) => next,
        // With another way out, nobody waits for this one.
        SendError::NotReached(_) if routes.len() > message.refused as usize + 1 => next,
        SendError::NotReached(_) if has_tries => again(message.refused, false),
        SendError::NotReached(_) => next,
        // Asked again under the same id.
        SendError::Unclear(_) if route.gateway.is_idempotent() && has_tries => {
            again(message.refused, true)
        }
        SendError::Unclear(_) => DeliveryOutcome::Unclear {
            gateway: route.id.clone(),
        },
    }
}

/// The message as it will be read. [`None`] when its number does not open: nothing can be sent
/// then.
pub(crate) fn compose(service: &Service, message: &LeasedMessage) -> Option<Outgoing> {
    let (parts, challenge) = (&service.0, &message.challenge);
    let row = SealedFor {
        host: &message.host,
        subject: &message.subject,
        method_id: &challenge.id,
    };
    let number = parts.keys.open_text(&challenge.sealed_number, row).ok()?;
    let codes = codes_of(&parts.keys, &challenge.id, challenge.codes);
    let site = service.host(&message.host)?.name.clone();
    let page = url::Url::parse(&message.origin).ok()?;
    let filling = TemplateVars {
        site: &site,
        page_host: page.host_str()?,
        codes: &codes,
        reference: &challenge.reference,
    };
    let language = parts.catalogue.language(&challenge.locale);
    let (prompt, text): (String, Zeroizing<String>) = match challenge.channel {
        nidan_protocol::Channel::Sms => (String::new(), parts.catalogue.sms(language, &filling)),
        nidan_protocol::Channel::Voice => (
            parts.catalogue.call_prompt(language, &site),
            parts.catalogue.call_code(language, &filling),
        ),
    };
    Some(Outgoing {
        id: message.id.clone(),
        channel: challenge.channel,
        number,
        text,
        prompt,
        call_digits: challenge.call_digits.clone(),
        speech: parts.catalogue.speech(language).to_owned(),
        expires_at: challenge.expires_at,
        valid_for_s: challenge
            .expires_at
            .saturating_sub(parts.clock.now_s())
            .max(VALIDITY_MIN_S),
    })
}
