//! The account goes into the app: by QR code from another device, by link or key on the same one.

use leptos::prelude::*;
use zeroize::Zeroizing;

use super::components::{
    actions, bare_secondary_button, copy_status, details, paragraph, primary_button, screen, text,
};
use super::dom::{Dom, h, svg};
use crate::qr;
use crate::shell::Shell;
use nidan_flow::Event;
use nidan_screens::messages::Msg;

/// QR code, link and key.
pub(super) fn add_account(shell: Shell) -> Dom {
    let here = screen(shell, Msg::AddTitle);
    let here = if shell.is_phone() {
        link_first(shell, here)
    } else {
        qr_first(shell, here)
    };
    here.child(h("p").class("nidan-warning").say(shell, Msg::AddSecret))
        .child(actions(
            shell,
            primary_button(shell, Msg::AddDone, || Event::Next),
            true,
        ))
}

fn qr_first(shell: Shell, screen: Dom) -> Dom {
    screen
        .child(text(shell, Msg::AddScan))
        .children(qr_code(shell))
        .child(details(shell, Msg::AddNoScan, key(shell)))
}

fn link_first(shell: Shell, screen: Dom) -> Dom {
    let link = shell.enrolment_now(|enrolment| {
        h("a")
            .class("nidan-main")
            .attr("part", "button-main")
            .attr("href", enrolment.draft.uri().expose())
    });
    screen
        .children(link.map(|link| h("p").child(link.say(shell, Msg::AddOpenApp))))
        .child(h("p").class("nidan-help").say(shell, Msg::AddOpenAppHelp))
        .child(key(shell))
        .children(qr_code(shell).map(|qr| details(shell, Msg::AddShowQr, qr)))
}

/// Real nodes: a strict policy forbids images from data and markup from text. `Label` bounds both
/// names, so that the text always fits into a QR code.
fn qr_code(shell: Shell) -> Option<Dom> {
    let layout =
        shell.enrolment_now(|enrolment| qr::layout(enrolment.draft.uri().expose()).ok())??;
    // `Some(true)` is large: the type of every small state here, so that there is one signal type
    // of them.
    let large = RwSignal::new(None::<bool>);
    let is_large = move || large.get() == Some(true);
    let image = svg("svg")
        .attr("role", "img")
        .say_in("aria-label", shell, Msg::AddQrLabel)
        .attr("viewBox", &layout.view_box)
        .child(svg("path").attr("d", &layout.d));
    let toggle = bare_secondary_button()
        .live_text(move || {
            Some(shell.t(if is_large() {
                Msg::AddShrink
            } else {
                Msg::AddEnlarge
            }))
        })
        .on("click", move |_| large.set(Some(!is_large())));
    let frame = h("div").class("nidan-qr").attr("part", "qr");
    Some(
        frame
            .live_attr("data-large", move || is_large().then(String::new))
            .child(image)
            .child(toggle),
    )
}

fn key(shell: Shell) -> Dom {
    let copied = RwSignal::new(None::<bool>);
    let copy = move || {
        let key = shell
            .enrolment_now(|enrolment| Zeroizing::new(enrolment.draft.key().expose().to_owned()));
        shell.copy(key.unwrap_or_default(), move |done| copied.set(Some(done)));
    };
    let shown = shell.enrolment_now(|enrolment| {
        let help = shell.t_with(
            Msg::AddKeyHelp,
            &[("account", enrolment.opening.account.as_str())],
        );
        let key = h("code")
            .attr("part", "key")
            .say_in("aria-label", shell, Msg::AddKeyLabel);
        [
            paragraph("nidan-help", &help),
            key.text(&enrolment.draft.key().expose_grouped()),
        ]
    });
    h("div")
        .class("nidan-key")
        .children(shown.into_iter().flatten())
        .child(
            bare_secondary_button()
                .say(shell, Msg::AddCopyKey)
                .on("click", move |_| copy()),
        )
        .child(copy_status(shell, copied))
}
