//! The login's state machine as tables: what a person does, and where it leads.

use nidan_protocol::{
    CallConfirmation, ChallengeView, Channel, ErrorCode, MethodKind, MethodState, MethodView,
};

use super::phone_tests::challenge;
use super::*;

mod lost;

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
        backup_codes_left: 10,
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

#[test]
fn other_ways_lead_there_and_back() {
    let (login, _) = at(opening(), [go(LoginNav::MethodPicker)]);
    assert!(matches!(signing(&login).step, LoginStep::MethodPicker));
    let (login, _) = login.on(go(LoginNav::Back), NOW);
    assert!(matches!(
        signing(&login).step,
        LoginStep::Code { place: 0, .. }
    ));
    let (login, _) = at(
        opening(),
        [
            go(LoginNav::MethodPicker),
            go(LoginNav::Choose(LoginMethod::Method(1))),
        ],
    );
    assert!(
        signing(&login)
            .method()
            .is_some_and(|method| method.id == "phone")
    );
    let backup = || go(LoginNav::Choose(LoginMethod::Backup));
    let (login, _) = at(
        opening(),
        [
            go(LoginNav::MethodPicker),
            backup(),
            go(LoginNav::Back),
            go(LoginNav::Back),
        ],
    );
    assert!(
        matches!(signing(&login).step, LoginStep::Backup),
        "to where the person was"
    );
    let phone = || go(LoginNav::Choose(LoginMethod::Method(1)));
    let (login, _) = at(
        opening(),
        [
            go(LoginNav::MethodPicker),
            phone(),
            ordered(),
            sent(1),
            go(LoginNav::MethodPicker),
            backup(),
            go(LoginNav::MethodPicker),
            phone(),
        ],
    );
    assert!(login.awaited().is_some(), "what was sent is still good");
    let (login, _) = at(
        opening(),
        [
            go(LoginNav::MethodPicker),
            phone(),
            ordered(),
            sent(1),
            go(LoginNav::ReportUnrequested),
            go(LoginNav::Back),
        ],
    );
    assert!(login.awaited().is_some());
    let (login, _) = at(
        opening(),
        [
            go(LoginNav::MethodPicker),
            go(LoginNav::Recover),
            go(LoginNav::Back),
        ],
    );
    assert!(matches!(signing(&login).step, LoginStep::MethodPicker));
    let (login, _) = at(
        opening(),
        [go(LoginNav::ReportUnrequested), go(LoginNav::Back)],
    );
    assert!(matches!(signing(&login).step, LoginStep::Code { .. }));
}

#[test]
fn who_has_no_method_that_takes_codes_begins_with_a_backup_code_or_with_help() {
    let none = LoginOpening {
        best: None,
        ..opening()
    };
    assert!(matches!(
        signing(&begun(none.clone()).0).step,
        LoginStep::Backup
    ));
    let nothing = LoginOpening {
        backup_codes_left: 0,
        ..none
    };
    assert!(matches!(
        signing(&begun(nothing).0).step,
        LoginStep::Recovery
    ));
}

#[test]
fn a_code_in_the_other_ones_field_is_taken_as_what_it_is() {
    let (_, effect) = at(
        opening(),
        [typed("0000-0000-0000-0000"), go(LoginNav::Submit)],
    );
    let backup = (
        "backup_code".to_owned(),
        "0000000000000000".to_owned(),
        None,
    );
    assert_eq!(verified(effect), Some(backup));
    // One that is mistyped is told so as before.
    let (login, effect) = at(
        opening(),
        [typed("0000-0000-0000-0001"), go(LoginNav::Submit)],
    );
    assert!(effect.is_none() && matches!(signing(&login).step, LoginStep::Code { .. }));
    let digits = [
        go(LoginNav::MethodPicker),
        go(LoginNav::Choose(LoginMethod::Backup)),
        enter(LoginInput::Backup("１２３ 456".to_owned())),
        go(LoginNav::Submit),
    ];
    // What is mistyped there leaves the code that was typed before.
    let mistyped = [
        typed("12345"),
        go(LoginNav::MethodPicker),
        go(LoginNav::Choose(LoginMethod::Backup)),
        enter(LoginInput::Backup("K7QM".to_owned())),
        go(LoginNav::Submit),
    ];
    assert_eq!(
        signing(&at(opening(), mistyped).0).codes[0].typed(),
        "12345"
    );
    let (login, effect) = at(opening(), digits);
    let (method, code, second) = verified(effect).unwrap();
    assert_eq!((code.as_str(), second), ("123456", None));
    assert_eq!(method, opening().methods[0].id);
    assert!(matches!(signing(&login).step, LoginStep::Code { .. }));
}

#[test]
fn a_mistyped_backup_code_costs_no_try_and_few_left_are_said() {
    let choose = || {
        [
            go(LoginNav::MethodPicker),
            go(LoginNav::Choose(LoginMethod::Backup)),
        ]
    };
    let to_backup = |text: &str| {
        let typed = enter(LoginInput::Backup(text.to_owned()));
        at(
            opening(),
            choose().into_iter().chain([typed, go(LoginNav::Submit)]),
        )
    };
    for text in ["", "12345", "K7QM-9XTR-2HWD-P6F!", "1111-1111-1111-1112"] {
        let (login, effect) = to_backup(text);
        assert!(
            effect.is_none()
                && matches!(
                    signing(&login).asked,
                    RequestState::Refused(LoginRefusal::Backup(_))
                ),
            "{text}"
        );
    }
    let (login, effect) = to_backup("0000-0000-0000-0000");
    assert_eq!(
        verified(effect),
        Some((
            "backup_code".to_owned(),
            "0000000000000000".to_owned(),
            None
        ))
    );
    let (few, effect) = login.on(passed(3), NOW);
    assert!(effect.is_none() && matches!(signing(&few).step, LoginStep::LowBackupCodes(_)));
    let (_, effect) = few.on(go(LoginNav::Submit), NOW);
    assert!(matches!(effect, Some(Effect::Complete(_))));
    let (login, effect) = to_backup("0000-0000-0000-0000").0.on(passed(4), NOW);
    assert!(matches!(
        (login, effect),
        (Login::Completed, Some(Effect::Complete(_)))
    ));
    // Read for long, the result is asked for again before it goes to the host.
    let later = nidan_otp::UnixSeconds(NOW.0 + 41);
    let (few, _) = to_backup("0000-0000-0000-0000").0.on(passed(1), NOW);
    let (few, effect) = few.on(go(LoginNav::Submit), later);
    assert!(verified(effect).is_some());
    assert!(matches!(
        few.on(passed(1), later).1,
        Some(Effect::Complete(_))
    ));
}

/// Digits of an earlier message, typed as a backup code while another message is on its way: nothing is
/// asked about them, and nothing else can be ordered.
#[test]
fn digits_in_the_other_field_wait_for_the_order_that_is_on_its_way() {
    let (login, _) = at(
        opening(),
        [
            go(LoginNav::Choose(LoginMethod::Method(1))),
            ordered(),
            sent(2),
            by_phone(LoginPhone::Send(Channel::Voice, CallConfirmation::Digits)),
            go(LoginNav::Choose(LoginMethod::Backup)),
            enter(LoginInput::Backup("123456".to_owned())),
        ],
    );
    let (login, effect) = login.on(go(LoginNav::Submit), NOW);
    assert!(effect.is_none());
    assert_eq!(signing(&login).asked, RequestState::Waiting);
    let (_, effect) = login.on(ordered(), NOW);
    assert!(effect.is_none(), "ordered twice");
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

fn called(id: &str, keys: Option<&str>) -> Event<SigningIn> {
    let keys = keys.map(str::to_owned);
    answered(LoginAnswer::Ordered(Box::new(ChallengeView {
        channel: Channel::Voice,
        call_digits: keys,
        ..challenge(id, 1)
    })))
}

/// What is awaited is the message that was ordered last, in every order of text, call, resend and
/// change of method.
#[test]
fn what_is_awaited_is_what_was_ordered_last() {
    let call = || by_phone(LoginPhone::Send(Channel::Voice, CallConfirmation::Digits));
    let awaited = |login: &Login| {
        login
            .awaited()
            .map(|challenge| (challenge.id.clone(), challenge.call_digits.clone()))
    };
    let (login, _) = at(
        phones(),
        [
            ordered(),
            sent(1),
            typed("123"),
            call(),
            called("c2", Some("47")),
        ],
    );
    assert_eq!(
        awaited(&login),
        Some(("c2".to_owned(), Some("47".to_owned())))
    );
    assert!(
        signing(&login).codes[0].typed().is_empty(),
        "digits of the text are right for nothing"
    );
    let (login, _) = at(
        phones(),
        [call(), called("c1", Some("47")), ordered(), sent(1)],
    );
    assert_eq!(awaited(&login), Some(("c1".to_owned(), None)));
    // The same code once more: what is typed stays.
    let (login, _) = at(
        phones(),
        [
            ordered(),
            sent(1),
            typed("123"),
            by_phone(LoginPhone::Resend),
            sent(1),
        ],
    );
    assert_eq!(signing(&login).codes[0].typed(), "123");
    // A new call in place of one that was to be heard without keys is one without keys.
    let silent = by_phone(LoginPhone::Send(Channel::Voice, CallConfirmation::None));
    let (_, effect) = at(
        phones(),
        [silent, called("c1", None), by_phone(LoginPhone::Renew)],
    );
    assert!(matches!(
        effect,
        Some(Effect::Do(LoginEffect::Order {
            channel: Channel::Voice,
            confirmation: CallConfirmation::None,
            ..
        }))
    ));
    let (_, effect) = at(
        phones(),
        [
            call(),
            called("c1", Some("47")),
            by_phone(LoginPhone::Renew),
        ],
    );
    assert!(matches!(
        effect,
        Some(Effect::Do(LoginEffect::Order {
            channel: Channel::Voice,
            confirmation: CallConfirmation::Digits,
            ..
        }))
    ));
}

/// An answer that comes late belongs to the method that it was ordered for.
#[test]
fn a_late_answer_is_shown_where_it_belongs() {
    let to = |place| {
        [
            go(LoginNav::MethodPicker),
            go(LoginNav::Choose(LoginMethod::Method(place))),
        ]
    };
    let (login, _) = at(
        phones(),
        [ordered()].into_iter().chain(to(2)).chain([sent(1)]),
    );
    assert!(login.awaited().is_none(), "the other phone got nothing");
    let (login, _) = to(1)
        .into_iter()
        .fold((login, None), |(login, _), event| login.on(event, NOW));
    assert_eq!(
        login.awaited().map(|challenge| challenge.id.as_str()),
        Some("c1")
    );
    // What was ordered for one phone ends what another one had.
    let (login, _) = at(
        phones(),
        [ordered(), sent(1)]
            .into_iter()
            .chain(to(2))
            .chain([ordered(), called("c2", None)]),
    );
    let (login, _) = to(1)
        .into_iter()
        .fold((login, None), |(login, _), event| login.on(event, NOW));
    assert!(login.awaited().is_none(), "the first text is over");
    // A refusal too: nothing is said on the other screen.
    let (login, _) = at(
        opening(),
        [typed("123456")]
            .into_iter()
            .chain(to(1))
            .chain([refused(ErrorCode::CodeWrong, Some(0))]),
    );
    assert!(signing(&login).asked == RequestState::Idle && !signing(&login).wants_two());
    let (login, _) = to(0)
        .into_iter()
        .fold((login, None), |(login, _), event| login.on(event, NOW));
    assert!(signing(&login).wants_two(), "and the app asks for two");
}

/// A method that takes no codes any more says so, also while a message is awaited.
#[test]
fn a_method_that_rests_or_is_suspended_awaits_no_code() {
    for (code, state) in [
        (ErrorCode::MethodResting, MethodState::Resting),
        (ErrorCode::MethodSuspended, MethodState::Suspended),
    ] {
        let (login, _) = at(
            phones(),
            [
                ordered(),
                sent(1),
                typed("123456"),
                refused_of(1, code, None),
            ],
        );
        assert!(
            login.awaited().is_none()
                && signing(&login)
                    .method()
                    .is_some_and(|method| method.state == state)
        );
        let (login, _) = at(opening(), [typed("123456"), refused(code, None)]);
        assert!(
            signing(&login)
                .method()
                .is_some_and(|method| method.state == state)
        );
    }
}

/// An app and two phones, one of them to begin with.
fn phones() -> LoginOpening {
    let mut opening = LoginOpening {
        best: Some("phone".to_owned()),
        ..opening()
    };
    opening.methods.push(method("work", MethodKind::Sms));
    opening
}

/// "None of these works" and back: a text that was sent is still awaited.
#[test]
fn who_looks_for_help_finds_the_code_awaited_afterwards() {
    let mut alone = LoginOpening {
        backup_codes_left: 0,
        ..phones()
    };
    alone.methods = vec![method("phone", MethodKind::Sms)];
    let (login, _) = at(
        alone,
        [
            ordered(),
            sent(1),
            go(LoginNav::Recover),
            go(LoginNav::Back),
        ],
    );
    assert_eq!(
        login.awaited().map(|awaited| awaited.id.as_str()),
        Some("c1")
    );
}

#[test]
fn a_refused_code_is_not_sent_again_by_itself_and_nothing_is_kept_after_a_report() {
    let app = LoginMethod::Method(0);
    let (login, effect) = at(
        opening(),
        [
            typed("111111"),
            refused(ErrorCode::CodeWrong, Some(3)),
            go(LoginNav::MethodPicker),
            go(LoginNav::Choose(app)),
            typed("111111"),
        ],
    );
    assert!(effect.is_none(), "a try is spent by the person only");
    let (login, effect) = login.on(go(LoginNav::Submit), NOW);
    assert!(verified(effect).is_some());
    let (login, _) = login.on(reported(), NOW);
    assert!(
        signing(&login)
            .codes
            .iter()
            .all(|code| code.typed().is_empty())
    );
}
