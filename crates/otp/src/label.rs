//! `otpauth://` URIs (the Key URI Format), written so that every common app reads the same.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

use crate::totp::Secret;

/// Longer names are cut by apps and make the QR code hard to scan.
pub const LABEL_MAX_CHARS: usize = 64;

/// An issuer or an account name that an app may show: 1–64 characters, no colon, no control or bidi
/// character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(String);

/// Why a name may not stand in an authenticator app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelError {
    /// Nothing but white space.
    Empty,
    /// Over [`LABEL_MAX_CHARS`].
    TooLong,
    /// The Key URI Format separates issuer and account by a colon.
    Colon,
    /// A control or bidi character: the name would not look like what it is.
    Invisible,
}

impl Label {
    /// Checks a name; white space around it is cut.
    pub fn parse(name: &str) -> Result<Self, LabelError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(LabelError::Empty);
        }
        if name.chars().count() > LABEL_MAX_CHARS {
            return Err(LabelError::TooLong);
        }
        if name.contains(':') {
            return Err(LabelError::Colon);
        }
        if name.chars().any(is_invisible) {
            return Err(LabelError::Invisible);
        }
        Ok(Self(name.to_owned()))
    }

    /// A name of a person's own, fit to be shown: what is invisible is left out, and what is too
    /// long is cut.
    pub fn shown(name: &str) -> String {
        name.trim()
            .chars()
            .filter(|c| !is_invisible(*c))
            .take(LABEL_MAX_CHARS)
            .collect()
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Controls (C0, C1), line separators, bidi marks, embeddings and isolates (UAX #9), zero-width and
/// tag characters.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        )
}

/// An `otpauth://` URI; it contains the [secret](Secret): wiped on drop, never printed.
pub struct KeyUri(Zeroizing<String>);

impl KeyUri {
    /// The URI, for the QR code and the link on a phone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Wipes it.
    pub fn erase(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyUri(<redacted>)")
    }
}

/// `otpauth://totp/{issuer}:{account}?secret=…&issuer={issuer}&algorithm=SHA1&digits=6&period=30`.
///
/// The issuer is in it twice and equal: Microsoft Authenticator keys entries by the label alone,
/// others by the parameter.
pub fn key_uri(issuer: &Label, account: &Label, secret: &Secret) -> KeyUri {
    let key = secret.key();
    // Room for the worst case, so that no half-written copy is left behind in a grown buffer.
    let mut uri = Zeroizing::new(String::with_capacity(
        160 + 2 * 12 * LABEL_MAX_CHARS + 12 * LABEL_MAX_CHARS,
    ));
    uri.push_str("otpauth://totp/");
    percent_encode(issuer.as_str(), &mut uri);
    uri.push(':');
    percent_encode(account.as_str(), &mut uri);
    uri.push_str("?secret=");
    uri.push_str(key.expose());
    uri.push_str("&issuer=");
    percent_encode(issuer.as_str(), &mut uri);
    uri.push_str("&algorithm=SHA1&digits=6&period=30");
    KeyUri(uri)
}

/// [RFC 3986 §2.1](https://www.rfc-editor.org/rfc/rfc3986#section-2.1) over UTF-8. A space is
/// `%20`: some apps show `+` as a plus.
fn percent_encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| {
        HEX.get(usize::from(nibble))
            .copied()
            .map_or('0', char::from)
    };
    for byte in text.bytes() {
        // `@` may stand bare in a path and a query (RFC 3986 §3.3), and mail addresses are common
        // here.
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 0xF));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(issuer: &str, account: &str) -> String {
        let secret = Secret::from_bytes(*b"12345678901234567890");
        key_uri(
            &Label::parse(issuer).unwrap(),
            &Label::parse(account).unwrap(),
            &secret,
        )
        .expose()
        .to_owned()
    }

    #[test]
    fn the_issuer_is_prefix_and_parameter() {
        assert_eq!(
            uri("Example Shop", "alice@example.com"),
            "otpauth://totp/Example%20Shop:alice@example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Example%20Shop&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn japanese_is_percent_encoded_utf_8() {
        assert!(
            uri("二段", "花子")
                .starts_with("otpauth://totp/%E4%BA%8C%E6%AE%B5:%E8%8A%B1%E5%AD%90?secret=")
        );
        assert!(uri("A&B=C+D#E?F/G%H", "x").contains("&issuer=A%26B%3DC%2BD%23E%3FF%2FG%25H&"));
    }

    #[test]
    fn names_that_could_deceive_are_refused() {
        let check =
            |name: &str, reason| assert_eq!(Label::parse(name).err(), Some(reason), "{name:?}");
        check("", LabelError::Empty);
        check("  ", LabelError::Empty);
        check(&"あ".repeat(65), LabelError::TooLong);
        assert!(Label::parse(&"あ".repeat(64)).is_ok());
        check("a:b", LabelError::Colon);
        check("a\nb", LabelError::Invisible);
        check("a\u{0}b", LabelError::Invisible);
        check("a\u{85}b", LabelError::Invisible);
        check("\u{202E}evil", LabelError::Invisible);
        check("a\u{2066}b", LabelError::Invisible);
        check("a\u{200B}b", LabelError::Invisible);
        assert_eq!(Label::parse(" 二段 shop ").unwrap().as_str(), "二段 shop");
    }

    #[test]
    fn a_name_of_ones_own_is_shown_without_what_could_deceive() {
        assert_eq!(Label::shown(" 母の\u{202E}電話\u{200B} "), "母の電話");
        assert_eq!(Label::shown(&"あ".repeat(65)), "あ".repeat(64));
    }

    #[test]
    fn a_uri_is_not_printed() {
        let secret = Secret::from_bytes(*b"12345678901234567890");
        let label = Label::parse("x").unwrap();
        assert_eq!(
            format!("{:?}", key_uri(&label, &label, &secret)),
            "KeyUri(<redacted>)"
        );
    }
}
