//! The host's support takes everything out for somebody who has lost it all.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::manage::{kinds, refused, somebody};
use common::{Bench, Widget};
use serde_json::{Value, json};

async fn reset(bench: &Bench, subject: &str) -> (StatusCode, Value) {
    let by_anna = json!({ "by": "Anna", "reason": "lost everything, came with a passport" });
    let path = format!("/v1/subjects/{subject}/reset");
    bench.host_post(&path, &by_anna).await
}

#[tokio::test]
async fn what_was_there_lets_nobody_in_and_it_begins_anew() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    bench.enrolled("u2", 8).await;
    let trusted = bench.trust(&person).await;
    let (flow_id, under_way) = bench.login("u1").await;
    let right = bench.verify(&under_way, &person.post(bench.now())).await;
    assert_eq!(right.0, StatusCode::OK, "{}", right.1);
    bench.pass(60);
    let (_, open) = bench.login("u1").await;
    let epoch = bench.subject("u1").await["factor_epoch"].as_u64().unwrap();

    let (status, left) = reset(&bench, "u1").await;
    assert_eq!((status, &left["enrolled"]), (StatusCode::OK, &json!(false)));
    assert_eq!(
        (&left["methods"], &left["trusted_browsers"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(left["backup_codes_left"], 0);
    assert_eq!(left["factor_epoch"], epoch + 1);
    // The login that waits, a result that is under way, the trusted browser: all of before.
    for body in [person.post(bench.now()), person.backup_post(0)] {
        let late = bench.verify(&open, &body).await;
        refused(&late, StatusCode::CONFLICT, "flow_conflict");
    }
    let (status, _) = bench.redeem_login(&flow_id, &right.1["result_code"]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let brought = bench.bring("u1", &trusted).await;
    assert_eq!(brought, json!({ "outcome": "not_enrolled" }));
    assert_eq!(bench.subject("u2").await["enrolled"], true);
    assert_eq!(kinds(&bench).await[0], "reset");

    let again = bench.enrolled("u1", 9).await;
    let (_, token) = bench.login("u1").await;
    let old = bench.verify(&token, &person.backup_post(1)).await;
    refused(&old, StatusCode::UNPROCESSABLE_ENTITY, "code_wrong");
    let old = bench.verify(&token, &person.post(bench.now())).await;
    refused(&old, StatusCode::NOT_FOUND, "method_not_found");
    let new = bench.verify(&token, &again.post(bench.now())).await;
    assert_eq!(new.0, StatusCode::OK, "{}", new.1);
}

/// Whoever has only the password begins a set-up while the person is on the telephone with support.
#[tokio::test]
async fn pages_that_were_opened_before_end_with_it() {
    let bench = Bench::new().await;
    let (_, begun, view) = bench.open("u3").await;
    assert_eq!(reset(&bench, "u3").await.0, StatusCode::OK);
    let late = Widget::new(&view, 3).body(bench.now());
    let late = bench.flow_post(&begun, &late).await;
    refused(&late, StatusCode::CONFLICT, "flow_conflict");
    assert_eq!(bench.subject("u3").await["enrolled"], false);

    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    assert_eq!(reset(&bench, "u1").await.0, StatusCode::OK);
    let pause = json!({ "hours": 1, "reason": "abroad" });
    let late = page.change("pause", &pause).await;
    refused(&late, StatusCode::CONFLICT, "flow_conflict");
    let late = page.get("").await;
    refused(&late, StatusCode::CONFLICT, "flow_conflict");
}

#[tokio::test]
async fn each_is_in_the_record_with_who_and_why_and_the_first_takes_everything_out() {
    let bench = Bench::new().await;
    bench.enrolled("u1", 7).await;
    let epoch = async || bench.subject("u1").await["factor_epoch"].as_u64().unwrap();
    let before = epoch().await;
    for _ in 0..3 {
        assert_eq!(reset(&bench, "u1").await.0, StatusCode::OK);
        assert_eq!(epoch().await, before + 1);
    }
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    // Hosts end sessions on each: somebody may have come in with the password between two of them.
    assert_eq!(kinds(&bench).await, ["reset", "reset", "reset", "enrolled"]);
    assert_eq!(record["events"][0]["by"], "Anna");
    assert_eq!(
        record["events"][0]["reason"],
        "lost everything, came with a passport"
    );
    // Of somebody whom nobody knows nothing is recorded, and nothing is there afterwards.
    assert_eq!(reset(&bench, "nobody").await.0, StatusCode::OK);
    let (_, record) = bench.host_get("/v1/subjects/nobody/events").await;
    assert_eq!(record["events"], json!([]));
}

#[tokio::test]
async fn a_pause_ends_with_it() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let pause = json!({ "hours": 72, "reason": "abroad" });
    assert_eq!(page.change("pause", &pause).await.0, StatusCode::OK);
    let (_, left) = reset(&bench, "u1").await;
    assert_eq!(left["paused_until"], Value::Null);
    assert_eq!(kinds(&bench).await[..2], ["reset", "resumed"]);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let bench = Bench::new().await;
    bench.enrolled("u1", 7).await;
    let long = "x".repeat(201);
    for (body, field) in [
        (json!({ "by": "", "reason": "lost" }), "by"),
        (json!({ "by": "Anna\nBob", "reason": "lost" }), "by"),
        (json!({ "by": "Anna", "reason": long }), "reason"),
        (
            json!({ "by": "Anna", "reason": "lost", "all": true }),
            "all",
        ),
    ] {
        let answer = bench.host_post("/v1/subjects/u1/reset", &body).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], field, "{body}");
    }
    assert_eq!(bench.subject("u1").await["enrolled"], true);
}
