//! What a person should know of what they have, from what is stored alone.

use nidan_protocol::{BACKUP_METHOD_ID, Health, MethodKind};

use super::standing::is_usable;
use super::{Account, KnownMethod};
use crate::throttle::{DAY_S, SUSPENDED_AFTER};

/// So many backup codes, or fewer, are few.
pub const FEW_BACKUP_CODES: u32 = 3;
/// A method that was never used is to be tested after this time, in seconds: four weeks, as GitHub
/// asks.
const FIRST_CHECK_AFTER_S: u64 = 28 * DAY_S;
/// Every method is to be proved once in this time, in seconds.
const CHECK_EVERY_S: u64 = 365 * DAY_S;

/// What the person should know, the most urgent first.
pub fn health(account: &Account, now: u64) -> Vec<Health> {
    let methods = &account.methods;
    let is_any = |is: fn(&KnownMethod) -> bool| methods.iter().any(is);
    let is_suspended = |method: &KnownMethod| method.tries.in_a_row >= SUSPENDED_AFTER;
    let is_due = methods
        .iter()
        .any(|method| is_usable(method) && is_check_due(method, now));
    let left = account.backup_codes.left;
    [
        (
            Health::Paused,
            account.paused_until.is_some_and(|until| until > now),
        ),
        (
            Health::NothingWithoutPhone,
            !methods.is_empty() && without_phone(account).is_empty(),
        ),
        (Health::NoBackupCodes, !methods.is_empty() && left == 0),
        (Health::MethodSuspended, is_any(is_suspended)),
        (
            Health::MethodHeld,
            is_any(|method| method.held_by.is_some()),
        ),
        (
            Health::FewBackupCodes,
            (1..=FEW_BACKUP_CODES).contains(&left),
        ),
        (Health::CheckUpDue, is_due),
    ]
    .into_iter()
    .filter_map(|(health, is_so)| is_so.then_some(health))
    .collect()
}

/// The ways in that are left when the phone is lost today: ids of methods, and
/// [`BACKUP_METHOD_ID`]. A phone takes one app with it, one number that is texted and one passkey:
/// those that a login begins with, or else the first; a second one is on something else.
pub fn without_phone(account: &Account) -> Vec<String> {
    let usable: Vec<&KnownMethod> = account
        .methods
        .iter()
        .filter(|one| is_usable(one))
        .collect();
    let on_phone = |kind: MethodKind| {
        let mut same = usable.iter().filter(|one| one.kind == kind);
        let first = same.clone().next();
        same.find(|one| one.is_default)
            .or(first)
            .map(|one| one.id.as_str())
    };
    let lost = [
        on_phone(MethodKind::Totp),
        on_phone(MethodKind::Sms),
        on_phone(MethodKind::Passkey),
    ];
    let left = usable
        .iter()
        .filter(|one| !lost.contains(&Some(one.id.as_str())));
    let codes = (account.backup_codes.left > 0).then(|| BACKUP_METHOD_ID.to_owned());
    left.map(|one| one.id.clone()).chain(codes).collect()
}

/// Whether a method should be proved once.
fn is_check_due(method: &KnownMethod, now: u64) -> bool {
    match method.used_at.max(method.tested_at) {
        None => now.saturating_sub(method.created_at) >= FIRST_CHECK_AFTER_S,
        Some(proved_at) => now.saturating_sub(proved_at) >= CHECK_EVERY_S,
    }
}
