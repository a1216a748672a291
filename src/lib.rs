//! The two-step verification widget: `<nidan-flow>`.
//!
//! `flow`, `qr`, `phone`, `apps` and `messages` know no browser; they decide and are tested
//! natively. `shell` performs what they ask for, `ui` shows it, `element` joins both to the custom
//! element. See ARCHITECTURE.md.

pub mod qr;

#[cfg(target_arch = "wasm32")]
pub mod element;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(target_arch = "wasm32")]
mod ui;
