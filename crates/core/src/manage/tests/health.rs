//! What is left without the phone, and what is to be tried.

use super::*;

#[test]
fn health_says_what_is_left_without_the_phone() {
    let mut account = context().account;
    let codes = [BACKUP_METHOD_ID.to_owned()];
    assert_eq!(without_phone(&account), codes);
    assert_eq!(health(&account, NOW), []);
    account.backup_codes.left = 0;
    let bare = [Health::NothingWithoutPhone, Health::NoBackupCodes];
    assert_eq!(health(&account, NOW), bare);
    account.methods.push(method("l", MethodKind::Voice));
    account.methods.push(method("b", MethodKind::Totp));
    assert_eq!(without_phone(&account), ["l", "b"]);
    // The one that a login begins with is on the phone.
    account.methods.last_mut().unwrap().is_default = true;
    assert_eq!(without_phone(&account), ["a", "l"]);
    account.backup_codes.left = 3;
    assert_eq!(health(&account, NOW), [Health::FewBackupCodes]);
    account.backup_codes.left = 4;
    assert_eq!(health(&account, NOW), []);
}

#[test]
fn a_method_is_to_be_tried_after_four_weeks_and_once_a_year() {
    let due = |used_at, tested_at| {
        let mut account = context().account;
        let app = account.methods.first_mut().unwrap();
        app.created_at = NOW - 28 * DAY_S;
        (app.used_at, app.tested_at) = (used_at, tested_at);
        health(&account, NOW).contains(&Health::CheckUpDue)
    };
    assert!(due(None, None));
    assert!(!due(Some(NOW - 27 * DAY_S), None));
    assert!(!due(None, Some(NOW - 364 * DAY_S)));
    assert!(due(Some(NOW - 365 * DAY_S), None));
    assert!(!due(Some(NOW - 365 * DAY_S), Some(NOW - DAY_S)));
}
