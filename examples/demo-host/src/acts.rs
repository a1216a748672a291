//! What administrators are about to do, and what came of it: each is kept until it is read, once.

use rusqlite::{OptionalExtension, params};

use crate::accounts::{AccountError, Accounts};

impl Accounts {
    /// Everybody of the staff: the account's id, and its address.
    pub(crate) async fn staff(&self) -> Result<Vec<(String, String)>, AccountError> {
        self.on(|database| {
            let sql = "SELECT id, email FROM account WHERE lower(email) LIKE '%@staff.example' \
                ORDER BY email LIMIT 500";
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
            ON CONFLICT (account) DO UPDATE SET flow_id = ?2, act = ?3, outcome = NULL";
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
        let sql = "DELETE FROM staff_act WHERE account = ?1 AND flow_id = ?2 AND act IS NOT NULL \
            RETURNING act";
        self.on(move |database| {
            let taken = database.query_row(sql, params![account, flow_id], |row| row.get(0));
            taken.optional()
        })
        .await
    }

    /// What came of it.
    pub(crate) async fn keep_outcome(
        &self,
        account: &str,
        outcome: String,
    ) -> Result<(), AccountError> {
        let account = account.to_owned();
        let sql = "INSERT INTO staff_act (account, outcome) VALUES (?1, ?2) \
            ON CONFLICT (account) DO UPDATE SET outcome = ?2";
        self.on(move |database| database.execute(sql, params![account, outcome]))
            .await?;
        Ok(())
    }

    /// It is shown once: a code stands in it.
    pub(crate) async fn take_outcome(&self, account: &str) -> Result<Option<String>, AccountError> {
        let account = account.to_owned();
        let sql =
            "DELETE FROM staff_act WHERE account = ?1 AND outcome IS NOT NULL RETURNING outcome";
        self.on(move |database| {
            let taken = database.query_row(sql, [account], |row| row.get(0));
            taken.optional()
        })
        .await
    }
}
