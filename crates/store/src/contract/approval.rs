//! What every engine must do with logins that another browser approves: only a trusted one of now sees
//! them, only a code that it has shown counts, once, and nothing outlives a change.

use nidan_core::approval::{AskRefusal, UNANSWERED_MAX};
use nidan_core::attempt::{AttemptPurpose, AttemptRefusal, CheckInput, LoginAttempt, Presented};
use nidan_core::hold::{HoldDecision, HoldWish};
use nidan_core::login::Authenticated;
use nidan_core::trust::Browsers;
use nidan_protocol::{AcrNeeded, ApprovalState, Authenticator, EventKind, Purpose};

use super::attempt::{NOW, audit, completion, opened, step};
use super::hash;
use crate::{
    Activated, Activation, Approver, ApprovingOpened, HoldRequest, LoginCompletion, NewApproval,
    NewFlow, NewTrust, OpenApproving, Opened, Redemption, Report, Shown, Store,
};

/// Runs every check. `activation` is a set-up of `flow`.
pub(super) async fn run(store: &dyn Store, flow: &NewFlow, activation: &Activation) {
    let suite = Suite {
        store,
        flow,
        activation,
    };
    assert_eq!(store.open_flow(flow).await.unwrap(), Opened::Yes);
    assert_eq!(store.activate(activation).await.unwrap(), Activated::Yes);
    suite.nobody_is_asked_where_no_browser_is_trusted().await;
    suite.trust("approver", 40).await;
    suite.only_a_browser_that_counts_opens_the_page().await;
    suite.a_code_counts_once_it_was_shown_and_once().await;
    suite.three_that_nobody_answers_close_the_way().await;
    suite.its_own_session_sees_nothing().await;
    suite.trust_that_ends_takes_its_codes_along().await;
    suite.a_report_leaves_nothing().await;
    suite.another_epoch_ends_codes_and_pages().await;
}

fn stands(id: &str) -> Result<String, AskRefusal> {
    Ok(id.to_owned())
}

struct Suite<'a> {
    store: &'a dyn Store,
    flow: &'a NewFlow,
    activation: &'a Activation,
}

impl Suite<'_> {
    fn method_id(&self) -> &str {
        &self.activation.methods.first().unwrap().id
    }

    async fn login(&self, name: &str, acr: Option<AcrNeeded>) -> NewFlow {
        let name = format!("asks-{name}");
        opened(self.store, (self.flow, self.activation), &name, acr).await
    }

    /// Signs in by the app, and trusts that browser.
    async fn trust(&self, browser: &str, time_step: u64) {
        let login = self.login(browser, None).await;
        let right = step(self.method_id(), time_step);
        let spend = completion(&login, right, self.activation, true);
        let done = self.store.complete_login(&spend).await.unwrap();
        assert!(matches!(done, LoginCompletion::Yes { .. }));
        let redemption = Redemption {
            host: login.host,
            flow_id: login.id,
            result_hash: login.token_hash,
            session_binding: login.session_binding,
            now: NOW,
            trust: Some(NewTrust {
                browser_id: browser.to_owned(),
                token_hash: hash(browser, 0, 7),
                lives: crate::TrustLives::without_groups(500),
            }),
            audit: audit(self.activation, NOW),
        };
        let redeemed = self.store.redeem(&redemption).await.unwrap().unwrap();
        assert_eq!(redeemed.trust_ends, Some(NOW + 500));
    }

    async fn open_page(&self, name: &str, session: &str, browser: &str, now: u64) -> bool {
        let open = OpenApproving {
            flow: NewFlow {
                id: format!("page-{name}"),
                purpose: Purpose::Approve,
                session_binding: session.to_owned(),
                token_hash: hash(name, 0, 8),
                enrolment_id: *hash(name, 0, 9).first_chunk().unwrap(),
                key_pair: None,
                created_at: now,
                expires_at: now + 600,
                ..self.flow.clone()
            },
            trust_hash: hash(browser, 0, 7),
        };
        self.store.open_approving(&open).await.unwrap() == ApprovingOpened::Yes
    }

    async fn approver(&self, name: &str, browser: &str) -> Approver {
        assert!(
            self.open_page(name, &format!("session-of-{name}"), browser, NOW)
                .await
        );
        self.of_page(name)
    }

    fn of_page(&self, name: &str) -> Approver {
        Approver {
            flow_id: format!("page-{name}"),
            host: self.flow.host.clone(),
            subject: self.flow.subject.clone(),
        }
    }

    /// Asks; the id of the request that can be answered.
    async fn ask(&self, login: &NewFlow, id: &str, now: u64) -> Result<String, AskRefusal> {
        let new = NewApproval {
            id: id.to_owned(),
            flow_id: login.id.clone(),
            host: login.host.clone(),
            subject: login.subject.clone(),
            expires_at: now + 300,
        };
        let audit = audit(self.activation, now);
        let asked = self.store.ask_approval(&new, &audit).await.unwrap()?;
        assert!(asked.expires_at >= new.expires_at || asked.id != new.id);
        Ok(asked.id)
    }

    async fn sees(&self, approver: &Approver, now: u64) -> Option<Vec<(String, ApprovalState)>> {
        let logins = self.store.waiting_logins(approver, now).await.unwrap()?;
        let seen = logins.into_iter().map(|login| (login.id, login.state));
        Some(seen.collect())
    }

    async fn show(&self, approver: &Approver, id: &str, now: u64) -> Shown {
        let audit = audit(self.activation, now);
        self.store
            .show_approval(approver, id, &audit)
            .await
            .unwrap()
    }

    async fn count(
        &self,
        login: &NewFlow,
        purpose: AttemptPurpose,
    ) -> Result<(String, bool, u32), AttemptRefusal> {
        let attempt = LoginAttempt {
            flow_id: login.id.clone(),
            host: login.host.clone(),
            subject: login.subject.clone(),
            purpose,
            presented: Presented::Approval,
            flow_limit: 100,
            now: NOW,
        };
        let counted = self.store.count_login_attempt(&attempt).await.unwrap()?;
        assert_eq!(counted.check.authenticator(), Authenticator::Approval);
        let CheckInput::Approval {
            approval_id,
            is_shown,
            attempts_left,
        } = counted.check
        else {
            unreachable!("another kind was counted")
        };
        Ok((approval_id, is_shown, attempts_left))
    }

    async fn complete(&self, login: &NewFlow, id: &str) -> LoginCompletion {
        let authenticated = Authenticated::Approval {
            approval_id: id.to_owned(),
        };
        let spend = completion(login, authenticated, self.activation, false);
        self.store.complete_login(&spend).await.unwrap()
    }

    async fn last_events(&self, count: u32) -> Vec<EventKind> {
        let (host, subject) = (&self.flow.host, &self.flow.subject);
        let page = self.store.record(host, subject, None, count).await.unwrap();
        page.lines.into_iter().map(|line| line.kind).collect()
    }

    async fn nobody_is_asked_where_no_browser_is_trusted(&self) {
        let login = self.login("alone", None).await;
        let context = self.store.ask_context(&login.id, NOW).await.unwrap();
        assert!(!context.unwrap().has_browser);
        assert_eq!(
            self.ask(&login, "alone", NOW).await,
            Err(AskRefusal::NoBrowser)
        );
        assert_eq!(
            self.count(&login, AttemptPurpose::Login).await,
            Err(AttemptRefusal::NoChallenge)
        );
        assert!(!self.open_page("alone", "own", "nobody", NOW).await);
        let over = self.ask(&login, "late", login.expires_at).await;
        assert_eq!(over, Err(AskRefusal::FlowOver));
    }

    async fn only_a_browser_that_counts_opens_the_page(&self) {
        assert!(!self.open_page("unknown", "own", "unknown", NOW).await);
        assert!(!self.open_page("late", "own", "approver", NOW + 500).await);
        assert!(self.open_page("first", "own", "approver", NOW).await);
        assert!(self.open_page("newer", "own", "approver", NOW).await);
        let first = self.of_page("first");
        assert_eq!(self.sees(&first, NOW).await, Some(vec![]), "in two tabs");
        let newer = self.of_page("newer");
        assert_eq!(self.sees(&newer, NOW).await, Some(vec![]));
        assert_eq!(self.sees(&newer, NOW + 500).await, None, "trust is over");
        let strangers = Approver {
            subject: "somebody".to_owned(),
            ..newer
        };
        assert_eq!(self.sees(&strangers, NOW).await, None);
    }

    async fn a_code_counts_once_it_was_shown_and_once(&self) {
        let login = self.login("right", None).await;
        let page = self.approver("right", "approver").await;
        for twice in ["ended", "another"] {
            assert_eq!(self.ask(&login, twice, NOW).await, stands("ended"));
        }
        assert_eq!(self.last_events(1).await, [EventKind::ApprovalAsked]);
        let later = NOW + 300;
        assert_eq!(self.ask(&login, "right", later).await, stands("right"));
        let waiting = vec![("right".to_owned(), ApprovalState::Waiting)];
        let seen = self.sees(&page, later).await;
        assert_eq!(seen, Some(waiting), "the other one is over");
        let counted = self.count(&login, AttemptPurpose::Login).await;
        assert_eq!(counted, Ok(("right".to_owned(), false, 4)));
        let used = self.complete(&login, "right").await;
        assert_eq!(used, LoginCompletion::CodeUsed, "nobody has shown it");
        assert_eq!(self.show(&page, "none", NOW).await, Shown::Unknown);
        assert_eq!(self.show(&page, "ended", later).await, Shown::Unknown);
        let yes = Shown::Yes {
            expires_at: later + 300,
        };
        for _again in 0..2 {
            assert_eq!(self.show(&page, "right", later).await, yes);
        }
        let told = [EventKind::ApprovalAsked, EventKind::ApprovalShown];
        assert_eq!(self.last_events(2).await, told, "shown once in the record");
        let counted = self.count(&login, AttemptPurpose::Login).await;
        assert_eq!(counted, Ok(("right".to_owned(), true, 3)));
        let other = self.login("other", None).await;
        let elsewhere = self.complete(&other, "right").await;
        assert_eq!(elsewhere, LoginCompletion::CodeUsed, "another login's");
        let done = self.complete(&login, "right").await;
        assert!(matches!(done, LoginCompletion::Yes { .. }));
        assert_eq!(self.last_events(1).await, [EventKind::Verified]);
        let answered = vec![("right".to_owned(), ApprovalState::Answered)];
        assert_eq!(self.sees(&page, NOW).await, Some(answered));
        assert_eq!(self.show(&page, "right", NOW).await, Shown::Answered);
    }

    async fn three_that_nobody_answers_close_the_way(&self) {
        for nth in 0..UNANSWERED_MAX {
            let id = format!("closed-{nth}");
            let login = self.login(&id, None).await;
            let asked = self.ask(&login, &id, NOW).await;
            assert_eq!(asked, stands(&id), "a right code has opened it");
            assert_eq!(self.ask(&login, "again", NOW).await, stands(&id));
        }
        let login = self.login("closed", None).await;
        assert_eq!(self.ask(&login, "more", NOW).await, Err(AskRefusal::Closed));
        let app = completion(&login, step(self.method_id(), 41), self.activation, false);
        let done = self.store.complete_login(&app).await.unwrap();
        assert!(matches!(done, LoginCompletion::Yes { .. }));
        let next = self.login("open", None).await;
        assert_eq!(self.ask(&next, "open", NOW).await, stands("open"));
        let needs = Some(AcrNeeded::PhishingResistant);
        let needing = self.login("worth", needs).await;
        let refused = self.ask(&needing, "worth", NOW).await;
        assert_eq!(refused, Err(AskRefusal::WorthTooLittle));
        let counted = self.count(&needing, AttemptPurpose::Login).await;
        assert_eq!(counted, Err(AttemptRefusal::WorthTooLittle));
    }

    async fn its_own_session_sees_nothing(&self) {
        let login = self.login("own", None).await;
        assert!(
            self.open_page("own", &login.session_binding, "approver", NOW)
                .await
        );
        let page = self.approver("other-session", "approver").await;
        assert_eq!(self.ask(&login, "own", NOW).await, stands("own"));
        let own = self.of_page("own");
        let seen_by = |seen: Option<Vec<(String, ApprovalState)>>| {
            seen.unwrap().iter().any(|(id, _)| id == "own")
        };
        assert!(!seen_by(self.sees(&own, NOW).await), "it asks for itself");
        assert_eq!(self.show(&own, "own", NOW).await, Shown::Unknown);
        assert!(seen_by(self.sees(&page, NOW).await));
        let late = self.show(&page, "own", NOW + 300).await;
        assert_eq!(late, Shown::Unknown, "its time is over");
    }

    async fn trust_that_ends_takes_its_codes_along(&self) {
        self.trust("second", 42).await;
        let login = self.login("revoked", None).await;
        let page = self.approver("revoked", "second").await;
        assert_eq!(self.ask(&login, "revoked", NOW).await, stands("revoked"));
        assert!(matches!(
            self.show(&page, "revoked", NOW).await,
            Shown::Yes { .. }
        ));
        let (host, subject) = (&self.flow.host, &self.flow.subject);
        let one = Browsers::One("second".to_owned());
        let audit = audit(self.activation, NOW);
        let revoked = self.store.revoke_trust(host, subject, &one, &audit);
        assert_eq!(revoked.await.unwrap(), 1);
        assert_eq!(self.sees(&page, NOW).await, None);
        assert_eq!(self.show(&page, "revoked", NOW).await, Shown::NotTrusted);
        assert_eq!(
            self.complete(&login, "revoked").await,
            LoginCompletion::CodeUsed
        );
        let counted = self.count(&login, AttemptPurpose::Login).await;
        assert_eq!(counted, Err(AttemptRefusal::NoChallenge));
    }

    async fn a_report_leaves_nothing(&self) {
        let login = self.login("reported", None).await;
        let page = self.approver("reported", "approver").await;
        assert_eq!(self.ask(&login, "reported", NOW).await, stands("reported"));
        assert!(matches!(
            self.show(&page, "reported", NOW).await,
            Shown::Yes { .. }
        ));
        let report = Report {
            flow_id: Some(page.flow_id.clone()),
            host: self.flow.host.clone(),
            subject: self.flow.subject.clone(),
            audit: audit(self.activation, NOW),
        };
        assert_eq!(self.store.report(&report).await.unwrap(), Some(1));
        assert_eq!(self.sees(&page, NOW).await, None);
        assert_eq!(
            self.complete(&login, "reported").await,
            LoginCompletion::FlowOver
        );
    }
    async fn another_epoch_ends_codes_and_pages(&self) {
        self.trust("third", 43).await;
        let login = self.login("changed", None).await;
        let page = self.approver("changed", "third").await;
        assert_eq!(self.ask(&login, "changed", NOW).await, stands("changed"));
        assert!(matches!(
            self.show(&page, "changed", NOW).await,
            Shown::Yes { .. }
        ));
        let counted = self.count(&login, AttemptPurpose::Login).await;
        assert_eq!(counted, Ok(("changed".to_owned(), true, 4)));
        let hold = HoldRequest {
            host: self.flow.host.clone(),
            subject: self.flow.subject.clone(),
            method_id: self.method_id().to_owned(),
            wish: HoldWish::Hold,
        };
        let held = self.store.hold(&hold, &audit(self.activation, NOW)).await;
        assert!(matches!(held.unwrap(), HoldDecision::Change { .. }));
        // It was counted before, and is spent after it.
        let spent = self.complete(&login, "changed").await;
        assert_eq!(spent, LoginCompletion::CodeUsed);
        let counted = self.count(&login, AttemptPurpose::Login).await;
        assert_eq!(counted, Err(AttemptRefusal::ChallengeExpired));
        assert_eq!(self.sees(&page, NOW).await, None);
        let asked = self.ask(&login, "more", NOW).await;
        assert_eq!(
            asked,
            Err(AskRefusal::NoBrowser),
            "trusted under another one"
        );
        assert!(!self.open_page("later", "own", "third", NOW).await);
    }
}
