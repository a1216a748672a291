//! A passkey is made: the browser asks for it, on a sheet of its own; then it gets a name.

use nidan_flow::{Enrolment, Flow, PasskeyRefusal, RequestState};
use nidan_protocol::ErrorCode;

use super::{SetUpAction, SetUpKey};
use crate::draft::Draft;
use crate::messages::Msg;
use crate::{Arg, Content, Words};

impl<'a> Draft<'a, Flow> {
    /// What the device will ask, and one button.
    pub(super) fn passkey(&mut self, asking: RequestState<PasskeyRefusal>) {
        self.title(Msg::PasskeyTitle);
        self.text(SetUpKey::Lead, Msg::PasskeyLead);
        self.text(SetUpKey::LeadMore, Msg::PasskeyWhere);
        let (meanwhile, wrong) = match asking {
            RequestState::Idle => (Words::None, Words::None),
            RequestState::Waiting => (Words::of(Msg::PasskeyWaits), Words::None),
            RequestState::Refused(PasskeyRefusal::Cancelled) => {
                (Words::of(Msg::PasskeyNotMade), Words::None)
            }
            RequestState::Refused(refusal) => (Words::None, Words::of(why(refusal))),
        };
        self.words(SetUpKey::Meanwhile, meanwhile);
        self.words(SetUpKey::NotMade, wrong);
        let make = match asking {
            RequestState::Idle => Msg::PasskeyMake,
            RequestState::Waiting | RequestState::Refused(_) => Msg::CommonRetry,
        };
        self.main_and_back(make, SetUpAction::Next);
    }

    /// Its name, with the browser's own suggestion in the field.
    pub(super) fn passkey_name(&mut self, enrolment: &'a Enrolment) {
        self.title(Msg::PasskeyNameTitle);
        self.text(SetUpKey::Lead, Msg::PasskeyNameLead);
        self.add(SetUpKey::PasskeyForm, Content::Form(SetUpAction::Next));
        self.text(SetUpKey::PasskeyLabel, Msg::PasskeyNameLabel);
        self.add(
            SetUpKey::PasskeyName,
            Content::Field {
                value: &enrolment.passkey_name,
                is_filled_in: false,
                label: (Msg::PasskeyNameLabel, Arg::None),
                help: None,
                is_invalid: false,
                action: SetUpAction::TypeName,
            },
        );
        self.main(Msg::CommonNext, SetUpAction::Next);
    }
}

const fn why(refusal: PasskeyRefusal) -> Msg {
    match refusal {
        PasskeyRefusal::Cancelled => Msg::PasskeyNotMade,
        PasskeyRefusal::Known | PasskeyRefusal::Service(ErrorCode::PasskeyKnown) => {
            Msg::PasskeyKnown
        }
        PasskeyRefusal::Browser => Msg::PasskeyBrowser,
        PasskeyRefusal::Unreachable => Msg::PhoneUnreachable,
        PasskeyRefusal::Service(ErrorCode::PasskeyWrong) => Msg::PasskeyWrong,
        PasskeyRefusal::Service(
            ErrorCode::CeremonyUnknown | ErrorCode::CeremonyUsed | ErrorCode::CeremonyExpired,
        ) => Msg::PasskeyLate,
        PasskeyRefusal::Service(_) => Msg::PhoneServer,
    }
}
