//! What every engine must do where people manage what they have: a change is proved in its own
//! flow, written whole or not at all, and answered again when it comes again.

mod changes;
mod ends;

use std::cell::Cell;

use nidan_core::attempt::AttemptPurpose;
use nidan_core::hold::{HoldDecision, HoldWish};
use nidan_core::login::Authenticated;
use nidan_core::manage::{
    Holder, ManageChanges, ManageDecision, ManagePolicy, ManageRefusal, ManageRequest, Name,
    NewFacts, SETUPS_MAX, Wish,
};
use nidan_core::throttle::Needs;
use nidan_protocol::{
    Change, ChangeKind, Channel, EventKind, Intent, MethodKind, Purpose, SetupKind,
};

use super::attempt::{attempt, audit, completion, refusal};
use super::{hash, state_of};
use crate::{
    Activated, Activation, CloseManagement, CompleteProof, FlowState, HoldRequest, LoginCompletion,
    ManageChange, ManagementClosed, ManagementOpened, MethodDetail, NewFactor, NewFlow, NewMethod,
    NewSetup, OpenManagement, OpenVerification, Opened, ProofCompletion, ProofUse, Redeemed,
    Redemption, Report, Store, Subject, VerificationOpened,
};

const DAY: u64 = 86_400;
/// Long after the set-up.
const NOW: u64 = 100 * DAY;

pub(super) async fn run(store: &dyn Store, set_up: &NewFlow, activation: &Activation) {
    let page = Page {
        store,
        set_up,
        activation,
        count: Cell::new(0),
    };
    let nobody = page.flow(NOW);
    let open = OpenManagement {
        flow: nobody.clone(),
        trust_hash: None,
    };
    let opened = store.open_management(&open).await.unwrap();
    assert_eq!(opened, ManagementOpened::NotEnrolled);
    assert!(
        store
            .flow_by_token(&nobody.token_hash)
            .await
            .unwrap()
            .is_none()
    );
    let set_up_again = NewFlow {
        expires_at: NOW,
        ..set_up.clone()
    };
    assert_eq!(store.open_flow(&set_up_again).await.unwrap(), Opened::Yes);
    assert_eq!(store.activate(activation).await.unwrap(), Activated::Yes);
    page.a_proof_belongs_to_its_flow_and_is_spent().await;
    page.a_change_is_made_once_and_answered_again().await;
    page.a_second_page_sees_what_became_of_it().await;
    page.what_is_replaced_goes_at_its_hour().await;
    page.what_is_replaced_goes_with_the_first_login_of_the_new()
        .await;
    page.what_is_replaced_stays_where_the_new_one_is_held()
        .await;
    page.backup_codes_take_the_old_ones_place().await;
    page.set_ups_are_few_and_belong_to_their_flow().await;
    page.two_pages_leave_one_method().await;
    page.a_pause_ends_by_itself_by_a_press_and_by_a_report()
        .await;
    page.what_is_turned_off_is_gone().await;
}

struct Page<'a> {
    store: &'a dyn Store,
    set_up: &'a NewFlow,
    activation: &'a Activation,
    count: Cell<u8>,
}

impl Page<'_> {
    fn next(&self) -> u8 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }

    fn app_id(&self) -> &str {
        &self.activation.methods.first().unwrap().id
    }

    fn flow(&self, now: u64) -> NewFlow {
        let number = self.next();
        NewFlow {
            id: format!("manage-page-{number}"),
            purpose: Purpose::Manage,
            intent: Some(Intent::Codes),
            token_hash: hash("manage-page", number, 1),
            enrolment_id: *hash("manage-page", number, 2).first_chunk().unwrap(),
            session_binding: format!("manage-{number}"),
            created_at: now,
            expires_at: now + 600,
            key_pair: None,
            ..self.set_up.clone()
        }
    }

    async fn open(&self, now: u64) -> NewFlow {
        let flow = self.flow(now);
        let open = OpenManagement {
            flow: flow.clone(),
            trust_hash: None,
        };
        let opened = self.store.open_management(&open).await.unwrap();
        assert_eq!(opened, ManagementOpened::Yes);
        flow
    }

    /// A page on which a code was right.
    async fn proved(&self, by: Authenticated, now: u64) -> NewFlow {
        let flow = self.open(now).await;
        assert_eq!(self.prove(&flow, by, now).await, ProofCompletion::Yes);
        flow
    }

    async fn prove(&self, flow: &NewFlow, by: Authenticated, now: u64) -> ProofCompletion {
        self.spend(flow, by, ProofUse::Proof, now).await
    }

    async fn spend(
        &self,
        flow: &NewFlow,
        by: Authenticated,
        proof_use: ProofUse,
        now: u64,
    ) -> ProofCompletion {
        let proof = CompleteProof {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            subject: flow.subject.clone(),
            authenticated: by,
            proof_use,
            body_hash: [9; 32],
            audit: audit(self.activation, now),
        };
        self.store.complete_proof(&proof).await.unwrap()
    }

    /// A code of an app that was not shown before.
    fn code(&self, method_id: &str, now: u64) -> Authenticated {
        let step = now / 30 + u64::from(self.next());
        super::attempt::step(method_id, step)
    }

    fn change(&self, flow: &NewFlow, wish: Wish, now: u64) -> ManageChange {
        ManageChange {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            subject: flow.subject.clone(),
            request_id: format!("request-{}", self.next()),
            request: ManageRequest {
                wish,
                body_hash: [9; 32],
                policy: ManagePolicy {
                    may_pause: true,
                    may_turn_off: true,
                    min_methods: 1,
                    strict: false,
                },
                now,
            },
            setup_id: None,
            new: None,
            audit: audit(self.activation, now),
        }
    }

    async fn ask(&self, change: &ManageChange) -> ManageDecision {
        self.store.manage(change).await.unwrap()
    }

    async fn wish(&self, flow: &NewFlow, wish: Wish, now: u64) -> ManageDecision {
        self.ask(&self.change(flow, wish, now)).await
    }

    /// Finishes the set-up of a new app and returns its id.
    async fn add(&self, flow: &NewFlow, replaces: Option<&str>, now: u64) -> String {
        let change = self.addition(flow, replaces, now).await;
        let id = match &change.new {
            Some(NewFactor::Method(method)) => method.id.clone(),
            Some(NewFactor::BackupCodes { .. }) | None => panic!("no method"),
        };
        done(self.ask(&change).await);
        id
    }

    async fn addition(&self, flow: &NewFlow, replaces: Option<&str>, now: u64) -> ManageChange {
        let number = self.next();
        let setup = self.set_up(flow, SetupKind::Totp, replaces, now).await;
        let new = NewMethod {
            id: format!("manage-app-{number}"),
            name: Some("new".to_owned()),
            sealed: vec![number],
            detail: MethodDetail::Totp {
                fingerprint: hash("manage-app", number, 1),
                last_step: now / 30,
            },
        };
        let wish = Wish::Finish {
            method: Some(NewFacts {
                id: new.id.clone(),
                kind: MethodKind::Totp,
                hint: None,
            }),
            keep_old_hours: 24,
        };
        ManageChange {
            setup_id: Some(setup.id),
            new: Some(NewFactor::Method(new)),
            ..self.change(flow, wish, now)
        }
    }

    async fn set_up(
        &self,
        flow: &NewFlow,
        kind: SetupKind,
        replaces: Option<&str>,
        now: u64,
    ) -> NewSetup {
        let setup = NewSetup {
            id: *hash("manage-setup", self.next(), 1).first_chunk().unwrap(),
            flow_id: flow.id.clone(),
            kind,
            replaces: replaces.map(str::to_owned),
            key_pair: self.set_up.key_pair.clone(),
            created_at: now,
        };
        self.store.open_setup(&setup).await.unwrap();
        setup
    }

    async fn subject(&self, now: u64) -> Subject {
        let (host, subject) = (&self.set_up.host, &self.set_up.subject);
        self.store.subject(host, subject, now).await.unwrap()
    }

    async fn ids(&self, now: u64) -> Vec<String> {
        let methods = self.subject(now).await.methods;
        methods.into_iter().map(|method| method.id).collect()
    }

    async fn last_kind(&self) -> EventKind {
        let (host, subject) = (&self.set_up.host, &self.set_up.subject);
        let record = self.store.record(host, subject, None, 1000).await.unwrap();
        record.lines.last().unwrap().kind
    }

    async fn close(&self, flow: &NewFlow, now: u64) -> ManagementClosed {
        let close = CloseManagement {
            flow_id: flow.id.clone(),
            body_hash: [7; 32],
            result_hash: flow.token_hash,
            result_expires_at: now + 60,
        };
        self.store.close_management(&close).await.unwrap()
    }

    async fn redeem(&self, flow: &NewFlow, now: u64) -> Option<Redeemed> {
        let redemption = Redemption {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            result_hash: flow.token_hash,
            session_binding: flow.session_binding.clone(),
            now,
            trust: None,
            audit: audit(self.activation, now),
        };
        self.store.redeem(&redemption).await.unwrap()
    }

    async fn login(&self, now: u64) -> (NewFlow, VerificationOpened) {
        let flow = NewFlow {
            purpose: Purpose::Verify,
            intent: None,
            ..self.flow(now)
        };
        let open = OpenVerification {
            flow: flow.clone(),
            trust: None,
            begins_grace: false,
            may_be_paused: true,
            audit: audit(self.activation, now),
        };
        let opened = self.store.open_verification(&open).await.unwrap();
        (flow, opened)
    }
}

fn login_flow(flow: &NewFlow, id: &str) -> NewFlow {
    NewFlow {
        id: id.to_owned(),
        ..flow.clone()
    }
}

fn refused(refusal: ManageRefusal) -> ManageDecision {
    ManageDecision::Refused(refusal)
}

#[track_caller]
fn done(decision: ManageDecision) -> ManageChanges {
    match decision {
        ManageDecision::Do(changes) => changes,
        ManageDecision::Again | ManageDecision::Refused(_) => panic!("{decision:?}"),
    }
}
