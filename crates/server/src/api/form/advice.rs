//! What helps when no code arrives, as the widget's page reads it from the same packs.

use std::collections::BTreeMap;

use nidan_protocol::Channel;
use serde::Deserialize;

/// General advice in each language.
const GENERAL: [(&str, &str); 11] = [
    (
        "en",
        include_str!("../../../../../public/nidan/help/en.json"),
    ),
    (
        "ja",
        include_str!("../../../../../public/nidan/help/ja.json"),
    ),
    (
        "zh-Hans",
        include_str!("../../../../../public/nidan/help/zh-Hans.json"),
    ),
    (
        "zh-Hant",
        include_str!("../../../../../public/nidan/help/zh-Hant.json"),
    ),
    (
        "ko",
        include_str!("../../../../../public/nidan/help/ko.json"),
    ),
    (
        "es",
        include_str!("../../../../../public/nidan/help/es.json"),
    ),
    (
        "fr",
        include_str!("../../../../../public/nidan/help/fr.json"),
    ),
    (
        "de",
        include_str!("../../../../../public/nidan/help/de.json"),
    ),
    (
        "pt-BR",
        include_str!("../../../../../public/nidan/help/pt-BR.json"),
    ),
    (
        "vi",
        include_str!("../../../../../public/nidan/help/vi.json"),
    ),
    (
        "ar",
        include_str!("../../../../../public/nidan/help/ar.json"),
    ),
];
/// What carriers of a country have for it, by language: a language that is spoken there.
const CARRIERS: [(&str, &str); 1] = [(
    "ja",
    include_str!("../../../../../public/nidan/help/JP.ja.json"),
)];

#[derive(Deserialize)]
struct General {
    carriers: String,
    others: String,
    verified: String,
    questions: String,
    #[serde(flatten)]
    rows: BTreeMap<String, Vec<[String; 2]>>,
}

#[derive(Deserialize)]
struct Carriers {
    verified_on: String,
    #[serde(flatten)]
    rows: BTreeMap<String, serde_json::Value>,
}

fn find(packs: &[(&str, &'static str)], locale: &str) -> Option<&'static str> {
    let mut packs = packs.iter();
    packs.find(|(tag, _)| *tag == locale).map(|(_, json)| *json)
}

fn general(locale: &str) -> Option<General> {
    find(&GENERAL, locale).and_then(|json| serde_json::from_str(json).ok())
}

/// What the common questions are called.
pub(super) fn questions(locale: &str) -> Option<String> {
    Some(general(locale)?.questions)
}

/// Headings and advice; either may be empty. Nothing where there is no pack.
pub(super) fn advice(locale: &str, channel: Channel) -> Vec<[String; 2]> {
    let Some(mut general) = general(locale) else {
        return Vec::new();
    };
    let rows = general.rows.remove(channel.as_str()).unwrap_or_default();
    let carriers =
        find(&CARRIERS, locale).and_then(|json| serde_json::from_str::<Carriers>(json).ok());
    let known = carriers.and_then(|mut carriers| {
        let rows = carriers.rows.remove(channel.as_str())?;
        let rows: Vec<[String; 2]> = serde_json::from_value(rows).ok()?;
        Some((carriers.verified_on, rows))
    });
    let Some((date, known)) = known else {
        return rows;
    };
    let alone = |heading: String| [heading, String::new()];
    let verified = general.verified.replace("{date}", &date);
    [
        vec![alone(general.carriers)],
        known,
        vec![[String::new(), verified], alone(general.others)],
        rows,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_the_same_advice_and_japan_its_carriers() {
        for channel in [Channel::Sms, Channel::Voice] {
            let english = advice("en", channel);
            assert!(english.len() >= 4);
            for (locale, _) in GENERAL.iter().filter(|(tag, _)| *tag != "ja") {
                let rows = advice(locale, channel);
                assert_eq!(rows.len(), english.len(), "{locale}");
                let mut texts = rows.iter().flatten();
                assert!(texts.all(|text| !text.trim().is_empty()), "{locale}");
            }
            let japanese = advice("ja", channel);
            assert!(japanese.len() > english.len() + 3);
            let texts = japanese.concat();
            assert_eq!(texts.iter().filter(|text| text.is_empty()).count(), 3);
            assert!(!texts.concat().contains("{date}"));
        }
        assert!(advice("tlh", Channel::Sms).is_empty());
    }
}
