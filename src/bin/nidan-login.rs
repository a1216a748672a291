//! The wasm module that login pages load: what a login needs and nothing of the set-up.

#![cfg_attr(
    target_arch = "wasm32",
    allow(
        unsafe_code,
        reason = "#[wasm_bindgen] writes the export's glue with it"
    )
)]

#[cfg(target_arch = "wasm32")]
nidan::module!(nidan::element::mount_login);

fn main() {}
