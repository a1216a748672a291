//! `cargo xtask check` and `cargo xtask test`: what a change is held to, in parts that can be run
//! by themselves, and one closing line.

mod commands;
mod tally;

use std::ffi::OsString;

use crate::run::{Done, Failed, root};
use crate::stack::{Build, Stack};
use crate::tools::Tools;

use commands::{WASM, agreement, cargo, in_browser, samples, scripts, types, wasm_tests};
use tally::Tally;

/// Enough to press every button of a login and of a set-up some times; `cargo xtask walk --walks
/// 500` is for by hand.
const RANDOM_WALKS: [&str; 6] = ["--walks", "20", "--steps", "200", "--seed", "1"];

/// A part of the tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Rust without a browser: every crate's tests, the vectors, the table of regions.
    Native,
    /// The example hosts under the conformance kit.
    Hosts,
    /// The widget in browsers, with the real service and shop.
    Browser,
    /// The npm package.
    Package,
}

impl Part {
    const ALL: [Self; 4] = [Self::Native, Self::Hosts, Self::Browser, Self::Package];

    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "native" => Self::Native,
            "hosts" => Self::Hosts,
            "browser" => Self::Browser,
            "package" => Self::Package,
            _unknown => return None,
        })
    }
}

/// What is seen without running much: format, lints, house rules, and tests beside the code.
pub(crate) fn check() -> Done {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut tally = Tally::begin();
    lint(&mut tally, &path);
    tally.count(
        "tests beside the code",
        cargo(
            &["test", "--workspace", "--lib", "--bins", "--no-fail-fast"],
            &path,
        ),
    );
    tally.end()
}

/// Every check that CI runs, or the named parts of it. Goes on after a failure, and tells all at
/// the end.
pub(crate) fn test(words: &[&str]) -> Done {
    let named: Option<Vec<Part>> = words.iter().map(|word| Part::named(word)).collect();
    let named = named.ok_or_else(|| {
        Failed("cargo xtask test [native] [hosts] [browser] [package]".to_owned())
    })?;
    let mut tally = Tally::begin();
    let tools = Tools::for_tests()?;
    if named.is_empty() {
        lint(&mut tally, &tools.path);
        tally.check("the types of the element's scripts", types(&tools.path));
        supply_chain(&mut tally, &tools.path);
    }
    let parts = if named.is_empty() {
        Part::ALL.to_vec()
    } else {
        named
    };
    for part in parts {
        match part {
            Part::Native => native(&mut tally, &tools.path),
            Part::Hosts => hosts(&mut tally, &tools),
            Part::Browser => browsers(&mut tally, &tools),
            Part::Package => tally.step(
                "the npm package is made, installs, and its types hold",
                || crate::dist::fits(&tools),
            ),
        }
    }
    tally.end()
}

fn lint(tally: &mut Tally, path: &OsString) {
    tally.check("fmt", cargo(&["fmt", "--all", "--check"], path));
    let everywhere = ["clippy", "--workspace", "--all-targets", "--quiet"];
    tally.check("clippy", cargo(&everywhere, path));
    let widget = [
        "clippy",
        "-p",
        "nidan",
        "--all-targets",
        "--target",
        WASM,
        "--quiet",
    ];
    tally.check("clippy for wasm", cargo(&widget, path));
    tally.step("tidy", crate::tidy::tidy);
    tally.count("scripts without a browser", scripts(path));
    tally.step("the book's reference is what the code says", || {
        crate::book::book(true)
    });
}

fn supply_chain(tally: &mut Tally, path: &OsString) {
    let words = ["--offline", "check", "licenses", "bans", "sources"];
    let deny = crate::run::command("cargo-deny", &words, path);
    tally.check("licences, bans and sources", deny);
    tally.advisories(path);
}

fn native(tally: &mut Tally, path: &OsString) {
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
}

fn hosts(tally: &mut Tally, tools: &Tools) {
    for (name, check) in crate::hosts::HOSTS {
        let step = format!("an example host stands the conformance kit: {name}");
        tally.step(&step, || check(tools));
    }
}

/// The page is built as it is shipped, once for all of them.
fn browsers(tally: &mut Tally, tools: &Tools) {
    let inside = ["--lib", "--test", "web"];
    tally.count(
        "tests inside of a page in chromium",
        wasm_tests(&tools.path, "chromedriver", &inside),
    );
    tally.count(
        "tests inside of a page in firefox",
        wasm_tests(&tools.path, "geckodriver", &["--lib"]),
    );
    let folder = root().join("target/end-to-end");
    let folder = folder.join(std::process::id().to_string());
    match Stack::start(tools, Build::Release, &folder) {
        Ok(stack) => {
            tally.step("page weight", crate::bench::weight);
            journeys(tally, &tools.path, &stack);
            pages(tally, &tools.path, &stack);
        }
        Err(Failed(reason)) => {
            tally.step("the service, the shop and the page", || Err(Failed(reason)))
        }
    }
}

/// What people do, from the password to the signed result.
fn journeys(tally: &mut Tally, path: &OsString, stack: &Stack) {
    let walks = ["end-to-end", "phone", "login", "orders", "scam"];
    tally.count(
        "end-to-end tests in chromium",
        in_browser(path, stack, "chromium", &walks),
    );
    tally.count(
        "end-to-end tests in firefox",
        in_browser(path, stack, "firefox", &walks),
    );
    tally.check(
        "walks at random",
        crate::screens::walking(path, stack, &RANDOM_WALKS),
    );
}

/// What pages of all kinds do to the element, and the element to them.
fn pages(tally: &mut Tally, path: &OsString, stack: &Stack) {
    tally.count(
        "every screen under axe",
        in_browser(path, stack, "chromium", &["accessibility"]),
    );
    let kinds = [
        "element", "fallback", "fields", "hosts", "reflow", "trees", "keyboard",
    ];
    tally.count(
        "the element on pages of all kinds",
        in_browser(path, stack, "chromium", &kinds),
    );
    tally.count(
        "the element in firefox",
        in_browser(path, stack, "firefox", &["element", "fallback", "fields"]),
    );
    tally.count(
        "the strictest policy in chromium and webkit",
        in_browser(path, stack, "", &["strict"]),
    );
    tally.count(
        "the strictest policy in firefox",
        in_browser(path, stack, "firefox", &["strict"]),
    );
    tally.check("the samples are built", samples(path));
    tally.count(
        "the samples in a browser",
        in_browser(path, stack, "chromium", &["samples"]),
    );
}
