//! The demo phone's window on the service's outbox. No real host has this: it shows every code to
//! whoever asks, which is why the service offers an outbox only outside production.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

#[derive(Clone)]
struct Outbox {
    url: String,
    api_key: String,
    http: reqwest::Client,
}

pub(crate) fn router(url: String, api_key: String) -> Router {
    Router::new()
        .route("/messages", get(messages))
        .route("/messages/{id}/{action}", post(act))
        .with_state(Outbox {
            url,
            api_key,
            http: reqwest::Client::new(),
        })
}

async fn messages(State(outbox): State<Outbox>) -> Response {
    outbox.ask(Method::GET, "/v1/outbox", None).await
}

/// `keys` pressed in a call, or the `receipt` of a message.
async fn act(
    State(outbox): State<Outbox>,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let known = matches!(action.as_str(), "digits" | "receipt");
    let plain = id
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    // A JSON body from another site needs a preflight, which nobody answers here.
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !known || !plain || !is_json {
        return StatusCode::NOT_FOUND.into_response();
    }
    outbox
        .ask(
            Method::POST,
            &format!("/v1/outbox/{id}/{action}"),
            Some(body),
        )
        .await
}

impl Outbox {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.api_key);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = async {
            let answer = request.send().await?;
            let status = answer.status().as_u16();
            Ok::<_, reqwest::Error>((status, answer.json::<Value>().await?))
        };
        match answer.await {
            Ok((status, json)) => (
                StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY),
                Json(json),
            )
                .into_response(),
            Err(error) => {
                tracing::warn!(%error, "no outbox");
                StatusCode::BAD_GATEWAY.into_response()
            }
        }
    }
}
