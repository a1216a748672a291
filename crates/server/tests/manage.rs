//! A person changes what they have, request by request.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::Bench;
use common::manage::{DAY, HOUR, Page, code, kinds, refused, request_id, somebody};
use serde_json::{Value, json};

/// A number that was typed, ordered and answered.
async fn number(page: &Page<'_>, number: &str, channel: &str) -> Value {
    let body = json!({ "number": number, "country": "JP", "channel": channel, "locale": "ja" });
    let (status, challenge) = page.post("challenges", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{challenge}");
    let typed = page.bench.code(&(page.token.clone(), challenge.clone()));
    let path = format!("challenges/{}/answer", challenge["id"].as_str().unwrap());
    let (status, answered) = page.post(&path, &json!({ "code": typed })).await;
    assert_eq!(status, StatusCode::OK, "{answered}");
    challenge
}

#[tokio::test]
async fn nothing_changes_without_a_proof_of_this_flow_that_is_fresh() {
    let bench = Bench::trusting().await;
    let person = somebody(&bench).await;
    let trusted = bench.trust(&person).await;
    let more = json!({ "trust_token": trusted });
    let page = bench.manage_with("u1", &more).await;
    let (status, view) = page.get("").await;
    assert_eq!(
        (status, &view["purpose"]),
        (StatusCode::OK, &json!("manage"))
    );
    assert_eq!(view["management"], Value::Null, "before a proof");
    assert_eq!(
        view["methods"][0]["is_default"],
        Value::Null,
        "what a login shows"
    );
    assert_eq!(view["verification"]["method_id"], person.method_id);
    assert_eq!(view["verification"]["trust_days"], Value::Null);

    let other = bench.proved(&person).await;
    let id = &person.method_id;
    let all = [
        ("setups", json!({ "kind": "totp" })),
        (
            &*format!("methods/{id}"),
            json!({ "request_id": request_id(), "name": "x" }),
        ),
        (
            &*format!("methods/{id}/remove"),
            json!({ "request_id": request_id() }),
        ),
        (
            &*format!("methods/{id}/hold"),
            json!({ "request_id": request_id() }),
        ),
        (
            &*format!("methods/{id}/release"),
            json!({ "request_id": request_id() }),
        ),
        (&*format!("methods/{id}/test"), json!({ "code": "123456" })),
        (
            "pause",
            json!({ "request_id": request_id(), "hours": 1, "reason": "abroad" }),
        ),
        ("resume", json!({ "request_id": request_id() })),
        (
            "trusted_browsers/revoke",
            json!({ "request_id": request_id() }),
        ),
        (
            "challenges",
            json!({ "number": "090-1234-5678", "country": "JP", "channel": "sms" }),
        ),
    ];
    let before = bench.subject("u1").await;
    for (path, body) in &all {
        let answer = page.post(path, body).await;
        refused(&answer, StatusCode::FORBIDDEN, "reauth_required");
        assert_eq!(answer.1["max_age_s"], 300, "{path}");
    }
    for path in ["/record", "/trusted_browsers"] {
        refused(
            &page.get(path).await,
            StatusCode::FORBIDDEN,
            "reauth_required",
        );
    }
    // A proof that is 301 seconds old; a login's flow; another purpose's.
    bench.pass(301);
    for (path, body) in &all {
        let answer = other.post(path, body).await;
        refused(&answer, StatusCode::FORBIDDEN, "reauth_required");
    }
    let (_, login) = bench.login("u1").await;
    for (path, body) in all.iter().filter(|(path, _)| *path != "challenges") {
        let path = format!("/v1/flow/{path}");
        let answer = bench.widget_post(&path, &login, body).await;
        refused(
            &answer,
            StatusCode::UNPROCESSABLE_ENTITY,
            "method_not_offered",
        );
    }
    let after = bench.subject("u1").await;
    assert_eq!(before["methods"], after["methods"]);
    assert_eq!(before["trusted_browsers"], after["trusted_browsers"]);
    // It is proved again, and goes on.
    other.prove(&person).await;
    let answer = other.change("resume", &json!({})).await;
    assert_eq!(answer.0, StatusCode::OK, "{}", answer.1);
    assert_eq!(
        page.post("close", &json!({})).await.1,
        json!({}),
        "nothing to redeem"
    );
}

#[tokio::test]
async fn an_app_is_added_named_made_the_default_tested_and_removed() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let widget = page.set_up(&json!({ "kind": "totp" }), 31).await;
    let wrong = page.finish(&widget, &json!({ "code": "000000" })).await;
    refused(&wrong, StatusCode::UNPROCESSABLE_ENTITY, "code_wrong");
    for name in [
        "x".repeat(65),
        "<b>".to_owned(),
        "a\u{202e}b".to_owned(),
        "a\nb".to_owned(),
    ] {
        let answer = page.finish(&widget, &json!({ "name": name })).await;
        refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(answer.1["field"], "name");
    }
    let body = page.finish_body(&widget, &json!({ "name": "Tablet" }));
    let path = format!("setups/{}/finish", widget.enrolment_id);
    let (status, added) = page.post(&path, &body).await;
    assert_eq!(status, StatusCode::OK, "{added}");
    let (status, again) = page.post(&path, &body).await;
    assert_eq!(
        (status, &again["methods"]),
        (StatusCode::OK, &added["methods"])
    );
    let other = page.finish_body(&widget, &json!({ "name": "Other" }));
    refused(
        &page.post(&path, &other).await,
        StatusCode::CONFLICT,
        "flow_conflict",
    );
    let methods = &added["management"]["methods"];
    assert_eq!(methods.as_array().unwrap().len(), 2);
    assert_eq!(methods[1]["name"], "Tablet");
    assert!(methods[1]["cooling_until"].is_u64(), "{methods}");
    let id = methods[1]["id"].as_str().unwrap().to_owned();

    let edit = format!("methods/{id}");
    let (status, edited) = page
        .change(&edit, &json!({ "name": "二段", "is_default": true }))
        .await;
    assert_eq!(status, StatusCode::OK, "{edited}");
    let tablet = &edited["management"]["methods"][1];
    assert_eq!(
        (&tablet["name"], &tablet["is_default"]),
        (&json!("二段"), &json!(true))
    );
    let refusal = page.change(&edit, &json!({ "name": "<i>" })).await;
    refused(&refusal, StatusCode::BAD_REQUEST, "request_invalid");
    // A login begins with it.
    let (_, login) = bench.login("u1").await;
    assert_eq!(
        bench.flow_get(&login).await.1["verification"]["method_id"],
        id
    );

    let test = format!("methods/{id}/test");
    let wrong = page
        .post(&test, &json!({ "code": person.wrong_code(bench.now()) }))
        .await;
    refused(&wrong, StatusCode::UNPROCESSABLE_ENTITY, "code_wrong");
    bench.pass(30);
    let right = json!({ "code": common::code_at(&widget.secret, bench.now()) });
    let (status, tested) = page.post(&test, &right).await;
    assert_eq!(status, StatusCode::OK, "{tested}");
    assert_eq!(tested["management"]["methods"][1]["tested_at"], bench.now());
    assert_eq!(
        page.post(&test, &right).await.0,
        StatusCode::OK,
        "the answer was lost"
    );
    // Spent: it opens no login.
    let mut post = right.clone();
    post["method_id"] = json!(id);
    refused(
        &bench.verify(&login, &post).await,
        StatusCode::CONFLICT,
        "code_used",
    );
    let nobody = page.post("methods/nothing/test", &right).await;
    refused(&nobody, StatusCode::NOT_FOUND, "method_not_found");

    let (status, removed) = page
        .change(&format!("methods/{id}/remove"), &json!({}))
        .await;
    assert_eq!(status, StatusCode::OK, "{removed}");
    assert_eq!(page.ids().await, [person.method_id.as_str()]);
    let last = page
        .change(&format!("methods/{}/remove", person.method_id), &json!({}))
        .await;
    refused(&last, StatusCode::CONFLICT, "last_method");
    let kinds = kinds(&bench).await;
    let told: Vec<_> = kinds.iter().take(6).map(String::as_str).collect();
    let expected = [
        "method_removed",
        "code_wrong",
        "method_tested",
        "code_wrong",
        "method_added",
        "proved",
    ];
    assert_eq!(told, expected);

    let claims = page.closed().await;
    for path in ["/record", "/trusted_browsers"] {
        let closed = page.get(path).await;
        assert_ne!(closed.0, StatusCode::OK, "nothing more is read: {path}");
    }
    assert_eq!(
        (&claims["purpose"], &claims["amr"]),
        (&json!("manage"), &json!(["otp"]))
    );
    let changes =
        json!([{ "change": "added", "method": "totp" }, { "change": "removed", "method": "totp" }]);
    assert_eq!(claims["changes"], changes);
    assert_eq!(claims["end_other_sessions"], true);
    refused(&page.get("").await, StatusCode::CONFLICT, "flow_conflict");
}

#[tokio::test]
async fn a_new_phone_takes_the_old_one_s_place() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let replaces = json!({ "replaces": person.method_id });
    let new = page.add_app(&replaces, 32).await;
    let (_, view) = page.get("").await;
    assert_eq!(
        view["methods"].as_array().unwrap().len(),
        1,
        "it proves nothing"
    );
    assert_eq!(view["methods"][0]["id"], new.method_id);
    let has = &bench.subject("u1").await["methods"];
    assert_eq!(has[0]["id"], person.method_id);
    assert_eq!(has[0]["retires_at"], bench.now() + DAY);
    assert_eq!(view["management"], Value::Null, "what proved it is to go");
    let proof = page.post("proof", &person.post(bench.now() + 30)).await;
    refused(&proof, StatusCode::CONFLICT, "policy_forbids");
    assert_eq!(proof.1["field"], "retiring");
    // Both sign in; a login begins with the new one.
    bench.pass(30);
    let (_, login) = bench.login("u1").await;
    assert_eq!(
        bench.flow_get(&login).await.1["verification"]["method_id"],
        new.method_id
    );
    assert_eq!(
        bench.verify(&login, &person.post(bench.now())).await.0,
        StatusCode::OK
    );
    assert_eq!(
        bench.subject("u1").await["methods"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (_, login) = bench.login("u1").await;
    assert_eq!(
        bench.flow_get(&login).await.1["verification"]["method_id"],
        new.method_id,
        "also where the old one was used last"
    );
    assert_eq!(
        bench.verify(&login, &new.post(bench.now())).await.0,
        StatusCode::OK
    );
    assert_eq!(
        bench.subject("u1").await["methods"]
            .as_array()
            .unwrap()
            .len(),
        2,
        "its own code proved it: nobody ends its day earlier"
    );

    // By its hour, where nobody signs in.
    bench.pass(2 * DAY);
    assert_eq!(bench.service.note_what_is_due().await.unwrap(), 1);
    assert_eq!(kinds(&bench).await[0], "method_retired");
    let page = bench.proved(&new).await;
    let newer = page
        .add_app(&json!({ "replaces": new.method_id }), 33)
        .await;
    bench.pass(24 * HOUR - 1);
    assert_eq!(
        bench.subject("u1").await["methods"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(bench.service.note_what_is_due().await.unwrap(), 0);
    bench.pass(1);
    let subject = bench.subject("u1").await;
    assert_eq!(subject["methods"][0]["id"], newer.method_id);
    let (_, login) = bench.login("u1").await;
    let gone = bench.verify(&login, &new.post(bench.now())).await;
    refused(&gone, StatusCode::NOT_FOUND, "method_not_found");
    assert_eq!(bench.service.note_what_is_due().await.unwrap(), 1);

    // Another factor proves it: whoever has signed in by the new one needs the old one no more.
    bench.pass(2 * DAY);
    let page = bench.manage("u1").await;
    let proof = page.post("proof", &person.backup_post(0)).await;
    assert_eq!(proof.0, StatusCode::OK, "{}", proof.1);
    let replaces = json!({ "replaces": newer.method_id });
    let newest = page.add_app(&replaces, 40).await;
    bench.pass(30);
    let (_, login) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&login, &newest.post(bench.now())).await.0,
        StatusCode::OK
    );
    let subject = bench.subject("u1").await;
    assert_eq!(subject["methods"].as_array().unwrap().len(), 1);
    assert_eq!(subject["methods"][0]["id"], newest.method_id);
    assert_eq!(kinds(&bench).await[0], "method_retired");
}

#[tokio::test]
async fn a_number_is_added_replaced_and_never_had_twice() {
    let bench = Bench::new().await;
    bench.deliver();
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let challenge = number(&page, "090-1234-5678", "sms").await;
    let (_, opened) = page.post("setups", &json!({ "kind": "sms" })).await;
    let path = format!("setups/{}/finish", opened["setup_id"].as_str().unwrap());
    assert_eq!(opened["server_public_key"], Value::Null);
    let body = json!({ "challenge_id": challenge["id"], "name": "mobile" });
    let (status, added) = page.post(&path, &body).await;
    assert_eq!(status, StatusCode::OK, "{added}");
    let first = added["management"]["methods"][1].clone();
    assert_eq!(
        (&first["kind"], &first["hint"]),
        (&json!("sms"), &json!("78"))
    );
    // Again, typed in another way.
    let body = json!({ "number": "+81 90 1234 5678", "channel": "voice" });
    let known = page.post("challenges", &body).await;
    refused(&known, StatusCode::CONFLICT, "phone_known");

    // Its code proves; the code of a set-up's own challenge is answered elsewhere.
    bench.pass(2 * DAY);
    let page = bench.manage("u1").await;
    let order = json!({ "method_id": first["id"], "channel": "sms" });
    let (status, sent) = page.post("challenges", &order).await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");
    let typed = bench.code(&(page.token.clone(), sent.clone()));
    let path = format!("challenges/{}/answer", sent["id"].as_str().unwrap());
    let answer = page.post(&path, &json!({ "code": typed })).await;
    refused(
        &answer,
        StatusCode::UNPROCESSABLE_ENTITY,
        "method_not_offered",
    );
    let body = json!({ "method_id": first["id"], "code": typed });
    let (status, view) = page.post("proof", &body).await;
    assert_eq!(status, StatusCode::OK, "{view}");
    assert_eq!(
        page.post("proof", &body).await.0,
        StatusCode::OK,
        "the answer was lost"
    );
    assert_eq!(view["management"]["proved_by"], first["id"]);

    // A code of one's own number sets nothing up.
    let (_, opened) = page.post("setups", &json!({ "kind": "sms" })).await;
    let path = format!("setups/{}/finish", opened["setup_id"].as_str().unwrap());
    let own = page
        .post(&path, &json!({ "challenge_id": sent["id"] }))
        .await;
    refused(&own, StatusCode::NOT_FOUND, "challenge_not_found");
    // The new number at once in the old one's place: what proves it is not what goes.
    page.prove(&person).await;
    let challenge = number(&page, "080-8765-4321", "sms").await;
    let body = json!({ "kind": "sms", "replaces": first["id"] });
    let (_, opened) = page.post("setups", &body).await;
    let path = format!("setups/{}/finish", opened["setup_id"].as_str().unwrap());
    let body = json!({ "challenge_id": challenge["id"], "keep_old_hours": 0 });
    let (status, replaced) = page.post(&path, &body).await;
    assert_eq!(status, StatusCode::OK, "{replaced}");
    let hints: Vec<_> = replaced["methods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["hint"])
        .collect();
    assert_eq!(hints, [&Value::Null, &json!("21")]);
    let too_long = json!({ "challenge_id": challenge["id"], "keep_old_hours": 25 });
    let refusal = page.post(&path, &too_long).await;
    refused(&refusal, StatusCode::BAD_REQUEST, "request_invalid");
}

#[tokio::test]
async fn a_code_to_a_typed_number_is_sent_again_under_a_live_proof_alone() {
    let bench = Bench::new().await;
    bench.deliver();
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let challenge = number(&page, "090-1234-5678", "sms").await;
    let again = format!("challenges/{}/resend", challenge["id"].as_str().unwrap());
    bench.pass(301);
    let late = page.post(&again, &json!({})).await;
    refused(&late, StatusCode::FORBIDDEN, "reauth_required");
}

#[tokio::test]
async fn new_backup_codes_count_when_one_is_typed_back() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.manage("u1").await;
    let (status, view) = page.post("proof", &person.backup_post(0)).await;
    assert_eq!(status, StatusCode::OK, "{view}");
    assert_eq!(view["management"]["backup_codes"]["left"], 9, "it is spent");
    let widget = page.set_up(&json!({ "kind": "backup_codes" }), 34).await;
    let typed =
        |nth: usize| json!({ "code": *widget.backup_codes.iter().nth(nth).unwrap().expose() });
    let wrong = json!({ "code": *person.widget.backup_codes.iter().nth(1).unwrap().expose() });
    refused(
        &page.finish(&widget, &wrong).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "code_wrong",
    );
    // Left alone: the old ones are good.
    let (_, login) = bench.login("u1").await;
    assert_eq!(
        bench.verify(&login, &person.backup_post(1)).await.0,
        StatusCode::OK
    );
    let (status, renewed) = page.finish(&widget, &typed(3)).await;
    assert_eq!(status, StatusCode::OK, "{renewed}");
    let codes = &renewed["management"]["backup_codes"];
    assert_eq!(codes, &json!({ "left": 10, "made_at": bench.now() }));
    assert_eq!(
        page.finish(&widget, &typed(3)).await.0,
        StatusCode::OK,
        "the answer was lost"
    );
    let (_, login) = bench.login("u1").await;
    let old = bench.verify(&login, &person.backup_post(2)).await;
    refused(&old, StatusCode::UNPROCESSABLE_ENTITY, "code_wrong");
    let mut new = typed(5);
    new["method_id"] = json!("backup_code");
    assert_eq!(bench.verify(&login, &new).await.0, StatusCode::OK);
    let claims = page.closed().await;
    assert_eq!(claims["changes"], json!([{ "change": "codes" }]));
    assert_eq!(claims["acr"], "urn:nidan:acr:second-factor");
}

#[tokio::test]
async fn trusted_browsers_and_the_record_are_the_person_s_own() {
    let bench = Bench::trusting().await;
    let person = somebody(&bench).await;
    let first = bench.trust(&person).await;
    bench.pass(30);
    let _second = bench.trust(&person).await;
    let page = bench
        .manage_with("u1", &json!({ "trust_token": first }))
        .await;
    page.prove(&person).await;
    let (status, list) = page.get("/trusted_browsers").await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let browsers = list["browsers"].as_array().unwrap();
    assert_eq!(browsers.len(), 2);
    let this = &list["this_browser"];
    assert!(browsers.iter().any(|one| one["id"] == *this), "{list}");
    let revoke = "trusted_browsers/revoke";
    let unknown = page.change(revoke, &json!({ "id": "nothing" })).await;
    refused(&unknown, StatusCode::NOT_FOUND, "not_found");
    let both = page
        .change(revoke, &json!({ "id": this, "except_this": true }))
        .await;
    refused(&both, StatusCode::BAD_REQUEST, "request_invalid");
    assert_eq!(
        page.change(revoke, &json!({ "except_this": true })).await.0,
        StatusCode::OK
    );
    let (_, list) = page.get("/trusted_browsers").await;
    assert_eq!(list["browsers"].as_array().unwrap().len(), 1);
    assert_eq!(list["browsers"][0]["id"], list["this_browser"]);
    let body = json!({ "request_id": request_id(), "id": list["this_browser"] });
    assert_eq!(page.post(revoke, &body).await.0, StatusCode::OK);
    assert_eq!(
        page.post(revoke, &body).await.0,
        StatusCode::OK,
        "the answer was lost"
    );
    assert_eq!(bench.subject("u1").await["trusted_browsers"], json!([]));

    let (status, record) = page.get("/record").await;
    assert_eq!((status, &record["intact"]), (StatusCode::OK, &json!(true)));
    assert_eq!(record["events"][0]["kind"], "trust_revoked");
    assert_eq!(
        record["before"],
        Value::Null,
        "it ends with what is older than 90 days"
    );
    bench.pass(91 * DAY);
    let page = bench.proved(&person).await;
    let (_, record) = page.get("/record").await;
    let kinds: Vec<_> = record["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["kind"])
        .collect();
    assert_eq!(kinds, [&json!("proved")]);
    // "That was not me."
    let (status, reported) = page.post("report", &json!({})).await;
    assert_eq!(
        (status, &reported["outcome"]),
        (StatusCode::OK, &json!("reported"))
    );
    refused(&page.get("").await, StatusCode::CONFLICT, "flow_reported");
    let page = bench.proved(&person).await;
    let pause = page
        .change("pause", &json!({ "hours": 1, "reason": "other" }))
        .await;
    refused(&pause, StatusCode::CONFLICT, "policy_forbids");
    assert_eq!(pause.1["field"], "reported");
}

#[tokio::test]
async fn what_is_another_person_s_is_not_there() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let other = bench.enrolled("u2", 9).await;
    bench.pass(DAY);
    let theirs = bench.manage("u2").await;
    theirs.prove(&other).await;
    let setup = theirs.set_up(&json!({ "kind": "totp" }), 40).await;
    let page = bench.proved(&person).await;
    for word in ["/remove", "/hold", "/release", ""] {
        let answer = page
            .change(&format!("methods/{}{word}", other.method_id), &json!({}))
            .await;
        refused(&answer, StatusCode::NOT_FOUND, "method_not_found");
    }
    let body = json!({ "kind": "totp", "replaces": other.method_id });
    refused(
        &page.post("setups", &body).await,
        StatusCode::NOT_FOUND,
        "method_not_found",
    );
    refused(
        &page.finish(&setup, &json!({})).await,
        StatusCode::NOT_FOUND,
        "setup_unknown",
    );
    let proof = page.post("proof", &other.post(bench.now())).await;
    refused(&proof, StatusCode::NOT_FOUND, "method_not_found");
    // A secret that was set up belongs to nobody twice.
    let mine = page.finish(&setup, &json!({})).await;
    refused(&mine, StatusCode::NOT_FOUND, "setup_unknown");
    assert_eq!(theirs.finish(&setup, &json!({})).await.0, StatusCode::OK);
}

/// A thief who only guesses has the login's tries, and no more of them by this door.
#[tokio::test]
async fn wrong_proofs_are_the_login_s_tries() {
    let bench = Bench::new().await;
    let person = somebody(&bench).await;
    let page = bench.manage("u1").await;
    let mut last = (StatusCode::OK, Value::Null);
    for _ in 0..20 {
        last = page.post("proof", &person.wrong_post(bench.now())).await;
        if code(&last) != "code_wrong" {
            break;
        }
    }
    assert_ne!(code(&last), "code_wrong");
    let (_, login) = bench.login("u1").await;
    let there = bench.verify(&login, &person.post(bench.now())).await;
    assert_eq!(code(&there), code(&last), "{}", there.1);
}
