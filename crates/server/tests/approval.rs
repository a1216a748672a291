//! A login that another browser of the person approves: that one shows a code, the person types it, and
//! nobody else gets anything by it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::manage::refused;
use common::server::setting;
use common::{Bench, Person, claims};
use serde_json::{Value, json};

const OK: StatusCode = StatusCode::OK;
const CONFLICT: StatusCode = StatusCode::CONFLICT;
const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
const OWN_SESSION: &str = "session-of-the-trusted-browser";

/// A service whose host has a page on which logins are approved.
async fn approving() -> Bench {
    let tune = |config: &mut nidan_server::config::Config| {
        config.hosts[0].trust_days = Some(30);
        config.hosts[0].approvals = true;
    };
    Bench::tuned(tune, None).await
}

/// Opens the page in a browser that brings this.
async fn page_with(bench: &Bench, session: &str, trust_token: Option<&str>) -> (StatusCode, Value) {
    let mut body = bench.login_body("u1", session);
    body["purpose"] = json!("approve");
    body["client_description"] = json!("Kyoto, Safari");
    if let Some(token) = trust_token {
        body["trust_token"] = json!(token);
    }
    bench.host_post("/v1/flows", &body).await
}

/// The token of a page in a browser that is trusted.
async fn page(bench: &Bench, trust_token: &str) -> String {
    let (status, created) = page_with(bench, OWN_SESSION, Some(trust_token)).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    assert_eq!(created["outcome"], "required");
    created["flow_token"].as_str().unwrap().to_owned()
}

async fn ask(bench: &Bench, login: &str) -> (StatusCode, Value) {
    let path = "/v1/flow/approvals";
    bench.widget_post(path, login, &json!({})).await
}

async fn waiting(bench: &Bench, page: &str) -> Vec<Value> {
    let (status, list) = bench.widget_get("/v1/flow/approvals", page).await;
    assert_eq!(status, OK, "{list}");
    list["logins"].as_array().unwrap().clone()
}

async fn show(bench: &Bench, page: &str, id: &Value) -> (StatusCode, Value) {
    let path = format!("/v1/flow/approvals/{}/show", id.as_str().unwrap());
    bench.widget_post(&path, page, &json!({})).await
}

fn post(code: &Value) -> Value {
    json!({ "method_id": "approval", "code": code })
}

/// Another code than this one.
fn other_than(code: &Value) -> Value {
    json!(if code == "000000" { "000001" } else { "000000" })
}

/// A person with an app, and what a trusted browser of theirs brings.
async fn with_browser(bench: &Bench) -> (Person, String) {
    let person = bench.enrolled("u1", 7).await;
    let trusted = bench.trust(&person).await;
    (person, trusted)
}

/// Whether a login is offered it.
async fn approval_of(bench: &Bench, login: &str) -> Value {
    bench.flow_get(login).await.1["verification"]["approval"].clone()
}

/// A login whose code was shown: its flow, its token and the code.
async fn shown(bench: &Bench, page: &str) -> (String, String, Value) {
    let (flow_id, login) = bench.login("u1").await;
    let (status, asked) = ask(bench, &login).await;
    assert_eq!(status, StatusCode::CREATED, "{asked}");
    let (status, shown) = show(bench, page, &asked["id"]).await;
    assert_eq!(status, OK, "{shown}");
    (flow_id, login, shown["code"].clone())
}

async fn kinds(bench: &Bench) -> Vec<String> {
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    assert_eq!(record["intact"], true);
    let events = record["events"].as_array().unwrap().iter();
    let kinds = events.map(|event| event["kind"].as_str().unwrap().to_owned());
    kinds.collect()
}

#[tokio::test]
async fn a_code_is_carried_from_the_trusted_browser_to_the_login() {
    let bench = approving().await;
    let (_, trusted) = with_browser(&bench).await;
    let page = page(&bench, &trusted).await;
    assert_eq!(bench.flow_get(&page).await.1["purpose"], "approve");
    assert!(waiting(&bench, &page).await.is_empty());

    let (flow_id, login) = bench.login("u1").await;
    assert_eq!(
        bench.flow_get(&login).await.1["verification"]["approval"],
        true
    );
    let (status, asked) = ask(&bench, &login).await;
    assert_eq!(status, StatusCode::CREATED, "{asked}");
    assert_eq!(asked["expires_at"], bench.now() + 300);
    let seen = waiting(&bench, &page).await;
    assert_eq!(
        (
            seen.len(),
            &seen[0]["state"],
            &seen[0]["client_description"]
        ),
        (1, &json!("waiting"), &json!("Osaka, Firefox")),
        "who asks is said, and nothing that lets in"
    );
    assert_eq!(seen[0].get("code"), None);
    let (_, shown) = show(&bench, &page, &asked["id"]).await;
    assert_eq!(
        show(&bench, &page, &asked["id"]).await.1,
        shown,
        "once more"
    );
    let (status, verified) = bench.verify(&login, &post(&shown["code"])).await;
    assert_eq!(status, OK, "{verified}");
    let again = bench.verify(&login, &post(&shown["code"])).await;
    assert_eq!(
        again.1["result_code"], verified["result_code"],
        "the answer was lost"
    );
    assert_eq!(waiting(&bench, &page).await[0]["state"], "answered");
    refused(
        &show(&bench, &page, &asked["id"]).await,
        CONFLICT,
        "code_used",
    );

    let (_, redeemed) = bench.redeem_login(&flow_id, &verified["result_code"]).await;
    let said = claims(&redeemed["assertion"]);
    assert_eq!(said["amr"], json!(["otp"]));
    assert_eq!(said["acr"], "urn:nidan:acr:approval");
    assert_eq!(said["method_id"], "approval");
    assert_eq!(redeemed.get("trust_token"), None);
    assert_eq!(
        kinds(&bench).await[..3],
        ["verified", "approval_shown", "approval_asked"]
    );
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let places = |at: usize| record["events"][at]["client_description"].clone();
    assert_eq!([places(1), places(2)], ["Kyoto, Safari", "Osaka, Firefox"]);
    assert_eq!(record["events"][0]["method"], "approval");
}

#[tokio::test]
async fn only_a_browser_that_is_trusted_now_approves() {
    let bench = approving().await;
    let (_, trusted) = with_browser(&bench).await;
    let other = bench.enrolled("u2", 8).await;
    let theirs = bench.trust(&other).await;
    for brought in [None, Some("unknown"), Some(theirs.as_str())] {
        let (status, created) = page_with(&bench, OWN_SESSION, brought).await;
        assert_eq!((status, created), (OK, json!({ "outcome": "not_trusted" })));
    }
    // Its token has changed since: what was brought before is a copy.
    let kept = bench.bring("u1", &trusted).await;
    assert_eq!(kept["outcome"], "trusted");
    let body = json!({ "result_code": kept["result_code"], "session_binding": "session-of-a-trusted-browser" });
    let path = format!("/v1/flows/{}/redeem", kept["flow_id"].as_str().unwrap());
    let (_, redeemed) = bench.host_post(&path, &body).await;
    let old_page = page_with(&bench, OWN_SESSION, Some(&trusted)).await;
    assert_eq!(old_page.1, json!({ "outcome": "not_trusted" }));
    let newest = redeemed["trust_token"].as_str().unwrap();
    let open = page(&bench, newest).await;
    // With the trust the page ends.
    let revoke = "/v1/subjects/u1/trusted_browsers/revoke";
    assert_eq!(bench.host_post(revoke, &json!({})).await.0, OK);
    let list = bench.widget_get("/v1/flow/approvals", &open).await;
    refused(&list, CONFLICT, "flow_conflict");
    let (_, login) = bench.login("u1").await;
    assert_eq!(
        bench.flow_get(&login).await.1["verification"]["approval"],
        false
    );
    refused(
        &ask(&bench, &login).await,
        UNPROCESSABLE,
        "method_not_offered",
    );
}

#[tokio::test]
async fn the_browser_that_asks_sees_nothing_of_it() {
    let bench = approving().await;
    let (_, trusted) = with_browser(&bench).await;
    let mut body = bench.login_body("u1", OWN_SESSION);
    body["client_description"] = json!("The same browser");
    let (_, created) = bench.host_post("/v1/flows", &body).await;
    let login = created["flow_token"].as_str().unwrap();
    let (status, asked) = ask(&bench, login).await;
    assert_eq!(status, StatusCode::CREATED);
    let page = page(&bench, &trusted).await;
    assert!(waiting(&bench, &page).await.is_empty());
    let shown = show(&bench, &page, &asked["id"]).await;
    refused(&shown, StatusCode::NOT_FOUND, "challenge_not_found");
    // A code of another person's login, by its id.
    bench.enrolled("u2", 8).await;
    let (_, stranger) = bench.login("u2").await;
    refused(
        &ask(&bench, &stranger).await,
        UNPROCESSABLE,
        "method_not_offered",
    );
}

#[tokio::test]
async fn a_change_of_a_factor_ends_what_was_asked_and_what_was_shown() {
    let bench = approving().await;
    let (person, trusted) = with_browser(&bench).await;
    let page = page(&bench, &trusted).await;
    let (_, login, code) = shown(&bench, &page).await;
    let managing = bench.proved(&person).await;
    managing.add_app(&json!({}), 9).await;
    let list = bench.widget_get("/v1/flow/approvals", &page).await;
    refused(&list, CONFLICT, "flow_conflict");
    let late = bench.verify(&login, &post(&code)).await;
    refused(&late, UNPROCESSABLE, "code_expired");
    assert_ne!(kinds(&bench).await[0], "verified");
}

#[tokio::test]
async fn three_that_nobody_answers_close_the_way_until_a_right_code() {
    let bench = approving().await;
    let (person, trusted) = with_browser(&bench).await;
    let page = page(&bench, &trusted).await;
    let mut last = String::new();
    for _unanswered in 0..3 {
        let (_, login) = bench.login("u1").await;
        let (status, asked) = ask(&bench, &login).await;
        assert_eq!(status, StatusCode::CREATED);
        // An answer that was lost, or a page that was loaded anew: nothing is counted twice.
        let again = ask(&bench, &login).await;
        assert_eq!(again, (OK, asked));
        last = login;
    }
    assert_eq!(
        approval_of(&bench, &last).await,
        true,
        "the last one stands"
    );
    let (_, login) = bench.login("u1").await;
    assert_eq!(approval_of(&bench, &login).await, false);
    let closed = ask(&bench, &login).await;
    refused(&closed, UNPROCESSABLE, "method_not_offered");
    assert_eq!(closed.1["field"], "approval");
    bench.pass(86_400);
    let (_, later) = bench.login("u1").await;
    assert_eq!(
        approval_of(&bench, &later).await,
        false,
        "time opens nothing"
    );
    refused(
        &ask(&bench, &later).await,
        UNPROCESSABLE,
        "method_not_offered",
    );
    assert_eq!(bench.verify(&later, &person.post(bench.now())).await.0, OK);
    drop(page);
    let page = self::page(&bench, &trusted).await;
    let (_, login, code) = shown(&bench, &page).await;
    assert_eq!(bench.verify(&login, &post(&code)).await.0, OK);
    let all = kinds(&bench).await;
    let asked = all.iter().filter(|kind| *kind == "approval_asked");
    assert_eq!(asked.count(), 4);
}

/// Whoever has the password asks; the owner says so, and the thief's code is worth nothing.
#[tokio::test]
async fn it_is_not_me_ends_the_thief_s_login() {
    let bench = approving().await;
    let (_, trusted) = with_browser(&bench).await;
    let page = page(&bench, &trusted).await;
    let (_, thief, code) = shown(&bench, &page).await;
    let (status, reported) = bench
        .widget_post("/v1/flow/report", &page, &json!({}))
        .await;
    assert_eq!((status, &reported["outcome"]), (OK, &json!("reported")));
    assert_eq!(reported["browsers_forgotten"], 1);
    refused(
        &bench.verify(&thief, &post(&code)).await,
        CONFLICT,
        "flow_reported",
    );
    let again = bench
        .widget_post("/v1/flow/report", &page, &json!({}))
        .await;
    assert_eq!(again.0, OK, "the answer was lost");
    let list = bench.widget_get("/v1/flow/approvals", &page).await;
    refused(&list, CONFLICT, "flow_reported");
    assert_eq!(
        page_with(&bench, OWN_SESSION, Some(&trusted)).await.1["outcome"],
        "not_trusted"
    );
}

#[tokio::test]
async fn what_nobody_has_shown_is_nobody_s_to_guess() {
    let bench = approving().await;
    let (_, trusted) = with_browser(&bench).await;
    let page = page(&bench, &trusted).await;
    let (_, login) = bench.login("u1").await;
    refused(
        &bench.verify(&login, &post(&json!("000000"))).await,
        StatusCode::NOT_FOUND,
        "challenge_not_found",
    );
    let (_, asked) = ask(&bench, &login).await;
    // The code itself, by somebody who could compute it.
    let keys = nidan_server::keys::Keys::load(&bench.folder.path().join("nidan.keys"), |_| None);
    let code = nidan_server::challenge::code_of(&keys.unwrap(), asked["id"].as_str().unwrap());
    let right = json!(code.as_str());
    let wrong = bench.verify(&login, &post(&right)).await;
    refused(&wrong, UNPROCESSABLE, "code_wrong");
    assert_eq!(wrong.1["attempts_left"], 4);
    assert_eq!(show(&bench, &page, &asked["id"]).await.1["code"], right);
    for left in (0..4).rev() {
        let wrong = bench.verify(&login, &post(&other_than(&right))).await;
        refused(&wrong, UNPROCESSABLE, "code_wrong");
        assert_eq!(wrong.1["attempts_left"], left);
    }
    let spent = bench.verify(&login, &post(&right)).await;
    refused(&spent, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    // Nine guesses in all; then the way is closed, and the others ask for two codes.
    let (_, asked) = ask(&bench, &login).await;
    let (_, shown) = show(&bench, &page, &asked["id"]).await;
    for left in (0..4).rev() {
        let wrong = bench
            .verify(&login, &post(&other_than(&shown["code"])))
            .await;
        refused(&wrong, UNPROCESSABLE, "code_wrong");
        assert_eq!(wrong.1["attempts_left"], left, "of all that may be guessed");
    }
    let closed = bench.verify(&login, &post(&shown["code"])).await;
    refused(&closed, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    refused(
        &ask(&bench, &login).await,
        UNPROCESSABLE,
        "method_not_offered",
    );
}

#[tokio::test]
async fn a_code_ends_after_five_minutes_and_the_next_one_is_another() {
    let bench = approving().await;
    let (_, trusted) = with_browser(&bench).await;
    let page = page(&bench, &trusted).await;
    let (_, login, first) = shown(&bench, &page).await;
    bench.pass(300);
    let late = bench.verify(&login, &post(&first)).await;
    refused(&late, UNPROCESSABLE, "code_expired");
    assert!(waiting(&bench, &page).await.is_empty());
    let (status, asked) = ask(&bench, &login).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(waiting(&bench, &page).await.len(), 1);
    let (_, second) = show(&bench, &page, &asked["id"]).await;
    if first != second["code"] {
        let old = bench.verify(&login, &post(&first)).await;
        refused(&old, UNPROCESSABLE, "code_wrong");
    }
    assert_eq!(bench.verify(&login, &post(&second["code"])).await.0, OK);
}

#[tokio::test]
async fn it_makes_no_browser_trusted_takes_nothing_out_of_use_and_proves_nothing_else() {
    let bench = approving().await;
    let (person, trusted) = with_browser(&bench).await;
    let page = page(&bench, &trusted).await;
    let (_, login, code) = shown(&bench, &page).await;
    for (field, value) in [
        ("trust_browser", json!(true)),
        ("lost_methods", json!(person.method_id)),
        ("second_code", json!("000000")),
    ] {
        let mut more = post(&code);
        more[field] = value;
        let answer = bench.verify(&login, &more).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], field);
    }
    let managing = bench.manage("u1").await;
    let proof = managing.post("proof", &post(&code)).await;
    refused(&proof, StatusCode::NOT_FOUND, "method_not_found");
    // A page of another purpose has none of it, and this one nothing of theirs.
    for token in [&login, &managing.token] {
        let list = bench.widget_get("/v1/flow/approvals", token).await;
        refused(&list, UNPROCESSABLE, "method_not_offered");
    }
    refused(
        &ask(&bench, &page).await,
        UNPROCESSABLE,
        "method_not_offered",
    );
    refused(
        &bench.verify(&page, &post(&code)).await,
        UNPROCESSABLE,
        "method_not_offered",
    );
    let order = json!({ "number": "+81 90-1234-5678", "channel": "sms" });
    let sent = bench
        .widget_post("/v1/flow/challenges", &page, &order)
        .await;
    refused(&sent, UNPROCESSABLE, "method_not_offered");
    for kind in ["create", "get"] {
        assert!(bench.ceremony(&page, kind).await.is_err());
    }
    refused(
        &bench.extend(&page).await,
        UNPROCESSABLE,
        "method_not_offered",
    );
    assert_eq!(
        bench.verify(&login, &post(&code)).await.0,
        OK,
        "it is still good"
    );
}

#[tokio::test]
async fn a_host_without_the_page_offers_nothing_of_it() {
    let bench = Bench::tuned(|config| config.hosts[0].approvals = false, None).await;
    let (_, trusted) = with_browser(&bench).await;
    let (status, answer) = page_with(&bench, OWN_SESSION, Some(&trusted)).await;
    refused(
        &(status, answer.clone()),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    );
    assert_eq!(answer["field"], "purpose");
    let (_, login) = bench.login("u1").await;
    assert_eq!(
        bench.flow_get(&login).await.1["verification"]["approval"],
        false
    );
    refused(
        &ask(&bench, &login).await,
        UNPROCESSABLE,
        "method_not_offered",
    );
}

/// B3: many posts of one code, at once: it lets in once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_parallel_posts_of_one_code_one_wins() {
    let bench = approving().await;
    let (_, trusted) = with_browser(&bench).await;
    let page = page(&bench, &trusted).await;
    let (_, login, code) = shown(&bench, &page).await;
    let bench = std::sync::Arc::new(bench);
    let count = setting("PARALLEL", 60);
    let posts: Vec<_> = (0..count)
        .map(|_| {
            let (bench, login, body) = (bench.clone(), login.clone(), post(&code));
            tokio::spawn(async move { bench.verify(&login, &body).await })
        })
        .collect();
    let mut results = std::collections::BTreeSet::new();
    for one in posts {
        let (status, answer) = one.await.unwrap();
        if status == OK {
            results.insert(answer["result_code"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(results.len(), 1, "one result, however often it is told");
    let verified = kinds(&bench).await;
    // The browser's own trust, and this.
    assert_eq!(
        verified.iter().filter(|kind| *kind == "verified").count(),
        2
    );
}
