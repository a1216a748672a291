//! Screens and components: they show, they do not decide.

mod add_account;
mod add_method;
mod components;
mod confirm;
mod dom;
mod get_app;
mod login;
mod methods;
mod number;
mod outcome;
mod phone_code;
mod phone_help;
mod save_codes;
mod start;

pub(crate) use login::login;

use std::cell::Cell;

use dom::{Dom, h};
use nidan_protocol::Channel;

use crate::shell::Shell;
use nidan_flow::{EndReason, Flow, Step};
use nidan_screens::messages::Msg;

/// Which screen stands; what changes inside one does not draw it anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Screen {
    Loading,
    Unavailable,
    Start,
    Method,
    GetApp,
    AddAccount,
    Confirm,
    Number(Channel),
    PhoneCode(Channel),
    PhoneHelp,
    Another,
    SaveCodes,
    Posting,
    Done,
    Ended(EndReason),
    Completed,
}

impl Screen {
    fn of(flow: &Flow) -> Self {
        match flow {
            Flow::Loading => Self::Loading,
            Flow::Unavailable(_) => Self::Unavailable,
            Flow::Ended(ending) => Self::Ended(*ending),
            Flow::Completed => Self::Completed,
            Flow::Enrolling(enrolment) => match &enrolment.step {
                Step::Start => Self::Start,
                Step::Method => Self::Method,
                Step::GetApp => Self::GetApp,
                Step::AddAccount => Self::AddAccount,
                Step::Confirm { .. } => Self::Confirm,
                Step::Number { channel, .. } => Self::Number(*channel),
                Step::PhoneCode { help: Some(_), .. } => Self::PhoneHelp,
                Step::PhoneCode {
                    challenge,
                    help: None,
                    ..
                } => Self::PhoneCode(challenge.channel),
                Step::Another => Self::Another,
                Step::SaveCodes { .. } => Self::SaveCodes,
                Step::Posting { .. } => Self::Posting,
                Step::Done { .. } | Step::Finishing { .. } => Self::Done,
            },
        }
    }

    /// What hosts hear it called (`nidan-step`).
    const fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Unavailable => "unavailable",
            Self::Start => "start",
            Self::Method => "method",
            Self::GetApp => "get-app",
            Self::AddAccount => "add-account",
            Self::Confirm => "confirm",
            Self::Number(_) => "number",
            Self::PhoneCode(_) => "phone-code",
            Self::PhoneHelp => "phone-help",
            Self::Another => "another",
            Self::SaveCodes => "save-codes",
            Self::Posting => "posting",
            Self::Done => "done",
            Self::Ended(ending) => ending.name(),
            Self::Completed => "completed",
        }
    }

    /// How far along, and what the step is called; `None` outside the steps.
    const fn progress(self) -> Option<(usize, Msg)> {
        Some(match self {
            Self::Start => (0, Msg::StepStart),
            Self::Method => (1, Msg::StepMethod),
            Self::GetApp => (2, Msg::StepApp),
            Self::AddAccount => (3, Msg::StepAdd),
            Self::Number(_) => (3, Msg::StepNumber),
            Self::Confirm | Self::PhoneCode(_) | Self::PhoneHelp => (4, Msg::StepConfirm),
            Self::Another => (4, Msg::StepAnother),
            Self::SaveCodes | Self::Posting => (5, Msg::StepCodes),
            Self::Done => (6, Msg::StepDone),
            Self::Loading | Self::Unavailable | Self::Ended(_) | Self::Completed => return None,
        })
    }
}

/// The whole widget.
pub(crate) fn widget(shell: Shell) -> Dom {
    let screen = move || shell.with(Screen::of);
    // Nobody's focus is taken when the page loads; from then on it goes where the person goes on.
    let first = Cell::new(true);
    let draw = move |screen: Screen| {
        if screen != Screen::Loading {
            shell.shown(screen.name(), !first.replace(false));
        }
        Some(draw(shell, screen))
    };
    h("section")
        .class("nidan")
        .attr("part", "frame")
        .attr("lang", &shell.locale())
        .attr("dir", &shell.direction())
        .child(components::progress(shell, move || screen().progress()))
        .child(h("div").region(screen, draw))
        .child(components::time_left(shell))
        .child(h("div").region(
            move || screen() != Screen::Loading,
            move |known| components::support(shell, known),
        ))
}

fn draw(shell: Shell, screen: Screen) -> Dom {
    match screen {
        Screen::Loading => outcome::busy(shell, Msg::CommonLoading),
        Screen::Unavailable => outcome::unavailable(shell, move || {
            shell.with(|flow| match flow {
                Flow::Unavailable(trouble) => Some(*trouble),
                Flow::Loading | Flow::Enrolling(_) | Flow::Ended(_) | Flow::Completed => None,
            })
        }),
        Screen::Start => start::start(shell),
        Screen::Method => start::method(shell),
        Screen::GetApp => get_app::get_app(shell),
        Screen::AddAccount => add_account::add_account(shell),
        Screen::Confirm => confirm::confirm(shell),
        Screen::Number(channel) => number::number(shell, channel),
        Screen::PhoneCode(_) => phone_code::phone_code(shell),
        Screen::PhoneHelp => phone_help::phone_help(shell),
        Screen::Another => add_method::add_method(shell),
        Screen::SaveCodes => save_codes::save_codes(shell),
        Screen::Posting => outcome::posting(shell),
        Screen::Done => outcome::done(shell),
        Screen::Ended(ending) => outcome::ended(shell, ending),
        Screen::Completed => outcome::busy(shell, Msg::CompletedTitle),
    }
}
