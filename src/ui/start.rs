//! What this is, and which method.

use nidan_protocol::MethodKind;

use super::components::{
    actions, bare_primary_button, bare_secondary_button, details, heading, list, primary_button,
    screen, secondary_button, text,
};
use super::dom::{Dom, h};
use super::methods::{self, Card};
use crate::shell::Shell;
use nidan_flow::{Enrolment, Event};
use nidan_screens::messages::Msg;

/// What two-step verification is, why, how long it takes, and what to have at hand.
pub(super) fn start(shell: Shell) -> Dom {
    let why = list(
        shell,
        &[
            Msg::StartWhyReuse,
            Msg::StartWhyPhishing,
            Msg::StartWhyReach,
        ],
    );
    let by_phone = |enrolment: &Enrolment| {
        enrolment
            .opening
            .methods
            .iter()
            .any(|kind| kind.class().channel().is_some())
    };
    let have: &[Msg] = if shell.enrolment_now(by_phone) == Some(true) {
        &[Msg::StartHaveLine, Msg::StartHavePaper]
    } else {
        &[Msg::StartHavePhone, Msg::StartHaveApp, Msg::StartHavePaper]
    };
    screen(shell, Msg::StartTitle)
        .child(text(shell, Msg::StartWhat))
        .child(
            h("div")
                .class("nidan-advice")
                .child(text(shell, Msg::StartAdvice))
                .child(text(shell, Msg::StartTime)),
        )
        .child(heading(shell, Msg::StartHaveTitle))
        .child(list(shell, have))
        .child(details(shell, Msg::StartWhyTitle, why))
        .child(actions(
            shell,
            primary_button(shell, Msg::StartBegin, || Event::Next),
            false,
        ))
}

/// The methods on offer, the recommended one first: what each needs, where it is strong and where
/// weak.
pub(super) fn method(shell: Shell) -> Dom {
    let methods = shell
        .enrolment_now(|enrolment| enrolment.opening.methods.clone())
        .unwrap_or_default();
    let cards = methods
        .into_iter()
        .enumerate()
        .map(|(place, kind)| card(shell, kind, place == 0));
    let back =
        h("div")
            .class("nidan-actions")
            .child(secondary_button(shell, Msg::CommonBack, || Event::Back));
    screen(shell, Msg::MethodTitle)
        .children(cards)
        .child(text(shell, Msg::MethodBackupNote))
        .child(back)
}

fn card(shell: Shell, kind: MethodKind, recommended: bool) -> Dom {
    let Card {
        name,
        what,
        needs,
        strengths,
        weaknesses,
        choose,
    } = methods::card(kind);
    let title = h("h3").child(h("span").say(shell, name));
    let title = if recommended {
        title.child(h("small").say(shell, Msg::MethodRecommended))
    } else {
        title
    };
    let facts = [
        (Msg::MethodNeeds, needs),
        (Msg::MethodStrengths, strengths),
        (Msg::MethodWeaknesses, weaknesses),
    ];
    let facts = facts.map(|(name, fact)| [h("dt").say(shell, name), h("dd").say(shell, fact)]);
    let button = if recommended {
        bare_primary_button()
    } else {
        bare_secondary_button()
    };
    h("article")
        .class("nidan-card")
        .attr("part", "card")
        .child(title)
        .child(text(shell, what))
        .child(h("dl").children(facts.into_iter().flatten()))
        .child(
            button
                .say(shell, choose)
                .on("click", move |_| shell.send(Event::Choose(kind))),
        )
}
