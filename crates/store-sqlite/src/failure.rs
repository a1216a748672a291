//! Why a statement or a row of this engine failed.

use nidan_store::StoreError;

/// The engine's own error, so that `?` takes what SQLite says.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Failure(StoreError);

impl Failure {
    /// A row, or a value in it, does not have the shape that this version writes.
    pub(crate) fn row(what: impl Into<String>) -> Self {
        Self(StoreError::Row(what.into()))
    }

    /// The database does not take this now.
    pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self(StoreError::Unavailable(Box::new(error)))
    }

    /// The shape that a row should have had; [`None`] where the database itself failed.
    pub(crate) fn wrong_row(&self) -> Option<&str> {
        match &self.0 {
            StoreError::Row(what) => Some(what),
            StoreError::Unavailable(_) => None,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error::{
            FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnName,
            InvalidColumnType, Utf8Error,
        };
        match error {
            FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnName(..)
            | InvalidColumnType(..)
            | Utf8Error(..) => Self::row(error.to_string()),
            other => Self::unavailable(other),
        }
    }
}
