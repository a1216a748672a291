//! The final post at random moments of death: the service is killed, or the connection is cut
//! before or after the answer. Each time exactly one of "not enrolled, can go on" and "enrolled
//! once with working backup codes" holds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::net::Shutdown;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::server::{Server, configured, free_port, now, send, setting};
use common::{BINDING, ORIGIN, Widget, next, open_store};
use nidan_server::backup::BackupHasher;
use nidan_server::keys::{Keys, SealedFor};
use serde_json::{Value, json};

/// A whole post takes some 300 ms in this build: deaths fall before, during and after it.
const SPAN_MS: u64 = 450;

#[tokio::test(flavor = "multi_thread")]
async fn the_final_post_survives_death_at_any_moment() {
    let deaths = setting("DEATHS", 24);
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let api_key = configured(folder.path());
    let keys = Arc::new(Keys::load(&folder.path().join("nidan.keys"), |_| None).unwrap());
    let mut server = Server::start(folder.path(), port);
    let mut random = 0x6e69_6461_6e21;
    let (mut untouched, mut stored) = (0, 0);
    for death in 0..deaths {
        let subject = format!("person-{death}");
        let create = json!({
            "purpose": "enroll", "subject": subject, "account_name": "a@example.com", "auth_time": now(),
            "session_binding": BINDING, "origin": ORIGIN,
        });
        let (_, created) = server.ask("POST", "/v1/flows", &api_key, &create).unwrap();
        let token = created["flow_token"].as_str().unwrap().to_owned();
        let (_, view) = server.ask("GET", "/v1/flow", &token, &Value::Null).unwrap();
        let widget = Widget::new(&view, (death % 250) as u8);
        let body = widget.body(now());

        let post = send(port, "POST", "/v1/flow/enrolment", &token, &body).unwrap();
        std::thread::sleep(Duration::from_millis(next(&mut random) % SPAN_MS));
        let killed = death % 2 == 0;
        if killed {
            server.kill();
            server = Server::start(folder.path(), port);
        } else {
            post.shutdown(Shutdown::Both).unwrap();
        }
        drop(post);

        let path = format!("/v1/subjects/{subject}");
        let before = server.ask("GET", &path, &api_key, &Value::Null).unwrap().1;
        let whole = (
            before["methods"].as_array().unwrap().len(),
            before["backup_codes_left"].as_u64().unwrap(),
        );
        assert!(
            [(0, 0), (1, 10)].contains(&whole),
            "half an enrolment: {before}"
        );
        if whole.0 == 0 {
            untouched += 1
        } else {
            stored += 1
        }

        // The widget tries again by itself with the same body, and the host's result follows.
        let (status, answer) = server
            .ask("POST", "/v1/flow/enrolment", &token, &body)
            .unwrap();
        assert_eq!(status, 200, "cannot go on after death {death}: {answer}");
        let redeem = json!({ "result_code": answer["result_code"], "session_binding": BINDING });
        let path = format!("/v1/flows/{}/redeem", created["flow_id"].as_str().unwrap());
        assert_eq!(server.ask("POST", &path, &api_key, &redeem).unwrap().0, 200);
        works(folder.path(), &keys, &subject, &widget).await;
    }
    server.kill();
    println!("{deaths} deaths: {untouched} before, {stored} after the enrolment was stored");
    assert!(
        untouched > deaths / 10 && stored > deaths / 10,
        "deaths fell on one side only: {untouched} before, {stored} after"
    );
}

/// One method with the widget's secret, and a backup code of the widget's set that the stored
/// hashes know.
async fn works(folder: &Path, keys: &Arc<Keys>, subject: &str, widget: &Widget) {
    let store = open_store(folder).await;
    let stored = store.subject("shop", subject, 1040).await.unwrap();
    let [method] = stored.methods.as_slice() else {
        panic!("{} methods", stored.methods.len())
    };
    let row = SealedFor {
        host: "shop",
        subject,
        method_id: &method.id,
    };
    assert_eq!(
        keys.open(&method.sealed, row).unwrap().expose(),
        widget.secret.expose()
    );
    let set = store.backup_set("shop", subject).await.unwrap().unwrap();
    let hashes: Vec<_> = set.unused.iter().map(|(_, hash)| *hash).collect();
    assert_eq!(hashes.len(), 10);
    let third = widget.backup_codes.iter().nth(2).unwrap().expose_grouped();
    let third = nidan_otp::BackupCode::from_typed(&third).unwrap();
    let hasher = BackupHasher::new(Arc::clone(keys)).unwrap();
    let ticket = hasher.enter("shop", "u1").unwrap();
    let position = hasher
        .position(&ticket, Some(("shop", subject)), &third, set.salt, &hashes)
        .await
        .unwrap();
    assert_eq!(position, Some(2));
    store.close().await;
}
