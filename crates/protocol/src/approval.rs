//! Approval of a login by another browser of the person, which is trusted: that one shows a code, and
//! the person types it where the login waits.

use serde::{Deserialize, Serialize};

/// What has become of a request for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Nobody has looked at its code.
    Waiting,
    /// A trusted browser has shown its code.
    Shown,
    /// The code was typed, and the login is through.
    Answered,
}

/// The body of `POST /v1/flow/approvals`, by which a login asks the person's other browsers. It is an
/// empty object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApprovalPost {}

/// A login's request for approval, without its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApprovalView {
    /// The request's id, opaque.
    pub id: String,
    /// When its code ends, in Unix seconds.
    pub expires_at: u64,
}

/// A login that waits for approval, as a trusted browser sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingLogin {
    /// The request's id, opaque.
    pub id: String,
    /// When it was asked, in Unix seconds.
    pub asked_at: u64,
    /// When its code ends, in Unix seconds.
    pub expires_at: u64,
    /// The host's description of the browser and the place that ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
    /// What has become of it.
    pub state: ApprovalState,
}

/// The answer to `GET /v1/flow/approvals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingLogins {
    /// The newest first.
    pub logins: Vec<WaitingLogin>,
}

/// The body of `POST /v1/flow/approvals/{id}/show`: "It is me". It is an empty object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShowPost {}

/// The code of a login that waits. Only the browser that shows it has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownCode {
    /// Six digits.
    pub code: String,
    /// When it ends, in Unix seconds.
    pub expires_at: u64,
}
