//! What the host's support does from the command line: the same as by the host's routes.

use nidan_core::hold::HoldWish;
use nidan_protocol::{HoldPost, TemporaryCode, TemporaryCodePost};

use crate::Service;
use crate::refusal::Refusal;
use crate::use_cases::subjects;

/// What is done for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SupportAction<'a> {
    /// The method of this id lets nobody in until it is released.
    Hold(&'a str),
    /// It does again.
    Release(&'a str),
    /// Codes that were paused are asked for.
    Resume,
    /// Every method, the backup codes and the trust in browsers are gone.
    Reset,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum SupportError {
    /// The configuration has no such host.
    #[error("there is no host {0}")]
    NoHost(String),
    /// The service refuses, as it would refuse the host.
    #[error("refused: {code}{}", field.as_deref().map(|field| format!(" ({field})")).unwrap_or_default())]
    Refused {
        /// The stable code.
        code: &'static str,
        /// What of the request is wrong.
        field: Option<String>,
    },
}

impl From<Refusal> for SupportError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused {
            code: refusal.code.as_str(),
            field: refusal.field,
        }
    }
}

impl Service {
    /// Does it for one of a host's people, with who did it and why in the record and in the
    /// notices.
    ///
    /// # Errors
    /// [`SupportError`]: nothing was changed.
    pub async fn support(
        &self,
        (host, subject): (&str, &str),
        action: SupportAction<'_>,
        (by, reason): (String, String),
    ) -> Result<(), SupportError> {
        let known = self.host(host);
        let host = known.ok_or_else(|| SupportError::NoHost(host.to_owned()))?;
        let post = HoldPost { by, reason };
        match action {
            SupportAction::Hold(id) => {
                subjects::hold(self, host, (subject, id), HoldWish::Hold, post).await?;
            }
            SupportAction::Release(id) => {
                subjects::hold(self, host, (subject, id), HoldWish::Release, post).await?;
            }
            SupportAction::Resume => {
                subjects::resume(self, host, subject, post).await?;
            }
            SupportAction::Reset => {
                subjects::reset(self, host, subject, post).await?;
            }
        }
        Ok(())
    }

    /// Makes a code that lets one of a host's people in once, for so many minutes; with `reset` it takes the
    /// place of everything that the person had.
    ///
    /// # Errors
    /// [`SupportError`]: nothing was changed.
    pub async fn temporary_code(
        &self,
        (host, subject): (&str, &str),
        (by, reason): (String, String),
        (minutes, reset): (u32, bool),
    ) -> Result<TemporaryCode, SupportError> {
        let known = self.host(host);
        let host = known.ok_or_else(|| SupportError::NoHost(host.to_owned()))?;
        let post = TemporaryCodePost {
            by,
            reason,
            minutes,
            reset,
        };
        Ok(subjects::temporary_code(self, host, subject, post).await?)
    }
}
