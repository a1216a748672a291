//! The contract, request by request.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use common::{BINDING, Bench, ORIGIN, Widget, code_at, post};
use serde_json::{Value, json};
use tower::ServiceExt;

#[tokio::test]
async fn an_enrolment_goes_from_flow_to_signed_result() {
    let bench = Bench::new().await;
    let (flow_id, token, view) = bench.open("u1").await;
    assert_eq!(view["issuer"], "二段 Shop");
    let widget = Widget::new(&view, 7);
    let (status, answer) = bench.flow_post(&token, &widget.body(bench.now())).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        (&answer["outcome"], &answer["backup_codes_left"]),
        (&json!("enrolled"), &json!(10))
    );
    let (status, redeemed) = bench
        .redeem(&flow_id, answer["result_code"].as_str().unwrap())
        .await;
    assert_eq!(status, StatusCode::OK);
    let claims = claims(redeemed["assertion"].as_str().unwrap());
    assert_eq!(claims["aud"], "shop");
    assert_eq!(claims["sub"], "u1");
    assert_eq!(claims["nonce"], BINDING);
    assert_eq!(claims["purpose"], "enroll");
    assert_eq!(
        claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
        60
    );
    let subject = bench.subject("u1").await;
    assert_eq!(
        (&subject["enrolled"], &subject["factor_epoch"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(
        bench.subject("U1").await["enrolled"],
        false,
        "subjects are compared byte by byte"
    );
}

#[tokio::test]
async fn a_set_up_in_use_lives_an_hour_and_no_longer() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let widget = Widget::new(&view, 7);
    let began = bench.now();
    // Twenty-five minutes by hand, with a press now and then.
    for minutes in [5, 14, 20, 25] {
        bench.pass(began + minutes * 60 - bench.now());
        let (status, answer) = bench.extend(&token).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["expires_at"], bench.now() + 600);
    }
    let (status, answer) = bench.flow_post(&token, &widget.body(bench.now())).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (status, answer) = bench.extend(&token).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::CONFLICT, &json!("flow_conflict"))
    );

    let (_, token, _) = bench.open("u2").await;
    let began = bench.now();
    let mut end = began + 600;
    while bench.now() + 300 < end {
        bench.pass(end - 100 - bench.now());
        let (_, answer) = bench.extend(&token).await;
        end = answer["expires_at"].as_u64().unwrap();
    }
    assert_eq!(end, began + 3_600);
    bench.pass(end - bench.now());
    let (status, answer) = bench.extend(&token).await;
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::UNAUTHORIZED, &json!("flow_expired"))
    );
}

fn claims(jwt: &str) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding};
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(jwt.split('.').nth(1).unwrap()).unwrap())
        .unwrap()
}

#[tokio::test]
async fn the_same_body_gets_the_same_answer_and_another_body_a_conflict() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let widget = Widget::new(&view, 7);
    let body = widget.body(bench.now());
    let first = bench.flow_post(&token, &body).await;
    assert_eq!(bench.flow_post(&token, &body).await, first);
    bench.pass(300);
    assert_eq!(
        bench.flow_post(&token, &body).await,
        first,
        "also some minutes later"
    );
    bench.pass(600);
    assert_eq!(
        bench.flow_post(&token, &body).await,
        first,
        "also when the flow's life is over"
    );
    assert_eq!(bench.flow_get(&token).await.0, StatusCode::UNAUTHORIZED);
    let changed = Widget::new(&view, 8).body(bench.now());
    let (status, problem) = bench.flow_post(&token, &changed).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("flow_conflict"))
    );
    assert_eq!(
        bench.subject("u1").await["methods"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn the_same_post_many_times_at_once_enrols_once() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let body = Widget::new(&view, 7).body(bench.now());
    let answers = futures_of(6, || {
        bench
            .router
            .clone()
            .oneshot(post("/v1/flow/enrolment", &token, Some(ORIGIN), &body))
    })
    .await;
    assert!(
        answers.iter().all(|status| *status == StatusCode::OK),
        "{answers:?}"
    );
    let subject = bench.subject("u1").await;
    assert_eq!(
        (
            subject["methods"].as_array().unwrap().len(),
            &subject["backup_codes_left"]
        ),
        (1, &json!(10))
    );
}

async fn futures_of<F>(count: usize, make: impl Fn() -> F) -> Vec<StatusCode>
where
    F: Future<Output = Result<axum::response::Response, std::convert::Infallible>> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|_| tokio::spawn(make())).collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap().unwrap().status());
    }
    statuses
}

#[tokio::test]
async fn a_code_counts_when_it_was_right_during_the_enrolment_and_not_before() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let widget = Widget::new(&view, 7);
    let body = |code: String| {
        let mut body = widget.body(bench.now());
        body["code"] = json!(code);
        body
    };
    let (status, problem) = bench
        .flow_post(&token, &body(code_at(&widget.secret, bench.now() - 90)))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("code_wrong"))
    );
    assert_eq!(problem["attempts_left"], 59);
    let opened = bench.now();
    bench.pass(400);
    let (status, _) = bench
        .flow_post(&token, &body(code_at(&widget.secret, opened)))
        .await;
    assert_eq!(
        status,
        StatusCode::OK,
        "typed at the start, posted at the end"
    );
    assert_eq!(
        bench.store.latest_step().await.unwrap(),
        Some(opened / 30),
        "and its step is spent"
    );
}

#[tokio::test]
async fn wrong_codes_end() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let widget = Widget::new(&view, 7);
    let mut wrong = widget.body(bench.now() + 3000);
    for _ in 0..60 {
        assert_eq!(
            bench.flow_post(&token, &wrong).await.0,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    wrong["code"] = json!(code_at(&widget.secret, bench.now()));
    let (status, problem) = bench.flow_post(&token, &wrong).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_attempts"))
    );
}

/// B35: whoever has a factor does not get another one by a password alone, and nothing is
/// overwritten.
#[tokio::test]
async fn an_active_factor_is_never_overwritten() {
    let bench = Bench::new().await;
    let (_, first, view) = bench.open("u1").await;
    let late = bench.open("u1").await;
    let (status, problem) = bench.flow_get(&first).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("flow_conflict")),
        "superseded"
    );
    let (status, _) = bench
        .flow_post(&first, &Widget::new(&view, 7).body(bench.now()))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = bench
        .flow_post(&late.1, &Widget::new(&late.2, 8).body(bench.now()))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, problem) = bench.host_post("/v1/flows", &bench.create_body("u1")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("already_enrolled"))
    );
}

#[tokio::test]
async fn a_flow_needs_a_fresh_first_factor_and_a_registered_origin() {
    let bench = Bench::new().await;
    let check = async |field: &str, value: Value, status: StatusCode, code: &str| {
        let mut body = bench.create_body("u1");
        body[field] = value;
        let (answered, problem) = bench.host_post("/v1/flows", &body).await;
        assert_eq!(
            (answered, &problem["code"]),
            (status, &json!(code)),
            "{field}"
        );
        assert_eq!(problem["field"], field);
    };
    check(
        "auth_time",
        json!(bench.now() - 301),
        StatusCode::FORBIDDEN,
        "reauth_required",
    )
    .await;
    check(
        "auth_time",
        json!(bench.now() + 61),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    )
    .await;
    check(
        "auth_time",
        json!("now"),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    )
    .await;
    check(
        "origin",
        json!("https://evil.example"),
        StatusCode::FORBIDDEN,
        "origin_mismatch",
    )
    .await;
    check(
        "subject",
        json!(""),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    )
    .await;
    check(
        "subject",
        json!("x".repeat(256)),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    )
    .await;
    check(
        "account_name",
        json!("\u{202E}:"),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    )
    .await;
    check(
        "session_binding",
        json!("short"),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    )
    .await;
    check(
        "purpose",
        json!("reset"),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    )
    .await;
    check(
        "client_time",
        json!(1),
        StatusCode::BAD_REQUEST,
        "request_invalid",
    )
    .await;
}

/// What a host reads from somewhere and is only shown, or only helps, stops nobody.
#[tokio::test]
async fn what_is_only_shown_stops_nobody() {
    let bench = Bench::new().await;
    let long = format!("{}@example.com", "a".repeat(253));
    let shown = async |person: &str, name: Value| {
        let mut body = bench.create_body(person);
        body["account_name"] = name;
        body["country"] = json!("T1");
        body["client_description"] = json!("x".repeat(400));
        body["auth_time"] = json!(bench.now() + 60);
        let (status, opened) = bench.host_post("/v1/flows", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{opened}");
        let (_, view) = bench.flow_get(opened["flow_token"].as_str().unwrap()).await;
        view["account_name"].as_str().unwrap().to_owned()
    };
    assert_eq!(shown("u1", json!(long)).await, "a".repeat(64));
    assert_eq!(shown("u2", json!("a:b\u{202E}c")).await, "abc");
}

#[tokio::test]
async fn tokens_of_nobody_of_others_and_of_the_past_say_the_same() {
    let bench = Bench::new().await;
    let (flow_id, token, view) = bench.open("u1").await;
    let nobody = bench.flow_get(&"A".repeat(43)).await;
    assert_eq!(
        (nobody.0, &nobody.1["code"]),
        (StatusCode::UNAUTHORIZED, &json!("flow_expired"))
    );
    let of_host = bench.flow_get(&bench.api_key).await;
    assert_eq!(of_host.0, StatusCode::UNAUTHORIZED);
    let (_, other, _) = bench.open("u2").await;
    let (status, problem) = bench
        .flow_post(&other, &Widget::new(&view, 7).body(bench.now()))
        .await;
    assert_eq!(
        (status, &problem["field"]),
        (StatusCode::BAD_REQUEST, &json!("enrolment_id")),
        "another flow's id"
    );
    bench.pass(600);
    let past = bench.flow_get(&token).await;
    assert_eq!(
        (past.0, &past.1["code"]),
        (StatusCode::UNAUTHORIZED, &json!("flow_expired"))
    );
    let refused = post(
        &format!("/v1/flows/{flow_id}/redeem"),
        &token,
        None,
        &json!({}),
    );
    assert_eq!(
        bench.send(refused).await.1["code"],
        "api_key_invalid",
        "a flow token is no API key"
    );
}

#[tokio::test]
async fn a_result_code_is_redeemed_once_in_time_and_by_its_own_session() {
    let bench = Bench::new().await;
    let (flow_id, token, view) = bench.open("u1").await;
    let body = Widget::new(&view, 7).body(bench.now());
    let (_, answer) = bench.flow_post(&token, &body).await;
    let code = answer["result_code"].as_str().unwrap();
    let other_session = json!({ "result_code": code, "session_binding": "YW5vdGhlci1zZXNzaW9u" });
    let path = format!("/v1/flows/{flow_id}/redeem");
    assert_eq!(
        bench.host_post(&path, &other_session).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(bench.redeem("AAAA", code).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        bench.redeem(&flow_id, "AAAA").await.0,
        StatusCode::NOT_FOUND
    );
    bench.pass(61);
    assert_eq!(
        bench.redeem(&flow_id, code).await.0,
        StatusCode::NOT_FOUND,
        "late"
    );
    bench.flow_post(&token, &body).await;
    assert_eq!(
        bench.redeem(&flow_id, code).await.0,
        StatusCode::OK,
        "asked for again"
    );
    assert_eq!(
        bench.redeem(&flow_id, code).await.0,
        StatusCode::NOT_FOUND,
        "twice"
    );
}

/// ASVS 3.5: other origins, forms and verbs get nowhere.
#[tokio::test]
async fn the_browser_side_is_bound_to_its_origin() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let body = Widget::new(&view, 7).body(bench.now());
    for origin in [
        None,
        Some("https://evil.example"),
        Some("null"),
        Some("https://shop.example.evil.example"),
    ] {
        let (status, problem) = bench
            .send(post("/v1/flow/enrolment", &token, origin, &body))
            .await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::FORBIDDEN, &json!("origin_mismatch")),
            "{origin:?}"
        );
    }
    let mut form = post("/v1/flow/enrolment", &token, Some(ORIGIN), &body);
    form.headers_mut()
        .insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(bench.send(form).await.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let preflight = |origin: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/v1/flow/enrolment")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(Body::empty())
            .unwrap()
    };
    let allowed = bench
        .router
        .clone()
        .oneshot(preflight(ORIGIN))
        .await
        .unwrap();
    assert_eq!(
        allowed.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        ORIGIN
    );
    let foreign = bench
        .router
        .clone()
        .oneshot(preflight("https://evil.example"))
        .await
        .unwrap();
    assert!(
        !foreign
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
    assert_eq!(bench.subject("u1").await["enrolled"], false);
}

/// A matrix of verbs and odd paths.
#[tokio::test]
async fn unlisted_methods_are_405_and_odd_paths_404() {
    let bench = Bench::new().await;
    let ask = async |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let response = bench.router.clone().oneshot(request).await.unwrap();
        assert!(response.headers().contains_key("x-request-id"));
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        (
            response.status(),
            response.headers().get(header::CONTENT_TYPE).cloned(),
        )
    };
    for path in [
        "/v1/flows",
        "/v1/flows/x/redeem",
        "/v1/subjects/x",
        "/healthz",
        "/openapi.json",
    ] {
        for method in ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            let (status, kind) = ask(method, path).await;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(kind.unwrap(), "application/problem+json");
        }
    }
    for path in [
        "/",
        "/v1",
        "/v1/flow/",
        "//v1/flow",
        "/V1/flow",
        "/v1/%66low",
        "/v1/flow/enrolment/",
        "/v1/flow%2Fenrolment",
        "/v1/flows/%FF/redeem/x",
    ] {
        assert_eq!(ask("GET", path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        ask("GET", "/v1/flow/enrolment").await.0,
        StatusCode::METHOD_NOT_ALLOWED,
        "no GET carries an enrolment"
    );
}

#[tokio::test]
async fn every_route_stands_in_the_openapi_document() {
    let bench = Bench::new().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let (_, document) = bench.send(get("/openapi.json")).await;
    let paths: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let expected = [
        "/.well-known/jwks.json",
        "/form",
        "/healthz",
        "/openapi.json",
        "/v1/flow",
        "/v1/flow/approvals",
        "/v1/flow/approvals/{id}/show",
        "/v1/flow/ceremonies",
        "/v1/flow/ceremonies/{id}/answer",
        "/v1/flow/challenges",
        "/v1/flow/challenges/{id}",
        "/v1/flow/challenges/{id}/answer",
        "/v1/flow/challenges/{id}/events",
        "/v1/flow/challenges/{id}/resend",
        "/v1/flow/close",
        "/v1/flow/enrolment",
        "/v1/flow/extend",
        "/v1/flow/methods/{id}",
        "/v1/flow/methods/{id}/hold",
        "/v1/flow/methods/{id}/release",
        "/v1/flow/methods/{id}/remove",
        "/v1/flow/methods/{id}/test",
        "/v1/flow/passkeys",
        "/v1/flow/pause",
        "/v1/flow/proof",
        "/v1/flow/record",
        "/v1/flow/report",
        "/v1/flow/resume",
        "/v1/flow/setups",
        "/v1/flow/setups/{id}/finish",
        "/v1/flow/skip",
        "/v1/flow/trusted_browsers",
        "/v1/flow/trusted_browsers/revoke",
        "/v1/flow/turn_off",
        "/v1/flow/verification",
        "/v1/flows",
        "/v1/flows/{id}/redeem",
        "/v1/gateways/{id}/receipt",
        "/v1/gateways/{id}/twilio/{message}/digits",
        "/v1/gateways/{id}/twilio/{message}/status",
        "/v1/outbox",
        "/v1/outbox/{id}/digits",
        "/v1/outbox/{id}/receipt",
        "/v1/subjects",
        "/v1/subjects/{subject}",
        "/v1/subjects/{subject}/events",
        "/v1/subjects/{subject}/methods/reinstate",
        "/v1/subjects/{subject}/methods/{id}/hold",
        "/v1/subjects/{subject}/methods/{id}/release",
        "/v1/subjects/{subject}/report",
        "/v1/subjects/{subject}/reset",
        "/v1/subjects/{subject}/resume",
        "/v1/subjects/{subject}/temporary_code",
        "/v1/subjects/{subject}/trusted_browsers/revoke",
    ];
    assert_eq!(paths, expected);
    // The other way round: what is documented is there.
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let path = path.replace("{id}", "x").replace("{subject}", "x");
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&path)
                .body(Body::empty());
            let status = bench.send(request.unwrap()).await.0;
            assert!(
                ![StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status),
                "{method} {path}"
            );
        }
    }
    // Every code of a problem is a documented one.
    let codes = document["components"]["schemas"]["ErrorCode"]["enum"]
        .as_array()
        .unwrap();
    assert!(
        nidan_protocol::ErrorCode::ALL
            .iter()
            .all(|code| codes.contains(&json!(code.as_str())))
    );
}

#[tokio::test]
async fn bodies_over_16_kib_are_refused() {
    let bench = Bench::new().await;
    let (_, token, _) = bench.open("u1").await;
    let body = json!({ "enrolment_id": "x".repeat(17 * 1024) });
    let (status, problem) = bench.flow_post(&token, &body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("request_too_large"))
    );
}

/// B32: codes and randoms of other types are refused before anything is checked.
#[tokio::test]
async fn codes_of_other_shapes_are_malformed_and_not_wrong() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let widget = Widget::new(&view, 7);
    for code in [
        json!(123_456),
        json!(null),
        json!([]),
        json!({}),
        json!(""),
        json!("12345"),
        json!("1234567"),
        json!(" 23456"),
        json!("１２３４５６"),
        json!("+12345"),
    ] {
        let mut body = widget.body(bench.now());
        body["code"] = code.clone();
        let (status, problem) = bench.flow_post(&token, &body).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::BAD_REQUEST, &json!("request_invalid")),
            "{code}"
        );
    }
    for field in ["client_nonce", "client_public_key"] {
        for value in [
            json!("AAAA"),
            json!("A".repeat(43)),
            json!("!".repeat(43)),
            json!("B".repeat(87)),
            json!("!".repeat(87)),
            json!(0),
            json!(null),
        ] {
            let mut body = widget.body(bench.now());
            body[field] = value.clone();
            let (status, problem) = bench.flow_post(&token, &body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{field} {value}");
            assert_eq!(problem["field"], field, "{value}");
        }
    }
    let mut body = widget.body(bench.now());
    body["secret"] = json!("JBSWY3DPEHPK3PXP");
    assert_eq!(
        bench.flow_post(&token, &body).await.0,
        StatusCode::BAD_REQUEST,
        "a chosen secret"
    );
    let (status, _) = bench.flow_post(&token, &widget.body(bench.now())).await;
    assert_eq!(
        status,
        StatusCode::OK,
        "none of them spent an attempt or did harm"
    );
}

/// A clock behind accepted codes would judge everything by a wrong time.
#[tokio::test]
async fn the_service_refuses_to_start_on_a_clock_that_is_behind() {
    use std::sync::Arc;
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    assert_eq!(
        bench
            .flow_post(&token, &Widget::new(&view, 7).body(bench.now()))
            .await
            .0,
        StatusCode::OK
    );
    let config = nidan_server::config::Config::load(
        &bench.folder.path().join("nidan.toml"),
        std::iter::empty(),
    )
    .unwrap();
    let keys = nidan_server::keys::Keys::load(&config.keys_file, |_| None).unwrap();
    let clock = bench.clock.clone();
    let service = nidan_server::Service::new(
        config,
        keys,
        Vec::new(),
        bench.store.clone(),
        Arc::new(clock.clone()),
        Arc::new(nidan_server::environment::Os),
    )
    .unwrap();
    assert!(service.check_clock().await.is_ok());
    // The second code of a pair may be eleven steps ahead of the clock that accepts it, and a
    // restart follows at once.
    clock.0.fetch_sub(390, std::sync::atomic::Ordering::SeqCst);
    assert!(service.check_clock().await.is_ok());
    clock.0.fetch_sub(31, std::sync::atomic::Ordering::SeqCst);
    assert!(service.check_clock().await.is_err());
}

/// One minute of a wrong clock must not shut people out for as long as it was ahead.
#[tokio::test]
async fn steps_that_a_clock_spent_ahead_of_time_are_given_back() {
    const DAYS: u64 = 400 * 86_400;
    let bench = Bench::new().await;
    let right = bench.now();
    bench.set_time(right + DAYS);
    let (_, token, view) = bench.open("u1").await;
    let widget = Widget::new(&view, 7);
    let (status, answer) = bench.flow_post(&token, &widget.body(bench.now())).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    bench.set_time(right);
    assert!(bench.service.check_clock().await.is_err());
    assert_eq!(bench.service.take_back_future_steps().await.unwrap(), 1);
    assert!(bench.service.check_clock().await.is_ok());
    assert_eq!(bench.service.take_back_future_steps().await.unwrap(), 0);

    // What was given back lets in, a step later: the one of now counts as spent.
    bench.set_time(right + 60);
    let app = bench.subject("u1").await["methods"][0]["id"].clone();
    let (_, token) = bench.login("u1").await;
    let body = json!({ "method_id": app, "code": code_at(&widget.secret, bench.now()) });
    let (status, answer) = bench.verify(&token, &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// A proxy may ask for a password in `Authorization`, or take it away: the token has a header of
/// its own, and what came without one is told apart from what is over.
#[tokio::test]
async fn the_token_of_a_flow_comes_in_a_header_of_its_own() {
    let bench = Bench::new().await;
    let (_, token, _) = bench.open("u1").await;
    let ask = |headers: &[(&str, &str)]| {
        let mut request = Request::get("/v1/flow").header("sec-fetch-site", "same-origin");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        bench.send(request.body(Body::empty()).unwrap())
    };
    let basic = ("authorization", "Basic Z2F0ZTpvcGVu");
    for headers in [
        &[("nidan-flow", token.as_str())][..],
        &[("nidan-flow", token.as_str()), basic],
    ] {
        assert_eq!(ask(headers).await.0, StatusCode::OK, "{headers:?}");
    }
    for headers in [&[][..], &[basic], &[("nidan-flow", "")]] {
        let (status, problem) = ask(headers).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{headers:?}");
        assert_eq!(problem["code"], "flow_token_missing", "{headers:?}");
    }
    let (_, problem) = ask(&[("nidan-flow", "a-token-that-nobody-has")]).await;
    assert_eq!(problem["code"], "flow_expired");
    let request = Request::get("/v1/flow").header("nidan-flow", &token);
    let request = request.header("sec-fetch-site", "same-origin");
    let request = request.body(Body::empty()).unwrap();
    let answer = bench.router.clone().oneshot(request).await.unwrap();
    let mut varies = answer.headers().get_all("vary").iter();
    assert!(varies.any(|by| by == "nidan-flow, authorization"));
    assert_eq!(
        answer.headers()["cross-origin-resource-policy"],
        "same-origin"
    );
}
