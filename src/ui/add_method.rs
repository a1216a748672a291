//! What is set up so far, and what could come beside it.

use nidan_protocol::MethodKind;

use super::components::{actions, heading, primary_button, screen, secondary_button, text};
use super::dom::{Dom, h};
use super::methods::{card, done};
use crate::shell::Shell;
use nidan_flow::{Event, VerifiedPhone};
use nidan_screens::messages::Msg;

/// A second method is recommended, never forced.
pub(super) fn add_method(shell: Shell) -> Dom {
    let (app, phones, addable) = shell
        .enrolment_now(|enrolment| {
            (
                enrolment.has_app(),
                enrolment.phones.clone(),
                enrolment.addable().collect::<Vec<_>>(),
            )
        })
        .unwrap_or_default();
    let app = app.then(|| h("li").say(shell, Msg::MethodTotpName));
    let set = h("ul")
        .class("nidan-proof")
        .children(app)
        .children(phones.iter().enumerate().map(|(place, phone)| {
            let named = phone_words(shell, phone);
            let is_main = place == 0 && phones.len() > 1;
            h("li").text(&if is_main {
                shell.t_with(Msg::AnotherMain, &[("name", &named)])
            } else {
                named
            })
        }));
    let add =
        |kind: MethodKind| secondary_button(shell, card(kind).choose, move || Event::Choose(kind));
    screen(shell, Msg::AnotherTitle)
        .child(set)
        .child(heading(shell, Msg::AnotherMore))
        .child(text(shell, Msg::AnotherWhy))
        .child(
            h("div")
                .class("nidan-tools")
                .children(addable.into_iter().map(add)),
        )
        .child(actions(
            shell,
            primary_button(shell, Msg::CommonNext, || Event::Next),
            false,
        ))
}

fn phone_words(shell: Shell, phone: &VerifiedPhone) -> String {
    kind_words(shell, phone.channel.method(), &phone.hint, &phone.name)
}

/// "SMS to the number ending in 78 (work)".
pub(super) fn kind_words(shell: Shell, kind: MethodKind, hint: &str, name: &str) -> String {
    shell.t_with(done(kind), &[("hint", hint), ("name", name.trim())])
}
