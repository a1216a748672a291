//! The wasm module that pages load for a set-up.

#![cfg_attr(
    target_arch = "wasm32",
    allow(
        unsafe_code,
        reason = "#[wasm_bindgen] writes the export's glue with it"
    )
)]

#[cfg(target_arch = "wasm32")]
nidan::module!(nidan::element::mount);

fn main() {}
