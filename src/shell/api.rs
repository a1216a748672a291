//! The requests of an enrolment and of a login.

use nidan_otp::{BackupCode, ClientShare};
use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, EnrolmentAnswer, MethodKind, PASSKEY_METHOD_ID,
};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast as _, JsValue};

use super::{Page, decode, decode_manage};
use nidan_flow::{
    ChangeRefusal, ConfirmedFactors, LoginRefusal, MadePasskey, PhoneRefusal, Presented, Reported,
    RequestError, SetUpAnswer, Verified, VerifiedPhone,
};

/// Where somebody says that a login is not theirs.
pub(super) const REPORT: &str = "/v1/flow/report";
/// Where other browsers are asked for a code.
pub(super) const APPROVALS: &str = "/v1/flow/approvals";
/// Where codes by phone are ordered.
pub(super) const CHALLENGES: &str = "/v1/flow/challenges";

/// What the service says of the flow; each kind of flow reads what it needs.
pub(super) async fn flow(page: Page) -> Result<JsValue, RequestError> {
    request(page, "/v1/flow", JsValue::UNDEFINED).await
}

pub(super) async fn enrol(
    page: Page,
    enrolment_id: String,
    share: ClientShare,
    proof: &ConfirmedFactors,
) -> Result<EnrolmentAnswer, RequestError> {
    let ClientShare { public_key, nonce } = share;
    let (public_key, nonce) = (page.base64(&public_key.0), page.base64(nonce.bytes()));
    let mut fields = vec![
        ("enrolment_id", enrolment_id.as_str()),
        ("client_public_key", &public_key),
        ("client_nonce", &nonce),
    ];
    fields.extend(proof.app().map(|app| ("code", app.code().expose())));
    let typed_back = proof.typed_back().map(BackupCode::expose);
    fields.extend(typed_back.as_ref().map(|code| ("code", code.as_str())));
    let body = object(&fields);
    let phones: Vec<_> = proof.phones().iter().map(PhoneFields).collect();
    // Texts always serialise.
    let phones = phones.serialize(&Serializer::json_compatible());
    let phones = phones.unwrap_or_default();
    set_list(&body, "phones", phones);
    // A service of an earlier version knows no such field.
    if !proof.passkeys().is_empty() {
        let passkeys: Vec<_> = proof.passkeys().iter().map(PasskeyFields).collect();
        let passkeys = passkeys.serialize(&Serializer::json_compatible());
        set_list(&body, "passkeys", passkeys.unwrap_or_default());
    }
    let json = request(page, "/v1/flow/enrolment", body).await?;
    decode::enrolment_answer(&json).ok_or(RequestError::Unreachable)
}

/// Sets a list. Old libraries give every list a `toJSON` that breaks it: this one is out of their reach.
fn set_list(body: &JsValue, name: &str, list: JsValue) {
    let list: js_sys::Object = list.unchecked_into();
    js_sys::Object::set_prototype_of(&list, &js_sys::Object::new());
    // A fresh object takes every field.
    let _set = js_sys::Reflect::set(body, &name.into(), &list);
}

/// Asks for more time; the set-up's end then (Unix seconds).
pub(super) async fn extend(page: Page) -> Result<u64, RequestError> {
    let json = request(page, "/v1/flow/extend", object(&[])).await?;
    decode::number(&json, "expires_at").ok_or(RequestError::Unreachable)
}

/// Puts a set-up off; the result code for the host.
pub(super) async fn skip(page: Page) -> Result<String, RequestError> {
    let json = request(page, "/v1/flow/skip", object(&[])).await?;
    decode::text(&json, "result_code").ok_or(RequestError::Unreachable)
}

/// A phone of the final post. A map: serde-wasm-bindgen keeps a table of struct fields' names,
/// 0.7 KB of brotli for a few names used once.
struct PhoneFields<'a>(&'a VerifiedPhone);

impl Serialize for PhoneFields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let VerifiedPhone {
            challenge_id, name, ..
        } = self.0;
        named(serializer, ("challenge_id", challenge_id), name)
    }
}

/// A passkey of the final post.
struct PasskeyFields<'a>(&'a MadePasskey);

impl Serialize for PasskeyFields<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let MadePasskey { ceremony_id, name } = self.0;
        named(serializer, ("ceremony_id", ceremony_id), name)
    }
}

/// What proved something, and its name where it has one.
fn named<S: serde::Serializer>(
    serializer: S,
    what: (&str, &str),
    name: &str,
) -> Result<S::Ok, S::Error> {
    let is_said = |(_, value): &(&str, &str)| !value.is_empty();
    let fields = [what, ("name", name.trim())];
    serializer.collect_map(fields.into_iter().filter(is_said))
}

/// Where a challenge can be watched.
pub(super) fn path(id: &str) -> String {
    [CHALLENGES, "/", id].concat()
}

/// Asks something of a code; the code at that time.
pub(super) async fn challenge(
    page: Page,
    path: &str,
    body: JsValue,
) -> Result<ChallengeView, PhoneRefusal> {
    let json = answered(page, path, body).await?;
    decode::challenge_view(&json).ok_or(PhoneRefusal::Unreachable)
}

/// The same in a set-up, where the service may read the number otherwise.
pub(super) async fn set_up_challenge(
    page: Page,
    path: &str,
    body: JsValue,
) -> Result<ChallengeView, SetUpAnswer> {
    let answer: Result<js_sys::Array, _> = page.request(path, body).await.map(Into::into);
    let unreachable = SetUpAnswer::NotOrdered(PhoneRefusal::Unreachable);
    let Ok(answer) = answer else {
        return Err(unreachable);
    };
    let json = answer.get(1);
    if answer.get(0).is_truthy() {
        return decode::challenge_view(&json).ok_or(unreachable);
    }
    Err(match decode::text(&json, "number") {
        Some(number) => SetUpAnswer::ReadAs(number),
        None => SetUpAnswer::NotOrdered(decode::refusal(&json)),
    })
}

/// Asks the browser for a passkey; `asked` says which may answer. Returns the post with its answer.
pub(super) async fn passkey_body(
    page: &Page,
    asked: &[(&str, &str)],
) -> Result<JsValue, LoginRefusal> {
    let answer = page.passkey("get", object(asked)).await;
    let answer: js_sys::Array = answer.map_err(|_| LoginRefusal::Unreachable)?.into();
    let what = answer.get(0).as_string();
    match what.as_deref() {
        Some("answered") => {
            // Which of them it is, its answer says.
            let body = object(&[("method_id", PASSKEY_METHOD_ID)]);
            // A fresh object takes every field.
            let _set =
                js_sys::Reflect::set(&body, &MethodKind::Passkey.as_str().into(), &answer.get(1));
            Ok(body)
        }
        Some("refused") => Err(decode::refusal(&answer.get(1)).into()),
        Some("cancelled") => Err(LoginRefusal::Cancelled),
        _of_browser => Err(LoginRefusal::Browser),
    }
}

/// Asks whether a code is right at login.
pub(super) async fn verify(page: Page, body: JsValue) -> Result<Verified, LoginRefusal> {
    let json = answered(page, "/v1/flow/verification", body).await?;
    decode::passed(&json).ok_or(LoginRefusal::Unreachable)
}

/// "This sign-in is not mine."
pub(super) async fn report(page: Page) -> Result<Reported, LoginRefusal> {
    let json = answered(page, REPORT, object(&[])).await?;
    decode::reported(&json).ok_or(LoginRefusal::Unreachable)
}

pub(super) async fn answered(
    page: Page,
    path: &str,
    body: JsValue,
) -> Result<JsValue, PhoneRefusal> {
    let answer: js_sys::Array = page
        .request(path, body)
        .await
        .map_err(|_| PhoneRefusal::Unreachable)?
        .into();
    let json = answer.get(1);
    if answer.get(0).is_truthy() {
        Ok(json)
    } else {
        Err(decode::refusal(&json))
    }
}

/// The order of a code for one of the person's phones.
pub(super) fn order_body(
    locale: &str,
    method_id: &str,
    channel: Channel,
    confirmation: CallConfirmation,
) -> JsValue {
    object(&[
        ("method_id", method_id),
        ("channel", channel.as_str()),
        ("locale", locale),
        ("call_confirmation", confirmation.as_str()),
    ])
}

/// A code that is asked about.
pub(super) fn code_body(method_id: &str, presented: &Presented) -> JsValue {
    let backup;
    let (code, second) = match presented {
        Presented::Code(code) => (code.expose(), None),
        Presented::Pair(code, second) => (code.expose(), Some(second.expose())),
        Presented::Backup(code) => {
            backup = code.expose();
            (backup.as_str(), None)
        }
    };
    let mut fields = vec![("method_id", method_id), ("code", code)];
    fields.extend(second.map(|second| ("second_code", second)));
    object(&fields)
}

/// Asks about a code where methods are managed: a no may be one to the code, or one to what it was
/// for.
pub(super) async fn code(
    page: Page,
    path: &str,
    body: JsValue,
) -> Result<JsValue, (PhoneRefusal, ChangeRefusal)> {
    told(page, path, body)
        .await
        .map_err(|problem| match problem {
            None => (PhoneRefusal::Unreachable, ChangeRefusal::Unreachable),
            Some(json) => (decode::refusal(&json), decode_manage::change_refusal(&json)),
        })
}

/// Asks for a change.
pub(super) async fn changed(
    page: Page,
    path: &str,
    body: JsValue,
) -> Result<JsValue, ChangeRefusal> {
    let answer = told(page, path, body).await;
    answer.map_err(|problem| match problem {
        None => ChangeRefusal::Unreachable,
        Some(json) => decode_manage::change_refusal(&json),
    })
}

/// The same without anything to send.
pub(super) async fn asked(page: Page, path: &str) -> Result<JsValue, ChangeRefusal> {
    changed(page, path, JsValue::UNDEFINED).await
}

/// What the service says, or its problem document; nothing where nobody answers.
async fn told(page: Page, path: &str, body: JsValue) -> Result<JsValue, Option<JsValue>> {
    let answer = page.request(path, body).await.map_err(|_| None)?;
    let answer: js_sys::Array = answer.into();
    let json = answer.get(1);
    if answer.get(0).is_truthy() {
        Ok(json)
    } else {
        Err(Some(json))
    }
}

/// Sets a text.
pub(super) fn set_text(body: &JsValue, name: &str, text: &str) {
    // A fresh object takes every field.
    let _set = js_sys::Reflect::set(body, &name.into(), &text.into());
}

/// Sets a number.
pub(super) fn set_number(body: &JsValue, name: &str, number: u32) {
    // A fresh object takes every field.
    let _set = js_sys::Reflect::set(body, &name.into(), &number.into());
}

/// Takes a field out: what is undefined is not written.
pub(super) fn drop_field(body: &JsValue, name: &str) {
    let _set = js_sys::Reflect::set(body, &name.into(), &JsValue::UNDEFINED);
}

/// Sets a field that is true or false.
pub(super) fn set_flag(body: &JsValue, name: &str, holds: bool) {
    // A fresh object takes every field.
    let _set = js_sys::Reflect::set(body, &name.into(), &holds.into());
}

/// A JavaScript object of strings. Set one by one: a serialiser is 1 KB of a login.
pub(super) fn object(fields: &[(&str, &str)]) -> JsValue {
    let object = js_sys::Object::new().into();
    for (name, value) in fields {
        // A fresh object takes every field.
        let _set = js_sys::Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    object
}

/// The answer's JSON, or what the service refused. What is no problem document is a proxy's error:
/// an outage.
pub(super) async fn request(
    page: Page,
    path: &str,
    body: JsValue,
) -> Result<JsValue, RequestError> {
    let answer: js_sys::Array = page
        .request(path, body)
        .await
        .map_err(|_| RequestError::Unreachable)?
        .into();
    let json = answer.get(1);
    if answer.get(0).is_truthy() {
        return Ok(json);
    }
    Err(decode::error_code(&json).map_or(RequestError::Unreachable, RequestError::Refused))
}

/// A link to a script would run in the page.
pub(super) fn is_safe_link(url: &str) -> bool {
    ["https://", "http://", "mailto:", "tel:"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
}
