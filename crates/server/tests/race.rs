//! One right code, many times at once, to two service processes on one database: one winner. And
//! replays, in numbers.
//!
//! `ROUNDS`, `BACKUP_PARALLEL` and `REPLAYS` make more of them; what docs/figures.md claims was
//! printed with 200, 500 and 100000.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::pair::{Pair, winners};
use common::server::{ask, now, setting};
use common::{ORIGIN, Widget, code_at, next};
use nidan_server::keys::Keys;
use serde_json::{Value, json};

/// Posts of one code in a round.
const PARALLEL: usize = 500;

/// A moment with some seconds left in its step, so that a round does not fall on an edge.
fn within_a_step() -> u64 {
    let left = 30 - now() % 30;
    if left < 8 {
        std::thread::sleep(Duration::from_secs(left));
    }
    now()
}

/// B1–B8, B14: an app's code, a phone's and a backup code, each 500 times at once.
#[test]
fn one_code_has_one_winner() {
    let rounds = setting("ROUNDS", 3);
    // Each run of the slow hash takes a core for some 25 ms: fewer of them at once are the same
    // race, sooner over.
    let backup_parallel = setting("BACKUP_PARALLEL", PARALLEL / 10);
    let pair = Pair::start();
    let (widget, method_id) = pair.enrol("u1", 7);
    let mut flows: Vec<_> = (0..PARALLEL)
        .map(|at| pair.login("u1", &format!("session-number-{at:05}")))
        .collect();
    let mut session = PARALLEL;
    for kind in ["app", "backup"] {
        let started = Instant::now();
        for round in 0..rounds {
            pair.store.forget_tries();
            let code = match kind {
                "app" => code_at(&widget.secret, within_a_step()),
                _backup => widget
                    .backup_codes
                    .iter()
                    .nth(round % 10)
                    .unwrap()
                    .expose()
                    .to_string(),
            };
            let method = if kind == "app" {
                method_id.as_str()
            } else {
                "backup_code"
            };
            let body = json!({ "method_id": method, "code": code });
            let posts: Vec<_> = flows
                .iter()
                .map(|(_, token)| (token.clone(), body.clone()))
                .collect();
            let answers = pair.all_at_once(if kind == "app" {
                &posts
            } else {
                &posts[..backup_parallel]
            });
            assert_eq!(winners(&answers), 1, "{kind}, round {round}");
            // The winner's flow is over; another takes its place.
            let won = answers
                .iter()
                .position(|(status, _)| *status == 200)
                .unwrap();
            session += 1;
            flows[won] = pair.login("u1", &format!("session-number-{session:05}"));
        }
        let took = started.elapsed().as_secs();
        println!("{kind}: {rounds} rounds, one winner in each ({took} s)");
    }
}

/// The same for a text's code: it belongs to one flow, so that all posts go there and get one
/// result, good for one redeem.
#[test]
fn one_text_has_one_result() {
    let rounds = setting("ROUNDS", 3);
    let pair = Pair::start();
    let keys = Arc::new(Keys::load(&pair.folder.path().join("nidan.keys"), |_| None).unwrap());
    let code_of = |challenge: &Value| {
        nidan_server::challenge::code_of(&keys, challenge["id"].as_str().unwrap()).to_string()
    };
    let create = json!({
        "purpose": "enroll", "subject": "u2", "account_name": "a@example.com", "auth_time": now(),
        "session_binding": "session-of-the-set-up", "origin": ORIGIN,
    });
    let token = pair.ask("POST", "/v1/flows", &pair.api_key, &create).1["flow_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let wish = json!({ "number": "090-1234-5678", "country": "JP", "channel": "sms" });
    let (_, challenge) = pair.ask("POST", "/v1/flow/challenges", &token, &wish);
    let path = format!(
        "/v1/flow/challenges/{}/answer",
        challenge["id"].as_str().unwrap()
    );
    assert_eq!(
        pair.ask(
            "POST",
            &path,
            &token,
            &json!({ "code": code_of(&challenge) })
        )
        .0,
        200
    );
    let mut body = Widget::new(&pair.ask("GET", "/v1/flow", &token, &Value::Null).1, 9).body(now());
    body.as_object_mut().unwrap().remove("code");
    body["phones"] = json!([{ "challenge_id": challenge["id"] }]);
    let (_, answer) = pair.ask("POST", "/v1/flow/enrolment", &token, &body);
    let method_id = answer["methods"][0]["id"].as_str().unwrap().to_owned();
    for round in 0..rounds {
        pair.store.forget_tries();
        pair.store.forget_sends();
        let session = format!("session-of-round-{round:05}");
        let (flow_id, token) = pair.login("u2", &session);
        let (_, challenge) = pair.ask(
            "POST",
            "/v1/flow/challenges",
            &token,
            &json!({ "method_id": method_id, "channel": "sms" }),
        );
        let post = json!({ "method_id": method_id, "code": code_of(&challenge) });
        let answers = pair.all_at_once(&vec![(token, post); PARALLEL]);
        assert!(winners(&answers) >= 1, "round {round}");
        let mut results: Vec<_> = answers
            .iter()
            .filter_map(|(_, answer)| answer["result_code"].as_str())
            .collect();
        results.sort_unstable();
        results.dedup();
        let [result] = results.as_slice() else {
            panic!("{} results in round {round}", results.len())
        };
        let redeem = json!({ "result_code": result, "session_binding": session });
        let path = format!("/v1/flows/{flow_id}/redeem");
        let redeemed: Vec<u16> = std::thread::scope(|scope| {
            let redeems: Vec<_> = (0..20)
                .map(|at| {
                    scope.spawn({
                        let (pair, path, redeem) = (&pair, &path, &redeem);
                        move || {
                            ask(pair.ports[at % 2], "POST", path, &pair.api_key, redeem)
                                .unwrap()
                                .0
                        }
                    })
                })
                .collect();
            redeems.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(
            redeemed.iter().filter(|status| **status == 200).count(),
            1,
            "round {round}"
        );
    }
    println!("text: {rounds} rounds, one result in each, redeemed once");
}

/// Codes that were used or never will be right: over methods, paths, offsets and processes, none is
/// accepted.
#[test]
fn nothing_replayed_is_accepted() {
    let replays = setting("REPLAYS", 2_000);
    let pair = Pair::start();
    let people: Vec<(Widget, String)> = (0..4)
        .map(|at| pair.enrol(&format!("u{at}"), 20 + at as u8))
        .collect();
    let used: Vec<(String, u64)> = people
        .iter()
        .enumerate()
        .map(|(at, (widget, method_id))| {
            let when = within_a_step();
            // The enrolment has spent the step of now.
            let code = code_at(&widget.secret, when + 30);
            let (_, token) =
                pair.login(&format!("u{at}"), &format!("first-session-of-person-{at}"));
            let (status, answer) = pair.ask(
                "POST",
                "/v1/flow/verification",
                &token,
                &json!({ "method_id": method_id, "code": code }),
            );
            assert_eq!(status, 200, "{answer}");
            (code, when + 30)
        })
        .collect();
    let mut random = 0x7265_706c_6179;
    let mut posts = Vec::new();
    for at in 0..replays {
        let person = next(&mut random) as usize % people.len();
        let subject = if next(&mut random).is_multiple_of(4) {
            next(&mut random) as usize % people.len()
        } else {
            person
        };
        let (widget, method_id) = &people[person];
        let (code, when) = &used[person];
        // The used code, or an older one: never one that is still to come.
        let offset = 30 * (next(&mut random) % 40);
        let code = if next(&mut random).is_multiple_of(3) {
            code_at(&widget.secret, when - offset)
        } else {
            code.clone()
        };
        let (_, token) = pair.login(
            &format!("u{subject}"),
            &format!("session-of-replay-{at:06}"),
        );
        let body = match next(&mut random) % 5 {
            0 => json!({ "method_id": method_id, "code": code, "second_code": code }),
            1 => json!({ "method_id": "backup_code", "code": code }),
            2 => json!({ "method_id": people[subject].1, "code": code }),
            _plain => json!({ "method_id": method_id, "code": code }),
        };
        posts.push((token, body));
        if posts.len() == 500 || at + 1 == replays {
            pair.store.forget_counts();
            let answers = pair.all_at_once(&posts);
            assert_eq!(
                winners(&answers),
                0,
                "{:?}",
                answers.iter().find(|(status, _)| *status == 200)
            );
            posts.clear();
        }
    }
    println!("{replays} replays: none accepted");
}
