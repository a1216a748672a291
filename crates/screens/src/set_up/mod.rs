//! Setting two-step verification up, from the first words to what is stored.

mod action;
mod app;
mod help;
mod keys;
mod number;
mod outcome;
mod passkey;
mod phone;
mod refusal;
mod save_codes;
mod start;
#[cfg(test)]
mod tests;

pub use action::SetUpAction;
pub use keys::SetUpKey;

use nidan_flow::{
    Enrolment, Event, Flow, PendingSecret, PhoneEntry, RequestError, Step, VerifiedPhone,
};
use nidan_otp::BackupCode;

use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, FocusScope, Input, Label, Screen, Shows, View, Words};

/// How many steps the longest way has.
const STEPS: u8 = 7;
/// Below this the remaining time is shown, in seconds.
const TELL_TIME_BELOW_S: u64 = 180;

/// What no other screens have. Secrets among it are drawn once, and no copy of them is kept.
pub enum SetUpSpecial<'a> {
    /// The QR code of a URI: the secret's, or a page's.
    QrCode(&'a str),
    /// The secret for typing, in groups.
    Key(&'a PendingSecret),
    /// A backup code, in groups.
    BackupCode(&'a BackupCode),
    /// A country, by its code ([ISO 3166-1
    /// alpha-2](https://www.iso.org/iso-3166-country-codes.html)), and what is said before it.
    Country(&'a PhoneEntry, &'a str, Msg),
    /// A number that codes can be sent to, and whether it is the main one of several.
    Phone(&'a VerifiedPhone, bool),
    /// The countries that the search finds, by their names in the person's language.
    Countries(&'a PhoneEntry),
}

impl Shows for Flow {
    type Key = SetUpKey;
    type Action = SetUpAction;
    type Special<'a> = SetUpSpecial<'a>;

    const FOCUSES_AT_ONCE: bool = false;
    const REMEMBERS_PLAIN_WORDS: bool = true;

    fn screen<'a>(&'a self, view: View<'a>) -> Screen<'a, Self> {
        let mut screen = Draft::new(scope(self), view);
        screen.time_left(self);
        screen.progress(self);
        match self {
            Self::Loading => screen.text(SetUpKey::Busy, Msg::CommonLoading),
            Self::Completed => screen.text(SetUpKey::Busy, Msg::CompletedTitle),
            Self::Unavailable(trouble) => screen.unavailable(*trouble),
            Self::Active(enrolment) => screen.enrolling(enrolment),
            Self::Ended(reason) => screen.ended(*reason),
        }
        screen.finish(self)
    }

    fn event(action: SetUpAction, _index: u8, input: Input) -> Event<Enrolment> {
        action.event(input)
    }
}

/// What hosts hear of the step, and within what the focus stays where it is.
fn scope(flow: &Flow) -> Option<FocusScope> {
    Some(FocusScope::named(match flow {
        Flow::Loading => return None,
        Flow::Unavailable(_) => "unavailable",
        Flow::Ended(reason) => reason.name(),
        Flow::Completed => "completed",
        Flow::Active(enrolment) => match &enrolment.step {
            Step::Start => "start",
            Step::OnPhone { .. } => "to-phone",
            Step::Method => "method",
            Step::GetApp => "get-app",
            Step::AddAccount => "add-account",
            Step::Confirm { .. } => "confirm",
            Step::Number { channel, .. } => {
                return Some(FocusScope {
                    awaits: Some((*channel, false)),
                    ..FocusScope::named("number")
                });
            }
            Step::PhoneCode {
                is_helping: true, ..
            } => "phone-help",
            Step::PhoneCode { challenge, .. } => {
                return Some(FocusScope::named("phone-code").awaiting(challenge));
            }
            Step::Passkey { .. } => "passkey",
            Step::PasskeyName { .. } => "passkey-name",
            Step::Another => "another",
            Step::SaveCodes { .. } => "save-codes",
            Step::Posting { .. } => "posting",
            Step::Done { .. } | Step::Finishing { .. } => "done",
        },
    }))
}

/// How far along, and what the step is called; [`None`] outside the steps, and where one thing is
/// set up beside what there is.
const fn progress(flow: &Flow) -> Option<(u8, Msg)> {
    let Flow::Active(enrolment) = flow else {
        return None;
    };
    if enrolment.opening.adds.is_some() {
        return None;
    }
    Some(match &enrolment.step {
        Step::Start | Step::OnPhone { .. } => (0, Msg::StepStart),
        Step::Method => (1, Msg::StepMethod),
        Step::GetApp => (2, Msg::StepApp),
        Step::AddAccount => (3, Msg::StepAdd),
        Step::Number { .. } => (3, Msg::StepNumber),
        Step::Passkey { .. } => (3, Msg::StepPasskey),
        Step::PasskeyName { .. } => (4, Msg::StepPasskey),
        Step::Confirm { .. } | Step::PhoneCode { .. } => (4, Msg::StepConfirm),
        Step::Another => (4, Msg::StepAnother),
        Step::SaveCodes { .. } | Step::Posting { .. } => (5, Msg::StepCodes),
        Step::Done { .. } | Step::Finishing { .. } => (6, Msg::StepDone),
    })
}

impl<'a> Draft<'a, Flow> {
    fn enrolling(&mut self, enrolment: &'a Enrolment) {
        match &enrolment.step {
            Step::Start => self.start(enrolment),
            Step::OnPhone { .. } => self.on_phone(enrolment),
            Step::Method => self.method(enrolment),
            Step::GetApp => self.get_app(enrolment),
            Step::AddAccount => self.add_account(enrolment),
            Step::Confirm { refused } => self.confirm(enrolment, refused.as_ref()),
            Step::Number { channel, asking } => self.number(enrolment, *channel, *asking),
            Step::PhoneCode {
                challenge,
                asking,
                is_helping: true,
            } => self.help(enrolment, challenge, *asking),
            Step::PhoneCode {
                challenge, asking, ..
            } => self.phone_code(enrolment, challenge, *asking),
            Step::Passkey { asking } => self.passkey(*asking),
            Step::PasskeyName { .. } => self.passkey_name(enrolment),
            Step::Another => self.add_method(enrolment),
            Step::SaveCodes { refused } => self.save_codes(enrolment, *refused),
            Step::Posting { delivery, .. } => self.posting(delivery),
            Step::Done {
                answer, trouble, ..
            } => self.done(enrolment, answer, *trouble),
            Step::Finishing { answer, .. } => self.done(enrolment, answer, None),
        }
    }

    /// All steps as bars, the current one by name.
    fn progress(&mut self, flow: &Flow) {
        let Some((current, name)) = progress(flow) else {
            return;
        };
        self.group(SetUpKey::Progress);
        self.group(SetUpKey::ProgressBars);
        for index in 0..STEPS {
            let state = match index.cmp(&current) {
                std::cmp::Ordering::Less => Some("done"),
                std::cmp::Ordering::Equal => Some("current"),
                std::cmp::Ordering::Greater => None,
            };
            let bar = Content::State("data-state", state);
            self.add_nth(SetUpKey::ProgressBar, index, bar);
        }
        let words = Words::Long(
            Msg::CommonStep,
            [
                Arg::Number("current", u64::from(current) + 1),
                Arg::Number("total", STEPS.into()),
                Arg::Message("name", name),
                Arg::None,
                Arg::None,
            ],
        );
        self.words(SetUpKey::ProgressText, words);
    }

    /// Adds the way to people who help, which is on every screen once it is known.
    fn finish(mut self, flow: &Flow) -> Screen<'a, Flow> {
        if let (Some(url), false) = (self.view.support_url, matches!(flow, Flow::Loading)) {
            self.group(SetUpKey::Support);
            let label = Words::of(Msg::CommonSupport);
            self.add(SetUpKey::SupportLink, Content::Link { label, url });
        }
        self.screen
    }

    /// Told when little is left, without counting seconds aloud, above all that is to be read.
    fn time_left(&mut self, flow: &Flow) {
        let (mut words, mut has_more) = (Words::None, false);
        if let Some(enrolment) = flow.active().filter(|one| !one.is_stored()) {
            let end = enrolment.opening.expires_at.0;
            let left = end.saturating_sub(self.view.now.0);
            if (1..=TELL_TIME_BELOW_S).contains(&left) {
                let minutes = Arg::Number("minutes", left.div_ceil(60));
                words = Words::Message(Msg::CommonTimeLeft, [minutes, Arg::None]);
                has_more = enrolment.can_extend();
            }
        }
        self.words(SetUpKey::TimeLeft, words);
        if has_more {
            self.button(SetUpKey::MoreTime, Msg::CommonMoreTime, SetUpAction::Extend);
        }
    }

    /// The service could not be asked.
    fn unavailable(&mut self, trouble: RequestError) {
        let (title, words) = match trouble {
            RequestError::Unreachable => (Msg::TroubleTitle, Msg::TroubleUnreachable),
            RequestError::Refused(_) => (Msg::TroubleServerTitle, Msg::TroubleServer),
        };
        self.title(title);
        self.text(SetUpKey::Trouble, words);
        self.main(Msg::CommonRetry, SetUpAction::Again);
    }

    /// The screen and its heading.
    fn title(&mut self, msg: Msg) {
        self.group(SetUpKey::Screen);
        self.heading(SetUpKey::Title, msg);
    }

    /// The row at the end of a screen: going on first, as it is read first.
    fn main(&mut self, label: Msg, action: SetUpAction) {
        self.group(SetUpKey::Actions);
        self.button(SetUpKey::Main, label, action);
    }

    fn main_and_back(&mut self, label: Msg, action: SetUpAction) {
        self.main(label, action);
        self.button(SetUpKey::Back, Msg::CommonBack, SetUpAction::Back);
    }

    fn only_back(&mut self) {
        self.group(SetUpKey::Actions);
        self.button(SetUpKey::Back, Msg::CommonBack, SetUpAction::Back);
    }

    /// The row at the end of a form.
    fn form_actions(&mut self, label: Msg, action: SetUpAction) {
        self.group(SetUpKey::FormActions);
        self.button(SetUpKey::FormSubmit, label, action);
        self.button(SetUpKey::FormBack, Msg::CommonBack, SetUpAction::Back);
    }

    /// Announces whether the last copy worked, politely.
    fn copied(&mut self, key: SetUpKey, enrolment: &Enrolment) {
        self.words(
            key,
            match enrolment.copied {
                None => Words::None,
                Some(true) => Words::of(Msg::AddCopied),
                Some(false) => Words::of(Msg::AddCopyFailed),
            },
        );
    }

    /// The field of a code; its label and help are the caller's.
    fn code_field(
        &mut self,
        enrolment: &'a Enrolment,
        label: Label<'a>,
        help: Option<Msg>,
        wrong: Words<'a>,
    ) {
        self.add(SetUpKey::CodeForm, Content::Form(SetUpAction::Next));
        self.message(SetUpKey::CodeLabel, label.0, label.1);
        if let Some(help) = help {
            self.text(SetUpKey::CodeHelp, help);
        }
        self.add(
            SetUpKey::Code,
            Content::Field {
                value: enrolment.code.typed(),
                is_filled_in: true,
                label,
                help,
                is_invalid: wrong.message().is_some(),
                action: SetUpAction::TypeCode,
            },
        );
        self.words(SetUpKey::CodeError, wrong);
    }
}
