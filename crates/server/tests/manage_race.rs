//! Two pages at once, and one post many times: a person keeps a method, and nothing is done twice.
//!
//! `ROUNDS` and `BACKUP_PARALLEL` make more of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use axum::http::StatusCode;
use common::manage::{DAY, code, refused, request_id, somebody};
use common::{Bench, Person};
use serde_json::json;

fn asked_for(name: &str, usual: usize) -> usize {
    let asked = std::env::var(name).ok();
    asked.map_or(usual, |count| count.parse().unwrap())
}

/// Each of the last two methods is taken away by a page that the other one has proved, at the same
/// moment.
#[tokio::test(flavor = "multi_thread")]
async fn two_pages_that_take_the_last_two_methods_leave_one() {
    let bench = Bench::new().await;
    let mut left = bench.enrolled("u1", 7).await;
    bench.pass(60 * DAY);
    let rounds = asked_for("ROUNDS", 20) * 5;
    for round in 0..rounds {
        let seed = u8::try_from(50 + round % 200).unwrap();
        let other = bench.proved(&left).await.add_app(&json!({}), seed).await;
        bench.pass(2 * DAY);
        let (first, second) = (bench.proved(&left).await, bench.proved(&other).await);
        let take = |person: &Person| format!("methods/{}/remove", person.method_id);
        let (mine, theirs) = (take(&other), take(&left));
        let nothing = json!({});
        let (one, two) = tokio::join!(
            first.change(&mine, &nothing),
            second.change(&theirs, &nothing)
        );
        let done = [&one, &two].map(|answer| answer.0 == StatusCode::OK);
        assert_eq!(
            done.iter().filter(|done| **done).count(),
            1,
            "{one:?} {two:?}"
        );
        let refused = if done[0] { &two } else { &one };
        assert!(
            ["flow_conflict", "last_method"].contains(&code(refused)),
            "{refused:?}"
        );
        let methods = &bench.subject("u1").await["methods"];
        assert_eq!(methods.as_array().unwrap().len(), 1, "round {round}");
        if done[1] {
            left = other;
        }
        assert_eq!(methods[0]["id"], left.method_id);
    }
    println!("{rounds} rounds, one method left in each");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_set_up_that_is_finished_many_times_adds_one_method() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    bench.pass(60 * DAY);
    let page = bench.proved(&person).await;
    let widget = page.set_up(&json!({ "kind": "totp" }), 44).await;
    let body = page.finish_body(&widget, &json!({ "name": "one" }));
    let another = page.finish_body(&widget, &json!({ "name": "two" }));
    let path = format!("setups/{}/finish", widget.enrolment_id);
    let parallel = asked_for("BACKUP_PARALLEL", 50);
    let posts = (0..parallel).map(|nth| {
        let body = if nth % 5 == 4 { &another } else { &body };
        page.post(&path, body)
    });
    let answers = futures_util::future::join_all(posts).await;
    // Whichever of both was first is the one that counts.
    let good = answers.iter().filter(|answer| answer.0 == StatusCode::OK);
    let names: std::collections::BTreeSet<_> = good
        .clone()
        .map(|answer| answer.1["methods"][1]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(good.count() >= parallel / 5);
    let others = answers.iter().filter(|answer| answer.0 != StatusCode::OK);
    assert!(
        others
            .into_iter()
            .all(|answer| code(answer) == "flow_conflict")
    );
    assert_eq!(page.ids().await.len(), 2);
    println!("{parallel} posts, one method");
}

/// A double press, a proxy that repeats: one code proves once, and nobody is said to have guessed.
#[tokio::test(flavor = "multi_thread")]
async fn one_code_that_comes_many_times_at_once_is_right_each_time() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    bench.pass(60 * DAY);
    let page = bench.manage("u1").await;
    let test = format!("methods/{}/test", person.method_id);
    let mut off = json!({ "request_id": request_id() });
    for path in ["proof", &*test, "turn_off"] {
        bench.pass(30);
        let mut body = person.post(bench.now());
        if path == test {
            body.as_object_mut().unwrap().remove("method_id");
        }
        if path == "turn_off" {
            for (name, value) in body.as_object().unwrap() {
                off[name] = value.clone();
            }
            body = off.clone();
        }
        let (one, two) = tokio::join!(page.post(path, &body), page.post(path, &body));
        assert_eq!(
            (one.0, two.0),
            (StatusCode::OK, StatusCode::OK),
            "{path}: {one:?} {two:?}"
        );
    }
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let events = record["events"].as_array().unwrap();
    assert!(events.iter().all(|event| event["kind"] != "code_wrong"));
}

/// A pause, and its end, from many pages at once: there is one, and it is told once.
#[tokio::test(flavor = "multi_thread")]
async fn one_request_that_comes_many_times_is_done_once() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    bench.pass(60 * DAY);
    let page = bench.proved(&person).await;
    let body = json!({ "request_id": request_id(), "hours": 3, "reason": "abroad" });
    let posts = (0..asked_for("BACKUP_PARALLEL", 50)).map(|_| page.post("pause", &body));
    let answers = futures_util::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| answer.0 == StatusCode::OK));
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let events = record["events"].as_array().unwrap();
    let pauses = events.iter().filter(|event| event["kind"] == "paused");
    assert_eq!(pauses.count(), 1);
}

#[tokio::test]
async fn a_backup_code_that_proved_once_proves_nothing_again() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.manage("u1").await;
    let proof = person.backup_post(0);
    // The same post twice, as after a lost answer: one proof.
    for _twice in 0..2 {
        assert_eq!(page.post("proof", &proof).await.0, StatusCode::OK);
    }
    bench.pass(301);
    let again = page.post("proof", &proof).await;
    refused(&again, StatusCode::UNPROCESSABLE_ENTITY, "code_wrong");
    let open = page.post("setups", &json!({ "kind": "totp" })).await;
    refused(&open, StatusCode::FORBIDDEN, "reauth_required");
}
