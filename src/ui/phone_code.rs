//! The code that was sent to a phone.

use nidan_protocol::{ChallengeView, Channel, DeliveryState};

use super::components::{
    Field, FieldKind, bare_primary_button, field, screen, secondary_button, text,
};
use super::dom::{Dom, h};
use super::number::{asking, refusal_words};
use crate::shell::{Perform, Shell};
use nidan_flow::{Asking, Event, Flow, Machine};
use nidan_screens::messages::Msg;

/// One field; the last digit sends it. Below: how the message fares, and when it can be sent again.
pub(super) fn phone_code(shell: Shell) -> Dom {
    let channel = shell
        .challenge(|challenge| challenge.channel)
        .unwrap_or(Channel::Sms);
    let here = screen(
        shell,
        match channel {
            Channel::Sms => Msg::PhoneSmsTitle,
            Channel::Voice => Msg::PhoneVoiceTitle,
        },
    );
    let here = here.child(sent(shell)).child(keys(shell));
    let code_field = Field {
        id: "nidan-code",
        label: shell.t(Msg::PhoneCodeLabel),
        help: None,
        value: |flow: &Flow| {
            flow.enrolment()
                .map(|enrolment| enrolment.typed_code.clone())
                .unwrap_or_default()
        },
        kind: FieldKind::Code,
        typed: Event::CodeTyped,
        submit: || Event::CodeSubmitted,
    };
    let error = move || match asking(shell)? {
        Asking::Refused(refusal) => Some(refusal_words(shell, refusal)),
        Asking::Idle | Asking::Waiting => None,
    };
    let check = bare_primary_button()
        .live_text(move || {
            let waits = asking(shell) == Some(Asking::Waiting);
            Some(shell.t(if waits {
                Msg::CommonLoading
            } else {
                Msg::ConfirmCheck
            }))
        })
        .on("click", move |_| shell.send(Event::CodeSubmitted));
    // What ends the waiting is announced once; the seconds beside it are only shown.
    let beside = h("div")
        .child(
            h("p")
                .class("nidan-help")
                .live_text(move || delivery_words(shell)),
        )
        .child(
            h("p")
                .attr("role", "alert")
                .live_text(move || ended_words(shell)),
        );
    here.child(field(shell, code_field, error, Some(beside), check))
        .child(ways_on(shell, channel))
}

/// What can be done when it does not arrive.
fn ways_on(shell: Shell, channel: Channel) -> Dom {
    h("div")
        .class("nidan-tools")
        .child(secondary_button(shell, Msg::HelpTitle, || Event::Help))
        .child(again(shell))
        .children(switch(shell, channel))
        .child(secondary_button(shell, Msg::PhoneChange, || {
            Event::ChangeNumber
        }))
}

/// "Send again", or when that is possible. A code that is over is replaced by a new one for the
/// same number; a live one is sent once more.
pub(super) fn again<M: Perform>(shell: Shell<M>) -> Dom {
    let button = move |sends: Sends| match sends {
        Sends::Nothing => None,
        Sends::Same => Some(secondary_button(shell, Msg::PhoneResend, M::resend)),
        Sends::New => Some(secondary_button(shell, Msg::PhoneResend, M::renew)),
    };
    let wait = move || {
        let seconds = resend_in(shell).filter(|seconds| *seconds > 0)?;
        Some(shell.t_with(Msg::PhoneResendIn, &[("seconds", &shell.number(seconds))]))
    };
    h("div")
        .child(h("div").region(move || sends(shell), button))
        .child(h("p").class("nidan-help").live_text(wait))
}

/// The same number the other way, where that is on offer.
pub(super) fn switch(shell: Shell, channel: Channel) -> Option<Dom> {
    let (other, words) = match channel {
        Channel::Sms => (Channel::Voice, Msg::NumberCallInstead),
        Channel::Voice => (Channel::Sms, Msg::PhoneSmsInstead),
    };
    let offered =
        shell.enrolment_now(|enrolment| enrolment.addable().any(|kind| kind == other.method()))?;
    offered.then(|| secondary_button(shell, words, move || Event::Switch(other)))
}

/// Where the code goes that is awaited now, and by what its message is known: another order, and
/// this follows.
pub(super) fn sent<M: Machine>(shell: Shell<M>) -> Dom {
    let words = move || {
        let (channel, hint, reference) = shell.with(|flow| {
            flow.awaited().map(|awaited| {
                (
                    awaited.channel,
                    awaited.hint.clone(),
                    awaited.reference.clone(),
                )
            })
        })?;
        let words = match channel {
            Channel::Sms => Msg::PhoneSmsSent,
            Channel::Voice => Msg::PhoneVoiceSent,
        };
        Some(shell.t_with(words, &[("hint", &hint), ("reference", &reference)]))
    };
    h("p").attr("role", "status").live_text(words)
}

/// What to press in the call that is awaited now; nothing where it reads the code at once.
pub(super) fn keys<M: Machine>(shell: Shell<M>) -> Dom {
    let keys = move || {
        shell.with(|flow| {
            flow.awaited()
                .and_then(|awaited| awaited.call_digits.clone())
        })
    };
    let draw = move |is_asked: bool| {
        let shown = || {
            h("p")
                .class("nidan-keys")
                .attr("role", "status")
                .live_text(keys)
        };
        is_asked.then(|| {
            h("div")
                .child(text(shell, Msg::PhoneVoiceKeys))
                .child(shown())
        })
    };
    h("div").region(move || keys().is_some(), draw)
}

/// What "send again" does now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sends {
    Nothing,
    Same,
    New,
}

fn sends<M: Machine>(shell: Shell<M>) -> Sends {
    let now = shell.now().0;
    let over =
        |challenge: &ChallengeView| now >= challenge.expires_at || challenge.attempts_left == 0;
    if shell.with(|flow| flow.awaited().is_some_and(over)) {
        Sends::New
    } else if resend_in(shell) == Some(0) {
        Sends::Same
    } else {
        Sends::Nothing
    }
}

/// Seconds until the same code may be sent again; `None` when it may not.
fn resend_in<M: Machine>(shell: Shell<M>) -> Option<u64> {
    let at = shell.with(|flow| flow.awaited().and_then(|challenge| challenge.resend_at))?;
    Some(at.saturating_sub(shell.now().0))
}

/// "Handed to the carrier 12 s ago."
pub(super) fn delivery_words<M: Machine>(shell: Shell<M>) -> Option<String> {
    let now = shell.now().0;
    let (state, at, expires_at) = shell.with(|flow| {
        flow.awaited().map(|challenge| {
            (
                challenge.delivery,
                challenge.delivery_at,
                challenge.expires_at,
            )
        })
    })?;
    if now >= expires_at {
        return None;
    }
    let words = match state {
        DeliveryState::Queued => Msg::PhoneQueued,
        DeliveryState::Accepted => Msg::PhoneAccepted,
        DeliveryState::Delivered => Msg::PhoneDelivered,
        DeliveryState::Failed | DeliveryState::Unknown => return None,
    };
    Some(shell.t_with(words, &[("seconds", &shell.number(now.saturating_sub(at)))]))
}

/// Why nothing more is to be waited for.
pub(super) fn ended_words<M: Machine>(shell: Shell<M>) -> Option<String> {
    let now = shell.now().0;
    let (state, expires_at) =
        shell.with(|flow| flow.awaited().map(|code| (code.delivery, code.expires_at)))?;
    Some(shell.t(match state {
        _ if now >= expires_at => Msg::PhoneCodeExpired,
        DeliveryState::Failed => Msg::PhoneFailed,
        DeliveryState::Unknown => Msg::PhoneUnclear,
        DeliveryState::Queued | DeliveryState::Accepted | DeliveryState::Delivered => return None,
    }))
}
