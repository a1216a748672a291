//! Draws any screen, and knows none.
//!
//! Blocks come in ascending order, on every screen the same, so a screen is merged into what is
//! drawn as one sorted list into another: what is in both stays, with its focus, its caret and what
//! is being composed in it; only what differs is written.

mod mounted;
mod set_up;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use mounted::Widget;
pub(crate) use words::say;

use std::convert::Infallible;

use leptos::reactive::effect::RenderEffect;
use leptos::tachys::renderer::Rndr;
use nidan_flow::{Approve, Login, Manage};
use nidan_screens::messages::{Msg, fill_with};
use nidan_screens::{Arg, Block, Content, FocusScope, Input, Key, Label, Screen, Shows, Words};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlInputElement, Node};

use crate::shell::{Callbacks, Page, Perform, Shell};

/// Elements of drawings need their namespace to be drawn.
const SVG: &str = "http://www.w3.org/2000/svg";

/// Draws what only the screens of one machine have.
pub(crate) trait Draws: Shows + Perform {
    /// What was drawn of it, besides its element.
    type Drawn;

    /// Draws it into its element, unless the same is drawn already.
    fn draw(
        shell: Shell<Self>,
        page: &Page,
        element: &Element,
        special: Self::Special<'_>,
        drawn: Option<Self::Drawn>,
    ) -> Self::Drawn;
}

impl Draws for Login {
    type Drawn = Infallible;

    fn draw(
        _shell: Shell<Self>,
        _page: &Page,
        _element: &Element,
        special: Infallible,
        _drawn: Option<Infallible>,
    ) -> Infallible {
        special
    }
}

impl Draws for Manage {
    type Drawn = Infallible;

    fn draw(
        _shell: Shell<Self>,
        _page: &Page,
        _element: &Element,
        special: Infallible,
        _drawn: Option<Infallible>,
    ) -> Infallible {
        special
    }
}

impl Draws for Approve {
    type Drawn = Infallible;

    fn draw(
        _shell: Shell<Self>,
        _page: &Page,
        _element: &Element,
        special: Infallible,
        _drawn: Option<Infallible>,
    ) -> Infallible {
        special
    }
}

/// The whole widget, following its state and the time.
pub(crate) fn widget<M: Draws>((shell, callbacks): (Shell<M>, Callbacks)) -> Widget {
    let root = element("section");
    let attributes = [
        ("class", "nidan"),
        ("part", "frame"),
        ("lang", &shell.locale()),
        ("dir", &shell.direction()),
    ];
    for (name, value) in attributes {
        Rndr::set_attribute(&root, name, value);
    }
    let mut drawn = Drawn {
        root: root.clone(),
        standing: Vec::new(),
        scope: None,
        is_first: true,
        is_aside: false,
    };
    let follows = RenderEffect::new(move |_| drawn.follow(shell));
    Widget::new(root, follows, callbacks)
}

fn element(tag: &str) -> Element {
    let namespace = ["svg", "path"].contains(&tag).then_some(SVG);
    Rndr::create_element(tag, namespace)
}

/// The screen that was drawn last.
struct Drawn<M: Draws> {
    root: Element,
    standing: Vec<Standing<M>>,
    scope: Option<FocusScope>,
    /// Whether no screen was shown yet.
    is_first: bool,
    is_aside: bool,
}

/// A block's element, while it is drawn.
struct Standing<M: Draws> {
    rank: u32,
    action: Option<M::Action>,
    /// Its node in the tree.
    element: Element,
    /// The field itself, where it is outside of the tree and a slot in its place.
    placed: Option<Element>,
    /// The words that were written last.
    words: String,
    /// Their message, where it has no places.
    plain: Option<Msg>,
    special: Option<M::Drawn>,
    _heard: Option<Closure<dyn FnMut(Event)>>,
}

/// What comes with an event.
#[derive(Clone, Copy)]
enum Reads {
    Nothing,
    Text,
    Tick,
}

impl<M: Draws> Drawn<M> {
    fn follow(&mut self, shell: Shell<M>) {
        let (page, gone, scope, is_aside) = shell.screen(|page, screen| {
            let (scope, is_aside) = (screen.scope, screen.is_aside);
            let gone = self.merge(shell, page, screen);
            (page.clone(), gone, scope, is_aside)
        });
        // The state is no longer borrowed, and nothing below needs the shell: what goes may have
        // the focus, and a page that is notified of it may take the whole widget off.
        let has_focus = |one: &Standing<M>| one.element.matches(":focus-within") == Ok(true);
        let lost_focus = gone.iter().any(has_focus);
        gone.iter().for_each(|one| one.element.remove());
        if self.scope != scope {
            self.scope = scope;
            if let Some(scope) = scope {
                let is_first = std::mem::replace(&mut self.is_first, false);
                page.shown(scope.name, !is_first || M::FOCUSES_AT_ONCE);
            }
        } else if lost_focus {
            page.focus();
        }
        if self.is_aside != is_aside {
            self.is_aside = is_aside;
            page.aside(is_aside);
        }
    }

    /// Brings the tree in line with the screen; what no longer belongs to it comes back.
    fn merge(&mut self, shell: Shell<M>, page: &Page, screen: Screen<'_, M>) -> Vec<Standing<M>> {
        let mut before = std::mem::take(&mut self.standing).into_iter().peekable();
        let mut gone = Vec::new();
        // The element that the next block of each depth belongs to, whether it is new, and the last
        // one in it.
        let mut parents: Vec<(Element, bool, Option<Element>)> =
            vec![(self.root.clone(), false, None)];
        for block in screen.blocks {
            let (rank, depth) = (block.rank(), block.key.shape().depth());
            while let Some(old) = before.next_if(|old| old.rank < rank) {
                gone.push(old);
            }
            parents.truncate(depth + 1);
            let action = block.content.action();
            // What stood in another element goes with it.
            let moved = parents.last().is_some_and(|(_, is_new, _)| *is_new);
            let stands = before.next_if(|old| !moved && old.rank == rank && old.action == action);
            let is_new = stands.is_none();
            let mut one = stands.unwrap_or_else(|| make(shell, page, &block, rank));
            if let Some((parent, _, last)) = parents.last_mut() {
                if is_new {
                    insert(parent, last.as_ref(), &one.element);
                }
                *last = Some(one.element.clone());
            }
            parents.push((one.element.clone(), is_new, None));
            update(shell, page, &mut one, block.content);
            self.standing.push(one);
        }
        gone.extend(before);
        gone
    }
}

fn insert(parent: &Element, after: Option<&Element>, element: &Element) {
    let next: Option<Node> = match after {
        Some(after) => after.next_sibling(),
        None => parent.first_child(),
    };
    Rndr::insert_node(parent, element, next.as_ref());
}

fn make<M: Draws>(shell: Shell<M>, page: &Page, block: &Block<'_, M>, rank: u32) -> Standing<M> {
    let shape = block.key.shape();
    let early = (M::Key::EARLY_FIELD == Some(block.key)).then(|| page.early_field());
    let made = early.flatten().unwrap_or_else(|| element(shape.tag()));
    let name = block.content.name();
    shape.attributes(|attribute, value| {
        let value = match (value, name) {
            ("@", Some(name)) => page.words(name as u32, 0.0),
            (value, _) => fill_with(value, |_, id| id.push_str(&page.id(""))),
        };
        Rndr::set_attribute(&made, attribute, &value);
    });
    let slot = match &block.content {
        Content::Field {
            is_filled_in: true,
            label,
            help,
            ..
        } => {
            let help = help.map_or(Words::None, Words::of);
            page.place(&made, &say(page, named(*label)), &say(page, help))
        }
        Content::Link { url, .. } => {
            Rndr::set_attribute(&made, "href", url);
            None
        }
        _other => None,
    };
    // Not before it stands where it stays: a page may hear of its move and write into it.
    let action = block.content.action();
    let heard = action.map(|action| {
        let (event, reads) = hears(&block.content);
        listen(shell, &made, event, reads, action, block.index)
    });
    let (element, placed) = match slot {
        Some(slot) => (slot, Some(made)),
        None => (made, None),
    };
    Standing {
        rank,
        action,
        element,
        placed,
        words: String::new(),
        plain: None,
        special: None,
        _heard: heard,
    }
}

/// The event of the action, and what comes with it.
const fn hears<M: Shows>(content: &Content<'_, M>) -> (&'static str, Reads) {
    match content {
        Content::Form(_) => ("submit", Reads::Nothing),
        Content::Field { .. } => ("input", Reads::Text),
        Content::Checkbox { .. } => ("change", Reads::Tick),
        Content::Button { .. }
        | Content::Group
        | Content::Named(_)
        | Content::State(..)
        | Content::Text(_)
        | Content::Cell(..)
        | Content::Link { .. }
        | Content::Special(..) => ("click", Reads::Nothing),
    }
}

fn listen<M: Draws>(
    shell: Shell<M>,
    element: &Element,
    event: &str,
    reads: Reads,
    action: M::Action,
    index: u8,
) -> Closure<dyn FnMut(Event)> {
    let heard = Closure::new(move |event: Event| {
        // A form is sent by the state machine, and a pressed button does not send it besides.
        event.prevent_default();
        let field = target(&event);
        let input = match (reads, field) {
            (Reads::Text, Some(field)) => Input::Text(field.value()),
            (Reads::Tick, Some(field)) => Input::Ticked(field.checked()),
            (Reads::Nothing, _) | (_, None) => Input::None,
        };
        shell.send(M::event(action, index, input));
    });
    // An element takes every listener.
    let _added = element.add_event_listener_with_callback(event, heard.as_ref().unchecked_ref());
    heard
}

/// Writes what differs, and nothing else: the same words again would be read out again, and the
/// same text in a field would move its caret.
fn update<M: Draws>(shell: Shell<M>, page: &Page, one: &mut Standing<M>, content: Content<'_, M>) {
    match content {
        Content::Group | Content::Named(_) | Content::Form(_) => {}
        Content::State(name, value) => set(&one.element, name, value),
        Content::Text(words) | Content::Cell(_, words) => write(page, one, words),
        Content::Link { label, .. } => write(page, one, label),
        Content::Button {
            label, is_disabled, ..
        } => {
            write(page, one, label);
            set(&one.element, "disabled", is_disabled.then_some(""));
        }
        Content::Checkbox { is_ticked, .. } => {
            if let Some(input) = one.element.dyn_ref::<HtmlInputElement>() {
                input.set_checked(is_ticked);
            }
        }
        Content::Field {
            value,
            label,
            is_invalid,
            ..
        } => fill_field(page, one, value, named(label), is_invalid),
        Content::Special(_, special) => {
            let drawn = one.special.take();
            one.special = Some(M::draw(shell, page, &one.element, special, drawn));
        }
    }
}

const fn named((msg, arg): Label<'_>) -> Words<'_> {
    Words::Message(msg, [arg, Arg::None])
}

fn fill_field<M: Draws>(
    page: &Page,
    one: &mut Standing<M>,
    value: &str,
    label: Words<'_>,
    is_invalid: bool,
) {
    let field = one.placed.as_ref().unwrap_or(&one.element);
    if let Some(input) = field.dyn_ref::<HtmlInputElement>()
        && input.value() != value
    {
        input.set_value(value);
    }
    set(field, "aria-invalid", is_invalid.then_some("true"));
    if one.placed.is_none() {
        return;
    }
    // Outside of the tree no label leads to it.
    let label = say(page, label);
    if one.words != label {
        Rndr::set_attribute(field, "aria-label", &label);
        one.words = label;
    }
}

/// An attribute that comes and goes.
fn set(element: &Element, name: &str, value: Option<&str>) {
    match value {
        Some(value) if element.get_attribute(name).as_deref() != Some(value) => {
            Rndr::set_attribute(element, name, value);
        }
        None if element.has_attribute(name) => Rndr::remove_attribute(element, name),
        Some(_) | None => {}
    }
}

fn write<M: Draws>(page: &Page, one: &mut Standing<M>, words: Words<'_>) {
    // Most words have no places: the same message is the same text, and nobody is asked for it.
    let plain = match words {
        Words::Message(msg, [Arg::None, Arg::None]) if M::REMEMBERS_PLAIN_WORDS => Some(msg),
        _other => None,
    };
    if plain.is_some() && one.plain == plain {
        return;
    }
    one.plain = plain;
    let words = say(page, words);
    if one.words != words {
        one.element.set_text_content(Some(&words));
        one.words = words;
    }
}

/// The text in a field, or whether a box is ticked.
fn target(event: &Event) -> Option<HtmlInputElement> {
    event.target()?.dyn_into().ok()
}
