//! The two requests of an enrolment.

use base64ct::{Base64UrlUnpadded, Encoding};
use nidan_otp::{EnrolmentId, Label, ServerNonce, UnixSeconds};
use nidan_protocol::{EnrolmentAnswer, EnrolmentOpening, EnrolmentPost, FlowView, MethodKind};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;
use zeroize::Zeroize;

use super::{Page, read};
use crate::flow::{Draft, Opening, Proof, Trouble};

pub(super) async fn flow(page: Page) -> Result<FlowView, Trouble> {
    let json = request(page, "/v1/flow", JsValue::UNDEFINED).await?;
    read::flow_view(&json).ok_or(Trouble::Unreachable)
}

pub(super) async fn enrol(
    page: Page,
    enrolment_id: String,
    draft: &Draft,
    proof: &Proof,
) -> Result<EnrolmentAnswer, Trouble> {
    let mut post = EnrolmentPost {
        enrolment_id,
        kind: MethodKind::Totp,
        client_random: Base64UrlUnpadded::encode_string(draft.client_random().expose()),
        code: proof.code().expose().to_owned(),
    };
    let body = Fields(&post).serialize(&Serializer::json_compatible()).map_err(|_| Trouble::Unreachable);
    post.client_random.zeroize();
    post.code.zeroize();
    let json = request(page, "/v1/flow/enrolment", body?).await?;
    read::enrolment_answer(&json).ok_or(Trouble::Unreachable)
}

/// The post as a map: serde-wasm-bindgen keeps a table of struct fields' names, 0.7 KB of brotli for four names used once.
struct Fields<'a>(&'a EnrolmentPost);

impl Serialize for Fields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let EnrolmentPost { enrolment_id, kind: MethodKind::Totp, client_random, code } = self.0;
        serializer.collect_map([
            ("enrolment_id", enrolment_id.as_str()),
            ("kind", "totp"),
            ("client_random", client_random),
            ("code", code),
        ])
    }
}

/// The answer's JSON, or what the service refused. What is no problem document is a proxy's error: an outage.
async fn request(page: Page, path: &str, body: JsValue) -> Result<JsValue, Trouble> {
    let answer: js_sys::Array = page.request(path, body).await.map_err(|_| Trouble::Unreachable)?.into();
    let json = answer.get(1);
    if answer.get(0).is_truthy() {
        return Ok(json);
    }
    Err(read::error_code(&json).map_or(Trouble::Unreachable, Trouble::Refused))
}

/// The flow as the state machine needs it; `None` when the service sent what no version of it sends.
pub(super) fn opening(view: &FlowView, enrolment: &EnrolmentOpening) -> Option<Opening> {
    Some(Opening {
        issuer: Label::parse(&view.issuer).ok()?,
        account: Label::parse(&view.account_name).ok()?,
        enrolment_id: EnrolmentId(decode(&enrolment.enrolment_id)?),
        server_nonce: ServerNonce(decode(&enrolment.server_nonce)?),
        enrolment_id_text: enrolment.enrolment_id.clone(),
        backup_gate: view.policy.backup_gate,
        expires_at: UnixSeconds(view.expires_at),
    })
}

/// A link to a script would run in the page.
pub(super) fn is_safe_link(url: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| url.starts_with(scheme))
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
    (decoded.len() == N).then_some(bytes)
}
