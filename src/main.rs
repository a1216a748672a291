//! The wasm module that pages load: a thin skin over the library. A program and not a `cdylib`
//! beside the library: cargo does not run link-time optimisation over a library of two kinds, and
//! that costs a third of the bytes.

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
    // A release traps without words: there is nothing that the hook could print.
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    Mounted {
        _handle: nidan::element::mount(host, page.unchecked_into()),
    }
}

fn main() {}
