//! What the kit says as the service: right, forged, or nothing at all.

#![allow(clippy::indexing_slicing, reason = "a JSON object takes every key")]

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::attacks::{Fault, Forge};
use super::http::{Answer, Asked};
use super::token::{Token, public, right_key};
use super::{AUDIENCE, RESULT_CODE};

/// What the kit answers as the service, for the attack that runs.
pub(super) struct Service {
    issuer: String,
    pub(super) subject: String,
    binding: String,
    flow: String,
    flows: u64,
    /// What is wrong with the result.
    pub(super) forge: Option<Forge>,
    /// What comes instead of the answer to a redeem.
    pub(super) redeem: Option<Fault>,
    /// What comes instead of the answer when a login begins.
    pub(super) begin: Option<Fault>,
    /// What bound each login so far.
    pub(super) bindings: Vec<String>,
}

/// The answer in its place.
fn faulty(fault: Option<Fault>, (status, body): (u16, String)) -> Answer {
    match fault {
        None => Answer::Says(status, body),
        Some(Fault::Says(status, body)) => Answer::Says(status, body.to_owned()),
        Some(Fault::Hangs) => Answer::Hangs,
        Some(Fault::Closes | Fault::IsGone) => Answer::Closes,
        Some(Fault::BreaksOff) => Answer::BreaksOff(status, body),
    }
}

impl Service {
    /// The service at this address, and nothing wrong with it.
    pub(super) fn new(issuer: String) -> Self {
        Self {
            issuer,
            subject: String::new(),
            binding: String::new(),
            flow: String::new(),
            flows: 0,
            forge: None,
            redeem: None,
            begin: None,
            bindings: Vec::new(),
        }
    }

    pub(super) fn answer(&mut self, asked: &Asked) -> Answer {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/v1/flows") => faulty(self.begin, self.right_answer(asked)),
            ("POST", path) if path.starts_with("/v1/flows/") => {
                faulty(self.redeem, self.right_answer(asked))
            }
            _other => faulty(None, self.right_answer(asked)),
        }
    }

    fn right_answer(&mut self, asked: &Asked) -> (u16, String) {
        let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/.well-known/jwks.json") => {
                (200, json!({ "keys": [public(&right_key())] }).to_string())
            }
            ("POST", "/v1/flows") => {
                self.flows += 1;
                self.flow = format!("flow-{}", self.flows);
                (self.subject, self.binding) = (text("subject"), text("session_binding"));
                let begun = json!({
                    "outcome": "required", "flow_id": self.flow, "flow_token": "dG9rZW4tb2YtdGhlLWtpdC1mb3ItYS1mbG93",
                    "expires_at": now() + 600,
                });
                self.bindings.push(self.binding.clone());
                (201, begun.to_string())
            }
            ("POST", path) if path.starts_with("/v1/flows/") && path.ends_with("/redeem") => {
                let ours = path == format!("/v1/flows/{}/redeem", self.flow)
                    && text("session_binding") == self.binding;
                if !ours || text("result_code") != RESULT_CODE {
                    return (404, r#"{"code":"result_code_invalid"}"#.to_owned());
                }
                let jti = format!("jti-{}-{}", self.flows, std::process::id());
                let mut token = Token::right(
                    &self.issuer,
                    AUDIENCE,
                    &self.subject,
                    &self.binding,
                    now(),
                    &jti,
                );
                if let Some(forge) = self.forge {
                    forge(&mut token);
                }
                (200, json!({ "assertion": token.write() }).to_string())
            }
            ("GET", path) if path.ends_with("/events") => {
                (200, r#"{"events":[],"intact":true}"#.to_owned())
            }
            ("GET", path) if path.starts_with("/v1/subjects/") => {
                let subject = json!({
                    "enrolled": true, "methods": [], "backup_codes_left": 10, "factor_epoch": 1, "trusted_browsers": [],
                });
                (200, subject.to_string())
            }
            _other => (404, r#"{"code":"not_found"}"#.to_owned()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "results have times")]
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
