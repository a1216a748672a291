//! `cargo xtask figures [REVISION]`: how long functions and files are, how much is explained, and
//! how much repeats, in this tree and in an earlier revision, side by side.
//!
//! Both trees are formatted by this tree's `rustfmt.toml` before they are measured, so that a
//! change of width is not taken for a change of code.

mod functions;
mod repeats;

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{Done, command, output, root, run};

use functions::Lengths;

/// What is measured of one tree.
#[derive(Default)]
struct Figures {
    functions: Vec<Function>,
    files: Vec<File>,
    lines: usize,
    comment_lines: usize,
    doc_comments: usize,
    doc_links: usize,
    repeated_lines: usize,
}

/// A function that is not a test: where it begins, and its lines from signature to closing brace.
struct Function {
    place: String,
    lines: usize,
}

/// A source file: its name, and its lines without the test module at its end.
struct File {
    name: String,
    lines: usize,
}

/// Prints the figures of the working tree and, where a revision is named, of that one before it.
pub(crate) fn figures(revision: Option<&str>) -> Done {
    let now = measure(&root())?;
    let before = match revision {
        Some(revision) => Some(of_revision(revision)?),
        None => None,
    };
    let columns: Vec<&Figures> = before.iter().chain([&now]).collect();
    if let Some(revision) = revision {
        println!("{:<44}{revision:>10}{:>10}", "", "now");
    }
    for (name, value) in ROWS {
        let values: String = columns
            .iter()
            .map(|of| format!("{:>10}", value(of)))
            .collect();
        println!("{name:<44}{values}");
    }
    for Function { place, lines } in now.longest_functions().iter().take(5) {
        println!("  {lines:>4} lines: {place}");
    }
    for File { name, lines } in now.longest_files().iter().take(5) {
        println!("  {lines:>4} lines: {name}");
    }
    Ok(())
}

/// The name of a row, and how its value follows from what was measured.
type Row = (&'static str, fn(&Figures) -> String);

const ROWS: [Row; 11] = [
    ("functions", |of| of.functions.len().to_string()),
    ("function, lines: median", |of| {
        of.function_quantile(50).to_string()
    }),
    ("function, lines: 95 of 100 within", |of| {
        of.function_quantile(95).to_string()
    }),
    ("function, lines: longest", |of| {
        of.function_quantile(100).to_string()
    }),
    ("files", |of| of.files.len().to_string()),
    ("file without its tests, lines: longest", |of| {
        of.files
            .iter()
            .map(|file| file.lines)
            .max()
            .unwrap_or_default()
            .to_string()
    }),
    ("files over 450 lines", |of| {
        of.files
            .iter()
            .filter(|file| file.lines > 450)
            .count()
            .to_string()
    }),
    ("comments, share of lines", |of| {
        format!("{} %", of.comment_lines * 100 / of.lines.max(1))
    }),
    ("doc comments", |of| of.doc_comments.to_string()),
    ("links in doc comments", |of| of.doc_links.to_string()),
    ("lines in repeats of six lines or more", |of| {
        of.repeated_lines.to_string()
    }),
];

impl Figures {
    /// The length that so many in a hundred functions do not exceed.
    fn function_quantile(&self, percent: usize) -> usize {
        let mut lengths: Vec<usize> = self
            .functions
            .iter()
            .map(|function| function.lines)
            .collect();
        lengths.sort_unstable();
        let last = lengths.len().saturating_sub(1);
        lengths
            .get(last * percent / 100)
            .copied()
            .unwrap_or_default()
    }

    fn longest_functions(&self) -> Vec<&Function> {
        let mut all: Vec<&Function> = self.functions.iter().collect();
        all.sort_by_key(|function| std::cmp::Reverse(function.lines));
        all
    }

    fn longest_files(&self) -> Vec<&File> {
        let mut all: Vec<&File> = self.files.iter().collect();
        all.sort_by_key(|file| std::cmp::Reverse(file.lines));
        all
    }
}

/// An earlier revision, in a folder of its own, formatted as this tree is.
fn of_revision(revision: &str) -> Done<Figures> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folder = root()
        .join("target/figures")
        .join(std::process::id().to_string());
    let place = folder.to_string_lossy().into_owned();
    run(command(
        "git",
        &["worktree", "add", "--quiet", "--detach", &place, revision],
        &path,
    ))?;
    let measured = format_alike(&folder).and_then(|()| measure(&folder));
    run(command(
        "git",
        &["worktree", "remove", "--force", &place],
        &path,
    ))?;
    measured
}

fn format_alike(folder: &Path) -> Done {
    let path = std::env::var_os("PATH").unwrap_or_default();
    fs::copy(root().join("rustfmt.toml"), folder.join("rustfmt.toml"))?;
    let mut format = command("cargo", &["fmt", "--all"], &path);
    format.current_dir(folder);
    run(format)
}

fn measure(folder: &Path) -> Done<Figures> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut list = command(
        "git",
        &["ls-files", "-co", "--exclude-standard", "*.rs"],
        &path,
    );
    list.current_dir(folder);
    let mut figures = Figures::default();
    let mut sources = Vec::new();
    for name in output(list)?.lines().map(str::to_owned) {
        let file: PathBuf = folder.join(&name);
        // Tests repeat on purpose and are read from top to bottom: they are not measured.
        let is_suite = name.ends_with("contract.rs") || name.contains("/contract/");
        if !file.is_file() || name.contains("tests") || is_suite {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        let code = without_tests(&text);
        figures.add(&name, code);
        sources.push(code.to_owned());
    }
    figures.repeated_lines = repeats::lines_in_repeats(&sources);
    Ok(figures)
}

/// The file up to its test module.
pub(crate) fn without_tests(text: &str) -> &str {
    let tests = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text.get(..tests).unwrap_or(text)
}

impl Figures {
    fn add(&mut self, name: &str, code: &str) {
        let lines: Vec<&str> = code.lines().map(str::trim).collect();
        let is_doc = |line: &&&str| line.starts_with("///") || line.starts_with("//!");
        self.lines += lines.iter().filter(|line| !line.is_empty()).count();
        self.comment_lines += lines.iter().filter(|line| line.starts_with("//")).count();
        self.doc_comments += lines
            .windows(2)
            .filter(|pair| matches!(pair, [a, b] if is_doc(&a) && !is_doc(&b)))
            .count();
        let links = |line: &str| line.matches("](").count() + line.matches("[`").count();
        self.doc_links += lines
            .iter()
            .filter(is_doc)
            .map(|line| links(line))
            .sum::<usize>();
        self.files.push(File {
            name: name.to_owned(),
            lines: lines.len(),
        });
        let found = Lengths::of(name, code);
        self.functions.extend(found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_has_is_counted() {
        let mut figures = Figures::default();
        figures.add(
            "a.rs",
            "//! A [`Thing`].\n\n/// Does [it](x).\nfn one() {\n    two();\n}\n",
        );
        assert_eq!((figures.lines, figures.comment_lines), (5, 2));
        assert_eq!((figures.doc_comments, figures.doc_links), (2, 2));
        assert_eq!(figures.function_quantile(100), 3);
    }
}
