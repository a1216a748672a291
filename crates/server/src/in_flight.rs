//! What one request does and its repeats wait for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

/// A lock for each name that somebody holds or waits for. Within this process: what counts is
/// decided in the database.
#[derive(Default)]
pub(crate) struct InFlight(Mutex<BTreeMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl InFlight {
    /// Waits until nobody else is at it.
    pub(crate) async fn alone(&self, name: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| lock.strong_count() > 0);
            let known = locks.get(name).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::default();
                locks.insert(name.to_owned(), Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}
