//! A person's record: the events of the second factor, entry by entry, each chained to the one
//! before by a keyed hash.

use std::sync::Arc;

use nidan_protocol::{Authenticator, EventKind};

use crate::throttle::SUSPENDED_AFTER;

/// The details of an entry, beside its kind. Nothing in them identifies more than the host's own id
/// of the person does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditDetail {
    /// The authenticator that the event is about.
    pub method: Option<Authenticator>,
    /// The last two digits of a phone number.
    pub hint: Option<String>,
    /// A number that belongs to the event: wrong codes in a row, backup codes left, browsers that
    /// are no longer trusted.
    pub count: Option<u32>,
}

/// An entry of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The number of the entry, from 1 on and without gaps.
    pub seq: u64,
    /// When it happened, in Unix seconds.
    pub at: u64,
    /// The kind of the event.
    pub kind: EventKind,
    /// The authenticator that the event is about.
    pub method: Option<Authenticator>,
    /// The last two digits of a phone number.
    pub hint: Option<String>,
    /// The host's description of the browser and the place.
    pub client_description: Option<String>,
    /// A number that belongs to the event.
    pub count: Option<u32>,
    /// The keyed hash that chains this entry to the one before.
    pub hash: [u8; 32],
}

/// The place of an entry in a record: what the next entry is chained to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastEntry {
    /// Its number; 0 before the first entry.
    pub seq: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl From<&AuditEntry> for LastEntry {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            seq: entry.seq,
            hash: entry.hash,
        }
    }
}

/// The keyed hash that chains entries.
pub trait Chain: Send + Sync {
    /// Returns the keyed hash of the parts, each with its length.
    fn link(&self, parts: &[&[u8]]) -> [u8; 32];
}

/// The context of entries for one host: what an engine needs to append an entry in the transaction
/// that makes it true.
#[derive(Clone)]
pub struct AuditContext {
    /// The keyed hash that chains the entries.
    pub chain: Arc<dyn Chain>,
    /// Whether the host wants to hear of what people should hear of.
    pub tells_host: bool,
    /// The host's description of the browser and the place.
    pub client_description: Option<String>,
    /// Now, in Unix seconds.
    pub now: u64,
}

impl std::fmt::Debug for AuditContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuditContext")
    }
}

impl AuditContext {
    /// Creates a context at one moment.
    pub const fn new(
        chain: Arc<dyn Chain>,
        tells_host: bool,
        client_description: Option<String>,
        now: u64,
    ) -> Self {
        Self {
            chain,
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
        last: LastEntry,
        kind: EventKind,
        detail: AuditDetail,
    ) -> AuditEntry {
        let AuditDetail {
            method,
            hint,
            count,
        } = detail;
        let client_description = self.client_description.clone();
        let entry = AuditEntry {
            seq: last.seq.saturating_add(1),
            at: self.now,
            kind,
            method,
            hint,
            client_description,
            count,
            hash: [0; 32],
        };
        AuditEntry {
            hash: link(&*self.chain, host, subject, &last.hash, &entry),
            ..entry
        }
    }

    /// Whether an entry of this kind becomes a notice to the host.
    pub const fn is_noticed(&self, kind: EventKind) -> bool {
        self.tells_host && kind.is_told()
    }

    /// The context of one of the entries that a wrong code leaves.
    pub fn of_wrong_code(&self, kind: EventKind, is_first_of_flow: bool) -> Self {
        Self {
            tells_host: self.tells_host && tells_host_of(kind, is_first_of_flow),
            ..self.clone()
        }
    }
}

/// Whether entries, oldest first, follow `before` without a gap and unchanged.
pub fn is_intact(
    chain: &dyn Chain,
    host: &str,
    subject: &str,
    before: LastEntry,
    entries: &[AuditEntry],
) -> bool {
    let follows = |last: Option<LastEntry>, entry: &AuditEntry| {
        let last = last?;
        let fits = entry.seq == last.seq + 1
            && entry.hash == link(chain, host, subject, &last.hash, entry);
        fits.then_some(entry.into())
    };
    entries.iter().fold(Some(before), follows).is_some()
}

fn link(
    chain: &dyn Chain,
    host: &str,
    subject: &str,
    before: &[u8; 32],
    entry: &AuditEntry,
) -> [u8; 32] {
    fn text(value: &Option<String>) -> &[u8] {
        value.as_deref().unwrap_or_default().as_bytes()
    }
    let count = entry.count.map_or(-1, i64::from).to_be_bytes();
    chain.link(&[
        before,
        host.as_bytes(),
        subject.as_bytes(),
        &entry.seq.to_be_bytes(),
        &entry.at.to_be_bytes(),
        entry.kind.as_str().as_bytes(),
        entry.method.map_or("", Authenticator::as_str).as_bytes(),
        text(&entry.hint),
        text(&entry.client_description),
        &count,
    ])
}

/// The details of the entry about trust in browsers that was withdrawn; [`None`] where there was
/// none.
pub fn trust_revoked(browsers: u32) -> Option<AuditDetail> {
    (browsers > 0).then(|| AuditDetail {
        count: Some(browsers),
        ..AuditDetail::default()
    })
}

/// The entries that a wrong code leaves in the record, given how many wrong codes in a row the
/// method has had with it. The one that suspends the method says so too.
pub fn wrong_code(detail: &AuditDetail, in_a_row: u32) -> Vec<(EventKind, AuditDetail)> {
    let wrong = AuditDetail {
        count: Some(in_a_row),
        ..detail.clone()
    };
    let mut entries = vec![(EventKind::CodeWrong, wrong)];
    if in_a_row == SUSPENDED_AFTER {
        entries.push((EventKind::MethodSuspended, detail.clone()));
    }
    entries
}

/// Whether the host is notified of an entry about a wrong code. Of one login it is notified of the
/// first wrong code alone, since every mistyping would be a message; of a suspension always.
const fn tells_host_of(kind: EventKind, is_first_of_flow: bool) -> bool {
    is_first_of_flow || !matches!(kind, EventKind::CodeWrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fiftieth_wrong_code_suspends_and_no_other() {
        let kinds = |in_a_row| {
            let entries = wrong_code(&AuditDetail::default(), in_a_row);
            entries
                .into_iter()
                .map(|(kind, _)| kind)
                .collect::<Vec<_>>()
        };
        let both = [EventKind::CodeWrong, EventKind::MethodSuspended];
        assert_eq!(kinds(49), [EventKind::CodeWrong]);
        assert_eq!(kinds(50), both);
        assert_eq!(kinds(51), [EventKind::CodeWrong]);
    }

    #[test]
    fn a_host_is_told_of_one_wrong_code_a_login_and_of_each_suspension() {
        assert!(tells_host_of(EventKind::CodeWrong, true));
        assert!(!tells_host_of(EventKind::CodeWrong, false));
        assert!(tells_host_of(EventKind::MethodSuspended, false));
    }
}
