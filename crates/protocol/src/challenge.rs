//! Codes by phone: ordered, on their way, answered.

use serde::{Deserialize, Serialize};

use crate::method::Channel;

/// The confirmation that a call asks for before it reads its code out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallConfirmation {
    /// The person presses two digits that the screen shows. A mailbox presses none.
    #[default]
    Digits,
    /// The call reads its code at once, where the host allows that. A mailbox that answers keeps
    /// the code.
    None,
}

impl CallConfirmation {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::None => "none",
        }
    }
}

/// The body of `POST /v1/flow/challenges`, which makes a code and orders it to be sent.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChallengePost {
    /// In an enrolment, the number as it was typed: national, with its country in `country`, or
    /// international.
    #[serde(default)]
    pub number: Option<String>,
    /// In a verification, the id of one of the person's phone methods.
    #[serde(default)]
    pub method_id: Option<String>,
    /// The country of a national number, [ISO 3166-1
    /// alpha-2](https://www.iso.org/iso-3166-country-codes.html). A number that begins with `+`
    /// needs none.
    #[serde(default)]
    pub country: Option<String>,
    /// The number that the person was shown, in [E.164](https://www.itu.int/rec/T-REC-E.164). Where
    /// `number` is another one, nothing is sent (`phone_ambiguous`).
    #[serde(default)]
    pub shown: Option<String>,
    /// The channel over which the code is to come.
    pub channel: Channel,
    /// The language of the message: a [BCP 47](https://www.rfc-editor.org/info/bcp47) tag; English
    /// where there is no text for it.
    #[serde(default)]
    pub locale: Option<String>,
    /// The confirmation that a call asks for; it has no meaning for a text.
    #[serde(default)]
    pub call_confirmation: CallConfirmation,
}

/// The delivery status of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// The message waits for a gateway.
    Queued,
    /// A gateway has accepted the message and hands it to the carrier.
    Accepted,
    /// A gateway was asked and gave no clear answer: the message may arrive or not.
    Unknown,
    /// The carrier reports that the message arrived.
    Delivered,
    /// The message will not arrive.
    Failed,
    /// The call was answered and has ended: the digits that the screen shows were not pressed.
    WrongDigits,
}

impl DeliveryState {
    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::WrongDigits => "wrong_digits",
        }
    }
}

/// A code that was sent, without the code and without the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeView {
    /// The challenge's id, opaque.
    pub id: String,
    /// The channel over which the code comes.
    pub channel: Channel,
    /// The last two digits of the number.
    pub hint: String,
    /// A short reference that the message has too, so that people see which code belongs here.
    pub reference: String,
    /// The two digits to press in a call before the code is read out. They are missing for a text,
    /// and for a call that reads its code at once.
    pub call_digits: Option<String>,
    /// When the code expires, in Unix seconds, however often it is sent.
    pub expires_at: u64,
    /// When the same code may be sent again, in Unix seconds; missing when it may not.
    pub resend_at: Option<u64>,
    /// How many attempts are left.
    pub attempts_left: u32,
    /// The delivery status of the latest message.
    pub delivery: DeliveryState,
    /// Since when the delivery status holds, in Unix seconds.
    pub delivery_at: u64,
    /// Whether the code was answered rightly.
    pub answered: bool,
    /// How many codes the message has: one or two. All of them are asked for.
    pub codes: u32,
}

impl ChallengeView {
    /// The confirmation that the call asks for, so that a new call in its place asks for the same.
    pub const fn call_confirmation(&self) -> CallConfirmation {
        match (self.channel, &self.call_digits) {
            (Channel::Voice, None) => CallConfirmation::None,
            (Channel::Voice, Some(_)) | (Channel::Sms, _) => CallConfirmation::Digits,
        }
    }
}

/// The body of `POST /v1/flow/challenges/{id}/answer`.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChallengeAnswerPost {
    /// The code: six digits.
    pub code: String,
}
