//! What several screens share.

use leptos::prelude::*;

use super::dom::{Dom, h, target};
use crate::shell::{Perform, Shell};
use nidan_flow::{Machine, Now};
use nidan_screens::messages::Msg;

/// How many steps the longest way has.
const STEPS: usize = 7;
/// Below this the remaining time is shown, in seconds.
const TELL_TIME_BELOW_S: u64 = 180;

/// All steps as bars, the current one by name. `at` tells its place, from 0, and its name.
pub(super) fn progress(
    shell: Shell,
    at: impl Fn() -> Option<(usize, Msg)> + Copy + 'static,
) -> Dom {
    let name = move |at: Option<(usize, Msg)>| {
        let (index, name) = at?;
        let name = shell.t(name);
        let (current, total) = (shell.number(index as u64 + 1), shell.number(STEPS as u64));
        Some(shell.t_with(
            Msg::CommonStep,
            &[("current", &current), ("total", &total), ("name", &name)],
        ))
    };
    let bar = |index: usize| {
        h("li").live_attr("data-state", move || {
            let (current, _) = at()?;
            (index <= current).then(|| if index == current { "current" } else { "done" }.to_owned())
        })
    };
    h("div")
        .class("nidan-progress")
        .attr("part", "progress")
        .live_attr("hidden", move || at().is_none().then(String::new))
        .child(
            h("ol")
                .attr("aria-hidden", "true")
                .children((0..STEPS).map(bar)),
        )
        .child(h("p").keyed_text(at, name))
}

/// Told when little is left, without counting seconds aloud.
pub(super) fn time_left(shell: Shell) -> Dom {
    h("p")
        .class("nidan-time")
        .attr("role", "status")
        .live_text(move || {
            shell
                .enrolment(|enrolment| !enrolment.is_stored())
                .filter(|runs| *runs)?;
            let left = shell
                .seconds_left()
                .filter(|left| *left > 0 && *left <= TELL_TIME_BELOW_S)?;
            Some(shell.t_with(
                Msg::CommonTimeLeft,
                &[("minutes", &shell.number(left.div_ceil(60)))],
            ))
        })
}

/// The way to people who help, on every screen.
pub(super) fn support<M: Machine>(shell: Shell<M>, known: bool) -> Option<Dom> {
    let url = shell.support_url().filter(|_| known)?;
    let link = h("a")
        .attr("href", &url)
        .attr("target", "_blank")
        .attr("rel", "noopener");
    Some(
        h("p")
            .class("nidan-support")
            .child(link.say(shell, Msg::CommonSupport)),
    )
}

/// A screen: its heading and what stands below. The heading takes the focus when nothing else on
/// the screen does.
pub(super) fn screen<M: Machine>(shell: Shell<M>, title: Msg) -> Dom {
    h("div").class("nidan-screen").child(
        h("h2")
            .attr("part", "title")
            .attr("tabindex", "-1")
            .say(shell, title),
    )
}

/// A paragraph.
pub(super) fn text<M: Machine>(shell: Shell<M>, msg: Msg) -> Dom {
    h("p").say(shell, msg)
}

/// A smaller heading.
pub(super) fn heading<M: Machine>(shell: Shell<M>, msg: Msg) -> Dom {
    h("h3").say(shell, msg)
}

/// A paragraph of a kind.
pub(super) fn paragraph(class: &str, text: &str) -> Dom {
    h("p").class(class).text(text)
}

/// A list of short texts.
pub(super) fn list<M: Machine>(shell: Shell<M>, items: &[Msg]) -> Dom {
    h("ul").children(items.iter().map(|msg| h("li").say(shell, *msg)))
}

/// What opens on demand.
pub(super) fn details<M: Machine>(shell: Shell<M>, summary: Msg, inside: Dom) -> Dom {
    opens(&shell.t(summary), inside)
}

/// As [`details`], with words that are no text of the catalogue alone.
pub(super) fn opens(summary: &str, inside: Dom) -> Dom {
    h("details").child(h("summary").text(summary)).child(inside)
}

/// A button that goes on, without words and without an event: [`primary_button`] has both.
pub(super) fn bare_primary_button() -> Dom {
    h("button")
        .attr("type", "button")
        .class("nidan-main")
        .attr("part", "button-main")
}

/// Any other button, without words and without an event: [`secondary_button`] has both.
pub(super) fn bare_secondary_button() -> Dom {
    h("button")
        .attr("type", "button")
        .class("nidan-quiet")
        .attr("part", "button")
}

/// A button that goes on and only tells the state machine.
pub(super) fn primary_button<M: Perform>(
    shell: Shell<M>,
    label: Msg,
    event: fn() -> M::Event,
) -> Dom {
    bare_primary_button()
        .say(shell, label)
        .on("click", move |_| shell.send(event()))
}

/// A small button that only tells the state machine.
pub(super) fn secondary_button<M: Perform>(
    shell: Shell<M>,
    label: Msg,
    event: impl Fn() -> M::Event + 'static,
) -> Dom {
    bare_secondary_button()
        .say(shell, label)
        .on("click", move |_| shell.send(event()))
}

/// The row at the end of a screen: going on first, as it is read first; going back is drawn on the
/// left.
pub(super) fn actions<M: Perform>(shell: Shell<M>, main: Dom, back: bool) -> Dom {
    let back = back.then(|| {
        bare_secondary_button()
            .flag("data-back", true)
            .say(shell, Msg::CommonBack)
            .on("click", move |_| shell.send(M::back()))
    });
    h("div").class("nidan-actions").child(main).children(back)
}

/// What a field takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// A one-time code.
    Code,
    /// The code after it: browsers fill in one only.
    Next,
    /// A backup code that is typed back; the codes above it are looked at first.
    Text,
    /// A backup code at login.
    Backup,
    /// A phone number.
    Tel,
}

impl FieldKind {
    /// The form's class; then part, keyboard, autofill, length and capitals of the field.
    const fn attributes(self) -> [&'static str; 6] {
        match self {
            Self::Code => [
                "nidan-code",
                "code-input",
                "numeric",
                "one-time-code",
                "24",
                "off",
            ],
            Self::Next => ["nidan-code", "code-input", "numeric", "off", "24", "off"],
            Self::Text | Self::Backup => [
                "nidan-text",
                "text-input",
                "text",
                "off",
                "40",
                "characters",
            ],
            Self::Tel => ["nidan-tel", "tel-input", "tel", "tel", "40", "off"],
        }
    }
}

/// A text field with its label, help and error.
pub(super) struct Field<M: Machine> {
    /// Distinct on the page.
    pub(super) id: &'static str,
    pub(super) label: String,
    pub(super) help: Option<String>,
    /// What stands in it.
    pub(super) value: fn(&M) -> String,
    /// One-time codes, numbers and texts want other keyboards.
    pub(super) kind: FieldKind,
    /// What a change of the text means.
    pub(super) typed: fn(String) -> M::Event,
    /// What Enter and the keyboard's own "go" mean.
    pub(super) submit: fn() -> M::Event,
}

/// Draws a [`Field`] in a form of its own, with what belongs to it below. `button` is of type
/// `button`; Enter goes the same way.
pub(super) fn field<M: Perform>(
    shell: Shell<M>,
    field: Field<M>,
    error: impl Fn() -> Option<String> + Copy + 'static,
    beside: Option<Dom>,
    button: Dom,
) -> Dom {
    let form = form(shell, field.kind, field.submit);
    with_field(form, shell, h("input"), field, error)
        .children(beside)
        .child(actions(shell, button, true))
}

/// A form that Enter and the keyboard's own "go" send.
pub(super) fn form<M: Perform>(shell: Shell<M>, kind: FieldKind, submit: fn() -> M::Event) -> Dom {
    let [class, ..] = kind.attributes();
    h("form")
        .class(class)
        .flag("novalidate", true)
        .on("submit", move |event| {
            event.prevent_default();
            shell.send(submit());
        })
}

/// The form with one more field: label, help, the field and its error. `input` becomes the field.
pub(super) fn with_field<M: Perform>(
    form: Dom,
    shell: Shell<M>,
    input: Dom,
    field: Field<M>,
    error: impl Fn() -> Option<String> + Copy + 'static,
) -> Dom {
    let Field {
        id,
        label,
        help,
        value,
        kind,
        typed,
        submit: _,
    } = field;
    let id = shell.id(id);
    let (error_id, help_id) = ([&id, "-error"].concat(), [&id, "-help"].concat());
    let [_, part, mode, complete, length, capitals] = kind.attributes();
    let input = input
        .attr("id", &id)
        .attr("part", part)
        .attr("type", "text")
        .attr("inputmode", mode)
        .attr("autocomplete", complete)
        .attr("maxlength", length)
        .attr("autocapitalize", capitals)
        .attr("spellcheck", "false")
        .attr("aria-describedby", &[&error_id, " ", &help_id].concat())
        .flag(
            "data-focus",
            !matches!(kind, FieldKind::Text | FieldKind::Next),
        )
        .live_attr("aria-invalid", move || error().map(|_| "true".to_owned()))
        .live_value(move || shell.with(value))
        .on("input", move |event| {
            if let Some(input) = target(&event) {
                shell.send(typed(input.value()));
            }
        });
    let input = input.placed(shell, &label, help.as_deref().unwrap_or_default());
    let help = help.map(|help| paragraph("nidan-help", &help).attr("id", &help_id));
    form.child(h("label").attr("for", &id).text(&label))
        .children(help)
        .child(input)
        .child(error_line(error).attr("id", &error_id))
}

/// Within the next whole minute: a time of day is told without its seconds, and what it promises
/// must hold by then.
pub(super) fn by_the_minute(at: Now) -> Now {
    nidan_otp::UnixSeconds(at.0 + 59)
}

/// Shown and announced while there is one.
pub(super) fn error_line(error: impl Fn() -> Option<String> + 'static) -> Dom {
    h("p")
        .class("nidan-error")
        .attr("role", "alert")
        .live_text(error)
}

/// Whether the last copy worked, told politely.
pub(super) fn copy_status<M: Machine>(shell: Shell<M>, copied: RwSignal<Option<bool>>) -> Dom {
    let words = move || {
        copied.get().map(|done| {
            shell.t(if done {
                Msg::AddCopied
            } else {
                Msg::AddCopyFailed
            })
        })
    };
    h("p")
        .class("nidan-help")
        .attr("role", "status")
        .live_text(words)
}
