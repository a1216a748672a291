//! What is done now and then, whether anybody asks or not.

use std::time::Duration;

use nidan_server::Service;

/// The interval between two looks at what is due: people hear of a pause's end within a minute.
const DUE_EVERY: Duration = Duration::from_secs(60);
/// The interval between two deletions of flows that ended.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// Writes down what has come to its hour, until the process ends.
pub(crate) async fn note_what_is_due(service: Service) {
    let mut ticks = tokio::time::interval(DUE_EVERY);
    loop {
        ticks.tick().await;
        match service.note_what_is_due().await {
            Ok(0) => {}
            Ok(noted) => tracing::info!(noted, "ends of pauses and of methods noted"),
            Err(error) => tracing::warn!(%error, "what is due was not noted"),
        }
    }
}

/// Deletes flows that ended long ago, until the process ends.
pub(crate) async fn purge(service: Service) {
    let mut ticks = tokio::time::interval(PURGE_EVERY);
    loop {
        ticks.tick().await;
        match service.purge().await {
            Ok(0) => {}
            Ok(flows) => tracing::info!(flows, "ended flows deleted"),
            Err(error) => tracing::warn!(%error, "ended flows not deleted"),
        }
    }
}
