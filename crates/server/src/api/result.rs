//! What a completed flow gives to the host.

use nidan_protocol::MethodKind;

use crate::Service;
use crate::extract::encode;
use crate::keys::HashUse;
use crate::store::NewFlow;

/// Made from the flow and the body, so that a repeated post gets the same one and the database
/// keeps only its hash.
pub(super) fn result_code(service: &Service, flow: &NewFlow, body_hash: &[u8; 32]) -> String {
    encode(
        &service
            .0
            .keys
            .hash(HashUse::ResultCode, &[flow.id.as_bytes(), body_hash]),
    )
}

/// RFC 8176 §2.
pub(super) const fn amr_of(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Totp => "otp",
        MethodKind::Sms => "sms",
        MethodKind::Voice => "tel",
    }
}

/// What was right at login, for an assertion: `amr` and `acr`. RFC 8176 has no value for the last
/// two, and a browser that was trusted earlier is no second factor of today.
pub(super) fn login_claims(used: &str) -> Option<(&'static str, &'static str)> {
    const SECOND_FACTOR: &str = "urn:nidan:acr:second-factor";
    Some(match used {
        "totp" => (amr_of(MethodKind::Totp), SECOND_FACTOR),
        "sms" => (amr_of(MethodKind::Sms), SECOND_FACTOR),
        "voice" => (amr_of(MethodKind::Voice), SECOND_FACTOR),
        "backup_code" => ("urn:nidan:amr:backup-code", SECOND_FACTOR),
        "trusted_browser" => (
            "urn:nidan:amr:trusted-browser",
            "urn:nidan:acr:trusted-browser",
        ),
        _later => return None,
    })
}
