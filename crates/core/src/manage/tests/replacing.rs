//! New methods, beside old ones and in their place.

use super::*;

#[test]
fn a_new_phone_takes_the_old_one_s_place_with_an_overlap() {
    let replaces = |context: &mut ManageContext| {
        context.account.methods.first_mut().unwrap().is_default = true;
        context.setup = setup(SetupKind::Totp, Some("a"));
    };
    let changes = done(wish(replaces, new_app()));
    let expected = [
        Step::AddMethod,
        Step::Retire {
            method_id: "a".to_owned(),
            at: NOW + DAY_S,
            // Its own code proved it: no login by the new one ends it earlier.
            successor: "new".to_owned(),
            ends_early: false,
        },
        Step::Default {
            method_id: Some("new".to_owned()),
        },
        Step::EndProof,
    ];
    assert_eq!(changes.steps, expected);
    assert!(changes.raises_epoch);
    let told: Vec<_> = changes.entries.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(told, [EventKind::MethodReplaced]);
    let hours = |hours| {
        let mut request = request(new_app());
        if let Wish::Finish { keep_old_hours, .. } = &mut request.wish {
            *keep_old_hours = hours;
        }
        request
    };
    let mut context = context();
    replaces(&mut context);
    let in_an_hour = done(decide(&context, &hours(1)));
    assert_eq!(in_an_hour.steps, expected, "nor an hour that is asked for");
    // Another one proved it, and may say how long.
    context.flow.proof = Some(proof("n", NOW));
    let in_an_hour = done(decide(&context, &hours(1)));
    let retires = Step::Retire {
        method_id: "a".to_owned(),
        at: NOW + 3_600,
        successor: "new".to_owned(),
        ends_early: true,
    };
    assert!(in_an_hour.steps.contains(&retires));
    // The old one is gone: whoever says so proves it by something else.
    let at_once = hours(0);
    let changes = done(decide(&context, &at_once));
    let gone = Step::Remove {
        method_id: "a".to_owned(),
    };
    assert!(changes.steps.contains(&gone));
    assert!(!changes.steps.contains(&Step::EndProof));
    // By a backup code, where it is the only one: the new one cools, and nothing would be left.
    let mut alone = context.clone();
    alone.account.methods.retain(|method| method.id == "a");
    alone.flow.proof = Some(proof(BACKUP_METHOD_ID, NOW));
    assert_eq!(refusal(decide(&alone, &at_once)), ManageRefusal::LastMethod);
    let _tomorrow = done(decide(&alone, &hours(24)));
    context.setup = setup(SetupKind::Totp, Some("x"));
    assert_eq!(refusal(decide(&context, &at_once)), ManageRefusal::NoMethod);
    context.setup = None;
    assert_eq!(refusal(decide(&context, &at_once)), ManageRefusal::NoSetup);
}

#[test]
fn there_are_so_many_of_a_kind_and_no_more_and_nothing_twice() {
    let full = |context: &mut ManageContext| {
        for nth in 1..APPS_MAX {
            let app = method(&format!("a{nth}"), MethodKind::Totp);
            context.account.methods.push(app);
        }
        context.setup = setup(SetupKind::Totp, None);
    };
    assert_eq!(refusal(wish(full, new_app())), ManageRefusal::MethodLimit);
    // One goes for it.
    let _replaced = done(wish(
        |context| {
            full(context);
            context.setup = setup(SetupKind::Totp, Some("a1"));
        },
        new_app(),
    ));
    // One that retires takes no room.
    let _added = done(wish(
        |context| {
            full(context);
            context.account.methods.last_mut().unwrap().retires_at = Some(NOW + 1);
        },
        new_app(),
    ));
    let known = |context: &mut ManageContext| {
        context.setup = setup(SetupKind::Totp, None);
        context.is_known = true;
    };
    assert_eq!(refusal(wish(known, new_app())), ManageRefusal::Known);
}

#[test]
fn a_new_phone_that_is_lost_brings_the_old_one_back() {
    let lost = |context: &mut ManageContext| {
        let old = context.account.methods.first_mut().unwrap();
        old.retires_at = Some(NOW + 1);
        old.successor = Some("n".to_owned());
        context.flow.proof = Some(proof(BACKUP_METHOD_ID, NOW));
        // The code that proves it was the last one: the old phone is the way that is left.
        context.account.backup_codes.left = 0;
    };
    let hold = Wish::Hold {
        method_id: "n".to_owned(),
        wish: HoldWish::Hold,
    };
    let changes = done(wish(lost, hold.clone()));
    let steps = [
        Step::Hold {
            method_id: "n".to_owned(),
            is_held: true,
        },
        Step::Stay {
            method_id: "a".to_owned(),
        },
    ];
    assert_eq!(changes.steps, steps);
    let kinds: Vec<_> = changes.entries.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [EventKind::MethodHeld, EventKind::MethodReleased]);
    // What another one took the place of goes all the same.
    let of_another = |context: &mut ManageContext| {
        lost(context);
        let old = context.account.methods.first_mut().unwrap();
        old.successor = Some("another".to_owned());
    };
    let refused = refusal(wish(of_another, hold));
    assert_eq!(refused, ManageRefusal::LastMethod);
}
