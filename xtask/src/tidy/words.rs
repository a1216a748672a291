//! Rules for what people read: the widget's words, and facts about their country.

use std::fs;
use std::path::PathBuf;

use super::is_code;
use crate::run::{Done, Failed, command, output, root};

/// A text that no screen and no page without scripts shows is in the way of translators, and in every download.
pub(super) fn every_word_is_used(files: &[PathBuf], wrong: &mut Vec<String>) -> Done {
    let names = fs::read_to_string(root().join("crates/screens/src/messages.rs"))?;
    let mut screens = String::new();
    let places = ["src", "crates/screens", "crates/server/src/api/form"];
    for file in files
        .iter()
        .filter(|file| places.iter().any(|place| file.starts_with(place)))
        .filter(|file| !file.ends_with("messages.rs") && is_code(file))
    {
        screens.push_str(&fs::read_to_string(root().join(file))?);
    }
    // By their keys, in what is fetched when few people ask for it.
    let guide = fs::read_to_string(root().join("public/nidan/guide.js"))?;
    let entries = names
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.split_once(" = \""));
    for (name, key) in entries.filter(|(name, _)| name.chars().all(char::is_alphanumeric)) {
        let used = screens
            .match_indices(&format!("Msg::{name}"))
            .any(|(at, found)| {
                !screens
                    .get(at + found.len()..)
                    .unwrap_or_default()
                    .starts_with(|next: char| next.is_alphanumeric())
            });
        let key = key.trim_end_matches("\",");
        if !used && !guide.contains(&format!("'{key}'")) {
            wrong.push(format!(
                "crates/screens/src/messages.rs: {name} is shown nowhere"
            ));
        }
    }
    Ok(())
}

/// `JP.ja.json`; what holds everywhere has the language alone.
fn is_of_a_country(file: &std::path::Path) -> bool {
    let stem = file.file_stem().and_then(|stem| stem.to_str());
    stem.is_some_and(|stem| stem.contains('.'))
}

/// Facts about carriers grow old: told, and no failure, since a build of last year must still pass.
pub(super) fn facts_are_of_this_year(files: &[PathBuf]) -> Done {
    let today = output(command(
        "date",
        &["+%Y-%m-%d"],
        &std::env::var_os("PATH").unwrap_or_default(),
    ))?;
    for file in files
        .iter()
        .filter(|file| file.starts_with("public/nidan/help") && is_of_a_country(file))
    {
        let text = fs::read_to_string(root().join(file))?;
        let end = text
            .split("\"expires_on\": \"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        match end {
            Some(end) if end > today.trim() => {}
            Some(end) => println!(
                "! {} expired on {end}: look its facts up again",
                file.display()
            ),
            None => return Err(Failed(format!("{} has no expires_on", file.display()))),
        }
        // Who comes for help trusts what stands here: a link that rots could lead anywhere.
        if text.contains("http") || text.contains("www.") {
            return Err(Failed(format!("{} has a link", file.display())));
        }
    }
    Ok(())
}
