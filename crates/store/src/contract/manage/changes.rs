//! A change is proved in its own flow, written whole or not at all, and answered again.

use super::*;

impl Page<'_> {
    pub(super) async fn a_proof_belongs_to_its_flow_and_is_spent(&self) {
        let (page, other) = (self.open(NOW).await, self.open(NOW).await);
        let rename = |id: &str| Wish::Edit {
            method_id: id.to_owned(),
            name: Some(Name::Given("phone".to_owned())),
            is_default: Some(true),
        };
        let before = self.wish(&page, rename(self.app_id()), NOW).await;
        assert_eq!(before, refused(ManageRefusal::ReauthRequired));
        // An attempt for a proof counts in this flow and in no login.
        let mut one = attempt(&page, self.app_id(), Needs::OneCode, NOW);
        let as_login = self.store.count_login_attempt(&one).await.unwrap();
        assert!(refusal(as_login).is_some(), "a page is no login");
        one.purpose = AttemptPurpose::Proof;
        let counted = self.store.count_login_attempt(&one).await.unwrap();
        assert!(refusal(counted).is_none());
        let code = self.code(self.app_id(), NOW);
        let test = self.spend(&page, code.clone(), ProofUse::Test, NOW).await;
        assert_eq!(test, ProofCompletion::Yes);
        assert_eq!(self.last_kind().await, EventKind::MethodTested);
        let stored = self
            .store
            .flow_by_token(&page.token_hash)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stored.proof, None, "a test proves nothing");
        assert_eq!(stored.test_hash, Some([9; 32]));
        assert_eq!(stored.opened.intent, Some(Intent::Codes));
        let spent = self.prove(&page, code, NOW).await;
        assert_eq!(spent, ProofCompletion::CodeUsed);
        let code = self.code(self.app_id(), NOW);
        assert_eq!(
            self.prove(&page, code.clone(), NOW).await,
            ProofCompletion::Yes
        );
        assert_eq!(self.last_kind().await, EventKind::Proved);
        let elsewhere = self.wish(&other, rename(self.app_id()), NOW).await;
        assert_eq!(
            elsewhere,
            refused(ManageRefusal::ReauthRequired),
            "another flow's"
        );
        let late = self.wish(&page, rename(self.app_id()), NOW + 301).await;
        assert_eq!(late, refused(ManageRefusal::ReauthRequired));
        let unknown = self.wish(&page, rename("nothing"), NOW).await;
        assert_eq!(unknown, refused(ManageRefusal::NoMethod));
        done(self.wish(&page, rename(self.app_id()), NOW + 300).await);
        let subject = self.subject(NOW).await;
        let app = subject.methods.first().unwrap();
        assert_eq!(
            (app.name.as_deref(), app.is_default, app.tested_at),
            (Some("phone"), true, Some(NOW))
        );
        // A login's own completion does not take a page, nor a page's a login.
        let (login, opened) = self.login(NOW).await;
        assert_eq!(opened, VerificationOpened::Required);
        let wrong = self.prove(&login, self.code(self.app_id(), NOW), NOW).await;
        assert_eq!(wrong, ProofCompletion::FlowOver);
        let login = completion(&page, self.code(self.app_id(), NOW), self.activation, false);
        let wrong = self.store.complete_login(&login).await.unwrap();
        assert_eq!(wrong, LoginCompletion::FlowOver);
        assert_eq!(self.close(&other, NOW).await, ManagementClosed::Unchanged);
        assert_eq!(
            self.close(&login_flow(&page, "none"), NOW).await,
            ManagementClosed::FlowOver
        );
    }

    pub(super) async fn a_change_is_made_once_and_answered_again(&self) {
        let now = NOW + DAY;
        let page = self.proved(self.code(self.app_id(), now), now).await;
        let epoch = self.subject(now).await.factor_epoch;
        let add = self.addition(&page, None, now).await;
        done(self.ask(&add).await);
        assert_eq!(self.ask(&add).await, ManageDecision::Again);
        assert_eq!(self.ids(now).await.len(), 2, "once");
        let mut another = add.clone();
        another.request.body_hash = [1; 32];
        assert_eq!(
            self.ask(&another).await,
            refused(ManageRefusal::AnotherBody)
        );
        let mut gone = add.clone();
        gone.request_id = "again".to_owned();
        assert_eq!(
            self.ask(&gone).await,
            refused(ManageRefusal::NoSetup),
            "it is finished"
        );
        let subject = self.subject(now).await;
        assert_eq!(subject.factor_epoch, epoch + 1);
        assert_eq!(subject.changes.count, 1);
        assert_eq!(self.last_kind().await, EventKind::MethodAdded);
        // A secret that is known already.
        let mut known = self.addition(&page, None, now).await;
        if let (Some(NewFactor::Method(new)), Some(NewFactor::Method(old))) =
            (&mut known.new, &add.new)
        {
            new.detail = old.detail.clone();
        }
        assert_eq!(self.ask(&known).await, refused(ManageRefusal::Known));
        // The result says what was changed, once.
        assert_eq!(self.close(&page, now).await, ManagementClosed::Changed);
        assert_eq!(self.close(&page, now).await, ManagementClosed::FlowOver);
        assert!(matches!(
            state_of(self.store, &page).await,
            FlowState::Completed { .. }
        ));
        let result = self.redeem(&page, now).await.unwrap();
        let added = Change {
            change: ChangeKind::Added,
            method: Some(nidan_protocol::Authenticator::Method(MethodKind::Totp)),
        };
        assert_eq!((result.changes, result.raised_epoch), (vec![added], true));
        assert!(self.redeem(&page, now).await.is_none(), "once");
    }

    pub(super) async fn a_second_page_sees_what_became_of_it(&self) {
        let now = NOW + 3 * DAY;
        let first = self.proved(self.code(self.app_id(), now), now).await;
        let second = self.proved(self.code(self.app_id(), now), now).await;
        let added = self.add(&first, None, now).await;
        let remove = Wish::Remove {
            method_id: added.clone(),
        };
        let late = self.wish(&second, remove, now).await;
        assert_eq!(late, refused(ManageRefusal::FactorsChanged));
        // Its own change does not end its own proof.
        let name = Wish::Edit {
            method_id: added,
            name: Some(Name::Removed),
            is_default: None,
        };
        done(self.wish(&first, name, now).await);
    }

    pub(super) async fn backup_codes_take_the_old_ones_place(&self) {
        let now = NOW + 9 * DAY;
        let page = self
            .proved(Authenticated::BackupCode { ordinal: 1 }, now)
            .await;
        let whose = (self.set_up.host.as_str(), self.set_up.subject.as_str());
        let set = || async {
            self.store
                .backup_set(whose.0, whose.1)
                .await
                .unwrap()
                .unwrap()
        };
        assert_eq!(
            set().await.unused,
            [(2, [7; 32])],
            "a backup code proves, and is spent"
        );
        let setup = self.set_up(&page, SetupKind::BackupCodes, None, now).await;
        assert_eq!(
            set().await.unused.len(),
            1,
            "the old ones are good until the new are kept"
        );
        let wish = Wish::Finish {
            method: None,
            keep_old_hours: 0,
        };
        let change = ManageChange {
            setup_id: Some(setup.id),
            new: Some(NewFactor::BackupCodes {
                salt: [8; 16],
                hashes: vec![[1; 32], [2; 32], [3; 32]],
            }),
            ..self.change(&page, wish, now)
        };
        done(self.ask(&change).await);
        let stored = set().await;
        assert_eq!(stored.salt, [8; 16]);
        assert_eq!(stored.unused, [(1, [1; 32]), (2, [2; 32]), (3, [3; 32])]);
        let subject = self.subject(now).await;
        assert_eq!(
            (subject.backup_codes_left, subject.backup_codes_made_at),
            (3, Some(now))
        );
        assert_eq!(self.last_kind().await, EventKind::BackupCodesRenewed);
    }

    pub(super) async fn set_ups_are_few_and_belong_to_their_flow(&self) {
        let now = NOW + 11 * DAY;
        let (page, other) = (self.open(now).await, self.open(now).await);
        let mut ids = Vec::new();
        for number in 0..=SETUPS_MAX {
            let replaces = (number == 1).then(|| self.app_id());
            let setup = self.set_up(&page, SetupKind::Totp, replaces, now).await;
            ids.push(setup);
        }
        let found = |flow: String, id| async move { self.store.setup(&flow, &id).await.unwrap() };
        let (oldest, others) = ids.split_first().unwrap();
        assert!(
            found(page.id.clone(), oldest.id).await.is_none(),
            "a fourth ends the first"
        );
        for setup in others {
            let stored = found(page.id.clone(), setup.id).await.unwrap();
            assert_eq!(
                (stored.kind, &stored.replaces, &stored.key_pair),
                (setup.kind, &setup.replaces, &setup.key_pair)
            );
            assert!(
                found(other.id.clone(), setup.id).await.is_none(),
                "another flow's"
            );
        }
    }

    /// The first of two pages takes one method away, the second one the other.
    pub(super) async fn two_pages_leave_one_method(&self) {
        let mut now = NOW + 13 * DAY;
        while self.ids(now).await.len() > 2 {
            let last = self.ids(now).await.pop().unwrap();
            let page = self.proved(self.code(self.app_id(), now), now).await;
            done(
                self.wish(&page, Wish::Remove { method_id: last }, now)
                    .await,
            );
        }
        now += DAY;
        let ids = self.ids(now).await;
        let (one, two) = (ids.first().unwrap(), ids.last().unwrap());
        let first = self.proved(self.code(one, now), now).await;
        let second = self.proved(self.code(two, now), now).await;
        let by = |id: &String| Wish::Remove {
            method_id: id.clone(),
        };
        done(self.wish(&first, by(two), now).await);
        let late = self.wish(&second, by(one), now).await;
        assert_eq!(late, refused(ManageRefusal::FactorsChanged));
        assert_eq!(self.ids(now).await.len(), 1);
        let last = self.wish(&first, by(one), now).await;
        assert_eq!(last, refused(ManageRefusal::LastMethod));
        let hold = Wish::Hold {
            method_id: one.clone(),
            wish: HoldWish::Hold,
        };
        // A backup code is left to get in by; but the method that is lost does not say so itself.
        let held = self.wish(&first, hold.clone(), now).await;
        assert_eq!(held, refused(ManageRefusal::ReauthRequired));
        let by_code = self
            .proved(Authenticated::BackupCode { ordinal: 1 }, now)
            .await;
        done(self.wish(&by_code, hold, now).await);
        let release = Wish::Hold {
            method_id: one.clone(),
            wish: HoldWish::Release,
        };
        done(self.wish(&by_code, release, now).await);
        assert_eq!(self.last_kind().await, EventKind::MethodReleased);
    }
}
