//! What this is, and which method.

use nidan_flow::{Enrolment, Flow, RequestError, RequestState};
use nidan_otp::UnixSeconds;
use nidan_protocol::{MethodClass, MethodKind};

use super::{SetUpAction, SetUpKey, SetUpSpecial};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::methods::{Card, card};
use crate::{Arg, Content, Words};

const fn trouble(error: RequestError) -> Msg {
    match error {
        RequestError::Unreachable => Msg::TroubleUnreachable,
        RequestError::Refused(_) => Msg::TroubleServer,
    }
}

const REASONS: [Msg; 3] = [
    Msg::StartWhyReuse,
    Msg::StartWhyPhishing,
    Msg::StartWhyReach,
];
const HAVE_LINE: [Msg; 2] = [Msg::StartHaveLine, Msg::StartHavePaper];
const HAVE_PHONE: [Msg; 3] = [Msg::StartHavePhone, Msg::StartHaveApp, Msg::StartHavePaper];

impl<'a> Draft<'a, Flow> {
    /// What two-step verification is, why, how long it takes, and what to have at hand.
    pub(super) fn start(&mut self, enrolment: &'a Enrolment) {
        let methods = &enrolment.opening.methods;
        let by_phone = methods.iter().any(|kind| match kind.class() {
            MethodClass::Otp | MethodClass::Cryptographic => false,
            MethodClass::OutOfBand(_) => true,
        });
        let have: &[Msg] = if by_phone { &HAVE_LINE } else { &HAVE_PHONE };
        self.title(Msg::StartTitle);
        let what = if methods.contains(&MethodKind::Passkey) {
            Msg::StartWhatPasskey
        } else {
            Msg::StartWhat
        };
        self.text(SetUpKey::Lead, what);
        self.group(SetUpKey::Advice);
        self.duty(enrolment);
        self.text(SetUpKey::AdviceTime, Msg::StartTime);
        self.text(SetUpKey::HaveTitle, Msg::StartHaveTitle);
        self.list(SetUpKey::Have, SetUpKey::HaveItem, have);
        self.add(SetUpKey::Why, Content::Named(Msg::TroubleUnreachable));
        self.text(SetUpKey::WhySummary, Msg::StartWhyTitle);
        self.list(SetUpKey::Reasons, SetUpKey::ReasonItem, &REASONS);
        let (meanwhile, trouble) = match enrolment.putting_off {
            RequestState::Idle => (Words::None, Words::None),
            RequestState::Waiting => (Words::of(Msg::CommonLoading), Words::None),
            RequestState::Refused(error) => (Words::None, Words::of(trouble(error))),
        };
        self.words(SetUpKey::Meanwhile, meanwhile);
        self.words(SetUpKey::NotTold, trouble);
        self.main(Msg::StartBegin, SetUpAction::Next);
        if enrolment.opening.phone_url.is_some() {
            self.button(SetUpKey::ToPhone, Msg::OnPhoneTitle, SetUpAction::ToPhone);
        }
        if enrolment.may_put_off() {
            self.button(SetUpKey::Later, Msg::StartLater, SetUpAction::Later);
        }
    }

    /// Who asks for it, and until when it can wait.
    fn duty(&mut self, enrolment: &'a Enrolment) {
        let Some(duty) = &enrolment.opening.duty else {
            return self.text(SetUpKey::AdviceText, Msg::StartAdvice);
        };
        let site = Arg::Text("site", enrolment.opening.issuer.as_str());
        self.message(SetUpKey::AdviceText, Msg::StartRequired, site);
        let date = duty.deadline.map(|at| Arg::Date("date", UnixSeconds(at)));
        let count = duty
            .skips_left
            .map(|left| Arg::Number("count", left.into()));
        let later = match (duty.may_skip, date.is_some(), count.is_some()) {
            (false, _, _) | (true, false, false) => Msg::StartNow,
            (true, true, false) => Msg::StartLaterUntil,
            (true, false, true) => Msg::StartLaterTimes,
            (true, true, true) => Msg::StartLaterBoth,
        };
        let places = [date.unwrap_or(Arg::None), count.unwrap_or(Arg::None)];
        self.words(SetUpKey::AdviceLater, Words::Message(later, places));
    }

    /// The methods on offer, the recommended one first: a button and a line each, so that all fit a
    /// phone's screen. What each needs, where it is strong and where weak is behind one press.
    pub(super) fn method(&mut self, enrolment: &'a Enrolment) {
        self.title(Msg::MethodTitle);
        for (index, kind) in (0..=u8::MAX).zip(enrolment.addable()) {
            self.choice(index, kind);
        }
        self.text(SetUpKey::BackupNote, Msg::MethodBackupNote);
        self.add(SetUpKey::Compare, Content::Named(Msg::TroubleUnreachable));
        self.text(SetUpKey::CompareSummary, Msg::MethodCompare);
        self.only_back();
    }

    fn choice(&mut self, index: u8, kind: MethodKind) {
        let Card { what, choose, .. } = card(kind);
        let is_recommended = index == 0;
        self.add_nth(SetUpKey::Choice, index, Content::Group);
        let button = if is_recommended {
            SetUpKey::ChoiceMain
        } else {
            SetUpKey::ChoiceOther
        };
        self.button_nth(button, index, choose, SetUpAction::Choose(kind));
        self.add_nth(SetUpKey::ChoiceText, index, Content::Group);
        let mut say = |key, msg| self.add_nth(key, index, Content::Text(Words::of(msg)));
        if is_recommended {
            say(SetUpKey::ChoiceRecommended, Msg::MethodRecommended);
        }
        say(SetUpKey::ChoiceWhat, what);
    }

    /// What is set up so far, and what could come beside it: a second method is recommended, never
    /// forced.
    pub(super) fn add_method(&mut self, enrolment: &'a Enrolment) {
        self.title(Msg::AnotherTitle);
        self.group(SetUpKey::Proof);
        let has_several = enrolment.phones.len() > 1;
        if enrolment.has_app() {
            self.text(SetUpKey::ProofApp, Msg::MethodTotpName);
        }
        for (index, phone) in (0..=u8::MAX).zip(&enrolment.phones) {
            let is_main = index == 0 && has_several;
            let phone = Content::Special(None, SetUpSpecial::Phone(phone, is_main));
            self.add_nth(SetUpKey::ProofItem, index, phone);
        }
        for (index, passkey) in (0..=u8::MAX).zip(&enrolment.passkeys) {
            let name = Arg::Text("name", &passkey.name);
            let words = Words::Message(Msg::DonePasskey, [name, Arg::None]);
            self.add_nth(SetUpKey::ProofPasskey, index, Content::Text(words));
        }
        self.text(SetUpKey::NextTitle, Msg::AnotherMore);
        self.text(SetUpKey::NextWhy, Msg::AnotherWhy);
        self.group(SetUpKey::Tools);
        for (index, kind) in (0..=u8::MAX).zip(enrolment.addable()) {
            let choose = SetUpAction::Choose(kind);
            self.button_nth(SetUpKey::Add, index, card(kind).choose, choose);
        }
        self.main(Msg::CommonNext, SetUpAction::Next);
    }
}
