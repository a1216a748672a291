//! What is ordered, what is awaited, and answers that come late.

use super::*;

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
