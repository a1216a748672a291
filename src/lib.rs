//! The two-step verification widget: `<nidan-flow>`.
//!
//! What it does is decided in `nidan_flow` and what it shows in `nidan_screens`, both tested without
//! a browser. Here `shell` performs what the state machines ask for, `render` draws the screens,
//! and `element` joins all to the custom element. See ARCHITECTURE.md.

pub mod qr;

#[cfg(target_arch = "wasm32")]
pub mod element;
#[cfg(target_arch = "wasm32")]
mod render;
#[cfg(target_arch = "wasm32")]
mod shell;
