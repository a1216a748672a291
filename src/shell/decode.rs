//! Answers of the service, read field by field from what the browser parsed.
//!
//! Not through serde: its error texts bring the formatting of every kind of number along, 9 KB of
//! brotli for words that nobody here reads. The types are the protocol's, so a field that is added
//! there has to be read here.

use nidan_otp::UnixSeconds;
use nidan_protocol::{
    BackupGate, ChallengeView, Channel, DeliveryState, EnrolmentAnswer, EnrolmentOpening,
    ErrorCode, FlowOutcome, FlowView, MethodKind, MethodState, MethodView, PhoneOffer, Policy,
    Purpose,
};
use wasm_bindgen::JsValue;

use nidan_flow::{LoginOpening, PhoneRefusal, Reported, Verified};

pub(super) fn flow_view(json: &JsValue) -> Option<FlowView> {
    let policy = field(json, "policy")?;
    let enrolment = field(json, "enrolment")?;
    let phone = field(json, "phone")?;
    Some(FlowView {
        purpose: match text(json, "purpose")?.as_str() {
            "enroll" => Purpose::Enroll,
            _later => return None,
        },
        server_time_ms: number(json, "server_time_ms")?,
        expires_at: number(json, "expires_at")?,
        issuer: text(json, "issuer")?,
        account_name: text(json, "account_name")?,
        policy: Policy {
            methods: js_sys::Array::from(&field(&policy, "methods")?)
                .iter()
                .filter_map(|kind| method_kind(&kind))
                .collect(),
            backup_gate: match text(&policy, "backup_gate")?.as_str() {
                "tick" => BackupGate::Tick,
                _strict => BackupGate::TypeOne,
            },
        },
        // Whoever sets up has none yet.
        methods: Vec::new(),
        phone: match phone.is_object() {
            true => Some(PhoneOffer {
                countries: js_sys::Array::from(&field(&phone, "countries")?)
                    .iter()
                    .filter_map(|one| one.as_string())
                    .collect(),
                country: text(&phone, "country"),
                allow_unconfirmed_calls: field(&phone, "allow_unconfirmed_calls")?.is_truthy(),
            }),
            false => None,
        },
        enrolment: match enrolment.is_object() {
            true => Some(EnrolmentOpening {
                enrolment_id: text(&enrolment, "enrolment_id")?,
                server_public_key: text(&enrolment, "server_public_key")?,
            }),
            false => None,
        },
        // A login reads for itself: neither module carries what the other one needs.
        verification: None,
        support_url: text(json, "support_url"),
    })
}

/// What a login begins with, apart from what the page knows; [`None`] where the flow is for
/// something else.
pub(super) fn login_opening(json: &JsValue) -> Option<LoginOpening> {
    let verification = field(json, "verification").filter(JsValue::is_object)?;
    let policy = field(json, "policy")?;
    let offered = js_sys::Array::from(&field(&policy, "methods")?);
    let flag = |name: &str| field(&verification, name).is_some_and(|flag| flag.is_truthy());
    Some(LoginOpening {
        issuer: text(json, "issuer")?,
        account: text(json, "account_name")?,
        methods: js_sys::Array::from(&field(json, "methods")?)
            .iter()
            .filter_map(|one| method_at_login(&one))
            .collect(),
        best: text(&verification, "method_id"),
        backup_codes_left: number(&verification, "backup_codes_left")? as u32,
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

/// When the flow ends, and where people get help.
pub(super) fn life(json: &JsValue) -> Option<(u64, Option<String>)> {
    Some((number(json, "expires_at")?, text(json, "support_url")))
}

fn method_at_login(json: &JsValue) -> Option<MethodView> {
    let state = match text(json, "state")?.as_str() {
        "two_codes" => MethodState::TwoCodes,
        "resting" => MethodState::Resting,
        "suspended" => MethodState::Suspended,
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
fn method_kind(json: &JsValue) -> Option<MethodKind> {
    MethodKind::from_wire(&json.as_string()?)
}

fn field(json: &JsValue, name: &str) -> Option<JsValue> {
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
