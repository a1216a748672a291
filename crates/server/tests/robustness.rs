//! Malformed requests and what a later build left: a clear refusal, nothing stored, nothing lost.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{Bench, ORIGIN, Widget};
use nidan_protocol::DeliveryState;
use nidan_store::DeliveryOutcome;
use nidan_store::testing::{OfLaterBuild, Rows};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use serde_json::Value;

const MALFORMED: usize = 10_000;

/// Any JSON, with the contract's own field names and values among the keys and leaves.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "purpose",
        "subject",
        "account_name",
        "auth_time",
        "session_binding",
        "origin",
        "enrolment_id",
        "client_public_key",
        "client_nonce",
        "phones",
        "challenge_id",
        "number",
        "country",
        "channel",
        "locale",
        "state",
        "call_confirmation",
        "code",
        "result_code",
        "",
        "__proto__",
        "secret",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        prop::sample::select(vec![
            "enroll",
            "sms",
            "JP",
            "+819012345678",
            "delivered",
            ORIGIN,
            "000000",
            common::BINDING
        ])
        .prop_map(Value::from),
        "[A-Za-z0-9_-]{22}".prop_map(Value::from),
        "[A-Za-z0-9_-]{43}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((names.clone().prop_map(String::from), inner), 0..8)
                .prop_map(|fields| fields.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

#[derive(Debug, Clone)]
struct Malformed {
    method: &'static str,
    path: String,
    body: Vec<u8>,
    kind: Option<&'static str>,
    /// 0: none, 1: the host's key, 2: a flow's token, 3: anything.
    bearer: u8,
    anything: String,
    origin: bool,
}

fn malformed() -> impl Strategy<Value = Malformed> {
    let paths = prop_oneof![
        6 => prop::sample::select(vec![
            "/v1/flows",
            "/v1/flow/enrolment",
            "/v1/flows/x/redeem",
            "/v1/flow/challenges",
            "/v1/flow/challenges/x/answer",
            "/v1/flow/challenges/x/resend",
            "/v1/gateways/outbox/receipt",
            "/v1/outbox/x/digits",
            "/v1/outbox/x/receipt",
        ]).prop_map(String::from),
        2 => prop::sample::select(vec!["/v1/flow", "/v1/flow/challenges/x", "/v1/flow/challenges/x/events", "/v1/outbox", "/v1/subjects/u1", "/healthz", "/openapi.json", "/.well-known/jwks.json"]).prop_map(String::from),
        1 => "/v1/subjects/[%a-zA-Z0-9._~-]{0,20}",
        1 => "/v1/flows/[%a-zA-Z0-9._~-]{0,20}/redeem",
        1 => "/[%a-z0-9/._~-]{0,30}",
    ];
    let bodies = prop_oneof![
        5 => any_json().prop_map(|json| json.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => any_json().prop_map(|json| {
            let mut text = json.to_string().into_bytes();
            text.truncate(text.len() / 2);
            text
        }),
        1 => (0usize..40_000).prop_map(|length| vec![b'['; length]),
    ];
    let methods = prop::sample::select(vec![
        "POST", "POST", "POST", "GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS",
    ]);
    let kinds = prop::sample::select(vec![
        Some("application/json"),
        Some("application/json"),
        Some("application/json; charset=utf-8"),
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        None,
    ]);
    (
        methods,
        paths,
        bodies,
        kinds,
        0u8..4,
        "[!-~]{1,60}",
        any::<bool>(),
    )
        .prop_map(
            |(method, path, body, kind, bearer, anything, origin)| Malformed {
                method,
                path,
                body,
                kind,
                bearer,
                anything,
                origin,
            },
        )
}

#[tokio::test]
async fn ten_thousand_malformed_requests_are_refused_and_leave_nothing() {
    let bench = Bench::new().await;
    let (_, token, _) = bench.open("victim").await;
    let seed = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), seed);
    let strategy = malformed();
    let mut refused = 0;
    for _ in 0..MALFORMED {
        let sent = strategy.new_tree(&mut runner).unwrap().current();
        let Ok(mut request) = Request::builder()
            .method(sent.method)
            .uri(&sent.path)
            .body(Body::from(sent.body.clone()))
        else {
            continue;
        };
        let headers = request.headers_mut();
        if let Some(kind) = sent.kind {
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        let bearer = [
            None,
            Some(&bench.api_key),
            Some(&token),
            Some(&sent.anything),
        ][usize::from(sent.bearer)];
        if let Some(bearer) = bearer {
            headers.insert(
                header::AUTHORIZATION,
                format!("Bearer {bearer}").parse().unwrap(),
            );
        }
        if sent.origin {
            headers.insert(header::ORIGIN, ORIGIN.parse().unwrap());
        }
        let (status, answer) = bench.send(request).await;
        assert!(!status.is_server_error(), "{status} {answer} for {sent:?}");
        if status.is_client_error() && sent.method != "HEAD" {
            assert!(
                answer["code"].is_string(),
                "{status} without a code for {sent:?}"
            );
            refused += 1;
        }
    }
    assert!(
        refused > MALFORMED / 2,
        "only {refused} were refused: the generator makes good requests"
    );
    for (rows, expected) in [(Rows::Flows, 1), (Rows::Methods, 0), (Rows::Subjects, 0)] {
        let stored = bench.store.count(rows).await.unwrap();
        assert_eq!(stored, expected, "{rows:?}");
    }
    // The flow that they all hit still works.
    let (_, view) = bench.flow_get(&token).await;
    let (status, answer) = bench
        .flow_post(&token, &Widget::new(&view, 7).body(bench.now()))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// A later build ran here: a message in a state that this one does not know is left as it is, and
/// fails nobody who asks about it.
#[tokio::test]
async fn a_message_in_a_state_of_a_later_build_is_left_alone() {
    let bench = Bench::new().await;
    bench.order("u1", "090-1234-5678", "sms").await;
    let (store, now) = (&bench.store, bench.now());
    let later = OfLaterBuild::MessageState;
    assert_eq!(store.leave(later).await.unwrap(), 1);
    let [(id, state)] = &store.message_states().await.unwrap()[..] else {
        panic!("one message");
    };
    assert_eq!(state, "not_known_yet");
    let reported = store.receipt("carrier", id, DeliveryState::Delivered, now);
    assert!(!reported.await.unwrap());
    store
        .settle(id, &DeliveryOutcome::Failed, now)
        .await
        .unwrap();
    let after = store.message_states().await.unwrap();
    assert_eq!(after, [(id.clone(), "not_known_yet".to_owned())]);
}
