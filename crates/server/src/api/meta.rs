//! The OpenAPI document, the public keys and the health check.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use nidan_protocol::Problem;

use crate::Service;
use crate::problem::Refusal;

/// The OpenAPI document, written once.
#[derive(Clone)]
pub(super) struct Document(pub(super) Arc<str>);

/// The public keys of assertions (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn jwks(State(service): State<Service>) -> Json<serde_json::Value> {
    Json(service.0.signer.jwks())
}

/// Whether the service can work: it runs and its database answers.
#[utoipa::path(get, path = "/healthz", responses(
    (status = 200, body = serde_json::Value), (status = 503, body = Problem),
))]
pub(crate) async fn healthz(
    State(service): State<Service>,
) -> Result<Json<serde_json::Value>, Refusal> {
    service.0.store.ping().await?;
    Ok(Json(serde_json::json!({ "status": "ok" })))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn openapi(Extension(document): Extension<Document>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/json")],
        document.0.to_string(),
    )
}
