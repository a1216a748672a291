//! What people type and paste, folded to ASCII. Only the widget folds; the service takes exact
//! strings.

/// The zeros of the decimal digits of all scripts in the Basic Multilingual Plane (Unicode 16,
/// general category Nd) but the full-width ones; each begins a run of ten.
const ZEROS: [u16; 35] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
];

/// The ASCII character that a typed character stands for; [`None`] for what separates and for what
/// cannot be seen, which are skipped.
///
/// Full-width forms (U+FF01–FF5E) are what a Japanese keyboard types, digits of other scripts what
/// many others do. Contacts and messages bring marks of direction, joiners, variation selectors and
/// soft hyphens along. Anything else is returned as it is and refused by whoever parses.
#[inline(never)]
pub fn fold(typed: char) -> Option<char> {
    let at = typed as u32;
    let zero = ZEROS
        .iter()
        .find(|zero| at.wrapping_sub(u32::from(**zero)) < 10);
    let folded = match (typed, zero) {
        ('\u{FF01}'..='\u{FF5E}', _) => at - 0xFEE0,
        (_, Some(zero)) => at - u32::from(*zero) + u32::from('0'),
        (_, None) => at,
    };
    let folded = char::from_u32(folded).unwrap_or(typed);
    (!is_skipped(folded)).then_some(folded)
}

/// Spaces, hyphens, and what cannot be seen; of General Punctuation all, quotation marks included.
fn is_skipped(c: char) -> bool {
    matches!(
        c,
        '\0'..=' '
            | '-'
            | '\u{A0}'
            | '\u{AD}'
            | '\u{61C}'
            | '\u{180B}'..='\u{180F}'
            | '\u{2000}'..='\u{206F}'
            | '\u{2212}'
            | '\u{3000}'
            | '\u{30FC}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{E0000}'..='\u{E01EF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_count_and_what_cannot_be_seen_does_not() {
        let read = |typed: &str| typed.chars().filter_map(fold).collect::<String>();
        for typed in [
            "٠١٢٣٤٥",
            "۰۱۲۳۴۵",
            "०१२३४५",
            "০১২৩৪৫",
            "๐๑๒๓๔๕",
            "០១២៣៤៥",
            "၀၁၂၃၄၅",
            "０１２３４５",
            "\u{202a}012345\u{202c}",
            "012\u{200b}345",
            "01\u{ad}23\u{fe0f}45",
            "\u{feff}0123\u{2060}45",
        ] {
            assert_eq!(read(typed), "012345", "{typed:?}");
        }
        // A run has ten digits, and what follows it is none.
        for zero in ZEROS {
            let at = |offset: u32| char::from_u32(u32::from(zero) + offset).unwrap();
            assert_eq!(fold(at(9)), Some('9'));
            assert_ne!(fold(at(10)), Some(':'), "{zero:x}");
        }
        assert_eq!(read("½²Ⅳ"), "½²Ⅳ", "numbers that are no digits");
    }
}
