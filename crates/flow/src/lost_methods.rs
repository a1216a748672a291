//! A phone that is lost, said at a login: what was on it goes out of use when something else lets the
//! person in.

use super::login::{LoginEffect, LoginMethod, LoginStep, SigningIn};

/// The methods that a person called lost, by their places in
/// [`LoginOpening::methods`](super::LoginOpening::methods). It holds the first 32, which is more than
/// anybody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub struct LostMethods(u32);

impl LostMethods {
    /// Whether the method at this place is among them.
    pub const fn has(self, place: usize) -> bool {
        place < u32::BITS as usize && self.0 >> place & 1 != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds the method at this place, or takes it out.
    pub const fn toggle(&mut self, place: usize) {
        if place < u32::BITS as usize {
            self.0 ^= 1 << place;
        }
    }
}

impl SigningIn {
    /// The methods that the person called lost.
    pub const fn lost(&self) -> LostMethods {
        self.lost
    }

    /// Their ids, each before a space; without the one at this place, which lets in: it is not lost.
    pub(super) fn lost_but(&self, way: Option<usize>) -> String {
        let mut ids = String::new();
        for (place, method) in self.opening.methods.iter().enumerate() {
            if self.lost.has(place) && Some(place) != way {
                ids.push_str(&method.id);
                ids.push(' ');
            }
        }
        ids
    }

    /// A phone is lost. Which of several methods was on it is asked; where there is one, it was, and
    /// a backup code is next.
    pub(super) fn lose(&mut self) -> Option<LoginEffect> {
        if self.opening.methods.len() > 1 {
            return self.leave_for(LoginStep::LostPicker);
        }
        self.lost.toggle(0);
        if self.lost.has(0) {
            self.clear_temporary();
            self.way = LoginMethod::Backup;
            return self.leave_for(LoginStep::Backup);
        }
        None
    }
}
