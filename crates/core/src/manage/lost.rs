//! Methods that are lost, taken out of use by the login that something else let in.

use super::{
    Account, Earlier, Forbidden, Holder, KnownMethod, ManageChanges, ManageContext, ManageDecision,
    ManageFlow, ManagePolicy, ManageRefusal, ManageRequest, Proof, Step, Wish, decide, standing,
};
use crate::hold::HoldWish;
use crate::login::Authenticated;

/// Backup codes that are left where nothing else is: one signs in, and one proves what is added then.
const CODES_LEFT: u32 = 2;

/// What is to be written, with the method that it is about, in order.
pub type TakenOut = Vec<(String, ManageChanges)>;

/// Decides that all methods that a person called lost are held by them, as where methods are managed
/// ([`decide`]), or none is. The code of the login is the proof, and it is about to be spent: `account`
/// is the person as they are before it.
///
/// Held already, or gone, is what was asked for.
///
/// # Errors
/// [`ManageRefusal::LastMethod`] where nothing would let in any more, or a single backup code: one lets
/// in, and another one proves the way on. [`ManageRefusal::Forbidden`] by a method that is about to
/// retire: whoever has the old phone does not undo its end. [`ManageRefusal::Cooling`] where
/// what lets in is too new to be turned against the others, [`ManageRefusal::ReauthRequired`] where it
/// is itself among them, [`ManageRefusal::ChangeLimit`].
pub fn take_out(
    mut account: Account,
    used: &Authenticated,
    lost: &[String],
    now: u64,
) -> Result<TakenOut, ManageRefusal> {
    let proof = Proof {
        at: now,
        method_id: used.method_id().to_owned(),
        authenticator: used.authenticator(),
        factor_epoch: account.factor_epoch,
        body_hash: [0; 32],
    };
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let is_retiring =
        |method: &KnownMethod| method.id == proof.method_id && method.retires_at.is_some();
    if account.methods.iter().any(is_retiring) {
        return Err(ManageRefusal::Forbidden(Forbidden::Retiring));
    }
    if let Authenticated::BackupCode { .. } = used {
        account.backup_codes.left = account.backup_codes.left.saturating_sub(1);
    }
    let mut taken_out = Vec::new();
    for method_id in lost {
        let context = ManageContext {
            flow: ManageFlow {
                is_open: true,
                proof: Some(proof.clone()),
            },
            account: account.clone(),
            earlier: Earlier::No,
            setup: None,
            is_known: false,
            has_browser: false,
        };
        match decide(&context, &hold(method_id, now)) {
            ManageDecision::Do(changes) if changes.steps.is_empty() => {}
            ManageDecision::Do(changes) => {
                note(&mut account, &changes);
                taken_out.push((method_id.clone(), changes));
            }
            ManageDecision::Again | ManageDecision::Refused(ManageRefusal::NoMethod) => {}
            ManageDecision::Refused(refusal) => return Err(refusal),
        }
    }
    let is_left = account.methods.iter().any(standing::is_usable);
    if !taken_out.is_empty() && !is_left && account.backup_codes.left < CODES_LEFT {
        return Err(ManageRefusal::LastMethod);
    }
    Ok(taken_out)
}

fn hold(method_id: &str, now: u64) -> ManageRequest {
    ManageRequest {
        wish: Wish::Hold {
            method_id: method_id.to_owned(),
            wish: HoldWish::Hold,
        },
        body_hash: [0; 32],
        // No rule of a host bears on a hold.
        policy: ManagePolicy {
            may_pause: true,
            may_turn_off: true,
            min_methods: 1,
            strict: false,
        },
        now,
    }
}

/// The next one is decided for the person as the last one left them.
fn note(account: &mut Account, changes: &ManageChanges) {
    if let Some(today) = changes.changes {
        account.changes = today;
    }
    for step in &changes.steps {
        match step {
            Step::Hold { method_id, .. } => {
                let mut methods = account.methods.iter_mut();
                if let Some(method) = methods.find(|method| method.id == *method_id) {
                    method.held_by = Some(Holder::Person);
                }
            }
            Step::Stay { method_id } => {
                let mut methods = account.methods.iter_mut();
                if let Some(method) = methods.find(|method| method.id == *method_id) {
                    (method.retires_at, method.successor) = (None, None);
                }
            }
            Step::EndPause => account.paused_until = None,
            // No hold leads to these.
            Step::Name { .. }
            | Step::Default { .. }
            | Step::Remove { .. }
            | Step::Retire { .. }
            | Step::AddMethod
            | Step::ReplaceBackupCodes
            | Step::Pause { .. }
            | Step::EndTrust { .. }
            | Step::ForgetAll
            | Step::EndProof => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use nidan_protocol::{Authenticator, ChangeKind, EventKind, MethodKind};

    use super::super::{BackupCodes, CHANGES_PER_DAY, COOLING_S, Changes, KnownMethod};
    use super::*;
    use crate::throttle::{DAY_S, Tries};

    const NOW: u64 = 1_800_000_000;

    fn method(id: &str, kind: MethodKind) -> KnownMethod {
        KnownMethod {
            id: id.to_owned(),
            kind,
            hint: None,
            created_at: NOW - 10 * COOLING_S,
            used_at: None,
            tested_at: None,
            is_default: false,
            retires_at: None,
            successor: None,
            held_by: None,
            tries: Tries::default(),
        }
    }

    fn account() -> Account {
        Account {
            methods: vec![
                method("app", MethodKind::Totp),
                method("text", MethodKind::Sms),
                method("line", MethodKind::Voice),
            ],
            backup_codes: BackupCodes {
                left: 3,
                made_at: Some(NOW - 10 * COOLING_S),
            },
            factor_epoch: 4,
            ..Account::default()
        }
    }

    fn by_app(id: &str) -> Authenticated {
        Authenticated::Otp {
            method_id: id.to_owned(),
            first_step: 1,
            step: 1,
            drift: 0,
        }
    }

    const BY_CODE: Authenticated = Authenticated::BackupCode { ordinal: 1 };

    fn taken(
        account: Account,
        used: &Authenticated,
        lost: &[&str],
    ) -> Result<Vec<String>, ManageRefusal> {
        let taken_out = take_out(account, used, &ids(lost), NOW)?;
        Ok(taken_out.into_iter().map(|(id, _)| id).collect())
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    #[test]
    fn what_is_lost_is_held_by_the_person_and_the_epoch_rises() {
        let taken_out = take_out(account(), &BY_CODE, &ids(&["app"]), NOW).unwrap();
        let [(id, changes)] = taken_out.as_slice() else {
            panic!("{taken_out:?}");
        };
        assert_eq!(id, "app");
        assert!(changes.raises_epoch);
        assert_eq!(
            changes.steps,
            [Step::Hold {
                method_id: "app".to_owned(),
                is_held: true
            }]
        );
        let kinds: Vec<_> = changes.entries.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [EventKind::MethodHeld]);
        let app = Authenticator::Method(MethodKind::Totp);
        assert_eq!(changes.change, Some((ChangeKind::Held, Some(app))));
    }

    #[test]
    fn a_phone_takes_its_app_and_its_number_with_it() {
        let out = taken(account(), &BY_CODE, &["app", "text", "app", "nothing"]);
        assert_eq!(out, Ok(ids(&["app", "text"])));
    }

    #[test]
    fn nothing_is_done_where_nothing_would_be_left() {
        let mut last = account();
        // The one that lets in is the last.
        last.backup_codes.left = 1;
        let out = taken(last.clone(), &BY_CODE, &["app", "text", "line"]);
        assert_eq!(out, Err(ManageRefusal::LastMethod));
        assert!(taken(last.clone(), &BY_CODE, &["app", "text"]).is_ok());
        // One code signs in, and another one proves what is added then.
        for (left, is_enough) in [(2, false), (3, true)] {
            last.backup_codes.left = left;
            let out = taken(last.clone(), &BY_CODE, &["app", "text", "line"]);
            assert_eq!(out.is_ok(), is_enough, "{left}");
        }
    }

    #[test]
    fn nothing_says_of_itself_that_it_is_lost() {
        let out = taken(account(), &by_app("app"), &["text", "app"]);
        assert_eq!(out, Err(ManageRefusal::ReauthRequired));
    }

    #[test]
    fn what_is_new_is_not_turned_against_the_others() {
        let mut young = account();
        young.methods.push(KnownMethod {
            created_at: NOW - COOLING_S + 1,
            ..method("new", MethodKind::Totp)
        });
        let out = taken(young, &by_app("new"), &["app"]);
        assert!(matches!(out, Err(ManageRefusal::Cooling { .. })));
    }

    #[test]
    fn the_changes_of_a_day_are_counted_over_all_of_them() {
        let mut busy = account();
        busy.changes = Changes {
            day: NOW / DAY_S,
            count: CHANGES_PER_DAY - 1,
        };
        assert!(taken(busy.clone(), &BY_CODE, &["app"]).is_ok());
        let out = taken(busy, &BY_CODE, &["app", "text"]);
        assert!(matches!(out, Err(ManageRefusal::ChangeLimit { .. })));
    }

    #[test]
    fn the_old_one_stays_where_the_lost_one_took_its_place() {
        let mut moved = account();
        moved.methods = vec![
            KnownMethod {
                retires_at: Some(NOW + 3_600),
                successor: Some("app".to_owned()),
                ..method("old", MethodKind::Totp)
            },
            method("app", MethodKind::Totp),
        ];
        // Whoever has the old phone does not undo its end.
        let by_old = take_out(moved.clone(), &by_app("old"), &ids(&["app"]), NOW);
        let retiring = ManageRefusal::Forbidden(Forbidden::Retiring);
        assert_eq!(by_old, Err(retiring));
        let taken_out = take_out(moved, &BY_CODE, &ids(&["app"]), NOW).unwrap();
        let steps: Vec<_> = taken_out.iter().flat_map(|(_, one)| &one.steps).collect();
        assert!(
            matches!(steps.as_slice(), [Step::Hold { .. }, Step::Stay { method_id }] if method_id == "old"),
            "{steps:?}"
        );
    }
}
