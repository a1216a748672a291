//! What a person changes after the first set-up: flows of the purpose
//! [`Manage`](crate::Purpose::Manage).

use serde::{Deserialize, Serialize};

use crate::flow::MethodState;
use crate::method::MethodKind;

/// What the person came for, as the host's link says: the widget begins there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Nothing in particular: the list of what there is.
    #[default]
    Overview,
    /// A new phone takes the place of the old one.
    NewPhone,
    /// A new phone number takes the place of the old one.
    NewNumber,
    /// Another authenticator app.
    NewApp,
    /// A phone is lost.
    Lost,
    /// New backup codes.
    Codes,
    /// Each method is proved once, to see that all of them work.
    Check,
}

impl Intent {
    /// Every intent.
    pub const ALL: [Self; 7] = [
        Self::Overview,
        Self::NewPhone,
        Self::NewNumber,
        Self::NewApp,
        Self::Lost,
        Self::Codes,
        Self::Check,
    ];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::NewPhone => "new_phone",
            Self::NewNumber => "new_number",
            Self::NewApp => "new_app",
            Self::Lost => "lost",
            Self::Codes => "codes",
            Self::Check => "check",
        }
    }

    /// The intent of that name; [`None`] for one that this version does not know.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

/// The backup codes of a person, without the codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BackupCodesView {
    /// How many are unused.
    pub left: u32,
    /// When they were made, in Unix seconds; missing where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<u64>,
}

/// What the person may do on this page, by the host's policy and the state of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ManagementRights {
    /// The kinds of which one more may be added.
    pub add: Vec<MethodKind>,
    /// Whether codes may be paused.
    pub pause: bool,
    /// Whether two-step verification may be turned off.
    pub turn_off: bool,
}

/// The host's rules for what people have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ManagementPolicy {
    /// Whether everybody must have two-step verification: it is then neither paused nor turned off.
    pub required: bool,
    /// The number of methods that are left at least.
    pub min_methods: u32,
}

/// Something about what a person has that the person should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Codes are not asked for: it is paused.
    Paused,
    /// Whoever loses the phone gets in with nothing: no landline, no second phone, no backup code.
    NothingWithoutPhone,
    /// No backup code is left.
    NoBackupCodes,
    /// Few backup codes are left.
    FewBackupCodes,
    /// A method is suspended after too many wrong codes.
    MethodSuspended,
    /// A method is held, because it is lost.
    MethodHeld,
    /// A method was never proved since it was added four weeks ago, or not for a year.
    CheckUpDue,
}

/// A method as the person who has it and the host see it. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ManagedMethod {
    /// As in [`MethodView`](crate::MethodView).
    pub id: String,
    /// As in [`MethodView`](crate::MethodView).
    pub kind: MethodKind,
    /// As in [`MethodView`](crate::MethodView).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// As in [`MethodView`](crate::MethodView).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// As in [`MethodView`](crate::MethodView).
    pub created_at: u64,
    /// As in [`MethodView`](crate::MethodView).
    pub state: MethodState,
    /// As in [`MethodView`](crate::MethodView).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting_until: Option<u64>,
    /// Whether a login begins with it because the person wants that.
    pub is_default: bool,
    /// When it last let somebody in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<u64>,
    /// When it was last tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_at: Option<u64>,
    /// When it goes, because another one took its place. It signs in until then, and proves nothing
    /// here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires_at: Option<u64>,
    /// Until when it is too new to prove a change of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooling_until: Option<u64>,
    /// Whether the person holds it, and may release it.
    pub is_held_by_person: bool,
}

/// The part of `GET /v1/flow`'s answer that only whoever manages reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Management {
    /// What the person came for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What the person has; missing before a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management: Option<ManagementView>,
}

/// What a person has, as `GET /v1/flow` gives it after a proof and each change answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ManagementView {
    /// When a factor was proved in this flow, in Unix seconds.
    pub proved_at: u64,
    /// Until when that proof is enough for a change, in Unix seconds.
    pub fresh_until: u64,
    /// The id of the method that proved it, or [`BACKUP_METHOD_ID`](crate::BACKUP_METHOD_ID).
    pub proved_by: String,
    /// The methods, with when they were used and tested.
    pub methods: Vec<ManagedMethod>,
    /// The backup codes.
    pub backup_codes: BackupCodesView,
    /// Until when no codes are asked for, in Unix seconds; missing where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<u64>,
    /// What the person may do.
    pub may: ManagementRights,
    /// The host's rules.
    pub policy: ManagementPolicy,
    /// What the person should know, the most urgent first.
    pub health: Vec<Health>,
    /// The ways in that are left when the phone is lost today: ids of methods, and
    /// [`BACKUP_METHOD_ID`](crate::BACKUP_METHOD_ID).
    pub without_phone: Vec<String>,
}
