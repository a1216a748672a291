//! Every way to sign in, each with its end masked; backup codes last.

use nidan_protocol::{MethodState, MethodView};

use crate::shell::Shell;
use crate::ui::components::{bare_secondary_button, screen, secondary_button};
use crate::ui::dom::{Dom, h};
use crate::ui::methods;
use nidan_flow::{Login, LoginEvent, LoginMethod};
use nidan_screens::messages::Msg;

/// Every way in, with its end masked; backup codes last.
pub(super) fn method_picker(shell: Shell<Login>) -> Dom {
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
                shell.send(LoginEvent::Choose(LoginMethod::Backup))
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
        .child(secondary_button(shell, Msg::LoginLost, || {
            LoginEvent::Recover
        }))
        .child(back(shell))
}

fn way(shell: Shell<Login>, place: usize, method: &MethodView) -> Dom {
    let words = shell.t_with(
        methods::way(method.kind),
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
            shell.send(LoginEvent::Choose(LoginMethod::Method(place)))
        })
}

fn choice(words: &str) -> Dom {
    bare_secondary_button().child(h("span").text(words))
}

pub(super) fn back(shell: Shell<Login>) -> Dom {
    let button =
        secondary_button(shell, Msg::CommonBack, || LoginEvent::Back).flag("data-back", true);
    h("div").class("nidan-actions").child(button)
}
