//! Changes of what people have at random moments of death. Each time the old one counts or the new one
//! does: never neither, and never both but where both shall count for a day.
//!
//! `DEATHS` makes more of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::time::Duration;

use common::server::{Server, configured, enrol, free_port, login_body, now, send, setting};
use common::{Beside, Widget, code_at, next};
use serde_json::{Value, json};

/// Somebody who has an app, on the page on which it is managed.
struct Scene<'a> {
    server: &'a mut Server,
    port: u16,
    api_key: &'a str,
    subject: String,
    old: Widget,
    method_id: String,
}

impl Scene<'_> {
    fn ask(&self, method: &str, path: &str, bearer: &str, body: &Value) -> (u16, Value) {
        self.server.ask(method, path, bearer, body).unwrap()
    }

    fn flow(&self, purpose: &str) -> String {
        let session = format!("session-of-a-{purpose}-of-{}", self.subject);
        let mut body = login_body(&self.subject, &session);
        body["purpose"] = json!(purpose);
        let (_, created) = self.ask("POST", "/v1/flows", self.api_key, &body);
        created["flow_token"].as_str().unwrap().to_owned()
    }

    /// Its flow, where the app has shown its code.
    fn proved(&self) -> String {
        let token = self.flow("manage");
        let code = code_at(&self.old.secret, now());
        let post = json!({ "method_id": self.method_id, "code": code });
        let (status, answer) = self.ask("POST", "/v1/flow/proof", &token, &post);
        assert_eq!(status, 200, "{answer}");
        token
    }

    fn subject(&self) -> Value {
        let path = format!("/v1/subjects/{}", self.subject);
        self.ask("GET", &path, self.api_key, &Value::Null).1
    }

    /// Posts, and dies within so many microseconds.
    fn dies(&mut self, folder: &std::path::Path, path: &str, post: (&str, &Value), within_us: u64) {
        let sent = send(self.port, "POST", path, post.0, post.1).unwrap();
        std::thread::sleep(Duration::from_micros(within_us));
        self.server.kill();
        drop(sent);
        *self.server = Server::start(folder, self.port);
    }

    fn set_up(&self, token: &str, post: &Value, seed: u8) -> (Widget, String) {
        let (status, opened) = self.ask("POST", "/v1/flow/setups", token, post);
        assert_eq!(status, 201, "{opened}");
        let widget = Widget::agreed(&opened["setup_id"], &opened["server_public_key"], seed);
        let path = format!("/v1/flow/setups/{}/finish", widget.enrolment_id);
        (widget, path)
    }

    /// Whether a backup code lets in.
    fn lets_in(&self, widget: &Widget, nth: usize) -> bool {
        let code = widget.backup_codes.iter().nth(nth).unwrap();
        let post = json!({ "method_id": "backup_code", "code": *code.expose() });
        let token = self.flow("verify");
        self.ask("POST", "/v1/flow/verification", &token, &post).0 == 200
    }
}

fn finish_body(widget: &Widget) -> Value {
    let mut body = widget.body(now());
    body.as_object_mut().unwrap().remove("enrolment_id");
    body
}

/// Whether the change was stored when death came.
fn replaced(scene: &mut Scene<'_>, folder: &std::path::Path, chance: u64) -> bool {
    let token = scene.proved();
    let post = json!({ "kind": "totp", "replaces": scene.method_id });
    let (new, path) = scene.set_up(&token, &post, 77);
    let body = finish_body(&new);
    scene.dies(folder, &path, (&token, &body), chance % 12_000);
    let subject = scene.subject();
    let methods = subject["methods"].as_array().unwrap();
    let retiring = methods.iter().filter(|one| !one["retires_at"].is_null());
    let whole = (methods.len(), retiring.count());
    assert!([(1, 0), (2, 1)].contains(&whole), "{subject}");
    let (status, answer) = scene.ask("POST", &path, &token, &body);
    assert_eq!(status, 200, "cannot go on: {answer}");
    assert_eq!(scene.subject()["methods"].as_array().unwrap().len(), 2);
    whole.0 == 2
}

fn codes_renewed(scene: &mut Scene<'_>, folder: &std::path::Path, chance: u64) -> bool {
    let token = scene.proved();
    let (new, path) = scene.set_up(&token, &json!({ "kind": "backup_codes" }), 78);
    let mut body = finish_body(&new);
    let typed = new.backup_codes.iter().next().unwrap();
    body["code"] = json!(*typed.expose());
    scene.dies(folder, &path, (&token, &body), chance % 400_000);
    assert_eq!(scene.subject()["backup_codes_left"], 10);
    let old = scene.old.backup_codes.iter().next().unwrap().expose();
    let old = json!({ "method_id": "backup_code", "code": *old });
    let by_old = {
        let token = scene.flow("verify");
        scene.ask("POST", "/v1/flow/verification", &token, &old).0 == 200
    };
    let by_new = scene.lets_in(&new, 1);
    assert_ne!(by_old, by_new, "one set of both counts");
    let (status, answer) = scene.ask("POST", &path, &token, &body);
    assert_eq!(status, 200, "cannot go on: {answer}");
    assert!(scene.lets_in(&new, 2));
    by_new
}

fn lost_at_login(scene: &mut Scene<'_>, folder: &std::path::Path, chance: u64) -> bool {
    let token = scene.flow("verify");
    let code = scene.old.backup_codes.iter().nth(3).unwrap().expose();
    let post =
        json!({ "method_id": "backup_code", "code": *code, "lost_methods": scene.method_id });
    let path = "/v1/flow/verification";
    scene.dies(folder, path, (&token, &post), chance % 100_000);
    let subject = scene.subject();
    let is_held = subject["methods"][0]["state"] == "held";
    assert_eq!(
        is_held,
        subject["backup_codes_left"] == 9,
        "both or none: {subject}"
    );
    let (status, answer) = scene.ask("POST", path, &token, &post);
    assert_eq!(status, 200, "cannot go on: {answer}");
    assert_eq!(scene.subject()["methods"][0]["state"], "held");
    is_held
}

type Change = fn(&mut Scene<'_>, &std::path::Path, u64) -> bool;

#[test]
fn a_change_survives_death_at_any_moment() {
    let deaths = setting("DEATHS", 40) / 4;
    let folder = tempfile::tempdir().unwrap();
    let (port, api_key) = (free_port(), configured(folder.path()));
    let mut server = Server::start(folder.path(), port);
    let store = Beside::open(folder.path());
    let mut random = 0x6d_61_6e;
    let changes: [(&str, Change); 3] = [
        ("replaced", replaced),
        ("codes renewed", codes_renewed),
        ("lost at a login", lost_at_login),
    ];
    for (what, change) in changes {
        let mut stored = 0;
        for death in 0..deaths {
            let subject = format!("{}-{death}", what.replace(' ', "-"));
            let (old, method_id) = enrol(port, &api_key, &subject, (death % 40) as u8);
            store.forget_steps();
            if 30 - now() % 30 < 4 {
                std::thread::sleep(Duration::from_secs(4));
            }
            let mut scene = Scene {
                server: &mut server,
                port,
                api_key: &api_key,
                subject,
                old,
                method_id,
            };
            stored += usize::from(change(&mut scene, folder.path(), next(&mut random)));
        }
        println!("{what}: {deaths} deaths, {stored} after it was stored");
        // Of ten, all may fall on one side.
        let fell_on_both = stored > 0 && stored < deaths;
        assert!(fell_on_both || deaths < 20, "{what}: {stored} of {deaths}");
    }
}
