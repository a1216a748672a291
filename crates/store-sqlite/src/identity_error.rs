//! Why the service does not run on a database.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::mark::MarkError;
use nidan_store::StoreError;

/// Why the service does not run on this database. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file is not there, or empty, but the keys had one.
    #[error(
        "there is no database at {0}, but these keys have one: starting anew would let everybody in without a code. Put the \
         database back, or run `nidan-server restore {2}`. To begin with nobody, delete the mark {1}"
    )]
    Missing(PathBuf, PathBuf, String),
    /// A copy of a database that was open, without what its WAL held.
    #[error(
        "the database {0} is a copy of one that was open, or has lost its file {0}-wal: people who set up two-step \
         verification lately would be let in without a code. Use the original with all its files, or a backup: `nidan-server \
         backup FILE` makes one while the service runs, `nidan-server restore FILE` puts it in place"
    )]
    Copied(PathBuf),
    /// Newer than this one was there before.
    #[error(
        "the database {path} is older than the one that ran here last (generation {found}, {wanted} was reached): used codes \
         would count again, and people would be missing. If it is the newest that there is, run `nidan-server restore {path}`"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its generation.
        found: u64,
        /// What the mark says.
        wanted: u64,
    },
    /// Of another service.
    #[error(
        "the database {0} belongs to other keys than these: the mark {1} names another database. Check `database` and \
         `keys_file`. To take this one over, delete the mark and run `nidan-server restore {0}`"
    )]
    Foreign(PathBuf, PathBuf),
    /// There is a database and no mark.
    #[error(
        "there is no mark {1} beside the keys, so nobody can tell whether the database {0} is the newest one. If it is, run \
         `nidan-server restore {0}`"
    )]
    NoMark(PathBuf, PathBuf),
    /// Sealed under other keys.
    #[error(
        "the keys are not those that the database {path} was written with (the {which} differs): no code could be checked. Put \
         the right key file back; nothing was changed"
    )]
    WrongKeys {
        /// The database.
        path: PathBuf,
        /// `sealing_key` or `pepper`.
        which: &'static str,
    },
    /// Another process has it.
    #[error("the database {0} is being restored, or a service runs on it: stop that one first")]
    InUse(PathBuf),
    /// The lock beside the database.
    #[error("the lock {path}: {source}")]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The mark.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for IdentityError {
    fn from(error: rusqlite::Error) -> Self {
        Failure::from(error).into()
    }
}

impl From<Failure> for IdentityError {
    fn from(failure: Failure) -> Self {
        Self::Store(failure.into())
    }
}
