//! What the host's support does for somebody who is locked out.

use async_trait::async_trait;
use nidan_core::attempt::MadeCode;
use nidan_core::flow;
use nidan_protocol::{Authenticator, EventKind};
use rusqlite::{Connection, params};

use crate::connection::{execute, first, scalar};
use crate::failure::Failure;
use crate::flows::{self, Among, Whose};
use crate::rows::{bytes, from_sql, to_sql};
use crate::{SqliteStore, challenges, grace, manage, record};
use nidan_store::{AuditContext, AuditDetail, NewTemporaryCode, StoreError, SupportStore};

#[async_trait]
impl SupportStore for SqliteStore {
    async fn reset(
        &self,
        host: &str,
        subject: &str,
        audit: &AuditContext,
    ) -> Result<(), StoreError> {
        let (host, subject, audit) = (host.to_owned(), subject.to_owned(), audit.clone());
        self.writer
            .run(move |write| reset(write, (&host, &subject), &audit))
            .await
    }

    async fn store_temporary_code(&self, new: &NewTemporaryCode) -> Result<(), StoreError> {
        let new = new.clone();
        self.writer.run(move |write| store_code(write, &new)).await
    }
}

fn reset(write: &Connection, whose: Whose<'_>, audit: &AuditContext) -> Result<(), Failure> {
    flows::change(write, whose, &Among::All, None, flow::when_reset)?;
    challenges::end_all(write, whose, audit.now)?;
    grace::end(write, whose)?;
    if has_anything(write, whose, audit.now)? {
        flows::raise_epoch(write, whose.0, whose.1)?;
        flows::end_pause(write, whose, audit)?;
        manage::forget_all(write, whose)?;
    }
    if is_known(write, whose)? {
        let detail = AuditDetail::default();
        record::append(write, whose, EventKind::Reset, detail, audit)?;
    }
    Ok(())
}

fn is_known(read: &Connection, (host, subject): Whose<'_>) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM subject WHERE host = ?1 AND subject = ?2)";
    scalar(read, sql, [host, subject])
}

fn has_anything(read: &Connection, (host, subject): Whose<'_>, now: u64) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM method WHERE host = ?1 AND subject = ?2) \
        OR EXISTS (SELECT 1 FROM backup_set WHERE host = ?1 AND subject = ?2) \
        OR EXISTS (SELECT 1 FROM trusted_browser WHERE host = ?1 AND subject = ?2) \
        OR EXISTS (SELECT 1 FROM temporary_code \
        WHERE host = ?1 AND subject = ?2 AND expires_at > ?3)";
    scalar(read, sql, params![host, subject, to_sql(now)])
}

fn store_code(write: &Connection, new: &NewTemporaryCode) -> Result<(), Failure> {
    let (whose, audit) = ((new.host.as_str(), new.subject.as_str()), &new.audit);
    // It may be a person of whom nothing is known yet: a reset is told of them too.
    execute(
        write,
        "INSERT INTO subject (host, subject, factor_epoch) VALUES (?1, ?2, 1) \
         ON CONFLICT (host, subject) DO UPDATE SET factor_epoch = MAX(factor_epoch, 1)",
        [whose.0, whose.1],
    )?;
    if new.resets {
        reset(write, whose, audit)?;
    }
    let rule = flow::when_temporary_code_is_made;
    flows::change(write, whose, &Among::All, None, rule)?;
    drop_code(write, whose)?;
    execute(
        write,
        "INSERT INTO temporary_code (host, subject, salt, hash, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            whose.0,
            whose.1,
            new.code.salt,
            new.code.hash,
            to_sql(new.code.expires_at)
        ],
    )?;
    let detail = AuditDetail {
        method: Some(Authenticator::TemporaryCode),
        ..AuditDetail::default()
    };
    record::append(write, whose, EventKind::TemporaryCodeMade, detail, audit)
}

/// The person's code that nobody has used, whether it is over or not.
pub(crate) fn code_of(
    read: &Connection,
    (host, subject): Whose<'_>,
) -> Result<Option<MadeCode>, Failure> {
    let sql = "SELECT salt, hash, expires_at FROM temporary_code \
        WHERE host = ?1 AND subject = ?2 AND spent_by IS NULL";
    first(read, sql, [host, subject], |row| {
        Ok(MadeCode {
            salt: bytes(row, "salt")?,
            hash: bytes(row, "hash")?,
            expires_at: from_sql(row.get("expires_at")?)?,
        })
    })
}

/// What keeps everybody but one login from a set-up at `now`: nothing, an empty text for a code that is
/// unspent, or the flow of the login that it let in.
pub(crate) fn guard(
    read: &Connection,
    (host, subject): Whose<'_>,
    now: u64,
) -> Result<Option<Option<String>>, Failure> {
    let sql = "SELECT spent_by FROM temporary_code \
        WHERE host = ?1 AND subject = ?2 AND expires_at > ?3";
    let params = params![host, subject, to_sql(now)];
    first(read, sql, params, |row| Ok(row.get("spent_by")?))
}

/// The condition under which a code can be spent: `?1` to `?3` say whose and which, `?4` is now.
pub(crate) const GOOD_CODE: &str =
    "host = ?1 AND subject = ?2 AND hash = ?3 AND expires_at > ?4 AND spent_by IS NULL";

/// A report ends the code, and what it guards stays closed until support makes another: whoever has the
/// password could report, and wait.
pub(crate) fn end_code(
    write: &Connection,
    (host, subject): Whose<'_>,
    now: u64,
) -> Result<usize, Failure> {
    let sql = "UPDATE temporary_code SET spent_by = '', expires_at = ?4 \
        WHERE host = ?1 AND subject = ?2 AND expires_at > ?3";
    execute(write, sql, params![host, subject, to_sql(now), i64::MAX])
}

pub(crate) fn drop_code(write: &Connection, (host, subject): Whose<'_>) -> Result<usize, Failure> {
    let sql = "DELETE FROM temporary_code WHERE host = ?1 AND subject = ?2";
    execute(write, sql, [host, subject])
}
