//! The widget as Leptos mounts it.

use leptos::reactive::effect::RenderEffect;
use leptos::tachys::renderer::{Rndr, types};
use leptos::tachys::view::{Mountable, Render};
use wasm_bindgen::JsCast as _;
use web_sys::Element;

use crate::shell::Callbacks;

/// The widget's element, the effect that keeps it in line with the state, and what the page calls
/// meanwhile.
pub(crate) struct Widget {
    element: Element,
    _follows: RenderEffect<()>,
    _callbacks: Callbacks,
}

impl Widget {
    pub(super) const fn new(
        element: Element,
        follows: RenderEffect<()>,
        callbacks: Callbacks,
    ) -> Self {
        Self {
            element,
            _follows: follows,
            _callbacks: callbacks,
        }
    }
}

impl Render for Widget {
    type State = Self;

    fn build(self) -> Self {
        self
    }

    fn rebuild(self, state: &mut Self) {
        Rndr::insert_node(
            &Rndr::get_parent(&state.element).map_or_else(
                || state.element.clone().unchecked_into(),
                |parent| parent.unchecked_into::<Element>(),
            ),
            &self.element,
            Some(&state.element),
        );
        state.element.remove();
        *state = self;
    }
}

impl Mountable for Widget {
    fn unmount(&mut self) {
        self.element.remove();
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        Rndr::insert_node(parent, &self.element, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let Some(parent) = self.element.parent_element() else {
            return false;
        };
        child.mount(&parent, Some(&self.element));
        true
    }

    fn elements(&self) -> Vec<types::Element> {
        vec![self.element.clone()]
    }
}
