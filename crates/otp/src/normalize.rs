//! What people type and paste, folded to ASCII. Only the widget folds; the service takes exact
//! strings.

/// The ASCII character that a typed character stands for; [`None`] for separators, which are
/// skipped.
///
/// Full-width forms (U+FF01–FF5E) are what a Japanese keyboard types; Arabic-Indic and Persian
/// digits what an Arabic one does. Anything else is returned as it is and refused by whoever
/// parses.
pub fn fold(typed: char) -> Option<char> {
    let folded = match typed {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(typed as u32 - 0xFEE0).unwrap_or(typed),
        '\u{0660}'..='\u{0669}' => ascii_digit(typed, 0x0660),
        '\u{06F0}'..='\u{06F9}' => ascii_digit(typed, 0x06F0),
        _ => typed,
    };
    (!is_separator(folded)).then_some(folded)
}

fn ascii_digit(typed: char, zero: u32) -> char {
    char::from_digit(typed as u32 - zero, 10).unwrap_or(typed)
}

fn is_separator(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\r' | '\n' | '-' | '\u{00A0}' | '\u{2000}'
            ..='\u{2015}' | '\u{202F}' | '\u{2212}' | '\u{3000}' | '\u{30FC}' | '\u{FEFF}'
    )
}
