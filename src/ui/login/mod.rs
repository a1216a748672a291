//! Signing in: one field first, everything else behind it.

mod aside;
mod code;
mod report;
mod words;

use code::About;

use crate::flow::{Ending, Login, LoginEvent, LoginStep};
use crate::messages::Msg;
use crate::shell::Shell;
use crate::ui::dom::{Dom, h};
use crate::ui::outcome::{busy, unavailable};
use crate::ui::parts::{actions, screen, sends, support, text};

/// Which screen stands; what changes inside one does not draw it anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Screen {
    Loading,
    Unavailable,
    /// Of a method by its place; nothing where the person has no such method.
    Code(usize, Option<About>),
    Backup,
    Ways,
    Lost,
    Report,
    Few,
    Reported,
    Ended(Ending),
    Completed,
}

impl Screen {
    fn of(login: &Login) -> Self {
        match login {
            Login::Loading => Self::Loading,
            Login::Unavailable(_) => Self::Unavailable,
            Login::Ended(ending) => Self::Ended(*ending),
            Login::Reported(_) => Self::Reported,
            Login::Completed => Self::Completed,
            Login::SigningIn(signing) => match &signing.step {
                LoginStep::Code { place, .. } => Self::Code(*place, About::of(signing)),
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
            Self::Reported => Ending::Reported.name(),
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
        shell.aside(matches!(
            screen,
            Screen::Backup | Screen::Ways | Screen::Lost | Screen::Report
        ));
        Some(draw(shell, screen))
    };
    h("section")
        .class("nidan")
        .attr("part", "frame")
        .attr("lang", &shell.locale())
        .attr("dir", &shell.direction())
        .child(h("div").region(screen, draw))
        .child(h("div").region(
            move || screen() != Screen::Loading,
            move |known| support(shell, known),
        ))
}

fn draw(shell: Shell<Login>, screen: Screen) -> Dom {
    match screen {
        Screen::Loading => busy(shell, Msg::CommonLoading),
        Screen::Unavailable => unavailable(shell, move || {
            shell.with(|login| match login {
                Login::Unavailable(trouble) => Some(*trouble),
                Login::Loading
                | Login::SigningIn(_)
                | Login::Reported(_)
                | Login::Ended(_)
                | Login::Completed => None,
            })
        }),
        Screen::Code(_, Some(about)) => code::code(shell, about),
        // A list of methods that has changed under the person's hands: the others are there.
        Screen::Code(_, None) => aside::ways(shell),
        Screen::Backup => code::backup(shell),
        Screen::Ways => aside::ways(shell),
        Screen::Lost => aside::lost(shell),
        Screen::Report => report::report(shell),
        Screen::Few => aside::few(shell),
        Screen::Reported => report::reported(shell),
        Screen::Ended(ending) => ended(shell, ending),
        Screen::Completed => busy(shell, Msg::CompletedTitle),
    }
}

/// Over without a result: why, and the way on.
fn ended(shell: Shell<Login>, ending: Ending) -> Dom {
    let (heading, words, again) = match ending {
        Ending::Reported => return report::elsewhere(shell),
        Ending::Expired => (Msg::LoginExpiredTitle, Msg::LoginExpired, Msg::LoginAgain),
        Ending::TriesSpent => (Msg::LoginSpentTitle, Msg::LoginSpent, Msg::LoginAgain),
        Ending::Superseded | Ending::AlreadyOn => (
            Msg::LoginElsewhereTitle,
            Msg::LoginElsewhere,
            Msg::LoginHere,
        ),
        Ending::Misconfigured => (
            Msg::EndedMisconfiguredTitle,
            Msg::EndedMisconfigured,
            Msg::CommonRetry,
        ),
    };
    let again = sends(shell, again, || LoginEvent::Again);
    screen(shell, heading)
        .child(text(shell, words))
        .child(actions(shell, again, false))
}
