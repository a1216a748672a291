//! `nidan-server rotate-signing-key`: another signing key, without a moment in which a host refuses
//! a result.
//!
//! Hosts keep the public keys for a while, so that a key has to be published before it signs, and
//! has to stay published after it has signed for the last time. Each run goes one step: publish the
//! next key; sign with it; forget the old one.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::environment::Random;
use crate::keys::{KeyError, fresh_key, read_private};

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The next key is published beside the one that signs.
    Published,
    /// The next key signs; the one before is still published.
    Switched,
    /// Only the key that signs is published.
    Forgotten,
}

impl Step {
    /// What an operator does next.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Published => {
                "A next key is published once the service is restarted. Wait until every host has fetched the keys anew \
                 (an hour, where nothing else is known), then run this again."
            }
            Self::Switched => {
                "The next key signs once the service is restarted; the one before stays published. Wait until the last \
                 result signed by it is over (a minute), then run this again."
            }
            Self::Forgotten => {
                "The old key is gone once the service is restarted. That was the last step."
            }
        }
    }
}

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The key file cannot be read.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The key file is no TOML.
    #[error("the key file {0} is not valid")]
    Shape(PathBuf),
    /// The key file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no randomness.
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
}

/// Goes one step. Lines of the file that are not about signing keys stay as they are.
///
/// # Errors
/// [`RotateError`]; the file is then as it was.
pub fn rotate(file: &Path, random: &dyn Random) -> Result<Step, RotateError> {
    let text = read_private(file)?;
    let value = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))
            .map(|value| Zeroizing::new(value.trim().trim_matches('"').to_owned()))
    };
    let current = value("signing_key").ok_or_else(|| RotateError::Shape(file.to_owned()))?;
    let (step, keys) = match (value("next_signing_key"), value("previous_signing_key")) {
        (Some(next), _) => (
            Step::Switched,
            [("signing_key", next), ("previous_signing_key", current)].to_vec(),
        ),
        (None, Some(_)) => (Step::Forgotten, [("signing_key", current)].to_vec()),
        (None, None) => (
            Step::Published,
            [
                ("signing_key", current),
                ("next_signing_key", fresh_key(random)?),
            ]
            .to_vec(),
        ),
    };
    let is_ours = |line: &str| {
        line.split('=')
            .next()
            .is_some_and(|name| name.trim().ends_with("signing_key"))
    };
    let mut written = Zeroizing::new(String::with_capacity(text.len() * 2));
    for line in text
        .lines()
        .filter(|line| !is_ours(line) || line.starts_with("signing_key"))
    {
        if is_ours(line) {
            for (name, key) in &keys {
                written.push_str(name);
                written.push_str(" = \"");
                written.push_str(key);
                written.push_str("\"\n");
            }
        } else {
            written.push_str(line);
            written.push('\n');
        }
    }
    replace(file, &written).map_err(|source| RotateError::Write {
        path: file.to_owned(),
        source,
    })?;
    Ok(step)
}

/// All or nothing: a file beside it takes its place.
fn replace(file: &Path, text: &str) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(&beside)?;
    new.write_all(text.as_bytes())
        .and_then(|()| new.sync_all())?;
    std::fs::rename(beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assertion::AssertionSigner;
    use crate::environment::Os;
    use crate::keys::Keys;

    #[test]
    fn each_step_keeps_the_signing_key_published_before_and_after() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nidan.keys");
        std::fs::write(&file, Keys::generate(&Os).unwrap().as_str()).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        let kids = || {
            let signer = AssertionSigner::new(&Keys::load(&file, |_| None).unwrap());
            let published: Vec<_> = signer.public_keys().to_jwks()["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| key["kid"].clone())
                .collect();
            (signer.kid().to_owned(), published)
        };
        let others = |text: &str| {
            text.lines()
                .filter(|line| !line.contains("signing_key"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let before_text = others(&std::fs::read_to_string(&file).unwrap());
        let (first, published) = kids();
        assert_eq!(published.len(), 1);
        assert_eq!(rotate(&file, &Os).unwrap(), Step::Published);
        let (signing, published) = kids();
        assert_eq!(
            (&signing, published.len()),
            (&first, 2),
            "published before it signs"
        );
        assert_eq!(rotate(&file, &Os).unwrap(), Step::Switched);
        let (second, both) = kids();
        assert_ne!(second, first);
        assert!(
            both.iter().any(|kid| *kid == first) && both.iter().any(|kid| *kid == second),
            "and stays after it"
        );
        assert_eq!(rotate(&file, &Os).unwrap(), Step::Forgotten);
        assert_eq!(kids(), (second.clone(), vec![second.into()]));
        assert_eq!(
            others(&std::fs::read_to_string(&file).unwrap()),
            before_text,
            "nothing else is touched"
        );
    }
}
