//! The wasm module of the page on which people manage what they have: a login's screens for the
//! proof, and its own.

#![cfg_attr(
    target_arch = "wasm32",
    allow(
        unsafe_code,
        reason = "#[wasm_bindgen] writes the export's glue with it"
    )
)]

#[cfg(target_arch = "wasm32")]
nidan::module!(nidan::element::mount_manage);

fn main() {}
