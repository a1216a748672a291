//! The mark beside the keys: which database belongs to them, and how far it had come. It is outside
//! of the database, so that an older or foreign database does not bring its own.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde::Deserialize;

/// Random bytes that name a database.
pub const INSTANCE_LEN_BYTES: usize = 16;

/// What the mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The database's own id.
    pub instance: [u8; INSTANCE_LEN_BYTES],
    /// The database is at least as new as this.
    pub generation: u64,
    /// Where the database was, made absolute.
    pub database: PathBuf,
}

/// The mark cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// The file or its folder does not let us.
    #[error(
        "the mark {path}: {source}; set `mark_file` to a place that the service can write and that is no part of the \
             database's backups"
    )]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It says something else than a mark does.
    #[error("the mark {0} cannot be read: it was changed or cut off")]
    Shape(PathBuf),
}

#[derive(Deserialize)]
struct Lines {
    instance: String,
    generation: u64,
    database: PathBuf,
}

impl Mark {
    /// [`None`] when there is none.
    ///
    /// # Errors
    /// [`MarkError`].
    pub fn read(path: &Path) -> Result<Option<Self>, MarkError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(MarkError::File {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let shape = || MarkError::Shape(path.to_owned());
        let lines: Lines = toml::from_str(&text).map_err(|_| shape())?;
        let mut instance = [0; INSTANCE_LEN_BYTES];
        let decoded =
            Base64UrlUnpadded::decode(&lines.instance, &mut instance).map_err(|_| shape())?;
        if decoded.len() != INSTANCE_LEN_BYTES {
            return Err(shape());
        }
        Ok(Some(Self {
            instance,
            generation: lines.generation,
            database: lines.database,
        }))
    }

    /// Puts it in place of the one before, whole or not at all.
    ///
    /// # Errors
    /// [`MarkError::File`].
    pub fn write(&self, path: &Path) -> Result<(), MarkError> {
        let file = |source| MarkError::File {
            path: path.to_owned(),
            source,
        };
        let text = format!(
            "# Which database belongs to these keys, and how new it is. Written by nidan-server; no part of any backup.\n\
             instance = \"{}\"\ngeneration = {}\ndatabase = {}\n",
            Base64UrlUnpadded::encode_string(&self.instance),
            self.generation,
            toml::Value::from(self.database.to_string_lossy().into_owned()),
        );
        let (beside, mut fresh) = create_beside(path).map_err(file)?;
        let owner = if path.exists() { path } else { &self.database };
        let written = fresh
            .write_all(text.as_bytes())
            .and_then(|()| fresh.sync_all())
            .and_then(|()| owned_like(&fresh, owner))
            .and_then(|()| std::fs::rename(&beside, path))
            .and_then(|()| sync_folder(path));
        written.map_err(file)
    }

    /// Whether it can be written at all, before anything counts on it.
    ///
    /// # Errors
    /// [`MarkError::File`].
    pub fn check_place(path: &Path) -> Result<(), MarkError> {
        let checked = create_beside(path).and_then(|(beside, _file)| std::fs::remove_file(beside));
        checked.map_err(|source| MarkError::File {
            path: path.to_owned(),
            source,
        })
    }
}

/// A new file in the mark's folder, under a name that nobody else has: also another container's
/// process may be at it.
fn create_beside(path: &Path) -> std::io::Result<(PathBuf, File)> {
    let name = getrandom::u64().map_err(std::io::Error::other)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{name:016x}"));
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&beside)?;
    Ok((beside, file))
}

/// Gives a new file the owner of one that is there: what root's commands make, the service must be
/// able to write.
pub(crate) fn owned_like(file: &File, other: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let (Ok(other), own) = (std::fs::metadata(other), file.metadata()?) else {
            return Ok(());
        };
        if (other.uid(), other.gid()) != (own.uid(), own.gid()) {
            return fchown(file, Some(other.uid()), Some(other.gid()));
        }
    }
    #[cfg(not(unix))]
    let _nothing_to_do = (file, other);
    Ok(())
}

/// So that a file's new name is on the disk too.
pub(crate) fn sync_folder(of: &Path) -> std::io::Result<()> {
    let folder = of
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_a_broken_one_is_no_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nidan.keys.mark");
        assert_eq!(Mark::read(&path).unwrap(), None);
        let mark = Mark {
            instance: [7; 16],
            generation: 9,
            database: PathBuf::from("/data/\"二段\".db"),
        };
        Mark::check_place(&path).unwrap();
        mark.write(&path).unwrap();
        assert_eq!(Mark::read(&path).unwrap(), Some(mark));
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        assert!(Mark::check_place(&folder.path().join("none/nidan.keys.mark")).is_err());
        std::fs::write(
            &path,
            "instance = \"AAAA\"\ngeneration = 1\ndatabase = \"x\"\n",
        )
        .unwrap();
        assert!(matches!(Mark::read(&path), Err(MarkError::Shape(_))));
        std::fs::write(&path, "").unwrap();
        assert!(matches!(Mark::read(&path), Err(MarkError::Shape(_))));
    }
}
