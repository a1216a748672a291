//! Why a change is refused.

/// Why the host's policy or the account's state forbids a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbidden {
    /// Everybody must have two-step verification.
    Required,
    /// Somebody reported codes that they did not ask for, within a week.
    Reported,
    /// Somebody guesses: two codes are asked for, or a method rests or is suspended.
    Guessed,
    /// The host's support holds the method.
    HeldBySupport,
    /// The method was replaced and retires.
    Retiring,
}

impl Forbidden {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Reported => "reported",
            Self::Guessed => "guessed",
            Self::HeldBySupport => "held_by_support",
            Self::Retiring => "retiring",
        }
    }
}

/// Why a change is refused. Nothing is stored then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManageRefusal {
    /// The flow is over.
    FlowOver,
    /// Another body came under the same id.
    AnotherBody,
    /// No factor was proved in this flow lately, or only the one that is to go.
    ReauthRequired,
    /// The factors changed by another flow since the proof.
    FactorsChanged,
    /// What proved it is too new.
    Cooling {
        /// Until when, in Unix seconds.
        until: u64,
    },
    /// The person has no such method.
    NoMethod,
    /// This flow has no such set-up.
    NoSetup,
    /// The person has no such trusted browser.
    NoBrowser,
    /// Too few methods would be left.
    LastMethod,
    /// The policy or the account's state forbids it.
    Forbidden(Forbidden),
    /// There are as many of this kind as there may be.
    MethodLimit,
    /// The person has changed enough today.
    ChangeLimit {
        /// When it goes on, in Unix seconds.
        until: u64,
    },
    /// The secret or the number is known already.
    Known,
    /// Codes are paused already.
    AlreadyPaused,
}
