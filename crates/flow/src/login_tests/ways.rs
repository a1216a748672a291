//! Where a person goes at a login.

use super::*;

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
