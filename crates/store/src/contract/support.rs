//! What the host's support takes out is gone, with whatever was under way.

use nidan_core::audit::Support;
use nidan_core::throttle::Needs;
use nidan_protocol::{EventKind, Purpose};

use super::attempt::{NOW, attempt, audit, completion, opened, refusal, step};
use super::{flow, hash, state_of};
use crate::{
    Activated, Activation, AuditContext, FlowState, LoginCompletion, NewFlow, NewTrust,
    OpenVerification, Opened, Redeemed, Redemption, Store, VerificationOpened,
};

pub(super) async fn run(store: &dyn Store, set_up: &NewFlow, activation: &Activation) {
    assert_eq!(store.open_flow(set_up).await.unwrap(), Opened::Yes);
    assert_eq!(store.activate(activation).await.unwrap(), Activated::Yes);
    let person = Person {
        store,
        set_up,
        activation,
    };
    person.everything_goes_and_what_is_under_way_with_it().await;
    person.a_set_up_that_was_begun_before_ends().await;
    person.it_begins_anew().await;
}

struct Person<'a> {
    store: &'a dyn Store,
    set_up: &'a NewFlow,
    activation: &'a Activation,
}

impl Person<'_> {
    async fn everything_goes_and_what_is_under_way_with_it(&self) {
        let (host, subject) = self.whose();
        let trusted = self.signed_in("reset-trusted", 1_000).await;
        let trust = NewTrust {
            browser_id: "reset-browser".to_owned(),
            token_hash: [44; 32],
            lives_s: 86_400,
        };
        assert!(self.redeem(&trusted, Some(trust)).await.is_some());
        let right = self.signed_in("reset-right", 2_000).await;
        let open = self.open("reset-open").await;
        let counted = attempt(&open, self.method_id(), Needs::OneCode, NOW);
        assert!(refusal(self.store.count_login_attempt(&counted).await.unwrap()).is_none());
        let before = self.store.subject(host, subject, NOW).await.unwrap();
        assert!(!before.methods.is_empty() && before.backup_codes_left > 0);

        self.reset().await;
        let after = self.store.subject(host, subject, NOW).await.unwrap();
        assert!(after.methods.is_empty());
        assert_eq!(
            (after.backup_codes_left, after.backup_codes_made_at),
            (0, None)
        );
        assert_eq!(after.factor_epoch, before.factor_epoch + 1);
        let browsers = self.store.trusted_browsers(host, subject, NOW).await;
        assert!(browsers.unwrap().is_empty());
        // The code was right, and checked a moment before.
        let code = step(self.method_id(), 3_000);
        let late = completion(&open, code, self.activation, false);
        let late = self.store.complete_login(&late).await.unwrap();
        assert_eq!(late, LoginCompletion::FlowOver);
        assert!(self.redeem(&right, None).await.is_none());
        assert_eq!(state_of(self.store, &open).await, FlowState::Superseded);
        assert_eq!(self.login().await, VerificationOpened::NotEnrolled);
        // Another person of the same host has everything.
        let other = self.store.subject(host, "held", NOW).await.unwrap();
        assert!(!other.methods.is_empty());

        let record = self.store.record(host, subject, None, 1).await.unwrap();
        let line = record.lines.last().unwrap();
        assert_eq!(
            (line.kind, line.support.as_ref()),
            (EventKind::Reset, Some(&by_anna()))
        );
        // There is nothing any more.
        self.reset().await;
        let record = self.store.record(host, subject, None, 1).await.unwrap();
        let last = record.lines.last().unwrap();
        assert_eq!((last.kind, last.seq), (EventKind::Reset, line.seq + 1));
        let again = self.store.subject(host, subject, NOW).await.unwrap();
        assert_eq!(again.factor_epoch, after.factor_epoch);
    }

    /// Whoever has only the password may have begun one while the person called support.
    async fn a_set_up_that_was_begun_before_ends(&self) {
        let begun = self.another_set_up(2);
        assert_eq!(self.store.open_flow(&begun).await.unwrap(), Opened::Yes);
        self.reset().await;
        assert_eq!(state_of(self.store, &begun).await, FlowState::Superseded);
        let late = super::activation(&begun);
        let late = self.store.activate(&late).await.unwrap();
        assert_eq!(late, Activated::Conflict);
    }

    async fn it_begins_anew(&self) {
        let again = self.another_set_up(3);
        assert_eq!(self.store.open_flow(&again).await.unwrap(), Opened::Yes);
        let activated = self.store.activate(&super::activation(&again)).await;
        assert_eq!(activated.unwrap(), Activated::Yes);
        assert_eq!(self.login().await, VerificationOpened::Required);
    }

    async fn reset(&self) {
        let (host, subject) = self.whose();
        let audit = self.audit().because(by_anna());
        self.store.reset(host, subject, &audit).await.unwrap()
    }

    /// A login by the app whose result is not redeemed.
    async fn signed_in(&self, name: &str, used_step: u64) -> NewFlow {
        let flow = self.open(name).await;
        let counted = attempt(&flow, self.method_id(), Needs::OneCode, NOW);
        assert!(refusal(self.store.count_login_attempt(&counted).await.unwrap()).is_none());
        let code = step(self.method_id(), used_step);
        let right = completion(&flow, code, self.activation, true);
        let completed = self.store.complete_login(&right).await.unwrap();
        assert!(matches!(completed, LoginCompletion::Yes { .. }));
        flow
    }

    async fn redeem(&self, flow: &NewFlow, trust: Option<NewTrust>) -> Option<Redeemed> {
        let redemption = Redemption {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            result_hash: flow.token_hash,
            session_binding: flow.session_binding.clone(),
            now: NOW,
            trust,
            audit: self.audit(),
        };
        self.store.redeem(&redemption).await.unwrap()
    }

    async fn open(&self, name: &str) -> NewFlow {
        opened(self.store, (self.set_up, self.activation), name, None).await
    }

    async fn login(&self) -> VerificationOpened {
        let open = OpenVerification {
            flow: NewFlow {
                id: "reset-login".to_owned(),
                purpose: Purpose::Verify,
                token_hash: hash("reset-login", 0, 1),
                enrolment_id: *hash("reset-login", 0, 2).first_chunk().unwrap(),
                key_pair: None,
                ..self.set_up.clone()
            },
            trust: None,
            audit: self.audit(),
        };
        self.store.open_verification(&open).await.unwrap()
    }

    fn another_set_up(&self, number: u8) -> NewFlow {
        flow(&self.set_up.subject, number)
    }

    fn method_id(&self) -> &str {
        &self.activation.methods.first().unwrap().id
    }

    fn whose(&self) -> (&str, &str) {
        (&self.set_up.host, &self.set_up.subject)
    }

    fn audit(&self) -> AuditContext {
        audit(self.activation, NOW)
    }
}

fn by_anna() -> Support {
    Support {
        by: Some("Anna".to_owned()),
        reason: "lost everything".to_owned(),
    }
}
