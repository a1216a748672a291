//! "The code does not arrive": one question at a time, then every way on.

use nidan_flow::{Enrolment, Flow, HelpAt, Keepsake, Now, PhoneEntry};
use nidan_protocol::{ChallengeView, Channel, DeliveryState, MethodKind};

use super::{SetUpAction, SetUpKey};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

const SMS: [Msg; 7] = [
    Msg::HelpNumber,
    Msg::HelpReach,
    Msg::HelpFolder,
    Msg::HelpCarrier,
    Msg::HelpStorage,
    Msg::HelpAbroad,
    Msg::HelpRestart,
];
const VOICE: [Msg; 4] = [
    Msg::HelpNumber,
    Msg::HelpLine,
    Msg::HelpCarrier,
    Msg::HelpHours,
];

/// What support needs to know of a code that does not arrive: no code, no secret, two digits of the
/// number.
pub fn summary(challenge: &ChallengeView, now: Now) -> Words<'_> {
    let state = match challenge.delivery {
        DeliveryState::Queued => Msg::StateQueued,
        DeliveryState::Accepted => Msg::StateAccepted,
        DeliveryState::Unknown => Msg::StateUnclear,
        DeliveryState::Delivered => Msg::StateDelivered,
        DeliveryState::Failed => Msg::StateFailed,
    };
    let channel = match challenge.channel {
        Channel::Sms => Msg::MethodSmsName,
        Channel::Voice => Msg::MethodVoiceName,
    };
    Words::Long(
        Msg::HelpSummary,
        [
            Arg::Message("channel", channel),
            Arg::Text("hint", &challenge.hint),
            Arg::Text("reference", &challenge.reference),
            Arg::Message("state", state),
            Arg::Date("date", now),
        ],
    )
}

impl<'a> Draft<'a, Flow> {
    /// The question that is open, or every way that is left.
    pub(super) fn help(&mut self, enrolment: &'a Enrolment, sent: &'a ChallengeView, at: HelpAt) {
        let questions = match sent.channel {
            Channel::Sms => SMS.as_slice(),
            Channel::Voice => VOICE.as_slice(),
        };
        let open = match at {
            HelpAt::Question(at) => questions.get(at).map(|question| (at, *question)),
            HelpAt::End => None,
        };
        self.title(Msg::HelpTitle);
        match (open, sent.delivery) {
            (Some((at, question)), _) => {
                let place = [at as u64 + 1, questions.len() as u64];
                self.question(&enrolment.phone, question, place);
            }
            (None, DeliveryState::Failed) => self.end(enrolment, sent, Msg::PhoneFailed),
            (None, _) => self.end(enrolment, sent, Msg::HelpEnd),
        }
    }

    fn question(&mut self, phone: &'a PhoneEntry, question: Msg, [current, total]: [u64; 2]) {
        let place = [Arg::Number("current", current), Arg::Number("total", total)];
        self.words(
            SetUpKey::QuestionCount,
            Words::Message(Msg::HelpCount, place),
        );
        let number = Arg::Text("number", phone.read_as.as_deref().unwrap_or(&phone.typed));
        self.message(SetUpKey::Lead, question, number);
        match question {
            Msg::HelpNumber => self.button(
                SetUpKey::QuestionChange,
                Msg::PhoneChange,
                SetUpAction::ChangeNumber,
            ),
            Msg::HelpCarrier => self.carriers(&phone.help),
            _other => {}
        }
        self.main_and_back(Msg::HelpNext, SetUpAction::Next);
    }

    /// What the carriers of the country have for it: dated facts.
    fn carriers(&mut self, help: &'a [String]) {
        let Some((date, facts)) = help.split_first() else {
            return;
        };
        self.group(SetUpKey::Carriers);
        let (facts, _) = facts.as_chunks::<2>();
        for (index, [name, advice]) in (0..=u8::MAX).zip(facts) {
            let (name, advice) = (Words::Verbatim(name), Words::Verbatim(advice));
            self.add_nth(SetUpKey::Carrier, index, Content::Group);
            self.add_nth(SetUpKey::CarrierName, index, Content::Text(name));
            self.add_nth(SetUpKey::CarrierAdvice, index, Content::Text(advice));
        }
        let date = Arg::Text("date", date);
        self.message(SetUpKey::CarriersDate, Msg::HelpVerifiedOn, date);
    }

    /// Every way that is left.
    fn end(&mut self, enrolment: &'a Enrolment, sent: &'a ChallengeView, words: Msg) {
        self.text(SetUpKey::End, words);
        self.group(SetUpKey::Tools);
        self.ways_on(enrolment, sent);
        if enrolment.adds(MethodKind::Totp) {
            let app = SetUpAction::Choose(MethodKind::Totp);
            self.button(SetUpKey::UseApp, Msg::MethodUse, app);
        }
        self.group(SetUpKey::Details);
        self.text(SetUpKey::DetailsSummary, Msg::HelpSupport);
        self.group(SetUpKey::DetailsInside);
        let summary = summary(sent, self.view.now);
        self.words(SetUpKey::SupportSummary, summary);
        let copy = SetUpAction::Take(Keepsake::CopyOfSummary);
        self.button(SetUpKey::Copy, Msg::HelpCopy, copy);
        self.copied(SetUpKey::Copied, enrolment);
        self.only_back();
    }
}
