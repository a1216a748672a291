//! What every engine must do where something ends: a login by a newer tab, a code by its use,
//! everything by a report, a browser's trust by its withdrawal.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of the suite is a failed test"
)]

use nidan_core::login::Authenticated;
use nidan_core::trust::Browsers;
use nidan_protocol::{Channel, Purpose};

use super::attempt::{NOW, audit, completion, step};
use super::phone::latest;
use super::{hash, state_of};
use crate::{
    Activated, Activation, Budget, FlowState, LoginCompletion, MethodDetail, NewChallenge, NewFlow,
    NewMethod, NewTrust, OpenVerification, Opened, Order, Ordered, Redemption, Report, Scope,
    Store, TrustUse, VerificationOpened,
};

const PHONE: &str = "ends-phone";
const BLOCK: Scope = Scope::Block;

/// One person with an app and a phone.
struct Person<'a> {
    store: &'a dyn Store,
    flow: &'a NewFlow,
    activation: Activation,
}

/// Runs every check on a person who is not stored yet. `activation` enrols an app.
pub(super) async fn run(store: &dyn Store, flow: &NewFlow, activation: &Activation) {
    let app = activation.methods.first().unwrap().clone();
    let phone = NewMethod {
        id: PHONE.to_owned(),
        name: None,
        sealed: vec![9],
        detail: MethodDetail::Phone {
            channel: Channel::Sms,
            number_index: [77; 32],
            hint: "78".to_owned(),
        },
    };
    assert_eq!(store.open_flow(flow).await.unwrap(), Opened::Yes);
    two_apps_of_one_secret_are_refused(store, flow, activation, &app).await;
    let activation = Activation {
        methods: vec![app, phone],
        ..activation.clone()
    };
    assert_eq!(store.activate(&activation).await.unwrap(), Activated::Yes);
    let person = Person {
        store,
        flow,
        activation,
    };
    person
        .a_newer_tab_ends_the_older_and_no_other_session()
        .await;
    person.a_sent_code_lets_in_once_and_in_its_own_login().await;
    person
        .a_browser_s_trust_ends_with_its_unredeemed_result()
        .await;
    person.a_report_ends_what_was_right_and_no_enrolment().await;
}

async fn two_apps_of_one_secret_are_refused(
    store: &dyn Store,
    flow: &NewFlow,
    activation: &Activation,
    app: &NewMethod,
) {
    let twin = NewMethod {
        id: "twin".to_owned(),
        ..app.clone()
    };
    let both = Activation {
        methods: vec![app.clone(), twin],
        ..activation.clone()
    };
    assert_eq!(store.activate(&both).await.unwrap(), Activated::SecretKnown);
    let subject = store.subject(&flow.host, &flow.subject, NOW).await.unwrap();
    assert!(subject.methods.is_empty(), "nothing was stored");
}

impl Person<'_> {
    fn login(&self, number: u8, session: &str) -> NewFlow {
        NewFlow {
            id: format!("ends-{number}"),
            purpose: Purpose::Verify,
            session_binding: session.to_owned(),
            token_hash: hash("ends-login", number, 7),
            enrolment_id: *hash("ends-login", number, 9).first_chunk().unwrap(),
            ..self.flow.clone()
        }
    }

    /// Opens a login, with the token of a trusted browser or without.
    async fn open(&self, number: u8, session: &str, token: Option<u8>) -> NewFlow {
        let flow = self.login(number, session);
        let trust = token.map(|token| TrustUse {
            token_hash: hash("ends-browser", token, 8),
            result_hash: flow.token_hash,
            result_expires_at: NOW + 60,
        });
        let expected = match &trust {
            Some(_) => VerificationOpened::Trusted,
            None => VerificationOpened::Required,
        };
        let open = OpenVerification {
            flow: flow.clone(),
            trust,
            begins_grace: false,
            may_be_paused: true,
            audit: audit(&self.activation, NOW),
        };
        let opened = self.store.open_verification(&open).await.unwrap();
        assert_eq!(opened, expected);
        flow
    }

    async fn state(&self, flow: &NewFlow) -> FlowState {
        state_of(self.store, flow).await
    }

    async fn complete(&self, flow: &NewFlow, authenticated: Authenticated) -> LoginCompletion {
        let login = completion(flow, authenticated, &self.activation, true);
        self.store.complete_login(&login).await.unwrap()
    }

    /// Redeems a login's result, and offers a new token for its browser.
    async fn redeem(&self, flow: &NewFlow, token: u8) -> bool {
        let redemption = Redemption {
            host: flow.host.clone(),
            flow_id: flow.id.clone(),
            result_hash: flow.token_hash,
            session_binding: flow.session_binding.clone(),
            now: NOW + 1,
            trust: Some(NewTrust {
                browser_id: format!("ends-browser-{token}"),
                token_hash: hash("ends-browser", token, 8),
                lives: crate::TrustLives::without_groups(1_000),
            }),
            audit: audit(&self.activation, NOW + 1),
        };
        self.store.redeem(&redemption).await.unwrap().is_some()
    }

    /// Sends a code to the phone, counted against a [budget](Budget) of one.
    async fn send(&self, flow: &NewFlow, name: &str) -> NewChallenge {
        let challenge = NewChallenge {
            id: name.to_owned(),
            flow_id: flow.id.clone(),
            ..Self::template()
        };
        let order = Order {
            message_id: format!("{name}-message"),
            budgets: vec![self.budget()],
            now_ms: NOW * 1_000,
            audit: None,
        };
        let seen = latest(self.store, &flow.id).await;
        let store = self.store;
        let ordered = store.open_challenge(&challenge, seen.as_deref(), &order);
        let ordered = ordered.await.unwrap();
        assert_eq!(ordered, Ordered::Yes, "{name}");
        challenge
    }

    fn budget(&self) -> Budget {
        Budget {
            scope: BLOCK,
            key: self.flow.subject.clone().into_bytes(),
            window_s: 3_600,
            limit: 1,
        }
    }

    async fn a_newer_tab_ends_the_older_and_no_other_session(&self) {
        let older = self.open(101, "one", None).await;
        let other = self.open(102, "two", None).await;
        let newer = self.open(103, "one", None).await;
        assert_eq!(self.state(&older).await, FlowState::Superseded);
        assert_eq!(self.state(&other).await, FlowState::Open);
        assert_eq!(self.state(&newer).await, FlowState::Open);
    }

    async fn a_sent_code_lets_in_once_and_in_its_own_login(&self) {
        let (first, second) = (
            self.open(104, "three", None).await,
            self.open(105, "four", None).await,
        );
        let sent = self.send(&first, "ends-sent").await;
        let by = |method_id: &str, challenge_id: &str| Authenticated::OutOfBand {
            method_id: method_id.to_owned(),
            challenge_id: challenge_id.to_owned(),
            channel: Channel::Sms,
        };
        let of_another_login = self.complete(&second, by(PHONE, &sent.id)).await;
        assert_eq!(of_another_login, LoginCompletion::CodeUsed);
        let of_another_method = self.complete(&first, by("other", &sent.id)).await;
        assert_eq!(of_another_method, LoginCompletion::CodeUsed);
        let right = self.complete(&first, by(PHONE, &sent.id)).await;
        assert!(matches!(right, LoginCompletion::Yes { .. }));
        let again = self.complete(&first, by(PHONE, &sent.id)).await;
        assert_eq!(again, LoginCompletion::FlowOver);
        // It is answered: what it cost is not given back a second time.
        let store = self.store;
        assert!(!store.answered(&sent.id, &self.budget(), NOW).await.unwrap());
    }

    async fn a_browser_s_trust_ends_with_its_unredeemed_result(&self) {
        let app = &self.activation.methods.first().unwrap().id;
        let login = self.open(106, "five", None).await;
        let right = self.complete(&login, step(app, 500)).await;
        assert!(matches!(right, LoginCompletion::Yes { .. }));
        assert!(self.redeem(&login, 201).await);
        let trusted = self.open(107, "six", Some(201)).await;
        let revoke = async |id: &str| {
            let (host, subject) = (&self.flow.host, &self.flow.subject);
            let audit = audit(&self.activation, NOW);
            let one = Browsers::One(id.to_owned());
            let revoked = self.store.revoke_trust(host, subject, &one, &audit);
            revoked.await.unwrap()
        };
        assert_eq!(revoke("ends-browser-0").await, 0);
        assert!(matches!(
            self.state(&trusted).await,
            FlowState::Completed { .. }
        ));
        assert_eq!(revoke("ends-browser-201").await, 1);
        assert!(!self.redeem(&trusted, 202).await, "its trust would be back");
    }

    async fn a_report_ends_what_was_right_and_no_enrolment(&self) {
        let app = &self.activation.methods.first().unwrap().id;
        let right = self.open(108, "seven", None).await;
        let completed = self.complete(&right, step(app, 600)).await;
        assert!(matches!(completed, LoginCompletion::Yes { .. }));
        let waiting = self.open(109, "eight", None).await;
        // The budget of one was spent by the code of before; nobody has answered that in time.
        let later = Order {
            message_id: "ends-refused".to_owned(),
            budgets: vec![self.budget()],
            now_ms: NOW * 1_000,
            audit: None,
        };
        let refused = NewChallenge {
            id: "ends-second".to_owned(),
            flow_id: waiting.id.clone(),
            ..Self::template()
        };
        let (store, seen) = (self.store, latest(self.store, &waiting.id).await);
        let spent = store.open_challenge(&refused, seen.as_deref(), &later);
        let spent = spent.await.unwrap();
        assert!(matches!(spent, Ordered::BudgetSpent { scope: BLOCK, .. }));
        let unlimited = Order {
            budgets: Vec::new(),
            ..later
        };
        let ordered = store
            .open_challenge(&refused, seen.as_deref(), &unlimited)
            .await;
        assert_eq!(ordered.unwrap(), Ordered::Yes);
        let report = Report {
            flow_id: Some(waiting.id.clone()),
            host: self.flow.host.clone(),
            subject: self.flow.subject.clone(),
            audit: audit(&self.activation, NOW),
        };
        assert!(self.store.report(&report).await.unwrap().is_some());
        let here = FlowState::Reported { here: true };
        let elsewhere = FlowState::Reported { here: false };
        assert_eq!(self.state(&waiting).await, here);
        assert_eq!(self.state(&right).await, elsewhere);
        assert!(!self.redeem(&right, 203).await, "nobody knows who typed it");
        let code = self.store.challenge(&waiting.id, "ends-second").await;
        assert_eq!(code.unwrap().unwrap().opened.expires_at, NOW);
        let enrolled = self.state(self.flow).await;
        assert!(matches!(enrolled, FlowState::Completed { .. }));
        let again = self.store.report(&report).await.unwrap();
        assert_eq!(again, None, "it is over");
    }

    /// A challenge for the phone, without a name and a flow.
    fn template() -> NewChallenge {
        NewChallenge {
            id: String::new(),
            flow_id: String::new(),
            channel: Channel::Sms,
            country: "JP".to_owned(),
            locale: "ja".to_owned(),
            sealed_number: vec![9],
            number_index: [77; 32],
            hint: "78".to_owned(),
            reference: "A1".to_owned(),
            call_digits: None,
            expires_at: NOW + 300,
            method_id: Some(PHONE.to_owned()),
            codes: 1,
        }
    }
}
