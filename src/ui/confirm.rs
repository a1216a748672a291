//! The app's code, checked at once.

use nidan_otp::CodeError;

use super::components::{Field, FieldKind, bare_primary_button, field, screen};
use super::dom::{Dom, svg};
use crate::shell::Shell;
use nidan_flow::{CodeRefusal, Enrolment, Event, Flow, Step};
use nidan_screens::messages::Msg;

/// A phone, and on it an entry of the app: its name, how long the code holds, and the code.
const WHERE_IT_STANDS: &str = "M46 70V10a8 8 0 0 1 8-8h52a8 8 0 0 1 8 8v60M74 9h12M52 20h56v38H52zM60 31h22M102 31a6 6 0 1 1-6-6M60 47h5m3 0h5m3 0h5m6 0h5m3 0h5m3 0h5";

/// One field; the last digit sends it.
pub(super) fn confirm(shell: Shell) -> Dom {
    let issuer = shell
        .enrolment_now(|enrolment| enrolment.opening.issuer.as_str().to_owned())
        .unwrap_or_default();
    let code_field = Field {
        id: "nidan-code",
        label: shell.t_with(Msg::ConfirmLabel, &[("issuer", &issuer)]),
        help: Some(shell.t(Msg::ConfirmHelp)),
        value: |flow: &Flow| {
            flow.enrolment()
                .map(|enrolment| enrolment.typed_code.clone())
                .unwrap_or_default()
        },
        kind: FieldKind::Code,
        typed: Event::CodeTyped,
        submit: || Event::CodeSubmitted,
    };
    let error = move || {
        shell
            .enrolment(|enrolment| error_words(shell, enrolment))
            .flatten()
    };
    let check = bare_primary_button()
        .say(shell, Msg::ConfirmCheck)
        .on("click", move |_| shell.send(Event::CodeSubmitted));
    // Says nothing that the words do not say.
    let picture = svg("svg")
        .class("nidan-picture")
        .attr("aria-hidden", "true")
        .attr("viewBox", "0 0 160 72");
    screen(shell, Msg::ConfirmTitle)
        .child(picture.child(svg("path").attr("d", WHERE_IT_STANDS)))
        .child(field(shell, code_field, error, None, check))
}

fn error_words(shell: Shell, enrolment: &Enrolment) -> Option<String> {
    let Step::Confirm {
        refused: Some(refused),
    } = &enrolment.step
    else {
        return None;
    };
    Some(match refused {
        CodeRefusal::Shape(error) => shape_words(shell, *error),
        CodeRefusal::Wrong { times: 0 | 1 } => shell.t(Msg::ConfirmWrong),
        CodeRefusal::Wrong { .. } => {
            let (issuer, account) = (
                enrolment.opening.issuer.as_str(),
                enrolment.opening.account.as_str(),
            );
            shell.t_with(
                Msg::ConfirmWrongAgain,
                &[("issuer", issuer), ("account", account)],
            )
        }
        CodeRefusal::Clock(seconds) => {
            let words = if *seconds < 0 {
                Msg::ConfirmClockSlow
            } else {
                Msg::ConfirmClockFast
            };
            shell.t_with(words, &[("seconds", &shell.number(seconds.unsigned_abs()))])
        }
    })
}

/// What is wrong with the shape of a code.
pub(super) fn shape_words(shell: Shell, error: CodeError) -> String {
    match error {
        CodeError::NotDigits => shell.t(Msg::ConfirmNotDigits),
        CodeError::Length { actual } => shell.t_with(
            Msg::ConfirmLength,
            &[("actual", &shell.number(actual as u64))],
        ),
    }
}
