//! What is wrong with a number or with a code, and what to do.

use nidan_flow::regions::NumberError;
use nidan_flow::{Now, PhoneRefusal};
use nidan_otp::UnixSeconds;
use nidan_protocol::ErrorCode;

use crate::messages::Msg;
use crate::{Arg, Words, typed};

/// Nobody waits longer for a code in the middle of a set-up, though it lives as long as it is used.
const LATER_MAX_MIN: u64 = 10;

/// Why a number or a code of a phone was not taken.
pub(super) fn refusal(refusal: PhoneRefusal, now: Now) -> Words<'static> {
    match refusal {
        PhoneRefusal::Number(error) => Words::of(number(error)),
        PhoneRefusal::Code(error) => typed::code(error),
        PhoneRefusal::Unreachable => Words::of(Msg::PhoneUnreachable),
        PhoneRefusal::Service {
            code,
            retry_at,
            attempts_left,
        } => {
            let is_over = |at: Now| at <= now && code == ErrorCode::SendBudgetSpent;
            if retry_at.is_some_and(is_over) {
                // It can be sent again by now.
                return Words::None;
            }
            // Within the next whole minute: a time of day is told without its seconds, and what it
            // promises must hold by then.
            let date = |at: Now| Arg::Date("date", UnixSeconds(at.0 + 59));
            let left = Arg::Number("left", attempts_left.unwrap_or(0).into());
            let msg = by_service(code, retry_at, attempts_left, now);
            Words::Message(msg, [left, retry_at.map_or(Arg::None, date)])
        }
    }
}

fn by_service(code: ErrorCode, retry_at: Option<Now>, attempts_left: Option<u32>, now: Now) -> Msg {
    let minutes = |at: Now| at.0.saturating_sub(now.0).div_ceil(60).max(1);
    match code {
        ErrorCode::PhoneTooShort => Msg::PhoneTooShort,
        ErrorCode::PhoneTooLong => Msg::PhoneTooLong,
        ErrorCode::PhoneCountryUnknown => Msg::PhoneCountryUnknown,
        ErrorCode::PhoneExtension => Msg::PhoneExtension,
        ErrorCode::PhoneAmbiguous => Msg::PhoneTwoWays,
        ErrorCode::PhoneNotSmsCapable => Msg::PhoneLandline,
        ErrorCode::PhoneKindRefused => Msg::PhoneKind,
        ErrorCode::CountryNotAllowed => Msg::PhoneCountryRefused,
        ErrorCode::PhoneInvalid => Msg::PhoneInvalid,
        ErrorCode::SendBudgetSpent | ErrorCode::ResendTooSoon => match (code, retry_at) {
            // Nobody knows from when on.
            (_, None) => Msg::PhoneNotNow,
            // Another way is the better one.
            (ErrorCode::SendBudgetSpent, Some(at)) if minutes(at) > LATER_MAX_MIN => {
                Msg::PhoneNotNow
            }
            (_, Some(_)) => Msg::PhoneLater,
        },
        ErrorCode::MethodNotOffered => Msg::PhoneNotNow,
        ErrorCode::ResendsSpent => Msg::PhoneResendsSpent,
        ErrorCode::CodeWrong if attempts_left == Some(0) => Msg::PhoneCodeSpent,
        ErrorCode::CodeWrong => Msg::PhoneCodeWrong,
        ErrorCode::CodeExpired | ErrorCode::CodeUsed | ErrorCode::ChallengeNotFound => {
            Msg::PhoneCodeExpired
        }
        ErrorCode::TooManyAttempts => Msg::PhoneCodeSpent,
        _other => Msg::PhoneServer,
    }
}

const fn number(error: NumberError) -> Msg {
    match error {
        NumberError::Empty => Msg::PhoneEmpty,
        NumberError::NotDigits => Msg::PhoneNotDigits,
        NumberError::TooShort => Msg::PhoneTooShort,
        NumberError::TooLong => Msg::PhoneTooLong,
        NumberError::CountryUnknown => Msg::PhoneCountryUnknown,
        NumberError::Extension => Msg::PhoneExtension,
        NumberError::CodeTwice => Msg::PhoneCodeTwice,
        NumberError::Known => Msg::PhoneKnown,
    }
}
