//! The code that was sent to a phone.

use nidan_flow::{Enrolment, Flow, PhoneRefusal, RequestState};
use nidan_protocol::{ChallengeView, Channel};

use super::refusal::refusal;
use super::{SetUpAction, SetUpKey};
use crate::challenge::{self, SendAgain};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Words};

impl<'a> Draft<'a, Flow> {
    /// One field; the last digit sends it. Below: how the message fares, and when it can be sent
    /// again.
    pub(super) fn phone_code(
        &mut self,
        enrolment: &'a Enrolment,
        sent: &'a ChallengeView,
        asking: RequestState<PhoneRefusal>,
    ) {
        let now = self.view.now;
        let (check, wrong) = match asking {
            RequestState::Waiting => (Msg::CommonLoading, Words::None),
            RequestState::Idle => (Msg::ConfirmCheck, Words::None),
            RequestState::Refused(refused) => (Msg::ConfirmCheck, refusal(refused, now)),
        };
        self.title(match sent.channel {
            Channel::Sms => Msg::PhoneSmsTitle,
            Channel::Voice => Msg::PhoneVoiceTitle,
        });
        self.words(SetUpKey::Sent, challenge::sent(sent));
        if let Some(digits) = &sent.call_digits {
            self.group(SetUpKey::Pressing);
            self.text(SetUpKey::PressLead, Msg::PhoneVoiceKeys);
            self.words(SetUpKey::Digits, Words::Verbatim(digits));
        }
        let label = (Msg::PhoneCodeLabel, Arg::None);
        self.code_field(enrolment, label, None, wrong);
        // What ends the waiting is announced once; the seconds beside it are only shown.
        self.group(SetUpKey::Delivery);
        self.words(
            SetUpKey::DeliveryState,
            challenge::delivery_state(sent, now),
        );
        self.words(SetUpKey::DeliveryEnd, challenge::delivery_end(sent, now));
        self.form_actions(check, SetUpAction::Next);
        self.group(SetUpKey::Tools);
        self.button(SetUpKey::Help, Msg::HelpTitle, SetUpAction::Help);
        self.ways_on(enrolment, sent);
    }

    /// What can be done when it does not arrive: the code once more, the same number the other way,
    /// or another number.
    pub(super) fn ways_on(&mut self, enrolment: &'a Enrolment, sent: &'a ChallengeView) {
        let mut wait = Words::None;
        match challenge::send_again(sent, self.view.now) {
            SendAgain::Renew => {
                self.button(SetUpKey::Resend, Msg::PhoneResend, SetUpAction::Renew);
            }
            SendAgain::Resend => {
                self.button(SetUpKey::Resend, Msg::PhoneResend, SetUpAction::Resend);
            }
            SendAgain::WaitSeconds(seconds) => {
                let seconds = Arg::Number("seconds", seconds);
                wait = Words::Message(Msg::PhoneResendIn, [seconds, Arg::None]);
            }
            SendAgain::Spent => {}
        }
        self.words(SetUpKey::ResendWait, wait);
        let (other, words) = match sent.channel {
            Channel::Sms => (Channel::Voice, Msg::NumberCallInstead),
            Channel::Voice => (Channel::Sms, Msg::PhoneSmsInstead),
        };
        if enrolment.adds(other.method()) {
            self.button(SetUpKey::Switch, words, SetUpAction::Switch(other));
        }
        let change = SetUpAction::ChangeNumber;
        self.button(SetUpKey::Change, Msg::PhoneChange, change);
    }
}
