//! A field of a one-time code that sends itself with its last digit.

use nidan_otp::{Code, CodeError};

/// What is typed of a code, and what was sent of it.
#[derive(Default)]
pub struct CodeEntry {
    typed: String,
    /// What was sent last: it is not sent again by itself.
    sent: String,
}

impl CodeEntry {
    /// A field that has a text already.
    pub(super) const fn holding(typed: String) -> Self {
        Self {
            typed,
            sent: String::new(),
        }
    }

    /// Exactly what was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The field changed.
    pub(super) fn edit(&mut self, typed: String) {
        self.typed = typed;
    }

    /// The field is empty again. What was sent stays known: it is not right the second time either.
    pub(super) fn clear(&mut self) {
        self.typed.clear();
    }

    /// The code in the field.
    ///
    /// # Errors
    /// When what is typed is no code.
    // Read in several places: as a copy in each of them a login would be over its weight.
    #[inline(never)]
    pub(super) fn read(&self) -> Result<Code, CodeError> {
        Code::from_typed(&self.typed)
    }

    /// Whether a whole code is in the field that was not sent in this form.
    pub(super) fn is_fresh(&self) -> bool {
        self.typed != self.sent && self.read().is_ok()
    }

    /// The code is on its way.
    pub(super) fn mark_sent(&mut self) {
        self.sent.clone_from(&self.typed);
    }
}
