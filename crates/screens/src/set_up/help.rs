//! "The code does not arrive": every way on, and what may be the cause.

use nidan_flow::{Enrolment, Flow, Keepsake, Now, PhoneRefusal, RequestState};
use nidan_protocol::{ChallengeView, Channel, DeliveryState, MethodClass, MethodKind};

use super::refusal::refusal;
use super::{SetUpAction, SetUpKey};
use crate::challenge;
use crate::draft::Draft;
use crate::messages::Msg;
use crate::methods::card;
use crate::{Arg, Words};

/// What support needs to know of a code that does not arrive: no code, no secret, two digits of the
/// number.
pub fn summary(challenge: &ChallengeView, now: Now) -> Words<'_> {
    let state = match challenge.delivery {
        DeliveryState::Queued => Msg::StateQueued,
        DeliveryState::Accepted => Msg::StateAccepted,
        DeliveryState::Unknown => Msg::StateUnclear,
        DeliveryState::Delivered => Msg::StateDelivered,
        DeliveryState::Failed => Msg::StateFailed,
        DeliveryState::WrongDigits => Msg::PhoneWrongDigits,
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
    /// Every way on at once, and below it what may be the cause, each to open.
    pub(super) fn help(
        &mut self,
        enrolment: &'a Enrolment,
        sent: &'a ChallengeView,
        asking: RequestState<PhoneRefusal>,
    ) {
        let phone = &enrolment.phone;
        self.title(Msg::HelpTitle);
        let number = Arg::Text("number", phone.read_as.as_deref().unwrap_or(&phone.typed));
        self.message(SetUpKey::Lead, Msg::HelpNumber, number);
        let not_sent = match (asking, sent.delivery) {
            (RequestState::Refused(refused), _) => refusal(refused, self.view.now),
            (_, DeliveryState::Failed) => Words::of(challenge::failed(sent.channel)),
            (RequestState::Idle | RequestState::Waiting, _) => Words::None,
        };
        self.words(SetUpKey::NotSent, not_sent);
        self.group(SetUpKey::Tools);
        self.ways_on(enrolment, sent, asking);
        let without_messages = |kind: &MethodKind| match kind.class() {
            MethodClass::Otp => true,
            MethodClass::OutOfBand(_) => false,
        };
        if let Some(kind) = enrolment.addable().find(without_messages) {
            let choose = SetUpAction::Choose(kind);
            self.button(SetUpKey::UseApp, card(kind).choose, choose);
        }
        self.group(SetUpKey::Causes);
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
