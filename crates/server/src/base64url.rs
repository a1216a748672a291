//! base64url without padding ([RFC 4648 §5](https://www.rfc-editor.org/rfc/rfc4648#section-5)): ids,
//! tokens and random numbers on the wire.

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::refusal::Refusal;

/// Reads exactly `N` bytes.
///
/// # Errors
/// [`ErrorCode::RequestInvalid`](nidan_protocol::ErrorCode::RequestInvalid) for the named field.
pub(crate) fn decode<const N: usize>(field: &str, text: &str) -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    match Base64UrlUnpadded::decode(text, &mut bytes) {
        Ok(decoded) if decoded.len() == N => Ok(bytes),
        _ => Err(Refusal::field(field)),
    }
}

/// Writes bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
