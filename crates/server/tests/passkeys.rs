//! Passkeys over HTTP: made in a set-up or on the page on which methods are managed, used at a login,
//! and everything that must not be one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::process::Command;

use axum::http::StatusCode;
use common::authenticator::{BACKED_UP, BACKUP_ELIGIBLE, Key, Saying};
use common::manage::{refused, somebody};
use common::{Bench, ORIGIN, claims};
use nidan_server::StartError;
use nidan_server::config::PasskeyConfig;
use serde_json::{Value, json};

const OK: StatusCode = StatusCode::OK;
const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

#[tokio::test]
async fn a_passkey_is_set_up_and_signs_in() {
    let bench = Bench::new().await;
    let key = bench.enrolled_with_passkey("u1", 1).await;
    let (flow_id, token) = bench.login("u1").await;
    let (_, view) = bench.flow_get(&token).await;
    assert_eq!(view["policy"]["methods"][0], "passkey", "recommended first");
    assert_eq!(view["methods"][0]["kind"], "passkey");
    assert_eq!(view["methods"][0]["state"], "ready");
    assert_eq!(view["verification"]["method_id"], view["methods"][0]["id"]);
    let (status, verified) = bench.sign_in_with(&token, &key).await;
    assert_eq!(status, OK, "{verified}");
    let (_, redeemed) = bench.redeem_login(&flow_id, &verified["result_code"]).await;
    let said = claims(&redeemed["assertion"]);
    assert_eq!(said["amr"], json!(["pop", "user"]));
    assert_eq!(said["acr"], "urn:nidan:acr:phishing-resistant");
    assert_eq!(said["method_id"], view["methods"][0]["id"]);
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    assert_eq!(
        (&record["intact"], &record["events"][0]["kind"]),
        (&json!(true), &json!("verified"))
    );
    assert_eq!(record["events"][0]["method"], "passkey");
}

#[tokio::test]
async fn the_same_post_is_answered_again_and_another_one_conflicts() {
    let bench = Bench::new().await;
    let key = bench.enrolled_with_passkey("u1", 1).await;
    let (_, token) = bench.login("u1").await;
    let ceremony = bench.ceremony(&token, "get").await.unwrap();
    let post = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
    let (status, first) = bench.verify(&token, &post).await;
    assert_eq!(status, OK, "{first}");
    let (status, again) = bench.verify(&token, &post).await;
    assert_eq!((status, &again["result_code"]), (OK, &first["result_code"]));
    let mut other = key.answer(ORIGIN, &ceremony.options);
    other.counter = 1;
    let other = ceremony.post(&other);
    refused(
        &bench.verify(&token, &other).await,
        StatusCode::CONFLICT,
        "flow_conflict",
    );
}

/// Answers one challenge as `change` says, and then another one rightly.
async fn wrong_then_right(bench: &Bench, key: &Key, change: impl FnOnce(&mut Saying), field: &str) {
    let (_, token) = bench.login("u1").await;
    let ceremony = bench.ceremony(&token, "get").await.unwrap();
    let mut saying = key.answer(ORIGIN, &ceremony.options);
    change(&mut saying);
    let answer = bench.verify(&token, &ceremony.post(&saying)).await;
    refused(&answer, UNPROCESSABLE, "passkey_wrong");
    assert_eq!(answer.1["field"], field, "{}", answer.1);
    // The challenge is spent by it, whoever answers now.
    let right = key.answer(ORIGIN, &ceremony.options);
    let used = bench.verify(&token, &ceremony.post(&right)).await;
    refused(&used, StatusCode::CONFLICT, "ceremony_used");
    let (status, verified) = bench.sign_in_with(&token, key).await;
    assert_eq!(status, OK, "{verified}");
}

#[tokio::test]
async fn what_is_wrong_has_a_name_is_counted_and_is_in_the_record() {
    let bench = Bench::new().await;
    let key = bench.enrolled_with_passkey("u1", 1).await;
    let stranger = bench.enrolled_with_passkey("u2", 2).await;
    wrong_then_right(
        &bench,
        &key,
        |said| said.origin = "https://evil.example".to_owned(),
        "origin",
    )
    .await;
    wrong_then_right(&bench, &key, |said| said.cross_origin = true, "origin").await;
    wrong_then_right(
        &bench,
        &key,
        |said| said.rp_id = "evil.example".to_owned(),
        "rp_id",
    )
    .await;
    wrong_then_right(
        &bench,
        &key,
        |said| said.challenge = "AAAA".to_owned(),
        "challenge",
    )
    .await;
    wrong_then_right(
        &bench,
        &key,
        |said| said.kind = "webauthn.create".to_owned(),
        "type",
    )
    .await;
    wrong_then_right(&bench, &key, |said| said.flags = 1, "user_verification").await;
    wrong_then_right(
        &bench,
        &key,
        |said| said.broken_signature = true,
        "signature",
    )
    .await;
    wrong_then_right(
        &bench,
        &key,
        |said| said.user = Some(stranger.user.clone()),
        "user",
    )
    .await;
    let theirs = stranger.clone();
    wrong_then_right(
        &bench,
        &key,
        |said| (said.id, said.signing) = (theirs.id, theirs.signing),
        "credential",
    )
    .await;
    let (_, record) = bench.host_get("/v1/subjects/u1/events").await;
    let events = record["events"].as_array().unwrap();
    let wrong = events.iter().filter(|event| event["kind"] == "code_wrong");
    assert_eq!(wrong.count(), 9, "{record}");
    assert_eq!(record["intact"], true);
}

#[tokio::test]
async fn a_flow_has_so_many_answers() {
    let bench = Bench::new().await;
    let key = bench.enrolled_with_passkey("u1", 1).await;
    let (_, token) = bench.login("u1").await;
    for nth in 1..=nidan_server::FLOW_TRIES {
        let ceremony = bench.ceremony(&token, "get").await.unwrap();
        let mut saying = key.answer(ORIGIN, &ceremony.options);
        saying.broken_signature = true;
        let answer = bench.verify(&token, &ceremony.post(&saying)).await;
        refused(&answer, UNPROCESSABLE, "passkey_wrong");
        assert_eq!(answer.1["attempts_left"], nidan_server::FLOW_TRIES - nth);
    }
    let answer = bench.sign_in_with(&token, &key).await;
    refused(&answer, StatusCode::TOO_MANY_REQUESTS, "too_many_attempts");
    // Nothing of it is held against the key: nobody can lock its owner out by guessing.
    let (_, token) = bench.login("u1").await;
    assert_eq!(bench.sign_in_with(&token, &key).await.0, OK);
}

#[tokio::test]
async fn a_challenge_lives_five_minutes_and_in_its_own_flow() {
    let bench = Bench::new().await;
    let key = bench.enrolled_with_passkey("u2", 1).await;
    let (_, token) = bench.login("u2").await;
    let ceremony = bench.ceremony(&token, "get").await.unwrap();
    let post = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
    bench.pass(300);
    refused(
        &bench.verify(&token, &post).await,
        UNPROCESSABLE,
        "ceremony_expired",
    );
    let (_, other) = bench.login("u2").await;
    refused(
        &bench.verify(&other, &post).await,
        StatusCode::NOT_FOUND,
        "ceremony_unknown",
    );
    // What is to make a key is answered by none.
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let making = bench.ceremony(&page.token, "create").await.unwrap();
    let mixed = making.post(&key.answer(ORIGIN, &making.options));
    refused(
        &page.post("proof", &mixed).await,
        StatusCode::NOT_FOUND,
        "ceremony_unknown",
    );
}

#[tokio::test]
async fn a_key_whose_counter_falls_is_refused_unless_it_is_backed_up() {
    let bench = Bench::new().await;
    let mut key = bench.enrolled_with_passkey("u1", 1).await;
    for (counter, expected) in [(5, OK), (5, UNPROCESSABLE), (4, UNPROCESSABLE), (6, OK)] {
        key.counter = counter;
        let (_, token) = bench.login("u1").await;
        let answer = bench.sign_in_with(&token, &key).await;
        assert_eq!(answer.0, expected, "{counter}: {}", answer.1);
        if expected == UNPROCESSABLE {
            assert_eq!(answer.1["field"], "counter");
        }
    }
    // One that its maker copies counts as it likes.
    let (_, token, _) = bench.open("u2").await;
    let ceremony = bench.ceremony(&token, "create").await.unwrap();
    let mut synced = Key::new(2, &ceremony.options);
    synced.flags |= BACKUP_ELIGIBLE | BACKED_UP;
    let saying = synced.make(ORIGIN, &ceremony.options);
    let (_, view) = bench.made(&token, &ceremony, &saying).await;
    assert_eq!(view["is_synced"], true);
}

#[tokio::test]
async fn who_has_no_passkey_and_who_may_not_make_one_are_told_so() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let (_, token) = bench.login(&person.subject).await;
    let none = bench.ceremony(&token, "get").await.err().unwrap();
    refused(&none, StatusCode::NOT_FOUND, "method_not_found");
    // Nobody enrols in a login that still owes its code.
    let making = bench.ceremony(&token, "create").await.err().unwrap();
    refused(&making, UNPROCESSABLE, "method_not_offered");
    let (_, set_up, _) = bench.open("new").await;
    let asking = bench.ceremony(&set_up, "get").await.err().unwrap();
    refused(&asking, UNPROCESSABLE, "method_not_offered");
    let page = bench.manage(&person.subject).await;
    let unproved = bench.ceremony(&page.token, "create").await.err().unwrap();
    refused(&unproved, StatusCode::FORBIDDEN, "reauth_required");
    let without = Bench::tuned(|config| config.hosts[0].passkeys = None, None).await;
    let (_, set_up, view) = without.open("new").await;
    assert!(
        !view["policy"]["methods"]
            .as_array()
            .unwrap()
            .contains(&json!("passkey"))
    );
    let making = without.ceremony(&set_up, "create").await.err().unwrap();
    refused(&making, UNPROCESSABLE, "method_not_offered");
}

#[tokio::test]
async fn a_post_brings_a_code_or_a_passkey() {
    let bench = Bench::new().await;
    let key = bench.enrolled_with_passkey("u1", 1).await;
    let (_, token) = bench.login("u1").await;
    let ceremony = bench.ceremony(&token, "get").await.unwrap();
    let right = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
    let with = |name: &str, value: Value| {
        let mut post = right.clone();
        *post.pointer_mut(name).unwrap_or(&mut Value::Null) = value.clone();
        if post.pointer(name).is_none() {
            post[name.trim_start_matches('/')] = value;
        }
        post
    };
    for (post, field) in [
        (json!({ "method_id": "passkey" }), "code"),
        (with("/code", json!("123456")), "passkey"),
        (with("/second_code", json!("123456")), "second_code"),
        (
            with("/passkey/credential", json!("{}")),
            "passkey.credential",
        ),
    ] {
        let answer = bench.verify(&token, &post).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], field);
    }
    // Nothing was spent by any of them.
    assert_eq!(bench.verify(&token, &right).await.0, OK);
    // A passkey has no code.
    let (_, token) = bench.login("u1").await;
    let (_, view) = bench.flow_get(&token).await;
    let id = &view["methods"][0]["id"];
    let code = bench
        .verify(&token, &json!({ "method_id": id, "code": "123456" }))
        .await;
    refused(&code, StatusCode::NOT_FOUND, "method_not_found");
}

#[tokio::test]
async fn passkeys_are_managed_as_other_methods_are() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let (first, first_id) = bench.add_passkey(&page.token, 1).await;
    bench.pass(2 * 86_400);
    // It proves what follows, and another one is added by it.
    let page = bench.manage(&person.subject).await;
    let ceremony = bench.ceremony(&page.token, "get").await.unwrap();
    let post = ceremony.post(&first.answer(ORIGIN, &ceremony.options));
    let (status, proved) = page.post("proof", &post).await;
    assert_eq!(status, OK, "{proved}");
    assert_eq!(proved["management"]["proved_by"], first_id);
    let (second, second_id) = bench.add_passkey(&page.token, 2).await;
    // The one on this device is not made again.
    let again = bench.ceremony(&page.token, "create").await.unwrap();
    let have = again.options["excludeCredentials"].as_array().unwrap();
    assert_eq!(have.len(), 2);
    // Where one is meant, the browser offers no other one.
    let ids = |key: &Key| vec![key.name()];
    let only = json!({ "kind": "get", "method_id": second_id });
    assert_eq!(offered(&bench, &page.token, &only).await, ids(&second));
    let but = json!({ "kind": "get", "except": second_id });
    assert_eq!(offered(&bench, &page.token, &but).await, ids(&first));
    let nobody = json!({ "kind": "get", "method_id": "of-nobody" });
    let answer = bench.widget_post("/v1/flow/ceremonies", &page.token, &nobody);
    refused(&answer.await, StatusCode::NOT_FOUND, "method_not_found");
    // Tested: that one, and no other one.
    for (key, expected) in [(&first, UNPROCESSABLE), (&second, OK)] {
        let ceremony = bench.ceremony(&page.token, "get").await.unwrap();
        let mut post = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
        post.as_object_mut().unwrap().remove("method_id");
        let answer = page.post(&format!("methods/{second_id}/test"), &post).await;
        assert_eq!(answer.0, expected, "{}", answer.1);
    }
    // What goes does not say so itself.
    let own = page
        .change(&format!("methods/{first_id}/remove"), &json!({}))
        .await;
    refused(&own, StatusCode::FORBIDDEN, "reauth_required");
    let page = bench.proved(&person).await;
    let (status, gone) = page
        .change(&format!("methods/{first_id}/remove"), &json!({}))
        .await;
    assert_eq!(status, OK, "{gone}");
    let (_, token) = bench.login(&person.subject).await;
    let answer = bench.sign_in_with(&token, &first).await;
    refused(&answer, UNPROCESSABLE, "passkey_wrong");
    assert_eq!(answer.1["field"], "credential");
    assert_eq!(bench.sign_in_with(&token, &second).await.0, OK);
}

/// The ids of the keys that a browser is to offer.
async fn offered(bench: &Bench, token: &str, post: &Value) -> Vec<String> {
    let (status, opened) = bench.widget_post("/v1/flow/ceremonies", token, post).await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");
    let options: Value = serde_json::from_str(opened["options"].as_str().unwrap()).unwrap();
    let options = options.get("publicKey").unwrap_or(&options);
    let keys = options["allowCredentials"].as_array().unwrap();
    keys.iter()
        .map(|key| key["id"].as_str().unwrap().to_owned())
        .collect()
}

/// So that a password manager forgets what is gone, and offers it to nobody.
#[tokio::test]
async fn a_browser_is_told_which_passkeys_count() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.manage(&person.subject).await;
    let early = bench.widget_get("/v1/flow/passkeys", &page.token).await;
    refused(&early, StatusCode::FORBIDDEN, "reauth_required");
    let page = bench.proved(&person).await;
    let (first, first_id) = bench.add_passkey(&page.token, 1).await;
    let (second, _) = bench.add_passkey(&page.token, 2).await;
    assert_eq!(
        told(&bench, &page.token).await,
        [first.name(), second.name()]
    );
    let path = format!("methods/{first_id}/remove");
    assert_eq!(page.change(&path, &json!({})).await.0, OK);
    assert_eq!(told(&bench, &page.token).await, [second.name()]);
    let (_, token) = bench.login(&person.subject).await;
    let login = bench.widget_get("/v1/flow/passkeys", &token).await;
    refused(&login, UNPROCESSABLE, "method_not_offered");
    let without = Bench::tuned(|config| config.hosts[0].passkeys = None, None).await;
    let person = somebody(&without).await;
    let page = without.proved(&person).await;
    let (_, view) = without.widget_get("/v1/flow/passkeys", &page.token).await;
    assert_eq!(view["accepted"], Value::Null);
}

async fn told(bench: &Bench, token: &str) -> Vec<String> {
    let (status, view) = bench.widget_get("/v1/flow/passkeys", token).await;
    assert_eq!(status, OK, "{view}");
    let said: Value = serde_json::from_str(view["accepted"].as_str().unwrap()).unwrap();
    assert_eq!(said["rpId"], "shop.example");
    assert!(said["userId"].is_string());
    let ids = said["allAcceptedCredentialIds"].as_array().unwrap();
    ids.iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

/// The keys that may not make another one.
fn excluded(asked: &common::passkey::Ceremony) -> Vec<&str> {
    let have = asked.options["excludeCredentials"].as_array();
    let ids = have
        .into_iter()
        .flatten()
        .map(|key| key["id"].as_str().unwrap());
    ids.collect()
}

#[tokio::test]
async fn in_one_set_up_a_device_makes_one_passkey() {
    let bench = Bench::new().await;
    let (_, token, _) = bench.open("u1").await;
    let (first, id) = bench.make(&token, 1).await;
    let named = json!({ "kind": "create", "named": id });
    let second = bench.asked(&token, &named).await.unwrap();
    assert_eq!(excluded(&second), [first.name()]);
    // Of what was made and not heard of, a device may make another one.
    let anew = bench.ceremony(&token, "create").await.unwrap();
    assert!(excluded(&anew).is_empty());
    let unknown = json!({ "kind": "create", "named": "of-nobody" });
    let answer = bench.asked(&token, &unknown).await.err().unwrap();
    refused(&answer, StatusCode::NOT_FOUND, "ceremony_unknown");
    let many = json!({ "kind": "create", "named": "a ".repeat(11) });
    let answer = bench.asked(&token, &many).await.err().unwrap();
    refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
    assert_eq!(answer.1["field"], "named");
    // What is for asking is not for making.
    let mixed = json!({ "kind": "create", "method_id": "m" });
    let answer = bench.asked(&token, &mixed).await.err().unwrap();
    refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
}

/// A press that is sent twice, by a person or by a proxy: both get the answer of the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_answer_twice_at_once_is_one() {
    let bench = Bench::new().await;
    let key = bench.enrolled_with_passkey("u1", 1).await;
    for _ in 0..10 {
        let (_, token) = bench.login("u1").await;
        let ceremony = bench.ceremony(&token, "get").await.unwrap();
        let post = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
        let (one, other) = tokio::join!(bench.verify(&token, &post), bench.verify(&token, &post));
        assert_eq!((one.0, &one.1), (OK, &other.1));
        let page = bench.manage("u1").await;
        let ceremony = bench.ceremony(&page.token, "get").await.unwrap();
        let post = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
        let (one, other) = tokio::join!(page.post("proof", &post), page.post("proof", &post));
        assert_eq!((one.0, other.0), (OK, OK), "{} {}", one.1, other.1);
    }
}

#[tokio::test]
async fn a_held_passkey_s_answer_is_counted_and_spent() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let (key, id) = bench.add_passkey(&page.token, 1).await;
    let (_, token) = bench.login(&person.subject).await;
    let ceremony = bench.ceremony(&token, "get").await.unwrap();
    let path = format!("/v1/subjects/{}/methods/{id}", person.subject);
    let why = json!({ "by": "Anna", "reason": "lost" });
    let held = bench.host_post(&format!("{path}/hold"), &why).await;
    assert_eq!(held.0, OK, "{}", held.1);
    let post = ceremony.post(&key.answer(ORIGIN, &ceremony.options));
    let answer = bench.verify(&token, &post).await;
    refused(&answer, StatusCode::FORBIDDEN, "method_held");
    let released = bench.host_post(&format!("{path}/release"), &why).await;
    assert_eq!(released.0, OK, "{}", released.1);
    // What was seen while it was held is good for nothing later.
    let answer = bench.verify(&token, &post).await;
    refused(&answer, StatusCode::CONFLICT, "ceremony_used");
}

#[tokio::test]
async fn a_credential_of_somebody_else_is_not_taken() {
    let bench = Bench::new().await;
    let theirs = bench.enrolled_with_passkey("u2", 2).await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let setup = json!({ "kind": "passkey" });
    let (_, opened) = page.post("setups", &setup).await;
    let ceremony = bench.ceremony(&page.token, "create").await.unwrap();
    let mine = Key::new(3, &ceremony.options);
    let mut saying = mine.make(ORIGIN, &ceremony.options);
    saying.id = theirs.id;
    assert_eq!(bench.made(&page.token, &ceremony, &saying).await.0, OK);
    let path = format!("setups/{}/finish", opened["setup_id"].as_str().unwrap());
    let taken = page
        .post(&path, &json!({ "ceremony_id": ceremony.id }))
        .await;
    refused(&taken, StatusCode::CONFLICT, "passkey_known");
}

/// Of many answers to one challenge one counts, whoever is first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_parallel_answers_to_one_challenge_one_wins() {
    let rounds = if std::env::var_os("NIDAN_FULL").is_some() {
        500
    } else {
        60
    };
    let bench = std::sync::Arc::new(Bench::new().await);
    let key = bench.enrolled_with_passkey("u1", 1).await;
    let (_, token) = bench.login("u1").await;
    let ceremony = bench.ceremony(&token, "get").await.unwrap();
    // Each signed anew: no two posts are the same.
    let posts = (0..rounds).map(|counter| {
        let mut saying = key.answer(ORIGIN, &ceremony.options);
        saying.counter = counter;
        ceremony.post(&saying)
    });
    let tasks: Vec<_> = posts
        .map(|post| {
            let (bench, token) = (std::sync::Arc::clone(&bench), token.clone());
            tokio::spawn(async move { bench.verify(&token, &post).await.0 })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += usize::from(task.await.unwrap() == OK);
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn another_rp_id_is_refused_while_passkeys_are_stored() {
    let bench = Bench::new().await;
    bench.enrolled_with_passkey("u1", 1).await;
    bench.service.check_passkeys().await.unwrap();
    for rp_id in [Some("other.example"), None] {
        let moved = bench.again(|config| {
            config.hosts[0].passkeys = rp_id.map(|rp_id| PasskeyConfig {
                keys_without_pin: false,
                rp_id: rp_id.to_owned(),
            });
            if let Some(rp_id) = rp_id {
                config.hosts[0].origins.push(format!("https://{rp_id}"));
            }
        });
        let refused = moved.check_passkeys().await.unwrap_err();
        assert!(
            matches!(&refused, StartError::PasskeysStranded { host, count: 1 } if host == "shop"),
            "{refused}"
        );
    }
}

/// What `nidan-server well-known` says in a folder of `init` for this origin.
fn related_origins(origin: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_nidan-server"))
            .current_dir(folder.path())
            .args(words)
            .output()
            .unwrap()
    };
    assert!(
        run(&["init", "--demo", "--origin", origin])
            .status
            .success()
    );
    let output = run(&["well-known"]);
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[test]
fn the_file_of_related_origins_is_printed_where_there_are_passkeys() {
    let (there, file) = related_origins("http://localhost:8000");
    assert!(there);
    assert_eq!(
        serde_json::from_str::<Value>(&file).unwrap(),
        json!({ "origins": ["http://localhost:8000"] })
    );
    // An address has no passkeys.
    assert_eq!(
        related_origins("http://127.0.0.1:8000"),
        (false, String::new())
    );
}
