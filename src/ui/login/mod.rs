//! Signing in: one field first, everything else behind it.

mod aside;
mod code;
mod words;

use crate::flow::{Ending, Login, LoginEvent, LoginStep};
use crate::messages::Msg;
use crate::shell::Shell;
use crate::ui::dom::{Dom, h};
use crate::ui::outcome::{busy, unavailable};
use crate::ui::parts::{actions, list, screen, sends, support, text};

/// Which screen stands; what changes inside one does not draw it anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Screen {
    Loading,
    Unavailable,
    /// Of a method by its place; with a code that was sent; with two codes.
    Code(usize, bool, bool),
    Backup,
    Ways,
    Lost,
    Report,
    Few,
    Ended(Ending),
    Completed,
}

impl Screen {
    fn of(login: &Login) -> Self {
        match login {
            Login::Loading => Self::Loading,
            Login::Unavailable(_) => Self::Unavailable,
            Login::Ended(ending) => Self::Ended(*ending),
            Login::Completed => Self::Completed,
            Login::SigningIn(signing) => match &signing.step {
                LoginStep::Code { place, challenge } => Self::Code(*place, challenge.is_some(), signing.wants_two()),
                LoginStep::Backup => Self::Backup,
                LoginStep::Ways => Self::Ways,
                LoginStep::Lost => Self::Lost,
                LoginStep::Report => Self::Report,
                LoginStep::Few(_) => Self::Few,
            },
        }
    }
}

impl Screen {
    /// What hosts hear it called (`nidan-step`).
    const fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Unavailable => "unavailable",
            Self::Code(..) => "code",
            Self::Backup => "backup",
            Self::Ways => "ways",
            Self::Lost => "lost",
            Self::Report => "report",
            Self::Few => "few",
            Self::Ended(ending) => ending.name(),
            Self::Completed => "completed",
        }
    }
}

/// The whole widget of a login.
pub(crate) fn login(shell: Shell<Login>) -> Dom {
    let screen = move || shell.with(Screen::of);
    let draw = move |screen: Screen| {
        if screen != Screen::Loading {
            shell.shown(screen.name(), true);
        }
        shell.aside(matches!(screen, Screen::Backup | Screen::Ways | Screen::Lost | Screen::Report));
        Some(draw(shell, screen))
    };
    h("section")
        .class("nidan")
        .attr("part", "frame")
        .attr("lang", &shell.locale())
        .attr("dir", &shell.direction())
        .child(h("div").region(screen, draw))
        .child(h("div").region(move || screen() != Screen::Loading, move |known| support(shell, known)))
}

fn draw(shell: Shell<Login>, screen: Screen) -> Dom {
    match screen {
        Screen::Loading => busy(shell, Msg::CommonLoading),
        Screen::Unavailable => unavailable(shell, move || {
            shell.with(|login| match login {
                Login::Unavailable(trouble) => Some(*trouble),
                Login::Loading | Login::SigningIn(_) | Login::Ended(_) | Login::Completed => None,
            })
        }),
        Screen::Code(..) => code::code(shell),
        Screen::Backup => code::backup(shell),
        Screen::Ways => aside::ways(shell),
        Screen::Lost => aside::lost(shell),
        Screen::Report => aside::report(shell),
        Screen::Few => aside::few(shell),
        Screen::Ended(ending) => ended(shell, ending),
        Screen::Completed => busy(shell, Msg::CompletedTitle),
    }
}

/// Over without a result: why, and the way on.
fn ended(shell: Shell<Login>, ending: Ending) -> Dom {
    let (heading, words, again) = match ending {
        Ending::Reported => return reported(shell),
        Ending::Expired => (Msg::LoginExpiredTitle, Msg::LoginExpired, Msg::LoginAgain),
        Ending::TriesSpent => (Msg::LoginSpentTitle, Msg::LoginSpent, Msg::LoginAgain),
        Ending::Superseded | Ending::AlreadyOn => (Msg::LoginElsewhereTitle, Msg::LoginElsewhere, Msg::LoginHere),
        Ending::Misconfigured => (Msg::EndedMisconfiguredTitle, Msg::EndedMisconfigured, Msg::CommonRetry),
    };
    let again = sends(shell, again, || LoginEvent::Again);
    screen(shell, heading).child(text(shell, words)).child(actions(shell, again, false))
}

/// Stopped, and what protects the account now (S58–S61).
fn reported(shell: Shell<Login>) -> Dom {
    let next = [Msg::ReportedPassword, Msg::ReportedHistory, Msg::ReportedNever, Msg::ReportedSupport];
    screen(shell, Msg::ReportedTitle).child(text(shell, Msg::Reported)).child(list(shell, &next))
}
