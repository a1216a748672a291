//! The record of a person, as a host and the person read it.

use serde::{Deserialize, Serialize};

use crate::method::Authenticator;

/// The kind of an event in a person's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Two-step verification was turned on.
    Enrolled,
    /// The set-up that the host's policy asks for was put off, and the password alone let somebody in.
    SetUpSkipped,
    /// A code was sent for a login, by text message or call.
    CodeSent,
    /// A code, or a passkey's answer, was right at login.
    Verified,
    /// A code was wrong after a right password, or a passkey's answer did not hold.
    CodeWrong,
    /// More codes were wrong on one day (UTC) than each has an entry: how many by then.
    ManyCodesWrong,
    /// A backup code let somebody in.
    BackupCodeUsed,
    /// Too many wrong codes in a row: a method is off until the host reinstates it.
    MethodSuspended,
    /// The host put a suspended method back.
    MethodReinstated,
    /// The host's support holds a method: it lets nobody in until it is released.
    MethodHeld,
    /// The host's support has released a method that was held.
    MethodReleased,
    /// A code, or a passkey's answer, was right on the page on which methods are managed.
    Proved,
    /// A code, or a passkey's answer, was right with which the person tested a method.
    MethodTested,
    /// The person added a method.
    MethodAdded,
    /// The person put a new method in the place of an old one, which retires.
    MethodReplaced,
    /// The person removed a method.
    MethodRemoved,
    /// A method that was replaced is gone: its time was over, or the new one signed in.
    MethodRetired,
    /// The person made new backup codes; the old ones are worth nothing.
    BackupCodesRenewed,
    /// The person paused codes for some hours.
    Paused,
    /// A pause ends within twelve hours.
    PauseEnding,
    /// Codes are asked for again.
    Resumed,
    /// The person turned two-step verification off.
    TurnedOff,
    /// A browser is no longer asked for a code.
    BrowserTrusted,
    /// A [trusted browser](crate::TrustedBrowser) signed in without a code.
    TrustedBrowserUsed,
    /// An old token of a [trusted browser](crate::TrustedBrowser) was used: somebody has a copy. The
    /// browser is no longer trusted.
    TrustedBrowserCopied,
    /// Trusted browsers are asked for a code again.
    TrustRevoked,
    /// A login asks the person's other browsers to approve it.
    ApprovalAsked,
    /// A trusted browser has shown the code of a login that waits.
    ApprovalShown,
    /// The host's support took every method, backup code and trusted browser out.
    Reset,
    /// The host's support made a code for one login.
    TemporaryCodeMade,
    /// That code let somebody in.
    TemporaryCodeUsed,
    /// The person says: This sign-in is not mine.
    Reported,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 32] = [
        Self::Enrolled,
        Self::SetUpSkipped,
        Self::CodeSent,
        Self::Verified,
        Self::CodeWrong,
        Self::ManyCodesWrong,
        Self::BackupCodeUsed,
        Self::MethodSuspended,
        Self::MethodReinstated,
        Self::MethodHeld,
        Self::MethodReleased,
        Self::Proved,
        Self::MethodTested,
        Self::MethodAdded,
        Self::MethodReplaced,
        Self::MethodRemoved,
        Self::MethodRetired,
        Self::BackupCodesRenewed,
        Self::Paused,
        Self::PauseEnding,
        Self::Resumed,
        Self::TurnedOff,
        Self::BrowserTrusted,
        Self::TrustedBrowserUsed,
        Self::TrustedBrowserCopied,
        Self::TrustRevoked,
        Self::ApprovalAsked,
        Self::ApprovalShown,
        Self::Reset,
        Self::TemporaryCodeMade,
        Self::TemporaryCodeUsed,
        Self::Reported,
    ];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::SetUpSkipped => "set_up_skipped",
            Self::CodeSent => "code_sent",
            Self::Verified => "verified",
            Self::CodeWrong => "code_wrong",
            Self::ManyCodesWrong => "many_codes_wrong",
            Self::BackupCodeUsed => "backup_code_used",
            Self::MethodSuspended => "method_suspended",
            Self::MethodReinstated => "method_reinstated",
            Self::MethodHeld => "method_held",
            Self::MethodReleased => "method_released",
            Self::Proved => "proved",
            Self::MethodTested => "method_tested",
            Self::MethodAdded => "method_added",
            Self::MethodReplaced => "method_replaced",
            Self::MethodRemoved => "method_removed",
            Self::MethodRetired => "method_retired",
            Self::BackupCodesRenewed => "backup_codes_renewed",
            Self::Paused => "paused",
            Self::PauseEnding => "pause_ending",
            Self::Resumed => "resumed",
            Self::TurnedOff => "turned_off",
            Self::BrowserTrusted => "browser_trusted",
            Self::TrustedBrowserUsed => "trusted_browser_used",
            Self::TrustedBrowserCopied => "trusted_browser_copied",
            Self::TrustRevoked => "trust_revoked",
            Self::ApprovalAsked => "approval_asked",
            Self::ApprovalShown => "approval_shown",
            Self::Reset => "reset",
            Self::TemporaryCodeMade => "temporary_code_made",
            Self::TemporaryCodeUsed => "temporary_code_used",
            Self::Reported => "reported",
        }
    }

    /// Whether it let somebody in.
    pub const fn is_login(self) -> bool {
        match self {
            Self::Verified
            | Self::SetUpSkipped
            | Self::BackupCodeUsed
            | Self::TemporaryCodeUsed
            | Self::TrustedBrowserUsed => true,
            Self::Enrolled
            | Self::CodeWrong
            | Self::ManyCodesWrong
            | Self::MethodSuspended
            | Self::MethodReinstated
            | Self::MethodHeld
            | Self::MethodReleased
            | Self::Proved
            | Self::MethodTested
            | Self::MethodAdded
            | Self::MethodReplaced
            | Self::MethodRemoved
            | Self::MethodRetired
            | Self::BackupCodesRenewed
            | Self::Paused
            | Self::PauseEnding
            | Self::Resumed
            | Self::TurnedOff
            | Self::BrowserTrusted
            | Self::TrustedBrowserCopied
            | Self::TrustRevoked
            | Self::ApprovalAsked
            | Self::ApprovalShown
            | Self::Reset
            | Self::TemporaryCodeMade
            | Self::Reported
            | Self::CodeSent => false,
        }
    }

    /// Whether the host is notified of it, so that the person learns of it.
    pub const fn is_told(self) -> bool {
        match self {
            Self::Enrolled
            | Self::SetUpSkipped
            | Self::CodeWrong
            | Self::ManyCodesWrong
            | Self::BackupCodeUsed
            | Self::MethodSuspended
            | Self::MethodReinstated
            | Self::MethodHeld
            | Self::MethodReleased
            | Self::MethodAdded
            | Self::MethodReplaced
            | Self::MethodRemoved
            | Self::MethodRetired
            | Self::BackupCodesRenewed
            | Self::Paused
            | Self::PauseEnding
            | Self::Resumed
            | Self::TurnedOff
            | Self::BrowserTrusted
            | Self::TrustedBrowserCopied
            | Self::TrustRevoked
            | Self::ApprovalAsked
            | Self::Reset
            | Self::TemporaryCodeMade
            | Self::TemporaryCodeUsed
            | Self::Reported => true,
            // The host itself signs the person in.
            Self::Verified | Self::TrustedBrowserUsed => false,
            // The person is there.
            Self::Proved | Self::MethodTested | Self::ApprovalShown => false,
            // It comes to the person's own phone.
            Self::CodeSent => false,
        }
    }
}

/// An entry of a person's record, and the body of a notice to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventView {
    /// The number of the entry, from 1 on and without gaps.
    pub seq: u64,
    /// When it happened, in Unix seconds.
    pub at: u64,
    /// The kind of the event.
    pub kind: EventKind,
    /// The authenticator that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Authenticator>,
    /// The last two digits of a phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The host's description of the browser and the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_description: Option<String>,
    /// A count that belongs to the event: wrong codes in a row, backup codes left, browsers
    /// revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Who did it, where the host's support did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, where the host's support did it, or where the person paused codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// HMAC-SHA-256 over the entry before and this one, base64url. An entry that is changed or
    /// missing does not fit.
    pub hash: String,
}

/// The answer to `GET /v1/subjects/{subject}/events`: a page of the record, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventsView {
    /// At most a hundred entries.
    pub events: Vec<EventView>,
    /// Whether these entries still fit together.
    pub intact: bool,
    /// The value of `?before=` that asks for older entries; missing when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}
