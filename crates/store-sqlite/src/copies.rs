//! Backups and what puts them in place. A backup is a whole database in one file; what is restored
//! begins with higher epochs, no trusted browsers and no codes of the last minutes, so that nothing
//! which was used meanwhile counts again.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use crate::connection::File;
use crate::failure::Failure;
use crate::identity::{
    Identity, Row, absolute, beside, check_a_sealed_row, check_keys, checkpoint, has_wal, is_empty,
    lock_error, look, open_lock, restoring, row_of, wal_of,
};
use crate::identity_error::IdentityError;
use crate::mark::{INSTANCE_LEN_BYTES, Mark, MarkError, owned_like, sync_folder};
use crate::rows::to_sql;
use crate::since::{forget_what_may_have_been_used, take_over_grace, take_over_used_codes};
use nidan_store::KeyCheck;

/// No copy was made, or put in place. What was there before is there still.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The database or the keys are not the right ones.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No database, or a damaged one.
    #[error("{path} is no whole database: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// In SQLite's words.
        reason: String,
    },
    /// Not a database of this service's kind.
    #[error("{0} is no database of nidan-server")]
    OfSomethingElse(PathBuf),
    /// Copied from a database that was open.
    #[error(
        "{0} is a copy of a database that was open: people who set up two-step verification shortly before may be missing, and \
         would be let in without a code. Use a file that `nidan-server backup` made; where there is none, \
         `nidan-server restore --incomplete {0}`"
    )]
    Incomplete(PathBuf),
}

impl From<rusqlite::Error> for CopyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Identity(error.into())
    }
}

impl From<Failure> for CopyError {
    fn from(failure: Failure) -> Self {
        Self::Identity(failure.into())
    }
}

impl From<MarkError> for CopyError {
    fn from(error: MarkError) -> Self {
        Self::Identity(error.into())
    }
}

/// The content of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// People with a second factor.
    pub people: u64,
    /// Their methods.
    pub methods: u64,
    /// The generation of the database.
    pub generation: u64,
    /// Backup codes that were known as used only by the database that was there before.
    pub codes_taken_over: u64,
}

/// Writes all of the database into a new file, also while the service runs.
///
/// # Errors
/// [`CopyError`]; a file that is there already is never written over.
pub fn backup(identity: &mut Identity, to: &Path) -> Result<Copied, CopyError> {
    create_private(to)?;
    let made = identity
        .connection()
        .execute("VACUUM INTO ?1", [to.to_string_lossy()])
        .map_err(CopyError::from)
        .and_then(|_| finish_backup(to))
        .inspect_err(|_| {
            // Half a backup is worse than none.
            let _nothing = std::fs::remove_file(to);
        })?;
    // From now on the copy is older than the database, so that nobody starts on it by mistake.
    identity.raise()?;
    Ok(made)
}

fn finish_backup(to: &Path) -> Result<Copied, CopyError> {
    let copy = plain(to)?;
    // No WAL beside it: the one file is all.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.execute("UPDATE instance SET is_whole = 1", [])?;
    // A restore ends every flow. The keys of set-ups that are open now have no place in a file that is
    // kept for years: their pages are overwritten too.
    copy.pragma_update(None, "secure_delete", true)?;
    copy.execute("UPDATE flow SET sealed_private_key = NULL", [])?;
    whole(&copy, to)?;
    let made = counted(&copy, 0)?;
    copy.close().map_err(|(_copy, error)| error)?;
    sync(to)?;
    Ok(made)
}

/// Puts a backup in the database's place; the database that was there is kept beside it under
/// another name. Nobody may be running on it.
///
/// `accepts_incomplete` takes a copy of a database that was open.
///
/// # Errors
/// [`CopyError`]; nothing was changed then.
pub fn restore(
    from: &Path,
    path: &Path,
    mark_path: &Path,
    keys: &dyn KeyCheck,
    fresh_id: [u8; INSTANCE_LEN_BYTES],
    now: u64,
    accepts_incomplete: bool,
) -> Result<(Copied, Option<PathBuf>), CopyError> {
    let lock = open_lock(path)?;
    lock.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => IdentityError::InUse(path.to_owned()),
        std::fs::TryLockError::Error(source) => lock_error(path, source),
    })?;
    let mark = Mark::read(mark_path)?;
    Mark::check_place(mark_path)?;
    // Its WAL is known to be its own only where it was left.
    let accepts_wal = absolute(from) == absolute(path);
    let row = examine(
        from,
        mark_path,
        mark.as_ref(),
        keys,
        accepts_wal,
        accepts_incomplete,
    )?;
    let mut fresh = restoring(path);
    if absolute(from) == absolute(&fresh) {
        fresh = beside(&fresh, "-again");
    }
    remove(&fresh)?;
    create_private(&fresh)?;
    give_to_the_service(&fresh, path, mark_path)?;
    look(from)?
        .execute("VACUUM INTO ?1", [fresh.to_string_lossy()])
        .map_err(CopyError::from)?;
    let file = File {
        path: fresh.clone(),
        pragmas: Vec::new(),
    };
    file.prepare()?;
    let copy = plain(&fresh)?;
    whole(&copy, &fresh)?;
    let reached = mark
        .as_ref()
        .map_or(0, |mark| mark.generation)
        .max(row.as_ref().map_or(0, |row| row.generation));
    let instance = match row {
        Some(row) => row.id,
        None => fresh_id,
    };
    let taken_over = take_over_used_codes(&copy, path);
    take_over_grace(&copy, path)?;
    forget_what_may_have_been_used(&copy, now)?;
    let (checks, generation) = (keys.checks(), reached.saturating_add(1));
    copy.execute(
        "INSERT INTO instance (only, id, generation, is_whole, sealing_check, pepper_check) VALUES (1, ?1, ?2, 1, ?3, ?4) \
         ON CONFLICT (only) DO UPDATE SET generation = ?2, is_whole = 1",
        params![instance, to_sql(generation), checks.sealing, checks.pepper],
    )?;
    let made = counted(&copy, taken_over)?;
    checkpoint(&copy, "TRUNCATE")?;
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.close().map_err(|(_copy, error)| error)?;
    sync(&fresh)?;
    // The mark first: a machine that dies between the two refuses to start, and the same command
    // goes on.
    Mark {
        instance,
        generation,
        database: absolute(path),
    }
    .write(mark_path)?;
    let kept = put_aside(path, now)?;
    rename(&fresh, path)?;
    sync_folder(path).map_err(|source| CopyError::File {
        path: path.to_owned(),
        source,
    })?;
    Ok((made, kept))
}

/// Whether a file may be restored at all; its row, unless an earlier build made it.
fn examine(
    from: &Path,
    mark_path: &Path,
    mark: Option<&Mark>,
    keys: &dyn KeyCheck,
    accepts_wal: bool,
    accepts_incomplete: bool,
) -> Result<Option<Row>, CopyError> {
    if is_empty(from) {
        let ready = restoring(from);
        let hint = if is_empty(&ready) {
            String::new()
        } else {
            format!("; restore {} instead", ready.display())
        };
        return Err(CopyError::Damaged {
            path: from.to_owned(),
            reason: format!("it is empty or not there{hint}"),
        });
    }
    let has_wal = accepts_wal && has_wal(from);
    let damaged = |error: &dyn std::error::Error| CopyError::Damaged {
        path: from.to_owned(),
        reason: error.to_string(),
    };
    let copy = look(from).map_err(|error| damaged(&error))?;
    whole(&copy, from)?;
    let is_ours: bool = copy.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'backup_set')",
        [],
        |row| row.get(0),
    )?;
    if !is_ours {
        return Err(CopyError::OfSomethingElse(from.to_owned()));
    }
    let Some(row) = row_of(&copy)? else {
        check_a_sealed_row(from, &copy, keys)?;
        return Ok(None);
    };
    check_keys(from, &row, keys)?;
    if mark.is_some_and(|mark| mark.instance != row.id) {
        return Err(IdentityError::Foreign(from.to_owned(), mark_path.to_owned()).into());
    }
    if !row.is_whole && !has_wal && !accepts_incomplete {
        return Err(CopyError::Incomplete(from.to_owned()));
    }
    Ok(Some(row))
}

fn counted(copy: &Connection, codes_taken_over: u64) -> Result<Copied, CopyError> {
    let count = |sql: &str| copy.query_row(sql, [], |row| row.get::<_, i64>(0));
    let count = |sql| count(sql).map(|found| u64::try_from(found).unwrap_or(0));
    Ok(Copied {
        people: count("SELECT COUNT(*) FROM (SELECT DISTINCT host, subject FROM method)")?,
        methods: count("SELECT COUNT(*) FROM method")?,
        generation: count("SELECT generation FROM instance")?,
        codes_taken_over,
    })
}

fn whole(copy: &Connection, path: &Path) -> Result<(), CopyError> {
    let damaged = |reason: String| CopyError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let said: String = copy
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| damaged(error.to_string()))?;
    if said == "ok" {
        Ok(())
    } else {
        Err(damaged(said))
    }
}

/// For a file that nobody else has.
fn plain(path: &Path) -> Result<Connection, CopyError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

/// What root restores, the service must be able to write.
fn give_to_the_service(fresh: &Path, path: &Path, mark_path: &Path) -> Result<(), CopyError> {
    let owner = if path.exists() { path } else { mark_path };
    let given = OpenOptions::new()
        .write(true)
        .open(fresh)
        .and_then(|file| owned_like(&file, owner));
    given.map_err(|source| CopyError::File {
        path: fresh.to_owned(),
        source,
    })
}

fn create_private(path: &Path) -> Result<(), CopyError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(|_file| ())
        .map_err(|source| CopyError::File {
            path: path.to_owned(),
            source,
        })
}

fn sync(path: &Path) -> Result<(), CopyError> {
    let synced = OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.sync_all());
    synced.map_err(|source| CopyError::File {
        path: path.to_owned(),
        source,
    })
}

fn remove(path: &Path) -> Result<(), CopyError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(CopyError::File {
            path: path.to_owned(),
            source,
        }),
        _gone => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), CopyError> {
    std::fs::rename(from, to).map_err(|source| CopyError::File {
        path: to.to_owned(),
        source,
    })
}

/// The database that was there, with its WAL, under a name of its own.
fn put_aside(path: &Path, now: u64) -> Result<Option<PathBuf>, CopyError> {
    if !path.exists() {
        return Ok(None);
    }
    let aside = beside(path, &format!(".before-restore-{now}"));
    let wal = wal_of(path);
    if wal.exists() {
        rename(&wal, &wal_of(&aside))?;
    }
    remove(&beside(path, "-shm"))?;
    rename(path, &aside)?;
    Ok(Some(aside))
}
