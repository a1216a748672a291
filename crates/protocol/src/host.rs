//! Between the host's back end and the service.

use serde::{Deserialize, Serialize};

use crate::flow::MethodView;
use crate::method::Authenticator;

/// What a flow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Set two-step verification up.
    Enroll,
    /// Ask for a code at login.
    Verify,
}

impl Purpose {
    /// As it is stored and signed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enroll => "enroll",
            Self::Verify => "verify",
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
    /// What the person knows the account by, for example the mail address: 1–64 characters, no
    /// colon.
    pub account_name: String,
    /// When the first factor was checked, Unix seconds: at most five minutes ago (ASVS 7.5.1).
    pub auth_time: u64,
    /// A hash of the host's session id, 16–128 characters of base64url; it must come back at
    /// redeem.
    pub session_binding: String,
    /// The origin of the page that embeds the widget; one of the host's registered ones.
    pub origin: String,
    /// Where the person most likely is, ISO 3166-1 alpha-2: the first country on offer for phone
    /// numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// For `verify`: the `trust_token` that an earlier redeem gave for this browser, when the
    /// browser has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_token: Option<String>,
    /// Where and with what the person signs in, as people should read it later in the record:
    /// "Osaka, Firefox on Windows". Up to 80 characters; the coarser the better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
}

/// What the host should do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FlowStatus {
    /// Show the widget.
    Required,
    /// For `verify`: the person has no second factor. There is no flow; whether that is enough is
    /// the host's to say.
    NotEnrolled,
    /// For `verify`: this browser is trusted. Redeem `result_code` at once; nothing is to be shown.
    Trusted,
}

/// The answer to `POST /v1/flows`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlowCreated {
    /// What to do next.
    pub outcome: FlowStatus,
    /// For the host: redeem with it. Not there when the outcome is `not_enrolled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// For the page: the `flow-token` attribute. Anybody who has it can end this flow. There when
    /// it is `required`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_token: Option<String>,
    /// Unix seconds; a flow lives ten minutes. There with `flow_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// To be redeemed within 60 seconds. There when it is `trusted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_code: Option<String>,
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
    /// There when this browser is trusted from now on, or still: keep it in an `HttpOnly` cookie of
    /// this browser in place of the one before, and send it with the next `POST /v1/flows`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_token: Option<String>,
    /// Unix seconds: when that trust ends. There with `trust_token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_expires_at: Option<u64>,
}

/// A browser that is not asked for a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrustedBrowser {
    /// Opaque; revoke it by this.
    pub id: String,
    /// What the host said of it when it was trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
    /// Unix seconds.
    pub created_at: u64,
    /// Unix seconds.
    pub used_at: u64,
    /// Unix seconds.
    pub expires_at: u64,
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
    /// Browsers that are not asked for a code.
    pub trusted_browsers: Vec<TrustedBrowser>,
}

/// `POST /v1/subjects/{subject}/trusted_browsers/revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokePost {
    /// One of them; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// `POST /v1/subjects/{subject}/methods/reinstate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReinstatePost {
    /// A suspended method.
    pub id: String,
}

/// `POST /v1/subjects/{subject}/report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HostReportPost {
    /// Where it is reported from, for the record: at most 80 characters, shown to the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
}

/// What happened to a person's second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Two-step verification was turned on.
    Enrolled,
    /// A code was sent for a login, by text message or call.
    CodeSent,
    /// A code was right at login.
    Verified,
    /// A code was wrong after a right password.
    CodeWrong,
    /// A backup code let somebody in.
    BackupCodeUsed,
    /// Too many wrong codes in a row: a method is off until the host reinstates it.
    MethodSuspended,
    /// The host put a suspended method back.
    MethodReinstated,
    /// A browser is no longer asked for a code.
    BrowserTrusted,
    /// A trusted browser signed in without a code.
    TrustedBrowserUsed,
    /// An old token of a trusted browser was used: somebody has a copy. The browser is no longer
    /// trusted.
    TrustedBrowserCopied,
    /// Trusted browsers are asked for a code again.
    TrustRevoked,
    /// The person says: I did not ask for this code.
    Reported,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Enrolled,
        Self::CodeSent,
        Self::Verified,
        Self::CodeWrong,
        Self::BackupCodeUsed,
        Self::MethodSuspended,
        Self::MethodReinstated,
        Self::BrowserTrusted,
        Self::TrustedBrowserUsed,
        Self::TrustedBrowserCopied,
        Self::TrustRevoked,
        Self::Reported,
    ];

    /// As it stands on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::CodeSent => "code_sent",
            Self::Verified => "verified",
            Self::CodeWrong => "code_wrong",
            Self::BackupCodeUsed => "backup_code_used",
            Self::MethodSuspended => "method_suspended",
            Self::MethodReinstated => "method_reinstated",
            Self::BrowserTrusted => "browser_trusted",
            Self::TrustedBrowserUsed => "trusted_browser_used",
            Self::TrustedBrowserCopied => "trusted_browser_copied",
            Self::TrustRevoked => "trust_revoked",
            Self::Reported => "reported",
        }
    }

    /// Whether the person should hear of it, through the host.
    pub const fn is_told(self) -> bool {
        match self {
            Self::Enrolled
            | Self::CodeWrong
            | Self::BackupCodeUsed
            | Self::MethodSuspended
            | Self::MethodReinstated
            | Self::BrowserTrusted
            | Self::TrustedBrowserCopied
            | Self::TrustRevoked
            | Self::Reported => true,
            // The host itself signs the person in.
            Self::Verified | Self::TrustedBrowserUsed => false,
            // It comes to the person's own phone.
            Self::CodeSent => false,
        }
    }
}

/// One line of a person's record, and the body of a notice to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventView {
    /// From 1 on, without gaps.
    pub seq: u64,
    /// Unix seconds.
    pub at: u64,
    /// What happened.
    pub kind: EventKind,
    /// By what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Authenticator>,
    /// The last two digits of a phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What the host said of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
    /// How many: wrong codes in a row, backup codes left, browsers revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// HMAC-SHA-256 over the line before and this one, base64url: a line that is changed or missing
    /// does not fit.
    pub hash: String,
}

/// `GET /v1/subjects/{subject}/events`: the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventsView {
    /// At most a hundred.
    pub events: Vec<EventView>,
    /// Whether these lines still fit together.
    pub intact: bool,
    /// Ask for older ones with `?before=`; nothing when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}
