//! Tells hosts what people should hear of: signed POSTs, at least once, the record's line as the
//! body.

use std::time::Duration;

use nidan_protocol::EventView;
use serde::Serialize;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::Service;
use crate::base64url::encode;
use crate::config::{Config, ConfigError};
use nidan_delivery::{SIGNATURE_HEADER, SendError, TIMESTAMP_HEADER, http, sign};
use nidan_store::Notice;

/// Longer than a POST may take: a [notice](Notice) is taken again only when its worker is dead.
const LEASE_MS: u64 = 30_000;
const AT_ONCE: u32 = 16;
/// Of all hosts together: posts wait on threads that reads need too.
const POSTS: usize = 64;
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After each try twice as long, from here to an hour.
const WAIT_MS: u64 = 2_000;
const WAIT_MAX_MS: u64 = 3_600_000;
/// Two days and more; then the line is in the record only.
const TRIES: u32 = 60;

/// The notification webhooks, one per host, in the order of the configuration.
pub(crate) struct Notices {
    agent: ureq::Agent,
    ears: Vec<WebhookEndpoint>,
    posts: Semaphore,
}

struct WebhookEndpoint {
    host: String,
    url: String,
    secret: Zeroizing<String>,
}

impl Notices {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let mut ears = Vec::new();
        for host in &config.hosts {
            if let Some(notices) = &host.notices {
                let secret = config.secret(&notices.secret_file)?;
                ears.push(WebhookEndpoint {
                    host: host.id.clone(),
                    url: notices.url.clone(),
                    secret,
                });
            }
        }
        Ok(Self {
            agent: http::agent(),
            ears,
            posts: Semaphore::new(POSTS),
        })
    }
}

/// The host tells a repeated [notice](Notice) by subject and `seq`.
#[derive(Serialize)]
struct Body<'a> {
    /// Whom it is for: of two hosts with one secret, neither takes the other's.
    host: &'a str,
    subject: &'a str,
    #[serde(flatten)]
    line: EventView,
}

/// Runs until it is dropped. Several may run on one database. Hosts do not wait for each other.
pub(super) async fn run(service: Service) {
    let ears = &service.0.notices.ears;
    let hosts: Vec<_> = ears.iter().map(|ear| ear.host.as_str()).collect();
    if let Err(error) = service.0.store.drop_notices_but(&hosts).await {
        tracing::warn!(%error, "notices that nobody hears are kept");
    }
    futures_util::future::join_all(ears.iter().map(|ear| tell_one_host(&service, ear))).await;
}

async fn tell_one_host(service: &Service, ear: &WebhookEndpoint) {
    let mut at_once = AT_ONCE;
    loop {
        // Before they are taken: waiting here is no part of their lease.
        let Ok(posts) = service.0.notices.posts.acquire_many(at_once).await else {
            return;
        };
        let now_ms = service.0.clock.now_ms();
        match service
            .0
            .store
            .take_notices(&ear.host, now_ms, LEASE_MS, at_once)
            .await
        {
            Ok(taken) if !taken.is_empty() => {
                let told = futures_util::future::join_all(
                    taken.iter().map(|notice| tell(service, ear, notice)),
                )
                .await;
                // A host that does not answer gets one at a time, and so is in nobody's way.
                at_once = if told.contains(&true) { AT_ONCE } else { 1 };
                continue;
            }
            Ok(_none) => {}
            Err(error) => tracing::warn!(%error, "no notices taken"),
        }
        drop(posts);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether the host has heard.
async fn tell(service: &Service, ear: &WebhookEndpoint, notice: &Notice) -> bool {
    let store = &service.0.store;
    let told = post(service, ear, notice).await;
    let has_heard = told.is_ok();
    let settled = match told {
        Ok(()) => store.settle_notice(notice.id).await,
        Err(error) if notice.tries >= TRIES => {
            tracing::error!(host = notice.host, %error, "a notice was given up");
            store.settle_notice(notice.id).await
        }
        Err(error) => {
            tracing::warn!(host = notice.host, %error, tries = notice.tries, "a notice was not taken");
            let wait = WAIT_MS
                .saturating_mul(1 << notice.tries.min(20))
                .min(WAIT_MAX_MS);
            store
                .postpone_notice(notice.id, service.0.clock.now_ms().saturating_add(wait))
                .await
        }
    };
    if let Err(error) = settled {
        // It comes back when the lease ends.
        tracing::warn!(%error, "a notice was not settled");
    }
    has_heard
}

async fn post(service: &Service, ear: &WebhookEndpoint, notice: &Notice) -> Result<(), SendError> {
    let body = Body {
        host: &notice.host,
        subject: &notice.subject,
        line: view(&notice.line),
    };
    let body =
        serde_json::to_string(&body).map_err(|error| SendError::Refused(error.to_string()))?;
    let timestamp = service.0.clock.now_s();
    let signature = sign(&ear.secret, timestamp, body.as_bytes());
    // With the line's hash: after a restore its number comes again, for something else.
    let id = format!(
        "{}-{}-{}",
        encode(&crate::keys::sha256(notice.subject.as_bytes())),
        notice.line.seq,
        encode(&notice.line.hash)
    );
    let timestamp = timestamp.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", id.as_str()),
        (TIMESTAMP_HEADER, &timestamp),
        (SIGNATURE_HEADER, &signature),
    ];
    match http::post(
        &service.0.notices.agent,
        &ear.url,
        &headers,
        Zeroizing::new(body),
    )
    .await?
    {
        (status, _) if status.is_success() => Ok(()),
        (status, _) => Err(SendError::Unclear(status.to_string())),
    }
}

/// A line as it is shown.
pub(crate) fn view(line: &crate::audit::AuditEntry) -> EventView {
    EventView {
        seq: line.seq,
        at: line.at,
        kind: line.kind,
        method: line.method,
        hint: line.hint.clone(),
        client_description: line.client_description.clone(),
        by: line.support.as_ref().and_then(|support| support.by.clone()),
        reason: line.support.as_ref().map(|support| support.reason.clone()),
        count: line.count,
        hash: encode(&line.hash),
    }
}
