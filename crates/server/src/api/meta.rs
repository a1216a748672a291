//! The OpenAPI document, the public keys and the health check.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use nidan_protocol::Problem;

use crate::Database;
use crate::assertion::PublicKeys;
use crate::refusal::Refusal;

/// The OpenAPI document, written once.
#[derive(Clone)]
pub(super) struct Document(pub(super) Arc<str>);

/// The public keys of assertions (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", responses((status = 200, body = serde_json::Value)))]
pub(crate) async fn jwks(State(keys): State<PublicKeys>) -> Json<serde_json::Value> {
    Json(keys.to_jwks())
}

/// Whether the service can work: it runs and its database answers.
#[utoipa::path(get, path = "/healthz", responses(
    (status = 200, body = serde_json::Value), (status = 503, body = Problem),
))]
pub(crate) async fn healthz(
    State(Database(store)): State<Database>,
) -> Result<Json<serde_json::Value>, Refusal> {
    store.ping().await?;
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
