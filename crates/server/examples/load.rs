//! How many logins a second: the service as a process of its own, SQLite with `synchronous=FULL`,
//! 64 connections, and this load generator on the same cores. `cargo xtask bench` runs it. Loopback
//! only.
//!
//! Each verification is of another person, so that every one is a right code that is spent: two
//! commits, of which many share one. Nothing is answered before it is on the disk.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement that ends when something is wrong"
)]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nidan_otp::Secret;
use nidan_protocol::Purpose;
use nidan_server::audit::AuditContext;
use nidan_server::environment::{Os, random_bytes};
use nidan_server::init::{Init, init};
use nidan_server::keys::{Keys, SealedFor};
use nidan_store::{
    Activation, MethodDetail, NewFlow, NewMethod, OpenVerification, Store, VerifyStore,
};
use nidan_store_sqlite::SqliteStore;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 64;
/// Before the measurement: connections and caches are warm then.
const WARM_UP: usize = 4_000;
const MEASURED: usize = 20_000;
/// Then as many a second as the goal says and a tenth more, each timed from when it was due.
const PACED_PER_S: f64 = 2_200.0;
const PACED: usize = 22_000;
/// The goal: so many a second at least, 99 of 100 answered within this, on a machine that does
/// nothing else. It is printed whether it is reached.
const GOAL_PER_S: f64 = 2_000.0;
const GOAL_MS: f64 = 20.0;
/// The run ends with an error below this share of the floor: what the same service and connections
/// would do if a verification cost a read and its part of two commits of all connections. Reads and
/// commits are measured just before and after, so that a machine with other work slows both down.
const LEAST_SHARE_OF_FLOOR: f64 = 0.3;
/// Of a verification: the attempt before the code is checked, and its completion.
const COMMITS: f64 = 2.0;
const ORIGIN: &str = "https://shop.example";
const SYNC_FOR: Duration = Duration::from_secs(2);

struct Login {
    token: String,
    method_id: String,
    secret: [u8; 20],
}

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

#[tokio::main]
async fn main() {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("nidan-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let syncs_before = fdatasync_rate(&folder);
    println!("bench: fdatasync of 4 KiB, alone               {syncs_before:>8.0} a second");
    let request = Init {
        folder: &folder,
        listen: "127.0.0.1:1",
        host_id: "shop",
        host_name: "Shop",
        origin: ORIGIN,
        issuer: None,
        support_url: None,
        recovery_url: None,
        demo: true,
    };
    init(&request, &Os).unwrap();
    let logins = people(&folder).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let _service = serve(&folder, port).await;
    let logins = Arc::new(logins);
    run(port, &logins, 0..WARM_UP, Ask::Verify).await;
    let read_before = reads_per_s(port, &logins).await;
    let started = Instant::now();
    let took = run(port, &logins, WARM_UP..WARM_UP + MEASURED, Ask::Verify).await;
    let seconds = started.elapsed().as_secs_f64();
    let at_most = MEASURED as f64 / seconds;
    let reads = read_before.midpoint(reads_per_s(port, &logins).await);
    let syncs = syncs_before.min(fdatasync_rate(&folder));
    let floor = 1.0 / (1.0 / reads + COMMITS / (CONNECTIONS as f64 * syncs));
    println!(
        "bench: verifications, {CONNECTIONS} connections          {at_most:>8.0} a second at most"
    );
    let late_at_most = tell(took);
    println!(
        "bench:   {:.2} × what {reads:.0} reads and {syncs:.0} commits a second allow (limit {LEAST_SHARE_OF_FLOOR})",
        at_most / floor
    );
    let paced = run(
        port,
        &logins,
        WARM_UP + MEASURED..WARM_UP + MEASURED + PACED,
        Ask::VerifyAt(PACED_PER_S),
    )
    .await;
    println!("bench: the same, paced                         {PACED_PER_S:>8.0} a second");
    let late = tell(paced);
    let store = SqliteStore::open(&folder.join("nidan.db")).await.unwrap();
    let spent = store
        .record("shop", "person-00000000", None, 10)
        .await
        .unwrap();
    assert_eq!(spent.lines.len(), 2, "the record has what was answered");
    store.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
    let is_reached = at_most >= GOAL_PER_S && late.max(late_at_most) < GOAL_MS;
    println!(
        "bench: {GOAL_PER_S} a second, 99 of 100 within {GOAL_MS} ms: {}",
        if is_reached { "reached" } else { "missed" }
    );
    assert!(
        at_most >= LEAST_SHARE_OF_FLOOR * floor,
        "verifications are slow beside reads and commits"
    );
}

/// How many flows are read in a second: of people whose codes are asked about last.
async fn reads_per_s(port: u16, logins: &Arc<Vec<Login>>) -> f64 {
    let started = Instant::now();
    let last = WARM_UP + MEASURED..WARM_UP + MEASURED + PACED;
    run(port, logins, last, Ask::Read).await;
    PACED as f64 / started.elapsed().as_secs_f64()
}

/// What is asked about each login.
#[derive(Clone, Copy)]
enum Ask {
    /// Its flow, which writes nothing.
    Read,
    /// Whether the code is right, as fast as answers come.
    Verify,
    /// The same, so many a second.
    VerifyAt(f64),
}

/// Within how many milliseconds 99 of 100 were answered.
fn tell(mut took: Vec<Duration>) -> f64 {
    took.sort_unstable();
    let share = |part: f64| took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
    println!(
        "bench:   half of them within                   {:>8.1} ms",
        share(0.5)
    );
    println!(
        "bench:   99 of 100 within                      {:>8.1} ms",
        share(0.99)
    );
    share(0.99)
}

/// What the disk allows a program that does nothing else.
fn fdatasync_rate(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("sync")).unwrap();
    let (started, mut count) = (Instant::now(), 0.0);
    while started.elapsed() < SYNC_FOR {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1.0;
    }
    count / started.elapsed().as_secs_f64()
}

/// People with an app each, and an open login for each, written past the slow hash of backup codes.
async fn people(folder: &Path) -> Vec<Login> {
    let store = SqliteStore::open(&folder.join("nidan.db")).await.unwrap();
    let keys = Arc::new(Keys::load(&folder.join("nidan.keys"), |_| None).unwrap());
    let audit = AuditContext::new(Arc::<Keys>::clone(&keys), false, None, now());
    let mut logins = Vec::new();
    for at in 0..WARM_UP + MEASURED + PACED {
        let subject = format!("person-{at:08}");
        let method_id = format!("method-{at:08}");
        let secret = random_bytes::<20>(&Os).unwrap();
        let enrol = flow(
            &subject,
            "enrol",
            Purpose::Enroll,
            &format!("enrol-token-{at:08}"),
        );
        let _opened = store.open_flow(&enrol).await.unwrap();
        let row = SealedFor {
            host: "shop",
            subject: &subject,
            method_id: &method_id,
        };
        let activation = Activation {
            flow_id: enrol.id,
            host: "shop".to_owned(),
            subject: subject.clone(),
            methods: vec![NewMethod {
                id: method_id.clone(),
                name: None,
                sealed: keys.seal(&Secret::from_bytes(secret), row, &Os).unwrap(),
                detail: MethodDetail::Totp {
                    fingerprint: Sha256::digest(secret).into(),
                    last_step: 0,
                },
            }],
            backup_salt: [1; 16],
            backup_hashes: vec![[2; 32]; 10],
            body_hash: [3; 32],
            result_hash: [4; 32],
            result_expires_at: now(),
            now: now(),
            audit: audit.clone(),
        };
        let _activated = store.activate(&activation).await.unwrap();
        let token = format!("login-token-{at:08}");
        let login = flow(&subject, "login", Purpose::Verify, &token);
        let open = OpenVerification {
            flow: login,
            trust: None,
            begins_grace: false,
            may_be_paused: true,
            audit: audit.clone(),
        };
        let _opened = store.open_verification(&open).await.unwrap();
        logins.push(Login {
            token,
            method_id,
            secret,
        });
    }
    store.close().await;
    logins
}

fn flow(subject: &str, what: &str, purpose: Purpose, token: &str) -> NewFlow {
    NewFlow {
        id: format!("{what}-{subject}"),
        host: "shop".to_owned(),
        subject: subject.to_owned(),
        purpose,
        account_name: "a@example.com".to_owned(),
        auth_time: now(),
        session_binding: format!("session-of-{what}-{subject}"),
        origin: ORIGIN.to_owned(),
        country: None,
        intent: None,
        acr_needed: None,
        group: None,
        at_login: false,
        after_login: None,
        client_description: None,
        token_hash: Sha256::digest(token.as_bytes()).into(),
        enrolment_id: random_bytes(&Os).unwrap(),
        key_pair: None,
        created_at: now(),
        expires_at: now() + 600,
    }
}

async fn serve(folder: &Path, port: u16) -> Service {
    let program = std::env::current_exe().unwrap();
    let program = program.ancestors().nth(2).unwrap().join("nidan-server");
    let mut serve = Command::new(program);
    serve
        .arg("--config")
        .arg(folder.join("nidan.toml"))
        .arg("serve")
        .stdin(Stdio::null());
    serve
        .env("NIDAN_LISTEN", format!("127.0.0.1:{port}"))
        .env("RUST_LOG", "warn");
    let service = Service(serve.spawn().unwrap());
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    service
}

/// How long each of them took.
async fn run(
    port: u16,
    logins: &Arc<Vec<Login>>,
    places: std::ops::Range<usize>,
    ask: Ask,
) -> Vec<Duration> {
    let (began, first) = (Instant::now(), places.start);
    let next = Arc::new(AtomicUsize::new(places.start));
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (logins, next, end) = (Arc::clone(logins), Arc::clone(&next), places.end);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut took = Vec::new();
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    let Some(login) = logins.get(at).filter(|_| at < end) else {
                        return took;
                    };
                    let due = match ask {
                        Ask::Read | Ask::Verify => None,
                        Ask::VerifyAt(rate) => {
                            Some(began + Duration::from_secs_f64((at - first) as f64 / rate))
                        }
                    };
                    if let Some(due) = due {
                        tokio::time::sleep_until(due.into()).await;
                    }
                    let sent = due.unwrap_or_else(Instant::now);
                    let request = match ask {
                        Ask::Read => reading(login),
                        Ask::Verify | Ask::VerifyAt(_) => verification(login),
                    };
                    answered(&mut stream, &request).await;
                    took.push(sent.elapsed());
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    all
}

fn reading(login: &Login) -> String {
    format!(
        "GET /v1/flow HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nAuthorization: Bearer {}\r\n\r\n",
        login.token
    )
}

fn verification(login: &Login) -> String {
    let app = totp_rs::Builder::new()
        .with_secret(totp_rs::Secret::new_stack(login.secret))
        .build()
        .unwrap();
    let body = format!(
        "{{\"method_id\":\"{}\",\"code\":\"{}\"}}",
        login.method_id,
        app.generate(now())
    );
    format!(
        "POST /v1/flow/verification HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        login.token,
        body.len()
    )
}

async fn answered(stream: &mut TcpStream, request: &str) {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::with_capacity(1024);
    loop {
        let read = stream.read_buf(&mut answer).await.unwrap();
        assert!(read > 0, "the service hung up");
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap();
        if body.len() >= length.parse().unwrap() {
            assert!(head.starts_with("HTTP/1.1 200"), "{text}");
            return;
        }
    }
}
