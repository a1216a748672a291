//! Rules for source files.

use std::path::Path;

/// A file that grows beyond has two subjects.
const FILE_MAX_LINES: usize = 450;
/// Only these may draw randomness; everything else gets it as an argument.
const SEAMS: [&str; 3] = [
    "src/shell/enrol.rs",
    "crates/server/src/seams.rs",
    "examples/demo-host/src/accounts.rs",
];

/// Adds a line to `wrong` for each rule that the file breaks.
pub(super) fn check(file: &Path, text: &str, wrong: &mut Vec<String>) {
    let name = file.display();
    let code = crate::figures::without_tests(text);
    let lines = code.lines().count();
    if lines > FILE_MAX_LINES && !is_test(&name.to_string()) {
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
        if [concat!("TO", "DO"), concat!("FIX", "ME")]
            .iter()
            .any(|mark| line.contains(mark))
        {
            wrong.push(format!("{name}:{number}: do it or write it down elsewhere"));
        }
    }
}

/// Tests are read from top to bottom, and the contract of stores is a test.
fn is_test(name: &str) -> bool {
    name.contains("tests") || name.ends_with("contract.rs")
}
