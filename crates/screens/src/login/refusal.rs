//! Why a code was not taken, and what to do.

use nidan_flow::{LoginRefusal, LoginStep, Now, RequestState, SigningIn};
use nidan_otp::{BackupCodeError, CodeError, UnixSeconds};
use nidan_protocol::{ErrorCode, MethodState};

use crate::messages::Msg;
use crate::{Arg, Words};

/// From the second wrong code of an app on, the clock is worth a look.
const CLOCK_FROM: u32 = 2;

/// Nothing while there is nothing wrong.
pub(super) fn refusal(signing: &SigningIn) -> Words<'_> {
    let RequestState::Refused(refusal) = signing.asked else {
        return closed(signing);
    };
    match refusal {
        LoginRefusal::Code(CodeError::NotDigits) => Words::of(Msg::ConfirmNotDigits),
        LoginRefusal::Code(CodeError::Length { actual }) => length(Msg::ConfirmLength, actual),
        LoginRefusal::Backup(BackupCodeError::Symbol) => Words::of(Msg::CodesTypoSymbol),
        LoginRefusal::Backup(BackupCodeError::Length { actual }) => {
            length(Msg::CodesTypoLength, actual)
        }
        LoginRefusal::Backup(BackupCodeError::Check) => Words::of(Msg::CodesTypoCheck),
        LoginRefusal::Unreachable => Words::of(Msg::PhoneUnreachable),
        LoginRefusal::Service {
            code,
            retry_at,
            attempts_left,
            times,
        } => {
            let left = Arg::Number("left", attempts_left.unwrap_or(0).into());
            let issuer = Arg::Text("issuer", &signing.opening.issuer);
            match (by_service(signing, code, attempts_left, times), retry_at) {
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
        (MethodState::Suspended, _) | (MethodState::Resting, None) => {
            Words::of(Msg::LoginSuspended)
        }
    }
}

fn length(msg: Msg, actual: usize) -> Words<'static> {
    Words::Message(msg, [Arg::Number("actual", actual as u64), Arg::None])
}

/// Within the next whole minute: a time of day is told without its seconds, and what it promises
/// must hold by then.
fn date(msg: Msg, at: Now) -> Words<'static> {
    let date = Arg::Date("date", UnixSeconds(at.0 + 59));
    Words::Message(msg, [date, Arg::None])
}

fn by_service(signing: &SigningIn, code: ErrorCode, left: Option<u32>, times: u32) -> Msg {
    let by_app = signing
        .method()
        .is_some_and(|method| method.kind.class().makes_codes());
    match code {
        ErrorCode::CodeWrong if matches!(signing.step, LoginStep::Backup) => Msg::LoginBackupWrong,
        ErrorCode::CodeWrong if by_app && left == Some(0) => Msg::LoginPairWrong,
        ErrorCode::CodeWrong if by_app && times >= CLOCK_FROM => Msg::LoginWrongClock,
        ErrorCode::CodeWrong if by_app => Msg::LoginWrong,
        ErrorCode::CodeWrong => Msg::PhoneCodeWrong,
        ErrorCode::CodeUsed => Msg::LoginUsed,
        ErrorCode::TwoCodesNeeded if by_app => Msg::LoginPairWrong,
        ErrorCode::TwoCodesNeeded | ErrorCode::CodeExpired | ErrorCode::ChallengeNotFound => {
            Msg::LoginSendNew
        }
        ErrorCode::TooManyAttempts => Msg::PhoneCodeSpent,
        ErrorCode::MethodResting => Msg::LoginResting,
        ErrorCode::MethodSuspended => Msg::LoginSuspended,
        ErrorCode::SendBudgetSpent | ErrorCode::ResendTooSoon => Msg::PhoneLater,
        ErrorCode::ResendsSpent | ErrorCode::MethodNotOffered | ErrorCode::CountryNotAllowed => {
            Msg::LoginNotNow
        }
        _other => Msg::PhoneUnreachable,
    }
}
