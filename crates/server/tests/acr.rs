//! Logins that have to be worth more than any second step: a host asks for a passkey.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::manage::{refused, somebody};
use common::{Bench, ORIGIN, claims, form};
use serde_json::{Value, json};

const DAY: u64 = 86_400;
const OK: StatusCode = StatusCode::OK;
const NEEDED: &str = "urn:nidan:acr:phishing-resistant";

/// Opens a login that has to be worth it.
async fn opened(bench: &Bench, subject: &str, session: &str) -> (StatusCode, Value) {
    let mut body = bench.login_body(subject, session);
    body["acr_needed"] = json!(NEEDED);
    bench.host_post("/v1/flows", &body).await
}

#[tokio::test]
async fn where_a_passkey_is_needed_nothing_else_signs_in() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let key = bench.add_passkey(&page.token, 1).await.0;
    bench.pass(DAY);
    let session = "a-session-of-a-payment";
    let (status, created) = opened(&bench, &person.subject, session).await;
    assert_eq!(
        (status, &created["outcome"]),
        (StatusCode::CREATED, &json!("required"))
    );
    let token = created["flow_token"].as_str().unwrap();
    let (_, view) = bench.flow_get(token).await;
    let methods = view["methods"].as_array().unwrap();
    assert_eq!((methods.len(), &methods[0]["kind"]), (1, &json!("passkey")));
    assert_eq!(view["verification"]["method_id"], methods[0]["id"]);
    assert_eq!(view["verification"]["backup_codes_left"], 0);

    for post in [person.post(bench.now()), person.backup_post(0)] {
        let answer = bench.verify(token, &post).await;
        refused(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "method_not_offered",
        );
        assert_eq!(answer.1["field"], "acr_needed");
    }
    let ceremony = bench.ceremony(token, "get").await.unwrap();
    let post = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
    let (status, verified) = bench.verify(token, &post).await;
    assert_eq!(status, OK, "{verified}");
    let path = format!("/v1/flows/{}/redeem", created["flow_id"].as_str().unwrap());
    let body = json!({ "result_code": verified["result_code"], "session_binding": session });
    let (_, redeemed) = bench.host_post(&path, &body).await;
    assert_eq!(claims(&redeemed["assertion"])["acr"], NEEDED);
    // What was typed in vain is good in a login that takes it.
    let (_, token) = bench.login(&person.subject).await;
    assert_eq!(bench.verify(&token, &person.backup_post(0)).await.0, OK);
}

#[tokio::test]
async fn neither_trust_nor_a_pause_counts_there() {
    let bench = Bench::trusting().await;
    let key = bench.enrolled_with_passkey("u1", 1).await;
    let (flow_id, token) = bench.login("u1").await;
    let ceremony = bench.ceremony(&token, "get").await.unwrap();
    let mut post = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
    post["trust_browser"] = json!(true);
    let (_, verified) = bench.verify(&token, &post).await;
    let (_, redeemed) = bench.redeem_login(&flow_id, &verified["result_code"]).await;
    let mut body = bench.login_body("u1", "a-session-of-a-payment");
    body["trust_token"] = redeemed["trust_token"].clone();
    assert!(body["trust_token"].is_string(), "{redeemed}");
    body["acr_needed"] = json!(NEEDED);
    let (_, created) = bench.host_post("/v1/flows", &body).await;
    assert_eq!(created["outcome"], "required");

    let page = bench.manage("u1").await;
    let ceremony = bench.ceremony(&page.token, "get").await.unwrap();
    let proof = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
    assert_eq!(page.post("proof", &proof).await.0, OK);
    let paused = page
        .change("pause", &json!({ "hours": 24, "reason": "abroad" }))
        .await;
    assert_eq!(paused.0, OK, "{}", paused.1);
    let plain = bench.login_body("u1", "another-session-than-that");
    assert_eq!(
        bench.host_post("/v1/flows", &plain).await.1["outcome"],
        "paused"
    );
    let (_, created) = opened(&bench, "u1", "a-third-session-of-theirs").await;
    assert_eq!(created["outcome"], "required");
}

#[tokio::test]
async fn who_has_nothing_that_is_worth_it_gets_no_flow() {
    let bench = Bench::new().await;
    let unavailable = (OK, json!({ "outcome": "acr_unavailable" }));
    // "Not enrolled" lets in elsewhere.
    let none = opened(&bench, "nobody", "a-session-of-nobody").await;
    assert_eq!(none, unavailable);
    let person = somebody(&bench).await;
    let session = "a-session-of-somebody";
    assert_eq!(opened(&bench, &person.subject, session).await, unavailable);
    let page = bench.proved(&person).await;
    let (_, id) = bench.add_passkey(&page.token, 1).await;
    // Whoever had one code read out could have done that.
    let at = bench.now() + DAY;
    let waits = (
        OK,
        json!({ "outcome": "acr_unavailable", "available_at": at }),
    );
    bench.pass(DAY - 1);
    assert_eq!(opened(&bench, &person.subject, session).await, waits);
    bench.pass(1);
    let (_, created) = opened(&bench, &person.subject, session).await;
    assert_eq!(created["outcome"], "required");
    let path = format!("/v1/subjects/{}/methods/{id}/hold", person.subject);
    let why = json!({ "by": "Anna", "reason": "lost" });
    assert_eq!(bench.host_post(&path, &why).await.0, OK);
    assert_eq!(opened(&bench, &person.subject, session).await, unavailable);
}

/// With the first set-up ever it comes with everything else. Whoever turns all off and begins anew, or
/// has the old methods taken away, held or replaced, waits all the same.
#[tokio::test]
async fn a_new_passkey_waits_a_day_whatever_becomes_of_the_others() {
    let bench = Bench::new().await;
    let mine = bench.enrolled_with_passkey("u1", 1).await;
    let outcome = async |subject: &str| {
        let (_, created) = opened(&bench, subject, "a-session-of-a-payment").await;
        created["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome("u1").await, "required");
    assert_eq!(
        bench
            .sign_in_with(&bench.login("u1").await.1, &mine)
            .await
            .0,
        OK
    );

    // On the day of the set-up itself: nothing is older than a day yet.
    let person = bench.enrolled("u2", 7).await;
    bench.pass(600);
    let page = bench.proved(&person).await;
    let (_, id) = bench.add_passkey(&page.token, 2).await;
    assert_eq!(outcome("u2").await, "acr_unavailable");
    // Support holds the app; by a backup code the passkey would take its place.
    let path = format!("/v1/subjects/u2/methods/{}/hold", person.method_id);
    let why = json!({ "by": "Anna", "reason": "stolen" });
    assert_eq!(bench.host_post(&path, &why).await.0, OK);
    assert_eq!(outcome("u2").await, "acr_unavailable");
    bench.pass(DAY - 601);
    assert_eq!(outcome("u2").await, "acr_unavailable", "{id}");
    bench.pass(601);
    assert_eq!(outcome("u2").await, "required");
}

/// One backup code that was read out: a passkey takes the app's place, signs in once, and the app is gone.
#[tokio::test]
async fn who_replaces_the_app_by_a_passkey_waits_too() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.manage(&person.subject).await;
    let proof = person.backup_post(0);
    assert_eq!(page.post("proof", &proof).await.0, OK);
    let setup = json!({ "kind": "passkey", "replaces": person.method_id });
    let (thief_s, _) = bench.set_up_passkey(&page.token, &setup, 3).await;
    let (_, token) = bench.login(&person.subject).await;
    assert_eq!(bench.sign_in_with(&token, &thief_s).await.0, OK);
    let (_, created) = opened(&bench, &person.subject, "a-session-of-a-payment").await;
    assert_eq!(created["outcome"], "acr_unavailable", "{created}");
    assert_eq!(created["available_at"], bench.now() + DAY);
}

/// The page without scripts can ask for no passkey: it says so, and takes nothing else.
#[tokio::test]
async fn the_page_without_scripts_says_what_is_needed() {
    let bench = form::bench().await;
    bench.enrolled_with_passkey("u1", 1).await;
    let (_, created) = opened(&bench, "u1", "a-session-of-a-payment").await;
    let token = created["flow_token"].as_str().unwrap();
    let page = form::Page::open(&bench, token).await;
    assert!(page.says("your passkey is needed"), "{}", page.html);
    assert!(
        page.says("This browser cannot use passkeys"),
        "{}",
        page.html
    );
    assert_eq!(page.field("code"), None);
    let presses: Vec<_> = page.presses().into_iter().collect();
    assert_eq!(presses, ["report"]);
}

/// A new one beside one that counts is not offered, and answers nothing.
#[tokio::test]
async fn a_passkey_that_cools_is_worth_nothing_there() {
    let bench = Bench::new().await;
    let old = bench.enrolled_with_passkey("u1", 1).await;
    bench.pass(2 * DAY);
    let page = bench.manage("u1").await;
    let ceremony = bench.ceremony(&page.token, "get").await.unwrap();
    let proof = ceremony.post(&old.answer(ORIGIN, &ceremony.options));
    assert_eq!(page.post("proof", &proof).await.0, OK);
    let (new, _) = bench.add_passkey(&page.token, 2).await;
    let (_, created) = opened(&bench, "u1", "a-session-of-a-payment").await;
    let token = created["flow_token"].as_str().unwrap();
    let (_, view) = bench.flow_get(token).await;
    assert_eq!(view["methods"].as_array().unwrap().len(), 1);
    let ceremony = bench.ceremony(token, "get").await.unwrap();
    let listed = ceremony.options["allowCredentials"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &json!(old.name())));
    let post = ceremony.post(&new.answer(ORIGIN, &ceremony.options));
    let answer = bench.verify(token, &post).await;
    refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "passkey_wrong");
    assert_eq!(answer.1["field"], "credential");
    assert_eq!(bench.sign_in_with(token, &old).await.0, OK);
}

#[tokio::test]
async fn it_is_asked_of_logins_and_by_its_name() {
    let bench = Bench::new().await;
    for (purpose, needed) in [
        ("enroll", NEEDED),
        ("manage", NEEDED),
        ("verify", "urn:other"),
    ] {
        let mut body = bench.login_body("u1", "a-session-of-somebody");
        body["purpose"] = json!(purpose);
        body["acr_needed"] = json!(needed);
        let answer = bench.host_post("/v1/flows", &body).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], "acr_needed", "{purpose} {needed}");
    }
}
