//! SQLite in WAL mode with `synchronous=FULL`: what was answered is on the disk.

mod budgets;
mod challenges;
mod flows;
mod messages;
mod record;
mod rows;
mod tries;
mod trust;
mod verify;
mod writer;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use nidan_protocol::EventKind;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};
use tokio::sync::OwnedMutexGuard;

use super::{
    Activated, Activation, Attempt, BackupSet, Flow, NewFlow, Opened, Redeemed, Redemption, Store, StoreError, Subject,
};
use crate::record::{Detail, Scribe};
use crate::throttle::Allowance;
use rows::{flow_from, from_sql, kind_from, method_from, to_sql};
use writer::Writer;

/// How long a request waits for another writer before it answers 503.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECTIONS: u32 = 8;

const FLOW_COLUMNS: &str = "id, host, subject, purpose, account_name, auth_time, session_binding, origin, \
    token_hash, enrolment_id, server_nonce, created_at, expires_at, country, place, state, body_hash, method_id, \
    used, reported_at, factor_epoch, trusts, trust_hash";

/// A database in one file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    writer: Writer,
}

/// A transaction of its own, in this process's turn to write.
struct Write<'a> {
    transaction: Transaction<'a, Sqlite>,
    _turn: OwnedMutexGuard<()>,
}

impl Write<'_> {
    async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

impl std::ops::Deref for Write<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl std::ops::DerefMut for Write<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

impl SqliteStore {
    /// Opens the file, makes it when it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or migrated.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        make_private(file).map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Self::open_with(SqliteConnectOptions::new().filename(file).create_if_missing(true)).await
    }

    /// As [`open`](Self::open), with connection options of the caller's own.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            // What is deleted is overwritten: purged account names do not stay in free pages.
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(BUSY_TIMEOUT)
            // A file does not hang up; the question would be one more for each request.
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!().run(&pool).await.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self { writer: Writer::start(options).await?, pool })
    }

    /// Waits for open connections and closes them, so that the WAL is folded into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction that takes the write lock at once: two of them never both read first and then fail.
    async fn write(&self) -> Result<Write<'_>, StoreError> {
        let turn = self.writer.turn().await;
        Ok(Write { transaction: self.pool.begin_with("BEGIN IMMEDIATE").await?, _turn: turn })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) => {
                Self::Row(error.to_string())
            }
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn open_flow(&self, flow: &NewFlow) -> Result<Opened, StoreError> {
        let mut write = self.write().await?;
        if flows::has_factor(&mut write, &flow.host, &flow.subject).await? {
            return Ok(Opened::FactorActive);
        }
        sqlx::query("UPDATE flow SET state = 'superseded' WHERE host = ?1 AND subject = ?2 AND state = 'open'")
            .bind(&flow.host)
            .bind(&flow.subject)
            .execute(&mut *write)
            .await?;
        flows::insert(&mut write, flow).await?;
        write.commit().await?;
        Ok(Opened::Yes)
    }

    async fn flow_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<Flow>, StoreError> {
        let sql = format!("SELECT {FLOW_COLUMNS} FROM flow WHERE token_hash = ?1");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(token_hash.as_slice())
            .fetch_optional(&self.pool)
            .await?
            .map(|row| flow_from(&row))
            .transpose()
    }

    async fn reserve_attempt(&self, flow_id: &str, limit: u32) -> Result<Attempt, StoreError> {
        let _turn = self.writer.turn().await;
        let spent: Option<i64> = sqlx::query_scalar(
            "UPDATE flow SET attempts = attempts + 1 WHERE id = ?1 AND attempts < ?2 RETURNING attempts",
        )
        .bind(flow_id)
        .bind(limit)
        .fetch_optional(&self.pool)
        .await?;
        Ok(spent.map_or(Attempt::Exhausted, |spent| Attempt::Reserved {
            left: limit.saturating_sub(u32::try_from(spent).unwrap_or(limit)),
        }))
    }

    async fn activate(&self, a: &Activation) -> Result<Activated, StoreError> {
        let mut write = self.write().await?;
        let completed = sqlx::query(
            "UPDATE flow SET state = 'completed', body_hash = ?2, method_id = ?3, result_hash = ?4, \
             result_expires_at = ?5 WHERE id = ?1 AND state = 'open'",
        )
        .bind(&a.flow_id)
        .bind(a.body_hash.as_slice())
        .bind(a.methods.first().map(|method| &method.id))
        .bind(a.result_hash.as_slice())
        .bind(to_sql(a.result_expires_at))
        .execute(&mut *write)
        .await?;
        if completed.rows_affected() != 1 || flows::has_factor(&mut write, &a.host, &a.subject).await? {
            return Ok(Activated::Conflict);
        }
        flows::raise_epoch(&mut write, &a.host, &a.subject).await?;
        for (position, method) in (0_i64..).zip(&a.methods) {
            if !flows::insert_method(&mut write, a, method, position).await? {
                return Ok(Activated::SecretKnown);
            }
        }
        flows::replace_backup_set(&mut write, a).await?;
        record::append(&mut write, (&a.host, &a.subject), EventKind::Enrolled, Detail::default(), &a.scribe).await?;
        write.commit().await?;
        Ok(Activated::Yes)
    }

    async fn extend_result(&self, flow_id: &str, expires_at: u64) -> Result<(), StoreError> {
        let _turn = self.writer.turn().await;
        sqlx::query("UPDATE flow SET result_expires_at = ?2 WHERE id = ?1 AND redeemed_at IS NULL")
            .bind(flow_id)
            .bind(to_sql(expires_at))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn redeem(&self, redemption: &Redemption) -> Result<Option<Redeemed>, StoreError> {
        let redemption = redemption.clone();
        self.writer.run(move |write| Box::pin(redeem(write, redemption.clone()))).await
    }

    async fn subject(&self, host: &str, subject: &str) -> Result<Subject, StoreError> {
        // One read transaction: methods, codes and epoch are of one moment.
        let mut read = self.pool.begin().await?;
        let row: Option<(i64, i64)> =
            sqlx::query_as("SELECT factor_epoch, guess_full_at FROM subject WHERE host = ?1 AND subject = ?2")
                .bind(host)
                .bind(subject)
                .fetch_optional(&mut *read)
                .await?;
        let (epoch, guess_full_at) = row.unwrap_or_default();
        let rows = sqlx::query(
            "SELECT id, kind, name, sealed, fingerprint, last_step, number_index, hint, created_at, in_a_row, day, today, \
             used_at FROM method \
             WHERE host = ?1 AND subject = ?2 ORDER BY created_at, position",
        )
        .bind(host)
        .bind(subject)
        .fetch_all(&mut *read)
        .await?;
        Ok(Subject {
            methods: rows.iter().map(method_from).collect::<Result<_, _>>()?,
            backup_codes_left: flows::backup_codes_left(&mut read, host, subject).await?,
            factor_epoch: from_sql(epoch)?,
            allowance: Allowance { full_at: from_sql(guess_full_at)? },
        })
    }

    async fn backup_set(&self, host: &str, subject: &str) -> Result<Option<BackupSet>, StoreError> {
        // One read transaction: salt and codes are of one moment.
        let mut read = self.pool.begin().await?;
        flows::backup_set(&mut read, host, subject).await
    }

    async fn latest_step(&self) -> Result<Option<u64>, StoreError> {
        let step: Option<i64> = sqlx::query_scalar("SELECT MAX(last_step) FROM method").fetch_one(&self.pool).await?;
        step.map(from_sql).transpose()
    }

    async fn purge_flows(&self, expired_before: u64) -> Result<u64, StoreError> {
        let _turn = self.writer.turn().await;
        let purged = sqlx::query("DELETE FROM flow WHERE expires_at < ?1")
            .bind(to_sql(expired_before))
            .execute(&self.pool)
            .await?;
        Ok(purged.rows_affected())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        // What writes must run too: every login needs it.
        self.writer.run(|_write| Box::pin(async { Ok(()) })).await
    }
}

/// The file holds names and hashes: for nobody else on the machine. SQLite gives its WAL the same mode.
fn make_private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _there => Ok(()),
    }
}

/// Spent only together with all that the answer needs: a failure in between leaves the code good.
async fn redeem(write: &mut SqliteConnection, r: Redemption) -> Result<Option<Redeemed>, StoreError> {
    let sql = format!(
        "UPDATE flow SET redeemed_at = ?5 WHERE id = ?1 AND host = ?2 AND session_binding = ?3 \
         AND result_hash = ?4 AND redeemed_at IS NULL AND state = 'completed' AND result_expires_at >= ?5 \
         AND (purpose <> 'verify' OR factor_epoch = (SELECT s.factor_epoch FROM subject s \
         WHERE s.host = flow.host AND s.subject = flow.subject)) \
         AND (trust_hash IS NULL OR EXISTS (SELECT 1 FROM trusted_browser b WHERE b.token_hash = flow.trust_hash)) \
         RETURNING {FLOW_COLUMNS}"
    );
    let spent = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(&r.flow_id)
        .bind(&r.host)
        .bind(&r.session_binding)
        .bind(r.result_hash.as_slice())
        .bind(to_sql(r.now))
        .fetch_optional(&mut *write)
        .await?;
    let Some(row) = spent else { return Ok(None) };
    let flow = flow_from(&row)?;
    let epoch: i64 = sqlx::query_scalar("SELECT factor_epoch FROM subject WHERE host = ?1 AND subject = ?2")
        .bind(&flow.opened.host)
        .bind(&flow.opened.subject)
        .fetch_one(&mut *write)
        .await?;
    let kinds: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT kind FROM method WHERE host = ?1 AND subject = ?2 ORDER BY kind")
            .bind(&flow.opened.host)
            .bind(&flow.opened.subject)
            .fetch_all(&mut *write)
            .await?;
    let kinds = kinds.iter().map(|kind| kind_from(kind)).collect::<Result<_, _>>()?;
    let scribe = Scribe { place: flow.opened.place.clone(), ..r.scribe };
    let trust_ends = match (&r.trust, row.try_get::<Option<Vec<u8>>, _>("trust_hash")?) {
        (Some(new), Some(brought)) => trust::rotate(write, &brought, new, r.now).await?,
        (Some(new), None) if row.try_get("trusts")? => {
            Some(trust::grant(write, &flow.opened, epoch, new, &scribe).await?)
        }
        _none => None,
    };
    Ok(Some(Redeemed { used: row.try_get("used")?, factor_epoch: from_sql(epoch)?, flow, kinds, trust_ends }))
}
