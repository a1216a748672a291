//! Somebody on the page on which methods are managed.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Bench, Person, Widget};

pub const HOUR: u64 = 3_600;
pub const DAY: u64 = 86_400;

/// The page of a person: its flow, and the session that it is of.
pub struct Page<'a> {
    pub bench: &'a Bench,
    pub flow_id: String,
    pub token: String,
    pub session: String,
}

/// The stable code of a refusal.
pub fn code(answer: &(StatusCode, Value)) -> &str {
    answer.1["code"].as_str().unwrap_or_default()
}

fn next_number() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    NUMBERS.fetch_add(1, Ordering::SeqCst)
}

/// Somebody whose app is long there.
pub async fn somebody(bench: &Bench) -> Person {
    let person = bench.enrolled("u1", 7).await;
    bench.pass(60 * DAY);
    person
}

/// Somebody with two apps, both long there.
pub async fn with_two(bench: &Bench) -> (Person, Person) {
    let first = somebody(bench).await;
    let page = bench.proved(&first).await;
    let second = page.add_app(&json!({ "kind": "totp" }), 9).await;
    bench.pass(2 * DAY);
    (first, second)
}

/// It was refused, with this status and this stable code.
pub fn refused(answer: &(StatusCode, Value), status: StatusCode, name: &str) {
    assert_eq!((answer.0, code(answer)), (status, name), "{}", answer.1);
}

/// The kinds in the record of `u1`, the newest first.
pub async fn kinds(bench: &Bench) -> Vec<String> {
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    assert_eq!(record["intact"], true);
    let events = record["events"].as_array().unwrap();
    let kinds = events.iter().map(|event| event["kind"].as_str().unwrap());
    kinds.map(str::to_owned).collect()
}

impl Bench {
    /// Opens the page for somebody who has a method.
    pub async fn manage(&self, subject: &str) -> Page<'_> {
        self.manage_with(subject, &json!({})).await
    }

    pub async fn manage_with(&self, subject: &str, more: &Value) -> Page<'_> {
        let session = format!("session-of-a-manager-{}", next_number());
        let mut body = self.login_body(subject, &session);
        body["purpose"] = json!("manage");
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, created) = self.host_post("/v1/flows", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        Page {
            bench: self,
            flow_id: created["flow_id"].as_str().unwrap().to_owned(),
            token: created["flow_token"].as_str().unwrap().to_owned(),
            session,
        }
    }

    /// The same, where the app has shown its code.
    pub async fn proved(&self, person: &Person) -> Page<'_> {
        let page = self.manage(&person.subject).await;
        page.prove(person).await;
        page
    }
}

impl Page<'_> {
    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let path = format!("/v1/flow/{path}");
        self.bench.widget_post(&path, &self.token, body).await
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let path = format!("/v1/flow{path}");
        self.bench.widget_get(&path, &self.token).await
    }

    /// Proves the app, with a code that nobody has used: half a minute goes by.
    pub async fn prove(&self, person: &Person) {
        self.bench.pass(30);
        let (status, answer) = self.post("proof", &person.post(self.bench.now())).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["management"]["proved_at"], self.bench.now());
    }

    /// A change with an id of its own.
    pub async fn change(&self, path: &str, more: &Value) -> (StatusCode, Value) {
        let mut body = more.clone();
        body["request_id"] = json!(request_id());
        self.post(path, &body).await
    }

    /// Opens the set-up of an app, and makes what its browser would.
    pub async fn set_up(&self, more: &Value, seed: u8) -> Widget {
        let (status, opened) = self.post("setups", more).await;
        assert_eq!(status, StatusCode::CREATED, "{opened}");
        Widget::agreed(&opened["setup_id"], &opened["server_public_key"], seed)
    }

    pub async fn finish(&self, widget: &Widget, more: &Value) -> (StatusCode, Value) {
        let path = format!("setups/{}/finish", widget.enrolment_id);
        self.post(&path, &self.finish_body(widget, more)).await
    }

    pub fn finish_body(&self, widget: &Widget, more: &Value) -> Value {
        let mut body = widget.body(self.bench.now());
        body.as_object_mut().unwrap().remove("enrolment_id");
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    /// Adds an app: what shows its codes from now on.
    pub async fn add_app(&self, more: &Value, seed: u8) -> Person {
        let mut kind = json!({ "kind": "totp" });
        for (name, value) in more.as_object().unwrap() {
            kind[name] = value.clone();
        }
        let widget = self.set_up(&kind, seed).await;
        let before = self.ids().await;
        let (status, answer) = self.finish(&widget, &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let methods = answer["methods"].as_array().unwrap();
        let ids = methods.iter().map(|one| one["id"].as_str().unwrap());
        let added = ids.clone().find(|id| !before.iter().any(|old| old == id));
        Person {
            subject: String::from("u1"),
            widget,
            method_id: added.unwrap().to_owned(),
        }
    }

    pub async fn ids(&self) -> Vec<String> {
        let (_, view) = self.get("").await;
        let methods = view["methods"].as_array().unwrap();
        let ids = methods.iter().map(|one| one["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    }

    /// Closes the page, and has the host redeem what it says.
    pub async fn closed(&self) -> Value {
        let (status, answer) = self.post("close", &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let (status, redeemed) = self.redeem(&answer["result_code"]).await;
        assert_eq!(status, StatusCode::OK, "{redeemed}");
        super::claims(&redeemed["assertion"])
    }

    pub async fn redeem(&self, result_code: &Value) -> (StatusCode, Value) {
        let body = json!({ "result_code": result_code, "session_binding": self.session });
        let path = format!("/v1/flows/{}/redeem", self.flow_id);
        self.bench.host_post(&path, &body).await
    }
}

/// Names a request.
pub fn request_id() -> String {
    format!("request-of-a-test-{}", next_number())
}
