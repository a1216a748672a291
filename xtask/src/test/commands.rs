//! The commands that the checks run.

use std::ffi::OsString;
use std::process::Command;

use crate::run::{command, root};

/// The target of the widget.
pub(super) const WASM: &str = "wasm32-unknown-unknown";

pub(super) fn cargo(words: &[&str], path: &OsString) -> Command {
    let mut cargo = command("cargo", words, path);
    if words.contains(&"clippy") {
        cargo.args(["--", "--deny", "warnings"]);
    }
    cargo
}

pub(super) fn agreement(path: &OsString) -> Command {
    command("node", &["tests/browser/agreement.mjs", "--check"], path)
}

/// Recorded ceremonies of passkeys, judged by another implementation.
pub(super) fn passkey_agreement(path: &OsString) -> Command {
    command("node", &["tests/browser/passkey-agreement.mjs"], path)
}

pub(super) fn derivation(path: &OsString) -> Command {
    command("node", &["tests/browser/derivation.mjs", "--check"], path)
}

/// The element's scripts, by the types in their comments.
pub(super) fn types(path: &OsString) -> Command {
    let compiler = "tests/browser/node_modules/typescript/bin/tsc";
    command("node", &[compiler, "--project", "jsconfig.json"], path)
}

/// Every script, by the rules of `.oxlintrc.json`.
pub(super) fn script_lints(path: &OsString) -> Command {
    let program = root().join("tests/browser/node_modules/.bin/oxlint");
    command(&program.to_string_lossy(), &["--deny-warnings"], path)
}

/// Scripts that are tested without a browser: what is done to a finished module, and what the
/// element decides by itself.
pub(super) fn scripts(path: &OsString) -> Command {
    let words = [
        "--test",
        "--test-reporter=tap",
        "tools/postlink/tests/passes.test.mjs",
        "tests/element/declarations.test.mjs",
        "tests/element/languages.test.mjs",
        "tests/element/options.test.mjs",
        "tests/element/passkey.test.mjs",
    ];
    command("node", &words, path)
}

/// What runs inside of a page: the renderer's tests and the widget's. `driver` is Chromium's or
/// Firefox's.
pub(super) fn wasm_tests(path: &OsString, driver: &str, parts: &[&str]) -> Command {
    let words = [&["test", "-p", "nidan", "--target", WASM], parts].concat();
    let mut test = command("cargo", &words, path);
    let program = std::env::split_paths(path)
        .map(|folder| folder.join(driver))
        .find(|program| program.is_file());
    // The runner takes the browser whose driver it is told, and any that it finds where it is told
    // none: an empty path is a failure, another browser is not noticed.
    for (name, variable) in [
        ("chromedriver", "CHROMEDRIVER"),
        ("geckodriver", "GECKODRIVER"),
        ("safaridriver", "SAFARIDRIVER"),
    ] {
        test.env_remove(format!("{variable}_REMOTE"));
        if name == driver {
            test.env(variable, program.clone().unwrap_or_default());
        } else {
            test.env_remove(variable);
        }
    }
    test.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    test
}

pub(super) fn samples(path: &OsString) -> Command {
    let mut build = command("npm", &["run", "--silent", "build"], path);
    build
        .current_dir(root().join("examples/web"))
        .stdout(std::process::Stdio::null());
    build
}
