//! The code of an app, a text or a call; and a backup code in a field of its own.

use nidan_protocol::{CallConfirmation, Channel, MethodClass, MethodKind, MethodState};

use super::words::refusal;
use crate::shell::Shell;
use crate::ui::components::{
    Field, FieldKind, bare_primary_button, error_line, form, paragraph, screen, secondary_button,
    text, with_field,
};
use crate::ui::dom::{Dom, h, target};
use crate::ui::phone_code::{again, delivery_words, ended_words, keys, sent};
use nidan_flow::{Asked, Login, LoginEvent, LoginStep, SigningIn};
use nidan_screens::messages::Msg;

/// What the screen of a method's code is made of: whenever one of these is another, it is drawn
/// anew.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct About {
    kind: MethodKind,
    /// A method that rests or is suspended takes no codes.
    takes_codes: bool,
    /// How the code comes that is awaited, where one was sent.
    sent: Option<Channel>,
    /// Whether it comes by a call that waits for keys.
    waits_for_digits: bool,
    /// Whether two codes are asked for.
    two: bool,
}

impl About {
    /// `None` on other screens.
    pub(super) fn of(signing: &SigningIn) -> Option<Self> {
        let method = signing.method()?;
        let LoginStep::Code { challenge, .. } = &signing.step else {
            return None;
        };
        Some(Self {
            kind: method.kind,
            takes_codes: match method.state {
                MethodState::Ready | MethodState::TwoCodes => true,
                MethodState::Resting | MethodState::Suspended => false,
            },
            sent: challenge.as_ref().map(|challenge| challenge.channel),
            waits_for_digits: challenge
                .as_ref()
                .is_some_and(|challenge| challenge.call_digits.is_some()),
            two: signing.wants_two(),
        })
    }
}

/// The person's code, or first the button that sends it.
pub(super) fn code(shell: Shell<Login>, about: About) -> Dom {
    let here = screen(shell, Msg::LoginTitle).child(account(shell));
    let here = match (about.kind.class(), about.sent) {
        _ if !about.takes_codes => here.child(error_line(move || error(shell))),
        (MethodClass::Otp, _) => {
            let words = if about.two {
                Msg::LoginTwoApp
            } else {
                Msg::LoginApp
            };
            here.child(text(shell, words)).child(typing(shell, about))
        }
        (MethodClass::OutOfBand(channel), None) => here.child(to_send(shell, about, channel)),
        (MethodClass::OutOfBand(_), Some(_)) => {
            let here = here.child(sent(shell)).child(keys(shell));
            let here = if about.two {
                here.child(text(shell, Msg::LoginTwoPhone))
            } else {
                here
            };
            here.child(typing(shell, about))
        }
    };
    here.child(ways_on(shell))
}

fn account(shell: Shell<Login>) -> Dom {
    let (issuer, account) = shell
        .signing_now(|signing| {
            (
                signing.opening.issuer.clone(),
                signing.opening.account.clone(),
            )
        })
        .unwrap_or_default();
    paragraph(
        "nidan-help",
        &shell.t_with(
            Msg::LoginAccount,
            &[("issuer", &issuer), ("account", &account)],
        ),
    )
}

/// Whether the last question is still on its way.
fn waits(shell: Shell<Login>) -> bool {
    shell.signing(|signing| signing.asked == Asked::Waiting) == Some(true)
}

/// The main button; it says so while it waits.
fn going_on(shell: Shell<Login>, label: Msg, event: impl Fn() -> LoginEvent + 'static) -> Dom {
    bare_primary_button()
        .live_text(move || {
            Some(shell.t(if waits(shell) {
                Msg::CommonLoading
            } else {
                label
            }))
        })
        .on("click", move |_| shell.send(event()))
}

fn error(shell: Shell<Login>) -> Option<String> {
    shell.signing(|signing| refusal(shell, signing)).flatten()
}

/// A text or call is ordered by a tap: nobody is called who did not mean it.
fn to_send(shell: Shell<Login>, about: About, channel: Channel) -> Dom {
    let hint = shell
        .signing_now(|signing| signing.method().and_then(|method| method.hint.clone()))
        .flatten();
    let (words, send) = match channel {
        Channel::Sms => (Msg::LoginSmsAsk, Msg::LoginSmsSend),
        Channel::Voice => (Msg::LoginVoiceAsk, Msg::LoginVoiceSend),
    };
    let button = going_on(shell, send, move || {
        LoginEvent::Send(channel, CallConfirmation::Digits)
    });
    h("div")
        .class("nidan-screen")
        .child(paragraph(
            "",
            &shell.t_with(words, &[("hint", hint.as_deref().unwrap_or_default())]),
        ))
        .child(error_line(move || error(shell)))
        .child(
            h("div")
                .class("nidan-actions")
                .child(button.flag("data-focus", true)),
        )
        .child(
            h("div")
                .class("nidan-tools")
                .children(the_other_way(shell, about, channel).into_iter().flatten()),
        )
}

/// The same number another way: a mobile may be texted or called, and a call may read its code at
/// once where the host allows that.
fn the_other_way(shell: Shell<Login>, about: About, channel: Channel) -> [Option<Dom>; 2] {
    let (calls, without_keys) = shell
        .signing_now(|signing| {
            (
                signing.opening.calls,
                signing.opening.allow_unconfirmed_calls,
            )
        })
        .unwrap_or_default();
    let send = |label, channel, keys| {
        secondary_button(shell, label, move || LoginEvent::Send(channel, keys))
    };
    let (words, other, offered) = match channel {
        Channel::Sms => (Msg::NumberCallInstead, Channel::Voice, calls),
        Channel::Voice => (Msg::PhoneSmsInstead, Channel::Sms, true),
    };
    let other =
        (offered && about.kind.takes(other)).then(|| send(words, other, CallConfirmation::Digits));
    let is_call = match channel {
        Channel::Sms => false,
        Channel::Voice => true,
    };
    let silent = (is_call && without_keys && (about.sent.is_none() || about.waits_for_digits))
        .then(|| {
            send(
                Msg::NumberWithoutKeys,
                Channel::Voice,
                CallConfirmation::None,
            )
        });
    [other, silent]
}

/// One field, or two where two codes are asked for; "trust this browser" where it is on offer; the
/// button.
fn typing(shell: Shell<Login>, about: About) -> Dom {
    let channel = about.sent;
    let label = match (about.two, channel) {
        (false, _) => Msg::PhoneCodeLabel,
        (true, None) => Msg::LoginFirstApp,
        (true, Some(_)) => Msg::LoginFirstPhone,
    };
    let code_field = Field {
        id: "nidan-code",
        label: shell.t(label),
        help: None,
        value: |login: &Login| {
            login
                .signing()
                .map(|signing| signing.typed[0].clone())
                .unwrap_or_default()
        },
        kind: FieldKind::Code,
        typed: LoginEvent::Typed,
        submit: || LoginEvent::Submit,
    };
    // The field that stood on the page before goes on, with its text and its keyboard.
    let input = shell.early_field().map_or_else(|| h("input"), Dom::around);
    let form = form(shell, FieldKind::Code, || LoginEvent::Submit);
    let form = if about.two {
        let label = if channel.is_none() {
            Msg::LoginSecondApp
        } else {
            Msg::LoginSecondPhone
        };
        let next_field = Field {
            id: "nidan-second-code",
            label: shell.t(label),
            help: None,
            value: |login: &Login| {
                login
                    .signing()
                    .map(|signing| signing.typed[1].clone())
                    .unwrap_or_default()
            },
            kind: FieldKind::Next,
            typed: LoginEvent::SecondTyped,
            submit: || LoginEvent::Submit,
        };
        // The error stands below the last field.
        let form = with_field(form, shell, input, code_field, || None);
        with_field(form, shell, h("input"), next_field, move || error(shell))
    } else {
        with_field(form, shell, input, code_field, move || error(shell))
    };
    let check = going_on(shell, Msg::LoginSubmit, || LoginEvent::Submit);
    form.children(channel.map(|_| fares(shell)))
        .children(trust(shell))
        .child(h("div").class("nidan-actions").child(check))
        .children(channel.map(|channel| {
            h("div")
                .class("nidan-tools")
                .child(again(shell))
                .children(the_other_way(shell, about, channel).into_iter().flatten())
        }))
}

/// How the message fares. What ends the waiting is announced once; the seconds beside it are only
/// shown.
fn fares(shell: Shell<Login>) -> Dom {
    h("div")
        .child(
            h("p")
                .class("nidan-help")
                .live_text(move || delivery_words(shell)),
        )
        .child(
            h("p")
                .attr("role", "alert")
                .live_text(move || ended_words(shell)),
        )
}

/// "Do not ask in this browser for N days", not ticked.
fn trust(shell: Shell<Login>) -> Option<Dom> {
    let (days, ticked) =
        shell.signing_now(|signing| Some((signing.opening.trust_days?, signing.trust)))??;
    let words = shell.t_with(Msg::LoginTrust, &[("days", &shell.number(days.into()))]);
    let tick = tick(words, ticked, move |on| shell.send(LoginEvent::Trust(on)));
    Some(
        h("div")
            .child(tick)
            .child(paragraph("nidan-help", &shell.t(Msg::LoginTrustNote))),
    )
}

/// A box with its words.
pub(super) fn tick(words: String, ticked: bool, changed: impl Fn(bool) + 'static) -> Dom {
    let input = h("input")
        .attr("type", "checkbox")
        .checked(ticked)
        .on("change", move |event| {
            if let Some(input) = target(&event) {
                changed(input.checked());
            }
        });
    h("label")
        .class("nidan-tick")
        .child(input)
        .child(h("span").text(&words))
}

/// Below every code: another way, and "not me".
fn ways_on(shell: Shell<Login>) -> Dom {
    let other = shell.signing_now(|signing| signing.has_other_way()) == Some(true);
    let label = if other {
        Msg::LoginAnother
    } else {
        Msg::LoginLost
    };
    let event = move || {
        if other {
            LoginEvent::MethodPicker
        } else {
            LoginEvent::Recover
        }
    };
    h("div")
        .class("nidan-aside")
        .child(secondary_button(shell, label, event))
        .child(secondary_button(shell, Msg::LoginNotMe, || {
            LoginEvent::ReportUnrequested
        }))
}

/// A field that takes letters, and tells mistypings without asking anybody.
pub(super) fn backup(shell: Shell<Login>) -> Dom {
    let backup_field = Field {
        id: "nidan-backup",
        label: shell.t(Msg::LoginBackupLabel),
        help: Some(shell.t(Msg::LoginBackupHelp)),
        value: |login: &Login| {
            login
                .signing()
                .map(|signing| signing.typed_backup.clone())
                .unwrap_or_default()
        },
        kind: FieldKind::Backup,
        typed: LoginEvent::BackupTyped,
        submit: || LoginEvent::Submit,
    };
    let form = form(shell, FieldKind::Backup, || LoginEvent::Submit);
    let form = with_field(form, shell, h("input"), backup_field, move || error(shell));
    let check = going_on(shell, Msg::LoginSubmit, || LoginEvent::Submit);
    screen(shell, Msg::LoginBackupTitle)
        .child(account(shell))
        .child(
            form.children(trust(shell))
                .child(h("div").class("nidan-actions").child(check)),
        )
        .child(ways_on(shell))
}
