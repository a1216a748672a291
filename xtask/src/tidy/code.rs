//! Rules for source files.

use std::path::Path;

/// A file that grows beyond has two subjects.
const FILE_MAX_LINES: usize = 450;
/// Only these may draw randomness; everything else gets it as an argument.
const SEAMS: [&str; 3] = [
    "src/shell/enrol.rs",
    "crates/server/src/environment.rs",
    "examples/demo-host/src/accounts.rs",
];

/// Every kind of authenticator, with its names.
const TABLE_OF_METHODS: &str = "crates/protocol/src/method.rs";
const KINDS: [&str; 4] = [
    "MethodKind::",
    "MethodClass::",
    "Channel::",
    "Authenticator::",
];
const KIND_NAMES: [&str; 5] = [
    "\"totp\"",
    "\"sms\"",
    "\"voice\"",
    "\"backup_code\"",
    "\"trusted_browser\"",
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
    kinds_are_matched(&shown, code, wrong);
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

/// What a method is must be asked by an exhaustive `match`: a comparison is silently wrong for the
/// next kind. Its names stand in the table alone.
fn kinds_are_matched(name: &str, code: &str, wrong: &mut Vec<String>) {
    let is_product = name.starts_with("src/") || name.starts_with("crates/");
    if !name.ends_with(".rs") || !is_product || is_test(name) || name == TABLE_OF_METHODS {
        return;
    }
    for (line, number) in code.lines().zip(1..) {
        let compares = ["== ", "!= "].iter().any(|sign| {
            let after = line.split(sign).skip(1);
            let mut kinds = after.flat_map(|after| KINDS.map(|kind| after.starts_with(kind)));
            kinds.any(|found| found)
        });
        let narrows = line.contains("matches!(") && KINDS.iter().any(|kind| line.contains(kind));
        if compares || narrows {
            wrong.push(format!("{name}:{number}: match on the kind, exhaustively"));
        }
        if KIND_NAMES.iter().any(|kind| line.contains(kind)) {
            wrong.push(format!(
                "{name}:{number}: names of kinds stand in {TABLE_OF_METHODS}"
            ));
        }
    }
}

/// Tests are read from top to bottom, and the contract of stores is a test.
fn is_test(name: &str) -> bool {
    name.contains("tests") || name.ends_with("contract.rs")
}
