//! What every catalogue keeps to, and what each language asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::messages::Msg;

/// Every [catalogue](Catalogue). English is the one to compare with.
const CATALOGUES: [(&str, &str); 11] = [
    ("en", include_str!("../../../locales/en.json")),
    ("ja", include_str!("../../../locales/ja.json")),
    ("zh-Hans", include_str!("../../../locales/zh-Hans.json")),
    ("zh-Hant", include_str!("../../../locales/zh-Hant.json")),
    ("ko", include_str!("../../../locales/ko.json")),
    ("es", include_str!("../../../locales/es.json")),
    ("fr", include_str!("../../../locales/fr.json")),
    ("de", include_str!("../../../locales/de.json")),
    ("pt-BR", include_str!("../../../locales/pt-BR.json")),
    ("vi", include_str!("../../../locales/vi.json")),
    ("ar", include_str!("../../../locales/ar.json")),
];

type Catalogue = BTreeMap<String, String>;

/// The forms that a text with a count has beside its own, in each language (Unicode CLDR 48, plural
/// rules of whole numbers). French, Spanish and Portuguese have one for millions, which nobody
/// counts here; Arabic's for eleven and more is the text's own.
const FORMS: [(&str, &[&str]); 6] = [
    ("en", &["one"]),
    ("es", &["one"]),
    ("fr", &["one"]),
    ("de", &["one"]),
    ("pt-BR", &["one"]),
    ("ar", &["zero", "one", "two", "few"]),
];

/// Texts that are said otherwise for another count. All others have their count behind a colon or
/// in brackets, or their unit is an abbreviation.
const COUNTED: [Msg; 4] = [
    Msg::PhoneCodeWrong,
    Msg::DoneCodes,
    Msg::LoginTrust,
    Msg::LoginFew,
];

/// Arabic has no abbreviation for minutes.
const COUNTED_IN_ARABIC: [Msg; 1] = [Msg::CommonTimeLeft];

/// The keys of the forms that a language has.
fn form_keys(language: &str) -> BTreeSet<String> {
    let forms = FORMS.iter().find(|(name, _)| *name == language);
    let forms = forms.map_or(&[][..], |(_, forms)| forms);
    let more = COUNTED_IN_ARABIC.iter().filter(|_| language == "ar");
    let counted = COUNTED.iter().chain(more);
    counted
        .flat_map(|msg| forms.iter().map(|form| format!("{}.{form}", msg.key())))
        .collect()
}

/// The catalogue without its forms.
fn catalogue(language: &str) -> Catalogue {
    let forms = form_keys(language);
    let mut texts = with_forms(language);
    texts.retain(|key, _| !forms.contains(key));
    texts
}

fn with_forms(language: &str) -> Catalogue {
    let (_, json) = CATALOGUES
        .iter()
        .find(|(name, _)| *name == language)
        .unwrap();
    serde_json::from_str(json).unwrap()
}

fn places(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect()
}

/// Every text that `breaks` a rule, by its key.
fn check(language: &str, rule: &str, breaks: impl Fn(&str) -> bool) {
    let wrong: Vec<_> = with_forms(language)
        .into_iter()
        .filter(|(_, text)| breaks(text))
        .collect();
    assert!(wrong.is_empty(), "{language}: {rule}: {wrong:#?}");
}

#[test]
fn every_catalogue_says_everything_in_the_same_order_and_names_the_same_places() {
    let english = catalogue("en");
    let keys: BTreeSet<_> = Msg::ALL.iter().map(|msg| msg.key()).collect();
    assert_eq!(keys.len(), Msg::ALL.len(), "a key stands twice");
    for (language, json) in CATALOGUES {
        // The browser finds words by their place.
        let order = Msg::ALL
            .iter()
            .map(|msg| json.find(&format!("\"{}\":", msg.key())));
        assert!(
            order.is_sorted(),
            "{language} has another order than the list of messages"
        );
        let catalogue = catalogue(language);
        assert_eq!(
            catalogue
                .keys()
                .map(String::as_str)
                .collect::<BTreeSet<_>>(),
            keys,
            "{language}"
        );
        for (key, text) in &catalogue {
            assert!(!text.trim().is_empty(), "{language} {key} is empty");
            assert_eq!(
                text.trim(),
                text,
                "{language} {key} begins or ends with a blank"
            );
            assert_eq!(places(text), places(&english[key]), "{language} {key}");
        }
    }
}

#[test]
fn texts_with_a_count_have_the_forms_of_their_language() {
    for (language, _) in CATALOGUES {
        let texts = with_forms(language);
        for key in form_keys(language) {
            let (of, form) = key.rsplit_once('.').unwrap();
            let text = texts
                .get(&key)
                .unwrap_or_else(|| panic!("{language} has no {key}"));
            // A form may write its count out where it is of one count alone. It names no place that
            // the text itself has not.
            let own = places(&texts[of]);
            assert!(places(text).is_subset(&own), "{language} {key}");
            let is_of_several =
                form == "few" || form == "one" && ["fr", "pt-BR"].contains(&language);
            assert!(!is_of_several || places(text) == own, "{language} {key}");
            assert_ne!(
                *text, texts[of],
                "{language} {key}: the form of {form} is the text's own"
            );
        }
    }
}

/// Begins what is written in a direction of its own ([UAX
/// #9](https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates)).
const ISOLATE: char = '\u{2068}';

/// A number or a name in a sentence from right to left would pull its neighbours to the other side.
#[test]
fn what_arabic_texts_are_filled_with_is_isolated() {
    for (key, text) in catalogue("ar") {
        for (place, _) in text.match_indices('{') {
            let (before, after) = text.split_at(place);
            assert!(before.ends_with(ISOLATE), "{key}");
            assert!(
                after.split_once('}').unwrap().1.starts_with('\u{2069}'),
                "{key}"
            );
        }
    }
}

/// "1 tries left" reads as a mistake: what counts without forms has its count where no word depends
/// on it.
#[test]
fn a_count_without_forms_stands_behind_a_colon_or_in_brackets() {
    let counted: Vec<_> = COUNTED.iter().map(|msg| msg.key()).collect();
    for (language, _) in FORMS {
        for (key, text) in catalogue(language) {
            let counts = ["{left}", "{count}", "{days}"].into_iter();
            for count in counts.filter(|count| text.contains(count)) {
                let (before, after) = text.split_once(count).unwrap();
                let stands_alone = before.trim_end_matches([' ', ISOLATE]).ends_with(':')
                    || before.contains('(') && after.contains(')');
                let is_counted = counted.contains(&key.as_str());
                assert!(stands_alone || is_counted, "{language} {key}: {text}");
            }
        }
    }
}

#[test]
fn nothing_is_left_in_english() {
    let english = catalogue("en");
    for (language, _) in CATALOGUES.iter().skip(1) {
        let same: Vec<_> = catalogue(language)
            .into_iter()
            // "App", "Backup", "No" are words of other languages too.
            .filter(|(key, text)| *text == english[key] && (text.len() > 8 || text.contains(' ')))
            .collect();
        assert!(same.is_empty(), "{language}: {same:#?}");
    }
}

/// Written in its own script, apart from names and places.
#[test]
fn each_language_is_written_in_its_own_script() {
    let holds =
        |text: &str, from: char, to: char| text.chars().any(|letter| (from..=to).contains(&letter));
    for (language, from, to) in [
        ("ko", '가', '힣'),
        ("ar", 'ء', 'ي'),
        ("zh-Hans", '一', '龥'),
        ("zh-Hant", '一', '龥'),
    ] {
        check(language, "is in another script", |text| {
            !holds(text, from, to)
        });
    }
    check("ja", "is in another script", |text| text.is_ascii());
    let simplified = "码设备验证请应账号输录发国际载响务连错误试动转";
    let traditional = "碼設備驗證請應帳號輸錄發國際載響務連錯誤試動轉";
    check("zh-Hans", "has traditional characters", |text| {
        text.chars()
            .any(|letter| traditional.contains(letter) && !simplified.contains(letter))
    });
    check("zh-Hant", "has simplified characters", |text| {
        text.chars()
            .any(|letter| simplified.contains(letter) && !traditional.contains(letter))
    });
}

/// Sentences of one politeness, and no signs of another width.
#[test]
fn japanese_is_polite_throughout_and_of_one_width() {
    check("ja", "a sentence is not in the polite form", |text| {
        let polite = [
            "ます",
            "です",
            "ません",
            "ました",
            "でした",
            "ください",
            "ましょう",
            "ませんか",
            "ですか",
        ];
        let inside = without_brackets(text);
        inside
            .split_inclusive('。')
            .filter_map(|sentence| sentence.strip_suffix('。'))
            .any(|sentence| {
                !polite.iter().any(|end| sentence.ends_with(end)) && !is_a_list(sentence)
            })
    });
    check("ja", "half-width kana", |text| {
        text.chars().any(|sign| ('｡'..='ﾟ').contains(&sign))
    });
    check("ja", "full-width digits or letters", |text| {
        text.chars()
            .any(|sign| matches!(sign, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ'))
    });
    check("ja", "a mark of another width beside Japanese", |text| {
        let signs: Vec<char> = text.chars().collect();
        let is_japanese = |sign: char| ('ぁ'..='龥').contains(&sign);
        signs.windows(2).any(|two| matches!(two, [before, '?' | '!' | ',' | '(' | ')' | ':'] if is_japanese(*before)))
    });
    check("ja", "“you”, as machines write it", |text| {
        text.contains("あなたの") && text.matches("あなた").count() > 1
    });
    check("ja", "one word for one thing", |text| {
        [
            "ユーザ",
            "サーバ",
            "ワンタイムパスワード",
            "二段階",
            "２段階",
            "スマホ",
            "クリックし",
        ]
        .iter()
        .any(|word| text.contains(word))
    });
    // JIS X 4051: what may not begin a line; the browser cares for the rest (`line-break: strict`).
    check(
        "ja",
        "begins with a sign that may not begin a line",
        |text| text.starts_with(['。', '、', '）', '」', 'ー', 'っ', 'ゃ', '々']),
    );
}

/// A sign in brackets is no end of a sentence.
fn without_brackets(text: &str) -> String {
    let mut depth = 0_i32;
    text.chars()
        .filter(|sign| {
            let is_open = depth > 0;
            depth += match sign {
                '（' => 1,
                '）' => -1,
                _other => 0,
            };
            !is_open && depth == 0 && *sign != '」'
        })
        .collect()
}

/// An entry of a list, or what a picture shows: a noun, or a place that a value fills.
fn is_a_list(sentence: &str) -> bool {
    [
        "スマートフォン",
        "電話",
        "認証アプリ",
        "QRコード",
        "保管場所",
        "時間ベース",
        "番号",
        "}",
    ]
    .iter()
    .any(|end| sentence.ends_with(end))
}

#[test]
fn european_languages_use_their_own_marks() {
    for language in ["en", "es", "fr", "de", "pt-BR", "vi"] {
        check(
            language,
            "a straight apostrophe or quotation mark",
            |text| text.contains(['\'', '"']),
        );
        check(language, "three dots instead of an ellipsis", |text| {
            text.contains("...")
        });
        check(language, "two blanks", |text| text.contains("  "));
    }
    check("fr", "a mark that could begin a line", |text| {
        [" ?", " !", " ;", " :", " »", "« "]
            .iter()
            .any(|mark| text.contains(mark))
    });
    check("es", "a question without its opening mark", |text| {
        text.contains('?') && !text.contains('¿')
    });
    check("de", "an informal address", |text| {
        text.split([' ', ',', '.', ':'])
            .any(|word| matches!(word, "du" | "dein" | "deine" | "dir"))
    });
    check("ar", "a mark of another script", |text| {
        text.contains(['?', ';', ','])
    });
}

/// What the docs show beside each language.
#[test]
fn every_catalogue_says_who_checked_it() {
    let checked: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(include_str!("../../../package/locales.json")).unwrap();
    let languages: BTreeSet<_> = CATALOGUES
        .iter()
        .map(|(language, _)| (*language).to_owned())
        .collect();
    assert_eq!(checked.keys().cloned().collect::<BTreeSet<_>>(), languages);
    assert!(
        checked
            .values()
            .all(|one| one["checked"].as_str().is_some_and(|by| !by.is_empty()))
    );
}
