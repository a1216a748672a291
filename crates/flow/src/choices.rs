//! What is set up, what may be added to it, and the steps around that.

use nidan_protocol::{MethodClass, MethodKind, PHONES_MAX};

use super::{Enrolment, Step};

impl Enrolment {
    /// Whether an app is set up already.
    pub const fn has_app(&self) -> bool {
        self.app.is_some()
    }

    /// Whether anything is.
    pub(super) fn has_method(&self) -> bool {
        MethodKind::ALL.iter().any(|kind| match kind.class() {
            MethodClass::Otp => self.has_app(),
            MethodClass::OutOfBand(_) => !self.phones.is_empty(),
            MethodClass::Cryptographic => !self.passkeys.is_empty(),
        })
    }

    /// What may be added: an app once, phones and passkeys as many as the service takes.
    pub fn addable(&self) -> impl Iterator<Item = MethodKind> {
        let room = self.phones.len() < PHONES_MAX;
        let room_for_key = self.has_room_for_passkey();
        let fits = move |kind: &MethodKind| match kind.class() {
            MethodClass::Otp => !self.has_app(),
            MethodClass::OutOfBand(_) => room,
            MethodClass::Cryptographic => room_for_key,
        };
        self.opening.methods.iter().copied().filter(fits)
    }

    /// Whether such a method may be added.
    pub fn adds(&self, kind: MethodKind) -> bool {
        self.addable()
            .any(|addable| addable.as_str() == kind.as_str())
    }

    /// Whether something can stand beside the first method: another kind, or another number.
    fn has_choice(&self) -> bool {
        let methods = &self.opening.methods;
        let has_others = |kind: &MethodKind| match kind.class() {
            MethodClass::Otp => false,
            MethodClass::OutOfBand(_) | MethodClass::Cryptographic => true,
        };
        methods.len() > 1 || methods.iter().any(has_others)
    }

    /// The step after a method was proved: a second method is recommended, where there is one.
    pub(super) fn after_method(&self) -> Step {
        if self.has_choice() || self.opening.adds.is_some() {
            Step::Another
        } else {
            Step::SaveCodes { refused: None }
        }
    }

    /// To the step before the backup codes: what is set up, or the proof of the only method that
    /// there can be.
    pub(super) fn before_codes(&self) -> Step {
        match self.opening.methods.as_slice() {
            [only] if !self.has_choice() => match only.class() {
                MethodClass::Otp => Step::Confirm { refused: None },
                MethodClass::OutOfBand(_) | MethodClass::Cryptographic => Step::Another,
            },
            _several => Step::Another,
        }
    }

    /// To the step before a method: what is set up, or the choice.
    pub(super) fn before_method(&self) -> Step {
        if self.has_method() {
            Step::Another
        } else {
            Step::Method
        }
    }
}
