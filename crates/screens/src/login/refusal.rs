//! Why a code was not taken, and what to do.

use nidan_flow::{LoginRefusal, LoginStep, Now, RequestState, SigningIn};
use nidan_otp::{CodeError, UnixSeconds};
use nidan_protocol::{ErrorCode, MethodClass, MethodState};

use super::passkey::{held, no_passkeys};
use crate::messages::Msg;
use crate::{Arg, Words, typed};

/// From the second wrong code of an app on, the clock is worth a look.
const CLOCK_FROM: u32 = 2;

/// Nothing while there is nothing wrong.
pub(super) fn refusal(signing: &SigningIn, now: Now) -> Words<'_> {
    let RequestState::Refused(refusal) = signing.asked else {
        return closed(signing);
    };
    match refusal {
        LoginRefusal::SecondCode(CodeError::Length { actual: 0 }) => {
            Words::of(Msg::LoginSecondEmpty)
        }
        LoginRefusal::Code(error) | LoginRefusal::SecondCode(error) => typed::code(error),
        LoginRefusal::Backup(error) => typed::backup_code(error),
        // Nothing is wrong, and it is said elsewhere.
        LoginRefusal::Cancelled => Words::None,
        LoginRefusal::Browser => Words::of(no_passkeys(signing)),
        LoginRefusal::Unreachable => Words::of(Msg::PhoneUnreachable),
        LoginRefusal::Service {
            code,
            retry_at,
            attempts_left,
            times,
            of_two,
        } => {
            let left = Arg::Number("left", attempts_left.unwrap_or(0).into());
            let issuer = Arg::Text("issuer", &signing.opening.issuer);
            let asked = Asked {
                attempts_left,
                times,
                of_two,
            };
            match (by_service(signing, code, asked), retry_at) {
                // It can be sent again by now.
                (Msg::PhoneLater, Some(at)) if at <= now => Words::None,
                // Nobody knows from when on.
                (Msg::PhoneLater, None) => Words::of(Msg::LoginNotNow),
                (Msg::LoginResting, None) => Words::of(Msg::LoginSuspended),
                (Msg::PhoneLater, Some(at)) => date(Msg::PhoneLater, at),
                (Msg::LoginResting, Some(at)) => date(Msg::LoginResting, at),
                (msg, _) => Words::Message(msg, [left, issuer]),
            }
        }
    }
}

/// A method that takes no codes now says so on its own screen.
fn closed(signing: &SigningIn) -> Words<'_> {
    let Some(method) = signing.method() else {
        return Words::None;
    };
    match (method.state, method.resting_until) {
        (MethodState::Ready | MethodState::TwoCodes, _) => Words::None,
        (MethodState::Resting, Some(at)) => date(Msg::LoginResting, UnixSeconds(at)),
        (MethodState::Held, _) => Words::of(held(signing)),
        (MethodState::Suspended, _) | (MethodState::Resting, None) => {
            Words::of(Msg::LoginSuspended)
        }
    }
}

/// What the service said beside its refusal.
struct Asked {
    attempts_left: Option<u32>,
    times: u32,
    of_two: bool,
}

/// Within the next whole minute: a time of day is shown without its seconds, and what it promises
/// must hold by then.
fn date(msg: Msg, at: Now) -> Words<'static> {
    let date = Arg::Date("date", UnixSeconds(at.0 + 59));
    Words::Message(msg, [date, Arg::None])
}

fn by_service(signing: &SigningIn, code: ErrorCode, asked: Asked) -> Msg {
    let is_last = asked.attempts_left == Some(0);
    let by_app = signing
        .method()
        .is_some_and(|method| match method.kind.class() {
            MethodClass::Otp => true,
            MethodClass::OutOfBand(_) | MethodClass::Cryptographic => false,
        });
    match code {
        ErrorCode::PasskeyWrong => Msg::PasskeyWrong,
        ErrorCode::CeremonyUnknown | ErrorCode::CeremonyUsed | ErrorCode::CeremonyExpired => {
            Msg::PasskeyLate
        }
        ErrorCode::CodeWrong if signing.is_temporary() => {
            either(is_last, Msg::LoginTemporaryLast, Msg::LoginTemporaryWrong)
        }
        ErrorCode::CodeUsed if signing.is_temporary() => Msg::LoginTemporaryUsed,
        ErrorCode::CodeExpired | ErrorCode::MethodNotFound if signing.is_temporary() => {
            Msg::LoginTemporaryOver
        }
        ErrorCode::CodeWrong if matches!(signing.step, LoginStep::Backup) => {
            either(is_last, Msg::LoginBackupLast, Msg::LoginBackupWrong)
        }
        ErrorCode::CodeWrong if by_app && asked.of_two => {
            either(is_last, Msg::LoginPairLast, Msg::LoginPairWrong)
        }
        ErrorCode::CodeWrong if by_app && is_last => Msg::LoginWrongThird,
        ErrorCode::CodeWrong if by_app && asked.times >= CLOCK_FROM => Msg::LoginWrongClock,
        ErrorCode::CodeWrong if by_app => Msg::LoginWrong,
        ErrorCode::CodeWrong => either(is_last, Msg::PhoneCodeSpent, Msg::PhoneCodeWrong),
        ErrorCode::CodeUsed => Msg::LoginUsed,
        // Somebody mistyped in another window: the field is there for both by now.
        ErrorCode::TwoCodesNeeded if by_app => Msg::LoginSecondEmpty,
        ErrorCode::TwoCodesNeeded | ErrorCode::CodeExpired | ErrorCode::ChallengeNotFound => {
            Msg::LoginSendNew
        }
        ErrorCode::TooManyAttempts => Msg::PhoneCodeSpent,
        ErrorCode::MethodResting => Msg::LoginResting,
        ErrorCode::MethodSuspended => Msg::LoginSuspended,
        ErrorCode::MethodHeld => held(signing),
        ErrorCode::Cooling
        | ErrorCode::LastMethod
        | ErrorCode::ChangeLimit
        | ErrorCode::PolicyForbids => Msg::LoginKept,
        ErrorCode::SendBudgetSpent | ErrorCode::ResendTooSoon => Msg::PhoneLater,
        ErrorCode::ResendsSpent => Msg::PhoneResendsSpent,
        ErrorCode::MethodNotOffered if matches!(signing.step, LoginStep::Approval) => {
            Msg::ApprovalClosed
        }
        ErrorCode::MethodNotOffered | ErrorCode::CountryNotAllowed => Msg::LoginNotNow,
        _other => Msg::PhoneServer,
    }
}

const fn either(is_so: bool, so: Msg, other: Msg) -> Msg {
    if is_so { so } else { other }
}
