//! What an operator watches: how many messages were sent of how many allowed, and what waits.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::Service;
use crate::challenge::BLOCK_GROWS;
use crate::config::Budgets;
use nidan_store::{Scope, StoreError};

const SCOPES: [Scope; 10] = Scope::ALL;

const fn limit(budgets: &Budgets, scope: Scope) -> u32 {
    match scope {
        Scope::NumberHour => budgets.number_per_hour,
        Scope::NumberDay => budgets.number_per_day,
        Scope::Subject => budgets.subject_per_day,
        Scope::Block => budgets.block_per_day,
        Scope::BlockAll => budgets.block_per_day.saturating_mul(BLOCK_GROWS),
        Scope::Host => budgets.host_per_day,
        Scope::Country => budgets.country_per_day,
        Scope::Total => budgets.total_per_day,
        Scope::LoginHost => budgets.login_host_per_day,
        Scope::LoginTotal => budgets.login_total_per_day,
    }
}

/// [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/), as Prometheus scrapes it.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A gateway, and what became of the messages that it was given. No gateway yet: the empty name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfGateway {
    gateway: String,
    state: &'static str,
}

/// A scope in which messages are counted, and its key where an operator may read it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKey {
    scope: String,
    key: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfScope {
    scope: &'static str,
}

/// `/metrics` for Prometheus, for a listener of its own: it needs no key, so the network must guard
/// it.
pub fn metrics_router(service: Service) -> Router {
    let metrics = async |State(service): State<Service>| match text(&service).await {
        Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, TEXT)], text),
        Err(error) => {
            tracing::warn!(%error, "no metrics");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (status, [(header::CONTENT_TYPE, TEXT)], String::new())
        }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(service)
}

/// The counts of one moment.
async fn text(service: &Service) -> Result<String, StoreError> {
    let now_ms = service.0.clock.now_ms();
    let (queued, oldest_ms) = service.0.store.queue().await?;
    let waiting_s = oldest_ms.map_or(0, |oldest| now_ms.saturating_sub(oldest) / 1000);
    let mut registry = Registry::with_prefix("nidan");
    let waiting = Gauge::<u64, AtomicU64>::default();
    waiting.set(queued);
    let help = "Messages that no gateway has taken yet";
    registry.register("messages_queued", help, waiting);
    let oldest = Gauge::<u64, AtomicU64>::default();
    oldest.set(waiting_s);
    let help = "The time for which the oldest of them has waited";
    registry.register_with_unit("messages_oldest", help, Unit::Seconds, oldest);
    let messages = Family::<OfGateway, Gauge<u64, AtomicU64>>::default();
    for (gateway, state, count) in service.0.store.deliveries().await? {
        let state = state.as_str();
        messages
            .get_or_create(&OfGateway { gateway, state })
            .set(count);
    }
    let help = "Messages of the last hour or so, by gateway and delivery status";
    registry.register("messages", help, messages);
    let highest = Family::<OfKey, Gauge<u64, AtomicU64>>::default();
    for count in service.0.store.counts(now_ms / 1000).await? {
        let (scope, key) = (count.scope, count.key.unwrap_or_default());
        highest
            .get_or_create(&OfKey { scope, key })
            .set(count.highest);
    }
    let help = "Messages ordered in the current window by the busiest key";
    registry.register("sends_highest", help, highest);
    let limits = Family::<OfScope, Gauge<u64, AtomicU64>>::default();
    let budgets = budgets(service);
    for scope in SCOPES {
        let of_scope = OfScope {
            scope: scope.as_str(),
        };
        let allowed = u64::from(limit(&budgets, scope));
        limits.get_or_create(&of_scope).set(allowed);
    }
    let help = "Messages that one key may order in a window";
    registry.register("sends_limit", help, limits);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|error| StoreError::Unavailable(Box::new(error)))?;
    Ok(text)
}

fn budgets(service: &Service) -> Budgets {
    let phone = service.0.config.phone.as_ref();
    phone.map(|phone| phone.budgets).unwrap_or_default()
}

/// The same for a terminal.
///
/// # Errors
/// When the database does not answer.
pub async fn stats(service: &Service) -> Result<String, StoreError> {
    let budgets = budgets(service);
    let (queued, _) = service.0.store.queue().await?;
    let counts = service.0.store.counts(service.0.clock.now_s()).await?;
    let mut text = format!(
        "messages waiting: {queued}\n\n{:<14}{:<20}{:>10}{:>10}{:>10}\n",
        "counted by", "key", "highest", "limit", "all"
    );
    for scope in SCOPES {
        let of_scope: Vec<_> = counts
            .iter()
            .filter(|count| count.scope == scope.as_str())
            .collect();
        if of_scope.is_empty() {
            let _ = writeln!(
                text,
                "{:<14}{:<20}{:>10}{:>10}{:>10}",
                scope.as_str(),
                "",
                0,
                limit(&budgets, scope),
                0
            );
        }
        for count in of_scope {
            let key = count.key.as_deref().unwrap_or_default();
            let limit = limit(&budgets, scope);
            let _ = writeln!(
                text,
                "{:<14}{key:<20}{:>10}{limit:>10}{:>10}",
                scope.as_str(),
                count.highest,
                count.sum
            );
        }
    }
    let _ = writeln!(text, "\n{:<20}{:<12}{:>10}", "gateway", "state", "messages");
    for (gateway, state, count) in service.0.store.deliveries().await? {
        let gateway = if gateway.is_empty() {
            "(none)"
        } else {
            &gateway
        };
        let _ = writeln!(text, "{gateway:<20}{:<12}{count:>10}", state.as_str());
    }
    Ok(text)
}
