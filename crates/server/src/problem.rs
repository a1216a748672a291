//! How a refusal becomes an answer: on the wire *which*, in the log *why*.

use std::error::Error;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nidan_protocol::{ErrorCode, Problem};

use crate::backup::HashError;
use crate::store::StoreError;

/// A refusal on its way out. The request id is added where it is known, at the edge.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) field: Option<String>,
    pub(crate) attempts_left: Option<u32>,
    pub(crate) retry_at: Option<u64>,
}

impl Refusal {
    pub(crate) const fn new(code: ErrorCode) -> Self {
        Self {
            code,
            field: None,
            attempts_left: None,
            retry_at: None,
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

    pub(crate) fn into_problem(self, request_id: String) -> Response {
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = Problem {
            kind: format!("urn:nidan:problem:{}", self.code.as_str()),
            status: status.as_u16(),
            code: self.code,
            field: self.field,
            attempts_left: self.attempts_left,
            retry_at: self.retry_at,
            request_id,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            // RFC 9110 §10.2.3: in seconds. What is busy now is not for long.
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

impl IntoResponse for Refusal {
    /// Without a body yet: the edge writes it, see [`crate::edge`].
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
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
