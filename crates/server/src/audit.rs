//! A person's record: the events of the second factor, entry by entry, each chained to the one
//! before by a keyed hash.

use std::sync::Arc;

use nidan_core::audit::AuditDetail;
use nidan_protocol::{Authenticator, EventKind};

use crate::keys::{HashUse, Keys};

/// An entry of a record. Nothing in it identifies more than the host's own user id does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// From 1 on, without gaps.
    pub seq: u64,
    /// Unix seconds.
    pub at: u64,
    /// The kind of the event.
    pub kind: EventKind,
    /// The authenticator that it is about.
    pub method: Option<Authenticator>,
    /// The last two digits of a phone number.
    pub hint: Option<String>,
    /// The host's description of the browser and the place.
    pub client_description: Option<String>,
    /// A count that belongs to the event.
    pub count: Option<u32>,
    /// The keyed hash that chains this entry to the one before.
    pub hash: [u8; 32],
}

/// The context of entries for one host: what the store needs to append an entry in the transaction
/// that makes it true.
#[derive(Clone)]
pub struct AuditContext {
    pub(crate) keys: Arc<Keys>,
    /// Whether the host wants to hear of what people should hear of.
    pub tells_host: bool,
    /// The host's description of the browser and the place.
    pub client_description: Option<String>,
    /// Now, Unix seconds.
    pub now: u64,
}

impl std::fmt::Debug for AuditContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditContext")
    }
}

impl AuditContext {
    /// A context at one moment.
    pub const fn new(
        keys: Arc<Keys>,
        tells_host: bool,
        client_description: Option<String>,
        now: u64,
    ) -> Self {
        Self {
            keys,
            tells_host,
            client_description,
            now,
        }
    }

    /// Returns the next entry of a person's record, chained to the last one.
    pub fn entry(
        &self,
        host: &str,
        subject: &str,
        last: (u64, [u8; 32]),
        kind: EventKind,
        detail: AuditDetail,
    ) -> AuditEntry {
        let AuditDetail {
            method,
            hint,
            count,
        } = detail;
        let client_description = self.client_description.clone();
        let line = AuditEntry {
            seq: last.0.saturating_add(1),
            at: self.now,
            kind,
            method,
            hint,
            client_description,
            count,
            hash: [0; 32],
        };
        AuditEntry {
            hash: link(&self.keys, host, subject, &last.1, &line),
            ..line
        }
    }
}

/// Whether lines, oldest first, follow `before` without a gap and unchanged.
pub fn is_intact(
    keys: &Keys,
    host: &str,
    subject: &str,
    before: (u64, [u8; 32]),
    lines: &[AuditEntry],
) -> bool {
    let follows = |last: Option<(u64, [u8; 32])>, line: &AuditEntry| {
        let (seq, hash) = last?;
        let fits = line.seq == seq + 1 && line.hash == link(keys, host, subject, &hash, line);
        fits.then_some((line.seq, line.hash))
    };
    lines.iter().fold(Some(before), follows).is_some()
}

fn link(keys: &Keys, host: &str, subject: &str, before: &[u8; 32], line: &AuditEntry) -> [u8; 32] {
    fn text(value: &Option<String>) -> &[u8] {
        value.as_deref().unwrap_or_default().as_bytes()
    }
    let count = line.count.map_or(-1, i64::from).to_be_bytes();
    keys.hash(
        HashUse::Event,
        &[
            before,
            host.as_bytes(),
            subject.as_bytes(),
            &line.seq.to_be_bytes(),
            &line.at.to_be_bytes(),
            line.kind.as_str().as_bytes(),
            line.method.map_or("", Authenticator::as_str).as_bytes(),
            text(&line.hint),
            text(&line.client_description),
            &count,
        ],
    )
}
