//! A person's record: the events of the second factor, entry by entry, each chained to the one
//! before by a keyed hash.

use std::sync::Arc;

use nidan_protocol::{Authenticator, EventKind};

use crate::throttle::{DAY_S, SUSPENDED_AFTER};

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
    /// Why it was done, where somebody said so, and who of the host's support did it.
    pub support: Option<Support>,
    /// The keyed hash that chains this entry to the one before.
    pub hash: [u8; 32],
}

/// Why something was done, and who of the host's support did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// Who; [`None`] where the person did.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
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
    /// Why it is done, where somebody says so, and who of the host's support does it.
    pub support: Option<Support>,
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
            support: None,
            now,
        }
    }

    /// The same, with a reason.
    #[must_use]
    pub fn because(self, support: Support) -> Self {
        Self {
            support: Some(support),
            ..self
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
            support: self.support.clone(),
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

    /// The context of an entry of which the host is not notified, unless it should be.
    pub fn telling(&self, is_told: bool) -> Self {
        Self {
            tells_host: self.tells_host && is_told,
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
    let (seq, at) = (entry.seq.to_be_bytes(), entry.at.to_be_bytes());
    let mut parts = vec![
        before.as_slice(),
        host.as_bytes(),
        subject.as_bytes(),
        &seq,
        &at,
        entry.kind.as_str().as_bytes(),
        entry.method.map_or("", Authenticator::as_str).as_bytes(),
        text(&entry.hint),
        text(&entry.client_description),
        &count,
    ];
    // Entries of earlier versions have none, and keep their hash.
    if let Some(Support { by, reason }) = &entry.support {
        // Nobody of the support has an empty name.
        parts.extend([
            by.as_deref().unwrap_or_default().as_bytes(),
            reason.as_bytes(),
        ]);
    }
    chain.link(&parts)
}

/// The details of the entry about trust in browsers that was withdrawn; [`None`] where there was
/// none.
pub fn trust_revoked(browsers: u32) -> Option<AuditDetail> {
    (browsers > 0).then(|| AuditDetail {
        count: Some(browsers),
        ..AuditDetail::default()
    })
}

/// Of so many wrong codes of one person and day (UTC) each has an entry of its own. Nobody mistypes
/// that often; whoever has the password and types on would fill the record, and the person's mailbox
/// with notices until one about a real login is overlooked. From then on an entry sums up, each time
/// when they are twice as many.
pub const WRONG_CODES_EACH: u32 = 10;

/// The wrong codes of one person on one day, of whatever method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WrongCodes {
    /// Days since the Unix epoch.
    pub day: u64,
    /// How many on that day.
    pub count: u32,
}

impl WrongCodes {
    /// With one more at `now` (Unix seconds): on another day the first.
    #[must_use]
    pub const fn one_more(self, now: u64) -> Self {
        let day = now / DAY_S;
        let before = if self.day == day { self.count } else { 0 };
        Self {
            day,
            count: before.saturating_add(1),
        }
    }
}

/// A wrong try at a login, for the record.
#[derive(Debug, Clone)]
pub struct WrongCode {
    /// The authenticator that it was typed for.
    pub detail: AuditDetail,
    /// The wrong codes that it has had in a row with this one.
    pub in_a_row: u32,
}

impl WrongCode {
    /// The entries that it leaves, and of which the host is notified: of a login's first wrong code
    /// alone, since every mistyping would be a message. The try that suspends the method says so
    /// too.
    pub fn entries(
        &self,
        today: WrongCodes,
        is_first_of_flow: bool,
    ) -> Vec<(EventKind, AuditDetail, bool)> {
        let mut entries = Vec::new();
        if today.count <= WRONG_CODES_EACH {
            let wrong = AuditDetail {
                count: Some(self.in_a_row),
                ..self.detail.clone()
            };
            entries.push((EventKind::CodeWrong, wrong, is_first_of_flow));
        } else if today.count.is_multiple_of(WRONG_CODES_EACH)
            && (today.count / WRONG_CODES_EACH).is_power_of_two()
        {
            let sum = AuditDetail {
                count: Some(today.count),
                ..AuditDetail::default()
            };
            entries.push((EventKind::ManyCodesWrong, sum, true));
        }
        if self.in_a_row == SUSPENDED_AFTER {
            entries.push((EventKind::MethodSuspended, self.detail.clone(), true));
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fiftieth_wrong_code_suspends_and_no_other() {
        let kinds = |in_a_row| {
            let entries = wrong(in_a_row).entries(WrongCodes::default(), true);
            entries
                .into_iter()
                .map(|(kind, ..)| kind)
                .collect::<Vec<_>>()
        };
        let both = [EventKind::CodeWrong, EventKind::MethodSuspended];
        assert_eq!(kinds(49), [EventKind::CodeWrong]);
        assert_eq!(kinds(50), both);
        assert_eq!(kinds(51), [EventKind::CodeWrong]);
    }

    #[test]
    fn a_host_is_told_of_one_wrong_code_a_login_and_of_each_suspension() {
        let told = |is_first| {
            let entries = wrong(50).entries(WrongCodes::default(), is_first);
            entries
                .into_iter()
                .map(|(.., is_told)| is_told)
                .collect::<Vec<_>>()
        };
        assert_eq!(told(true), [true, true]);
        assert_eq!(told(false), [false, true]);
    }

    #[test]
    fn many_wrong_codes_of_a_day_are_summed_up() {
        let (mut today, mut entries) = (WrongCodes::default(), Vec::new());
        for _try in 0..1_000 {
            today = today.one_more(DAY_S);
            entries.extend(wrong(1).entries(today, true));
        }
        let sums: Vec<_> = entries
            .iter()
            .filter(|(kind, ..)| *kind == EventKind::ManyCodesWrong)
            .map(|(_, detail, is_told)| (detail.count, *is_told))
            .collect();
        let expected = [20, 40, 80, 160, 320, 640].map(|count| (Some(count), true));
        assert_eq!(sums, expected);
        assert_eq!(entries.len(), WRONG_CODES_EACH as usize + sums.len());
        assert_eq!(today.one_more(2 * DAY_S).count, 1, "another day");
    }

    /// Adds up what it is given, and where: enough to see that a part is in it.
    struct Sum;

    impl Chain for Sum {
        fn link(&self, parts: &[&[u8]]) -> [u8; 32] {
            let mut sum = [0_u8; 32];
            let bytes = parts.iter().flat_map(|part| part.iter().chain([&255]));
            for (place, byte) in bytes.enumerate() {
                let at = &mut sum[place % 32];
                *at = at.wrapping_mul(31).wrapping_add(*byte);
            }
            sum
        }
    }

    #[test]
    fn who_did_it_and_why_is_chained_and_entries_without_it_are_as_they_were() {
        let anna = Support {
            by: Some("Anna".to_owned()),
            reason: "lost".to_owned(),
        };
        let plain = AuditContext::new(Arc::new(Sum), false, None, DAY_S);
        let entry = |audit: AuditContext| {
            let (last, detail) = (LastEntry::default(), AuditDetail::default());
            audit.entry("shop", "u1", last, EventKind::MethodHeld, detail)
        };
        let is_intact =
            |entry: AuditEntry| is_intact(&Sum, "shop", "u1", LastEntry::default(), &[entry]);
        let held = entry(plain.clone().because(anna.clone()));
        assert!(is_intact(held.clone()));
        for support in [
            None,
            Some(Support {
                by: Some("Bob".to_owned()),
                ..anna.clone()
            }),
            Some(Support {
                reason: "found".to_owned(),
                ..anna
            }),
        ] {
            assert!(!is_intact(AuditEntry {
                support,
                ..held.clone()
            }));
        }
        assert!(is_intact(entry(plain)));
    }

    fn wrong(in_a_row: u32) -> WrongCode {
        WrongCode {
            detail: AuditDetail::default(),
            in_a_row,
        }
    }
}
