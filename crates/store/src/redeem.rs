//! Result codes that hosts present, and what they get for them.

use std::collections::BTreeMap;

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
    /// The kinds of the methods that are in use, neither held nor about to retire: one for each.
    pub in_use: Vec<MethodKind>,
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
    /// The lifetime of the trust.
    pub lives: TrustLives,
}

/// For how long browsers are trusted, by the group that a person of the login was in.
#[derive(Debug, Clone, Default)]
pub struct TrustLives {
    /// In seconds, for people of no group; [`None`] where their browsers are not.
    pub without_group: Option<u64>,
    /// In seconds, by the groups whose people's browsers are.
    pub by_group: BTreeMap<String, u64>,
}

impl TrustLives {
    /// As many seconds, for everybody without a group.
    pub const fn without_groups(seconds: u64) -> Self {
        Self {
            without_group: Some(seconds),
            by_group: BTreeMap::new(),
        }
    }

    /// In seconds, for people of this group; [`None`] where their browsers are not trusted.
    pub fn of(&self, group: Option<&str>) -> Option<u64> {
        match group {
            None => self.without_group,
            Some(group) => self.by_group.get(group).copied(),
        }
    }
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
    /// A new token, where the host offers trusted browsers to anybody.
    pub trust: Option<NewTrust>,
    /// For the record.
    pub audit: AuditContext,
}
