//! The two places where the world comes in: time and randomness. Tests put their own there.

use std::time::{SystemTime, UNIX_EPOCH};

/// Wall-clock time.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;

    /// Seconds since the Unix epoch.
    fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }
}

/// A cryptographically secure random source.
pub trait Random: Send + Sync + 'static {
    /// Fills the whole buffer.
    ///
    /// # Errors
    /// When the operating system has no randomness to give; nothing may go on without it.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error>;
}

/// `N` random bytes.
///
/// # Errors
/// As [`Random::fill`].
pub fn random_bytes<const N: usize>(random: &dyn Random) -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}

/// The operating system's clock and random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct Os;

impl Clock for Os {
    #[expect(clippy::disallowed_methods, reason = "this is the clock seam")]
    fn now_ms(&self) -> u64 {
        // A clock before 1970 is 0: every code is then wrong and every flow refused, and the
        // start-up check says why.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
    }
}

impl Random for Os {
    #[expect(clippy::disallowed_methods, reason = "this is the randomness seam")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        getrandom::fill(bytes)
    }
}
