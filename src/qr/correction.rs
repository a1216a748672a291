//! Error correction of level L: Reed–Solomon codes over GF(2⁸), [ISO/IEC
//! 18004](https://www.iso.org/standard/83389.html) §7.5.
//!
//! The crate has this as tables for every level and Micro QR, 6.7 KB that hardly compress, most of
//! them for codes that are never drawn here. A test compares every version with the crate.

use zeroize::Zeroizing;

/// [ISO/IEC 18004](https://www.iso.org/standard/83389.html) table 9, versions 1 to 40 at level L:
/// error correction codewords of a block, and the number of blocks.
const BLOCKS: [(u8, u8); 40] = [
    (7, 1),
    (10, 1),
    (15, 1),
    (20, 1),
    (26, 1),
    (18, 2),
    (20, 2),
    (24, 2),
    (30, 2),
    (18, 4),
    (20, 4),
    (24, 4),
    (26, 4),
    (30, 4),
    (22, 6),
    (24, 6),
    (28, 6),
    (30, 6),
    (28, 7),
    (28, 8),
    (28, 8),
    (28, 9),
    (30, 9),
    (30, 10),
    (26, 12),
    (28, 12),
    (30, 12),
    (30, 13),
    (30, 14),
    (30, 15),
    (30, 16),
    (30, 17),
    (30, 18),
    (30, 19),
    (30, 19),
    (30, 20),
    (30, 21),
    (30, 22),
    (30, 24),
    (30, 25),
];

/// All codewords of a code, in the order in which they are drawn (§7.6). Wiped on drop: they are
/// the secret in another form.
pub(super) struct Codewords {
    pub(super) data: Zeroizing<Vec<u8>>,
    pub(super) corrections: Zeroizing<Vec<u8>>,
}

/// Spreads the data over blocks and corrects each. None where there is no such version.
///
/// `data` is what the version holds in all, padding included.
pub(super) fn codewords(data: &[u8], version: usize) -> Option<Codewords> {
    let (degree, count) = *BLOCKS.get(version.checked_sub(1)?)?;
    let count = usize::from(count);
    let size = data.len() / count;
    // The blocks at the end are longer by one where the data cannot be shared out evenly.
    let (short, long) = data.split_at_checked(size * (count - data.len() % count))?;
    let blocks: Vec<_> = short
        .chunks(size)
        .chain(long.chunks(size + 1))
        .map(|block| Zeroizing::new(block.to_vec()))
        .collect();
    let generator = generator(degree);
    let corrected: Vec<_> = blocks
        .iter()
        .map(|block| remainder(block, &generator))
        .collect();
    Some(Codewords {
        data: interleaved(&blocks),
        corrections: interleaved(&corrected),
    })
}

/// The first codeword of every block, then the second ones, and so on.
fn interleaved(blocks: &[Zeroizing<Vec<u8>>]) -> Zeroizing<Vec<u8>> {
    let longest = blocks.last().map_or(0, |block| block.len());
    let mut all = Zeroizing::new(Vec::with_capacity(longest * blocks.len()));
    for index in 0..longest {
        all.extend(blocks.iter().filter_map(|block| block.get(index)));
    }
    all
}

/// The coefficients of (x − α⁰)(x − α¹)… of this degree, highest power first, without the leading 1
/// (§7.5.2).
fn generator(degree: u8) -> Vec<u8> {
    let mut coefficients = vec![0; usize::from(degree)];
    if let Some(last) = coefficients.last_mut() {
        *last = 1;
    }
    let mut root = 1;
    for _ in 0..degree {
        for index in 0..coefficients.len() {
            let next = coefficients.get(index + 1).copied().unwrap_or(0);
            if let Some(one) = coefficients.get_mut(index) {
                *one = product(*one, root) ^ next;
            }
        }
        root = product(root, 2);
    }
    coefficients
}

/// What remains of the block after a division by the generator.
fn remainder(block: &[u8], generator: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut rest = Zeroizing::new(vec![0; generator.len()]);
    for codeword in block {
        let factor = codeword ^ rest.first().copied().unwrap_or(0);
        rest.rotate_left(1);
        if let Some(last) = rest.last_mut() {
            *last = 0;
        }
        for (one, coefficient) in rest.iter_mut().zip(generator) {
            *one ^= product(*coefficient, factor);
        }
    }
    rest
}

/// A product in GF(2⁸) modulo x⁸ + x⁴ + x³ + x² + 1 (§7.5.2).
fn product(a: u8, b: u8) -> u8 {
    let mut all = 0_u8;
    for bit in (0..8).rev() {
        // Doubles without a carry, and adds where the bit is set.
        all = (all << 1) ^ ((all >> 7) * 0x1d);
        all ^= (b >> bit & 1) * a;
    }
    all
}
