//! Reads, beside the writer: each on a connection of its own, on the runtime's threads for work
//! that waits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::connection::File;
use crate::failure::Failure;
use nidan_store::StoreError;

const CONNECTIONS: usize = 8;
/// The time for which a request waits for a connection before it is answered with 503.
const WAIT: Duration = Duration::from_secs(2);

/// Connections that are opened when they are needed first, and kept.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    file: Arc<File>,
    idle: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(file: &File) -> Self {
        let mut file = file.clone();
        file.pragmas
            .push(("query_only".to_owned(), "ON".to_owned()));
        Self {
            file: Arc::new(file),
            idle: Arc::new(Mutex::new(Vec::with_capacity(CONNECTIONS))),
            free: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }

    /// Runs `work` in a read transaction: all that it reads is of one moment.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = tokio::time::timeout(WAIT, Arc::clone(&self.free).acquire_owned())
            .await
            .map_err(|_| StoreError::Unavailable("no connection became free".into()))?
            .map_err(|_| StoreError::Unavailable("the database is closed".into()))?;
        let readers = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let kept = readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            let connection = kept.map_or_else(|| readers.file.connect(), Ok)?;
            let read = connection.unchecked_transaction()?;
            let value = work(&read);
            read.finish()?;
            readers
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            value
        });
        reading
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?
            .map_err(StoreError::from)
    }

    /// Waits for reads that run, and closes every connection.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        if let Ok(_permits) = self.free.acquire_many(all).await {
            self.free.close();
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clear();
        }
    }
}
