//! One writer that groups many requests' transactions into one commit: a commit waits for the disk, and the disk takes one
//! commit for a hundred requests as gladly as for one. Nobody is answered before the commit that holds their work.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex as Gate, OwnedMutexGuard, mpsc, oneshot};

use crate::store::StoreError;

/// More wait for the next commit.
const GROUP_MAX: usize = 128;
/// Requests that wait beyond this many wait to be queued.
const QUEUE: usize = 1_024;

/// What happens inside a transaction. It may be called again, when the group that it was in is undone.
pub(super) type Work<T> = dyn for<'c> Fn(&'c mut SqliteConnection) -> Running<'c, T> + Send + Sync;
/// The work under way.
pub(super) type Running<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;

struct Job {
    work: Box<Work<()>>,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// Hands work to the writer, and keeps other transactions of this process from waiting inside SQLite.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    /// Whoever writes holds it: SQLite's own waiting is no queue.
    gate: Arc<Gate<()>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// Starts the writer on a connection of its own; it ends when the last handle is dropped.
    pub(super) async fn start(options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let connection = options.connect().await?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let gate = Arc::new(Gate::new(()));
        tokio::spawn(write(connection, options, queue, Arc::clone(&gate)));
        Ok(Self { jobs, gate })
    }

    /// Waits for this process's turn to write.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.gate).lock_owned().await
    }

    /// Runs `work` in a transaction, together with whatever else waits; the answer comes after the commit. Work that fails
    /// is undone alone.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl for<'c> Fn(&'c mut SqliteConnection) -> Running<'c, T> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        let work: Box<Work<()>> = Box::new(move |connection| {
            let (running, slot) = (work(connection), Arc::clone(&slot));
            Box::pin(async move {
                let value = running.await?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        });
        let (done, committed) = oneshot::channel();
        self.jobs.send(Job { work, done }).await.map_err(|_| stopped())?;
        committed.await.map_err(|_| stopped())??;
        let value = answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(stopped)
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

async fn write(
    mut connection: SqliteConnection,
    options: SqliteConnectOptions,
    mut queue: mpsc::Receiver<Job>,
    gate: Arc<Gate<()>>,
) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while queue.recv_many(&mut group, GROUP_MAX).await > 0 {
        let turn = gate.lock().await;
        let answers = in_a_group(&mut connection, &group).await;
        drop(turn);
        if answers.iter().any(Result::is_err) && connection.ping().await.is_err() {
            match options.connect().await {
                Ok(fresh) => connection = fresh,
                Err(error) => tracing::error!(%error, "the writer has no connection"),
            }
        }
        for (job, answer) in group.drain(..).zip(answers) {
            // Who no longer waits has given up, not undone.
            let _gone = job.done.send(answer);
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the writer's connection was not closed");
    }
}

/// An answer for each job, in their order.
async fn in_a_group(connection: &mut SqliteConnection, group: &[Job]) -> Vec<Result<(), StoreError>> {
    let mut answers = Vec::with_capacity(group.len());
    match transaction(connection, group).await {
        // One of them failed: each for itself, so that the others do not pay for it.
        Err(Failed::Job(_)) if group.len() > 1 => {
            for job in group {
                answers.push(transaction(connection, std::slice::from_ref(job)).await.map_err(Failed::into_error));
            }
        }
        // The database did not take any of them: each alone would wait for it again.
        Err(failed) => {
            answers.push(Err(failed.into_error()));
            answers
                .resize_with(group.len(), || Err(StoreError::Unavailable("the database took no transaction".into())));
        }
        Ok(()) => answers.resize_with(group.len(), || Ok(())),
    }
    answers
}

/// Whose fault it is that a transaction failed.
enum Failed {
    Job(StoreError),
    Database(StoreError),
}

impl Failed {
    fn into_error(self) -> StoreError {
        match self {
            Self::Job(error) | Self::Database(error) => error,
        }
    }
}

async fn transaction(connection: &mut SqliteConnection, group: &[Job]) -> Result<(), Failed> {
    let database = |error: sqlx::Error| Failed::Database(error.into());
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.map_err(database)?;
    let done = async {
        for job in group {
            (job.work)(connection).await.map_err(Failed::Job)?;
        }
        sqlx::query("COMMIT").execute(&mut *connection).await.map_err(database)?;
        Ok(())
    }
    .await;
    if done.is_err() {
        // A failed commit may have ended the transaction itself; then there is nothing to undo.
        let _undone = sqlx::query("ROLLBACK").execute(&mut *connection).await;
    }
    done
}
