//! What a person can do in a set-up.

use nidan_flow::{Enrolment, Event, Keepsake, PhoneWish, SetUpEvent, SetUpInput, SetUpNav};
use nidan_protocol::{Channel, MethodKind};

use crate::Input;

/// What a block of a set-up's screens does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpAction {
    /// The main thing of a screen.
    Next,
    /// Goes back.
    Back,
    /// Tries again, or begins again.
    Again,
    /// Sends the final post now.
    Retry,
    /// Asks for more time.
    Extend,
    /// Takes this method.
    Choose(MethodKind),
    /// Makes the QR code larger, and smaller again.
    Enlarge,
    /// Goes on on a phone.
    ToPhone,
    /// Puts the set-up off.
    Later,
    /// Takes something along.
    Take(Keepsake),
    /// Types a code.
    TypeCode,
    /// Types a number.
    TypeNumber,
    /// Types what the number is called.
    TypeName,
    /// Searches for a country.
    SearchCountry,
    /// Orders the code for the same number this way.
    Switch(Channel),
    /// Orders a call that reads its code at once.
    CallUnconfirmed,
    /// Orders the same code again.
    Resend,
    /// Orders a new code in place of one that is over.
    Renew,
    /// Takes the country that the number fits.
    OtherCountry,
    /// Types the number anew.
    ChangeNumber,
    /// "The code does not arrive."
    Help,
    /// Types a backup code back.
    TypeBackup,
    /// Ticks or clears "I have saved them".
    TickSaved,
}

impl SetUpAction {
    /// What it is to the state machine.
    pub(crate) fn event(self, input: Input) -> Event<Enrolment> {
        let go = SetUpEvent::Go;
        let enter = SetUpEvent::Enter;
        let phone = SetUpEvent::Phone;
        Event::On(match self {
            Self::Again => return Event::Again,
            Self::Next => go(SetUpNav::Next),
            Self::Back => go(SetUpNav::Back),
            Self::Choose(kind) => go(SetUpNav::Choose(kind)),
            Self::Enlarge => go(SetUpNav::Enlarge),
            Self::ToPhone => go(SetUpNav::ToPhone),
            Self::Later => go(SetUpNav::Later),
            Self::TypeCode => enter(SetUpInput::Code(input.text())),
            Self::TypeNumber => enter(SetUpInput::Number(input.text())),
            Self::TypeName => enter(SetUpInput::Name(input.text())),
            Self::SearchCountry => enter(SetUpInput::CountrySearch(input.text())),
            Self::TypeBackup => enter(SetUpInput::Backup(input.text())),
            Self::TickSaved => enter(SetUpInput::Saved(input.is_ticked())),
            Self::Switch(channel) => phone(PhoneWish::Switch(channel)),
            Self::CallUnconfirmed => phone(PhoneWish::CallUnconfirmed),
            Self::Resend => phone(PhoneWish::Resend),
            Self::Renew => phone(PhoneWish::Renew),
            Self::OtherCountry => phone(PhoneWish::OtherCountry),
            Self::ChangeNumber => phone(PhoneWish::ChangeNumber),
            Self::Help => phone(PhoneWish::Help),
            Self::Take(what) => SetUpEvent::Take(what),
            Self::Retry => SetUpEvent::Retry,
            Self::Extend => SetUpEvent::Extend,
        })
    }
}
