//! The widget in a real browser: what a person sees and does, found by role and name.

#![cfg(target_arch = "wasm32")]
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests, and what #[wasm_bindgen] writes"
)]

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlInputElement};

wasm_bindgen_test_configure!(run_in_browser);

include!("../crates/otp/tests/agreement/check.rs");

#[wasm_bindgen(module = "/tests/web/page.js")]
extern "C" {
    #[wasm_bindgen(js_name = newPage)]
    fn new_page(words: &str, answers: &str) -> JsValue;
    #[wasm_bindgen(js_name = askedBody)]
    fn asked_body(page: &JsValue, index: u32) -> String;
    #[wasm_bindgen(js_name = askedCount)]
    fn asked_count(page: &JsValue) -> u32;
    fn get(page: &JsValue, name: &str) -> JsValue;
    async fn settle() -> JsValue;
}

const NOW_S: u64 = 1_800_000_000;
/// A point of the curve, whose private key is in the vectors.
const SERVER_KEY: &str =
    "BNBht0dS-CM4QteCz7zfPZhwyb9qgFcHO_lzIOTRKDLPiFdNrqLUWMzPb1CIRoUe2-33sCizCHcbdiKphdQgA1E";

/// A flow whose id is all zero bits but the last: what it is does not matter here.
fn flow(gate: &str) -> String {
    format!(
        r#"{{"purpose":"enroll","server_time_ms":{}000,"expires_at":{},"issuer":"Shop","account_name":"a@example.com",
        "policy":{{"methods":["totp"],"backup_gate":"{gate}"}},"methods":[],"support_url":"https://help.example",
        "enrolment":{{"enrolment_id":"AAAAAAAAAAAAAAAAAAAAAQ","server_public_key":"{SERVER_KEY}"}}}}"#,
        NOW_S,
        NOW_S + 600
    )
}

const ANSWER: &str = r#"{"outcome":"enrolled","methods":[{"id":"m","kind":"totp","created_at":1800000000}],
    "backup_codes_left":10,"result_code":"r"}"#;

/// The widget on a page of its own; it leaves when this is dropped.
struct Widget {
    host: HtmlElement,
    page: JsValue,
    _mounted: Box<dyn std::any::Any>,
}

impl Drop for Widget {
    fn drop(&mut self) {
        self.host.remove();
    }
}

impl Widget {
    async fn new(answers: &[String]) -> Self {
        Self::mounted(answers, nidan::element::mount).await
    }

    async fn login(answers: &[String]) -> Self {
        Self::mounted(answers, nidan::element::mount_login).await
    }

    async fn mounted(
        answers: &[String],
        mount: impl FnOnce(HtmlElement, nidan::element::Page) -> Box<dyn std::any::Any>,
    ) -> Self {
        let document = web_sys::window().unwrap().document().unwrap();
        let host: HtmlElement = document.create_element("div").unwrap().dyn_into().unwrap();
        document.body().unwrap().append_child(&host).unwrap();
        let page = new_page(
            include_str!("../locales/en.json"),
            &format!("[{}]", answers.join(",")),
        );
        let mounted = mount(host.clone(), page.clone().unchecked_into());
        settle().await;
        Self {
            host,
            page,
            _mounted: mounted,
        }
    }

    fn title(&self) -> String {
        self.host
            .query_selector("h2")
            .unwrap()
            .and_then(|title| title.text_content())
            .unwrap_or_default()
    }

    async fn press(&self, name: &str) {
        let buttons = self.host.query_selector_all("button").unwrap();
        let button = (0..buttons.length())
            .filter_map(|index| buttons.item(index))
            .find(|button| button.text_content().as_deref() == Some(name))
            .unwrap_or_else(|| panic!("no button {name:?} on {:?}", self.host.text_content()));
        button.unchecked_into::<HtmlElement>().click();
        settle().await;
    }

    fn field(&self) -> HtmlInputElement {
        self.host
            .query_selector("input")
            .unwrap()
            .unwrap()
            .unchecked_into()
    }

    async fn type_in(&self, text: &str) {
        self.field().set_value(text);
        self.field()
            .dispatch_event(&web_sys::Event::new("input").unwrap())
            .unwrap();
        settle().await;
    }

    fn alert(&self) -> String {
        let alert: Element = self.host.query_selector("[role=alert]").unwrap().unwrap();
        alert.text_content().unwrap_or_default()
    }

    async fn to_confirm(&self) {
        self.press("Start").await;
        self.press("Use an authenticator app").await;
        self.press("I have one").await;
        self.press("I have added it").await;
    }

    /// The key, read from the page as a person would, and an app made of it.
    async fn app_code(&self) -> String {
        self.press("Back").await;
        let key = self
            .host
            .query_selector("code")
            .unwrap()
            .unwrap()
            .text_content()
            .unwrap()
            .replace(' ', "");
        self.press("I have added it").await;
        let bytes: Vec<u8> = base32(&key);
        let app = totp_rs::Builder::new()
            .with_secret(totp_rs::Secret::new_stack(bytes.try_into().unwrap()));
        app.build().unwrap().generate(NOW_S).to_string()
    }
}

fn base32(key: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut value) = (vec![], 0, 0u32);
    for symbol in key.bytes() {
        value = value << 5
            | b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
                .iter()
                .position(|s| *s == symbol)
                .unwrap() as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((value >> bits) as u8);
            value &= (1 << bits) - 1;
        }
    }
    bytes
}

#[wasm_bindgen_test]
async fn a_person_sets_an_app_up_and_the_secret_is_not_sent() {
    let widget = Widget::new(&[flow("tick"), ANSWER.to_owned()]).await;
    widget.to_confirm().await;
    let code = widget.app_code().await;
    widget.type_in(&code).await;
    assert_eq!(widget.title(), "Save your backup codes");
    assert_eq!(
        widget
            .host
            .query_selector_all("ol.nidan-codes li")
            .unwrap()
            .length(),
        10
    );
    assert_eq!(
        get(&widget.page, "guarded"),
        JsValue::TRUE,
        "leaving would lose the codes"
    );
    widget.press("Turn on two-step verification").await;
    assert_eq!(widget.alert(), "Save the codes first, then tick the box.");
    widget.field().click();
    settle().await;
    widget.press("Turn on two-step verification").await;
    assert_eq!(widget.title(), "Two-step verification is on");
    assert_eq!(get(&widget.page, "guarded"), JsValue::FALSE);
    let sent = asked_body(&widget.page, 1);
    assert!(
        sent.contains(&format!(r#""code":"{code}""#)) && sent.contains(r#""phones":[]"#),
        "{sent}"
    );
    assert!(
        !sent.contains("secret") && !sent.contains("backup"),
        "{sent}"
    );
    widget.press("Finish").await;
    assert_eq!(get(&widget.page, "completed"), JsValue::from_str("r"));
}

#[wasm_bindgen_test]
async fn a_wrong_code_is_announced_and_the_focus_stays() {
    let widget = Widget::new(&[flow("tick")]).await;
    widget.to_confirm().await;
    let right = widget.app_code().await;
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    widget.field().focus().unwrap();
    widget.type_in(wrong).await;
    assert_eq!(
        widget.alert(),
        "That code is not right. Wait for the next one in the app and type it."
    );
    assert_eq!(
        widget.field().get_attribute("aria-invalid").as_deref(),
        Some("true")
    );
    let focused = web_sys::window()
        .unwrap()
        .document()
        .unwrap()
        .active_element()
        .unwrap();
    assert_eq!(focused.id(), "nidan-code");
    assert_eq!(widget.field().value(), wrong, "nothing typed is lost");
    assert_eq!(asked_count(&widget.page), 1, "and nobody was asked");
}

#[wasm_bindgen_test]
async fn a_service_that_does_not_answer_is_a_message_with_a_retry() {
    let widget = Widget::new(&[]).await;
    assert_eq!(widget.title(), "We cannot reach the service");
    widget.press("Try again").await;
    assert_eq!(asked_count(&widget.page), 2);
    let other = Widget::new(&[r#"{"code":"flow_expired"}"#.to_owned()]).await;
    assert_eq!(other.title(), "The time for this set-up is over");
    other.press("Start again").await;
    assert_eq!(get(&other.page, "restarted"), JsValue::TRUE);
}

#[wasm_bindgen_test]
async fn the_key_is_copied_raw_and_the_codes_are_saved_with_site_and_account() {
    let widget = Widget::new(&[flow("type_one"), ANSWER.to_owned()]).await;
    widget.to_confirm().await;
    let code = widget.app_code().await;
    widget.press("Back").await;
    widget.press("Copy the setup key").await;
    let copied = get(&widget.page, "copied").as_string().unwrap();
    assert_eq!(copied.len(), 32);
    assert!(
        copied
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    );
    widget.press("I have added it").await;
    widget.type_in(&code).await;
    widget.press("Download").await;
    let file = get(&widget.page, "downloaded").as_string().unwrap();
    for part in ["Shop", "a@example.com", "2027-01-15"] {
        assert!(file.contains(part), "{part} is not in {file:?}");
    }
    let first = widget
        .host
        .query_selector("ol.nidan-codes li")
        .unwrap()
        .unwrap()
        .text_content()
        .unwrap();
    assert!(file.contains(&first));
    widget.type_in(&first.to_lowercase()).await;
    widget.press("Turn on two-step verification").await;
    assert_eq!(widget.title(), "Two-step verification is on");
}

#[wasm_bindgen_test]
async fn what_leaves_the_page_leaves_nothing_behind() {
    let widget = Widget::new(&[flow("tick")]).await;
    widget.press("Start").await;
    let Widget { host, .. } = &widget;
    let host = host.clone();
    drop(widget);
    assert_eq!(host.child_element_count(), 0);
    settle().await;
}

/// A login of somebody with an app, a text and ten backup codes.
fn login(state: &str) -> String {
    format!(
        r#"{{"purpose":"verify","server_time_ms":{}000,"expires_at":{},"issuer":"Shop","account_name":"a@example.com",
        "policy":{{"methods":["totp","sms"],"backup_gate":"tick"}},"phone":null,"enrolment":null,"methods":[
        {{"id":"app","kind":"totp","created_at":1,"state":"{state}"}},
        {{"id":"phone","kind":"sms","hint":"78","created_at":1,"state":"suspended"}}],
        "verification":{{"method_id":"app","backup_codes_left":10,"trust_days":null,"auto_send":false,"recovery_url":null}}}}"#,
        NOW_S,
        NOW_S + 600
    )
}

const RIGHT: &str = r#"{"outcome":"verified","backup_codes_left":10,"result_code":"r"}"#;

#[wasm_bindgen_test]
async fn a_login_asks_for_the_code_first_and_sends_it_with_the_last_digit() {
    let wrong = r#"{"code":"code_wrong","attempts_left":2}"#.to_owned();
    let widget = Widget::login(&[login("ready"), wrong, RIGHT.to_owned()]).await;
    assert_eq!(widget.title(), "Type your code");
    assert_eq!(
        widget.field().get_attribute("autocomplete").as_deref(),
        Some("one-time-code")
    );
    widget.type_in("12345").await;
    assert_eq!(
        asked_count(&widget.page),
        1,
        "nothing is sent for half a code"
    );
    widget.type_in("123 456").await;
    assert_eq!(
        asked_body(&widget.page, 1),
        r#"{"method_id":"app","code":"123456","trust_browser":false}"#
    );
    assert_eq!(
        widget.alert(),
        "That code is not right. Type the one that the app shows now. Tries left: 2."
    );
    widget.type_in("654321").await;
    assert_eq!(
        get(&widget.page, "completed").as_string().as_deref(),
        Some("r")
    );
}

#[wasm_bindgen_test]
async fn a_login_under_attack_asks_for_two_codes_and_shows_what_is_closed() {
    let widget = Widget::login(&[login("two_codes"), RIGHT.to_owned()]).await;
    let fields = widget.host.query_selector_all("input").unwrap();
    assert_eq!(fields.length(), 2);
    widget.press("Try another way").await;
    let closed = widget
        .host
        .query_selector("button[disabled]")
        .unwrap()
        .unwrap()
        .text_content()
        .unwrap();
    assert_eq!(closed, "SMS to •••78off");
    assert_eq!(
        get(&widget.page, "isAside").as_bool(),
        Some(true),
        "the browser's own back leads to the code"
    );
    widget.press("Back").await;
    assert_eq!(widget.title(), "Type your code");
}

#[wasm_bindgen_test]
fn a_hundred_thousand_codes_agree_with_independent_implementations() {
    agrees(include_str!("../crates/otp/tests/vectors/agreement.json"));
}
