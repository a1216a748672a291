//! The entries of a person's record.

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

/// Whether the host is told of an entry about a wrong code. Of one login it is told of the first
/// wrong code alone, since every mistyping would be a message; of a suspension it is told always.
pub const fn tells_host_of(kind: EventKind, is_first_of_flow: bool) -> bool {
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
