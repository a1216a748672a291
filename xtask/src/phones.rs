//! `cargo xtask phones`: the service's parser against the reference, and against ten million
//! inputs.

use std::fs::File;

use crate::run::{Done, Failed, command, root, run, step};
use crate::tools::pip;

/// Google's libphonenumber in Python; the version of the metadata is in its number.
const REFERENCE: &str = "phonenumbers==9.0.43";
const NUMBERS: &str = "120000";
const SEED: &str = "2";
const FUZZED: &str = "10000000";

/// Needs Python 3 with pip, and a package registry.
pub(crate) fn phones() -> Done {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folder = pip::packages("phones-reference", &[REFERENCE], &path)?;
    let numbers = root().join("target/phones.tsv");
    step("numbers and what the reference says of them", || {
        let script = root()
            .join("crates/server/tests/phones/reference.py")
            .to_string_lossy()
            .into_owned();
        let mut reference = command("python3", &[&script, NUMBERS, SEED], &path);
        reference
            .env("PYTHONPATH", &folder)
            .stdout(File::create(&numbers)?);
        let status = reference.status()?;
        if status.success() {
            Ok(())
        } else {
            Err(Failed(format!("the reference ended with {status}")))
        }
    })?;
    let words = [
        "test",
        "-p",
        "nidan-server",
        "--release",
        "--test",
        "phones",
        "--",
        "--nocapture",
    ];
    let mut compare = command("cargo", &words, &path);
    compare
        .env("NIDAN_PHONES", &numbers)
        .env("NIDAN_FUZZED", FUZZED);
    step("compare", || run(compare))
}
