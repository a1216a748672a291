//! A method that is held lets nobody in, whatever was under way, until it is released.

use nidan_core::attempt::AttemptRefusal;
use nidan_core::audit::Support;
use nidan_core::hold::{HoldDecision, HoldWish};
use nidan_core::login::Authenticated;
use nidan_core::manage::{Holder, ManageRefusal};
use nidan_core::throttle::Needs;
use nidan_protocol::{Authenticator, Change, ChangeKind, EventKind};

use super::attempt::{NOW, attempt, audit, completion, opened, refusal};
use crate::{
    Activated, Activation, CompleteLogin, HoldRequest, LoginCompletion, NewFlow, Opened, Redeemed,
    Redemption, Store,
};

pub(super) async fn run(store: &dyn Store, set_up: &NewFlow, activation: &Activation) {
    // Enough that what is lost can be taken out by one of them.
    let mut activation = activation.clone();
    activation.backup_hashes.extend([[81; 32], [82; 32]]);
    let activation = &activation;
    assert_eq!(store.open_flow(set_up).await.unwrap(), Opened::Yes);
    assert_eq!(store.activate(activation).await.unwrap(), Activated::Yes);
    let people = Held {
        store,
        set_up,
        activation,
    };
    people.what_is_not_there_is_not_held().await;
    people
        .an_attempt_is_refused_and_a_counted_one_does_not_complete()
        .await;
    people.a_result_of_before_is_worth_nothing().await;
    people.the_record_says_who_and_why().await;
    people.a_login_takes_out_what_is_lost().await;
}

struct Held<'a> {
    store: &'a dyn Store,
    set_up: &'a NewFlow,
    activation: &'a Activation,
}

impl Held<'_> {
    fn method_id(&self) -> &str {
        &self.activation.methods.first().unwrap().id
    }

    async fn wish(&self, subject: &str, method_id: &str, wish: HoldWish) -> HoldDecision {
        let request = HoldRequest {
            host: self.set_up.host.clone(),
            subject: subject.to_owned(),
            method_id: method_id.to_owned(),
            wish,
        };
        let audit = audit(self.activation, NOW).because(Support {
            by: Some("Anna".to_owned()),
            reason: "the phone is lost".to_owned(),
        });
        self.store.hold(&request, &audit).await.unwrap()
    }

    async fn hold(&self, wish: HoldWish) -> HoldDecision {
        self.wish(&self.set_up.subject, self.method_id(), wish)
            .await
    }

    /// A login that waits for its code.
    async fn login(&self, number: u8) -> NewFlow {
        let name = format!("held-login-{number}");
        opened(self.store, (self.set_up, self.activation), &name, None).await
    }

    fn right(&self, step: u64) -> Authenticated {
        Authenticated::Otp {
            method_id: self.method_id().to_owned(),
            first_step: step,
            step,
            drift: 0,
        }
    }

    async fn what_is_not_there_is_not_held(&self) {
        for (subject, method_id) in [
            ("somebody", self.method_id()),
            (self.set_up.subject.as_str(), "nothing"),
        ] {
            let decision = self.wish(subject, method_id, HoldWish::Hold).await;
            assert_eq!(decision, HoldDecision::NoMethod);
        }
        assert_eq!(self.hold(HoldWish::Release).await, HoldDecision::AlreadySo);
    }

    async fn an_attempt_is_refused_and_a_counted_one_does_not_complete(&self) {
        let (before, after) = (self.login(1).await, self.login(2).await);
        let one = attempt(&before, self.method_id(), Needs::OneCode, NOW);
        assert!(refusal(self.store.count_login_attempt(&one).await.unwrap()).is_none());
        let epoch = self.epoch().await;
        let held = HoldDecision::Change {
            raises_epoch: true,
            ends_pause: false,
            brings_back: vec![],
        };
        assert_eq!(self.hold(HoldWish::Hold).await, held);
        assert_eq!(self.hold(HoldWish::Hold).await, HoldDecision::AlreadySo);
        assert_eq!(self.epoch().await, epoch + 1, "once");
        // The code was right, and checked a moment before.
        let late = completion(&before, self.right(1_000_000), self.activation, false);
        let late = self.store.complete_login(&late).await.unwrap();
        assert_eq!(late, LoginCompletion::MethodHeld);
        let another = attempt(&after, self.method_id(), Needs::OneCode, NOW);
        let refused = refusal(self.store.count_login_attempt(&another).await.unwrap());
        assert_eq!(refused, Some(AttemptRefusal::Held));
        let subject = self.subject().await;
        assert_eq!(subject.methods.first().unwrap().held_at, Some(NOW));
        let released = HoldDecision::Change {
            raises_epoch: false,
            ends_pause: false,
            brings_back: vec![],
        };
        assert_eq!(self.hold(HoldWish::Release).await, released);
        assert_eq!(self.epoch().await, epoch + 1, "nobody is signed out by it");
        let again = attempt(&after, self.method_id(), Needs::OneCode, NOW);
        assert!(refusal(self.store.count_login_attempt(&again).await.unwrap()).is_none());
    }

    /// Somebody has the code, and the result is on its way to the host.
    async fn a_result_of_before_is_worth_nothing(&self) {
        let flow = self.login(3).await;
        let one = attempt(&flow, self.method_id(), Needs::OneCode, NOW);
        assert!(refusal(self.store.count_login_attempt(&one).await.unwrap()).is_none());
        let right = completion(&flow, self.right(2_000_000), self.activation, false);
        let completed = self.store.complete_login(&right).await.unwrap();
        assert!(matches!(completed, LoginCompletion::Yes { .. }));
        let _held = self.hold(HoldWish::Hold).await;
        assert!(self.redeem(&flow, right.result_hash).await.is_none());
        let _released = self.hold(HoldWish::Release).await;
    }

    async fn the_record_says_who_and_why(&self) {
        let (host, subject) = (&self.set_up.host, &self.set_up.subject);
        let record = self.store.record(host, subject, None, 100).await.unwrap();
        let lines = record.lines.iter();
        let by_support: Vec<_> = lines
            .filter_map(|line| Some((line.kind, line.support.as_ref()?.by.as_deref()?)))
            .collect();
        let both = [
            (EventKind::MethodHeld, "Anna"),
            (EventKind::MethodReleased, "Anna"),
        ];
        assert_eq!(by_support, [both, both].concat());
        let reasons = record.lines.iter().filter_map(|line| line.support.as_ref());
        assert!(
            reasons
                .into_iter()
                .all(|support| support.reason == "the phone is lost")
        );
    }

    /// Something else let the person in, and what is lost is out in the same transaction.
    async fn a_login_takes_out_what_is_lost(&self) {
        let (before, flow) = (self.login(4).await, self.login(5).await);
        let left = u32::try_from(self.activation.backup_hashes.len()).unwrap();
        let tries = async || self.subject().await.methods.first().unwrap().tries;
        let had = tries().await;
        let one = attempt(&before, self.method_id(), Needs::OneCode, NOW);
        assert!(refusal(self.store.count_login_attempt(&one).await.unwrap()).is_none());
        assert_eq!(tries().await.in_a_row, had.in_a_row + 1);
        let epoch = self.epoch().await;
        let right = CompleteLogin {
            lost: vec![self.method_id().to_owned()],
            ..completion(&before, self.right(3_000_000), self.activation, false)
        };
        assert_eq!(
            self.store.complete_login(&right).await.unwrap(),
            LoginCompletion::LostStays(ManageRefusal::ReauthRequired),
            "nothing says of itself that it is lost"
        );
        assert_eq!(self.epoch().await, epoch);
        assert_eq!(tries().await, had, "the try is given back");
        let right = CompleteLogin {
            lost: vec![],
            ..right
        };
        let unspent = self.store.complete_login(&right).await.unwrap();
        assert!(matches!(unspent, LoginCompletion::Yes { .. }));
        // A used code is said to be one, whatever it was for.
        let another = self.login(6).await;
        let used = CompleteLogin {
            lost: vec![self.method_id().to_owned()],
            ..completion(&another, self.right(3_000_000), self.activation, false)
        };
        let used = self.store.complete_login(&used).await.unwrap();
        assert_eq!(used, LoginCompletion::CodeUsed);
        let code = Authenticated::BackupCode { ordinal: 1 };
        let lost = CompleteLogin {
            lost: vec![self.method_id().to_owned(), "nothing".to_owned()],
            ..completion(&flow, code, self.activation, false)
        };
        assert_eq!(
            self.store.complete_login(&lost).await.unwrap(),
            LoginCompletion::Yes {
                backup_codes_left: left - 1,
            }
        );
        assert_eq!(self.epoch().await, epoch + 1);
        let subject = self.subject().await;
        let method = subject.methods.first().unwrap();
        assert_eq!(
            (method.held_at, method.held_by),
            (Some(NOW), Some(Holder::Person))
        );
        assert_eq!(subject.changes.count, 1);
        assert!(
            self.redeem(&before, right.result_hash).await.is_none(),
            "of an earlier epoch"
        );
        let redeemed = self.redeem(&flow, lost.result_hash).await.unwrap();
        assert_eq!(redeemed.factor_epoch, epoch + 1);
        assert!(redeemed.raised_epoch);
        let held = Change {
            change: ChangeKind::Held,
            method: Some(Authenticator::Method(method.detail.kind())),
        };
        assert_eq!(redeemed.changes, [held]);
        let (host, subject) = (&self.set_up.host, &self.set_up.subject);
        let record = self.store.record(host, subject, None, 2).await.unwrap();
        let kinds: Vec<_> = record.lines.iter().map(|line| line.kind).collect();
        assert_eq!(kinds, [EventKind::BackupCodeUsed, EventKind::MethodHeld]);
        let _released = self.hold(HoldWish::Release).await;
    }

    async fn redeem(&self, flow: &NewFlow, result_hash: [u8; 32]) -> Option<Redeemed> {
        let redemption = Redemption {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            result_hash,
            session_binding: flow.session_binding.clone(),
            now: NOW,
            trust: None,
            audit: audit(self.activation, NOW),
        };
        self.store.redeem(&redemption).await.unwrap()
    }

    async fn subject(&self) -> crate::Subject {
        let (host, subject) = (&self.set_up.host, &self.set_up.subject);
        self.store.subject(host, subject, NOW).await.unwrap()
    }

    async fn epoch(&self) -> u64 {
        self.subject().await.factor_epoch
    }
}
