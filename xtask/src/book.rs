//! `cargo xtask book`: the documentation's reference pages, written from the code, and the book
//! built by mdBook where it is installed.

use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::run::{Done, Failed, command, output, root, run, step};

/// Where the generated pages are.
const PAGES: &str = "docs/book/src/reference";
/// No marks of a reader's own at the top: the page says where it comes from.
const NOTE: &str = "<!-- Written by `cargo xtask book`; changes here are lost. -->\n\n";

/// Writes the pages anew, or says which are old; builds the book where mdBook is there.
pub(crate) fn book(only_check: bool) -> Done {
    let pages = [
        ("element.md", element()?),
        ("languages.md", languages()?),
        ("keys.md", keys()?),
        ("errors.md", errors()?),
    ];
    let mut old = Vec::new();
    for (name, text) in pages {
        let path = root().join(PAGES).join(name);
        if fs::read_to_string(&path).is_ok_and(|before| before == text) {
            continue;
        }
        if only_check {
            old.push(name);
        } else {
            fs::write(path, text)?;
        }
    }
    if !old.is_empty() {
        return Err(Failed(format!(
            "{PAGES} is older than the code ({}): run `cargo xtask book`",
            old.join(", ")
        )));
    }
    links()?;
    crate::languages::languages(only_check)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    if only_check || output(command("mdbook", &["--version"], &path)).is_err() {
        return Ok(());
    }
    step("the book into target/book", || {
        run(command("mdbook", &["build", "docs/book"], &path))
    })
}

/// Every page is in the summary, and every file that a page includes or shows is there.
fn links() -> Done {
    let source = root().join("docs/book/src");
    let summary = fs::read_to_string(source.join("SUMMARY.md"))?;
    let mut open = vec![source.clone()];
    let mut wrong = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path
                .strip_prefix(&source)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            if name != "SUMMARY.md" && !summary.contains(&format!("({name})")) {
                wrong.push(format!("{name} is not in SUMMARY.md"));
            }
            let text = fs::read_to_string(&path)?;
            let included = text
                .split("{{#include ")
                .skip(1)
                .filter_map(|rest| rest.split(['}', ':']).next());
            let linked = text
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split([')', '#']).next());
            for target in
                included.chain(linked.filter(|link| !link.contains("://") && !link.is_empty()))
            {
                if !path.parent().unwrap_or(&source).join(target).exists() {
                    wrong.push(format!("{name}: {target} is not there"));
                }
            }
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failed(wrong.join("\n")))
    }
}

fn read(path: &str) -> Done<String> {
    Ok(fs::read_to_string(root().join(path))?)
}

fn json(path: &str) -> Done<Value> {
    serde_json::from_str(&read(path)?).map_err(|error| Failed(format!("{path}: {error}")))
}

/// Attributes, members, events, properties and parts, from the manifest that the package has.
fn element() -> Done<String> {
    let manifest = json("package/custom-elements.json")?;
    let element = manifest
        .pointer("/modules/0/declarations/0")
        .cloned()
        .unwrap_or_default();
    let mut page = format!(
        "# The element\n\n{NOTE}`<nidan-flow>`: {}\n",
        text(&element, "description")
    );
    for (title, kind, type_at) in [
        ("Attributes", "attributes", "/type/text"),
        ("Properties and methods", "members", ""),
        ("Events", "events", "/type/text"),
        ("CSS properties", "cssProperties", ""),
        ("Parts", "cssParts", ""),
    ] {
        let _written = write!(page, "\n## {title}\n\n| | |\n|---|---|\n");
        for one in element
            .get(kind)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let mut name = format!("`{}`", text(one, "name"));
            if text(one, "kind") == "method" {
                name = format!(
                    "`{}(): {}`",
                    text(one, "name"),
                    one.pointer("/return/type/text")
                        .and_then(Value::as_str)
                        .unwrap_or("void")
                );
            }
            if let Some(kind) = one
                .pointer(type_at)
                .and_then(Value::as_str)
                .filter(|_| !type_at.is_empty())
            {
                let _written = write!(name, "<br>`{}`", kind.replace('|', "\\|"));
            }
            if let Some(property) = one["fieldName"]
                .as_str()
                .filter(|property| *property != text(one, "name"))
            {
                let _written = write!(name, "<br>property `{property}`");
            }
            let _written = writeln!(page, "| {name} | {} |", text(one, "description"));
        }
    }
    page.push_str("\nEvents bubble and cross shadow trees. None carries a secret, a person's code or a whole number; the result code of `nidan-complete` is worth nothing without your API key and the session that it is bound to.\n\n## By a function call\n\n```ts\n");
    page.push_str(&read("package/mount.d.ts")?);
    page.push_str("```\n");
    Ok(page)
}

fn languages() -> Done<String> {
    let languages = json("package/locales.json")?;
    let mut page =
        format!("# Languages\n\n{NOTE}| `locale` | language | checked by |\n|---|---|---|\n");
    for (tag, about) in languages.as_object().into_iter().flatten() {
        let _written = writeln!(
            page,
            "| `{tag}` | {} | {} |",
            text(about, "name"),
            text(about, "checked")
        );
    }
    page.push_str("\nA “machine draft” was written by a machine and read by nobody who speaks the language from home. The rules that every catalogue is held to: `crates/screens/src/catalogue_rules.rs`.\n");
    Ok(page)
}

fn keys() -> Done<String> {
    let words = json("locales/en.json")?;
    let mut page = format!(
        "# Keys of the words\n\n{NOTE}A text of yours stands for every count: the forms that a language has for one, two or few are the catalogue's own.\n\n| key | English |\n|---|---|\n"
    );
    for (key, text) in words.as_object().into_iter().flatten() {
        // What a host says for a text with a count, it says for every count.
        let of = key.rsplit_once('.').map_or("", |(of, _form)| of);
        if words.get(of).is_some() {
            continue;
        }
        let _written = writeln!(
            page,
            "| `{key}` | {} |",
            text.as_str().unwrap_or_default().replace('|', "\\|")
        );
    }
    Ok(page)
}

/// From the list that the program has them from.
fn errors() -> Done<String> {
    let source = read("crates/protocol/src/problem.rs")?;
    let list = source
        .split("error_codes! {")
        .nth(1)
        .and_then(|rest| rest.split("\n}").next())
        .unwrap_or_default();
    let mut page = format!(
        "# Error codes\n\n{NOTE}Errors are RFC 9457 problem documents (`application/problem+json`) with a stable `code`, `request_id`, and `retry_at`, `attempts_left` or `field` where they apply.\n\n| `code` | status | |\n|---|---:|---|\n"
    );
    let mut about = String::new();
    for line in list.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("/// ") {
            about = [about.trim(), words].join(" ");
        } else if let Some((code, status)) = line
            .split_once(" = \"")
            .and_then(|(_, rest)| rest.trim_end_matches(';').split_once("\", "))
        {
            let _written = writeln!(page, "| `{code}` | {status} | {} |", about.trim());
            about.clear();
        }
    }
    Ok(page)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
