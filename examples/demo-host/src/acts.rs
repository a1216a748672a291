//! What administrators are about to do, and what came of it: each is kept until it is read, once.

use rusqlite::{OptionalExtension, params};

use crate::accounts::{AccountError, Accounts, hash, now};

/// A page that was redirected is there by then.
const OUTCOME_KEPT_S: i64 = 60;

impl Accounts {
    /// Everybody of the staff: the account's id, and its address.
    pub(crate) async fn staff(&self) -> Result<Vec<(String, String)>, AccountError> {
        self.on(|database| {
            let sql = "SELECT id, email FROM account WHERE lower(email) LIKE '%@staff.example' \
                ORDER BY email";
            let mut statement = database.prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
        .await
    }

    /// What is to be done once the factor is proved in this flow.
    pub(crate) async fn keep_act(
        &self,
        account: &str,
        flow_id: &str,
        act: String,
    ) -> Result<(), AccountError> {
        let (account, flow_id) = (account.to_owned(), flow_id.to_owned());
        let sql = "INSERT INTO staff_act (account, flow_id, act) VALUES (?1, ?2, ?3) \
            ON CONFLICT (account) DO UPDATE SET flow_id = ?2, act = ?3";
        self.on(move |database| database.execute(sql, params![account, flow_id, act]))
            .await?;
        Ok(())
    }

    /// It is taken once, by the flow that it was kept for.
    pub(crate) async fn take_act(
        &self,
        account: &str,
        flow_id: &str,
    ) -> Result<Option<String>, AccountError> {
        let (account, flow_id) = (account.to_owned(), flow_id.to_owned());
        let sql = "DELETE FROM staff_act WHERE account = ?1 AND flow_id = ?2 RETURNING act";
        self.on(move |database| {
            let taken = database.query_row(sql, params![account, flow_id], |row| row.get(0));
            taken.optional()
        })
        .await
    }

    /// What came of it, for this session and no other one of the person.
    pub(crate) async fn keep_outcome(
        &self,
        session: &str,
        outcome: String,
    ) -> Result<(), AccountError> {
        let session = hash(session);
        let sql = "INSERT INTO staff_outcome (session, outcome, at) VALUES (?1, ?2, ?3)";
        self.on(move |database| database.execute(sql, params![session, outcome, now()]))
            .await?;
        Ok(())
    }

    /// It is shown once, at once: a code is in it.
    pub(crate) async fn take_outcome(&self, session: &str) -> Result<Option<String>, AccountError> {
        let session = hash(session);
        let sql = "DELETE FROM staff_outcome WHERE session = ?1 RETURNING outcome";
        self.on(move |database| {
            let old = "DELETE FROM staff_outcome WHERE at < ?1";
            database.execute(old, [now() - OUTCOME_KEPT_S])?;
            let taken = database.query_row(sql, [session], |row| row.get(0));
            taken.optional()
        })
        .await
    }
}
