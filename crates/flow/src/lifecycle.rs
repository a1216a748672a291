//! What every flow goes through: it is asked for, goes on, and ends.

use std::fmt;

use nidan_protocol::ChallengeView;

use super::{EndReason, Machine, Now, RequestError, ending_for};

/// The state of the widget. What happens while a flow goes on is its [`Stage`]'s.
pub enum Lifecycle<S> {
    /// The first answer is awaited.
    Loading,
    /// The service could not be reached at the start.
    Unavailable(RequestError),
    /// The person is on the way.
    Active(Box<S>),
    /// Over without a result.
    Ended(EndReason),
    /// Over, and the host has been notified.
    Completed,
}

/// What happens to the widget.
pub enum Event<S: Stage> {
    /// The service described the flow.
    Opened(Box<S::Opening>),
    /// The service described a flow that has nothing to do.
    NothingToDo,
    /// The service could not be asked, or refused.
    NotOpened(RequestError),
    /// "Try again", or "Start again".
    Again,
    /// The flow's life is over.
    TimeUp,
    /// Something on the way.
    On(S::Event),
}

/// What the shell shall do.
pub enum Effect<S: Stage> {
    /// Ask the service for the flow.
    Open,
    /// Ask the host for a new flow.
    Restart,
    /// Hand the result code to the host.
    Complete(String),
    /// Something of the way.
    Do(S::Effect),
}

/// Where an event on the way leads.
pub enum Outcome<S: Stage> {
    /// On, and what is to be done.
    Active(Box<S>, Option<S::Effect>),
    /// To an end without a result.
    Ended(EndReason),
    /// To a result code for the host.
    Completed(String),
}

/// What a person does between the first answer and the end.
pub trait Stage: Sized + Send + Sync + 'static {
    /// What the service says at the beginning.
    type Opening;
    /// What happens.
    type Event: 'static;
    /// What is asked for.
    type Effect;

    /// The beginning.
    fn begin(opening: Self::Opening) -> (Box<Self>, Option<Self::Effect>);

    /// Where an event leads.
    fn on(self: Box<Self>, event: Self::Event, now: Now) -> Outcome<Self>;

    /// Where it leads that the flow's life is over.
    fn time_up(self: Box<Self>) -> Outcome<Self>;

    /// Whether nothing is left to do but to begin again.
    fn is_over(&self) -> bool;

    /// When the shell shall send which event.
    fn retry(&self) -> Option<(Now, Self::Event)>;

    /// The code that the person waits for: its delivery status is worth watching.
    fn awaited(&self) -> Option<&ChallengeView>;

    /// Whether leaving now would lose something that the person cannot get back.
    fn would_lose(&self) -> bool;

    /// The browser read a code from a message; [`None`] where none is waited for.
    fn code_read(code: String) -> Option<Self::Event>;

    /// The delivery status of a message changed; [`None`] where none is sent.
    fn changed(challenge: Box<ChallengeView>) -> Option<Self::Event>;
}

impl<S: Stage> Outcome<S> {
    /// On, with nothing to do.
    pub(super) const fn stays(stage: Box<S>) -> Self {
        Self::Active(stage, None)
    }
}

impl<S> Lifecycle<S> {
    /// What belongs to the way; [`None`] before it begins and after it ends.
    pub const fn active(&self) -> Option<&S> {
        match self {
            Self::Active(stage) => Some(stage),
            Self::Loading | Self::Unavailable(_) | Self::Ended(_) | Self::Completed => None,
        }
    }
}

impl<S: Stage> Machine for Lifecycle<S> {
    type Event = Event<S>;
    type Effect = Effect<S>;

    fn loading() -> Self {
        Self::Loading
    }

    fn open() -> Effect<S> {
        Effect::Open
    }

    fn on(self, event: Event<S>, now: Now) -> (Self, Option<Effect<S>>) {
        match (self, event) {
            (Self::Loading, event) => on_loading(event),
            (Self::Active(stage), Event::On(event)) => after(stage.on(event, now)),
            (Self::Active(stage), Event::TimeUp) => after(stage.time_up()),
            (Self::Unavailable(_), Event::TimeUp) => (Self::Ended(EndReason::Expired), None),
            (Self::Unavailable(_), Event::Again) => (Self::Loading, Some(Effect::Open)),
            (Self::Ended(reason), Event::Again) => (Self::Ended(reason), Some(Effect::Restart)),
            (Self::Active(stage), Event::Again) if stage.is_over() => {
                (Self::Active(stage), Some(Effect::Restart))
            }
            // Answered already, or over: late news changes nothing.
            (
                state @ (Self::Unavailable(_) | Self::Active(_) | Self::Ended(_) | Self::Completed),
                Event::Opened(_)
                | Event::NothingToDo
                | Event::NotOpened(_)
                | Event::Again
                | Event::TimeUp
                | Event::On(_),
            ) => (state, None),
        }
    }

    fn retry(&self) -> Option<(Now, Event<S>)> {
        let (at, event) = self.active()?.retry()?;
        Some((at, Event::On(event)))
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        self.active()?.awaited()
    }

    fn would_lose(&self) -> bool {
        self.active().is_some_and(S::would_lose)
    }

    fn code_read(code: String) -> Option<Event<S>> {
        S::code_read(code).map(Event::On)
    }

    fn changed(challenge: Box<ChallengeView>) -> Option<Event<S>> {
        S::changed(challenge).map(Event::On)
    }

    fn time_up() -> Event<S> {
        Event::TimeUp
    }
}

fn on_loading<S: Stage>(event: Event<S>) -> (Lifecycle<S>, Option<Effect<S>>) {
    match event {
        Event::Opened(opening) => {
            let (stage, effect) = S::begin(*opening);
            (Lifecycle::Active(stage), effect.map(Effect::Do))
        }
        Event::NothingToDo => (Lifecycle::Ended(EndReason::AlreadyOn), None),
        Event::NotOpened(error) => match ending_for(error) {
            Some(reason) => (Lifecycle::Ended(reason), None),
            None => (Lifecycle::Unavailable(error), None),
        },
        Event::Again | Event::TimeUp | Event::On(_) => (Lifecycle::Loading, None),
    }
}

fn after<S: Stage>(outcome: Outcome<S>) -> (Lifecycle<S>, Option<Effect<S>>) {
    match outcome {
        Outcome::Active(stage, effect) => (Lifecycle::Active(stage), effect.map(Effect::Do)),
        Outcome::Ended(reason) => (Lifecycle::Ended(reason), None),
        Outcome::Completed(code) => (Lifecycle::Completed, Some(Effect::Complete(code))),
    }
}

/// Names the state and nothing in it: what people type is there.
impl<S: fmt::Debug> fmt::Debug for Lifecycle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loading => f.write_str("Loading"),
            Self::Unavailable(error) => f.debug_tuple("Unavailable").field(error).finish(),
            Self::Active(stage) => stage.fmt(f),
            Self::Ended(reason) => f.debug_tuple("Ended").field(reason).finish(),
            Self::Completed => f.write_str("Completed"),
        }
    }
}
