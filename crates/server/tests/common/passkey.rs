//! Somebody's passkeys, on the way of a set-up, a login or the page on which methods are managed.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::authenticator::{Key, Saying};
use super::{Bench, ORIGIN, Widget};

/// A ceremony that a browser was given.
pub struct Ceremony {
    pub id: String,
    pub options: Value,
}

impl Ceremony {
    fn of(opened: &Value) -> Self {
        let options = opened["options"].as_str().unwrap();
        Self {
            id: opened["ceremony_id"].as_str().unwrap().to_owned(),
            options: serde_json::from_str(options).unwrap(),
        }
    }

    /// What a page posts to sign in or to prove a factor.
    pub fn post(&self, saying: &Saying) -> Value {
        let credential = saying.assertion().to_string();
        let passkey = json!({ "ceremony_id": self.id, "credential": credential });
        json!({ "method_id": "passkey", "passkey": passkey })
    }
}

impl Bench {
    /// Begins a ceremony.
    pub async fn ceremony(&self, token: &str, kind: &str) -> Result<Ceremony, (StatusCode, Value)> {
        self.asked(token, &json!({ "kind": kind })).await
    }

    /// The same, with all that is asked.
    pub async fn asked(&self, token: &str, body: &Value) -> Result<Ceremony, (StatusCode, Value)> {
        let answer = self.widget_post("/v1/flow/ceremonies", token, body).await;
        if answer.0 == StatusCode::CREATED {
            Ok(Ceremony::of(&answer.1))
        } else {
            Err(answer)
        }
    }

    /// Posts what a device has made.
    pub async fn made(
        &self,
        token: &str,
        ceremony: &Ceremony,
        saying: &Saying,
    ) -> (StatusCode, Value) {
        let path = format!("/v1/flow/ceremonies/{}/answer", ceremony.id);
        let body = json!({ "credential": saying.attestation().to_string() });
        self.widget_post(&path, token, &body).await
    }

    /// Makes a passkey in a flow; the end of its set-up is to come.
    pub async fn make(&self, token: &str, seed: u8) -> (Key, String) {
        let ceremony = self.ceremony(token, "create").await.unwrap();
        let key = Key::new(seed, &ceremony.options);
        let saying = key.make(ORIGIN, &ceremony.options);
        let (status, view) = self.made(token, &ceremony, &saying).await;
        assert_eq!(status, StatusCode::OK, "{view}");
        (key, ceremony.id)
    }

    /// Somebody who has a passkey and backup codes, and nothing else.
    pub async fn enrolled_with_passkey(&self, subject: &str, seed: u8) -> Key {
        let (_, token, view) = self.open(subject).await;
        let (key, ceremony_id) = self.make(&token, seed).await;
        let widget = Widget::new(&view, seed);
        let mut body = widget.body(self.now());
        body.as_object_mut().unwrap().remove("code");
        body["passkeys"] = json!([{ "ceremony_id": ceremony_id, "name": "Laptop" }]);
        let (status, stored) = self.flow_post(&token, &body).await;
        assert_eq!(status, StatusCode::OK, "{stored}");
        assert_eq!(stored["methods"][0]["kind"], "passkey", "{stored}");
        assert_eq!(stored["methods"][0]["name"], "Laptop");
        key
    }

    /// Answers a fresh ceremony of a login.
    pub async fn sign_in_with(&self, token: &str, key: &Key) -> (StatusCode, Value) {
        let ceremony = self.ceremony(token, "get").await.unwrap();
        let saying = key.answer(ORIGIN, &ceremony.options);
        self.verify(token, &ceremony.post(&saying)).await
    }

    /// Adds a passkey on a page where a factor was proved; the key, and the id of its method.
    pub async fn add_passkey(&self, token: &str, seed: u8) -> (Key, String) {
        let setup = json!({ "kind": "passkey" });
        self.set_up_passkey(token, &setup, seed).await
    }

    /// The same, in the place of another one perhaps.
    pub async fn set_up_passkey(&self, token: &str, setup: &Value, seed: u8) -> (Key, String) {
        let (status, opened) = self.widget_post("/v1/flow/setups", token, setup).await;
        assert_eq!(status, StatusCode::CREATED, "{opened}");
        let (key, ceremony_id) = self.make(token, seed).await;
        let setup_id = opened["setup_id"].as_str().unwrap();
        let path = format!("/v1/flow/setups/{setup_id}/finish");
        let name = format!("Key {seed}");
        let body = json!({ "ceremony_id": ceremony_id, "name": name });
        let (status, view) = self.widget_post(&path, token, &body).await;
        assert_eq!(status, StatusCode::OK, "{view}");
        let methods = view["management"]["methods"].as_array().unwrap();
        let new = methods
            .iter()
            .find(|method| method["name"] == name.as_str())
            .unwrap();
        (key, new["id"].as_str().unwrap().to_owned())
    }
}
