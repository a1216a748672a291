//! The code at login without scripts: the page, what it takes, and that it is no way around
//! anything.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use common::{Bench, ORIGIN};
use http_body_util::BodyExt;
use serde_json::json;
use tower::ServiceExt;

const COMPLETE: &str = "https://shop.example/login/2sv";

async fn bench() -> Bench {
    Bench::tuned(
        |config| {
            config.hosts[0].form_complete_url = Some(COMPLETE.to_owned());
            config.hosts[0].name = "Tom & \"Jerry\" <Shop>".to_owned();
        },
        None,
    )
    .await
}

async fn press(
    bench: &Bench,
    origin: Option<&str>,
    fields: &[(&str, &str)],
) -> (HeaderMap, String) {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let mut request = Request::post("/form")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT_LANGUAGE, "en-US,en;q=0.9");
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    let response = bench
        .router
        .clone()
        .oneshot(request.body(Body::from(body)).unwrap())
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers().clone();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (headers, String::from_utf8(bytes.to_vec()).unwrap())
}

/// What stands in a hidden field.
fn hidden<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    html.split(&format!("name=\"{name}\" value=\""))
        .nth(1)?
        .split('"')
        .next()
}

#[tokio::test]
async fn a_person_signs_in_without_scripts() {
    let bench = bench().await;
    let person = bench.enrolled("u1", 7).await;
    let (flow_id, token) = bench.login("u1").await;
    let (headers, html) = press(&bench, Some(ORIGIN), &[("flow_token", &token)]).await;
    assert!(
        html.contains("Tom &amp; &quot;Jerry&quot; &lt;Shop&gt;") && !html.contains("<Shop>"),
        "{html}"
    );
    assert!(
        !html.contains("<script") && html.contains("autocomplete=\"one-time-code\""),
        "{html}"
    );
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-")
            && policy.contains("https://shop.example")
    );
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    let check = |code: &'static str| {
        [
            ("flow_token", token.clone()),
            ("press", "check".to_owned()),
            ("code", code.to_owned()),
        ]
    };
    let own = "http://127.0.0.1:1";
    let with_method = |fields: [(&'static str, String); 3]| {
        fields
            .into_iter()
            .chain([("method", person.method_id.clone())])
            .collect::<Vec<_>>()
    };
    let post = async |fields: Vec<(&'static str, String)>| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        press(&bench, Some(own), &fields).await.1
    };
    let wrong = post(with_method(check("abc"))).await;
    assert!(
        wrong.contains("role=\"alert\"") && hidden(&wrong, "result_code").is_none(),
        "{wrong}"
    );
    let mut right = with_method(check(""));
    right[2].1 = format!(" {} ", person.code(bench.now()));
    let passed = post(right).await;
    assert!(
        passed.contains(&format!("action=\"{COMPLETE}\"")),
        "{passed}"
    );
    let result = hidden(&passed, "result_code").unwrap().to_owned();
    assert_eq!(
        bench.redeem_login(&flow_id, &json!(result)).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn backup_codes_texts_and_reports_work_too() {
    let bench = bench().await;
    bench.deliver();
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let (_, token) = bench.login("u1").await;
    let fields = [
        ("flow_token", token.as_str()),
        ("method", &person.method_id),
        ("press", "sms"),
        ("lang", "ja"),
    ];
    let (_, sent) = press(&bench, Some(ORIGIN), &fields).await;
    assert!(
        sent.contains("届いた6桁のコード") && sent.contains("lang=\"ja\""),
        "{sent}"
    );
    let backup = person
        .widget
        .backup_codes
        .iter()
        .next()
        .unwrap()
        .expose_grouped()
        .to_lowercase();
    let fields = [
        ("flow_token", token.as_str()),
        ("method", "backup_code"),
        ("press", "check"),
        ("code", backup.as_str()),
    ];
    assert!(hidden(&press(&bench, Some(ORIGIN), &fields).await.1, "result_code").is_some());
    let (_, token) = bench.login("u1").await;
    let fields = [("flow_token", token.as_str()), ("press", "report")];
    for _press in 0..2 {
        let (_, html) = press(&bench, Some(ORIGIN), &fields).await;
        assert!(
            html.contains("<h1>Sign-ins under way are stopped</h1>"),
            "{html}"
        );
        assert!(
            html.contains("0 min ago somebody signed in (Osaka, Firefox)")
                && !html.contains("Nobody"),
            "{html}"
        );
        assert!(
            html.contains("href=\"https://shop.example/password\""),
            "the way on: {html}"
        );
    }
    let fields = [("flow_token", token.as_str())];
    let stopped = press(&bench, Some(ORIGIN), &fields).await.1;
    assert!(
        stopped.contains("This sign-in was stopped") && !stopped.contains("Nobody"),
        "{stopped}"
    );
}

#[tokio::test]
async fn it_is_no_way_around_the_origin_the_purpose_or_the_host() {
    let bench = bench().await;
    let person = bench.enrolled("u1", 7).await;
    let (_, token) = bench.login("u1").await;
    let code = person.code(bench.now());
    let fields = [
        ("flow_token", token.as_str()),
        ("method", &person.method_id),
        ("press", "check"),
        ("code", &code),
    ];
    for origin in [None, Some("null"), Some("https://evil.example")] {
        let (_, html) = press(&bench, origin, &fields).await;
        assert!(
            html.contains("This sign-in is over") && hidden(&html, "result_code").is_none(),
            "{origin:?}"
        );
    }
    for foreign in ["", "a-token-of-no-flow-at-all", bench.api_key.as_str()] {
        let (_, html) = press(&bench, Some(ORIGIN), &[("flow_token", foreign)]).await;
        assert!(html.contains("This sign-in is over"), "{foreign}");
    }
    let (_, enrolling, _) = bench.open("u2").await;
    assert!(
        press(&bench, Some(ORIGIN), &[("flow_token", &enrolling)])
            .await
            .1
            .contains("This sign-in is over")
    );
    assert!(
        hidden(&press(&bench, Some(ORIGIN), &fields).await.1, "result_code").is_some(),
        "nothing was counted"
    );
    // A host that names no place for the result has no such page.
    let bare = Bench::new().await;
    bare.enrolled("u1", 7).await;
    let (_, token) = bare.login("u1").await;
    assert!(
        press(&bare, Some(ORIGIN), &[("flow_token", &token)])
            .await
            .1
            .contains("This sign-in is over")
    );
}
