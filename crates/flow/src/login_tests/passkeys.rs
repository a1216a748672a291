//! The browser is asked for a passkey, and the person goes elsewhere meanwhile.

use super::*;

fn with_passkey() -> LoginOpening {
    LoginOpening {
        methods: vec![
            method("key", MethodKind::Passkey),
            method("app", MethodKind::Totp),
        ],
        best: Some("key".to_owned()),
        passkeys: 1,
        ..opening()
    }
}

#[test]
fn where_a_passkey_has_answered_before_a_login_begins_with_it() {
    let begins_with = |change: fn(&mut LoginOpening)| {
        let mut opening = LoginOpening {
            best: Some("app".to_owned()),
            ..with_passkey()
        };
        change(&mut opening);
        opening.begin_with_passkey();
        opening.best
    };
    assert_eq!(begins_with(|_| ()).as_deref(), Some("key"));
    let held = |opening: &mut LoginOpening| opening.methods[0].state = MethodState::Held;
    assert_eq!(begins_with(held).as_deref(), Some("app"));
    let without = |opening: &mut LoginOpening| opening.browser_has_passkeys = false;
    assert_eq!(begins_with(without).as_deref(), Some("app"));
    let none = |opening: &mut LoginOpening| drop(opening.methods.remove(0));
    assert_eq!(begins_with(none).as_deref(), Some("app"));
}

fn cancelled() -> Event<SigningIn> {
    answered(LoginAnswer::Refused(
        LoginMethod::Method(0),
        LoginRefusal::Cancelled,
    ))
}

#[test]
fn who_says_no_is_told_so_and_asks_again() {
    let (login, _) = at(with_passkey(), [go(LoginNav::Submit)]);
    assert_eq!(signing(&login).asked, RequestState::Waiting);
    let (login, _) = login.on(cancelled(), NOW);
    let is_said = RequestState::Refused(LoginRefusal::Cancelled);
    assert_eq!(signing(&login).asked, is_said);
    let (login, effect) = login.on(go(LoginNav::Submit), NOW);
    assert_eq!(signing(&login).asked, RequestState::Waiting);
    assert!(matches!(
        effect,
        Some(Effect::Do(LoginEffect::AskForPasskey { .. }))
    ));
}

/// The question ended with its screen; the screen that is opened afresh has not asked yet.
#[test]
fn a_no_that_comes_late_is_about_nothing() {
    let away = [
        go(LoginNav::Submit),
        go(LoginNav::MethodPicker),
        go(LoginNav::Choose(LoginMethod::Method(0))),
        cancelled(),
    ];
    let (login, _) = at(with_passkey(), away);
    assert!(matches!(
        signing(&login).step,
        LoginStep::Passkey { place: 0 }
    ));
    assert_eq!(signing(&login).asked, RequestState::Idle);
}
