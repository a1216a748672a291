//! Other programs that the service talks to.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nidan_protocol::Channel;
use nidan_server::config::{Config, GatewayConfig};
use serde_json::Value;

/// A program that tells what it got, line by line.
pub struct Peer {
    child: Child,
    pub lines: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// A script of `tests/peers`, on Node.
    pub fn script(name: &str, environment: &[(&str, &str)]) -> Self {
        Self::start("node", &script(name), environment)
    }

    pub fn start(program: &str, script: &Path, environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(program)
            .arg(script)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in told.map_while(Result::ok) {
                into.lock().unwrap().push(line);
            }
        });
        Self { child, lines }
    }

    /// Tells it what to do.
    pub fn order(&mut self, order: &Value) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{order}").unwrap();
    }

    /// Waits for its `nth` word of this name.
    pub async fn told(&self, name: &str, nth: usize) -> Value {
        for _ in 0..1_000 {
            if let Some(word) = self.all(name).into_iter().nth(nth) {
                return word;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never told {name} {nth}: {:?}", self.lines.lock().unwrap());
    }

    /// All its words of this name.
    pub fn all(&self, name: &str) -> Vec<Value> {
        let lines = self.lines.lock().unwrap().clone();
        lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok()?.get(name).cloned())
            .collect()
    }

    pub async fn port(&self) -> u64 {
        self.told("listening", 0).await.as_u64().unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The first gateway, for everything that the others are not for.
pub fn gateway(config: &mut Config, id: &str, channels: &[Channel]) -> usize {
    let [outbox] = config.gateways.as_slice() else {
        panic!("one gateway to begin with")
    };
    let gateway = GatewayConfig {
        id: id.to_owned(),
        channels: channels.to_vec(),
        outbox: None,
        ..outbox.clone()
    };
    config.gateways.insert(0, gateway);
    0
}

/// Where a peer's script is.
pub fn script(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    assert!(
        folder.join("node_modules").is_dir(),
        "run `npm ci` in {}: `cargo xtask test` does",
        folder.display()
    );
    folder.join(name)
}

/// A file that only its owner reads.
pub fn write_secret(folder: &Path, name: &str, secret: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, secret).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    name.into()
}

/// The service as its own process; it ends with `child.kill()`, and its log is in `service.log`.
pub fn serve(folder: &Path, environment: &[(&str, &str)]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_nidan-server"))
        .arg("--config")
        .arg(folder.join("nidan.toml"))
        .arg("serve")
        .env("NIDAN_LISTEN", "127.0.0.1:0")
        .env("RUST_LOG", "error")
        .envs(environment.iter().copied())
        .stderr(std::fs::File::create(folder.join("service.log")).unwrap())
        .spawn()
        .unwrap()
}
