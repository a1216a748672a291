//! Delivery reports of gateways.

use std::sync::Arc;
use std::time::Duration;

use nidan_protocol::DeliveryState;
use nidan_store::{Store, StoreError};

use crate::UnixClock;

/// A gateway may speak of a message before it is written down that it took it: so often it is
/// looked for, and so long.
const LOOKS: u32 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The message that a gateway means.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// By its id.
    Id(&'a str),
    /// By the gateway's own reference.
    Reference(&'a str),
}

/// Takes one gateway's word on its messages, and on no other's.
#[derive(Clone)]
pub struct Receipts {
    store: Arc<dyn Store>,
    clock: UnixClock,
    gateway: String,
}

impl Receipts {
    /// For one gateway, by its id in the configuration.
    pub fn new(store: Arc<dyn Store>, clock: UnixClock, gateway: &str) -> Self {
        Self {
            store,
            clock,
            gateway: gateway.to_owned(),
        }
    }

    /// As configured.
    pub fn gateway(&self) -> &str {
        &self.gateway
    }

    /// Moves a message on; whether it did. Late, doubled and foreign words change nothing.
    ///
    /// # Errors
    /// When the database does not take it now.
    pub async fn note(&self, known: Known<'_>, state: DeliveryState) -> Result<bool, StoreError> {
        let (store, now) = (&self.store, (self.clock)());
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            let id = match known {
                Known::Id(id) => Some(id.to_owned()),
                Known::Reference(reference) => {
                    store.message_by_reference(&self.gateway, reference).await?
                }
            };
            let Some(id) = id else { continue };
            let changed = store.receipt(&self.gateway, &id, state, now).await?;
            if changed || store.message(&self.gateway, &id).await?.is_some() {
                tracing::info!(
                    gateway = self.gateway,
                    message = id,
                    ?state,
                    changed,
                    "receipt"
                );
                return Ok(changed);
            }
        }
        Ok(false)
    }
}
