//! Connections to the file, and statements on them. All of it waits for the disk: for the writer's
//! thread and the readers' only.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Params, Row, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use crate::failure::Failure;

/// The time for which a request waits for another process that writes before it is answered with
/// 503. SQLite's own waiting looks but every tenth of a second in the end, and a busy process
/// leaves no such gap.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(2);
const BUSY_LOOK_EVERY: Duration = Duration::from_millis(1);
/// More than there are statements: each is compiled once.
const STATEMENTS: usize = 192;

const MIGRATIONS: &[M<'_>] = &[
    M::up(include_str!("../migrations/0001_flows_and_methods.sql")),
    M::up(include_str!("../migrations/0002_phone.sql")),
    M::up(include_str!("../migrations/0003_unclear.sql")),
    M::up(include_str!("../migrations/0004_verification.sql")),
    M::up(include_str!("../migrations/0005_notices_by_host.sql")),
    M::up(include_str!("../migrations/0006_instance.sql")),
    M::up(include_str!("../migrations/0007_wire_names.sql")),
    M::up(include_str!("../migrations/0008_kinds_of_methods.sql")),
    M::up(include_str!("../migrations/0009_key_agreement.sql")),
    M::up(include_str!("../migrations/0010_wrong_codes_a_day.sql")),
    M::up(include_str!("../migrations/0011_keyed_hashes.sql")),
    M::up(include_str!("../migrations/0012_hold.sql")),
    M::up(include_str!("../migrations/0013_manage.sql")),
    M::up(include_str!("../migrations/0014_successor.sql")),
    M::up(include_str!("../migrations/0015_passkeys.sql")),
    M::up(include_str!("../migrations/0016_acr.sql")),
    M::up(include_str!("../migrations/0017_approval.sql")),
    M::up(include_str!("../migrations/0018_temporary_code.sql")),
    M::up(include_str!("../migrations/0019_grace.sql")),
    M::up(include_str!("../migrations/0020_coverage.sql")),
];

/// The path of the database, and the settings that its connections begin with.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// Names and values beyond those that every connection has.
    pub(crate) pragmas: Vec<(String, String)>,
}

thread_local! {
    /// When this thread began to wait. Looks are no measure: on a busy machine each takes longer.
    static WAITS_SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Whether to look once more, after so many looks.
#[expect(
    clippy::disallowed_methods,
    reason = "a wait for the disk, by real time"
)]
fn waits(looks: i32) -> bool {
    if looks == 0 {
        WAITS_SINCE.set(Some(Instant::now()));
    }
    std::thread::sleep(BUSY_LOOK_EVERY);
    WAITS_SINCE
        .get()
        .is_some_and(|since| since.elapsed() < BUSY_WAIT)
}

impl File {
    /// Makes the file when it is not there, and brings its schema up to date.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        make_private(&self.path).map_err(Failure::unavailable)?;
        let mut connection = self.connect()?;
        adopt(&mut connection)?;
        let migrations = Migrations::from_slice(MIGRATIONS);
        // Another process may have been at it in this moment; then there is nothing left to do.
        let migrated = migrations
            .to_latest(&mut connection)
            .or_else(|_| migrations.to_latest(&mut connection));
        migrated.map_err(Failure::unavailable)
    }

    pub(crate) fn connect(&self) -> Result<Connection, Failure> {
        // Not created here: a file that was moved away is missed, and not begun anew.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_handler(Some(waits))?;
        // Whoever only looks at a database leaves its WAL where it is: without it, it looks like a
        // copy (see `identity`).
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // What is deleted is overwritten: purged account names do not stay in free pages.
        connection.pragma_update(None, "secure_delete", true)?;
        for (name, value) in &self.pragmas {
            connection.pragma_update(None, name, value)?;
        }
        Ok(connection)
    }
}

/// Databases of earlier builds count their migrations in a table of their own. It stays: the
/// earlier build may still run.
fn adopt(connection: &mut Connection) -> Result<(), Failure> {
    const TABLE: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_sqlx_migrations')";
    const IS_NEW: &str = "SELECT user_version = 0 FROM pragma_user_version";
    let ask =
        |connection: &Connection, sql| connection.query_row(sql, [], |row| row.get::<_, bool>(0));
    if !ask(connection, IS_NEW)? {
        return Ok(());
    }
    let turn = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if ask(&turn, IS_NEW)? && ask(&turn, TABLE)? {
        let count: i64 = turn.query_row(
            "SELECT COUNT(*) FROM _sqlx_migrations WHERE success",
            [],
            |row| row.get(0),
        )?;
        turn.pragma_update(None, "user_version", count)?;
    }
    Ok(turn.commit()?)
}

/// The file holds names and hashes: for nobody else on the machine. SQLite gives its WAL the same
/// mode.
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

/// Executes a statement, and returns the number of rows that it changed.
pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<usize, Failure> {
    Ok(connection.prepare_cached(sql)?.execute(params)?)
}

/// The first row, when there is one.
pub(crate) fn first<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// The only column of the only row.
pub(crate) fn scalar<T: rusqlite::types::FromSql>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<T, Failure> {
    Ok(connection
        .prepare_cached(sql)?
        .query_row(params, |row| row.get(0))?)
}

/// Every row.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    connection
        .prepare_cached(sql)?
        .query_and_then(params, read)?
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A database that an earlier build has migrated three times keeps its rows and gets the rest.
    #[test]
    fn a_database_of_an_earlier_build_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = File {
            path: folder.path().join("nidan.db"),
            pragmas: Vec::new(),
        };
        let mut earlier = Connection::open(&file.path).unwrap();
        Migrations::from_slice(MIGRATIONS)
            .to_version(&mut earlier, 3)
            .unwrap();
        earlier
            .execute_batch(
                "PRAGMA user_version = 0;
                 CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, success BOOLEAN NOT NULL);
                 INSERT INTO _sqlx_migrations VALUES (1, TRUE), (2, TRUE), (3, TRUE);
                 INSERT INTO subject (host, subject, factor_epoch) VALUES ('shop', 'u1', 5);",
            )
            .unwrap();
        drop(earlier);
        file.prepare().unwrap();
        file.prepare().unwrap();
        let now = file.connect().unwrap();
        let kept: (u32, u32) = now
            .query_row(
                "SELECT factor_epoch, guess_full_at FROM subject",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!(kept, (5, 0));
    }
}
