//! A function instead of markup, for applications: `mount(element, options, callbacks)`. It makes a
//! `<nidan-flow>` inside of an element. What it is given is read by serde; an option or a callback
//! that there is not is refused by its name.
//!
//! A module of its own, so that pages with markup do not load it.

#![cfg_attr(
    target_arch = "wasm32",
    allow(
        unsafe_code,
        reason = "#[wasm_bindgen] writes the exports' glue with it"
    )
)]

#[cfg(target_arch = "wasm32")]
mod widget;

fn main() {}
