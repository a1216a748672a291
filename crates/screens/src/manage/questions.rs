//! Questions before something that is felt: each says what it does, and what is better.

use nidan_flow::{ChangeRefusal, Manage, ManageNav, Managing, NewNav, Question};
use nidan_protocol::{ErrorCode, PauseReason};

use super::overview::{moment, name_of};
use super::{ManageAction, OwnKey, named, unless_waiting};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

/// A day's work, a day and a night, and the longest there is.
const HOURS: [(u32, Msg); 3] = [
    (8, Msg::ManageHoursShort),
    (24, Msg::ManageHoursDay),
    (72, Msg::ManageHoursLong),
];
const REASONS: [(PauseReason, Msg); 5] = [
    (PauseReason::MovingApp, Msg::ManageWhyMoving),
    (PauseReason::Outage, Msg::ManageWhyOutage),
    (PauseReason::Abroad, Msg::ManageWhyAbroad),
    (PauseReason::NewDevice, Msg::ManageWhyDevice),
    (PauseReason::Other, Msg::ManageWhyOther),
];

impl<'a> Draft<'a, Manage> {
    pub(super) fn asking(&mut self, managing: &'a Managing, question: Question) {
        let (title, text, yes, place) = match question {
            Question::Codes => (
                Msg::ManageCodesTitle,
                Msg::ManageCodesText,
                Msg::ManageCodesYes,
                None,
            ),
            Question::Replace(place) => return self.replacing(managing, place),
            Question::Stays(place) => return self.stays(managing, place),
            Question::Remove(place) => (
                Msg::ManageRemoveTitle,
                Msg::ManageRemoveText,
                Msg::ManageRemoveYes,
                Some(place),
            ),
            Question::Lost(place) => (
                Msg::ManageLostTitle,
                Msg::ManageLostText,
                Msg::ManageLostYes,
                Some(place),
            ),
            Question::TurnOff => (
                Msg::ManageOffTitle,
                Msg::ManageOffText,
                Msg::ManageOffYes,
                None,
            ),
        };
        self.begin(managing, title);
        if let Some(place) = place {
            self.about(managing, place);
        }
        let is_harmless = question == Question::Codes;
        let key = if is_harmless {
            OwnKey::LeftLead
        } else {
            OwnKey::Warning
        };
        // Where nothing else would let the person in, the only lost one is not stopped here.
        let is_refused = place.is_some() && is_the_last(managing);
        if !is_refused {
            self.own_text(key, text);
        }
        let may_pause = managing.opening.account.as_ref();
        let may_pause = may_pause.is_some_and(|account| account.may.pause);
        let is_off = question == Question::TurnOff;
        if is_off {
            // Whoever is asked to do this on the telephone reads it before the button.
            self.own_text(OwnKey::Advice, Msg::ManagePauseAdvice);
        }
        if is_off && may_pause {
            self.own_text(OwnKey::LeftLead, Msg::ManageOffAdvice);
        }
        self.own_group(OwnKey::Actions);
        if !is_refused {
            let yes = unless_waiting(managing, yes);
            self.own_button(OwnKey::Main, yes, ManageAction::Go(ManageNav::Submit));
        }
        if is_off && may_pause {
            self.own_button(
                OwnKey::Other,
                Msg::ManagePause,
                ManageAction::Go(ManageNav::Pause),
            );
        }
        self.back();
    }

    /// The last one does not go by itself. There are two ways on: one in its place, or none at all. One whose
    /// place was taken already goes by its day.
    fn stays(&mut self, managing: &'a Managing, place: usize) {
        self.title(Msg::ManageRemoveTitle);
        self.own_text(OwnKey::Refusal, Msg::ManageLastMethod);
        self.about(managing, place);
        let retires = managing
            .methods()
            .get(place)
            .and_then(|method| method.retires_at);
        if let Some(at) = retires {
            let at = Arg::Date("date", moment(at));
            self.own(
                OwnKey::LeftLead,
                Content::Text(Words::Message(Msg::ManageRetires, [at, Arg::None])),
            );
        }
        self.own_group(OwnKey::Actions);
        if retires.is_none() {
            let replace = ManageAction::Go(ManageNav::New(NewNav::Replace));
            self.own_button(OwnKey::Main, Msg::ManageReplace, replace);
            let account = managing.opening.account.as_ref();
            if account.is_some_and(|account| account.may.turn_off) {
                let turn_off = ManageAction::Go(ManageNav::TurnOff);
                self.own_button(OwnKey::Other, Msg::ManageTurnOff, turn_off);
            }
        }
        self.back();
    }

    /// Which method a question is about.
    pub(super) fn about(&mut self, managing: &'a Managing, place: usize) {
        let methods = managing.methods();
        let Some(method) = methods.get(place) else {
            return;
        };
        self.own(OwnKey::Lead, Content::Text(named(method)));
        if let Some(name) = name_of(methods, method) {
            self.own(OwnKey::Which, Content::Text(name));
        }
    }

    pub(super) fn pause_reason(&mut self) {
        self.title(Msg::ManagePauseTitle);
        self.own_text(OwnKey::Warning, Msg::ManagePauseText);
        self.own_text(OwnKey::Advice, Msg::ManagePauseAdvice);
        self.own_text(OwnKey::LeftLead, Msg::ManageWhy);
        self.own_group(OwnKey::Choices);
        for (index, (reason, words)) in (0..=u8::MAX).zip(REASONS) {
            self.choice_of(index, words, ManageAction::Go(ManageNav::Reason(reason)));
        }
        self.own_group(OwnKey::Actions);
        self.back();
    }

    pub(super) fn pause_hours(&mut self, managing: &'a Managing) {
        self.begin(managing, Msg::ManageHoursTitle);
        self.own_text(OwnKey::Lead, Msg::ManageHoursText);
        self.own_group(OwnKey::Choices);
        for (index, (hours, words)) in (0..=u8::MAX).zip(HOURS) {
            self.choice_of(index, words, ManageAction::Go(ManageNav::Hours(hours)));
        }
        self.own_group(OwnKey::Actions);
        self.back();
    }
}

/// Whether the service said that the method stays, because too little would be left.
const fn is_the_last(managing: &Managing) -> bool {
    matches!(
        managing.refusal,
        Some(ChangeRefusal::Service {
            code: ErrorCode::LastMethod,
            ..
        })
    )
}
