//! The wasm module of the page on which people manage what they have: a login's screens for the
//! proof, and its own. See `src/main.rs`.

#![cfg_attr(
    target_arch = "wasm32",
    allow(
        unsafe_code,
        reason = "#[wasm_bindgen] writes the export's glue with it"
    )
)]

#[cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::*;

/// An allocator of a fifth of the standard one's bytes, in constant time. See decision 25.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// The widget on a page. Freeing it takes it off the page.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen]
pub struct Mounted {
    _handle: Box<dyn std::any::Any>,
}

/// Shows the widget inside `host`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen]
pub fn mount(host: web_sys::HtmlElement, page: JsValue) -> Mounted {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    Mounted {
        _handle: nidan::element::mount_manage(host, page.unchecked_into()),
    }
}

fn main() {}
