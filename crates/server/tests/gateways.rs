//! Gateways against peers that were not written here: an SMPP server, and servers behind TLS.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use axum::http::StatusCode;
use common::Bench;
use common::peer::{Peer, gateway, serve, write_secret};
use http_body_util::BodyExt;
use nidan_protocol::Channel;
use nidan_server::config::SmppConfig;
use serde_json::{Value, json};
use tower::ServiceExt;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const LONG_PAGE: &str = "https://login.an-uncommonly-long-name-for-a-page.shop.example";

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
    assert_eq!(
        carrier.told("bind", 0).await,
        json!({ "known": true, "version": 0x34, "system_type": "" })
    );
    let sent = carrier.told("submit", 0).await;
    assert_eq!(
        (
            &sent["destination_addr"],
            &sent["dest_addr_ton"],
            &sent["dest_addr_npi"]
        ),
        (&json!("819012345678"), &json!(1), &json!(1))
    );
    assert_eq!(
        (
            &sent["source_addr"],
            &sent["source_addr_ton"],
            &sent["source_addr_npi"]
        ),
        (&json!("NIDAN"), &json!(5), &json!(0))
    );
    // A plain message, of use for the code's five minutes, with a receipt at its end; Japanese by
    // UCS-2, in one part.
    assert_eq!(
        (
            &sent["esm_class"],
            &sent["registered_delivery"],
            &sent["data_coding"]
        ),
        (&json!(0), &json!(1), &json!(8))
    );
    assert!(
        (298..=301).contains(&sent["valid_for_s"].as_u64().unwrap()) && sent["header"].is_null(),
        "{sent}"
    );
    let text = sent["text"].as_str().unwrap();
    assert!(
        text.contains("確認コード") && text.contains("\n@shop.example #"),
        "{text}"
    );

    // By its text; a doubled one and one of another message change nothing, and all are answered.
    let stored = bench.taken_by(&ordered).await.1.unwrap();
    assert_eq!(stored, sent["message_id"]);
    carrier.order(&json!({ "receipt": { "id": "Carrier-999F", "stat": "DELIVRD" } }));
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

    let metrics = nidan_server::metrics_router(bench.service.clone());
    let request = axum::http::Request::get("/metrics")
        .body(axum::body::Body::empty())
        .unwrap();
    let text = metrics
        .oneshot(request)
        .await
        .unwrap()
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes();
    let text = String::from_utf8(text.to_vec()).unwrap();
    for state in ["delivered", "failed"] {
        let line = format!("nidan_messages{{gateway=\"carrier\",state=\"{state}\"}} 1\n");
        assert!(text.contains(&line), "{line} is not in {text}");
    }
    assert!(text.contains("nidan_messages_queued 0\n"), "{text}");
    let stats = nidan_server::stats(&bench.service).await.unwrap();
    assert!(
        stats.contains("carrier             delivered            1"),
        "{stats}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn english_goes_in_the_seven_bit_alphabet_and_long_texts_in_joined_parts() {
    let carrier = Peer::script("smpp.mjs", &[]);
    let bench = smpp(&carrier, "+819000000000").await;
    let english =
        json!({ "number": "090-1234-5678", "country": "JP", "channel": "sms", "locale": "en" });
    let english = bench.order_with("u1", &english).await;
    bench.fares(&english, "accepted").await;
    let sent = carrier.told("submit", 0).await;
    assert_eq!(
        (&sent["data_coding"], &sent["header"]),
        (&json!(0), &Value::Null)
    );
    assert!(
        sent["text"].as_str().unwrap().contains("is your code"),
        "{sent}"
    );
    assert_eq!(
        (&sent["source_addr"], &sent["source_addr_ton"]),
        (&json!("819000000000"), &json!(1))
    );

    // A page with a long name: two parts that a phone joins.
    let mut flow = bench.create_body("u2");
    flow["origin"] = json!(LONG_PAGE);
    let (_, created) = bench.host_post("/v1/flows", &flow).await;
    let token = created["flow_token"].as_str().unwrap();
    let body =
        json!({ "number": "090-1234-5679", "country": "JP", "channel": "sms", "locale": "ja" });
    let (status, _) = bench
        .send(common::post(
            "/v1/flow/challenges",
            token,
            Some(LONG_PAGE),
            &body,
        ))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let (first, second) = (
        carrier.told("submit", 1).await,
        carrier.told("submit", 2).await,
    );
    let text = format!(
        "{}{}",
        first["text"].as_str().unwrap(),
        second["text"].as_str().unwrap()
    );
    assert!(
        text.contains("（")
            && text.contains("\n@login.an-uncommonly-long-name-for-a-page.shop.example #"),
        "{text}"
    );
    // 3GPP TS 23.040 §9.2.3.24.1: of which message, how many parts, which part.
    assert_eq!(
        (&first["esm_class"], &first["header"]),
        (&json!(0x40), &json!([0, 3, 1, 2, 1]))
    );
    assert_eq!(
        (&second["esm_class"], &second["header"]),
        (&json!(0x40), &json!([0, 3, 1, 2, 2]))
    );
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
    bench.fares(&unclear, "unknown").await;
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
async fn a_carrier_that_is_not_there_is_passed_over() {
    let carrier = Peer::script("smpp.mjs", &[]);
    let bench = smpp(&carrier, "NIDAN").await;
    carrier.told("bind", 0).await;
    drop(carrier);
    let ordered = bench.order("u1", "090-1234-5678", "sms").await;
    bench.fares(&ordered, "accepted").await;
    assert_eq!(bench.taken_by(&ordered).await.0, "outbox");
}

/// The service as its own process, so that it trusts the test's authority.
#[tokio::test(flavor = "multi_thread")]
async fn webhooks_and_carriers_are_reached_by_tls_and_a_wrong_certificate_is_passed_over() {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(authority, authority_key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let (key, leaf) = (key.serialize_pem(), leaf.pem());
    let environment = [("TLS_KEY", key.as_str()), ("TLS_CERT", leaf.as_str())];
    let (carrier, sender) = (
        Peer::script("smpp.mjs", &environment),
        Peer::script("https.mjs", &environment),
    );

    for trusted in [true, false] {
        let bench = Bench::tuned(|_| {}, None).await;
        bench.real_time();
        let folder = bench.folder.path();
        let roots = folder.join("roots.pem");
        let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(
            &roots,
            if trusted {
                authority.pem()
            } else {
                other.cert.pem()
            },
        )
        .unwrap();
        write_secret(folder, "smpp.password", "password");
        write_secret(folder, "webhook.secret", SECRET);
        let config = folder.join("nidan.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let gateways = format!(
            "[[gateways]]\nid = \"carrier\"\nchannels = [\"sms\"]\nsmpp = {{ url = \"smpps://localhost:{}\", system_id = \
             \"nidan\", password_file = \"smpp.password\", source = \"NIDAN\" }}\n[[gateways]]\nid = \"sender\"\n\
             channels = [\"voice\"]\nwebhook = {{ url = \"https://localhost:{}\", secret_file = \"webhook.secret\" }}\n",
            carrier.port().await,
            sender.port().await
        );
        std::fs::write(
            &config,
            text.replacen("[[gateways]]", &format!("{gateways}\n[[gateways]]"), 1),
        )
        .unwrap();
        let mut service = serve(
            folder,
            &[
                ("SSL_CERT_FILE", roots.to_str().unwrap()),
                ("RUST_LOG", "trace"),
            ],
        );
        let sms = bench.order("u1", "090-1234-5678", "sms").await;
        bench.fares(&sms, "accepted").await;
        let call = bench.order("u2", "03-1234-5678", "voice").await;
        bench.fares(&call, "accepted").await;
        service.kill().unwrap();
        service.wait().unwrap();
        // Whatever the log's level is, it tells nothing of what was sent, and to whom.
        let log = std::fs::read_to_string(folder.join("service.log")).unwrap();
        for secret in [
            bench.code(&sms),
            bench.code(&call),
            "9012345678".to_owned(),
            "password".to_owned(),
            SECRET.to_owned(),
        ] {
            assert!(!log.contains(&secret), "{secret}: {log}");
        }
        assert!(log.contains("message handed over"), "{log}");
        let wanted = if trusted {
            ("carrier", "sender")
        } else {
            ("outbox", "outbox")
        };
        let went = (bench.taken_by(&sms).await.0, bench.taken_by(&call).await.0);
        assert_eq!((went.0.as_str(), went.1.as_str()), wanted);
    }
    assert_eq!(
        (carrier.all("submit").len(), sender.all("got").len()),
        (1, 1)
    );
}
