//! What ends by time: pauses, and methods that were replaced.

use nidan_protocol::EventKind;

/// How long before its end people hear of it, in seconds.
pub const PAUSE_TOLD_BEFORE_S: u64 = 12 * 3_600;

/// A pause as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPause {
    /// Until when, in Unix seconds.
    pub until: u64,
    /// Whether people are still to hear of its end beforehand.
    pub tells_end: bool,
}

/// What a pause has come to.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseEvent {
    /// Nothing yet.
    None,
    /// It ends soon.
    Ending,
    /// It is over.
    Over,
}

impl PauseEvent {
    /// The entry that it leaves in the record; [`None`] where it leaves none.
    pub const fn event(self) -> Option<EventKind> {
        match self {
            Self::None => None,
            Self::Ending => Some(EventKind::PauseEnding),
            Self::Over => Some(EventKind::Resumed),
        }
    }
}

/// What a pause has come to at `now` (Unix seconds). Codes are asked for from its end on, whether
/// somebody has looked or not.
pub const fn of_pause(pause: StoredPause, now: u64) -> PauseEvent {
    if pause.until <= now {
        PauseEvent::Over
    } else if pause.tells_end && pause.until - now <= PAUSE_TOLD_BEFORE_S {
        PauseEvent::Ending
    } else {
        PauseEvent::None
    }
}

/// Whether a method that was replaced is gone at `now` (Unix seconds).
pub const fn has_retired(retires_at: Option<u64>, now: u64) -> bool {
    match retires_at {
        None => false,
        Some(at) => at <= now,
    }
}
