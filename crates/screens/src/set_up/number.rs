//! A phone number: whose country, which digits, and what will be dialled.

use nidan_flow::{Enrolment, Flow, PhoneEntry, PhoneRefusal, RequestState};
use nidan_protocol::{Channel, ErrorCode, MethodKind};

use super::refusal::refusal;
use super::{SetUpAction, SetUpKey, SetUpSpecial};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

impl<'a> Draft<'a, Flow> {
    /// The number is read while it is typed, and shown as it will be dialled before anything is
    /// sent.
    pub(super) fn number(
        &mut self,
        enrolment: &'a Enrolment,
        channel: Channel,
        asking: RequestState<PhoneRefusal>,
    ) {
        let (title, note, send) = match channel {
            Channel::Sms => (Msg::NumberSmsTitle, Msg::NumberSmsNote, Msg::NumberSmsSend),
            Channel::Voice => (
                Msg::NumberVoiceTitle,
                Msg::NumberVoiceNote,
                Msg::NumberVoiceSend,
            ),
        };
        let refused = match asking {
            RequestState::Refused(refused) => Some(refused),
            RequestState::Idle | RequestState::Waiting => None,
        };
        self.title(title);
        self.text(SetUpKey::Lead, note);
        self.country(&enrolment.phone);
        self.number_field(&enrolment.phone, refused);
        self.group(SetUpKey::NumberBeside);
        self.preview(&enrolment.phone, refused, channel);
        self.other_country(&enrolment.phone, refused);
        self.call_instead(enrolment, refused);
        let is_call = match channel {
            Channel::Sms => false,
            Channel::Voice => true,
        };
        if is_call && enrolment.opening.allow_unconfirmed_calls {
            self.button(
                SetUpKey::CallUnconfirmed,
                Msg::NumberWithoutKeys,
                SetUpAction::CallUnconfirmed,
            );
        }
        self.name(&enrolment.phone);
        let send = match asking {
            RequestState::Waiting => Msg::CommonLoading,
            RequestState::Idle | RequestState::Refused(_) => send,
        };
        self.form_actions(send, SetUpAction::Next);
    }

    fn number_field(&mut self, phone: &'a PhoneEntry, refused: Option<PhoneRefusal>) {
        let wrong = refused.map_or(Words::None, |refused| refusal(refused, self.view.now));
        self.add(SetUpKey::NumberForm, Content::Form(SetUpAction::Next));
        self.text(SetUpKey::NumberLabel, Msg::NumberLabel);
        self.text(SetUpKey::NumberHelp, Msg::NumberHelp);
        self.add(
            SetUpKey::Number,
            Content::Field {
                value: &phone.typed,
                is_filled_in: true,
                label: (Msg::NumberLabel, Arg::None),
                help: Some(Msg::NumberHelp),
                is_invalid: wrong.message().is_some(),
                action: SetUpAction::TypeNumber,
            },
        );
        self.words(SetUpKey::NumberError, wrong);
    }

    /// "+81 90-12" while it is typed, then "+81 90-1234-5678: right?"
    fn preview(&mut self, phone: &'a PhoneEntry, refused: Option<PhoneRefusal>, channel: Channel) {
        let begun = phone.begun.as_deref().map_or(Words::None, Words::Verbatim);
        self.words(SetUpKey::NumberBegun, begun);
        self.group(SetUpKey::NumberRoom);
        let is_asked = refused.is_none_or(|refused| match refused {
            PhoneRefusal::Service { code, .. } => code == ErrorCode::PhoneAmbiguous,
            PhoneRefusal::Number(_) | PhoneRefusal::Code(_) | PhoneRefusal::Unreachable => false,
        });
        let shown = phone.shown.as_deref().filter(|_| is_asked);
        let words = shown.map_or(Words::None, |number| {
            let msg = match channel {
                Channel::Sms => Msg::NumberPreview,
                Channel::Voice => Msg::NumberPreviewCall,
            };
            Words::Message(msg, [Arg::Text("number", number), Arg::None])
        });
        self.words(SetUpKey::NumberPreview, words);
    }

    /// A number that does not fit the chosen country and fits another likely one.
    fn other_country(&mut self, phone: &'a PhoneEntry, refused: Option<PhoneRefusal>) {
        let Some(iso) = phone.other.as_deref().filter(|_| refused.is_some()) else {
            return;
        };
        self.text(SetUpKey::OtherLead, Msg::NumberOther);
        let button = Content::Button {
            label: Words::None,
            is_disabled: false,
            action: SetUpAction::OtherCountry,
        };
        self.add(SetUpKey::OtherCountry, button);
        let name = SetUpSpecial::Country(phone, iso, Msg::NumberOtherYes);
        self.add(SetUpKey::OtherName, Content::Special(None, name));
    }

    /// A landline can be called. A call is dear to whoever is called by mistake: the offer says
    /// which number it means.
    fn call_instead(&mut self, enrolment: &'a Enrolment, refused: Option<PhoneRefusal>) {
        let is_landline = match refused {
            Some(PhoneRefusal::Service { code, .. }) => code == ErrorCode::PhoneNotSmsCapable,
            Some(PhoneRefusal::Number(_) | PhoneRefusal::Code(_) | PhoneRefusal::Unreachable)
            | None => false,
        };
        if !is_landline || !enrolment.adds(MethodKind::Voice) {
            return;
        }
        let number = enrolment.phone.shown.as_deref().unwrap_or_default();
        let number = Arg::Text("number", number);
        self.message(SetUpKey::CallPreview, Msg::NumberCalls, number);
        let call = SetUpAction::Switch(Channel::Voice);
        self.button(SetUpKey::CallInstead, Msg::NumberCallInstead, call);
    }

    /// The chosen country, and behind it the others with a search.
    fn country(&mut self, phone: &'a PhoneEntry) {
        if phone.regions.is_none() {
            return;
        }
        let chosen = Content::Special(
            None,
            SetUpSpecial::Country(phone, &phone.country, Msg::NumberCountry),
        );
        if phone.countries.len() < 2 {
            return self.add(SetUpKey::Country, chosen);
        }
        // Each choice closes the list: another one takes its place.
        let turn = (phone.choices % 256) as u8;
        self.add_nth(SetUpKey::Countries, turn, Content::Group);
        self.add_nth(SetUpKey::CountriesSummary, turn, chosen);
        self.add_nth(SetUpKey::CountriesInside, turn, Content::Group);
        let search = Content::Field {
            value: &phone.search,
            is_filled_in: false,
            label: (Msg::NumberSearch, Arg::None),
            help: None,
            is_invalid: false,
            action: SetUpAction::SearchCountry,
        };
        self.add_nth(SetUpKey::CountrySearch, turn, search);
        let list = Content::Special(None, SetUpSpecial::Countries(phone));
        self.add_nth(SetUpKey::CountryList, turn, list);
    }

    fn name(&mut self, phone: &'a PhoneEntry) {
        self.group(SetUpKey::Name);
        self.text(SetUpKey::NameSummary, Msg::NumberName);
        self.group(SetUpKey::NameInside);
        self.text(SetUpKey::NameLabel, Msg::NumberNameLabel);
        self.add(
            SetUpKey::NameField,
            Content::Field {
                value: &phone.name,
                is_filled_in: false,
                label: (Msg::NumberNameLabel, Arg::None),
                help: None,
                is_invalid: false,
                action: SetUpAction::TypeName,
            },
        );
    }
}
