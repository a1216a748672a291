//! Phones in the state machine: from the number to the verified phone, and what a slow or late
//! answer may not do.

use nidan_otp::{Label, UnixSeconds};
use nidan_protocol::{
    BackupGate, CallConfirmation, ChallengeView, Channel, DeliveryState, ErrorCode, MethodKind,
};

use crate::regions::NumberError;

use super::tests::{answered, at, enter, go, phone};
use super::*;

const NOW: Now = UnixSeconds(1_800_000_000);
const LOST: PhoneRefusal = PhoneRefusal::Unreachable;

pub(super) fn regions() -> Event<Enrolment> {
    answered(SetUpAnswer::Regions(Some(
        include_str!("../../../public/nidan/regions.txt").to_owned(),
    )))
}

/// At the number of a phone, with the table of regions that the page gets.
fn at_number() -> Flow {
    at(before_regions(), [regions()]).0
}

/// The state of the latest request about a number or its code.
fn asking(flow: &Flow) -> Option<RequestState<PhoneRefusal>> {
    match &enrolment(flow).step {
        Step::Number { asking, .. } | Step::PhoneCode { asking, .. } => Some(*asking),
        _other => None,
    }
}

fn before_regions() -> Flow {
    begun(opening())
}

/// A set-up in Japan that also takes numbers of Italy.
pub(super) fn opening() -> Opening {
    Opening {
        issuer: Label::parse("二段").unwrap(),
        account: Label::parse("hanako@example.com").unwrap(),
        enrolment_id_text: "AAECAwQFBgcICQoLDA0ODw".to_owned(),
        backup_gate: BackupGate::Tick,
        expires_at: UnixSeconds(NOW.0 + 600),
        methods: vec![MethodKind::Totp, MethodKind::Sms, MethodKind::Voice],
        countries: vec!["JP".to_owned(), "IT".to_owned()],
        home: None,
        phone_url: None,
        allow_unconfirmed_calls: true,
        browser_has_passkeys: true,
        duty: None,
        adds: None,
    }
}

/// At the number of a phone, before the table of regions is there.
pub(super) fn begun(opening: Opening) -> Flow {
    let draft = PendingSecret::new(tests::agreement(9), &opening);
    let (flow, _) = Flow::Loading.on(Event::Opened(Box::new((opening, draft))), NOW);
    let (flow, effect) = at(
        flow,
        [go(SetUpNav::Next), go(SetUpNav::Choose(MethodKind::Sms))],
    );
    assert!(matches!(effect, Some(Effect::Do(SetUpEffect::LoadRegions))));
    flow
}

pub(super) fn typed(text: &str) -> Event<Enrolment> {
    enter(SetUpInput::Number(text.to_owned()))
}

/// A text that was just ordered.
pub(super) fn challenge(id: &str, codes: u32) -> ChallengeView {
    ChallengeView {
        id: id.to_owned(),
        channel: Channel::Sms,
        hint: "78".to_owned(),
        reference: "A7".to_owned(),
        call_digits: None,
        expires_at: NOW.0 + 300,
        resend_at: Some(NOW.0 + 30),
        attempts_left: 5,
        delivery: DeliveryState::Queued,
        delivery_at: NOW.0,
        answered: false,
        codes,
    }
}

fn ordered(id: &str) -> Event<Enrolment> {
    answered(SetUpAnswer::Ordered(Box::new(challenge(id, 1))))
}

fn enrolment(flow: &Flow) -> &Enrolment {
    let Flow::Active(enrolment) = flow else {
        panic!("no enrolment: {flow:?}")
    };
    enrolment
}

#[test]
fn a_press_before_the_table_is_there_counts_once_it_is() {
    let (flow, effect) = at(
        before_regions(),
        [typed("090 1234 5678"), go(SetUpNav::Next)],
    );
    assert!(matches!(effect, Some(Effect::Do(SetUpEffect::LoadRegions))));
    let (flow, effect) = at(flow, [regions()]);
    assert!(matches!(
        effect,
        Some(Effect::Do(SetUpEffect::Order { .. }))
    ));
    let (_, effect) = at(flow, [regions()]);
    assert!(
        effect.is_none(),
        "the table came twice, the order goes once"
    );
}

#[test]
fn a_press_before_the_table_is_there_is_taken_back_by_typing_on() {
    let (flow, _) = at(
        before_regions(),
        [
            typed("090 1234 5678"),
            go(SetUpNav::Next),
            typed("090 1234 567"),
        ],
    );
    let (flow, effect) = at(flow, [regions()]);
    assert!(effect.is_none(), "nobody is called who was not meant");
    let (_, effect) = at(flow, [typed("090 1234 5679"), go(SetUpNav::Next)]);
    assert!(matches!(
        effect,
        Some(Effect::Do(SetUpEffect::Order { .. }))
    ));
}

#[test]
fn a_number_is_ordered_once_however_often_it_is_pressed_or_typed_at() {
    let (flow, effect) = at(at_number(), [typed("０９０ 1234 5678"), go(SetUpNav::Next)]);
    let Some(Effect::Do(SetUpEffect::Order {
        number,
        channel: Channel::Sms,
        confirmation: CallConfirmation::Digits,
    })) = effect
    else {
        panic!("something else is asked for")
    };
    let OrderedNumber {
        typed: text,
        country,
        e164,
        ..
    } = &number;
    assert_eq!(
        [text, country, e164],
        ["０９０ 1234 5678", "JP", "+819012345678"],
        "both readings go"
    );
    let (flow, effect) = at(flow, [go(SetUpNav::Next)]);
    assert!(effect.is_none(), "a second press");
    for (name, event) in [
        ("typing", typed("090 1234 5679")),
        ("a country", enter(SetUpInput::Country("IT".to_owned()))),
        ("the other way", phone(PhoneWish::Switch(Channel::Voice))),
    ] {
        let (flow, effect) = at(
            at_number(),
            [
                typed("090 1234 5678"),
                go(SetUpNav::Next),
                event,
                go(SetUpNav::Next),
            ],
        );
        assert!(effect.is_none(), "{name} while the answer is on its way");
        assert_eq!(asking(&flow), Some(RequestState::Waiting));
    }
    assert!(matches!(
        enrolment(&at(flow, [ordered("c1")]).0).step,
        Step::PhoneCode {
            is_helping: false,
            ..
        }
    ));
}

#[test]
fn a_call_without_keys_is_a_wish_of_its_own() {
    let (_, effect) = at(
        at_number(),
        [
            typed("03-1234-5678"),
            phone(PhoneWish::Switch(Channel::Voice)),
        ],
    );
    assert!(matches!(
        effect,
        Some(Effect::Do(SetUpEffect::Order {
            channel: Channel::Voice,
            confirmation: CallConfirmation::Digits,
            ..
        }))
    ));
    let (_, effect) = at(
        at_number(),
        [typed("03-1234-5678"), phone(PhoneWish::CallUnconfirmed)],
    );
    assert!(matches!(
        effect,
        Some(Effect::Do(SetUpEffect::Order {
            channel: Channel::Voice,
            confirmation: CallConfirmation::None,
            ..
        }))
    ));
}

#[test]
fn a_refusal_goes_when_the_number_changes_and_a_late_one_says_nothing() {
    let (flow, effect) = at(at_number(), [typed("123"), go(SetUpNav::Next)]);
    assert!(effect.is_none());
    assert!(matches!(
        asking(&flow),
        Some(RequestState::Refused(PhoneRefusal::Number(_)))
    ));
    let flow = at(flow, [typed("090 1234 5678")]).0;
    assert_eq!(asking(&flow), Some(RequestState::Idle));
    let flow = at(flow, [answered(SetUpAnswer::NotOrdered(LOST))]).0;
    assert_eq!(
        asking(&flow),
        Some(RequestState::Idle),
        "of a question that was left"
    );
    let flow = at(
        flow,
        [go(SetUpNav::Next), answered(SetUpAnswer::NotOrdered(LOST))],
    )
    .0;
    assert_eq!(asking(&flow), Some(RequestState::Refused(LOST)));
    assert_eq!(
        enrolment(&flow).phone.typed,
        "090 1234 5678",
        "what was typed stays"
    );
}

#[test]
fn a_right_code_makes_a_verified_phone_and_a_wrong_one_can_be_typed_again() {
    let (flow, _) = at(
        at_number(),
        [typed("090 1234 5678"), go(SetUpNav::Next), ordered("c1")],
    );
    let (flow, effect) = at(flow, [enter(SetUpInput::Code("１２３ ４５６".to_owned()))]);
    let Some(Effect::Do(SetUpEffect::Answer { challenge_id, code })) = effect else {
        panic!("something else is asked for")
    };
    assert_eq!((challenge_id.as_str(), code.expose()), ("c1", "123456"));
    assert!(at(flow, [go(SetUpNav::Next)]).1.is_none(), "one at a time");

    let wrong = PhoneRefusal::Service {
        code: ErrorCode::CodeWrong,
        retry_at: None,
        attempts_left: Some(4),
    };
    let (flow, _) = at(
        at_number(),
        [typed("090 1234 5678"), go(SetUpNav::Next), ordered("c1")],
    );
    let (flow, _) = at(
        flow,
        [
            enter(SetUpInput::Code("123456".to_owned())),
            answered(SetUpAnswer::NotOrdered(wrong)),
        ],
    );
    assert_eq!(asking(&flow), Some(RequestState::Refused(wrong)));
    let (flow, effect) = at(flow, [enter(SetUpInput::Code("123457".to_owned()))]);
    assert!(matches!(
        effect,
        Some(Effect::Do(SetUpEffect::Answer { .. }))
    ));
    let flow = at(
        flow,
        [
            enter(SetUpInput::Name("仕事用".to_owned())),
            answered(SetUpAnswer::Accepted("c1".to_owned())),
        ],
    )
    .0;
    assert!(matches!(enrolment(&flow).step, Step::Another));
    assert_eq!(enrolment(&flow).phones[0].challenge_id, "c1");
}

#[test]
fn the_number_can_be_changed_half_way_and_is_still_there() {
    let (flow, _) = at(
        at_number(),
        [
            typed("090 1234 5678"),
            go(SetUpNav::Next),
            ordered("c1"),
            phone(PhoneWish::Help),
        ],
    );
    assert!(matches!(
        enrolment(&flow).step,
        Step::PhoneCode {
            is_helping: true,
            ..
        }
    ));
    let (flow, _) = at(flow, [go(SetUpNav::Next), go(SetUpNav::Back)]);
    assert!(
        matches!(
            enrolment(&flow).step,
            Step::PhoneCode {
                is_helping: false,
                ..
            }
        ),
        "back from the help is the code"
    );
    let flow = at(flow, [phone(PhoneWish::ChangeNumber)]).0;
    assert!(matches!(
        enrolment(&flow).step,
        Step::Number {
            channel: Channel::Sms,
            ..
        }
    ));
    assert_eq!(enrolment(&flow).phone.typed, "090 1234 5678");
}

#[test]
fn news_of_another_challenge_and_a_second_resend_change_nothing() {
    let (flow, _) = at(
        at_number(),
        [typed("090 1234 5678"), go(SetUpNav::Next), ordered("c1")],
    );
    let (flow, effect) = at(flow, [phone(PhoneWish::Resend)]);
    assert!(matches!(effect, Some(Effect::Do(SetUpEffect::Resend(id))) if id == "c1"));
    let (flow, effect) = at(flow, [phone(PhoneWish::Resend)]);
    assert!(effect.is_none());
    let Event::On(SetUpEvent::Answer(SetUpAnswer::Ordered(other))) = ordered("c2") else {
        unreachable!()
    };
    let flow = at(flow, [answered(SetUpAnswer::Changed(other))]).0;
    assert!(
        matches!(&enrolment(&flow).step, Step::PhoneCode { challenge, .. } if challenge.id == "c1")
    );
    let expired = PhoneRefusal::Service {
        code: ErrorCode::FlowExpired,
        retry_at: None,
        attempts_left: None,
    };
    assert!(matches!(
        at(flow, [answered(SetUpAnswer::NotOrdered(expired))]).0,
        Flow::Ended(EndReason::Expired)
    ));
}

/// What is awaited is the message that was ordered last, and a new call is as the one before was
/// wished.
#[test]
fn a_new_code_is_ordered_the_way_the_last_one_was() {
    let silent = |id: &str| {
        answered(SetUpAnswer::Ordered(Box::new(ChallengeView {
            channel: Channel::Voice,
            ..challenge(id, 1)
        })))
    };
    let (flow, _) = at(
        at_number(),
        [
            typed("090 1234 5678"),
            phone(PhoneWish::CallUnconfirmed),
            silent("c1"),
        ],
    );
    let (_, effect) = at(
        flow,
        [
            enter(SetUpInput::Code("123".to_owned())),
            phone(PhoneWish::Renew),
        ],
    );
    assert!(matches!(
        effect,
        Some(Effect::Do(SetUpEffect::Order {
            channel: Channel::Voice,
            confirmation: CallConfirmation::None,
            ..
        }))
    ));
    // A text after it, and a call after that, waits for keys again.
    let (flow, _) = at(
        at_number(),
        [
            typed("090 1234 5678"),
            phone(PhoneWish::CallUnconfirmed),
            silent("c1"),
        ],
    );
    let (flow, _) = at(
        flow,
        [phone(PhoneWish::Switch(Channel::Sms)), ordered("c2")],
    );
    let (_, effect) = at(flow, [phone(PhoneWish::Switch(Channel::Voice))]);
    assert!(matches!(
        effect,
        Some(Effect::Do(SetUpEffect::Order {
            channel: Channel::Voice,
            confirmation: CallConfirmation::Digits,
            ..
        }))
    ));
}

/// Whoever has gone back to the number is not thrown out of it by an answer that comes late.
#[test]
fn a_late_answer_does_not_leave_the_number_screen() {
    let (flow, _) = at(
        at_number(),
        [
            typed("090 1234 5678"),
            go(SetUpNav::Next),
            ordered("c1"),
            phone(PhoneWish::Resend),
            go(SetUpNav::Back),
        ],
    );
    let (flow, _) = at(flow, [ordered("c1")]);
    assert!(matches!(enrolment(&flow).step, Step::Number { .. }));
}

/// A number is read once, in the country that was chosen: `001 47 …` from Korea is Norway's, and
/// read once more in Norway it would be somebody's in America.
#[test]
fn a_call_goes_to_the_number_that_the_text_went_to() {
    let flow = at(
        at_number(),
        [
            enter(SetUpInput::Country("KR".to_owned())),
            typed("001 47 406 12345"),
        ],
    )
    .0;
    let (flow, effect) = at(flow, [go(SetUpNav::Next)]);
    let Some(Effect::Do(SetUpEffect::Order { number: text, .. })) = effect else {
        panic!("something else is asked for")
    };
    assert_eq!(text.e164, "+4740612345");
    let (flow, _) = at(flow, [ordered("c1"), typed("090 1234 5678")]);
    assert_eq!(
        enrolment(&flow).phone.country,
        "KR",
        "the chosen country stays chosen"
    );
    for event in [
        phone(PhoneWish::Switch(Channel::Voice)),
        phone(PhoneWish::Renew),
    ] {
        let (flow, _) = at(
            at_number(),
            [
                enter(SetUpInput::Country("KR".to_owned())),
                typed("001 47 406 12345"),
                go(SetUpNav::Next),
            ],
        );
        let (_, effect) = at(flow, [ordered("c1"), event]);
        let Some(Effect::Do(SetUpEffect::Order { number: call, .. })) = effect else {
            panic!("something else is asked for")
        };
        assert!(call == text);
    }
}

/// "Call instead" that is refused leaves the text's code where it can be typed.
#[test]
fn a_refused_call_leaves_the_text_s_code_awaited() {
    let (flow, _) = at(
        at_number(),
        [
            typed("090 1234 5678"),
            go(SetUpNav::Next),
            ordered("c1"),
            phone(PhoneWish::Switch(Channel::Voice)),
        ],
    );
    let (flow, _) = at(flow, [answered(SetUpAnswer::NotOrdered(LOST))]);
    assert_eq!(
        flow.awaited().map(|awaited| awaited.id.as_str()),
        Some("c1")
    );
    assert_eq!(asking(&flow), Some(RequestState::Refused(LOST)));
}

/// Right for a number that was changed meanwhile: the new one is not proved by it.
#[test]
fn an_answer_for_an_earlier_number_proves_no_other() {
    let (flow, _) = at(
        at_number(),
        [
            typed("090 1234 5678"),
            go(SetUpNav::Next),
            ordered("c1"),
            go(SetUpNav::Back),
        ],
    );
    let (flow, _) = at(
        flow,
        [
            typed("090 1234 9999"),
            go(SetUpNav::Next),
            ordered("c2"),
            answered(SetUpAnswer::Accepted("c1".to_owned())),
        ],
    );
    assert!(matches!(enrolment(&flow).step, Step::PhoneCode { .. }));
    let (flow, _) = at(flow, [answered(SetUpAnswer::Accepted("c2".to_owned()))]);
    assert!(matches!(enrolment(&flow).step, Step::Another));
}

#[test]
fn the_help_stays_while_the_same_code_is_sent_and_ends_with_another_one() {
    let code = at(
        at_number(),
        [
            typed("090 1234 5678"),
            go(SetUpNav::Next),
            ordered("c1"),
            phone(PhoneWish::Help),
        ],
    );
    let is_helping = |flow: &Flow| match &enrolment(flow).step {
        Step::PhoneCode { is_helping, .. } => *is_helping,
        _other => panic!("another step"),
    };
    assert!(is_helping(&code.0));
    let (flow, _) = at(code.0, [phone(PhoneWish::Resend), ordered("c1")]);
    assert!(is_helping(&flow), "the ways on stay");
    let (flow, _) = at(flow, [ordered("c2")]);
    assert!(!is_helping(&flow), "another message is another try");
}

/// Ways of writing that the table does not know are the service's to read; nothing is sent before
/// the person has seen what it read.
#[test]
fn what_the_page_cannot_read_the_service_reads_and_the_person_is_asked() {
    let (flow, effect) = at(
        at_number(),
        [typed("+54 011 15-2345-67890"), go(SetUpNav::Next)],
    );
    let Some(Effect::Do(SetUpEffect::Order { number, .. })) = effect else {
        panic!("the service is not asked")
    };
    assert_eq!(number.e164, "", "nothing was shown yet");
    let read = |number: &str| answered(SetUpAnswer::ReadAs(number.to_owned()));
    let (flow, effect) = at(flow, [read("+5491123456789")]);
    assert!(effect.is_none(), "nothing is sent by itself");
    let shown = enrolment(&flow).phone.typed.clone();
    assert!(shown.starts_with("+54"), "{shown}");
    let (flow, effect) = at(flow, [go(SetUpNav::Next)]);
    let Some(Effect::Do(SetUpEffect::Order { number, .. })) = effect else {
        panic!("a second press orders")
    };
    assert_eq!(
        (number.e164.as_str(), number.typed),
        ("+5491123456789", shown)
    );
    // Late news of a screen that was left changes nothing.
    let (flow, _) = at(flow, [ordered("c1"), read("+819012345678")]);
    assert!(matches!(enrolment(&flow).step, Step::PhoneCode { .. }));
}

/// The same number by text and by call is one thing in one pocket.
#[test]
fn a_number_that_is_proved_is_no_second_method() {
    let number = "090-1234-5678";
    let (flow, _) = at(
        at_number(),
        [typed(number), go(SetUpNav::Next), ordered("c1")],
    );
    let (flow, _) = at(flow, [answered(SetUpAnswer::Accepted("c1".to_owned()))]);
    assert!(matches!(enrolment(&flow).step, Step::Another));
    let again = SetUpNav::Choose(MethodKind::Voice);
    let (flow, effect) = at(
        flow,
        [go(again), typed("+81 90 1234 5678"), go(SetUpNav::Next)],
    );
    assert!(effect.is_none(), "nobody is called");
    let Step::Number { asking, .. } = &enrolment(&flow).step else {
        panic!("{flow:?}")
    };
    assert_eq!(
        *asking,
        RequestState::Refused(PhoneRefusal::Number(NumberError::Known))
    );
    let (_, effect) = at(flow, [typed("090-1234-5679"), go(SetUpNav::Next)]);
    assert!(effect.is_some(), "another number is");
}
