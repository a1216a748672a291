//! Whether this is the very database that the service last ran on. A half, older or foreign one
//! would say of people that they have no second factor, and let them in without a code.

use std::fs::{File as LockFile, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, params,
};

use crate::connection::File;
use crate::failure::Failure;
use crate::identity_error::IdentityError;
use crate::mark::{INSTANCE_LEN_BYTES, Mark, owned_like};
use crate::rows::from_sql;
use nidan_store::{KeyCheck, KeyChecks, SealedFor};

/// A process that starts or ends holds the lock alone for a moment.
const LOCK_LOOKS: u32 = 100;
const LOCK_LOOK_EVERY: Duration = Duration::from_millis(100);
/// For a look at a database that others write.
const LOOK_WAIT: Duration = Duration::from_secs(5);

/// The row of `instance`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: [u8; INSTANCE_LEN_BYTES],
    pub(crate) generation: u64,
    pub(crate) is_whole: bool,
    pub(crate) checks: KeyChecks,
}

/// The right to run on a database, from [`claim`](Self::claim) to [`release`](Self::release).
#[derive(Debug)]
pub struct Identity {
    path: PathBuf,
    mark_path: PathBuf,
    lock: LockFile,
    connection: Connection,
    /// Changes of the database that the mark has heard of.
    seen: i64,
}

impl Identity {
    /// Makes sure that the database is the one that these keys ran on last, and notes that it is
    /// open from now on. A file that is not there is made, where the keys had none.
    ///
    /// # Errors
    /// [`IdentityError`]: the service must not start.
    pub fn claim(
        path: &Path,
        mark_path: &Path,
        keys: &dyn KeyCheck,
        fresh_id: [u8; INSTANCE_LEN_BYTES],
    ) -> Result<Self, IdentityError> {
        let lock = open_lock(path)?;
        let is_alone = match lock.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => share(path, &lock)?,
            Err(TryLockError::Error(source)) => return Err(lock_error(path, source)),
        };
        let mark = Mark::read(mark_path)?;
        // Before anything is opened: SQLite itself makes this file, with nothing in it, and deletes
        // it.
        let has_wal = has_wal(path);
        let file = File {
            path: path.to_owned(),
            pragmas: Vec::new(),
        };
        if is_empty(path) {
            if mark.is_some() {
                return Err(IdentityError::Missing(
                    path.to_owned(),
                    mark_path.to_owned(),
                    restorable(path),
                ));
            }
            Mark::check_place(mark_path)?;
            file.prepare()?;
        } else {
            let connection = look(path)?;
            let row = row_of(&connection)?;
            judge(path, mark_path, row.as_ref(), mark.as_ref(), keys)?;
            match row {
                Some(row) if is_alone && !row.is_whole => {
                    // Without a mark: an earlier start came only this far, see `judge`.
                    let is_elsewhere = mark
                        .as_ref()
                        .is_some_and(|mark| mark.database != absolute(path));
                    if !has_wal || is_elsewhere {
                        return Err(IdentityError::Copied(path.to_owned()));
                    }
                }
                Some(_) => {}
                None => check_a_sealed_row(path, &connection, keys)?,
            }
            Mark::check_place(mark_path)?;
            file.prepare()?;
        }
        let connection = file.connect()?;
        let mut identity = Self {
            path: path.to_owned(),
            mark_path: mark_path.to_owned(),
            lock,
            connection,
            seen: 0,
        };
        identity.begin(keys, fresh_id)?;
        identity
            .lock
            .lock_shared()
            .map_err(|source| lock_error(path, source))?;
        Ok(identity)
    }

    fn begin(
        &mut self,
        keys: &dyn KeyCheck,
        id: [u8; INSTANCE_LEN_BYTES],
    ) -> Result<(), IdentityError> {
        let KeyChecks { sealing, pepper } = keys.checks();
        self.connection.execute(
            "INSERT INTO instance (only, id, generation, is_whole, sealing_check, pepper_check) VALUES (1, ?1, 0, 0, ?2, ?3) \
             ON CONFLICT (only) DO UPDATE SET generation = generation + (generation > 0), is_whole = 0",
            params![id, sealing, pepper],
        )?;
        self.note()?;
        if row_of(&self.connection)?.is_some_and(|row| row.generation == 0) {
            // There is a mark from now on: who loses it is asked about it.
            self.raise()?;
        }
        // The file itself shall say that it is open: that is what tells a copy of it. The WAL keeps
        // what it has: from now on it is never empty until the database is closed.
        checkpoint(&self.connection, "FULL")
    }

    /// Notes how new the database is, when something was written since; and folds the WAL into the
    /// file.
    ///
    /// # Errors
    /// [`IdentityError`]; the next call tries again.
    pub fn note_progress(&mut self) -> Result<(), IdentityError> {
        let changes: i64 = self
            .connection
            .query_row("PRAGMA data_version", [], |row| row.get(0))?;
        if changes == self.seen {
            return Ok(());
        }
        self.raise()?;
        self.seen = changes;
        checkpoint(&self.connection, "PASSIVE")
    }

    /// Raises the generation: copies that were made before are older from now on.
    pub(crate) fn raise(&mut self) -> Result<(), IdentityError> {
        self.connection
            .execute("UPDATE instance SET generation = generation + 1", [])?;
        self.note()
    }

    /// Writes the mark. Another process of the same database may have written a later one.
    fn note(&self) -> Result<(), IdentityError> {
        // Nobody writes meanwhile: of two processes, the later generation stays.
        let alone = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let row = row_of(&alone)?.ok_or_else(|| Failure::row("instance"))?;
        let before = Mark::read(&self.mark_path)?;
        if before.is_none_or(|mark| mark.generation <= row.generation) {
            let mark = Mark {
                instance: row.id,
                generation: row.generation,
                database: absolute(&self.path),
            };
            mark.write(&self.mark_path)?;
        }
        alone.rollback()?;
        Ok(())
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The database is closed. Whoever closes it last notes that all of it is in the one file.
    ///
    /// # Errors
    /// [`IdentityError`]; the database is as after a crash then, which does no harm.
    pub fn release(mut self) -> Result<(), IdentityError> {
        if self.lock.try_lock().is_ok() {
            self.connection
                .execute("UPDATE instance SET is_whole = 1", [])?;
            self.raise()?;
            checkpoint(&self.connection, "TRUNCATE")?;
            // Now SQLite may take its own files away.
            self.connection
                .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        }
        self.connection
            .close()
            .map_err(|(_connection, error)| error.into())
    }
}

/// Compares the instance and the generation of a database that is there with the mark.
pub(crate) fn judge(
    path: &Path,
    mark_path: &Path,
    row: Option<&Row>,
    mark: Option<&Mark>,
    keys: &dyn KeyCheck,
) -> Result<(), IdentityError> {
    let Some(row) = row else {
        // Of a build that kept no generation; with a mark, a later build has run since.
        return mark.map_or(Ok(()), |mark| {
            Err(IdentityError::Older {
                path: path.to_owned(),
                found: 0,
                wanted: mark.generation,
            })
        });
    };
    check_keys(path, row, keys)?;
    match mark {
        // The first start of all was cut off before it wrote the mark.
        None if row.generation == 0 => Ok(()),
        None => Err(IdentityError::NoMark(path.to_owned(), mark_path.to_owned())),
        Some(mark) if mark.instance != row.id => Err(IdentityError::Foreign(
            path.to_owned(),
            mark_path.to_owned(),
        )),
        Some(mark) if mark.generation > row.generation => Err(IdentityError::Older {
            path: path.to_owned(),
            found: row.generation,
            wanted: mark.generation,
        }),
        Some(_) => Ok(()),
    }
}

pub(crate) fn check_keys(path: &Path, row: &Row, keys: &dyn KeyCheck) -> Result<(), IdentityError> {
    let ours = keys.checks();
    let wrong = |which| {
        Err(IdentityError::WrongKeys {
            path: path.to_owned(),
            which,
        })
    };
    if row.checks.sealing != ours.sealing {
        return wrong("sealing_key");
    }
    if row.checks.pepper != ours.pepper {
        return wrong("pepper");
    }
    Ok(())
}

/// Any of the rows that the keys must open: `method` had them before each kind had a table.
const SEALED_ROWS: [(&str, &str); 3] = [
    (
        "SELECT EXISTS (SELECT 1 FROM pragma_table_info('method') WHERE name = 'sealed')",
        "SELECT host, subject, id, sealed FROM method LIMIT 1",
    ),
    (
        "SELECT EXISTS (SELECT 1 FROM pragma_table_info('totp'))",
        "SELECT m.host, m.subject, m.id, t.sealed_secret FROM totp t JOIN method m ON m.id = t.method_id LIMIT 1",
    ),
    (
        "SELECT EXISTS (SELECT 1 FROM pragma_table_info('phone'))",
        "SELECT m.host, m.subject, m.id, p.sealed_number FROM phone p JOIN method m ON m.id = p.method_id LIMIT 1",
    ),
];

/// A database that no process has claimed yet has no check value, but sealed secrets where an
/// earlier build wrote it.
pub(crate) fn check_a_sealed_row(
    path: &Path,
    connection: &Connection,
    keys: &dyn KeyCheck,
) -> Result<(), IdentityError> {
    for (is_there, row) in SEALED_ROWS {
        if connection.query_row(is_there, [], |row| row.get(0))? {
            check_first_row(path, connection, row, keys)?;
        }
    }
    Ok(())
}

fn check_first_row(
    path: &Path,
    connection: &Connection,
    sql: &str,
    keys: &dyn KeyCheck,
) -> Result<(), IdentityError> {
    let sealed: Option<(String, String, String, Vec<u8>)> = connection
        .query_row(sql, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((host, subject, method_id, sealed)) = sealed else {
        return Ok(());
    };
    let row = SealedFor {
        host: &host,
        subject: &subject,
        method_id: &method_id,
    };
    if keys.opens(&sealed, row) {
        Ok(())
    } else {
        Err(IdentityError::WrongKeys {
            path: path.to_owned(),
            which: "sealing_key",
        })
    }
}

/// [`None`] for a database of an earlier build.
pub(crate) fn row_of(connection: &Connection) -> Result<Option<Row>, IdentityError> {
    const TABLE: &str =
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'instance')";
    if !connection.query_row(TABLE, [], |row| row.get(0))? {
        return Ok(None);
    }
    let sql = "SELECT id, generation, is_whole, sealing_check, pepper_check FROM instance";
    let found = connection
        .query_row(sql, [], |row| {
            let checks = KeyChecks {
                sealing: row.get(3)?,
                pepper: row.get(4)?,
            };
            Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get(2)?, checks))
        })
        .optional()?;
    let row = found.map(|(id, generation, is_whole, checks)| {
        Ok::<_, Failure>(Row {
            id,
            generation: from_sql(generation)?,
            is_whole,
            checks,
        })
    });
    Ok(row.transpose()?)
}

/// A connection that only looks: it changes no journal mode, brings no schema up to date, and folds
/// no WAL when it is closed.
pub(crate) fn look(path: &Path) -> Result<Connection, IdentityError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOOK_WAIT)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

/// Not there, or nothing in it.
pub(crate) fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |file| file.len() == 0)
}

/// Whether there is a WAL with something in it.
pub(crate) fn has_wal(path: &Path) -> bool {
    !is_empty(&wal_of(path))
}

/// The file that an interrupted [`restore`](super::copies::restore) has ready.
pub(crate) fn restoring(path: &Path) -> PathBuf {
    beside(path, ".restoring")
}

/// The file to restore where there is no database.
fn restorable(path: &Path) -> String {
    let ready = restoring(path);
    if is_empty(&ready) {
        "BACKUP".to_owned()
    } else {
        ready.display().to_string()
    }
}

pub(crate) fn wal_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

pub(crate) fn open_lock(path: &Path) -> Result<LockFile, IdentityError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(beside(path, ".lock"));
    lock.and_then(|lock| owned_like(&lock, path).map(|()| lock))
        .map_err(|source| lock_error(path, source))
}

pub(crate) fn lock_error(path: &Path, source: std::io::Error) -> IdentityError {
    IdentityError::Lock {
        path: beside(path, ".lock"),
        source,
    }
}

/// Beside other processes; not beside one that restores. Whether they are gone meanwhile, and this
/// one is alone.
fn share(path: &Path, lock: &LockFile) -> Result<bool, IdentityError> {
    for _look in 0..LOCK_LOOKS {
        if lock.try_lock().is_ok() {
            return Ok(true);
        }
        match lock.try_lock_shared() {
            Ok(()) => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_LOOK_EVERY),
            Err(TryLockError::Error(source)) => return Err(lock_error(path, source)),
        }
    }
    Err(IdentityError::InUse(path.to_owned()))
}

pub(crate) fn checkpoint(connection: &Connection, how: &str) -> Result<(), IdentityError> {
    // Whoever reads at this moment keeps some of it back for the next time.
    Ok(connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |_row| Ok(()))?)
}
