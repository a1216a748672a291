//! A login at random moments of death, between counting, checking and spending. Each time one of
//! "not accepted, and the try is counted" and "accepted, once" holds; never both "accepted" and
//! "can be used again".
//!
//! `DEATHS` makes more of them; what docs/figures.md claims was printed with 500.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::time::Duration;

use common::server::{Server, configured, enrol, free_port, login_body, now, send, setting};
use common::{Beside, code_at, next};
use nidan_store::testing::Rows;
use serde_json::{Value, json};

/// A whole post takes some milliseconds in this build: deaths fall before, during and after it.
const SPAN_US: u64 = 12_000;

#[test]
fn a_login_survives_death_at_any_moment() {
    let deaths = setting("DEATHS", 40);
    let folder = tempfile::tempdir().unwrap();
    let (port, api_key) = (free_port(), configured(folder.path()));
    let mut server = Server::start(folder.path(), port);
    let (widget, method_id) = enrol(port, &api_key, "u1", 7);
    let store = Beside::open(folder.path());
    let mut random = 0x6b_69_6c_6c;
    let (mut before, mut counted, mut accepted) = (0, 0, 0);
    for death in 0..deaths {
        store.forget_counts();
        store.forget_steps();
        let login = |name: &str| {
            let body = login_body("u1", &format!("session-of-death-{death:05}-{name}"));
            let created = server.ask("POST", "/v1/flows", &api_key, &body).unwrap().1;
            created["flow_token"].as_str().unwrap().to_owned()
        };
        let (token, other) = (login("one"), login("two"));
        if 30 - now() % 30 < 4 {
            std::thread::sleep(Duration::from_secs(4));
        }
        let post = json!({ "method_id": method_id, "code": code_at(&widget.secret, now()) });
        let sent = send(port, "POST", "/v1/flow/verification", &token, &post).unwrap();
        std::thread::sleep(Duration::from_micros(next(&mut random) % SPAN_US));
        server.kill();
        drop(sent);
        server = Server::start(folder.path(), port);

        let (in_a_row, spent) = (store.count(Rows::WrongInARow), store.latest_step() > 0);
        let view = server
            .ask("GET", "/v1/flow", &token, &Value::Null)
            .unwrap()
            .1;
        let complete = view["verification"].is_null();
        assert_eq!(spent, complete, "spent and complete are one");
        match (in_a_row, spent) {
            (0, false) => before += 1,
            (1, false) => counted += 1,
            (0, true) => accepted += 1,
            other => panic!("death {death}: {other:?}"),
        }
        // The same post goes on where it was; from another login the code is good only while nobody
        // was let in by it.
        let elsewhere = server
            .ask("POST", "/v1/flow/verification", &other, &post)
            .unwrap();
        assert_eq!(elsewhere.0 == 200, !spent, "death {death}: {elsewhere:?}");
        let again = server
            .ask("POST", "/v1/flow/verification", &token, &post)
            .unwrap();
        assert_eq!(again.0 == 200, spent, "death {death}: {again:?}");
        // An acknowledged wrong try is on the disk.
        let third = {
            let body = login_body("u1", &format!("session-of-death-{death:05}-three"));
            let created = server.ask("POST", "/v1/flows", &api_key, &body).unwrap().1;
            created["flow_token"].as_str().unwrap().to_owned()
        };
        let had = store.count(Rows::WrongInARow);
        let wrong = json!({ "method_id": method_id, "code": "000000", "second_code": "000000" });
        let answer = server
            .ask("POST", "/v1/flow/verification", &third, &wrong)
            .unwrap();
        assert_eq!(answer.1["code"], "code_wrong", "{answer:?}");
        server.kill();
        server = Server::start(folder.path(), port);
        assert_eq!(
            store.count(Rows::WrongInARow),
            had + 1,
            "a wrong try was forgotten"
        );
    }
    println!(
        "{deaths} deaths: {before} before the try was counted, {counted} between, {accepted} after it was accepted"
    );
    assert!(
        before > 0 && counted + accepted > 0,
        "deaths fell on one side only"
    );
}
