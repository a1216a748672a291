//! The extension of the store for tests, in SQL.

use async_trait::async_trait;
use nidan_store::StoreError;
use nidan_store::testing::{OfLaterBuild, Rows, TestStore};
use rusqlite::params;

use crate::SqliteStore;
use crate::failure::Failure;
use crate::rows::from_sql;

const COUNTS: &str = "UPDATE method SET in_a_row = 0, today = 0;
    UPDATE subject SET guess_full_at = 0;";
const STEPS: &str = "UPDATE totp SET last_step = 0;";
const SPENT: &str = "UPDATE flow SET attempts = 0, backup_tries = 0;
    UPDATE backup_code SET used_at = NULL;";
const DEAF: &str = "INSERT INTO subject (host, subject, factor_epoch) VALUES ('deaf', 'd', 1);
    INSERT INTO event (host, subject, seq, at, kind, hash)
        WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 40)
        SELECT 'deaf', 'd', n, 1, 'code_wrong', zeroblob(32) FROM number;
    INSERT INTO notice (host, subject, seq, due_at_ms)
        SELECT host, subject, seq, 0 FROM event WHERE host = 'deaf';";
const ENTRY: &str = "INSERT INTO subject (host, subject, factor_epoch) VALUES ('shop', 'x', 1);
    INSERT INTO event (host, subject, seq, at, kind, hash)
        VALUES ('shop', 'x', 1, 1, 'not_known_yet', zeroblob(32));
    INSERT INTO notice (host, subject, seq, due_at_ms) VALUES ('shop', 'x', 1, 0);";
const AUTHENTICATOR: &str = "UPDATE flow SET used = 'not_known_yet'
    WHERE state = 'completed' AND purpose = 'verify';";
/// The later build's own list of states has it.
const MESSAGE_STATE: &str = "PRAGMA ignore_check_constraints = ON;
    UPDATE message SET state = 'not_known_yet', gateway = 'carrier';
    PRAGMA ignore_check_constraints = OFF;";
const FORGERY: &str = "DROP TRIGGER event_is_not_changed;
    UPDATE event SET kind = 'verified' WHERE kind = 'code_wrong';";

impl SqliteStore {
    async fn batch(&self, sql: String) -> Result<(), StoreError> {
        self.writer
            .run(move |write| Ok(write.execute_batch(&sql)?))
            .await
    }
}

#[async_trait]
impl TestStore for SqliteStore {
    async fn forget_tries(&self) -> Result<(), StoreError> {
        self.batch([COUNTS, STEPS, SPENT].concat()).await
    }

    async fn forget_counts(&self) -> Result<(), StoreError> {
        self.batch(COUNTS.to_owned()).await
    }

    async fn forget_steps(&self) -> Result<(), StoreError> {
        self.batch(STEPS.to_owned()).await
    }

    async fn forget_sends(&self) -> Result<(), StoreError> {
        self.batch("DELETE FROM send_count".to_owned()).await
    }

    async fn extend_challenges(&self) -> Result<(), StoreError> {
        self.batch("UPDATE challenge SET expires_at = expires_at + 3600".to_owned())
            .await
    }

    async fn make_messages_due(&self) -> Result<(), StoreError> {
        self.batch("UPDATE message SET due_at_ms = 0 WHERE state = 'queued'".to_owned())
            .await
    }

    async fn count(&self, rows: Rows) -> Result<u64, StoreError> {
        let sql = match rows {
            Rows::Flows => "SELECT COUNT(*) FROM flow",
            Rows::EndedLogins => {
                "SELECT COUNT(*) FROM flow WHERE purpose = 'verify' AND state = 'superseded'"
            }
            Rows::Methods => "SELECT COUNT(*) FROM method",
            Rows::Subjects => "SELECT COUNT(*) FROM subject",
            Rows::WrongInARow => "SELECT IFNULL(SUM(in_a_row), 0) FROM method",
            Rows::BackupTries => "SELECT IFNULL(SUM(backup_tries), 0) FROM flow",
            Rows::WrongCodesInRecord => "SELECT COUNT(*) FROM event WHERE kind = 'code_wrong'",
        };
        self.writer
            .run(move |write| from_sql(write.query_row(sql, [], |row| row.get(0))?))
            .await
    }

    async fn gateway_of(&self, challenge_id: &str) -> Result<(String, Option<String>), StoreError> {
        let id = challenge_id.to_owned();
        let sql = "SELECT gateway, gateway_ref FROM message WHERE challenge_id = ?1";
        self.writer
            .run(move |write| {
                Ok(write.query_row(sql, params![id], |row| Ok((row.get(0)?, row.get(1)?)))?)
            })
            .await
    }

    async fn message_states(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.writer
            .run(|write| {
                let mut found = write.prepare("SELECT id, state FROM message")?;
                let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<Result<_, _>>().map_err(Failure::from)
            })
            .await
    }

    async fn leave(&self, what: OfLaterBuild) -> Result<u64, StoreError> {
        let sql = match what {
            OfLaterBuild::Authenticator => AUTHENTICATOR,
            OfLaterBuild::MessageState => MESSAGE_STATE,
            OfLaterBuild::Entry => ENTRY,
        };
        self.writer
            .run(move |write| {
                write.execute_batch(sql)?;
                Ok(write.changes())
            })
            .await
    }

    async fn order_notices_of_a_deaf_host(&self) -> Result<(), StoreError> {
        self.batch(DEAF.to_owned()).await
    }

    async fn can_delete_entries(&self) -> bool {
        self.batch("DELETE FROM event".to_owned()).await.is_ok()
    }

    async fn forge_record(&self) -> Result<(), StoreError> {
        self.batch(FORGERY.to_owned()).await
    }

    async fn close(&self) {
        Self::close(self).await;
    }
}
