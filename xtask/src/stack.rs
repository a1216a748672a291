//! The service, the demo shop and the page, started together on free ports and ended together.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::run::{Done, Failed, command, now, root, run, step};
use crate::tools::Tools;

/// How the widget is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// As it is shipped.
    Release,
    /// Fast to build, with live reload.
    Dev,
}

/// Ports that are tried first; where one is taken, the next free one.
const PAGE_PORT: u16 = 8000;
const SHOP_PORT: u16 = 8001;
const SERVICE_PORT: u16 = 8002;
/// In the service's folder: what signs notices to the shop.
const NOTICES_SECRET: &str = "notices.secret";
/// A cold build of the widget takes minutes on a small machine.
const PAGE_TIMEOUT: Duration = Duration::from_secs(1800);
const SERVER_TIMEOUT: Duration = Duration::from_secs(30);
/// Servers finish their requests; then they are ended.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that runs; dropping it ends all of it.
pub(crate) struct Stack {
    /// The page's origin.
    pub(crate) url: String,
    /// The service's folder: configuration, keys, database, logs.
    pub(crate) folder: PathBuf,
    /// The service itself, without the page's proxy.
    pub(crate) service_url: String,
    children: Vec<Child>,
}

impl Stack {
    /// Starts all three and waits until each answers. `folder` keeps what people enter.
    pub(crate) fn start(tools: &Tools, build: Build, folder: &Path) -> Done<Self> {
        step("build the service and the shop", || {
            run(command(
                "cargo",
                &["build", "--quiet", "-p", "nidan-server", "-p", "demo-host"],
                &tools.path,
            ))
        })?;
        fs::create_dir_all(folder)?;
        let [page, shop, service] = free_ports([PAGE_PORT, SHOP_PORT, SERVICE_PORT])?;
        let mut stack = Self {
            url: format!("http://127.0.0.1:{page}"),
            folder: folder.to_owned(),
            service_url: format!("http://127.0.0.1:{service}"),
            children: Vec::new(),
        };
        let api_key = stack.configure(shop)?;
        step("start the service", || stack.service(service))?;
        step("start the shop", || stack.shop(shop, &api_key))?;
        step("build and serve the page", || {
            stack.page(tools, build, page, shop, service)
        })?;
        Ok(stack)
    }

    /// Whether everything still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.children
            .iter_mut()
            .all(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn configure(&self, shop: u16) -> Done<String> {
        let (config, key_file) = (self.folder.join("nidan.toml"), self.folder.join("api-key"));
        if !config.exists() {
            let mut init = Command::new(program("nidan-server"));
            init.arg("init").arg(&self.folder).args([
                "--host-id",
                "shop",
                "--host-name",
                "二段ショップ",
            ]);
            init.args(["--origin", &self.url, "--demo"]);
            let printed = crate::run::output(init)?;
            let key = printed.split_whitespace().last().unwrap_or_default();
            write_private(&key_file, key)?;
        }
        if !self.folder.join(NOTICES_SECRET).exists() {
            write_private(&self.folder.join(NOTICES_SECRET), &fresh_secret()?)?;
        }
        // The page's port may be another one this time.
        let text = fs::read_to_string(&config)?;
        let lines = text.lines().map(|line| {
            let setting = line.trim_start_matches("# ");
            if line.starts_with("origins = ") {
                format!("origins = [\"{}\"]", self.url)
            } else if setting.starts_with("password_url = ") {
                format!("password_url = \"{}/?password=change\"", self.url)
            } else if setting.starts_with("notices = ") {
                let url = format!("http://127.0.0.1:{shop}/two-step-notices");
                format!("notices = {{ url = \"{url}\", secret_file = \"{NOTICES_SECRET}\" }}")
            } else if setting.starts_with("form_complete_url = ") {
                format!("form_complete_url = \"{}/api/sign-in/complete\"", self.url)
            } else {
                line.to_owned()
            }
        });
        fs::write(&config, lines.collect::<Vec<_>>().join("\n"))?;
        Ok(fs::read_to_string(&key_file)?)
    }

    fn service(&mut self, port: u16) -> Done {
        let mut serve = Command::new(program("nidan-server"));
        serve
            .arg("--config")
            .arg(self.folder.join("nidan.toml"))
            .arg("serve");
        serve.env("NIDAN_LISTEN", format!("127.0.0.1:{port}"));
        self.spawn(serve, "service.log")?;
        self.wait_for(port, "/healthz", SERVER_TIMEOUT)
    }

    fn shop(&mut self, port: u16, api_key: &str) -> Done {
        let mut serve = Command::new(program("demo-host"));
        serve
            .env("SHOP_LISTEN", format!("127.0.0.1:{port}"))
            .env("SHOP_DATABASE", self.folder.join("shop.db"));
        serve
            .env("SHOP_ORIGIN", &self.url)
            .env("TWO_STEP_URL", &self.service_url);
        serve
            .env("TWO_STEP_ISSUER", self.issuer()?)
            .env("TWO_STEP_API_KEY", api_key);
        serve.env(
            "TWO_STEP_NOTICES_SECRET",
            fs::read_to_string(self.folder.join(NOTICES_SECRET))?,
        );
        self.spawn(serve, "shop.log")?;
        self.wait_for(port, "/me", SERVER_TIMEOUT)
    }

    /// As `init` wrote it: it stays the same when ports move.
    fn issuer(&self) -> Done<String> {
        let text = fs::read_to_string(self.folder.join("nidan.toml"))?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("issuer = \"")?.strip_suffix('"'));
        line.map(str::to_owned)
            .ok_or_else(|| Failed("nidan.toml names no issuer".to_owned()))
    }

    fn page(&mut self, tools: &Tools, build: Build, page: u16, shop: u16, service: u16) -> Done {
        // Trunk's own file, with the ports of this time.
        let config = with_ports(
            &fs::read_to_string(root().join("Trunk.toml"))?,
            page,
            shop,
            service,
        );
        let file = root().join(".trunk-demo.toml");
        fs::write(&file, config)?;
        // What an earlier build left would be served, and tested, until this one is there. One stack of
        // a folder runs at a time.
        let stale = root().join("dist");
        if stale.exists() {
            fs::remove_dir_all(stale)?;
        }
        let words: &[&str] = match build {
            Build::Release => &["--release", "--no-autoreload", "--no-error-reporting"],
            Build::Dev => &[],
        };
        let all = [
            &["serve", "--config", ".trunk-demo.toml", "--offline"],
            words,
        ]
        .concat();
        self.spawn(tools.trunk(&all), "trunk.log")?;
        // Trunk answers before its first build is there: the wasm is what counts.
        self.wait_for(page, "/nidan/nidan_bg.wasm", PAGE_TIMEOUT)
    }

    fn spawn(&mut self, mut command: Command, log: &str) -> Done {
        let log = fs::File::create(self.folder.join(log))?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let name = command.get_program().to_string_lossy().into_owned();
        self.children.push(
            command
                .spawn()
                .map_err(|error| Failed(format!("{name}: {error}")))?,
        );
        Ok(())
    }

    fn wait_for(&mut self, port: u16, path: &str, timeout: Duration) -> Done {
        let started = now();
        while started.elapsed() < timeout {
            if answers(port, path) {
                return Ok(());
            }
            if !self.runs() {
                return Err(Failed(format!(
                    "it ended at once: see the logs in {}",
                    self.folder.display()
                )));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(Failed(format!(
            "no answer on port {port}: see the logs in {}",
            self.folder.display()
        )))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for child in &mut self.children {
            // SIGTERM lets servers finish; where `kill` is not to be had, they are ended below.
            let _asked = Command::new("kill")
                .arg(child.id().to_string())
                .stderr(Stdio::null())
                .status();
        }
        let started = now();
        for child in &mut self.children {
            while started.elapsed() < STOP_TIMEOUT && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(50));
            }
            // What has ended already cannot be killed, and that is well.
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// A program of this workspace, built for development.
pub(crate) fn program(name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    target.join("debug").join(name)
}

pub(crate) fn free_ports<const N: usize>(wanted: [u16; N]) -> Done<[u16; N]> {
    let mut found = wanted;
    let mut next = 0;
    for port in &mut found {
        let from = (*port).max(next);
        let free = (from..from.saturating_add(200))
            .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
        *port = free.ok_or_else(|| Failed(format!("no free port from {from} on")))?;
        next = port.saturating_add(1);
    }
    Ok(found)
}

/// Whether a GET answers 200.
fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        )?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok(head.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

/// What signs notices to the shop: from the system's randomness, as hexadecimal digits.
fn fresh_secret() -> Done<String> {
    let mut bytes = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn write_private(path: &Path, text: &str) -> Done {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?.write_all(text.as_bytes())?)
}

/// The usual ports replaced by these. The service's first: the shop's new port may be the service's
/// usual one.
fn with_ports(config: &str, page: u16, shop: u16, service: u16) -> String {
    config
        .replace(&format!("port = {PAGE_PORT}"), &format!("port = {page}"))
        .replace(&format!(":{SERVICE_PORT}/"), &format!(":{service}/"))
        .replace(&format!(":{SHOP_PORT}/"), &format!(":{shop}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_keeps_its_own_port_when_all_move_by_one() {
        let config = "port = 8000\nhttp://127.0.0.1:8001/\nhttp://127.0.0.1:8002/";
        let moved = "port = 8001\nhttp://127.0.0.1:8002/\nhttp://127.0.0.1:8003/";
        assert_eq!(with_ports(config, 8001, 8002, 8003), moved);
        assert_eq!(with_ports(config, 8000, 8001, 8002), config);
    }
}
