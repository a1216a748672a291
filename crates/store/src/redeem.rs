//! Result codes that hosts present, and what they get for them.

use nidan_protocol::{Authenticator, Change, MethodKind};

use super::{AuditContext, Flow};

/// A flow whose result code was spent, with all that the answer needs, read at one moment.
#[derive(Debug, Clone)]
pub struct Redeemed {
    /// The flow that it belongs to.
    pub flow: Flow,
    /// The [subject](super::Subject)'s factor epoch.
    pub factor_epoch: u64,
    /// The kinds of the person's methods, each once.
    pub kinds: Vec<MethodKind>,
    /// The authenticator that was right at a login; missing for an enrolment.
    pub used: Option<Authenticator>,
    /// When the trust in this browser ends, where the new token counts.
    pub trust_ends: Option<u64>,
    /// What was changed, where methods were managed.
    pub changes: Vec<Change>,
    /// Whether the factor epoch rose by it, and nobody has raised it since: other sessions are to
    /// end.
    pub raised_epoch: bool,
}

/// A token that takes its place when the flow trusts its browser.
#[derive(Debug, Clone)]
pub struct NewTrust {
    /// For a browser that was not trusted before.
    pub browser_id: String,
    /// Keyed hash of the token.
    pub token_hash: [u8; 32],
    /// The lifetime of the trust, in seconds.
    pub lives_s: u64,
}

/// A result code presented by a host.
#[derive(Debug, Clone)]
pub struct Redemption {
    /// The host that asks.
    pub host: String,
    /// The flow that it names.
    pub flow_id: String,
    /// Keyed hash of the result code.
    pub result_hash: [u8; 32],
    /// The host's session hash.
    pub session_binding: String,
    /// Now.
    pub now: u64,
    /// A new token, where the host offers trusted browsers.
    pub trust: Option<NewTrust>,
    /// For the record.
    pub audit: AuditContext,
}
