//! Screens and components: they show, they do not decide.

mod add_account;
mod confirm;
mod dom;
mod get_app;
mod outcome;
mod parts;
mod save_codes;
mod start;

use std::cell::Cell;

use dom::{Dom, h};

use crate::flow::{Ending, Flow, Step};
use crate::messages::Msg;
use crate::shell::Shell;

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
    SaveCodes,
    Posting,
    Done,
    Ended(Ending),
    Completed,
}

impl Screen {
    fn of(flow: &Flow) -> Self {
        match flow {
            Flow::Loading => Self::Loading,
            Flow::Unavailable(_) => Self::Unavailable,
            Flow::Ended(ending) => Self::Ended(*ending),
            Flow::Completed => Self::Completed,
            Flow::Enrolling(enrolment) => match enrolment.step {
                Step::Start => Self::Start,
                Step::Method => Self::Method,
                Step::GetApp => Self::GetApp,
                Step::AddAccount => Self::AddAccount,
                Step::Confirm { .. } => Self::Confirm,
                Step::SaveCodes { .. } => Self::SaveCodes,
                Step::Posting { .. } => Self::Posting,
                Step::Done { .. } | Step::Finishing { .. } => Self::Done,
            },
        }
    }

    /// How far along, of [`parts::STEPS`]; `None` outside the steps.
    const fn progress(self) -> Option<usize> {
        match self {
            Self::Start => Some(0),
            Self::Method => Some(1),
            Self::GetApp => Some(2),
            Self::AddAccount => Some(3),
            Self::Confirm => Some(4),
            Self::SaveCodes | Self::Posting => Some(5),
            Self::Done => Some(6),
            Self::Loading | Self::Unavailable | Self::Ended(_) | Self::Completed => None,
        }
    }
}

/// The whole widget.
pub(crate) fn widget(shell: Shell) -> Dom {
    let screen = move || shell.with(Screen::of);
    // Nobody's focus is taken when the page loads; from then on it goes where the person goes on.
    let first = Cell::new(true);
    let draw = move |screen| {
        if screen != Screen::Loading && !first.replace(false) {
            shell.focus_screen();
        }
        Some(draw(shell, screen))
    };
    h("section")
        .class("nidan")
        .attr("part", "frame")
        .attr("lang", &shell.locale())
        .child(parts::progress(shell, move || screen().progress()))
        .child(h("div").region(screen, draw))
        .child(parts::time_left(shell))
        .child(h("div").region(move || screen() != Screen::Loading, move |known| parts::support(shell, known)))
}

fn draw(shell: Shell, screen: Screen) -> Dom {
    match screen {
        Screen::Loading => outcome::busy(shell, Msg::CommonLoading),
        Screen::Unavailable => outcome::unavailable(shell),
        Screen::Start => start::start(shell),
        Screen::Method => start::method(shell),
        Screen::GetApp => get_app::get_app(shell),
        Screen::AddAccount => add_account::add_account(shell),
        Screen::Confirm => confirm::confirm(shell),
        Screen::SaveCodes => save_codes::save_codes(shell),
        Screen::Posting => outcome::posting(shell),
        Screen::Done => outcome::done(shell),
        Screen::Ended(ending) => outcome::ended(shell, ending),
        Screen::Completed => outcome::busy(shell, Msg::CompletedTitle),
    }
}
