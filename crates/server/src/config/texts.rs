//! What an operator says in words of their own.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::language;

/// A text by language ([BCP 47](https://www.rfc-editor.org/info/bcp47)).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Localized(BTreeMap<String, String>);

impl Localized {
    /// The text in the first of these languages that it is in ([RFC
    /// 9110](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4) §12.5.4, as browsers write
    /// them); English is taken for languages that have none, else the first. [`None`] where there is
    /// no text at all.
    pub fn read_in(&self, languages: &str) -> Option<&str> {
        let texts = || {
            let named = self.0.iter();
            named.filter_map(|(tag, text)| Some((language::whole(tag)?, text)))
        };
        let fits = |wanted| {
            let same = texts().find(|(id, _)| *id == wanted);
            same.or_else(|| texts().find(|(id, _)| language::are_alike(id, &wanted)))
        };
        let found = language::wanted(languages)
            .chain(language::whole("en"))
            .find_map(fits)
            .or_else(|| texts().next());
        found.map(|(_, text)| text.as_str())
    }

    /// Whether every tag is a language's, and every text has one to this many characters.
    pub(super) fn is_good(&self, max_chars: usize) -> bool {
        self.0.iter().all(|(tag, text)| {
            language::whole(tag).is_some() && (1..=max_chars).contains(&text.trim().chars().count())
        })
    }

    /// Whether it says nothing in any language.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const N: usize> From<[(String, String); N]> for Localized {
    fn from(texts: [(String, String); N]) -> Self {
        Self(texts.into())
    }
}

/// A figure that shows why a password alone is not enough: the operator's to choose, and to name the
/// source of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it says.
    pub text: Localized,
    /// Who says so.
    pub source: String,
    /// Where it is to be read: an `https:` URL.
    pub source_url: Option<String>,
    /// The day of the source (ISO 8601).
    pub as_of: String,
}

/// Whether a text is a day of the calendar (ISO 8601, `2026-11-27`).
pub(super) fn is_day(text: &str) -> bool {
    let form = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, form).is_ok()
}
