//! The service's side of the key agreement that a set-up's secret comes of: a key pair for one
//! enrolment, its private half sealed beside the flow and erased with its end. How the secret is
//! made of it is [`nidan_otp`]'s. See docs/decisions/0029-key-agreement.md.

use nidan_otp::{PUBLIC_KEY_LEN_BYTES, PublicKey, SharedSecret};
use nidan_store::{SealedFor, SealedKeyPair};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey as Point, SecretKey};
use zeroize::Zeroizing;

use crate::environment::{Random, random_bytes};
use crate::keys::{Keys, SealError};

/// Uncompressed, as [SEC 1](https://www.secg.org/sec1-v2.pdf) §2.3.3 marks it: the only form that
/// every browser writes.
const UNCOMPRESSED: u8 = 4;

/// Draws a key pair for the flow that the row names.
///
/// # Errors
/// When there is no randomness, or the cipher refuses.
pub(crate) fn key_pair(
    keys: &Keys,
    row: SealedFor<'_>,
    random: &dyn Random,
) -> Result<SealedKeyPair, SealError> {
    let private = loop {
        let bytes = Zeroizing::new(random_bytes::<32>(random)?);
        // Of 2³² draws one is no number below the curve's order.
        if let Ok(private) = SecretKey::from_slice(bytes.as_slice()) {
            break private;
        }
    };
    let bytes = Zeroizing::new(<[u8; 32]>::from(private.to_bytes()));
    Ok(SealedKeyPair {
        public_key: point_bytes(&private)?,
        sealed_private_key: keys.seal_bytes(bytes.as_slice(), row, random)?,
    })
}

/// What both sides compute; [`None`] where what the browser sent is no uncompressed point of P-256,
/// or the private key does not open.
pub(crate) fn agree(
    keys: &Keys,
    pair: &SealedKeyPair,
    row: SealedFor<'_>,
    theirs: &PublicKey,
) -> Option<SharedSecret> {
    let private = keys.open_bytes(&pair.sealed_private_key, row).ok()?;
    let private = SecretKey::from_slice(&private).ok()?;
    let shared = private.diffie_hellman(&point(theirs)?);
    Some(SharedSecret::new((*shared.raw_secret_bytes()).into()))
}

/// Whether a key may be multiplied: a point outside of the curve would give the private key away,
/// bit by bit.
pub(crate) fn is_point(key: &PublicKey) -> bool {
    point(key).is_some()
}

fn point(key: &PublicKey) -> Option<Point> {
    let [UNCOMPRESSED, ..] = key.0 else {
        return None;
    };
    Point::from_sec1_bytes(&key.0).ok()
}

fn point_bytes(private: &SecretKey) -> Result<[u8; PUBLIC_KEY_LEN_BYTES], SealError> {
    let point = private.public_key().to_sec1_point(false);
    Ok(point.as_bytes().try_into()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::environment::Os;

    const ROW: SealedFor<'_> = SealedFor {
        host: "shop",
        subject: "anna",
        method_id: "flow",
    };

    fn unhex<const N: usize>(text: &serde_json::Value) -> [u8; N] {
        let text = text.as_str().unwrap();
        std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
    }

    /// What another implementation computed is what both sides of this one do.
    #[test]
    fn both_sides_agree_with_the_vectors() {
        let text = include_str!("../../otp/tests/vectors/derivation.json");
        let vectors: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
        assert!(!vectors.is_empty());
        let keys = Keys::known();
        for vector in vectors {
            for (own, other) in [("server", "client"), ("client", "server")] {
                let hex = |what: &str, whose| &vector[format!("{whose}_{what}_key_hex")];
                let private: [u8; 32] = unhex(hex("private", own));
                let secret = SecretKey::from_slice(&private).unwrap();
                assert_eq!(point_bytes(&secret).unwrap(), unhex(hex("public", own)));
                let pair = SealedKeyPair {
                    public_key: unhex(hex("public", own)),
                    sealed_private_key: keys.seal_bytes(&private, ROW, &Os).unwrap(),
                };
                let theirs = PublicKey(unhex(hex("public", other)));
                let shared = agree(&keys, &pair, ROW, &theirs).unwrap();
                assert_eq!(*shared.expose(), unhex(&vector["shared_secret_hex"]));
            }
        }
    }

    #[test]
    fn what_is_no_point_of_the_curve_is_not_multiplied() {
        let keys = Keys::known();
        let pair = key_pair(&keys, ROW, &Os).unwrap();
        let good = key_pair(&keys, ROW, &Os).unwrap().public_key;
        assert!(agree(&keys, &pair, ROW, &PublicKey(good)).is_some());
        let (mut off_curve, mut compressed, mut marked) = (good, [0; 65], good);
        off_curve[64] ^= 1;
        compressed[..33].copy_from_slice(&good[..33]);
        compressed[0] = 2;
        // "Hybrid" keys of X9.62 are read by some libraries.
        marked[0] = 6 | (good[64] & 1);
        for bad in [off_curve, compressed, marked, [0; 65], [4; 65], [255; 65]] {
            assert!(!is_point(&PublicKey(bad)), "{bad:?}");
            assert!(agree(&keys, &pair, ROW, &PublicKey(bad)).is_none());
        }
    }

    #[test]
    fn a_private_key_opens_for_its_own_flow_only() {
        let keys = Keys::known();
        let pair = key_pair(&keys, ROW, &Os).unwrap();
        let theirs = PublicKey(key_pair(&keys, ROW, &Os).unwrap().public_key);
        let other = SealedFor {
            method_id: "other",
            ..ROW
        };
        assert!(agree(&keys, &pair, other, &theirs).is_none());
    }
}
