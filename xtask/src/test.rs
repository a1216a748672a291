//! `cargo xtask test`: every check that CI runs, and one closing line.

use std::ffi::OsString;
use std::process::Command;

use crate::run::{Done, Failed, command, now, root, seconds, step};
use crate::stack::{Build, Stack};
use crate::tools::Tools;

const WASM: &str = "wasm32-unknown-unknown";

/// Enough to press every button of a login and of a set-up some times;
/// `cargo xtask walk --walks 500` is for by hand.
const RANDOM_WALKS: [&str; 6] = ["--walks", "20", "--steps", "200", "--seed", "1"];

/// How many checks went well and how many did not.
#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
}

/// Runs everything, also after a failure, and tells all at the end.
pub(crate) fn test() -> Done {
    let started = now();
    let tools = Tools::for_tests()?;
    let path = &tools.path;
    let mut tally = Tally::default();
    tally.check("fmt", command("cargo", &["fmt", "--all", "--check"], path));
    tally.check(
        "clippy",
        cargo(&["clippy", "--workspace", "--all-targets", "--quiet"], path),
    );
    tally.check(
        "clippy for wasm",
        cargo(
            &[
                "clippy",
                "-p",
                "nidan",
                "--all-targets",
                "--target",
                WASM,
                "--quiet",
            ],
            path,
        ),
    );
    tally.step("tidy", crate::tidy::tidy);
    tally.step("the book's reference is what the code says", || {
        crate::book::book(true)
    });
    tally.check(
        "licences, bans and sources",
        command(
            "cargo-deny",
            &["--offline", "check", "licenses", "bans", "sources"],
            path,
        ),
    );
    tally.advisories(path);
    tally.step(
        "the table of phone regions is what the metadata says",
        || crate::regions::regions(true),
    );
    tally.check(
        "an independent TOTP agrees with the committed vectors",
        agreement(path),
    );
    tally.count(
        "native tests",
        cargo(&["test", "--workspace", "--no-fail-fast"], path),
    );
    tally.count("browser tests (wasm-bindgen-test)", wasm_tests(path));
    for (name, check) in crate::hosts::HOSTS {
        tally.step(
            &format!("an example host stands the conformance kit: {name}"),
            || check(&tools),
        );
    }
    let stack = Stack::start(
        &tools,
        Build::Release,
        &root()
            .join("target/end-to-end")
            .join(std::process::id().to_string()),
    );
    match stack {
        Ok(stack) => {
            tally.step("page weight", crate::bench::weight);
            let walks = ["end-to-end", "phone", "login", "orders", "scam"];
            tally.count(
                "end-to-end tests in chromium",
                in_browser(path, &stack, "chromium", &walks),
            );
            tally.count(
                "end-to-end tests in firefox",
                in_browser(path, &stack, "firefox", &walks),
            );
            tally.check(
                "walks at random",
                crate::screens::walking(path, &stack, &RANDOM_WALKS),
            );
            tally.count(
                "every screen under axe",
                in_browser(path, &stack, "chromium", &["accessibility"]),
            );
            let pages = [
                "element", "fallback", "fields", "hosts", "reflow", "trees", "keyboard",
            ];
            tally.count(
                "the element on pages of all kinds",
                in_browser(path, &stack, "chromium", &pages),
            );
            tally.count(
                "the element in firefox",
                in_browser(path, &stack, "firefox", &["element", "fallback", "fields"]),
            );
            tally.count(
                "the strictest policy in chromium and webkit",
                in_browser(path, &stack, "", &["strict"]),
            );
            tally.count(
                "the strictest policy in firefox",
                in_browser(path, &stack, "firefox", &["strict"]),
            );
            tally.check("the samples are built", samples(path));
            tally.count(
                "the samples in a browser",
                in_browser(path, &stack, "chromium", &["samples"]),
            );
        }
        Err(Failed(reason)) => {
            println!("✗ {reason}");
            tally.failed += 1;
        }
    }
    tally.step(
        "the npm package is made, installs, and its types hold",
        || crate::dist::fits(&tools),
    );
    println!("everything took {}", seconds(started.elapsed()));
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 {
        Ok(())
    } else {
        Err(Failed("some checks failed: see above".to_owned()))
    }
}

impl Tally {
    /// A command that counts as one check.
    fn check(&mut self, name: &str, mut command: Command) {
        self.step(name, || {
            let status = command.status()?;
            if status.success() {
                Ok(())
            } else {
                Err(Failed(format!("{name} ended with {status}")))
            }
        });
    }

    fn step(&mut self, name: &str, work: impl FnOnce() -> Done) {
        match step(name, work) {
            Ok(()) => self.passed += 1,
            Err(Failed(reason)) => {
                println!("{reason}");
                self.failed += 1;
            }
        }
    }

    /// A test runner that tells its own numbers.
    fn count(&mut self, name: &str, mut command: Command) {
        let counted = step(name, || {
            let output = command.output()?;
            let text = [
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            ]
            .concat();
            let (passed, failed) = numbers(&text);
            if !output.status.success() || passed == 0 {
                println!("{text}");
            }
            // A runner that ends badly without naming a failure has failed all the same.
            let failed = if output.status.success() && passed > 0 {
                failed
            } else {
                failed.max(1)
            };
            println!("  {passed} passed, {failed} failed");
            Ok((passed, failed))
        });
        let (passed, failed) = counted.unwrap_or((0, 1));
        self.passed += passed;
        self.failed += failed;
    }

    /// The advisory database comes from the network, which is not everywhere.
    fn advisories(&mut self, path: &OsString) {
        let checked = command("cargo-deny", &["check", "advisories"], path).output();
        match checked {
            Ok(output) if output.status.success() => self.passed += 1,
            Ok(output)
                if String::from_utf8_lossy(&output.stderr)
                    .contains("failed to fetch advisory database") =>
            {
                println!(
                    "- advisories: the database cannot be fetched here, so they are not checked"
                );
            }
            Ok(output) => {
                println!("✗ advisories\n{}", String::from_utf8_lossy(&output.stderr));
                self.failed += 1;
            }
            Err(error) => {
                println!("✗ advisories: {error}");
                self.failed += 1;
            }
        }
    }
}

/// What `cargo test`, wasm-bindgen-test and `node --test` say of themselves, added up.
fn numbers(text: &str) -> (u32, u32) {
    let number = |word: Option<&str>| {
        word.and_then(|word| word.trim().parse::<u32>().ok())
            .unwrap_or(0)
    };
    text.lines().fold((0, 0), |(passed, failed), line| {
        if let Some((_, rest)) = line
            .split_once("test result:")
            .filter(|_| line.contains(" passed; "))
        {
            let mut parts = rest.split(';');
            let first = parts
                .next()
                .and_then(|part| part.split_once(". "))
                .map(|(_, count)| count);
            let count =
                |part: Option<&str>| number(part.and_then(|part| part.split_whitespace().next()));
            return (passed + count(first), failed + count(parts.next()));
        }
        let tap = |mark: &str| number(line.strip_prefix(mark));
        (passed + tap("# pass "), failed + tap("# fail "))
    })
}

fn cargo(words: &[&str], path: &OsString) -> Command {
    let mut cargo = command("cargo", words, path);
    if words.contains(&"clippy") {
        cargo.args(["--", "--deny", "warnings"]);
    }
    cargo
}

fn agreement(path: &OsString) -> Command {
    command("node", &["tests/browser/agreement.mjs", "--check"], path)
}

fn wasm_tests(path: &OsString) -> Command {
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

fn samples(path: &OsString) -> Command {
    let mut build = command("npm", &["run", "--silent", "build"], path);
    build
        .current_dir(root().join("examples/web"))
        .stdout(std::process::Stdio::null());
    build
}

fn in_browser(path: &OsString, stack: &Stack, browser: &str, files: &[&str]) -> Command {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_numbers_are_added_up() {
        let text = "test result: ok. 17 passed; 0 failed; 0 ignored\nx\ntest result: FAILED. 2 passed; 1 failed; 0\n# pass 3\n# fail 2\n";
        assert_eq!(numbers(text), (22, 3));
        assert_eq!(numbers("nothing ran"), (0, 0));
    }
}
