//! Twilio as a gateway: what is sent to it, and what it calls back with, by the word of its own
//! client.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, Uri, header};
use axum::routing::post;
use common::Bench;
use common::peer::{gateway, script, write_secret};
use http_body_util::BodyExt;
use nidan_protocol::Channel;
use nidan_server::config::TwilioConfig;
use serde_json::{Value, json};
use tower::ServiceExt;
use url::form_urlencoded;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const PUBLIC: &str = "https://2sv.shop.example";

/// What the service sent to the API, and what the API says next.
#[derive(Clone, Default)]
struct Api {
    got: Arc<Mutex<Vec<(String, HeaderMap, String)>>>,
    says: Arc<Mutex<Vec<(u16, Value)>>>,
}

async fn twilio() -> (Bench, Api) {
    let api = Api::default();
    let take = async |State(api): State<Api>, uri: Uri, headers: HeaderMap, body: String| {
        api.got
            .lock()
            .unwrap()
            .push((uri.path().to_owned(), headers, body));
        let (status, said) = api
            .says
            .lock()
            .unwrap()
            .pop()
            .unwrap_or((201, json!({ "sid": "SM1", "status": "queued" })));
        (StatusCode::from_u16(status).unwrap(), said.to_string())
    };
    let router = axum::Router::new()
        .route("/{*path}", post(take))
        .with_state(api.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let bench = Bench::tuned(
        move |config| {
            let at = gateway(config, "twilio", &Channel::ALL);
            config.gateways[at].twilio = Some(TwilioConfig {
                account_sid: ACCOUNT.to_owned(),
                auth_token_file: write_secret(&config.folder, "twilio.token", TOKEN),
                from: Some("+12025550123".to_owned()),
                messaging_service_sid: None,
                public_url: PUBLIC.to_owned(),
                api_url,
            });
        },
        None,
    )
    .await;
    bench.deliver();
    (bench, api)
}

fn official(asked: &Value) -> Value {
    let told = Command::new("node")
        .arg(script("twilio.mjs"))
        .arg(asked.to_string())
        .output()
        .unwrap();
    serde_json::from_slice(&told.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&told.stderr)))
}

/// The fields of a form, each with all its values.
fn fields(form: &str) -> BTreeMap<String, Vec<String>> {
    form_urlencoded::parse(form.as_bytes()).fold(BTreeMap::new(), |mut fields, (name, value)| {
        fields
            .entry(name.into_owned())
            .or_insert_with(Vec::new)
            .push(value.into_owned());
        fields
    })
}

/// The request that the official client would send, in the same shape.
fn same_request(got: &(String, HeaderMap, String), resource: &str, options: &Value) {
    let wanted = official(
        &json!({ "request": { "account": ACCOUNT, "token": TOKEN, "resource": resource, "options": options } }),
    );
    let (path, headers, body) = got;
    assert_eq!(wanted["method"], "post");
    assert_eq!(
        wanted["uri"]
            .as_str()
            .unwrap()
            .strip_prefix("https://api.twilio.com"),
        Some(path.as_str())
    );
    assert_eq!(
        wanted["type"],
        headers[header::CONTENT_TYPE].to_str().unwrap()
    );
    let pair = format!(
        "{}:{}",
        wanted["username"].as_str().unwrap(),
        wanted["password"].as_str().unwrap()
    );
    let basic = <base64ct::Base64 as base64ct::Encoding>::encode_string(pair.as_bytes());
    assert_eq!(headers[header::AUTHORIZATION], format!("Basic {basic}"));
    let many = |value: &Value| match value {
        Value::Array(values) => values
            .iter()
            .map(|value| value.as_str().unwrap().to_owned())
            .collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    };
    let wanted: BTreeMap<String, Vec<String>> = wanted["data"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), many(value)))
        .collect();
    assert_eq!(fields(body), wanted);
}

/// A callback with the official client's signature for `signed`, posted with `fields`.
async fn call_back(
    bench: &Bench,
    path: &str,
    fields: &[(&str, &str)],
    signature: &str,
) -> (StatusCode, String) {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("X-Twilio-Signature", signature)
        .body(Body::from(body))
        .unwrap();
    let answer = bench.router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes: Bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The letters and digits that a call says.
fn heard(twiml: &str) -> String {
    let said = twiml.split("<Say").skip(1).map(|verb| {
        verb.split_once('>')
            .unwrap()
            .1
            .split_once("</Say>")
            .unwrap()
            .0
    });
    said.collect::<String>()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

fn signature(url: &str, fields: &[(&str, &str)]) -> String {
    let params: BTreeMap<&str, &str> = fields.iter().copied().collect();
    let told = official(&json!({ "sign": { "token": TOKEN, "url": url, "params": params } }));
    told["signature"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_gets_what_its_own_client_would_send() {
    let (bench, api) = twilio().await;
    let ordered = bench.order("u1", "090-1234-5678", "sms").await;
    bench.fares(&ordered, "accepted").await;
    let got = api.got.lock().unwrap()[0].clone();
    let form = fields(&got.2);
    assert!(
        form["Body"][0].ends_with(&format!("#{}", bench.code(&ordered))),
        "{form:?}"
    );
    let status = form["StatusCallback"][0].clone();
    let options = json!({
        "to": "+819012345678", "from": "+12025550123", "body": form["Body"][0], "validityPeriod": 300,
        "statusCallback": status,
    });
    same_request(&got, "messages", &options);

    // What it calls back with counts when it is signed as the official client signs.
    let path = status.strip_prefix(PUBLIC).unwrap().to_owned();
    let sent = [
        ("MessageSid", "SM1"),
        ("MessageStatus", "sent"),
        ("To", "+819012345678"),
        ("Empty", ""),
    ];
    assert_eq!(
        call_back(&bench, &path, &sent, &signature(&status, &sent))
            .await
            .0,
        StatusCode::NO_CONTENT
    );
    bench.fares(&ordered, "accepted").await;
    let delivered = [
        ("MessageSid", "SM1"),
        ("MessageStatus", "delivered"),
        ("Note", "届きました & more"),
    ];
    let right = signature(&status, &delivered);
    let forged = [
        ("MessageSid", "SM1"),
        ("MessageStatus", "failed"),
        ("Note", "届きました & more"),
    ];
    assert_eq!(
        call_back(&bench, &path, &forged, &right).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        call_back(&bench, &path, &delivered, "").await.0,
        StatusCode::UNAUTHORIZED
    );
    let elsewhere = signature("https://elsewhere.example/v1", &delivered);
    assert_eq!(
        call_back(&bench, &path, &delivered, &elsewhere).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        call_back(
            &bench,
            &path.replace("gateways/twilio", "gateways/outbox"),
            &delivered,
            &right
        )
        .await
        .0,
        StatusCode::UNAUTHORIZED
    );
    bench.fares(&ordered, "accepted").await;
    // With the port written out, as Twilio signs for some.
    let with_port = signature(&status.replace(".example/", ".example:443/"), &delivered);
    assert_eq!(
        call_back(&bench, &path, &delivered, &with_port).await.0,
        StatusCode::NO_CONTENT
    );
    bench.fares(&ordered, "delivered").await;
    // Late, doubled and of a message that there is not: no effect, no error.
    let failed = [("MessageSid", "SM1"), ("MessageStatus", "failed")];
    assert_eq!(
        call_back(&bench, &path, &failed, &signature(&status, &failed))
            .await
            .0,
        StatusCode::NO_CONTENT
    );
    bench.fares(&ordered, "delivered").await;
    let foreign = format!("{PUBLIC}/v1/gateways/twilio/twilio/no-such-message/status");
    let answer = call_back(
        &bench,
        foreign.strip_prefix(PUBLIC).unwrap(),
        &failed,
        &signature(&foreign, &failed),
    )
    .await;
    assert_eq!(answer.0, StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_reads_the_code_only_after_the_right_keys() {
    let (bench, api) = twilio().await;
    let ordered = bench.order("u1", "03-1234-5678", "voice").await;
    bench.fares(&ordered, "accepted").await;
    let got = api.got.lock().unwrap()[0].clone();
    let form = fields(&got.2);
    let (opening, code) = (form["Twiml"][0].clone(), bench.code(&ordered));
    assert!(
        !heard(&opening).contains(&code) && opening.contains("<Say language=\"ja-JP\">"),
        "{opening}"
    );
    let (_, action) = opening.split_once("action=\"").unwrap();
    let action = action.split_once('"').unwrap().0.to_owned();
    let options = json!({
        "to": "+81312345678", "from": "+12025550123", "twiml": opening, "statusCallback": form["StatusCallback"][0],
        "statusCallbackEvent": ["answered", "completed"],
    });
    same_request(&got, "calls", &options);

    let keys = ordered.1["call_digits"].as_str().unwrap().to_owned();
    let path = action.strip_prefix(PUBLIC).unwrap().to_owned();
    let press = async |digits: &str| {
        let fields = [
            ("CallSid", "CA1"),
            ("Digits", digits),
            ("FinishedOnKey", ""),
        ];
        call_back(&bench, &path, &fields, &signature(&action, &fields)).await
    };
    let wrong = if keys == "11" { "12" } else { "11" };
    let (status, says) = press(wrong).await;
    assert_eq!(
        (status, says.as_str()),
        (
            StatusCode::OK,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>"
        )
    );
    assert_eq!(press("").await.1, says);
    let (status, says) = press(&keys).await;
    assert_eq!(
        (status, heard(&says).matches(&code).count()),
        (StatusCode::OK, 2),
        "{says}"
    );
    assert_eq!(
        says.matches("<Pause length=\"1\"/>").count(),
        10,
        "a second between digits: {says}"
    );
    let unsigned = call_back(&bench, &path, &[("Digits", &keys)], "x").await;
    assert_eq!(unsigned.0, StatusCode::UNAUTHORIZED);
    bench.fares(&ordered, "wrong_digits").await;
    // Answered means delivered; nobody there means failed.
    let other = bench.order("u9", "03-1234-5679", "voice").await;
    bench.fares(&other, "accepted").await;
    let status = fields(&api.got.lock().unwrap()[1].2)["StatusCallback"][0].clone();
    let fields = [("CallSid", "CA1"), ("CallStatus", "no-answer")];
    call_back(
        &bench,
        status.strip_prefix(PUBLIC).unwrap(),
        &fields,
        &signature(&status, &fields),
    )
    .await;
    bench.fares(&other, "failed").await;
    // A code that is over is not read to anybody.
    bench.pass(301);
    assert!(!press(&keys).await.1.contains("Say"));
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_that_refuses_or_is_full_is_passed_over_and_a_broken_one_is_not() {
    let (bench, api) = twilio().await;
    for (index, (status, gateway)) in [
        (400, "outbox"),
        (401, "outbox"),
        (429, "outbox"),
        (500, "twilio"),
    ]
    .iter()
    .enumerate()
    {
        api.says.lock().unwrap().push((
            *status,
            json!({ "code": 21_211, "message": "To is +819012345678" }),
        ));
        let ordered = bench
            .order(&format!("u{index}"), &format!("090-1234-567{index}"), "sms")
            .await;
        bench
            .fares(
                &ordered,
                if *status == 500 {
                    "unknown"
                } else {
                    "accepted"
                },
            )
            .await;
        assert_eq!(bench.taken_by(&ordered).await.0, *gateway, "{status}");
    }
    // One that answers without sense has taken it, without a reference.
    api.says.lock().unwrap().push((200, json!("?")));
    let ordered = bench.order("u9", "090-1234-5679", "sms").await;
    bench.fares(&ordered, "accepted").await;
    assert_eq!(bench.taken_by(&ordered).await, ("twilio".to_owned(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_keys_is_the_hosts_to_allow_and_speaks_at_once() {
    let (bench, api) = twilio().await;
    let body = json!({ "number": "03-1234-5678", "country": "JP", "channel": "voice", "locale": "ja", "call_confirmation": "none" });
    let ordered = bench.order_with("u1", &body).await;
    bench.fares(&ordered, "accepted").await;
    assert_eq!(ordered.1["call_digits"], Value::Null);
    let opening = fields(&api.got.lock().unwrap()[0].2)["Twiml"][0].clone();
    let code = bench.code(&ordered);
    assert!(
        heard(&opening).matches(&code).count() == 2 && !opening.contains("Gather"),
        "{opening}"
    );

    let strict = Bench::tuned(
        |config| config.hosts[0].allow_unconfirmed_calls = false,
        None,
    )
    .await;
    let (_, token, view) = strict.open("u1").await;
    assert_eq!(view["phone"]["allow_unconfirmed_calls"], false);
    let (status, problem) = strict
        .widget_post("/v1/flow/challenges", &token, &body)
        .await;
    assert_eq!(
        (status, &problem["code"], &problem["field"]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("method_not_offered"),
            &json!("call_confirmation")
        )
    );
}
