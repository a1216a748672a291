//! Answers of the service, read field by field from what the browser parsed.
//!
//! Not through serde: its error texts bring the formatting of every kind of number along, 9 KB of
//! brotli for words that nobody here reads. The types are the protocol's, so a field that is added
//! there has to be read here.

use nidan_otp::{Label, UnixSeconds};
use nidan_protocol::{
    APPROVAL_METHOD_ID, BackupGate, ChallengeView, Channel, DeliveryState, EnrolmentAnswer,
    EnrolmentDuty, ErrorCode, FlowOutcome, MethodKind, MethodState, MethodView, Purpose, SetupKind,
    TEMPORARY_METHOD_ID,
};
use wasm_bindgen::JsValue;

use super::Page;
use nidan_flow::{LoginOpening, Opening, PhoneRefusal, Reported, Verified, merge_passkeys};

/// Whether the flow is a set-up.
pub(super) fn is_enrolment(json: &JsValue) -> bool {
    text(json, "purpose").as_deref() == Some(Purpose::Enroll.as_str())
}

/// The enrolment that is open; [`None`] where there is nothing to do any more.
pub(super) fn enrolment(json: &JsValue) -> Option<JsValue> {
    field(json, "enrolment").filter(JsValue::is_object)
}

/// What a set-up begins with; [`None`] when the service sent what no version of it sends.
pub(super) fn opening(page: &Page, json: &JsValue, enrolment: &JsValue) -> Option<Opening> {
    let policy = field(json, "policy")?;
    let phone = field(json, "phone").filter(JsValue::is_object);
    let (countries, home) = phone
        .as_ref()
        .map_or_else(Default::default, |phone| countries(page, phone));
    Some(Opening {
        issuer: Label::parse(&text(json, "issuer")?).ok()?,
        account: Label::parse(&text(json, "account_name")?).ok()?,
        enrolment_id_text: text(enrolment, "enrolment_id")?,
        backup_gate: match text(&policy, "backup_gate")?.as_str() {
            "tick" => BackupGate::Tick,
            _strict => BackupGate::TypeOne,
        },
        expires_at: UnixSeconds(number(json, "expires_at")?),
        methods: list(&policy, "methods")
            .iter()
            .filter_map(|kind| method_kind(&kind))
            .collect(),
        allow_unconfirmed_calls: phone
            .as_ref()
            .and_then(|phone| field(phone, "allow_unconfirmed_calls"))
            .is_some_and(|allowed| allowed.is_truthy()),
        countries,
        home,
        phone_url: page.phone_url(),
        browser_has_passkeys: browser_has_passkeys(),
        duty: duty(&policy),
        adds: text(json, "adds").and_then(|name| SetupKind::from_wire(&name)),
    })
}

/// That the set-up is required, and for how long it may wait.
fn duty(policy: &JsValue) -> Option<EnrolmentDuty> {
    let duty = field(policy, "enrolment").filter(JsValue::is_object)?;
    Some(EnrolmentDuty {
        required: true,
        deadline: number(&duty, "deadline"),
        skips_left: number(&duty, "skips_left").map(|left| left as u32),
        may_skip: field(&duty, "may_skip")?.is_truthy(),
    })
}

/// Whether the browser has passkeys here: none has on a page without TLS, and the service takes none of
/// a frame on another site's page, which may not even be asked what it is.
fn browser_has_passkeys() -> bool {
    let here = js_sys::global();
    let origin = |of: &JsValue| field(of, "origin").and_then(|origin| origin.as_string());
    let is_own = field(&here, "top").is_some_and(|top| origin(&top) == origin(&here));
    is_own && js_sys::Reflect::has(&here, &"PublicKeyCredential".into()).unwrap_or_default()
}

/// The countries on offer, the likely one first: what the host says, else what the browser says; and
/// the browser's own among them.
fn countries(page: &Page, phone: &JsValue) -> (Vec<String>, Option<String>) {
    let mut countries: Vec<String> = list(phone, "countries")
        .iter()
        .filter_map(|one| one.as_string())
        .collect();
    let home = page.region(countries.clone());
    let likely = text(phone, "country").unwrap_or_else(|| home.clone());
    if let Some(index) = countries.iter().position(|country| *country == likely) {
        let likely = countries.remove(index);
        countries.insert(0, likely);
    }
    let home = countries.contains(&home).then_some(home);
    (countries, home)
}

pub(super) fn list(json: &JsValue, name: &str) -> js_sys::Array {
    js_sys::Array::from(&field(json, name).unwrap_or_default())
}

/// What a login begins with, apart from what the page knows; [`None`] where the flow is for
/// something else.
pub(super) fn login_opening(json: &JsValue) -> Option<LoginOpening> {
    let verification = field(json, "verification").filter(JsValue::is_object)?;
    let policy = field(json, "policy")?;
    let offered = js_sys::Array::from(&field(&policy, "methods")?);
    let flag = |name: &str| field(&verification, name).is_some_and(|flag| flag.is_truthy());
    let methods = js_sys::Array::from(&field(json, "methods")?);
    let methods = methods.iter().filter_map(|one| method_at_login(&one));
    let mut methods: Vec<_> = methods.collect();
    let mut best = text(&verification, "method_id");
    let passkeys = merge_passkeys(&mut methods, &mut best);
    Some(LoginOpening {
        issuer: text(json, "issuer")?,
        account: text(json, "account_name")?,
        methods,
        best,
        passkeys,
        browser_has_passkeys: browser_has_passkeys(),
        needs_passkey: text(&verification, "acr_needed").is_some(),
        backup_codes_left: number(&verification, "backup_codes_left")? as u32,
        temporary_code: flag(TEMPORARY_METHOD_ID),
        approval: flag(APPROVAL_METHOD_ID),
        trust_days: number(&verification, "trust_days").map(|days| days as u32),
        auto_send: flag("auto_send"),
        calls: offered.includes(&MethodKind::Voice.as_str().into(), 0),
        allow_unconfirmed_calls: field(json, "phone")
            .and_then(|phone| field(&phone, "allow_unconfirmed_calls"))
            .is_some_and(|allowed| allowed.is_truthy()),
        recovery_url: text(&verification, "recovery_url"),
        password_url: text(&verification, "password_url"),
        submits_itself: true,
        typed: String::new(),
    })
}

/// Whether the person has chosen the method that a login begins with.
pub(super) fn is_wanted(json: &JsValue) -> bool {
    let verification = field(json, "verification");
    let wanted = verification.and_then(|verification| field(&verification, "is_wanted"));
    wanted.is_some_and(|wanted| wanted.is_truthy())
}

/// What the service says of every flow.
pub(super) struct Life {
    pub(super) expires_at: u64,
    pub(super) support_url: Option<String>,
    pub(super) outage_notice: Option<String>,
}

/// When the flow ends, where people get help, and what the operator has to say.
pub(super) fn life(json: &JsValue) -> Option<Life> {
    Some(Life {
        expires_at: number(json, "expires_at")?,
        support_url: text(json, "support_url"),
        outage_notice: text(json, "outage_notice"),
    })
}

pub(super) fn method_at_login(json: &JsValue) -> Option<MethodView> {
    let state = match text(json, "state")?.as_str() {
        "two_codes" => MethodState::TwoCodes,
        "resting" => MethodState::Resting,
        "suspended" => MethodState::Suspended,
        "held" => MethodState::Held,
        _ready => MethodState::Ready,
    };
    Some(MethodView {
        state,
        resting_until: number(json, "resting_until"),
        ..method_view(json)?
    })
}

/// A right code's answer; when it came is for the caller to say.
pub(super) fn passed(json: &JsValue) -> Option<Verified> {
    Some(Verified {
        result_code: text(json, "result_code")?,
        backup_codes_left: number(json, "backup_codes_left")? as u32,
        answered_at: UnixSeconds(0),
    })
}

/// What became of a report; [`None`] for what cannot be read: nobody is comforted by an answer that
/// was cut short.
pub(super) fn reported(json: &JsValue) -> Option<Reported> {
    let login = |one: JsValue| {
        Some((
            UnixSeconds(number(&one, "at")?),
            text(&one, "client_description"),
        ))
    };
    let logins = field(json, "logins").filter(js_sys::Array::is_array)?;
    let logins = js_sys::Array::from(&logins)
        .iter()
        .map(login)
        .collect::<Option<_>>()?;
    let host_notified = field(json, "host_notified")?.is_truthy();
    Some(Reported {
        logins,
        host_notified,
        password_url: None,
    })
}

pub(super) fn enrolment_answer(json: &JsValue) -> Option<EnrolmentAnswer> {
    Some(EnrolmentAnswer {
        outcome: match text(json, "outcome")?.as_str() {
            "enrolled" => FlowOutcome::Enrolled,
            _later => return None,
        },
        methods: js_sys::Array::from(&field(json, "methods")?)
            .iter()
            .filter_map(|one| method_view(&one))
            .collect(),
        backup_codes_left: u32::try_from(number(json, "backup_codes_left")?).ok()?,
        result_code: text(json, "result_code")?,
    })
}

/// The `code` of a problem document.
pub(super) fn error_code(json: &JsValue) -> Option<ErrorCode> {
    Some(ErrorCode::from_wire(&text(json, "code")?))
}

fn method_view(json: &JsValue) -> Option<MethodView> {
    Some(MethodView {
        id: text(json, "id")?,
        kind: method_kind(&field(json, "kind")?)?,
        name: text(json, "name"),
        hint: text(json, "hint"),
        created_at: number(json, "created_at")?,
        // Of interest at login only.
        state: MethodState::Ready,
        resting_until: None,
    })
}

pub(super) fn challenge_view(json: &JsValue) -> Option<ChallengeView> {
    Some(ChallengeView {
        id: text(json, "id")?,
        channel: Channel::from_wire(&text(json, "channel")?)?,
        hint: text(json, "hint")?,
        reference: text(json, "reference")?,
        call_digits: text(json, "call_digits"),
        expires_at: number(json, "expires_at")?,
        resend_at: number(json, "resend_at"),
        attempts_left: number(json, "attempts_left")? as u32,
        delivery: match text(json, "delivery")?.as_str() {
            "accepted" => DeliveryState::Accepted,
            "unknown" => DeliveryState::Unknown,
            "delivered" => DeliveryState::Delivered,
            "failed" => DeliveryState::Failed,
            "wrong_digits" => DeliveryState::WrongDigits,
            _earlier => DeliveryState::Queued,
        },
        delivery_at: number(json, "delivery_at")?,
        answered: field(json, "answered")?.is_truthy(),
        codes: number(json, "codes").unwrap_or(1) as u32,
    })
}

/// What a problem document says to the person.
pub(super) fn refusal(json: &JsValue) -> PhoneRefusal {
    error_code(json).map_or(PhoneRefusal::Unreachable, |code| PhoneRefusal::Service {
        code,
        retry_at: number(json, "retry_at").map(UnixSeconds),
        attempts_left: number(json, "attempts_left").map(|left| left as u32),
    })
}

/// [`None`] for a kind that this version cannot show.
pub(super) fn method_kind(json: &JsValue) -> Option<MethodKind> {
    MethodKind::from_wire(&json.as_string()?)
}

pub(super) fn field(json: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(json, &name.into()).ok()
}

pub(super) fn text(json: &JsValue, name: &str) -> Option<String> {
    field(json, name)?.as_string()
}

/// A whole number that a JavaScript number holds exactly.
pub(super) fn number(json: &JsValue, name: &str) -> Option<u64> {
    let number = field(json, name)?.as_f64()?;
    (0.0..=js_sys::Number::MAX_SAFE_INTEGER)
        .contains(&number)
        .then_some(number as u64)
}
