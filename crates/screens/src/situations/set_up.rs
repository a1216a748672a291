//! People who set it up.

use nidan_flow::{
    Effect, Enrolment, Event, Flow, Opening, PasskeyRefusal, PendingSecret, PhoneRefusal,
    RequestError, SetUpAnswer, SetUpEffect, SetUpEvent,
};
use nidan_otp::{Label, UnixSeconds};
use nidan_protocol::{BackupGate, EnrolmentDuty, ErrorCode, MethodKind};

use super::{NOW, Person, Served, challenge};
use crate::messages::Msg;
use crate::testing::agreement;

const REGIONS: &str = include_str!("../../../../public/nidan/regions.txt");

impl Served for Flow {
    fn yes(effect: Effect<Enrolment>) -> Option<Event<Enrolment>> {
        let Effect::Do(effect) = effect else {
            return None;
        };
        let answer = match effect {
            SetUpEffect::LoadRegions => SetUpAnswer::Regions(Some(REGIONS.to_owned())),
            SetUpEffect::Order {
                channel,
                confirmation,
                ..
            } => SetUpAnswer::Ordered(Box::new(challenge(channel, confirmation))),
            SetUpEffect::Answer { challenge_id, .. } => SetUpAnswer::Accepted(challenge_id),
            SetUpEffect::MakePasskey(_) => {
                SetUpAnswer::PasskeyMade("c".to_owned(), "Chrome, Windows".to_owned())
            }
            SetUpEffect::Look => SetUpAnswer::Looked(None),
            SetUpEffect::Extend => SetUpAnswer::Extended(Ok(NOW.0 + 600)),
            SetUpEffect::PutOff => SetUpAnswer::PutOff(Ok("result".to_owned())),
            SetUpEffect::Leave
            | SetUpEffect::Take(_)
            | SetUpEffect::ShowHelp(..)
            | SetUpEffect::Resend(_)
            | SetUpEffect::Post(..) => return None,
        };
        Some(Event::On(SetUpEvent::Answer(answer)))
    }

    fn no(effect: Effect<Enrolment>, code: ErrorCode) -> Option<Event<Enrolment>> {
        match effect {
            Effect::Do(SetUpEffect::Order { .. } | SetUpEffect::Answer { .. }) => {}
            Effect::Do(SetUpEffect::MakePasskey(_)) => {
                let refusal = PasskeyRefusal::Service(code);
                let answer = SetUpAnswer::PasskeyNotMade(refusal);
                return Some(Event::On(SetUpEvent::Answer(answer)));
            }
            Effect::Do(SetUpEffect::PutOff) => {
                let answer = SetUpAnswer::PutOff(Err(RequestError::Refused(code)));
                return Some(Event::On(SetUpEvent::Answer(answer)));
            }
            another => return Self::yes(another),
        }
        let refusal = PhoneRefusal::Service {
            code,
            retry_at: None,
            attempts_left: (code == ErrorCode::CodeWrong).then_some(4),
        };
        let answer = SetUpAnswer::NotOrdered(refusal);
        Some(Event::On(SetUpEvent::Answer(answer)))
    }
}

/// Somebody on the second screen, who may choose among all methods.
pub(super) fn choosing() -> Person<Flow> {
    let mut person = beginning(None).taps(Msg::StartBegin);
    person.taps = 0;
    person
}

/// Somebody who reads what this is, and whether it can wait.
fn beginning(duty: Option<EnrolmentDuty>) -> Person<Flow> {
    let opening = Opening {
        issuer: Label::parse("Shop").unwrap(),
        account: Label::parse("hanako@example.com").unwrap(),
        enrolment_id_text: "BwcHBwcHBwcHBwcHBwcHBw".to_owned(),
        backup_gate: BackupGate::TypeOne,
        expires_at: UnixSeconds(NOW.0 + 600),
        methods: MethodKind::ALL.to_vec(),
        countries: vec!["JP".to_owned()],
        home: Some("JP".to_owned()),
        phone_url: None,
        allow_unconfirmed_calls: false,
        browser_has_passkeys: true,
        duty,
        adds: None,
    };
    let draft = PendingSecret::new(agreement(), &opening);
    Person::<Flow>::before(Event::Opened(Box::new((opening, draft))))
}

/// It is required, and may wait until tomorrow, or twice.
const DUTY: EnrolmentDuty = EnrolmentDuty {
    required: true,
    deadline: Some(NOW.0 + 86_400),
    skips_left: Some(2),
    may_skip: true,
};

#[test]
fn there_is_no_time_for_it_now() {
    beginning(Some(DUTY))
        .reads(Msg::StartRequired)
        .reads(Msg::StartLaterBoth)
        .taps(Msg::StartLater)
        .reads(Msg::CompletedTitle);
}

#[test]
fn the_last_time_for_later_was_used_in_another_window() {
    beginning(Some(DUTY))
        .meets_refusal(ErrorCode::PolicyForbids)
        .taps(Msg::StartLater)
        .reads(Msg::StartNow)
        .can(Msg::StartBegin);
}

#[test]
fn the_service_is_down_when_it_is_put_off() {
    beginning(Some(DUTY))
        .meets_refusal(ErrorCode::Internal)
        .taps(Msg::StartLater)
        .reads(Msg::TroubleServer)
        .taps(Msg::StartLater)
        .reads(Msg::CompletedTitle);
}

#[test]
fn what_failed_is_not_said_again_to_whoever_comes_back() {
    beginning(Some(DUTY))
        .meets_refusal(ErrorCode::Internal)
        .taps(Msg::StartLater)
        .taps(Msg::StartBegin)
        .taps(Msg::CommonBack)
        .reads(Msg::StartLaterBoth)
        .says_nothing_of(Msg::TroubleServer);
}

#[test]
fn there_is_no_smartphone() {
    choosing()
        .taps(Msg::MethodVoiceUse)
        .types("03-1234-5678")
        .taps(Msg::NumberVoiceSend)
        .reads(Msg::PhoneVoiceKeys)
        .can(Msg::ConfirmCheck);
}

#[test]
fn the_app_is_there_already_and_the_camera_is_broken() {
    choosing()
        .taps(Msg::MethodUse)
        .taps(Msg::AppHaveOne)
        .reads(Msg::AddNoScan)
        .can(Msg::AddCopyKey);
}

#[test]
fn the_app_cannot_be_had_after_all() {
    choosing()
        .taps(Msg::MethodUse)
        .taps(Msg::AppHaveOne)
        .taps(Msg::AddDone)
        .can(Msg::ConfirmNoApp);
}

#[test]
fn the_number_is_a_landline_and_a_text_was_chosen() {
    choosing()
        .taps(Msg::MethodSmsUse)
        .types("03-1234-5678")
        .meets_refusal(ErrorCode::PhoneNotSmsCapable)
        .taps(Msg::NumberSmsSend)
        .reads(Msg::PhoneLandline)
        .taps(Msg::NumberCallInstead)
        .reads(Msg::PhoneVoiceSent);
}

#[test]
fn the_number_was_mistyped() {
    choosing()
        .taps(Msg::MethodSmsUse)
        .types("090-1234-5678")
        .taps(Msg::NumberSmsSend)
        .reads(Msg::PhoneSmsSent)
        .taps(Msg::PhoneChange)
        .can(Msg::NumberSmsSend);
}

#[test]
fn the_first_text_does_not_come() {
    choosing()
        .taps(Msg::MethodSmsUse)
        .types("090-1234-5678")
        .taps(Msg::NumberSmsSend)
        .can(Msg::PhoneResend)
        .can(Msg::NumberCallInstead)
        .taps(Msg::HelpTitle)
        .can(Msg::PhoneChange);
}

#[test]
fn the_country_is_not_served() {
    choosing()
        .taps(Msg::MethodSmsUse)
        .types("090-1234-5678")
        .meets_refusal(ErrorCode::CountryNotAllowed)
        .taps(Msg::NumberSmsSend)
        .reads(Msg::PhoneCountryRefused)
        .taps(Msg::CommonBack)
        .can(Msg::MethodUse);
}
