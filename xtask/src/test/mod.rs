//! `cargo xtask check` and `cargo xtask test`: what a change is held to, in parts that can be run
//! by themselves, and one closing line.

mod commands;
mod lanes;
mod tally;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::run::{Done, Failed, root};
use crate::stack::{Build, Stack};
use crate::tools::Tools;

use commands::{
    WASM, agreement, cargo, derivation, passkey_agreement, samples, script_lints, scripts, types,
    wasm_tests,
};
use lanes::Job;
use tally::Tally;

/// How much is done of what has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    /// For each change.
    Usual,
    /// `--full`: kills, races and walks until they have met what is rare, and all journeys in the
    /// second browser too.
    Full,
}

/// What tests read of [`Size::Full`]: rounds of races, requests at once, kills, messages, people.
const FULL: [(&str, &str); 9] = [
    ("NIDAN_FULL", "1"),
    ("ROUNDS", "200"),
    ("BACKUP_PARALLEL", "500"),
    ("REPLAYS", "100000"),
    ("DEATHS", "200"),
    ("MESSAGES", "5000"),
    ("STRANGERS", "10000"),
    ("WRONG_CODES", "1500"),
    ("TIMINGS", "1000000"),
];

/// The native walkers take the long ways; these see that browsers and the service agree.
const WALKS: [Job; 2] = [
    Job::Walk(&[
        "--walks", "3", "--steps", "70", "--jobs", "1", "--seed", "1",
    ]),
    Job::Walk(&[
        "--walks", "3", "--steps", "70", "--jobs", "1", "--seed", "4",
    ]),
];
/// Enough to press every button of a login and of a set-up some times; `cargo xtask walk --walks
/// 500` is for by hand.
const FULL_WALKS: [Job; 2] = [
    Job::Walk(&[
        "--walks", "10", "--steps", "200", "--jobs", "1", "--seed", "1",
    ]),
    Job::Walk(&[
        "--walks", "10", "--steps", "200", "--jobs", "1", "--seed", "11",
    ]),
];

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
    let mut tally = Tally::begin();
    let path = Tools::for_scripts()?.path;
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
    let (sizes, words): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| **word == "--full");
    let size = if sizes.is_empty() {
        Size::Usual
    } else {
        Size::Full
    };
    let named: Option<Vec<Part>> = words.iter().map(|word| Part::named(word)).collect();
    let named = named.ok_or_else(|| {
        Failed("cargo xtask test [--full] [native] [hosts] [browser] [package]".to_owned())
    })?;
    let mut tally = Tally::begin();
    let tools = Tools::for_tests()?;
    if named.is_empty() {
        lint(&mut tally, &tools.path);
        supply_chain(&mut tally, &tools.path);
    }
    let parts = if named.is_empty() {
        Part::ALL.to_vec()
    } else {
        named
    };
    let mut tested = None;
    for part in parts {
        match part {
            Part::Native => native(&mut tally, &tools.path, size),
            Part::Hosts => hosts(&mut tally, &tools),
            Part::Browser => {
                tested = browsers(&mut tally, &tools, size);
                if size == Size::Full {
                    let what = "QR codes of random and of the longest names are read";
                    tally.step(what, || crate::qr::qr(&tools));
                }
            }
            Part::Package => tally.step(
                "the npm package is made, installs, and its types hold",
                || crate::dist::fits(&tools, tested.as_deref()),
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
    // Private items too: most of the links are for whoever changes the code.
    let links = [
        "doc",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--quiet",
    ];
    tally.check("links in comments", cargo(&links, path));
    tally.step("tidy", crate::tidy::tidy);
    tally.check("the types of the element's scripts", types(path));
    tally.check("lints of all scripts", script_lints(path));
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

fn native(tally: &mut Tally, path: &OsString, size: Size) {
    tally.step(
        "the table of phone regions is what the metadata says",
        || crate::regions::regions(true),
    );
    tally.check(
        "an independent TOTP agrees with the committed vectors",
        agreement(path),
    );
    tally.check(
        "an independent key agreement gives the committed vectors",
        derivation(path),
    );
    tally.check(
        "an independent WebAuthn judges the recorded ceremonies alike",
        passkey_agreement(path),
    );
    tally.step("another independent WebAuthn does so too", || {
        crate::passkeys::agreement(path)
    });
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"], path);
    if size == Size::Full {
        tests.envs(FULL);
    }
    tally.count("native tests", tests);
}

fn hosts(tally: &mut Tally, tools: &Tools) {
    for (name, check) in crate::hosts::HOSTS {
        let step = format!("the conformance kit: {name}");
        tally.step(&step, || check(tools));
    }
}

/// The page is built as it is shipped, once for all of them.
/// The folder that it was built into comes back.
fn browsers(tally: &mut Tally, tools: &Tools, size: Size) -> Option<PathBuf> {
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
    // A browser test waits more than it computes.
    let width = std::thread::available_parallelism().map_or(1, usize::from) + 1;
    match Stack::wide(tools, Build::Release, &folder, width.min(LANES_MAX)) {
        Ok(stack) => {
            tally.step("page weight", crate::bench::weight);
            tally.check("the samples are built", samples(&tools.path));
            tally.lanes(&tools.path, &stack.lanes, &jobs(size));
            Some(root().join("dist"))
        }
        Err(Failed(reason)) => {
            tally.step("the service, the shop and the page", || Err(Failed(reason)));
            None
        }
    }
}

/// A lane wants a browser, a service and a shop: some 1.5 GB of memory.
const LANES_MAX: usize = 4;

/// What people do, from the password to the signed result.
const JOURNEYS: [&str; 14] = [
    "phone",
    "login",
    "manage",
    "manage-add",
    "manage-ways",
    "lost",
    "end-to-end",
    "passkey",
    "approval",
    "support",
    "policy",
    "staff",
    "orders",
    "scam",
];
/// What the element does to pages of all kinds, and they to it.
const PAGES: [&str; 11] = [
    "accessibility",
    "element",
    "hosts",
    "fields",
    "keyboard",
    "fallback",
    "samples",
    "world",
    "recording",
    "memory",
    "guide",
];
/// In an order of their own, below.
const OTHERS: [&str; 2] = ["states", "strict"];

/// Long ones first, so that no lane waits for the last one of another.
fn jobs(size: Size) -> Vec<Job> {
    let file = |browser| {
        move |file: &&'static str| Job::File {
            browser,
            file,
            size,
        }
    };
    // Which screen follows which is no matter of the browser.
    let in_firefox = JOURNEYS
        .iter()
        .filter(|file| size == Size::Full || **file != "orders")
        // Only Chromium has a device that scripts can play.
        .filter(|file| **file != "passkey");
    let [states, strict] = &OTHERS;
    let mut jobs = vec![file("chromium")(states), file("")(strict)];
    jobs.extend(match size {
        Size::Usual => WALKS,
        Size::Full => FULL_WALKS,
    });
    jobs.extend(in_firefox.map(file("firefox")));
    jobs.extend(JOURNEYS.iter().map(file("chromium")));
    jobs.extend(PAGES.iter().map(file("chromium")));
    jobs.extend(
        ["element", "strict", "fields", "fallback"]
            .iter()
            .map(file("firefox")),
    );
    jobs
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A file that nobody runs holds nothing.
    #[test]
    fn every_file_of_browser_tests_is_run() {
        let folder = std::fs::read_dir(crate::run::root().join("tests/browser")).unwrap();
        let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        for file in names.filter_map(|name| Some(name.strip_suffix(".test.mjs")?.to_owned())) {
            let mut known = JOURNEYS.iter().chain(&PAGES).chain(&OTHERS);
            assert!(known.any(|one| *one == file), "{file}");
        }
    }
}
