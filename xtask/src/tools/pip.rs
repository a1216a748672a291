//! Packages of Python that tests need, in the cache: installed once, and again when the list is
//! another one.

use std::ffi::OsString;
use std::path::PathBuf;

use super::cache;
use crate::run::{Done, command, run, step};

/// The folder (for `PYTHONPATH`) with the wanted packages, each with its version. Needs Python 3 with
/// pip, and a package registry where the cache has them not.
pub(crate) fn packages(name: &str, wanted: &[&str], path: &OsString) -> Done<PathBuf> {
    let folder = cache()?.join(name);
    let mark = folder.join("wanted");
    let list = wanted.join("\n");
    if std::fs::read_to_string(&mark).ok().as_ref() != Some(&list) {
        let target = folder.to_string_lossy().into_owned();
        let install = ["-m", "pip", "install", "--quiet", "--upgrade", "--target"];
        let words: Vec<&str> = install
            .into_iter()
            .chain([target.as_str()])
            .chain(wanted.iter().copied())
            .collect();
        step(
            &format!("packages of Python: {}", wanted.join(", ")),
            || run(command("python3", &words, path)),
        )?;
        std::fs::write(&mark, list)?;
    }
    Ok(folder)
}
