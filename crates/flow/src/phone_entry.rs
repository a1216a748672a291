//! A phone number as it is typed, ordered and verified.

use nidan_protocol::{CallConfirmation, Channel, ErrorCode};

use super::{EndReason, Now};
use crate::regions::{NumberError, Regions};

/// What the person has typed of a number; it stays when the person goes back.
#[derive(Default)]
pub struct PhoneEntry {
    /// Where codes may be sent, the likely country first ([ISO 3166-1
    /// alpha-2](https://www.iso.org/iso-3166-country-codes.html)).
    pub countries: Vec<String>,
    /// The one in which the browser is, as far as it tells.
    pub(super) home: Option<String>,
    /// The chosen one.
    pub country: String,
    /// The country whose number it is, where it is none of the chosen one.
    pub other: Option<String>,
    /// How often one was chosen: each time closes the list.
    pub choices: u32,
    /// What countries are searched for.
    pub search: String,
    /// How often that changed.
    pub searches: u32,
    /// The number field.
    pub typed: String,
    /// The number as it will be dialled, in groups, once it is whole.
    pub shown: Option<String>,
    /// The number as it was typed, and as it was read, once it is whole.
    pub read_as: Option<String>,
    /// What the service read, as it was shown and in E.164: the person is asked whether it is right.
    pub(super) proposed: Option<(String, String)>,
    /// The number in groups while it is typed.
    pub begun: Option<String>,
    /// What a call waits for, as the person wishes.
    pub call_confirmation: CallConfirmation,
    /// What the person calls the number.
    pub name: String,
    /// The table of regions, once it is there.
    pub regions: Option<Regions>,
    /// The number that a code was ordered for last, read once: what is typed later is another one.
    pub ordered: Option<OrderedNumber>,
}

impl PhoneEntry {
    /// The number is of this country. The list closes, and the search begins anew.
    pub(super) fn choose(&mut self, country: String) {
        self.country = country;
        self.choices += 1;
        self.search.clear();
        self.searches += 1;
        self.read();
    }

    /// Reads what is typed, for the screen.
    pub(super) fn read(&mut self) {
        let Some(regions) = &self.regions else {
            return;
        };
        let read = regions.read(&self.typed, &self.country);
        // Of the two countries that are likely: any number fits somewhere.
        let mut likely = self.home.iter().chain(self.countries.first());
        let fits = |iso: &&String| regions.read(&self.typed, iso).is_ok();
        let other = likely.find(fits).filter(|_| read.is_err());
        self.other = other.cloned();
        self.shown = read.ok().map(|number| number.shown);
        let read_as = |shown| [&self.typed, " → ", shown].concat();
        self.read_as = self.shown.as_deref().map(read_as);
        self.begun = regions.begun(&self.typed, &self.country);
    }
}

/// A number as it was typed, and as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct OrderedNumber {
    /// The text of the field.
    pub typed: String,
    /// The country that was chosen for it.
    pub country: String,
    /// What was read, in [E.164](https://www.itu.int/rec/T-REC-E.164).
    pub e164: String,
    /// Whose number it is: help is for this country.
    pub iso: String,
}

/// Why a number or a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneRefusal {
    /// The number cannot be.
    Number(NumberError),
    /// The code has another shape.
    Code(nidan_otp::CodeError),
    /// The service could not be asked.
    Unreachable,
    /// The service refused.
    Service {
        /// Why.
        code: ErrorCode,
        /// When it may go on.
        retry_at: Option<Now>,
        /// How many tries are left.
        attempts_left: Option<u32>,
    },
}

impl PhoneRefusal {
    /// Whether the flow itself is over, and not just this number or code.
    pub(super) fn ending(self) -> Option<EndReason> {
        match self {
            Self::Service { code, .. } => EndReason::of_flow(code),
            Self::Number(_) | Self::Code(_) | Self::Unreachable => None,
        }
    }
}

/// A number whose code was right: the final post names it by its challenge.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedPhone {
    /// The answered challenge.
    pub challenge_id: String,
    /// The number, in [E.164](https://www.itu.int/rec/T-REC-E.164).
    pub(super) e164: String,
    /// How codes reach it.
    pub channel: Channel,
    /// The last two digits.
    pub hint: String,
    /// What the person calls it.
    pub name: String,
}
