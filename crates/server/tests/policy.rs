//! Who must have two-step verification: groups, grace that is given once, and policies that become
//! stricter.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use axum::http::StatusCode;
use common::manage::{DAY, kinds, refused, somebody};
use common::{Bench, Widget, claims};
use nidan_protocol::{AcrNeeded, MethodKind};
use nidan_server::config::{Config, Group};
use nidan_server::router;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A group in which all is as the host has it.
fn group(id: &str) -> Group {
    toml::from_str(&format!("id = \"{id}\"")).unwrap()
}

/// Staff must have it, within three days or three skips; customers need not.
fn staff(config: &mut Config) {
    let host = &mut config.hosts[0];
    host.trust_days = Some(30);
    host.groups = vec![Group {
        required: Some(true),
        grace_days: Some(3),
        grace_skips: Some(3),
        trust_days: Some(1),
        ..group("staff")
    }];
}

async fn flow_of(bench: &Bench, group: Option<&str>, body: Value) -> (StatusCode, Value) {
    let mut body = body;
    if let Some(group) = group {
        body["group"] = json!(group);
    }
    bench.host_post("/v1/flows", &body).await
}

async fn logs_in(bench: &Bench, group: Option<&str>) -> Value {
    let body = bench.login_body("u1", "session-of-somebody-without");
    let (status, created) = flow_of(bench, group, body).await;
    assert_eq!(status, StatusCode::OK, "{created}");
    created
}

/// Opens a set-up; its flow and its token.
async fn begins(bench: &Bench, group: &str) -> (String, String) {
    let mut body = bench.create_body("u1");
    body["at_login"] = json!(true);
    let (status, created) = flow_of(bench, Some(group), body).await;
    assert_eq!(status, StatusCode::CREATED, "{created}");
    let text = |name: &str| created[name].as_str().unwrap().to_owned();
    (text("flow_id"), text("flow_token"))
}

async fn skip(bench: &Bench, token: &str) -> (StatusCode, Value) {
    bench.widget_post("/v1/flow/skip", token, &json!({})).await
}

async fn redeem(bench: &Bench, flow_id: &str, answer: &Value) -> (StatusCode, Value) {
    let code = answer["result_code"].as_str().unwrap();
    bench.redeem(flow_id, code).await
}

#[tokio::test]
async fn staff_put_it_off_three_times_and_then_set_it_up() {
    let bench = Bench::tuned(staff, None).await;
    assert_eq!(
        logs_in(&bench, None).await,
        json!({ "outcome": "not_enrolled" }),
        "customers need not"
    );
    let deadline = bench.now() + 3 * DAY;
    for left in [3, 2, 1] {
        let created = logs_in(&bench, Some("staff")).await;
        let duty = json!({
            "required": true, "deadline": deadline, "skips_left": left, "may_skip": true,
        });
        assert_eq!(
            created,
            json!({ "outcome": "not_enrolled", "enrolment": duty })
        );
        let (flow_id, token) = begins(&bench, "staff").await;
        assert_eq!(
            bench.flow_get(&token).await.1["policy"]["enrolment"],
            duty,
            "the set-up says so too"
        );
        let (status, answer) = skip(&bench, &token).await;
        assert_eq!(
            (status, &answer["outcome"]),
            (StatusCode::OK, &json!("skipped"))
        );
        // An answer that was lost on the way.
        assert_eq!(skip(&bench, &token).await, (StatusCode::OK, answer.clone()));
        // The page is loaded again: nothing is on.
        let again = bench.flow_get(&token).await;
        refused(&again, StatusCode::CONFLICT, "flow_conflict");
        let (status, redeemed) = redeem(&bench, &flow_id, &answer).await;
        assert_eq!(status, StatusCode::OK, "{redeemed}");
        let claims = claims(&redeemed["assertion"]);
        assert_eq!(claims["acr"], "urn:nidan:acr:skipped");
        assert_eq!(claims["amr"], json!([]));
        assert_eq!(claims["purpose"], "enroll");
        assert_eq!(claims["method_id"], "skipped");
        assert_eq!(claims.get("must_add"), None);
        let (status, _) = redeem(&bench, &flow_id, &answer).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "once");
        bench.pass(DAY / 4);
    }
    let created = logs_in(&bench, Some("staff")).await;
    assert_eq!(created["enrolment"]["skips_left"], 0);
    assert_eq!(created["enrolment"]["may_skip"], false);
    let (_, token) = begins(&bench, "staff").await;
    let over = skip(&bench, &token).await;
    refused(&over, StatusCode::CONFLICT, "policy_forbids");
    assert_eq!(over.1["field"], "required");
    // The set-up is still there, and leads in.
    let widget = Widget::new(&bench.flow_get(&token).await.1, 7);
    let (status, _) = bench.flow_post(&token, &widget.body(bench.now())).await;
    assert_eq!(status, StatusCode::OK);
    let over = skip(&bench, &token).await;
    refused(&over, StatusCode::CONFLICT, "flow_conflict");
    let told = [
        "enrolled",
        "set_up_skipped",
        "set_up_skipped",
        "set_up_skipped",
    ];
    assert_eq!(kinds(&bench).await, told);
}

#[tokio::test]
async fn the_date_ends_it_and_nothing_gives_it_anew() {
    let bench = Bench::tuned(staff, None).await;
    let _first = logs_in(&bench, Some("staff")).await;
    bench.pass(3 * DAY);
    let created = logs_in(&bench, Some("staff")).await;
    assert_eq!(created["enrolment"]["may_skip"], false);
    assert_eq!(created["enrolment"]["deadline"], bench.now());
}

#[tokio::test]
async fn a_reset_ends_what_was_left() {
    let bench = Bench::tuned(staff, None).await;
    let created = logs_in(&bench, Some("staff")).await;
    assert_eq!(created["enrolment"]["may_skip"], true);
    let body = json!({ "by": "Anna", "reason": "lost everything" });
    let (status, _) = bench.host_post("/v1/subjects/u1/reset", &body).await;
    assert_eq!(status, StatusCode::OK);
    let created = logs_in(&bench, Some("staff")).await;
    assert_eq!(created["enrolment"]["may_skip"], false);
    let (_, token) = begins(&bench, "staff").await;
    let refusal = skip(&bench, &token).await;
    refused(&refusal, StatusCode::CONFLICT, "policy_forbids");
}

#[tokio::test]
async fn what_is_required_of_nobody_is_not_put_off() {
    let bench = Bench::tuned(staff, None).await;
    let (_, created) = flow_of(&bench, None, bench.create_body("u1")).await;
    let token = created["flow_token"].as_str().unwrap();
    let (_, view) = bench.flow_get(token).await;
    assert_eq!(view["policy"].get("enrolment"), None);
    let refusal = skip(&bench, token).await;
    refused(&refusal, StatusCode::CONFLICT, "policy_forbids");
    // Nor is a set-up that is begun by oneself, though it is required.
    let own = flow_of(&bench, Some("staff"), bench.create_body("u1"))
        .await
        .1;
    let token = own["flow_token"].as_str().unwrap();
    assert_eq!(
        bench.flow_get(token).await.1["policy"].get("enrolment"),
        None
    );
    let refusal = skip(&bench, token).await;
    refused(&refusal, StatusCode::CONFLICT, "policy_forbids");
    let mut body = bench.login_body("u1", "session-of-somebody-without");
    body["at_login"] = json!(true);
    let refusal = flow_of(&bench, Some("staff"), body).await;
    refused(&refusal, StatusCode::BAD_REQUEST, "request_invalid");
    // Nor is anything but a set-up.
    let person = bench.enrolled("u2", 7).await;
    let (_, token) = bench.login(&person.subject).await;
    let refusal = skip(&bench, &token).await;
    refused(
        &refusal,
        StatusCode::UNPROCESSABLE_ENTITY,
        "method_not_offered",
    );
}

#[tokio::test]
async fn a_group_that_there_is_not_is_named() {
    let bench = Bench::tuned(staff, None).await;
    for purpose in ["enroll", "verify", "manage"] {
        let mut body = bench.create_body("u1");
        body["purpose"] = json!(purpose);
        let refusal = flow_of(&bench, Some("boss"), body).await;
        refused(&refusal, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(refusal.1["field"], "group");
    }
    // One that is taken out of the configuration takes its open flows along.
    let (_, token) = begins(&bench, "staff").await;
    let without = router(bench.again(|config| config.hosts[0].groups.clear()));
    let mut asked = common::post("/v1/flow", &token, Some(common::ORIGIN), &json!({}));
    *asked.method_mut() = axum::http::Method::GET;
    let gone = without.oneshot(asked).await.unwrap();
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_policy_that_becomes_stricter_leads_on_after_the_next_right_code() {
    let stricter = |config: &mut Config| {
        config.hosts[0].groups = vec![
            Group {
                required: Some(true),
                min_methods: Some(2),
                ..group("two")
            },
            Group {
                acr_needed: Some(AcrNeeded::PhishingResistant),
                methods: Some(vec![MethodKind::Totp, MethodKind::Passkey]),
                ..group("keys")
            },
        ];
    };
    let bench = Bench::tuned(stricter, None).await;
    let person = somebody(&bench).await;
    for (group, must_add) in [
        (None, None),
        (Some("two"), Some(true)),
        (Some("keys"), Some(true)),
    ] {
        let body = bench.login_body("u1", "session-of-a-stricter-login");
        let (status, created) = flow_of(&bench, group, body).await;
        assert_eq!(status, StatusCode::CREATED, "nobody is stranded: {created}");
        let token = created["flow_token"].as_str().unwrap();
        bench.pass(60);
        let (status, answer) = bench.verify(token, &person.post(bench.now())).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let path = format!("/v1/flows/{}/redeem", created["flow_id"].as_str().unwrap());
        let body = json!({
            "result_code": answer["result_code"], "session_binding": "session-of-a-stricter-login",
        });
        let (_, redeemed) = bench.host_post(&path, &body).await;
        let claims = claims(&redeemed["assertion"]);
        assert_eq!(claims.get("must_add").and_then(Value::as_bool), must_add);
        assert_eq!(claims.get("must_enroll"), None);
    }
    // Once it is there, nothing is asked for any more.
    let page = bench.proved(&person).await;
    let _second = page.add_app(&json!({ "kind": "totp" }), 9).await;
    bench.pass(2 * DAY);
    let body = bench.login_body("u1", "session-of-a-stricter-login");
    let (_, created) = flow_of(&bench, Some("two"), body).await;
    let token = created["flow_token"].as_str().unwrap();
    let (_, answer) = bench.verify(token, &person.post(bench.now())).await;
    let path = format!("/v1/flows/{}/redeem", created["flow_id"].as_str().unwrap());
    let body = json!({
        "result_code": answer["result_code"], "session_binding": "session-of-a-stricter-login",
    });
    let (_, redeemed) = bench.host_post(&path, &body).await;
    assert_eq!(claims(&redeemed["assertion"]).get("must_add"), None);
}

#[tokio::test]
async fn browsers_are_trusted_as_long_as_the_group_says() {
    let tune = |config: &mut Config| {
        staff(config);
        config.hosts[0].groups.push(Group {
            trust_days: Some(0),
            ..group("careful")
        });
    };
    let bench = Bench::tuned(tune, None).await;
    let person = somebody(&bench).await;
    for (group, days) in [
        (None, Some(30)),
        (Some("staff"), Some(1)),
        (Some("careful"), None),
    ] {
        bench.pass(60);
        let body = bench.login_body("u1", "session-of-a-trusting-login");
        let (_, created) = flow_of(&bench, group, body).await;
        let token = created["flow_token"].as_str().unwrap();
        let (_, view) = bench.flow_get(token).await;
        assert_eq!(
            view["verification"]["trust_days"].as_u64(),
            days,
            "{group:?}"
        );
        let mut post = person.post(bench.now());
        post["trust_browser"] = json!(true);
        let answer = bench.verify(token, &post).await;
        let Some(days) = days else {
            refused(&answer, StatusCode::BAD_REQUEST, "request_invalid");
            continue;
        };
        let path = format!("/v1/flows/{}/redeem", created["flow_id"].as_str().unwrap());
        let body = json!({
            "result_code": answer.1["result_code"], "session_binding": "session-of-a-trusting-login",
        });
        let (_, redeemed) = bench.host_post(&path, &body).await;
        assert_eq!(redeemed["trust_expires_at"], bench.now() + days * DAY);
    }
}

#[tokio::test]
async fn pausing_and_turning_off_are_rights_of_their_own() {
    let tune = |config: &mut Config| {
        config.hosts[0].groups = vec![
            Group {
                may_pause: Some(false),
                ..group("no-pause")
            },
            Group {
                may_turn_off: Some(false),
                ..group("no-end")
            },
        ];
    };
    let bench = Bench::tuned(tune, None).await;
    let person = somebody(&bench).await;
    for (group, pause, turn_off) in [("no-pause", false, true), ("no-end", true, false)] {
        let page = bench.manage_with("u1", &json!({ "group": group })).await;
        bench.pass(60);
        let (status, view) = page.post("proof", &person.post(bench.now())).await;
        assert_eq!(status, StatusCode::OK, "{view}");
        let may = &view["management"]["may"];
        assert_eq!(
            (may["pause"].as_bool(), may["turn_off"].as_bool()),
            (Some(pause), Some(turn_off)),
            "{group}"
        );
        let asked = json!({ "hours": 1, "reason": "other" });
        let paused = page.change("pause", &asked).await;
        if pause {
            assert_eq!(paused.0, StatusCode::OK, "{}", paused.1);
        } else {
            refused(&paused, StatusCode::CONFLICT, "policy_forbids");
        }
    }
}

#[tokio::test]
async fn coverage_says_who_is_covered_who_is_overdue_and_who_is_locked_out() {
    let tune = |config: &mut Config| {
        staff(config);
        config.hosts[0].groups[0].min_methods = Some(2);
    };
    let bench = Bench::tuned(tune, None).await;
    let person = somebody(&bench).await;
    let signs_in = async |subject: &str| {
        let body = bench.login_body(subject, "session-of-somebody-of-staff");
        flow_of(&bench, Some("staff"), body).await
    };
    for subject in ["u1", "u2", "u3"] {
        let (status, created) = signs_in(subject).await;
        assert!(status.is_success(), "{created}");
    }
    bench.pass(3 * DAY);
    let (status, _) = signs_in("u4").await;
    assert_eq!(status, StatusCode::OK);
    // Support holds the only method: nothing but its backup codes is left.
    let hold = format!("/v1/subjects/u1/methods/{}/hold", person.method_id);
    let by = json!({ "by": "Anna", "reason": "lost" });
    assert_eq!(bench.host_post(&hold, &by).await.0, StatusCode::OK);
    let code = json!({ "by": "Anna", "reason": "lost", "minutes": 60, "reset": true });
    let (status, _) = bench
        .host_post("/v1/subjects/u3/temporary_code", &code)
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, view) = bench.host_get("/v1/subjects?group=staff").await;
    assert_eq!(status, StatusCode::OK, "{view}");
    let people = view["subjects"].as_array().unwrap();
    let ids: Vec<_> = people
        .iter()
        .map(|one| one["subject"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["u1", "u2", "u3", "u4"]);
    assert_eq!(view.get("after"), None);
    let [held, overdue, helped, new] = people.as_slice() else {
        unreachable!("{view}")
    };
    assert_eq!(held["methods"], json!(["totp"]));
    assert_eq!(
        (&held["must_add"], &held["can_sign_in"]),
        (&json!(true), &json!(true))
    );
    assert!(
        held["health"]
            .as_array()
            .unwrap()
            .contains(&json!("method_held"))
    );
    assert_eq!(held.get("enrolment"), None);
    assert_eq!(overdue["overdue_since"], bench.now());
    assert_eq!(overdue["enrolment"]["may_skip"], false);
    assert_eq!(helped["temporary_code_expires_at"], bench.now() + 3_600);
    assert_eq!(
        (&helped["can_sign_in"], helped.get("overdue_since")),
        (&json!(true), None)
    );
    assert_eq!(new["enrolment"]["skips_left"], 3);
    assert_eq!(new.get("overdue_since"), None);
    // Neither a secret nor a number, and nothing of people of no group.
    let _customer = bench.enrolled("u5", 9).await;
    let (_, again) = bench.host_get("/v1/subjects?group=staff").await;
    assert_eq!(again, view);
    let (_, page) = bench.host_get("/v1/subjects?group=staff&after=u3").await;
    assert_eq!(page["subjects"].as_array().unwrap().len(), 1);
    for path in ["/v1/subjects?group=boss", "/v1/subjects"] {
        let refusal = bench.host_get(path).await;
        refused(&refusal, StatusCode::BAD_REQUEST, "request_invalid");
        assert_eq!(refusal.1["field"], "group");
    }
}

#[tokio::test]
async fn what_was_put_off_leads_in_no_longer_than_its_flow() {
    let bench = Bench::tuned(staff, None).await;
    let (flow_id, token) = begins(&bench, "staff").await;
    let (_, answer) = skip(&bench, &token).await;
    bench.pass(59);
    assert_eq!(skip(&bench, &token).await.0, StatusCode::OK);
    bench.pass(600);
    let late = skip(&bench, &token).await;
    refused(&late, StatusCode::UNAUTHORIZED, "flow_expired");
    let (status, _) = redeem(&bench, &flow_id, &answer).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_pause_of_before_does_not_count_where_it_is_required() {
    let bench = Bench::tuned(staff, None).await;
    let person = somebody(&bench).await;
    let page = bench.proved(&person).await;
    let asked = json!({ "hours": 72, "reason": "other" });
    assert_eq!(page.change("pause", &asked).await.0, StatusCode::OK);
    let login = async |group| {
        let body = bench.login_body("u1", "session-of-a-paused-login");
        flow_of(&bench, group, body).await.1["outcome"].clone()
    };
    assert_eq!(login(None).await, "paused");
    assert_eq!(login(Some("staff")).await, "required");
}
