//! A service in memory with a clock that the test moves.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test support; each test file uses a part"
)]

pub mod authenticator;
pub mod form;
pub mod hooks;
pub mod manage;
pub mod pair;
pub mod passkey;
pub mod peer;
pub mod server;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use nidan_otp::{
    Agreement, BackupCodes, ClientNonce, ClientShare, EnrolmentId, PublicKey, Secret, SharedSecret,
    derive,
};
use nidan_server::config::Config;
use nidan_server::delivery::{self, Route};
use nidan_server::environment::{Clock, Os};
use nidan_server::init::{Init, init};
use nidan_server::keys::Keys;
use nidan_server::{Service, router};
use nidan_store::Store;
use nidan_store::testing::{Rows, TestStore};
use nidan_store_sqlite::SqliteStore;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

pub const ORIGIN: &str = "https://shop.example";
pub const BINDING: &str = "c2Vzc2lvbi1iaW5kaW5nLTE";
pub const NOW: u64 = 1_800_000_000;

/// The store of a service whose files are in this folder: the one place that names an engine.
pub async fn open_store(folder: &Path) -> Arc<dyn TestStore> {
    let store = SqliteStore::open(&folder.join("nidan.db")).await.unwrap();
    Arc::new(store)
}

/// The store of a service that another process runs, for tests that do not wait themselves.
pub struct Beside {
    runtime: tokio::runtime::Runtime,
    store: Arc<dyn TestStore>,
}

impl Beside {
    pub fn open(folder: &Path) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let store = runtime.block_on(open_store(folder));
        Self { runtime, store }
    }

    pub fn forget_tries(&self) {
        self.runtime.block_on(self.store.forget_tries()).unwrap();
    }

    pub fn forget_counts(&self) {
        self.runtime.block_on(self.store.forget_counts()).unwrap();
    }

    pub fn forget_steps(&self) {
        self.runtime.block_on(self.store.forget_steps()).unwrap();
    }

    pub fn forget_sends(&self) {
        self.runtime.block_on(self.store.forget_sends()).unwrap();
    }

    pub fn count(&self, rows: Rows) -> u64 {
        self.runtime.block_on(self.store.count(rows)).unwrap()
    }

    /// The latest step whose code was accepted; 0 when there is none.
    pub fn latest_step(&self) -> u64 {
        let latest = self.runtime.block_on(self.store.latest_step()).unwrap();
        latest.unwrap_or(0)
    }
}

/// The service by the configuration of a folder.
fn started(
    file: &Path,
    (store, clock): (Arc<dyn Store>, &TestClock),
    tune: impl FnOnce(&mut Config),
    routes: Option<Vec<Route>>,
) -> Service {
    let mut config = Config::load(file, std::iter::empty()).unwrap();
    tune(&mut config);
    let keys = Keys::load(&config.keys_file, |_| None).unwrap();
    let routes = routes.unwrap_or_else(|| delivery::routes(&config).unwrap());
    let clock = Arc::new(clock.clone());
    Service::new(config, keys, routes, store, clock, Arc::new(Os)).unwrap()
}

/// The service's database, for what only this engine has.
pub fn database(folder: &Path) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(folder.join("nidan.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    database
}

#[derive(Clone)]
pub struct TestClock(pub Arc<AtomicU64>, pub Arc<AtomicU64>);

impl Clock for TestClock {
    fn now_ms(&self) -> u64 {
        // As many seconds pass with each look as the second number says: none, as a rule.
        let passes = self.1.load(Ordering::SeqCst);
        self.0.fetch_add(passes, Ordering::SeqCst) * 1000
    }
}

pub struct Bench {
    pub router: Router,
    pub service: Service,
    pub clock: TestClock,
    pub store: Arc<dyn TestStore>,
    pub api_key: String,
    pub folder: TempDir,
    /// The session of each login.
    pub sessions: Mutex<BTreeMap<String, String>>,
}

/// Somebody who has two-step verification on.
pub struct Person {
    pub subject: String,
    pub widget: Widget,
    pub method_id: String,
}

impl Person {
    /// The app's code at a time.
    pub fn code(&self, now: u64) -> String {
        code_at(&self.widget.secret, now)
    }

    /// What the widget posts for it.
    pub fn post(&self, now: u64) -> Value {
        json!({ "method_id": self.method_id, "code": self.code(now) })
    }

    /// One of the backup codes.
    pub fn backup_post(&self, nth: usize) -> Value {
        let code = self.widget.backup_codes.iter().nth(nth).unwrap().expose();
        json!({ "method_id": "backup_code", "code": *code })
    }

    /// A code that is right at no time nearby.
    pub fn wrong_code(&self, now: u64) -> String {
        let near: Vec<_> = (0..60)
            .map(|step| self.code(now + 30 * step - 900))
            .collect();
        (0..1_000_000)
            .map(|code| format!("{code:06}"))
            .find(|code| !near.contains(code))
            .unwrap()
    }

    pub fn wrong_post(&self, now: u64) -> Value {
        json!({ "method_id": self.method_id, "code": self.wrong_code(now) })
    }
}

/// What a signed result says; the signature is checked elsewhere.
pub fn claims(jwt: &Value) -> Value {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let part = jwt.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
}

impl Bench {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path()).await;
        let used = Arc::<dyn TestStore>::clone(&store);
        Self::with_store(folder, store, used)
    }

    pub fn with_store(folder: TempDir, store: Arc<dyn TestStore>, used: Arc<dyn Store>) -> Self {
        Self::build(folder, store, used, |_| {}, None)
    }

    /// On a database that is there already, with its keys; the host offers trusted browsers.
    pub fn with_keys(folder: TempDir, store: Arc<dyn TestStore>, keys: &Path) -> Self {
        let tune = |config: &mut Config| {
            config.keys_file = keys.to_owned();
            config.hosts[0].trust_days = Some(30);
        };
        let used = Arc::<dyn TestStore>::clone(&store);
        Self::build(folder, store, used, tune, None)
    }

    /// With a configuration and gateways of the test's own.
    pub async fn tuned(tune: impl FnOnce(&mut Config), routes: Option<Vec<Route>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path()).await;
        let used = Arc::<dyn TestStore>::clone(&store);
        Self::build(folder, store, used, tune, routes)
    }

    fn build(
        folder: TempDir,
        store: Arc<dyn TestStore>,
        used: Arc<dyn Store>,
        tune: impl FnOnce(&mut Config),
        routes: Option<Vec<Route>>,
    ) -> Self {
        let request = Init {
            folder: folder.path(),
            listen: "127.0.0.1:1",
            host_id: "shop",
            host_name: "二段 Shop",
            origin: ORIGIN,
            issuer: None,
            support_url: None,
            recovery_url: None,
            demo: true,
        };
        let written = init(&request, &Os).unwrap();
        let clock = TestClock(Arc::new(AtomicU64::new(NOW)), Arc::default());
        let service = started(&written.config, (used, &clock), tune, routes);
        Self {
            router: router(service.clone()),
            service,
            clock,
            store,
            api_key: written.api_key,
            folder,
            sessions: Mutex::default(),
        }
    }

    /// Another process of the service, on the same database and by another configuration.
    pub fn again(&self, tune: impl FnOnce(&mut Config)) -> Service {
        let used = Arc::<dyn TestStore>::clone(&self.store);
        let file = self.folder.path().join("nidan.toml");
        started(&file, (used, &self.clock), tune, None)
    }

    /// Sends what is ordered, until the test ends.
    pub fn deliver(&self) {
        tokio::spawn(delivery::run(self.service.clone()));
    }

    pub async fn widget_post(&self, path: &str, token: &str, body: &Value) -> (StatusCode, Value) {
        self.send(post(path, token, Some(ORIGIN), body)).await
    }

    pub async fn widget_get(&self, path: &str, token: &str) -> (StatusCode, Value) {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(
            request
                .header(header::ORIGIN, ORIGIN)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub async fn host_get(&self, path: &str) -> (StatusCode, Value) {
        let request =
            Request::get(path).header(header::AUTHORIZATION, format!("Bearer {}", self.api_key));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub fn pass(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn set_time(&self, now: u64) {
        self.clock.0.store(now, Ordering::SeqCst);
    }

    pub fn now(&self) -> u64 {
        self.clock.now_s()
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    pub async fn host_post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.send(post(path, &self.api_key, None, body)).await
    }

    pub async fn flow_get(&self, token: &str) -> (StatusCode, Value) {
        let request =
            Request::get("/v1/flow").header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.send(
            request
                .header(header::ORIGIN, ORIGIN)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub async fn flow_post(&self, token: &str, body: &Value) -> (StatusCode, Value) {
        self.send(post("/v1/flow/enrolment", token, Some(ORIGIN), body))
            .await
    }

    /// Asks for more time.
    pub async fn extend(&self, token: &str) -> (StatusCode, Value) {
        self.send(post("/v1/flow/extend", token, Some(ORIGIN), &json!({})))
            .await
    }

    pub fn create_body(&self, subject: &str) -> Value {
        json!({
            "purpose": "enroll", "subject": subject, "account_name": "hanako@example.com",
            "auth_time": self.now(), "session_binding": BINDING, "origin": ORIGIN,
        })
    }

    /// A fresh flow: its id, its token and what the widget sees.
    pub async fn open(&self, subject: &str) -> (String, String, Value) {
        let (status, created) = self
            .host_post("/v1/flows", &self.create_body(subject))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        let token = created["flow_token"].as_str().unwrap().to_owned();
        let (status, view) = self.flow_get(&token).await;
        assert_eq!(status, StatusCode::OK, "{view}");
        (created["flow_id"].as_str().unwrap().to_owned(), token, view)
    }

    /// Orders a code for a fresh flow: the flow's token and the challenge.
    pub async fn order(&self, subject: &str, number: &str, channel: &str) -> (String, Value) {
        self.order_with(
            subject,
            &json!({ "number": number, "country": "JP", "channel": channel, "locale": "ja" }),
        )
        .await
    }

    pub async fn order_with(&self, subject: &str, body: &Value) -> (String, Value) {
        let (_, token, _) = self.open(subject).await;
        let (status, challenge) = self.widget_post("/v1/flow/challenges", &token, body).await;
        assert_eq!(status, StatusCode::CREATED, "{challenge}");
        (token, challenge)
    }

    /// Waits until the code has this delivery status.
    pub async fn fares(&self, (token, challenge): &(String, Value), wanted: &str) {
        let path = format!("/v1/flow/challenges/{}", challenge["id"].as_str().unwrap());
        for _ in 0..3_000 {
            if self.widget_get(&path, token).await.1["delivery"] == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never {wanted}: {}", self.widget_get(&path, token).await.1);
    }

    /// The code in the message.
    pub fn code(&self, (_, challenge): &(String, Value)) -> String {
        let keys = Keys::load(&self.folder.path().join("nidan.keys"), |_| None).unwrap();
        nidan_server::challenge::code_of(&keys, challenge["id"].as_str().unwrap()).to_string()
    }

    /// Which gateway has the message of a challenge, and the gateway's reference.
    pub async fn taken_by(&self, (_, challenge): &(String, Value)) -> (String, Option<String>) {
        let id = challenge["id"].as_str().unwrap();
        self.store.gateway_of(id).await.unwrap()
    }

    /// Somebody with an app, whose enrolment is a minute old: its code of now is not spent.
    pub async fn enrolled(&self, subject: &str, seed: u8) -> Person {
        let (_, token, view) = self.open(subject).await;
        let widget = Widget::new(&view, seed);
        let (status, answer) = self.flow_post(&token, &widget.body(self.now())).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        self.pass(90);
        let method_id = answer["methods"][0]["id"].as_str().unwrap().to_owned();
        Person {
            subject: subject.to_owned(),
            widget,
            method_id,
        }
    }

    /// Somebody with a mobile phone, or a landline that is called.
    pub async fn enrolled_by_phone(&self, subject: &str, number: &str, channel: &str) -> Person {
        let order = self.order(subject, number, channel).await;
        let (token, challenge) = &order;
        let path = format!(
            "/v1/flow/challenges/{}/answer",
            challenge["id"].as_str().unwrap()
        );
        let answered = self
            .widget_post(&path, token, &json!({ "code": self.code(&order) }))
            .await;
        assert_eq!(answered.0, StatusCode::OK, "{}", answered.1);
        let widget = Widget::new(&self.flow_get(token).await.1, 7);
        let mut body = widget.body(self.now());
        body.as_object_mut().unwrap().remove("code");
        body["phones"] = json!([{ "challenge_id": challenge["id"] }]);
        let (status, answer) = self.flow_post(token, &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let method_id = answer["methods"][0]["id"].as_str().unwrap().to_owned();
        Person {
            subject: subject.to_owned(),
            widget,
            method_id,
        }
    }

    pub fn login_body(&self, subject: &str, session: &str) -> Value {
        json!({
            "purpose": "verify", "subject": subject, "account_name": "hanako@example.com",
            "auth_time": self.now(), "session_binding": session, "origin": ORIGIN, "client_description": "Osaka, Firefox",
        })
    }

    /// A login in a session of its own: its flow and its token.
    pub async fn login(&self, subject: &str) -> (String, String) {
        static SESSIONS: AtomicU64 = AtomicU64::new(0);
        let session = format!(
            "session-of-a-login-{}",
            SESSIONS.fetch_add(1, Ordering::SeqCst)
        );
        let (status, created) = self
            .host_post("/v1/flows", &self.login_body(subject, &session))
            .await;
        assert_eq!(
            (status, &created["outcome"]),
            (StatusCode::CREATED, &json!("required")),
            "{created}"
        );
        let text = |field: &str| created[field].as_str().unwrap().to_owned();
        self.sessions
            .lock()
            .unwrap()
            .insert(text("flow_id"), session);
        (text("flow_id"), text("flow_token"))
    }

    pub async fn verify(&self, token: &str, body: &Value) -> (StatusCode, Value) {
        self.widget_post("/v1/flow/verification", token, body).await
    }

    /// Redeems a login's result in its own session.
    pub async fn redeem_login(&self, flow_id: &str, result_code: &Value) -> (StatusCode, Value) {
        let session = self
            .sessions
            .lock()
            .unwrap()
            .get(flow_id)
            .cloned()
            .unwrap_or_default();
        let body = json!({ "result_code": result_code, "session_binding": session });
        self.host_post(&format!("/v1/flows/{flow_id}/redeem"), &body)
            .await
    }

    /// A service whose host offers trusted browsers.
    pub async fn trusting() -> Self {
        Self::tuned(|config| config.hosts[0].trust_days = Some(30), None).await
    }

    /// Signs in and has the browser trusted: what it brings the next time.
    pub async fn trust(&self, person: &Person) -> String {
        let (flow_id, token) = self.login(&person.subject).await;
        let mut post = person.post(self.now());
        post["trust_browser"] = json!(true);
        let (status, answer) = self.verify(&token, &post).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let (_, redeemed) = self.redeem_login(&flow_id, &answer["result_code"]).await;
        assert_eq!(
            redeemed["trust_expires_at"],
            self.now() + 30 * 86_400,
            "{redeemed}"
        );
        self.pass(60);
        redeemed["trust_token"].as_str().unwrap().to_owned()
    }

    /// The password again, in a browser that brings a token.
    pub async fn bring(&self, subject: &str, trust_token: &str) -> Value {
        let mut body = self.login_body(subject, "session-of-a-trusted-browser");
        body["trust_token"] = json!(trust_token);
        self.host_post("/v1/flows", &body).await.1
    }

    /// The time that other processes have.
    pub fn real_time(&self) {
        self.clock.0.store(Os.now_s(), Ordering::SeqCst);
    }

    pub async fn subject(&self, subject: &str) -> Value {
        let request = Request::get(format!("/v1/subjects/{subject}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.api_key));
        self.send(request.body(Body::empty()).unwrap()).await.1
    }

    pub async fn redeem(&self, flow_id: &str, result_code: &str) -> (StatusCode, Value) {
        let body = json!({ "result_code": result_code, "session_binding": BINDING });
        self.host_post(&format!("/v1/flows/{flow_id}/redeem"), &body)
            .await
    }
}

pub fn post(path: &str, bearer: &str, origin: Option<&str>, body: &Value) -> Request<Body> {
    let mut request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

/// What the widget does: agree, derive, and make the app's code of now.
pub struct Widget {
    pub client: ClientShare,
    pub secret: Secret,
    pub backup_codes: BackupCodes,
    pub enrolment_id: String,
}

impl Widget {
    pub fn new(view: &Value, seed: u8) -> Self {
        Self::agreed(
            &view["enrolment"]["enrolment_id"],
            &view["enrolment"]["server_public_key"],
            seed,
        )
    }

    /// What both sides agree on, of an enrolment or of something that is set up later.
    pub fn agreed(id: &Value, server_public_key: &Value, seed: u8) -> Self {
        use p256::elliptic_curve::sec1::ToSec1Point as _;
        let private = p256::SecretKey::from_slice(&[seed.wrapping_add(1).max(1); 32]).unwrap();
        let public_key = private.public_key().to_sec1_point(false);
        let client = ClientShare {
            public_key: PublicKey(public_key.as_bytes().try_into().unwrap()),
            nonce: nonce(),
        };
        let server: [u8; 65] = bytes(server_public_key);
        let point = p256::PublicKey::from_sec1_bytes(&server).unwrap();
        let shared = private.diffie_hellman(&point);
        let (secret, backup_codes) = derive(&Agreement {
            shared_secret: SharedSecret::new((*shared.raw_secret_bytes()).into()),
            enrolment_id: EnrolmentId(bytes(id)),
            server_public_key: PublicKey(server),
            client,
        });
        Self {
            client,
            secret,
            backup_codes,
            enrolment_id: id.as_str().unwrap().to_owned(),
        }
    }

    pub fn body(&self, now: u64) -> Value {
        use base64ct::{Base64UrlUnpadded, Encoding};
        json!({
            "enrolment_id": self.enrolment_id,
            "client_public_key": Base64UrlUnpadded::encode_string(&self.client.public_key.0),
            "client_nonce": Base64UrlUnpadded::encode_string(self.client.nonce.bytes()),
            "code": code_at(&self.secret, now),
        })
    }
}

fn bytes<const N: usize>(text: &Value) -> [u8; N] {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let bytes = Base64UrlUnpadded::decode_vec(text.as_str().unwrap()).unwrap();
    bytes.try_into().unwrap()
}

fn nonce() -> ClientNonce {
    ClientNonce::new(std::array::from_fn(|at| at as u8)).unwrap()
}

/// A secret and codes that are nobody's.
pub fn derived(shared_secret: SharedSecret) -> (Secret, BackupCodes) {
    derive(&Agreement {
        shared_secret,
        enrolment_id: EnrolmentId([9; 16]),
        server_public_key: PublicKey([4; 65]),
        client: ClientShare {
            public_key: PublicKey([5; 65]),
            nonce: nonce(),
        },
    })
}

/// The app's code.
pub fn code_at(secret: &Secret, now: u64) -> String {
    let app = totp_rs::Builder::new().with_secret(totp_rs::Secret::new_stack(*secret.expose()));
    app.build().unwrap().generate(now).to_string()
}

/// Small, known, and different each time: xorshift (Marsaglia 2003).
pub fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}
