//! One view type for every screen: an element with its listeners and effects.
//!
//! `view!` gives every element a type of its own, and each type its own code to build, rebuild,
//! mount and unmount: for these screens that was 85 KB of brotli more
//! (docs/decisions/0004-one-view-type.md). This type is a Leptos view like any other, with Leptos'
//! effects inside; there is just one of it.

use leptos::prelude::untrack;
use leptos::reactive::effect::RenderEffect;
use leptos::tachys::renderer::{Rndr, types};
use leptos::tachys::view::{Mountable, Render};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlInputElement};

use crate::shell::Shell;
use nidan_flow::Machine;
use nidan_screens::messages::Msg;

/// SVG elements need their namespace to be drawn.
const SVG: &str = "http://www.w3.org/2000/svg";

/// An element and all that must live as long as it stands. Boxed: chains of builder calls then pass
/// one pointer.
pub(crate) struct Dom(Box<Standing>);

struct Standing {
    element: Element,
    kept: Vec<Kept>,
}

/// Dropped together with the element: effects stop and listeners end.
enum Kept {
    Effect { _runs: RenderEffect<()> },
    Region { _runs: RenderEffect<Option<Dom>> },
    Listener { _called: Closure<dyn FnMut(Event)> },
    Child { _stands: Dom },
}

/// An empty element.
pub(crate) fn h(tag: &'static str) -> Dom {
    Dom::around(Rndr::create_element(tag, None))
}

/// An empty SVG element.
pub(crate) fn svg(tag: &'static str) -> Dom {
    Dom::around(Rndr::create_element(tag, Some(SVG)))
}

impl Dom {
    /// An element that stands already.
    pub(crate) fn around(element: Element) -> Self {
        Self(Box::new(Standing {
            element,
            kept: Vec::new(),
        }))
    }

    /// The words of the catalogue.
    pub(crate) fn say<M: Machine>(self, shell: Shell<M>, msg: Msg) -> Self {
        self.text(&shell.t(msg))
    }

    /// An attribute with words of the catalogue.
    pub(crate) fn say_in<M: Machine>(self, name: &'static str, shell: Shell<M>, msg: Msg) -> Self {
        self.attr(name, &shell.t(msg))
    }

    pub(crate) fn class(self, name: &str) -> Self {
        self.attr("class", name)
    }

    pub(crate) fn attr(self, name: &'static str, value: &str) -> Self {
        set(&self.0.element, name, Some(value));
        self
    }

    /// An attribute without a value, where it holds.
    pub(crate) fn flag(self, name: &'static str, holds: bool) -> Self {
        if holds { self.attr(name, "") } else { self }
    }

    pub(crate) fn text(self, words: &str) -> Self {
        self.0.element.set_text_content(Some(words));
        self
    }

    /// The field where people type: it, or what stands in its place where fields are outside of the
    /// widget's tree.
    pub(crate) fn placed<M: Machine>(self, shell: Shell<M>, label: &str, help: &str) -> Self {
        match shell.place(&self.0.element, label, help) {
            None => self,
            Some(slot) => {
                let mut slot = Self::around(slot);
                slot.0.kept.push(Kept::Child { _stands: self });
                slot
            }
        }
    }

    pub(crate) fn child(mut self, child: Dom) -> Self {
        append(&self.0.element, &child.0.element);
        self.0.kept.push(Kept::Child { _stands: child });
        self
    }

    pub(crate) fn children(self, children: impl IntoIterator<Item = Dom>) -> Self {
        children.into_iter().fold(self, Self::child)
    }

    /// An attribute that follows what the closure reads; `None` takes it away. The same value again
    /// is not written again, so the browser has no style to compute anew.
    pub(crate) fn live_attr(
        self,
        name: &'static str,
        value: impl Fn() -> Option<String> + 'static,
    ) -> Self {
        let element = self.0.element.clone();
        let mut before = None;
        self.follow(Box::new(move || {
            let value = value();
            if before.as_ref() != Some(&value) {
                set(&element, name, value.as_deref());
                before = Some(value);
            }
        }))
    }

    /// Text that follows what the closure reads. The same words again are not written again, so
    /// nothing reads them out.
    pub(crate) fn live_text(self, words: impl Fn() -> Option<String> + 'static) -> Self {
        let element = self.0.element.clone();
        self.follow(Box::new(move || set_words(&element, words())))
    }

    /// Text that is put into words anew only when `key` is another one.
    pub(crate) fn keyed_text<K: PartialEq + Copy + 'static>(
        self,
        key: impl Fn() -> K + 'static,
        words: impl Fn(K) -> Option<String> + 'static,
    ) -> Self {
        let element = self.0.element.clone();
        let mut before = None;
        self.follow(Box::new(move || {
            let key = key();
            if before.replace(key) != Some(key) {
                set_words(&element, untrack(|| words(key)));
            }
        }))
    }

    /// A child that is drawn anew whenever `key` is another one; what changes under the same key
    /// does not draw it.
    pub(crate) fn region<K: PartialEq + Copy + 'static>(
        self,
        key: impl Fn() -> K + 'static,
        draw: impl Fn(K) -> Option<Dom> + 'static,
    ) -> Self {
        let mut before = None;
        self.redraw(Box::new(move || {
            let key = key();
            if before.replace(key) == Some(key) {
                return None;
            }
            // What the drawing reads is not followed: only another key draws anew.
            Some(untrack(|| draw(key)))
        }))
    }

    /// The part of [`region`](Self::region) that there is one of for all keys: the closure answers
    /// what to draw instead of what stands, or `None` to leave it.
    fn redraw(mut self, mut next: Box<dyn FnMut() -> Option<Option<Dom>>>) -> Self {
        let parent = self.0.element.clone();
        let runs = RenderEffect::new(move |before: Option<Option<Dom>>| {
            let before = before.flatten();
            let Some(drawn) = next() else { return before };
            if let Some(before) = before {
                before.0.element.remove();
            }
            if let Some(drawn) = &drawn {
                append(&parent, &drawn.0.element);
            }
            drawn
        });
        self.0.kept.push(Kept::Region { _runs: runs });
        self
    }

    pub(crate) fn on(self, event: &'static str, heard: impl FnMut(Event) + 'static) -> Self {
        self.listen(event, Closure::new(heard))
    }

    /// What stands in a field when it is drawn.
    pub(crate) fn value(self, value: &str) -> Self {
        // The same text again would move the caret.
        if let Some(input) = self
            .0
            .element
            .dyn_ref::<HtmlInputElement>()
            .filter(|input| input.value() != value)
        {
            input.set_value(value);
        }
        self
    }

    /// What stands in a field, also where something else than typing changes it. The text that
    /// stands already is not written again: that would move the caret.
    pub(crate) fn live_value(self, value: impl Fn() -> String + 'static) -> Self {
        let element = self.0.element.clone();
        self.follow(Box::new(move || {
            let value = value();
            if let Some(input) = element
                .dyn_ref::<HtmlInputElement>()
                .filter(|input| input.value() != value)
            {
                input.set_value(&value);
            }
        }))
    }

    /// Whether a box is ticked when it is drawn.
    pub(crate) fn checked(self, checked: bool) -> Self {
        if let Some(input) = self.0.element.dyn_ref::<HtmlInputElement>() {
            input.set_checked(checked);
        }
        self
    }

    fn follow(mut self, mut update: Box<dyn FnMut()>) -> Self {
        self.0.kept.push(Kept::Effect {
            _runs: RenderEffect::new(move |_| update()),
        });
        self
    }

    fn listen(mut self, event: &'static str, called: Closure<dyn FnMut(Event)>) -> Self {
        // An element takes every listener.
        let _added = self
            .0
            .element
            .add_event_listener_with_callback(event, called.as_ref().unchecked_ref());
        self.0.kept.push(Kept::Listener { _called: called });
        self
    }
}

fn set(element: &Element, name: &str, value: Option<&str>) {
    match value {
        Some(value) => Rndr::set_attribute(element, name, value),
        None => Rndr::remove_attribute(element, name),
    }
}

/// Other words go into the text that stands: no node comes or goes, so the browser only lays out a
/// line anew.
#[inline(never)]
fn set_words(element: &Element, words: Option<String>) {
    if element.text_content().as_deref() != Some(words.as_deref().unwrap_or_default()) {
        match element.first_child() {
            Some(text) if words.is_some() => text.set_node_value(words.as_deref()),
            _none => element.set_text_content(words.as_deref()),
        }
    }
}

fn append(parent: &Element, child: &Element) {
    Rndr::insert_node(parent, child, None);
}

impl Render for Dom {
    type State = Self;

    fn build(self) -> Self {
        self
    }

    fn rebuild(self, state: &mut Self) {
        Rndr::insert_node(
            &Rndr::get_parent(&state.0.element).map_or_else(
                || state.0.element.clone().unchecked_into(),
                |parent| parent.unchecked_into::<Element>(),
            ),
            &self.0.element,
            Some(&state.0.element),
        );
        state.0.element.remove();
        *state = self;
    }
}

impl Mountable for Dom {
    fn unmount(&mut self) {
        self.0.element.remove();
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        Rndr::insert_node(parent, &self.0.element, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let Some(parent) = self.0.element.parent_element() else {
            return false;
        };
        child.mount(&parent, Some(&self.0.element));
        true
    }

    fn elements(&self) -> Vec<types::Element> {
        vec![self.0.element.clone()]
    }
}

/// The text in a field, or whether a box is ticked.
pub(crate) fn target(event: &Event) -> Option<HtmlInputElement> {
    event.target()?.dyn_into().ok()
}
