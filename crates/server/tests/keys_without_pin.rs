//! Security keys that ask for no PIN: taken where the host says so, and nowhere else.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::authenticator::{Key, USER_VERIFIED};
use common::manage::refused;
use common::{Bench, ORIGIN, claims};
use serde_json::json;

#[tokio::test]
async fn one_signs_in_where_the_host_takes_it() {
    let tune = |config: &mut nidan_server::config::Config| {
        let passkeys = config.hosts[0].passkeys.as_mut();
        passkeys.unwrap().keys_without_pin = true;
    };
    for (bench, is_taken) in [
        (Bench::tuned(tune, None).await, true),
        (Bench::new().await, false),
    ] {
        let person = bench.enrolled("u1", 7).await;
        let page = bench.proved(&person).await;
        let (_, opened) = page.post("setups", &json!({ "kind": "passkey" })).await;
        let ceremony = bench.ceremony(&page.token, "create").await.unwrap();
        let mut key = Key::new(1, &ceremony.options);
        key.flags &= !USER_VERIFIED;
        let saying = key.make(ORIGIN, &ceremony.options);
        let made = bench.made(&page.token, &ceremony, &saying).await;
        if !is_taken {
            refused(&made, StatusCode::UNPROCESSABLE_ENTITY, "passkey_wrong");
            assert_eq!(made.1["field"], "user_verification");
            continue;
        }
        assert_eq!(made.0, StatusCode::OK, "{}", made.1);
        let path = format!("setups/{}/finish", opened["setup_id"].as_str().unwrap());
        let body = json!({ "ceremony_id": ceremony.id, "name": "Key" });
        assert_eq!(page.post(&path, &body).await.0, StatusCode::OK);
        let (flow_id, token) = bench.login("u1").await;
        let (status, verified) = bench.sign_in_with(&token, &key).await;
        assert_eq!(status, StatusCode::OK, "{verified}");
        let (_, redeemed) = bench.redeem_login(&flow_id, &verified["result_code"]).await;
        let said = claims(&redeemed["assertion"]);
        assert_eq!(said["amr"], json!(["pop", "user"]), "somebody was there");
        assert_eq!(said["acr"], "urn:nidan:acr:phishing-resistant");
    }
}
