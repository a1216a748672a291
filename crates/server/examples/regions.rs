//! Prints the widget's table of phone regions from the metadata that the service parses with:
//! `cargo xtask regions`.
//!
//! A column in each line, with a comma between regions (it packs a fifth smaller than a region in
//! each line): [ISO 3166-1](https://www.iso.org/iso-3166-country-codes.html) code, calling code,
//! trunk prefix, possible lengths of mobile and fixed-line numbers as hexadecimal digits (with `=`
//! where all of the example's length are grouped alike), and how a mobile number is grouped after
//! the calling code: its first digit, then zeros. Last, what is dialled before a calling code from
//! there, with `|` between several; empty where it is `00`. The main region of a calling code comes
//! first.

#![allow(clippy::print_stdout, reason = "this is what it is for")]

use rlibphonenumber::enums::{NumberLengthType, PhoneNumberFormat, PhoneNumberType, Region};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber};

const TYPES: [PhoneNumberType; 3] = [
    PhoneNumberType::Mobile,
    PhoneNumberType::FixedLine,
    PhoneNumberType::FixedLineOrMobile,
];
/// [ITU-T E.164](https://www.itu.int/rec/T-REC-E.164) recommends it to all.
const USUAL: &str = "00";
/// [E.164](https://www.itu.int/rec/T-REC-E.164): fifteen digits with the calling code.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=14;

fn main() {
    let util = &*PHONE_NUMBER_UTIL;
    let mut regions: Vec<(i32, bool, [String; 6])> = util
        .get_supported_regions()
        .filter_map(|region| {
            let code = util.get_country_code_for_region(region)?;
            let is_other = util.get_region_for_country_code(code) != Some(region);
            Some((code, is_other, columns(region, code)?))
        })
        .collect();
    regions.sort();
    for at in 0..6 {
        let column: Vec<&str> = regions
            .iter()
            .filter_map(|(_, _, columns)| columns.get(at))
            .map(String::as_str)
            .collect();
        println!("{}", column.join(","));
    }
}

fn columns(region: Region, code: i32) -> Option<[String; 6]> {
    let util = &*PHONE_NUMBER_UTIL;
    let example = TYPES.iter().find_map(|kind| {
        util.get_example_number_for_type_and_region(region, *kind)
            .ok()
    })?;
    let international = example.format_as(PhoneNumberFormat::International);
    let example = international.strip_prefix(&format!("+{code} "))?;
    let lengths: String = LENGTHS
        .filter(|length| is_possible(code, *length))
        .map(|length| format!("{length:x}"))
        .collect();
    let trunk = TYPES.iter().find_map(|kind| trunk(region, *kind));
    let uniform = if is_uniform(code, example) { "=" } else { "" };
    // Only its first digit and its groups are of use: zeros compress.
    let first = example.find(|c: char| c.is_ascii_digit())?;
    let shape = |(place, c): (usize, char)| {
        if c.is_ascii_digit() && place != first {
            '0'
        } else {
            c
        }
    };
    let example: String = example.char_indices().map(shape).collect();
    let trunk = trunk.unwrap_or_default();
    let dials = dials(region, code).join("|");
    let dials = if dials == USUAL { String::new() } else { dials };
    Some([
        region.to_string(),
        code.to_string(),
        trunk,
        format!("{lengths}{uniform}"),
        example,
        dials,
    ])
}

/// What is dialled in a region before a foreign calling code, as the parser takes it.
fn dials(region: Region, code: i32) -> Vec<String> {
    let (abroad, digits) = if code == 49 {
        ("+819012345678", "819012345678")
    } else {
        ("+4915123456789", "4915123456789")
    };
    let Ok(number) = PHONE_NUMBER_UTIL.parse(abroad, None) else {
        return Vec::new();
    };
    let is_dialled = |prefix: &str| {
        let read = PHONE_NUMBER_UTIL.parse(format!("{prefix}{digits}"), Some(region));
        read.is_ok_and(|read| {
            read.country_code == number.country_code
                && read.national_number == number.national_number
        })
    };
    // The usual one; where carriers have their own, all that begin with a zero.
    let written = number.format_out_of_country_calling_number(region);
    let usual: String = written
        .split_once(' ')
        .map_or("", |(first, _)| first)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if !written.starts_with('+') && is_dialled(&usual) {
        return vec![usual];
    }
    let mut found: Vec<String> = Vec::new();
    for length in 1..=3 {
        for rest in 0..10_u32.pow(length) {
            let prefix = format!("0{rest:0width$}", width = length as usize);
            if !found
                .iter()
                .any(|shorter| prefix.starts_with(shorter.as_str()))
                && is_dialled(&prefix)
            {
                found.push(prefix);
            }
        }
    }
    found
}

/// Whether numbers of this length are grouped alike, whatever digit they begin with.
fn is_uniform(code: i32, example: &str) -> bool {
    let groups = |text: &str| {
        text.chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect::<String>()
    };
    let digits: String = example.chars().filter(char::is_ascii_digit).collect();
    ('1'..='9').all(|first| {
        let other: String = std::iter::once(first)
            .chain(digits.chars().skip(1))
            .collect();
        let number = PHONE_NUMBER_UTIL.parse(format!("+{code}{other}"), None);
        number.is_ok_and(|number| {
            let seen = groups(&number.format_as(PhoneNumberFormat::International));
            // Digits that begin no number leave it ungrouped.
            seen == groups(&format!("+{code} {example}"))
                || seen == groups(&format!("+{code} {digits}"))
        })
    })
}

/// What precedes the significant number when it is written the national way.
fn trunk(region: Region, kind: PhoneNumberType) -> Option<String> {
    let example = PHONE_NUMBER_UTIL
        .get_example_number_for_type_and_region(region, kind)
        .ok()?;
    let digits: String = example
        .format_as(PhoneNumberFormat::National)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let prefix = digits.strip_suffix(&example.get_national_significant_number())?;
    (!prefix.is_empty()).then(|| prefix.to_owned())
}

fn is_possible(code: i32, length: usize) -> bool {
    let national_number = 10_u64.pow(u32::try_from(length).unwrap_or(0)) / 9;
    let number = PhoneNumber {
        country_code: code,
        national_number,
        ..PhoneNumber::default()
    };
    // Numbers without their area code do not count.
    let full = Ok(NumberLengthType::IsPossible);
    TYPES.iter().any(|kind| {
        PHONE_NUMBER_UTIL.is_possible_number_for_type_with_reason(&number, *kind) == full
    })
}
