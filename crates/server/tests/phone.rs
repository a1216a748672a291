//! Codes by phone, request by request.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::StatusCode;
use common::{Bench, ORIGIN, Widget, post};
use nidan_delivery::{Gateway, Outgoing, SendError};
use nidan_protocol::Channel;
use nidan_server::config::{Budgets, Config};
use nidan_server::delivery::Route;
use rlibphonenumber::enums::{PhoneNumberFormat, PhoneNumberType};
use serde_json::{Value, json};
use tower::ServiceExt;

const MOBILE: &str = "090-1234-5678";

/// A phone network that remembers everything.
#[derive(Default)]
struct Network {
    /// Number and text, in the order of arrival.
    arrived: Mutex<Vec<(String, String)>>,
    tries: AtomicUsize,
    trouble: Option<SendError>,
}

#[async_trait]
impl Gateway for Network {
    async fn send(&self, message: &Outgoing) -> Result<Option<String>, SendError> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        if let Some(trouble) = &self.trouble {
            return Err(trouble.clone());
        }
        self.arrived
            .lock()
            .unwrap()
            .push((message.number.to_string(), message.text.to_string()));
        Ok(Some(format!("ref-{}", message.id)))
    }

    fn is_idempotent(&self) -> bool {
        true
    }
}

fn standard(config: &mut Config) {
    config.phone.as_mut().unwrap().budgets = Budgets::default();
}

async fn bench_with(networks: &[&Arc<Network>]) -> Bench {
    let route = |(index, network): (usize, &&Arc<Network>)| {
        Route::new(
            format!("net{index}"),
            Channel::ALL.to_vec(),
            Arc::<Network>::clone(network),
        )
    };
    let bench = Bench::tuned(
        standard,
        Some(networks.iter().enumerate().map(route).collect()),
    )
    .await;
    bench.deliver();
    bench
}

async fn order(bench: &Bench, token: &str, number: &str, channel: &str) -> (StatusCode, Value) {
    let body = json!({ "number": number, "country": "JP", "channel": channel, "locale": "ja" });
    bench.widget_post("/v1/flow/challenges", token, &body).await
}

async fn answer(bench: &Bench, token: &str, challenge: &Value, code: &str) -> (StatusCode, Value) {
    let path = format!(
        "/v1/flow/challenges/{}/answer",
        challenge["id"].as_str().unwrap()
    );
    bench
        .widget_post(&path, token, &json!({ "code": code }))
        .await
}

async fn resend(bench: &Bench, token: &str, challenge: &Value) -> (StatusCode, Value) {
    let path = format!(
        "/v1/flow/challenges/{}/resend",
        challenge["id"].as_str().unwrap()
    );
    bench.widget_post(&path, token, &json!({})).await
}

async fn look(bench: &Bench, token: &str, challenge: &Value) -> Value {
    bench
        .widget_get(
            &format!("/v1/flow/challenges/{}", challenge["id"].as_str().unwrap()),
            token,
        )
        .await
        .1
}

/// Waits until the worker has done its part.
async fn arrived(network: &Network, count: usize) -> Vec<(String, String)> {
    for _ in 0..2_000 {
        let arrived = network.arrived.lock().unwrap().clone();
        if arrived.len() >= count {
            return arrived;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{count} messages did not arrive");
}

async fn settled(bench: &Bench, token: &str, challenge: &Value, state: &str) -> Value {
    for _ in 0..2_000 {
        let seen = look(bench, token, challenge).await;
        if seen["delivery"] == state {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never {state}: {}", look(bench, token, challenge).await);
}

fn code_in(text: &str) -> String {
    text.rsplit_once('#').unwrap().1.to_owned()
}

fn refused(answer: &(StatusCode, Value), status: StatusCode, code: &str) {
    assert_eq!(
        (answer.0, &answer.1["code"]),
        (status, &json!(code)),
        "{}",
        answer.1
    );
}

const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[tokio::test]
async fn a_number_counts_after_its_code_was_answered() {
    let network = Arc::new(Network::default());
    let bench = bench_with(&[&network]).await;
    let (flow_id, token, view) = bench.open("u1").await;
    assert_eq!(
        view["policy"]["methods"],
        json!(["passkey", "totp", "sms", "voice"])
    );
    let (status, challenge) = order(&bench, &token, MOBILE, "sms").await;
    assert_eq!(status, StatusCode::CREATED, "{challenge}");
    assert_eq!(
        (&challenge["hint"], &challenge["attempts_left"]),
        (&json!("78"), &json!(5))
    );
    assert!(
        !challenge.to_string().contains("5678"),
        "no more of the number: {challenge}"
    );
    let messages = arrived(&network, 1).await;
    let (number, text) = &messages[0];
    assert_eq!(number, "+819012345678");
    assert!(
        text.contains(challenge["reference"].as_str().unwrap())
            && text.contains("\n@shop.example #"),
        "{text}"
    );
    let code = code_in(text);
    assert!(!challenge.to_string().contains(&code));

    // Before the answer the number is worth nothing.
    let widget = Widget::new(&view, 7);
    let mut enrolment = widget.body(bench.now());
    enrolment.as_object_mut().unwrap().remove("code");
    enrolment["phones"] = json!([{ "challenge_id": challenge["id"], "name": "仕事用" }]);
    refused(
        &bench.flow_post(&token, &enrolment).await,
        StatusCode::NOT_FOUND,
        "challenge_not_found",
    );
    let (status, answered) = answer(&bench, &token, &challenge, &code).await;
    assert_eq!(
        (status, &answered["answered"]),
        (StatusCode::OK, &json!(true)),
        "{answered}"
    );
    let (status, enrolled) = bench.flow_post(&token, &enrolment).await;
    assert_eq!(status, StatusCode::OK, "{enrolled}");
    let method = &enrolled["methods"][0];
    assert_eq!(
        (&method["kind"], &method["name"], &method["hint"]),
        (&json!("sms"), &json!("仕事用"), &json!("78"))
    );
    assert_eq!(
        bench.flow_post(&token, &enrolment).await.1,
        enrolled,
        "the same again"
    );
    let (_, redeemed) = bench
        .redeem(&flow_id, enrolled["result_code"].as_str().unwrap())
        .await;
    assert_eq!(amr(&redeemed), json!(["sms"]));
}

fn amr(redeemed: &Value) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let claims = redeemed["assertion"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    serde_json::from_slice::<Value>(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap()["amr"]
        .clone()
}

#[tokio::test]
async fn an_app_and_two_numbers_go_into_one_enrolment() {
    let network = Arc::new(Network::default());
    let bench = bench_with(&[&network]).await;
    let (flow_id, token, view) = bench.open("u1").await;
    let mut phones = Vec::new();
    for (index, (number, channel)) in [(MOBILE, "sms"), ("03-1234-5678", "voice")]
        .into_iter()
        .enumerate()
    {
        let (_, challenge) = order(&bench, &token, number, channel).await;
        let said = &arrived(&network, index + 1).await[index].1;
        let code = if channel == "sms" {
            code_in(said)
        } else {
            spoken(said)
        };
        assert_eq!(
            answer(&bench, &token, &challenge, &code).await.0,
            StatusCode::OK
        );
        phones.push(json!({ "challenge_id": challenge["id"], "name": null }));
    }
    let mut enrolment = Widget::new(&view, 7).body(bench.now());
    enrolment["phones"] = json!(phones);
    let (status, enrolled) = bench.flow_post(&token, &enrolment).await;
    assert_eq!(status, StatusCode::OK, "{enrolled}");
    let kinds: Vec<_> = enrolled["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|method| method["kind"].clone())
        .collect();
    assert_eq!(kinds, ["totp", "sms", "voice"]);
    let (_, redeemed) = bench
        .redeem(&flow_id, enrolled["result_code"].as_str().unwrap())
        .await;
    assert_eq!(amr(&redeemed), json!(["otp", "sms", "tel"]));
    enrolment["phones"] = json!([phones[0], phones[0]]);
    refused(
        &bench.flow_post(&token, &enrolment).await,
        StatusCode::BAD_REQUEST,
        "request_invalid",
    );
}

/// The first six digits that a call reads out.
fn spoken(said: &str) -> String {
    said.chars().filter(char::is_ascii_digit).take(6).collect()
}

#[tokio::test]
async fn what_is_wrong_with_a_number_is_told() {
    let bench = bench_with(&[&Arc::new(Network::default())]).await;
    let (_, token, _) = bench.open("u1").await;
    for (number, channel, code) in [
        ("03-1234-5678", "sms", "phone_not_sms_capable"),
        ("090-1234-567", "sms", "phone_too_short"),
        ("090-1234-56789", "sms", "phone_too_long"),
        ("090-1234-5678 ext. 5", "sms", "phone_extension"),
        ("+999123456", "sms", "phone_country_unknown"),
        ("050-1234-5678", "voice", "phone_kind_refused"),
        ("0120-123-456", "voice", "phone_kind_refused"),
        ("hello", "sms", "phone_invalid"),
        ("+7 912 345-67-89", "sms", "country_not_allowed"),
    ] {
        let answer = order(&bench, &token, number, channel).await;
        refused(&answer, UNPROCESSABLE, code);
        assert_eq!(answer.1["field"], "number");
    }
}

/// All that some people have: called where the operator allows it, and never texted.
#[tokio::test]
async fn internet_numbers_are_called_where_the_operator_allows_it() {
    let allow = |config: &mut Config| {
        if let Some(phone) = &mut config.phone {
            phone.calls_to_voip = vec!["JP".to_owned()];
        }
    };
    let bench = Bench::tuned(allow, None).await;
    let (_, token, _) = bench.open("u1").await;
    let (status, answer) = order(&bench, &token, "050-1234-5678", "voice").await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let answer = order(&bench, &token, "050-1234-5678", "sms").await;
    refused(&answer, UNPROCESSABLE, "phone_kind_refused");
}

/// A text asks for no digits, nor does a call that reads its code at once: whatever is said of them.
#[tokio::test]
async fn only_a_call_that_asks_for_digits_ends_for_want_of_them() {
    let bench = Bench::new().await;
    bench.deliver();
    let (_, token, _) = bench.open("u1").await;
    let (_, challenge) = order(&bench, &token, MOBILE, "sms").await;
    settled(&bench, &token, &challenge, "accepted").await;
    let (_, outbox) = bench.host_get("/v1/outbox").await;
    let id = outbox["messages"][0]["id"].as_str().unwrap();
    let path = |what: &str| format!("/v1/outbox/{id}/{what}");
    bench
        .host_post(&path("digits"), &json!({ "digits": "12" }))
        .await;
    let said = json!({ "state": "wrong_digits" });
    assert_eq!(
        bench.host_post(&path("receipt"), &said).await.0,
        StatusCode::OK
    );
    let seen = look(&bench, &token, &challenge).await;
    assert_eq!(seen["delivery"], "accepted");
}

#[tokio::test]
async fn wrong_codes_are_counted_and_end() {
    let network = Arc::new(Network::default());
    let bench = bench_with(&[&network]).await;
    let (_, token, _) = bench.open("u1").await;
    let (_, challenge) = order(&bench, &token, MOBILE, "sms").await;
    let code = code_in(&arrived(&network, 1).await[0].1);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in (0..5).rev() {
        let answer = answer(&bench, &token, &challenge, wrong).await;
        refused(&answer, UNPROCESSABLE, "code_wrong");
        assert_eq!(answer.1["attempts_left"], left);
    }
    refused(
        &answer(&bench, &token, &challenge, &code).await,
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_attempts",
    );
    bench.pass(31);
    refused(
        &resend(&bench, &token, &challenge).await,
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_attempts",
    );
}

/// B14: reserved before the check, so that trying at once gains nothing.
#[tokio::test]
async fn five_hundred_tries_at_once_count_as_five() {
    let network = Arc::new(Network::default());
    let bench = bench_with(&[&network]).await;
    let (_, token, _) = bench.open("u1").await;
    let (_, challenge) = order(&bench, &token, MOBILE, "sms").await;
    let code = code_in(&arrived(&network, 1).await[0].1);
    let path = format!(
        "/v1/flow/challenges/{}/answer",
        challenge["id"].as_str().unwrap()
    );
    let tries = (0..500_u32)
        .map(|guess| format!("{guess:06}"))
        .filter(|guess| *guess != code);
    let tasks: Vec<_> = tries
        .map(|guess| {
            let request = post(&path, &token, Some(ORIGIN), &json!({ "code": guess }));
            tokio::spawn(bench.router.clone().oneshot(request))
        })
        .collect();
    let mut seen = BTreeMap::new();
    for task in tasks {
        *seen
            .entry(task.await.unwrap().unwrap().status().as_u16())
            .or_insert(0) += 1;
    }
    assert_eq!(seen.get(&422), Some(&5), "{seen:?}");
    assert!(
        seen.keys().all(|status| [422, 429, 503].contains(status)),
        "{seen:?}"
    );
}

#[tokio::test]
async fn the_same_code_is_sent_again_after_growing_waits_and_lives_no_longer() {
    let network = Arc::new(Network::default());
    let bench = bench_with(&[&network]).await;
    let (_, token, _) = bench.open("u1").await;
    let (_, challenge) = order(&bench, &token, MOBILE, "sms").await;
    let first = arrived(&network, 1).await[0].1.clone();
    for (index, wait) in [30, 60, 120].into_iter().enumerate() {
        let early = resend(&bench, &token, &challenge).await;
        refused(&early, StatusCode::TOO_MANY_REQUESTS, "resend_too_soon");
        assert_eq!(early.1["retry_at"], bench.now() + wait);
        bench.pass(wait);
        let (status, again) = resend(&bench, &token, &challenge).await;
        assert_eq!(
            (status, &again["expires_at"]),
            (StatusCode::OK, &challenge["expires_at"]),
            "{again}"
        );
        assert_eq!(
            arrived(&network, index + 2).await[index + 1].1,
            first,
            "the same code and reference"
        );
    }
    let spent = resend(&bench, &token, &challenge).await;
    refused(&spent, StatusCode::TOO_MANY_REQUESTS, "resends_spent");
    let code = code_in(&first);
    bench.pass(90);
    refused(
        &answer(&bench, &token, &challenge, &code).await,
        UNPROCESSABLE,
        "code_expired",
    );
    refused(
        &resend(&bench, &token, &challenge).await,
        UNPROCESSABLE,
        "code_expired",
    );
    // The number's hour of texts is spent, and says when it can go on; a call is still possible.
    let spent = order(&bench, &token, MOBILE, "sms").await;
    refused(&spent, StatusCode::TOO_MANY_REQUESTS, "send_budget_spent");
    assert_eq!(spent.1["retry_at"].as_u64().unwrap() % 3600, 0);
    assert_eq!(
        order(&bench, &token, MOBILE, "voice").await.0,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn asking_again_for_the_same_number_leads_to_the_code_on_its_way() {
    let network = Arc::new(Network::default());
    let bench = bench_with(&[&network]).await;
    let (_, token, _) = bench.open("u1").await;
    let (_, first) = order(&bench, &token, MOBILE, "sms").await;
    let (status, again) = order(&bench, &token, "+81 90-1234-5678", "sms").await;
    assert_eq!(
        (status, &again["id"], &again["resend_at"]),
        (StatusCode::OK, &first["id"], &first["resend_at"])
    );
    let code = code_in(&arrived(&network, 1).await[0].1);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        refused(
            &answer(&bench, &token, &first, wrong).await,
            UNPROCESSABLE,
            "code_wrong",
        );
    }
    // After five tries the next one is a new code.
    let (status, fresh) = order(&bench, &token, MOBILE, "sms").await;
    assert_eq!(status, StatusCode::CREATED);
    assert_ne!(fresh["id"], first["id"]);
    assert_eq!(arrived(&network, 2).await.len(), 2);
}

#[tokio::test]
async fn a_code_is_good_once_and_only_for_its_own_challenge_and_flow() {
    let network = Arc::new(Network::default());
    let bench = bench_with(&[&network]).await;
    let (_, token, _) = bench.open("u1").await;
    let (_, first) = order(&bench, &token, MOBILE, "sms").await;
    let old_code = code_in(&arrived(&network, 1).await[0].1);
    // The number is changed half-way: the earlier code is over.
    let (_, second) = order(&bench, &token, "090-8765-4321", "sms").await;
    let code = code_in(&arrived(&network, 2).await[1].1);
    refused(
        &answer(&bench, &token, &first, &old_code).await,
        UNPROCESSABLE,
        "code_expired",
    );
    if old_code != code {
        refused(
            &answer(&bench, &token, &second, &old_code).await,
            UNPROCESSABLE,
            "code_wrong",
        );
    }
    let (_, other_token, _) = bench.open("u2").await;
    refused(
        &answer(&bench, &other_token, &second, &code).await,
        StatusCode::NOT_FOUND,
        "challenge_not_found",
    );
    assert_eq!(
        answer(&bench, &token, &second, &code).await.0,
        StatusCode::OK
    );
    refused(
        &answer(&bench, &token, &second, &code).await,
        StatusCode::CONFLICT,
        "code_used",
    );
    refused(
        &resend(&bench, &token, &second).await,
        StatusCode::CONFLICT,
        "code_used",
    );
}

#[tokio::test]
async fn a_gateway_that_fails_is_replaced_and_nobody_gets_two() {
    let dead = |trouble| {
        Arc::new(Network {
            trouble: Some(trouble),
            ..Network::default()
        })
    };
    let refusing = dead(SendError::Refused("no".to_owned()));
    let absent = dead(SendError::NotReached("no".to_owned()));
    let good = Arc::new(Network::default());
    let bench = bench_with(&[&refusing, &absent, &good]).await;
    let (_, token, _) = bench.open("u1").await;
    let (_, challenge) = order(&bench, &token, MOBILE, "sms").await;
    arrived(&good, 1).await;
    settled(&bench, &token, &challenge, "accepted").await;
    assert_eq!(
        (
            refusing.tries.load(Ordering::SeqCst),
            absent.tries.load(Ordering::SeqCst)
        ),
        (1, 1)
    );
    assert_eq!(good.arrived.lock().unwrap().len(), 1);

    // With an unclear answer the same gateway is asked again, never another one.
    let unclear = dead(SendError::Unclear("no".to_owned()));
    let spare = Arc::new(Network::default());
    let bench = bench_with(&[&unclear, &spare]).await;
    let (_, token, _) = bench.open("u1").await;
    order(&bench, &token, MOBILE, "sms").await;
    for _ in 0..200 {
        bench.pass(1);
        tokio::time::sleep(Duration::from_millis(10)).await;
        if unclear.tries.load(Ordering::SeqCst) >= 3 {
            break;
        }
    }
    assert!(unclear.tries.load(Ordering::SeqCst) >= 3);
    assert_eq!(spare.tries.load(Ordering::SeqCst), 0);

    // When nobody takes it, the person is told.
    let refusing = dead(SendError::Refused("no".to_owned()));
    let bench = bench_with(&[&refusing]).await;
    let (_, token, _) = bench.open("u1").await;
    let (_, challenge) = order(&bench, &token, MOBILE, "sms").await;
    settled(&bench, &token, &challenge, "failed").await;
}

#[tokio::test]
async fn the_outbox_shows_messages_to_their_host_and_calls_read_the_code_for_the_right_keys() {
    let bench = Bench::new().await;
    bench.deliver();
    let (_, token, _) = bench.open("u1").await;
    let (_, challenge) = order(&bench, &token, "03-1234-5678", "voice").await;
    settled(&bench, &token, &challenge, "accepted").await;
    let (status, outbox) = bench.host_get("/v1/outbox").await;
    assert_eq!(status, StatusCode::OK, "{outbox}");
    let message = &outbox["messages"][0];
    assert_eq!(
        (&message["channel"], &message["number"]),
        (&json!("voice"), &json!("+81312345678"))
    );
    let id = message["id"].as_str().unwrap();
    let press = async |keys: &Value| {
        bench
            .host_post(
                &format!("/v1/outbox/{id}/digits"),
                &json!({ "digits": keys }),
            )
            .await
            .1
    };
    let receipt = async |state: &str| {
        bench
            .host_post(
                &format!("/v1/outbox/{id}/receipt"),
                &json!({ "state": state }),
            )
            .await
            .0
    };
    assert_eq!(receipt("delivered").await, StatusCode::OK);
    for wrong in ["", "0", "00", "123456"] {
        assert_eq!(press(&json!(wrong)).await["says"], Value::Null, "{wrong}");
    }
    let state = async || look(&bench, &token, &challenge).await["delivery"].clone();
    assert_eq!(
        state().await,
        "wrong_digits",
        "the screen says why it ended"
    );
    let said = press(&challenge["call_digits"]).await["says"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        answer(&bench, &token, &challenge, &spoken(&said)).await.0,
        StatusCode::OK
    );
    assert_eq!(
        receipt("failed").await,
        StatusCode::OK,
        "late: no effect, no error"
    );
    assert_eq!(state().await, "wrong_digits");
    assert_eq!(receipt("lost").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn forged_callbacks_change_nothing() {
    let bench = Bench::new().await;
    for id in ["outbox", "nobody"] {
        let body = json!({ "id": "m1", "state": "delivered" });
        let (status, _) = bench
            .widget_post(&format!("/v1/gateways/{id}/receipt"), "x", &body)
            .await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

/// 2,000 accounts, 50 countries, numbers in blocks, one day.
#[tokio::test]
async fn a_fraudster_gets_the_budget_and_nothing_outside_the_allow_list() {
    let network = Arc::new(Network::default());
    let budgets = Budgets {
        total_per_day: 30,
        country_per_day: 25,
        ..Budgets::default()
    };
    let route = Route::new(
        "net",
        Channel::ALL.to_vec(),
        Arc::<Network>::clone(&network),
    );
    let tune = |config: &mut Config| {
        let phone = config.phone.as_mut().unwrap();
        phone.countries = vec!["JP".to_owned(), "GB".to_owned()];
        phone.budgets = budgets;
    };
    let bench = Bench::tuned(tune, Some(vec![route])).await;
    // The whole of one day, by UTC.
    bench.pass(86_400 - bench.now() % 86_400);
    // Real mobile numbers of fifty countries, each with its neighbours: blocks of a thousand.
    let util = &*rlibphonenumber::PHONE_NUMBER_UTIL;
    let mobile = |region| {
        let example = util
            .get_example_number_for_type_and_region(region, PhoneNumberType::Mobile)
            .ok()?;
        let number = example.format_as(PhoneNumberFormat::E164).into_owned();
        Some(number.get(..number.len() - 3)?.to_owned())
    };
    let mut blocks: Vec<String> = util.get_supported_regions().filter_map(mobile).collect();
    blocks.sort_unstable();
    blocks.dedup();
    let others = blocks
        .iter()
        .filter(|block| !block.starts_with("+81") && !block.starts_with("+44"))
        .take(48);
    let fifty: Vec<String> = others
        .chain(blocks.iter().filter(|block| block.starts_with("+81")))
        .cloned()
        .collect();
    let british = blocks
        .iter()
        .find(|block| block.starts_with("+44"))
        .unwrap()
        .clone();
    let fifty = [fifty, vec![british]].concat();
    assert_eq!(fifty.len(), 50, "{fifty:?}");
    let mut codes = BTreeMap::<String, u32>::new();
    for account in 0..2_000_usize {
        // A day has 86,400 seconds: one account every 42.
        bench.pass(42);
        let (_, token, _) = bench.open(&format!("fraud-{account}")).await;
        for turn in 0..2 {
            let number = format!("{}{:03}", fifty[(account + turn) % 50], account / 2);
            let body =
                json!({ "number": number, "channel": if turn == 0 { "sms" } else { "voice" } });
            let (status, answer) = bench
                .widget_post("/v1/flow/challenges", &token, &body)
                .await;
            let outcome = if status == StatusCode::CREATED {
                "sent"
            } else {
                answer["code"].as_str().unwrap()
            };
            *codes.entry(outcome.to_owned()).or_default() += 1;
            if status == StatusCode::CREATED {
                bench.pass(30);
                let again = resend(&bench, &token, &answer).await;
                *codes.entry(format!("again {}", again.0)).or_default() += 1;
            }
        }
    }
    println!("a fraudster's day: {codes:?}");
    assert_eq!(
        codes["sent"] + codes.get("again 200 OK").copied().unwrap_or(0),
        30,
        "{codes:?}"
    );
    assert!(
        codes["country_not_allowed"] > 3_000 && codes["send_budget_spent"] > 0,
        "{codes:?}"
    );
    bench.deliver();
    let stats = nidan_server::stats(&bench.service).await.unwrap();
    assert!(stats.contains("total"), "{stats}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(network.arrived.lock().unwrap().len() <= 30);
    let outside = |number: &str| !number.starts_with("+81") && !number.starts_with("+44");
    assert!(
        !network
            .arrived
            .lock()
            .unwrap()
            .iter()
            .any(|(number, _)| outside(number))
    );
}

/// A page that could not read a number has shown none: the service says what it reads, and sends
/// nothing.
#[tokio::test]
async fn a_number_that_was_not_shown_is_read_and_not_sent_to() {
    for (country, typed, e164) in [
        ("AR", "011 15-2345-6789", "+5491123456789"),
        ("LT", "8 612 34567", "+37061234567"),
        ("BR", "0 15 11 91234-5678", "+5511912345678"),
        ("DE", "0049 151 23456789", "+4915123456789"),
    ] {
        let bench = Bench::new().await;
        let (_, token, _) = bench.open("u1").await;
        let body = json!({
            "number": typed, "country": country, "shown": "", "channel": "sms", "locale": "en",
        });
        let (status, problem) = bench
            .send(post("/v1/flow/challenges", &token, Some(ORIGIN), &body))
            .await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["code"], "phone_ambiguous", "{typed}");
        assert_eq!(problem["number"], e164, "{typed}");
        let (_, outbox) = bench.host_get("/v1/outbox").await;
        assert_eq!(outbox["messages"], json!([]), "{typed}");
    }
}

/// A double press, a proxy's retry, two tabs: one message, and one code that counts.
#[tokio::test(flavor = "multi_thread")]
async fn equal_orders_at_once_send_one_message() {
    let bench = Bench::new().await;
    bench.deliver();
    let (_, token, _) = bench.open("u1").await;
    let body = json!({ "number": MOBILE, "country": "JP", "channel": "sms", "locale": "ja" });
    let orders =
        (0..10).map(|_| bench.send(post("/v1/flow/challenges", &token, Some(ORIGIN), &body)));
    let answers = futures_util::future::join_all(orders).await;
    let ids: std::collections::BTreeSet<_> = answers
        .iter()
        .map(|(status, answer)| {
            assert!(status.is_success(), "{answer}");
            answer["id"].as_str().unwrap()
        })
        .collect();
    assert_eq!(ids.len(), 1);
    settled(&bench, &token, &answers[0].1, "accepted").await;
    let (_, outbox) = bench.host_get("/v1/outbox").await;
    assert_eq!(outbox["messages"].as_array().unwrap().len(), 1, "{outbox}");
}

/// The same number by text and by call is one method: what is lost with one of them is lost with
/// both.
#[tokio::test]
async fn one_number_is_no_two_methods() {
    let network = Arc::new(Network::default());
    let bench = bench_with(&[&network]).await;
    let (_, token, view) = bench.open("u1").await;
    let mut phones = Vec::new();
    for (index, channel) in ["sms", "voice"].into_iter().enumerate() {
        let (_, challenge) = order(&bench, &token, MOBILE, channel).await;
        let said = &arrived(&network, index + 1).await[index].1;
        let code = if channel == "sms" {
            code_in(said)
        } else {
            spoken(said)
        };
        answer(&bench, &token, &challenge, &code).await;
        phones.push(json!({ "challenge_id": challenge["id"] }));
    }
    let mut enrolment = Widget::new(&view, 7).body(bench.now());
    enrolment["phones"] = json!(phones);
    refused(
        &bench.flow_post(&token, &enrolment).await,
        StatusCode::BAD_REQUEST,
        "request_invalid",
    );
    enrolment["phones"] = json!([phones[0]]);
    let (status, enrolled) = bench.flow_post(&token, &enrolment).await;
    assert_eq!(status, StatusCode::OK, "{enrolled}");
}
