//! The widget's own texts, for the page without scripts: the same words in the same eleven
//! languages.

use std::collections::BTreeMap;

use icu_locale::{Direction, LanguageIdentifier, LocaleDirectionality};
use icu_plurals::{PluralCategory, PluralRules};
use nidan_screens::messages::{Msg, fill_with};
use nidan_screens::{Arg, Words};
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

use crate::language;

/// Taken where nothing else fits.
const ENGLISH: (&str, &str) = ("en", include_str!("../../../../../locales/en.json"));
const OTHERS: [(&str, &str); 10] = [
    ("ja", include_str!("../../../../../locales/ja.json")),
    (
        "zh-Hans",
        include_str!("../../../../../locales/zh-Hans.json"),
    ),
    (
        "zh-Hant",
        include_str!("../../../../../locales/zh-Hant.json"),
    ),
    ("ko", include_str!("../../../../../locales/ko.json")),
    ("es", include_str!("../../../../../locales/es.json")),
    ("fr", include_str!("../../../../../locales/fr.json")),
    ("de", include_str!("../../../../../locales/de.json")),
    ("pt-BR", include_str!("../../../../../locales/pt-BR.json")),
    ("vi", include_str!("../../../../../locales/vi.json")),
    ("ar", include_str!("../../../../../locales/ar.json")),
];

/// Nobody knows where the person's clock hangs, so the time says whose it is.
const DATE: StaticFormatDescription =
    format_description!("[year]-[month]-[day] [hour]:[minute] UTC");

/// The texts of all languages.
pub(crate) struct Texts {
    english: Language,
    others: Vec<Language>,
}

/// The texts of one language.
pub(super) struct Language {
    /// Its BCP 47 tag.
    pub(super) tag: &'static str,
    /// The same with its script.
    id: LanguageIdentifier,
    texts: BTreeMap<String, String>,
    forms: Option<PluralRules>,
}

impl Texts {
    /// Reads the catalogues of this build.
    ///
    /// # Errors
    /// When one of them is no JSON object of texts.
    pub(crate) fn load() -> Result<Self, serde_json::Error> {
        let others = OTHERS.iter().map(Language::read);
        Ok(Self {
            english: Language::read(&ENGLISH)?,
            others: others.collect::<Result<_, _>>()?,
        })
    }

    /// The first of a list of tags that there are texts for ([RFC
    /// 9110](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4) §12.5.4; browsers write the
    /// dearest first).
    pub(super) fn language(&self, tags: &str) -> &Language {
        language::wanted(tags)
            .find_map(|wanted| {
                self.all()
                    .find(|known| language::are_alike(&known.id, &wanted))
            })
            .unwrap_or(&self.english)
    }

    fn all(&self) -> impl Iterator<Item = &Language> {
        std::iter::once(&self.english).chain(&self.others)
    }
}

impl Language {
    fn read((tag, json): &(&'static str, &str)) -> Result<Self, serde_json::Error> {
        let id = language::whole(tag).unwrap_or(LanguageIdentifier::UNKNOWN);
        Ok(Self {
            tag,
            texts: serde_json::from_str(json)?,
            forms: PluralRules::try_new_cardinal((&id).into()).ok(),
            id,
        })
    }

    /// `rtl` where the language is written from right to left.
    pub(super) fn direction(&self) -> &'static str {
        match LocaleDirectionality::new_common().get(&self.id) {
            Some(Direction::RightToLeft) => "rtl",
            _left_to_right => "ltr",
        }
    }

    /// Words of a screen.
    pub(super) fn say(&self, words: Words<'_>) -> String {
        match words {
            Words::None => String::new(),
            Words::Verbatim(text) => text.to_owned(),
            Words::Message(msg, args) => self.filled(msg, &args),
            Words::Long(msg, args) => self.filled(msg, &args),
        }
    }

    /// A text without places.
    pub(super) fn text(&self, msg: Msg) -> &str {
        self.texts.get(msg.key()).map_or("", String::as_str)
    }

    fn filled(&self, msg: Msg, args: &[Arg<'_>]) -> String {
        // A text with forms has its count first.
        let text = match args.first() {
            Some(Arg::Number(_, count)) => self.form(msg, *count),
            _ => self.text(msg),
        };
        fill_with(text, |place, filled| {
            if let Some(arg) = args.iter().find(|arg| arg.place() == place) {
                filled.push_str(&self.value(*arg));
            }
        })
    }

    fn form(&self, msg: Msg, count: u64) -> &str {
        let category = self.forms.as_ref().map(|rules| rules.category_for(count));
        let name = match category {
            Some(PluralCategory::Zero) => "zero",
            Some(PluralCategory::One) => "one",
            Some(PluralCategory::Two) => "two",
            Some(PluralCategory::Few) => "few",
            Some(PluralCategory::Many) => "many",
            Some(PluralCategory::Other) | None => return self.text(msg),
        };
        let key = format!("{}.{name}", msg.key());
        self.texts
            .get(&key)
            .map_or_else(|| self.text(msg), String::as_str)
    }

    fn value(&self, arg: Arg<'_>) -> String {
        match arg {
            Arg::None => String::new(),
            Arg::Text(_, text) => text.to_owned(),
            Arg::Message(_, msg) => self.text(msg).to_owned(),
            Arg::Number(_, number) => number.to_string(),
            Arg::Date(_, at) => date(at.0),
        }
    }
}

fn date(at: u64) -> String {
    i64::try_from(at)
        .ok()
        .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok())
        .and_then(|at| at.format(DATE).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn the_languages_are_those_of_the_package() {
        let listed: serde_json::Value =
            serde_json::from_str(include_str!("../../../../../package/locales.json")).unwrap();
        let mut listed: Vec<_> = listed.as_object().unwrap().keys().cloned().collect();
        let texts = Texts::load().unwrap();
        let mut known: Vec<_> = texts.all().map(|known| known.tag.to_owned()).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
    }

    #[test]
    fn every_text_is_there_in_every_language() {
        let texts = Texts::load().unwrap();
        for language in texts.all() {
            for msg in Msg::ALL {
                assert!(!language.text(*msg).is_empty(), "{}: {msg:?}", language.tag);
            }
        }
    }

    #[test]
    fn languages_are_found_as_browsers_name_them() {
        let texts = Texts::load().unwrap();
        for (tags, wanted) in [
            ("ja-JP,ja;q=0.9,en-US;q=0.8", "ja"),
            ("en-GB", "en"),
            ("xx,de-AT;q=0.5", "de"),
            ("zh-TW", "zh-Hant"),
            ("zh-Hans-HK", "zh-Hans"),
            ("zh-Hant-US", "zh-Hant"),
            ("zh-CN,zh;q=0.9", "zh-Hans"),
            ("PT-pt", "pt-BR"),
            ("zh-HK", "zh-Hant"),
            ("*", "en"),
            ("xx", "en"),
            ("", "en"),
        ] {
            assert_eq!(texts.language(tags).tag, wanted, "{tags}");
        }
    }

    #[test]
    fn a_count_has_its_form_and_a_date_says_whose_time_it_is() {
        let texts = Texts::load().unwrap();
        let say = |tag: &str, count| {
            let words =
                Words::Message(Msg::PhoneCodeWrong, [Arg::Number("left", count), Arg::None]);
            texts.language(tag).say(words)
        };
        assert!(say("en", 1).ends_with("1 try left."));
        assert!(say("en", 2).ends_with("2 tries left."));
        assert_ne!(say("ar", 3).replace('3', "11"), say("ar", 11));
        let direction = |tag| texts.language(tag).direction();
        assert_eq!((direction("ar"), direction("ja")), ("rtl", "ltr"));
        assert_eq!(date(1_800_000_000), "2027-01-15 08:00 UTC");
    }
}
