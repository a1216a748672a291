//! A code that another browser shows: asked for, typed, refused.

use super::*;

fn approved() -> LoginOpening {
    LoginOpening {
        approval: true,
        ..opening()
    }
}

fn choose() -> Event<SigningIn> {
    go(LoginNav::Choose(LoginMethod::Approval))
}

fn asks() -> Event<SigningIn> {
    go(LoginNav::AskForApproval)
}

const fn no(code: ErrorCode, attempts_left: Option<u32>) -> LoginRefusal {
    LoginRefusal::Service {
        code,
        retry_at: None,
        attempts_left,
        times: 0,
        of_two: false,
    }
}

fn wrong(code: ErrorCode, left: Option<u32>) -> Event<SigningIn> {
    answered(LoginAnswer::Refused(LoginMethod::Approval, no(code, left)))
}

fn not_asked(code: ErrorCode) -> Event<SigningIn> {
    answered(LoginAnswer::ApprovalNotAsked(no(code, None)))
}

fn asked() -> (Login, Option<Effect<SigningIn>>) {
    at(
        approved(),
        [choose(), asks(), answered(LoginAnswer::ApprovalAsked)],
    )
}

#[test]
fn the_code_goes_by_itself_once_it_was_asked_for() {
    let (login, effect) = at(approved(), [choose(), asks()]);
    assert!(matches!(
        effect,
        Some(Effect::Do(LoginEffect::AskForApproval))
    ));
    let (login, effect) = login.on(typed("123456"), NOW);
    assert!(effect.is_none(), "nobody has shown it");
    let (login, _) = login.on(answered(LoginAnswer::ApprovalAsked), NOW);
    let trusting = LoginOpening {
        trust_days: Some(30),
        ..approved()
    };
    drop(login);
    let way = [choose(), asks(), answered(LoginAnswer::ApprovalAsked)];
    let (login, _) = at(trusting, way);
    // There is nothing to tick: it makes no browser trusted.
    let (_, effect) = login.on(typed("123456"), NOW);
    let Some(Effect::Do(LoginEffect::Verify {
        way,
        method_id,
        trust,
        lost,
        ..
    })) = effect
    else {
        panic!("it is not sent");
    };
    assert_eq!(way, LoginMethod::Approval);
    assert_eq!(
        (method_id.as_str(), trust, lost.as_str()),
        ("approval", false, "")
    );
}

#[test]
fn a_question_on_its_way_is_not_asked_twice_and_an_answer_comes_late() {
    let (login, _) = at(approved(), [choose(), asks(), go(LoginNav::MethodPicker)]);
    let (login, _) = login.on(choose(), NOW);
    assert_eq!(signing(&login).asked, RequestState::Waiting);
    let (login, again) = login.on(asks(), NOW);
    assert!(again.is_none());
    let (login, _) = login.on(go(LoginNav::MethodPicker), NOW);
    let (login, _) = login.on(answered(LoginAnswer::ApprovalAsked), NOW);
    assert!(matches!(signing(&login).step, LoginStep::MethodPicker));
    let (login, _) = login.on(choose(), NOW);
    assert!(signing(&login).is_approval_asked());
    assert_eq!(signing(&login).asked, RequestState::Idle);
}

#[test]
fn what_is_over_is_asked_for_anew_and_what_is_not_stays() {
    for (code, left, stays) in [
        (ErrorCode::CodeWrong, Some(3), true),
        (ErrorCode::Unavailable, None, true),
        (ErrorCode::CodeWrong, Some(0), false),
        (ErrorCode::CodeExpired, None, false),
        (ErrorCode::CodeUsed, None, false),
        (ErrorCode::ChallengeNotFound, None, false),
        (ErrorCode::TooManyAttempts, None, false),
    ] {
        let (login, _) = asked().0.on(typed("123456"), NOW);
        let (login, _) = login.on(wrong(code, left), NOW);
        let signing = signing(&login);
        assert_eq!(signing.is_approval_asked(), stays, "{code:?}");
        assert!(
            matches!(signing.asked, RequestState::Refused(_)),
            "{code:?}"
        );
        assert_eq!(signing.codes[0].typed().is_empty(), !stays, "{code:?}");
    }
}

/// The last of three stands, though a fourth one is refused.
#[test]
fn where_nobody_may_ask_any_more_a_code_that_was_asked_for_is_typed_all_the_same() {
    let (login, _) = asked().0.on(asks(), NOW);
    let (login, _) = login.on(not_asked(ErrorCode::MethodNotOffered), NOW);
    assert!(!signing(&login).may_ask());
    assert!(signing(&login).is_approval_asked());
    let (login, effect) = login.on(typed("123456"), NOW);
    assert!(matches!(
        effect,
        Some(Effect::Do(LoginEffect::Verify { .. }))
    ));
    let (login, _) = login.on(wrong(ErrorCode::CodeExpired, None), NOW);
    let (_, effect) = login.on(asks(), NOW);
    assert!(effect.is_none());
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again() {
    let (login, _) = at(approved(), [choose(), asks()]);
    let lost = LoginAnswer::ApprovalNotAsked(LoginRefusal::Unreachable);
    let (login, _) = login.on(answered(lost), NOW);
    let (_, effect) = login.on(asks(), NOW);
    assert!(matches!(
        effect,
        Some(Effect::Do(LoginEffect::AskForApproval))
    ));
}

#[test]
fn what_is_lost_is_taken_out_by_another_way() {
    let lose = [
        choose(),
        go(LoginNav::MethodPicker),
        go(LoginNav::Lose),
        go(LoginNav::Choose(LoginMethod::Method(1))),
    ];
    let (login, _) = at(approved(), lose);
    assert!(!signing(&login).may_be_approved());
    let (login, _) = login.on(choose(), NOW);
    assert!(matches!(signing(&login).step, LoginStep::MethodPicker));
    let (login, _) = login.on(go(LoginNav::Back), NOW);
    assert!(matches!(
        signing(&login).step,
        LoginStep::Code { place: 0, .. }
    ));
}

#[test]
fn whoever_has_nothing_else_begins_with_it() {
    let nothing = LoginOpening {
        methods: Vec::new(),
        best: None,
        backup_codes_left: 0,
        ..approved()
    };
    let (login, effect) = begun(nothing);
    assert!(matches!(signing(&login).step, LoginStep::Approval));
    assert!(effect.is_none(), "nobody is asked without a press");
}
