//! Rules for documents and pictures.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Done, root};

/// Documents whose paths must exist: names rot.
const WITH_PATHS: [&str; 8] = [
    "ARCHITECTURE.md",
    "README.md",
    "CONTRIBUTING.md",
    "GLOSSARY.md",
    "docs/figures.md",
    "docs/security/mutants.md",
    "docs/security/breakages.md",
    "docs/security/asvs.md",
];
/// Characters of a line of prose. Tables, code and headings may be longer.
const LINE_MAX: usize = 100;
/// The only folder with pictures; the others are drawn anew by `cargo xtask screens`.
const PICTURES: &str = "docs/images";
const PICTURES_MAX: usize = 8;
/// A picture that is larger is a smaller part of the screen.
const PICTURE_MAX_BYTES: u64 = 60_000;

/// Adds a line to `wrong` for each rule that a document or a picture breaks.
pub(super) fn check(files: &[PathBuf], wrong: &mut Vec<String>) -> Done {
    for document in WITH_PATHS {
        paths_exist(document, wrong)?;
    }
    for file in files.iter().filter(|file| ends_with(file, &["md"])) {
        // Written by `cargo xtask book`: as long as what the code says.
        if !file.starts_with("docs/book/src/reference") {
            prose_is_wrapped(file, &fs::read_to_string(root().join(file))?, wrong);
        }
    }
    samples_allow_for_clocks(wrong)?;
    pictures_are_few_and_small(files, wrong)
}

/// Clocks differ by some seconds: how each page that no test runs allows for five. The kit tries the
/// hosts that are run.
fn samples_allow_for_clocks(wrong: &mut Vec<String>) -> Done {
    const PAGES: [(&str, &str); 4] = [
        ("django.md", "leeway=5"),
        ("laravel.md", "JWT::$leeway = 5;"),
        ("rails.md", "leeway: 5"),
        (
            "spring.md",
            "getNotBeforeTime().getTime() <= System.currentTimeMillis() + 5_000",
        ),
    ];
    for (page, says) in PAGES {
        let page = format!("docs/book/src/servers/{page}");
        if !fs::read_to_string(root().join(&page))?.contains(says) {
            wrong.push(format!("{page}: does not allow for clocks ({says})"));
        }
    }
    Ok(())
}

fn ends_with(file: &Path, extensions: &[&str]) -> bool {
    file.extension()
        .is_some_and(|extension| extensions.iter().any(|known| extension == *known))
}

fn prose_is_wrapped(file: &Path, text: &str, wrong: &mut Vec<String>) {
    let mut in_code = false;
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        let may_be_long = in_code || line.trim_start().starts_with(['|', '#']);
        if !may_be_long && can_be_broken(line) && line.chars().count() > LINE_MAX {
            wrong.push(format!(
                "{}:{number}: longer than {LINE_MAX}",
                file.display()
            ));
        }
    }
}

/// A link, a piece of code or a word cannot be.
fn can_be_broken(line: &str) -> bool {
    let outside_of_code: String = line.split('`').step_by(2).collect();
    outside_of_code.trim().contains(' ') && !line.contains("](")
}

fn pictures_are_few_and_small(files: &[PathBuf], wrong: &mut Vec<String>) -> Done {
    let pictures = files
        .iter()
        .filter(|file| ends_with(file, &["png", "jpg", "jpeg", "gif", "webp", "avif"]));
    let mut count = 0;
    for picture in pictures {
        let name = picture.display();
        count += 1;
        if !picture.starts_with(PICTURES) {
            wrong.push(format!("{name}: pictures are in {PICTURES} only"));
        }
        if fs::metadata(root().join(picture))?.len() > PICTURE_MAX_BYTES {
            wrong.push(format!("{name}: over {PICTURE_MAX_BYTES} bytes"));
        }
    }
    if count > PICTURES_MAX {
        wrong.push(format!("{count} pictures, and {PICTURES_MAX} at most"));
    }
    Ok(())
}

/// Every `path/like/this` in backticks is in the tree, and every source file that a command names.
fn paths_exist(document: &str, wrong: &mut Vec<String>) -> Done {
    let text = fs::read_to_string(root().join(document))?;
    for (line, number) in text.lines().zip(1..) {
        for quoted in line.split('`').skip(1).step_by(2) {
            let is_path =
                quoted.contains('/') && !quoted.contains([' ', ':', '{', '<', '*', '$', '(', '=']);
            let relative = is_path
                && !quoted.starts_with(['/', '.', '-', '@', '~'])
                && !quoted.starts_with("target/");
            if relative && !root().join(quoted).exists() {
                wrong.push(format!("{document}:{number}: {quoted} is not there"));
            }
        }
        let named = line
            .split_whitespace()
            .filter(|word| word.starts_with("crates/") && word.ends_with(".rs"));
        for file in named.filter(|file| !root().join(file).exists()) {
            wrong.push(format!("{document}:{number}: {file} is not there"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_and_what_cannot_be_broken_is_left() {
        let check = |line: String, expected: usize| {
            let mut wrong = Vec::new();
            prose_is_wrapped(Path::new("x.md"), &line, &mut wrong);
            assert_eq!(wrong.len(), expected, "{line}");
        };
        let long = "word ".repeat(21);
        check(long.clone(), 1);
        check("word ".repeat(20).trim_end().to_owned(), 0);
        check(format!("| {long}"), 0);
        check(format!("# {long}"), 0);
        check(format!("```\n{long}\n```\n{long}"), 1);
        check(format!("`{long}`:"), 0);
        check("w".repeat(120), 0);
    }
}
