//! Something new beside what there is: its set-up is a module of its own, which the page shows in
//! this one's place.

use nidan_protocol::{
    ChangeKind, ErrorCode, Intent, ManagedMethod, MethodClass, MethodKind, SetupKind,
};

use super::{
    ChangeRefusal, Done, Listed, ManageAnswer, ManageEffect, ManageOpening, ManageStep, Managing,
    ProofFor, Question,
};
use crate::lifecycle::Outcome;
use crate::{Now, RequestState};

/// Something that is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bookmarks", derive(serde::Serialize, serde::Deserialize))]
pub struct Addition {
    /// What it is.
    pub kind: SetupKind,
    /// The method whose place it takes.
    pub replaces: Option<String>,
    /// Whether that one works for another day. It does not where it is gone.
    pub keeps_old: bool,
}

/// What a person presses on the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewNav {
    /// Another method.
    Method,
    /// One of this kind.
    Kind(MethodKind),
    /// One in the place of the method on the screen.
    Replace,
    /// That one is still there.
    Kept,
    /// That one is gone.
    Gone,
    /// Backup codes.
    Codes,
}

impl Addition {
    const fn beside(kind: SetupKind) -> Self {
        Self {
            kind,
            replaces: None,
            keeps_old: true,
        }
    }

    /// What hosts hear it called (`nidan-changed`).
    pub const fn change(&self) -> &'static str {
        match self.done() {
            Done::Codes => ChangeKind::Codes.as_str(),
            Done::Replaced => ChangeKind::Replaced.as_str(),
            _a_method => ChangeKind::Added.as_str(),
        }
    }

    const fn done(&self) -> Done {
        match (self.kind, &self.replaces) {
            (SetupKind::BackupCodes, _) => Done::Codes,
            (SetupKind::Totp | SetupKind::Sms | SetupKind::Voice | SetupKind::Passkey, Some(_)) => {
                Done::Replaced
            }
            (SetupKind::Totp | SetupKind::Sms | SetupKind::Voice | SetupKind::Passkey, None) => {
                Done::Added
            }
        }
    }

    /// Whether what is new proves nothing of this, beside something older.
    pub(super) const fn wants_something_old(&self) -> bool {
        let is_of_codes = match self.kind {
            SetupKind::BackupCodes => true,
            SetupKind::Totp | SetupKind::Sms | SetupKind::Voice | SetupKind::Passkey => false,
        };
        is_of_codes || self.replaces.is_some()
    }

    /// The method that proves nothing of this: it is gone.
    pub(super) fn gone(&self) -> Option<&str> {
        self.replaces.as_deref().filter(|_| !self.keeps_old)
    }
}

const fn set_up_of(kind: MethodKind) -> SetupKind {
    match kind {
        MethodKind::Totp => SetupKind::Totp,
        MethodKind::Sms => SetupKind::Sms,
        MethodKind::Voice => SetupKind::Voice,
        MethodKind::Passkey => SetupKind::Passkey,
    }
}

impl Managing {
    /// The kinds of which one more may be added.
    pub fn addable(&self) -> &[MethodKind] {
        match &self.opening.account {
            Some(account) => &account.may.add,
            None => &[],
        }
    }

    /// Where the person came for something: there.
    pub(super) fn arrive_for(&mut self, intent: Intent) -> Option<ManageEffect> {
        let is_app = |kind: MethodKind| match kind.class() {
            MethodClass::Otp => true,
            MethodClass::OutOfBand(_) | MethodClass::Cryptographic => false,
        };
        let is_number = |kind: MethodKind| match kind.class() {
            MethodClass::OutOfBand(_) => true,
            MethodClass::Otp | MethodClass::Cryptographic => false,
        };
        match intent {
            Intent::Overview => None,
            Intent::NewPhone => self.replace_the_one(is_app),
            Intent::NewNumber => self.replace_the_one(is_number),
            Intent::NewApp => self.add(MethodKind::Totp),
            Intent::Lost => {
                let may_be = |place: &usize| self.may_be_lost(*place);
                let mut places = (0..self.methods().len()).filter(may_be);
                self.step = match (places.next(), places.next()) {
                    // One method: there is no question which one is lost.
                    (Some(place), None) => ManageStep::Asking(Question::Lost(place)),
                    (Some(_), Some(_)) => ManageStep::List(Listed::Lost),
                    (None, _) => ManageStep::Overview,
                };
                None
            }
            Intent::Codes => {
                self.step = ManageStep::Asking(Question::Codes);
                None
            }
            Intent::Check => {
                self.step = ManageStep::List(Listed::Check);
                None
            }
        }
    }

    /// The only one of a kind is replaced; of several the person says which, in the list, and of
    /// none there is one to add.
    fn replace_the_one(&mut self, is_kind: impl Fn(MethodKind) -> bool) -> Option<ManageEffect> {
        let methods = self.methods().iter().enumerate();
        let mut of_kind = methods.filter(|(_, one)| is_kind(one.kind) && one.retires_at.is_none());
        self.step = match (of_kind.next(), of_kind.next()) {
            (Some((place, _)), None) => ManageStep::Asking(Question::Replace(place)),
            (Some(_), Some(_)) => ManageStep::Overview,
            (None, _) => ManageStep::Kinds,
        };
        None
    }

    /// Whether the method at this place can be said to be lost.
    pub fn may_be_lost(&self, place: usize) -> bool {
        let method = self.methods().get(place);
        method.is_some_and(|method| !method.is_held_by_person && method.retires_at.is_none())
    }

    /// Whether the method at this place can be tried: it takes codes.
    pub fn may_be_tested(&self, place: usize) -> bool {
        let method = self.methods().get(place);
        method.is_some_and(|method| method.retires_at.is_none() && method.state.takes_codes())
    }

    /// Whether something is left that counts without the method at this place: else it cannot be
    /// replaced at once, as it is there no more to prove the new one.
    pub fn leaves_something(&self, place: usize) -> bool {
        let counts = |method: &ManagedMethod| {
            method.retires_at.is_none() && method.cooling_until.is_none() && method.state.lets_in()
        };
        let mut methods = self.methods().iter().enumerate();
        methods.any(|(other, method)| other != place && counts(method))
    }

    pub(super) fn go_adding(&mut self, to: NewNav) -> Option<ManageEffect> {
        match to {
            NewNav::Method => {
                if let [only] = *self.addable() {
                    return self.add(only);
                }
                self.move_to(ManageStep::Kinds);
                None
            }
            NewNav::Kind(kind) => self.add(kind),
            NewNav::Replace => {
                self.move_to(ManageStep::Asking(Question::Replace(self.place()?)));
                None
            }
            NewNav::Kept | NewNav::Gone => {
                let method = self.methods().get(self.place()?)?;
                let addition = Addition {
                    kind: set_up_of(method.kind),
                    replaces: Some(method.id.clone()),
                    keeps_old: to == NewNav::Kept,
                };
                Some(self.set_up(addition))
            }
            NewNav::Codes => {
                self.move_to(ManageStep::Asking(Question::Codes));
                None
            }
        }
    }

    fn add(&mut self, kind: MethodKind) -> Option<ManageEffect> {
        let may = self.addable().contains(&kind);
        may.then(|| self.set_up(Addition::beside(set_up_of(kind))))
    }

    pub(super) fn new_codes(&mut self) -> ManageEffect {
        self.set_up(Addition::beside(SetupKind::BackupCodes))
    }

    fn set_up(&mut self, addition: Addition) -> ManageEffect {
        self.move_to(ManageStep::Adding(Box::new(addition.clone())));
        ManageEffect::SetUp(addition)
    }

    /// What is set up, also while a factor is proved for it.
    fn adding(&self) -> Option<&Addition> {
        if let ManageStep::Adding(addition) = &self.step {
            return Some(addition);
        }
        match &self.proving()?.proof_for {
            ProofFor::Adding(addition) => Some(addition),
            ProofFor::Opening
            | ProofFor::Change(_)
            | ProofFor::Test(_)
            | ProofFor::TestAfter(_)
            | ProofFor::TurningOff
            | ProofFor::Report => None,
        }
    }

    /// The set-up waits for a factor to be proved.
    pub(super) fn on_proof_wanted(&mut self, refusal: ChangeRefusal) -> Option<ManageEffect> {
        let addition = Box::new(self.adding()?.clone());
        self.refusal = None;
        if ManageAnswer::code(&refusal) != Some(ErrorCode::Cooling) {
            return self.prove(ProofFor::Adding(addition));
        }
        // What proved it is too new: something older does, where there is something.
        self.refusal = Some(refusal);
        if self.has_something_older_than(addition.gone()) {
            return self.prove(ProofFor::Adding(addition));
        }
        self.step = ManageStep::Overview;
        Some(ManageEffect::EndSetUp)
    }

    /// It is stored. Where the person has gone on meanwhile they stay there.
    pub(super) fn on_added(&mut self, addition: &Addition, opening: ManageOpening) {
        let is_here = self.adding() == Some(addition);
        let known: Vec<_> = self.methods().iter().map(|one| one.id.clone()).collect();
        self.take(opening);
        self.has_changed = true;
        if !is_here {
            return;
        }
        self.asked = RequestState::Idle;
        self.refusal = None;
        self.step = self.name_of_two(&known).unwrap_or(ManageStep::Overview);
        self.done = Some((addition.done(), None));
    }

    /// Two apps differ by their names only.
    fn name_of_two(&self, known: &[String]) -> Option<ManageStep> {
        let is_new = |id: &String| !known.contains(id);
        let place = self.methods().iter().position(|one| is_new(&one.id))?;
        let new = self.methods().get(place)?;
        let is_alike = |kind: MethodKind| match (kind.class(), new.kind.class()) {
            (MethodClass::Otp, MethodClass::Otp) => true,
            (MethodClass::Otp | MethodClass::OutOfBand(_) | MethodClass::Cryptographic, _) => false,
        };
        let stays = |one: &&ManagedMethod| is_alike(one.kind) && one.retires_at.is_none();
        let alike = self.methods().iter().filter(stays);
        (alike.count() > 1 && new.name.is_none()).then_some(ManageStep::Naming {
            place,
            typed: String::new(),
        })
    }

    /// It is not: the person went back, or it was refused.
    pub(super) fn on_not_added(
        mut self: Box<Self>,
        refusal: Option<ChangeRefusal>,
        now: Now,
    ) -> Outcome<Self> {
        if self.adding().is_none() {
            return Outcome::stays(self);
        }
        self.step = ManageStep::Overview;
        match refusal {
            Some(refusal) => self.on_answer(ManageAnswer::Refused(refusal), now),
            None => Outcome::stays(self),
        }
    }
}
