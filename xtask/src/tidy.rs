//! `cargo xtask tidy`: what a machine can see of the house rules.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Done, Failed, command, output, root};

/// Documents whose paths must exist: names rot.
const DOCUMENTS: [&str; 3] = ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"];
/// A file that grows beyond has two subjects.
const FILE_MAX_LINES: usize = 450;
/// Only these may draw randomness; everything else gets it as an argument.
const SEAMS: [&str; 3] = ["src/shell/enrol.rs", "crates/server/src/seams.rs", "examples/demo-host/src/accounts.rs"];
/// Crates that know nothing of ours, and no world.
const PURE: [&str; 2] = ["crates/otp", "crates/protocol"];

/// Checks the tree as git knows it.
pub(crate) fn tidy() -> Done {
    let listed = output(command(
        "git",
        &["ls-files", "-co", "--exclude-standard"],
        &std::env::var_os("PATH").unwrap_or_default(),
    ))?;
    let files: Vec<PathBuf> = listed.lines().map(PathBuf::from).filter(|file| root().join(file).is_file()).collect();
    let mut wrong = Vec::new();
    for document in DOCUMENTS {
        paths_exist(document, &mut wrong)?;
    }
    for file in files.iter().filter(|file| is_code(file)) {
        let text = fs::read_to_string(root().join(file))?;
        code_is_tidy(file, &text, &mut wrong);
    }
    every_word_is_used(&files, &mut wrong)?;
    for folder in PURE {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml"))?;
        if manifest.lines().any(|line| line.starts_with("nidan-")) {
            wrong.push(format!("{folder} must not depend on another crate of ours"));
        }
    }
    expired_facts(&files)?;
    if wrong.is_empty() { Ok(()) } else { Err(Failed(wrong.join("\n"))) }
}

/// A text that no screen shows is in the way of translators, and in every download.
fn every_word_is_used(files: &[PathBuf], wrong: &mut Vec<String>) -> Done {
    let names = fs::read_to_string(root().join("src/messages.rs"))?;
    let mut screens = String::new();
    for file in files.iter().filter(|file| file.starts_with("src") && !file.ends_with("messages.rs") && is_code(file)) {
        screens.push_str(&fs::read_to_string(root().join(file))?);
    }
    let entries = names.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(" = \""));
    for (name, _) in entries.filter(|(name, _)| name.chars().all(char::is_alphanumeric)) {
        let used = screens.match_indices(&format!("Msg::{name}")).any(|(at, found)| {
            !screens.get(at + found.len()..).unwrap_or_default().starts_with(|next: char| next.is_alphanumeric())
        });
        if !used {
            wrong.push(format!("src/messages.rs: {name} is shown nowhere"));
        }
    }
    Ok(())
}

/// Facts about carriers grow old: told, and no failure, since a build of last year must still pass.
fn expired_facts(files: &[PathBuf]) -> Done {
    let today = output(command("date", &["+%Y-%m-%d"], &std::env::var_os("PATH").unwrap_or_default()))?;
    for file in files.iter().filter(|file| file.starts_with("public/nidan/help")) {
        let text = fs::read_to_string(root().join(file))?;
        let end = text.split("\"expires_on\": \"").nth(1).and_then(|rest| rest.split('"').next());
        match end {
            Some(end) if end > today.trim() => {}
            Some(end) => println!("! {} expired on {end}: look its facts up again", file.display()),
            None => return Err(Failed(format!("{} has no expires_on", file.display()))),
        }
        // Who comes for help trusts what stands here: a link that rots could lead anywhere.
        if text.contains("http") || text.contains("www.") {
            return Err(Failed(format!("{} has a link", file.display())));
        }
    }
    Ok(())
}

fn is_code(file: &Path) -> bool {
    file.extension().is_some_and(|extension| ["rs", "js", "mjs", "css"].iter().any(|known| extension == *known))
}

/// Every `path/like/this` in backticks stands in the tree.
fn paths_exist(document: &str, wrong: &mut Vec<String>) -> Done {
    let text = fs::read_to_string(root().join(document))?;
    for (line, number) in text.lines().zip(1..) {
        for quoted in line.split('`').skip(1).step_by(2) {
            let is_path = quoted.contains('/') && !quoted.contains([' ', ':', '{', '<', '*', '$', '(', '=']);
            let relative = is_path && !quoted.starts_with(['/', '.', '-', '@', '~']) && !quoted.starts_with("target/");
            if relative && !root().join(quoted).exists() {
                wrong.push(format!("{document}:{number}: {quoted} is not there"));
            }
        }
    }
    Ok(())
}

fn code_is_tidy(file: &Path, text: &str, wrong: &mut Vec<String>) {
    let name = file.display();
    let tested = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    let code = text.get(..tested).unwrap_or(text);
    let lines = code.lines().count();
    if lines > FILE_MAX_LINES && !name.to_string().contains("tests/") {
        wrong.push(format!("{name}: {lines} lines; split it by subject"));
    }
    let is_seam = SEAMS.iter().any(|seam| file == Path::new(seam));
    if code.contains(concat!("getrandom::", "fill")) && !is_seam {
        wrong.push(format!("{name}: draws randomness outside the seams"));
    }
    if code.contains(concat!("Math.", "random")) {
        wrong.push(format!("{name}: no CSPRNG"));
    }
    let shown = name.to_string();
    if shown.starts_with("src/ui/") && code.contains("t(\"") {
        wrong.push(format!("{name}: words belong into the catalogue"));
    }
    for (line, number) in text.lines().zip(1..) {
        if line.trim_end() != line {
            wrong.push(format!("{name}:{number}: white space at the end"));
        }
        if [concat!("TO", "DO"), concat!("FIX", "ME")].iter().any(|mark| line.contains(mark)) {
            wrong.push(format!("{name}:{number}: do it or write it down elsewhere"));
        }
    }
}
