//! What every engine must do with attempts at login: count them, spend what was right, and reach
//! nobody else's rows.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of the suite is a failed test"
)]

use nidan_core::attempt::{
    AttemptPurpose, AttemptRefusal, CountedAttempt, LoginAttempt, Presented,
};
use nidan_core::login::Authenticated;
use nidan_core::throttle::{Needs, SUSPENDED_AFTER, TRIES_PER_DAY};
use nidan_protocol::{AcrNeeded, Purpose};

use super::hash;
use crate::{
    Activation, AuditContext, AuditDetail, CompleteLogin, LoginCompletion, NewFlow,
    OpenVerification, Store, VerificationOpened, WrongCode,
};

pub(super) const NOW: u64 = 1_000;

pub(super) fn audit(activation: &Activation, now: u64) -> AuditContext {
    AuditContext {
        tells_host: true,
        now,
        ..activation.audit.clone()
    }
}

/// A login of the person that waits for its second step.
pub(super) async fn opened(
    store: &dyn Store,
    (set_up, activation): (&NewFlow, &Activation),
    name: &str,
    acr_needed: Option<AcrNeeded>,
) -> NewFlow {
    let flow = NewFlow {
        id: name.to_owned(),
        purpose: Purpose::Verify,
        acr_needed,
        token_hash: hash(name, 0, 1),
        enrolment_id: *hash(name, 0, 2).first_chunk().unwrap(),
        session_binding: name.to_owned(),
        created_at: NOW,
        expires_at: NOW + 600,
        key_pair: None,
        ..set_up.clone()
    };
    let open = OpenVerification {
        flow: flow.clone(),
        trust: None,
        begins_grace: false,
        may_be_paused: true,
        audit: audit(activation, NOW),
    };
    let opened = store.open_verification(&open).await.unwrap();
    assert_eq!(opened, VerificationOpened::Required);
    flow
}

pub(super) fn attempt(flow: &NewFlow, method_id: &str, brings: Needs, now: u64) -> LoginAttempt {
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
        purpose: AttemptPurpose::Login,
        presented,
        flow_limit: 100,
        now,
    }
}

pub(super) fn completion(
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
        lost: Vec::new(),
        audit: audit(activation, NOW),
    }
}

pub(super) fn step(method_id: &str, step: u64) -> Authenticated {
    Authenticated::Otp {
        method_id: method_id.to_owned(),
        first_step: step,
        step,
        drift: 1,
    }
}

pub(super) fn refusal(counted: Result<CountedAttempt, AttemptRefusal>) -> Option<AttemptRefusal> {
    counted.err()
}

pub(super) async fn tries_are_counted_and_spent_once(
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
                counted.attempts_left
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
    let subject = store
        .subject(&first.host, &first.subject, NOW)
        .await
        .unwrap();
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
    // The first try of this flow was never noted, as when its caller hung up: the host is notified
    // of the next one, once.
    for _ in 0..2 {
        let wrong = WrongCode {
            detail: AuditDetail::default(),
            in_a_row: 1,
        };
        store
            .note_wrong(second, &wrong, &audit(activation, NOW))
            .await
            .unwrap();
    }
}

pub(super) async fn other_peoples_rows_are_not_reached(
    store: &dyn Store,
    flow: &NewFlow,
    method_id: &str,
) {
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

pub(super) async fn a_backup_code_is_spent_once(
    store: &dyn Store,
    flow: &NewFlow,
    activation: &Activation,
) {
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

pub(super) async fn a_method_rests_and_is_suspended(
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
            begins_grace: false,
            may_be_paused: true,
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
        begins_grace: false,
        may_be_paused: true,
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
        .subject(&flow.host, &flow.subject, NOW)
        .await
        .unwrap()
        .methods
        .first()
        .unwrap()
        .tries;
    assert_eq!((tries.in_a_row, tries.today), (0, 0));
}
