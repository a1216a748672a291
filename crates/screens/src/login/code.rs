//! The code of an app, a text or a call; and a backup code in a field of its own.

use nidan_flow::{Login, LoginRefusal, Now, RequestState, SigningIn};
use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, ErrorCode, MethodClass, MethodState, MethodView,
};

use super::refusal::refusal;
use super::{CONFIRMED, LoginAction, LoginKey};
use crate::challenge::{self, SendAgain};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

/// The keys of the two buttons that send a code another way.
struct OtherKeys {
    other: LoginKey,
    unconfirmed: LoginKey,
}

impl<'a> Draft<'a, Login> {
    /// The person's code, or first the button that sends it.
    pub(super) fn code(&mut self, signing: &'a SigningIn, sent: Option<&'a ChallengeView>) {
        let Some(method) = signing.method() else {
            // The list of methods has changed under the person's hands: the others are there.
            return self.method_picker(signing, false);
        };
        self.title(Msg::LoginTitle);
        self.account(signing);
        match (method.state, method.kind.class(), sent) {
            (MethodState::Resting | MethodState::Suspended | MethodState::Held, _, _) => {
                self.words(LoginKey::Refusal, refusal(signing, self.view.now));
            }
            // A passkey has a step of its own.
            (_, MethodClass::Otp | MethodClass::Cryptographic, _) => self.app(signing, method),
            (_, MethodClass::OutOfBand(channel), None) => {
                self.offer_to_send(signing, method, channel)
            }
            (_, MethodClass::OutOfBand(channel), Some(sent)) => {
                self.outage_notice();
                self.sent(signing, sent);
                self.group(LoginKey::CodeTools);
                self.again(signing, sent);
                if !nothing_is_sent(signing, self.view.now) {
                    self.other_ways(signing, method, channel, Some(sent));
                }
                self.button(LoginKey::Help, Msg::HelpTitle, LoginAction::Help);
                if signing.is_helping {
                    self.add(LoginKey::Causes, Content::Named(Msg::TroubleUnreachable));
                }
            }
        }
        self.ways_on(signing);
    }

    fn app(&mut self, signing: &'a SigningIn, method: &'a MethodView) {
        let two = match (signing.wants_two(), signing.has_mistyped()) {
            (false, _) => None,
            (true, false) => Some(Msg::LoginTwoApp),
            // What was wrong just now is told where the error stands.
            (true, true) => Some(Msg::LoginTwoAppNow),
        };
        match (&method.name, two) {
            (None, two) => self.text(LoginKey::Lead, two.unwrap_or(Msg::LoginApp)),
            // Whoever has two apps types no code of the other one.
            (Some(name), two) => {
                let name = Arg::Text("name", name);
                self.message(LoginKey::Lead, Msg::LoginAppNamed, name);
                if let Some(two) = two {
                    self.text(LoginKey::TwoCodes, two);
                }
            }
        }
        self.fields(signing, Msg::LoginFirstApp, Msg::LoginSecondApp);
        self.trust(signing);
        self.submit(signing);
    }

    /// A carrier's outage, for instance: who knows of it does not wait.
    fn outage_notice(&mut self) {
        let notice = self.view.outage_notice;
        self.words(
            LoginKey::Warning,
            notice.map_or(Words::None, Words::Verbatim),
        );
    }

    /// A text or call is ordered by a tap: nobody is called who did not mean it.
    fn offer_to_send(&mut self, signing: &'a SigningIn, method: &'a MethodView, channel: Channel) {
        let hint = Arg::Text("hint", method.hint.as_deref().unwrap_or_default());
        let (words, send) = match channel {
            Channel::Sms => (Msg::LoginSmsAsk, Msg::LoginSmsSend),
            Channel::Voice => (Msg::LoginVoiceAsk, Msg::LoginVoiceSend),
        };
        self.message(LoginKey::Lead, words, hint);
        self.outage_notice();
        self.words(LoginKey::Refusal, refusal(signing, self.view.now));
        if nothing_is_sent(signing, self.view.now) {
            return;
        }
        self.group(LoginKey::SendActions);
        let send = unless_waiting(signing, send);
        self.button(LoginKey::Send, send, LoginAction::Send(channel, CONFIRMED));
        self.group(LoginKey::SendTools);
        self.other_ways(signing, method, channel, None);
    }

    /// Where the code went, what to press, and the fields for it.
    fn sent(&mut self, signing: &'a SigningIn, sent: &'a ChallengeView) {
        self.words(LoginKey::Sent, challenge::sent(sent));
        if let Some(digits) = &sent.call_digits {
            self.group(LoginKey::Pressing);
            self.text(LoginKey::PressLead, Msg::PhoneVoiceKeys);
            self.words(LoginKey::Digits, Words::Verbatim(digits));
        }
        if signing.wants_two() {
            self.text(LoginKey::TwoCodes, Msg::LoginTwoPhone);
        }
        self.fields(signing, Msg::LoginFirstPhone, Msg::LoginSecondPhone);
        self.group(LoginKey::Delivery);
        let now = self.view.now;
        self.words(
            LoginKey::DeliveryState,
            challenge::delivery_state(sent, now),
        );
        self.words(LoginKey::DeliveryEnd, challenge::delivery_end(sent, now));
        self.trust(signing);
        self.submit(signing);
    }

    /// "Send again", or when that is possible.
    fn again(&mut self, signing: &SigningIn, sent: &'a ChallengeView) {
        let mut wait = Words::None;
        let button = SendAgain::button(sent.channel);
        let is_refused = nothing_is_sent(signing, self.view.now) || resends_are_spent(signing);
        match challenge::send_again(sent, self.view.now) {
            _ if is_refused => {}
            SendAgain::Renew => self.button(LoginKey::Resend, button, LoginAction::Renew),
            SendAgain::Resend => self.button(LoginKey::Resend, button, LoginAction::Resend),
            SendAgain::WaitSeconds(seconds) => wait = SendAgain::wait(sent.channel, seconds),
            SendAgain::Spent => {}
        }
        self.words(LoginKey::ResendWait, wait);
    }

    /// The same number another way: a mobile may be texted or called, and a call may read its code
    /// at once where the host allows that.
    fn other_ways(
        &mut self,
        signing: &'a SigningIn,
        method: &MethodView,
        channel: Channel,
        sent: Option<&ChallengeView>,
    ) {
        let keys = if sent.is_some() {
            OtherKeys {
                other: LoginKey::CodeOther,
                unconfirmed: LoginKey::CodeUnconfirmed,
            }
        } else {
            OtherKeys {
                other: LoginKey::SendOther,
                unconfirmed: LoginKey::SendUnconfirmed,
            }
        };
        let awaited = sent.map_or(channel, |sent| sent.channel);
        let (words, other, is_offered) = match awaited {
            Channel::Sms => (
                Msg::NumberCallInstead,
                Channel::Voice,
                signing.opening.calls,
            ),
            Channel::Voice => (Msg::PhoneSmsInstead, Channel::Sms, true),
        };
        if is_offered && method.kind.takes(other) {
            self.button(keys.other, words, LoginAction::Send(other, CONFIRMED));
        }
        // A call that reads its code at once is no alternative to itself.
        let is_confirmed = match awaited {
            Channel::Sms => false,
            Channel::Voice => sent.is_none_or(|sent| sent.call_digits.is_some()),
        };
        if is_confirmed && signing.opening.allow_unconfirmed_calls {
            let send = LoginAction::Send(Channel::Voice, CallConfirmation::None);
            self.button(keys.unconfirmed, Msg::NumberWithoutKeys, send);
        }
    }

    /// One field, or two where two codes are asked for; the error follows the last one.
    pub(super) fn fields(&mut self, signing: &'a SigningIn, first: Msg, second: Msg) {
        let is_two = signing.wants_two();
        let label = if is_two { first } else { Msg::PhoneCodeLabel };
        let wrong = refusal(signing, self.view.now);
        let [code, second_code] = &signing.codes;
        // What is wrong with a field stands below that field.
        let is_first = matches!(
            signing.asked,
            RequestState::Refused(
                LoginRefusal::Code(_) | LoginRefusal::Service { of_two: false, .. }
            )
        );
        let (first_wrong, wrong) = if is_two && !is_first {
            (Words::None, wrong)
        } else {
            (wrong, Words::None)
        };
        self.counts(1 + u8::from(is_two));
        self.add(LoginKey::CodeForm, Content::Form(LoginAction::Submit));
        self.text(LoginKey::CodeLabel, label);
        self.add(
            LoginKey::Code,
            Content::Field {
                value: code.typed(),
                is_filled_in: true,
                label: (label, Arg::None),
                help: None,
                is_invalid: first_wrong.message().is_some(),
                action: LoginAction::TypeCode,
            },
        );
        self.words(LoginKey::CodeError, first_wrong);
        if !is_two {
            return;
        }
        self.text(LoginKey::SecondLabel, second);
        self.add(
            LoginKey::SecondCode,
            Content::Field {
                value: second_code.typed(),
                is_filled_in: true,
                label: (second, Arg::None),
                help: None,
                is_invalid: wrong.message().is_some(),
                action: LoginAction::TypeSecondCode,
            },
        );
        self.words(LoginKey::SecondError, wrong);
    }

    /// Another number of fields is another stretch of the way.
    fn counts(&mut self, fields: u8) {
        if let Some(scope) = &mut self.screen.scope {
            scope.fields = fields;
        }
    }

    /// A field that takes letters, and tells mistypings without asking anybody.
    pub(super) fn backup(&mut self, signing: &'a SigningIn) {
        let wrong = refusal(signing, self.view.now);
        let (title, label, help) = if signing.is_temporary() {
            (
                Msg::LoginTemporaryTitle,
                Msg::LoginTemporaryLabel,
                if signing.opening.methods.is_empty() {
                    Msg::LoginTemporaryHelpAlone
                } else {
                    Msg::LoginTemporaryHelp
                },
            )
        } else {
            (
                Msg::LoginBackupTitle,
                Msg::LoginBackupLabel,
                Msg::LoginBackupHelp,
            )
        };
        self.title(title);
        self.account(signing);
        self.counts(1);
        self.add(LoginKey::BackupForm, Content::Form(LoginAction::Submit));
        self.text(LoginKey::BackupLabel, label);
        self.text(LoginKey::BackupHelp, help);
        self.add(
            LoginKey::BackupCode,
            Content::Field {
                value: &signing.typed_backup,
                is_filled_in: true,
                label: (label, Arg::None),
                help: Some(help),
                is_invalid: wrong.message().is_some(),
                action: LoginAction::TypeBackupCode,
            },
        );
        self.words(LoginKey::BackupError, wrong);
        if !signing.is_temporary() {
            self.trust(signing);
        }
        self.submit(signing);
        self.ways_on(signing);
    }

    /// "Do not ask in this browser for N days", not ticked.
    pub(super) fn trust(&mut self, signing: &'a SigningIn) {
        let Some(days) = signing.opening.trust_days else {
            return;
        };
        self.group(LoginKey::Trust);
        self.group(LoginKey::TrustLabel);
        self.add(
            LoginKey::TrustBox,
            Content::Checkbox {
                is_ticked: signing.trust,
                action: LoginAction::Trust,
            },
        );
        let days = Arg::Number("days", days.into());
        self.message(LoginKey::TrustWords, Msg::LoginTrust, days);
        self.text(LoginKey::TrustNote, Msg::LoginTrustNote);
    }

    pub(super) fn submit(&mut self, signing: &'a SigningIn) {
        self.group(LoginKey::SubmitActions);
        let submit = unless_waiting(signing, Msg::LoginSubmit);
        self.button(LoginKey::Submit, submit, LoginAction::Submit);
    }

    /// Below every code: another way, and "not me".
    pub(super) fn ways_on(&mut self, signing: &'a SigningIn) {
        self.group(LoginKey::Aside);
        // Where nothing else will do, no other way is shown.
        if !signing.opening.needs_passkey {
            let (words, action) = another_way(signing);
            self.button(LoginKey::AnotherWay, words, action);
        }
        let report = LoginAction::ReportUnrequested;
        self.button(LoginKey::NotMe, Msg::LoginNotMe, report);
    }
}

/// Another way, or help for who has none.
fn another_way(signing: &SigningIn) -> (Msg, LoginAction) {
    if signing.has_other_way() {
        (Msg::LoginAnother, LoginAction::PickMethod)
    } else {
        (Msg::LoginLost, LoginAction::Recover)
    }
}

/// Whether the service said that nothing can be sent now.
fn nothing_is_sent(signing: &SigningIn, now: Now) -> bool {
    match signing.asked {
        RequestState::Refused(LoginRefusal::Service { code, retry_at, .. }) => {
            challenge::forbids_sending(code, retry_at, now)
        }
        RequestState::Idle | RequestState::Waiting | RequestState::Refused(_) => false,
    }
}

/// Whether the same code cannot be sent once more; another way can have a new one.
fn resends_are_spent(signing: &SigningIn) -> bool {
    match signing.asked {
        RequestState::Refused(LoginRefusal::Service { code, .. }) => {
            code == ErrorCode::ResendsSpent
        }
        RequestState::Idle | RequestState::Waiting | RequestState::Refused(_) => false,
    }
}

/// A button says so while its answer is awaited.
pub(super) fn unless_waiting(signing: &SigningIn, label: Msg) -> Msg {
    match signing.asked {
        RequestState::Waiting => Msg::CommonLoading,
        RequestState::Idle | RequestState::Refused(_) => label,
    }
}
