//! "The code does not arrive": every way on, and what may be the cause.

use nidan_flow::{Enrolment, Flow, PhoneRefusal, RequestState};
use nidan_protocol::{ChallengeView, DeliveryState, MethodClass, MethodKind};

use super::refusal::refusal;
use super::{SetUpAction, SetUpKey};
use crate::challenge;
use crate::draft::Draft;
use crate::messages::Msg;
use crate::methods::card;
use crate::{Arg, Content, Words};

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
            MethodClass::OutOfBand(_) | MethodClass::Cryptographic => false,
        };
        if let Some(kind) = enrolment.addable().find(without_messages) {
            let choose = SetUpAction::Choose(kind);
            self.button(SetUpKey::UseApp, card(kind).choose, choose);
        }
        self.add(SetUpKey::Causes, Content::Named(Msg::TroubleUnreachable));
        self.add(SetUpKey::Details, Content::Named(Msg::TroubleUnreachable));
        self.text(SetUpKey::DetailsSummary, Msg::HelpSupport);
        self.only_back();
    }
}
