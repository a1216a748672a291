//! The backup codes: shown once, taken along, and proved to be safe.

use leptos::prelude::*;
use nidan_otp::BackupCodeError;
use nidan_protocol::BackupGate;

use super::components::{
    Field, FieldKind, actions, bare_secondary_button, copy_status, error_line, field,
    primary_button, screen, text,
};
use super::dom::{Dom, h, target};
use crate::shell::Shell;
use nidan_flow::{BackupRefusal, Enrolment, Event, Flow, Step};
use nidan_screens::messages::Msg;

/// Ten codes, three ways to keep them, and the gate that the host chose.
pub(super) fn save_codes(shell: Shell) -> Dom {
    let copied = RwSignal::new(None::<bool>);
    let codes = shell.backup_codes();
    let codes = codes.iter().map(|code| h("li").child(h("code").text(code)));
    let copy = move || shell.copy(shell.backup_text(), move |done| copied.set(Some(done)));
    let tools = h("div")
        .class("nidan-tools")
        .child(
            bare_secondary_button()
                .say(shell, Msg::CodesCopy)
                .on("click", move |_| copy()),
        )
        .child(
            bare_secondary_button()
                .say(shell, Msg::CodesDownload)
                .on("click", move |_| shell.download_codes()),
        )
        .child(
            bare_secondary_button()
                .say(shell, Msg::CodesPrint)
                .on("click", move |_| shell.print_codes()),
        );
    let list = h("ol").class("nidan-codes").attr("part", "backup-codes");
    let gate = match shell.enrolment_now(|enrolment| enrolment.opening.backup_gate) {
        Some(BackupGate::Tick) => tick(shell),
        Some(BackupGate::TypeOne) | None => type_one(shell),
    };
    screen(shell, Msg::CodesTitle)
        .child(text(shell, Msg::CodesWhat))
        .child(text(shell, Msg::CodesWhere))
        .child(
            list.say_in("aria-label", shell, Msg::CodesListLabel)
                .children(codes),
        )
        .child(tools)
        .child(copy_status(shell, copied))
        .child(gate)
}

fn type_one(shell: Shell) -> Dom {
    let backup_field = Field {
        id: "nidan-backup",
        label: shell.t(Msg::CodesTypeLabel),
        help: None,
        value: |flow: &Flow| {
            flow.enrolment()
                .map(|enrolment| enrolment.typed_backup.clone())
                .unwrap_or_default()
        },
        kind: FieldKind::Text,
        typed: Event::BackupTyped,
        submit: || Event::Next,
    };
    let error = move || {
        shell
            .enrolment(|enrolment| error_words(shell, enrolment))
            .flatten()
    };
    field(
        shell,
        backup_field,
        error,
        None,
        primary_button(shell, Msg::CodesFinish, || Event::Next),
    )
}

fn tick(shell: Shell) -> Dom {
    let error = move || {
        shell
            .enrolment(|enrolment| error_words(shell, enrolment))
            .flatten()
    };
    let error_id = shell.id("nidan-tick-error");
    let tick_box = h("input")
        .attr("type", "checkbox")
        .attr("aria-describedby", &error_id)
        .checked(
            shell
                .enrolment_now(|enrolment| enrolment.ticked)
                .unwrap_or(false),
        )
        .on("change", move |event| {
            if let Some(input) = target(&event) {
                shell.send(Event::SavedTicked(input.checked()));
            }
        });
    let label = h("label")
        .class("nidan-tick")
        .child(tick_box)
        .child(h("span").say(shell, Msg::CodesTick));
    h("div")
        .child(label)
        .child(error_line(error).attr("id", &error_id))
        .child(actions(
            shell,
            primary_button(shell, Msg::CodesFinish, || Event::Next),
            true,
        ))
}

fn error_words(shell: Shell, enrolment: &Enrolment) -> Option<String> {
    let Step::SaveCodes {
        refused: Some(refused),
        ..
    } = &enrolment.step
    else {
        return None;
    };
    Some(match refused {
        BackupRefusal::Typo(BackupCodeError::Symbol) => shell.t(Msg::CodesTypoSymbol),
        BackupRefusal::Typo(BackupCodeError::Length { actual }) => shell.t_with(
            Msg::CodesTypoLength,
            &[("actual", &shell.number(*actual as u64))],
        ),
        BackupRefusal::Typo(BackupCodeError::Check) => shell.t(Msg::CodesTypoCheck),
        BackupRefusal::Other => shell.t(Msg::CodesOther),
        BackupRefusal::NotTicked => shell.t(Msg::CodesNotTicked),
    })
}
