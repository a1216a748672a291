//! A disk under SQLite that is full, locked or read-only: 503, nothing half-written, and afterwards
//! everything goes on.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::Arc;

use axum::http::StatusCode;
use common::{Bench, Widget, database};
use nidan_store::Store as _;
use nidan_store_sqlite::SqliteStore;
use serde_json::{Value, json};

/// What a full, locked or read-only disk looks like from outside, and that it can be gone on from.
async fn is_unavailable(bench: &Bench, token: &str, body: &Value) {
    let (status, problem) = bench.flow_post(token, body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );
    let (status, _) = bench
        .host_post("/v1/flows", &bench.create_body("somebody"))
        .await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_locked_database_is_503_and_afterwards_everything_goes_on() {
    let bench = Bench::new().await;
    let (_, token, view) = bench.open("u1").await;
    let body = Widget::new(&view, 7).body(bench.now());
    let other = database(bench.folder.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    is_unavailable(&bench, &token, &body).await;
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(bench.subject("u1").await["enrolled"], false);
    assert_eq!(bench.flow_post(&token, &body).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_full_database_writes_nothing_half() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nidan.db");
    let store = SqliteStore::open(&file).await.unwrap();
    let bench = Bench::with_store(folder, Arc::new(store.clone()), Arc::new(store));
    let (_, token, view) = bench.open("u1").await;
    let body = Widget::new(&view, 7).body(bench.now());
    // A second store over the same file that may not grow by one page.
    let other = database(bench.folder.path());
    let pages: i64 = other
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .unwrap();
    fill(&other);
    let full = SqliteStore::open_with(&file, &[("max_page_count", &pages.to_string())])
        .await
        .unwrap();
    let activation = activation_for(&full, &token).await;
    assert!(full.activate(&activation).await.is_err());
    let subject = full.subject("shop", "u1", common::NOW).await.unwrap();
    assert_eq!(
        (
            subject.methods.len(),
            subject.backup_codes_left,
            subject.factor_epoch
        ),
        (0, 0, 0)
    );
    assert_eq!(
        bench.flow_post(&token, &body).await.0,
        StatusCode::OK,
        "with room again it works"
    );
}

/// Uses up the free pages inside the file.
fn fill(database: &rusqlite::Connection) {
    database
        .execute_batch(
            "CREATE TABLE filler (bytes BLOB); INSERT INTO filler VALUES (zeroblob(20000))",
        )
        .unwrap();
}

async fn activation_for(store: &SqliteStore, token: &str) -> nidan_store::Activation {
    use sha2::{Digest, Sha256};
    let flow = store
        .flow_by_token(&Sha256::digest(token.as_bytes()).into())
        .await
        .unwrap()
        .unwrap()
        .opened;
    nidan_store::Activation {
        flow_id: flow.id,
        host: flow.host,
        subject: flow.subject,
        methods: vec![nidan_store::NewMethod {
            id: "m".to_owned(),
            name: None,
            sealed: vec![0; 30_000],
            detail: nidan_store::MethodDetail::Totp {
                fingerprint: [1; 32],
                last_step: 1,
            },
        }],
        backup_salt: [2; 16],
        backup_hashes: vec![[3; 32]; 10],
        body_hash: [4; 32],
        result_hash: [5; 32],
        result_expires_at: 1,
        now: 1,
        audit: nidan_server::audit::AuditContext::new(
            Arc::new(nidan_server::keys::Keys::known()),
            false,
            None,
            1,
        ),
    }
}

#[tokio::test]
async fn a_read_only_database_is_503() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nidan.db");
    let store = SqliteStore::open(&file).await.unwrap();
    let writable = Bench::with_store(
        tempfile::tempdir().unwrap(),
        Arc::new(store.clone()),
        Arc::new(store.clone()),
    );
    let (_, token, view) = writable.open("u1").await;
    let body = Widget::new(&view, 7).body(writable.now());
    let refusing = SqliteStore::open_with(&file, &[("query_only", "ON")]).await;
    let read_only = Bench::with_store(folder, Arc::new(store), Arc::new(refusing.unwrap()));
    assert_eq!(
        read_only.flow_get(&token).await.0,
        StatusCode::OK,
        "reading goes on"
    );
    is_unavailable(&read_only, &token, &body).await;
    assert_eq!(writable.subject("u1").await["enrolled"], false);
}
