//! A backup gives back what people had, and not what was spent since.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::ORIGIN;
use common::server::{Server, configured, enrol, free_port, login_body, now};
use serde_json::{Value, json};

fn run(folder: &Path, words: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_nidan-server"))
        .arg("--config")
        .arg(folder.join("nidan.toml"))
        .args(words)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}

struct Service<'a> {
    server: Server,
    api_key: &'a str,
}

impl<'a> Service<'a> {
    fn start(folder: &Path, api_key: &'a str) -> Self {
        let server = Server::start(folder, free_port());
        Self { server, api_key }
    }

    fn post(&self, path: &str, bearer: &str, body: &Value) -> (u16, Value) {
        self.server.ask("POST", path, bearer, body).unwrap()
    }

    /// How often somebody of the staff may still put a set-up off, as a login says.
    fn skips_left(&self, subject: &str) -> Value {
        let mut body = login_body(subject, "a-session-of-a-login");
        body["group"] = json!("staff");
        self.post("/v1/flows", self.api_key, &body).1["enrolment"].clone()
    }

    fn skip(&self, subject: &str) -> u16 {
        let body = json!({
            "purpose": "enroll", "subject": subject, "account_name": "a@example.com", "auth_time": now(),
            "session_binding": "session-of-a-set-up", "origin": ORIGIN, "group": "staff", "at_login": true,
        });
        let (_, created) = self.post("/v1/flows", self.api_key, &body);
        let token = created["flow_token"].as_str().unwrap();
        self.post("/v1/flow/skip", token, &json!({})).0
    }

    fn stop(self) {
        assert!(self.server.stop_within(Duration::from_secs(10)));
    }
}

#[test]
fn what_was_put_off_since_stays_counted() {
    let folder = tempfile::tempdir().unwrap();
    let api_key = configured(folder.path());
    let service = Service::start(folder.path(), &api_key);
    assert_eq!(service.skips_left("s1")["skips_left"], 3);
    let begun = service.skips_left("s1")["deadline"].clone();
    let backup = folder.path().join("night.db");
    run(folder.path(), &["backup", backup.to_str().unwrap()]);
    assert_eq!((service.skip("s1"), service.skip("s1")), (200, 200));
    // Somebody whom the backup has not met, and somebody who was reset since.
    assert_eq!(service.skip("s2"), 200);
    let reset = json!({ "by": "Anna", "reason": "lost" });
    let path = "/v1/subjects/s1/reset";
    assert_eq!(service.post(path, &api_key, &reset).0, 200);
    service.stop();
    let present = folder.path().join("nidan.db");
    run(folder.path(), &["restore", backup.to_str().unwrap()]);
    let service = Service::start(folder.path(), &api_key);
    let left = service.skips_left("s1");
    assert_eq!(
        (&left["skips_left"], &left["deadline"]),
        (&json!(1), &begun)
    );
    assert_eq!(left["may_skip"], false, "the reset stays");
    assert_eq!(service.skips_left("s2")["skips_left"], 2);
    service.stop();
    // Where the database that was there cannot be read, nobody knows what is left.
    std::fs::write(&present, b"no database").unwrap();
    run(folder.path(), &["restore", backup.to_str().unwrap()]);
    let service = Service::start(folder.path(), &api_key);
    assert_eq!(service.skips_left("s1")["may_skip"], false);
    // Whom the backup has not met begins anew: nothing is left that knows of them.
    assert_eq!(service.skips_left("s2")["skips_left"], 3);
}

#[test]
fn a_code_of_support_from_before_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let api_key = configured(folder.path());
    let service = Service::start(folder.path(), &api_key);
    enrol(service.server.port, &api_key, "u1", 1);
    let wish = json!({ "by": "Anna", "reason": "lost", "minutes": 600, "reset": true });
    let path = "/v1/subjects/u1/temporary_code";
    let (status, made) = service.post(path, &api_key, &wish);
    assert_eq!(status, 200, "{made}");
    let backup = folder.path().join("night.db");
    run(folder.path(), &["backup", backup.to_str().unwrap()]);
    service.stop();
    run(folder.path(), &["restore", backup.to_str().unwrap()]);
    let service = Service::start(folder.path(), &api_key);
    let body = login_body("u1", "a-session-of-a-login");
    let (_, flow) = service.post("/v1/flows", &api_key, &body);
    // The password alone leads neither in nor to a set-up.
    assert_eq!(flow["outcome"], "required", "{flow}");
    let token = flow["flow_token"].as_str().unwrap();
    let code = made["code"].as_str().unwrap().replace('-', "");
    let post = json!({ "method_id": "temporary_code", "code": code });
    let (status, answer) = service.post("/v1/flow/verification", token, &post);
    assert_eq!((status, &answer["code"]), (404, &json!("method_not_found")));
    let mut set_up = body;
    set_up["purpose"] = json!("enroll");
    let (status, answer) = service.post("/v1/flows", &api_key, &set_up);
    assert_eq!((status, &answer["code"]), (409, &json!("already_enrolled")));
}
