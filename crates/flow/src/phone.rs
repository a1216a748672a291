//! A phone number and its code, as the person does something about them: typed, ordered, sent again.

use nidan_otp::fold;
use nidan_protocol::{CallConfirmation, Channel};

use super::{
    Enrolment, OrderedNumber, PhoneRefusal, PhoneWish, RequestState, SetUpEffect, SetUpInput, Step,
};
use crate::regions::NumberError;

impl Enrolment {
    /// The state of the latest request about a number or its code; [`None`] on other steps.
    pub(super) const fn asking(&mut self) -> Option<&mut RequestState<PhoneRefusal>> {
        match &mut self.step {
            Step::Number { asking, .. } | Step::PhoneCode { asking, .. } => Some(asking),
            Step::Start
            | Step::OnPhone { .. }
            | Step::Method
            | Step::GetApp
            | Step::AddAccount
            | Step::Confirm { .. }
            | Step::Passkey { .. }
            | Step::PasskeyName { .. }
            | Step::Another
            | Step::SaveCodes { .. }
            | Step::Posting { .. }
            | Step::Done { .. }
            | Step::Finishing { .. } => None,
        }
    }

    pub(super) fn waits(&mut self) -> bool {
        self.asking()
            .is_some_and(|asking| *asking == RequestState::Waiting)
    }

    /// The answer is awaited: a second press sends nothing.
    fn wait(&mut self) {
        if let Some(asking) = self.asking() {
            *asking = RequestState::Waiting;
        }
    }

    pub(super) fn refuse(&mut self, refusal: PhoneRefusal) {
        if let Some(asking) = self.asking() {
            *asking = RequestState::Refused(refusal);
        }
    }

    /// To the number of a phone; the table of regions is fetched once.
    pub(super) fn enter_number(&mut self, channel: Channel) -> Option<SetUpEffect> {
        self.step = Step::number(channel);
        let is_missing = self.phone.regions.is_none();
        is_missing.then_some(SetUpEffect::LoadRegions)
    }

    /// What is typed takes a refusal away, and never the mark of a question that is still on its
    /// way.
    fn edited(&mut self) {
        // A press that waits for the table is taken back: what is typed now is not what was meant.
        let is_ordered = self.phone.regions.is_some();
        if let Some(asking) = self.asking()
            && !(*asking == RequestState::Waiting && is_ordered)
        {
            *asking = RequestState::Idle;
        }
    }

    /// The fields around a number.
    pub(super) fn enter_phone(&mut self, input: SetUpInput) {
        match input {
            SetUpInput::Number(typed) => {
                self.phone.typed = typed;
                self.phone.read();
                self.edited();
            }
            SetUpInput::Country(country) => {
                self.phone.choose(country);
                self.edited();
            }
            SetUpInput::CountrySearch(search) => {
                self.phone.search = search;
                self.phone.searches += 1;
            }
            SetUpInput::Name(name) => self.phone.name = name,
            SetUpInput::Code(_) | SetUpInput::Backup(_) | SetUpInput::Saved(_) => {}
        }
    }

    /// Orders a code for the number in the field; a call asks for digits first.
    pub(super) fn order_confirmed(&mut self, channel: Channel) -> Option<SetUpEffect> {
        if self.waits() {
            return None;
        }
        self.phone.call_confirmation = CallConfirmation::Digits;
        self.order(channel)
    }

    /// Orders a code for the number in the field.
    pub(super) fn order(&mut self, channel: Channel) -> Option<SetUpEffect> {
        self.step = Step::Number {
            channel,
            asking: RequestState::Waiting,
        };
        let Some(regions) = &self.phone.regions else {
            return Some(SetUpEffect::LoadRegions);
        };
        // What the person has seen of the service's reading is not read again.
        let proposed = self.phone.proposed.as_ref();
        if let Some((_, e164)) = proposed.filter(|(shown, _)| *shown == self.phone.typed) {
            self.phone.ordered = Some(OrderedNumber {
                typed: self.phone.typed.clone(),
                country: self.phone.country.clone(),
                e164: e164.clone(),
                iso: self.phone.country.clone(),
            });
            return self.order_again(channel);
        }
        match regions.read(&self.phone.typed, &self.phone.country) {
            Ok(number) if self.phones.iter().any(|phone| phone.e164 == number.e164) => {
                self.refuse(PhoneRefusal::Number(NumberError::Known));
                None
            }
            Ok(number) => {
                self.phone.ordered = Some(OrderedNumber {
                    typed: self.phone.typed.clone(),
                    country: self.phone.country.clone(),
                    e164: number.e164,
                    iso: number.iso,
                });
                self.order_again(channel)
            }
            Err(
                error @ (NumberError::Empty
                | NumberError::TooShort
                | NumberError::CodeTwice
                | NumberError::Known),
            ) => {
                self.refuse(PhoneRefusal::Number(error));
                None
            }
            Err(error @ NumberError::NotDigits) if !is_like_a_number(&self.phone.typed) => {
                self.refuse(PhoneRefusal::Number(error));
                None
            }
            // The table is small. The service knows every country's ways of writing, sends nothing
            // to a number that was not shown, and answers how it reads it.
            Err(
                NumberError::NotDigits
                | NumberError::TooLong
                | NumberError::CountryUnknown
                | NumberError::Extension,
            ) => {
                self.phone.ordered = Some(OrderedNumber {
                    country: self.phone.country.clone(),
                    e164: String::new(),
                    iso: self.phone.country.clone(),
                    typed: self.phone.typed.clone(),
                });
                self.order_again(channel)
            }
        }
    }

    /// The order for the number that was read last: never read again, so that a call goes where the
    /// text went.
    fn order_again(&mut self, channel: Channel) -> Option<SetUpEffect> {
        let number = self.phone.ordered.clone()?;
        self.wait();
        Some(SetUpEffect::Order {
            number,
            channel,
            confirmation: self.phone.call_confirmation,
        })
    }

    pub(super) fn on_phone_wish(&mut self, wish: PhoneWish) -> Option<SetUpEffect> {
        let waits = self.waits();
        match (&mut self.step, wish) {
            (Step::Number { .. }, PhoneWish::Switch(channel)) => self.order_confirmed(channel),
            (Step::Number { .. }, PhoneWish::CallUnconfirmed) if !waits => {
                self.phone.call_confirmation = CallConfirmation::None;
                self.order(Channel::Voice)
            }
            (Step::Number { .. }, PhoneWish::OtherCountry) => {
                if let Some(country) = self.phone.other.take() {
                    self.enter_phone(SetUpInput::Country(country));
                }
                None
            }
            (Step::PhoneCode { challenge, .. }, PhoneWish::Resend) if !waits => {
                let resend = SetUpEffect::Resend(challenge.id.clone());
                self.wait();
                Some(resend)
            }
            // The code that is awaited goes on until the new one is on its way.
            (Step::PhoneCode { is_helping, .. }, PhoneWish::Switch(channel)) if !waits => {
                *is_helping = false;
                self.phone.call_confirmation = CallConfirmation::Digits;
                self.order_again(channel)
            }
            (Step::PhoneCode { challenge, .. }, PhoneWish::Renew) if !waits => {
                let channel = challenge.channel;
                self.phone.call_confirmation = challenge.call_confirmation();
                self.order_again(channel)
            }
            (Step::PhoneCode { challenge, .. }, PhoneWish::ChangeNumber) => {
                self.step = Step::number(challenge.channel);
                None
            }
            (
                Step::PhoneCode {
                    challenge,
                    asking,
                    is_helping,
                },
                PhoneWish::Help,
            ) => {
                *is_helping = true;
                let channel = challenge.channel;
                if !waits {
                    *asking = RequestState::Idle;
                }
                let ordered = self.phone.ordered.as_ref();
                let country = ordered.map(|number| number.iso.clone());
                Some(SetUpEffect::ShowHelp(country.unwrap_or_default(), channel))
            }
            // Pressed twice, or of a screen that is gone.
            (
                _,
                PhoneWish::Switch(_)
                | PhoneWish::CallUnconfirmed
                | PhoneWish::Resend
                | PhoneWish::Renew
                | PhoneWish::OtherCountry
                | PhoneWish::ChangeNumber
                | PhoneWish::Help,
            ) => None,
        }
    }

    /// The code field changed: a whole code sends itself, and what is typed takes a refusal away.
    pub(super) fn code_edited(&mut self) -> Option<SetUpEffect> {
        if self.waits() {
            return None;
        }
        if self.code.read().is_ok() {
            return self.answer();
        }
        self.edited();
        None
    }

    /// Asks whether the phone's code is right.
    pub(super) fn answer(&mut self) -> Option<SetUpEffect> {
        if self.waits() {
            return None;
        }
        let Step::PhoneCode {
            challenge,
            is_helping,
            ..
        } = &mut self.step
        else {
            return None;
        };
        match self.code.read() {
            Ok(code) => {
                let challenge_id = challenge.id.clone();
                *is_helping = false;
                self.wait();
                Some(SetUpEffect::Answer { challenge_id, code })
            }
            Err(error) => {
                self.refuse(PhoneRefusal::Code(error));
                None
            }
        }
    }
}

/// Whether a text has digits enough for a number, whatever comes between them.
fn is_like_a_number(typed: &str) -> bool {
    const DIGITS_MIN: usize = 5;
    let digits = typed.chars().filter_map(fold).filter(char::is_ascii_digit);
    digits.count() >= DIGITS_MIN
}
