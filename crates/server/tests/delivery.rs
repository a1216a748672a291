//! Messages on their way out: to the example senders in other languages, and through deaths
//! of the service.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use common::peer::{Peer, serve, write_secret};
use common::server::setting;
use common::{Bench, next};
use nidan_delivery::{Gateway, Outgoing, SIGNATURE_HEADER, SendError, TIMESTAMP_HEADER, sign};
use nidan_protocol::Channel;
use nidan_server::config::{Budgets, Config, WebhookConfig};
use nidan_server::delivery::Route;
use serde_json::json;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn sender(program: &str, script: &str) -> Peer {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/senders")
        .join(script);
    Peer::start(program, &file, &[("NIDAN_SECRET", SECRET), ("PORT", "0")])
}

/// The first line says where it listens, the others what it delivered.
async fn url(sender: &Peer) -> String {
    for _ in 0..1_000 {
        if let Some(port) = sender
            .lines
            .lock()
            .unwrap()
            .first()
            .and_then(|line| line.strip_prefix("listening on "))
        {
            return format!("http://127.0.0.1:{port}");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the sender does not listen");
}

fn delivered(sender: &Peer) -> Vec<String> {
    sender
        .lines
        .lock()
        .unwrap()
        .iter()
        .skip(1)
        .cloned()
        .collect()
}

/// All messages by webhook to one URL.
async fn bench(url: String, secret: &'static str) -> Bench {
    let bench = Bench::tuned(
        move |config: &mut Config| {
            let secret_file = write_secret(&config.folder, "webhook.secret", secret);
            let gateway = &mut config.gateways[0];
            gateway.outbox = None;
            gateway.webhook = Some(WebhookConfig { url, secret_file });
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
    bench.real_time();
    bench
}

async fn takes_a_message_and_refuses_a_forged_one(program: &str, script: &str) {
    let sender = sender(program, script);
    let url = url(&sender).await;
    let right = bench(url.clone(), SECRET).await;
    right.deliver();
    let ordered = right.order("u1", "090-1234-5678", "sms").await;
    right.fares(&ordered, "accepted").await;
    let line = delivered(&sender)[0].clone();
    assert!(
        line.starts_with("sms ") && line.ends_with(" +819012345678"),
        "{line}"
    );

    // The sender's receipt comes back, signed the same way; a forged one changes nothing.
    let id = line.split(' ').nth(1).unwrap();
    let receipt = async |secret: &str| {
        let body = json!({ "id": id, "state": "delivered" }).to_string();
        let now = right.now();
        let request = axum::http::Request::post("/v1/gateways/outbox/receipt")
            .header(TIMESTAMP_HEADER, now)
            .header(SIGNATURE_HEADER, sign(secret, now, body.as_bytes()));
        right
            .send(request.body(axum::body::Body::from(body)).unwrap())
            .await
            .0
    };
    assert_eq!(
        receipt("another secret of some thirty-two").await,
        StatusCode::UNAUTHORIZED
    );
    right.fares(&ordered, "accepted").await;
    assert_eq!(receipt(SECRET).await, StatusCode::OK);
    assert_eq!(
        receipt(SECRET).await,
        StatusCode::OK,
        "doubled: no effect, no error"
    );
    right.fares(&ordered, "delivered").await;

    let wrong = bench(url, "another secret of some thirty-two").await;
    wrong.deliver();
    let ordered = wrong.order("u1", "090-1234-5678", "sms").await;
    wrong.fares(&ordered, "failed").await;
    assert_eq!(delivered(&sender).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_in_node_takes_a_message_and_refuses_a_forged_one() {
    takes_a_message_and_refuses_a_forged_one("node", "sender.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_in_python_takes_a_message_and_refuses_a_forged_one() {
    takes_a_message_and_refuses_a_forged_one("python3", "sender.py").await;
}

/// Gives no clear answer once, and then this one.
struct Doubtful(Option<SendError>, AtomicU32);

#[async_trait::async_trait]
impl Gateway for Doubtful {
    async fn send(&self, _message: &Outgoing) -> Result<Option<String>, SendError> {
        match (self.1.fetch_add(1, Ordering::SeqCst), &self.0) {
            (0, Some(_)) => Err(SendError::Unclear("no answer".to_owned())),
            (_, Some(then)) => Err(then.clone()),
            (_, None) => Ok(None),
        }
    }

    fn is_idempotent(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_unclear_answer_no_other_gateway_gets_the_message() {
    for then in [
        SendError::Refused("409".to_owned()),
        SendError::NotReached("restarting".to_owned()),
    ] {
        let (first, second) = (
            Arc::new(Doubtful(Some(then), AtomicU32::new(0))),
            Arc::new(Doubtful(None, AtomicU32::new(0))),
        );
        let route = |id: &str, gateway: &Arc<Doubtful>| {
            Route::new(id, Channel::ALL.to_vec(), Arc::<Doubtful>::clone(gateway))
        };
        let bench = Bench::tuned(
            |_| {},
            Some(vec![route("first", &first), route("second", &second)]),
        )
        .await;
        bench.deliver();
        let ordered = bench.order("u1", "090-1234-5678", "sms").await;
        for _ in 0..200 {
            // Waits between tries are by the service's clock.
            tokio::time::sleep(Duration::from_millis(20)).await;
            bench.pass(1);
            if first.1.load(Ordering::SeqCst) > 1 && bench.store.queue().await.unwrap().0 == 0 {
                break;
            }
        }
        bench.fares(&ordered, "unknown").await;
        assert_eq!(
            (
                bench.taken_by(&ordered).await.0.as_str(),
                second.1.load(Ordering::SeqCst)
            ),
            ("first", 0)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_lose_no_message_and_deliver_none_twice() {
    let (messages, deaths) = (setting("MESSAGES", 600), setting("DEATHS", 24));
    let sender = sender("node", "sender.mjs");
    let url = url(&sender).await;
    let bench = bench(url.clone(), SECRET).await;
    for index in 0..messages {
        let number = format!("090-{:04}-{:04}", 1000 + index / 10, index % 10 * 7 + 1000);
        bench.order(&format!("u{index}"), &number, "sms").await;
    }
    // The queue outlives the codes of this test: what is tested is the queue.
    bench.store.extend_challenges().await.unwrap();
    let config = bench.folder.path().join("nidan.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let webhook = format!("webhook = {{ url = \"{url}\", secret_file = \"webhook.secret\" }}");
    std::fs::write(&config, text.replace("outbox = {}", &webhook)).unwrap();

    let mut random = 0x5eed_u64;
    let mut died_at_work = 0;
    for _ in 0..deaths {
        let before = delivered(&sender).len();
        let mut child = serve(bench.folder.path(), &[]);
        // Until it is at work, and a moment more.
        let started = Instant::now();
        while delivered(&sender).len() == before && started.elapsed() < Duration::from_secs(5) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(next(&mut random) % 30)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let after = delivered(&sender).len();
        died_at_work += usize::from(after > before && after < messages);
    }
    let at_the_end = delivered(&sender).len();
    // What the dead had taken is taken back when their time for it is over.
    bench.store.make_messages_due().await.unwrap();
    let mut child = serve(bench.folder.path(), &[]);
    let started = Instant::now();
    while bench.store.queue().await.unwrap().0 > 0 {
        assert!(
            started.elapsed() < Duration::from_secs(240),
            "{:?}",
            bench.store.queue().await
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let all = delivered(&sender);
    let unique: BTreeSet<_> = all
        .iter()
        .map(|line| line.split(' ').nth(1).unwrap())
        .collect();
    println!(
        "{deaths} deaths, {died_at_work} of them amid work ({at_the_end} of {messages} delivered by then): {} lost, {} twice",
        messages - unique.len(),
        all.len() - unique.len()
    );
    assert_eq!((unique.len(), all.len()), (messages, messages));
    assert!(
        died_at_work > deaths / 2,
        "the service died idle: {died_at_work}"
    );
}
