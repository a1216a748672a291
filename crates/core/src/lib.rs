//! The service's rules, as pure functions.
//!
//! A database engine reads a *context* inside its transaction, asks here for the *decision*, and
//! writes the *changes* that come with it, still inside the transaction. Nothing here knows a
//! database, a clock, randomness or the network: all of it is an argument. Every rule is therefore
//! tested once and without a database, and an engine stores without deciding.
//!
//! ```text
//! engine:  load_context(transaction) ─▶ decide(&context, &input) ─▶ apply(transaction, &changes)
//! ```

pub mod approval;
pub mod attempt;
pub mod audit;
pub mod budget;
pub mod ceremony;
pub mod challenge;
pub mod delivery;
pub mod enrolment;
pub mod flow;
pub mod grace;
pub mod hold;
pub mod login;
pub mod manage;
pub mod redeem;
pub mod throttle;
pub mod trust;
