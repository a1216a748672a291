//! Which language a reader wants.

use axum::http::{HeaderMap, header};
use icu_locale::{LanguageIdentifier, LocaleExpander};

/// The languages that the reader of an answer wants, as the browser writes them; nothing where
/// nothing is said.
pub(crate) fn accepted(headers: &HeaderMap) -> &str {
    let tags = headers.get(header::ACCEPT_LANGUAGE);
    tags.and_then(|tags| tags.to_str().ok()).unwrap_or_default()
}

/// The languages of such a list ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4)
/// §12.5.4), the dearest first: browsers write them so.
pub(crate) fn wanted(tags: &str) -> impl Iterator<Item = LanguageIdentifier> {
    tags.split(',')
        .filter_map(|tag| whole(tag.split(';').next()?.trim()))
}

/// A tag that says language, script and region: `zh-TW` is `zh-Hant-TW` ([UTS #35, likely
/// subtags](https://www.unicode.org/reports/tr35/#Likely_Subtags)).
pub(crate) fn whole(tag: &str) -> Option<LanguageIdentifier> {
    let mut id: LanguageIdentifier = tag.parse().ok()?;
    LocaleExpander::new_common().maximize(&mut id);
    Some(id)
}

/// Whether who reads one of them reads the other.
pub(crate) fn are_alike(one: &LanguageIdentifier, other: &LanguageIdentifier) -> bool {
    (one.language, one.script) == (other.language, other.script)
}
