//! What holds for every request: an id, a time limit, headers, one log line, and problems written
//! out.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nidan_protocol::ErrorCode;
use tracing::Instrument;

use crate::Service;
use crate::environment::random_bytes;
use crate::extract::VARY;
use crate::refusal::Refusal;

/// No body of the contract comes near it.
pub(crate) const BODY_LIMIT_BYTES: usize = 16 * 1024;
/// The slowest request hashes ten backup codes: a quarter of a second on one core, longer in a
/// queue.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The outermost layer.
pub(crate) async fn edge(State(service): State<Service>, request: Request, next: Next) -> Response {
    let request_id = request_id(&service);
    let method = request.method().clone();
    // The pattern, not the path: paths carry the host's user ids.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!("request", %request_id, %method, route);
    let started_ms = service.0.clock.now_ms();
    let response = async {
        let response = match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Refusal::new(ErrorCode::TimedOut).into_response(),
        };
        let took_ms = service.0.clock.now_ms().saturating_sub(started_ms);
        let refused = response
            .extensions()
            .get::<Refusal>()
            .map(|refusal| refusal.code.as_str());
        tracing::info!(
            status = response.status().as_u16(),
            took_ms,
            refused,
            "answered"
        );
        response
    }
    .instrument(span)
    .await;
    finish(response, request_id)
}

/// What a handler that panicked answers.
pub(crate) fn panicked(_reason: Box<dyn std::any::Any + Send>) -> Response {
    // The panic hook has logged the place; the payload might hold what nobody should read.
    Refusal::new(ErrorCode::Internal).into_response()
}

fn finish(mut response: Response, request_id: String) -> Response {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        // Headers that inner layers set (CORS, Allow) stay.
        let headers = std::mem::take(response.headers_mut());
        response = refusal.into_problem(request_id.clone());
        for (name, value) in &headers {
            if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
                response.headers_mut().append(name, value.clone());
            }
        }
    }
    let headers = response.headers_mut();
    // The widget's own files say for how long they hold; nothing else does.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.append(header::VARY, VARY);
        // No other site's page takes an answer in as a picture or a script.
        headers.insert(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        );
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // A page sets its own, just as strict.
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("no-referrer"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
        ));
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert("x-request-id", value);
    }
    response
}

fn request_id(service: &Service) -> String {
    // Without randomness requests fail one by one with a reason; their log lines then share this
    // id.
    let bytes = random_bytes::<8>(&*service.0.random).unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(bytes))
}
