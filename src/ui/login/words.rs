//! Why a code was not taken, and what to do.

use nidan_otp::{BackupCodeError, CodeError, UnixSeconds};
use nidan_protocol::{ErrorCode, MethodState};

use crate::shell::Shell;
use crate::ui::components::by_the_minute;
use nidan_flow::{Asked, Login, LoginRefusal, LoginStep, SigningIn};
use nidan_screens::messages::Msg;

/// From the second wrong code of an app on, the clock is worth a look.
const CLOCK_FROM: u32 = 2;

/// `None` while there is nothing wrong.
pub(super) fn refusal(shell: Shell<Login>, signing: &SigningIn) -> Option<String> {
    let Asked::Refused(refusal) = signing.asked else {
        return closed(shell, signing);
    };
    Some(match refusal {
        LoginRefusal::Code(CodeError::NotDigits) => shell.t(Msg::ConfirmNotDigits),
        LoginRefusal::Code(CodeError::Length { actual }) => {
            length(shell, Msg::ConfirmLength, actual)
        }
        LoginRefusal::Backup(BackupCodeError::Symbol) => shell.t(Msg::CodesTypoSymbol),
        LoginRefusal::Backup(BackupCodeError::Length { actual }) => {
            length(shell, Msg::CodesTypoLength, actual)
        }
        LoginRefusal::Backup(BackupCodeError::Check) => shell.t(Msg::CodesTypoCheck),
        LoginRefusal::Unreachable => shell.t(Msg::PhoneUnreachable),
        LoginRefusal::Service {
            code,
            retry_at,
            attempts_left,
            times,
        } => {
            let words = match service(signing, code, attempts_left, times) {
                // Nobody knows from when on.
                Msg::PhoneLater if retry_at.is_none() => Msg::LoginNotNow,
                words => words,
            };
            let left = shell.number(attempts_left.unwrap_or(0).into());
            let date = retry_at
                .map(|at| shell.date(by_the_minute(at)))
                .unwrap_or_default();
            let issuer = &signing.opening.issuer;
            let places = [("left", &left), ("date", &date), ("issuer", issuer)];
            shell.t_with(words, &places.map(|(place, value)| (place, value.as_str())))
        }
    })
}

/// A method that takes no codes now says so on its own screen.
fn closed(shell: Shell<Login>, signing: &SigningIn) -> Option<String> {
    let method = signing.method()?;
    match method.state {
        MethodState::Suspended => Some(shell.t(Msg::LoginSuspended)),
        MethodState::Resting | MethodState::Ready | MethodState::TwoCodes => {
            let until = method.resting_until?;
            Some(shell.t_with(
                Msg::LoginResting,
                &[("date", &shell.date(by_the_minute(UnixSeconds(until))))],
            ))
        }
    }
}

fn length(shell: Shell<Login>, words: Msg, actual: usize) -> String {
    shell.t_with(words, &[("actual", &shell.number(actual as u64))])
}

fn service(signing: &SigningIn, code: ErrorCode, attempts_left: Option<u32>, times: u32) -> Msg {
    let by_app = signing
        .method()
        .is_some_and(|method| method.kind.class().makes_codes());
    match code {
        ErrorCode::CodeWrong if matches!(signing.step, LoginStep::Backup) => Msg::LoginBackupWrong,
        ErrorCode::CodeWrong if by_app && attempts_left == Some(0) => Msg::LoginPairWrong,
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
