//! What somebody gets who writes the database and has no key: codes, results and trust that they make
//! up let nobody in. That rows can be deleted or moved is another matter, and said in SECURITY.md.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use axum::http::StatusCode;
use common::*;
use rusqlite::params;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn sha256(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

#[tokio::test]
async fn a_result_that_was_written_leads_nowhere() {
    let bench = Bench::new().await;
    let person = bench.enrolled("u1", 1).await;
    let (flow_id, token) = bench.login("u1").await;
    let (_, right) = bench.verify(&token, &person.post(bench.now())).await;
    let chosen = "c".repeat(43);
    let changed = database(bench.folder.path())
        .execute(
            "UPDATE flow SET result_hash = ?1 WHERE id = ?2",
            params![sha256(&chosen), flow_id],
        )
        .unwrap();
    assert_eq!(changed, 1);
    let (status, _) = bench.redeem_login(&flow_id, &json!(chosen)).await;
    assert_ne!(status, StatusCode::OK);
    assert!(right["result_code"].is_string());
}

#[tokio::test]
async fn trust_that_was_written_is_none() {
    let bench = Bench::trusting().await;
    let person = bench.enrolled("u1", 1).await;
    let token = bench.trust(&person).await;
    assert_eq!(bench.bring("u1", &token).await["outcome"], "trusted");
    let chosen = "t".repeat(43);
    let changed = database(bench.folder.path())
        .execute(
            "UPDATE trusted_browser SET token_hash = ?1",
            [sha256(&chosen)],
        )
        .unwrap();
    assert_eq!(changed, 1);
    assert_eq!(bench.bring("u1", &chosen).await["outcome"], "required");
}

#[tokio::test]
async fn backup_codes_that_were_moved_open_nothing() {
    let bench = Bench::new().await;
    let thief = bench.enrolled("thief", 1).await;
    bench.enrolled("u1", 2).await;
    let write = database(bench.folder.path());
    write
        .execute_batch(
            "DELETE FROM backup_code WHERE subject = 'u1';
             UPDATE backup_set SET salt = (SELECT salt FROM backup_set WHERE subject = 'thief') WHERE subject = 'u1';
             INSERT INTO backup_code (host, subject, ordinal, hash)
                 SELECT host, 'u1', ordinal, hash FROM backup_code WHERE subject = 'thief';",
        )
        .unwrap();
    let outcome = async |subject: &str| -> (StatusCode, Value) {
        let (_, token) = bench.login(subject).await;
        bench.verify(&token, &thief.backup_post(0)).await
    };
    assert_eq!(outcome("u1").await.1["code"], "code_wrong");
    assert_eq!(
        outcome("thief").await.0,
        StatusCode::OK,
        "they are good where they belong"
    );
}
