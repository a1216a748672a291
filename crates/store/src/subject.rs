//! A person as the engine knows them: methods, and what is counted.

use nidan_core::grace::Grace;
use nidan_core::manage::{Account, BackupCodes, Changes, Holder, KnownMethod};
use nidan_core::throttle::{Allowance, Tries};

use super::MethodDetail;

/// An active method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Opaque.
    pub id: String,
    /// The name that the person gave it.
    pub name: Option<String>,
    /// Opens only for this row.
    pub sealed: Vec<u8>,
    /// The data of its kind.
    pub detail: MethodDetail,
    /// Unix seconds.
    pub created_at: u64,
    /// Unix seconds: when it last let somebody in.
    pub used_at: Option<u64>,
    /// Unix seconds: since when it is held.
    pub held_at: Option<u64>,
    /// Who holds it.
    pub held_by: Option<Holder>,
    /// Unix seconds: when it was last tested.
    pub tested_at: Option<u64>,
    /// Whether a login begins with it because the person wants that.
    pub is_default: bool,
    /// Unix seconds: when it goes, because another one took its place.
    pub retires_at: Option<u64>,
    /// Which one did.
    pub successor: Option<String>,
    /// Wrong tries.
    pub tries: Tries,
}

/// The methods and counts of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// Active methods in the order in which they were set up.
    pub methods: Vec<Method>,
    /// Good backup codes.
    pub backup_codes_left: u32,
    /// Unix seconds: when they were made.
    pub backup_codes_made_at: Option<u64>,
    /// Rises with every change of a factor.
    pub factor_epoch: u64,
    /// The chance of guessing that may still be given away.
    pub allowance: Allowance,
    /// Unix seconds: until when codes are paused; in the past, they are not.
    pub paused_until: Option<u64>,
    /// Unix seconds: when the person last reported codes that they did not ask for.
    pub reported_at: Option<u64>,
    /// Unix seconds: when the person set two-step verification up for the first time ever, where that is
    /// known.
    pub first_set_up_at: Option<u64>,
    /// Changes of today.
    pub changes: Changes,
    /// Unix seconds: until when a code of the host's support is good that nobody has used; in the past, it is
    /// not.
    pub temporary_code_until: Option<u64>,
    /// What the person was given for a set-up that is required.
    pub grace: Grace,
    /// Whether such a code, used or not, keeps everybody but the login that it let in from a set-up.
    pub is_guarded: bool,
}

impl Subject {
    /// The person as the rules of [`nidan_core::manage`] see them.
    pub fn account(&self) -> Account {
        Account {
            methods: self.methods.iter().map(Method::known).collect(),
            backup_codes: BackupCodes {
                left: self.backup_codes_left,
                made_at: self.backup_codes_made_at,
            },
            factor_epoch: self.factor_epoch,
            allowance: self.allowance,
            paused_until: self.paused_until,
            reported_at: self.reported_at,
            changes: self.changes,
        }
    }
}

impl Method {
    /// The method as the rules of [`nidan_core::manage`] see it.
    fn known(&self) -> KnownMethod {
        KnownMethod {
            id: self.id.clone(),
            kind: self.detail.kind(),
            hint: self.detail.hint().map(str::to_owned),
            created_at: self.created_at,
            used_at: self.used_at,
            tested_at: self.tested_at,
            is_default: self.is_default,
            retires_at: self.retires_at,
            successor: self.successor.clone(),
            held_by: self.held_by,
            tries: self.tries,
        }
    }
}
