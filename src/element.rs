//! Joins the widget to the custom element. The class itself is in `public/nidan/nidan-flow.js`:
//! wasm-bindgen cannot extend `HTMLElement`.

use leptos::mount::mount_to_renderer;
use nidan_flow::{Approve, Flow, Login, Manage};
use web_sys::HtmlElement;

use crate::render;
pub use crate::shell::Page;
use crate::shell::Shell;

/// Shows the set-up inside its host element until the handle is dropped.
pub fn mount(host: HtmlElement, page: Page) -> Box<dyn std::any::Any> {
    Box::new(mount_to_renderer(&host, move || {
        render::widget(Shell::<Flow>::start(page))
    }))
}

/// The same for a login.
pub fn mount_login(host: HtmlElement, page: Page) -> Box<dyn std::any::Any> {
    Box::new(mount_to_renderer(&host, move || {
        render::widget(Shell::<Login>::start(page))
    }))
}

/// The same for the page on which methods are managed, and for the one on which logins are approved: both
/// are for people who are signed in.
pub fn mount_manage(host: HtmlElement, page: Page) -> Box<dyn std::any::Any> {
    if page.approves() {
        return Box::new(mount_to_renderer(&host, move || {
            render::widget(Shell::<Approve>::start(page))
        }));
    }
    Box::new(mount_to_renderer(&host, move || {
        render::widget(Shell::<Manage>::start(page))
    }))
}
