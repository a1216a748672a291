//! Beside the code: the other ways, nothing left, and few backup codes.

use nidan_protocol::{MethodState, MethodView};

use crate::flow::{Login, LoginEvent, LoginStep, Way};
use crate::messages::Msg;
use crate::shell::Shell;
use crate::ui::dom::{Dom, h};
use crate::ui::methods::words;
use crate::ui::parts::{actions, details, paragraph, quiet_button, says, screen, sends, told};
use leptos::prelude::{RwSignal, Set as _};

/// Every way in, with its end masked; backup codes last.
pub(super) fn ways(shell: Shell<Login>) -> Dom {
    let buttons = shell.signing_now(|signing| {
        let methods = signing
            .opening
            .methods
            .iter()
            .enumerate()
            .map(|(place, method)| way(shell, place, method));
        let left = signing.opening.backup_codes_left;
        let backup = (left > 0).then(|| {
            let words = shell.t_with(
                Msg::LoginWayBackup,
                &[("count", &shell.number(left.into()))],
            );
            choice(&words).on("click", move |_| {
                shell.send(LoginEvent::Choose(Way::Backup))
            })
        });
        methods.chain(backup).collect::<Vec<_>>()
    });
    screen(shell, Msg::LoginWaysTitle)
        .child(
            h("div")
                .class("nidan-ways")
                .children(buttons.unwrap_or_default()),
        )
        .child(says(shell, Msg::LoginLost, || LoginEvent::Lose))
        .child(back(shell))
}

fn back(shell: Shell<Login>) -> Dom {
    let button = says(shell, Msg::CommonBack, || LoginEvent::Back).flag("data-back", true);
    h("div").class("nidan-actions").child(button)
}

fn choice(words: &str) -> Dom {
    quiet_button().child(h("span").text(words))
}

fn way(shell: Shell<Login>, place: usize, method: &MethodView) -> Dom {
    let words = shell.t_with(
        words(method.kind).way,
        &[("hint", method.hint.as_deref().unwrap_or_default())],
    );
    let named = method.name.as_ref().map(|name| h("small").text(name));
    let closed = match method.state {
        MethodState::Ready | MethodState::TwoCodes => None,
        MethodState::Resting => Some(Msg::LoginWayResting),
        MethodState::Suspended => Some(Msg::LoginWaySuspended),
    };
    let button = choice(&words)
        .children(named)
        .flag("disabled", closed.is_some());
    button
        .children(closed.map(|closed| h("small").say(shell, closed)))
        .on("click", move |_| {
            shell.send(LoginEvent::Choose(Way::Method(place)))
        })
}

/// Only the site can help, after it made sure who asks.
pub(super) fn lost(shell: Shell<Login>) -> Dom {
    let (issuer, recovery) = shell
        .signing_now(|signing| {
            (
                signing.opening.issuer.clone(),
                signing.opening.recovery_url.clone(),
            )
        })
        .unwrap_or_default();
    let link = recovery.map(|url| {
        h("a")
            .class("nidan-main")
            .attr("part", "button-main")
            .attr("href", &url)
            .say(shell, Msg::LoginRecover)
    });
    let summary = shell.login_summary();
    let shown = paragraph("nidan-help", &summary);
    let copied = RwSignal::new(None::<bool>);
    let copy = move || shell.copy(shell.login_summary(), move |done| copied.set(Some(done)));
    let copying = quiet_button()
        .say(shell, Msg::HelpCopy)
        .on("click", move |_| copy());
    screen(shell, Msg::LoginLostTitle)
        .child(paragraph(
            "",
            &shell.t_with(Msg::LoginLostText, &[("issuer", &issuer)]),
        ))
        .children(link)
        .child(details(
            shell,
            Msg::HelpSupport,
            h("div")
                .child(shown)
                .child(copying)
                .child(told(shell, copied)),
        ))
        .child(back(shell))
}

/// In; and said before it is too late.
pub(super) fn few(shell: Shell<Login>) -> Dom {
    let left = shell.signing_now(|signing| match &signing.step {
        LoginStep::Few(passed) => passed.backup_codes_left,
        _other => 0,
    });
    let left = shell.number(left.unwrap_or(0).into());
    screen(shell, Msg::LoginFewTitle)
        .child(
            h("p")
                .class("nidan-warning")
                .text(&shell.t_with(Msg::LoginFew, &[("count", &left)])),
        )
        .child(actions(
            shell,
            sends(shell, Msg::CommonNext, || LoginEvent::Submit),
            false,
        ))
}
