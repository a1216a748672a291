//! `cargo xtask tidy`: the house rules that a machine can check.

mod code;
mod documents;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Done, Failed, command, output, root};

/// Crates that know nothing of ours, and no world.
const PURE: [&str; 2] = ["crates/otp", "crates/protocol"];

/// Checks the tree as git knows it.
pub(crate) fn tidy() -> Done {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let listed = output(command(
        "git",
        &["ls-files", "-co", "--exclude-standard"],
        &path,
    ))?;
    let files: Vec<PathBuf> = listed
        .lines()
        .map(PathBuf::from)
        .filter(|file| root().join(file).is_file())
        .collect();
    let mut wrong = Vec::new();
    documents::check(&files, &mut wrong)?;
    for file in files.iter().filter(|file| is_code(file)) {
        let text = fs::read_to_string(root().join(file))?;
        code::check(file, &text, &mut wrong);
    }
    words::every_word_is_used(&files, &mut wrong)?;
    words::facts_are_of_this_year(&files)?;
    for folder in PURE {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml"))?;
        if manifest.lines().any(|line| line.starts_with("nidan-")) {
            wrong.push(format!("{folder} must not depend on another crate of ours"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failed(wrong.join("\n")))
    }
}

fn is_code(file: &Path) -> bool {
    file.extension().is_some_and(|extension| {
        ["rs", "js", "mjs", "css"]
            .iter()
            .any(|known| extension == *known)
    })
}
