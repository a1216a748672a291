//! The host's support makes a code for somebody who is locked out: for one login, which leads into a
//! set-up.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::form::Page;
use common::manage::{kinds, refused, somebody};
use common::{Bench, Person, Widget, claims};
use serde_json::{Value, json};

const MINUTE: u64 = 60;

async fn ask(bench: &Bench, subject: &str, minutes: u32, reset: bool) -> (StatusCode, Value) {
    let path = format!("/v1/subjects/{subject}/temporary_code");
    let body = json!({
        "by": "Anna", "reason": "lost everything", "minutes": minutes, "reset": reset,
    });
    bench.host_post(&path, &body).await
}

/// The code, as it is posted.
async fn made(bench: &Bench, subject: &str, reset: bool) -> String {
    let (status, answer) = ask(bench, subject, 30, reset).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["expires_at"], bench.now() + 30 * MINUTE);
    let code = answer["code"].as_str().unwrap();
    assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 4]);
    code.replace('-', "")
}

fn post(code: &str) -> Value {
    json!({ "method_id": "temporary_code", "code": code })
}

async fn not_enrolled(bench: &Bench, subject: &str) {
    let body = bench.login_body(subject, "session-of-somebody-without");
    let (_, created) = bench.host_post("/v1/flows", &body).await;
    assert_eq!(created, json!({ "outcome": "not_enrolled" }));
}

/// A set-up, after the login that the host names.
async fn begin(bench: &Bench, subject: &str, after: Option<&str>) -> (StatusCode, Value) {
    let mut body = bench.create_body(subject);
    if let Some(after) = after {
        body["after_login"] = json!(after);
    }
    bench.host_post("/v1/flows", &body).await
}

fn managing(bench: &Bench, subject: &str) -> Value {
    let mut body = bench.create_body(subject);
    body["purpose"] = json!("manage");
    body
}

/// The set-up to its end.
async fn set_up(bench: &Bench, subject: &str, begun: &Value) -> Person {
    let token = begun["flow_token"].as_str().unwrap();
    let widget = Widget::new(&bench.flow_get(token).await.1, 9);
    let (status, answer) = bench.flow_post(token, &widget.body(bench.now())).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    bench.pass(90);
    Person {
        subject: subject.to_owned(),
        widget,
        method_id: answer["methods"][0]["id"].as_str().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn lost_everything_a_code_and_a_new_set_up() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let code = made(&bench, "u1", true).await;
    let view = bench.subject("u1").await;
    assert_eq!(view["enrolled"], false);
    assert_eq!(view["temporary_code_expires_at"], bench.now() + 30 * MINUTE);
    // The password alone begins no set-up while there is a code.
    let body = bench.create_body("u1");
    let early = bench.host_post("/v1/flows", &body).await;
    refused(&early, StatusCode::CONFLICT, "already_enrolled");

    let (flow_id, token) = bench.login("u1").await;
    let (_, opening) = bench.flow_get(&token).await;
    assert_eq!(opening["verification"]["temporary_code"], true);
    assert_eq!(opening["methods"], json!([]));
    for old in [person.post(bench.now()), person.backup_post(0)] {
        let old = bench.verify(&token, &old).await;
        refused(&old, StatusCode::NOT_FOUND, "method_not_found");
    }
    let (status, answer) = bench.verify(&token, &post(&code)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    // The same post again gets the same answer.
    let again = bench.verify(&token, &post(&code)).await;
    assert_eq!(again, (StatusCode::OK, answer.clone()));
    let (_, redeemed) = bench.redeem_login(&flow_id, &answer["result_code"]).await;
    let claims = claims(&redeemed["assertion"]);
    assert_eq!(claims["must_enroll"], true);
    assert_eq!(claims["acr"], "urn:nidan:acr:temporary-code");
    assert_eq!(claims["amr"], json!(["urn:nidan:amr:temporary-code"]));
    assert_eq!(claims["method_id"], "temporary_code");

    // It is used, and still nobody comes by the password alone: neither in, nor to a set-up.
    let (_, waiting) = bench.login("u1").await;
    let (_, opening) = bench.flow_get(&waiting).await;
    // There is nothing else: the page asks for it, and says that another is needed.
    assert_eq!(opening["verification"]["temporary_code"], true);
    let used = bench.verify(&waiting, &post(&code)).await;
    refused(&used, StatusCode::NOT_FOUND, "method_not_found");
    for after in [None, Some(""), Some("another")] {
        let early = begin(&bench, "u1", after).await;
        refused(&early, StatusCode::CONFLICT, "already_enrolled");
    }
    let page = bench.host_post("/v1/flows", &managing(&bench, "u1")).await;
    refused(&page, StatusCode::CONFLICT, "already_enrolled");
    let (status, begun) = begin(&bench, "u1", Some(&flow_id)).await;
    assert_eq!(status, StatusCode::CREATED, "{begun}");
    let new = set_up(&bench, "u1", &begun).await;
    let (flow_id, token) = bench.login("u1").await;
    let used = bench.verify(&token, &post(&code)).await;
    refused(&used, StatusCode::NOT_FOUND, "method_not_found");
    let (_, answer) = bench.verify(&token, &new.post(bench.now())).await;
    let (_, redeemed) = bench.redeem_login(&flow_id, &answer["result_code"]).await;
    assert_eq!(
        common::claims(&redeemed["assertion"]).get("must_enroll"),
        None
    );
    let told = [
        "enrolled",
        "temporary_code_used",
        "temporary_code_made",
        "reset",
    ];
    let record = kinds(&bench).await;
    let at = record.iter().position(|kind| kind == "enrolled").unwrap();
    assert_eq!(record[at..at + 4], told);
}

#[tokio::test]
async fn it_is_beside_what_a_person_has_where_nothing_is_reset() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    let code = made(&bench, "u1", false).await;
    let (flow_id, token) = bench.login("u1").await;
    let (_, opening) = bench.flow_get(&token).await;
    assert_eq!(opening["verification"]["temporary_code"], true);
    assert_eq!(opening["methods"].as_array().unwrap().len(), 1);
    // It makes no browser trusted, and takes nothing out of use.
    for (field, value) in [
        ("trust_browser", json!(true)),
        ("lost_methods", json!(person.method_id)),
        ("second_code", json!("123456")),
    ] {
        let mut body = post(&code);
        body[field] = value;
        let answer = bench.verify(&token, &body).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], field);
    }
    let (status, answer) = bench.verify(&token, &post(&code)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (_, redeemed) = bench.redeem_login(&flow_id, &answer["result_code"]).await;
    assert_eq!(claims(&redeemed["assertion"]).get("must_enroll"), None);
    let (_, token) = bench.login("u1").await;
    let own = bench.verify(&token, &person.post(bench.now())).await;
    assert_eq!(own.0, StatusCode::OK, "{}", own.1);
}

#[tokio::test]
async fn it_is_refused_as_any_other_code() {
    let bench = Bench::new().await;
    somebody(&bench).await;
    bench.enrolled("u2", 8).await;
    let first = made(&bench, "u1", true).await;
    let others = made(&bench, "u2", false).await;
    let code = made(&bench, "u1", false).await;
    let (_, token) = bench.login("u1").await;
    // The one before, another person's, a backup code's place.
    for (wrong, left) in [(&first, 4), (&others, 3)] {
        let answer = bench.verify(&token, &post(wrong)).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "code_wrong");
        assert_eq!(answer.1["attempts_left"], left);
    }
    let elsewhere = json!({ "method_id": "backup_code", "code": code });
    let answer = bench.verify(&token, &elsewhere).await;
    refused(&answer, StatusCode::NOT_FOUND, "method_not_found");
    for typed in ["123456", "", &code.to_lowercase(), &format!("{code}0")] {
        let answer = bench.verify(&token, &post(typed)).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
    }
    for _ in 0..2 {
        let answer = bench.verify(&token, &post(&first)).await;
        refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "code_wrong");
    }
    let spent = bench.verify(&token, &post(&code)).await;
    refused(&spent, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    let (_, token) = bench.login("u1").await;
    let right = bench.verify(&token, &post(&code)).await;
    assert_eq!(right.0, StatusCode::OK, "{}", right.1);
}

#[tokio::test]
async fn it_ends_and_the_password_alone_leads_on_as_before() {
    let bench = Bench::new().await;
    somebody(&bench).await;
    let code = made(&bench, "u1", true).await;
    bench.pass(25 * MINUTE);
    let (_, token) = bench.login("u1").await;
    bench.pass(5 * MINUTE);
    let late = bench.verify(&token, &post(&code)).await;
    refused(&late, StatusCode::UNPROCESSABLE_ENTITY, "code_expired");
    assert_eq!(
        bench.subject("u1").await.get("temporary_code_expires_at"),
        None
    );
    not_enrolled(&bench, "u1").await;
}

/// A set-up that somebody has begun with the password alone would go round it.
#[tokio::test]
async fn a_set_up_that_was_begun_before_it_ends() {
    let bench = Bench::new().await;
    let (_, begun, view) = bench.open("u4").await;
    let code = made(&bench, "u4", false).await;
    let late = Widget::new(&view, 3).body(bench.now());
    let late = bench.flow_post(&begun, &late).await;
    refused(&late, StatusCode::CONFLICT, "flow_conflict");
    let (_, token) = bench.login("u4").await;
    let right = bench.verify(&token, &post(&code)).await;
    assert_eq!(right.0, StatusCode::OK, "{}", right.1);
}

#[tokio::test]
async fn it_proves_nothing_and_is_worth_no_passkey() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let code = made(&bench, "u1", false).await;
    let page = bench.manage("u1").await;
    let answer = page.post("proof", &post(&code)).await;
    refused(&answer, StatusCode::NOT_FOUND, "method_not_found");
    page.prove(&person).await;
    let mut needed = bench.login_body("u1", "session-that-needs-more");
    needed["acr_needed"] = json!("urn:nidan:acr:phishing-resistant");
    let (_, created) = bench.host_post("/v1/flows", &needed).await;
    assert_eq!(created["outcome"], "acr_unavailable", "{created}");
    // It was not spent by any of this.
    let (_, token) = bench.login("u1").await;
    let right = bench.verify(&token, &post(&code)).await;
    assert_eq!(right.0, StatusCode::OK, "{}", right.1);
}

/// Whoever did not call support hears of the code, and says so.
#[tokio::test]
async fn a_report_ends_it_and_opens_nothing() {
    let bench = Bench::new().await;
    somebody(&bench).await;
    let code = made(&bench, "u1", true).await;
    let (_, token) = bench.login("u1").await;
    let reported = bench.host_post("/v1/subjects/u1/report", &json!({})).await;
    assert_eq!(reported.0, StatusCode::OK, "{}", reported.1);
    let late = bench.verify(&token, &post(&code)).await;
    refused(&late, StatusCode::CONFLICT, "flow_reported");
    let (_, token) = bench.login("u1").await;
    let dead = bench.verify(&token, &post(&code)).await;
    refused(&dead, StatusCode::NOT_FOUND, "method_not_found");
    let early = begin(&bench, "u1", None).await;
    refused(&early, StatusCode::CONFLICT, "already_enrolled");
    // Support makes another, for who it is.
    let another = made(&bench, "u1", false).await;
    let (_, token) = bench.login("u1").await;
    let right = bench.verify(&token, &post(&another)).await;
    assert_eq!(right.0, StatusCode::OK, "{}", right.1);
}

#[tokio::test]
async fn a_set_up_after_a_login_is_named_where_there_is_one() {
    let bench = Bench::new().await;
    for purpose in ["verify", "manage"] {
        let mut body = bench.create_body("u1");
        body["purpose"] = json!(purpose);
        body["after_login"] = json!("x");
        let answer = bench.host_post("/v1/flows", &body).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], "after_login", "{purpose}");
    }
    // For whoever was given no code it means nothing.
    let begun = begin(&bench, "u1", Some("x")).await;
    assert_eq!(begun.0, StatusCode::CREATED, "{}", begun.1);
}

#[tokio::test]
async fn many_at_once_one_is_in() {
    let bench = Bench::new().await;
    somebody(&bench).await;
    let rounds = common::server::setting("NIDAN_ROUNDS", 3);
    for _ in 0..rounds {
        let code = made(&bench, "u1", true).await;
        let mut tokens = Vec::new();
        for _ in 0..8 {
            tokens.push(bench.login("u1").await.1);
        }
        let body = post(&code);
        let posts = tokens.iter().map(|token| bench.verify(token, &body));
        let answers = futures_util::future::join_all(posts).await;
        let through = answers
            .iter()
            .filter(|(status, _)| *status == StatusCode::OK);
        assert_eq!(through.count(), 1, "{answers:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let bench = Bench::new().await;
    let _person: Person = bench.enrolled("u1", 7).await;
    let good = json!({ "by": "Anna", "reason": "lost", "minutes": 30, "reset": true });
    for (field, value) in [
        ("by", json!("")),
        ("reason", json!("x".repeat(201))),
        ("minutes", json!(9)),
        ("minutes", json!(1_441)),
        ("minutes", json!(-1)),
        ("reset", json!("yes")),
        ("all", json!(true)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = bench
            .host_post("/v1/subjects/u1/temporary_code", &body)
            .await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], field, "{body}");
    }
    let view = bench.subject("u1").await;
    assert_eq!(view["enrolled"], true);
    assert_eq!(view.get("temporary_code_expires_at"), None);
}

/// Without scripts the code lets in, and the page says before it is used up that the set-up after it
/// needs them. Somebody else's code does nothing.
#[tokio::test]
async fn without_scripts_it_lets_in_and_the_set_up_is_announced() {
    let bench = common::form::bench().await;
    for (subject, seed) in [("u1", 7), ("u2", 9)] {
        let _person = bench.enrolled(subject, seed).await;
    }
    let code = made(&bench, "u1", true).await;
    let other = made(&bench, "u2", true).await;
    let (flow_id, token) = bench.login("u1").await;
    let page = Page::open(&bench, &token).await;
    assert!(page.says("needs a newer browser"), "{}", page.html);
    let page = page
        .press(&bench, "submit", &[("typed_backup", &other)])
        .await;
    assert!(page.says("role=\"alert\"") && page.field("result_code").is_none());
    let page = page
        .press(&bench, "submit", &[("typed_backup", &code)])
        .await;
    let result = page.field("result_code").unwrap();
    let (_, redeemed) = bench.redeem_login(&flow_id, &json!(result)).await;
    assert_eq!(claims(&redeemed["assertion"])["must_enroll"], true);
    // Who has a method is told nothing of a set-up.
    let _person = bench.enrolled("u3", 11).await;
    let _code = made(&bench, "u3", false).await;
    let (_, token) = bench.login("u3").await;
    let page = Page::open(&bench, &token).await;
    assert!(!page.says("needs a newer browser"), "{}", page.html);
}
