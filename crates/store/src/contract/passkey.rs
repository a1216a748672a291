//! What every engine must do with passkeys: a challenge is answered once, a key is found by its
//! credential and belongs to one person, and what was made waits for the end of its set-up.

use nidan_core::attempt::{
    AttemptPurpose, AttemptRefusal, CheckInput, LoginAttempt, OutOfUse, Presented,
};
use nidan_core::ceremony::{CEREMONIES_MAX, CeremonyRefusal, KnownPasskey};
use nidan_core::login::Authenticated;
use nidan_core::throttle::Needs;
use nidan_protocol::{AcrNeeded, Authenticator, CeremonyKind, MethodKind};

use super::attempt::{NOW, attempt, audit, completion, opened};
use super::hash;
use crate::{
    Activated, Activation, LoginCompletion, MadePasskey, MethodDetail, NewCeremony, NewFlow,
    NewMethod, Opened, Redemption, Store,
};

const RP_ID: &str = "shop.example";

/// Runs every check. `activation` is a set-up of `flow`; what it enrols is replaced by a passkey.
pub(super) async fn run(store: &dyn Store, flow: &NewFlow, activation: &Activation) {
    let suite = Suite {
        store,
        flow,
        activation,
    };
    assert_eq!(store.open_flow(flow).await.unwrap(), Opened::Yes);
    suite.a_ceremony_is_given_out_once_in_its_flow().await;
    suite.a_further_ceremony_ends_the_oldest_that_waits().await;
    suite.what_was_made_waits_in_its_flow().await;
    suite.a_credential_is_one_person_s().await;
    suite.keys_of_another_rp_id_are_counted().await;
    suite.an_answer_is_counted_and_signs_in().await;
    suite.a_counter_moves_for_one_of_two().await;
    suite.a_login_may_have_to_be_worth_more().await;
}

struct Suite<'a> {
    store: &'a dyn Store,
    flow: &'a NewFlow,
    activation: &'a Activation,
}

fn ceremony(flow: &NewFlow, id: &str, kind: CeremonyKind) -> NewCeremony {
    NewCeremony {
        id: format!("{}-{id}", flow.id),
        flow_id: flow.id.clone(),
        kind,
        sealed_state: id.as_bytes().to_vec(),
        created_at: NOW,
        expires_at: NOW + 300,
    }
}

fn passkey(flow: &NewFlow) -> NewMethod {
    NewMethod {
        id: format!("passkey-{}", flow.id),
        name: Some("Laptop".to_owned()),
        sealed: vec![4, 5, 6],
        detail: MethodDetail::Passkey {
            credential_index: hash(&flow.subject, 1, 9),
            rp_id: RP_ID.to_owned(),
            counter: 7,
        },
    }
}

impl Suite<'_> {
    async fn taken(
        &self,
        flow: &NewFlow,
        id: &str,
        kind: CeremonyKind,
        now: u64,
    ) -> Result<Vec<u8>, CeremonyRefusal> {
        let taken = self.store.take_ceremony(&flow.id, id, kind, now);
        taken.await.unwrap().map(|ceremony| ceremony.sealed_state)
    }

    async fn a_ceremony_is_given_out_once_in_its_flow(&self) {
        let (make, get) = (CeremonyKind::Create, CeremonyKind::Get);
        let new = ceremony(self.flow, "one", make);
        self.store.open_ceremony(&new).await.unwrap();
        let other = NewFlow {
            id: "another".to_owned(),
            ..self.flow.clone()
        };
        let unknown = Err(CeremonyRefusal::Unknown);
        assert_eq!(self.taken(&other, &new.id, make, NOW).await, unknown);
        assert_eq!(self.taken(self.flow, &new.id, get, NOW).await, unknown);
        assert_eq!(self.taken(self.flow, "none", make, NOW).await, unknown);
        let late = self.taken(self.flow, &new.id, make, NOW + 300).await;
        assert_eq!(late, Err(CeremonyRefusal::Expired));
        let first = self.taken(self.flow, &new.id, make, NOW + 299).await;
        assert_eq!(first, Ok(b"one".to_vec()));
        let again = self.taken(self.flow, &new.id, make, NOW + 299).await;
        assert_eq!(again, Err(CeremonyRefusal::Used));
    }

    async fn a_further_ceremony_ends_the_oldest_that_waits(&self) {
        let id = |nth: usize| format!("many-{nth}");
        for nth in 0..=CEREMONIES_MAX {
            let new = ceremony(self.flow, &id(nth), CeremonyKind::Create);
            self.store.open_ceremony(&new).await.unwrap();
        }
        for nth in 0..=CEREMONIES_MAX {
            let wire = ceremony(self.flow, &id(nth), CeremonyKind::Create).id;
            let taken = self.taken(self.flow, &wire, CeremonyKind::Create, NOW);
            assert_eq!(taken.await.is_ok(), nth > 0, "{nth}");
        }
        // What was answered stays: it may have made something.
        let first = ceremony(self.flow, "one", CeremonyKind::Create).id;
        let used = self.taken(self.flow, &first, CeremonyKind::Create, NOW);
        assert_eq!(used.await, Err(CeremonyRefusal::Used));
    }

    async fn what_was_made_waits_in_its_flow(&self) {
        let id = ceremony(self.flow, "one", CeremonyKind::Create).id;
        let (store, flow_id) = (self.store, &self.flow.id);
        assert_eq!(store.made_passkey(flow_id, &id).await.unwrap(), None);
        let made = MadePasskey {
            credential_index: [3; 32],
            sealed: vec![1, 2],
            counter: u32::MAX,
        };
        store.keep_passkey("another", &id, &made).await.unwrap();
        assert_eq!(store.made_passkey(flow_id, &id).await.unwrap(), None);
        store.keep_passkey(flow_id, &id, &made).await.unwrap();
        let kept = store.made_passkey(flow_id, &id).await.unwrap();
        assert_eq!(kept, Some(made));
        assert_eq!(store.made_passkey("another", &id).await.unwrap(), None);
    }

    async fn a_credential_is_one_person_s(&self) {
        let with = |methods| Activation {
            methods,
            ..self.activation.clone()
        };
        let twice = with(vec![passkey(self.flow), passkey(self.flow)]);
        let stored = self.store.activate(&twice).await.unwrap();
        assert_eq!(stored, Activated::SecretKnown);
        let once = with(vec![passkey(self.flow)]);
        assert_eq!(self.store.activate(&once).await.unwrap(), Activated::Yes);
        let subject = self.store.subject(&self.flow.host, &self.flow.subject, NOW);
        let methods = subject.await.unwrap().methods;
        let stored = methods.first().unwrap();
        let new = passkey(self.flow);
        assert_eq!((&stored.detail, &stored.sealed), (&new.detail, &new.sealed));
        let stranger = NewFlow {
            id: "keyed-by-another".to_owned(),
            subject: "keyed by another".to_owned(),
            token_hash: hash("keyed by another", 1, 1),
            enrolment_id: *hash("keyed by another", 1, 2).first_chunk().unwrap(),
            ..self.flow.clone()
        };
        assert_eq!(self.store.open_flow(&stranger).await.unwrap(), Opened::Yes);
        let stolen = Activation {
            flow_id: stranger.id.clone(),
            subject: stranger.subject.clone(),
            ..once
        };
        let stored = self.store.activate(&stolen).await.unwrap();
        assert_eq!(stored, Activated::SecretKnown);
    }

    async fn keys_of_another_rp_id_are_counted(&self) {
        for (host, rp_id, expected) in [
            (self.flow.host.as_str(), Some(RP_ID), 0),
            (&self.flow.host, Some("SHOP.example"), 1),
            (&self.flow.host, None, 1),
            ("another", Some("other.example"), 0),
        ] {
            let stranded = self.store.stranded_passkeys(host, rp_id).await.unwrap();
            assert_eq!(stranded, expected, "{host} {rp_id:?}");
        }
    }

    async fn login(&self, number: u8, acr_needed: Option<AcrNeeded>) -> NewFlow {
        let name = format!("keyed-login-{number}");
        let whose = (self.flow, self.activation);
        let flow = opened(self.store, whose, &name, acr_needed).await;
        let new = ceremony(&flow, "get", CeremonyKind::Get);
        self.store.open_ceremony(&new).await.unwrap();
        flow
    }

    fn answer(&self, flow: &NewFlow, credential_index: [u8; 32]) -> LoginAttempt {
        LoginAttempt {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            subject: flow.subject.clone(),
            purpose: AttemptPurpose::Login,
            presented: Presented::Passkey {
                method_id: None,
                credential_index,
                ceremony_id: ceremony(flow, "get", CeremonyKind::Get).id,
            },
            flow_limit: 3,
            now: NOW,
        }
    }

    /// The flow says so, whoever asks: what is typed is refused uncounted, and a passkey's answer counts.
    async fn a_login_may_have_to_be_worth_more(&self) {
        let needed = Some(AcrNeeded::PhishingResistant);
        let flow = self.login(3, needed).await;
        let stored = self.store.flow_by_token(&flow.token_hash).await.unwrap();
        assert_eq!(stored.unwrap().opened.acr_needed, needed);
        let code = attempt(&flow, &passkey(self.flow).id, Needs::OneCode, NOW);
        for presented in [code.presented, Presented::BackupCode { limit: 5 }] {
            let typed = LoginAttempt {
                presented,
                ..self.answer(&flow, [0; 32])
            };
            let counted = self.store.count_login_attempt(&typed).await.unwrap();
            assert_eq!(counted.err(), Some(AttemptRefusal::WorthTooLittle));
        }
        let answer = self.answer(&flow, hash(&self.flow.subject, 1, 9));
        let counted = self.store.count_login_attempt(&answer).await.unwrap();
        assert_eq!(counted.unwrap().flow_attempts, 1);
    }

    async fn an_answer_is_counted_and_signs_in(&self) {
        let flow = self.login(1, None).await;
        let index = hash(&self.flow.subject, 1, 9);
        // A key that nobody has is an answer too: the challenge is spent by it.
        let nobody = self.answer(&flow, [0; 32]);
        let counted = self.store.count_login_attempt(&nobody).await.unwrap();
        let check = counted.unwrap().check;
        assert!(matches!(check, CheckInput::Passkey { key: None, .. }));
        let again = self.answer(&flow, index);
        let counted = self.store.count_login_attempt(&again).await.unwrap();
        let used = AttemptRefusal::Ceremony(CeremonyRefusal::Used);
        assert_eq!(counted.err(), Some(used));

        let new = NewCeremony {
            id: "second".to_owned(),
            ..ceremony(&flow, "get", CeremonyKind::Get)
        };
        self.store.open_ceremony(&new).await.unwrap();
        let mut right = self.answer(&flow, index);
        if let Presented::Passkey { ceremony_id, .. } = &mut right.presented {
            *ceremony_id = new.id.clone();
        }
        let counted = self.store.count_login_attempt(&right).await.unwrap();
        let counted = counted.unwrap();
        assert_eq!(counted.flow_attempts, 2, "the refused replay is none");
        let CheckInput::Passkey { key, ceremony } = counted.check else {
            panic!("another kind");
        };
        assert_eq!(
            (ceremony.id, ceremony.sealed_state),
            (new.id, new.sealed_state)
        );
        let method_id = passkey(self.flow).id;
        let known = KnownPasskey {
            method_id: method_id.clone(),
            out_of_use: OutOfUse::default(),
            counter: 7,
        };
        assert_eq!(key, Some(known));
        let login = completion(&flow, self.by(7, 8), self.activation, false);
        let done = self.store.complete_login(&login).await.unwrap();
        let left = LoginCompletion::Yes {
            backup_codes_left: 2,
        };
        assert_eq!(done, left);
        let redemption = Redemption {
            host: flow.host.clone(),
            flow_id: flow.id.clone(),
            result_hash: flow.token_hash,
            session_binding: flow.session_binding.clone(),
            now: NOW + 1,
            trust: None,
            audit: audit(self.activation, NOW + 1),
        };
        let redeemed = self.store.redeem(&redemption).await.unwrap();
        let used = redeemed.unwrap().used;
        assert_eq!(
            used.map(Authenticator::as_str),
            Some(MethodKind::Passkey.as_str())
        );
        let subject = self.store.subject(&flow.host, &flow.subject, NOW);
        let methods = subject.await.unwrap().methods;
        assert_eq!(methods.first().unwrap().used_at, Some(NOW));
    }

    fn by(&self, counter_before: u32, counter: u32) -> Authenticated {
        Authenticated::Passkey {
            method_id: passkey(self.flow).id,
            counter_before,
            counter,
        }
    }

    async fn a_counter_moves_for_one_of_two(&self) {
        let flow = self.login(2, None).await;
        for (counter_before, expected) in [(7, false), (8, true)] {
            let by = self.by(counter_before, 9);
            let login = completion(&flow, by, self.activation, false);
            let done = self.store.complete_login(&login).await.unwrap();
            let is_used = done == LoginCompletion::CodeUsed;
            assert_eq!(!is_used, expected, "{counter_before}");
        }
    }
}
