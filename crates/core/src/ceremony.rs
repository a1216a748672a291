//! Ceremonies of passkeys ([WebAuthn Level 3 §7](https://www.w3.org/TR/webauthn-3/#sctn-rp-operations)):
//! how long a challenge lives, how often it is answered, and what a key's counter says.

use nidan_protocol::CeremonyKind;

use crate::attempt::OutOfUse;

/// How long a challenge may be answered, in seconds: [WebAuthn Level 3
/// §15.1](https://www.w3.org/TR/webauthn-3/#sctn-timeout-recommended-range) recommends 300 where the
/// person is verified. Somebody may have to look for a key first.
pub const CEREMONY_LIVES_S: u64 = 300;
/// Ceremonies of one flow that wait for an answer; a further one ends the oldest.
pub const CEREMONIES_MAX: usize = 5;

/// A ceremony, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCeremony {
    /// Its id: opaque.
    pub id: String,
    /// What it is for.
    pub kind: CeremonyKind,
    /// What the service keeps of it: the challenge, and what may answer it. Opens only for its own
    /// row.
    pub sealed_state: Vec<u8>,
    /// When its challenge ends, in Unix seconds.
    pub expires_at: u64,
    /// Whether it was answered, rightly or wrongly.
    pub is_used: bool,
}

/// A passkey of the person, as far as an attempt depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPasskey {
    /// The method's id.
    pub method_id: String,
    /// What keeps it from counting, whatever it answers.
    pub out_of_use: OutOfUse,
    /// The signature counter after its last answer.
    pub counter: u32,
}

/// Why a ceremony cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyRefusal {
    /// The flow has none of that id, or it is for something else.
    Unknown,
    /// It was answered before.
    Used,
    /// Its time is over.
    Expired,
}

/// Gives out a ceremony to be answered, once.
///
/// # Errors
/// The reason for which it cannot be.
pub fn take(
    ceremony: Option<StoredCeremony>,
    kind: CeremonyKind,
    now: u64,
) -> Result<StoredCeremony, CeremonyRefusal> {
    let ceremony = ceremony.filter(|ceremony| ceremony.kind == kind);
    let ceremony = ceremony.ok_or(CeremonyRefusal::Unknown)?;
    if ceremony.is_used {
        return Err(CeremonyRefusal::Used);
    }
    if ceremony.expires_at <= now {
        return Err(CeremonyRefusal::Expired);
    }
    Ok(ceremony)
}

/// Whether a key's signature counter says that there are two of it ([WebAuthn Level 3
/// §6.1.1](https://www.w3.org/TR/webauthn-3/#sctn-sign-counter)): it did not rise. A key that never
/// counts says nothing, and neither does one that its maker copies to the person's other devices.
pub const fn shows_a_copy(stored: u32, brought: u32, is_backed_up: bool) -> bool {
    let counts = stored != 0 || brought != 0;
    counts && !is_backed_up && brought <= stored
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn ceremony() -> StoredCeremony {
        StoredCeremony {
            id: "c".to_owned(),
            kind: CeremonyKind::Get,
            sealed_state: Vec::new(),
            expires_at: NOW + 1,
            is_used: false,
        }
    }

    #[test]
    fn a_ceremony_is_answered_once_in_its_time_and_for_what_it_was_made() {
        let check = |ceremony: Option<StoredCeremony>, kind, expected| {
            let taken = take(ceremony, kind, NOW).map(|ceremony| ceremony.id);
            assert_eq!(taken, expected);
        };
        check(Some(ceremony()), CeremonyKind::Get, Ok("c".to_owned()));
        check(None, CeremonyKind::Get, Err(CeremonyRefusal::Unknown));
        let other = Err(CeremonyRefusal::Unknown);
        check(Some(ceremony()), CeremonyKind::Create, other);
        let used = StoredCeremony {
            is_used: true,
            ..ceremony()
        };
        check(Some(used), CeremonyKind::Get, Err(CeremonyRefusal::Used));
        let over = StoredCeremony {
            expires_at: NOW,
            ..ceremony()
        };
        check(Some(over), CeremonyKind::Get, Err(CeremonyRefusal::Expired));
    }

    #[test]
    fn a_counter_that_does_not_rise_shows_a_copy_of_a_key_that_is_not_copied_by_its_maker() {
        for (stored, brought, is_backed_up, expected) in [
            (0, 0, false, false),
            (0, 1, false, false),
            (4, 5, false, false),
            (5, 5, false, true),
            (5, 4, false, true),
            (5, 0, false, true),
            (5, 4, true, false),
            (5, 0, true, false),
        ] {
            let shows = shows_a_copy(stored, brought, is_backed_up);
            assert_eq!(shows, expected, "{stored} {brought} {is_backed_up}");
        }
    }
}
