//! Send budgets: strangers who set something up take nothing from a person who signs in.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use axum::http::StatusCode;
use common::{Bench, Person, server::setting};
use nidan_server::config::{Budgets, Config};
use serde_json::{Value, json};

fn as_shipped(config: &mut Config) {
    config.phone.as_mut().unwrap().budgets = Budgets::default();
}

/// A service with the budgets that it has when nobody sets any, at the beginning of a day by UTC.
async fn shipped() -> Bench {
    let bench = Bench::tuned(as_shipped, None).await;
    bench.pass(86_400 - bench.now() % 86_400);
    bench
}

/// What a set-up of a number gets.
async fn set_up(bench: &Bench, subject: &str, number: &str, channel: &str) -> String {
    let (_, token, _) = bench.open(subject).await;
    let body = json!({ "number": number, "country": "JP", "channel": channel });
    outcome(
        &bench
            .widget_post("/v1/flow/challenges", &token, &body)
            .await,
    )
}

/// A set-up whose code is answered.
async fn proved(bench: &Bench, subject: &str, number: &str) {
    let order = bench.order(subject, number, "sms").await;
    let path = format!(
        "/v1/flow/challenges/{}/answer",
        order.1["id"].as_str().unwrap()
    );
    let answered = bench
        .widget_post(&path, &order.0, &json!({ "code": bench.code(&order) }))
        .await;
    assert_eq!(answered.0, StatusCode::OK, "{}", answered.1);
}

/// What a person gets who signs in and asks for a code.
async fn at_login(bench: &Bench, person: &Person, channel: &str) -> String {
    let (_, token) = bench.login(&person.subject).await;
    let body = json!({ "method_id": person.method_id, "channel": channel });
    outcome(
        &bench
            .widget_post("/v1/flow/challenges", &token, &body)
            .await,
    )
}

fn outcome((status, answer): &(StatusCode, Value)) -> String {
    if status.is_success() {
        "sent".to_owned()
    } else {
        answer["code"].as_str().unwrap().to_owned()
    }
}

/// Every stranger's set-up is refused in the end; the person's own text and call go all the same.
#[tokio::test]
async fn ten_thousand_set_ups_of_strangers_leave_a_person_her_text_and_call() {
    let count = setting("STRANGERS", 1_200);
    let bench = shipped().await;
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let mut sent = 0;
    for stranger in 0..count {
        // Her own number, her neighbours, and everybody else's.
        let number = match stranger % 3 {
            0 => "090-1234-5678".to_owned(),
            1 => format!("090-1234-5{:03}", stranger % 1_000),
            _ => format!("080-{:04}-0000", 1_000 + stranger % 8_999),
        };
        if set_up(&bench, &format!("stranger-{stranger}"), &number, "sms").await == "sent" {
            sent += 1;
        }
    }
    println!("{count} set-ups of strangers: {sent} messages");
    assert_eq!(
        set_up(&bench, "late", "090-1234-5678", "sms").await,
        "send_budget_spent"
    );
    assert_eq!(
        set_up(&bench, "late", "090-1234-5679", "sms").await,
        "send_budget_spent",
        "her neighbours"
    );
    assert_eq!(at_login(&bench, &person, "sms").await, "sent");
    assert_eq!(at_login(&bench, &person, "voice").await, "sent");
}

/// All that set-ups may send in a day is spent, by country, host and altogether.
#[tokio::test]
async fn logins_go_on_where_every_stop_for_set_ups_is_reached() {
    let tune = |config: &mut Config| {
        let stop = Budgets {
            host_per_day: 3,
            country_per_day: 3,
            total_per_day: 3,
            ..Budgets::default()
        };
        config.phone.as_mut().unwrap().budgets = stop;
    };
    let bench = Bench::tuned(tune, None).await;
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    for stranger in 0..5 {
        let outcome = set_up(
            &bench,
            &format!("s{stranger}"),
            &format!("080-{}234-5678", stranger + 1),
            "sms",
        )
        .await;
        assert_eq!(
            outcome,
            if stranger < 2 {
                "sent"
            } else {
                "send_budget_spent"
            },
            "{stranger}"
        );
    }
    assert_eq!(at_login(&bench, &person, "sms").await, "sent");
    assert_eq!(at_login(&bench, &person, "voice").await, "sent");
}

/// Somebody who has the password sends until the person's budget is spent: it is that person's
/// alone, and a second, higher stop holds for all logins.
#[tokio::test]
async fn a_person_s_own_budget_is_counted_for_that_person_and_logins_have_a_stop_too() {
    let bench = shipped().await;
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    let same_number = bench.enrolled_by_phone("u2", "090-1234-5678", "sms").await;
    let mut sent = 0;
    while at_login(&bench, &person, "sms").await == "sent" {
        sent += 1;
    }
    assert_eq!(sent, Budgets::default().number_per_hour);
    assert_eq!(
        at_login(&bench, &person, "voice").await,
        "sent",
        "an hour of texts leaves a call"
    );
    assert_eq!(
        at_login(&bench, &same_number, "sms").await,
        "sent",
        "nobody else hears of it"
    );
    let tune = |config: &mut Config| {
        config.phone.as_mut().unwrap().budgets = Budgets {
            login_host_per_day: 1,
            ..Budgets::default()
        };
    };
    let bench = Bench::tuned(tune, None).await;
    let person = bench.enrolled_by_phone("u1", "090-1234-5678", "sms").await;
    assert_eq!(at_login(&bench, &person, "sms").await, "sent");
    assert_eq!(at_login(&bench, &person, "sms").await, "send_budget_spent");
}

/// Staff phones in a row of numbers: whoever answers is no stranger. Answering does not open the
/// block for ever.
#[tokio::test]
async fn a_block_of_numbers_whose_codes_are_answered_gets_more_of_them() {
    let bench = shipped().await;
    for staff in 0..60 {
        proved(
            &bench,
            &format!("staff-{staff}"),
            &format!("090-1234-5{staff:03}"),
        )
        .await;
    }
    let unanswered = Budgets::default().block_per_day;
    for stranger in 0..unanswered {
        let number = format!("090-1234-5{:03}", 100 + stranger);
        assert_eq!(
            set_up(&bench, &format!("s{stranger}"), &number, "sms").await,
            "sent",
            "{stranger}"
        );
    }
    assert_eq!(
        set_up(&bench, "more", "090-1234-5999", "sms").await,
        "send_budget_spent"
    );
    bench.pass(86_400);
    for staff in 0..unanswered * 10 {
        proved(
            &bench,
            &format!("fraud-{staff}"),
            &format!("090-1234-5{staff:03}"),
        )
        .await;
    }
    assert_eq!(
        set_up(&bench, "fraud", "090-1234-5998", "sms").await,
        "send_budget_spent",
        "answered or not"
    );
}
