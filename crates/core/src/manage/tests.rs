#![allow(clippy::unwrap_used, reason = "tests")]

use nidan_protocol::{BACKUP_METHOD_ID, Health};

use super::health::{health, without_phone};
use super::standing::{cooling_until, settles_at};
use super::*;
use crate::throttle::SUSPENDED_AFTER;

mod health;
mod pauses;
mod replacing;

const NOW: u64 = 1_800_000_000;
const OLD: u64 = NOW - 100 * DAY_S;
const YOUNG: u64 = NOW - COOLING_S + 1;

fn method(id: &str, kind: MethodKind) -> KnownMethod {
    KnownMethod {
        id: id.to_owned(),
        kind,
        hint: None,
        created_at: OLD,
        used_at: Some(NOW - DAY_S),
        tested_at: None,
        is_default: false,
        retires_at: None,
        successor: None,
        held_by: None,
        tries: Tries::default(),
    }
}

/// A person with an app `a` and a number `n`, who has proved the app a minute ago.
fn context() -> ManageContext {
    ManageContext {
        flow: ManageFlow {
            is_open: true,
            proof: Some(proof("a", NOW - 60)),
        },
        account: Account {
            methods: vec![method("a", MethodKind::Totp), method("n", MethodKind::Sms)],
            backup_codes: BackupCodes {
                left: 10,
                made_at: Some(OLD),
            },
            factor_epoch: 7,
            ..Account::default()
        },
        earlier: Earlier::No,
        setup: None,
        is_known: false,
        has_browser: true,
    }
}

fn proof(method_id: &str, at: u64) -> Proof {
    let authenticator = match method_id {
        BACKUP_METHOD_ID => Authenticator::BackupCode,
        "n" => Authenticator::Method(MethodKind::Sms),
        _app => Authenticator::Method(MethodKind::Totp),
    };
    Proof {
        at,
        method_id: method_id.to_owned(),
        authenticator,
        factor_epoch: 7,
        body_hash: [9; 32],
    }
}

fn request(wish: Wish) -> ManageRequest {
    ManageRequest {
        wish,
        body_hash: [9; 32],
        policy: ManagePolicy {
            may_pause: true,
            may_turn_off: true,
            min_methods: 1,
            strict: false,
        },
        now: NOW,
    }
}

fn remove(id: &str) -> Wish {
    Wish::Remove {
        method_id: id.to_owned(),
    }
}

fn new_app() -> Wish {
    Wish::Finish {
        method: Some(NewFacts {
            id: "new".to_owned(),
            kind: MethodKind::Totp,
            hint: None,
        }),
        keep_old_hours: 24,
    }
}

fn setup(kind: SetupKind, replaces: Option<&str>) -> Option<OpenSetup> {
    Some(OpenSetup {
        kind,
        replaces: replaces.map(str::to_owned),
    })
}

/// What becomes of a wish, in a context that is changed first.
fn wish(change: impl FnOnce(&mut ManageContext), wish: Wish) -> ManageDecision {
    let mut context = context();
    change(&mut context);
    decide(&context, &request(wish))
}

fn refusal(decision: ManageDecision) -> ManageRefusal {
    match decision {
        ManageDecision::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

fn done(decision: ManageDecision) -> ManageChanges {
    match decision {
        ManageDecision::Do(changes) => changes,
        other => panic!("{other:?}"),
    }
}

fn every_wish() -> Vec<Wish> {
    vec![
        Wish::Edit {
            method_id: "a".to_owned(),
            name: None,
            is_default: Some(true),
        },
        remove("n"),
        Wish::Hold {
            method_id: "n".to_owned(),
            wish: HoldWish::Hold,
        },
        new_app(),
        Wish::Finish {
            method: None,
            keep_old_hours: 0,
        },
        Wish::Pause { hours: 1 },
        Wish::Resume,
        Wish::TurnOff,
        Wish::EndTrust {
            browsers: Browsers::All,
        },
    ]
}

#[test]
fn nothing_changes_without_a_fresh_proof_of_this_flow_and_these_factors() {
    type Spoil = fn(&mut ManageContext);
    let cases: [(Spoil, ManageRefusal); 6] = [
        (|c| c.flow.is_open = false, ManageRefusal::FlowOver),
        (|c| c.flow.proof = None, ManageRefusal::ReauthRequired),
        (
            |c| c.flow.proof = Some(proof("a", NOW - PROOF_LIVES_S - 1)),
            ManageRefusal::ReauthRequired,
        ),
        (
            |c| c.flow.proof = Some(proof("a", NOW + 1)),
            ManageRefusal::ReauthRequired,
        ),
        (
            |c| c.account.factor_epoch = 8,
            ManageRefusal::FactorsChanged,
        ),
        (|c| c.earlier = Earlier::Another, ManageRefusal::AnotherBody),
    ];
    for asked in every_wish() {
        for (spoil, expected) in cases {
            let decision = wish(
                |context| {
                    context.setup = setup(SetupKind::Totp, None);
                    spoil(context);
                },
                asked.clone(),
            );
            assert_eq!(refusal(decision), expected, "{asked:?}");
        }
        let at_last_second = |context: &mut ManageContext| {
            context.setup = setup(SetupKind::Totp, None);
            context.flow.proof = Some(proof("a", NOW - PROOF_LIVES_S));
        };
        let _changes = done(wish(at_last_second, asked));
    }
}

#[test]
fn the_same_request_is_answered_again_even_when_the_proof_is_old() {
    for asked in every_wish() {
        let again = wish(
            |context| {
                context.earlier = Earlier::Same;
                context.flow.proof = None;
            },
            asked,
        );
        assert_eq!(again, ManageDecision::Again);
    }
}

#[test]
fn a_removal_leaves_a_method_that_can_be_relied_on() {
    let only = |change: fn(&mut KnownMethod)| {
        move |context: &mut ManageContext| {
            context.flow.proof = Some(proof(BACKUP_METHOD_ID, NOW));
            let other = context.account.methods.first_mut().unwrap();
            change(other);
        }
    };
    let _gone = done(wish(only(|_method| {}), remove("n")));
    let spoiled: [fn(&mut KnownMethod); 5] = [
        |method| method.retires_at = Some(NOW + 1),
        |method| method.held_by = Some(Holder::Person),
        |method| method.held_by = Some(Holder::Support),
        |method| method.tries.in_a_row = SUSPENDED_AFTER,
        |method| method.created_at = YOUNG,
    ];
    for spoil in spoiled {
        let decision = wish(only(spoil), remove("n"));
        assert_eq!(refusal(decision), ManageRefusal::LastMethod);
    }
    let alone = |context: &mut ManageContext| context.account.methods.truncate(1);
    assert_eq!(refusal(wish(alone, remove("a"))), ManageRefusal::LastMethod);
    let mut strict = request(remove("n"));
    strict.policy.min_methods = 2;
    let decision = decide(&context(), &strict);
    assert_eq!(refusal(decision), ManageRefusal::LastMethod);
    assert_eq!(
        refusal(wish(|_same| {}, remove("x"))),
        ManageRefusal::NoMethod
    );
}

#[test]
fn a_method_does_not_prove_its_own_end() {
    let decision = wish(|_same| {}, remove("a"));
    assert_eq!(refusal(decision), ManageRefusal::ReauthRequired);
    let hold = Wish::Hold {
        method_id: "a".to_owned(),
        wish: HoldWish::Hold,
    };
    let decision = wish(|_same| {}, hold);
    assert_eq!(refusal(decision), ManageRefusal::ReauthRequired);
    let at_once = Wish::Finish {
        method: Some(NewFacts {
            id: "new".to_owned(),
            kind: MethodKind::Totp,
            hint: None,
        }),
        keep_old_hours: 0,
    };
    let decision = wish(
        |context| context.setup = setup(SetupKind::Totp, Some("a")),
        at_once,
    );
    assert_eq!(refusal(decision), ManageRefusal::ReauthRequired);
}

/// Somebody was read a code and has added an app of theirs with it.
#[test]
fn what_is_new_today_cannot_be_turned_against_what_is_older() {
    let by_the_new_one = |context: &mut ManageContext| {
        let new = KnownMethod {
            created_at: YOUNG,
            ..method("new", MethodKind::Totp)
        };
        context.account.methods.push(new);
        context.flow.proof = Some(proof("new", NOW));
        context.setup = setup(SetupKind::Totp, Some("a"));
    };
    let cooling = ManageRefusal::Cooling {
        until: YOUNG + COOLING_S,
    };
    let codes = Wish::Finish {
        method: None,
        keep_old_hours: 0,
    };
    let hold = Wish::Hold {
        method_id: "n".to_owned(),
        wish: HoldWish::Hold,
    };
    let finish = Wish::Finish {
        method: Some(NewFacts {
            id: "newer".to_owned(),
            kind: MethodKind::Totp,
            hint: None,
        }),
        keep_old_hours: 24,
    };
    for asked in [
        remove("n"),
        hold,
        codes,
        finish,
        Wish::Pause { hours: 1 },
        Wish::TurnOff,
    ] {
        let decision = wish(by_the_new_one, asked.clone());
        assert_eq!(refusal(decision), cooling, "{asked:?}");
    }
    // Its own name, and more methods, it may.
    let _added = done(wish(
        |context| {
            by_the_new_one(context);
            context.setup = setup(SetupKind::Totp, None);
        },
        new_app(),
    ));
    // Backup codes of today are as new as a method of today.
    let by_new_codes = |context: &mut ManageContext| {
        context.account.backup_codes.made_at = Some(YOUNG);
        context.flow.proof = Some(proof(BACKUP_METHOD_ID, NOW));
    };
    assert_eq!(refusal(wish(by_new_codes, remove("n"))), cooling);
}

#[test]
fn whoever_has_nothing_older_waits_for_nothing() {
    let of_today = |context: &mut ManageContext| {
        for method in &mut context.account.methods {
            method.created_at = YOUNG;
        }
    };
    let _gone = done(wish(of_today, remove("n")));
    let mut account = context().account;
    assert_eq!(
        cooling_until(&account, YOUNG, NOW),
        Some(YOUNG + COOLING_S),
        "beside older ones"
    );
    assert_eq!(cooling_until(&account, YOUNG - 1, NOW), None);
    // What whoever got something new in can do to the older ones does not make it older.
    for method in &mut account.methods {
        method.held_by = Some(Holder::Person);
        method.retires_at = Some(NOW + 1);
        method.tries.in_a_row = SUSPENDED_AFTER;
    }
    assert_eq!(cooling_until(&account, YOUNG, NOW), Some(YOUNG + COOLING_S));
    // Support holds the older ones: there is nothing older.
    for method in &mut account.methods {
        method.held_by = Some(Holder::Support);
    }
    assert_eq!(cooling_until(&account, YOUNG, NOW), None);
}

#[test]
fn support_s_hold_is_released_by_support_alone() {
    let release = Wish::Hold {
        method_id: "n".to_owned(),
        wish: HoldWish::Release,
    };
    let held_by = |holder| {
        move |context: &mut ManageContext| {
            context.account.methods.last_mut().unwrap().held_by = Some(holder);
        }
    };
    let changes = done(wish(held_by(Holder::Person), release.clone()));
    assert!(!changes.raises_epoch, "nobody is signed out by it");
    assert_eq!(
        refusal(wish(held_by(Holder::Support), release)),
        ManageRefusal::Forbidden(Forbidden::HeldBySupport)
    );
}

#[test]
fn twenty_changes_are_enough_for_a_day() {
    let changed = |count| {
        move |context: &mut ManageContext| {
            context.account.changes = Changes {
                day: NOW / DAY_S,
                count,
            };
        }
    };
    let last = done(wish(changed(CHANGES_PER_DAY - 1), remove("n")));
    assert_eq!(last.changes.unwrap().count, CHANGES_PER_DAY);
    let until = (NOW / DAY_S + 1) * DAY_S;
    assert_eq!(
        refusal(wish(changed(CHANGES_PER_DAY), remove("n"))),
        ManageRefusal::ChangeLimit { until }
    );
    // A name, the end of a pause and turning off are never too many.
    for asked in [Wish::Resume, Wish::TurnOff] {
        let _done = done(wish(changed(CHANGES_PER_DAY), asked));
    }
    let of_yesterday = |context: &mut ManageContext| {
        context.account.changes = Changes {
            day: NOW / DAY_S - 1,
            count: CHANGES_PER_DAY,
        };
    };
    assert_eq!(
        done(wish(of_yesterday, remove("n"))).changes.unwrap().count,
        1
    );
}

#[test]
fn one_method_is_the_one_that_a_login_begins_with() {
    let edit = |is_default, was_default| {
        let change = move |context: &mut ManageContext| {
            context.account.methods.first_mut().unwrap().is_default = was_default;
        };
        let asked = Wish::Edit {
            method_id: "a".to_owned(),
            name: Some(Name::Removed),
            is_default: Some(is_default),
        };
        done(wish(change, asked)).steps.split_off(1)
    };
    let default = |method_id: Option<&str>| Step::Default {
        method_id: method_id.map(str::to_owned),
    };
    assert_eq!(edit(true, false), [default(Some("a"))]);
    assert_eq!(edit(false, true), [default(None)]);
    assert_eq!(edit(true, true), []);
    assert_eq!(edit(false, false), []);
}

/// Whatever else there is: it could be taken away by whoever had one code read out.
#[test]
fn what_came_with_the_first_set_up_settles_at_once_and_what_came_later_after_a_day() {
    assert_eq!(settles_at(NOW, Some(NOW)), NOW);
    assert_eq!(settles_at(NOW + 1, Some(NOW)), NOW + 1 + COOLING_S);
    // Set up before anybody wrote down when.
    assert_eq!(settles_at(NOW, None), NOW + COOLING_S);
}
