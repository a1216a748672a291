//! What every engine must do, as one suite: an engine's test calls [`run`] on an empty store.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of the suite is a failed test"
)]

mod approval;
mod attempt;
mod ends;
mod grace;
mod hold;
mod login;
mod manage;
mod passkey;
mod phone;
mod support;
mod trust;

use std::sync::Arc;

use nidan_core::audit::Chain;
use nidan_protocol::Purpose;
use sha2::{Digest, Sha256};

use crate::{
    Activated, Activation, Attempt, AuditContext, FlowState, MethodDetail, NewFlow, NewMethod,
    Opened, Redemption, SealedKeyPair, Store,
};

/// Runs every check of the suite.
///
/// # Panics
/// When the engine breaks the contract.
pub async fn run(store: &dyn Store) {
    store.ping().await.unwrap();
    a_newer_flow_supersedes(store).await;
    an_open_flow_is_extended_and_no_other(store).await;
    attempts_are_counted_and_end(store).await;
    an_enrolment_is_stored_whole_and_once(store).await;
    a_secret_is_never_enrolled_twice(store).await;
    a_result_code_is_redeemed_once_and_only_by_its_host_and_session(store).await;
    phone::run(store, &flow("phone", 1)).await;
    let login = flow("login", 1);
    login::run(store, &login, &activation(&login)).await;
    let ends = flow("ends", 1);
    ends::run(store, &ends, &activation(&ends)).await;
    let held = flow("held", 1);
    hold::run(store, &held, &activation(&held)).await;
    let managed = flow("managed", 1);
    manage::run(store, &managed, &activation(&managed)).await;
    let keyed = flow("keyed", 1);
    passkey::run(store, &keyed, &activation(&keyed)).await;
    let approved = flow("approved", 1);
    approval::run(store, &approved, &activation(&approved)).await;
    let reset = flow("reset", 1);
    support::run(store, &reset, &activation(&reset)).await;
    grace::run(store).await;
    steps_of_a_time_to_come_are_given_back(store).await;
    purging_leaves_what_is_alive(store).await;
}

fn flow(name: &str, number: u8) -> NewFlow {
    NewFlow {
        id: format!("{name}-{number}"),
        host: "shop".to_owned(),
        subject: name.to_owned(),
        purpose: Purpose::Enroll,
        account_name: "account".to_owned(),
        auth_time: 900,
        session_binding: "binding".to_owned(),
        origin: "https://shop.example".to_owned(),
        token_hash: hash(name, number, 1),
        enrolment_id: *hash(name, number, 2).first_chunk().unwrap(),
        key_pair: Some(SealedKeyPair {
            public_key: [4; 65],
            sealed_private_key: hash(name, number, 3).to_vec(),
        }),
        country: None,
        intent: None,
        acr_needed: None,
        group: None,
        at_login: false,
        client_description: None,
        after_login: None,
        created_at: 1000,
        expires_at: 1600,
    }
}

/// The result code that a flow's end hands out.
fn result_hash(flow: &NewFlow) -> [u8; 32] {
    sha256(flow.id.as_bytes())
}

fn audit() -> AuditContext {
    AuditContext::new(Arc::new(Unkeyed), true, None, 1040)
}

/// Chains the suite's records. The service's own chain is keyed.
struct Unkeyed;

impl Chain for Unkeyed {
    fn link(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// The state of a flow that is stored.
async fn state_of(store: &dyn Store, flow: &NewFlow) -> FlowState {
    let stored = store.flow_by_token(&flow.token_hash).await.unwrap();
    stored.unwrap().state
}

/// The key pair of a flow that is stored.
async fn key_pair_of(store: &dyn Store, flow: &NewFlow) -> Option<SealedKeyPair> {
    let stored = store.flow_by_token(&flow.token_hash).await.unwrap();
    stored.unwrap().opened.key_pair
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn activation(flow: &NewFlow) -> Activation {
    Activation {
        flow_id: flow.id.clone(),
        host: flow.host.clone(),
        subject: flow.subject.clone(),
        methods: vec![app(flow, flow.token_hash)],
        backup_salt: [5; 16],
        backup_hashes: vec![[6; 32], [7; 32]],
        body_hash: [8; 32],
        result_hash: result_hash(flow),
        result_expires_at: 1100,
        now: 1040,
        audit: audit(),
    }
}

fn app(flow: &NewFlow, fingerprint: [u8; 32]) -> NewMethod {
    NewMethod {
        id: format!("method-{}", flow.id),
        name: None,
        sealed: vec![1, 2, 3],
        detail: MethodDetail::Totp {
            fingerprint,
            last_step: 33,
        },
    }
}

/// Distinct bytes for each flow and use.
fn hash(name: &str, number: u8, salt: u8) -> [u8; 32] {
    sha256(format!("{name}/{number}/{salt}").as_bytes())
}

async fn a_newer_flow_supersedes(store: &dyn Store) {
    let (first, second) = (flow("supersede", 1), flow("supersede", 2));
    assert_eq!(store.open_flow(&first).await.unwrap(), Opened::Yes);
    assert_eq!(key_pair_of(store, &first).await, first.key_pair);
    assert_eq!(store.open_flow(&second).await.unwrap(), Opened::Yes);
    assert_eq!(key_pair_of(store, &first).await, None);
    assert_eq!(key_pair_of(store, &second).await, second.key_pair);
    assert_eq!(state_of(store, &first).await, FlowState::Superseded);
    assert_eq!(state_of(store, &second).await, FlowState::Open);
    assert_eq!(
        store.activate(&activation(&first)).await.unwrap(),
        Activated::Conflict
    );
    assert!(
        store
            .subject("shop", "supersede", 1040)
            .await
            .unwrap()
            .methods
            .is_empty()
    );
    assert!(store.flow_by_token(&[0; 32]).await.unwrap().is_none());
}

async fn attempts_are_counted_and_end(store: &dyn Store) {
    let flow = flow("attempts", 1);
    assert_eq!(store.open_flow(&flow).await.unwrap(), Opened::Yes);
    assert_eq!(
        store.reserve_attempt(&flow.id, 2).await.unwrap(),
        Attempt::Reserved { left: 1 }
    );
    assert_eq!(
        store.reserve_attempt(&flow.id, 2).await.unwrap(),
        Attempt::Reserved { left: 0 }
    );
    assert_eq!(
        store.reserve_attempt(&flow.id, 2).await.unwrap(),
        Attempt::Exhausted
    );
}

async fn an_enrolment_is_stored_whole_and_once(store: &dyn Store) {
    let flow = flow("enrol", 1);
    assert_eq!(store.open_flow(&flow).await.unwrap(), Opened::Yes);
    assert_eq!(
        store.subject("shop", "enrol", 1040).await.unwrap(),
        super::Subject::default()
    );
    assert_eq!(
        store.activate(&activation(&flow)).await.unwrap(),
        Activated::Yes
    );
    // What was recorded of the set-up is worth nothing later, with the keys either.
    assert_eq!(key_pair_of(store, &flow).await, None);
    assert_eq!(
        store.activate(&activation(&flow)).await.unwrap(),
        Activated::Conflict
    );
    let subject = store.subject("shop", "enrol", 1040).await.unwrap();
    assert_eq!(
        (
            subject.methods.len(),
            subject.backup_codes_left,
            subject.factor_epoch
        ),
        (1, 2, 1)
    );
    let detail = MethodDetail::Totp {
        fingerprint: flow.token_hash,
        last_step: 33,
    };
    assert_eq!(
        subject.methods.first().map(|method| &method.detail),
        Some(&detail)
    );
    let codes = store.backup_set("shop", "enrol").await.unwrap().unwrap();
    assert_eq!(codes.unused, vec![(1, [6; 32]), (2, [7; 32])]);
    assert_eq!(store.latest_step().await.unwrap(), Some(33));
    // Another host's or another person's rows are not reached, whatever the case.
    for (host, name) in [("other", "enrol"), ("shop", "ENROL"), ("shop", "enrol ")] {
        assert_eq!(
            store.subject(host, name, 1040).await.unwrap(),
            super::Subject::default()
        );
        assert!(store.backup_set(host, name).await.unwrap().is_none());
    }
    assert_eq!(
        store.open_flow(&self::flow("enrol", 2)).await.unwrap(),
        Opened::FactorActive
    );
    let state = state_of(store, &flow).await;
    assert_eq!(
        state,
        FlowState::Completed {
            body_hash: [8; 32],
            method_id: "method-enrol-1".to_owned()
        }
    );
}

async fn a_secret_is_never_enrolled_twice(store: &dyn Store) {
    let flow = flow("reuse", 1);
    assert_eq!(store.open_flow(&flow).await.unwrap(), Opened::Yes);
    let known = Activation {
        methods: vec![app(&flow, hash("enrol", 1, 1))],
        ..activation(&flow)
    };
    assert_eq!(
        store.activate(&known).await.unwrap(),
        Activated::SecretKnown
    );
    assert_eq!(
        store.subject("shop", "reuse", 1040).await.unwrap(),
        super::Subject::default()
    );
    assert_eq!(
        store
            .flow_by_token(&flow.token_hash)
            .await
            .unwrap()
            .unwrap()
            .state,
        FlowState::Open
    );
}

async fn a_result_code_is_redeemed_once_and_only_by_its_host_and_session(store: &dyn Store) {
    let flow = flow("enrol", 1);
    let right = Redemption {
        host: "shop".to_owned(),
        flow_id: flow.id.clone(),
        result_hash: result_hash(&flow),
        session_binding: "binding".to_owned(),
        now: 1100,
        trust: None,
        audit: audit(),
    };
    let wrong = [
        Redemption {
            host: "other".to_owned(),
            ..right.clone()
        },
        Redemption {
            flow_id: "attempts-1".to_owned(),
            ..right.clone()
        },
        Redemption {
            result_hash: [0; 32],
            ..right.clone()
        },
        Redemption {
            session_binding: "Binding".to_owned(),
            ..right.clone()
        },
        Redemption {
            now: 1101,
            ..right.clone()
        },
    ];
    for redemption in &wrong {
        assert!(
            store.redeem(redemption).await.unwrap().is_none(),
            "{redemption:?}"
        );
    }
    store.extend_result(&flow.id, 1150).await.unwrap();
    let late = Redemption {
        now: 1150,
        ..right.clone()
    };
    assert!(store.redeem(&late).await.unwrap().is_some());
    assert!(store.redeem(&late).await.unwrap().is_none(), "twice");
    store.extend_result(&flow.id, 2000).await.unwrap();
    assert!(
        store.redeem(&late).await.unwrap().is_none(),
        "an extension does not revive a used code"
    );
}

async fn an_open_flow_is_extended_and_no_other(store: &dyn Store) {
    let (older, newer) = (flow("extend", 1), flow("extend", 2));
    assert_eq!(store.open_flow(&older).await.unwrap(), Opened::Yes);
    store.extend_flow(&older.id, 2000).await.unwrap();
    let end = async |flow: &NewFlow| {
        let found = store.flow_by_token(&flow.token_hash).await.unwrap();
        found.unwrap().opened.expires_at
    };
    assert_eq!(end(&older).await, 2000);
    store.extend_flow(&older.id, 1900).await.unwrap();
    assert_eq!(end(&older).await, 2000, "no extension shortens a life");
    assert_eq!(store.open_flow(&newer).await.unwrap(), Opened::Yes);
    store.extend_flow(&older.id, 3000).await.unwrap();
    assert_eq!(end(&older).await, 2000, "a superseded flow is over");
    assert_eq!(end(&newer).await, 1600, "a flow has its own end");
}

async fn steps_of_a_time_to_come_are_given_back(store: &dyn Store) {
    let latest = store.latest_step().await.unwrap().unwrap();
    assert_eq!(store.reset_future_steps(latest, 1).await.unwrap(), 0);
    assert!(
        store
            .reset_future_steps(latest - 1, latest - 1)
            .await
            .unwrap()
            > 0
    );
    assert_eq!(store.latest_step().await.unwrap(), Some(latest - 1));
}

async fn purging_leaves_what_is_alive(store: &dyn Store) {
    let alive = NewFlow {
        expires_at: 9000,
        ..flow("purge", 1)
    };
    assert_eq!(store.open_flow(&alive).await.unwrap(), Opened::Yes);
    assert!(store.purge_flows(9000).await.unwrap() > 0);
    assert!(
        store
            .flow_by_token(&alive.token_hash)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .flow_by_token(&flow("enrol", 1).token_hash)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        store
            .subject("shop", "enrol", 1040)
            .await
            .unwrap()
            .methods
            .len(),
        1
    );
}
