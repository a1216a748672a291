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
const TRUNK_LOG: &str = "trunk.log";
/// What trunk's log has where the page was not built.
const BUILD_FAILED: &str = "error from build pipeline";
/// A cold build of the widget takes minutes on a small machine.
const PAGE_TIMEOUT: Duration = Duration::from_secs(1800);
const SERVER_TIMEOUT: Duration = Duration::from_secs(30);
/// Servers finish their requests; then they are ended.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that runs; dropping it ends all of it.
pub(crate) struct Stack {
    /// A page with a shop and a service each. The first one's page is trunk's.
    pub(crate) lanes: Vec<Lane>,
    children: Vec<Child>,
}

/// A page, and the shop and the service behind it.
pub(crate) struct Lane {
    /// The page's origin.
    pub(crate) url: String,
    /// The service's folder: configuration, keys, database, logs.
    pub(crate) folder: PathBuf,
    /// The service itself, without the page's proxy.
    pub(crate) service_url: String,
    page: u16,
    shop: u16,
    service: u16,
}

impl Stack {
    /// Starts all three and waits until each answers. `folder` keeps what people enter.
    pub(crate) fn start(tools: &Tools, build: Build, folder: &Path) -> Done<Self> {
        Self::wide(tools, build, folder, 1)
    }

    /// As [`start`](Self::start), with `width` lanes that share the built page and nothing else.
    pub(crate) fn wide(tools: &Tools, build: Build, folder: &Path, width: usize) -> Done<Self> {
        step("build the service and the shop", || {
            run(command(
                "cargo",
                &["build", "--quiet", "-p", "nidan-server", "-p", "demo-host"],
                &tools.path,
            ))
        })?;
        let mut stack = Self {
            lanes: Vec::new(),
            children: Vec::new(),
        };
        let first = Lane::at(folder, PAGE_PORT)?;
        stack.behind(&first)?;
        step("build and serve the page", || {
            stack.page(tools, build, &first)
        })?;
        let page = first.page;
        stack.lanes.push(first);
        for nth in 1..width {
            let lane = Lane::at(
                &folder.join(format!("lane-{nth}")),
                stack.lanes.last().map_or(PAGE_PORT, |last| last.service),
            )?;
            stack.behind(&lane)?;
            stack.beside(tools, &lane, page)?;
            stack.lanes.push(lane);
        }
        Ok(stack)
    }

    /// Where the first page is.
    pub(crate) fn first(&self) -> Done<&Lane> {
        let first = self.lanes.first();
        first.ok_or_else(|| Failed("nothing was started".to_owned()))
    }

    /// Whether everything still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.children
            .iter_mut()
            .all(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// The service and the shop behind a page.
    fn behind(&mut self, lane: &Lane) -> Done {
        let api_key = lane.configure()?;
        step("start the service", || self.service(lane))?;
        step("start the shop", || self.shop(lane, &api_key))
    }

    fn service(&mut self, lane: &Lane) -> Done {
        let mut serve = Command::new(program("nidan-server"));
        serve
            .arg("--config")
            .arg(lane.folder.join("nidan.toml"))
            .arg("serve");
        serve.env("NIDAN_LISTEN", format!("127.0.0.1:{}", lane.service));
        self.spawn(serve, lane, "service.log")?;
        self.wait_for(lane, lane.service, "/healthz", SERVER_TIMEOUT)
    }

    fn shop(&mut self, lane: &Lane, api_key: &str) -> Done {
        let mut serve = Command::new(program("demo-host"));
        serve
            .env("SHOP_LISTEN", format!("127.0.0.1:{}", lane.shop))
            .env("SHOP_DATABASE", lane.folder.join("shop.db"));
        serve
            .env("SHOP_ORIGIN", &lane.url)
            .env("TWO_STEP_URL", &lane.service_url);
        serve
            .env("TWO_STEP_ISSUER", lane.issuer()?)
            .env("TWO_STEP_API_KEY", api_key);
        serve.env(
            "TWO_STEP_NOTICES_SECRET",
            fs::read_to_string(lane.folder.join(NOTICES_SECRET))?,
        );
        self.spawn(serve, lane, "shop.log")?;
        self.wait_for(lane, lane.shop, "/me", SERVER_TIMEOUT)
    }

    fn page(&mut self, tools: &Tools, build: Build, lane: &Lane) -> Done {
        // Trunk's own file, with the ports of this time.
        let config = with_ports(
            &fs::read_to_string(root().join("Trunk.toml"))?,
            lane.page,
            lane.shop,
            lane.service,
        );
        let file = root().join(".trunk-demo.toml");
        fs::write(&file, config)?;
        // What an earlier build left would be served, and tested, until this one is there. One
        // stack of a folder runs at a time.
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
        self.spawn(tools.trunk(&all), lane, TRUNK_LOG)?;
        // Trunk answers before its first build is there: the wasm is what counts.
        self.wait_for(lane, lane.page, "/nidan/nidan_bg.wasm", PAGE_TIMEOUT)
    }

    /// Serves the page at `first`, with this lane's shop and service behind it.
    fn beside(&mut self, tools: &Tools, lane: &Lane, first: u16) -> Done {
        let ports = [lane.page, first, lane.shop, lane.service].map(|port| port.to_string());
        let mut serve = command("node", &["tests/browser/beside.mjs"], &tools.path);
        serve.args(ports);
        self.spawn(serve, lane, "page.log")?;
        self.wait_for(lane, lane.page, "/nidan/nidan_bg.wasm", SERVER_TIMEOUT)
    }

    fn spawn(&mut self, mut command: Command, lane: &Lane, log: &str) -> Done {
        let log = fs::File::create(lane.folder.join(log))?;
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

    fn wait_for(&mut self, lane: &Lane, port: u16, path: &str, timeout: Duration) -> Done {
        let started = now();
        let logs = lane.folder.display();
        while started.elapsed() < timeout {
            if answers(port, path) {
                return Ok(());
            }
            if !self.runs() {
                return Err(Failed(format!("it ended at once: see the logs in {logs}")));
            }
            // Trunk goes on after a failed build, and waits for a change.
            if fs::read_to_string(lane.folder.join(TRUNK_LOG))
                .is_ok_and(|log| log.contains(BUILD_FAILED))
            {
                return Err(Failed(format!(
                    "the page was not built: see {TRUNK_LOG} in {logs}"
                )));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(Failed(format!(
            "no answer on port {port}: see the logs in {logs}"
        )))
    }
}

impl Lane {
    /// On ports that are free, the first of them `from` or after it.
    fn at(folder: &Path, from: u16) -> Done<Self> {
        fs::create_dir_all(folder)?;
        // An earlier start's failure is none of this one's.
        let _gone = fs::remove_file(folder.join(TRUNK_LOG));
        let [page, shop, service] =
            free_ports([from, from.saturating_add(1), from.saturating_add(2)])?;
        Ok(Self {
            // An IP address cannot be the RP ID of passkeys.
            url: format!("http://localhost:{page}"),
            folder: folder.to_owned(),
            service_url: format!("http://127.0.0.1:{service}"),
            page,
            shop,
            service,
        })
    }

    /// What the browser scripts ask for: where they go, and where they look.
    pub(crate) fn told(&self, script: &mut Command) {
        script
            .env("NIDAN_DIST", root().join("dist"))
            .env("NIDAN_URL", &self.url)
            .env("NIDAN_FOLDER", &self.folder)
            .env("NIDAN_SERVICE", &self.service_url);
    }

    fn configure(&self) -> Done<String> {
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
            } else if setting.starts_with("support_url = ") {
                format!("support_url = \"{}/shop/help.html\"", self.url)
            } else if setting.starts_with("recovery_url = ") {
                format!("recovery_url = \"{}/shop/help.html#recover\"", self.url)
            } else if setting.starts_with("password_url = ") {
                format!("password_url = \"{}/?password=change\"", self.url)
            } else if setting.starts_with("notices = ") {
                let url = format!("http://127.0.0.1:{}/two-step-notices", self.shop);
                format!("notices = {{ url = \"{url}\", secret_file = \"{NOTICES_SECRET}\" }}")
            } else if setting.starts_with("form_complete_url = ") {
                format!("form_complete_url = \"{}/api/sign-in/complete\"", self.url)
            } else if setting.starts_with("form_manage_url = ") {
                format!("form_manage_url = \"{}/api/manage/complete\"", self.url)
            } else {
                line.to_owned()
            }
        });
        fs::write(&config, lines.collect::<Vec<_>>().join("\n"))?;
        Ok(fs::read_to_string(&key_file)?)
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
