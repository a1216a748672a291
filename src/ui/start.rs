//! What this is, and which method.

use super::dom::{Dom, h};
use super::parts::{actions, details, heading, list, screen, sends, text};
use crate::flow::Event;
use crate::messages::Msg;
use crate::shell::Shell;

/// What two-step verification is, why, how long it takes, and what to have at hand.
pub(super) fn start(shell: Shell) -> Dom {
    let why = list(shell, &[Msg::StartWhyReuse, Msg::StartWhyPhishing, Msg::StartWhyReach]);
    screen(shell, Msg::StartTitle)
        .child(text(shell, Msg::StartWhat))
        .child(h("div").class("nidan-advice").child(text(shell, Msg::StartAdvice)).child(text(shell, Msg::StartTime)))
        .child(heading(shell, Msg::StartHaveTitle))
        .child(list(shell, &[Msg::StartHavePhone, Msg::StartHaveApp, Msg::StartHavePaper]))
        .child(details(shell, Msg::StartWhyTitle, why))
        .child(actions(shell, sends(shell, Msg::StartBegin, || Event::Next), false))
}

/// The methods on offer: what each needs, where it is strong and where weak.
pub(super) fn method(shell: Shell) -> Dom {
    let name =
        h("h3").child(h("span").say(shell, Msg::MethodTotpName)).child(h("small").say(shell, Msg::MethodRecommended));
    let facts = [
        (Msg::MethodNeeds, Msg::MethodTotpNeeds),
        (Msg::MethodStrengths, Msg::MethodTotpStrengths),
        (Msg::MethodWeaknesses, Msg::MethodTotpWeaknesses),
    ];
    let facts = facts.map(|(name, words)| [h("dt").say(shell, name), h("dd").say(shell, words)]);
    let card = h("article")
        .class("nidan-card")
        .attr("part", "card")
        .child(name)
        .child(text(shell, Msg::MethodTotpWhat))
        .child(h("dl").children(facts.into_iter().flatten()));
    screen(shell, Msg::MethodTitle).child(card).child(text(shell, Msg::MethodBackupNote)).child(actions(
        shell,
        sends(shell, Msg::MethodUse, || Event::Next),
        true,
    ))
}
