//! The steps of an enrolment.

use std::sync::Arc;

use nidan_otp::{BackupCode, Code};
use nidan_protocol::{BackupGate, MethodClass, MethodKind, PHONES_MAX};

use super::{
    BackupRefusal, CodeRefusal, ConfirmedCode, ConfirmedFactors, Delivery, Effect, Event, Flow,
    Now, Opening, PendingSecret, PhoneEntry, Step, VerifiedPhone, ending_for,
};

/// A result code lives 60 seconds: one that is older than this is asked for again before it goes to
/// the host.
const RESULT_FRESH_S: u64 = 40;

/// An enrolment in progress: what was typed stays when the person goes back.
#[derive(Debug)]
pub struct Enrolment {
    /// What the service said.
    pub opening: Opening,
    /// The secret to come.
    pub draft: Arc<PendingSecret>,
    /// The code field.
    pub typed_code: String,
    /// The backup code field.
    pub typed_backup: String,
    /// "I have saved them".
    pub ticked: bool,
    /// Whether the last copy worked, where one was made on this screen.
    pub copied: Option<bool>,
    /// Whether the QR code is shown large.
    pub is_enlarged: bool,
    /// The phone number that is being typed.
    pub phone: PhoneEntry,
    /// The app's right code.
    pub(super) app: Option<Arc<ConfirmedCode>>,
    /// Verified numbers.
    pub phones: Vec<VerifiedPhone>,
    /// Wrong codes in a row.
    pub(super) wrong_codes: u32,
    /// The last of them, as it was typed.
    wrong_code: String,
    /// Where the person is.
    pub step: Step,
}

impl Enrolment {
    pub(super) fn new(opening: Opening, draft: PendingSecret) -> Self {
        let countries = opening.countries.clone();
        let country = countries.first().cloned().unwrap_or_default();
        Self {
            phone: PhoneEntry {
                countries,
                country,
                ..PhoneEntry::default()
            },
            app: None,
            phones: Vec::new(),
            opening,
            draft: Arc::new(draft),
            typed_code: String::new(),
            typed_backup: String::new(),
            ticked: false,
            copied: None,
            is_enlarged: false,
            wrong_codes: 0,
            wrong_code: String::new(),
            step: Step::Start,
        }
    }

    pub(super) const fn retry_at(&self) -> Option<Now> {
        match &self.step {
            Step::Posting {
                delivery: Delivery::Waiting { until, .. },
                ..
            } => Some(*until),
            _other => None,
        }
    }

    /// Whether the service has the enrolment.
    pub const fn is_stored(&self) -> bool {
        matches!(self.step, Step::Done { .. } | Step::Finishing { .. })
    }

    /// Whether the service has, or may have, the enrolment.
    pub(super) const fn may_be_stored(&self) -> bool {
        self.is_stored() || matches!(self.step, Step::Posting { .. })
    }

    pub(super) fn would_lose(&self) -> bool {
        matches!(
            self.step,
            Step::SaveCodes { .. } | Step::Posting { .. } | Step::Another
        )
    }

    /// Whether an app is set up already.
    pub const fn has_app(&self) -> bool {
        self.app.is_some()
    }

    /// Whether anything is.
    pub(super) const fn has_method(&self) -> bool {
        self.has_app() || !self.phones.is_empty()
    }

    /// What may be added: an app once, phones as many as the service takes.
    pub fn addable(&self) -> impl Iterator<Item = MethodKind> {
        let room = self.phones.len() < PHONES_MAX;
        let fits = move |kind: &MethodKind| match kind.class() {
            MethodClass::Otp => !self.has_app(),
            MethodClass::OutOfBand(_) => room,
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
        self.opening.methods.len() > 1
            || self
                .opening
                .methods
                .iter()
                .any(|kind| kind.class().channel().is_some())
    }

    /// The step after a method was proved: a second method is recommended, where there is one.
    pub(super) fn after_method(&self) -> Step {
        if self.has_choice() {
            Step::Another
        } else {
            Step::SaveCodes { refused: None }
        }
    }

    pub(super) fn on(mut self: Box<Self>, event: Event, now: Now) -> (Flow, Option<Effect>) {
        // The step is taken out and always put back: by the arms below, or by ending the flow.
        let step = std::mem::replace(&mut self.step, Step::Start);
        let before = std::mem::discriminant(&step);
        let (step, effect) = match step {
            step if let Event::Take(what) = event => (step, Some(Effect::Take(what))),
            step if let Event::Copied(worked) = event => {
                self.copied = Some(worked);
                (step, None)
            }
            Step::Start => plain(event, Step::Start, Step::Start, Step::Method),
            Step::Method => match event {
                Event::Choose(kind) => self.choose(kind),
                other => plain(other, Step::Method, Step::Start, Step::Method),
            },
            Step::GetApp => {
                let back = if self.has_method() {
                    Step::Another
                } else {
                    Step::Method
                };
                plain(event, Step::GetApp, back, Step::AddAccount)
            }
            Step::AddAccount if matches!(event, Event::Enlarge) => {
                self.is_enlarged = !self.is_enlarged;
                (Step::AddAccount, None)
            }
            Step::AddAccount => plain(
                event,
                Step::AddAccount,
                Step::GetApp,
                Step::Confirm { refused: None },
            ),
            Step::Confirm { refused } => self.on_confirm(event, refused, now),
            Step::Number { channel, asking } => match self.on_number(event, channel, asking) {
                Ok(next) => next,
                Err(ending) => return (Flow::Ended(ending), None),
            },
            Step::PhoneCode {
                challenge,
                asking,
                help,
            } => match self.on_phone_code(event, challenge, asking, help) {
                Ok(next) => next,
                Err(ending) => return (Flow::Ended(ending), None),
            },
            Step::Another => match event {
                Event::Choose(kind) => self.choose(kind),
                other => plain(
                    other,
                    Step::Another,
                    Step::Another,
                    Step::SaveCodes { refused: None },
                ),
            },
            Step::SaveCodes { refused } => self.on_save_codes(event, refused),
            Step::Posting { proof, delivery } => match self.on_posting(event, proof, delivery, now)
            {
                Ok(next) => next,
                Err(ending) => return (Flow::Ended(ending), None),
            },
            Step::Done {
                proof,
                answer,
                answered_at,
                trouble,
            } => match event {
                Event::Next if now.0.saturating_sub(answered_at.0) <= RESULT_FRESH_S => {
                    return (Flow::Completed, Some(Effect::Complete(answer.result_code)));
                }
                Event::Next => {
                    let again = Effect::Post(Arc::clone(&self.draft), Arc::clone(&proof));
                    (Step::Finishing { proof, answer }, Some(again))
                }
                _other => (
                    Step::Done {
                        proof,
                        answer,
                        answered_at,
                        trouble,
                    },
                    None,
                ),
            },
            Step::Finishing { proof, answer } => match event {
                Event::Answered(fresh) => {
                    return (Flow::Completed, Some(Effect::Complete(fresh.result_code)));
                }
                // Nobody answers: the person stays where they can try again, as the code at hand is
                // too old by now.
                Event::NotAnswered(trouble) if ending_for(trouble).is_none() => (
                    Step::Done {
                        proof,
                        answer,
                        answered_at: nidan_otp::UnixSeconds(0),
                        trouble: Some(trouble),
                    },
                    None,
                ),
                // It is stored all the same; the host learns that from the service, if not from
                // this code.
                Event::NotAnswered(_) => {
                    return (Flow::Completed, Some(Effect::Complete(answer.result_code)));
                }
                _other => (Step::Finishing { proof, answer }, None),
            },
        };
        if std::mem::discriminant(&step) != before {
            self.copied = None;
        }
        self.step = step;
        (Flow::Enrolling(self), effect)
    }

    fn on_confirm(
        &mut self,
        event: Event,
        refused: Option<CodeRefusal>,
        now: Now,
    ) -> (Step, Option<Effect>) {
        match event {
            Event::Back => (Step::AddAccount, None),
            Event::CodeTyped(typed) => {
                self.typed_code = typed;
                // Complete codes are checked by themselves; a half-typed one is no mistake yet.
                match Code::from_typed(&self.typed_code) {
                    Ok(code) => (self.check(code, now), None),
                    // The refusal of the last one goes, so that the next one is told again.
                    Err(_) => (Step::Confirm { refused: None }, None),
                }
            }
            Event::CodeSubmitted | Event::Next => match Code::from_typed(&self.typed_code) {
                Ok(code) => (self.check(code, now), None),
                Err(error) => (
                    Step::Confirm {
                        refused: Some(CodeRefusal::Shape(error)),
                    },
                    None,
                ),
            },
            _other => (Step::Confirm { refused }, None),
        }
    }

    fn check(&mut self, code: Code, now: Now) -> Step {
        match self.draft.check(code, now) {
            Ok(proof) => {
                self.wrong_codes = 0;
                self.typed_code.clear();
                self.app = Some(Arc::new(proof));
                self.after_method()
            }
            Err(code) => {
                // The same code once more is the same mistake.
                if self.wrong_code != self.typed_code {
                    self.wrong_codes += 1;
                    self.wrong_code.clone_from(&self.typed_code);
                }
                let wrong = CodeRefusal::Wrong {
                    times: self.wrong_codes,
                };
                let refused = self
                    .draft
                    .clock_error_s(&code, now)
                    .map_or(wrong, CodeRefusal::Clock);
                Step::Confirm {
                    refused: Some(refused),
                }
            }
        }
    }

    fn on_save_codes(
        &mut self,
        event: Event,
        refused: Option<BackupRefusal>,
    ) -> (Step, Option<Effect>) {
        match event {
            Event::Back if self.has_choice() => (Step::Another, None),
            Event::Back => (Step::Confirm { refused: None }, None),
            Event::BackupTyped(typed) => {
                self.typed_backup = typed;
                (Step::SaveCodes { refused: None }, None)
            }
            Event::SavedTicked(ticked) => {
                self.ticked = ticked;
                (Step::SaveCodes { refused: None }, None)
            }
            Event::Next => match self.gate() {
                Ok(()) => {
                    let proof = Arc::new(ConfirmedFactors {
                        app: self.app.clone(),
                        phones: self.phones.clone(),
                    });
                    let post = Effect::Post(Arc::clone(&self.draft), Arc::clone(&proof));
                    (
                        Step::Posting {
                            proof,
                            delivery: Delivery::Sending { failed: 0 },
                        },
                        Some(post),
                    )
                }
                Err(refusal) => (
                    Step::SaveCodes {
                        refused: Some(refusal),
                    },
                    None,
                ),
            },
            _other => (Step::SaveCodes { refused }, None),
        }
    }

    /// Whether the person showed that the codes are safe, in the way that the host asks for.
    fn gate(&self) -> Result<(), BackupRefusal> {
        match self.opening.backup_gate {
            BackupGate::Tick if self.ticked => Ok(()),
            BackupGate::Tick => Err(BackupRefusal::NotTicked),
            BackupGate::TypeOne => {
                let code =
                    BackupCode::from_typed(&self.typed_backup).map_err(BackupRefusal::Typo)?;
                if self.draft.backup_codes().contains(&code) {
                    Ok(())
                } else {
                    Err(BackupRefusal::Other)
                }
            }
        }
    }
}

/// A step that only goes on or back.
fn plain(event: Event, stay: Step, back: Step, next: Step) -> (Step, Option<Effect>) {
    let step = match event {
        Event::Next => next,
        Event::Back => back,
        _other => stay,
    };
    (step, None)
}
