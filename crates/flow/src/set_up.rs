//! What happens in a set-up, and what it asks for.

use std::sync::Arc;

use nidan_otp::{ClientShare, Code};
use nidan_protocol::{CallConfirmation, ChallengeView, Channel, EnrolmentAnswer, MethodKind};

use super::{
    ConfirmedFactors, Enrolment, Lifecycle, OrderedNumber, PasskeyRefusal, PhoneRefusal,
    RequestError,
};

/// A set-up, from the first words to what is stored.
pub type Flow = Lifecycle<Enrolment>;

/// What happens in a set-up.
pub enum SetUpEvent {
    /// The person goes somewhere.
    Go(SetUpNav),
    /// The person types or ticks something.
    Enter(SetUpInput),
    /// The person does something about a number or its code.
    Phone(PhoneWish),
    /// The service, or the page, answers.
    Answer(SetUpAnswer),
    /// Something shall be taken along.
    Take(Keepsake),
    /// Whether a copy of this worked.
    Copied(Keepsake, bool),
    /// The final post shall be tried again: its time has come, or the person does not want to wait.
    Retry,
    /// It is time to look whether the set-up goes on on a phone.
    Look,
    /// The set-up shall live longer: it is used shortly before its end, or the person asks.
    Extend,
}

/// Where a person goes in a set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpNav {
    /// The main button.
    Next,
    /// "Back".
    Back,
    /// A method was chosen.
    Choose(MethodKind),
    /// The QR code shall be larger, or as it was.
    Enlarge,
    /// The set-up shall go on on a phone.
    ToPhone,
    /// A set-up that is required shall wait.
    Later,
}

/// What a person types or ticks in a set-up.
pub enum SetUpInput {
    /// The field of a code.
    Code(String),
    /// A number.
    Number(String),
    /// What the number, or the passkey, is called.
    Name(String),
    /// The search for a country.
    CountrySearch(String),
    /// A country that was chosen.
    Country(String),
    /// A backup code that is typed back.
    Backup(String),
    /// "I have saved them".
    Saved(bool),
}

/// What a person does about a number or its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneWish {
    /// The same number this way.
    Switch(Channel),
    /// A call that reads its code at once.
    CallUnconfirmed,
    /// "Send again".
    Resend,
    /// A new code in place of one that is over, the same way.
    Renew,
    /// The number is of the country that it fits, and not of the chosen one.
    OtherCountry,
    /// Another number.
    ChangeNumber,
    /// "The code does not arrive".
    Help,
}

/// What the service, or the page, answers in a set-up.
pub enum SetUpAnswer {
    /// The table of regions, when it could be fetched.
    Regions(Option<String>),
    /// A code was sent, for the first time or again.
    Ordered(Box<ChallengeView>),
    /// A code was not sent, or not taken.
    NotOrdered(PhoneRefusal),
    /// Nothing was sent: the service reads the number so, and the page read it otherwise or not at
    /// all ([E.164](https://www.itu.int/rec/T-REC-E.164)).
    ReadAs(String),
    /// The delivery status of a message changed.
    Changed(Box<ChallengeView>),
    /// The code of this challenge was right.
    Accepted(String),
    /// Why the service could not say that the set-up is still open; [`None`] where it is.
    Looked(Option<RequestError>),
    /// When the set-up ends now (Unix seconds); [`None`] when the service could not be asked.
    Extended(Result<u64, RequestError>),
    /// A passkey was made, by this ceremony; and what the browser suggests to call it.
    PasskeyMade(String, String),
    /// No passkey was made.
    PasskeyNotMade(PasskeyRefusal),
    /// The set-up was put off, with the result code for the host; or it was not.
    PutOff(Result<String, RequestError>),
    /// The final post was answered.
    Stored(Box<EnrolmentAnswer>),
    /// The final post was not answered, or refused.
    NotStored(RequestError),
}

/// What people take along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keepsake {
    /// The app's key, into the clipboard.
    CopyOfKey,
    /// The backup codes, into the clipboard.
    CopyOfBackupCodes,
    /// The backup codes, as a file.
    FileOfBackupCodes,
    /// The backup codes, on paper.
    PrintOfBackupCodes,
}

/// What the shell shall do.
pub enum SetUpEffect {
    /// Fetch the table of regions.
    LoadRegions,
    /// Show what may keep a code from coming this way, to a number of this country.
    ShowHelp(String, Channel),
    /// Order a code.
    Order {
        /// Which number: the service reads what was typed for itself, and what it reads otherwise
        /// than was shown is not sent.
        number: OrderedNumber,
        /// How it is to come.
        channel: Channel,
        /// What a call waits for.
        confirmation: CallConfirmation,
    },
    /// Order the same code again.
    Resend(String),
    /// Ask whether a phone's code is right. It stays a code until the line that sends it.
    Answer {
        /// Whose code.
        challenge_id: String,
        /// The code.
        code: Code,
    },
    /// Ask the browser to make a passkey, and the service whether it holds. What holds one of those that
    /// were made already makes no other one: their ceremonies' ids, each before a space.
    MakePasskey(String),
    /// Ask whether the set-up is still open.
    Look,
    /// Ask for more time.
    Extend,
    /// Put the set-up off.
    PutOff,
    /// Copy, save or print; copies tell whether they worked.
    Take(Keepsake),
    /// Leave the one thing that is set up beside what there is.
    Leave,
    /// Send the final post.
    Post(ClientShare, Arc<ConfirmedFactors>),
}
