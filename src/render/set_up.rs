//! What only a set-up draws: the secret in its forms, and the list of countries.

use leptos::tachys::renderer::Rndr;
use nidan_flow::{
    Enrolment, Event as Happening, Flow, PhoneEntry, SetUpEvent, SetUpInput, VerifiedPhone,
};
use nidan_screens::messages::Msg;
use nidan_screens::methods::done;
use nidan_screens::set_up::SetUpSpecial;
use nidan_screens::{Arg, Words};
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event};

use super::{Draws, element, say};
use crate::qr;
use crate::shell::{Page, Shell};

/// Countries that a search shows.
const FOUND_MAX: usize = 20;

/// What was drawn of it.
pub(crate) enum Drawn {
    /// A secret, of which nothing is kept here.
    Secret,
    /// Words; they are compared with those that stand.
    Words,
    /// Countries, for the search with this number.
    Countries { search: u32, buttons: Vec<Country> },
}

/// A country that can be chosen.
pub(crate) struct Country {
    button: Element,
    _chosen: Closure<dyn FnMut(Event)>,
}

impl Draws for Flow {
    type Drawn = Drawn;

    fn draw(
        shell: Shell<Self>,
        page: &Page,
        element: &Element,
        special: SetUpSpecial<'_>,
        drawn: Option<Drawn>,
    ) -> Drawn {
        match (special, drawn) {
            (SetUpSpecial::Countries(phone), Some(Drawn::Countries { search, buttons }))
                if search == phone.searches =>
            {
                Drawn::Countries { search, buttons }
            }
            (SetUpSpecial::Countries(phone), before) => {
                if let Some(Drawn::Countries { buttons, .. }) = before {
                    buttons.iter().for_each(|one| one.button.remove());
                }
                countries(shell, page, element, phone)
            }
            (SetUpSpecial::Country(..), Some(drawn)) => drawn,
            (SetUpSpecial::Country(phone, iso, before), None) => {
                let country = label(page, phone, iso, "");
                write(
                    element,
                    &[&say(page, Words::of(before)), " ", &country].concat(),
                )
            }
            (SetUpSpecial::Phone(phone, is_main), _) => {
                write(element, &phone_words(page, phone, is_main))
            }
            (
                SetUpSpecial::QrCode(_) | SetUpSpecial::Key(_) | SetUpSpecial::BackupCode(_),
                Some(drawn),
            ) => drawn,
            (SetUpSpecial::QrCode(uri), None) => qr_code(element, uri),
            (SetUpSpecial::Key(draft), None) => {
                element.set_text_content(Some(&draft.key().expose_grouped()));
                Drawn::Secret
            }
            (SetUpSpecial::BackupCode(code), None) => {
                element.set_text_content(Some(&code.expose_grouped()));
                Drawn::Secret
            }
        }
    }
}

/// Real nodes: a strict policy forbids images from data and markup from text. `Label` bounds both
/// names of a secret's URI, so that it always fits into a QR code; a page's address that does not is
/// written below it.
fn qr_code(image: &Element, uri: &str) -> Drawn {
    if let Ok(layout) = qr::layout(uri) {
        let path = element("path");
        Rndr::set_attribute(image, "viewBox", &layout.view_box);
        Rndr::set_attribute(&path, "d", &layout.d);
        Rndr::insert_node(image, &path, None);
    }
    Drawn::Secret
}

fn write(element: &Element, words: &str) -> Drawn {
    if element.text_content().as_deref() != Some(words) {
        element.set_text_content(Some(words));
    }
    Drawn::Words
}

/// "SMS to the number ending in 78 (work)", and which is the main one.
fn phone_words(page: &Page, phone: &VerifiedPhone, is_main: bool) -> String {
    let (hint, name) = (&phone.hint, phone.name.trim());
    let args = [Arg::Text("hint", hint), Arg::Text("name", name)];
    let words = say(page, Words::Message(done(phone.channel.method()), args));
    if !is_main {
        return words;
    }
    let args = [Arg::Text("name", &words), Arg::None];
    say(page, Words::Message(Msg::AnotherMain, args))
}

/// A country as the browser calls it; empty where the search does not fit.
fn label(page: &Page, phone: &PhoneEntry, iso: &str, search: &str) -> String {
    let regions = phone.regions.as_ref();
    let code = regions.and_then(|regions| regions.calling_code(iso));
    page.country(iso, code.unwrap_or_default(), search)
}

fn countries(shell: Shell<Flow>, page: &Page, list: &Element, phone: &PhoneEntry) -> Drawn {
    let named = |iso: &'_ String| (iso.clone(), label(page, phone, iso, &phone.search));
    let found = phone.countries.iter().map(named);
    // A letter that half the world has: what follows narrows it down, and each key stays quick.
    let limit = if phone.search.is_empty() {
        usize::MAX
    } else {
        FOUND_MAX
    };
    let found = found.filter(|(_, label)| !label.is_empty()).take(limit);
    let buttons = found.map(|(iso, label)| country(shell, list, iso, &label));
    Drawn::Countries {
        search: phone.searches,
        buttons: buttons.collect(),
    }
}

fn chosen(iso: String) -> Happening<Enrolment> {
    Happening::On(SetUpEvent::Enter(SetUpInput::Country(iso)))
}

fn country(shell: Shell<Flow>, list: &Element, iso: String, label: &str) -> Country {
    let button = element("button");
    Rndr::set_attribute(&button, "type", "button");
    Rndr::set_attribute(&button, "class", "nidan-country");
    button.set_text_content(Some(label));
    let chosen = Closure::new(move |_| shell.send(chosen(iso.clone())));
    // An element takes every listener.
    let _added = button.add_event_listener_with_callback("click", chosen.as_ref().unchecked_ref());
    Rndr::insert_node(list, &button, None);
    Country {
        button,
        _chosen: chosen,
    }
}
