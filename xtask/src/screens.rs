//! `cargo xtask screens`: pictures of every screen, for people to look at.

use crate::run::{Done, command, root, run, step};
use crate::stack::{Build, Stack};
use crate::tools::Tools;

/// Walks through everything in both languages, two widths, light and dark; then themes, languages and pages of hosts.
pub(crate) fn screens() -> Done {
    let tools = Tools::for_screens()?;
    in_stack(&tools, "screenshots into docs/screens", &["screens.mjs", "looks.mjs"])
}

/// Every combination that there is, under axe.
pub(crate) fn matrix() -> Done {
    let tools = Tools::for_tests()?;
    in_stack(&tools, "every combination under axe", &["matrix.mjs"])
}

fn in_stack(tools: &Tools, name: &str, scripts: &[&str]) -> Done {
    let folder = root().join("target/screens").join(std::process::id().to_string());
    let stack = Stack::start(tools, Build::Release, &folder)?;
    step(name, || {
        for script in scripts {
            let mut walk = command("node", &[&format!("tests/browser/{script}")], &tools.path);
            walk.env("NIDAN_URL", &stack.url).env("NIDAN_FOLDER", &stack.folder);
            walk.env("NIDAN_SCREENS", root().join("docs/screens"));
            run(walk)?;
        }
        Ok(())
    })
}
