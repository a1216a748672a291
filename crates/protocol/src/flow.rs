//! Between the widget and the service.

use serde::{Deserialize, Serialize};

use crate::host::{AcrNeeded, Purpose};
use crate::manage::{Intent, ManagementView};
use crate::method::{Authenticator, MethodKind};
use crate::passkey::{NamedCeremony, PasskeyPost};

/// The proof that a person has saved the backup codes, which the set-up asks for before it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BackupGate {
    /// The person types one of the codes back.
    TypeOne,
    /// The person ticks "I have saved them".
    Tick,
}

/// That a person must have two-step verification, and for how long its set-up may still be put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentDuty {
    /// Whether the host's policy asks for it.
    pub required: bool,
    /// Until when the set-up may be put off, in Unix seconds; missing where no date ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<u64>,
    /// How often it may still be put off; missing where no number ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skips_left: Option<u32>,
    /// Whether it may be put off now.
    pub may_skip: bool,
}

/// The host's rules for this flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// The methods on offer, the recommended one first.
    pub methods: Vec<MethodKind>,
    /// The proof that the step "save the backup codes" asks for.
    pub backup_gate: BackupGate,
    /// That the person must have two-step verification, where a set-up is open and the policy asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment: Option<EnrolmentDuty>,
}

/// One of the person's methods, without anything that could help an attacker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MethodView {
    /// The method's id: opaque, and unique over all hosts.
    pub id: String,
    /// The kind of the method.
    pub kind: MethodKind,
    /// The name that the person gave it, up to 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The last two digits of a phone number; never more of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// When it was set up, in Unix seconds.
    pub created_at: u64,
    /// Whether it accepts a code now, and how many it needs.
    #[serde(default)]
    pub state: MethodState,
    /// When a resting method accepts codes again, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting_until: Option<u64>,
}

/// Whether a method accepts a code, and how many it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MethodState {
    /// It accepts one code.
    #[default]
    Ready,
    /// It asks for two codes at once, because somebody guessed.
    TwoCodes,
    /// Its daily limit of wrong codes is reached; it accepts codes again at `resting_until`.
    Resting,
    /// Its limit of wrong codes in a row is reached; the host has to reinstate it.
    Suspended,
    /// The host's support holds it: it is lost, say, until it is found again.
    Held,
}

impl MethodState {
    /// Whether it takes codes now.
    pub const fn takes_codes(self) -> bool {
        match self {
            Self::Ready | Self::TwoCodes => true,
            Self::Resting | Self::Suspended | Self::Held => false,
        }
    }

    /// Whether it takes codes now, or by itself tomorrow.
    pub const fn lets_in(self) -> bool {
        match self {
            Self::Ready | Self::TwoCodes | Self::Resting => true,
            Self::Suspended | Self::Held => false,
        }
    }
}

/// The phone numbers that codes may be sent to. Countries are [ISO 3166-1
/// alpha-2](https://www.iso.org/iso-3166-country-codes.html) codes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhoneOffer {
    /// The countries that the operator allows.
    pub countries: Vec<String>,
    /// The country that the person most likely has a number of, when the host knows it.
    pub country: Option<String>,
    /// Whether a call may read its code without a confirmation, for people who cannot press keys.
    pub allow_unconfirmed_calls: bool,
}

/// An enrolment that is open, with the service's half of the key agreement that the secret comes of
/// (see the crate `nidan-otp`, module `derive`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentOpening {
    /// The enrolment's id: 16 bytes, base64url.
    pub enrolment_id: String,
    /// The service's public key for this enrolment: a point of P-256, uncompressed, 65 bytes,
    /// base64url.
    pub server_public_key: String,
}

/// A verification that is open: what the widget needs to ask for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerificationOpening {
    /// The id of the method to begin with: the last one that worked, else the first that accepts
    /// codes. It is missing when none does.
    pub method_id: Option<String>,
    /// Whether the person has chosen to begin with that one.
    pub is_wanted: bool,
    /// What the login has to be worth, where any second step is not enough.
    pub acr_needed: Option<AcrNeeded>,
    /// How many backup codes are unused.
    pub backup_codes_left: u32,
    /// Whether the host's support has made a code for it, also where that was used or ended and the person has
    /// nothing else: another is needed then.
    #[serde(default)]
    pub temporary_code: bool,
    /// Whether another browser of the person can approve it now.
    #[serde(default)]
    pub approval: bool,
    /// For how many days this browser can be trusted. It is missing when the host does not offer
    /// it.
    pub trust_days: Option<u32>,
    /// Whether the widget orders a text or a call without waiting for a tap.
    pub auto_send: bool,
    /// The URL for people who have lost every method, set by the operator.
    pub recovery_url: Option<String>,
    /// The URL at which people change their password, set by the operator.
    pub password_url: Option<String>,
}

/// `GET /v1/flow`: all that the widget needs to begin. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlowView {
    /// The flow's purpose.
    pub purpose: Purpose,
    /// The service's time, in milliseconds since the Unix epoch: the person's own clock may be
    /// wrong.
    pub server_time_ms: u64,
    /// When the flow ends, in Unix seconds.
    pub expires_at: u64,
    /// The site's name, as an authenticator app will show it.
    pub issuer: String,
    /// The account's name, as an authenticator app will show it.
    pub account_name: String,
    /// The host's rules for this flow.
    pub policy: Policy,
    /// The person's active methods.
    pub methods: Vec<MethodView>,
    /// The phone numbers that codes may be sent to; missing when no phone method is on offer.
    pub phone: Option<PhoneOffer>,
    /// The open enrolment; missing when there is none.
    pub enrolment: Option<EnrolmentOpening>,
    /// The open verification; missing when there is none. Where methods are managed, it says what a
    /// proof begins with.
    pub verification: Option<VerificationOpening>,
    /// What the person came for, where methods are managed. Only what is written: whoever manages
    /// reads [`Management`](crate::Management), and nobody else has its weight to carry.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// What the person has, where methods are managed and a factor was proved in this flow.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub management: Option<ManagementView>,
    /// The URL at which people change their password, where logins are approved: the way on after a report.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub password_url: Option<String>,
    /// A URL or a `mailto:` link for people who need help, set by the operator.
    pub support_url: Option<String>,
    /// What the operator has to say where a code by phone is awaited, such as a carrier's outage, in
    /// the language of the request's `Accept-Language` as far as there is one.
    pub outage_notice: Option<String>,
    /// How and when people reach support, in that language, set by the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_hours: Option<String>,
    /// Figures that show why a password alone is not enough, set by the operator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<FigureView>,
}

/// A figure with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FigureView {
    /// What it says, in the language of the request's `Accept-Language` as far as there is one.
    pub text: String,
    /// Who says so.
    pub source: String,
    /// Where it is to be read: an `https:` URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The day of the source (ISO 8601).
    pub as_of: String,
}

/// The most phone numbers of one account: more than anybody names.
pub const PHONES_MAX: usize = 5;

/// A phone number in the final post, by the challenge that proved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PhonePost {
    /// The id of a challenge of this flow that was answered.
    pub challenge_id: String,
    /// The name that the person gives the number: up to 64 characters.
    #[serde(default)]
    pub name: Option<String>,
}

/// The body of `POST /v1/flow/enrolment`, the one final post of a set-up. It carries neither the
/// secret nor the backup codes, and no phone number.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolmentPost {
    /// The enrolment's id, as `GET /v1/flow` gave it.
    pub enrolment_id: String,
    /// The browser's public key for this enrolment: a point of P-256, uncompressed, 65 bytes,
    /// base64url.
    pub client_public_key: String,
    /// 32 bytes of the browser's CSPRNG, base64url: the salt of the derivation.
    pub client_nonce: String,
    /// Six digits that the app showed while the enrolment was open; left out when no app is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// The phone numbers, the primary one first.
    #[serde(default)]
    pub phones: Vec<PhonePost>,
    /// The passkeys that were made in this flow.
    #[serde(default)]
    pub passkeys: Vec<NamedCeremony>,
}

/// The outcome of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlowOutcome {
    /// The person has set two-step verification up.
    Enrolled,
    /// A code was right, and the login may go on.
    Verified,
    /// The person reported that this sign-in is not theirs.
    Reported,
    /// The set-up that the policy asks for was put off, and the login may go on.
    Skipped,
}

/// The answer to the final post. The same body gets the same answer again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentAnswer {
    /// The outcome of the flow.
    pub outcome: FlowOutcome,
    /// The methods as the service stored them, the app first.
    pub methods: Vec<MethodView>,
    /// How many backup codes are unused.
    pub backup_codes_left: u32,
    /// The code that the host's back end redeems: it lives 60 seconds and is good once.
    pub result_code: String,
}

/// Names the backup codes where a method's id is expected: everybody has one set at most.
pub const BACKUP_METHOD_ID: &str = Authenticator::BackupCode.as_str();
/// The `method_id` of a code that the host's support has made.
pub const TEMPORARY_METHOD_ID: &str = Authenticator::TemporaryCode.as_str();
/// The `method_id` of a code that another browser of the person has shown.
pub const APPROVAL_METHOD_ID: &str = Authenticator::Approval.as_str();

/// The `method_id` of a set-up that was put off.
pub const SKIPPED_METHOD_ID: &str = "skipped";

/// Names a passkey where a method's id is expected: which one it is, its answer says.
pub const PASSKEY_METHOD_ID: &str = MethodKind::Passkey.as_str();

/// The body of `POST /v1/flow/verification`, which presents a code or a passkey's answer at login: one
/// of `code` and `passkey` is there.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerificationPost {
    /// The id of one of the person's methods, [`BACKUP_METHOD_ID`], [`APPROVAL_METHOD_ID`],
    /// [`TEMPORARY_METHOD_ID`], or [`PASSKEY_METHOD_ID`].
    pub method_id: String,
    /// The code: six digits, or a backup code's sixteen characters in capitals and without
    /// separators.
    #[serde(default)]
    pub code: Option<String>,
    /// The next code, where the method needs two.
    #[serde(default)]
    pub second_code: Option<String>,
    /// The answer of a passkey.
    #[serde(default)]
    pub passkey: Option<PasskeyPost>,
    /// Whether the person ticked "do not ask in this browser", where the host offers it.
    #[serde(default)]
    pub trust_browser: bool,
    /// The ids of those of the person's methods that are lost, with spaces between them, like an OAuth
    /// `scope` ([RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3)); up to
    /// [`LOST_MAX`], and not the one whose code this is. The login takes them out of use, or it is
    /// refused, with nothing done and the code unspent.
    #[serde(default)]
    pub lost_methods: String,
}

/// The most methods that a login takes out of use: more than anybody has.
pub const LOST_MAX: usize = 20;

/// The answer to a right code. The same body gets the same answer again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerificationAnswer {
    /// The outcome of the flow.
    pub outcome: FlowOutcome,
    /// How many backup codes are unused.
    pub backup_codes_left: u32,
    /// The code that the host's back end redeems: it lives 60 seconds and is good once.
    pub result_code: String,
}

/// The body of `POST /v1/flow/skip`, which puts a set-up off that the host's policy asks for. It is an
/// empty object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SkipPost {}

/// The answer to a set-up that was put off. The same request gets the same answer again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkipAnswer {
    /// The outcome of the flow.
    pub outcome: FlowOutcome,
    /// The code that the host's back end redeems: it lives 60 seconds and is good once.
    pub result_code: String,
}

/// The body of `POST /v1/flow/report`: "This sign-in is not mine". It is an empty object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportPost {}

/// A login that let somebody in, by a code, a backup code or as a trusted browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecentLogin {
    /// When it was, in Unix seconds.
    pub at: u64,
    /// The authenticator that was used; missing for a trusted browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Authenticator>,
    /// The host's description of the browser and the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
}

/// "I need more time": nothing but the flow's own token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExtendPost {}

/// The answer to [`ExtendPost`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExtendAnswer {
    /// The flow's end (Unix seconds); unchanged when it has lived as long as any set-up may.
    pub expires_at: u64,
}

/// The answer to a report. The same flow gets the same answer again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportAnswer {
    /// The outcome of the flow.
    pub outcome: FlowOutcome,
    /// How many browsers are no longer trusted.
    pub browsers_forgotten: u32,
    /// The logins of the last day that let somebody in, the newest first, fifty at most. The person
    /// knows which of them were their own.
    pub logins: Vec<RecentLogin>,
    /// Whether the host is notified: it then ends every session of the person.
    pub host_notified: bool,
}
