//! The list of languages, from `package/locales.json` into the places that cannot read it.

use std::fs;

use crate::run::{Done, Failed, root};

/// The one list: each language with its name and who has read its words.
const LIST: &str = "package/locales.json";

/// A place that has the list in it.
struct Copy {
    path: &'static str,
    /// Stands between two languages.
    between: &'static str,
    /// Stands after the last one.
    end: &'static str,
}

const COPIES: [Copy; 3] = [
    Copy {
        path: "public/gallery/gallery.js",
        between: ", ",
        end: "]",
    },
    Copy {
        path: "package/nidan-flow.d.ts",
        between: " | ",
        end: "\n",
    },
    Copy {
        path: "package/custom-elements.json",
        between: " | ",
        end: "\"",
    },
];

/// Writes the list into its places, or says which have another one.
pub(crate) fn languages(only_check: bool) -> Done {
    let list = fs::read_to_string(root().join(LIST))?;
    let names: Vec<&str> = names(&list).collect();
    for copy in &COPIES {
        let path = root().join(copy.path);
        let before = fs::read_to_string(&path)?;
        let after = with_list(&before, copy, &names)
            .ok_or_else(|| Failed(format!("{} has no list of languages", copy.path)))?;
        if before == after {
            continue;
        }
        if only_check {
            return Err(Failed(format!(
                "{} has other languages than {LIST}: run `cargo xtask book`",
                copy.path
            )));
        }
        fs::write(path, after)?;
    }
    Ok(())
}

/// In the order of the file.
fn names(list: &str) -> impl Iterator<Item = &str> {
    list.lines()
        .filter_map(|line| line.trim_start().strip_prefix('"')?.split('"').next())
}

/// The text with the list in place of the one that begins with the first two languages.
fn with_list(text: &str, copy: &Copy, names: &[&str]) -> Option<String> {
    let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    let begins = quoted.get(..2)?.join(copy.between);
    let (before, rest) = text.split_once(&begins)?;
    let (_old, after) = rest.split_once(copy.end)?;
    let list = quoted.join(copy.between);
    Some(format!("{before}{list}{}{after}", copy.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_replaced_and_what_is_around_it_stays() {
        let list = "{\n  \"en\": { \"name\": \"English\" },\n  \"ja\": { \"name\": \"日本語\" },\n  \"vi\": {}\n}";
        let names: Vec<_> = names(list).collect();
        assert_eq!(names, ["en", "ja", "vi"]);
        let [gallery, types, _] = &COPIES;
        let text = "a: ['x'],\nlocale: ['en', 'ja', 'ko'],\nb";
        let with = with_list(text, gallery, &names);
        assert_eq!(
            with.as_deref(),
            Some("a: ['x'],\nlocale: ['en', 'ja', 'vi'],\nb")
        );
        let with = with_list("type L = 'en' | 'ja'\nmore", types, &names);
        assert_eq!(with.as_deref(), Some("type L = 'en' | 'ja' | 'vi'\nmore"));
        assert_eq!(with_list("nothing", types, &names), None);
    }
}
