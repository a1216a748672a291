//! Backup codes: 15 random Crockford Base32 symbols (75 bits) and one check symbol, shown as
//! `K7QM-9XTR-2HWD-P6FE`.
//!
//! The check symbol makes the word a Reed–Solomon code word over GF(32) (polynomial `x⁵ + x² + 1`,
//! generator `α = 2`): with symbols `s₀ … s₁₅`, `Σ αⁱ·sᵢ = 0`. Every single wrong symbol and every
//! swap of two symbols is caught, so that a typing mistake costs neither a request nor an attempt.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::normalize::fold;

/// [NIST SP 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html)-4 §4.2.1 asks for a set; ten
/// is what the field hands out.
pub const BACKUP_CODE_COUNT: usize = 10;
/// 15 random symbols of 5 bits and the check symbol.
/// [ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 6.5.4 asks for 20 bits, 800-63B-4 §4.2.1.1 for
/// 64.
pub const BACKUP_CODE_SYMBOLS: usize = 16;

/// The random bytes of one code.
pub const BACKUP_CODE_RANDOM_BYTES: usize = BLOCK_BYTES;

const RANDOM_SYMBOLS: usize = BACKUP_CODE_SYMBOLS - 1;
/// 75 bits are taken of each block of 80.
const BLOCK_BYTES: usize = 10;
pub(crate) const BACKUP_BYTES: usize = BACKUP_CODE_COUNT * BLOCK_BYTES;

/// Crockford Base32: no I, L, O and U, so nothing looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// One backup code, as symbol values 0–31. Wiped on drop, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BackupCode([u8; BACKUP_CODE_SYMBOLS]);

/// A set of ten, in the order in which they are shown. On the heap, so that moving it leaves no copy
/// behind.
pub struct BackupCodes(Box<[BackupCode; BACKUP_CODE_COUNT]>);

/// A code written out. Wiped on drop.
pub type BackupCodeText = Zeroizing<String>;

/// Why what was typed is no [backup code](BackupCode).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupCodeError {
    /// A character outside the alphabet.
    Symbol,
    /// Not sixteen symbols.
    Length {
        /// The number of characters that there were.
        actual: usize,
    },
    /// The check symbol does not fit: something is mistyped or swapped.
    Check,
}

impl BackupCode {
    /// Accepts what people type: any case, spaces and hyphens anywhere, `O` for `0`, `I` and `L`
    /// for `1`.
    pub fn from_typed(typed: &str) -> Result<Self, BackupCodeError> {
        let mut symbols = [0; BACKUP_CODE_SYMBOLS];
        let mut actual = 0;
        for c in typed.chars().filter_map(fold) {
            let value = value_of(c).ok_or(BackupCodeError::Symbol)?;
            if let Some(slot) = symbols.get_mut(actual) {
                *slot = value;
            }
            actual += 1;
        }
        match actual {
            BACKUP_CODE_SYMBOLS if syndrome(&symbols) == 0 => Ok(Self(symbols)),
            BACKUP_CODE_SYMBOLS => Err(BackupCodeError::Check),
            _ => Err(BackupCodeError::Length { actual }),
        }
    }

    /// The sixteen characters without hyphens: what is hashed.
    pub fn expose(&self) -> BackupCodeText {
        Zeroizing::new(self.0.iter().map(|value| symbol_of(*value)).collect())
    }

    /// In groups of four: what people copy down.
    pub fn expose_grouped(&self) -> BackupCodeText {
        let mut text = Zeroizing::new(String::with_capacity(BACKUP_CODE_SYMBOLS + 3));
        for (index, value) in self.0.iter().enumerate() {
            if index > 0 && index % 4 == 0 {
                text.push('-');
            }
            text.push(symbol_of(*value));
        }
        text
    }

    /// Whether both are the same code, without leaving early.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .fold(0, |differences, (a, b)| differences | (a ^ b))
            == 0
    }

    /// A code of 75 of these 80 random bits.
    pub fn from_random(bytes: &[u8; BACKUP_CODE_RANDOM_BYTES]) -> Self {
        Self::from_block(bytes)
    }

    fn from_block(block: &[u8; BLOCK_BYTES]) -> Self {
        let mut symbols = [0; BACKUP_CODE_SYMBOLS];
        let mut bits = u128::from_be_bytes({
            let mut wide = [0; 16];
            for (to, from) in wide.iter_mut().zip(block) {
                *to = *from;
            }
            wide
        });
        for slot in symbols.iter_mut().take(RANDOM_SYMBOLS) {
            *slot = (bits >> 123) as u8;
            bits <<= 5;
        }
        // The last symbol has the weight α¹⁵, so it is the sum of the others divided by that.
        let check = multiply(syndrome(&symbols), INVERSE_OF_ALPHA_15);
        if let Some(last) = symbols.last_mut() {
            *last = check;
        }
        Self(symbols)
    }
}

impl BackupCodes {
    pub(crate) fn from_bytes(bytes: &[u8; BACKUP_BYTES]) -> Self {
        let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
        let mut blocks = blocks.iter();
        // 100 bytes are ten blocks: the default is never taken.
        Self(Box::new(std::array::from_fn(|_| {
            BackupCode::from_block(blocks.next().unwrap_or(&[0; BLOCK_BYTES]))
        })))
    }

    /// Wipes them.
    pub fn erase(&mut self) {
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }

    /// The codes in order.
    pub fn iter(&self) -> impl Iterator<Item = &BackupCode> {
        self.0.iter()
    }

    /// Whether this is one of the set.
    pub fn contains(&self, code: &BackupCode) -> bool {
        self.0
            .iter()
            .fold(false, |found, own| found | own.same_as(code))
    }
}

impl fmt::Debug for BackupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCode(<redacted>)")
    }
}

impl fmt::Debug for BackupCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCodes(<redacted>)")
    }
}

fn symbol_of(value: u8) -> char {
    ALPHABET
        .get(usize::from(value))
        .copied()
        .map_or('0', char::from)
}

fn value_of(c: char) -> Option<u8> {
    let upper = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET
        .iter()
        .zip(0..)
        .find_map(|(symbol, value)| (char::from(*symbol) == upper).then_some(value))
}

/// `α⁻¹⁵ = α¹⁶`, as `α³¹ = 1`.
const INVERSE_OF_ALPHA_15: u8 = power_of_alpha(16);

const fn power_of_alpha(exponent: u8) -> u8 {
    let (mut power, mut left) = (1, exponent);
    while left > 0 {
        power = times_alpha(power);
        left -= 1;
    }
    power
}

const fn times_alpha(a: u8) -> u8 {
    let shifted = a << 1;
    if shifted & 0b10_0000 == 0 {
        shifted
    } else {
        shifted ^ 0b10_0101
    }
}

const fn multiply(a: u8, b: u8) -> u8 {
    let (mut product, mut a, mut b) = (0, a, b);
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = times_alpha(a);
        b >>= 1;
    }
    product
}

/// `Σ αⁱ·sᵢ`: zero for a code word.
fn syndrome(symbols: &[u8; BACKUP_CODE_SYMBOLS]) -> u8 {
    // Horner's rule from the highest power down.
    symbols
        .iter()
        .rev()
        .fold(0, |sum, symbol| times_alpha(sum) ^ symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(seed: u8) -> BackupCode {
        BackupCode::from_block(&std::array::from_fn(|i| {
            seed.wrapping_mul(37)
                .wrapping_add((i as u8).wrapping_mul(59))
        }))
    }

    #[test]
    fn a_code_is_read_the_way_people_type_it() {
        let text = code(7).expose_grouped();
        let accepted =
            |typed: &str| BackupCode::from_typed(typed).is_ok_and(|typed| typed.same_as(&code(7)));
        assert_eq!(text.len(), 19);
        assert!(accepted(&text));
        assert!(accepted(&text.to_lowercase()));
        assert!(accepted(&text.replace('-', " ")));
        assert!(accepted(&text.replace('-', "")));
        assert!(accepted(&text.replace('0', "O").replace('1', "l")));
        let full_width: String = text
            .chars()
            .filter_map(|c| char::from_u32(c as u32 + 0xFEE0))
            .collect();
        assert!(accepted(&full_width));
    }

    #[test]
    fn every_single_typo_and_every_swap_is_caught() {
        for seed in 0..20 {
            let right = code(seed).0;
            for position in 0..BACKUP_CODE_SYMBOLS {
                for wrong in (0..32).filter(|wrong| *wrong != right[position]) {
                    let mut typed = right;
                    typed[position] = wrong;
                    assert_ne!(syndrome(&typed), 0);
                }
                for other in (0..position).filter(|other| right[*other] != right[position]) {
                    let mut typed = right;
                    typed.swap(position, other);
                    assert_ne!(syndrome(&typed), 0);
                }
            }
        }
    }

    #[test]
    fn what_is_no_code_is_refused_with_the_reason() {
        let reason = |typed: &str| BackupCode::from_typed(typed).err();
        assert_eq!(reason(""), Some(BackupCodeError::Length { actual: 0 }));
        assert_eq!(
            reason("123456"),
            Some(BackupCodeError::Length { actual: 6 })
        );
        assert_eq!(reason("UUUU-UUUU-UUUU-UUUU"), Some(BackupCodeError::Symbol));
        assert_eq!(reason("0000-0000-0000-0001"), Some(BackupCodeError::Check));
    }

    #[test]
    fn a_code_is_one_of_its_own_set_only() {
        let set = BackupCodes::from_bytes(&std::array::from_fn(|i| (i as u8).wrapping_mul(59)));
        assert!(set.iter().all(|own| set.contains(own)));
        assert!(!set.contains(&code(7)));
        let ten_of_one = BackupCodes::from_bytes(&[7; BACKUP_BYTES]);
        assert!(ten_of_one.iter().all(|own| ten_of_one.contains(own)));
        // Differing in two symbols by the same bits: differences must not cancel out.
        let (mut left, mut right) = ([0; BACKUP_CODE_SYMBOLS], [0; BACKUP_CODE_SYMBOLS]);
        (left[3], right[3], left[9], right[9]) = (1, 2, 4, 7);
        assert!(!BackupCode(left).same_as(&BackupCode(right)));
        assert!(BackupCode(left).same_as(&BackupCode(left)));
    }

    #[test]
    fn backup_codes_are_not_printed() {
        assert_eq!(format!("{:?}", code(1)), "BackupCode(<redacted>)");
        let set = BackupCodes::from_bytes(&[7; BACKUP_BYTES]);
        assert_eq!(format!("{set:?}"), "BackupCodes(<redacted>)");
    }
}
