//! What was spent since a backup was made is not given back by it.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::copies::CopyError;
use crate::identity::is_empty;
use crate::rows::to_sql;

/// Ends whatever somebody may have used, seen or trusted since the backup.
pub(crate) fn forget_what_may_have_been_used(copy: &Connection, now: u64) -> Result<(), CopyError> {
    let step = to_sql(now / nidan_otp::TIME_STEP_S);
    copy.execute("UPDATE subject SET factor_epoch = factor_epoch + 1", [])?;
    copy.execute("DELETE FROM trusted_browser", [])?;
    // With their challenges and messages: nothing is sent again, and no result of before is
    // redeemed.
    copy.execute("DELETE FROM flow", [])?;
    // An app's code of this minute may be one that was accepted; it may come from a step ahead.
    copy.execute(
        "UPDATE totp SET last_step = MAX(last_step, ?1 + 1 + MAX(drift, 0))",
        [step],
    )?;
    // Support's code may have let somebody in since: it lets nobody in again, and what it guards stays
    // closed until support makes another.
    copy.execute(
        "UPDATE temporary_code SET spent_by = '', expires_at = ?2 WHERE expires_at > ?1",
        [to_sql(now), i64::MAX],
    )?;
    Ok(())
}

/// Codes that were used since the backup stay used, as far as the database that is there can still
/// be read. How many.
pub(crate) fn take_over_used_codes(copy: &Connection, present: &Path) -> u64 {
    let taken = with_present(
        copy,
        present,
        &[
            "UPDATE backup_code SET used_at = (SELECT p.used_at FROM present.backup_code p WHERE p.host = backup_code.host \
         AND p.subject = backup_code.subject AND p.hash = backup_code.hash) WHERE used_at IS NULL AND EXISTS \
         (SELECT 1 FROM present.backup_code p WHERE p.host = backup_code.host AND p.subject = backup_code.subject \
         AND p.hash = backup_code.hash AND p.used_at IS NOT NULL)",
        ],
    );
    taken.unwrap_or(0) as u64
}

/// Grace that was used since the backup stays used. Where the database that is there cannot be read, it
/// is over for everybody who had begun it: nobody knows what is left.
pub(crate) fn take_over_grace(copy: &Connection, present: &Path) -> Result<(), CopyError> {
    let taken = with_present(
        copy,
        present,
        &[
            "UPDATE subject SET skips_used = MAX(subject.skips_used, p.skips_used), \
         grace_is_over = MAX(subject.grace_is_over, p.grace_is_over), \
         grace_from = MIN(COALESCE(subject.grace_from, p.grace_from), COALESCE(p.grace_from, subject.grace_from)) \
         FROM present.subject p WHERE p.host = subject.host AND p.subject = subject.subject",
            "INSERT INTO subject (host, subject, factor_epoch, skips_used, grace_is_over, grace_from, policy_group) \
         SELECT host, subject, factor_epoch, skips_used, grace_is_over, grace_from, policy_group \
         FROM present.subject WHERE true ON CONFLICT (host, subject) DO NOTHING",
        ],
    );
    if taken.is_none() {
        let sql = "UPDATE subject SET grace_is_over = 1 WHERE grace_from IS NOT NULL";
        copy.execute(sql, [])?;
    }
    Ok(())
}

/// Runs statements beside the database that is there, `present` to them, all or none: how many rows they
/// changed, or [`None`] where there is nothing that can be read.
fn with_present(copy: &Connection, present: &Path, statements: &[&str]) -> Option<usize> {
    let take = || -> Result<usize, rusqlite::Error> {
        copy.execute("ATTACH DATABASE ?1 AS present", [present.to_string_lossy()])?;
        let taken = || {
            let whole = copy.unchecked_transaction()?;
            let rows = statements.iter().map(|sql| whole.execute(sql, []));
            let rows = rows.sum::<Result<usize, rusqlite::Error>>()?;
            whole.commit()?;
            Ok(rows)
        };
        let taken = taken();
        copy.execute("DETACH DATABASE present", [])?;
        taken
    };
    // The present database keeps its WAL, as `identity` wants it, until it is put aside.
    let keeps_wal = |keeps| copy.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps);
    let take = || {
        keeps_wal(true)?;
        let taken = take();
        keeps_wal(false)?;
        taken
    };
    if is_empty(present) {
        return None;
    }
    take().ok()
}
