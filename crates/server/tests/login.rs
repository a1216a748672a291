//! The code at login, request by request.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use common::{Bench, ORIGIN, claims};
use nidan_server::config::WebhookConfig;
use nidan_store::testing::{OfLaterBuild, Rows};
use serde_json::{Value, json};

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

fn code(answer: &(StatusCode, Value)) -> &str {
    answer.1["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_login_goes_from_password_to_signed_result() {
    let bench = Bench::new().await;
    let nobody = bench
        .host_post(
            "/v1/flows",
            &bench.login_body("nobody", "some-session-binding"),
        )
        .await;
    assert_eq!(
        (nobody.0, &nobody.1),
        (StatusCode::OK, &json!({ "outcome": "not_enrolled" }))
    );
    let person = bench.enrolled("u1", 7).await;
    let (flow_id, token) = bench.login("u1").await;
    let (_, view) = bench.flow_get(&token).await;
    assert_eq!(view["purpose"], "verify");
    assert_eq!(view["verification"]["method_id"], person.method_id);
    assert_eq!(view["enrolment"], Value::Null, "nothing to enrol with");
    let (status, answer) = bench.verify(&token, &person.post(bench.now())).await;
    assert_eq!(
        (status, &answer["outcome"]),
        (StatusCode::OK, &json!("verified")),
        "{answer}"
    );
    let (status, redeemed) = bench.redeem_login(&flow_id, &answer["result_code"]).await;
    assert_eq!(status, StatusCode::OK, "{redeemed}");
    let said = claims(&redeemed["assertion"]);
    assert_eq!(
        (&said["purpose"], &said["amr"]),
        (&json!("verify"), &json!(["otp"]))
    );
    assert_eq!(
        (&said["acr"], &said["sub"]),
        (&json!("urn:nidan:acr:second-factor"), &json!("u1"))
    );
    assert_eq!(said["method_id"], person.method_id);
    assert_eq!(
        said["exp"].as_u64().unwrap() - said["iat"].as_u64().unwrap(),
        60
    );
    assert_eq!(redeemed.get("trust_token"), None);
    assert_eq!(
        bench.redeem_login(&flow_id, &answer["result_code"]).await.0,
        StatusCode::NOT_FOUND,
        "once"
    );
    assert_eq!(
        answer["result_code"].as_str().unwrap().len(),
        43,
        "256 bits"
    );
    bench.pass(60);
    let (_, token) = bench.login("u1").await;
    let (_, later) = bench.verify(&token, &person.post(bench.now())).await;
    assert_eq!(later["outcome"], "verified");
    assert_ne!(
        answer["result_code"], later["result_code"],
        "each login has its own"
    );
}

/// B1–B4: a step that let somebody in lets nobody in again, from whatever session, also inside
/// the window.
#[tokio::test]
async fn a_used_code_is_used_everywhere() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let earlier = person.post(bench.now() - 30);
    assert_eq!(bench.verify(&token, &earlier).await.0, StatusCode::OK);
    for seconds in [0, 1, 29, 30, 31] {
        bench.pass(seconds);
        let (_, token) = bench.login("u1").await;
        let again = bench.verify(&token, &earlier).await;
        assert!(
            ["code_used", "code_wrong", "two_codes_needed"].contains(&code(&again)),
            "{again:?}"
        );
    }
}

#[tokio::test]
async fn the_same_post_gets_the_same_answer_and_another_one_a_conflict() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (flow_id, token) = bench.login("u1").await;
    let first = bench.verify(&token, &person.post(bench.now())).await;
    assert_eq!(first.0, StatusCode::OK);
    bench.pass(50);
    assert_eq!(
        bench.verify(&token, &person.post(bench.now() - 50)).await,
        first,
        "an answer that was lost"
    );
    bench.pass(50);
    assert_eq!(
        bench
            .redeem_login(&flow_id, &first.1["result_code"])
            .await
            .0,
        StatusCode::OK,
        "it lives on"
    );
    let other = bench.verify(&token, &person.post(bench.now())).await;
    assert_eq!(
        (other.0, code(&other)),
        (StatusCode::CONFLICT, "flow_conflict")
    );
    // Redeemed is redeemed, however often the post comes again.
    bench.verify(&token, &person.post(bench.now() - 100)).await;
    assert_eq!(
        bench
            .redeem_login(&flow_id, &first.1["result_code"])
            .await
            .0,
        StatusCode::NOT_FOUND
    );
}

/// Three wrong codes, then two in a row, then back to one.
#[tokio::test]
async fn three_wrong_codes_ask_for_two_and_a_right_pair_ends_that() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    for left in [2, 1, 0] {
        let wrong = bench.verify(&token, &person.wrong_post(bench.now())).await;
        assert_eq!(
            (wrong.0, &wrong.1["attempts_left"]),
            (WRONG, &json!(left)),
            "{wrong:?}"
        );
    }
    let (_, view) = bench.flow_get(&token).await;
    assert_eq!(view["methods"][0]["state"], "two_codes");
    let single = bench.verify(&token, &person.post(bench.now())).await;
    assert_eq!(
        (single.0, code(&single)),
        (WRONG, "two_codes_needed"),
        "a right one alone is not enough"
    );
    let pair = |first: u64, second: u64| json!({ "method_id": person.method_id, "code": person.code(first), "second_code": person.code(second) });
    let now = bench.now();
    assert_eq!(
        code(&bench.verify(&token, &pair(now, now)).await),
        "code_wrong",
        "the same twice"
    );
    assert_eq!(
        code(&bench.verify(&token, &pair(now + 30, now)).await),
        "code_wrong",
        "the wrong way round"
    );
    assert_eq!(
        bench.verify(&token, &pair(now, now + 30)).await.0,
        StatusCode::OK
    );
    bench.pass(60);
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&token, &person.post(bench.now())).await.0,
        StatusCode::OK,
        "one is enough again"
    );
}

/// Whoever saw a code that was used guesses at the next one for nothing otherwise.
#[tokio::test]
async fn a_used_code_is_no_half_of_a_pair() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let now = bench.now();
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&token, &person.post(now)).await.0,
        StatusCode::OK
    );
    let (_, token) = bench.login("u1").await;
    let pair = |first: u64| json!({ "method_id": person.method_id, "code": person.code(first), "second_code": person.code(first + 30) });
    let answer = bench.verify(&token, &pair(now)).await;
    assert_eq!(
        (answer.0, code(&answer)),
        (WRONG, "code_wrong"),
        "and nothing tells that the second is right"
    );
    let wrong = bench.verify(&token, &pair(now + 6_000)).await;
    let fields = |answer: &Value| {
        answer
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(fields(&answer.1), fields(&wrong.1));
    assert_eq!(
        bench.verify(&token, &pair(now + 30)).await.0,
        StatusCode::OK
    );
}

/// B19: what does not reset the count.
#[tokio::test]
async fn neither_the_password_nor_another_flow_gives_tries_back() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    for left in [2, 1, 0] {
        let (_, token) = bench.login("u1").await;
        assert_eq!(
            bench
                .verify(&token, &person.wrong_post(bench.now()))
                .await
                .1["attempts_left"],
            left
        );
    }
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        code(&bench.verify(&token, &person.wrong_post(bench.now())).await),
        "two_codes_needed"
    );
    // A right backup code is another method: the app's count stays.
    assert_eq!(
        bench.verify(&token, &person.backup_post(0)).await.0,
        StatusCode::OK
    );
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        bench.flow_get(&token).await.1["methods"][0]["state"],
        "two_codes"
    );
}

/// An attacker who has the password uses up one method, and neither the others nor the
/// person's own flow.
#[tokio::test]
async fn whoever_has_the_password_cannot_lock_the_person_out() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (mine, my_token) = bench.login("u1").await;
    let guess = |second: bool| {
        let mut post = person.wrong_post(bench.now());
        if second {
            post["second_code"] = json!("000000");
        }
        post
    };
    for attempt in 0..10 {
        let (_, token) = bench.login("u1").await;
        assert_eq!(
            code(&bench.verify(&token, &guess(attempt >= 3)).await),
            "code_wrong",
            "{attempt}"
        );
    }
    let (_, token) = bench.login("u1").await;
    let rests = bench.verify(&token, &guess(true)).await;
    assert_eq!(
        (rests.0, code(&rests)),
        (StatusCode::TOO_MANY_REQUESTS, "method_resting")
    );
    assert_eq!(rests.1["retry_at"].as_u64().unwrap() % 86_400, 0);
    for _ in 0..5 {
        let (_, token) = bench.login("u1").await;
        for nth in 0..5 {
            let mut foreign = person.backup_post(nth);
            foreign["code"] = json!("0000000000000000");
            let wrong = bench.verify(&token, &foreign).await;
            assert_eq!(
                (code(&wrong), &wrong.1["attempts_left"]),
                ("code_wrong", &json!(4 - nth))
            );
        }
        assert_eq!(
            code(&bench.verify(&token, &person.backup_post(0)).await),
            "too_many_attempts",
            "of this flow"
        );
    }
    let (status, answer) = bench.verify(&my_token, &person.backup_post(3)).await;
    assert_eq!(
        (status, &answer["backup_codes_left"]),
        (StatusCode::OK, &json!(9))
    );
    assert_eq!(
        bench.redeem_login(&mine, &answer["result_code"]).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn fifty_wrong_codes_in_a_row_suspend_until_the_host_reinstates() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let pair = json!({ "method_id": person.method_id, "code": "000000", "second_code": "000000" });
    for _ in 0..5 {
        for _ in 0..10 {
            let (_, token) = bench.login("u1").await;
            assert_eq!(code(&bench.verify(&token, &pair).await), "code_wrong");
        }
        bench.pass(86_400);
    }
    let (_, token) = bench.login("u1").await;
    let now = bench.now();
    let right = json!({ "method_id": person.method_id, "code": person.code(now), "second_code": person.code(now + 30) });
    let refused = bench.verify(&token, &right).await;
    assert_eq!(
        (refused.0, code(&refused)),
        (StatusCode::FORBIDDEN, "method_suspended")
    );
    assert_eq!(
        bench.flow_get(&token).await.1["verification"]["method_id"],
        Value::Null,
        "backup codes are left"
    );
    let path = "/v1/subjects/u1/methods/reinstate";
    assert_eq!(
        bench.host_post(path, &json!({ "id": "other" })).await.0,
        StatusCode::NOT_FOUND
    );
    let (status, subject) = bench
        .host_post(path, &json!({ "id": person.method_id }))
        .await;
    assert_eq!(
        (status, &subject["methods"][0]["state"]),
        (StatusCode::OK, &json!("ready"))
    );
    assert_eq!(
        bench.verify(&token, &person.post(bench.now())).await.0,
        StatusCode::OK
    );
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let kinds: Vec<_> = record["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].clone())
        .collect();
    assert_eq!(
        kinds[..3],
        [
            json!("verified"),
            json!("method_reinstated"),
            json!("method_suspended")
        ]
    );
    assert_eq!(record["intact"], true);
}

/// A phone that is a minute slow signs in with two codes, and from then on with one.
#[tokio::test]
async fn a_slow_clock_is_learned() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let slow = |bench: &Bench| bench.now() - 60;
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        code(&bench.verify(&token, &person.post(slow(&bench))).await),
        "code_wrong"
    );
    let pair = json!({
        "method_id": person.method_id, "code": person.code(slow(&bench)), "second_code": person.code(slow(&bench) + 30),
    });
    assert_eq!(
        bench.verify(&token, &pair).await.0,
        StatusCode::OK,
        "two codes are always enough"
    );
    for _ in 0..3 {
        bench.pass(60);
        let (_, token) = bench.login("u1").await;
        assert_eq!(
            bench.verify(&token, &person.post(slow(&bench))).await.0,
            StatusCode::OK
        );
    }
    bench.pass(300);
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        code(&bench.verify(&token, &person.post(bench.now() - 150)).await),
        "code_wrong",
        "three steps only"
    );
}

/// The strict reading of ASVS 6.5.5.
#[tokio::test]
async fn a_strict_host_takes_the_current_code_only() {
    let bench = Bench::tuned(|config| config.hosts[0].strict_window = true, None).await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        code(&bench.verify(&token, &person.post(bench.now() - 30)).await),
        "code_wrong"
    );
    assert_eq!(
        code(&bench.verify(&token, &person.post(bench.now() + 30)).await),
        "code_wrong"
    );
    assert_eq!(
        bench.verify(&token, &person.post(bench.now())).await.0,
        StatusCode::OK
    );
}

/// A guess at one step is worth a third of a guess at three, and costs the allowance as much.
#[tokio::test]
async fn a_strict_hosts_people_mistype_more_before_two_codes_are_asked_for() {
    for (strict, after_three) in [(false, "two_codes"), (true, "ready")] {
        let bench = Bench::tuned(|config| config.hosts[0].strict_window = strict, None).await;
        let person = bench.enrolled("u1", 7).await;
        for _ in 0..3 {
            let (_, token) = bench.login("u1").await;
            assert_eq!(
                code(&bench.verify(&token, &person.wrong_post(bench.now())).await),
                "code_wrong"
            );
            // A right code of another login gives back its own cost and no more.
            let (_, token) = bench.login("u1").await;
            let now = bench.now();
            let pair = json!({ "method_id": person.method_id, "code": person.code(now - 30), "second_code": person.code(now) });
            assert_eq!(bench.verify(&token, &pair).await.0, StatusCode::OK);
            bench.pass(90);
        }
        let (_, token) = bench.login("u1").await;
        assert_eq!(
            bench.flow_get(&token).await.1["methods"][0]["state"],
            after_three,
            "strict: {strict}"
        );
        let single = bench.verify(&token, &person.post(bench.now())).await;
        assert_eq!(single.0 == StatusCode::OK, strict, "{single:?}");
    }
}

#[tokio::test]
async fn a_text_or_a_call_lets_in_once() {
    let bench = Bench::new().await;
    bench.deliver();
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (flow_id, token) = bench.login("u1").await;
    let wish = json!({ "method_id": person.method_id, "channel": "sms", "locale": "ja" });
    let before = bench
        .verify(
            &token,
            &json!({ "method_id": person.method_id, "code": "123456" }),
        )
        .await;
    assert_eq!(
        (before.0, code(&before)),
        (StatusCode::NOT_FOUND, "challenge_not_found"),
        "nothing was sent yet"
    );
    let (status, challenge) = bench
        .widget_post("/v1/flow/challenges", &token, &wish)
        .await;
    assert_eq!(
        (status, &challenge["codes"]),
        (StatusCode::CREATED, &json!(1)),
        "{challenge}"
    );
    let order = (token.clone(), challenge.clone());
    let right = bench.code(&order);
    let post = |code: &str| json!({ "method_id": person.method_id, "code": code });
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    let refused = bench.verify(&token, &post(wrong)).await;
    assert_eq!(
        (code(&refused), &refused.1["attempts_left"]),
        ("code_wrong", &json!(4))
    );
    let refused = bench.verify(&token, &post(wrong)).await;
    assert_eq!(
        (code(&refused), &refused.1["attempts_left"]),
        ("code_wrong", &json!(3))
    );
    let elsewhere = format!(
        "/v1/flow/challenges/{}/answer",
        challenge["id"].as_str().unwrap()
    );
    let answered = bench
        .widget_post(&elsewhere, &token, &json!({ "code": right }))
        .await;
    assert_eq!(
        answered.0, WRONG,
        "tries are counted in one place only: {answered:?}"
    );
    let (status, answer) = bench.verify(&token, &post(&right)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let said = claims(&bench.redeem_login(&flow_id, &answer["result_code"]).await.1["assertion"]);
    assert_eq!(said["amr"], json!(["sms"]));
    // B40, B41: the code of one login is of no use in another, nor with another person's method.
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        code(&bench.verify(&token, &post(&right)).await),
        "challenge_not_found"
    );
    let call = json!({ "method_id": person.method_id, "channel": "voice", "locale": "ja" });
    let (status, challenge) = bench
        .widget_post("/v1/flow/challenges", &token, &call)
        .await;
    assert_eq!(
        status,
        StatusCode::CREATED,
        "a mobile may be called: {challenge}"
    );
    let order = (token.clone(), challenge);
    assert_eq!(
        bench.verify(&token, &post(&bench.code(&order))).await.0,
        StatusCode::OK
    );
    assert_eq!(
        bench.host_get("/v1/subjects/u1/events").await.1["events"][0]["method"],
        "voice"
    );
}

#[tokio::test]
async fn a_texts_code_ends_before_its_login_does() {
    let bench = Bench::new().await;
    bench.deliver();
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    let wish = json!({ "method_id": person.method_id, "channel": "sms", "locale": "ja" });
    let order = (
        token.clone(),
        bench
            .widget_post("/v1/flow/challenges", &token, &wish)
            .await
            .1,
    );
    let post = json!({ "method_id": person.method_id, "code": bench.code(&order) });
    bench.pass(300);
    let late = bench.verify(&token, &post).await;
    assert_eq!((late.0, code(&late)), (WRONG, "code_expired"));
}

#[tokio::test]
async fn a_landline_is_called_and_never_texted_and_typed_numbers_have_no_place_here() {
    let bench = Bench::new().await;
    let person = bench.enrolled_by_phone("u1", "03-1234-5678", "voice").await;
    let other = bench.enrolled("u2", 9).await;
    let (_, token) = bench.login("u1").await;
    let order = async |body: Value| {
        let answer = bench
            .widget_post("/v1/flow/challenges", &token, &body)
            .await;
        (
            answer.0.as_u16(),
            answer.1["code"].as_str().unwrap_or_default().to_owned(),
            answer.1["field"].clone(),
        )
    };
    let text = order(json!({ "method_id": person.method_id, "channel": "sms" })).await;
    assert_eq!((text.0, text.1.as_str()), (422, "method_not_offered"));
    let foreign = order(json!({ "method_id": other.method_id, "channel": "sms" })).await;
    assert_eq!((foreign.0, foreign.1.as_str()), (404, "method_not_found"));
    let typed = order(json!({ "number": "+819012345678", "channel": "sms" })).await;
    assert_eq!((typed.0, typed.2), (400, json!("number")));
    let both = order(
        json!({ "number": "+819012345678", "method_id": person.method_id, "channel": "voice" }),
    )
    .await;
    assert_eq!((both.0, both.2), (400, json!("number")));
    assert_eq!(
        order(json!({ "method_id": person.method_id, "channel": "voice" }))
            .await
            .0,
        201
    );
}

/// Once the allowance is spent, a message has two codes and both are asked for.
#[tokio::test]
async fn after_guessing_a_message_has_two_codes() {
    let bench = Bench::new().await;
    bench.deliver();
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let order = async |token: &str| {
        let wish = json!({ "method_id": person.method_id, "channel": "sms" });
        (
            token.to_owned(),
            bench
                .widget_post("/v1/flow/challenges", token, &wish)
                .await
                .1,
        )
    };
    let wrong = |right: &str| {
        if right == "000000" {
            "000001"
        } else {
            "000000"
        }
    };
    let (_, first) = bench.login("u1").await;
    let one = order(&first).await;
    let (_, second) = bench.login("u1").await;
    let two = order(&second).await;
    for (guess, challenge) in [&one, &one, &one, &one, &one, &two, &two, &two, &two]
        .into_iter()
        .enumerate()
    {
        let post = json!({ "method_id": person.method_id, "code": wrong(&bench.code(challenge)) });
        assert_eq!(
            code(&bench.verify(&challenge.0, &post).await),
            "code_wrong",
            "{guess}"
        );
    }
    let right = json!({ "method_id": person.method_id, "code": bench.code(&two) });
    assert_eq!(
        code(&bench.verify(&second, &right).await),
        "two_codes_needed",
        "also the right one"
    );
    let padded =
        json!({ "method_id": person.method_id, "code": bench.code(&two), "second_code": "000000" });
    assert_eq!(
        code(&bench.verify(&second, &padded).await),
        "code_expired",
        "that message has no second one"
    );
    let (_, third) = bench.login("u1").await;
    assert_eq!(
        bench.flow_get(&third).await.1["methods"][0]["state"],
        "two_codes"
    );
    let pair = order(&third).await;
    assert_eq!(pair.1["codes"], 2, "{}", pair.1);
    let keys =
        nidan_server::keys::Keys::load(&bench.folder.path().join("nidan.keys"), |_| None).unwrap();
    let codes = nidan_server::challenge::codes_of(&keys, pair.1["id"].as_str().unwrap(), 2);
    let post = |first: &str, second: &str| json!({ "method_id": person.method_id, "code": first, "second_code": second });
    assert_eq!(
        code(&bench.verify(&third, &post(&codes[0], &codes[0])).await),
        "code_wrong",
        "the tenth today"
    );
    assert_eq!(
        code(&bench.verify(&third, &post(&codes[0], &codes[1])).await),
        "method_resting"
    );
    bench.pass(86_400);
    let (_, fourth) = bench.login("u1").await;
    let pair = order(&fourth).await;
    let codes = nidan_server::challenge::codes_of(&keys, pair.1["id"].as_str().unwrap(), 2);
    assert_eq!(
        code(&bench.verify(&fourth, &post(&codes[1], &codes[0])).await),
        "code_wrong"
    );
    assert_eq!(
        code(&bench.verify(&fourth, &post(&codes[0], "000000")).await),
        "code_wrong"
    );
    assert_eq!(
        bench.verify(&fourth, &post(&codes[0], &codes[1])).await.0,
        StatusCode::OK
    );
}

/// B6, B40: once, whose they are, and with the count told.
#[tokio::test]
async fn a_backup_code_works_once_and_for_its_owner_only() {
    let bench = Bench::new().await;
    let (one, two) = (bench.enrolled("u1", 7).await, bench.enrolled("u2", 9).await);
    let (flow_id, token) = bench.login("u1").await;
    assert_eq!(
        code(&bench.verify(&token, &two.backup_post(0)).await),
        "code_wrong",
        "somebody else's"
    );
    let (status, answer) = bench.verify(&token, &one.backup_post(4)).await;
    assert_eq!(
        (status, &answer["backup_codes_left"]),
        (StatusCode::OK, &json!(9))
    );
    let said = claims(&bench.redeem_login(&flow_id, &answer["result_code"]).await.1["assertion"]);
    assert_eq!(
        (&said["amr"], &said["method_id"]),
        (&json!(["urn:nidan:amr:backup-code"]), &json!("backup_code"))
    );
    let (_, token) = bench.login("u1").await;
    assert_eq!(
        code(&bench.verify(&token, &one.backup_post(4)).await),
        "code_wrong",
        "used"
    );
    assert_eq!(
        bench.verify(&token, &one.backup_post(5)).await.1["backup_codes_left"],
        8
    );
    let event = &bench.host_get("/v1/subjects/u1/events").await.1["events"][0];
    assert_eq!(
        (&event["kind"], &event["count"]),
        (&json!("backup_code_used"), &json!(8))
    );
}

/// B32: exactly a JSON string of six digits, and nothing is counted for anything else.
#[tokio::test]
async fn a_code_of_another_shape_is_refused_with_its_field_and_not_counted() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let right = person.code(bench.now());
    let odd = [
        json!(123456),
        json!(null),
        json!([right]),
        json!({ "code": right }),
        json!(""),
        json!("12345"),
        json!("1234567"),
        json!(format!("{right}\n")),
        json!(format!(" {right}")),
        json!(format!("{right}\u{0}")),
        json!("１２３４５６"),
        json!("+12345"),
        json!(true),
        json!(1.5),
    ];
    for value in odd {
        let answer = bench
            .verify(
                &token,
                &json!({ "method_id": person.method_id, "code": value }),
            )
            .await;
        assert_eq!(
            (answer.0, &answer.1["field"]),
            (StatusCode::BAD_REQUEST, &json!("code")),
            "{value}: {answer:?}"
        );
        // Null is what a second code is that nobody typed.
        if !value.is_null() {
            let second =
                json!({ "method_id": person.method_id, "code": right, "second_code": value });
            assert_eq!(
                bench.verify(&token, &second).await.1["field"],
                "second_code",
                "{value}"
            );
        }
    }
    for value in [
        "",
        "K7QM9XTR2HWDP6F",
        "k7qm9xtr2hwdp6fe",
        "K7QM-9XTR-2HWD-P6FE",
        "1234567890123456",
    ] {
        let answer = bench
            .verify(
                &token,
                &json!({ "method_id": "backup_code", "code": value }),
            )
            .await;
        assert_eq!(
            (answer.0, &answer.1["field"]),
            (StatusCode::BAD_REQUEST, &json!("code")),
            "{value}"
        );
    }
    assert_eq!(
        bench.verify(&token, &person.post(bench.now())).await.0,
        StatusCode::OK,
        "nothing was counted"
    );
}

#[tokio::test]
async fn an_empty_or_partial_post_completes_nothing() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (flow_id, token) = bench.login("u1").await;
    let right = person.code(bench.now());
    let posts = [
        json!({}),
        json!({ "code": right }),
        json!({ "method_id": person.method_id }),
        json!(null),
        json!([]),
        json!({ "method_id": null, "code": right }),
        json!({ "method_id": person.method_id, "code": right, "now": 1 }),
        json!({ "method_id": [person.method_id], "code": right }),
        json!({ "outcome": "verified" }),
    ];
    for post in posts {
        assert_eq!(
            bench.verify(&token, &post).await.0,
            StatusCode::BAD_REQUEST,
            "{post}"
        );
    }
    for method in ["", "backup ", "BACKUP", "totp", "../backup", "0"] {
        let answer = bench
            .verify(&token, &json!({ "method_id": method, "code": right }))
            .await;
        assert_eq!(
            (answer.0, code(&answer)),
            (StatusCode::NOT_FOUND, "method_not_found"),
            "{method}"
        );
    }
    for result in [json!(""), json!("AAAA"), json!(null)] {
        assert_ne!(
            bench.redeem_login(&flow_id, &result).await.0,
            StatusCode::OK,
            "{result}"
        );
    }
    assert_eq!(
        bench.flow_get(&token).await.1["methods"][0]["state"],
        "ready",
        "nothing was counted"
    );
}

/// B24, B25: other methods and odd paths lead nowhere.
#[tokio::test]
async fn other_verbs_and_odd_paths_are_refused() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let body = person.post(bench.now()).to_string();
    let send = async |method: Method, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ORIGIN, ORIGIN);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.clone()));
        bench.send(request.unwrap()).await.0
    };
    for path in ["/v1/flow/verification", "/v1/flow/report"] {
        for method in [
            Method::GET,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::HEAD,
            Method::TRACE,
        ] {
            assert_eq!(
                send(method.clone(), path).await,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
        }
    }
    let odd = [
        "//v1/flow/verification",
        "/v1//flow/verification",
        "/v1/flow/verification/",
        "/v1/flow/Verification",
        "/v1/flow/verific%61tion",
        "/v1/flow/%2e/verification",
        "/v1/flow/verification%00",
        "/v1/flow/verification;x",
        "/v1/./flow/verification",
        "/v1/flow/verification//",
        "/v1/flow%2Fverification",
    ];
    for path in odd {
        let status = send(Method::POST, path).await;
        // An encoded letter is the same path to the router, with the same checks behind it.
        let same = path.contains("%61");
        assert!(
            status == StatusCode::NOT_FOUND || (same && status == StatusCode::OK),
            "{path}: {status}"
        );
    }
}

/// B23: without the flow's token and its page there is nothing, and nothing is told.
#[tokio::test]
async fn whoever_has_not_passed_the_password_learns_nothing() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (flow_id, token) = bench.login("u1").await;
    let stranger = bench
        .verify("a-token-of-no-flow-at-all", &person.post(bench.now()))
        .await;
    let host_key = bench
        .verify(&bench.api_key, &person.post(bench.now()))
        .await;
    for answer in [&stranger, &host_key] {
        assert_eq!(
            (answer.0, code(answer)),
            (StatusCode::UNAUTHORIZED, "flow_expired")
        );
    }
    let foreign = common::post(
        "/v1/flow/verification",
        &token,
        Some("https://evil.example"),
        &person.post(bench.now()),
    );
    assert_eq!(bench.send(foreign).await.0, StatusCode::FORBIDDEN);
    // The widget's token is no host's key, and one host's flow is not another's (B30).
    let body = json!({ "result_code": "x", "session_binding": "y" });
    let as_host = common::post(&format!("/v1/flows/{flow_id}/redeem"), &token, None, &body);
    assert_eq!(bench.send(as_host).await.0, StatusCode::UNAUTHORIZED);
    for path in ["/v1/subjects/u1/events", "/v1/subjects/u1"] {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        assert_eq!(
            bench.send(request.body(Body::empty()).unwrap()).await.0,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}

/// B35, B38: a login that still owes its code is no way to enrol, and an enrolment none to
/// sign in.
#[tokio::test]
async fn each_purpose_has_its_own_posts() {
    let bench = Bench::new().await;
    let (_, enrolling, view) = bench.open("u1").await;
    let post = json!({ "method_id": "backup_code", "code": "0000000000000000" });
    assert_eq!(
        code(&bench.verify(&enrolling, &post).await),
        "method_not_offered"
    );
    assert_eq!(
        code(
            &bench
                .widget_post("/v1/flow/report", &enrolling, &json!({}))
                .await
        ),
        "method_not_offered"
    );
    let widget = common::Widget::new(&view, 7);
    assert_eq!(
        bench
            .flow_post(&enrolling, &widget.body(bench.now()))
            .await
            .0,
        StatusCode::OK
    );
    let (_, token) = bench.login("u1").await;
    let body = common::Widget::new(&view, 8).body(bench.now());
    assert_eq!(
        code(&bench.flow_post(&token, &body).await),
        "method_not_offered"
    );
    let typed = json!({ "number": "+819012345678", "channel": "sms" });
    assert_eq!(
        bench
            .widget_post("/v1/flow/challenges", &token, &typed)
            .await
            .0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        bench.subject("u1").await["methods"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

/// Two tabs of one session: the newer goes on. Other sessions are left alone.
#[tokio::test]
async fn a_newer_login_of_the_same_session_takes_over() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let begin = async |session: &str| {
        let (_, created) = bench
            .host_post("/v1/flows", &bench.login_body("u1", session))
            .await;
        created["flow_token"].as_str().unwrap().to_owned()
    };
    let first = begin("session-of-one-browser").await;
    let elsewhere = begin("session-of-another-one").await;
    let second = begin("session-of-one-browser").await;
    let late = bench.verify(&first, &person.post(bench.now())).await;
    assert_eq!(
        (late.0, code(&late)),
        (StatusCode::CONFLICT, "flow_conflict")
    );
    assert_eq!(bench.flow_get(&elsewhere).await.0, StatusCode::OK);
    assert_eq!(
        bench.verify(&second, &person.post(bench.now())).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_flow_ends_after_ten_minutes_and_a_result_after_one() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (flow_id, token) = bench.login("u1").await;
    let (_, late) = bench.login("u1").await;
    let (_, answer) = bench.verify(&token, &person.post(bench.now())).await;
    bench.pass(61);
    assert_eq!(
        bench.redeem_login(&flow_id, &answer["result_code"]).await.0,
        StatusCode::NOT_FOUND
    );
    bench.pass(540);
    assert_eq!(
        bench.verify(&late, &person.post(bench.now())).await.0,
        StatusCode::UNAUTHORIZED
    );
    let mut old = bench.login_body("u1", "session-of-one-browser");
    old["auth_time"] = json!(bench.now() - 301);
    assert_eq!(
        code(&bench.host_post("/v1/flows", &old).await),
        "reauth_required",
        "a password of long ago"
    );
}

/// Signs in with the app and trusts the browser: the token.
async fn redeem_trusted(bench: &Bench, created: &Value) -> Value {
    let body = json!({ "result_code": created["result_code"], "session_binding": "session-of-a-trusted-browser" });
    bench
        .host_post(
            &format!("/v1/flows/{}/redeem", created["flow_id"].as_str().unwrap()),
            &body,
        )
        .await
        .1
}

/// B48, B49: opaque, of one person, rotated, and gone with the first copy that is used.
#[tokio::test]
async fn a_trusted_browser_is_not_asked_until_its_token_is_copied() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    bench.enrolled("u2", 9).await;
    let first = bench.trust(&person).await;
    let granted = &bench.host_get("/v1/subjects/u1/events").await.1["events"][0];
    assert_eq!(
        (&granted["kind"], &granted["client_description"]),
        (&json!("browser_trusted"), &json!("Osaka, Firefox"))
    );
    assert_eq!(
        bench.bring("u2", &first).await["outcome"],
        "required",
        "somebody else's"
    );
    let created = bench.bring("u1", &first).await;
    assert_eq!(
        (&created["outcome"], created.get("flow_token")),
        (&json!("trusted"), None),
        "{created}"
    );
    let redeemed = redeem_trusted(&bench, &created).await;
    let said = claims(&redeemed["assertion"]);
    assert_eq!(
        (&said["amr"], &said["acr"]),
        (
            &json!(["urn:nidan:amr:trusted-browser"]),
            &json!("urn:nidan:acr:trusted-browser")
        )
    );
    let second = redeemed["trust_token"].as_str().unwrap();
    assert_ne!(second, first);
    let subject = bench.subject("u1").await;
    assert_eq!(
        subject["trusted_browsers"][0]["client_description"],
        "Osaka, Firefox"
    );
    assert_eq!(
        bench.bring("u1", &first).await["outcome"],
        "required",
        "an old token"
    );
    assert_eq!(
        bench.bring("u1", second).await["outcome"],
        "required",
        "and the newest is no longer good either"
    );
    assert_eq!(bench.subject("u1").await["trusted_browsers"], json!([]));
    assert_eq!(
        bench.host_get("/v1/subjects/u1/events").await.1["events"][0]["kind"],
        "trusted_browser_copied"
    );
}

#[tokio::test]
async fn trust_is_offered_by_the_host_ends_with_time_and_can_be_revoked() {
    let strict = Bench::tuned(|config| config.hosts[0].trust_days = None, None).await;
    let person = strict.enrolled("u1", 7).await;
    let (_, token) = strict.login("u1").await;
    let mut post = person.post(strict.now());
    post["trust_browser"] = json!(true);
    assert_eq!(
        strict.verify(&token, &post).await.1["field"],
        "trust_browser"
    );
    assert_eq!(
        strict.flow_get(&token).await.1["verification"]["trust_days"],
        Value::Null
    );

    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 7).await;
    let token = bench.trust(&person).await;
    let kept = bench.bring("u1", &token).await;
    assert_eq!(kept["outcome"], "trusted");
    let revoke = "/v1/subjects/u1/trusted_browsers/revoke";
    assert_eq!(
        bench.host_post(revoke, &json!({ "id": "another" })).await.1["trusted_browsers"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        bench.host_post(revoke, &json!({})).await.1["trusted_browsers"],
        json!([])
    );
    assert_eq!(
        redeem_trusted(&bench, &kept).await["code"],
        "result_code_invalid",
        "nor what it had begun"
    );
    assert_eq!(bench.bring("u1", &token).await["outcome"], "required");
    let token = bench.trust(&person).await;
    bench.pass(30 * 86_400);
    assert_eq!(
        bench.bring("u1", &token).await["outcome"],
        "required",
        "its time is over"
    );
}

/// A line that somebody changes in the database is seen.
#[tokio::test]
async fn the_record_shows_when_it_was_changed() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    bench.verify(&token, &person.wrong_post(bench.now())).await;
    bench.verify(&token, &person.post(bench.now())).await;
    assert_eq!(
        bench.host_get("/v1/subjects/u1/events").await.1["intact"],
        true
    );
    assert!(!bench.store.can_delete_entries().await, "append-only");
    bench.store.forge_record().await.unwrap();
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    assert_eq!(record["intact"], false, "{record}");
}

/// Whoever hangs up before the answer is in the record all the same.
#[tokio::test]
async fn nobody_guesses_in_silence() {
    let bench = Bench::new().await;
    let (_person, other) = (bench.enrolled("u1", 7).await, bench.enrolled("u2", 9).await);
    let (_, token) = bench.login("u1").await;
    let counted = async {
        while bench.store.count(Rows::BackupTries).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    // Its slow hash takes longer than the look at the count.
    let wrong = other.backup_post(0);
    tokio::select! {
        answer = bench.verify(&token, &wrong) => panic!("it was to hang up first: {answer:?}"),
        () = counted => {}
    }
    let noted = async {
        while bench.store.count(Rows::WrongCodesInRecord).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), noted)
        .await
        .expect("the wrong try is in the record");
}

fn ear(folder: &std::path::Path, url: String) -> WebhookConfig {
    let secret_file = folder.join("notices.secret");
    std::fs::write(&secret_file, "a-secret-of-at-least-32-characters!").unwrap();
    std::fs::set_permissions(
        &secret_file,
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    WebhookConfig { url, secret_file }
}

/// A host whose ear takes every call and answers none holds up nobody else's notices.
#[tokio::test]
async fn a_host_that_does_not_answer_holds_up_its_own_notices_only() {
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = common::hooks::Hooks::start();
    let folder = tempfile::tempdir().unwrap();
    let deafs = ear(
        folder.path(),
        format!("http://{}", deaf.local_addr().unwrap()),
    );
    let ours = ear(folder.path(), peer.url());
    let tune = |config: &mut nidan_server::config::Config| {
        let mut other = config.hosts[0].clone();
        (other.id, other.notices) = ("deaf".to_owned(), Some(deafs));
        other.api_key_sha256 = "0".repeat(64);
        config.hosts[0].notices = Some(ours);
        config.hosts.insert(0, other);
    };
    let bench = Bench::tuned(tune, None).await;
    // More than are taken at once, all of them due before ours.
    bench.store.order_notices_of_a_deaf_host().await.unwrap();
    bench.deliver();
    bench.enrolled("u1", 7).await;
    let heard = tokio::time::timeout(Duration::from_secs(5), peer.heard(1))
        .await
        .expect("ours does not wait for theirs");
    assert_eq!(heard[0].1["kind"], "enrolled");
}

/// After a later build was taken back, its lines are there and this build does not know their kind.
#[tokio::test]
async fn a_line_of_a_later_build_holds_up_nobodys_notices() {
    let peer = common::hooks::Hooks::start();
    let folder = tempfile::tempdir().unwrap();
    let ours = ear(folder.path(), peer.url());
    let bench = Bench::tuned(|config| config.hosts[0].notices = Some(ours), None).await;
    let left = bench.store.leave(OfLaterBuild::Entry).await;
    assert_eq!(left.unwrap(), 1);
    bench.deliver();
    bench.enrolled("u1", 7).await;
    assert_eq!(peer.heard(1).await[0].1["kind"], "enrolled");
}

/// The host is notified at once, signed, of what the person should learn of.
#[tokio::test]
async fn the_host_is_told_of_wrong_codes_and_backup_codes() {
    let peer = common::hooks::Hooks::start();
    let folder = tempfile::tempdir().unwrap();
    let notices = ear(folder.path(), peer.url());
    let bench = Bench::tuned(|config| config.hosts[0].notices = Some(notices), None).await;
    bench.deliver();
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    for _ in 0..2 {
        bench.verify(&token, &person.wrong_post(bench.now())).await;
    }
    bench.verify(&token, &person.backup_post(0)).await;
    let heard = peer.heard(3).await;
    let kinds: Vec<_> = heard
        .iter()
        .map(|(_, body)| body["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        kinds,
        ["enrolled", "code_wrong", "backup_code_used"],
        "the second wrong one of a login is no message"
    );
    for (head, body) in &heard {
        assert_eq!(
            (&body["host"], &body["subject"]),
            (&json!("shop"), &json!("u1"))
        );
        let text = head
            .iter()
            .find(|(name, _)| name == "nidan-signature")
            .map(|(_, value)| value.as_str());
        let time: u64 = head
            .iter()
            .find(|(name, _)| name == "nidan-timestamp")
            .unwrap()
            .1
            .parse()
            .unwrap();
        assert!(text.is_some() && time > 0);
    }
    assert_eq!(
        heard[1].1["count"], 1,
        "the first wrong one, and not a later one"
    );
    assert_eq!(heard[1].1["client_description"], "Osaka, Firefox");
}

/// A stolen password and any backup codes: the record says how many, and does not grow with them.
#[tokio::test]
async fn many_wrong_codes_of_a_day_are_summed_up() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 1).await;
    let before = events(&bench).await.len();
    for login in 0..9_u8 {
        let (_, token) = bench.login("u1").await;
        for typed in 0..5 {
            let mut shared = [login; 32];
            shared[0] = typed;
            let (_, codes) = common::derived(nidan_otp::SharedSecret::new(shared));
            let code = codes.iter().next().unwrap().expose();
            let body = json!({ "method_id": "backup_code", "code": *code });
            let (status, answer) = bench.verify(&token, &body).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        }
        bench.pass(60);
    }
    let all = events(&bench).await;
    let wrong: Vec<_> = all.iter().map(|event| &event["kind"]).collect();
    let sums: Vec<_> = all
        .iter()
        .filter(|event| event["kind"] == "many_codes_wrong")
        .map(|event| event["count"].clone())
        .collect();
    assert_eq!(sums, [40, 20], "{wrong:?}");
    assert_eq!(all.len() - before, 10 + sums.len(), "{wrong:?}");
    // The person's own app is as it was.
    let (_, token) = bench.login("u1").await;
    let body = person.post(bench.now());
    assert_eq!(bench.verify(&token, &body).await.0, StatusCode::OK);
}

async fn events(bench: &Bench) -> Vec<Value> {
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    assert_eq!(record["intact"], true);
    record["events"].as_array().unwrap().clone()
}

/// Whoever loads the page again after the end is told that it went on, and not that the page is
/// wrong.
#[tokio::test]
async fn a_page_that_is_loaded_again_after_the_end_is_told_so() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let widget = common::Widget::new(&view, 5);
    bench.flow_post(&token, &widget.body(bench.now())).await;
    let (status, again) = bench.flow_get(&token).await;
    assert_eq!(
        (status, &again["enrolment"]),
        (StatusCode::OK, &Value::Null)
    );

    let person = bench.enrolled("u2", 6).await;
    let (_, token) = bench.login("u2").await;
    bench.verify(&token, &person.post(bench.now())).await;
    let (status, again) = bench.flow_get(&token).await;
    assert_eq!(
        (status, &again["code"]),
        (StatusCode::CONFLICT, &json!("flow_conflict"))
    );
}
