//! A phone that is lost, taken out of use by the login that something else let in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::form::{Page, backup_code};
use common::manage::{kinds, refused, somebody, with_two};
use common::{Bench, Person, claims};
use serde_json::{Value, json};

fn lost(mut post: Value, ids: &[&str]) -> Value {
    post["lost_methods"] = json!(ids.join(" "));
    post
}

/// The state in which a login finds each method.
async fn states(bench: &Bench) -> Vec<String> {
    let (_, token) = bench.login("u1").await;
    let (_, view) = bench.flow_get(&token).await;
    let methods = view["methods"].as_array().unwrap();
    let states = methods.iter().map(|one| one["state"].as_str().unwrap());
    states.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_login_that_something_else_lets_in_takes_it_out_of_use() {
    let bench = Bench::trusting().await;
    let person = somebody(&bench).await;
    let trusted = bench.trust(&person).await;
    bench.pass(60);
    let (earlier, under_way) = bench.login("u1").await;
    let before = bench.verify(&under_way, &person.post(bench.now())).await;
    assert_eq!(before.0, StatusCode::OK);
    let epoch = bench.subject("u1").await["factor_epoch"].as_u64().unwrap();

    let (flow_id, token) = bench.login("u1").await;
    let post = lost(person.backup_post(0), &[&person.method_id]);
    let answer = bench.verify(&token, &post).await;
    assert_eq!(answer.0, StatusCode::OK, "{}", answer.1);
    assert_eq!(bench.verify(&token, &post).await, answer, "the same again");
    let others = bench.verify(&token, &person.backup_post(0)).await;
    refused(&others, StatusCode::CONFLICT, "flow_conflict");

    let (status, redeemed) = bench.redeem_login(&flow_id, &answer.1["result_code"]).await;
    assert_eq!(status, StatusCode::OK, "{redeemed}");
    let claims = claims(&redeemed["assertion"]);
    assert_eq!(claims["purpose"], "verify");
    assert_eq!(claims["factor_epoch"], epoch + 1);
    assert_eq!(claims["end_other_sessions"], true);
    assert_eq!(
        claims["changes"],
        json!([{ "change": "held", "method": "totp" }])
    );
    // What was under way, and the browsers that were trusted, are of an earlier epoch.
    let late = bench.redeem_login(&earlier, &before.1["result_code"]).await;
    assert_eq!(late.0, StatusCode::NOT_FOUND);
    let brought = bench.bring("u1", &trusted).await;
    assert_eq!(brought["outcome"], "required");
    assert_eq!(states(&bench).await, ["held"]);
    assert_eq!(
        kinds(&bench).await[..2],
        ["method_held", "backup_code_used"]
    );
}

#[tokio::test]
async fn a_login_without_it_says_nothing_of_changes() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let (flow_id, token) = bench.login("u1").await;
    let (_, answer) = bench.verify(&token, &person.post(bench.now())).await;
    let (_, redeemed) = bench.redeem_login(&flow_id, &answer["result_code"]).await;
    let claims = claims(&redeemed["assertion"]);
    assert!(claims.get("changes").is_none() && claims.get("end_other_sessions").is_none());
}

/// Nothing is done, the code is unspent, and the person gets in without it.
#[tokio::test]
async fn it_is_both_or_nothing() {
    let bench = Bench::new().await;
    let first = somebody(&bench).await;
    let page = bench.proved(&first).await;
    let young = page.add_app(&json!({ "kind": "totp" }), 9).await;
    bench.pass(60);
    let (_, token) = bench.login("u1").await;
    let post = young.post(bench.now());
    let with = lost(post.clone(), &[&first.method_id]);
    let cooling = bench.verify(&token, &with).await;
    refused(&cooling, StatusCode::FORBIDDEN, "cooling");
    assert_eq!(states(&bench).await, ["ready", "ready"]);
    let (status, answer) = bench.verify(&token, &post).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(kinds(&bench).await[0], "verified");

    // The next right code gives back what the refused one cost.
    let (_, token) = bench.login("u1").await;
    let (_, view) = bench.flow_get(&token).await;
    assert_eq!(view["methods"][1]["state"], "ready");
}

#[tokio::test]
async fn nothing_is_lost_where_nothing_would_be_left() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    for nth in 0..9 {
        let (_, token) = bench.login("u1").await;
        let (status, _) = bench.verify(&token, &person.backup_post(nth)).await;
        assert_eq!(status, StatusCode::OK);
    }
    let (_, token) = bench.login("u1").await;
    let post = lost(person.backup_post(9), &[&person.method_id]);
    let last = bench.verify(&token, &post).await;
    refused(&last, StatusCode::CONFLICT, "last_method");
    assert_eq!(bench.subject("u1").await["backup_codes_left"], 1);
    assert_eq!(states(&bench).await, ["ready"]);
}

#[tokio::test]
async fn what_is_no_method_to_lose_is_refused_with_its_field_or_held_nowhere() {
    let bench = Bench::new().await;
    let (first, second) = with_two(&bench).await;
    let (_, token) = bench.login("u1").await;
    let many = vec!["x"; 21];
    for ids in [vec![first.method_id.as_str()], many] {
        let post = lost(first.post(bench.now()), &ids);
        let answer = bench.verify(&token, &post).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], "lost_methods");
    }
    // Another person's, and one that is gone, are held nowhere; twice is once.
    let stranger = bench.enrolled("u2", 11).await;
    let ids = [
        stranger.method_id.as_str(),
        &second.method_id,
        "gone",
        &second.method_id,
    ];
    let answer = bench
        .verify(&token, &lost(first.post(bench.now()), &ids))
        .await;
    assert_eq!(answer.0, StatusCode::OK, "{}", answer.1);
    assert_eq!(states(&bench).await, ["ready", "held"]);
    assert_eq!(bench.subject("u2").await["methods"][0]["state"], "ready");
}

/// Whoever has the old phone does not undo what took its place.
#[tokio::test]
async fn a_method_that_retires_calls_nothing_lost() {
    let bench = Bench::new().await;
    let old = somebody(&bench).await;
    let page = bench.proved(&old).await;
    let new = page
        .add_app(&json!({ "kind": "totp", "replaces": old.method_id }), 9)
        .await;
    bench.pass(60);
    let (_, token) = bench.login("u1").await;
    let post = old.post(bench.now());
    let refusal = bench
        .verify(&token, &lost(post.clone(), &[&new.method_id]))
        .await;
    refused(&refusal, StatusCode::CONFLICT, "policy_forbids");
    assert_eq!(bench.verify(&token, &post).await.0, StatusCode::OK);
    assert!(states(&bench).await.iter().all(|state| state == "ready"));
}

/// The same without scripts: what is lost goes from page to page.
#[tokio::test]
async fn a_page_without_scripts_takes_it_out_too() {
    let bench = common::form::bench().await;
    let (first, second) = with_two(&bench).await;
    let (flow_id, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    let page = page.press(&bench, "ways", &[]).await;
    let which = page.press(&bench, "lose", &[]).await;
    let way = |person: &Person| format!("way-{}", person.method_id);
    let page = which.press(&bench, &way(&first), &[]).await;
    assert!(!page.has(&way(&first)) && page.has(&way(&second)));
    // Taken back, and called lost again.
    let page = page.press(&bench, "lose", &[]).await;
    let page = page.press(&bench, &way(&first), &[]).await;
    assert!(page.has(&way(&first)), "{}", page.html);
    let page = page.press(&bench, "lose", &[]).await;
    let page = page.press(&bench, &way(&first), &[]).await;
    let page = page.press(&bench, "backup", &[]).await;
    let typed = backup_code(&first, 0);
    let typed = [("typed_backup", typed.as_str())];
    let done = page.press(&bench, "submit", &typed).await;
    let result_code = done.field("result_code").unwrap();
    let again = page.press(&bench, "submit", &typed).await;
    assert_eq!(again.field("result_code").unwrap(), result_code);
    let (status, redeemed) = bench.redeem_login(&flow_id, &json!(result_code)).await;
    assert_eq!(status, StatusCode::OK, "{redeemed}");
    assert_eq!(states(&bench).await, ["held", "ready"]);
}
