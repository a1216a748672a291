//! The shop's own people, passwords and sessions, in its own SQLite file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use base64ct::{Base64UrlUnpadded, Encoding};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::session::SESSION_TTL_S;

/// A result lives 60 seconds, and clocks differ by some.
const RESULT_KEPT_S: i64 = 300;

/// A hash that no password has: unknown people take as long as known ones.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI";

#[derive(Clone)]
pub(crate) struct Accounts {
    database: Arc<Mutex<Connection>>,
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
    /// The login's flow, where support's code let the person in and there is no method, or an empty text
    /// where our policy asks for one: such a session may set one up and nothing else.
    pub(crate) owes_set_up: Option<String>,
}

#[derive(Debug)]
pub(crate) enum AccountError {
    Taken,
    WrongCredentials,
    Failed(String),
}

impl From<rusqlite::Error> for AccountError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Accounts {
    pub(crate) fn open(file: &Path) -> Result<Self, rusqlite::Error> {
        let database = Connection::open(file)?;
        database.pragma_update(None, "journal_mode", "WAL")?;
        database.execute_batch(
            "CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL) STRICT;
             CREATE TABLE IF NOT EXISTS session (hash BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES account (id),
                 auth_time INTEGER NOT NULL, flow_id TEXT, owes_code INTEGER NOT NULL DEFAULT 0,
                 owes_set_up TEXT) STRICT;
             CREATE TABLE IF NOT EXISTS spent_result (jti TEXT PRIMARY KEY) STRICT;
             CREATE TABLE IF NOT EXISTS staff_act (account TEXT PRIMARY KEY, flow_id TEXT NOT NULL, act TEXT NOT NULL) STRICT;
             CREATE TABLE IF NOT EXISTS staff_outcome (session BLOB PRIMARY KEY, outcome TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
             CREATE TABLE IF NOT EXISTS mail (account TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, notice TEXT NOT NULL,
                 PRIMARY KEY (account, seq)) STRICT;",
        )?;
        // A shop of an earlier version gets the column; where it is there already, the database
        // says so.
        for column in [
            "session ADD COLUMN owes_code INTEGER NOT NULL DEFAULT 0",
            "session ADD COLUMN owes_set_up TEXT",
            "spent_result ADD COLUMN spent_at INTEGER NOT NULL DEFAULT 0",
        ] {
            let _there = database.execute_batch(&format!("ALTER TABLE {column}"));
        }
        Ok(Self {
            database: Arc::new(Mutex::new(database)),
        })
    }

    pub(crate) async fn sign_up(
        &self,
        email: &str,
        password: String,
    ) -> Result<String, AccountError> {
        let (id, email) = (random_id()?, email.to_owned());
        let hashed = hash_of(password).await?;
        let sql = "INSERT INTO account (id, email, password) VALUES (?1, ?2, ?3) ON CONFLICT (email) DO NOTHING";
        let account = id.clone();
        let stored = self
            .on(move |database| database.execute(sql, [account, email, hashed]))
            .await?;
        if stored == 1 {
            Ok(id)
        } else {
            Err(AccountError::Taken)
        }
    }

    /// The account whose password this is.
    pub(crate) async fn check_password(
        &self,
        email: &str,
        password: String,
    ) -> Result<String, AccountError> {
        let email = email.to_owned();
        let known = self
            .on(move |database| {
                let sql = "SELECT id, password FROM account WHERE email = ?1";
                database
                    .query_row(sql, [email], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .await?;
        let (id, hash): (Option<String>, String) =
            known.map_or_else(|| (None, NOBODY.to_owned()), |(id, hash)| (Some(id), hash));
        let right = off_thread(move || {
            let hash = PasswordHash::new(&hash)
                .map_err(|error| AccountError::Failed(error.to_string()))?;
            Ok(Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok())
        })
        .await?;
        id.filter(|_| right).ok_or(AccountError::WrongCredentials)
    }

    /// A fresh session; its id goes into the cookie.
    pub(crate) async fn begin_session(
        &self,
        account: &str,
        owes_code: bool,
    ) -> Result<String, AccountError> {
        let id = random_id()?;
        let (hash, account) = (hash(&id), account.to_owned());
        let sql =
            "INSERT INTO session (hash, account, auth_time, owes_code) VALUES (?1, ?2, ?3, ?4)";
        self.on(move |database| {
            let now = now();
            let old = "DELETE FROM session WHERE auth_time <= ?1";
            database.execute(old, [now - i64::from(SESSION_TTL_S)])?;
            database.execute(sql, params![hash, account, now, owes_code])
        })
        .await?;
        Ok(id)
    }

    /// The session that follows one whose code was right, or whose set-up was put off, under a fresh id: as
    /// old as its password.
    /// `None` when a report has ended that one meanwhile.
    pub(crate) async fn follow_session(
        &self,
        owing: &Session,
    ) -> Result<Option<String>, AccountError> {
        let id = random_id()?;
        let (before, after) = (hash(&owing.id), hash(&id));
        let sql = "UPDATE session SET hash = ?2, owes_code = 0, owes_set_up = NULL, flow_id = NULL WHERE hash = ?1";
        let followed = self
            .on(move |database| database.execute(sql, params![before, after]))
            .await?;
        Ok((followed == 1).then_some(id))
    }

    /// The session may do nothing but set two-step verification up.
    pub(crate) async fn owe_set_up(&self, id: &str, login: &str) -> Result<(), AccountError> {
        let (hash, login) = (hash(id), login.to_owned());
        let sql = "UPDATE session SET owes_set_up = ?2 WHERE hash = ?1";
        self.on(move |database| database.execute(sql, params![hash, login]))
            .await?;
        Ok(())
    }

    pub(crate) async fn session(&self, id: &str) -> Result<Option<Session>, AccountError> {
        let id = id.to_owned();
        self.on(move |database| {
            let sql = "SELECT account, email, auth_time, flow_id, owes_code, owes_set_up FROM session \
                JOIN account ON account.id = account WHERE hash = ?1 AND auth_time > ?2";
            let since = now() - i64::from(SESSION_TTL_S);
            let found = database.query_row(sql, params![hash(&id), since], |row| {
                Ok(Session {
                    id,
                    user_id: row.get("account")?,
                    email: row.get("email")?,
                    auth_time: u64::try_from(row.get::<_, i64>("auth_time")?).unwrap_or(0),
                    flow_id: row.get("flow_id")?,
                    owes_code: row.get("owes_code")?,
                    owes_set_up: row.get("owes_set_up")?,
                })
            });
            found.optional()
        })
        .await
    }

    pub(crate) async fn end_session(&self, id: &str) -> Result<(), AccountError> {
        let hash = hash(id);
        self.on(move |database| database.execute("DELETE FROM session WHERE hash = ?1", [hash]))
            .await?;
        Ok(())
    }

    /// Every session of an account, also those that owe their code.
    pub(crate) async fn end_sessions(&self, account: &str) -> Result<(), AccountError> {
        self.end_sessions_until(account, u64::MAX).await
    }

    /// Those whose password was typed until then, Unix seconds.
    pub(crate) async fn end_sessions_until(
        &self,
        account: &str,
        until: u64,
    ) -> Result<(), AccountError> {
        let (account, until) = (account.to_owned(), i64::try_from(until).unwrap_or(i64::MAX));
        let sql = "DELETE FROM session WHERE account = ?1 AND auth_time <= ?2";
        self.on(move |database| database.execute(sql, params![account, until]))
            .await?;
        Ok(())
    }

    /// All but this one.
    pub(crate) async fn end_other_sessions(
        &self,
        account: &str,
        kept: &str,
    ) -> Result<(), AccountError> {
        let (account, kept) = (account.to_owned(), hash(kept));
        let sql = "DELETE FROM session WHERE account = ?1 AND hash <> ?2";
        self.on(move |database| database.execute(sql, params![account, kept]))
            .await?;
        Ok(())
    }

    /// Keeps what the person is told. A notice that comes again is told once.
    pub(crate) async fn keep_mail(
        &self,
        account: &str,
        (seq, at): (u64, u64),
        notice: String,
    ) -> Result<(), AccountError> {
        let account = account.to_owned();
        let number = |value| i64::try_from(value).unwrap_or(i64::MAX);
        let sql = "INSERT INTO mail (account, seq, at, notice) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        self.on(move |database| {
            database.execute(sql, params![account, number(seq), number(at), notice])
        })
        .await?;
        Ok(())
    }

    /// What the person was told, the newest first.
    pub(crate) async fn mails(
        &self,
        account: &str,
    ) -> Result<Vec<serde_json::Value>, AccountError> {
        let account = account.to_owned();
        self.on(move |database| {
            let sql = "SELECT notice FROM mail WHERE account = ?1 ORDER BY seq DESC LIMIT 50";
            let mut statement = database.prepare(sql)?;
            let notices = statement.query_map([account], |row| row.get::<_, String>(0))?;
            notices
                .map(|notice| Ok(serde_json::from_str(&notice?).unwrap_or_default()))
                .collect()
        })
        .await
    }

    /// Another password. Whoever was signed in with the old one is signed out.
    pub(crate) async fn change_password(
        &self,
        account: &str,
        password: String,
    ) -> Result<(), AccountError> {
        let hashed = hash_of(password).await?;
        let changed = account.to_owned();
        let sql = "UPDATE account SET password = ?2 WHERE id = ?1";
        self.on(move |database| database.execute(sql, [changed, hashed]))
            .await?;
        self.end_sessions(account).await
    }

    pub(crate) async fn set_flow(&self, session: &str, flow_id: &str) -> Result<(), AccountError> {
        let (hash, flow_id) = (hash(session), flow_id.to_owned());
        let sql = "UPDATE session SET flow_id = ?2 WHERE hash = ?1";
        self.on(move |database| database.execute(sql, params![hash, flow_id]))
            .await?;
        Ok(())
    }

    /// Whether this result is seen for the first time.
    pub(crate) async fn spend_result(&self, jti: &str) -> Result<bool, AccountError> {
        let jti = jti.to_owned();
        let sql = "INSERT INTO spent_result (jti, spent_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        let spent = self.on(move |database| {
            let now = now();
            let old = "DELETE FROM spent_result WHERE spent_at < ?1";
            database.execute(old, [now - RESULT_KEPT_S])?;
            database.execute(sql, params![jti, now])
        });
        Ok(spent.await? == 1)
    }

    /// Runs where waiting for the disk holds nobody up.
    pub(crate) async fn on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, AccountError> {
        let database = Arc::clone(&self.database);
        off_thread(move || {
            Ok(work(
                &database.lock().unwrap_or_else(PoisonError::into_inner),
            )?)
        })
        .await
    }
}

async fn hash_of(password: String) -> Result<String, AccountError> {
    off_thread(move || {
        let hash = Argon2::default().hash_password(password.as_bytes());
        hash.map(|hash| hash.to_string())
            .map_err(|error| AccountError::Failed(error.to_string()))
    })
    .await
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
) -> Result<T, AccountError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| AccountError::Failed(error.to_string()))?
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shop has no seam of its own for randomness"
)]
fn random_id() -> Result<String, AccountError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| AccountError::Failed(error.to_string()))?;
    Ok(Base64UrlUnpadded::encode_string(&bytes))
}

pub(crate) fn hash(id: &str) -> Vec<u8> {
    Sha256::digest(id.as_bytes()).to_vec()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shop has no seam of its own for time"
)]
pub(crate) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn accounts() -> Accounts {
        Accounts::open(Path::new(":memory:")).unwrap()
    }

    /// Hours pass.
    async fn pass(accounts: &Accounts, seconds: i64) {
        let age = "UPDATE session SET auth_time = auth_time - ?1";
        accounts
            .on(move |database| database.execute(age, [seconds]))
            .await
            .unwrap();
        let age = "UPDATE spent_result SET spent_at = spent_at - ?1";
        accounts
            .on(move |database| database.execute(age, [seconds]))
            .await
            .unwrap();
    }

    async fn rows(accounts: &Accounts, table: &'static str) -> i64 {
        let count = format!("SELECT COUNT(*) FROM {table}");
        accounts
            .on(move |database| database.query_row(&count, [], |row| row.get(0)))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_session_ends_by_itself_whatever_the_browser_keeps() {
        let accounts = accounts();
        let account = accounts
            .sign_up("a@example.com", "long enough".to_owned())
            .await
            .unwrap();
        let session = accounts.begin_session(&account, false).await.unwrap();
        pass(&accounts, i64::from(SESSION_TTL_S) - 5).await;
        assert!(accounts.session(&session).await.unwrap().is_some());
        pass(&accounts, 5).await;
        assert!(accounts.session(&session).await.unwrap().is_none());
        accounts.begin_session(&account, false).await.unwrap();
        assert_eq!(rows(&accounts, "session").await, 1, "the old one is gone");
    }

    #[tokio::test]
    async fn a_result_is_taken_once_and_forgotten_when_it_is_worth_nothing() {
        let accounts = accounts();
        assert!(accounts.spend_result("one").await.unwrap());
        assert!(!accounts.spend_result("one").await.unwrap());
        pass(&accounts, RESULT_KEPT_S - 5).await;
        assert!(!accounts.spend_result("one").await.unwrap());
        pass(&accounts, 10).await;
        assert!(accounts.spend_result("two").await.unwrap());
        assert_eq!(rows(&accounts, "spent_result").await, 1);
    }
}
