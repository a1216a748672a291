//! A database of the last build is taken over: whoever was in it can go on, and nothing is lost.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use base64ct::{Base64UrlUnpadded, Encoding};
use common::*;
use nidan_otp::Secret;
use nidan_server::environment::{Os, random_bytes};
use nidan_server::keys::Keys;
use nidan_store_sqlite::{Identity, IdentityError, SqliteStore, restore};
use serde_json::{Value, json};

const DATABASE: &str = include_str!("databases/version-6.sql");
const KEYS: &str = include_str!("databases/version-6.keys");
const FACTS: &str = include_str!("databases/version-6.json");

/// The service on that database, with its keys and at its time; and what is known of it.
async fn taken_over() -> (Bench, Value) {
    let folder = tempfile::tempdir().unwrap();
    database(folder.path()).execute_batch(DATABASE).unwrap();
    let store = open_store(folder.path()).await;
    let keys = nidan_keys(folder.path());
    let bench = Bench::with_keys(folder, store, &keys);
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    bench.set_time(facts["now"].as_u64().unwrap());
    (bench, facts)
}

/// The keys of that build, for nobody else on the machine.
fn nidan_keys(folder: &Path) -> PathBuf {
    key_file(folder, "version-6.keys", KEYS)
}

fn key_file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    file
}

#[tokio::test]
async fn people_sign_in_with_what_they_had() {
    let (bench, facts) = taken_over().await;
    let secret = Base64UrlUnpadded::decode_vec(facts["app_secret"].as_str().unwrap()).unwrap();
    let secret = Secret::from_bytes(secret.try_into().unwrap());
    let app = facts["app_method_id"].as_str().unwrap();
    let (_, token) = bench.login("u1").await;
    let body = json!({ "method_id": app, "code": code_at(&secret, bench.now()) });
    let (status, answer) = bench.verify(&token, &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["backup_codes_left"], 9);

    // A backup code that was used before is used now too; another one is good.
    for (code, wanted) in [(0, StatusCode::UNPROCESSABLE_ENTITY), (1, StatusCode::OK)] {
        let (_, token) = bench.login("u1").await;
        let code = &facts["backup_codes"][code];
        let body = json!({ "method_id": "backup_code", "code": code });
        assert_eq!(bench.verify(&token, &body).await.0, wanted, "{code}");
    }
    let trusted = bench
        .bring("u1", facts["trust_token"].as_str().unwrap())
        .await;
    // Tokens are kept with a key since: a browser is asked once more.
    assert_eq!(trusted["outcome"], "required");
}

#[tokio::test]
async fn what_was_written_has_the_names_of_now() {
    let (bench, facts) = taken_over().await;
    let subject = bench.subject("u1").await;
    assert_eq!(subject["trusted_browsers"], json!([]));
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    assert_eq!(record["intact"], true, "{record}");
    let wrong = record["events"].as_array().unwrap().iter();
    let wrong: Vec<_> = wrong
        .filter(|event| event["kind"] == "code_wrong")
        .collect();
    assert_eq!(wrong[0]["client_description"], "Osaka, Firefox");

    // A set-up of that build cannot be finished by this one. Its codes are read here all the same.
    let (status, ended) = challenge(&bench, &facts["call"]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(ended["code"], "flow_expired");
    database(bench.folder.path())
        .execute("UPDATE flow SET expires_at = expires_at + 600", [])
        .unwrap();
    let (_, call) = challenge(&bench, &facts["call"]).await;
    assert_eq!(call["call_digits"], facts["call"]["call_digits"]);
    let (_, waits) = challenge(&bench, &facts["waits"]).await;
    assert_eq!(waits["delivery"], "unknown");
}

/// A challenge of an open set-up.
async fn challenge(bench: &Bench, fact: &Value) -> (StatusCode, Value) {
    let (token, id) = (
        fact["token"].as_str().unwrap(),
        fact["id"].as_str().unwrap(),
    );
    let path = format!("/v1/flow/challenges/{id}");
    bench.widget_get(&path, token).await
}

/// Between the migration and the first claim a process may die: the next start must not take other
/// keys for the right ones.
#[tokio::test]
async fn other_keys_are_refused_before_and_after_the_migrations() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nidan.db");
    database(folder.path()).execute_batch(DATABASE).unwrap();
    let right = Keys::load(&nidan_keys(folder.path()), |_| None).unwrap();
    let other = Keys::generate(&Os).unwrap();
    let other = key_file(folder.path(), "other.keys", other.as_str());
    let other = Keys::load(&other, |_| None).unwrap();
    let mark = folder.path().join("mark");
    for migrates in [false, true] {
        if migrates {
            drop(SqliteStore::open(&path).await.unwrap());
        }
        let refused = Identity::claim(&path, &mark, &other, random_bytes(&Os).unwrap());
        assert!(
            matches!(refused, Err(IdentityError::WrongKeys { .. })),
            "{refused:?}"
        );
    }
    Identity::claim(&path, &mark, &right, random_bytes(&Os).unwrap()).unwrap();
}

/// A backup that the last build made is put in place by this one: the app's codes of before are
/// spent, the trust has ended, and a backup code that was good still is.
#[tokio::test]
async fn a_backup_of_the_last_build_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (from, path) = (
        folder.path().join("night.db"),
        folder.path().join("nidan.db"),
    );
    rusqlite::Connection::open(&from)
        .unwrap()
        .execute_batch(DATABASE)
        .unwrap();
    let key_file = nidan_keys(folder.path());
    let keys = Keys::load(&key_file, |_| None).unwrap();
    let facts: Value = serde_json::from_str(FACTS).unwrap();
    let now = facts["now"].as_u64().unwrap();
    let mark = folder.path().join("mark");
    let (made, _) = restore(
        &from,
        &path,
        &mark,
        &keys,
        random_bytes(&Os).unwrap(),
        now,
        false,
    )
    .unwrap();
    assert_eq!((made.people, made.methods), (2, 2));

    let store = open_store(folder.path()).await;
    let bench = Bench::with_keys(folder, store, &key_file);
    bench.set_time(now);
    let trusted = bench.bring("u1", facts["trust_token"].as_str().unwrap());
    assert_eq!(trusted.await["outcome"], "required");
    let secret = Base64UrlUnpadded::decode_vec(facts["app_secret"].as_str().unwrap()).unwrap();
    let secret = Secret::from_bytes(secret.try_into().unwrap());
    let (_, token) = bench.login("u1").await;
    let body = json!({ "method_id": facts["app_method_id"], "code": code_at(&secret, now) });
    let (_, answer) = bench.verify(&token, &body).await;
    assert_eq!(answer["code"], "code_used", "{answer}");
    let body = json!({ "method_id": "backup_code", "code": facts["backup_codes"][1] });
    assert_eq!(bench.verify(&token, &body).await.0, StatusCode::OK);
}
