//! Many at once: memory that does not grow, others who are not kept waiting, connections that say
//! nothing, a stop in time, and a log that nobody reads.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests against a process, in real time"
)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use common::Widget;
use common::server::{Server, ask, configured, enrol, free_port, login_body, now, setting};
use serde_json::{Value, json};

/// Resident memory of a process, MiB.
fn memory_mib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .trim()
        .parse::<u64>()
        .unwrap()
        / 1024
}

/// A login in a session of its own.
fn begin(port: u16, api_key: &str, subject: &str) -> String {
    static SESSIONS: AtomicU32 = AtomicU32::new(0);
    let session = format!(
        "a-session-of-login-{}",
        SESSIONS.fetch_add(1, Ordering::Relaxed)
    );
    let flow = ask(
        port,
        "POST",
        "/v1/flows",
        api_key,
        &login_body(subject, &session),
    )
    .unwrap()
    .1;
    flow["flow_token"].as_str().unwrap().to_owned()
}

fn try_backup(port: u16, token: &str, code: &str) -> (u16, Value) {
    let body = json!({ "method_id": "backup_code", "code": code });
    ask(port, "POST", "/v1/flow/verification", token, &body).unwrap()
}

/// Right symbols and check symbol, and nobody's.
fn wrong_code(number: u32) -> String {
    let mut shared = [0; 32];
    shared[..4].copy_from_slice(&number.to_be_bytes());
    let (_, codes) = common::derived(nidan_otp::SharedSecret::new(shared));
    codes
        .iter()
        .next()
        .map(|code| code.expose().to_string())
        .unwrap_or_default()
}

/// Runs `work` for each number below `count`, `at_once` at a time.
fn in_parallel(count: u32, at_once: u32, work: impl Fn(u32) + Sync) {
    let next = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _one in 0..at_once {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    work(number);
                }
            });
        }
    });
}

#[test]
fn wrong_backup_codes_leave_no_memory_behind() {
    let count = u32::try_from(setting("WRONG_CODES", 300)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let api_key = configured(folder.path());
    let server = Server::start(folder.path(), free_port());
    enrol(server.port, &api_key, "u1", 1);
    let (wrong, busy) = (AtomicU32::new(0), AtomicU32::new(0));
    let mut after_first = 0;
    let rounds = 3;
    for round in 0..rounds {
        in_parallel(count / rounds, 60, |number| {
            let token = begin(server.port, &api_key, "u1");
            let (status, answer) =
                try_backup(server.port, &token, &wrong_code(round * count + number));
            match status {
                422 => wrong.fetch_add(1, Ordering::Relaxed),
                503 if answer["code"] == "unavailable" => busy.fetch_add(1, Ordering::Relaxed),
                _other => panic!("{status} {answer}"),
            };
        });
        let resident = memory_mib(server.id());
        println!(
            "after {} wrong backup codes, 60 at once: {resident} MiB",
            (round + 1) * (count / rounds)
        );
        assert!(resident < 200, "{resident} MiB");
        if round == 0 {
            after_first = resident;
        }
        // Two threads have a block of 19 MiB each, and the second of them may have its first turn
        // later. What is never given back was thousands.
        assert!(
            resident <= after_first + 40,
            "grows from {after_first} to {resident} MiB"
        );
    }
    println!("{wrong:?} were told wrong, {busy:?} to come again");
    assert!(wrong.into_inner() > count / 4);
}

/// Three people of one host post their own set-up and wrong backup codes as fast as they can.
#[test]
fn greedy_people_of_one_host_keep_nobody_of_another_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let api_key = configured(folder.path());
    let other_key = with_another_host(folder.path());
    let server = Server::start(folder.path(), free_port());
    let port = server.port;
    let people: Vec<_> = (0..4)
        .map(|one| enrol(port, &other_key, &format!("bank-{one}"), one + 1))
        .collect();
    enrol(port, &api_key, "greedy-login", 90);
    let greedy: Vec<_> = (0..3_u8)
        .map(|one| set_up(port, &api_key, &format!("greedy-{one}"), one + 100))
        .collect();
    let over = Arc::new(AtomicU32::new(0));
    let load: Vec<_> = (0..60)
        .map(|thread| {
            let (over, (token, body)) = (Arc::clone(&over), greedy[thread % 3].clone());
            let api_key = api_key.clone();
            std::thread::spawn(move || {
                let mut number = 0;
                while over.load(Ordering::Relaxed) == 0 {
                    if thread % 2 == 0 {
                        let _told = ask(port, "POST", "/v1/flow/enrolment", &token, &body);
                    } else {
                        let token = begin(port, &api_key, "greedy-login");
                        let _told =
                            try_backup(port, &token, &wrong_code(thread as u32 * 1_000 + number));
                    }
                    number += 1;
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    let mut slowest = Duration::ZERO;
    for (one, (widget, _)) in people.iter().enumerate() {
        let code = widget
            .backup_codes
            .iter()
            .next()
            .unwrap()
            .expose()
            .to_string();
        let token = begin(port, &other_key, &format!("bank-{one}"));
        let started = Instant::now();
        let (status, answer) = try_backup(port, &token, &code);
        slowest = slowest.max(started.elapsed());
        assert_eq!(status, 200, "{answer}");
    }
    over.store(1, Ordering::Relaxed);
    load.into_iter().for_each(|thread| thread.join().unwrap());
    println!("a backup code beside 60 greedy requests of another host: at most {slowest:?}");
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

/// Another host in the same configuration; its API key.
fn with_another_host(folder: &std::path::Path) -> String {
    let key = "nidan_sk_of_the_bank";
    let hash: String = sha256_hex(key);
    let mut text = std::fs::read_to_string(folder.join("nidan.toml")).unwrap();
    text.push_str(&format!(
        "\n[[hosts]]\nid = \"bank\"\nname = \"Bank\"\napi_key_sha256 = \"{hash}\"\norigins = [\"{}\"]\n",
        common::ORIGIN
    ));
    std::fs::write(folder.join("nidan.toml"), text).unwrap();
    key.to_owned()
}

fn sha256_hex(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A set-up up to its final post: the flow's token and the body.
fn set_up(port: u16, api_key: &str, subject: &str, seed: u8) -> (String, Value) {
    let create = json!({
        "purpose": "enroll", "subject": subject, "account_name": "a@example.com", "auth_time": now(),
        "session_binding": "session-of-the-set-up", "origin": common::ORIGIN,
    });
    let created = ask(port, "POST", "/v1/flows", api_key, &create).unwrap().1;
    let token = created["flow_token"].as_str().unwrap().to_owned();
    let view = ask(port, "GET", "/v1/flow", &token, &Value::Null)
        .unwrap()
        .1;
    let body = Widget::new(&view, seed).body(now());
    (token, body)
}

#[test]
fn one_set_up_posted_many_times_at_once_is_stored_and_answered_once_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let api_key = configured(folder.path());
    let server = Server::start(folder.path(), free_port());
    let (token, body) = set_up(server.port, &api_key, "u1", 1);
    let results = std::sync::Mutex::new(std::collections::BTreeSet::new());
    in_parallel(58, 58, |_number| {
        let (status, answer) =
            ask(server.port, "POST", "/v1/flow/enrolment", &token, &body).unwrap();
        assert_eq!(status, 200, "{answer}");
        results
            .lock()
            .unwrap()
            .insert(answer["result_code"].as_str().unwrap().to_owned());
    });
    assert_eq!(results.into_inner().unwrap().len(), 1);
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// An event stream that has said its first event.
fn open_stream(port: u16, api_key: &str) -> TcpStream {
    let create = json!({
        "purpose": "enroll", "subject": "u9", "account_name": "a@example.com", "auth_time": now(),
        "session_binding": "session-of-the-set-up", "origin": common::ORIGIN,
    });
    let created = ask(port, "POST", "/v1/flows", api_key, &create).unwrap().1;
    let token = created["flow_token"].as_str().unwrap().to_owned();
    let post = json!({ "number": "+819012345678", "channel": "sms" });
    let challenge = ask(port, "POST", "/v1/flow/challenges", &token, &post)
        .unwrap()
        .1;
    let path = format!(
        "/v1/flow/challenges/{}/events",
        challenge["id"].as_str().unwrap()
    );
    let mut stream = common::server::send(port, "GET", &path, &token, &Value::Null).unwrap();
    let mut first = [0; 64];
    assert!(stream.read(&mut first).unwrap() > 0);
    stream
}

#[test]
fn a_stop_waits_for_no_connection_that_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let api_key = configured(folder.path());
    let server = Server::start(folder.path(), free_port());
    let port = server.port;
    let _idle = connect(port);
    let mut half = connect(port);
    half.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half:")
        .unwrap();
    let mut kept = connect(port);
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    let mut answer = [0; 64];
    assert!(kept.read(&mut answer).unwrap() > 0);
    let _stream = open_stream(port, &api_key);
    let started = Instant::now();
    assert!(server.stop_within(Duration::from_secs(10)), "it still runs");
    println!(
        "a stop with an idle connection, half a head, a kept one and an open stream: {:?}",
        started.elapsed()
    );
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_request_in_flight_is_answered_before_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let api_key = configured(folder.path());
    let server = Server::start(folder.path(), free_port());
    let (token, body) = set_up(server.port, &api_key, "u1", 1);
    let mut post =
        common::server::send(server.port, "POST", "/v1/flow/enrolment", &token, &body).unwrap();
    std::thread::sleep(Duration::from_millis(30));
    let stopped = std::thread::spawn(move || server.stop_within(Duration::from_secs(10)));
    let mut answer = String::new();
    post.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(stopped.join().unwrap());
}

/// With room for 1,024 files, 1,100 connections that say nothing leave the service answering; half
/// a head is closed.
#[cfg(target_os = "linux")]
#[test]
fn connections_that_say_nothing_make_room() {
    let folder = tempfile::tempdir().unwrap();
    configured(folder.path());
    let port = free_port();
    let _own = rustix::process::setrlimit(
        rustix::process::Resource::Nofile,
        rustix::process::Rlimit {
            current: Some(4_096),
            maximum: rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum,
        },
    );
    let server = Server::start_with_files(folder.path(), port, 1_024);
    let mut half = connect(port);
    half.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half:")
        .unwrap();
    let half_since = Instant::now();
    let mut silent: Vec<_> = (0..1_100).map(|_| connect(port)).collect();
    for _look in 0..3 {
        let started = Instant::now();
        let (status, _) = ask(port, "GET", "/healthz", "", &Value::Null).unwrap();
        assert_eq!(status, 200);
        // A connection that meets a full queue is asked for again by the kernel after a second.
        assert!(
            started.elapsed() < Duration::from_secs(3),
            "{:?}",
            started.elapsed()
        );
    }
    let mut byte = [0; 1];
    assert_eq!(
        silent[0].read(&mut byte).unwrap_or(0),
        0,
        "the most silent one was closed"
    );
    let again = silent.last_mut().unwrap();
    again
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    again.read_to_string(&mut answer).unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200"),
        "the youngest one is served: {answer}"
    );
    assert_eq!(
        half.read(&mut byte).unwrap_or(0),
        0,
        "half a head is not waited for"
    );
    assert!(
        half_since.elapsed() < Duration::from_secs(13),
        "{:?}",
        half_since.elapsed()
    );
    drop(server);
}

/// Nobody reads what it logs, or the pipe is closed.
#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    for reads_no_more in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let api_key = configured(folder.path());
        let port = free_port();
        let mut child = Command::new(env!("CARGO_BIN_EXE_nidan-server"))
            .arg("--config")
            .arg(folder.path().join("nidan.toml"))
            .arg("serve")
            .env("NIDAN_LISTEN", format!("127.0.0.1:{port}"))
            .env("RUST_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed at once; or open, and full after 64 KiB.
        let unread = if reads_no_more {
            None
        } else {
            Some((child.stdout.take(), child.stderr.take()))
        };
        drop((child.stdout.take(), child.stderr.take()));
        let started = Instant::now();
        while ask(port, "GET", "/healthz", "", &Value::Null).is_none() {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "it does not start"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        enrol(port, &api_key, "u1", 1);
        in_parallel(400, 8, |_number| {
            let (status, _) = ask(port, "GET", "/healthz", "", &Value::Null).unwrap();
            assert_eq!(status, 200);
        });
        drop(unread);
        let _ended = child.kill();
        child.wait().unwrap();
    }
}
