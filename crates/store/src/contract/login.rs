//! What every engine must do with codes at login.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of the suite is a failed test"
)]

use nidan_protocol::{EventKind, Purpose};

use super::attempt::{
    NOW, a_backup_code_is_spent_once, a_method_rests_and_is_suspended, audit, completion,
    other_peoples_rows_are_not_reached, step, tries_are_counted_and_spent_once,
};
use super::state_of;
use super::trust::Browser;
use crate::{
    Activated, Activation, LoginCompletion, NewFlow, NewTrust, OpenVerification, Opened,
    Redemption, Report, Store, VerificationOpened,
};

/// Runs every check. `activation` enrols an app for the flow's person; its methods and backup codes
/// are used.
///
/// # Panics
/// When the engine breaks the contract.
pub(super) async fn run(store: &dyn Store, flow: &NewFlow, activation: &Activation) {
    let login = |number: u8| NewFlow {
        id: format!("sign-in-{number}"),
        purpose: Purpose::Verify,
        session_binding: format!("session-{number}"),
        token_hash: [number; 32],
        enrolment_id: [number; 16],
        ..flow.clone()
    };
    let open = |number: u8| OpenVerification {
        flow: login(number),
        trust: None,
        begins_grace: false,
        may_be_paused: true,
        audit: audit(activation, NOW),
    };
    assert_eq!(
        store.open_verification(&open(1)).await.unwrap(),
        VerificationOpened::NotEnrolled {
            grace: crate::Grace::default()
        }
    );
    assert!(
        store.flow_by_token(&[1; 32]).await.unwrap().is_none(),
        "nothing is stored for whoever has no factor"
    );
    assert_eq!(store.open_flow(flow).await.unwrap(), Opened::Yes);
    assert_eq!(store.activate(activation).await.unwrap(), Activated::Yes);
    for number in 1..=6 {
        assert_eq!(
            store.open_verification(&open(number)).await.unwrap(),
            VerificationOpened::Required
        );
    }
    let method_id = &activation.methods.first().unwrap().id;
    tries_are_counted_and_spent_once(store, &login(1), &login(2), activation, method_id).await;
    other_peoples_rows_are_not_reached(store, &login(3), method_id).await;
    a_backup_code_is_spent_once(store, &login(3), activation).await;
    a_method_rests_and_is_suspended(store, &login(4), method_id, activation).await;
    Browser {
        store,
        login,
        activation,
        method_id,
    }
    .run()
    .await;
    a_report_ends_everything(store, login, activation).await;
    the_record_is_chained(store, flow).await;
    what_is_over_is_purged(store, &login(20), activation, method_id).await;
}

async fn what_is_over_is_purged(
    store: &dyn Store,
    login: &NewFlow,
    activation: &Activation,
    method_id: &str,
) {
    let open = OpenVerification {
        flow: login.clone(),
        trust: None,
        begins_grace: false,
        may_be_paused: true,
        audit: audit(activation, NOW),
    };
    assert_eq!(
        store.open_verification(&open).await.unwrap(),
        VerificationOpened::Required
    );
    let spend = completion(login, step(method_id, 90), activation, true);
    assert!(matches!(
        store.complete_login(&spend).await.unwrap(),
        LoginCompletion::Yes { .. }
    ));
    let redemption = Redemption {
        host: login.host.clone(),
        flow_id: login.id.clone(),
        result_hash: login.token_hash,
        session_binding: login.session_binding.clone(),
        now: NOW + 1,
        trust: Some(NewTrust {
            browser_id: "last".to_owned(),
            token_hash: [220; 32],
            lives: crate::TrustLives::without_groups(1_000),
        }),
        audit: audit(activation, NOW + 1),
    };
    assert_eq!(
        store.redeem(&redemption).await.unwrap().unwrap().trust_ends,
        Some(NOW + 1_001)
    );
    assert_eq!(store.purge_trust(NOW + 1_000).await.unwrap(), 0);
    assert_eq!(store.purge_trust(NOW + 1_001).await.unwrap(), 1);
}

async fn a_report_ends_everything(
    store: &dyn Store,
    login: impl Fn(u8) -> NewFlow,
    activation: &Activation,
) {
    let report = |number: u8| Report {
        flow_id: Some(login(number).id),
        host: login(number).host,
        subject: login(number).subject,
        audit: audit(activation, NOW),
    };
    assert_eq!(store.report(&report(6)).await.unwrap(), Some(0));
    assert_eq!(store.report(&report(6)).await.unwrap(), None);
    for number in [2, 6, 7, 8, 10, 11] {
        let state = state_of(store, &login(number)).await;
        assert_eq!(
            state,
            super::FlowState::Reported { here: number == 6 },
            "{number}"
        );
    }
}

async fn the_record_is_chained(store: &dyn Store, flow: &NewFlow) {
    let page = store
        .record(&flow.host, &flow.subject, None, 100)
        .await
        .unwrap();
    let kinds: Vec<_> = page.lines.iter().map(|line| line.kind).collect();
    assert_eq!(
        kinds,
        [
            EventKind::Enrolled,
            EventKind::Verified,
            EventKind::CodeWrong,
            EventKind::CodeWrong,
            EventKind::BackupCodeUsed,
            EventKind::MethodReinstated,
            EventKind::Verified,
            EventKind::BrowserTrusted,
            EventKind::TrustedBrowserUsed,
            EventKind::TrustedBrowserUsed,
            EventKind::TrustedBrowserUsed,
            EventKind::TrustedBrowserCopied,
            EventKind::Verified,
            EventKind::Reported,
        ]
    );
    assert_eq!(
        page.lines.iter().map(|line| line.seq).collect::<Vec<_>>(),
        (1..=14).collect::<Vec<u64>>()
    );
    let two = store
        .record(&flow.host, &flow.subject, Some(6), 2)
        .await
        .unwrap();
    assert_eq!(two.lines, page.lines.get(3..5).unwrap());
    assert_eq!(two.before, page.lines.get(2).unwrap().into());
    // What the host should hear of, and nothing else; each once.
    let take = |host, now_ms| store.take_notices(host, now_ms, 500, 100);
    assert!(
        take("nobody", NOW * 1000 + 100_000_000_000)
            .await
            .unwrap()
            .is_empty(),
        "another host's"
    );
    let notices = take(&flow.host, NOW * 1000 + 100_000_000_000)
        .await
        .unwrap();
    let ours = notices
        .iter()
        .filter(|notice| notice.subject == flow.subject);
    let told: Vec<_> = ours.map(|notice| notice.line.kind).collect();
    assert!(
        told.iter().all(|kind| kind.is_told()) && told.len() == 7,
        "{told:?}"
    );
    assert!(
        take(&flow.host, NOW * 1000 + 100_000_000_000)
            .await
            .unwrap()
            .is_empty(),
        "leased"
    );
    let (last, others) = notices.split_last().unwrap();
    for notice in others {
        store.settle_notice(notice.id).await.unwrap();
    }
    assert_eq!(
        store
            .drop_notices_but(&[&flow.host, "other"])
            .await
            .unwrap(),
        0
    );
    let again = take(&flow.host, NOW * 1000 + 200_000_000_000)
        .await
        .unwrap();
    assert_eq!(
        again.iter().map(|notice| notice.id).collect::<Vec<_>>(),
        [last.id],
        "the others are settled"
    );
    store
        .postpone_notice(last.id, NOW * 1000 + 400_000_000_000)
        .await
        .unwrap();
    assert!(
        take(&flow.host, NOW * 1000 + 399_999_999_999)
            .await
            .unwrap()
            .is_empty(),
        "postponed"
    );
    assert_eq!(
        take(&flow.host, NOW * 1000 + 400_000_000_000)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(store.drop_notices_but(&["other"]).await.unwrap(), 1);
    assert!(
        take(&flow.host, NOW * 1000 + 500_000_000_000)
            .await
            .unwrap()
            .is_empty()
    );
}
