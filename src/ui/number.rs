//! A phone number: whose country, which digits, and what will be dialled.

use nidan_protocol::{Channel, ErrorCode, MethodKind};

use super::components::{
    Field, FieldKind, bare_primary_button, by_the_minute, details, field, opens, paragraph, screen,
    secondary_button, text,
};
use super::dom::{Dom, h, target};
use crate::shell::Shell;
use nidan_flow::regions::NumberError;
use nidan_flow::{Asking, Enrolment, Event, Flow, PhoneRefusal};
use nidan_screens::messages::Msg;

/// A flow lives ten minutes.
const LATER_MAX_MIN: u64 = 10;
/// Countries that a search shows.
const FOUND_MAX: usize = 20;

/// The number is read while it is typed, and shown as it will be dialled before anything is sent.
pub(super) fn number(shell: Shell, channel: Channel) -> Dom {
    let (title, note, send) = match channel {
        Channel::Sms => (Msg::NumberSmsTitle, Msg::NumberSmsNote, Msg::NumberSmsSend),
        Channel::Voice => (
            Msg::NumberVoiceTitle,
            Msg::NumberVoiceNote,
            Msg::NumberVoiceSend,
        ),
    };
    let number_field = Field {
        id: "nidan-number",
        label: shell.t(Msg::NumberLabel),
        help: Some(shell.t(Msg::NumberHelp)),
        value: |flow: &Flow| {
            flow.enrolment()
                .map(|enrolment| enrolment.phone.typed.clone())
                .unwrap_or_default()
        },
        kind: FieldKind::Tel,
        typed: Event::NumberTyped,
        submit: || Event::Next,
    };
    let waits = move || asking(shell) == Some(Asking::Waiting);
    let refused = move || match asking(shell) {
        Some(Asking::Refused(refusal)) => Some(refusal),
        _other => None,
    };
    let button = bare_primary_button()
        .live_text(move || Some(shell.t(if waits() { Msg::CommonLoading } else { send })))
        .on("click", move |_| shell.send(Event::Next));
    let is_landline = move || {
        matches!(
            refused(),
            Some(PhoneRefusal::Service {
                code: ErrorCode::PhoneNotSmsCapable,
                ..
            })
        ) && shell
            .enrolment_now(|enrolment| enrolment.adds(MethodKind::Voice))
            .unwrap_or_default()
    };
    // A call is dear to whoever is called by mistake: the offer says which number it means.
    let call = move |offered: bool| {
        offered.then(|| {
            let number = shell.enrolment(read).flatten().unwrap_or_default();
            h("div")
                .class("nidan-screen")
                .child(paragraph(
                    "nidan-preview",
                    &shell.t_with(Msg::NumberCalls, &[("number", &number)]),
                ))
                .child(secondary_button(shell, Msg::NumberCallInstead, || {
                    Event::Switch(Channel::Voice)
                }))
        })
    };
    let beside = h("div")
        // Every key changes the first, whose line is kept free: nothing else on the page moves.
        // Only the second is for the ear.
        .child(
            h("p")
                .class("nidan-begun")
                .attr("aria-hidden", "true")
                .live_text(move || begun(shell)),
        )
        .child(
            h("div").class("nidan-room").child(
                h("p")
                    .class("nidan-preview")
                    .attr("role", "status")
                    .live_text(move || preview(shell)),
            ),
        )
        .child(h("div").region(is_landline, call))
        .children(without_keys(shell, channel))
        .child(name(shell));
    let error = move || refused().map(|refusal| refusal_words(shell, refusal));
    screen(shell, title)
        .child(text(shell, note))
        .child(h("div").region(move || picked(shell), move |ready| picker(shell, ready)))
        .child(field(shell, number_field, error, Some(beside), button))
}

/// For people who cannot press keys in a call, where the host allows it.
fn without_keys(shell: Shell, channel: Channel) -> Option<Dom> {
    let allowed = shell.enrolment_now(|enrolment| enrolment.opening.allow_unconfirmed_calls)?;
    let offered = match channel {
        Channel::Sms => false,
        Channel::Voice => allowed,
    };
    offered.then(|| secondary_button(shell, Msg::NumberWithoutKeys, || Event::CallUnconfirmed))
}

/// How the last question to the service fares.
pub(super) fn asking(shell: Shell) -> Option<Asking> {
    shell.enrolment(Enrolment::asking).flatten()
}

/// "+81 90-1234-5678: right?"
fn preview(shell: Shell) -> Option<String> {
    if matches!(asking(shell), Some(Asking::Refused(_))) {
        return None;
    }
    let number = shell.enrolment(read).flatten()?;
    Some(shell.t_with(Msg::NumberPreview, &[("number", &number)]))
}

/// The number as it will be dialled, in groups.
fn read(enrolment: &Enrolment) -> Option<String> {
    let phone = &enrolment.phone;
    phone
        .regions
        .as_ref()?
        .read(&phone.typed, &phone.country)
        .ok()
        .map(|number| number.shown)
}

/// "+81 90-12": the number in groups while it is typed. The field itself stays as the person types
/// it.
fn begun(shell: Shell) -> Option<String> {
    let shown = |enrolment: &Enrolment| {
        let phone = &enrolment.phone;
        phone.regions.as_ref()?.begun(&phone.typed, &phone.country)
    };
    shell.enrolment(shown).flatten()
}

/// How often a country was chosen, once the table is there: each choice closes the list.
fn picked(shell: Shell) -> Option<u32> {
    shell
        .enrolment(|enrolment| {
            enrolment
                .phone
                .regions
                .as_ref()
                .map(|_| enrolment.phone.choices)
        })
        .flatten()
}

/// The chosen country, and behind it the others with a search.
fn picker(shell: Shell, picked: Option<u32>) -> Option<Dom> {
    picked?;
    let country = shell.enrolment_now(|enrolment| enrolment.phone.country.clone())?;
    let chosen = [
        &shell.t(Msg::NumberCountry),
        " ",
        &label(shell, &country, ""),
    ]
    .concat();
    let others = shell.enrolment_now(|enrolment| enrolment.phone.countries.len())?;
    if others < 2 {
        return Some(paragraph("nidan-help", &chosen));
    }
    let search = h("input")
        .attr("type", "search")
        .attr("autocomplete", "off")
        .say_in("aria-label", shell, Msg::NumberSearch)
        .say_in("placeholder", shell, Msg::NumberSearch)
        .on("input", move |event| {
            if let Some(input) = target(&event) {
                shell.send(Event::CountrySearched(input.value()));
            }
        });
    let turn = move || {
        shell
            .enrolment(|enrolment| enrolment.phone.searches)
            .unwrap_or(0)
    };
    let list = h("div")
        .class("nidan-countries")
        .region(turn, move |_| Some(countries(shell)));
    Some(opens(&chosen, h("div").child(search).child(list)))
}

fn countries(shell: Shell) -> Dom {
    let (countries, search) = shell
        .enrolment_now(|enrolment| {
            (
                enrolment.phone.countries.clone(),
                enrolment.phone.search.clone(),
            )
        })
        .unwrap_or_default();
    let found = countries.into_iter().filter_map(|country| {
        let label = label(shell, &country, &search);
        if label.is_empty() {
            return None;
        }
        let choose = move |_| shell.send(Event::CountryChosen(country.clone()));
        Some(
            h("button")
                .attr("type", "button")
                .class("nidan-country")
                .text(&label)
                .on("click", choose),
        )
    });
    // A letter that half the world has: what follows narrows it down, and each key stays quick.
    h("div").children(found.take(if search.is_empty() {
        usize::MAX
    } else {
        FOUND_MAX
    }))
}

fn label(shell: Shell, country: &str, search: &str) -> String {
    let code = shell.enrolment_now(|enrolment| {
        enrolment
            .phone
            .regions
            .as_ref()?
            .calling_code(country)
            .map(str::to_owned)
    });
    shell.country(country, &code.flatten().unwrap_or_default(), search)
}

fn name(shell: Shell) -> Dom {
    let id = shell.id("nidan-name");
    let input = h("input")
        .attr("id", &id)
        .attr("type", "text")
        .attr("autocomplete", "off")
        .attr("maxlength", "40")
        .value(
            &shell
                .enrolment_now(|enrolment| enrolment.phone.name.clone())
                .unwrap_or_default(),
        )
        .on("input", move |event| {
            if let Some(input) = target(&event) {
                shell.send(Event::NameTyped(input.value()));
            }
        });
    let label = h("label").attr("for", &id).say(shell, Msg::NumberNameLabel);
    details(shell, Msg::NumberName, h("div").child(label).child(input))
}

/// What is wrong, and what to do.
pub(super) fn refusal_words(shell: Shell, refusal: PhoneRefusal) -> String {
    let (code, retry_at, attempts_left) = match refusal {
        PhoneRefusal::Number(error) => return shell.t(number_words(error)),
        PhoneRefusal::Code(error) => return super::confirm::shape_words(shell, error),
        PhoneRefusal::Unreachable => return shell.t(Msg::PhoneUnreachable),
        PhoneRefusal::Service {
            code,
            retry_at,
            attempts_left,
        } => (code, retry_at, attempts_left),
    };
    let minutes = retry_at.map_or(1, |at| {
        at.0.saturating_sub(shell.now().0).div_ceil(60).max(1)
    });
    let words = match code {
        ErrorCode::PhoneTooShort => Msg::PhoneTooShort,
        ErrorCode::PhoneTooLong => Msg::PhoneTooLong,
        ErrorCode::PhoneCountryUnknown => Msg::PhoneCountryUnknown,
        ErrorCode::PhoneExtension => Msg::PhoneExtension,
        ErrorCode::PhoneAmbiguous => Msg::PhoneTwoWays,
        ErrorCode::PhoneNotSmsCapable => Msg::PhoneLandline,
        ErrorCode::PhoneKindRefused => Msg::PhoneKind,
        ErrorCode::CountryNotAllowed => Msg::PhoneCountryRefused,
        ErrorCode::PhoneInvalid => Msg::PhoneInvalid,
        // Longer than this set-up lives: another way is the only one.
        ErrorCode::SendBudgetSpent if minutes > LATER_MAX_MIN => Msg::PhoneNotNow,
        // Nobody knows from when on.
        ErrorCode::SendBudgetSpent | ErrorCode::ResendTooSoon if retry_at.is_none() => {
            Msg::PhoneNotNow
        }
        ErrorCode::SendBudgetSpent | ErrorCode::ResendTooSoon => Msg::PhoneLater,
        ErrorCode::MethodNotOffered => Msg::PhoneNotNow,
        ErrorCode::ResendsSpent => Msg::PhoneResendsSpent,
        ErrorCode::CodeWrong => Msg::PhoneCodeWrong,
        ErrorCode::CodeExpired | ErrorCode::CodeUsed | ErrorCode::ChallengeNotFound => {
            Msg::PhoneCodeExpired
        }
        ErrorCode::TooManyAttempts => Msg::PhoneCodeSpent,
        _other => Msg::PhoneUnreachable,
    };
    let left = shell.number(attempts_left.unwrap_or(0).into());
    let date = retry_at
        .map(|at| shell.date(by_the_minute(at)))
        .unwrap_or_default();
    shell.t_with(words, &[("date", &date), ("left", &left)])
}

const fn number_words(error: NumberError) -> Msg {
    match error {
        NumberError::Empty => Msg::PhoneEmpty,
        NumberError::NotDigits => Msg::PhoneNotDigits,
        NumberError::TooShort => Msg::PhoneTooShort,
        NumberError::TooLong => Msg::PhoneTooLong,
        NumberError::CountryUnknown => Msg::PhoneCountryUnknown,
        NumberError::Extension => Msg::PhoneExtension,
    }
}
