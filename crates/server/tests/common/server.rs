//! The service as a process of its own.

#![allow(
    clippy::disallowed_methods,
    reason = "the processes have the real time too"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nidan_server::environment::Os;
use nidan_server::init::{Init, init};
use serde_json::Value;

use super::ORIGIN;

/// Ends with the test.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    pub fn start(folder: &Path, port: u16) -> Self {
        Self::start_by(
            Command::new(env!("CARGO_BIN_EXE_nidan-server")),
            folder,
            port,
        )
    }

    /// With a limit on open files of its own.
    pub fn start_with_files(folder: &Path, port: u16, files: u32) -> Self {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("ulimit -n {files}; exec \"$0\" \"$@\""))
            .arg(env!("CARGO_BIN_EXE_nidan-server"));
        Self::start_by(shell, folder, port)
    }

    fn start_by(mut command: Command, folder: &Path, port: u16) -> Self {
        command
            .arg("--config")
            .arg(folder.join("nidan.toml"))
            .arg("serve")
            .env("NIDAN_LISTEN", format!("127.0.0.1:{port}"))
            .env("RUST_LOG", "error")
            .stderr(Stdio::null());
        let mut spawn = || command.spawn().unwrap();
        let mut server = Self {
            child: spawn(),
            port,
        };
        let started = Instant::now();
        while server.ask("GET", "/healthz", "", &Value::Null).is_none() {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "the service does not start"
            );
            std::thread::sleep(Duration::from_millis(5));
            // Somebody's connection may have had the port for a moment.
            if matches!(server.child.try_wait(), Ok(Some(_))) {
                std::thread::sleep(Duration::from_millis(100));
                server.child = spawn();
            }
        }
        server
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM: whether it ends by itself in time.
    pub fn stop_within(mut self, limit: Duration) -> bool {
        let asked = Command::new("kill")
            .arg(self.id().to_string())
            .status()
            .unwrap();
        assert!(asked.success());
        let started = Instant::now();
        while started.elapsed() < limit {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    pub fn ask(
        &self,
        method: &str,
        path: &str,
        bearer: &str,
        body: &Value,
    ) -> Option<(u16, Value)> {
        ask(self.port, method, path, bearer, body)
    }
}

/// `None` when nobody answers, or not to the end.
pub fn ask(
    port: u16,
    method: &str,
    path: &str,
    bearer: &str,
    body: &Value,
) -> Option<(u16, Value)> {
    let mut stream = send(port, method, path, bearer, body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// Sends and does not wait.
pub fn send(port: u16, method: &str, path: &str, bearer: &str, body: &Value) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .ok()?;
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: {ORIGIN}\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    Some(stream)
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A configuration for one host; its API key.
pub fn configured(folder: &Path) -> String {
    let request = Init {
        folder,
        listen: "127.0.0.1:1",
        host_id: "shop",
        host_name: "Shop",
        origin: ORIGIN,
        issuer: None,
        support_url: None,
        recovery_url: None,
        demo: true,
    };
    init(&request, &Os).unwrap().api_key
}

pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A number from the environment.
pub fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(usual)
}

/// What a host asks for a login.
pub fn login_body(subject: &str, session: &str) -> Value {
    serde_json::json!({
        "purpose": "verify", "subject": subject, "account_name": "a@example.com", "auth_time": now(),
        "session_binding": session, "origin": ORIGIN,
    })
}

/// Somebody with an app: the widget that made the secret, and the method's id.
pub fn enrol(port: u16, api_key: &str, subject: &str, seed: u8) -> (super::Widget, String) {
    let create = serde_json::json!({
        "purpose": "enroll", "subject": subject, "account_name": "a@example.com", "auth_time": now(),
        "session_binding": "session-of-the-set-up", "origin": ORIGIN,
    });
    let created = ask(port, "POST", "/v1/flows", api_key, &create).unwrap().1;
    let token = created["flow_token"].as_str().unwrap();
    let view = ask(port, "GET", "/v1/flow", token, &Value::Null).unwrap().1;
    let widget = super::Widget::new(&view, seed);
    let (status, answer) = ask(
        port,
        "POST",
        "/v1/flow/enrolment",
        token,
        &widget.body(now()),
    )
    .unwrap();
    assert_eq!(status, 200, "{answer}");
    (
        widget,
        answer["methods"][0]["id"].as_str().unwrap().to_owned(),
    )
}
