//! What every engine must do with challenges, messages and budgets.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of the suite is a failed test"
)]

use nidan_protocol::{Channel, DeliveryState};

use crate::{
    Attempt, Budget, DeliveryOutcome, LeasedMessage, NewChallenge, NewFlow, Opened, Order, Ordered,
    Scope, Store,
};

const NOW: u64 = 1000;
const LEASE_MS: u64 = 500;

/// Runs every check on a flow that is not stored yet.
///
/// # Panics
/// When the engine breaks the contract.
pub(super) async fn run(store: &dyn Store, flow: &NewFlow) {
    assert_eq!(store.open_flow(flow).await.unwrap(), Opened::Yes);
    a_challenge_is_sent_answered_and_spent(store, flow).await;
    a_new_challenge_ends_the_one_before(store, flow).await;
    whoever_did_not_see_the_latest_challenge_looks_again(store, flow).await;
    a_budget_that_is_spent_stores_nothing(store, flow).await;
    a_message_survives_its_worker_and_is_settled_once(store, flow).await;
}

fn challenge(flow: &NewFlow, name: &str) -> NewChallenge {
    NewChallenge {
        id: format!("{}-{name}", flow.id),
        flow_id: flow.id.clone(),
        channel: Channel::Sms,
        country: "JP".to_owned(),
        locale: "ja".to_owned(),
        sealed_number: vec![1, 2, 3],
        number_index: [4; 32],
        hint: "78".to_owned(),
        reference: "A7".to_owned(),
        call_digits: None,
        expires_at: 1300,
        method_id: None,
        codes: 1,
    }
}

fn order(message_id: &str, budgets: &[Budget]) -> Order {
    Order {
        message_id: message_id.to_owned(),
        budgets: budgets.to_owned(),
        now_ms: NOW * 1000,
        audit: None,
    }
}

async fn a_challenge_is_sent_answered_and_spent(store: &dyn Store, flow: &NewFlow) {
    let first = challenge(flow, "first");
    assert_eq!(
        store
            .open_challenge(&first, None, &order("m1", &[]))
            .await
            .unwrap(),
        Ordered::Yes
    );
    let stored = store.challenge(&flow.id, &first.id).await.unwrap().unwrap();
    assert_eq!(
        (
            stored.sends,
            stored.sent_at,
            stored.attempts,
            stored.answered_at
        ),
        (1, NOW, 0, None)
    );
    assert_eq!(
        (stored.delivery, stored.delivery_at),
        (DeliveryState::Queued, NOW)
    );
    assert!(
        store.challenge("other", &first.id).await.unwrap().is_none(),
        "another flow's"
    );
    // Only who saw the latest state sends again.
    assert_eq!(
        store.resend(&first.id, 1, &order("m2", &[])).await.unwrap(),
        Ordered::Yes
    );
    assert_eq!(
        store.resend(&first.id, 1, &order("m3", &[])).await.unwrap(),
        Ordered::Changed
    );
    assert_eq!(
        store.reserve_answer(&first.id, 2, NOW).await.unwrap(),
        Attempt::Reserved { left: 1 }
    );
    assert_eq!(
        store.reserve_answer(&first.id, 2, NOW).await.unwrap(),
        Attempt::Reserved { left: 0 }
    );
    assert_eq!(
        store.reserve_answer(&first.id, 2, NOW).await.unwrap(),
        Attempt::Exhausted
    );
    let block = Budget {
        scope: Scope::Block,
        key: b"block".to_vec(),
        window_s: 3600,
        limit: 9,
    };
    assert!(
        !store.answered(&first.id, &block, 1300).await.unwrap(),
        "expired"
    );
    assert!(store.answered(&first.id, &block, 1299).await.unwrap());
    assert!(
        !store.answered(&first.id, &block, 1299).await.unwrap(),
        "twice"
    );
    assert_eq!(
        store.resend(&first.id, 2, &order("m4", &[])).await.unwrap(),
        Ordered::Changed,
        "answered"
    );
}

/// The flow's latest challenge, as a caller sees it.
pub(super) async fn latest(store: &dyn Store, flow_id: &str) -> Option<String> {
    let all = store.challenges(flow_id).await.unwrap();
    all.last().map(|challenge| challenge.opened.id.clone())
}

async fn whoever_did_not_see_the_latest_challenge_looks_again(store: &dyn Store, flow: &NewFlow) {
    let seen = latest(store, &flow.id).await;
    for stale in [None, Some("another")] {
        assert_eq!(
            store
                .open_challenge(&challenge(flow, "blind"), stale, &order("m9", &[]))
                .await
                .unwrap(),
            Ordered::Changed
        );
    }
    assert_eq!(latest(store, &flow.id).await, seen, "nothing was stored");
}

async fn a_new_challenge_ends_the_one_before(store: &dyn Store, flow: &NewFlow) {
    for (name, message) in [("second", "m5"), ("third", "m6")] {
        let order = order(message, &[]);
        let seen = latest(store, &flow.id).await;
        assert_eq!(
            store
                .open_challenge(&challenge(flow, name), seen.as_deref(), &order)
                .await
                .unwrap(),
            Ordered::Yes
        );
    }
    let all = store.challenges(&flow.id).await.unwrap();
    let ends: Vec<_> = all
        .iter()
        .map(|challenge| challenge.opened.expires_at)
        .collect();
    assert_eq!(ends, [1300, NOW, 1300], "what was answered keeps its time");
    let ended = &all.get(1).unwrap().opened.id;
    assert_eq!(
        store.reserve_answer(ended, 5, NOW).await.unwrap(),
        Attempt::Exhausted
    );
}

async fn a_budget_that_is_spent_stores_nothing(store: &dyn Store, flow: &NewFlow) {
    let wide = Budget {
        scope: Scope::Host,
        key: b"shop".to_vec(),
        window_s: 3600,
        limit: 100,
    };
    let tight = Budget {
        scope: Scope::Country,
        key: b"JP".to_vec(),
        window_s: 600,
        limit: 1,
    };
    let budgets = [wide, tight];
    let seen = latest(store, &flow.id).await;
    assert_eq!(
        store
            .open_challenge(
                &challenge(flow, "paid"),
                seen.as_deref(),
                &order("m7", &budgets)
            )
            .await
            .unwrap(),
        Ordered::Yes
    );
    let spent = Ordered::BudgetSpent {
        scope: Scope::Country,
        retry_at: 1200,
    };
    let seen = latest(store, &flow.id).await;
    assert_eq!(
        store
            .open_challenge(
                &challenge(flow, "unpaid"),
                seen.as_deref(),
                &order("m8", &budgets)
            )
            .await
            .unwrap(),
        spent
    );
    assert!(
        store
            .challenge(&flow.id, &challenge(flow, "unpaid").id)
            .await
            .unwrap()
            .is_none()
    );
    let paid = challenge(flow, "paid");
    assert_eq!(
        store
            .resend(&paid.id, 1, &order("m9", &budgets))
            .await
            .unwrap(),
        spent
    );
    let untouched = store.challenge(&flow.id, &paid.id).await.unwrap().unwrap();
    assert_eq!(
        (untouched.sends, untouched.opened.expires_at),
        (1, 1300),
        "nor did it end the one before"
    );
    let counts = store.counts(NOW).await.unwrap();
    let of = |scope: Scope| {
        counts
            .iter()
            .find(|count| count.scope == scope.as_str())
            .cloned()
            .unwrap()
    };
    assert_eq!(
        (of(Scope::Host).sum, of(Scope::Host).key.as_deref()),
        (1, Some("shop")),
        "rolled back with it"
    );
    assert_eq!(of(Scope::Country).sum, 1);
    let next = Order {
        now_ms: 1_200_000,
        ..order("m10", &budgets)
    };
    assert_eq!(
        store.resend(&paid.id, 1, &next).await.unwrap(),
        Ordered::Yes,
        "the next window"
    );
    assert!(store.purge_counts(5000).await.unwrap() >= 3);
}

async fn a_message_survives_its_worker_and_is_settled_once(store: &dyn Store, flow: &NewFlow) {
    let now_ms = 1_200_000;
    let taken = store.take_messages(now_ms, LEASE_MS, 100).await.unwrap();
    let ids: Vec<_> = taken.iter().map(|message| message.id.as_str()).collect();
    assert!(
        ids.contains(&"m10") && ids.contains(&"m2") && !ids.contains(&"m1"),
        "{ids:?}"
    );
    let mine = taken.iter().find(|message| message.id == "m10").unwrap();
    assert_eq!(
        (mine.host.as_str(), mine.subject.as_str(), mine.tries),
        ("shop", flow.subject.as_str(), 1)
    );
    assert!(
        store
            .take_messages(now_ms + LEASE_MS - 1, LEASE_MS, 100)
            .await
            .unwrap()
            .is_empty(),
        "leased"
    );
    let again = store
        .take_messages(now_ms + LEASE_MS, LEASE_MS, 100)
        .await
        .unwrap();
    assert_eq!(again.len(), taken.len(), "their worker died");
    let doubts = |messages: &[LeasedMessage]| {
        messages
            .iter()
            .map(|message| message.doubt)
            .collect::<Vec<_>>()
    };
    assert!(
        !doubts(&taken).contains(&true) && !doubts(&again).contains(&false),
        "it may have sent them"
    );
    let accepted = DeliveryOutcome::Accepted {
        gateway: "g".to_owned(),
        reference: Some("r1".to_owned()),
    };
    store.settle("m10", &accepted, NOW).await.unwrap();
    store
        .settle("m10", &DeliveryOutcome::Failed, NOW + 1)
        .await
        .unwrap();
    store
        .settle(
            "m10",
            &DeliveryOutcome::Unclear {
                gateway: "g".to_owned(),
            },
            NOW + 1,
        )
        .await
        .unwrap();
    assert_eq!(
        store.message("g", "m10").await.unwrap().unwrap().state,
        DeliveryState::Accepted
    );
    assert_eq!(
        store
            .message_by_reference("g", "r1")
            .await
            .unwrap()
            .as_deref(),
        Some("m10")
    );
    assert!(
        store
            .message_by_reference("other", "r1")
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        !store
            .receipt("other", "m10", DeliveryState::Delivered, NOW)
            .await
            .unwrap()
    );
    assert!(
        !store
            .receipt("g", "m10", DeliveryState::Queued, NOW)
            .await
            .unwrap()
    );
    assert!(
        store
            .receipt("g", "m10", DeliveryState::Delivered, NOW + 2)
            .await
            .unwrap()
    );
    for (state, why) in [
        (DeliveryState::Failed, "late and contrary"),
        (DeliveryState::WrongDigits, "a text asks for none"),
    ] {
        let moved = store.receipt("g", "m10", state, NOW + 3).await.unwrap();
        assert!(!moved, "{why}");
    }
    for message in &taken {
        store
            .settle(&message.id, &DeliveryOutcome::Failed, NOW)
            .await
            .unwrap();
    }
    assert_eq!(store.queue().await.unwrap(), (0, None));
    assert_eq!(store.messages("g", "shop", 0).await.unwrap().len(), 1);
    assert!(store.messages("g", "other", 0).await.unwrap().is_empty());
}
