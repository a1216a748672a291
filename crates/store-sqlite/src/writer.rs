//! One writer that groups many requests' transactions into one commit: a commit waits for the disk,
//! and the disk takes one commit for a hundred requests as gladly as for one. Nobody is answered
//! before the commit that holds their work. It has a thread of its own, so that a statement costs
//! what SQLite costs and no hand-over.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::connection::{File, execute};
use crate::failure::Failure;
use nidan_store::StoreError;

/// More wait for the next commit.
const GROUP_MAX: usize = 128;
/// Requests that wait beyond this many wait to be queued.
const QUEUE: usize = 1_024;

/// A piece of work and whoever waits for it.
trait Job: Send {
    /// Does it inside the transaction that is open; whether its changes are kept.
    fn work(&mut self, write: &Connection) -> bool;
    /// Tells what became of it, after the commit or instead of one.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct QueuedJob<W, T> {
    work: Option<W>,
    outcome: Option<Result<T, StoreError>>,
    waits: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W: FnOnce(&Connection) -> Result<T, Failure> + Send> Job for QueuedJob<W, T> {
    fn work(&mut self, write: &Connection) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        // A panic is this request's alone: the panic hook has logged it.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(write)))
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the work panicked".into()).into()));
        let keeps = outcome.is_ok();
        self.outcome = Some(outcome.map_err(StoreError::from));
        keeps
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match self.outcome {
            // What was read to do the work may have been of a neighbour in the same group: it holds
            // with the commit only.
            Some(outcome) => outcome.and_then(|value| committed.map(|()| value)),
            None => committed.and(Err(StoreError::Unavailable("not begun".into()))),
        };
        // Who no longer waits has given up, not undone.
        let _gone = self.waits.send(answer);
    }
}

enum Order {
    Work(Box<dyn Job>),
    Stop(oneshot::Sender<()>),
}

/// Hands work to the writer.
#[derive(Clone)]
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    /// Starts the writer on a connection of its own; it ends when the last handle is dropped.
    pub(crate) fn start(file: File) -> Result<Self, StoreError> {
        let connection = file.connect()?;
        let (orders, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || write(connection, &file, queue))
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self { orders })
    }

    /// Runs `work` in a transaction, together with whatever else waits; the answer comes after the
    /// commit. Work that fails is undone alone.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (waits, answer) = oneshot::channel();
        let piece = QueuedJob {
            work: Some(work),
            outcome: None,
            waits,
        };
        self.orders
            .send(Order::Work(Box::new(piece)))
            .await
            .map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Ends the writer after what was ordered before.
    pub(crate) async fn close(&self) {
        let (stop, stopped) = oneshot::channel();
        if self.orders.send(Order::Stop(stop)).await.is_ok() {
            let _ended = stopped.await;
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer has stopped".into())
}

fn write(mut connection: Connection, file: &File, mut queue: mpsc::Receiver<Order>) {
    let mut orders = Vec::with_capacity(GROUP_MAX);
    let mut asks_to_stop = None;
    while asks_to_stop.is_none() && queue.blocking_recv_many(&mut orders, GROUP_MAX) > 0 {
        let mut group = Vec::with_capacity(orders.len());
        for order in orders.drain(..) {
            match order {
                Order::Work(job) => group.push(job),
                Order::Stop(stop) => asks_to_stop = Some(stop),
            }
        }
        let committed = in_one_commit(&connection, &mut group);
        if committed.is_err() && !connection.is_autocommit() {
            // Neither committed nor undone: whatever is wrong with it, another may be right.
            match file.connect() {
                Ok(fresh) => connection = fresh,
                Err(error) => tracing::error!(%error, "the writer has no connection"),
            }
        }
        let why = committed.map_err(|error| error.to_string());
        for job in group {
            job.answer(
                why.clone()
                    .map_err(|why| StoreError::Unavailable(why.into())),
            );
        }
    }
    if asks_to_stop.is_some()
        && let Err(error) =
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_row| Ok(()))
    {
        tracing::warn!(%error, "the WAL was not folded into the file");
    }
    if let Err((_connection, error)) = connection.close() {
        tracing::warn!(%error, "the writer's connection was not closed");
    }
    if let Some(stop) = asks_to_stop {
        let _gone = stop.send(());
    }
}

/// Whether what is kept of a group is on the disk. When it is not, nothing of it is.
fn in_one_commit(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    execute(connection, "BEGIN IMMEDIATE", [])?;
    let committed = all_of(connection, group);
    if committed.is_err() && !connection.is_autocommit() {
        execute(connection, "ROLLBACK", [])?;
    }
    committed
}

fn all_of(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    for job in group {
        execute(connection, "SAVEPOINT job", [])?;
        if !job.work(connection) {
            if connection.is_autocommit() {
                // A full disk and the like: the neighbours' work is undone with it, and they are
                // told so.
                return Err(StoreError::Unavailable(
                    "the database has ended the transaction".into(),
                )
                .into());
            }
            execute(connection, "ROLLBACK TO job", [])?;
        }
        execute(connection, "RELEASE job", [])?;
    }
    execute(connection, "COMMIT", [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::disallowed_methods,
        reason = "tests"
    )]

    use std::path::Path;
    use std::sync::mpsc;

    use super::*;
    use crate::connection::{BUSY_WAIT, scalar};

    fn writer(folder: &Path, pragmas: Vec<(String, String)>) -> Writer {
        let file = File {
            path: folder.join("test.db"),
            pragmas,
        };
        let new = Connection::open(&file.path).unwrap();
        new.execute_batch("CREATE TABLE line (text TEXT NOT NULL)")
            .unwrap();
        Writer::start(file).unwrap()
    }

    fn insert(write: &Connection, text: &str) -> Result<(), Failure> {
        execute(write, "INSERT INTO line (text) VALUES (?1)", [text]).map(|_| ())
    }

    async fn lines(writer: &Writer) -> String {
        let sql = "SELECT coalesce(group_concat(text, ' '), '') FROM (SELECT text FROM line ORDER BY text)";
        writer
            .run(move |write| scalar(write, sql, []))
            .await
            .unwrap()
    }

    /// Holds the writer up until all of `works` are ordered, so that they come into one group.
    async fn in_one_group<T>(writer: &Writer, works: impl Future<Output = T>) -> T {
        let (go, gone) = mpsc::channel::<()>();
        let held = writer.run(move |_write| {
            let _released = gone.recv();
            Ok(())
        });
        let release = async {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            go.send(()).unwrap();
        };
        // It may be in the group itself, and fail with it.
        let (_held, (), answers) = tokio::join!(held, release, works);
        answers
    }

    #[tokio::test]
    async fn work_that_fails_or_panics_leaves_its_group_alone() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(folder.path(), Vec::new());
        let works = async {
            tokio::join!(
                writer.run(|write| insert(write, "first")),
                writer.run(|write| {
                    insert(write, "failed")?;
                    Err::<(), _>(Failure::row("on purpose"))
                }),
                writer.run(|write| {
                    insert(write, "panicked")?;
                    if write.is_autocommit() {
                        Ok(())
                    } else {
                        panic!("on purpose")
                    }
                }),
                writer.run(|write| insert(write, "last")),
            )
        };
        let (first, failed, panicked, last) = in_one_group(&writer, works).await;
        assert!(first.is_ok() && last.is_ok() && failed.is_err() && panicked.is_err());
        assert_eq!(lines(&writer).await, "first last");
    }

    /// A full disk ends a transaction with everybody's work in it: nobody may get the answer that
    /// theirs is kept.
    #[tokio::test]
    async fn nobody_is_answered_yes_for_what_a_full_disk_has_undone() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(
            folder.path(),
            vec![("max_page_count".to_owned(), "4".to_owned())],
        );
        let long = "x".repeat(30_000);
        let works = async {
            tokio::join!(
                writer.run(|write| insert(write, "small")),
                writer.run(move |write| insert(write, &long)),
                writer.run(|write| insert(write, "other")),
            )
        };
        let (small, large, other) = in_one_group(&writer, works).await;
        assert!(large.is_err());
        let kept = lines(&writer).await;
        assert_eq!(kept.contains("small"), small.is_ok(), "{kept}");
        assert_eq!(kept.contains("other"), other.is_ok(), "{kept}");
        writer.run(|write| insert(write, "later")).await.unwrap();
    }

    #[tokio::test]
    async fn what_another_process_holds_is_refused_at_once_for_all_and_goes_on_after() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(folder.path(), Vec::new());
        let other = Connection::open(folder.path().join("test.db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let refused = async |line: &'static str| {
            let answer = writer.run(move |write| insert(write, line)).await;
            (answer, std::time::Instant::now())
        };
        // The first is waited for, alone; the others come meanwhile, and are a group then.
        let meanwhile = async |line: &'static str| {
            tokio::time::sleep(BUSY_WAIT / 4).await;
            refused(line).await
        };
        let (first, (one, one_at), (two, two_at)) =
            tokio::join!(refused("first"), meanwhile("one"), meanwhile("two"));
        assert!(
            first.0.is_err()
                && one.is_err()
                && two.is_err_and(|error| error.to_string().contains("locked")),
            "with the reason"
        );
        // Whoever waits after the other waits as long as it did.
        assert!(
            two_at.duration_since(one_at) < BUSY_WAIT / 2,
            "they did not wait one after another"
        );
        other.execute_batch("ROLLBACK").unwrap();
        assert_eq!(lines(&writer).await, "");
        writer.run(|write| insert(write, "three")).await.unwrap();
    }

    /// Two processes on one file: one that never rests leaves the other its turns.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_busy_process_does_not_starve_another() {
        let folder = tempfile::tempdir().unwrap();
        let busy = writer(folder.path(), Vec::new());
        let other = Writer::start(File {
            path: folder.path().join("test.db"),
            pragmas: Vec::new(),
        })
        .unwrap();
        let load: Vec<_> = (0..64)
            .map(|_| {
                let busy = busy.clone();
                tokio::spawn(async move {
                    loop {
                        busy.run(|write| insert(write, "busy")).await.unwrap();
                    }
                })
            })
            .collect();
        // At work before the other one comes: it commits without a pause then.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        for _ in 0..20 {
            other.run(|write| insert(write, "other")).await.unwrap();
        }
        load.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[tokio::test]
    async fn after_its_end_work_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(folder.path(), Vec::new());
        writer.run(|write| insert(write, "kept")).await.unwrap();
        writer.close().await;
        assert!(writer.run(|write| insert(write, "late")).await.is_err());
        let alone = folder.path().join("alone.db");
        std::fs::copy(folder.path().join("test.db"), &alone).unwrap();
        let kept: u32 = scalar(
            &Connection::open(&alone).unwrap(),
            "SELECT COUNT(*) FROM line",
            [],
        )
        .unwrap();
        assert_eq!(kept, 1, "the WAL is folded into the file");
    }
}
