//! Messages on their way out: to the example senders in other languages, and through two hundred deaths of the service.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use common::Bench;
use nidan_server::config::{Budgets, Config, Webhook};
use nidan_server::delivery::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use nidan_server::store::PhoneStore;
use serde_json::{Value, json};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const MESSAGES: usize = 5_000;
const DEATHS: u64 = 200;

/// An example sender as its own process, on a port that the system chose.
struct Sender {
    child: Child,
    port: u16,
    delivered: Arc<Mutex<Vec<String>>>,
}

impl Sender {
    fn start(program: &str, script: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/senders").join(script);
        let mut child = Command::new(program)
            .arg(file)
            .env("NIDAN_SECRET", SECRET)
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let port = first.strip_prefix("listening on ").unwrap().parse().unwrap();
        let delivered = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&delivered);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                into.lock().unwrap().push(line);
            }
        });
        Self { child, port, delivered }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn write_secret(folder: &Path, secret: &str) {
    let file = folder.join("webhook.secret");
    std::fs::write(&file, secret).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// All messages by webhook to one URL.
async fn bench(url: String, secret: &'static str) -> Bench {
    let bench = Bench::tuned(
        move |config: &mut Config| {
            write_secret(&config.folder, secret);
            let gateway = &mut config.gateways[0];
            gateway.outbox = None;
            gateway.webhook = Some(Webhook { url, secret_file: "webhook.secret".into() });
            let plenty = 100_000;
            config.phone.as_mut().unwrap().budgets = Budgets {
                block_per_day: plenty,
                host_per_day: plenty,
                country_per_day: plenty,
                total_per_day: plenty,
                ..Budgets::default()
            };
        },
        None,
    )
    .await;
    // The service of another process has the real time.
    bench.clock.0.store(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs(), Ordering::SeqCst);
    bench
}

async fn order(bench: &Bench, subject: &str, number: &str) -> (String, Value) {
    let (_, token, _) = bench.open(subject).await;
    let body = json!({ "number": number, "country": "JP", "channel": "sms" });
    let (status, challenge) = bench.widget_post("/v1/flow/challenges", &token, &body).await;
    assert_eq!(status, StatusCode::CREATED, "{challenge}");
    (token, challenge)
}

async fn state(bench: &Bench, token: &str, challenge: &Value, wanted: &str) {
    let path = format!("/v1/flow/challenges/{}", challenge["id"].as_str().unwrap());
    for _ in 0..3_000 {
        if bench.widget_get(&path, token).await.1["delivery"] == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never {wanted}: {}", bench.widget_get(&path, token).await.1);
}

async fn takes_a_message_and_refuses_a_forged_one(program: &str, script: &str) {
    let sender = Sender::start(program, script);
    let right = bench(sender.url(), SECRET).await;
    right.deliver();
    let (token, challenge) = order(&right, "u1", "090-1234-5678").await;
    state(&right, &token, &challenge, "accepted").await;
    let line = sender.delivered.lock().unwrap()[0].clone();
    assert!(line.starts_with("sms ") && line.ends_with(" +819012345678"), "{line}");

    // The sender's receipt comes back, signed the same way; a forged one changes nothing.
    let id = line.split(' ').nth(1).unwrap();
    let receipt = async |secret: &str| {
        let body = json!({ "id": id, "state": "delivered" }).to_string();
        let now = right.now();
        let request = axum::http::Request::post("/v1/gateways/outbox/receipt")
            .header(TIMESTAMP_HEADER, now)
            .header(SIGNATURE_HEADER, sign(secret, now, body.as_bytes()));
        right.send(request.body(axum::body::Body::from(body)).unwrap()).await.0
    };
    assert_eq!(receipt("another secret of some thirty-two").await, StatusCode::UNAUTHORIZED);
    state(&right, &token, &challenge, "accepted").await;
    assert_eq!(receipt(SECRET).await, StatusCode::OK);
    assert_eq!(receipt(SECRET).await, StatusCode::OK, "doubled: no effect, no error");
    state(&right, &token, &challenge, "delivered").await;

    let wrong = bench(sender.url(), "another secret of some thirty-two").await;
    wrong.deliver();
    let (token, challenge) = order(&wrong, "u1", "090-1234-5678").await;
    state(&wrong, &token, &challenge, "failed").await;
    assert_eq!(sender.delivered.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_in_node_takes_a_message_and_refuses_a_forged_one() {
    takes_a_message_and_refuses_a_forged_one("node", "sender.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_in_python_takes_a_message_and_refuses_a_forged_one() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("no Python here: not tried");
        return;
    }
    takes_a_message_and_refuses_a_forged_one("python3", "sender.py").await;
}

/// Small, known, and different each time: xorshift (Marsaglia 2003).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn serve(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_nidan-server"))
        .arg("--config")
        .arg(folder.join("nidan.toml"))
        .arg("serve")
        .env("NIDAN_LISTEN", "127.0.0.1:0")
        .env("RUST_LOG", "error")
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_deaths_lose_no_message_and_deliver_none_twice() {
    let sender = Sender::start("node", "sender.mjs");
    let bench = bench(sender.url(), SECRET).await;
    for index in 0..MESSAGES {
        order(&bench, &format!("u{index}"), &format!("090-{:04}-{:04}", 1000 + index / 10, index % 10 * 7 + 1000))
            .await;
    }
    // The queue outlives the codes of this test: what is tested is the queue.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(bench.folder.path().join("nidan.db"));
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("UPDATE challenge SET expires_at = expires_at + 3600").execute(&pool).await.unwrap();
    let config = bench.folder.path().join("nidan.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let webhook = format!("webhook = {{ url = \"{}\", secret_file = \"webhook.secret\" }}", sender.url());
    std::fs::write(&config, text.replace("outbox = {}", &webhook)).unwrap();

    let mut random = 0x5eed_u64;
    let mut died_at_work = 0;
    for _ in 0..DEATHS {
        let before = sender.delivered.lock().unwrap().len();
        let mut child = serve(bench.folder.path());
        // Until it is at work, and a moment more.
        let started = Instant::now();
        while sender.delivered.lock().unwrap().len() == before && started.elapsed() < Duration::from_secs(5) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(next(&mut random) % 30)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let after = sender.delivered.lock().unwrap().len();
        died_at_work += u64::from(after > before && after < MESSAGES);
    }
    let at_the_end = sender.delivered.lock().unwrap().len();
    let mut child = serve(bench.folder.path());
    let started = Instant::now();
    while bench.store.queue().await.unwrap().0 > 0 {
        assert!(started.elapsed() < Duration::from_secs(240), "{:?}", bench.store.queue().await);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let delivered = sender.delivered.lock().unwrap().clone();
    let unique: BTreeSet<_> = delivered.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    println!(
        "{DEATHS} deaths, {died_at_work} of them amid work ({at_the_end} of {MESSAGES} delivered by then): {} lost, {} twice",
        MESSAGES - unique.len(),
        delivered.len() - unique.len()
    );
    assert_eq!((unique.len(), delivered.len()), (MESSAGES, MESSAGES));
    assert!(died_at_work > DEATHS / 2, "the service died idle: {died_at_work}");
}
