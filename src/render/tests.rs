//! The renderer on screens of its own: every kind of block, and whatever order they come in.

#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests, and what #[wasm_bindgen] writes"
)]

use leptos::mount::mount_to_renderer;

use nidan_flow::{Machine, Now};
use nidan_protocol::ChallengeView;
use nidan_screens::messages::Msg;
use nidan_screens::{
    Arg, Block, Content, FocusScope, Input, Key, Screen, Shape, Shows, View, Words,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::{Draws, widget};
use crate::shell::{Page, Perform, Shell};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/web/page.js")]
extern "C" {
    #[wasm_bindgen(js_name = newPage)]
    fn new_page(words: &str, answers: &str) -> JsValue;
    fn get(page: &JsValue, name: &str) -> JsValue;
    #[wasm_bindgen(js_name = countWrites)]
    fn count_writes(field: &HtmlInputElement) -> JsValue;
    async fn settle() -> JsValue;
    async fn turn() -> JsValue;
}

/// A block of the toy's screens, as its state says.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Part {
    key: ToyKey,
    index: u8,
    /// Which of its two contents.
    other: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ToyKey {
    Outer,
    Named,
    State,
    Text,
    Cell,
    Form,
    Label,
    Field,
    Tick,
    Send,
    Row,
    RowName,
    Link,
    Special,
}

const SHAPES: [(ToyKey, &str); 14] = [
    (ToyKey::Outer, "0div;class=outer"),
    (ToyKey::Named, "1ul;aria-label=@"),
    (ToyKey::State, "1div"),
    (ToyKey::Text, "1p;role=status"),
    (ToyKey::Cell, "1span;data-label=@"),
    (ToyKey::Form, "1form;novalidate="),
    (ToyKey::Label, "2label;for=toy{}"),
    (ToyKey::Field, "2input;id=toy{};type=text"),
    (ToyKey::Tick, "2input;type=checkbox"),
    (ToyKey::Send, "2button;type=submit"),
    (ToyKey::Row, "1button;type=button"),
    (ToyKey::RowName, "2b"),
    (ToyKey::Link, "1a;target=_blank"),
    (ToyKey::Special, "1svg;role=img;aria-label=@"),
];

impl Key for ToyKey {
    const EARLY_FIELD: Option<Self> = None;

    fn order(self) -> u8 {
        self as u8
    }

    fn row(self) -> u8 {
        match self {
            Self::RowName => Self::Row as u8,
            other => other as u8,
        }
    }

    fn shape(self) -> Shape {
        Shape::new(SHAPES[self as usize].1)
    }
}

/// Shows what it is told to show, and keeps what is typed and done.
#[derive(Default)]
struct Toy {
    parts: Vec<Part>,
    typed: String,
    ticked: bool,
    done: Vec<Act>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Send,
    Type,
    Tick,
    Press(bool),
}

enum Happens {
    Shows(Vec<Part>),
    Types(String),
    Ticks(bool),
    Does(Act),
}

impl Machine for Toy {
    type Event = Happens;
    type Effect = ();

    fn loading() -> Self {
        Self::default()
    }

    fn open() {}

    fn on(mut self, event: Happens, _now: Now) -> (Self, Option<()>) {
        match event {
            Happens::Shows(parts) => self.parts = parts,
            Happens::Types(typed) => {
                self.typed = typed;
                self.done.push(Act::Type);
            }
            Happens::Ticks(ticked) => {
                self.ticked = ticked;
                self.done.push(Act::Tick);
            }
            Happens::Does(act) => self.done.push(act),
        }
        (self, None)
    }

    fn retry(&self) -> Option<(Now, Happens)> {
        None
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        None
    }

    fn would_lose(&self) -> bool {
        false
    }

    fn code_read(code: String) -> Option<Happens> {
        Some(Happens::Types(code))
    }

    fn changed(_challenge: Box<ChallengeView>) -> Option<Happens> {
        None
    }

    fn time_up() -> Happens {
        Happens::Shows(Vec::new())
    }
}

impl Perform for Toy {
    fn perform(_shell: Shell<Self>, (): ()) {}
}

impl Shows for Toy {
    type Key = ToyKey;
    type Action = Act;
    type Special<'a> = bool;

    const FOCUSES_AT_ONCE: bool = true;
    const REMEMBERS_PLAIN_WORDS: bool = true;

    fn screen<'a>(&'a self, _view: View<'a>) -> Screen<'a, Self> {
        Screen {
            scope: Some(FocusScope {
                name: "toy",
                method: None,
                awaits: None,
                fields: 0,
            }),
            is_aside: false,
            blocks: self.parts.iter().map(|part| self.block(*part)).collect(),
        }
    }

    fn event(action: Act, _index: u8, input: Input) -> Happens {
        match input {
            Input::None => Happens::Does(action),
            Input::Text(typed) => Happens::Types(typed),
            Input::Ticked(ticked) => Happens::Ticks(ticked),
        }
    }
}

impl Draws for Toy {
    type Drawn = u32;

    fn draw(
        _shell: Shell<Self>,
        _page: &Page,
        element: &Element,
        special: bool,
        drawn: Option<u32>,
    ) -> u32 {
        let _set = element.set_attribute("data-special", if special { "b" } else { "a" });
        drawn.unwrap_or_default() + 1
    }
}

impl Toy {
    fn block(&self, part: Part) -> Block<'_, Self> {
        let one = |a: &'static str, b: &'static str| if part.other { b } else { a };
        let words = Words::Verbatim(one("a", "b"));
        let content = match part.key {
            ToyKey::Outer => Content::Group,
            ToyKey::Named => Content::Named(Msg::CommonNext),
            ToyKey::State => Content::State("data-state", part.other.then_some("on")),
            ToyKey::Label if !part.other => Content::Text(Words::of(Msg::CommonNext)),
            ToyKey::Text | ToyKey::Label | ToyKey::RowName => Content::Text(words),
            ToyKey::Cell => Content::Cell(Msg::CommonBack, words),
            ToyKey::Form => Content::Form(Act::Send),
            ToyKey::Field => Content::Field {
                value: &self.typed,
                is_filled_in: true,
                label: (Msg::CommonBack, Arg::None),
                help: None,
                is_invalid: part.other,
                action: Act::Type,
            },
            ToyKey::Tick => Content::Checkbox {
                is_ticked: self.ticked,
                action: Act::Tick,
            },
            ToyKey::Send => Content::Button {
                label: words,
                is_disabled: part.other,
                action: Act::Send,
            },
            ToyKey::Row => Content::Button {
                label: Words::None,
                is_disabled: false,
                action: Act::Press(part.other),
            },
            ToyKey::Link => Content::Link {
                label: words,
                url: "https://example.com/",
            },
            ToyKey::Special => Content::Special(Some(Msg::CommonNext), part.other),
        };
        Block {
            key: part.key,
            index: part.index,
            content,
        }
    }
}

/// The toy on a page of its own; it leaves when this is dropped.
struct Stage {
    host: HtmlElement,
    page: JsValue,
    shell: Shell<Toy>,
    _mounted: Box<dyn std::any::Any>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.host.remove();
    }
}

impl Stage {
    async fn new() -> Self {
        let document = leptos::prelude::document();
        let host: HtmlElement = document.create_element("div").unwrap().unchecked_into();
        document.body().unwrap().append_child(&host).unwrap();
        let page = new_page(include_str!("../../locales/en.json"), "[]");
        let shell = std::rc::Rc::new(std::cell::Cell::new(None));
        let (told, js) = (shell.clone(), page.clone().unchecked_into());
        let mounted = mount_to_renderer(&host, move || {
            let started = Shell::<Toy>::start(js);
            told.set(Some(started.0));
            widget(started)
        });
        settle().await;
        Self {
            host,
            page,
            shell: shell.get().unwrap(),
            _mounted: Box::new(mounted),
        }
    }

    async fn show(&self, parts: &[Part]) {
        self.shell.send(Happens::Shows(parts.to_vec()));
        turn().await;
    }

    fn find(&self, selector: &str) -> Option<Element> {
        self.host.query_selector(selector).unwrap()
    }

    fn done(&self) -> Vec<Act> {
        self.shell.peek(|toy| toy.done.clone())
    }
}

const fn part(key: ToyKey) -> Part {
    Part {
        key,
        index: 0,
        other: false,
    }
}

const fn other(key: ToyKey) -> Part {
    Part {
        key,
        index: 0,
        other: true,
    }
}

/// Its outer HTML without what browsers differ in.
fn html(element: &Element) -> String {
    element.outer_html().replace("=\"\"", "")
}

#[wasm_bindgen_test]
async fn each_kind_of_block_appears_changes_and_goes() {
    let stage = Stage::new().await;
    let kinds = [
        (
            ToyKey::Named,
            "ul",
            "<ul aria-label=\"Continue\"></ul>",
            None,
        ),
        (
            ToyKey::State,
            ".outer > div",
            "<div></div>",
            Some("<div data-state=\"on\"></div>"),
        ),
        (
            ToyKey::Text,
            "p",
            "<p role=\"status\">a</p>",
            Some("<p role=\"status\">b</p>"),
        ),
        (
            ToyKey::Cell,
            "span",
            "<span data-label=\"Back\">a</span>",
            Some("<span data-label=\"Back\">b</span>"),
        ),
        (ToyKey::Form, "form", "<form novalidate></form>", None),
        (
            ToyKey::Link,
            "a",
            "<a target=\"_blank\" href=\"https://example.com/\">a</a>",
            Some("<a target=\"_blank\" href=\"https://example.com/\">b</a>"),
        ),
        (
            ToyKey::Special,
            "svg",
            "<svg role=\"img\" aria-label=\"Continue\" data-special=\"a\"></svg>",
            Some("<svg role=\"img\" aria-label=\"Continue\" data-special=\"b\"></svg>"),
        ),
    ];
    for (key, selector, first, then) in kinds {
        stage.show(&[part(ToyKey::Outer)]).await;
        assert!(stage.find(selector).is_none(), "{key:?} is there already");
        stage.show(&[part(ToyKey::Outer), part(key)]).await;
        let stands = stage.find(selector).unwrap();
        assert_eq!(html(&stands), first);
        stage.show(&[part(ToyKey::Outer), other(key)]).await;
        assert!(stage.find(selector).unwrap().is_same_node(Some(&stands)));
        assert_eq!(
            html(&stands),
            then.unwrap_or(first),
            "{key:?} changes in its place"
        );
    }
    stage.show(&[]).await;
    assert_eq!(stage.find("section").unwrap().inner_html(), "");
}

/// A text of the catalogue that is remembered gives way to another, and comes back.
#[wasm_bindgen_test]
async fn a_remembered_text_comes_back_after_another() {
    let stage = Stage::new().await;
    let [outer, form] = [ToyKey::Outer, ToyKey::Form].map(part);
    for (label, says) in [
        (part(ToyKey::Label), "Continue"),
        (other(ToyKey::Label), "b"),
        (part(ToyKey::Label), "Continue"),
    ] {
        stage.show(&[outer, form, label]).await;
        let text = stage.find("label").unwrap().text_content();
        assert_eq!(text.as_deref(), Some(says));
    }
}

#[wasm_bindgen_test]
async fn fields_boxes_and_buttons_do_what_their_actions_say() {
    let stage = Stage::new().await;
    let all = [
        ToyKey::Outer,
        ToyKey::Form,
        ToyKey::Field,
        ToyKey::Tick,
        ToyKey::Send,
    ]
    .map(part);
    stage.show(&all).await;
    let field: HtmlInputElement = stage.find("#toy").unwrap().unchecked_into();
    field.set_value("12 34");
    field
        .dispatch_event(&web_sys::Event::new("input").unwrap())
        .unwrap();
    let tick: HtmlInputElement = stage.find("[type=checkbox]").unwrap().unchecked_into();
    tick.click();
    let send: HtmlElement = stage.find("button").unwrap().unchecked_into();
    send.click();
    turn().await;
    assert_eq!(
        stage.done(),
        [Act::Type, Act::Tick, Act::Send],
        "a press sends once"
    );
    assert_eq!(
        stage.shell.peek(|toy| (toy.typed.clone(), toy.ticked)),
        ("12 34".to_owned(), true)
    );
    let mut closed = all;
    closed[4] = other(ToyKey::Send);
    closed[2] = other(ToyKey::Field);
    stage.show(&closed).await;
    send.click();
    assert!(send.has_attribute("disabled") && stage.done().len() == 3);
    assert_eq!(field.get_attribute("aria-invalid").as_deref(), Some("true"));
    stage.show(&all).await;
    assert!(!send.has_attribute("disabled") && !field.has_attribute("aria-invalid"));
}

#[wasm_bindgen_test]
async fn another_action_is_another_button_and_the_focus_does_not_get_lost() {
    let stage = Stage::new().await;
    let parts = [
        part(ToyKey::Outer),
        part(ToyKey::Row),
        part(ToyKey::RowName),
    ];
    stage.show(&parts).await;
    let first: HtmlElement = stage.find("button").unwrap().unchecked_into();
    first.focus().unwrap();
    assert_eq!(html(&first), "<button type=\"button\"><b>a</b></button>");
    stage
        .show(&[
            part(ToyKey::Outer),
            other(ToyKey::Row),
            part(ToyKey::RowName),
        ])
        .await;
    let second: HtmlElement = stage.find("button").unwrap().unchecked_into();
    assert!(!second.is_same_node(Some(&first)));
    assert_eq!(
        html(&second),
        "<button type=\"button\"><b>a</b></button>",
        "what is in it came along"
    );
    assert_eq!(
        get(&stage.page, "focused").as_f64(),
        Some(1.0),
        "the page puts the focus back"
    );
    first.click();
    second.click();
    turn().await;
    assert_eq!(
        stage.done(),
        [Act::Press(true)],
        "the one that is gone does nothing"
    );
}

/// Over a thousand redraws, in which other blocks come, change and go around it.
#[wasm_bindgen_test]
async fn a_field_keeps_its_text_its_caret_its_focus_and_what_is_composed_in_it() {
    let stage = Stage::new().await;
    let around = [
        ToyKey::Named,
        ToyKey::Text,
        ToyKey::Cell,
        ToyKey::Row,
        ToyKey::Link,
    ];
    stage
        .show(&[ToyKey::Outer, ToyKey::Form, ToyKey::Field].map(part))
        .await;
    let field: HtmlInputElement = stage.find("#toy").unwrap().unchecked_into();
    field.set_value("123456");
    field
        .dispatch_event(&web_sys::Event::new("input").unwrap())
        .unwrap();
    turn().await;
    field.focus().unwrap();
    field.set_selection_range(2, 4).unwrap();
    field
        .dispatch_event(&web_sys::Event::new("compositionstart").unwrap())
        .unwrap();
    let watched = count_writes(&field);
    let mut chance = 7_u32;
    for round in 0..1_000_u32 {
        let mut parts = vec![part(ToyKey::Outer)];
        for key in around {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match chance >> 30 {
                0 => {}
                1 => parts.push(part(key)),
                _ => parts.push(other(key)),
            }
        }
        parts.extend([part(ToyKey::Form), part(ToyKey::Field)]);
        parts.sort_by_key(|part| part.key as u8);
        stage.show(&parts).await;
        assert!(
            stage.find("#toy").unwrap().is_same_node(Some(&field)),
            "round {round}"
        );
    }
    assert_eq!(field.value(), "123456");
    let caret = (
        field.selection_start().unwrap(),
        field.selection_end().unwrap(),
    );
    assert_eq!(caret, (Some(2), Some(4)));
    let focused = leptos::prelude::document().active_element().unwrap();
    assert!(focused.is_same_node(Some(&field)));
    assert_eq!(
        get(&watched, "writes").as_f64(),
        Some(0.0),
        "nothing is written while it is composed"
    );
    assert_eq!(
        get(&watched, "ends").as_f64(),
        Some(0.0),
        "and the composition goes on"
    );
}

/// Whatever screen follows whatever screen, the elements are those of its blocks, in their order.
#[wasm_bindgen_test]
async fn any_screen_follows_any_other() {
    let stage = Stage::new().await;
    let mut chance = 1_u32;
    let mut below = |end: u32| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (chance >> 8) % end
    };
    for round in 0..500 {
        let mut parts = Vec::new();
        let mut holds = false;
        for (key, line) in SHAPES {
            let inner = line.starts_with('2');
            for index in 0..(if key == ToyKey::Row { 1 + below(2) } else { 1 }) {
                let is_there = below(3) > 0
                    && (!inner || holds)
                    && (!parts.is_empty() || key == ToyKey::Outer);
                let is_in_row = key == ToyKey::RowName;
                if is_there && !is_in_row {
                    parts.push(Part {
                        key,
                        index: index as u8,
                        other: below(2) > 0,
                    });
                }
                if !inner && key != ToyKey::Outer {
                    holds = is_there && key == ToyKey::Form;
                }
            }
        }
        stage.show(&parts).await;
        let expected: Vec<_> = parts.iter().map(|part| part.key.shape().tag()).collect();
        let all = stage.host.query_selector_all("section *").unwrap();
        let found: Vec<_> = (0..all.length())
            .map(|at| all.item(at).unwrap().node_name().to_lowercase())
            .collect();
        assert_eq!(found, expected, "round {round}");
    }
}
