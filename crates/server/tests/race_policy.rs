//! What a policy and a host's support give is given once, also where many ask at once at two service
//! processes on one database: a set-up is put off no more often than the policy allows, and support's
//! code lets in once.
//!
//! `ROUNDS` makes more of it; what docs/figures.md claims was printed with 200.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use common::ORIGIN;
use common::pair::{Pair, winners};
use common::server::{ask, now, setting};
use serde_json::{Value, json};

/// Skips in a round.
const PARALLEL: usize = 500;
/// What the policy allows.
const SKIPS: usize = 3;

fn set_up(pair: &Pair, port: u16, subject: &str, session: usize) -> Option<(u16, Value)> {
    let body = json!({
        "purpose": "enroll", "subject": subject, "account_name": "a@example.com", "auth_time": now(),
        "session_binding": format!("session-number-{session:05}"), "origin": ORIGIN, "at_login": true,
    });
    ask(port, "POST", "/v1/flows", &pair.api_key, &body)
}

#[test]
fn a_set_up_is_put_off_as_often_as_the_policy_allows() {
    let rounds = setting("ROUNDS", 3);
    let policy = format!("required = true\ngrace_skips = {SKIPS}");
    let pair = Pair::with(|text| with_policy(&text, &policy));
    for round in 0..rounds {
        let subject = format!("u{round}");
        // Each opens a set-up, which takes the place of the one before, and puts it off.
        let answers = pair.at_once(PARALLEL, |at, port| {
            let (status, created) = set_up(&pair, port, &subject, at)?;
            assert_eq!(status, 201, "{created}");
            let token = created["flow_token"].as_str()?.to_owned();
            ask(port, "POST", "/v1/flow/skip", &token, &json!({}))
        });
        let won = winners(&answers);
        assert!(won <= SKIPS, "{won} in round {round}");
        // What is left is left, and no more.
        let mut more = 0;
        for session in 0..=SKIPS {
            let (_, created) = set_up(&pair, pair.ports[0], &subject, PARALLEL + session).unwrap();
            let token = created["flow_token"].as_str().unwrap();
            let (status, _) = pair.ask("POST", "/v1/flow/skip", token, &json!({}));
            more += usize::from(status == 200);
        }
        assert_eq!(won + more, SKIPS, "round {round}");
    }
    println!("skips: {rounds} rounds of {PARALLEL}, never more than {SKIPS}");
}

#[test]
fn one_set_up_is_put_off_once() {
    let rounds = setting("ROUNDS", 3);
    let pair = Pair::with(|text| with_policy(&text, "required = true\ngrace_days = 1"));
    for round in 0..rounds {
        let subject = format!("u{round}");
        let (_, created) = set_up(&pair, pair.ports[0], &subject, 0).unwrap();
        let token = created["flow_token"].as_str().unwrap();
        let answers = pair.at_once(PARALLEL, |_, port| {
            ask(port, "POST", "/v1/flow/skip", token, &json!({}))
        });
        assert_eq!(winners(&answers), PARALLEL, "the same answer again");
        let mut results: Vec<_> = answers
            .iter()
            .filter_map(|(_, answer)| answer["result_code"].as_str())
            .collect();
        results.dedup();
        assert_eq!(results.len(), 1, "round {round}");
        let path = format!("/v1/subjects/{subject}/events");
        let (_, record) = pair.ask("GET", &path, &pair.api_key, &Value::Null);
        let lines = record["events"].as_array().unwrap();
        assert_eq!(lines.len(), 1, "{record}");
    }
    println!("one set-up: {rounds} rounds of {PARALLEL}, one result and one line in each");
}

/// The configuration with settings of the only host.
fn with_policy(text: &str, settings: &str) -> String {
    text.replacen("origins = ", &format!("{settings}\norigins = "), 1)
}

/// Support's code lets in once, however many logins bring it at once.
#[test]
fn one_code_of_support_has_one_winner() {
    let rounds = setting("ROUNDS", 3);
    // Each check of it takes a core for some 25 ms, as with a backup code.
    let parallel = setting("BACKUP_PARALLEL", PARALLEL / 10);
    let pair = Pair::start();
    let wish = json!({ "by": "Anna", "reason": "lost", "minutes": 60, "reset": true });
    for round in 0..rounds {
        let subject = format!("u{round}");
        let path = format!("/v1/subjects/{subject}/temporary_code");
        let (status, made) = pair.ask("POST", &path, &pair.api_key, &wish);
        assert_eq!(status, 200, "{made}");
        let code = made["code"].as_str().unwrap().replace('-', "");
        let post = json!({ "method_id": "temporary_code", "code": code });
        let posts: Vec<_> = (0..parallel)
            .map(|at| {
                let session = format!("session-number-{at:05}");
                let (_flow, token) = pair.login(&subject, &session);
                (token, post.clone())
            })
            .collect();
        let answers = pair.all_at_once(&posts);
        assert_eq!(winners(&answers), 1, "round {round}");
    }
    println!("support's code: {rounds} rounds of {parallel}, one winner in each");
}
