//! `cargo xtask screens`: pictures of every screen, for people to look at.

use crate::run::{Done, command, root, run, step};
use crate::stack::{Build, Stack};
use crate::tools::Tools;

/// Walks through everything in both languages, two widths and two themes.
pub(crate) fn screens() -> Done {
    let tools = Tools::for_screens()?;
    let folder = root().join("target/screens").join(std::process::id().to_string());
    let stack = Stack::start(&tools, Build::Release, &folder)?;
    step("screenshots into docs/screens", || {
        let mut walk = command("node", &["tests/browser/screens.mjs"], &tools.path);
        walk.env("NIDAN_URL", &stack.url).env("NIDAN_FOLDER", &stack.folder);
        walk.env("NIDAN_SCREENS", root().join("docs/screens"));
        run(walk)
    })
}
