//! The host's support holds a method that is lost, and releases it when it is found.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::{Bench, Person};
use serde_json::{Value, json};

fn code(answer: &(StatusCode, Value)) -> &str {
    answer.1["code"].as_str().unwrap_or_default()
}

fn by_anna() -> Value {
    json!({ "by": "Anna", "reason": "the phone is lost" })
}

async fn hold(bench: &Bench, person: &Person) -> (StatusCode, Value) {
    wish(bench, &person.method_id, "hold").await
}

async fn release(bench: &Bench, person: &Person) -> (StatusCode, Value) {
    wish(bench, &person.method_id, "release").await
}

async fn wish(bench: &Bench, method_id: &str, word: &str) -> (StatusCode, Value) {
    let path = format!("/v1/subjects/u1/methods/{method_id}/{word}");
    bench.host_post(&path, &by_anna()).await
}

#[tokio::test]
async fn a_lost_phone_lets_nobody_in_until_it_is_found() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    let trusted = bench.trust(&person).await;
    let (flow_id, under_way) = bench.login("u1").await;
    let (status, answer) = bench
        .verify(&under_way, &person.post(bench.now() + 30))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (_, open) = bench.login("u1").await;
    let epoch = bench.subject("u1").await["factor_epoch"].as_u64().unwrap();

    let (status, held) = hold(&bench, &person).await;
    assert_eq!(
        (status, &held["methods"][0]["state"]),
        (StatusCode::OK, &json!("held"))
    );
    assert_eq!(held["factor_epoch"], epoch + 1);
    assert_eq!(held["trusted_browsers"], json!([]));
    let brought = bench.bring("u1", &trusted).await;
    assert_eq!(
        brought["outcome"], "required",
        "a trusted browser is asked again"
    );
    // Somebody had typed a right code before: its result lets nobody in any more.
    let (status, _) = bench.redeem_login(&flow_id, &answer["result_code"]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    // With the right code, and with wrong ones: nothing is counted, and nothing else is told.
    bench.pass(60);
    for body in [person.post(bench.now()), person.wrong_post(bench.now())] {
        let refused = bench.verify(&open, &body).await;
        assert_eq!(
            (refused.0, code(&refused)),
            (StatusCode::FORBIDDEN, "method_held")
        );
    }
    let (_, view) = bench.flow_get(&open).await;
    assert_eq!(
        view["verification"]["method_id"],
        Value::Null,
        "backup codes are left"
    );
    assert_eq!(view["methods"][0]["state"], "held");
    assert_eq!(
        bench.verify(&open, &person.backup_post(0)).await.0,
        StatusCode::OK
    );

    let (status, released) = release(&bench, &person).await;
    assert_eq!(
        (status, &released["methods"][0]["state"]),
        (StatusCode::OK, &json!("ready"))
    );
    assert_eq!(
        released["factor_epoch"],
        epoch + 1,
        "nobody is signed out by it"
    );
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&token, &person.post(bench.now())).await.0,
        StatusCode::OK
    );
}

/// A code that is on its way is answered by nobody, and no other one is sent.
#[tokio::test]
async fn no_code_goes_to_a_number_that_is_held() {
    let bench = Bench::new().await;
    bench.deliver();
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    let order = json!({ "method_id": person.method_id, "channel": "sms" });
    let sent = bench
        .widget_post("/v1/flow/challenges", &token, &order)
        .await;
    assert_eq!(sent.0, StatusCode::CREATED, "{}", sent.1);
    let typed = bench.code(&(token.clone(), sent.1));
    assert_eq!(hold(&bench, &person).await.0, StatusCode::OK);
    let body = json!({ "method_id": person.method_id, "code": typed });
    assert_eq!(code(&bench.verify(&token, &body).await), "method_held");
    for channel in ["sms", "voice"] {
        let order = json!({ "method_id": person.method_id, "channel": channel });
        let refused = bench
            .widget_post("/v1/flow/challenges", &token, &order)
            .await;
        assert_eq!(
            (refused.0, code(&refused)),
            (StatusCode::FORBIDDEN, "method_held")
        );
    }
}

#[tokio::test]
async fn nobody_is_locked_out_by_it() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    for nth in 0..10 {
        let (_, token) = bench.login("u1").await;
        assert_eq!(
            bench.verify(&token, &person.backup_post(nth)).await.0,
            StatusCode::OK
        );
    }
    let refused = hold(&bench, &person).await;
    assert_eq!(
        (refused.0, code(&refused)),
        (StatusCode::CONFLICT, "last_method")
    );
    assert_eq!(bench.subject("u1").await["methods"][0]["state"], "ready");
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&token, &person.post(bench.now())).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn twice_is_once_and_the_record_says_who_and_why() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    for word in ["release", "hold", "hold", "release", "release"] {
        assert_eq!(
            wish(&bench, &person.method_id, word).await.0,
            StatusCode::OK
        );
    }
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let events: Vec<_> = record["events"].as_array().unwrap().iter().collect();
    let told: Vec<_> = events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["method_released", "method_held", "enrolled"]);
    assert_eq!(events[1]["by"], "Anna");
    assert_eq!(events[1]["reason"], "the phone is lost");
    assert_eq!(events[1]["method"], "totp");
    assert_eq!(events[2].get("by"), None);
    assert_eq!(record["intact"], true);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let other = bench.enrolled("u2", 8).await;
    for method_id in ["nothing", "backup", &other.method_id] {
        let refused = wish(&bench, method_id, "hold").await;
        assert_eq!(
            (refused.0, code(&refused)),
            (StatusCode::NOT_FOUND, "method_not_found")
        );
    }
    let path = format!("/v1/subjects/u1/methods/{}/hold", person.method_id);
    let long = "x".repeat(201);
    for (body, field) in [
        (json!({ "by": "", "reason": "lost" }), "by"),
        (json!({ "by": " ", "reason": "lost" }), "by"),
        (json!({ "by": "Anna\nBob", "reason": "lost" }), "by"),
        (json!({ "by": long, "reason": "lost" }), "by"),
        (json!({ "by": "Anna", "reason": "" }), "reason"),
        (json!({ "by": "Anna", "reason": long }), "reason"),
        (
            json!({ "by": "Anna", "reason": "lost", "until": 5 }),
            "until",
        ),
    ] {
        let refused = bench.host_post(&path, &body).await;
        assert_eq!(
            (refused.0, code(&refused)),
            (StatusCode::BAD_REQUEST, "request_invalid")
        );
        assert_eq!(refused.1["field"], field, "{body}");
    }
    assert_eq!(bench.subject("u1").await["methods"][0]["state"], "ready");
}

/// From the command line: the same rules, and the same record.
#[tokio::test]
async fn support_does_it_from_the_command_line_too() {
    use nidan_server::{SupportAction, SupportError};

    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let because = || ("Anna".to_owned(), "lost".to_owned());
    let does = |host: &'static str, action| {
        let service = bench.service.clone();
        async move { service.support((host, "u1"), action, because()).await }
    };
    let hold = SupportAction::Hold(&person.method_id);
    does("shop", hold).await.unwrap();
    assert_eq!(bench.subject("u1").await["methods"][0]["state"], "held");
    does("shop", SupportAction::Release(&person.method_id))
        .await
        .unwrap();
    does("shop", SupportAction::Resume).await.unwrap();
    let nobody = does("nobody", hold).await.unwrap_err();
    assert!(matches!(nobody, SupportError::NoHost(_)));
    let nothing = does("shop", SupportAction::Hold("nothing"))
        .await
        .unwrap_err();
    assert_eq!(nothing.to_string(), "refused: method_not_found");
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    assert_eq!(record["events"][0]["kind"], "method_released");
    assert_eq!(record["events"][0]["by"], "Anna");
    does("shop", SupportAction::Reset).await.unwrap();
    assert_eq!(bench.subject("u1").await["enrolled"], false);
    let made = |minutes| {
        let service = bench.service.clone();
        async move {
            let whose = ("shop", "u1");
            service
                .temporary_code(whose, because(), (minutes, true))
                .await
        }
    };
    let refused = made(9).await.map(|_| ()).unwrap_err();
    assert_eq!(refused.to_string(), "refused: request_invalid (minutes)");
    let code = made(10).await.unwrap().code.replace('-', "");
    let (_, token) = bench.login("u1").await;
    let post = json!({ "method_id": "temporary_code", "code": code });
    assert_eq!(bench.verify(&token, &post).await.0, StatusCode::OK);
}
