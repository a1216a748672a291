//! The result code of a completed flow.

use crate::Service;
use crate::base64url::encode;
use crate::keys::HashUse;
use nidan_store::NewFlow;

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
