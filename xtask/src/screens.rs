//! `cargo xtask screens`: pictures of every screen, for people to look at; `matrix`: all of them
//! under axe; `walk`: walks at random.

use std::ffi::OsString;
use std::process::Command;

use crate::run::{Done, command, root, run, step};
use crate::stack::{Build, Lane, Stack};
use crate::tools::Tools;

/// Walks through everything in both languages, two widths, light and dark; then themes, languages
/// and pages of hosts.
pub(crate) fn screens() -> Done {
    let tools = Tools::for_screens()?;
    in_stack(
        &tools,
        "pictures into target/screens",
        &["screens.mjs", "looks.mjs"],
    )
}

/// Walks at random through shop, widget and page without scripts, pressing every button. The words
/// are the walker's own.
pub(crate) fn walk(words: &[&str]) -> Done {
    let tools = Tools::for_tests()?;
    let folder = root()
        .join("target/walks")
        .join(std::process::id().to_string());
    let stack = Stack::start(&tools, Build::Release, &folder)?;
    step("walks at random", || {
        run(walking(&tools.path, stack.first()?, words))
    })
}

/// The walker, in a lane that runs.
pub(crate) fn walking(path: &OsString, lane: &Lane, words: &[&str]) -> Command {
    let mut walk = command("node", &["tests/browser/walker.mjs"], path);
    lane.told(walk.args(words));
    walk
}

/// Every combination that there is, under axe.
pub(crate) fn matrix() -> Done {
    let tools = Tools::for_tests()?;
    in_stack(&tools, "every combination under axe", &["matrix.mjs"])
}

fn in_stack(tools: &Tools, name: &str, scripts: &[&str]) -> Done {
    let folder = root()
        .join("target/screens-run")
        .join(std::process::id().to_string());
    let stack = Stack::start(tools, Build::Release, &folder)?;
    step(name, || {
        for script in scripts {
            let mut walk = command("node", &[&format!("tests/browser/{script}")], &tools.path);
            stack.first()?.told(&mut walk);
            walk.env("NIDAN_SCREENS", root().join("target/screens"));
            run(walk)?;
        }
        Ok(())
    })
}
