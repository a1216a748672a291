//! The page around the widget, as the loader (`public/nidan/nidan-flow.js`, class `Page`) offers
//! it.

#![allow(
    unsafe_code,
    reason = "#[wasm_bindgen] writes the imports' glue with it"
)]

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Network, words, clipboard, printer and host events. It decides nothing.
    #[derive(Clone)]
    pub type Page;

    /// The catalogue's language ([BCP 47](https://www.rfc-editor.org/info/bcp47)).
    #[wasm_bindgen(method, getter)]
    pub(super) fn locale(this: &Page) -> String;

    /// The catalogue's words, by their place in it; of words with several forms, the form for the
    /// count.
    #[wasm_bindgen(method)]
    pub(crate) fn words(this: &Page, place: u32, count: f64) -> String;

    /// A number as the person's language writes it.
    #[wasm_bindgen(method)]
    pub(crate) fn number(this: &Page, value: f64) -> String;

    /// A date, from Unix seconds.
    #[wasm_bindgen(method)]
    pub(crate) fn date(this: &Page, seconds: f64) -> String;

    /// Unix seconds by the service's clock, also after a sleep; 0 before the first answer.
    #[wasm_bindgen(method)]
    pub(super) fn now(this: &Page) -> f64;

    /// `[ok, json]`; an error when nobody answers.
    #[wasm_bindgen(method, catch)]
    pub(super) async fn request(this: &Page, path: &str, body: JsValue)
    -> Result<JsValue, JsValue>;

    /// Bytes as base64url without padding ([RFC 4648
    /// §5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
    #[wasm_bindgen(method)]
    pub(super) fn base64(this: &Page, bytes: &[u8]) -> String;

    /// The bytes that the base64url text encodes; none where it is no base64url.
    #[wasm_bindgen(method)]
    pub(super) fn bytes(this: &Page, text: &str) -> Vec<u8>;

    /// Agrees with the service on a secret. An error where the text is no point of P-256.
    #[wasm_bindgen(method, catch)]
    pub(super) async fn agree(this: &Page, server_public_key: &str) -> Result<JsValue, JsValue>;

    /// What was agreed on, once: the service's public key (65 bytes), the browser's (65), and what
    /// both sides compute of them (32).
    #[wasm_bindgen(method)]
    pub(super) fn agreed(this: &Page) -> Vec<u8>;

    /// Which of these countries ([ISO 3166-1
    /// alpha-2](https://www.iso.org/iso-3166-country-codes.html)) the browser's clock is set to;
    /// else where the person's language is at home.
    #[wasm_bindgen(method)]
    pub(super) fn region(this: &Page, offered: Vec<String>) -> String;

    /// Where the set-up goes on on a phone; nothing where no phone could open it, or this is one.
    #[wasm_bindgen(method, js_name = phoneUrl)]
    pub(super) fn phone_url(this: &Page) -> Option<String>;

    /// The table of phone regions.
    #[wasm_bindgen(method, catch)]
    pub(super) async fn regions(this: &Page) -> Result<JsValue, JsValue>;

    /// Shows what may keep a code from coming this way, in a country; in the one where the browser is
    /// where none is named.
    #[wasm_bindgen(method)]
    pub(super) fn help(this: &Page, country: &str, channel: &str);

    /// A country as a list shows it; empty where the search does not fit.
    #[wasm_bindgen(method)]
    pub(crate) fn country(this: &Page, iso: &str, code: &str, search: &str) -> String;

    /// Reports the delivery status of a code, or the code itself, until the next call.
    #[wasm_bindgen(method)]
    pub(super) fn watch(this: &Page, path: &str, heard: &JsValue);

    /// Whether the browser prints; those inside of other apps do not.
    #[wasm_bindgen(method, js_name = canPrint)]
    pub(super) fn can_print(this: &Page) -> bool;

    /// Most likely the phone that has the app: 1 for an iPhone, 2 for another one; 0 otherwise.
    #[wasm_bindgen(method)]
    pub(super) fn phone(this: &Page) -> u8;

    /// Another screen is shown, by its name for the host; the focus may follow.
    #[wasm_bindgen(method)]
    pub(crate) fn shown(this: &Page, step: &str, focuses: bool);

    /// Puts the focus where the person goes on, unless they are elsewhere on the page.
    #[wasm_bindgen(method)]
    pub(crate) fn focus(this: &Page);

    /// `ltr` or `rtl`: how the language is written.
    #[wasm_bindgen(method, getter)]
    pub(super) fn direction(this: &Page) -> String;

    /// An id that nobody else on the page has.
    #[wasm_bindgen(method)]
    pub(crate) fn id(this: &Page, name: &str) -> String;

    /// Puts the field outside of the shadow tree; what comes back takes its place. Nothing
    /// where there is no such tree.
    #[wasm_bindgen(method)]
    pub(crate) fn place(
        this: &Page,
        input: &web_sys::Element,
        label: &str,
        help: &str,
    ) -> Option<web_sys::Element>;

    /// Whether leaving now asks first.
    #[wasm_bindgen(method)]
    pub(super) fn guard(this: &Page, on: bool);

    /// Into the clipboard.
    #[wasm_bindgen(method, catch)]
    pub(super) async fn copy(this: &Page, text: &str) -> Result<(), JsValue>;

    /// As a text file.
    #[wasm_bindgen(method)]
    pub(super) fn download(this: &Page, name: &str, text: &str);

    /// On a page of its own.
    #[wasm_bindgen(method)]
    pub(super) fn print(this: &Page, title: &str, lines: Vec<JsValue>);

    /// The result goes to the host.
    #[wasm_bindgen(method)]
    pub(super) fn complete(this: &Page, result_code: &str, outcome: &str);

    /// Whether the last digit of a code sends it.
    #[wasm_bindgen(method, getter, js_name = submitsItself)]
    pub(super) fn submits_itself(this: &Page) -> bool;

    /// What was typed before the widget was there.
    #[wasm_bindgen(method, getter, js_name = typedEarly)]
    pub(super) fn typed_early(this: &Page) -> String;

    /// The field that stood before the widget did; there once.
    #[wasm_bindgen(method, js_name = earlyField)]
    pub(crate) fn early_field(this: &Page) -> Option<web_sys::Element>;

    /// Whether the browser's own "back" should lead back to the code.
    #[wasm_bindgen(method)]
    pub(crate) fn aside(this: &Page, aside: bool);

    /// Shows the set-up of something new. What comes back says what it waits for, or what became
    /// of it.
    #[wasm_bindgen(method, catch)]
    pub(super) async fn add(
        this: &Page,
        kind: &str,
        replaces: Option<String>,
        keeps_old: bool,
    ) -> Result<JsValue, JsValue>;

    /// A factor was proved: that set-up goes on.
    #[wasm_bindgen(method, catch, js_name = goOn)]
    pub(super) async fn go_on(this: &Page) -> Result<JsValue, JsValue>;

    /// It is left. Whether something was sent that nobody has answered.
    #[wasm_bindgen(method, js_name = endAdding)]
    pub(super) fn end_adding(this: &Page) -> bool;

    /// Whether it is the page on which logins are approved.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn approves(this: &Page) -> bool;

    /// Whether the last login in this browser was by a passkey; `now`, where it is given, says of which
    /// sort this one was.
    #[wasm_bindgen(method, js_name = usedPasskey)]
    pub(super) fn used_passkey(this: &Page, now: JsValue) -> bool;

    /// Asks the browser for a passkey, or for a new one: a list that begins with what became of it.
    /// `asked` is the body of the service's route. An error when the service does not answer.
    #[wasm_bindgen(method, catch)]
    pub(super) async fn passkey(
        this: &Page,
        kind: &str,
        asked: JsValue,
    ) -> Result<JsValue, JsValue>;

    /// Notifies the page of a change, by its kind.
    #[wasm_bindgen(method)]
    pub(super) fn changed(this: &Page, change: &str);

    /// Notifies the page that the person reported a code.
    #[wasm_bindgen(method)]
    pub(super) fn reported(this: &Page);

    /// The host is asked for a new flow.
    #[wasm_bindgen(method)]
    pub(super) fn restart(this: &Page);
}
