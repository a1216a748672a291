//! SQLite in WAL mode with `synchronous=FULL`: what was answered is on the disk.

mod budgets;
mod challenges;
mod messages;
mod rows;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

use super::{
    Activated, Activation, Attempt, BackupSet, Flow, MethodDetail, NewFlow, NewMethod, Opened, Redeemed, Redemption,
    Store, StoreError, Subject,
};
use crate::backup::SALT_LEN_BYTES;
use rows::{bytes, flow_from, from_sql, kind_from, method_from, to_sql};

/// How long a request waits for another writer before it answers 503.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECTIONS: u32 = 8;

const FLOW_COLUMNS: &str = "id, host, subject, purpose, account_name, auth_time, session_binding, origin, \
    token_hash, enrolment_id, server_nonce, created_at, expires_at, country, state, body_hash, method_id";

/// A database in one file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
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
            .connect_with(options)
            .await?;
        let store = Self { pool };
        sqlx::migrate!().run(&store.pool).await.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(store)
    }

    /// Waits for open connections and closes them, so that the WAL is folded into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A transaction that takes the write lock at once: two of them never both read first and then fail.
    async fn write(&self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
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
        if has_factor(&mut write, &flow.host, &flow.subject).await? {
            return Ok(Opened::FactorActive);
        }
        sqlx::query("UPDATE flow SET state = 'superseded' WHERE host = ?1 AND subject = ?2 AND state = 'open'")
            .bind(&flow.host)
            .bind(&flow.subject)
            .execute(&mut *write)
            .await?;
        sqlx::query(
            "INSERT INTO flow (id, host, subject, purpose, account_name, auth_time, session_binding, origin, \
             token_hash, enrolment_id, server_nonce, created_at, expires_at, country, state) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 'open')",
        )
        .bind(&flow.id)
        .bind(&flow.host)
        .bind(&flow.subject)
        .bind(flow.purpose.as_str())
        .bind(&flow.account_name)
        .bind(to_sql(flow.auth_time))
        .bind(&flow.session_binding)
        .bind(&flow.origin)
        .bind(flow.token_hash.as_slice())
        .bind(flow.enrolment_id.as_slice())
        .bind(flow.server_nonce.as_slice())
        .bind(to_sql(flow.created_at))
        .bind(to_sql(flow.expires_at))
        .bind(&flow.country)
        .execute(&mut *write)
        .await?;
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
        if completed.rows_affected() != 1 || has_factor(&mut write, &a.host, &a.subject).await? {
            return Ok(Activated::Conflict);
        }
        raise_epoch(&mut write, &a.host, &a.subject).await?;
        for (position, method) in (0_i64..).zip(&a.methods) {
            if !insert_method(&mut write, a, method, position).await? {
                return Ok(Activated::SecretKnown);
            }
        }
        replace_backup_set(&mut write, a).await?;
        write.commit().await?;
        Ok(Activated::Yes)
    }

    async fn extend_result(&self, flow_id: &str, expires_at: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE flow SET result_expires_at = ?2 WHERE id = ?1 AND redeemed_at IS NULL")
            .bind(flow_id)
            .bind(to_sql(expires_at))
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn redeem(&self, r: &Redemption<'_>) -> Result<Option<Redeemed>, StoreError> {
        // Spent only together with all that the answer needs: a failure in between leaves the code good.
        let mut write = self.write().await?;
        let sql = format!(
            "UPDATE flow SET redeemed_at = ?5 WHERE id = ?1 AND host = ?2 AND session_binding = ?3 \
             AND result_hash = ?4 AND redeemed_at IS NULL AND result_expires_at >= ?5 RETURNING {FLOW_COLUMNS}"
        );
        let spent = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(r.flow_id)
            .bind(r.host)
            .bind(r.session_binding)
            .bind(r.result_hash.as_slice())
            .bind(to_sql(r.now))
            .fetch_optional(&mut *write)
            .await?;
        let Some(row) = spent else { return Ok(None) };
        let epoch: i64 = sqlx::query_scalar("SELECT factor_epoch FROM subject WHERE host = ?1 AND subject = ?2")
            .bind(row.try_get::<&str, _>("host")?)
            .bind(row.try_get::<&str, _>("subject")?)
            .fetch_one(&mut *write)
            .await?;
        let kinds: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT kind FROM method WHERE host = ?1 AND subject = ?2 ORDER BY kind")
                .bind(row.try_get::<&str, _>("host")?)
                .bind(row.try_get::<&str, _>("subject")?)
                .fetch_all(&mut *write)
                .await?;
        let kinds = kinds.iter().map(|kind| kind_from(kind)).collect::<Result<_, _>>()?;
        let redeemed = Redeemed { flow: flow_from(&row)?, factor_epoch: from_sql(epoch)?, kinds };
        write.commit().await?;
        Ok(Some(redeemed))
    }

    async fn subject(&self, host: &str, subject: &str) -> Result<Subject, StoreError> {
        // One read transaction: methods, codes and epoch are of one moment.
        let mut read = self.pool.begin().await?;
        let epoch: Option<i64> =
            sqlx::query_scalar("SELECT factor_epoch FROM subject WHERE host = ?1 AND subject = ?2")
                .bind(host)
                .bind(subject)
                .fetch_optional(&mut *read)
                .await?;
        let rows = sqlx::query(
            "SELECT id, kind, name, sealed, fingerprint, last_step, number_index, hint, created_at FROM method \
             WHERE host = ?1 AND subject = ?2 ORDER BY created_at, position",
        )
        .bind(host)
        .bind(subject)
        .fetch_all(&mut *read)
        .await?;
        let left: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM backup_code WHERE host = ?1 AND subject = ?2 AND used_at IS NULL")
                .bind(host)
                .bind(subject)
                .fetch_one(&mut *read)
                .await?;
        Ok(Subject {
            methods: rows.iter().map(method_from).collect::<Result<_, _>>()?,
            backup_codes_left: u32::try_from(left).unwrap_or(u32::MAX),
            factor_epoch: from_sql(epoch.unwrap_or(0))?,
        })
    }

    async fn backup_set(&self, host: &str, subject: &str) -> Result<Option<BackupSet>, StoreError> {
        let mut read = self.pool.begin().await?;
        let salt: Option<Vec<u8>> = sqlx::query_scalar("SELECT salt FROM backup_set WHERE host = ?1 AND subject = ?2")
            .bind(host)
            .bind(subject)
            .fetch_optional(&mut *read)
            .await?;
        let Some(salt) = salt else { return Ok(None) };
        let rows = sqlx::query(
            "SELECT ordinal, hash FROM backup_code \
             WHERE host = ?1 AND subject = ?2 AND used_at IS NULL ORDER BY ordinal",
        )
        .bind(host)
        .bind(subject)
        .fetch_all(&mut *read)
        .await?;
        let unused = rows
            .iter()
            .map(|row| Ok((row.try_get::<u32, _>("ordinal")?, bytes::<32>(row, "hash")?)))
            .collect::<Result<_, StoreError>>()?;
        let salt = <[u8; SALT_LEN_BYTES]>::try_from(salt).map_err(|_| StoreError::Row("salt".to_owned()))?;
        Ok(Some(BackupSet { salt, unused }))
    }

    async fn latest_step(&self) -> Result<Option<u64>, StoreError> {
        let step: Option<i64> = sqlx::query_scalar("SELECT MAX(last_step) FROM method").fetch_one(&self.pool).await?;
        step.map(from_sql).transpose()
    }

    async fn purge_flows(&self, expired_before: u64) -> Result<u64, StoreError> {
        let purged = sqlx::query("DELETE FROM flow WHERE expires_at < ?1")
            .bind(to_sql(expired_before))
            .execute(&self.pool)
            .await?;
        Ok(purged.rows_affected())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
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

async fn has_factor(write: &mut Transaction<'_, Sqlite>, host: &str, subject: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM method WHERE host = ?1 AND subject = ?2)")
        .bind(host)
        .bind(subject)
        .fetch_one(&mut **write)
        .await?;
    Ok(found == 1)
}

/// False when the secret is known.
async fn insert_method(
    write: &mut Transaction<'_, Sqlite>,
    a: &Activation,
    method: &NewMethod,
    position: i64,
) -> Result<bool, StoreError> {
    let (fingerprint, last_step, number_index, hint) = match &method.detail {
        MethodDetail::Totp { fingerprint, last_step } => {
            (Some(fingerprint.as_slice()), Some(to_sql(*last_step)), None, None)
        }
        MethodDetail::Phone { number_index, hint, .. } => (None, None, Some(number_index.as_slice()), Some(hint)),
    };
    let stored = sqlx::query(
        "INSERT INTO method (id, host, subject, kind, name, sealed, fingerprint, last_step, number_index, hint, \
         position, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
         ON CONFLICT (fingerprint) DO NOTHING",
    )
    .bind(&method.id)
    .bind(&a.host)
    .bind(&a.subject)
    .bind(method.detail.kind().as_str())
    .bind(&method.name)
    .bind(&method.sealed)
    .bind(fingerprint)
    .bind(last_step)
    .bind(number_index)
    .bind(hint)
    .bind(position)
    .bind(to_sql(a.now))
    .execute(&mut **write)
    .await?;
    Ok(stored.rows_affected() == 1)
}

async fn raise_epoch(write: &mut Transaction<'_, Sqlite>, host: &str, subject: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO subject (host, subject, factor_epoch) VALUES (?1, ?2, 1) \
         ON CONFLICT (host, subject) DO UPDATE SET factor_epoch = factor_epoch + 1",
    )
    .bind(host)
    .bind(subject)
    .execute(&mut **write)
    .await?;
    Ok(())
}

async fn replace_backup_set(write: &mut Transaction<'_, Sqlite>, a: &Activation) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM backup_set WHERE host = ?1 AND subject = ?2")
        .bind(&a.host)
        .bind(&a.subject)
        .execute(&mut **write)
        .await?;
    sqlx::query("INSERT INTO backup_set (host, subject, salt, created_at) VALUES (?1, ?2, ?3, ?4)")
        .bind(&a.host)
        .bind(&a.subject)
        .bind(a.backup_salt.as_slice())
        .bind(to_sql(a.now))
        .execute(&mut **write)
        .await?;
    for (ordinal, hash) in (1u32..).zip(&a.backup_hashes) {
        sqlx::query("INSERT INTO backup_code (host, subject, ordinal, hash) VALUES (?1, ?2, ?3, ?4)")
            .bind(&a.host)
            .bind(&a.subject)
            .bind(ordinal)
            .bind(hash.as_slice())
            .execute(&mut **write)
            .await?;
    }
    Ok(())
}
