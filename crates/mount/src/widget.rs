//! Options, callbacks, and the handle of a mounted widget.

#![allow(
    unreachable_pub,
    reason = "#[wasm_bindgen] exports from wherever it stands"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Deserialize;
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, Element, Event};

/// What the element takes, as its properties are called.
const OPTIONS: [&str; 9] = [
    "service",
    "flowToken",
    "purpose",
    "locale",
    "completeUrl",
    "manualSubmit",
    "dom",
    "loading",
    "messages",
];
/// Callbacks and the events behind them.
const CALLBACKS: [(&str, &str); 8] = [
    ("onReady", "nidan-ready"),
    ("onStep", "nidan-step"),
    ("onComplete", "nidan-complete"),
    ("onCancel", "nidan-cancel"),
    ("onExpired", "nidan-expired"),
    ("onReported", "nidan-reported"),
    ("onRestart", "nidan-restart"),
    ("onError", "nidan-error"),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    service: String,
    flow_token: String,
    purpose: Option<Purpose>,
    locale: Option<String>,
    complete_url: Option<String>,
    #[serde(default)]
    manual_submit: bool,
    dom: Option<Tree>,
    loading: Option<Loading>,
    messages: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Purpose {
    Verify,
    Enroll,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tree {
    Light,
    Shadow,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Loading {
    Eager,
    Lazy,
}

type Heard = Closure<dyn FnMut(Event)>;

/// A widget on a page.
#[wasm_bindgen]
pub struct Widget {
    element: Element,
    /// Emptied when it is off the page.
    listeners: RefCell<Vec<(&'static str, Heard)>>,
}

/// Puts a `<nidan-flow>` at the end of `parent`. Each callback gets the event's `detail` and the
/// event, which it may cancel.
///
/// # Errors
/// A `TypeError` that names the option or callback that there is not, or that has another type, and
/// what is allowed.
#[wasm_bindgen]
pub fn mount(parent: Element, options: JsValue, callbacks: JsValue) -> Result<Widget, JsValue> {
    only(&options, "option", &OPTIONS)?;
    only(&callbacks, "callback", &CALLBACKS.map(|(name, _)| name))?;
    let options: Options = serde_wasm_bindgen::from_value(options)
        .map_err(|error| wrong(&["options: ", &error.to_string()]))?;
    let document = parent
        .owner_document()
        .ok_or_else(|| wrong(&["the element is in no document"]))?;
    let element = document.create_element("nidan-flow")?;
    options.apply(&element)?;
    let widget = Widget {
        element,
        listeners: RefCell::new(Vec::new()),
    };
    for (name, event) in CALLBACKS {
        let callback = get(&callbacks, name)?;
        if callback.is_undefined() {
            continue;
        }
        let callback: js_sys::Function = callback
            .dyn_into()
            .map_err(|_| wrong(&["callback `", name, "` must be a function"]))?;
        widget.listen(event, callback)?;
    }
    parent.append_child(&widget.element)?;
    Ok(widget)
}

impl Options {
    fn apply(&self, element: &Element) -> Result<(), JsValue> {
        let purpose = self.purpose.as_ref().map(|purpose| match purpose {
            Purpose::Verify => "verify",
            Purpose::Enroll => "enroll",
        });
        let dom = self.dom.as_ref().map(|tree| match tree {
            Tree::Light => "light",
            Tree::Shadow => "shadow",
        });
        let loading = self.loading.as_ref().map(|loading| match loading {
            Loading::Eager => "eager",
            Loading::Lazy => "lazy",
        });
        let texts = [
            ("service", Some(self.service.as_str())),
            ("flow-token", Some(self.flow_token.as_str())),
            ("purpose", purpose),
            ("locale", self.locale.as_deref()),
            ("complete-url", self.complete_url.as_deref()),
            ("manual-submit", self.manual_submit.then_some("")),
            ("dom", dom),
            ("loading", loading),
        ];
        for (name, text) in texts {
            text.map_or(Ok(()), |text| element.set_attribute(name, text))?;
        }
        if let Some(messages) = &self.messages {
            let words = js_sys::Object::new();
            for (key, text) in messages {
                js_sys::Reflect::set(&words, &key.into(), &text.into())?;
            }
            js_sys::Reflect::set(element, &"messages".into(), &words)?;
        }
        Ok(())
    }
}

#[wasm_bindgen]
impl Widget {
    /// The `<nidan-flow>` itself.
    #[wasm_bindgen(getter)]
    pub fn element(&self) -> Element {
        self.element.clone()
    }

    /// Begins anew now.
    ///
    /// # Errors
    /// When the element's script is not there.
    pub fn start(&self) -> Result<(), JsValue> {
        self.call("start").map(|_nothing| ())
    }

    /// Takes the widget off, unless `onCancel` cancels its event; whether it did.
    ///
    /// # Errors
    /// When the element's script is not there.
    pub fn cancel(&self) -> Result<bool, JsValue> {
        self.call("cancel").map(|done| done.is_truthy())
    }

    /// Puts the focus where the person goes on; whether there was such a place.
    ///
    /// # Errors
    /// When the element's script is not there.
    #[wasm_bindgen(js_name = focusFirst)]
    pub fn focus_first(&self) -> Result<bool, JsValue> {
        self.call("focusFirst").map(|done| done.is_truthy())
    }

    /// Off the page, and every callback with it; also from inside of one.
    pub fn unmount(&self) {
        for (event, heard) in self.listeners.take() {
            // An element knows its own listeners.
            let _gone = self
                .element
                .remove_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
            // It may be the one that is running: it ends first.
            wasm_bindgen_futures::spawn_local(async move { drop(heard) });
        }
        self.element.remove();
    }

    fn call(&self, method: &str) -> Result<JsValue, JsValue> {
        let method: js_sys::Function = get(&self.element, method)?.dyn_into()?;
        method.call0(&self.element)
    }

    fn listen(&self, event: &'static str, callback: js_sys::Function) -> Result<(), JsValue> {
        let heard: Heard = Closure::new(move |event: Event| {
            let detail = event
                .dyn_ref::<CustomEvent>()
                .map_or(JsValue::NULL, CustomEvent::detail);
            // What a callback throws is the page's own; as from any listener, it goes to the
            // console and stops nothing.
            if let Err(thrown) = callback.call2(&JsValue::NULL, &detail, &event) {
                wasm_bindgen::throw_val(thrown);
            }
        });
        self.element
            .add_event_listener_with_callback(event, heard.as_ref().unchecked_ref())?;
        self.listeners.borrow_mut().push((event, heard));
        Ok(())
    }
}

/// Refuses names that there are not. serde-wasm-bindgen asks an object for the fields it knows, and
/// never sees others.
fn only(given: &JsValue, what: &str, allowed: &[&str]) -> Result<(), JsValue> {
    if given.is_undefined() || given.is_null() {
        return Ok(());
    }
    let object = given
        .dyn_ref::<js_sys::Object>()
        .ok_or_else(|| wrong(&[what, "s must be an object"]))?;
    for name in js_sys::Object::keys(object)
        .iter()
        .filter_map(|name| name.as_string())
    {
        if !allowed.contains(&name.as_str()) {
            return Err(wrong(&[
                "there is no ",
                what,
                " `",
                &name,
                "`; there are ",
                &allowed.join(", "),
            ]));
        }
    }
    Ok(())
}

fn get(object: &JsValue, name: &str) -> Result<JsValue, JsValue> {
    if object.is_undefined() || object.is_null() {
        Ok(JsValue::UNDEFINED)
    } else {
        js_sys::Reflect::get(object, &name.into())
    }
}

fn wrong(words: &[&str]) -> JsValue {
    js_sys::TypeError::new(&words.concat()).into()
}
