//! Recorded ceremonies of passkeys, judged by an implementation in Python.

use std::ffi::OsString;

use crate::run::{Done, command, run};
use crate::tools::pip;

/// BSD-2-Clause.
const REFERENCE: &str = "fido2==2.2.1";

/// Has the ceremonies judged that the tests have recorded. Needs Python 3 with pip.
pub(crate) fn agreement(path: &OsString) -> Done {
    let packages = pip::packages("passkeys-reference", &[REFERENCE], path)?;
    let mut judge = command("python3", &["tests/passkeys/judge.py"], path);
    judge.env("PYTHONPATH", &packages);
    run(judge)
}
