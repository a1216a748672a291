//! "I did not ask for this code": what it means, what it ended, and who got in before.

use super::words::refusal;
use crate::shell::Shell;
use crate::ui::components::{
    actions, bare_primary_button, error_line, list, screen, secondary_button, text,
};
use crate::ui::dom::{Dom, h};
use nidan_flow::{Asked, Login, LoginEvent, Now, Reported};
use nidan_screens::messages::Msg;

/// What it means, and the button that stops it.
pub(super) fn report(shell: Shell<Login>) -> Dom {
    let waits = move || shell.signing(|signing| signing.asked == Asked::Waiting) == Some(true);
    let button = bare_primary_button()
        .live_text(move || {
            Some(shell.t(if waits() {
                Msg::CommonLoading
            } else {
                Msg::ReportSend
            }))
        })
        .on("click", move |_| shell.send(LoginEvent::Submit));
    screen(shell, Msg::LoginNotMe)
        .child(text(shell, Msg::ReportText))
        .child(error_line(move || {
            shell.signing(|signing| refusal(shell, signing)).flatten()
        }))
        .child(actions(shell, button, true))
}

/// What protects the account now.
const NEXT: [Msg; 4] = [
    Msg::ReportedPassword,
    Msg::ReportedHistory,
    Msg::ReportedNever,
    Msg::ReportedSupport,
];

/// Stopped: who got in within the last day, so that nobody is comforted who should not be, and the
/// way to a new password.
pub(super) fn reported(shell: Shell<Login>) -> Dom {
    let drawn = shell.with(|login| match login {
        Login::Reported(reported) => Some(drawn(shell, reported)),
        Login::Loading
        | Login::Unavailable(_)
        | Login::SigningIn(_)
        | Login::Ended(_)
        | Login::Completed => None,
    });
    stopped(shell, drawn.unwrap_or_default())
}

fn drawn(shell: Shell<Login>, reported: &Reported) -> Vec<Dom> {
    let mut parts = Vec::new();
    if reported.logins.is_empty() {
        parts.push(text(shell, Msg::ReportedQuiet));
    } else {
        let logins = reported
            .logins
            .iter()
            .map(|(at, place)| h("li").text(&login_words(shell, *at, place.as_deref())));
        parts.push(text(shell, Msg::ReportedLogins));
        parts.push(h("ul").children(logins));
        parts.push(text(shell, Msg::ReportedNotYou).class("nidan-warning"));
    }
    if reported.host_notified {
        parts.push(text(shell, Msg::ReportedHost));
    }
    if let Some(url) = &reported.password_url {
        let link = h("a")
            .class("nidan-main")
            .attr("part", "button-main")
            .attr("href", url);
        parts.push(h("p").child(link.say(shell, Msg::ReportedChange)));
    }
    parts
}

fn login_words(shell: Shell<Login>, at: Now, place: Option<&str>) -> String {
    let unknown = shell.t(Msg::ReportedUnknown);
    shell.t_with(
        Msg::ReportedLogin,
        &[
            ("date", &shell.date(at)),
            ("place", place.unwrap_or(&unknown)),
        ],
    )
}

/// Ended by a report that came from elsewhere: whoever sees this may be the one who is meant, so it
/// tells of nobody.
pub(super) fn elsewhere(shell: Shell<Login>) -> Dom {
    stopped(shell, vec![text(shell, Msg::ReportedElsewhere)])
}

fn stopped(shell: Shell<Login>, parts: Vec<Dom>) -> Dom {
    // Not the main button: a new password comes first.
    let again =
        h("div")
            .class("nidan-actions")
            .child(secondary_button(shell, Msg::LoginAgain, || {
                LoginEvent::Again
            }));
    screen(shell, Msg::ReportedTitle)
        .children(parts)
        .child(list(shell, &NEXT))
        .child(again)
}
