//! What gives protection up or takes it away: pauses, turning off, holds, and whoever would use them
//! against the owner.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use common::manage::{DAY, HOUR, kinds, refused, request_id, somebody};
use common::{Bench, claims};
use serde_json::{Value, json};

#[tokio::test]
async fn support_s_hold_takes_the_place_of_the_person_s_own() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.manage("u1").await;
    let proof = page.post("proof", &person.backup_post(0)).await;
    assert_eq!(proof.0, StatusCode::OK, "{}", proof.1);
    let hold = format!("methods/{}/hold", person.method_id);
    assert_eq!(page.change(&hold, &json!({})).await.0, StatusCode::OK);
    let epoch = bench.subject("u1").await["factor_epoch"].clone();
    let anna = json!({ "by": "Anna", "reason": "the phone is with a thief" });
    let held = bench
        .host_post(&format!("/v1/subjects/u1/{hold}"), &anna)
        .await;
    assert_eq!(held.0, StatusCode::OK, "{}", held.1);
    assert_eq!(bench.subject("u1").await["factor_epoch"], epoch);
    assert_eq!(kinds(&bench).await[..2], ["method_held", "method_held"]);
    let release = format!("methods/{}/release", person.method_id);
    let answer = page.change(&release, &json!({})).await;
    refused(&answer, StatusCode::CONFLICT, "policy_forbids");
    assert_eq!(answer.1["field"], "held_by_support");
}

#[tokio::test]
async fn a_result_that_was_kept_makes_nobody_s_session_newer() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let thief = bench.proved(&person).await;
    let app = thief.add_app(&json!({}), 41).await;
    let (_, kept) = thief.post("close", &json!({})).await;
    let owner = bench.proved(&person).await;
    let out = format!("methods/{}/remove", app.method_id);
    assert_eq!(owner.change(&out, &json!({})).await.0, StatusCode::OK);
    let own = owner.closed().await;
    let (status, redeemed) = thief.redeem(&kept["result_code"]).await;
    assert_eq!(status, StatusCode::OK, "{redeemed}");
    let late = claims(&redeemed["assertion"]);
    assert_eq!(
        (&late["end_other_sessions"], &own["end_other_sessions"]),
        (&json!(false), &json!(true))
    );
    let epoch = |claims: &Value| claims["factor_epoch"].as_u64().unwrap();
    assert_eq!(epoch(&late) + 1, epoch(&own));
}

#[tokio::test]
async fn a_pause_signs_in_by_the_password_and_ends_by_itself() {
    let bench = Bench::trusting().await;
    let person = somebody(&bench).await;
    let trusted = bench.trust(&person).await;
    let page = bench.proved(&person).await;
    for hours in [0_u64, 73, 1_000_000] {
        let answer = page
            .change("pause", &json!({ "hours": hours, "reason": "abroad" }))
            .await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], "hours");
    }
    let three_days = json!({ "hours": 72, "reason": "abroad" });
    let (status, paused) = page.change("pause", &three_days).await;
    assert_eq!(status, StatusCode::OK, "{paused}");
    let until = bench.now() + 72 * HOUR;
    assert_eq!(paused["management"]["paused_until"], until);
    refused(
        &page.change("pause", &three_days).await,
        StatusCode::CONFLICT,
        "paused",
    );
    let body = bench.login_body("u1", "a-session-of-a-pause");
    let (status, created) = bench.host_post("/v1/flows", &body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        created,
        json!({ "outcome": "paused", "paused_until": until })
    );
    assert_eq!(bench.bring("u1", &trusted).await["outcome"], "paused");
    assert_eq!(bench.subject("u1").await["paused_until"], until);
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let line = &record["events"][0];
    assert_eq!(
        (&line["kind"], &line["reason"]),
        (&json!("paused"), &json!("abroad"))
    );
    assert_eq!(
        (&line["by"], &record["intact"]),
        (&Value::Null, &json!(true))
    );
    bench.pass(60 * HOUR);
    assert_eq!(bench.service.note_what_is_due().await.unwrap(), 1);
    assert_eq!(kinds(&bench).await[0], "pause_ending");
    bench.pass(12 * HOUR);
    let _required = bench.login("u1").await;
    assert_eq!(bench.subject("u1").await["paused_until"], Value::Null);
    assert_eq!(bench.service.note_what_is_due().await.unwrap(), 1);
    assert_eq!(kinds(&bench).await[0], "resumed");

    // A login that was under way when it began has no browser trusted.
    bench.pass(30);
    let (flow_id, token) = bench.login("u1").await;
    let page = bench.proved(&person).await;
    assert_eq!(page.change("pause", &three_days).await.0, StatusCode::OK);
    bench.pass(30);
    let mut post = person.post(bench.now());
    post["trust_browser"] = json!(true);
    let (_, answer) = bench.verify(&token, &post).await;
    let (status, redeemed) = bench.redeem_login(&flow_id, &answer["result_code"]).await;
    assert_eq!(
        (status, &redeemed["trust_token"]),
        (StatusCode::OK, &Value::Null)
    );
    assert_eq!(page.change("resume", &json!({})).await.0, StatusCode::OK);

    // By the host, and by a change of a factor.
    let page = bench.proved(&person).await;
    assert_eq!(page.change("pause", &three_days).await.0, StatusCode::OK);
    let anna = json!({ "by": "Anna", "reason": "back home" });
    let (status, resumed) = bench.host_post("/v1/subjects/u1/resume", &anna).await;
    assert_eq!(
        (status, &resumed["paused_until"]),
        (StatusCode::OK, &Value::Null)
    );
    assert_eq!(page.change("pause", &three_days).await.0, StatusCode::OK);
    let _added = page.add_app(&json!({}), 35).await;
    let _required = bench.login("u1").await;
    // A page's flow is no way around: a paused person proves as anybody else.
    assert_eq!(page.change("pause", &three_days).await.0, StatusCode::OK);
    let page = bench.manage("u1").await;
    let answer = page.change("resume", &json!({})).await;
    refused(&answer, StatusCode::FORBIDDEN, "reauth_required");
}

#[tokio::test]
async fn turning_off_wants_a_code_of_its_own_and_leaves_nothing_but_the_record() {
    let bench = Bench::trusting().await;
    let person = somebody(&bench).await;
    let _trusted = bench.trust(&person).await;
    let mut body = person.post(bench.now());
    body["request_id"] = json!(request_id());
    // One code is not both the proof and the code for this; it is not looked at, and proves.
    let unproved = bench.manage("u1").await.post("turn_off", &body).await;
    refused(&unproved, StatusCode::FORBIDDEN, "reauth_required");
    let page = bench.proved(&person).await;
    let mut body = person.post(bench.now());
    body["request_id"] = json!(request_id());
    let used = page.post("turn_off", &body).await;
    refused(&used, StatusCode::CONFLICT, "code_used");
    bench.pass(30);
    body["code"] = json!(person.code(bench.now()));
    let (status, off) = page.post("turn_off", &body).await;
    assert_eq!(status, StatusCode::OK, "{off}");
    let (status, again) = page.post("turn_off", &body).await;
    assert_eq!(
        (status, &again),
        (StatusCode::OK, &off),
        "the answer was lost"
    );
    let subject = bench.subject("u1").await;
    assert_eq!(
        (&subject["enrolled"], &subject["backup_codes_left"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(subject["trusted_browsers"], json!([]));
    let (_, redeemed) = page.redeem(&off["result_code"]).await;
    let claims = claims(&redeemed["assertion"]);
    assert_eq!(claims["changes"], json!([{ "change": "turned_off" }]));
    assert_eq!(claims["end_other_sessions"], true);
    assert_eq!(kinds(&bench).await[0], "turned_off");
    assert_eq!(
        kinds(&bench).await.last().unwrap(),
        "enrolled",
        "the record stays"
    );
    let body = bench.login_body("u1", "a-session-without-codes");
    let (_, created) = bench.host_post("/v1/flows", &body).await;
    assert_eq!(created["outcome"], "not_enrolled");

    // The same page leads into the set-up, where the password was just checked.
    let page = bench.manage("u1").await;
    let (_, view) = page.get("").await;
    assert_eq!(view["purpose"], "enroll");
    let mut stale = bench.login_body("u1", "a-session-of-yesterday");
    stale["purpose"] = json!("manage");
    stale["auth_time"] = json!(bench.now() - 301);
    let answer = bench.host_post("/v1/flows", &stale).await;
    refused(&answer, StatusCode::FORBIDDEN, "reauth_required");
    let again = bench.enrolled("u1", 36).await;
    // Whoever has methods proves one, however long ago the password was.
    stale["auth_time"] = json!(bench.now() - DAY);
    assert_eq!(
        bench.host_post("/v1/flows", &stale).await.0,
        StatusCode::CREATED
    );
    let page = bench.proved(&again).await;
    assert_eq!(page.ids().await.len(), 1);
}

#[tokio::test]
async fn where_it_is_required_it_is_neither_paused_nor_turned_off() {
    let required = |config: &mut nidan_server::config::Config| {
        config.hosts[0].required = true;
        config.hosts[0].min_methods = 2;
    };
    let bench = Bench::tuned(required, None).await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let (_, view) = page.get("").await;
    let may = &view["management"]["may"];
    assert_eq!(
        (&may["pause"], &may["turn_off"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        view["management"]["policy"],
        json!({ "required": true, "min_methods": 2 })
    );
    let pause = page
        .change("pause", &json!({ "hours": 1, "reason": "other" }))
        .await;
    bench.pass(30);
    let mut body = person.post(bench.now());
    body["request_id"] = json!(request_id());
    let off = page.post("turn_off", &body).await;
    for answer in [&pause, &off] {
        refused(answer, StatusCode::CONFLICT, "policy_forbids");
        assert_eq!(answer.1["field"], "required");
    }
    // The code was not looked at, and is good.
    let (_, login) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&login, &person.post(bench.now())).await.0,
        StatusCode::OK
    );
    let second = page.add_app(&json!({}), 37).await;
    bench.pass(2 * DAY);
    let page = bench.proved(&person).await;
    let remove = page
        .change(&format!("methods/{}/remove", second.method_id), &json!({}))
        .await;
    refused(&remove, StatusCode::CONFLICT, "last_method");
}

#[tokio::test]
async fn whoever_gets_a_method_in_cannot_lock_the_owner_out_that_day() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let thief = page.add_app(&json!({}), 38).await;
    let page = bench.manage("u1").await;
    let proof = page.post("proof", &person.backup_post(0)).await;
    assert_eq!(proof.0, StatusCode::OK, "{}", proof.1);
    let widget = page.set_up(&json!({ "kind": "backup_codes" }), 39).await;
    page.prove(&thief).await;
    let until = bench.now() - 30 + DAY;
    let own = format!("methods/{}/remove", person.method_id);
    let pause = json!({ "hours": 1, "reason": "other" });
    for (path, body) in [(&*own, &json!({})), ("pause", &pause)] {
        let answer = page.change(path, body).await;
        let name = if path == "pause" {
            "cooling"
        } else {
            "last_method"
        };
        let status = if path == "pause" {
            StatusCode::FORBIDDEN
        } else {
            StatusCode::CONFLICT
        };
        refused(&answer, status, name);
    }
    let typed = json!({ "code": *widget.backup_codes.iter().next().unwrap().expose() });
    let answer = page.finish(&widget, &typed).await;
    refused(&answer, StatusCode::FORBIDDEN, "cooling");
    assert_eq!(answer.1["retry_at"], until);
    // Nobody prints ten codes, or scans and types, for a no that is known before.
    let place = json!({ "kind": "totp", "replaces": person.method_id });
    for takes_a_place in [json!({ "kind": "backup_codes" }), place] {
        let answer = page.post("setups", &takes_a_place).await;
        refused(&answer, StatusCode::FORBIDDEN, "cooling");
    }
    let beside = page.post("setups", &json!({ "kind": "totp" })).await;
    assert_eq!(beside.0, StatusCode::CREATED, "{}", beside.1);
    // The owner takes it out.
    let page = bench.proved(&person).await;
    let out = page
        .change(&format!("methods/{}/remove", thief.method_id), &json!({}))
        .await;
    assert_eq!(out.0, StatusCode::OK, "{}", out.1);
}

#[tokio::test]
async fn a_lost_phone_is_held_by_another_factor_and_released() {
    let bench = Bench::trusting().await;
    let person = somebody(&bench).await;
    let _trusted = bench.trust(&person).await;
    let page = bench.proved(&person).await;
    let hold = format!("methods/{}/hold", person.method_id);
    let by_itself = page.change(&hold, &json!({})).await;
    refused(&by_itself, StatusCode::FORBIDDEN, "reauth_required");
    let page = bench.manage("u1").await;
    assert_eq!(
        page.post("proof", &person.backup_post(0)).await.0,
        StatusCode::OK
    );
    let (status, held) = page.change(&hold, &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{held}");
    let method = &held["management"]["methods"][0];
    assert_eq!(
        (&method["state"], &method["is_held_by_person"]),
        (&json!("held"), &json!(true))
    );
    assert_eq!(bench.subject("u1").await["trusted_browsers"], json!([]));
    let (_, login) = bench.login("u1").await;
    bench.pass(30);
    let refusal = bench.verify(&login, &person.post(bench.now())).await;
    refused(&refusal, StatusCode::FORBIDDEN, "method_held");
    let (status, released) = page
        .change(&format!("methods/{}/release", person.method_id), &json!({}))
        .await;
    assert_eq!(
        (status, &released["methods"][0]["state"]),
        (StatusCode::OK, &json!("ready"))
    );
    // What the host's support holds, it releases.
    let anna = json!({ "by": "Anna", "reason": "lost" });
    let path = format!("/v1/subjects/u1/{hold}");
    assert_eq!(bench.host_post(&path, &anna).await.0, StatusCode::OK);
    let page = bench.manage("u1").await;
    assert_eq!(
        page.post("proof", &person.backup_post(1)).await.0,
        StatusCode::OK
    );
    let answer = page
        .change(&format!("methods/{}/release", person.method_id), &json!({}))
        .await;
    refused(&answer, StatusCode::CONFLICT, "policy_forbids");
    assert_eq!(answer.1["field"], "held_by_support");
}

/// The clock goes on while a code is checked: the proof is younger than the request.
#[tokio::test]
async fn a_second_that_passes_while_the_code_is_checked_ends_nothing() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    bench.pass(30);
    let mut body = person.post(bench.now());
    body["request_id"] = json!(request_id());
    bench.clock.1.store(1, Ordering::SeqCst);
    let (status, off) = page.post("turn_off", &body).await;
    assert_eq!(status, StatusCode::OK, "{off}");
}
