//! QR codes as one SVG path: dark modules only, so that the page can put them on white in every
//! theme.

mod correction;

use qrcode::bits::encode_auto;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::types::{QrError, Version};
use qrcode::{Color, EcLevel};
use zeroize::Zeroizing;

/// [ISO/IEC 18004](https://www.iso.org/standard/83389.html) §5.3.8: four light modules on every
/// side.
pub const QUIET_ZONE: usize = 4;

/// A QR code ready to draw.
pub struct QrPath {
    /// `0 0 side side`, in modules, quiet zone included.
    pub view_box: String,
    /// The `d` of a path that fills the dark modules. It is the secret in another form: wiped on
    /// drop.
    pub d: Zeroizing<String>,
}

/// Low error correction (7 %): screens are clean, and fewer, larger modules are easier to scan than
/// redundant small ones.
const CORRECTION: EcLevel = EcLevel::L;

/// [ISO/IEC 18004](https://www.iso.org/standard/83389.html) §7.8.2, table 10.
const MASKS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// Lays a text out.
///
/// # Errors
/// When the text is longer than a QR code holds.
pub fn layout(text: &str) -> Result<QrPath, QrError> {
    let bits = encode_auto(text.as_bytes(), CORRECTION)?;
    let version = bits.version();
    let (Version::Normal(order) | Version::Micro(order)) = version;
    let bytes = Zeroizing::new(bits.into_bytes());
    let all = correction::codewords(&bytes, usize::from(order.unsigned_abs()))
        .ok_or(QrError::InvalidVersion)?;
    let mut canvas = Canvas::new(version, CORRECTION);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&all.data, &all.corrections);
    let width = usize::from(version.width().unsigned_abs());
    let (_, dark) = MASKS
        .into_iter()
        .map(|mask| {
            let mut masked = canvas.clone();
            masked.apply_mask(mask);
            let colors = masked.into_colors();
            let dark = Zeroizing::new(
                colors
                    .into_iter()
                    .map(|color| color == Color::Dark)
                    .collect::<Vec<_>>(),
            );
            (penalty(&dark, width), dark)
        })
        .min_by_key(|(penalty, _)| *penalty)
        .ok_or(QrError::DataTooLong)?;

    let mut d = Zeroizing::new(String::with_capacity(width * width * 6));
    for (y, row) in dark.chunks(width).enumerate() {
        let mut x = 0;
        // Runs of dark modules become one rectangle each.
        for run in row.chunk_by(|a, b| a == b) {
            if run.first() == Some(&true) {
                rectangle(&mut d, x + QUIET_ZONE, y + QUIET_ZONE, run.len());
            }
            x += run.len();
        }
    }
    let mut view_box = "0 0 ".to_owned();
    number(&mut view_box, width + 2 * QUIET_ZONE);
    view_box.push(' ');
    number(&mut view_box, width + 2 * QUIET_ZONE);
    Ok(QrPath { view_box, d })
}

/// How much a mask would trouble a scanner: [ISO/IEC
/// 18004](https://www.iso.org/standard/83389.html) §7.8.3, one pass over rows and columns. The
/// crate's own count gives the same choice (a test compares them) and takes several times as long
/// in a page that runs it once.
fn penalty(dark: &[bool], width: usize) -> usize {
    let at = |x: usize, y: usize| dark.get(y * width + x).is_some_and(|dark| *dark);
    let mut score = 0;
    for across in [true, false] {
        for line in 0..width {
            // The last fifteen modules, newest lowest; what lies outside is light.
            let (mut last, mut run) = (0_u16, 0);
            for place in 0..width + 4 {
                let module = place < width
                    && if across {
                        at(place, line)
                    } else {
                        at(line, place)
                    };
                run = if place > 0 && module == (last & 1 == 1) {
                    run + 1
                } else {
                    1
                };
                last = (last << 1 | u16::from(module)) & 0x7fff;
                // Five alike in a line give three points, each further one a point.
                if place < width && run >= 5 {
                    score += if run == 5 { 3 } else { 1 };
                }
                // What looks like a finder pattern: 1:1:3:1:1 with four light modules on a side.
                if last >> 4 & 0x7f == 0b101_1101 && (last >> 11 == 0 || last & 0xf == 0) {
                    score += 40;
                }
                // A square of four alike.
                if across && place > 0 && place < width && line > 0 && last & 1 == last >> 1 & 1 {
                    let square = at(place, line - 1) == module && at(place - 1, line - 1) == module;
                    score += if square { 3 } else { 0 };
                }
            }
        }
    }
    // Two points for each per cent away from half dark, half light.
    let halves = dark.iter().filter(|dark| **dark).count() * 200 / dark.len();
    score + halves.abs_diff(100)
}

fn rectangle(d: &mut String, x: usize, y: usize, length: usize) {
    d.push('M');
    number(d, x);
    d.push(' ');
    number(d, y);
    d.push('h');
    number(d, length);
    d.push_str("v1h-");
    number(d, length);
    d.push('z');
}

/// Decimal digits without the formatting machinery. Sides are at most 185.
fn number(d: &mut String, value: usize) {
    if value >= 10 {
        number(d, value / 10);
    }
    d.push(char::from(b'0' + (value % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quiet_zone_is_kept_and_the_finder_patterns_stand() {
        let qr =
            layout("otpauth://totp/A:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A").unwrap();
        assert!(qr.d.starts_with("M4 4h7v1h-7z"), "{}", &qr.d[..20]);
        assert_eq!(qr.view_box, "0 0 41 41");
    }

    #[test]
    fn every_version_is_as_the_crate_draws_it() {
        let mut widths = std::collections::BTreeSet::new();
        let lengths = std::iter::successors(Some(9), |length| Some(length + 13 + length / 45));
        for length in lengths.take_while(|length| *length < 2_950) {
            let text: String = (0..length)
                .map(|i| char::from(b'!' + (i * i * 31 % 90) as u8))
                .collect();
            let whole = qrcode::QrCode::with_error_correction_level(&text, CORRECTION).unwrap();
            let mut d = String::new();
            for (y, row) in whole.to_colors().chunks(whole.width()).enumerate() {
                let mut x = 0;
                for run in row.chunk_by(|a, b| a == b) {
                    if run[0] == Color::Dark {
                        rectangle(&mut d, x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                    }
                    x += run.len();
                }
            }
            assert_eq!(*layout(&text).unwrap().d, d, "{length} characters");
            widths.insert(whole.width());
        }
        assert_eq!(widths.len(), 40);
    }

    #[test]
    fn the_longest_names_still_fit() {
        assert!(layout(&"x".repeat(2500)).is_ok());
        assert!(layout(&"x".repeat(4000)).is_err());
    }
}
