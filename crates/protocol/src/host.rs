//! Between the host's back end and the service.

use serde::{Deserialize, Serialize};

use crate::flow::MethodView;

/// What a flow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Set two-step verification up.
    Enroll,
}

impl Purpose {
    /// As it is stored and signed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enroll => "enroll",
        }
    }
}

/// `POST /v1/flows`: sent after the host itself checked the first factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateFlow {
    /// What the flow is for.
    pub purpose: Purpose,
    /// The host's own opaque user id, 1–255 bytes, compared byte by byte.
    pub subject: String,
    /// What the person knows the account by, for example the mail address: 1–64 characters, no colon.
    pub account_name: String,
    /// When the first factor was checked, Unix seconds: at most five minutes ago (ASVS 7.5.1).
    pub auth_time: u64,
    /// A hash of the host's session id, 16–128 characters of base64url; it must come back at redeem.
    pub session_binding: String,
    /// The origin of the page that embeds the widget; one of the host's registered ones.
    pub origin: String,
    /// Where the person most likely is, ISO 3166-1 alpha-2: the first country on offer for phone numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// What the host should do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlowStatus {
    /// Show the widget.
    Required,
}

/// The answer to `POST /v1/flows`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlowCreated {
    /// For the host: redeem with it.
    pub flow_id: String,
    /// For the page: the `flow-token` attribute. Anybody who has it can end this flow.
    pub flow_token: String,
    /// Unix seconds; a flow lives ten minutes.
    pub expires_at: u64,
    /// What to do next.
    pub outcome: FlowStatus,
}

/// `POST /v1/flows/{id}/redeem`.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// As it came back from the page.
    pub result_code: String,
    /// The same as when the flow was created.
    pub session_binding: String,
}

/// The signed result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssertionAnswer {
    /// A JWT (EdDSA, `typ` `nidan-assertion+jwt`); check it against `/.well-known/jwks.json`.
    pub assertion: String,
}

/// `GET /v1/subjects/{subject}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubjectView {
    /// Whether a second factor is active.
    pub enrolled: bool,
    /// Active methods.
    pub methods: Vec<MethodView>,
    /// How many backup codes are good.
    pub backup_codes_left: u32,
    /// Rises with every change of a factor: what was granted under a lower one has ended.
    pub factor_epoch: u64,
}
