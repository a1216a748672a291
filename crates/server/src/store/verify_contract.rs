//! What every engine must do with codes at login.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of the suite is a failed test"
)]

use nidan_protocol::{Authenticator, EventKind, MethodKind, Purpose};

use super::{
    Activated, Activation, CompleteLogin, LoginCompletion, NewFlow, NewTrust, OpenVerification,
    Opened, Redemption, Report, Store, TrustUse, VerificationOpened,
};
use crate::audit::AuditContext;
use nidan_core::attempt::{AttemptRefusal, CountedAttempt, LoginAttempt, Presented};
use nidan_core::audit::AuditDetail;
use nidan_core::login::Authenticated;
use nidan_core::throttle::{Needs, SUSPENDED_AFTER, TRIES_PER_DAY};

const NOW: u64 = 1_000;
const APP: Authenticator = Authenticator::Method(MethodKind::Totp);

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
        audit: audit(activation, NOW),
    };
    assert_eq!(
        store.open_verification(&open(1)).await.unwrap(),
        VerificationOpened::NotEnrolled
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
    a_browser_is_trusted_until_its_token_is_old(store, login, activation, method_id).await;
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
            lives_s: 1_000,
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

fn audit(activation: &Activation, now: u64) -> AuditContext {
    AuditContext {
        tells_host: true,
        now,
        ..activation.audit.clone()
    }
}

fn attempt(flow: &NewFlow, method_id: &str, brings: Needs, now: u64) -> LoginAttempt {
    let presented = Presented::Code {
        method_id: method_id.to_owned(),
        codes: brings,
        strict: false,
        challenge_limit: 5,
    };
    LoginAttempt {
        flow_id: flow.id.clone(),
        host: flow.host.clone(),
        subject: flow.subject.clone(),
        presented,
        flow_limit: 100,
        now,
    }
}

fn completion(
    flow: &NewFlow,
    authenticated: Authenticated,
    activation: &Activation,
    trusts: bool,
) -> CompleteLogin {
    CompleteLogin {
        flow_id: flow.id.clone(),
        host: flow.host.clone(),
        subject: flow.subject.clone(),
        authenticated,
        body_hash: [9; 32],
        result_hash: flow.token_hash,
        result_expires_at: NOW + 60,
        trusts,
        audit: audit(activation, NOW),
    }
}

fn step(method_id: &str, step: u64) -> Authenticated {
    Authenticated::Otp {
        method_id: method_id.to_owned(),
        first_step: step,
        step,
        drift: 1,
    }
}

fn refusal(counted: Result<CountedAttempt, AttemptRefusal>) -> Option<AttemptRefusal> {
    counted.err()
}

async fn tries_are_counted_and_spent_once(
    store: &dyn Store,
    first: &NewFlow,
    second: &NewFlow,
    activation: &Activation,
    method_id: &str,
) {
    for expected in 1..=2 {
        let attempt = attempt(first, method_id, Needs::OneCode, NOW);
        let counted = store.count_login_attempt(&attempt).await.unwrap().unwrap();
        assert_eq!(
            (
                counted.in_a_row,
                counted.flow_attempts,
                counted.single_attempts_left
            ),
            (expected, expected, 3 - expected)
        );
    }
    let late = attempt(first, method_id, Needs::OneCode, first.expires_at);
    assert_eq!(
        refusal(store.count_login_attempt(&late).await.unwrap()),
        Some(AttemptRefusal::FlowOver)
    );
    let limited = LoginAttempt {
        flow_limit: 2,
        ..attempt(first, method_id, Needs::OneCode, NOW)
    };
    assert_eq!(
        refusal(store.count_login_attempt(&limited).await.unwrap()),
        Some(AttemptRefusal::FlowExhausted)
    );
    let spent = completion(first, step(method_id, 40), activation, false);
    assert_eq!(
        store.complete_login(&spent).await.unwrap(),
        LoginCompletion::Yes {
            backup_codes_left: 2
        }
    );
    assert_eq!(
        store.complete_login(&spent).await.unwrap(),
        LoginCompletion::FlowOver
    );
    let subject = store.subject(&first.host, &first.subject).await.unwrap();
    let tries = subject.methods.first().unwrap().tries;
    assert_eq!(
        (tries.in_a_row, tries.today),
        (0, 1),
        "the other wrong one stays counted for today"
    );
    assert!(
        subject.allowance.full_at <= NOW,
        "and the flow's cost came back"
    );
    for replayed in [40, 39, 1] {
        let again = completion(second, step(method_id, replayed), activation, false);
        assert_eq!(
            store.complete_login(&again).await.unwrap(),
            LoginCompletion::CodeUsed,
            "step {replayed}"
        );
    }
    let half_used = Authenticated::Otp {
        method_id: method_id.to_owned(),
        first_step: 40,
        step: 41,
        drift: 1,
    };
    let pair = completion(second, half_used, activation, false);
    assert_eq!(
        store.complete_login(&pair).await.unwrap(),
        LoginCompletion::CodeUsed,
        "a pair whose first code was seen"
    );
    // The first try of this flow was never noted, as when its caller hung up: the host hears of the
    // next one, once.
    for _ in 0..2 {
        let wrong = [(EventKind::CodeWrong, AuditDetail::default())];
        store
            .note_wrong(second, &wrong, &audit(activation, NOW))
            .await
            .unwrap();
    }
}

async fn other_peoples_rows_are_not_reached(store: &dyn Store, flow: &NewFlow, method_id: &str) {
    for (host, subject) in [
        ("other", flow.subject.as_str()),
        (flow.host.as_str(), "somebody"),
    ] {
        let foreign = LoginAttempt {
            host: host.to_owned(),
            subject: subject.to_owned(),
            ..attempt(flow, method_id, Needs::OneCode, NOW)
        };
        assert_eq!(
            refusal(store.count_login_attempt(&foreign).await.unwrap()),
            Some(AttemptRefusal::FlowOver)
        );
        assert!(
            store
                .trusted_browsers(host, subject, NOW)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            store
                .record(host, subject, None, 10)
                .await
                .unwrap()
                .lines
                .is_empty()
        );
    }
    let unknown = attempt(flow, "no-such-method", Needs::OneCode, NOW);
    assert_eq!(
        refusal(store.count_login_attempt(&unknown).await.unwrap()),
        Some(AttemptRefusal::NoMethod)
    );
}

async fn a_backup_code_is_spent_once(store: &dyn Store, flow: &NewFlow, activation: &Activation) {
    let attempt = LoginAttempt {
        presented: Presented::BackupCode { limit: 1 },
        ..attempt(flow, "", Needs::OneCode, NOW)
    };
    assert!(refusal(store.count_login_attempt(&attempt).await.unwrap()).is_none());
    assert_eq!(
        refusal(store.count_login_attempt(&attempt).await.unwrap()),
        Some(AttemptRefusal::FlowExhausted)
    );
    let spend = completion(
        flow,
        Authenticated::BackupCode { ordinal: 2 },
        activation,
        false,
    );
    assert_eq!(
        store.complete_login(&spend).await.unwrap(),
        LoginCompletion::Yes {
            backup_codes_left: 1
        }
    );
    let elsewhere = CompleteLogin {
        flow_id: "sign-in-4".to_owned(),
        ..spend
    };
    assert_eq!(
        store.complete_login(&elsewhere).await.unwrap(),
        LoginCompletion::CodeUsed
    );
}

async fn a_method_rests_and_is_suspended(
    store: &dyn Store,
    flow: &NewFlow,
    method_id: &str,
    activation: &Activation,
) {
    let mut now = NOW;
    for round in 0..SUSPENDED_AFTER / TRIES_PER_DAY {
        // The flow lives ten minutes; what is counted does not depend on it, so each day's tries
        // have their own flow.
        let day = OpenVerification {
            flow: NewFlow {
                id: format!("day-{round}"),
                token_hash: [100 + round as u8; 32],
                enrolment_id: [100 + round as u8; 16],
                session_binding: format!("day-{round}"),
                expires_at: now + 600,
                ..flow.clone()
            },
            trust: None,
            audit: audit(activation, now),
        };
        assert_eq!(
            store.open_verification(&day).await.unwrap(),
            VerificationOpened::Required
        );
        // The first day has had a wrong one, which a right code took out of the row.
        let today = u32::from(round == 0);
        for _ in today..TRIES_PER_DAY {
            let two = attempt(&day.flow, method_id, Needs::TwoCodes, now);
            assert!(refusal(store.count_login_attempt(&two).await.unwrap()).is_none());
        }
        let next_day = (now / 86_400 + 1) * 86_400;
        let two = attempt(&day.flow, method_id, Needs::TwoCodes, now);
        let expected = AttemptRefusal::Resting { until: next_day };
        assert_eq!(
            refusal(store.count_login_attempt(&two).await.unwrap()),
            Some(expected)
        );
        now = next_day;
    }
    let last = OpenVerification {
        flow: NewFlow {
            id: "last".to_owned(),
            token_hash: [120; 32],
            enrolment_id: [120; 16],
            session_binding: "last".to_owned(),
            expires_at: now + 600,
            ..flow.clone()
        },
        trust: None,
        audit: audit(activation, now),
    };
    assert_eq!(
        store.open_verification(&last).await.unwrap(),
        VerificationOpened::Required
    );
    let one = attempt(&last.flow, method_id, Needs::OneCode, now);
    assert_eq!(
        refusal(store.count_login_attempt(&one).await.unwrap()),
        Some(AttemptRefusal::TwoCodesNeeded)
    );
    let two = attempt(&last.flow, method_id, Needs::TwoCodes, now);
    assert!(
        refusal(store.count_login_attempt(&two).await.unwrap()).is_none(),
        "the fiftieth in a row"
    );
    assert_eq!(
        refusal(store.count_login_attempt(&two).await.unwrap()),
        Some(AttemptRefusal::Suspended)
    );
    let audit = audit(activation, now);
    assert!(
        !store
            .reinstate(&flow.host, "somebody", method_id, &audit)
            .await
            .unwrap()
    );
    assert!(
        store
            .reinstate(&flow.host, &flow.subject, method_id, &audit)
            .await
            .unwrap()
    );
    assert!(
        !store
            .reinstate(&flow.host, &flow.subject, method_id, &audit)
            .await
            .unwrap(),
        "it is not suspended now"
    );
    let tries = store
        .subject(&flow.host, &flow.subject)
        .await
        .unwrap()
        .methods
        .first()
        .unwrap()
        .tries;
    assert_eq!((tries.in_a_row, tries.today), (0, 0));
}

async fn a_browser_is_trusted_until_its_token_is_old(
    store: &dyn Store,
    login: impl Fn(u8) -> NewFlow,
    activation: &Activation,
    method_id: &str,
) {
    let spend = completion(&login(5), step(method_id, 50), activation, true);
    assert!(matches!(
        store.complete_login(&spend).await.unwrap(),
        LoginCompletion::Yes { .. }
    ));
    let redemption = |number: u8, token: u8| Redemption {
        host: login(number).host,
        flow_id: login(number).id,
        result_hash: login(number).token_hash,
        session_binding: login(number).session_binding,
        now: NOW + 1,
        trust: Some(NewTrust {
            browser_id: "browser".to_owned(),
            token_hash: [token; 32],
            lives_s: 1_000,
        }),
        audit: audit(activation, NOW + 1),
    };
    let redeemed = store.redeem(&redemption(5, 201)).await.unwrap().unwrap();
    assert_eq!(
        (redeemed.used, redeemed.trust_ends),
        (Some(APP), Some(NOW + 1_001))
    );
    let bring = |number: u8, token: u8, now: u64| OpenVerification {
        flow: login(number),
        trust: Some(TrustUse {
            token_hash: [token; 32],
            result_hash: [number; 32],
            result_expires_at: now + 60,
        }),
        audit: audit(activation, now),
    };
    assert_eq!(
        store
            .open_verification(&bring(7, 202, NOW + 2))
            .await
            .unwrap(),
        VerificationOpened::Required,
        "unknown"
    );
    let late = store
        .open_verification(&bring(8, 201, NOW + 1_001))
        .await
        .unwrap();
    assert_eq!(late, VerificationOpened::Required, "its time is over");
    assert_eq!(
        store
            .open_verification(&bring(9, 201, NOW + 2))
            .await
            .unwrap(),
        VerificationOpened::Trusted
    );
    let redeemed = store.redeem(&redemption(9, 203)).await.unwrap().unwrap();
    assert_eq!(
        (redeemed.used, redeemed.trust_ends),
        (Some(Authenticator::TrustedBrowser), Some(NOW + 1_001))
    );
    assert!(
        store.redeem(&redemption(9, 204)).await.unwrap().is_none(),
        "twice"
    );
    assert_eq!(
        store
            .trusted_browsers("shop", &login(1).subject, NOW + 2)
            .await
            .unwrap()
            .len(),
        1
    );
    // Brought twice before either was redeemed: it leads in once.
    for number in [12, 13] {
        let brought = store
            .open_verification(&bring(number, 203, NOW + 2))
            .await
            .unwrap();
        assert_eq!(brought, VerificationOpened::Trusted);
    }
    // `bring` made these results, and not a code.
    let of_bring = |number: u8, token: u8| Redemption {
        result_hash: [number; 32],
        ..redemption(number, token)
    };
    assert!(store.redeem(&of_bring(12, 205)).await.unwrap().is_some());
    assert!(
        store.redeem(&of_bring(13, 206)).await.unwrap().is_none(),
        "the other one's token counts"
    );
    assert_eq!(
        store
            .open_verification(&bring(10, 201, NOW + 3))
            .await
            .unwrap(),
        VerificationOpened::Required,
        "a copy"
    );
    assert!(
        store
            .trusted_browsers("shop", &login(1).subject, NOW + 3)
            .await
            .unwrap()
            .is_empty()
    );
    let gone = store
        .open_verification(&bring(11, 203, NOW + 3))
        .await
        .unwrap();
    assert_eq!(
        gone,
        VerificationOpened::Required,
        "and the newest counts no more either"
    );
    // Who asked for trust before everything was forgotten is let in, and no further.
    let asks = OpenVerification {
        flow: login(14),
        trust: None,
        audit: audit(activation, NOW),
    };
    assert_eq!(
        store.open_verification(&asks).await.unwrap(),
        VerificationOpened::Required
    );
    let spend = completion(&login(14), step(method_id, 60), activation, true);
    assert!(matches!(
        store.complete_login(&spend).await.unwrap(),
        LoginCompletion::Yes { .. }
    ));
    let (host, subject) = (login(14).host, login(14).subject);
    assert_eq!(
        store
            .revoke_trust(&host, &subject, None, &audit(activation, NOW))
            .await
            .unwrap(),
        0
    );
    let redeemed = store.redeem(&redemption(14, 207)).await.unwrap().unwrap();
    assert_eq!((redeemed.used, redeemed.trust_ends), (Some(APP), None));
    assert!(
        store
            .trusted_browsers(&host, &subject, NOW + 3)
            .await
            .unwrap()
            .is_empty()
    );
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
        let state = store
            .flow_by_token(&login(number).token_hash)
            .await
            .unwrap()
            .unwrap()
            .state;
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
    assert_eq!(two.before, (3, page.lines.get(2).unwrap().hash));
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
