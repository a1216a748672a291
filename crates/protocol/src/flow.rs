//! Between the widget and the service.

use serde::{Deserialize, Serialize};

use crate::host::Purpose;

/// A kind of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MethodKind {
    /// An authenticator app (RFC 6238).
    Totp,
}

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
    /// Unix seconds.
    pub created_at: u64,
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

/// `GET /v1/flow`: all that the widget needs to begin. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlowView {
    /// What the flow is for.
    pub purpose: Purpose,
    /// The service's clock in milliseconds since the Unix epoch: the person's own clock may be wrong.
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
    /// There while an enrolment is open.
    pub enrolment: Option<EnrolmentOpening>,
    /// Where people get help: a URL or a `mailto:` link, set by the operator.
    pub support_url: Option<String>,
}

/// `POST /v1/flow/enrolment`: the one final post. It carries neither the secret nor the backup codes.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolmentPost {
    /// As given by `GET /v1/flow`.
    pub enrolment_id: String,
    /// What is enrolled.
    pub kind: MethodKind,
    /// 32 bytes of the browser's CSPRNG, base64url.
    pub client_random: String,
    /// Six digits that the app showed while the enrolment was open.
    pub code: String,
}

/// How a flow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlowOutcome {
    /// A method was added.
    Enrolled,
}

/// The answer to the final post; the same for the same body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentAnswer {
    /// How the flow ended.
    pub outcome: FlowOutcome,
    /// The method as the service stored it.
    pub method: MethodView,
    /// How many backup codes are good.
    pub backup_codes_left: u32,
    /// For the host's back end to redeem: 60 seconds, one use.
    pub result_code: String,
}
