//! "This sign-in is not mine": what a report ends, and what it says is so.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::{Bench, Person};
use nidan_store::testing::{OfLaterBuild, Rows};
use serde_json::{Value, json};

fn code(answer: &(StatusCode, Value)) -> &str {
    answer.1["code"].as_str().unwrap_or_default()
}

/// A login from a named browser: the flow's id and token.
async fn login_from(bench: &Bench, subject: &str, client_description: &str) -> (String, String) {
    let mut body = bench.login_body(subject, &session_from(client_description, bench.now()));
    body["client_description"] = json!(client_description);
    let created = bench.host_post("/v1/flows", &body).await.1;
    let text = |field: &str| created[field].as_str().unwrap().to_owned();
    (text("flow_id"), text("flow_token"))
}

fn session_from(client_description: &str, now: u64) -> String {
    format!(
        "session-from-{}-{now}",
        client_description.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    )
}

async fn report(bench: &Bench, token: &str) -> Value {
    let (status, answer) = bench
        .widget_post("/v1/flow/report", token, &json!({}))
        .await;
    assert_eq!(
        (status, &answer["outcome"]),
        (StatusCode::OK, &json!("reported")),
        "{answer}"
    );
    answer
}

async fn kinds(bench: &Bench, subject: &str) -> Vec<String> {
    let (_, record) = bench
        .host_get(&format!("/v1/subjects/{subject}/events"))
        .await;
    assert_eq!(record["intact"], true);
    record["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap().to_owned())
        .collect()
}

/// B55: it ends everything that is open, and never lets in.
#[tokio::test]
async fn a_report_ends_logins_codes_and_trust() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    let trusted = bench.trust(&person).await;
    let (stolen, stolen_token) = bench.login("u1").await;
    let (right, right_token) = bench.login("u1").await;
    let (_, answer) = bench.verify(&right_token, &person.post(bench.now())).await;
    let (_, token) = bench.login("u1").await;
    let (status, reported) = bench
        .widget_post("/v1/flow/report", &token, &json!({}))
        .await;
    assert_eq!(
        (status, &reported["browsers_forgotten"]),
        (StatusCode::OK, &json!(1))
    );
    for token in [&token, &stolen_token] {
        let answer = bench.verify(token, &person.post(bench.now() + 30)).await;
        assert_eq!(
            (answer.0, code(&answer)),
            (StatusCode::CONFLICT, "flow_reported")
        );
    }
    let (status, asked) = bench
        .widget_post("/v1/flow/report", &stolen_token, &json!({}))
        .await;
    assert_eq!(
        (status, &asked["code"]),
        (StatusCode::CONFLICT, &json!("flow_reported")),
        "the thief learns nothing"
    );
    for flow in [&stolen, &right] {
        assert_eq!(
            bench.redeem_login(flow, &answer["result_code"]).await.0,
            StatusCode::NOT_FOUND
        );
    }
    assert_eq!(bench.bring("u1", &trusted).await["outcome"], "required");
    bench.pass(30);
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&token, &person.post(bench.now())).await.0,
        StatusCode::OK,
        "the person can sign in at once"
    );
}

/// A caller was read a code, is in, and has his browser trusted: the report says so and ends that.
#[tokio::test]
async fn a_report_tells_of_whoever_got_in_and_ends_what_would_let_him_in_again() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    let (thief, thief_token) = login_from(&bench, "u1", "Chrome, Windows").await;
    let mut post = person.post(bench.now());
    post["trust_browser"] = json!(true);
    let (_, passed) = bench.verify(&thief_token, &post).await;
    let session = session_from("Chrome, Windows", bench.now());
    let body = json!({ "result_code": passed["result_code"], "session_binding": session });
    let redeemed = bench
        .host_post(&format!("/v1/flows/{thief}/redeem"), &body)
        .await
        .1;
    let trusted = redeemed["trust_token"].as_str().unwrap().to_owned();
    let at = bench.now();
    bench.pass(600);
    let (_, token) = login_from(&bench, "u1", "Safari, iPhone").await;
    let answer = report(&bench, &token).await;
    assert_eq!(
        answer["logins"],
        json!([{ "at": at, "method": "totp", "client_description": "Chrome, Windows" }])
    );
    assert_eq!(
        (&answer["browsers_forgotten"], &answer["host_notified"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(
        bench.bring("u1", &trusted).await["outcome"],
        "required",
        "he is asked for a code"
    );
    // The answer was lost on the way: the same again.
    assert_eq!(report(&bench, &token).await["logins"], answer["logins"]);
    assert_eq!(
        kinds(&bench, "u1")
            .await
            .iter()
            .filter(|kind| *kind == "reported")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_report_tells_of_a_day_and_of_every_way_in() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        report(&bench, &token).await["logins"],
        json!([]),
        "nobody yet, and a set-up is no login"
    );
    let trusted = bench.trust(&person).await;
    bench.pass(3_600);
    let kept = bench.bring("u1", &trusted).await;
    assert_eq!(kept["outcome"], "trusted");
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&token, &person.backup_post(0)).await.0,
        StatusCode::OK
    );
    let (_, token) = bench.login("u1").await;
    let ways = |answer: &Value| -> Vec<Value> {
        answer["logins"]
            .as_array()
            .unwrap()
            .iter()
            .map(|login| login["method"].clone())
            .collect()
    };
    assert_eq!(
        ways(&report(&bench, &token).await),
        [json!("backup_code"), Value::Null, json!("totp")]
    );
    bench.pass(86_400 - 3_600);
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        ways(&report(&bench, &token).await),
        [json!("backup_code"), Value::Null],
        "the first is a day ago"
    );
    bench.pass(3_601);
    let (_, token) = bench.login("u1").await;
    assert_eq!(report(&bench, &token).await["logins"], json!([]));
}

/// The answer to a report was lost, and before it is asked for again somebody gets in by a code that was
/// read out: what the second answer says is over, is.
#[tokio::test]
async fn a_report_that_is_asked_for_again_ends_what_came_meanwhile() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let first = report(&bench, &token).await;
    assert_eq!(first["browsers_forgotten"], 0);
    assert_eq!(report(&bench, &token).await["browsers_forgotten"], 0);
    let reports = |kinds: Vec<String>| kinds.iter().filter(|kind| *kind == "reported").count();
    assert_eq!(
        reports(kinds(&bench, "u1").await),
        1,
        "nothing came meanwhile"
    );
    bench.pass(30);
    let stolen = bench.trust(&person).await;
    bench.pass(1);
    let again = report(&bench, &token).await;
    assert_eq!(again["browsers_forgotten"], 1);
    assert_eq!(again["logins"].as_array().unwrap().len(), 1);
    assert_eq!(reports(kinds(&bench, "u1").await), 2);
    let brought = bench.bring("u1", &stolen).await;
    assert_eq!(brought["outcome"], "required");
}

/// "This was not me", pressed on the host's own page.
#[tokio::test]
async fn a_host_reports_for_a_person_who_is_signed_in() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    let trusted = bench.trust(&person).await;
    let (_, open) = bench.login("u1").await;
    let (status, answer) = bench
        .host_post(
            "/v1/subjects/u1/report",
            &json!({ "client_description": "Firefox, Linux" }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        (
            &answer["browsers_forgotten"],
            answer["logins"].as_array().unwrap().len()
        ),
        (&json!(1), 1)
    );
    assert_eq!(
        code(&bench.verify(&open, &person.post(bench.now())).await),
        "flow_reported"
    );
    assert_eq!(bench.bring("u1", &trusted).await["outcome"], "required");
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let reported = record["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["kind"] == "reported")
        .unwrap();
    assert_eq!(reported["client_description"], "Firefox, Linux");
    // Somebody without a second factor, or whom nobody knows, has nothing to end.
    let nobody = bench
        .host_post("/v1/subjects/nobody/report", &json!({}))
        .await;
    assert_eq!(
        (nobody.0, &nobody.1["logins"]),
        (StatusCode::OK, &json!([]))
    );
    let report = async |body: Value| bench.host_post("/v1/subjects/u1/report", &body).await.0;
    assert_eq!(
        report(json!({ "plce": "x" })).await,
        StatusCode::BAD_REQUEST
    );
    // What is only shown stops no report.
    let long = json!({ "client_description": "x".repeat(400) });
    assert_eq!(report(long).await, StatusCode::OK);
}

/// Whoever is called by a stranger who wants the code finds in the record that one was sent, where
/// and when.
#[tokio::test]
async fn a_code_that_was_sent_is_in_the_record() {
    let bench = Bench::new().await;
    let person: Person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    assert_eq!(
        kinds(&bench, "u1").await,
        ["enrolled"],
        "a set-up's own code is none of a login"
    );
    let (_, token) = login_from(&bench, "u1", "Chrome, Windows").await;
    let order = json!({ "method_id": person.method_id, "channel": "sms" });
    let (status, challenge) = bench
        .widget_post("/v1/flow/challenges", &token, &order)
        .await;
    assert_eq!(status, StatusCode::CREATED, "{challenge}");
    bench.pass(30);
    let resend = format!(
        "/v1/flow/challenges/{}/resend",
        challenge["id"].as_str().unwrap()
    );
    assert_eq!(
        bench.widget_post(&resend, &token, &json!({})).await.0,
        StatusCode::OK
    );
    assert_eq!(
        kinds(&bench, "u1").await,
        ["code_sent", "code_sent", "enrolled"]
    );
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let sent = &record["events"][0];
    assert_eq!(
        (&sent["method"], &sent["hint"], &sent["client_description"]),
        (&json!("sms"), &json!("78"), &json!("Chrome, Windows"))
    );
    let refused = bench.widget_post(&resend, &token, &json!({})).await;
    assert_eq!(code(&refused), "resend_too_soon");
    assert_eq!(
        kinds(&bench, "u1").await.len(),
        3,
        "what was not sent is not there"
    );
}

/// A later build ran here: a login that was right by what this build does not know is ended like
/// any other, and keeps nobody from reporting.
#[tokio::test]
async fn a_login_of_a_later_build_keeps_nobody_from_reporting() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, right) = bench.login("u1").await;
    let (status, _) = bench.verify(&right, &person.backup_post(0)).await;
    assert_eq!(status, StatusCode::OK);
    let later = OfLaterBuild::Authenticator;
    assert_eq!(bench.store.leave(later).await.unwrap(), 1);
    let (_, token) = bench.login("u1").await;
    let (status, answer) = bench
        .widget_post("/v1/flow/report", &token, &json!({}))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let ended = bench.store.count(Rows::EndedLogins).await.unwrap();
    assert_eq!(ended, 2);
}
