//! Gateways against peers that were not written here: an SMPP server, Twilio's own client, and TLS.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode, Uri, header};
use axum::routing::post;
use common::Bench;
use common::peer::{Peer, script, serve, write_secret};
use http_body_util::BodyExt;
use nidan_protocol::Channel;
use nidan_server::config::{Config, GatewayConfig, SmppConfig, TwilioConfig};
use serde_json::{Value, json};
use tower::ServiceExt;
use url::form_urlencoded;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const LONG_PAGE: &str = "https://login.an-uncommonly-long-name-for-a-page.shop.example";
const PUBLIC: &str = "https://2sv.shop.example";

/// The first gateway, for everything that the others are not for.
fn gateway(config: &mut Config, id: &str, channels: &[Channel]) -> usize {
    let [outbox] = config.gateways.as_slice() else { panic!("one gateway to begin with") };
    let gateway = GatewayConfig { id: id.to_owned(), channels: channels.to_vec(), outbox: None, ..outbox.clone() };
    config.gateways.insert(0, gateway);
    0
}

async fn smpp(peer: &Peer, source: &str) -> Bench {
    let (port, source) = (peer.port().await, source.to_owned());
    let bench = Bench::tuned(
        move |config| {
            config.hosts[0].origins.push(LONG_PAGE.to_owned());
            let at = gateway(config, "carrier", &[Channel::Sms]);
            config.gateways[at].smpp = Some(SmppConfig {
                url: format!("smpp://127.0.0.1:{port}"),
                system_id: "nidan".to_owned(),
                password_file: write_secret(&config.folder, "smpp.password", "password\n"),
                system_type: String::new(),
                source,
                enquire_link_s: 1,
            });
        },
        None,
    )
    .await;
    bench.deliver();
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_gets_messages_and_its_receipts_count() {
    let mut carrier = Peer::script("smpp.mjs", &[]);
    let bench = smpp(&carrier, "NIDAN").await;
    let ordered = bench.order("u1", "090-1234-5678", "sms").await;
    bench.fares(&ordered, "accepted").await;
    assert_eq!(carrier.told("bind", 0).await, json!({ "known": true, "version": 0x34, "system_type": "" }));
    let sent = carrier.told("submit", 0).await;
    assert_eq!(
        (&sent["destination_addr"], &sent["dest_addr_ton"], &sent["dest_addr_npi"]),
        (&json!("819012345678"), &json!(1), &json!(1))
    );
    assert_eq!(
        (&sent["source_addr"], &sent["source_addr_ton"], &sent["source_addr_npi"]),
        (&json!("NIDAN"), &json!(5), &json!(0))
    );
    // A plain message, of use for the code's five minutes, with a receipt at its end; Japanese by UCS-2, in one part.
    assert_eq!(
        (&sent["esm_class"], &sent["registered_delivery"], &sent["data_coding"]),
        (&json!(0), &json!(1), &json!(8))
    );
    assert!((298..=301).contains(&sent["valid_for_s"].as_u64().unwrap()) && sent["header"].is_null(), "{sent}");
    let text = sent["text"].as_str().unwrap();
    assert!(text.contains("確認コード") && text.contains("\n@shop.example #"), "{text}");

    // By its text; a doubled one and one of another message change nothing, and all are answered.
    let stored = bench.taken_by(&ordered).await.1.unwrap();
    assert_eq!(stored, sent["message_id"]);
    carrier.order(&json!({ "receipt": { "id": "carrier-999", "stat": "DELIVRD" } }));
    carrier.order(&json!({ "receipt": { "id": stored, "stat": "ENROUTE" } }));
    carrier.order(&json!({ "reply": { "text": "STOP" } }));
    assert_eq!(carrier.told("receipt_answered", 2).await, 0);
    bench.fares(&ordered, "accepted").await;
    carrier.order(&json!({ "receipt": { "id": stored, "stat": "DELIVRD" } }));
    bench.fares(&ordered, "delivered").await;
    carrier.order(&json!({ "receipt": { "id": stored, "stat": "UNDELIV" } }));
    assert_eq!(carrier.told("receipt_answered", 4).await, 0);
    bench.fares(&ordered, "delivered").await;

    // By its fields.
    let ordered = bench.order("u2", "090-1234-5679", "sms").await;
    bench.fares(&ordered, "accepted").await;
    carrier
        .order(&json!({ "fields": { "id": carrier.told("submit", 1).await["message_id"], "state": "UNDELIVERABLE" } }));
    bench.fares(&ordered, "failed").await;
    carrier.told("enquire_link", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn english_goes_in_the_seven_bit_alphabet_and_long_texts_in_joined_parts() {
    let carrier = Peer::script("smpp.mjs", &[]);
    let bench = smpp(&carrier, "+819000000000").await;
    let english = json!({ "number": "090-1234-5678", "country": "JP", "channel": "sms", "locale": "en" });
    let english = bench.order_with("u1", &english).await;
    bench.fares(&english, "accepted").await;
    let sent = carrier.told("submit", 0).await;
    assert_eq!((&sent["data_coding"], &sent["header"]), (&json!(0), &Value::Null));
    assert!(sent["text"].as_str().unwrap().contains("is your code"), "{sent}");
    assert_eq!((&sent["source_addr"], &sent["source_addr_ton"]), (&json!("819000000000"), &json!(1)));

    // A page with a long name: two parts that a phone joins.
    let mut flow = bench.create_body("u2");
    flow["origin"] = json!(LONG_PAGE);
    let (_, created) = bench.host_post("/v1/flows", &flow).await;
    let token = created["flow_token"].as_str().unwrap();
    let body = json!({ "number": "090-1234-5679", "country": "JP", "channel": "sms", "locale": "ja" });
    let (status, _) = bench.send(common::post("/v1/flow/challenges", token, Some(LONG_PAGE), &body)).await;
    assert_eq!(status, StatusCode::CREATED);
    let (first, second) = (carrier.told("submit", 1).await, carrier.told("submit", 2).await);
    let text = format!("{}{}", first["text"].as_str().unwrap(), second["text"].as_str().unwrap());
    assert!(
        text.contains("（") && text.contains("\n@login.an-uncommonly-long-name-for-a-page.shop.example #"),
        "{text}"
    );
    // 3GPP TS 23.040 §9.2.3.24.1: of which message, how many parts, which part.
    assert_eq!((&first["esm_class"], &first["header"]), (&json!(0x40), &json!([0, 3, 1, 2, 1])));
    assert_eq!((&second["esm_class"], &second["header"]), (&json!(0x40), &json!([0, 3, 1, 2, 2])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_refuses_is_passed_over_and_one_that_is_unclear_is_not() {
    let mut carrier = Peer::script("smpp.mjs", &[]);
    let bench = smpp(&carrier, "12345").await;
    carrier.told("bind", 0).await;
    // It will not: the next gateway has it.
    carrier.order(&json!({ "refuse": { "status": "ESME_RINVDSTADR" } }));
    let refused = bench.order("u1", "090-1234-5678", "sms").await;
    bench.fares(&refused, "accepted").await;
    assert_eq!(bench.taken_by(&refused).await.0, "outbox");
    // No clear answer: it may have gone out, so that nobody else sends it.
    carrier.order(&json!({ "silent": true }));
    let unclear = bench.order("u2", "090-1234-5679", "sms").await;
    bench.fares(&unclear, "accepted").await;
    assert_eq!(bench.taken_by(&unclear).await.0, "carrier");
    carrier.order(&json!({ "silent": false }));
    // The connection breaks, and is made again.
    carrier.order(&json!({ "drop": true }));
    carrier.told("bind", 1).await;
    let again = bench.order("u3", "090-1234-5670", "sms").await;
    bench.fares(&again, "accepted").await;
    assert_eq!(bench.taken_by(&again).await.0, "carrier");
    // The carrier says good-bye, and is called again.
    carrier.order(&json!({ "unbind": true }));
    carrier.told("bind", 2).await;
    assert_eq!(carrier.all("submit").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_is_not_there_or_does_not_know_us_is_passed_over() {
    let carrier = Peer::script("smpp.mjs", &[]);
    let bench = smpp(&carrier, "NIDAN").await;
    carrier.told("bind", 0).await;
    drop(carrier);
    let ordered = bench.order("u1", "090-1234-5678", "sms").await;
    bench.fares(&ordered, "accepted").await;
    assert_eq!(bench.taken_by(&ordered).await.0, "outbox");
}

/// What the service sent to the API, and what the API says next.
#[derive(Clone, Default)]
struct Api {
    got: Arc<Mutex<Vec<(String, HeaderMap, String)>>>,
    says: Arc<Mutex<Vec<(u16, Value)>>>,
}

async fn twilio() -> (Bench, Api) {
    let api = Api::default();
    let take = async |State(api): State<Api>, uri: Uri, headers: HeaderMap, body: String| {
        api.got.lock().unwrap().push((uri.path().to_owned(), headers, body));
        let (status, said) =
            api.says.lock().unwrap().pop().unwrap_or((201, json!({ "sid": "SM1", "status": "queued" })));
        (StatusCode::from_u16(status).unwrap(), said.to_string())
    };
    let router = axum::Router::new().route("/{*path}", post(take)).with_state(api.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let api_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let bench = Bench::tuned(
        move |config| {
            let at = gateway(config, "twilio", &Channel::ALL);
            config.gateways[at].twilio = Some(TwilioConfig {
                account_sid: ACCOUNT.to_owned(),
                auth_token_file: write_secret(&config.folder, "twilio.token", TOKEN),
                from: Some("+12025550123".to_owned()),
                messaging_service_sid: None,
                public_url: PUBLIC.to_owned(),
                api_url,
            });
        },
        None,
    )
    .await;
    bench.deliver();
    (bench, api)
}

fn official(asked: &Value) -> Value {
    let told = Command::new("node").arg(script("twilio.mjs")).arg(asked.to_string()).output().unwrap();
    serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&told.stderr)))
}

/// The fields of a form, each with all its values.
fn fields(form: &str) -> BTreeMap<String, Vec<String>> {
    form_urlencoded::parse(form.as_bytes()).fold(BTreeMap::new(), |mut fields, (name, value)| {
        fields.entry(name.into_owned()).or_insert_with(Vec::new).push(value.into_owned());
        fields
    })
}

/// The request that the official client would send, in the same shape.
fn same_request(got: &(String, HeaderMap, String), resource: &str, options: &Value) {
    let wanted = official(
        &json!({ "request": { "account": ACCOUNT, "token": TOKEN, "resource": resource, "options": options } }),
    );
    let (path, headers, body) = got;
    assert_eq!(wanted["method"], "post");
    assert_eq!(wanted["uri"].as_str().unwrap().strip_prefix("https://api.twilio.com"), Some(path.as_str()));
    assert_eq!(wanted["type"], headers[header::CONTENT_TYPE].to_str().unwrap());
    let pair = format!("{}:{}", wanted["username"].as_str().unwrap(), wanted["password"].as_str().unwrap());
    let basic = <base64ct::Base64 as base64ct::Encoding>::encode_string(pair.as_bytes());
    assert_eq!(headers[header::AUTHORIZATION], format!("Basic {basic}"));
    let many = |value: &Value| match value {
        Value::Array(values) => values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    };
    let wanted: BTreeMap<String, Vec<String>> =
        wanted["data"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), many(value))).collect();
    assert_eq!(fields(body), wanted);
}

/// A callback with the official client's signature for `signed`, posted with `fields`.
async fn call_back(bench: &Bench, path: &str, fields: &[(&str, &str)], signature: &str) -> (StatusCode, String) {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("X-Twilio-Signature", signature)
        .body(Body::from(body))
        .unwrap();
    let answer = bench.router.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes: Bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

fn signature(url: &str, fields: &[(&str, &str)]) -> String {
    let params: BTreeMap<&str, &str> = fields.iter().copied().collect();
    let told = official(&json!({ "sign": { "token": TOKEN, "url": url, "params": params } }));
    told["signature"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_gets_what_its_own_client_would_send() {
    let (bench, api) = twilio().await;
    let ordered = bench.order("u1", "090-1234-5678", "sms").await;
    bench.fares(&ordered, "accepted").await;
    let got = api.got.lock().unwrap()[0].clone();
    let form = fields(&got.2);
    assert!(form["Body"][0].ends_with(&format!("#{}", bench.code(&ordered))), "{form:?}");
    let status = form["StatusCallback"][0].clone();
    let options = json!({
        "to": "+819012345678", "from": "+12025550123", "body": form["Body"][0], "validityPeriod": 300,
        "statusCallback": status,
    });
    same_request(&got, "messages", &options);

    // What it calls back with counts when it is signed as the official client signs.
    let path = status.strip_prefix(PUBLIC).unwrap().to_owned();
    let sent = [("MessageSid", "SM1"), ("MessageStatus", "sent"), ("To", "+819012345678"), ("Empty", "")];
    assert_eq!(call_back(&bench, &path, &sent, &signature(&status, &sent)).await.0, StatusCode::NO_CONTENT);
    bench.fares(&ordered, "accepted").await;
    let delivered = [("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("Note", "届きました & more")];
    let right = signature(&status, &delivered);
    let forged = [("MessageSid", "SM1"), ("MessageStatus", "failed"), ("Note", "届きました & more")];
    assert_eq!(call_back(&bench, &path, &forged, &right).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(call_back(&bench, &path, &delivered, "").await.0, StatusCode::UNAUTHORIZED);
    let elsewhere = signature("https://elsewhere.example/v1", &delivered);
    assert_eq!(call_back(&bench, &path, &delivered, &elsewhere).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(
        call_back(&bench, &path.replace("gateways/twilio", "gateways/outbox"), &delivered, &right).await.0,
        StatusCode::UNAUTHORIZED
    );
    bench.fares(&ordered, "accepted").await;
    // With the port written out, as Twilio signs for some.
    let with_port = signature(&status.replace(".example/", ".example:443/"), &delivered);
    assert_eq!(call_back(&bench, &path, &delivered, &with_port).await.0, StatusCode::NO_CONTENT);
    bench.fares(&ordered, "delivered").await;
    // Late, doubled and of a message that there is not: no effect, no error.
    let failed = [("MessageSid", "SM1"), ("MessageStatus", "failed")];
    assert_eq!(call_back(&bench, &path, &failed, &signature(&status, &failed)).await.0, StatusCode::NO_CONTENT);
    bench.fares(&ordered, "delivered").await;
    let foreign = format!("{PUBLIC}/v1/gateways/twilio/twilio/no-such-message/status");
    let answer = call_back(&bench, foreign.strip_prefix(PUBLIC).unwrap(), &failed, &signature(&foreign, &failed)).await;
    assert_eq!(answer.0, StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_reads_the_code_only_after_the_right_keys() {
    let (bench, api) = twilio().await;
    let ordered = bench.order("u1", "03-1234-5678", "voice").await;
    bench.fares(&ordered, "accepted").await;
    let got = api.got.lock().unwrap()[0].clone();
    let form = fields(&got.2);
    let (opening, code) = (form["Twiml"][0].clone(), bench.code(&ordered));
    assert!(!opening.contains(&code[..3]) && opening.contains("<Say language=\"ja-JP\">"), "{opening}");
    let (_, action) = opening.split_once("action=\"").unwrap();
    let action = action.split_once('"').unwrap().0.to_owned();
    let options = json!({
        "to": "+81312345678", "from": "+12025550123", "twiml": opening, "statusCallback": form["StatusCallback"][0],
        "statusCallbackEvent": ["answered", "completed"],
    });
    same_request(&got, "calls", &options);

    let keys = ordered.1["keys"].as_str().unwrap().to_owned();
    let path = action.strip_prefix(PUBLIC).unwrap().to_owned();
    let press = async |digits: &str| {
        let fields = [("CallSid", "CA1"), ("Digits", digits), ("FinishedOnKey", "")];
        call_back(&bench, &path, &fields, &signature(&action, &fields)).await
    };
    let wrong = if keys == "11" { "12" } else { "11" };
    let (status, says) = press(wrong).await;
    assert_eq!(
        (status, says.as_str()),
        (StatusCode::OK, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>")
    );
    assert_eq!(press("").await.1, says);
    let (status, says) = press(&keys).await;
    let slowly = code.chars().map(String::from).collect::<Vec<_>>().join("、");
    assert_eq!((status, says.matches(&slowly).count()), (StatusCode::OK, 2), "{says}");
    let unsigned = call_back(&bench, &path, &[("Digits", &keys)], "x").await;
    assert_eq!(unsigned.0, StatusCode::UNAUTHORIZED);
    // Answered means delivered; nobody there means failed.
    let status = form["StatusCallback"][0].clone();
    let fields = [("CallSid", "CA1"), ("CallStatus", "no-answer")];
    call_back(&bench, status.strip_prefix(PUBLIC).unwrap(), &fields, &signature(&status, &fields)).await;
    bench.fares(&ordered, "failed").await;
    // A code that is over is not read to anybody.
    bench.pass(301);
    assert!(!press(&keys).await.1.contains("Say"));
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_that_refuses_or_is_full_is_passed_over_and_a_broken_one_is_not() {
    let (bench, api) = twilio().await;
    for (index, (status, gateway)) in
        [(400, "outbox"), (401, "outbox"), (429, "outbox"), (500, "twilio")].iter().enumerate()
    {
        api.says.lock().unwrap().push((*status, json!({ "code": 21_211, "message": "To is +819012345678" })));
        let ordered = bench.order(&format!("u{index}"), &format!("090-1234-567{index}"), "sms").await;
        bench.fares(&ordered, "accepted").await;
        assert_eq!(bench.taken_by(&ordered).await.0, *gateway, "{status}");
    }
    // One that answers without sense has taken it, without a reference.
    api.says.lock().unwrap().push((200, json!("?")));
    let ordered = bench.order("u9", "090-1234-5679", "sms").await;
    bench.fares(&ordered, "accepted").await;
    assert_eq!(bench.taken_by(&ordered).await, ("twilio".to_owned(), None));
}

/// The service as its own process, so that it trusts the test's authority.
#[tokio::test(flavor = "multi_thread")]
async fn webhooks_and_carriers_are_reached_by_tls_and_a_wrong_certificate_is_passed_over() {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(authority, authority_key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf =
        rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let (key, leaf) = (key.serialize_pem(), leaf.pem());
    let environment = [("TLS_KEY", key.as_str()), ("TLS_CERT", leaf.as_str())];
    let (carrier, sender) = (Peer::script("smpp.mjs", &environment), Peer::script("https.mjs", &environment));

    for trusted in [true, false] {
        let bench = Bench::tuned(|_| {}, None).await;
        bench.real_time();
        let folder = bench.folder.path();
        let roots = folder.join("roots.pem");
        let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(&roots, if trusted { authority.pem() } else { other.cert.pem() }).unwrap();
        write_secret(folder, "smpp.password", "password");
        write_secret(folder, "webhook.secret", TOKEN);
        let config = folder.join("nidan.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let gateways = format!(
            "[[gateways]]\nid = \"carrier\"\nchannels = [\"sms\"]\nsmpp = {{ url = \"smpps://localhost:{}\", system_id = \
             \"nidan\", password_file = \"smpp.password\", source = \"NIDAN\" }}\n[[gateways]]\nid = \"sender\"\n\
             channels = [\"voice\"]\nwebhook = {{ url = \"https://localhost:{}\", secret_file = \"webhook.secret\" }}\n",
            carrier.port().await,
            sender.port().await
        );
        std::fs::write(&config, text.replacen("[[gateways]]", &format!("{gateways}\n[[gateways]]"), 1)).unwrap();
        let mut service = serve(folder, &[("SSL_CERT_FILE", roots.to_str().unwrap()), ("RUST_LOG", "trace")]);
        let sms = bench.order("u1", "090-1234-5678", "sms").await;
        bench.fares(&sms, "accepted").await;
        let call = bench.order("u2", "03-1234-5678", "voice").await;
        bench.fares(&call, "accepted").await;
        service.kill().unwrap();
        service.wait().unwrap();
        // Whatever the log's level is, it tells nothing of what was sent, and to whom.
        let log = std::fs::read_to_string(folder.join("service.log")).unwrap();
        for secret in
            [bench.code(&sms), bench.code(&call), "9012345678".to_owned(), "password".to_owned(), TOKEN.to_owned()]
        {
            assert!(!log.contains(&secret), "{secret}: {log}");
        }
        assert!(log.contains("message handed over"), "{log}");
        let wanted = if trusted { ("carrier", "sender") } else { ("outbox", "outbox") };
        let went = (bench.taken_by(&sms).await.0, bench.taken_by(&call).await.0);
        assert_eq!((went.0.as_str(), went.1.as_str()), wanted);
    }
    assert_eq!((carrier.all("submit").len(), sender.all("got").len()), (1, 1));
}
