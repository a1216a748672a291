//! What is wrong with a code as it was typed: nobody was asked yet.

use nidan_otp::{BACKUP_CODE_SYMBOLS, BackupCodeError, CodeError};

use crate::messages::Msg;
use crate::{Arg, Words};

/// What is wrong with the shape of a code.
pub(crate) fn code(error: CodeError) -> Words<'static> {
    match error {
        CodeError::NotDigits => Words::of(Msg::ConfirmNotDigits),
        CodeError::Length { actual } => length(Msg::ConfirmLength, actual),
    }
}

/// What is wrong with a backup code; a whole list of them is too many.
pub fn backup_code(error: BackupCodeError) -> Words<'static> {
    match error {
        BackupCodeError::Length { actual } if actual >= 2 * BACKUP_CODE_SYMBOLS => {
            Words::of(Msg::CodesOneOnly)
        }
        BackupCodeError::Length { actual } => length(Msg::CodesTypoLength, actual),
        BackupCodeError::Symbol => Words::of(Msg::CodesTypoSymbol),
        BackupCodeError::Check => Words::of(Msg::CodesTypoCheck),
    }
}

fn length(msg: Msg, actual: usize) -> Words<'static> {
    Words::Message(msg, [Arg::Number("actual", actual as u64), Arg::None])
}
