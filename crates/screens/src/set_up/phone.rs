//! The code that was sent to a phone.

use nidan_flow::{Enrolment, Flow, PhoneRefusal, RequestState};
use nidan_protocol::{ChallengeView, Channel, ErrorCode};

use super::refusal::refusal;
use super::{SetUpAction, SetUpKey};
use crate::challenge::{self, SendAgain};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Words};

impl<'a> Draft<'a, Flow> {
    /// One field; the last digit sends it. Below: the message's delivery status, and when it can be
    /// sent again.
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
        let outage = self.view.outage_notice;
        self.words(
            SetUpKey::Outage,
            outage.map_or(Words::None, Words::Verbatim),
        );
        self.words(SetUpKey::Sent, challenge::sent(sent));
        let is_over = matches!(asking, RequestState::Refused(refused) if says_over(refused));
        if let Some(digits) = &sent.call_digits {
            self.group(SetUpKey::Pressing);
            self.text(SetUpKey::PressLead, Msg::PhoneVoiceKeys);
            self.words(SetUpKey::Digits, Words::Verbatim(digits));
        }
        let label = (Msg::PhoneCodeLabel, Arg::None);
        self.code_field(enrolment, label, None, wrong);
        // What ends the waiting is announced once; the seconds beside it are only shown.
        self.group(SetUpKey::Delivery);
        let (state, end) = if is_over {
            (Words::None, Words::None)
        } else {
            (
                challenge::delivery_state(sent, now),
                challenge::delivery_end(sent, now),
            )
        };
        self.words(SetUpKey::DeliveryState, state);
        self.words(SetUpKey::DeliveryEnd, end);
        self.form_actions(check, SetUpAction::Next);
        self.group(SetUpKey::Tools);
        self.button(SetUpKey::Help, Msg::HelpTitle, SetUpAction::Help);
        self.ways_on(enrolment, sent, asking);
    }

    /// What can be done when it does not arrive: the code once more, the same number the other way,
    /// or another number.
    pub(super) fn ways_on(
        &mut self,
        enrolment: &'a Enrolment,
        sent: &'a ChallengeView,
        asking: RequestState<PhoneRefusal>,
    ) {
        let mut wait = Words::None;
        let button = SendAgain::button(sent.channel);
        let (nothing_is_sent, not_again) = match asking {
            RequestState::Refused(PhoneRefusal::Service { code, retry_at, .. }) => (
                challenge::forbids_sending(code, retry_at, self.view.now),
                code == ErrorCode::ResendsSpent,
            ),
            RequestState::Idle | RequestState::Waiting | RequestState::Refused(_) => (false, false),
        };
        match challenge::send_again(sent, self.view.now) {
            _ if nothing_is_sent || not_again => {}
            SendAgain::Renew => self.button(SetUpKey::Resend, button, SetUpAction::Renew),
            SendAgain::Resend => self.button(SetUpKey::Resend, button, SetUpAction::Resend),
            SendAgain::WaitSeconds(seconds) => wait = SendAgain::wait(sent.channel, seconds),
            SendAgain::Spent => {}
        }
        self.words(SetUpKey::ResendWait, wait);
        let (other, words) = match sent.channel {
            Channel::Sms => (Channel::Voice, Msg::NumberCallInstead),
            Channel::Voice => (Channel::Sms, Msg::PhoneSmsInstead),
        };
        if enrolment.adds(other.method()) && !nothing_is_sent {
            self.button(SetUpKey::Switch, words, SetUpAction::Switch(other));
        }
        let change = SetUpAction::ChangeNumber;
        self.button(SetUpKey::Change, Msg::PhoneChange, change);
    }
}

/// Whether the refusal itself says that the code is over.
fn says_over(refused: PhoneRefusal) -> bool {
    matches!(
        refused,
        PhoneRefusal::Service {
            code: ErrorCode::CodeExpired
                | ErrorCode::CodeUsed
                | ErrorCode::ChallengeNotFound
                | ErrorCode::TooManyAttempts,
            ..
        }
    )
}
