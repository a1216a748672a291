//! Phone numbers as people type them, read as far as the browser can: it shows what will be dialled
//! before anything is sent. The service parses in full.
//!
//! The table of regions is made from the same metadata (`cargo xtask regions`).

use nidan_otp::fold;

/// All regions, a column of the table in each line: see `crates/server/examples/regions.rs`.
#[derive(Debug)]
pub struct Regions([String; 6]);

/// One region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region<'a> {
    /// [ISO 3166-1 alpha-2](https://www.iso.org/iso-3166-country-codes.html).
    pub iso: &'a str,
    /// Without `+`.
    pub calling_code: &'a str,
    /// What is dialled before a number at home and not from abroad; empty where there is none.
    pub trunk: &'a str,
    /// Possible lengths of a number, as hexadecimal digits, and `=` where all are grouped like the
    /// example.
    lengths: &'a str,
    /// How a mobile number is written after the calling code: its first digit, then zeros.
    pub example: &'a str,
}

/// A number that can be, with the country that it was read by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// `+` and digits.
    pub e164: String,
    /// The same in groups, for reading.
    pub shown: String,
    /// Whose it is ([ISO 3166-1 alpha-2](https://www.iso.org/iso-3166-country-codes.html)): of
    /// countries that share a calling code the chosen one, else the main one.
    pub iso: String,
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// Nothing yet.
    Empty,
    /// A character that no number contains.
    NotDigits,
    /// Digits are missing.
    TooShort,
    /// Digits are too many.
    TooLong,
    /// `+` and no calling code.
    CountryUnknown,
    /// A number inside a company: no code reaches it.
    Extension,
    /// The calling code comes twice.
    CodeTwice,
    /// It is proved already: a number is one method, whichever way its codes come.
    Known,
}

impl Regions {
    /// A table of the format above; what is missing in a column is missing as a region.
    pub fn new(table: &str) -> Self {
        let mut columns = table.lines().map(str::to_owned);
        Self(std::array::from_fn(|_| columns.next().unwrap_or_default()))
    }

    fn column(&self, at: usize) -> impl Iterator<Item = &str> {
        self.0
            .get(at)
            .map(String::as_str)
            .unwrap_or_default()
            .split(',')
    }

    fn at(&self, place: usize) -> Option<Region<'_>> {
        let cell = |at| self.column(at).nth(place);
        Some(Region {
            iso: cell(0)?,
            calling_code: cell(1)?,
            trunk: cell(2)?,
            lengths: cell(3)?,
            example: cell(4)?,
        })
    }

    fn place(&self, iso: &str) -> Option<usize> {
        self.column(0).position(|known| known == iso)
    }

    /// The calling code of a region.
    pub fn calling_code(&self, iso: &str) -> Option<&str> {
        self.column(1).nth(self.place(iso)?)
    }

    /// Reads a number; `iso` is the country that was chosen.
    ///
    /// What begins as calls abroad do in that country is a call abroad, or nothing: read as a
    /// number at home it would be somebody else's.
    ///
    /// # Errors
    /// [`NumberError`].
    pub fn read(&self, typed: &str, iso: &str) -> Result<Number, NumberError> {
        let mut number = self.read_ungrouped(typed, iso)?;
        // Landlines are grouped by area codes, which the table does not know: the person does.
        if let Some((code, national)) = number.shown.split_once(' ')
            && national.bytes().all(|b| b.is_ascii_digit())
        {
            number.shown = [code, " ", &grouped_as_typed(typed, national.len())].concat();
        }
        Ok(number)
    }

    fn read_ungrouped(&self, typed: &str, iso: &str) -> Result<Number, NumberError> {
        if typed.contains(EXTENSION) {
            return Err(NumberError::Extension);
        }
        let digits = digits(typed);
        if let Some(abroad) = self.dialled_abroad(&digits, iso) {
            return self.read_digits(&abroad, iso);
        }
        self.read_digits(&digits, iso).or_else(|error| {
            if error != NumberError::TooLong {
                return Err(error);
            }
            // As it is dialled abroad, or with the calling code and no plus: only what is no number
            // as it stands.
            let abroad = INTERNATIONAL_PREFIXES
                .iter()
                .filter_map(|prefix| digits.strip_prefix(prefix));
            let with_code = self
                .calling_code(iso)
                .filter(|code| digits.starts_with(code))
                .map(|_| digits.as_str());
            let mut others = abroad.chain(with_code).map(|rest| ["+", rest].concat());
            others
                .find_map(|other| self.read_digits(&other, iso).ok())
                .ok_or(error)
        })
    }

    /// With `+` in place of what is dialled before calling codes in a country; [`None`] for what
    /// does not begin with it.
    fn dialled_abroad(&self, digits: &str, iso: &str) -> Option<String> {
        let own = self
            .column(5)
            .nth(self.place(iso)?)
            .filter(|prefixes| !prefixes.is_empty())
            .unwrap_or(USUAL_PREFIX);
        let rest = own
            .split('|')
            .find_map(|prefix| digits.strip_prefix(prefix))?;
        Some(["+", rest].concat())
    }

    /// The beginning of a number in groups, while it is too short for one.
    pub fn begun(&self, typed: &str, iso: &str) -> Option<String> {
        let digits = digits(typed);
        let digits = self.dialled_abroad(&digits, iso).unwrap_or(digits);
        let (region, national) = self.split(&digits, iso).ok()?;
        let is_begun = !national.is_empty()
            && region.check_length(national.len()) == Err(NumberError::TooShort);
        is_begun.then(|| ["+", region.calling_code, " ", &region.group(national)].concat())
    }

    fn read_digits(&self, digits: &str, iso: &str) -> Result<Number, NumberError> {
        let (region, national) = self.split(digits, iso)?;
        let fits = region.check_length(national.len());
        let without_code = national.strip_prefix(region.calling_code);
        if fits == Err(NumberError::TooLong)
            && digits.starts_with('+')
            && without_code.is_some_and(|rest| region.has_length(region.without_trunk(rest).len()))
        {
            return Err(NumberError::CodeTwice);
        }
        fits?;
        Ok(Number {
            e164: ["+", region.calling_code, national].concat(),
            shown: ["+", region.calling_code, " ", &region.group(national)].concat(),
            iso: region.iso.to_owned(),
        })
    }

    /// The region, and the number in it without what is only dialled at home.
    fn split<'d>(&self, digits: &'d str, iso: &str) -> Result<(Region<'_>, &'d str), NumberError> {
        if digits.is_empty() {
            return Err(NumberError::Empty);
        }
        let (place, national) = match digits.strip_prefix('+') {
            Some(international) => {
                let fits = |code: &str| international.starts_with(code);
                // The chosen country where several share the code; else the main one, which stands
                // first.
                let chosen = self
                    .calling_code(iso)
                    .filter(|code| fits(code))
                    .and_then(|_| self.place(iso));
                let place = chosen.or_else(|| self.column(1).position(fits));
                let place = place.ok_or(if international.len() < 3 {
                    NumberError::TooShort
                } else {
                    NumberError::CountryUnknown
                })?;
                let code = self.column(1).nth(place).unwrap_or_default();
                (
                    Some(place),
                    international.strip_prefix(code).unwrap_or_default(),
                )
            }
            None => (self.place(iso), digits),
        };
        let region = place
            .and_then(|place| self.at(place))
            .ok_or(NumberError::CountryUnknown)?;
        if !national.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NumberError::NotDigits);
        }
        let national = region.without_trunk(national);
        Ok((region, national))
    }
}

/// Marks the beginning of an extension: "ext.", "x", [RFC
/// 3966](https://www.rfc-editor.org/rfc/rfc3966)'s parameter, 内線, and what is dialled after the
/// answer.
const EXTENSION: [char; 6] = ['x', 'X', '#', ';', '＃', '内'];
/// [ITU-T E.164](https://www.itu.int/rec/T-REC-E.164) recommends it to all countries, and the table
/// names the others.
const USUAL_PREFIX: &str = "00";
/// ITU-T E.123 recommends `+`; people type what they dial: most countries, Japan, North America.
const INTERNATIONAL_PREFIXES: [&str; 3] = ["00", "010", "011"];

/// The last digits of what was typed, so many, with a hyphen wherever something stood between them.
fn grouped_as_typed(typed: &str, count: usize) -> String {
    let digit = |c| fold(c).filter(char::is_ascii_digit);
    let mut before = typed
        .chars()
        .filter_map(digit)
        .count()
        .saturating_sub(count);
    let mut text = String::new();
    for c in typed.chars() {
        match digit(c) {
            Some(_) if before > 0 => before -= 1,
            Some(digit) => text.push(digit),
            None if text.is_empty() || text.ends_with('-') => {}
            None => text.push('-'),
        }
    }
    text.truncate(text.trim_end_matches('-').len());
    text
}

/// Without what only groups.
fn digits(typed: &str) -> String {
    typed
        .chars()
        .filter_map(fold)
        .filter(|c| !matches!(c, '(' | ')' | '.' | '/'))
        .collect()
}

impl Region<'_> {
    /// `090…` is `90…` from abroad. A number that is complete without it keeps its first digit:
    /// Italy's zero is part of the number, and Russia's `8` begins some numbers.
    fn without_trunk<'n>(&self, national: &'n str) -> &'n str {
        match national
            .strip_prefix(self.trunk)
            .filter(|_| !self.trunk.is_empty())
        {
            Some(rest)
                if self.trunk == "0"
                    || self.has_length(rest.len()) && !self.has_length(national.len()) =>
            {
                rest
            }
            _ => national,
        }
    }

    fn has_length(&self, length: usize) -> bool {
        self.lengths().any(|known| known == length)
    }

    fn lengths(&self) -> impl Iterator<Item = usize> {
        self.lengths
            .chars()
            .filter_map(|digit| digit.to_digit(16))
            .map(|length| length as usize)
    }

    fn check_length(&self, length: usize) -> Result<(), NumberError> {
        if self.has_length(length) {
            return Ok(());
        }
        let is_short = self.lengths().any(|known| length < known);
        Err(if is_short {
            NumberError::TooShort
        } else {
            NumberError::TooLong
        })
    }

    /// In the groups of the example, where it is a number of the same kind; ungrouped otherwise: a
    /// wrong grouping would look like a wrong number.
    fn group(&self, national: &str) -> String {
        let places = self.example.bytes().filter(u8::is_ascii_digit).count();
        let is_complete = self.has_length(national.len());
        let is_alike = self.lengths.ends_with('=') || self.example.get(..1) == national.get(..1);
        if national.len() > places || is_complete && national.len() < places || !is_alike {
            return national.to_owned();
        }
        let mut digits = national.chars().peekable();
        let place = |c: char| match c.is_ascii_digit() {
            true => digits.next(),
            false => digits.peek().map(|_| c),
        };
        self.example.chars().map_while(place).collect()
    }
}

#[cfg(test)]
mod tests;
