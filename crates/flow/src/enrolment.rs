//! The steps of an enrolment.

use std::fmt;
use std::sync::Arc;

use nidan_protocol::{ChallengeView, MethodClass, MethodKind};
use zeroize::Zeroizing;

use super::lifecycle::{Outcome, Stage};
use super::more_time::MoreTime;
use super::{
    CodeEntry, ConfirmedCode, Delivery, EndReason, Keepsake, MadePasskey, Now, Opening,
    PendingSecret, PhoneEntry, RequestError, RequestState, SetUpAnswer, SetUpEffect, SetUpEvent,
    SetUpInput, SetUpNav, Step, VerifiedPhone,
};

/// An enrolment in progress: what was typed stays when the person goes back.
pub struct Enrolment {
    /// What the service said.
    pub opening: Opening,
    /// The secret to come.
    pub draft: PendingSecret,
    /// The code field.
    pub code: CodeEntry,
    /// The backup code field.
    pub typed_backup: Zeroizing<String>,
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
    /// Passkeys that were made.
    pub passkeys: Vec<MadePasskey>,
    /// What the newest of them is to be called.
    pub passkey_name: String,
    /// Wrong codes in a row.
    pub(super) wrong_codes: u32,
    /// The last of them, as it was typed.
    pub(super) wrong_code: String,
    /// The request to put the set-up off.
    pub putting_off: RequestState<RequestError>,
    /// Whether it may have been put off all the same, where no answer came.
    pub(super) may_be_put_off: bool,
    /// Whether more time can be had.
    pub(super) more_time: MoreTime,
    /// Where the person is.
    pub step: Step,
}

impl Stage for Enrolment {
    type Opening = (Opening, PendingSecret);
    type Event = SetUpEvent;
    type Effect = SetUpEffect;

    fn begin((opening, draft): (Opening, PendingSecret)) -> (Box<Self>, Option<SetUpEffect>) {
        let countries = opening.countries.clone();
        let country = countries.first().cloned().unwrap_or_default();
        let phone = PhoneEntry {
            countries,
            home: opening.home.clone(),
            country,
            ..PhoneEntry::default()
        };
        let mut enrolment = Box::new(Self {
            phone,
            app: None,
            phones: Vec::new(),
            passkeys: Vec::new(),
            passkey_name: String::new(),
            opening,
            draft,
            code: CodeEntry::default(),
            typed_backup: Zeroizing::default(),
            ticked: false,
            copied: None,
            is_enlarged: false,
            wrong_codes: 0,
            wrong_code: String::new(),
            putting_off: RequestState::Idle,
            may_be_put_off: false,
            more_time: MoreTime::Unused,
            step: Step::Start,
        });
        let effect = enrolment.begin_one();
        (enrolment, effect)
    }

    fn on(mut self: Box<Self>, event: SetUpEvent, now: Now) -> Outcome<Self> {
        let before = self.place();
        self.note_use(&event);
        let effect = match event {
            SetUpEvent::Answer(SetUpAnswer::PutOff(answer)) => return self.on_put_off(answer),
            SetUpEvent::Answer(SetUpAnswer::Stored(answer)) => return self.on_stored(answer, now),
            SetUpEvent::Answer(SetUpAnswer::NotStored(error)) => {
                return self.on_not_stored(error, now);
            }
            SetUpEvent::Go(SetUpNav::Next) if self.is_done() => return self.finish(now),
            SetUpEvent::Extend => self.extend(),
            SetUpEvent::Look => self.look(),
            SetUpEvent::Answer(SetUpAnswer::Looked(error)) => match self.on_looked(error, now) {
                Ok(()) => None,
                Err(reason) => return Outcome::Ended(reason),
            },
            SetUpEvent::Answer(SetUpAnswer::Extended(end)) => match self.on_extended(end, now) {
                Ok(()) => None,
                Err(reason) => return Outcome::Ended(reason),
            },
            SetUpEvent::Answer(answer) => match self.on_phone_answer(answer) {
                Ok(effect) => effect,
                Err(reason) => return Outcome::Ended(reason),
            },
            SetUpEvent::Go(to) => self.go(to, now),
            SetUpEvent::Enter(input) => self.enter(input, now),
            SetUpEvent::Phone(wish) => self.on_phone_wish(wish),
            SetUpEvent::Take(what) => Some(SetUpEffect::Take(what)),
            SetUpEvent::Retry => self.retry_post(),
            SetUpEvent::Copied(what, worked) => {
                // A clipboard may ask first, and the person may go on meanwhile.
                if self.has(what) {
                    self.copied = Some(worked);
                }
                None
            }
        };
        let effect = effect.or_else(|| self.post_one());
        if self.place() != before {
            self.copied = None;
            self.is_enlarged = matches!(self.step, Step::AddAccount) && self.draft.fills_its_code();
        }
        Outcome::Active(self, effect)
    }

    /// While the final post is on its way nobody here knows whether it is stored: the service tells.
    fn time_up(self: Box<Self>) -> Outcome<Self> {
        if self.is_stored() || matches!(self.step, Step::Posting { .. }) {
            Outcome::stays(self)
        } else {
            Outcome::Ended(EndReason::Expired)
        }
    }

    fn is_over(&self) -> bool {
        false
    }

    fn retry(&self) -> Option<(Now, SetUpEvent)> {
        let Step::Posting {
            delivery: Delivery::Waiting { until, .. },
            ..
        } = &self.step
        else {
            if let Step::OnPhone { look_at } = &self.step {
                return look_at.map(|at| (at, SetUpEvent::Look));
            }
            return self.extends_at().map(|at| (at, SetUpEvent::Extend));
        };
        Some((*until, SetUpEvent::Retry))
    }

    fn awaited(&self) -> Option<&ChallengeView> {
        let Step::PhoneCode { challenge, .. } = &self.step else {
            return None;
        };
        Some(challenge)
    }

    fn would_lose(&self) -> bool {
        matches!(
            self.step,
            Step::SaveCodes { .. }
                | Step::Posting { .. }
                | Step::Another
                | Step::PasskeyName { .. }
        )
    }

    fn code_read(code: String) -> Option<SetUpEvent> {
        Some(SetUpEvent::Enter(SetUpInput::Code(code)))
    }

    fn changed(challenge: Box<ChallengeView>) -> Option<SetUpEvent> {
        Some(SetUpEvent::Answer(SetUpAnswer::Changed(challenge)))
    }
}

impl Enrolment {
    /// Tells screens apart: what was said of a copy is said on its own screen only.
    const fn place(&self) -> (std::mem::Discriminant<Step>, bool) {
        let is_helping = match &self.step {
            Step::PhoneCode { is_helping, .. } => *is_helping,
            Step::Start
            | Step::OnPhone { .. }
            | Step::Method
            | Step::GetApp
            | Step::AddAccount
            | Step::Confirm { .. }
            | Step::Number { .. }
            | Step::Passkey { .. }
            | Step::PasskeyName { .. }
            | Step::Another
            | Step::SaveCodes { .. }
            | Step::Posting { .. }
            | Step::Done { .. }
            | Step::Finishing { .. } => false,
        };
        (std::mem::discriminant(&self.step), is_helping)
    }

    /// Whether the screen has something to take along.
    const fn has(&self, what: Keepsake) -> bool {
        match what {
            Keepsake::CopyOfKey => matches!(self.step, Step::AddAccount),
            Keepsake::CopyOfBackupCodes
            | Keepsake::FileOfBackupCodes
            | Keepsake::PrintOfBackupCodes => matches!(self.step, Step::SaveCodes { .. }),
        }
    }

    /// Whether the service has the enrolment.
    pub const fn is_stored(&self) -> bool {
        matches!(self.step, Step::Done { .. } | Step::Finishing { .. })
    }

    const fn is_done(&self) -> bool {
        matches!(self.step, Step::Done { .. })
    }

    fn go(&mut self, to: SetUpNav, now: Now) -> Option<SetUpEffect> {
        match to {
            SetUpNav::Next => self.next(now),
            SetUpNav::Back if self.is_first_of_one() => Some(SetUpEffect::Leave),
            SetUpNav::Back => {
                self.go_back();
                None
            }
            SetUpNav::Enlarge => {
                self.is_enlarged = !self.is_enlarged;
                None
            }
            SetUpNav::ToPhone => {
                self.show_phone(now);
                None
            }
            SetUpNav::Later => self.put_off(),
            SetUpNav::Choose(kind) => match self.step {
                Step::Method
                | Step::GetApp
                | Step::Confirm { .. }
                | Step::Another
                | Step::Passkey { .. }
                | Step::PhoneCode { .. } => self.choose(kind),
                Step::Start
                | Step::OnPhone { .. }
                | Step::AddAccount
                | Step::Number { .. }
                | Step::PasskeyName { .. }
                | Step::SaveCodes { .. }
                | Step::Posting { .. }
                | Step::Done { .. }
                | Step::Finishing { .. } => None,
            },
        }
    }

    fn next(&mut self, now: Now) -> Option<SetUpEffect> {
        match &mut self.step {
            Step::Start => {
                self.step = Step::Method;
                return self.look_whether_put_off();
            }
            Step::GetApp => self.step = Step::AddAccount,
            Step::AddAccount => self.step = Step::Confirm { refused: None },
            Step::Another => self.step = Step::SaveCodes { refused: None },
            Step::Confirm { .. } => self.confirm(now),
            Step::Number { channel, .. } => {
                let channel = *channel;
                return self.order_confirmed(channel);
            }
            Step::PhoneCode {
                is_helping: true, ..
            } => {}
            Step::PhoneCode { .. } => return self.answer(),
            Step::SaveCodes { .. } => return self.save(),
            Step::Passkey { .. } => return self.make_passkey(),
            Step::PasskeyName { .. } => self.name_passkey(),
            Step::OnPhone { .. }
            | Step::Method
            | Step::Posting { .. }
            | Step::Done { .. }
            | Step::Finishing { .. } => {}
        }
        None
    }

    fn go_back(&mut self) {
        if let Step::PhoneCode { is_helping, .. } = &mut self.step
            && std::mem::take(is_helping)
        {
            return;
        }
        self.step = match &self.step {
            Step::Method | Step::OnPhone { .. } => Step::Start,
            Step::GetApp | Step::Number { .. } | Step::Passkey { .. } => self.before_method(),
            Step::AddAccount => Step::GetApp,
            Step::Confirm { .. } => Step::AddAccount,
            Step::SaveCodes { .. } => self.before_codes(),
            // The number is typed again; what was typed stays.
            Step::PhoneCode { challenge, .. } => Step::number(challenge.channel),
            // It is made: without its name it would be lost.
            Step::PasskeyName { .. }
            | Step::Start
            | Step::Another
            | Step::Posting { .. }
            | Step::Done { .. }
            | Step::Finishing { .. } => return,
        };
    }

    /// To the first screen of a method.
    pub(super) fn choose(&mut self, kind: MethodKind) -> Option<SetUpEffect> {
        match kind.class() {
            MethodClass::Otp => {
                self.step = Step::GetApp;
                None
            }
            MethodClass::OutOfBand(channel) => self.enter_number(channel),
            MethodClass::Cryptographic => {
                self.step = Step::Passkey {
                    asking: RequestState::Idle,
                };
                None
            }
        }
    }

    fn enter(&mut self, input: SetUpInput, now: Now) -> Option<SetUpEffect> {
        match (input, &mut self.step) {
            (SetUpInput::Code(typed), Step::Confirm { refused }) => {
                // The refusal of the last one goes, so that the next one is told again.
                *refused = None;
                self.code.edit(typed);
                // Complete codes are checked by themselves; a half-typed one is no mistake yet.
                if self.code.read().is_ok() {
                    self.confirm(now);
                }
                None
            }
            (SetUpInput::Code(typed), Step::PhoneCode { .. }) => {
                self.code.edit(typed);
                self.code_edited()
            }
            (SetUpInput::Backup(typed), Step::SaveCodes { refused }) => {
                *refused = None;
                self.typed_backup = Zeroizing::new(typed);
                None
            }
            (SetUpInput::Saved(ticked), Step::SaveCodes { refused }) => {
                *refused = None;
                self.ticked = ticked;
                None
            }
            (
                input @ (SetUpInput::Number(_)
                | SetUpInput::Name(_)
                | SetUpInput::CountrySearch(_)
                | SetUpInput::Country(_)),
                Step::Number { .. },
            ) => {
                self.enter_phone(input);
                None
            }
            (SetUpInput::Name(typed), Step::PasskeyName { .. }) => {
                self.passkey_name = typed;
                None
            }
            // Of a field that is gone.
            (
                SetUpInput::Code(_)
                | SetUpInput::Backup(_)
                | SetUpInput::Saved(_)
                | SetUpInput::Number(_)
                | SetUpInput::Name(_)
                | SetUpInput::CountrySearch(_)
                | SetUpInput::Country(_),
                _,
            ) => None,
        }
    }
}

/// Names the step and nothing in it: codes and numbers are typed there.
impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            Step::Start => "Start",
            Step::OnPhone { .. } => "OnPhone",
            Step::Method => "Method",
            Step::GetApp => "GetApp",
            Step::AddAccount => "AddAccount",
            Step::Confirm { .. } => "Confirm",
            Step::Number { .. } => "Number",
            Step::PhoneCode { .. } => "PhoneCode",
            Step::Passkey { .. } => "Passkey",
            Step::PasskeyName { .. } => "PasskeyName",
            Step::Another => "Another",
            Step::SaveCodes { .. } => "SaveCodes",
            Step::Posting { .. } => "Posting",
            Step::Done { .. } => "Done",
            Step::Finishing { .. } => "Finishing",
        })
    }
}
