//! Signing in: one field first, everything else behind it.

mod code;
mod low_backup_codes;
mod method_picker;
mod recovery;
mod report;
mod words;

use code::About;

use crate::shell::Shell;
use crate::ui::components::{actions, primary_button, screen, support, text};
use crate::ui::dom::{Dom, h};
use crate::ui::outcome::{busy, unavailable};
use nidan_flow::{EndReason, Login, LoginEvent, LoginStep};
use nidan_screens::messages::Msg;

/// Which screen stands; what changes inside one does not draw it anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Screen {
    Loading,
    Unavailable,
    /// Of a method by its place; nothing where the person has no such method.
    Code(usize, Option<About>),
    Backup,
    Ways,
    Recovery,
    Report,
    LowBackupCodes,
    Reported,
    Ended(EndReason),
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
                LoginStep::MethodPicker => Self::Ways,
                LoginStep::Recovery => Self::Recovery,
                LoginStep::Report => Self::Report,
                LoginStep::LowBackupCodes(_) => Self::LowBackupCodes,
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
            Self::Recovery => "lost",
            Self::Report => "report",
            Self::LowBackupCodes => "few",
            Self::Reported => EndReason::Reported.name(),
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
            Screen::Backup | Screen::Ways | Screen::Recovery | Screen::Report
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
        Screen::Code(_, None) => method_picker::method_picker(shell),
        Screen::Backup => code::backup(shell),
        Screen::Ways => method_picker::method_picker(shell),
        Screen::Recovery => recovery::recovery(shell),
        Screen::Report => report::report(shell),
        Screen::LowBackupCodes => low_backup_codes::low_backup_codes(shell),
        Screen::Reported => report::reported(shell),
        Screen::Ended(ending) => ended(shell, ending),
        Screen::Completed => busy(shell, Msg::CompletedTitle),
    }
}

/// Over without a result: why, and the way on.
fn ended(shell: Shell<Login>, ending: EndReason) -> Dom {
    let (heading, words, again) = match ending {
        EndReason::Reported => return report::elsewhere(shell),
        EndReason::Expired => (Msg::LoginExpiredTitle, Msg::LoginExpired, Msg::LoginAgain),
        EndReason::TriesSpent => (Msg::LoginSpentTitle, Msg::LoginSpent, Msg::LoginAgain),
        EndReason::Superseded | EndReason::AlreadyOn => (
            Msg::LoginElsewhereTitle,
            Msg::LoginElsewhere,
            Msg::LoginHere,
        ),
        EndReason::Misconfigured => (
            Msg::EndedMisconfiguredTitle,
            Msg::EndedMisconfigured,
            Msg::CommonRetry,
        ),
    };
    let again = primary_button(shell, again, || LoginEvent::Again);
    screen(shell, heading)
        .child(text(shell, words))
        .child(actions(shell, again, false))
}
