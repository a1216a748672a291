//! Backup codes, and codes in the other one's field.

use super::*;

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
