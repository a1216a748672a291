//! How long the arithmetic takes in a browser, in the profile that ships: `cargo xtask bench` runs
//! and prints it. In other profiles it only checks that everything answers.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "tests")]

use nidan_otp::{
    Agreement, ClientNonce, ClientShare, Code, EnrolmentId, Label, PublicKey, SharedSecret, Steps,
    UnixSeconds, derive, key_uri,
};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const ROUNDS: u32 = 20_000;

fn now_ms() -> f64 {
    web_sys::window().unwrap().performance().unwrap().now()
}

#[wasm_bindgen_test]
fn check_and_qr_code() {
    let (secret, _) = derive(&Agreement {
        shared_secret: SharedSecret::new([9; 32]),
        enrolment_id: EnrolmentId([7; 16]),
        server_public_key: PublicKey([4; 65]),
        client: ClientShare {
            public_key: PublicKey([5; 65]),
            nonce: ClientNonce::new(std::array::from_fn(|i| i as u8)).unwrap(),
        },
    });
    let uri = key_uri(
        &Label::parse("二段ショップ").unwrap(),
        &Label::parse("hanako@example.com").unwrap(),
        &secret,
    );

    let started = now_ms();
    let modules = nidan::qr::layout(uri.expose()).unwrap().d.len();
    console_log!(
        "bench: first QR code, laid out {:.2} ms",
        now_ms() - started
    );
    let started = now_ms();
    for _ in 0..50 {
        assert_eq!(nidan::qr::layout(uri.expose()).unwrap().d.len(), modules);
    }
    console_log!(
        "bench: QR code, warm {:.0} µs",
        (now_ms() - started) * 1000.0 / 50.0
    );

    // The slowest case: a wrong code is compared with all three steps.
    let wrong = Code::from_wire("000000").unwrap();
    let mut matched = 0;
    let started = now_ms();
    for round in 0..ROUNDS {
        let steps = Steps::around(UnixSeconds(1_800_000_000 + 30 * u64::from(round)));
        matched += u32::from(secret.check(&wrong, &steps).is_some());
    }
    console_log!(
        "bench: check {:.2} µs",
        (now_ms() - started) * 1000.0 / f64::from(ROUNDS)
    );
    assert!(matched < ROUNDS / 1000);
}
