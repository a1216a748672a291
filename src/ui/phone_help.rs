//! "The code does not arrive": one question at a time, then every way on.

use leptos::prelude::*;
use nidan_protocol::{Channel, DeliveryState, MethodKind};

use super::components::{
    actions, bare_primary_button, bare_secondary_button, copy_status, details, opens, paragraph,
    screen, secondary_button,
};
use super::dom::{Dom, h};
use super::phone_code::{again, switch};
use crate::shell::Shell;
use nidan_flow::{Enrolment, Event, Step};
use nidan_screens::messages::Msg;

/// The question where the number is shown once more.
const NUMBER: usize = 0;
const SMS: [Msg; 7] = [
    Msg::HelpNumber,
    Msg::HelpReach,
    Msg::HelpFolder,
    Msg::HelpCarrier,
    Msg::HelpStorage,
    Msg::HelpAbroad,
    Msg::HelpRestart,
];
const VOICE: [Msg; 4] = [
    Msg::HelpNumber,
    Msg::HelpLine,
    Msg::HelpCarrier,
    Msg::HelpHours,
];

/// The question that is open, by its place.
pub(super) fn phone_help(shell: Shell) -> Dom {
    let channel = shell
        .challenge(|challenge| challenge.channel)
        .unwrap_or(Channel::Sms);
    let at = move || {
        let at = |enrolment: &Enrolment| match &enrolment.step {
            Step::PhoneCode { help, .. } => *help,
            _other => None,
        };
        shell.enrolment(at).flatten().unwrap_or(NUMBER)
    };
    let facts = move || {
        shell
            .enrolment(|enrolment| enrolment.phone.help.len())
            .unwrap_or(0)
    };
    screen(shell, Msg::HelpTitle).child(h("div").class("nidan-screen").region(
        move || (at(), facts()),
        move |(at, _)| Some(question(shell, channel, at)),
    ))
}

fn question(shell: Shell, channel: Channel, at: usize) -> Dom {
    let questions = match channel {
        Channel::Sms => SMS.as_slice(),
        Channel::Voice => VOICE.as_slice(),
    };
    let Some(words) = questions.get(at) else {
        return ways_on(shell, channel);
    };
    let count = [
        ("current", shell.number(at as u64 + 1)),
        ("total", shell.number(questions.len() as u64)),
    ];
    let count = count
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let typed = shell.enrolment_now(number).unwrap_or_default();
    let here = h("div")
        .class("nidan-screen")
        .child(paragraph(
            "nidan-help",
            &shell.t_with(Msg::HelpCount, &count),
        ))
        .child(paragraph("", &shell.t_with(*words, &[("number", &typed)])));
    let here = if at == NUMBER {
        here.child(secondary_button(shell, Msg::PhoneChange, || {
            Event::ChangeNumber
        }))
    } else {
        here
    };
    let here = if *words == Msg::HelpCarrier {
        here.children(carriers(shell))
    } else {
        here
    };
    here.child(actions(
        shell,
        bare_primary_button()
            .say(shell, Msg::HelpNext)
            .on("click", move |_| shell.send(Event::Next)),
        true,
    ))
}

/// As it was typed, and as it was dialled.
fn number(enrolment: &Enrolment) -> String {
    let phone = &enrolment.phone;
    let dialled = phone
        .regions
        .as_ref()
        .and_then(|regions| regions.read(&phone.typed, &phone.country).ok());
    dialled.map_or_else(
        || phone.typed.clone(),
        |number| [&phone.typed, " → ", &number.shown].concat(),
    )
}

/// What the carriers of the country have for it: dated facts.
fn carriers(shell: Shell) -> Option<Dom> {
    let help = shell.enrolment_now(|enrolment| enrolment.phone.help.clone())?;
    let (date, facts) = help.split_first()?;
    let (facts, _) = facts.as_chunks::<2>();
    let one = |[name, advice]: &[String; 2]| opens(name, h("p").text(advice));
    let dated = paragraph(
        "nidan-help",
        &shell.t_with(Msg::HelpVerifiedOn, &[("date", date)]),
    );
    Some(h("div").children(facts.iter().map(one)).child(dated))
}

/// Every way that is left.
fn ways_on(shell: Shell, channel: Channel) -> Dom {
    let failed =
        shell.challenge(|challenge| challenge.delivery == DeliveryState::Failed) == Some(true);
    let app = shell
        .enrolment_now(|enrolment| enrolment.adds(MethodKind::Totp))
        .unwrap_or_default();
    let copied = RwSignal::new(None::<bool>);
    let copy = move || shell.copy(shell.support_summary(), move |done| copied.set(Some(done)));
    h("div")
        .class("nidan-screen")
        .child(h("p").say(
            shell,
            if failed {
                Msg::PhoneFailed
            } else {
                Msg::HelpEnd
            },
        ))
        .child(
            h("div")
                .class("nidan-tools")
                .child(again(shell))
                .children(switch(shell, channel))
                .child(secondary_button(shell, Msg::PhoneChange, || {
                    Event::ChangeNumber
                }))
                .children(app.then(|| {
                    secondary_button(shell, Msg::MethodUse, || Event::Choose(MethodKind::Totp))
                })),
        )
        .child(details(
            shell,
            Msg::HelpSupport,
            h("div")
                .child(paragraph("nidan-help", &shell.support_summary()))
                .child(
                    bare_secondary_button()
                        .say(shell, Msg::HelpCopy)
                        .on("click", move |_| copy()),
                )
                .child(copy_status(shell, copied)),
        ))
        .child(actions(
            shell,
            secondary_button(shell, Msg::CommonBack, || Event::Back),
            false,
        ))
}
