//! Why a request is refused: on the wire *which* error, in the log *why*.

use std::error::Error;

use nidan_protocol::{ErrorCode, ReadNumber};

use crate::backup::HashError;
use nidan_store::StoreError;

/// The answer to a request that is not done, with what the person may need to go on.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) field: Option<String>,
    pub(crate) attempts_left: Option<u32>,
    pub(crate) retry_at: Option<u64>,
    pub(crate) max_age_s: Option<u64>,
    pub(crate) number: Option<ReadNumber>,
}

impl Refusal {
    pub(crate) const fn new(code: ErrorCode) -> Self {
        Self {
            code,
            field: None,
            attempts_left: None,
            retry_at: None,
            max_age_s: None,
            number: None,
        }
    }

    /// A request whose named field is not as documented.
    pub(crate) fn field(field: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(ErrorCode::RequestInvalid)
        }
    }

    /// A defect or an outage: the reason goes to the log, under the request's span.
    pub(crate) fn logged(code: ErrorCode, what: &'static str, reason: &dyn Error) -> Self {
        let mut chain = reason.to_string();
        let mut source = reason.source();
        while let Some(inner) = source {
            chain = format!("{chain}: {inner}");
            source = inner.source();
        }
        tracing::error!(reason = %chain, "{what}");
        Self::new(code)
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Unavailable(_) => ErrorCode::Unavailable,
            StoreError::Row(_) => ErrorCode::Internal,
        };
        Self::logged(code, "the store refused", &error)
    }
}

impl From<HashError> for Refusal {
    fn from(error: HashError) -> Self {
        if error == HashError::Busy {
            tracing::warn!("so many backup codes wait that one was refused");
            return Self::new(ErrorCode::Unavailable);
        }
        Self::logged(ErrorCode::Unavailable, "no backup code was hashed", &error)
    }
}

impl From<getrandom::Error> for Refusal {
    fn from(error: getrandom::Error) -> Self {
        Self::logged(ErrorCode::Unavailable, "no randomness", &error)
    }
}
