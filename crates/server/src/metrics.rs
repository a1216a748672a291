//! What an operator watches: how many messages were sent of how many allowed, and what waits.

use std::fmt::Write as _;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::routing::get;

use crate::Service;
use crate::challenge::BLOCK_GROWS;
use crate::config::Budgets;
use crate::store::{Scope, StoreError};

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

/// `/metrics` in Prometheus' text format, for a listener of its own: it needs no key, so the
/// network must guard it.
pub fn metrics_router(service: Service) -> Router {
    let metrics = async |State(service): State<Service>| match text(&service).await {
        Ok(text) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
            text,
        ),
        Err(error) => {
            tracing::warn!(%error, "no metrics");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
                String::new(),
            )
        }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(service)
}

async fn text(service: &Service) -> Result<String, StoreError> {
    let now_ms = service.0.clock.now_ms();
    let (queued, oldest_ms) = service.0.store.queue().await?;
    let waiting_s = oldest_ms.map_or(0, |oldest| now_ms.saturating_sub(oldest) / 1000);
    let budgets = service
        .0
        .config
        .phone
        .as_ref()
        .map(|phone| phone.budgets)
        .unwrap_or_default();
    // Writing into a string does not fail.
    let mut text = String::new();
    let _ = writeln!(
        text,
        "# HELP nidan_messages_queued Messages that no gateway has taken yet."
    );
    let _ = writeln!(
        text,
        "# TYPE nidan_messages_queued gauge\nnidan_messages_queued {queued}"
    );
    let _ = writeln!(
        text,
        "# HELP nidan_messages_oldest_seconds How long the oldest of them waits."
    );
    let _ = writeln!(
        text,
        "# TYPE nidan_messages_oldest_seconds gauge\nnidan_messages_oldest_seconds {waiting_s}"
    );
    let _ = writeln!(
        text,
        "# HELP nidan_messages Messages of the last hour or so, by gateway and how they fare."
    );
    let _ = writeln!(text, "# TYPE nidan_messages gauge");
    for (gateway, state, count) in service.0.store.deliveries().await? {
        let state = state.as_str();
        let _ = writeln!(
            text,
            "nidan_messages{{gateway=\"{gateway}\",state=\"{state}\"}} {count}"
        );
    }
    let _ = writeln!(
        text,
        "# HELP nidan_sends_highest Messages ordered in the running window by the busiest key."
    );
    let _ = writeln!(text, "# TYPE nidan_sends_highest gauge");
    for count in service.0.store.counts(now_ms / 1000).await? {
        let key = count.key.unwrap_or_default();
        let _ = writeln!(
            text,
            "nidan_sends_highest{{scope=\"{}\",key=\"{key}\"}} {}",
            count.scope, count.highest
        );
    }
    let _ = writeln!(
        text,
        "# HELP nidan_sends_limit What one key may order in a window."
    );
    let _ = writeln!(text, "# TYPE nidan_sends_limit gauge");
    for scope in SCOPES {
        let _ = writeln!(
            text,
            "nidan_sends_limit{{scope=\"{}\"}} {}",
            scope.as_str(),
            limit(&budgets, scope)
        );
    }
    Ok(text)
}

/// The same for a terminal.
///
/// # Errors
/// When the database does not answer.
pub async fn stats(service: &Service) -> Result<String, StoreError> {
    let budgets = service
        .0
        .config
        .phone
        .as_ref()
        .map(|phone| phone.budgets)
        .unwrap_or_default();
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
