//! The three example hosts, each under the conformance kit.

mod holes;

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::conformance::{self, Notices, Target};
use crate::run::{Done, Failed, command, now, root, run, step};
use crate::stack::{free_ports, program};
use crate::tools::{Tools, pip};

const PORTS: [u16; 4] = [9470, 9471, 9472, 9473];
const NOTICES_SECRET: &str = "a-secret-that-the-kit-signs-notices-with";
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A host that ends with the check.
struct Host(Child);

impl Drop for Host {
    fn drop(&mut self) {
        // What has ended already cannot be killed, and that is well.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A name, and the check behind it.
type Example = (&'static str, fn(&Tools) -> Done);

/// Every example, and the kit itself.
pub(crate) const HOSTS: [Example; 4] = [
    ("Rust (axum)", rust),
    ("Node.js (Express)", node),
    ("Python (Flask)", python),
    ("hosts with a hole each", holes::are_found),
];

/// All of them.
pub(crate) fn all() -> Done {
    let tools = Tools::for_tests()?;
    HOSTS
        .into_iter()
        .try_for_each(|(name, check)| step(name, || check(&tools)))
}

fn rust(tools: &Tools) -> Done {
    run(command(
        "cargo",
        &["build", "--quiet", "-p", "demo-host"],
        &tools.path,
    ))?;
    let folder = root().join("target/conformance");
    std::fs::create_dir_all(&folder)?;
    let database = folder.join(format!("{}.db", std::process::id()));
    attacked(|port, service| {
        let mut host = Command::new(program("demo-host"));
        host.env("SHOP_LISTEN", format!("127.0.0.1:{port}"))
            .env("SHOP_DATABASE", &database);
        host.env("SHOP_ORIGIN", format!("http://127.0.0.1:{port}"));
        let body = r#"{"email":"alice@example.com","password":"correct horse battery"}"#;
        let target = Target {
            login: "/sign-in".to_owned(),
            login_body: body.to_owned(),
            login_type: "application/json".to_owned(),
            complete: "/sign-in/complete".to_owned(),
            mark: "alice@example.com".to_owned(),
            ..Target::usual(&format!("127.0.0.1:{port}"), service)
        };
        (host, target, Some(("/sign-up", body)))
    })
}

fn node(tools: &Tools) -> Done {
    attacked(|port, service| {
        let mut host = command("node", &["examples/node/host.mjs"], &tools.path);
        host.env("PORT", port.to_string());
        (
            host,
            Target::usual(&format!("127.0.0.1:{port}"), service),
            None,
        )
    })
}

fn python(tools: &Tools) -> Done {
    let wanted = std::fs::read_to_string(root().join("examples/python/requirements.txt"))?;
    let wanted: Vec<&str> = wanted.lines().collect();
    let packages = pip::packages("example-python", &wanted, &tools.path)?;
    attacked(|port, service| {
        let mut host = command("python3", &["examples/python/host.py"], &tools.path);
        host.env("PORT", port.to_string())
            .env("PYTHONPATH", &packages);
        (
            host,
            Target::usual(&format!("127.0.0.1:{port}"), service),
            None,
        )
    })
}

/// Starts a host that takes the kit for the service, and attacks it. What it returns last is posted
/// once it stands.
fn attacked(
    host: impl FnOnce(u16, &str) -> (Command, Target, Option<(&'static str, &'static str)>),
) -> Done {
    let [port, kit, ..] = free_ports(PORTS)?;
    let service = format!("127.0.0.1:{kit}");
    let (mut start, target, first) = host(port, &service);
    start
        .env("TWO_STEP_URL", format!("http://{service}"))
        .env("TWO_STEP_ISSUER", format!("http://{service}"));
    start
        .env("TWO_STEP_API_KEY", "key-of-the-kit")
        .env("RUST_LOG", "off")
        .stdin(Stdio::null());
    start.env("TWO_STEP_NOTICES_SECRET", NOTICES_SECRET);
    let notices = Notices {
        path: "/two-step-notices".to_owned(),
        secret: NOTICES_SECRET.to_owned(),
    };
    let target = Target {
        notices: Some(notices),
        ..target
    };
    // Refusals are what is wanted here; their words are not.
    start.stdout(Stdio::null()).stderr(Stdio::null());
    let _host = Host(start.spawn()?);
    let started = now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if started.elapsed() > START_TIMEOUT {
            return Err(Failed("the host does not start".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    if let Some((path, body)) = first {
        conformance::post(&target, path, body)?;
    }
    conformance::run(&target)
}
