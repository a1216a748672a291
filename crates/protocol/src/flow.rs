//! Between the widget and the service.

use serde::{Deserialize, Serialize};

use crate::host::Purpose;
use crate::method::{Authenticator, Channel, MethodKind};

/// How the person shows that the backup codes are safe before going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BackupGate {
    /// Type one of the codes back.
    TypeOne,
    /// Tick "I have saved them".
    Tick,
}

/// What the host allows in this flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// Methods on offer, the recommended one first.
    pub methods: Vec<MethodKind>,
    /// What the step "save the backup codes" asks for.
    pub backup_gate: BackupGate,
}

/// One of the person's methods, without anything that could help an attacker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MethodView {
    /// Opaque.
    pub id: String,
    /// What it is.
    pub kind: MethodKind,
    /// What the person calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The last two digits of a phone number; never more of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Unix seconds.
    pub created_at: u64,
    /// Whether it takes a code now.
    #[serde(default)]
    pub state: MethodState,
    /// Unix seconds: when a resting method takes codes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting_until: Option<u64>,
}

/// Whether a method takes a code, and how many it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MethodState {
    /// One code.
    #[default]
    Ready,
    /// Two codes in a row: somebody guessed.
    TwoCodes,
    /// Too many wrong codes today.
    Resting,
    /// Too many wrong codes in a row: until the host reinstates it.
    Suspended,
}

/// Where codes may be sent. Countries are ISO 3166-1 alpha-2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhoneOffer {
    /// The operator's allow-list.
    pub countries: Vec<String>,
    /// The likely one, when the host knows it.
    pub country: Option<String>,
    /// Whether a call may read its code at once, for people who cannot press keys.
    pub allow_unconfirmed_calls: bool,
}

/// What has to be pressed in a call before the code is read out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallConfirmation {
    /// Two digits that the screen shows: a mailbox presses none.
    #[default]
    Digits,
    /// Nothing, where the host allows it: a mailbox that answers keeps the code.
    None,
}

impl CallConfirmation {
    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::None => "none",
        }
    }
}

/// The open enrolment: the service's share of the secret to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentOpening {
    /// 16 bytes, base64url.
    pub enrolment_id: String,
    /// 32 bytes, base64url.
    pub server_nonce: String,
}

/// What a code at login is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerificationOpening {
    /// The method to begin with: the last one that worked, else the first that takes codes. Nothing
    /// when none does.
    pub method_id: Option<String>,
    /// How many backup codes are good.
    pub backup_codes_left: u32,
    /// For how many days this browser can be trusted; nothing when the host does not offer it.
    pub trust_days: Option<u32>,
    /// Whether a text or call is ordered without a tap.
    pub auto_send: bool,
    /// Where people go who have lost everything, set by the operator.
    pub recovery_url: Option<String>,
    /// Where people change their password, set by the operator.
    pub password_url: Option<String>,
}

/// `GET /v1/flow`: all that the widget needs to begin. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlowView {
    /// What the flow is for.
    pub purpose: Purpose,
    /// The service's clock in milliseconds since the Unix epoch: the person's own clock may be
    /// wrong.
    pub server_time_ms: u64,
    /// Unix seconds.
    pub expires_at: u64,
    /// The site, as it will stand in the app.
    pub issuer: String,
    /// The account, as it will stand in the app.
    pub account_name: String,
    /// What the host allows.
    pub policy: Policy,
    /// The person's active methods.
    pub methods: Vec<MethodView>,
    /// There when a phone method is on offer.
    pub phone: Option<PhoneOffer>,
    /// There while an enrolment is open.
    pub enrolment: Option<EnrolmentOpening>,
    /// There while a verification is open.
    pub verification: Option<VerificationOpening>,
    /// Where people get help: a URL or a `mailto:` link, set by the operator.
    pub support_url: Option<String>,
}

/// `POST /v1/flow/challenges`: a code is made and sent.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChallengePost {
    /// In an enrolment: the number as typed, national (then `country` says whose) or international.
    #[serde(default)]
    pub number: Option<String>,
    /// In a verification: one of the person's phone methods.
    #[serde(default)]
    pub method_id: Option<String>,
    /// ISO 3166-1 alpha-2; not needed when the number begins with `+`.
    #[serde(default)]
    pub country: Option<String>,
    /// The number that the person was shown, in E.164. Where `number` is another one, nothing is
    /// sent (`phone_ambiguous`).
    #[serde(default)]
    pub shown: Option<String>,
    /// How the code is to come.
    pub channel: Channel,
    /// The language of the message: a BCP 47 tag; English where there is no text for it.
    #[serde(default)]
    pub locale: Option<String>,
    /// For a call.
    #[serde(default)]
    pub call_confirmation: CallConfirmation,
}

/// What is known of a message on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waiting for a gateway to take it.
    Queued,
    /// A gateway has taken it and hands it to the carrier.
    Accepted,
    /// A gateway was asked and gave no clear answer: it may come or not.
    Unknown,
    /// The carrier says that it arrived.
    Delivered,
    /// It will not arrive.
    Failed,
}

impl DeliveryState {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// A code on its way, without the code and without the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeView {
    /// Opaque.
    pub id: String,
    /// How the code comes.
    pub channel: Channel,
    /// The last two digits of the number.
    pub hint: String,
    /// Stands in the message too, so that people see which code belongs here.
    pub reference: String,
    /// For a call: the two digits to press before the code is read out; `None` where it is read at
    /// once.
    pub call_digits: Option<String>,
    /// Unix seconds: the code is good until then, however often it is sent.
    pub expires_at: u64,
    /// Unix seconds: when the same code may be sent again; `None` when it may not.
    pub resend_at: Option<u64>,
    /// How many tries are left.
    pub attempts_left: u32,
    /// How the latest message fares.
    pub delivery: DeliveryState,
    /// Unix seconds: since when it fares so.
    pub delivery_at: u64,
    /// Whether the right code was typed.
    pub answered: bool,
    /// How many codes the message has; all of them are asked for.
    pub codes: u32,
}

impl ChallengeView {
    /// What the call waits for: the same again for a new call in its place.
    pub const fn call_confirmation(&self) -> CallConfirmation {
        match (self.channel, &self.call_digits) {
            (Channel::Voice, None) => CallConfirmation::None,
            (Channel::Voice, Some(_)) | (Channel::Sms, _) => CallConfirmation::Digits,
        }
    }
}

/// `POST /v1/flow/challenges/{id}/answer`.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChallengeAnswerPost {
    /// Six digits.
    pub code: String,
}

/// More numbers than anybody names for one account.
pub const PHONES_MAX: usize = 5;

/// A phone number in the final post, by the challenge that proved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PhonePost {
    /// An answered challenge of this flow.
    pub challenge_id: String,
    /// What the person calls the number: up to 64 characters.
    #[serde(default)]
    pub name: Option<String>,
}

/// `POST /v1/flow/enrolment`: the one final post. It carries neither the secret nor the backup
/// codes, and no number.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolmentPost {
    /// As given by `GET /v1/flow`.
    pub enrolment_id: String,
    /// 32 bytes of the browser's CSPRNG, base64url: the backup codes and the app's secret come from
    /// it.
    pub client_random: String,
    /// Six digits that the app showed while the enrolment was open; left out when no app is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// Phone numbers, the primary one first.
    #[serde(default)]
    pub phones: Vec<PhonePost>,
}

/// How a flow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlowOutcome {
    /// A method was added.
    Enrolled,
    /// A code was right.
    Verified,
    /// The person did not ask for a code.
    Reported,
}

/// The answer to the final post; the same for the same body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentAnswer {
    /// How the flow ended.
    pub outcome: FlowOutcome,
    /// The methods as the service stored them, the app first.
    pub methods: Vec<MethodView>,
    /// How many backup codes are good.
    pub backup_codes_left: u32,
    /// For the host's back end to redeem: 60 seconds, one use.
    pub result_code: String,
}

/// Names the backup codes where a method's id is expected: everybody has one set at most.
pub const BACKUP_METHOD_ID: &str = Authenticator::BackupCode.as_str();

/// `POST /v1/flow/verification`.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerificationPost {
    /// One of the person's methods, or [`BACKUP_METHOD_ID`].
    pub method_id: String,
    /// Six digits; a backup code's sixteen characters, in capitals and without separators.
    pub code: String,
    /// The next one, where the method needs two.
    #[serde(default)]
    pub second_code: Option<String>,
    /// "Do not ask in this browser", where the host offers it.
    #[serde(default)]
    pub trust_browser: bool,
}

/// The answer to a right code; the same for the same body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerificationAnswer {
    /// How the flow ended.
    pub outcome: FlowOutcome,
    /// How many backup codes are good.
    pub backup_codes_left: u32,
    /// For the host's back end to redeem: 60 seconds, one use.
    pub result_code: String,
}

/// `POST /v1/flow/report`: "I did not ask for this code".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportPost {}

/// Somebody who was let in: by a code, a backup code or as a trusted browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecentLogin {
    /// Unix seconds.
    pub at: u64,
    /// By what; nothing for a trusted browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Authenticator>,
    /// What the host said of the place, for example the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
}

/// The answer to a report; the same again for the same flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportAnswer {
    /// How the flow ended.
    pub outcome: FlowOutcome,
    /// How many browsers are no longer trusted.
    pub browsers_forgotten: u32,
    /// Who was let in within the last day, the newest first; fifty at most. The person tells which
    /// of them they were.
    pub logins: Vec<RecentLogin>,
    /// Whether the host hears of it by a notice: it then ends every session of the person.
    pub host_notified: bool,
}
