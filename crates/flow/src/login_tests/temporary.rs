//! The code that the host's support has made: the first screen where there is one, and one way among
//! others.

use super::*;

const CODE: &str = "0000-0000-0000-0000";

fn given() -> LoginOpening {
    LoginOpening {
        temporary_code: true,
        ..opening()
    }
}

/// Of somebody who has nothing else.
fn alone() -> LoginOpening {
    LoginOpening {
        methods: Vec::new(),
        best: None,
        backup_codes_left: 0,
        ..given()
    }
}

fn choose(way: LoginMethod) -> Event<SigningIn> {
    go(LoginNav::Choose(way))
}

fn types(text: &str) -> Event<SigningIn> {
    enter(LoginInput::Backup(text.to_owned()))
}

#[test]
fn it_is_asked_for_first_and_goes_out_under_its_own_name() {
    for opening in [given(), alone()] {
        let (login, effect) = at(opening, [types(CODE), go(LoginNav::Submit)]);
        assert!(signing(&login).is_temporary());
        let Some(Effect::Do(LoginEffect::Verify {
            way,
            method_id,
            trust,
            lost,
            ..
        })) = effect
        else {
            panic!("{login:?}");
        };
        assert_eq!(way, LoginMethod::Temporary);
        assert_eq!(method_id, TEMPORARY_METHOD_ID);
        assert!(!trust && lost.is_empty());
    }
}

#[test]
fn a_mistyped_one_asks_nobody() {
    let (login, effect) = at(
        alone(),
        [types("0000-0000-0000-0001"), go(LoginNav::Submit)],
    );
    assert!(effect.is_none());
    assert!(matches!(
        signing(&login).asked,
        RequestState::Refused(LoginRefusal::Backup(_))
    ));
    // Digits of an app are no code of support's, and none of an app that there is not.
    let (login, effect) = at(alone(), [types("123456"), go(LoginNav::Submit)]);
    assert!(effect.is_none() && signing(&login).is_temporary());
}

#[test]
fn what_was_typed_stays_with_its_own_way() {
    let (login, _) = at(given(), [types(CODE), go(LoginNav::MethodPicker)]);
    let (login, _) = login.on(choose(LoginMethod::Backup), NOW);
    assert!(!signing(&login).is_temporary() && signing(&login).typed_backup.is_empty());
    let (login, _) = login.on(types("K7QM"), NOW);
    let (login, _) = login.on(choose(LoginMethod::Temporary), NOW);
    assert!(signing(&login).is_temporary() && signing(&login).typed_backup.is_empty());
    // Looking around and back keeps it.
    let (login, _) = login.on(types(CODE), NOW);
    let (login, _) = login.on(go(LoginNav::MethodPicker), NOW);
    let (login, _) = login.on(go(LoginNav::Back), NOW);
    assert!(signing(&login).is_temporary());
    assert_eq!(*signing(&login).typed_backup, CODE);
}

#[test]
fn a_refusal_is_told_where_it_was_typed_and_nowhere_else() {
    let refused = |way| {
        let refusal = LoginRefusal::Service {
            code: ErrorCode::CodeWrong,
            retry_at: None,
            attempts_left: Some(4),
            times: 0,
            of_two: false,
        };
        answered(LoginAnswer::Refused(way, refusal))
    };
    for (way, is_told) in [(LoginMethod::Temporary, true), (LoginMethod::Backup, false)] {
        let (login, _) = at(given(), [types(CODE), go(LoginNav::Submit), refused(way)]);
        let is_refused = matches!(signing(&login).asked, RequestState::Refused(_));
        assert_eq!(is_refused, is_told, "{way:?}");
    }
    let around = [
        types(CODE),
        go(LoginNav::Submit),
        choose(LoginMethod::Backup),
        refused(LoginMethod::Temporary),
    ];
    let (login, _) = at(given(), around);
    assert_eq!(signing(&login).asked, RequestState::Idle);
}

#[test]
fn it_takes_nothing_that_is_lost_out_of_use() {
    let (login, _) = at(given(), [go(LoginNav::MethodPicker), go(LoginNav::Lose)]);
    let lost = choose(LoginMethod::Method(0));
    let (login, _) = login.on(lost, NOW);
    assert!(!signing(&login).may_be_temporary());
    let (login, _) = login.on(choose(LoginMethod::Temporary), NOW);
    assert!(!signing(&login).is_temporary());
    let (login, _) = login.on(go(LoginNav::Back), NOW);
    assert!(
        !signing(&login).is_temporary(),
        "nor is it where back leads"
    );
}
