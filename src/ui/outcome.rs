//! Waiting, done, and every way in which it can end.

use nidan_otp::UnixSeconds;
use nidan_protocol::{MethodClass, MethodView};

use super::add_method::kind_words;
use super::components::{actions, error_line, heading, list, primary_button, screen, text};
use super::dom::{Dom, h};
use super::methods;
use crate::shell::{Perform, Shell};
use nidan_flow::{Delivery, EndReason, Enrolment, Event, Machine, RequestError, Step};
use nidan_screens::messages::Msg;

/// Something is on its way, and there is nothing to do meanwhile.
pub(super) fn busy<M: Machine>(shell: Shell<M>, words: Msg) -> Dom {
    h("p")
        .class("nidan-busy")
        .attr("role", "status")
        .say(shell, words)
}

/// The service could not be asked.
pub(super) fn unavailable<M: Perform>(
    shell: Shell<M>,
    trouble: impl Fn() -> Option<RequestError> + 'static,
) -> Dom {
    let words = move || {
        let unreachable = trouble() == Some(RequestError::Unreachable);
        Some(shell.t(if unreachable {
            Msg::TroubleUnreachable
        } else {
            Msg::TroubleServer
        }))
    };
    screen(shell, Msg::TroubleTitle)
        .child(h("p").attr("role", "alert").live_text(words))
        .child(actions(
            shell,
            primary_button(shell, Msg::CommonRetry, M::again),
            false,
        ))
}

/// The final post, however long it takes.
pub(super) fn posting(shell: Shell) -> Dom {
    // The kind of trouble is announced once; the seconds beside it are only shown.
    let waits = move || {
        shell
            .enrolment(|enrolment| waiting(enrolment).is_some())
            .unwrap_or(false)
    };
    let words = move || {
        let now = shell.now();
        let waiting = shell.enrolment(waiting).flatten();
        let Some((trouble, until)) = waiting else {
            return Some(shell.t(Msg::PostSending));
        };
        let seconds = shell.number(until.0.saturating_sub(now.0));
        let words = match trouble {
            RequestError::Unreachable => Msg::PostUnreachable,
            RequestError::Refused(_) => Msg::PostServer,
        };
        Some(shell.t_with(words, &[("seconds", &seconds)]))
    };
    let again =
        move |waits: bool| waits.then(|| primary_button(shell, Msg::PostNow, || Event::Again));
    screen(shell, Msg::PostTitle)
        .child(h("p").class("nidan-busy").live_text(words))
        .child(
            h("p")
                .attr("role", "alert")
                .live_text(move || waits().then(|| shell.t(Msg::PostKeep))),
        )
        .child(h("div").class("nidan-actions").region(waits, again))
}

fn waiting(enrolment: &Enrolment) -> Option<(RequestError, UnixSeconds)> {
    match &enrolment.step {
        Step::Posting {
            delivery: Delivery::Waiting { trouble, until, .. },
            ..
        } => Some((*trouble, *until)),
        _other => None,
    }
}

/// What was turned on, as the service stored it, and what to do with it.
pub(super) fn done(shell: Shell) -> Dom {
    let stored = shell.enrolment_now(|enrolment| {
        let (Step::Done { answer, .. } | Step::Finishing { answer, .. }) = &enrolment.step else {
            return None;
        };
        let account = enrolment.opening.account.as_str();
        let mut lines: Vec<_> = answer
            .methods
            .iter()
            .map(|method| method_words(shell, method, account))
            .collect();
        let codes_left = shell.number(answer.backup_codes_left.into());
        lines.push(shell.t_with(Msg::DoneCodes, &[("count", &codes_left)]));
        Some(
            lines
                .into_iter()
                .map(|words| h("li").text(&words))
                .collect::<Vec<_>>(),
        )
    });
    let trouble = move || {
        let failed = |enrolment: &Enrolment| {
            matches!(
                enrolment.step,
                Step::Done {
                    trouble: Some(_),
                    ..
                }
            )
        };
        shell
            .enrolment(failed)
            .unwrap_or(false)
            .then(|| shell.t(Msg::DoneTrouble))
    };
    let (app, phone) = shell
        .enrolment_now(|enrolment| (enrolment.has_app(), !enrolment.phones.is_empty()))
        .unwrap_or_default();
    let next: &[Msg] = match (app, phone) {
        (true, true) => &[
            Msg::DoneNextKeep,
            Msg::DoneNextBackup,
            Msg::DoneNextNumber,
            Msg::DoneNextNever,
        ],
        (true, false) => &[Msg::DoneNextKeep, Msg::DoneNextBackup, Msg::DoneNextNever],
        (false, _) => &[Msg::DoneNextNumber, Msg::DoneNextNever],
    };
    screen(shell, Msg::DoneTitle)
        .child(
            h("ul")
                .class("nidan-proof")
                .children(stored.flatten().into_iter().flatten()),
        )
        .child(text(shell, Msg::DoneProof))
        .child(heading(shell, Msg::DoneNextTitle))
        .child(list(shell, next))
        .child(error_line(trouble))
        .child(actions(
            shell,
            primary_button(shell, Msg::DoneFinish, || Event::Next),
            false,
        ))
}

fn method_words(shell: Shell, method: &MethodView, account: &str) -> String {
    match method.kind.class() {
        MethodClass::Otp => {
            let added = shell.date(UnixSeconds(method.created_at));
            let places = [("account", account), ("date", &*added)];
            shell.t_with(methods::done(method.kind), &places)
        }
        MethodClass::OutOfBand(_) => {
            let (hint, name) = (
                method.hint.as_deref().unwrap_or_default(),
                method.name.as_deref().unwrap_or_default(),
            );
            kind_words(shell, method.kind, hint, name)
        }
    }
}

/// Over without a result: why, and the way on.
pub(super) fn ended(shell: Shell, ending: EndReason) -> Dom {
    let (heading, words, again) = match ending {
        EndReason::Expired => (Msg::EndedExpiredTitle, Msg::EndedExpired, Msg::EndedAgain),
        EndReason::Superseded => (
            Msg::EndedSupersededTitle,
            Msg::EndedSuperseded,
            Msg::EndedAgain,
        ),
        EndReason::AlreadyOn => (Msg::EndedOnTitle, Msg::EndedOn, Msg::CommonNext),
        // No enrolment ends so.
        EndReason::Reported | EndReason::TriesSpent => {
            (Msg::EndedExpiredTitle, Msg::EndedExpired, Msg::EndedAgain)
        }
        EndReason::Misconfigured => (
            Msg::EndedMisconfiguredTitle,
            Msg::EndedMisconfigured,
            Msg::CommonRetry,
        ),
    };
    screen(shell, heading)
        .child(text(shell, words))
        .child(actions(
            shell,
            primary_button(shell, again, || Event::Again),
            false,
        ))
}
