//! `cargo xtask bench`: every figure that the project claims, measured again.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::run::{Done, Failed, command, output, root, run, step};
use crate::stack::{Build, Stack};
use crate::tools::Tools;

/// What a page loads, with one locale, and the most that it may weigh after brotli, in bytes.
struct Journey {
    name: &'static str,
    files: &'static [&'static str],
    budget_bytes: usize,
}

const JOURNEYS: [Journey; 7] = [
    Journey {
        name: "setting up, all",
        files: &[
            "nidan_bg.wasm",
            "nidan.js",
            "nidan-flow.js",
            "set-up.js",
            "nidan-flow.css",
            "locales/ja.json",
            // Only when a number is typed.
            "regions.txt",
        ],
        budget_bytes: 79_700,
    },
    // Fetched when somebody asks for it, in a set-up and at a login.
    Journey {
        name: "help, when a code does not come",
        files: &["help.js", "help/ja.json", "help/JP.ja.json"],
        budget_bytes: 3_000,
    },
    // The same, when somebody opens what few people read.
    Journey {
        name: "the guide, when it is opened",
        files: &["guide.js", "locales/guide.ja.json"],
        budget_bytes: 4_500,
    },
    // When somebody presses the button for one.
    Journey {
        name: "a passkey, when one is used",
        files: &["passkey.js"],
        budget_bytes: 1_800,
    },
    Journey {
        name: "a login, all",
        files: &[
            "nidan-login_bg.wasm",
            "nidan-login.js",
            "nidan-flow.js",
            "nidan-login.css",
            "locales/login.ja.json",
        ],
        budget_bytes: 48_900,
    },
    Journey {
        name: "the page on which methods are managed, all",
        files: &[
            "nidan-manage_bg.wasm",
            "nidan-manage.js",
            "manage.js",
            "nidan-flow.js",
            "nidan-manage.css",
            "locales/manage.ja.json",
        ],
        budget_bytes: 82_500,
    },
    // What stands between the page and a field that can be typed into.
    Journey {
        name: "a login's field",
        files: &["nidan-flow.js", "nidan-login.css"],
        budget_bytes: 7_700,
    },
];
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW_BITS: u32 = 24;

/// Sizes of the release build, and times in Chromium.
pub(crate) fn bench() -> Done {
    let tools = Tools::for_tests()?;
    let stack = Stack::start(
        &tools,
        Build::Release,
        &root()
            .join("target/bench")
            .join(std::process::id().to_string()),
    )?;
    println!();
    let weight = weight();
    println!();
    let mut browser = command("node", &["tests/browser/bench.mjs"], &tools.path);
    stack.first()?.told(&mut browser);
    run(browser)?;
    println!();
    let mut loads = command("node", &["tests/browser/loads.mjs"], &tools.path);
    loads.env("NIDAN_DIST", root().join("dist"));
    run(loads)?;
    step("build the speed test in the profile that ships", || {
        arithmetic(&tools)
    })?;
    drop(stack);
    step("build the service for speed, and log in often", || {
        loads_of_logins(&tools)
    })?;
    weight
}

/// How long codes and QR codes take in a browser.
fn arithmetic(tools: &Tools) -> Done {
    let words = [
        "test",
        "-p",
        "nidan",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "widget",
        "--test",
        "speed",
        "--",
        "--nocapture",
    ];
    let mut speed = command("cargo", &words, &tools.path);
    let driver = std::env::split_paths(&tools.path)
        .map(|folder| folder.join("chromedriver"))
        .find(|path| path.is_file());
    speed.env("CHROMEDRIVER", driver.unwrap_or_default());
    let said = output(speed)?;
    let lines: Vec<_> = said
        .lines()
        .filter_map(|line| line.split_once("bench: "))
        .map(|(_, figure)| figure)
        .collect();
    if lines.is_empty() {
        return Err(Failed(format!("the speed test said nothing:\n{said}")));
    }
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// How many logins the service checks in a second.
fn loads_of_logins(tools: &Tools) -> Done {
    let words = [
        "build",
        "--quiet",
        "--release",
        "-p",
        "nidan-server",
        "--bin",
        "nidan-server",
        "--example",
        "load",
    ];
    run(command("cargo", &words, &tools.path))?;
    let folder = root().join("target").to_string_lossy().into_owned();
    let load = root()
        .join("target/release/examples/load")
        .to_string_lossy()
        .into_owned();
    let said = output(command(&load, &[&folder], &tools.path))?;
    said.lines()
        .filter_map(|line| line.strip_prefix("bench: "))
        .for_each(|line| println!("{line}"));
    Ok(())
}

/// What pages load for the widget, of the build in `dist`; an error when one is over
/// its budget.
pub(crate) fn weight() -> Done {
    for Journey {
        name,
        files,
        budget_bytes,
    } in JOURNEYS
    {
        println!("{:<24}{:>10}{:>10}{:>10}", "bytes", "raw", "gzip", "brotli");
        let mut totals = [0; 3];
        for file in files {
            let bytes = std::fs::read(root().join("dist/nidan").join(file))?;
            let row = [bytes.len(), gzip(&bytes)?.len(), brotli(&bytes)?.len()];
            let [raw, gzip, brotli] = row;
            println!("{file:<24}{raw:>10}{gzip:>10}{brotli:>10}");
            totals
                .iter_mut()
                .zip(row)
                .for_each(|(total, more)| *total += more);
        }
        let [raw, gzip, brotli] = totals;
        println!("{name:<24}{raw:>10}{gzip:>10}{brotli:>10}\n");
        if brotli > budget_bytes {
            return Err(Failed(format!(
                "{name}: {brotli} bytes are over the budget of {budget_bytes}"
            )));
        }
    }
    Ok(())
}

/// As servers compress in advance.
pub(crate) fn gzip(bytes: &[u8]) -> Done<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// As servers compress in advance.
pub(crate) fn brotli(bytes: &[u8]) -> Done<Vec<u8>> {
    let mut packed = Vec::new();
    let mut writer =
        brotli::CompressorWriter::new(&mut packed, 4096, BROTLI_QUALITY, BROTLI_WINDOW_BITS);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(packed)
}
