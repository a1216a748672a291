//! The shop's own people, passwords and sessions, in its own SQLite file.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{Row, SqlitePool};

/// A hash that no password has: unknown people take as long as known ones.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI";

#[derive(Clone)]
pub(crate) struct Accounts {
    pool: SqlitePool,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// As the cookie carries it; only its hash is stored.
    pub(crate) id: String,
    /// Opaque and random: what the service knows the person by.
    pub(crate) user_id: String,
    pub(crate) email: String,
    /// When the password was last right, Unix seconds.
    pub(crate) auth_time: u64,
    /// The two-step flow that this session began.
    pub(crate) flow_id: Option<String>,
    /// The password was right, and the code is still awaited: such a session may do nothing else.
    pub(crate) owes_code: bool,
}

#[derive(Debug)]
pub(crate) enum AccountError {
    Taken,
    WrongCredentials,
    Failed(String),
}

impl From<sqlx::Error> for AccountError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Accounts {
    pub(crate) async fn open(file: &Path) -> Result<Self, sqlx::Error> {
        let options =
            SqliteConnectOptions::new().filename(file).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePool::connect_with(options).await?;
        sqlx::raw_sql(
            "CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL) STRICT;
             CREATE TABLE IF NOT EXISTS session (hash BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account (id),
                 auth_time INTEGER NOT NULL, flow_id TEXT, owes_code INTEGER NOT NULL DEFAULT 0) STRICT;
             CREATE TABLE IF NOT EXISTS spent_result (jti TEXT PRIMARY KEY) STRICT;",
        )
        .execute(&pool)
        .await?;
        // A shop of an earlier version gets the column; where it is there already, the database says so.
        let _there =
            sqlx::raw_sql("ALTER TABLE session ADD COLUMN owes_code INTEGER NOT NULL DEFAULT 0").execute(&pool).await;
        Ok(Self { pool })
    }

    pub(crate) async fn sign_up(&self, email: &str, password: String) -> Result<String, AccountError> {
        let hashed = off_thread(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| AccountError::Failed(error.to_string()))
        })
        .await?;
        let id = random_id()?;
        let stored =
            sqlx::query("INSERT INTO account (id, email, password) VALUES (?1, ?2, ?3) ON CONFLICT (email) DO NOTHING")
                .bind(&id)
                .bind(email)
                .bind(hashed)
                .execute(&self.pool)
                .await?;
        if stored.rows_affected() == 1 { Ok(id) } else { Err(AccountError::Taken) }
    }

    /// The account whose password this is.
    pub(crate) async fn check_password(&self, email: &str, password: String) -> Result<String, AccountError> {
        let known = sqlx::query("SELECT id, password FROM account WHERE email = ?1")
            .bind(email)
            .fetch_optional(&self.pool)
            .await?;
        let (id, hash) = match known {
            Some(row) => (Some(row.try_get::<String, _>("id")?), row.try_get("password")?),
            None => (None, NOBODY.to_owned()),
        };
        let right = off_thread(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| AccountError::Failed(error.to_string()))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await?;
        id.filter(|_| right).ok_or(AccountError::WrongCredentials)
    }

    /// A fresh session; its id goes into the cookie.
    pub(crate) async fn begin_session(&self, account: &str, owes_code: bool) -> Result<String, AccountError> {
        let id = random_id()?;
        sqlx::query("INSERT INTO session (hash, account, auth_time, owes_code) VALUES (?1, ?2, ?3, ?4)")
            .bind(hash(&id))
            .bind(account)
            .bind(now())
            .bind(owes_code)
            .execute(&self.pool)
            .await?;
        Ok(id)
    }

    pub(crate) async fn session(&self, id: &str) -> Result<Option<Session>, AccountError> {
        let row = sqlx::query(
            "SELECT account, email, auth_time, flow_id, owes_code FROM session JOIN account ON account.id = account WHERE hash = ?1",
        )
        .bind(hash(id))
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            Ok(Session {
                id: id.to_owned(),
                user_id: row.try_get("account")?,
                email: row.try_get("email")?,
                auth_time: u64::try_from(row.try_get::<i64, _>("auth_time")?).unwrap_or(0),
                flow_id: row.try_get("flow_id")?,
                owes_code: row.try_get("owes_code")?,
            })
        })
        .transpose()
    }

    pub(crate) async fn end_session(&self, id: &str) -> Result<(), AccountError> {
        sqlx::query("DELETE FROM session WHERE hash = ?1").bind(hash(id)).execute(&self.pool).await?;
        Ok(())
    }

    pub(crate) async fn set_flow(&self, session: &str, flow_id: &str) -> Result<(), AccountError> {
        sqlx::query("UPDATE session SET flow_id = ?2 WHERE hash = ?1")
            .bind(hash(session))
            .bind(flow_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whether this result is seen for the first time.
    pub(crate) async fn spend_result(&self, jti: &str) -> Result<bool, AccountError> {
        let spent = sqlx::query("INSERT INTO spent_result (jti) VALUES (?1) ON CONFLICT DO NOTHING")
            .bind(jti)
            .execute(&self.pool)
            .await?;
        Ok(spent.rows_affected() == 1)
    }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
) -> Result<T, AccountError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AccountError::Failed(error.to_string()))?
}

#[expect(clippy::disallowed_methods, reason = "the shop has no seam of its own for randomness")]
fn random_id() -> Result<String, AccountError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| AccountError::Failed(error.to_string()))?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
}

fn hash(id: &str) -> Vec<u8> {
    Sha256::digest(id.as_bytes()).to_vec()
}

#[expect(clippy::disallowed_methods, reason = "the shop has no seam of its own for time")]
fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}
