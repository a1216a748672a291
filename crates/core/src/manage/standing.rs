//! What can be relied on: what a method or a proof may prove, and what is left without it.

use nidan_protocol::{Authenticator, MethodKind};

use super::{
    Account, CHANGES_PER_DAY, COOLING_S, Changes, Forbidden, Holder, KnownMethod, ManagePolicy,
    ManageRefusal, Proof, QUIET_AFTER_REPORT_S, most_of,
};
use crate::throttle::{self, DAY_S, Gate, Guess, Needs, SUSPENDED_AFTER};

/// Whether a method can be relied on: it is neither held, suspended nor about to retire.
pub const fn is_usable(method: &KnownMethod) -> bool {
    method.retires_at.is_none()
        && method.held_by.is_none()
        && method.tries.in_a_row < SUSPENDED_AFTER
}

const fn is_young(added_at: u64, now: u64) -> bool {
    now.saturating_sub(added_at) < COOLING_S
}

/// Whether a method is the person's own for all that is known: it is older than a day, and support
/// holds it not. That the person's own page has taken it out of use, that it is about to retire or
/// that codes were guessed at proves nothing against it: whoever got something new in does that too.
fn speaks_for_the_person(method: &KnownMethod, now: u64) -> bool {
    method.held_by != Some(Holder::Support) && !is_young(method.created_at, now)
}

/// Until when something that was added at `added_at` cools; [`None`] when it does not: it is old
/// enough, or the person has nothing older.
pub fn cooling_until(account: &Account, added_at: u64, now: u64) -> Option<u64> {
    let mut methods = account.methods.iter();
    let has_older = methods.any(|method| speaks_for_the_person(method, now));
    (has_older && is_young(added_at, now)).then(|| added_at.saturating_add(COOLING_S))
}

/// From when a method counts where a login has to be worth more (Unix seconds): at once what came with
/// the person's first set-up ever, and a day later what was added since. Other than
/// [`cooling_until`] it does not ask what else there is: whoever had one code read out could take
/// that away, have it held, or begin anew.
pub fn settles_at(added_at: u64, first_set_up_at: Option<u64>) -> u64 {
    if first_set_up_at == Some(added_at) {
        added_at
    } else {
        added_at.saturating_add(COOLING_S)
    }
}

/// Refuses a proof by something that cools.
///
/// # Errors
/// [`ManageRefusal::Cooling`], and [`ManageRefusal::ReauthRequired`] where what proved it is gone.
pub fn refuse_cooling_proof(
    account: &Account,
    proof: &Proof,
    now: u64,
) -> Result<(), ManageRefusal> {
    let added_at = match proof.authenticator {
        Authenticator::BackupCode => account.backup_codes.made_at,
        Authenticator::Method(_) => {
            let mut methods = account.methods.iter();
            let method = methods.find(|method| method.id == proof.method_id);
            method.map(|method| method.created_at)
        }
        // Nothing proves by this.
        Authenticator::Approval | Authenticator::TemporaryCode | Authenticator::TrustedBrowser => {
            None
        }
    };
    let added_at = added_at.ok_or(ManageRefusal::ReauthRequired)?;
    match cooling_until(account, added_at, now) {
        None => Ok(()),
        Some(until) => Err(ManageRefusal::Cooling { until }),
    }
}

/// The changes of today with one more of them.
///
/// # Errors
/// [`ManageRefusal::ChangeLimit`].
pub fn one_more_change(before: Changes, now: u64) -> Result<Changes, ManageRefusal> {
    let day = now / DAY_S;
    let count = if before.day == day { before.count } else { 0 };
    if count >= CHANGES_PER_DAY {
        let until = (day + 1).saturating_mul(DAY_S);
        return Err(ManageRefusal::ChangeLimit { until });
    }
    Ok(Changes {
        day,
        count: count + 1,
    })
}

/// Refuses a set-up that could not be finished now, before somebody takes the trouble: it is decided
/// again when it is finished.
///
/// # Errors
/// Those of [`refuse_cooling_proof`], where something is replaced by it, and of [`one_more_change`].
pub fn refuse_set_up(
    account: &Account,
    proof: &Proof,
    takes_a_place: bool,
    now: u64,
) -> Result<(), ManageRefusal> {
    if takes_a_place {
        refuse_cooling_proof(account, proof, now)?;
    }
    one_more_change(account.changes, now).map(|_changes| ())
}

/// How many methods are left without one: those that can be relied on and do not cool.
pub fn left_without(account: &Account, method_id: &str, now: u64) -> usize {
    let others = account.methods.iter().filter(|other| other.id != method_id);
    others
        .filter(|other| is_usable(other) && cooling_until(account, other.created_at, now).is_none())
        .count()
}

/// Whether one more method of a kind has room beside these.
pub fn has_room<'a>(methods: impl Iterator<Item = &'a KnownMethod>, kind: MethodKind) -> bool {
    let same_sort = methods.filter(|method| match (method.kind, kind) {
        (MethodKind::Totp, MethodKind::Totp) | (MethodKind::Passkey, MethodKind::Passkey) => true,
        (MethodKind::Sms | MethodKind::Voice, MethodKind::Sms | MethodKind::Voice) => true,
        (MethodKind::Totp, MethodKind::Sms | MethodKind::Voice | MethodKind::Passkey)
        | (MethodKind::Sms | MethodKind::Voice, MethodKind::Totp | MethodKind::Passkey)
        | (MethodKind::Passkey, MethodKind::Totp | MethodKind::Sms | MethodKind::Voice) => false,
    });
    same_sort.count() < most_of(kind)
}

/// Less protection than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Less {
    /// For some hours.
    Pause,
    /// Altogether.
    TurnOff,
}

/// Refuses less protection than there is, by a pause or altogether: where the host does not allow it,
/// and while somebody may be at the account.
///
/// # Errors
/// The reason.
pub fn refuse_less_protection(
    account: &Account,
    policy: ManagePolicy,
    less: Less,
    now: u64,
) -> Result<(), Forbidden> {
    let is_allowed = match less {
        Less::Pause => policy.may_pause,
        Less::TurnOff => policy.may_turn_off,
    };
    if !is_allowed {
        return Err(Forbidden::Required);
    }
    let quiet_until = |at: u64| at.saturating_add(QUIET_AFTER_REPORT_S);
    if account.reported_at.is_some_and(|at| quiet_until(at) > now) {
        return Err(Forbidden::Reported);
    }
    let is_guessed_at = |method: &KnownMethod| {
        Guess::at(method.kind.class(), policy.strict).is_some_and(|guess| {
            let gate = throttle::gate(method.tries, account.allowance, guess, now);
            gate != Gate::Open(Needs::OneCode)
        })
    };
    if account.methods.iter().any(is_guessed_at) {
        return Err(Forbidden::Guessed);
    }
    Ok(())
}
