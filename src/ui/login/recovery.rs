//! Nothing is left: only the site can help, after it made sure who asks.

use leptos::prelude::{RwSignal, Set as _};

use super::method_picker::back;
use crate::shell::Shell;
use crate::ui::components::{bare_secondary_button, copy_status, details, paragraph, screen};
use crate::ui::dom::{Dom, h};
use nidan_flow::Login;
use nidan_screens::messages::Msg;

/// Only the site can help, after it made sure who asks.
pub(super) fn recovery(shell: Shell<Login>) -> Dom {
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
    let copying = bare_secondary_button()
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
                .child(copy_status(shell, copied)),
        ))
        .child(back(shell))
}
