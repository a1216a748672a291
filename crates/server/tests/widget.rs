//! The widget's own files under `/widget/`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use common::{Bench, ORIGIN};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A folder as `cargo xtask dist` makes it, as far as serving goes.
fn made(folder: &Path) {
    std::fs::create_dir_all(folder.join("locales")).unwrap();
    for (name, bytes) in [
        ("package.json", r#"{ "version": "1.2.3" }"#),
        ("nidan-flow.js", "export {}"),
        ("nidan-flow.js.br", "brotli"),
        ("nidan-flow.js.gz", "gzip"),
        ("nidan_bg.wasm", "\0asm"),
        ("locales/ja.json", "[]"),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

async fn bench(folder: &Path) -> Bench {
    Bench::tuned(
        |config| config.widget_folder = Some(folder.to_owned()),
        None,
    )
    .await
}

async fn get(bench: &Bench, path: &str, accepts: &str) -> Response {
    let request = Request::get(path)
        .header(header::ACCEPT_ENCODING, accepts)
        .header(header::ORIGIN, ORIGIN);
    bench
        .router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

fn said<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn files_are_kept_for_ever_and_sent_compressed() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    let bench = bench(folder.path()).await;
    for (accepts, encoding, body) in [
        ("br, gzip", "br", "brotli"),
        ("gzip", "gzip", "gzip"),
        ("", "", "export {}"),
    ] {
        let answer = get(&bench, "/widget/1.2.3/nidan-flow.js", accepts).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(said(&answer, "content-encoding"), encoding);
        assert_eq!(
            said(&answer, "content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(
            said(&answer, "cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(said(&answer, "x-content-type-options"), "nosniff");
        let varies = answer
            .headers()
            .get_all("vary")
            .iter()
            .any(|by| by.to_str().unwrap().contains("accept-encoding"));
        assert!(varies, "{:?}", answer.headers());
        // A page of a registered origin may load it with integrity from the service's own address.
        assert_eq!(said(&answer, "access-control-allow-origin"), ORIGIN);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), body);
    }
    let modified = said(
        &get(&bench, "/widget/1.2.3/nidan-flow.js", "br").await,
        "last-modified",
    )
    .to_owned();
    let again =
        Request::get("/widget/1.2.3/nidan-flow.js").header(header::IF_MODIFIED_SINCE, modified);
    let again = bench
        .router
        .clone()
        .oneshot(again.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(
        said(&again, "cache-control"),
        "public, max-age=31536000, immutable"
    );
    let wasm = get(&bench, "/widget/1.2.3/nidan_bg.wasm", "br").await;
    assert_eq!(said(&wasm, "content-type"), "application/wasm");
    assert_eq!(
        get(&bench, "/widget/1.2.3/locales/ja.json", "")
            .await
            .status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_script_without_a_version_leads_to_the_current_one() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path());
    let answer = get(&bench(folder.path()).await, "/widget/nidan-flow.js", "br").await;
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    // Relative to where it stands, behind whatever path a proxy has put before it.
    assert_eq!(said(&answer, "location"), "1.2.3/nidan-flow.js");
    assert_eq!(said(&answer, "cache-control"), "public, max-age=300");
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served_and_what_is_not_there_is_not_kept() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("widget");
    made(&folder);
    std::fs::write(outer.path().join("nidan.keys"), "secret").unwrap();
    let bench = bench(&folder).await;
    for path in [
        "../nidan.keys",
        "%2e%2e/nidan.keys",
        "..%2fnidan.keys",
        "locales/../../nidan.keys",
        "missing.js",
        "locales",
        "locales/",
        "",
    ] {
        let answer = get(&bench, &format!("/widget/1.2.3/{path}"), "").await;
        assert_ne!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(said(&answer, "cache-control"), "no-store", "{path}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(!String::from_utf8_lossy(&body).contains("secret"), "{path}");
    }
    assert_eq!(
        get(&bench, "/widget/9.9.9/nidan-flow.js", "")
            .await
            .status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn without_a_folder_there_is_nothing_and_answers_are_never_kept() {
    let bench = Bench::new().await;
    assert_eq!(
        get(&bench, "/widget/nidan-flow.js", "").await.status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        said(&get(&bench, "/healthz", "").await, "cache-control"),
        "no-store"
    );
}
