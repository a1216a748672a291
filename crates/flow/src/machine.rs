//! What a shell needs to know of a state machine, whichever it is.

use nidan_protocol::ChallengeView;

use super::Now;

/// A pure state machine: a state, an event, the next state and what the shell shall do.
pub trait Machine: Sized + Send + Sync + 'static {
    /// What happens to it.
    type Event: 'static;
    /// What it asks for.
    type Effect;

    /// Before the first answer.
    fn loading() -> Self;

    /// The first thing to do.
    fn open() -> Self::Effect;

    /// The next state, and what is to be done.
    fn on(self, event: Self::Event, now: Now) -> (Self, Option<Self::Effect>);

    /// When the shell shall send which event by itself.
    fn retry(&self) -> Option<(Now, Self::Event)>;

    /// The code that the person waits for: its delivery status is worth watching.
    fn awaited(&self) -> Option<&ChallengeView>;

    /// Whether leaving now would lose something that the person cannot get back.
    fn would_lose(&self) -> bool;

    /// The browser read a code from a message (WebOTP); [`None`] where none is waited for.
    fn code_read(code: String) -> Option<Self::Event>;

    /// The delivery status of a message changed; [`None`] where none is sent.
    fn changed(challenge: Box<ChallengeView>) -> Option<Self::Event>;

    /// The flow's life is over.
    fn time_up() -> Self::Event;
}
