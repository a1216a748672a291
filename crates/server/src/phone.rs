//! Phone numbers: parsed in full here, whatever the browser made of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use nidan_protocol::{Channel, ErrorCode};
use rlibphonenumber::enums::{NumberLengthType, PhoneNumberFormat, PhoneNumberType, Region};
use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, ValidationError};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// [RFC 3966](https://www.rfc-editor.org/rfc/rfc3966) and every way of writing a number stay far
/// below; longer text is no number.
const TYPED_MAX_BYTES: usize = 100;
/// Neighbours that a fraudster who rents a block would use together: a thousand numbers.
const BLOCK_DIGITS: usize = 3;

/// A valid number ([E.164](https://www.itu.int/rec/T-REC-E.164)). Wiped on drop, never printed.
pub struct PhoneNumber {
    e164: Zeroizing<String>,
    country: String,
    kind: PhoneNumberType,
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneNumber(<redacted>)")
    }
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneError {
    /// No number that can be.
    Invalid,
    /// Digits are missing.
    TooShort,
    /// Digits are too many.
    TooLong,
    /// No known calling code, and no country to read the number by.
    CountryUnknown,
    /// With an extension.
    Extension,
}

impl From<PhoneError> for ErrorCode {
    fn from(error: PhoneError) -> Self {
        match error {
            PhoneError::Invalid => Self::PhoneInvalid,
            PhoneError::TooShort => Self::PhoneTooShort,
            PhoneError::TooLong => Self::PhoneTooLong,
            PhoneError::CountryUnknown => Self::PhoneCountryUnknown,
            PhoneError::Extension => Self::PhoneExtension,
        }
    }
}

impl PhoneNumber {
    /// Reads a number the way people type it; `country` ([ISO 3166-1
    /// alpha-2](https://www.iso.org/iso-3166-country-codes.html)) says whose national form it is
    /// in.
    ///
    /// # Errors
    /// [`PhoneError`].
    pub fn parse(typed: &str, country: Option<&str>) -> Result<Self, PhoneError> {
        if typed.len() > TYPED_MAX_BYTES {
            return Err(PhoneError::TooLong);
        }
        // Full-width digits and signs become ASCII (UAX #15).
        let folded = Zeroizing::new(typed.nfkc().collect::<String>());
        // RFC 3966's parameter: nobody types it, and the parser panics on some (found by ten
        // million inputs).
        if folded.contains("phone-context") {
            return Err(PhoneError::Invalid);
        }
        // Parsers of this metadata have panicked before (RUSTSEC-2024-0369): one number must not
        // end a worker.
        catch_unwind(AssertUnwindSafe(|| parse(&folded, country)))
            .unwrap_or(Err(PhoneError::Invalid))
    }

    /// `+` and up to fifteen digits.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// [ISO 3166-1 alpha-2](https://www.iso.org/iso-3166-country-codes.html).
    pub fn country(&self) -> &str {
        &self.country
    }

    /// What the metadata says it is.
    pub const fn kind(&self) -> PhoneNumberType {
        self.kind
    }

    /// The last two digits: all of a number that is ever shown.
    pub fn hint(&self) -> String {
        self.e164
            .chars()
            .skip(self.e164.len().saturating_sub(2))
            .collect()
    }

    /// The number without its last digits.
    pub fn block(&self) -> &str {
        self.e164
            .get(..self.e164.len().saturating_sub(BLOCK_DIGITS))
            .unwrap_or_default()
    }

    /// Whether a code may travel to it this way ([SP
    /// 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html)-4 §3.1.3: the public telephone
    /// network only, but for calls to internet numbers where the operator allows them).
    ///
    /// # Errors
    /// With the reason.
    pub fn reach(&self, channel: Channel, calls_to_voip: &[String]) -> Result<(), ErrorCode> {
        match (self.kind, channel) {
            (PhoneNumberType::VoIP, Channel::Voice) if calls_to_voip.contains(&self.country) => {
                Ok(())
            }
            (PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile, _)
            | (PhoneNumberType::FixedLine, Channel::Voice) => Ok(()),
            (PhoneNumberType::FixedLine, Channel::Sms) => Err(ErrorCode::PhoneNotSmsCapable),
            (
                PhoneNumberType::TollFree
                | PhoneNumberType::PremiumRate
                | PhoneNumberType::SharedCost
                | PhoneNumberType::VoIP
                | PhoneNumberType::PersonalNumber
                | PhoneNumberType::Pager
                | PhoneNumberType::UAN
                | PhoneNumberType::VoiceMail
                | PhoneNumberType::Unknown,
                _,
            ) => Err(ErrorCode::PhoneKindRefused),
        }
    }
}

fn parse(typed: &str, country: Option<&str>) -> Result<PhoneNumber, PhoneError> {
    let region = country.and_then(|country| country.parse::<Region>().ok());
    let number = PHONE_NUMBER_UTIL
        .parse(typed, region)
        .map_err(|error| match error {
            ParseError::InvalidCountryCode => PhoneError::CountryUnknown,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => PhoneError::TooShort,
            ParseError::TooLongNsn => PhoneError::TooLong,
            ParseError::NotANumber(_) => PhoneError::Invalid,
        })?;
    if !number.is_valid() {
        return Err(match number.is_possible_with_reason() {
            Err(ValidationError::TooShort) | Ok(NumberLengthType::IsPossibleLocalOnly) => {
                PhoneError::TooShort
            }
            Err(ValidationError::TooLong) => PhoneError::TooLong,
            Err(ValidationError::InvalidCountryCode) => PhoneError::CountryUnknown,
            Err(ValidationError::InvalidLength) => PhoneError::Invalid,
            Ok(NumberLengthType::IsPossible) => nearly(&number.format_as(PhoneNumberFormat::E164)),
        });
    }
    if !number.extension().is_empty() {
        return Err(PhoneError::Extension);
    }
    let country = number.get_region_code().ok_or(PhoneError::CountryUnknown)?;
    Ok(PhoneNumber {
        e164: Zeroizing::new(number.format_as(PhoneNumberFormat::E164).into_owned()),
        country: country.to_string(),
        kind: number.get_type(),
    })
}

/// Why a number of a possible length is none: most people forget a digit or press one twice.
fn nearly(e164: &str) -> PhoneError {
    let is_valid = |text: &str| {
        PHONE_NUMBER_UTIL
            .parse(text, None)
            .is_ok_and(|number| number.is_valid())
    };
    if ["0", "1", "5"]
        .iter()
        .any(|digit| is_valid(&Zeroizing::new(format!("{e164}{digit}"))))
    {
        return PhoneError::TooShort;
    }
    match e164.get(..e164.len().saturating_sub(1)) {
        Some(shorter) if is_valid(shorter) => PhoneError::TooLong,
        _ => PhoneError::Invalid,
    }
}

/// Whether this is a country that numbers are known of ([ISO 3166-1
/// alpha-2](https://www.iso.org/iso-3166-country-codes.html)).
pub fn is_country(code: &str) -> bool {
    code.len() == 2
        && code.bytes().all(|b| b.is_ascii_uppercase())
        && code.parse::<Region>().is_ok_and(|region| {
            PHONE_NUMBER_UTIL
                .get_country_code_for_region(region)
                .is_some()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, country: &str, expected: Result<(&str, PhoneNumberType), PhoneError>) {
        let parsed = PhoneNumber::parse(typed, Some(country));
        let seen = parsed
            .as_ref()
            .map(|number| (number.e164(), number.kind()))
            .map_err(|error| *error);
        assert_eq!(seen, expected, "{typed} in {country}");
    }

    #[test]
    fn numbers_are_read_the_way_people_type_them() {
        let mobile = Ok(("+819012345678", PhoneNumberType::Mobile));
        for typed in [
            "090-1234-5678",
            "+81 (0)90 1234 5678",
            "+81 090-1234-5678",
            "０９０－１２３４－５６７８",
            "9012345678",
        ] {
            check(typed, "JP", mobile);
        }
        check(
            "03-1234-5678",
            "JP",
            Ok(("+81312345678", PhoneNumberType::FixedLine)),
        );
        check(
            "06 1234 5678",
            "IT",
            Ok(("+390612345678", PhoneNumberType::FixedLine)),
        );
        check(
            "060-1234-5678",
            "JP",
            Ok(("+816012345678", PhoneNumberType::Mobile)),
        );
    }

    #[test]
    fn what_is_wrong_is_told() {
        check("090-1234-567", "JP", Err(PhoneError::TooShort));
        check("090-1234-56789", "JP", Err(PhoneError::TooLong));
        check("090-1234-5678 ext. 5", "JP", Err(PhoneError::Extension));
        check("110", "JP", Err(PhoneError::TooShort));
        check("+999 1234", "JP", Err(PhoneError::CountryUnknown));
        check("hello", "JP", Err(PhoneError::Invalid));
        check("", "JP", Err(PhoneError::Invalid));
        check(&"1".repeat(1000), "JP", Err(PhoneError::TooLong));
        assert_eq!(
            PhoneNumber::parse("090-1234-5678", None).unwrap_err(),
            PhoneError::CountryUnknown
        );
    }

    #[test]
    fn codes_go_to_phones_only() {
        let reach = |typed: &str, channel| {
            PhoneNumber::parse(typed, Some("JP"))
                .unwrap()
                .reach(channel, &[])
        };
        assert_eq!(reach("090-1234-5678", Channel::Sms), Ok(()));
        assert_eq!(reach("090-1234-5678", Channel::Voice), Ok(()));
        assert_eq!(
            reach("03-1234-5678", Channel::Sms),
            Err(ErrorCode::PhoneNotSmsCapable)
        );
        assert_eq!(reach("03-1234-5678", Channel::Voice), Ok(()));
        for typed in [
            "050-1234-5678",
            "0120-123-456",
            "0570-012-345",
            "0990-123-456",
            "020-4123-4567",
        ] {
            assert_eq!(
                reach(typed, Channel::Voice),
                Err(ErrorCode::PhoneKindRefused),
                "{typed}"
            );
        }
        let voip = |channel, countries: &[&str]| {
            let countries: Vec<_> = countries.iter().map(|one| (*one).to_owned()).collect();
            let number = PhoneNumber::parse("050-1234-5678", Some("JP")).unwrap();
            number.reach(channel, &countries)
        };
        assert_eq!(voip(Channel::Voice, &["US", "JP"]), Ok(()));
        let refused = Err(ErrorCode::PhoneKindRefused);
        assert_eq!(voip(Channel::Sms, &["JP"]), refused);
        assert_eq!(voip(Channel::Voice, &["US"]), refused);
    }

    #[test]
    fn little_of_a_number_is_shown() {
        let number = PhoneNumber::parse("090-1234-5678", Some("JP")).unwrap();
        assert_eq!(
            (number.hint().as_str(), number.block()),
            ("78", "+819012345")
        );
        assert_eq!(format!("{number:?}"), "PhoneNumber(<redacted>)");
        assert!(is_country("JP") && !is_country("XX") && !is_country("jp") && !is_country("JPN"));
    }
}
