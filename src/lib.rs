//! The two-step verification widget: `<nidan-flow>`.
//!
//! What it does is decided in `nidan_flow` and what it shows in `nidan_screens`, both tested without
//! a browser. Here `shell` performs what the state machines ask for, `render` draws the screens,
//! and `element` joins all to the custom element. See ARCHITECTURE.md.

pub mod qr;

/// What a wasm module exports, over one of [`element`]'s functions: a thin skin over the library.
///
/// A module is a program and not a `cdylib` beside the library: cargo does not run link-time
/// optimisation over a library of two kinds, and that costs a third of the bytes.
#[cfg(target_arch = "wasm32")]
#[macro_export]
macro_rules! module {
    ($mount:path) => {
        use wasm_bindgen::prelude::*;

        /// An allocator of a fifth of the standard one's bytes, in constant time. See decision 25.
        #[global_allocator]
        static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

        /// The widget on a page. Freeing it takes it off the page.
        #[wasm_bindgen]
        pub struct Mounted {
            _handle: Box<dyn std::any::Any>,
        }

        /// Shows the widget inside `host`.
        #[wasm_bindgen]
        pub fn mount(host: web_sys::HtmlElement, page: JsValue) -> Mounted {
            // A release traps without words: there is nothing that the hook could print.
            #[cfg(debug_assertions)]
            console_error_panic_hook::set_once();
            Mounted {
                _handle: $mount(host, page.unchecked_into()),
            }
        }
    };
}

#[cfg(target_arch = "wasm32")]
pub mod element;
#[cfg(target_arch = "wasm32")]
mod render;
#[cfg(target_arch = "wasm32")]
mod shell;
