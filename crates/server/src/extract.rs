//! Who calls, and what they sent: past these extractors, only valid values travel.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use nidan_protocol::ErrorCode;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use crate::Service;
use crate::config::Host;
use crate::keys::sha256;
use crate::refusal::Refusal;
use crate::use_cases::FlowCaller;

/// An id in the path, or why it is none.
pub(crate) type Id = Result<Path<String>, PathRejection>;

/// A JSON body of exactly the documented shape.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Service> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, service: &Service) -> Result<Self, Refusal> {
        // Not a form's type: a cross-site form cannot make this request (ASVS 3.5.1).
        if !is_json(request.headers()) {
            return Err(ErrorCode::MediaTypeUnsupported.into());
        }
        let bytes =
            Bytes::from_request(request, service)
                .await
                .map_err(|rejection: BytesRejection| match rejection.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(ErrorCode::RequestTooLarge),
                    _ => Refusal::new(ErrorCode::RequestInvalid),
                })?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let body = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            // The path only: the message may quote what was sent.
            let path = error.path().to_string();
            let named =
                path.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !path.is_empty();
            Refusal {
                field: named.then_some(path),
                ..Refusal::new(ErrorCode::RequestInvalid)
            }
        })?;
        json.end()
            .map_err(|_| Refusal::new(ErrorCode::RequestInvalid))?;
        Ok(Self(body))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str())
    else {
        return false;
    };
    value
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Where a widget's requests bring the token of their flow.
pub(crate) const FLOW_TOKEN_HEADER: HeaderName = HeaderName::from_static("nidan-flow");
/// Answers differ by it, also in caches that keep what they should not (service workers).
pub(crate) const VARY: HeaderValue = HeaderValue::from_static("nidan-flow, authorization");

/// A host's back end, known by its API key.
pub(crate) struct HostCaller(pub(crate) Host);

impl FromRequestParts<Service> for HostCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Refusal> {
        let key = bearer(&parts.headers).ok_or(ErrorCode::ApiKeyInvalid)?;
        let hash = sha256(key.as_bytes());
        // Every registered key is compared, so that the time tells nothing about which came close.
        let known = service.0.api_keys.iter().zip(&service.0.config.hosts).fold(
            None,
            |found, (registered, host)| {
                if bool::from(registered.ct_eq(&hash)) {
                    Some(host)
                } else {
                    found
                }
            },
        );
        known
            .cloned()
            .map(Self)
            .ok_or_else(|| ErrorCode::ApiKeyInvalid.into())
    }
}

impl FromRequestParts<Service> for FlowCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Refusal> {
        AnyFlowCaller::from_request_parts(parts, service)
            .await?
            .0
            .unless_over()
    }
}

/// As [`FlowCaller`], and the flow may be over too: for answers that are given again.
pub(crate) struct AnyFlowCaller(pub(crate) FlowCaller);

impl FromRequestParts<Service> for AnyFlowCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Refusal> {
        let token = flow_token(&parts.headers).ok_or(ErrorCode::FlowTokenMissing)?;
        let caller = FlowCaller::of_token(service, token, parts.method == Method::POST).await?;
        // Which page it is comes first: another one learns nothing of the flow.
        check_origin(parts, &caller.flow.opened.origin)?;
        Ok(Self(caller))
    }
}

/// [ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 3.5.1–3.5.3: browsers send `Origin` with every
/// POST and every cross-origin request; a same-origin GET has none.
fn check_origin(parts: &Parts, expected: &str) -> Result<(), Refusal> {
    let right = match parts.headers.get(header::ORIGIN) {
        Some(origin) => origin.as_bytes() == expected.as_bytes(),
        None => {
            let site = parts
                .headers
                .get("sec-fetch-site")
                .map(|site| site.as_bytes());
            parts.method == Method::GET && matches!(site, None | Some(b"same-origin"))
        }
    };
    if right {
        Ok(())
    } else {
        Err(ErrorCode::OriginMismatch.into())
    }
}

/// The token of a flow comes in a header of its own: proxies ask for a password in `Authorization`,
/// or take it away. What is called by hand may send it as any token.
fn flow_token(headers: &HeaderMap) -> Option<&str> {
    match headers.get(FLOW_TOKEN_HEADER) {
        Some(token) => token.to_str().ok().filter(|token| !token.is_empty()),
        None => bearer(headers),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, value) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !value.is_empty()).then_some(value)
}
