//! The browser's side of the key agreement that a set-up's secret comes of.

use nidan_otp::{
    Agreement, ClientNonce, ClientShare, EnrolmentId, PUBLIC_KEY_LEN_BYTES, PublicKey,
    SHARED_SECRET_LEN_BYTES, SharedSecret,
};
use zeroize::Zeroizing;

use super::Page;

/// Agrees with the service on the secret to come; [`None`] where what it sent is no key, and where
/// the browser has no randomness.
pub(super) async fn agreement(
    page: &Page,
    enrolment_id: &str,
    server_public_key: &str,
) -> Option<Agreement> {
    let nonce = ClientNonce::new(random()?).ok()?;
    page.agree(server_public_key).await.ok()?;
    let bytes = Zeroizing::new(page.agreed());
    let (server, rest) = bytes.split_first_chunk::<PUBLIC_KEY_LEN_BYTES>()?;
    let (client, shared) = rest.split_first_chunk::<PUBLIC_KEY_LEN_BYTES>()?;
    let shared: [u8; SHARED_SECRET_LEN_BYTES] = shared.try_into().ok()?;
    Some(Agreement {
        shared_secret: SharedSecret::new(shared),
        enrolment_id: EnrolmentId(page.bytes(enrolment_id).try_into().ok()?),
        server_public_key: PublicKey(*server),
        client: ClientShare {
            public_key: PublicKey(*client),
            nonce,
        },
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell is where the browser's randomness comes in"
)]
pub(super) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}
