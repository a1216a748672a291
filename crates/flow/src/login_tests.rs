//! The login's state machine as tables: what a person does, and where it leads.

use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, ErrorCode, MethodKind, MethodState, MethodView,
    TEMPORARY_METHOD_ID,
};

use super::phone_tests::challenge;
use super::*;

mod approval;
mod backup;
mod lost;
mod orders;
mod passkeys;
mod temporary;
mod ways;

const NOW: Now = nidan_otp::UnixSeconds(1_800_000_000);

fn method(id: &str, kind: MethodKind) -> MethodView {
    let hint = (kind != MethodKind::Totp).then(|| "78".to_owned());
    let (name, resting_until) = (None, None);
    MethodView {
        id: id.to_owned(),
        kind,
        name,
        hint,
        created_at: NOW.0,
        state: MethodState::Ready,
        resting_until,
    }
}

fn opening() -> LoginOpening {
    LoginOpening {
        issuer: "Shop".to_owned(),
        account: "hanako@example.com".to_owned(),
        methods: vec![
            method("app", MethodKind::Totp),
            method("phone", MethodKind::Sms),
        ],
        best: Some("app".to_owned()),
        passkeys: 0,
        browser_has_passkeys: true,
        needs_passkey: false,
        backup_codes_left: 10,
        temporary_code: false,
        approval: false,
        trust_days: None,
        auto_send: false,
        calls: true,
        allow_unconfirmed_calls: false,
        recovery_url: None,
        password_url: Some("https://shop.example/password".to_owned()),
        submits_itself: true,
        typed: String::new(),
    }
}

fn go(to: LoginNav) -> Event<SigningIn> {
    Event::On(LoginEvent::Go(to))
}

fn enter(input: LoginInput) -> Event<SigningIn> {
    Event::On(LoginEvent::Enter(input))
}

fn by_phone(wish: LoginPhone) -> Event<SigningIn> {
    Event::On(LoginEvent::Phone(wish))
}

fn answered(answer: LoginAnswer) -> Event<SigningIn> {
    Event::On(LoginEvent::Answer(answer))
}

fn begun(opening: LoginOpening) -> (Login, Option<Effect<SigningIn>>) {
    Login::Loading.on(Event::Opened(Box::new(opening)), NOW)
}

fn at(
    opening: LoginOpening,
    events: impl IntoIterator<Item = Event<SigningIn>>,
) -> (Login, Option<Effect<SigningIn>>) {
    events
        .into_iter()
        .fold(begun(opening), |(login, _), event| login.on(event, NOW))
}

fn signing(login: &Login) -> &SigningIn {
    let Login::Active(signing) = login else {
        panic!("not signing in: {login:?}")
    };
    signing
}

fn typed(text: &str) -> Event<SigningIn> {
    enter(LoginInput::Code(text.to_owned()))
}

/// By the app.
fn refused(code: ErrorCode, attempts_left: Option<u32>) -> Event<SigningIn> {
    refused_of(0, code, attempts_left)
}

fn refused_of(place: usize, code: ErrorCode, attempts_left: Option<u32>) -> Event<SigningIn> {
    let refusal = LoginRefusal::Service {
        code,
        retry_at: None,
        attempts_left,
        times: 0,
        of_two: false,
    };
    answered(LoginAnswer::Refused(LoginMethod::Method(place), refusal))
}

/// "Send the code."
fn ordered() -> Event<SigningIn> {
    by_phone(LoginPhone::Send(Channel::Sms, CallConfirmation::Digits))
}

fn sent(codes: u32) -> Event<SigningIn> {
    answered(LoginAnswer::Ordered(Box::new(challenge("c1", codes))))
}

fn passed(backup_codes_left: u32) -> Event<SigningIn> {
    answered(LoginAnswer::Verified(Box::new(Verified {
        result_code: "r".to_owned(),
        backup_codes_left,
        answered_at: NOW,
    })))
}

/// What is sent: method, code, second code.
fn verified(effect: Option<Effect<SigningIn>>) -> Option<(String, String, Option<String>)> {
    match effect {
        Some(Effect::Do(LoginEffect::Verify {
            method_id,
            presented,
            ..
        })) => Some(match presented {
            Presented::Code(code) => (method_id, code.expose().to_owned(), None),
            Presented::Pair(code, next) => {
                let next = Some(next.expose().to_owned());
                (method_id, code.expose().to_owned(), next)
            }
            Presented::Backup(code) => (method_id, code.expose().to_string(), None),
        }),
        _other => None,
    }
}

#[test]
fn the_best_way_stands_first_and_its_last_digit_sends() {
    let (login, effect) = begun(opening());
    assert!(
        effect.is_none()
            && signing(&login)
                .method()
                .is_some_and(|method| method.id == "app")
    );
    let (login, effect) = at(opening(), [typed("１２３ 45"), typed("１２３ 456")]);
    assert_eq!(
        verified(effect),
        Some(("app".to_owned(), "123456".to_owned(), None))
    );
    assert_eq!(signing(&login).asked, RequestState::Waiting);
    let (login, effect) = login.on(passed(10), NOW);
    assert!(
        matches!((login, effect), (Login::Completed, Some(Effect::Complete(code))) if code == "r")
    );
}

#[test]
fn what_was_typed_before_the_widget_came_is_not_lost() {
    let early = LoginOpening {
        typed: "123456".to_owned(),
        ..opening()
    };
    assert_eq!(
        verified(begun(early.clone()).1),
        Some(("app".to_owned(), "123456".to_owned(), None))
    );
    let half = LoginOpening {
        typed: "1234".to_owned(),
        ..early.clone()
    };
    let (login, effect) = begun(half);
    assert!(effect.is_none() && signing(&login).codes[0].typed() == "1234");
    let by_hand = LoginOpening {
        submits_itself: false,
        ..early
    };
    let (login, effect) = begun(by_hand);
    assert!(effect.is_none());
    assert!(verified(login.on(go(LoginNav::Submit), NOW).1).is_some());
}

#[test]
fn nothing_sends_itself_while_there_is_a_box_to_tick() {
    let trusting = LoginOpening {
        temporary_code: false,
        approval: false,
        trust_days: Some(30),
        ..opening()
    };
    let (login, effect) = at(trusting, [typed("123456")]);
    assert!(effect.is_none());
    let (login, _) = login.on(enter(LoginInput::Trust(true)), NOW);
    assert!(matches!(
        login.on(go(LoginNav::Submit), NOW).1,
        Some(Effect::Do(LoginEffect::Verify { trust: true, .. }))
    ));
}

#[test]
fn a_refused_code_stays_in_the_field_and_is_not_sent_again_by_itself() {
    let (login, _) = at(
        opening(),
        [typed("123456"), refused(ErrorCode::CodeWrong, Some(2))],
    );
    assert_eq!(signing(&login).codes[0].typed(), "123456");
    assert!(matches!(
        signing(&login).asked,
        RequestState::Refused(LoginRefusal::Service { times: 1, .. })
    ));
    let (login, effect) = login.on(typed("123456 "), NOW);
    assert!(
        effect.is_some(),
        "another text of the same digits was typed by somebody"
    );
    let (login, _) = login.on(
        answered(LoginAnswer::Refused(
            LoginMethod::Method(0),
            LoginRefusal::Unreachable,
        )),
        NOW,
    );
    let (_, effect) = login.on(go(LoginNav::Submit), NOW);
    assert!(verified(effect).is_some(), "by hand it goes again");
}

#[test]
fn no_single_tries_left_asks_for_two_codes() {
    let (login, _) = at(
        opening(),
        [typed("123456"), refused(ErrorCode::CodeWrong, Some(0))],
    );
    assert!(signing(&login).wants_two());
    let kept = signing(&login).codes[0].typed();
    assert_eq!(kept, "123456", "what was typed is not lost");
    let (login, effect) = login.on(typed("111111"), NOW);
    assert!(effect.is_none(), "the second is missing");
    let (login, effect) = login.on(go(LoginNav::Submit), NOW);
    assert!(
        effect.is_none()
            && matches!(
                signing(&login).asked,
                RequestState::Refused(LoginRefusal::SecondCode(_))
            )
    );
    let (_, effect) = login.on(enter(LoginInput::SecondCode("222222".to_owned())), NOW);
    assert_eq!(
        verified(effect),
        Some((
            "app".to_owned(),
            "111111".to_owned(),
            Some("222222".to_owned())
        ))
    );
}

#[test]
fn a_text_is_sent_by_a_tap_or_at_once_as_the_host_chooses() {
    let phone = LoginOpening {
        best: Some("phone".to_owned()),
        ..opening()
    };
    let (login, effect) = begun(phone.clone());
    assert!(effect.is_none());
    let (_, effect) = login.on(
        by_phone(LoginPhone::Send(Channel::Sms, CallConfirmation::Digits)),
        NOW,
    );
    assert!(
        matches!(effect, Some(Effect::Do(LoginEffect::Order { method_id, .. })) if method_id == "phone")
    );
    let (login, effect) = begun(LoginOpening {
        auto_send: true,
        ..phone.clone()
    });
    assert!(matches!(
        effect,
        Some(Effect::Do(LoginEffect::Order { .. }))
    ));
    assert!(
        login
            .on(
                by_phone(LoginPhone::Send(Channel::Sms, CallConfirmation::Digits)),
                NOW
            )
            .1
            .is_none(),
        "one at a time"
    );
    // Digits before anything was sent can be right for nothing.
    assert!(at(phone.clone(), [typed("123456")]).1.is_none());
    let (login, effect) = at(phone.clone(), [ordered(), sent(1), typed("123456")]);
    assert_eq!(
        verified(effect),
        Some(("phone".to_owned(), "123456".to_owned(), None))
    );
    assert_eq!(
        login.awaited().map(|challenge| challenge.id.as_str()),
        Some("c1")
    );
    let (login, _) = at(phone, [ordered(), sent(2)]);
    assert!(signing(&login).wants_two());
}

#[test]
fn a_message_that_no_longer_counts_makes_room_for_another() {
    let phone = LoginOpening {
        best: Some("phone".to_owned()),
        ..opening()
    };
    for code in [
        ErrorCode::CodeExpired,
        ErrorCode::TwoCodesNeeded,
        ErrorCode::ChallengeNotFound,
    ] {
        let (login, _) = at(
            phone.clone(),
            [
                ordered(),
                sent(1),
                typed("123456"),
                refused_of(1, code, None),
            ],
        );
        assert!(
            login.awaited().is_none() && signing(&login).codes[0].typed().is_empty(),
            "{code:?}"
        );
    }
    let (login, _) = at(
        phone.clone(),
        [
            ordered(),
            sent(1),
            typed("123456"),
            refused_of(1, ErrorCode::CodeWrong, Some(3)),
        ],
    );
    assert_eq!(
        login.awaited().map(|challenge| challenge.attempts_left),
        Some(3)
    );
    let (login, _) = at(
        phone,
        [
            ordered(),
            sent(1),
            typed("123456"),
            refused_of(1, ErrorCode::TooManyAttempts, None),
        ],
    );
    assert!(login.awaited().is_some(), "a new one can be sent from here");
}

/// B55: neither a report nor anything else than a right code leads to a result.
#[test]
fn only_a_right_code_completes() {
    let (login, effect) = at(
        opening(),
        [go(LoginNav::ReportUnrequested), go(LoginNav::Submit)],
    );
    assert!(matches!(effect, Some(Effect::Do(LoginEffect::Report))));
    let (login, effect) = login.on(reported(), NOW);
    assert!(effect.is_none());
    let LoginStep::Reported(is) = &signing(&login).step else {
        panic!("{login:?}")
    };
    assert_eq!(
        (is.logins.len(), is.password_url.as_deref()),
        (1, Some("https://shop.example/password"))
    );
    let (login, effect) = login.on(passed(10), NOW);
    assert!(effect.is_none() && matches!(signing(&login).step, LoginStep::Reported(_)));
    let endings = [
        (ErrorCode::FlowExpired, EndReason::Expired),
        (ErrorCode::FlowConflict, EndReason::Superseded),
        (ErrorCode::FlowReported, EndReason::Reported),
        (ErrorCode::TooManyAttempts, EndReason::TriesSpent),
    ];
    for (code, ending) in endings {
        let (login, effect) = at(opening(), [typed("123456"), refused(code, None)]);
        assert!(
            effect.is_none() && matches!(login, Login::Ended(is) if is == ending),
            "{code:?}"
        );
        let (login, effect) = login.on(go(LoginNav::Submit), NOW);
        assert!(effect.is_none() && matches!(login, Login::Ended(_)));
    }
    let (login, effect) = at(opening(), [Event::TimeUp]);
    assert!(effect.is_none() && matches!(login, Login::Ended(EndReason::Expired)));
    assert!(matches!(
        login.on(Event::Again, NOW).1,
        Some(Effect::Restart)
    ));
}

fn reported() -> Event<SigningIn> {
    let logins = vec![(NOW, Some("Chrome, Windows".to_owned()))];
    answered(LoginAnswer::Reported(Box::new(Reported {
        logins,
        host_notified: true,
        password_url: None,
    })))
}
