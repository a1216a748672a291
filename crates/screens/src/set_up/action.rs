//! What a person can do in a set-up.

use nidan_flow::{Event, Keepsake};
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
    /// Takes this method.
    Choose(MethodKind),
    /// Makes the QR code larger, and smaller again.
    Enlarge,
    /// Takes something along.
    Take(Keepsake),
    /// Types a code.
    TypeCode,
    /// Asks whether the code is right.
    SubmitCode,
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
    pub(crate) fn event(self, input: Input) -> Event {
        match self {
            Self::Next => Event::Next,
            Self::Back => Event::Back,
            Self::Again => Event::Again,
            Self::Choose(kind) => Event::Choose(kind),
            Self::Enlarge => Event::Enlarge,
            Self::Take(what) => Event::Take(what),
            Self::TypeCode => Event::CodeTyped(input.text()),
            Self::SubmitCode => Event::CodeSubmitted,
            Self::TypeNumber => Event::NumberTyped(input.text()),
            Self::TypeName => Event::NameTyped(input.text()),
            Self::SearchCountry => Event::CountrySearched(input.text()),
            Self::Switch(channel) => Event::Switch(channel),
            Self::CallUnconfirmed => Event::CallUnconfirmed,
            Self::Resend => Event::Resend,
            Self::Renew => Event::Renew,
            Self::ChangeNumber => Event::ChangeNumber,
            Self::Help => Event::Help,
            Self::TypeBackup => Event::BackupTyped(input.text()),
            Self::TickSaved => Event::SavedTicked(input.is_ticked()),
        }
    }
}
