//! Set-ups that are required, and put off: grace is given once, and counted.

use nidan_core::attempt::MadeCode;
use nidan_protocol::{EventKind, Purpose, SKIPPED_METHOD_ID};

use super::{activation, audit, flow, result_hash, state_of};
use crate::{
    Activated, AuditContext, FlowState, Grace, GracePolicy, NewFlow, NewSkip, NewTemporaryCode,
    OpenVerification, Opened, Redemption, Report, Skip, Store, VerificationOpened,
};

const DAY_S: u64 = 86_400;
/// Three days, and twice.
const POLICY: GracePolicy = GracePolicy {
    is_required: true,
    days: Some(3),
    skips: Some(2),
};

/// Runs the checks.
pub(super) async fn run(store: &dyn Store) {
    let suite = Suite { store };
    suite.it_begins_once_with_the_first_login().await;
    suite.it_is_counted_and_ends().await;
    suite.it_ends_with_its_date().await;
    suite.a_reset_ends_it_for_good().await;
    suite
        .a_set_up_that_was_put_off_is_over_and_leads_in_once()
        .await;
    suite.who_has_a_method_or_a_report_puts_nothing_off().await;
    suite
        .support_s_code_ends_what_was_put_off_and_lets_in()
        .await;
    suite.a_flow_keeps_its_group_and_so_does_its_person().await;
}

struct Suite<'a> {
    store: &'a dyn Store,
}

impl Suite<'_> {
    async fn it_begins_once_with_the_first_login(&self) {
        let name = "grace-begins";
        assert_eq!(self.logs_in(name, false, 1_000).await, Grace::default());
        let given = self.logs_in(name, true, 2_000).await;
        assert_eq!(given.from, Some(2_000));
        let later = self.logs_in(name, true, 3_000).await;
        assert_eq!(later, given, "once");
        let person = self.store.subject("shop", name, 3_000).await.unwrap();
        assert_eq!((person.grace, person.factor_epoch), (given, 0));
    }

    async fn it_is_counted_and_ends(&self) {
        let name = "grace-counted";
        // Nobody has signed in: the first skip begins it.
        for (number, left) in [(1, 1), (2, 0)] {
            let flow = self.set_up(name, number, 1_000).await;
            let skipped = self.skip(&flow, POLICY, 1_040).await;
            let Skip::Yes(rest) = skipped else {
                unreachable!("{skipped:?}")
            };
            assert_eq!(rest.skips, Some(left));
            assert_eq!(rest.deadline, Some(1_040 + 3 * DAY_S));
        }
        let flow = self.set_up(name, 3, 1_000).await;
        assert_eq!(self.skip(&flow, POLICY, 1_040).await, Skip::NotAllowed);
        assert_eq!(state_of(self.store, &flow).await, FlowState::Open);
        let page = self.store.record("shop", name, None, 10).await.unwrap();
        let lines = page.lines.iter();
        let skips: Vec<_> = lines
            .filter(|line| line.kind == EventKind::SetUpSkipped)
            .map(|line| line.count)
            .collect();
        assert_eq!(skips.len(), 2);
        assert!(skips.contains(&Some(1)) && skips.contains(&Some(0)));
        // A policy that gives more gives what is more, and nothing anew.
        let more = GracePolicy {
            skips: Some(3),
            ..POLICY
        };
        assert!(matches!(self.skip(&flow, more, 1_040).await, Skip::Yes(_)));
        let flow = self.set_up(name, 4, 1_000).await;
        assert_eq!(self.skip(&flow, more, 1_040).await, Skip::NotAllowed);
        let optional = GracePolicy::default();
        assert_eq!(self.skip(&flow, optional, 1_040).await, Skip::NotAllowed);
    }

    async fn it_ends_with_its_date(&self) {
        let name = "grace-date";
        let _from = self.logs_in(name, true, 1_000).await;
        let end = 1_000 + 3 * DAY_S;
        let flow = self.set_up(name, 1, end - 10).await;
        assert_eq!(self.skip(&flow, POLICY, end).await, Skip::NotAllowed);
        let skipped = self.skip(&flow, POLICY, end - 1).await;
        assert!(matches!(skipped, Skip::Yes(_)));
    }

    async fn a_reset_ends_it_for_good(&self) {
        let name = "grace-reset";
        let _given = self.logs_in(name, true, 1_000).await;
        self.store.reset("shop", name, &audit()).await.unwrap();
        let left = self.logs_in(name, true, 1_040).await;
        assert!(left.is_over);
        let flow = self.set_up(name, 1, 1_040).await;
        assert_eq!(self.skip(&flow, POLICY, 1_050).await, Skip::NotAllowed);
    }

    async fn a_set_up_that_was_put_off_is_over_and_leads_in_once(&self) {
        let name = "grace-over";
        let flow = self.set_up(name, 1, 1_000).await;
        assert!(matches!(
            self.skip(&flow, POLICY, 1_040).await,
            Skip::Yes(_)
        ));
        let state = state_of(self.store, &flow).await;
        let FlowState::Completed { method_id, .. } = state else {
            unreachable!("{state:?}")
        };
        assert_eq!(method_id, SKIPPED_METHOD_ID);
        assert_eq!(super::key_pair_of(self.store, &flow).await, None);
        assert_eq!(self.skip(&flow, POLICY, 1_040).await, Skip::FlowOver);
        let enrolled = self.store.activate(&activation(&flow)).await.unwrap();
        assert_eq!(enrolled, Activated::Conflict);
        let redeemed = self.redeem(&flow, 1_050).await.unwrap();
        assert_eq!((redeemed.used, redeemed.kinds.len()), (None, 0));
        assert!(self.redeem(&flow, 1_051).await.is_none(), "once");
        // It leads in by the password alone: not where something is set up by then.
        let skipped = self.set_up(name, 2, 1_000).await;
        assert!(matches!(
            self.skip(&skipped, POLICY, 1_040).await,
            Skip::Yes(_)
        ));
        let flow = self.set_up(name, 3, 1_000).await;
        let enrolled = self.store.activate(&activation(&flow)).await.unwrap();
        assert_eq!(enrolled, Activated::Yes);
        assert!(self.redeem(&skipped, 1_050).await.is_none());
        assert!(self.redeem(&flow, 1_050).await.is_some());
    }

    async fn who_has_a_method_or_a_report_puts_nothing_off(&self) {
        let name = "grace-method";
        let flow = self.set_up(name, 1, 1_000).await;
        let enrolled = self.store.activate(&activation(&flow)).await.unwrap();
        assert_eq!(enrolled, Activated::Yes);
        assert_eq!(self.skip(&flow, POLICY, 1_040).await, Skip::FlowOver);
        let name = "grace-report";
        let flow = self.set_up(name, 1, 1_000).await;
        assert!(matches!(
            self.skip(&flow, POLICY, 1_040).await,
            Skip::Yes(_)
        ));
        let report = Report {
            flow_id: None,
            host: "shop".to_owned(),
            subject: name.to_owned(),
            audit: audit(),
        };
        let _ended = self.store.report(&report).await.unwrap();
        assert!(self.redeem(&flow, 1_050).await.is_none());
    }

    async fn support_s_code_ends_what_was_put_off_and_lets_in(&self) {
        let name = "grace-code";
        let _begun = self.logs_in(name, true, 1_000).await;
        let flow = self.set_up(name, 1, 1_000).await;
        assert!(matches!(
            self.skip(&flow, POLICY, 1_040).await,
            Skip::Yes(_)
        ));
        let made = MadeCode {
            salt: [4; 16],
            hash: [5; 32],
            expires_at: 2_000,
        };
        let new = NewTemporaryCode {
            host: "shop".to_owned(),
            subject: name.to_owned(),
            code: made,
            resets: false,
            audit: audit(),
        };
        self.store.store_temporary_code(&new).await.unwrap();
        assert!(self.redeem(&flow, 1_050).await.is_none());
        // Hosts want an epoch in what a code lets in.
        let person = self.store.subject("shop", name, 1_050).await.unwrap();
        assert_eq!(person.factor_epoch, 1);
    }

    async fn a_flow_keeps_its_group_and_so_does_its_person(&self) {
        let of = |name: &str, number| NewFlow {
            group: Some("crew".to_owned()),
            ..flow(name, number)
        };
        for name in ["group-c", "group-a", "group-b"] {
            let flow = of(name, 1);
            assert_eq!(self.store.open_flow(&flow).await.unwrap(), Opened::Yes);
            let kept = self.store.flow_by_token(&flow.token_hash).await.unwrap();
            assert_eq!(kept.unwrap().opened.group.as_deref(), Some("crew"));
        }
        assert_eq!(self.crew(None, 9).await, ["group-a", "group-b", "group-c"]);
        assert_eq!(self.crew(None, 2).await, ["group-a", "group-b"]);
        assert_eq!(self.crew(Some("group-b"), 2).await, ["group-c"]);
        // Who has a method is shown with it; whose latest flow is of no group is in none.
        let enrolled = of("group-a", 1);
        let enrolled = self.store.activate(&activation(&enrolled)).await.unwrap();
        assert_eq!(enrolled, Activated::Yes);
        let left = flow("group-b", 2);
        assert_eq!(self.store.open_flow(&left).await.unwrap(), Opened::Yes);
        assert_eq!(self.crew(None, 9).await, ["group-a", "group-c"]);
        let page = self.store.group(("shop", "crew"), None, 9, 1_050).await;
        let methods: Vec<_> = page
            .unwrap()
            .iter()
            .map(|(_, one)| one.methods.len())
            .collect();
        assert_eq!(methods, [1, 0]);
        let other = self.store.group(("other", "crew"), None, 9, 1_050).await;
        assert!(other.unwrap().is_empty(), "another host's");
    }

    async fn crew(&self, after: Option<&str>, count: u32) -> Vec<String> {
        let page = self.store.group(("shop", "crew"), after, count, 1_050);
        let page = page.await.unwrap();
        page.into_iter().map(|(id, _)| id).collect()
    }

    async fn logs_in(&self, name: &str, begins_grace: bool, now: u64) -> Grace {
        let open = OpenVerification {
            flow: NewFlow {
                purpose: Purpose::Verify,
                key_pair: None,
                created_at: now,
                expires_at: now + 600,
                ..flow(name, 200)
            },
            trust: None,
            begins_grace,
            may_be_paused: true,
            audit: AuditContext { now, ..audit() },
        };
        match self.store.open_verification(&open).await.unwrap() {
            VerificationOpened::NotEnrolled { grace } => grace,
            opened => unreachable!("{opened:?}"),
        }
    }

    async fn set_up(&self, name: &str, number: u8, now: u64) -> NewFlow {
        let flow = NewFlow {
            created_at: now,
            expires_at: now + 600,
            ..flow(name, number)
        };
        assert_eq!(self.store.open_flow(&flow).await.unwrap(), Opened::Yes);
        flow
    }

    async fn skip(&self, flow: &NewFlow, policy: GracePolicy, now: u64) -> Skip {
        let new = NewSkip {
            flow_id: flow.id.clone(),
            host: flow.host.clone(),
            subject: flow.subject.clone(),
            policy,
            body_hash: [3; 32],
            result_hash: result_hash(flow),
            result_expires_at: now + 60,
            audit: AuditContext { now, ..audit() },
        };
        self.store.skip(&new).await.unwrap()
    }

    async fn redeem(&self, flow: &NewFlow, now: u64) -> Option<crate::Redeemed> {
        let redemption = Redemption {
            host: flow.host.clone(),
            flow_id: flow.id.clone(),
            result_hash: result_hash(flow),
            session_binding: flow.session_binding.clone(),
            now,
            trust: None,
            audit: audit(),
        };
        self.store.redeem(&redemption).await.unwrap()
    }
}
