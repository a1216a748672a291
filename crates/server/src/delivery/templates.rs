//! The words of messages and calls, from `locales/*.json`.

use serde::Deserialize;
use zeroize::Zeroizing;

/// [3GPP TS 23.038](https://www.3gpp.org/dynareport/23038.htm): one message of the 7-bit alphabet.
const GSM7_SEGMENT: usize = 160;
/// [3GPP TS 23.040](https://www.3gpp.org/dynareport/23040.htm): one message of UCS-2.
const UCS2_SEGMENT: usize = 70;
/// [3GPP TS 23.038](https://www.3gpp.org/dynareport/23038.htm) §6.2.1.
const GSM7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ\
    ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// [3GPP TS 23.038](https://www.3gpp.org/dynareport/23038.htm) §6.2.1.1: each takes two places.
const GSM7_EXTENSION: &str = "\u{c}^{}\\[~]|€";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    /// With what to do when somebody else asked for the code, where there is room for it.
    sms_told: String,
    sms: String,
    sms_short: String,
    call_prompt: String,
    call_code: String,
    pause: String,
    speech: String,
}

/// The catalogues, by language.
pub(crate) struct Catalogue(Vec<(&'static str, Words)>);

/// The values that fill the places of a template.
#[derive(Clone, Copy)]
pub(crate) struct TemplateVars<'a> {
    pub(crate) site: &'a str,
    /// The host name of the page that the code is bound to.
    pub(crate) page_host: &'a str,
    /// One, or two that are asked for together.
    pub(crate) codes: &'a [Zeroizing<String>],
    pub(crate) reference: &'a str,
}

impl TemplateVars<'_> {
    /// As they stand in a text.
    fn shown(&self) -> Zeroizing<String> {
        let codes: Vec<&str> = self.codes.iter().map(|code| code.as_str()).collect();
        Zeroizing::new(codes.join(" + "))
    }
}

impl Catalogue {
    /// All languages that there are words for, English first.
    pub(crate) fn load() -> Result<Self, serde_json::Error> {
        let files = [
            ("en", include_str!("../../locales/en.json")),
            ("ja", include_str!("../../locales/ja.json")),
        ];
        files
            .into_iter()
            .map(|(language, text)| Ok((language, serde_json::from_str(text)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The language of the catalogue that a [BCP
    /// 47](https://www.rfc-editor.org/info/bcp47) tag gets: its own, else English.
    pub(crate) fn language(&self, tag: &str) -> &'static str {
        let wanted = tag
            .split(['-', '_'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        self.0
            .iter()
            .find(|(language, _)| *language == wanted)
            .map_or("en", |(language, _)| language)
    }

    /// A text message: the longest wording that fits into one segment, and the line that binds it
    /// to the page (<https://wicg.github.io/sms-one-time-codes/>).
    pub(crate) fn sms(&self, language: &str, filling: &TemplateVars<'_>) -> Zeroizing<String> {
        let Some(words) = self.words(language) else {
            return Zeroizing::default();
        };
        // Browsers fill one code in; where there are two, the second is typed.
        let bound = Zeroizing::new(format!(
            "\n@{} #{}",
            filling.page_host,
            filling.codes.first().map_or("", |code| code)
        ));
        let short_site = TemplateVars {
            site: filling.page_host,
            ..*filling
        };
        let wordings = [
            (&words.sms_told, filling),
            (&words.sms, filling),
            (&words.sms, &short_site),
            (&words.sms_short, filling),
        ];
        wordings
            .into_iter()
            .map(|(words, filling)| {
                Zeroizing::new(format!("{}\n{}", fill(words, filling, ""), *bound))
            })
            .find(|text| segments(text) <= 1)
            .unwrap_or_else(|| {
                Zeroizing::new(format!(
                    "{}\n{}",
                    fill(&words.sms_short, filling, ""),
                    *bound
                ))
            })
    }

    /// The words that a call begins with, before the two digits are pressed.
    pub(crate) fn call_prompt(&self, language: &str, site: &str) -> String {
        let filling = TemplateVars {
            site,
            page_host: "",
            codes: &[],
            reference: "",
        };
        self.words(language)
            .map(|words| fill(&words.call_prompt, &filling, ""))
            .unwrap_or_default()
    }

    /// The words of a call after the digits: the code digit by digit, twice.
    pub(crate) fn call_code(
        &self,
        language: &str,
        filling: &TemplateVars<'_>,
    ) -> Zeroizing<String> {
        let Some(words) = self.words(language) else {
            return Zeroizing::default();
        };
        let digits: Vec<_> = filling
            .codes
            .iter()
            .flat_map(|code| code.chars())
            .map(String::from)
            .collect();
        Zeroizing::new(fill(&words.call_code, filling, &digits.join(&words.pause)))
    }

    /// The [BCP 47](https://www.rfc-editor.org/info/bcp47) tag of the voice.
    pub(crate) fn speech(&self, language: &str) -> &str {
        self.words(language).map_or("en-US", |words| &words.speech)
    }

    fn words(&self, language: &str) -> Option<&Words> {
        self.0
            .iter()
            .find(|(known, _)| *known == language)
            .map(|(_, words)| words)
    }
}

fn fill(words: &str, filling: &TemplateVars<'_>, digits: &str) -> String {
    // One pass, so that a site's name is never taken for a place.
    let shown = filling.shown();
    let places = [
        ("site", filling.site),
        ("code", shown.as_str()),
        ("reference", filling.reference),
        ("digits", digits),
    ];
    let mut filled = String::with_capacity(words.len() + 64);
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        // Nothing but letters may stand before the binding line, least of all its sign.
        let value = places
            .iter()
            .find(|(place, _)| *place == name)
            .map_or("", |(_, value)| value);
        filled.extend(
            value
                .chars()
                .map(|c| if c == '@' || c.is_control() { ' ' } else { c }),
        );
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// The number of messages that a text is sent as.
pub(crate) fn segments(text: &str) -> usize {
    let seven_bits = |c: char| match c {
        c if GSM7.contains(c) => Some(1),
        c if GSM7_EXTENSION.contains(c) => Some(2),
        _ => None,
    };
    match text.chars().map(seven_bits).sum::<Option<usize>>() {
        Some(places) => places.div_ceil(GSM7_SEGMENT),
        None => text.encode_utf16().count().div_ceil(UCS2_SEGMENT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parsing rules of the origin-bound one-time code format, step by step, on their own.
    fn bound_code(message: &str) -> Option<(&str, &str)> {
        let line = message.split(['\n', '\r']).next_back()?;
        let rest = line.strip_prefix('@')?;
        let (host, rest) = rest.split_once(' ')?;
        let code = rest.strip_prefix('#')?;
        let code = code.split(' ').next()?;
        (!host.is_empty() && !code.is_empty()).then_some((host, code))
    }

    #[test]
    fn every_message_is_bound_to_its_page_and_fits_one_segment() {
        let catalogue = Catalogue::load().unwrap();
        let sites = [
            "Shop",
            "二段ショップ",
            "x@y #1",
            &"長".repeat(64),
            &"long ".repeat(12),
            "a\nb",
        ];
        for (language, _) in &catalogue.0 {
            for site in sites {
                for page_host in ["shop.example", "login.a-rather-long-name.shop.example"] {
                    let codes = [Zeroizing::new("012345".to_owned())];
                    let filling = TemplateVars {
                        site,
                        page_host,
                        codes: &codes,
                        reference: "A7",
                    };
                    let text = catalogue.sms(language, &filling);
                    assert_eq!(bound_code(&text), Some((page_host, "012345")), "{}", *text);
                    assert_eq!(text.matches('@').count(), 1, "{}", *text);
                    assert!(text.contains("A7"), "{}", *text);
                    let too_long = *language == "ja" && page_host.len() > 30;
                    assert!(
                        too_long || segments(&text) == 1,
                        "{language} {}: {}",
                        segments(&text),
                        *text
                    );
                }
            }
        }
    }

    #[test]
    fn a_usual_message_names_the_site() {
        let catalogue = Catalogue::load().unwrap();
        let codes = ["012345", "678901"].map(|code| Zeroizing::new(code.to_owned()));
        let one = &codes[..1];
        let filling = TemplateVars {
            site: "二段ショップ",
            page_host: "shop.example",
            codes: one,
            reference: "A7",
        };
        let japanese = catalogue.sms("ja", &filling);
        assert_eq!(
            *japanese,
            "二段ショップ 確認コード 012345（A7）\n他人に教えない。覚えがなければパスワード変更を\n\n@shop.example #012345"
        );
        let longer = catalogue.sms(
            "ja",
            &TemplateVars {
                site: "二段ショップ本店",
                ..filling
            },
        );
        assert_eq!(
            *longer,
            "二段ショップ本店 確認コード 012345（A7）\n他人に教えないでください。\n\n@shop.example #012345"
        );
        let pair = catalogue.sms(
            "ja",
            &TemplateVars {
                codes: &codes,
                ..filling
            },
        );
        assert!(
            pair.contains("012345 + 678901") && segments(&pair) == 1,
            "{}",
            *pair
        );
        let english = catalogue.sms(
            "en",
            &TemplateVars {
                site: "Shop",
                ..filling
            },
        );
        assert!(
            english.starts_with("Shop: 012345 is your code (A7)."),
            "{}",
            *english
        );
        assert!(
            english.contains("Not you?") && !english.contains("http"),
            "{}",
            *english
        );
    }

    #[test]
    fn a_call_reads_digit_by_digit_twice() {
        let catalogue = Catalogue::load().unwrap();
        let codes = [Zeroizing::new("012345".to_owned())];
        let filling = TemplateVars {
            site: "店",
            page_host: "",
            codes: &codes,
            reference: "A7",
        };
        assert_eq!(
            catalogue
                .call_code("ja", &filling)
                .matches("0、1、2、3、4、5")
                .count(),
            2
        );
        assert_eq!(
            catalogue
                .call_code("en", &filling)
                .matches("0, 1, 2, 3, 4, 5")
                .count(),
            2
        );
        assert!(
            !catalogue.call_prompt("ja", "店").contains('0'),
            "no digit of a code before the keys"
        );
        assert_eq!(
            (
                catalogue.language("ja-JP"),
                catalogue.language("xx"),
                catalogue.speech("ja")
            ),
            ("ja", "en", "ja-JP")
        );
    }

    #[test]
    fn segments_are_counted_as_networks_do() {
        assert_eq!(
            (segments(&"a".repeat(160)), segments(&"a".repeat(161))),
            (1, 2)
        );
        assert_eq!(
            (segments(&"€".repeat(80)), segments(&"€".repeat(81))),
            (1, 2)
        );
        assert_eq!(
            (segments(&"あ".repeat(70)), segments(&"あ".repeat(71))),
            (1, 2)
        );
    }
}
