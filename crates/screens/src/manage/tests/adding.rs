//! Something new beside what there is.

use nidan_flow::NewNav;
use nidan_protocol::SetupKind;

use super::*;

/// The overview of somebody with two methods, who came for something.
fn begun_for(intent: Intent, kinds: [MethodKind; 2]) -> (Manage, Option<Effect<Managing>>) {
    let (_, mut opening) = begun();
    opening.intent = intent;
    let account = opening.account.as_mut().unwrap();
    account.may.add = MethodKind::ALL.to_vec();
    for (method, kind) in account.methods.iter_mut().zip(kinds) {
        method.kind = kind;
    }
    Manage::loading().on(Event::Opened(Box::new(opening)), NOW)
}

const BOTH: [MethodKind; 2] = [MethodKind::Totp, MethodKind::Sms];

fn named(manage: &Manage) -> &'static str {
    let scope = manage.screen(VIEW).scope;
    scope.map_or("", |scope| scope.name)
}

/// New backup codes that are being set up.
fn at_new_codes() -> (Manage, Addition) {
    let (manage, _) = begun_for(Intent::Codes, BOTH);
    assert!(
        says(&manage, Msg::ManageCodesText),
        "the old ones work until then"
    );
    let (manage, effect) = go(manage, ManageNav::Submit);
    let Some(Effect::Do(ManageEffect::SetUp(addition))) = effect else {
        panic!("nothing is set up");
    };
    assert_eq!(addition.kind, SetupKind::BackupCodes);
    (manage, addition)
}

fn because(code: ErrorCode) -> ChangeRefusal {
    ChangeRefusal::Service {
        code,
        field: None,
        retry_at: Some(NOW),
    }
}

#[test]
fn what_the_person_came_for_is_where_they_arrive() {
    let arrives = |intent| named(&begun_for(intent, BOTH).0);
    let expected = [
        (Intent::Overview, "overview"),
        (Intent::NewPhone, "replace"),
        (Intent::NewNumber, "replace"),
        (Intent::NewApp, "adding"),
        (Intent::Lost, "which-lost"),
        (Intent::Codes, "new-codes"),
        (Intent::Check, "check-up"),
    ];
    for (intent, screen) in expected {
        assert_eq!(arrives(intent), screen, "{intent:?}");
    }
    // Of two the person says which, and of none there is one to add.
    let two = [MethodKind::Sms, MethodKind::Voice];
    assert_eq!(named(&begun_for(Intent::NewNumber, two).0), "overview");
    assert_eq!(named(&begun_for(Intent::NewPhone, two).0), "add");
}

#[test]
fn a_set_up_waits_for_a_proof_and_goes_on_where_it_was() {
    let (manage, addition) = at_new_codes();
    let wanted = ManageAnswer::ProofWanted(because(ErrorCode::ReauthRequired));
    let (manage, _) = answered(manage, wanted);
    assert!(says(&manage, Msg::ManageProofAdding));
    let (_, opening) = begun();
    let proved = ManageAnswer::Proved(1, Box::new(opening.clone()));
    let (manage, effect) = answered(manage, proved);
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::GoOn(same))) if same == addition));
    assert_eq!(named(&manage), "adding");
    let added = ManageAnswer::Added(addition, Box::new(opening));
    let (manage, _) = answered(manage, added);
    assert!(says(&manage, Msg::ManageDoneCodes));
    assert!(says(&manage, Msg::ManageFinish), "the host hears of it");
}

#[test]
fn what_is_too_new_proves_nothing_and_the_page_says_so() {
    let (manage, _) = at_new_codes();
    let Manage::Active(mut managing) = manage else {
        panic!("it is over");
    };
    managing.opening.login.backup_codes_left = 0;
    let methods = &mut managing.opening.account.as_mut().unwrap().methods;
    for method in methods {
        method.cooling_until = Some(NOW.0 + 1);
    }
    let wanted = ManageAnswer::ProofWanted(because(ErrorCode::Cooling));
    let (manage, effect) = answered(Manage::Active(managing), wanted);
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::EndSetUp))));
    assert!(says(&manage, Msg::ManageTooNew));
    assert_eq!(named(&manage), "overview");
}

#[test]
fn leaving_ends_the_set_up_and_what_was_stored_meanwhile_is_news() {
    let (manage, addition) = at_new_codes();
    let (manage, effect) = go(manage, ManageNav::Back);
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::EndSetUp))));
    let (_, opening) = begun();
    let (manage, _) = answered(manage, ManageAnswer::Added(addition, Box::new(opening)));
    assert!(!says(&manage, Msg::ManageDoneCodes));
    assert!(says(&manage, Msg::ManageFinish), "the host hears of it");
    let late = ManageAnswer::NotAdded(Some(because(ErrorCode::MethodLimit)));
    let (manage, _) = answered(manage, late);
    assert!(!says(&manage, Msg::ManageLimit), "it was left");
}

#[test]
fn the_only_method_is_replaced_while_it_is_there() {
    let (manage, _) = begun_for(Intent::NewPhone, BOTH);
    let (_, effect) = go(manage, ManageNav::New(NewNav::Gone));
    let Some(Effect::Do(ManageEffect::SetUp(addition))) = effect else {
        panic!("nothing is set up");
    };
    assert!(!addition.keeps_old && addition.replaces.is_some());
    let (_, mut opening) = begun();
    opening.intent = Intent::NewPhone;
    let account = opening.account.as_mut().unwrap();
    account.methods.truncate(1);
    account.methods[0].kind = MethodKind::Totp;
    let (manage, _) = Manage::loading().on(Event::Opened(Box::new(opening)), NOW);
    assert!(says(&manage, Msg::ManageReplaceKept));
    assert!(!says(&manage, Msg::ManageReplaceGone), "it proves itself");
}

#[test]
fn gone_is_offered_where_something_that_counts_is_left() {
    let other = |change: fn(&mut ManagedMethod)| {
        let (_, mut opening) = begun();
        opening.intent = Intent::NewPhone;
        let methods = &mut opening.account.as_mut().unwrap().methods;
        methods[0].kind = MethodKind::Totp;
        methods[1].kind = MethodKind::Sms;
        methods[1].cooling_until = None;
        change(&mut methods[1]);
        let (manage, _) = Manage::loading().on(Event::Opened(Box::new(opening)), NOW);
        assert_eq!(named(&manage), "replace");
        says(&manage, Msg::ManageReplaceGone)
    };
    assert!(other(|_as_it_is| {}));
    assert!(!other(|method| method.cooling_until = Some(NOW.0 + 1)));
    assert!(!other(|method| method.retires_at = Some(NOW.0 + 1)));
    assert!(!other(|method| method.state = MethodState::Suspended));
}

#[test]
fn codes_of_today_are_not_burnt_for_what_they_do_not_prove() {
    let (manage, _) = at_new_codes();
    let Manage::Active(mut managing) = manage else {
        panic!("it is over");
    };
    let account = managing.opening.account.as_mut().unwrap();
    account.backup_codes.made_at = Some(account.proved_at - 10);
    let old = &mut account.methods[0];
    old.cooling_until = None;
    old.state = MethodState::Held;
    old.is_held_by_person = true;
    account.methods[1].cooling_until = Some(NOW.0 + 1);
    managing.opening.login.methods = account.methods.iter().map(at_login).collect();
    managing.opening.login.backup_codes_left = 9;
    let wanted = ManageAnswer::ProofWanted(because(ErrorCode::Cooling));
    let (manage, effect) = answered(Manage::Active(managing), wanted);
    assert!(matches!(effect, Some(Effect::Do(ManageEffect::EndSetUp))));
    assert!(says(&manage, Msg::ManageTooNew));
}

#[test]
fn what_comes_back_with_a_hold_is_said_and_not_undone_by_a_press() {
    let (manage, opening) = begun();
    let Manage::Active(mut managing) = manage else {
        panic!("it is over");
    };
    managing.opening.account.as_mut().unwrap().methods[0].retires_at = Some(NOW.0 + 9);
    let (manage, _) = go(Manage::Active(managing), ManageNav::Method(1));
    let (manage, _) = go(manage, ManageNav::Lost);
    let (manage, _) = go(manage, ManageNav::Submit);
    let (manage, _) = answered(manage, ManageAnswer::Changed(Box::new(opening)));
    assert!(says(&manage, Msg::ManageDoneBroughtBack));
    assert!(!says(&manage, Msg::ManageUndo));
}

#[test]
fn what_may_be_stored_is_looked_for_and_the_host_hears_of_it() {
    let (manage, _) = at_new_codes();
    let (manage, _) = go(manage, ManageNav::Back);
    let (_, mut opening) = begun();
    opening.account.as_mut().unwrap().backup_codes.made_at = Some(NOW.0);
    let (manage, _) = answered(manage, ManageAnswer::Reloaded(Box::new(opening)));
    assert!(says(&manage, Msg::ManageFinish));
}
