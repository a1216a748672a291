//! QR codes as one SVG path: dark modules only, so that the page can put them on white in every theme.

use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

/// ISO/IEC 18004 §5.3.8: four light modules on every side.
pub const QUIET_ZONE: usize = 4;

/// A QR code ready to draw.
pub struct QrPath {
    /// `0 0 side side`, in modules, quiet zone included.
    pub view_box: String,
    /// The `d` of a path that fills the dark modules. It is the secret in another form: wiped on drop.
    pub d: Zeroizing<String>,
}

/// Lays a text out with low error correction (7 %): screens are clean, and fewer, larger modules are easier to scan
/// than redundant small ones.
///
/// # Errors
/// When the text is longer than a QR code holds.
pub fn layout(text: &str) -> Result<QrPath, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    let width = code.width();
    let colors = Zeroizing::new(code.into_colors().into_iter().map(|color| color == Color::Dark).collect::<Vec<_>>());
    let mut d = Zeroizing::new(String::with_capacity(width * width * 6));
    for (y, row) in colors.chunks(width).enumerate() {
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
        let qr = layout("otpauth://totp/A:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A").unwrap();
        assert!(qr.d.starts_with("M4 4h7v1h-7z"), "{}", &qr.d[..20]);
        assert_eq!(qr.view_box, "0 0 41 41");
    }

    #[test]
    fn the_longest_names_still_fit() {
        assert!(layout(&"x".repeat(2500)).is_ok());
        assert!(layout(&"x".repeat(4000)).is_err());
    }
}
