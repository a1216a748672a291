//! How a [`Refusal`] becomes an answer ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nidan_protocol::Problem;

use crate::refusal::Refusal;

impl Refusal {
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
            max_age_s: self.max_age_s,
            number: self.number,
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
    /// Without a body yet: the edge writes it, see [`crate::middleware::edge`].
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
