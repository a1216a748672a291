//! The final post at 200 random moments of death: the service is killed, or the connection is cut before or after the
//! answer. Each time exactly one of "not enrolled, can go on" and "enrolled once with working backup codes" holds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::{BINDING, Widget, next};
use nidan_server::backup::BackupHasher;
use nidan_server::init::{Init, init};
use nidan_server::keys::{Keys, SealedFor};
use nidan_server::seams::Os;
use nidan_server::store::{SqliteStore, Store};
use serde_json::{Value, json};

const DEATHS: u64 = 200;
/// A whole post takes some 300 ms in this build: deaths fall before, during and after it.
const SPAN_MS: u64 = 450;
const ORIGIN: &str = "https://shop.example";

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Path, port: u16) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_nidan-server"))
            .arg("--config")
            .arg(folder.join("nidan.toml"))
            .arg("serve")
            .env("NIDAN_LISTEN", format!("127.0.0.1:{port}"))
            .env("RUST_LOG", "warn")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { child, port };
        let started = Instant::now();
        while server.ask("GET", "/healthz", "", &Value::Null).is_none() {
            assert!(started.elapsed() < Duration::from_secs(20), "the service does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    fn kill(&mut self) {
        // SIGKILL: no handler runs, nothing is flushed.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn ask(&self, method: &str, path: &str, bearer: &str, body: &Value) -> Option<(u16, Value)> {
        let mut stream = send(self.port, method, path, bearer, body)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
    }
}

fn send(port: u16, method: &str, path: &str, bearer: &str, body: &Value) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(15))).ok()?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: {ORIGIN}\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    Some(stream)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_final_post_survives_death_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let request = Init {
        folder: folder.path(),
        listen: "127.0.0.1:1",
        host_id: "shop",
        host_name: "Shop",
        origin: ORIGIN,
        demo: true,
    };
    let api_key = init(&request, &Os).unwrap().api_key;
    let keys = Arc::new(Keys::load(&folder.path().join("nidan.keys"), |_| None).unwrap());
    let mut server = Server::start(folder.path(), port);
    let mut random = 0x6e69_6461_6e21;
    let (mut untouched, mut stored) = (0, 0);
    for death in 0..DEATHS {
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
        let whole = (before["methods"].as_array().unwrap().len(), before["backup_codes_left"].as_u64().unwrap());
        assert!([(0, 0), (1, 10)].contains(&whole), "half an enrolment: {before}");
        if whole.0 == 0 {
            untouched += 1
        } else {
            stored += 1
        }

        // The widget tries again by itself with the same body, and the host's result follows.
        let (status, answer) = server.ask("POST", "/v1/flow/enrolment", &token, &body).unwrap();
        assert_eq!(status, 200, "cannot go on after death {death}: {answer}");
        let redeem = json!({ "result_code": answer["result_code"], "session_binding": BINDING });
        let path = format!("/v1/flows/{}/redeem", created["flow_id"].as_str().unwrap());
        assert_eq!(server.ask("POST", &path, &api_key, &redeem).unwrap().0, 200);
        works(folder.path(), &keys, &subject, &widget).await;
    }
    server.kill();
    println!("{DEATHS} deaths: {untouched} before, {stored} after the enrolment was stored");
    assert!(untouched > 20 && stored > 20, "deaths fell on one side only: {untouched} before, {stored} after");
}

/// One method with the widget's secret, and a backup code of the widget's set that the stored hashes know.
async fn works(folder: &Path, keys: &Arc<Keys>, subject: &str, widget: &Widget) {
    let store = SqliteStore::open(&folder.join("nidan.db")).await.unwrap();
    let stored = store.subject("shop", subject).await.unwrap();
    let [method] = stored.methods.as_slice() else { panic!("{} methods", stored.methods.len()) };
    let row = SealedFor { host: "shop", subject, method_id: &method.id };
    assert_eq!(keys.open(&method.sealed, row).unwrap().expose(), widget.secret.expose());
    let set = store.backup_set("shop", subject).await.unwrap().unwrap();
    let hashes: Vec<_> = set.unused.iter().map(|(_, hash)| *hash).collect();
    assert_eq!(hashes.len(), 10);
    let third = widget.backup_codes.iter().nth(2).unwrap().expose_grouped();
    let third = nidan_otp::BackupCode::from_typed(&third).unwrap();
    let position = BackupHasher::new(Arc::clone(keys)).position(third, set.salt, hashes).await.unwrap();
    assert_eq!(position, Some(2));
    store.close().await;
}
