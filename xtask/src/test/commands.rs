//! The commands that the checks run.

use std::ffi::OsString;
use std::process::Command;

use crate::run::{command, root};
use crate::stack::Stack;

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

pub(super) fn passes(path: &OsString) -> Command {
    let tests = "tools/postlink/tests/passes.test.mjs";
    command("node", &["--test", "--test-reporter=tap", tests], path)
}

pub(super) fn wasm_tests(path: &OsString) -> Command {
    let mut test = command(
        "cargo",
        &["test", "-p", "nidan", "--target", WASM, "--test", "web"],
        path,
    );
    let driver = std::env::split_paths(path)
        .map(|folder| folder.join("chromedriver"))
        .find(|driver| driver.is_file());
    test.env("CHROMEDRIVER", driver.unwrap_or_default())
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    test
}

pub(super) fn samples(path: &OsString) -> Command {
    let mut build = command("npm", &["run", "--silent", "build"], path);
    build
        .current_dir(root().join("examples/web"))
        .stdout(std::process::Stdio::null());
    build
}

pub(super) fn in_browser(path: &OsString, stack: &Stack, browser: &str, files: &[&str]) -> Command {
    let mut test = command(
        "node",
        &["--test", "--test-reporter=tap", "--test-concurrency=1"],
        path,
    );
    test.args(
        files
            .iter()
            .map(|name| format!("tests/browser/{name}.test.mjs")),
    );
    if !browser.is_empty() {
        test.env("NIDAN_BROWSER", browser);
    }
    test.env("NIDAN_DIST", root().join("dist"))
        .env("NIDAN_URL", &stack.url)
        .env("NIDAN_FOLDER", &stack.folder)
        .env("NIDAN_SERVICE", &stack.service_url);
    test
}
