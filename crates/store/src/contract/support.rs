//! What the host's support takes out is gone, with whatever was under way.

use nidan_core::attempt::{AttemptRefusal, CheckInput, LoginAttempt, MadeCode, Presented};
use nidan_core::audit::Support;
use nidan_core::flow::ENROLMENT_LIFE_MAX_S;
use nidan_core::login::Authenticated;
use nidan_core::throttle::Needs;
use nidan_protocol::{Authenticator, EventKind, Purpose};

use super::attempt::{NOW, attempt, audit, completion, opened, refusal, step};
use super::{flow, hash, state_of};
use crate::{
    Activated, Activation, AuditContext, FlowState, Grace, LoginCompletion, NewFlow,
    NewTemporaryCode, NewTrust, OpenVerification, Opened, Redeemed, Redemption, Report, Store,
    VerificationOpened,
};

/// Nothing is left after a reset, and no grace.
const NOT_ENROLLED: VerificationOpened = VerificationOpened::NotEnrolled {
    grace: Grace {
        from: None,
        skips_used: 0,
        is_over: true,
    },
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
    person
        .a_code_is_good_once_until_it_ends_and_until_the_next()
        .await;
    person.a_code_takes_the_place_of_everything().await;
    person
        .a_report_ends_a_code_and_what_it_guards_stays_closed()
        .await;
    person
        .a_code_before_the_first_set_up_does_not_make_it_a_later_one()
        .await;
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
            lives: crate::TrustLives::without_groups(86_400),
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
        assert_eq!(self.login("reset-login-1").await, NOT_ENROLLED);
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
        assert_eq!(
            self.login("reset-login-2").await,
            VerificationOpened::Required
        );
    }

    /// Beside what the person has.
    async fn a_code_is_good_once_until_it_ends_and_until_the_next(&self) {
        let (host, subject) = self.whose();
        let until = async || {
            let person = self.store.subject(host, subject, NOW).await.unwrap();
            person.temporary_code_until
        };
        let flow = self.open("code-login").await;
        assert_eq!(until().await, None);
        assert_eq!(
            self.try_code(&flow, NOW).await,
            Err(AttemptRefusal::NoMethod)
        );
        let (first, second) = (made(1, NOW + 600), made(2, NOW + 300));
        self.make(&first, false).await;
        self.make(&second, false).await;
        assert_eq!(until().await, Some(NOW + 300));
        assert_eq!(self.try_code(&flow, NOW).await, Ok(second.clone()));
        // It was right for the one before, and a new one was made meanwhile.
        let late = self.complete(&flow, &first).await;
        assert_eq!(late, LoginCompletion::CodeUsed);
        let over = self.try_code(&flow, NOW + 300).await;
        assert_eq!(over, Err(AttemptRefusal::ChallengeExpired));
        let right = self.complete(&flow, &second).await;
        assert!(matches!(right, LoginCompletion::Yes { .. }));
        let result = self.redeem(&flow, None).await.unwrap();
        assert_eq!(result.used, Some(Authenticator::TemporaryCode));
        let again = self.open("code-again").await;
        assert_eq!(
            self.try_code(&again, NOW).await,
            Err(AttemptRefusal::NoMethod)
        );
        let used = self.complete(&again, &second).await;
        assert_eq!(used, LoginCompletion::CodeUsed);
        assert_eq!(until().await, None);
        assert_eq!(
            self.last_kinds(3).await,
            [
                EventKind::TemporaryCodeMade,
                EventKind::TemporaryCodeMade,
                EventKind::TemporaryCodeUsed
            ]
        );
    }

    /// In one transaction: at no moment is the password enough.
    async fn a_code_takes_the_place_of_everything(&self) {
        let (host, subject) = self.whose();
        self.make(&made(3, NOW + 600), true).await;
        let person = self.store.subject(host, subject, NOW).await.unwrap();
        assert!(person.methods.is_empty());
        assert_eq!(
            self.last_kinds(2).await,
            [EventKind::Reset, EventKind::TemporaryCodeMade]
        );
        assert_eq!(
            self.login("reset-login-3").await,
            VerificationOpened::Required
        );
        // No set-up goes round it before it is used, and none but its own login's after it.
        let refused = Opened::FactorActive;
        assert_eq!(self.begin(4, NOW, None).await, refused);
        let flow = self.open("code-guards").await;
        assert_eq!(self.begin(4, NOW, Some(&flow.id)).await, refused);
        let right = self.complete(&flow, &made(3, 0)).await;
        assert!(matches!(right, LoginCompletion::Yes { .. }));
        assert_eq!(
            self.login("reset-login-guarded").await,
            VerificationOpened::Required
        );
        for after in [None, Some("code-login"), Some("")] {
            assert_eq!(self.begin(4, NOW, after).await, refused, "{after:?}");
        }
        assert_eq!(self.begin(4, NOW, Some(&flow.id)).await, Opened::Yes);
        let set_up = self.another_set_up(4);
        let activated = self.store.activate(&super::activation(&set_up)).await;
        assert_eq!(activated.unwrap(), Activated::Yes);
        // Where its time is over it guards nothing, but for one that was used: the set-up after it takes its time.
        self.make(&made(4, NOW + 600), true).await;
        let used = self.open("code-guards-on").await;
        let right = self.complete(&used, &made(4, 0)).await;
        assert!(matches!(right, LoginCompletion::Yes { .. }));
        let last = NOW + ENROLMENT_LIFE_MAX_S - 1;
        assert_eq!(self.begin(5, last, None).await, refused);
        assert_eq!(self.begin(9, last + 1, None).await, Opened::Yes);
        self.make(&made(4, NOW + 600), true).await;
        assert_eq!(self.begin(5, NOW + 599, None).await, refused);
        assert_eq!(self.begin(5, NOW + 600, None).await, Opened::Yes);
        self.make(&made(5, NOW + 600), false).await;
        let begun = self.another_set_up(5);
        let state = state_of(self.store, &begun).await;
        assert_eq!(state, FlowState::Superseded, "begun before it");
        // A reset takes it too.
        self.reset().await;
        let opened = self.login("reset-login-free").await;
        assert_eq!(opened, NOT_ENROLLED);
    }

    /// Whoever did not ask for it says so: it lets nobody in, and does not open the way for the password.
    async fn a_report_ends_a_code_and_what_it_guards_stays_closed(&self) {
        self.make(&made(6, NOW + 600), false).await;
        let flow = self.open("code-reported").await;
        let report = Report {
            flow_id: None,
            host: self.set_up.host.clone(),
            subject: self.set_up.subject.clone(),
            audit: self.audit(),
        };
        assert!(self.store.report(&report).await.unwrap().is_some());
        let late = self.complete(&flow, &made(6, 0)).await;
        assert_eq!(late, LoginCompletion::FlowOver);
        let again = self.open("code-reported-again").await;
        let counted = self.try_code(&again, NOW).await;
        assert_eq!(counted, Err(AttemptRefusal::NoMethod));
        let used = self.complete(&again, &made(6, 0)).await;
        assert_eq!(used, LoginCompletion::CodeUsed);
        for after in [None, Some("")] {
            let opened = self.begin(6, NOW, after).await;
            assert_eq!(opened, Opened::FactorActive);
        }
        // However long whoever reported it waits: support makes another one.
        let later = NOW + 365 * 86_400;
        self.store.purge_trust(later).await.unwrap();
        assert_eq!(self.begin(6, later, None).await, Opened::FactorActive);
        let (host, subject) = self.whose();
        let person = self.store.subject(host, subject, later).await.unwrap();
        assert_eq!(
            (person.temporary_code_until, person.is_guarded),
            (None, true)
        );
        self.make(&made(8, NOW + 600), false).await;
        let next = self.open("code-reported-next").await;
        assert_eq!(self.try_code(&next, NOW).await, Ok(made(8, NOW + 600)));
        // One that nobody used is forgotten when it is over.
        assert!(self.store.purge_trust(NOW + 600).await.unwrap() > 0);
        let opened = self.login("reset-login-purged").await;
        assert_eq!(opened, NOT_ENROLLED);
    }

    /// Somebody of whom nothing is known.
    async fn a_code_before_the_first_set_up_does_not_make_it_a_later_one(&self) {
        let first = flow("reset-new", 1);
        let new = NewTemporaryCode {
            subject: first.subject.clone(),
            ..self.new_code(&made(7, 1_500), false)
        };
        self.store.store_temporary_code(&new).await.unwrap();
        // A second one, with a reset of nothing: it is told all the same.
        let again = NewTemporaryCode {
            resets: true,
            ..new
        };
        self.store.store_temporary_code(&again).await.unwrap();
        let record = self.store.record(&first.host, &first.subject, None, 9);
        let kinds: Vec<_> = record
            .await
            .unwrap()
            .lines
            .iter()
            .map(|line| line.kind)
            .collect();
        let made = EventKind::TemporaryCodeMade;
        assert_eq!(kinds, [made, EventKind::Reset, made]);
        let first = NewFlow {
            created_at: 1_500,
            expires_at: 2_100,
            ..first
        };
        assert_eq!(self.store.open_flow(&first).await.unwrap(), Opened::Yes);
        let set_up = super::activation(&first);
        assert_eq!(self.store.activate(&set_up).await.unwrap(), Activated::Yes);
        let person = self.store.subject(&first.host, &first.subject, NOW).await;
        assert_eq!(person.unwrap().first_set_up_at, Some(set_up.now));
    }

    async fn begin(&self, number: u8, now: u64, after: Option<&str>) -> Opened {
        let set_up = NewFlow {
            created_at: now,
            expires_at: now + 600,
            after_login: after.map(str::to_owned),
            ..self.another_set_up(number)
        };
        self.store.open_flow(&set_up).await.unwrap()
    }

    fn new_code(&self, code: &MadeCode, resets: bool) -> NewTemporaryCode {
        let (host, subject) = self.whose();
        NewTemporaryCode {
            host: host.to_owned(),
            subject: subject.to_owned(),
            code: code.clone(),
            resets,
            audit: self.audit().because(by_anna()),
        }
    }

    async fn make(&self, code: &MadeCode, resets: bool) {
        let new = self.new_code(code, resets);
        self.store.store_temporary_code(&new).await.unwrap();
    }

    async fn try_code(&self, flow: &NewFlow, now: u64) -> Result<MadeCode, AttemptRefusal> {
        let attempt = LoginAttempt {
            presented: Presented::TemporaryCode { limit: 5 },
            now,
            ..attempt(flow, "", Needs::OneCode, now)
        };
        let counted = self.store.count_login_attempt(&attempt).await.unwrap()?;
        match counted.check {
            CheckInput::TemporaryCode(made) => Ok(made),
            other => panic!("{other:?}"),
        }
    }

    async fn complete(&self, flow: &NewFlow, code: &MadeCode) -> LoginCompletion {
        let right = Authenticated::TemporaryCode { hash: code.hash };
        let completion = completion(flow, right, self.activation, false);
        self.store.complete_login(&completion).await.unwrap()
    }

    async fn last_kinds(&self, count: u32) -> Vec<EventKind> {
        let (host, subject) = self.whose();
        let record = self.store.record(host, subject, None, count).await.unwrap();
        record.lines.iter().map(|line| line.kind).collect()
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

    async fn login(&self, name: &str) -> VerificationOpened {
        let open = OpenVerification {
            flow: NewFlow {
                id: name.to_owned(),
                purpose: Purpose::Verify,
                token_hash: hash(name, 0, 1),
                enrolment_id: *hash(name, 0, 2).first_chunk().unwrap(),
                key_pair: None,
                ..self.set_up.clone()
            },
            trust: None,
            begins_grace: false,
            may_be_paused: true,
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

fn made(number: u8, expires_at: u64) -> MadeCode {
    MadeCode {
        salt: [number; 16],
        hash: [number; 32],
        expires_at,
    }
}

fn by_anna() -> Support {
    Support {
        by: Some("Anna".to_owned()),
        reason: "lost everything".to_owned(),
    }
}
