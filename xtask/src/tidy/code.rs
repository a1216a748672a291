//! Rules for source files.

use std::path::Path;

use nidan_protocol::Authenticator;

/// A file that grows beyond has two subjects.
const FILE_MAX_LINES: usize = 450;
/// Only these may draw randomness; everything else gets it as an argument.
const SEAMS: [&str; 3] = [
    "src/shell/agreement.rs",
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
/// A line of a table, such as the list of all messages: each is read by itself, however many there
/// are.
fn is_entry(line: &str) -> bool {
    let entry = line.trim();
    entry.starts_with(|first: char| first.is_ascii_uppercase())
        && entry.contains(" = \"")
        && entry.ends_with("\",")
}

/// Adds a line to `wrong` for each rule that the file breaks.
pub(super) fn check(file: &Path, text: &str, wrong: &mut Vec<String>) {
    let name = file.display();
    let code = crate::figures::without_tests(text);
    let lines = code.lines().filter(|line| !is_entry(line)).count();
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
    kinds_are_matched(&shown, code, wrong);
    comments_use_plain_words(&shown, code, wrong);
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
        if compares_a_kind(line) {
            wrong.push(format!("{name}:{number}: match on the kind, exhaustively"));
        }
        if Authenticator::all().any(|one| line.contains(&format!("\"{}\"", one.as_str()))) {
            wrong.push(format!(
                "{name}:{number}: names of kinds stand in {TABLE_OF_METHODS}"
            ));
        }
    }
}

/// Words that do the work of many others in comments: a state changes, a status arrives, a host is
/// notified, a number is in a field.
const LOOSE_WORDS: [&str; 3] = ["fares", "told", "stands"];

/// The comments of an item are sentences of the field: these words hide the verb that is meant.
fn comments_use_plain_words(name: &str, code: &str, wrong: &mut Vec<String>) {
    let is_product = ["src/", "crates/", "public/nidan/"]
        .iter()
        .any(|part| name.starts_with(part));
    if !is_product || is_test(name) {
        return;
    }
    let openings: &[&str] = if name.ends_with(".js") {
        &["/**", "*", "//"]
    } else {
        &["///", "//!"]
    };
    for (line, number) in code.lines().zip(1..) {
        let line = line.trim_start();
        if !openings.iter().any(|opening| line.starts_with(opening)) {
            continue;
        }
        // Names of the code are no words.
        let line: String = line.split('`').step_by(2).collect();
        let words: Vec<&str> = line
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        for (at, word) in words.iter().enumerate() {
            // A sign stands for another, and a thing in for one.
            let is_sign = ["for", "in"].contains(words.get(at + 1).unwrap_or(&""));
            if LOOSE_WORDS.contains(word) && !is_sign {
                wrong.push(format!("{name}:{number}: say what \"{word}\" means here"));
            }
        }
    }
}

/// Whether a kind is on a side of `==` or `!=`, or in a `matches!`.
fn compares_a_kind(line: &str) -> bool {
    let names_a_kind = |text: &str| KINDS.iter().any(|kind| text.contains(kind));
    let narrows = line
        .split_once("matches!(")
        .is_some_and(|(_, after)| names_a_kind(after));
    let words: Vec<&str> = line.split_whitespace().collect();
    let compares = words.iter().enumerate().any(|(at, word)| {
        let is_sign = ["==", "!="].contains(word);
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let sides = [before, words.get(at + 1)];
        is_sign && sides.into_iter().flatten().any(|side| names_a_kind(side))
    });
    narrows || compares
}

/// Tests are read from top to bottom, and the contract of stores is a test.
fn is_test(name: &str) -> bool {
    name.contains("tests") || name.ends_with("contract.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_with_a_kind_is_found_on_either_side() {
        let check = |line, expected| assert_eq!(compares_a_kind(line), expected, "{line}");
        check("if method.kind == MethodKind::Totp {", true);
        check("if MethodKind::Totp != method.kind {", true);
        check("(post.channel == Channel::Sms || x)", true);
        check("matches!(kind.class(), MethodClass::OutOfBand(_))", true);
        check("&& opened.channel == post.channel", false);
        check("MethodKind::Totp => a == b,", false);
        check("Self::Method(MethodKind::Sms) => \"sms\",", false);
    }

    #[test]
    fn names_of_kinds_are_found_outside_of_the_table_and_of_tests() {
        let wrong = |file: &str, code: &str| {
            let mut wrong = Vec::new();
            check(Path::new(file), code, &mut wrong);
            wrong.len()
        };
        assert_eq!(wrong("crates/server/src/x.rs", "let a = \"sms\";\n"), 1);
        assert_eq!(wrong(TABLE_OF_METHODS, "let a = \"sms\";\n"), 0);
        assert_eq!(wrong("crates/server/tests/x.rs", "let a = \"sms\";\n"), 0);
        assert_eq!(wrong("src/x.rs", "if a == Channel::Voice {\n"), 1);
    }

    #[test]
    fn loose_words_are_found_in_comments_of_items() {
        let in_file = |file: &str, text: &str| {
            let mut wrong = Vec::new();
            check(Path::new(file), text, &mut wrong);
            wrong.len()
        };
        let wrong = |text: &str| in_file("src/x.rs", text);
        assert_eq!(wrong("/// How the message fares.\n"), 1);
        assert_eq!(wrong("//! The host is told.\n"), 1);
        assert_eq!(wrong("/// The letter that a sign stands for.\n"), 0);
        assert_eq!(wrong("// The host is told.\n"), 0);
        assert_eq!(wrong("/// Calls `told`.\n"), 0);
        assert_eq!(in_file("public/nidan/x.js", " * The host is told.\n"), 1);
    }
}
