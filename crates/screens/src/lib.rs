//! What each state of the widget shows, as data and without a browser.
//!
//! A state machine of [`nidan_flow`] goes in, a [`Screen`] comes out: a list of blocks (texts,
//! fields, buttons), each with its action. Nothing else decides what a person
//! sees: the widget's renderer draws any screen and knows none. A screen follows from the state
//! alone, so that none can go stale.
//!
//! ```text
//! state ── screen() ──▶ blocks ── renderer ──▶ elements
//!   ▲                                             │
//!   └──── on(event) ◀── event() ◀── action ◀──────┘
//! ```

pub mod approve;
pub mod apps;
mod block;
#[cfg(test)]
mod catalogue_rules;
mod challenge;
mod draft;
pub mod login;
pub mod manage;
pub mod messages;
pub mod methods;
pub mod set_up;
mod shape;
#[cfg(test)]
mod situations;
#[cfg(test)]
mod testing;
pub mod typed;
#[cfg(test)]
mod walk;

pub use block::{Arg, Block, Content, Device, FocusScope, Input, Label, Screen, View, Words};
pub use shape::{Key, Shape};

use nidan_flow::Machine;

/// A state machine that has [screens](Screen).
pub trait Shows: Machine {
    /// Names every block that its [screens](Screen) can have.
    type Key: Key;
    /// Names everything that a person can do on them.
    type Action: Copy + PartialEq + 'static;
    /// What no other kind of content can show.
    type Special<'a>;

    /// Whether the first [screen](Screen) takes the focus, as on a page that is there for nothing
    /// else.
    const FOCUSES_AT_ONCE: bool;
    /// Whether its [screens](Screen) are so large, and change with every key, that plain words are
    /// worth remembering.
    const REMEMBERS_PLAIN_WORDS: bool;

    /// What is to be seen now.
    fn screen<'a>(&'a self, view: View<'a>) -> Screen<'a, Self>;

    /// What it means that a person did `action` on the block with this index.
    fn event(action: Self::Action, index: u8, input: Input) -> Self::Event;
}
