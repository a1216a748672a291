//! A phone that is lost, said at a login.

use super::*;

const CODE: &str = "0000-0000-0000-0000";

fn lose() -> Event<SigningIn> {
    go(LoginNav::Lose)
}

fn choose(place: usize) -> Event<SigningIn> {
    go(LoginNav::Choose(LoginMethod::Method(place)))
}

/// By a backup code; what goes with it.
fn by_backup_code(login: Login) -> (Login, Option<String>) {
    let (login, _) = login.on(go(LoginNav::Choose(LoginMethod::Backup)), NOW);
    let (login, _) = login.on(enter(LoginInput::Backup(CODE.to_owned())), NOW);
    let (login, effect) = login.on(go(LoginNav::Submit), NOW);
    (login, lost(effect))
}

fn lost(effect: Option<Effect<SigningIn>>) -> Option<String> {
    match effect {
        Some(Effect::Do(LoginEffect::Verify { lost, .. })) => Some(lost),
        _other => None,
    }
}

fn ids(login: &Login) -> String {
    signing(login).lost_but(None)
}

#[test]
fn the_only_method_is_the_lost_one_and_the_backup_code_is_asked_for() {
    let mut one = opening();
    one.methods.truncate(1);
    let (login, _) = at(one, [go(LoginNav::MethodPicker), lose()]);
    assert!(
        matches!(signing(&login).step, LoginStep::Backup),
        "two taps"
    );
    let (_, lost) = by_backup_code(login);
    assert_eq!(lost, Some("app ".to_owned()));
}

#[test]
fn several_are_lost_one_by_one_and_taken_back_by_the_same_press() {
    let (login, _) = at(opening(), [go(LoginNav::MethodPicker), lose()]);
    assert!(matches!(signing(&login).step, LoginStep::LostPicker));
    let (login, _) = login.on(choose(0), NOW);
    assert!(matches!(signing(&login).step, LoginStep::MethodPicker));
    assert!(signing(&login).lost().has(0) && !signing(&login).lost().has(1));
    // The number is on the same phone: nothing is left but a backup code.
    let (login, _) = login.on(lose(), NOW);
    let (login, _) = login.on(choose(1), NOW);
    let (both, lost) = by_backup_code(login);
    assert_eq!(lost, Some("app phone ".to_owned()));
    let (login, _) = both.on(go(LoginNav::MethodPicker), NOW);
    let (login, _) = login.on(lose(), NOW);
    let (login, _) = login.on(choose(0), NOW);
    assert_eq!(ids(&login), "phone ");
}

#[test]
fn what_lets_in_is_not_lost() {
    let (login, _) = at(
        opening(),
        [
            go(LoginNav::MethodPicker),
            lose(),
            choose(0),
            go(LoginNav::Back),
        ],
    );
    assert_eq!(ids(&login), "app ");
    let (login, effect) = login.on(typed("123456"), NOW);
    assert_eq!(lost(effect), Some(String::new()));
    // A backup code in its field after all: the app is lost.
    let (login, _) = login.on(refused(ErrorCode::CodeWrong, Some(2)), NOW);
    let (login, _) = login.on(typed(CODE), NOW);
    let (_, effect) = login.on(go(LoginNav::Submit), NOW);
    assert_eq!(lost(effect), Some("app ".to_owned()));
}

#[test]
fn what_cannot_be_taken_out_is_said_and_the_next_press_is_for_the_login_alone() {
    for code in [
        ErrorCode::Cooling,
        ErrorCode::LastMethod,
        ErrorCode::ChangeLimit,
        ErrorCode::PolicyForbids,
    ] {
        let (login, _) = at(opening(), [go(LoginNav::MethodPicker), lose(), choose(1)]);
        let (login, _) = login.on(choose(0), NOW);
        let (login, effect) = login.on(typed("123456"), NOW);
        assert_eq!(lost(effect), Some("phone ".to_owned()));
        let (login, effect) = login.on(refused(code, None), NOW);
        assert!(effect.is_none(), "nothing goes by itself");
        assert!(matches!(signing(&login).asked, RequestState::Refused(_)));
        let (_, effect) = login.on(go(LoginNav::Submit), NOW);
        assert_eq!(lost(effect), Some(String::new()), "{code:?}");
    }
}
