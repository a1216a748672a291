//! What ends: replaced methods, pauses, two-step verification itself.

use nidan_protocol::AcrNeeded;

use super::*;
use crate::contract::attempt::opened;

impl Page<'_> {
    pub(super) async fn what_is_replaced_goes_at_its_hour(&self) {
        let now = NOW + 5 * DAY;
        let old = self.ids(now).await.pop().unwrap();
        let page = self.proved(self.code(self.app_id(), now), now).await;
        let count = self.ids(now).await.len();
        let new = self.add(&page, Some(&old), now).await;
        let ids = self.ids(now).await;
        assert_eq!(ids.len(), count + 1, "both sign in");
        let page = self.open(now).await;
        let retired = self.prove(&page, self.code(&old, now), now).await;
        assert_eq!(retired, ProofCompletion::Retiring, "it proves nothing");
        let host = &self.set_up.host;
        let audit_at = |now| audit(self.activation, now);
        let due = |now| async move {
            let audit = audit_at(now);
            self.store
                .note_what_is_due(host, 100, &audit)
                .await
                .unwrap()
        };
        assert_eq!(due(now + DAY - 1).await, 0);
        let gone = self.ids(now + DAY).await;
        assert!(
            gone.contains(&new) && !gone.contains(&old),
            "whether somebody looked or not"
        );
        assert_eq!(due(now + DAY).await, 1);
        assert_eq!(self.last_kind().await, EventKind::MethodRetired);
        assert_eq!(due(now + DAY).await, 0, "once");
    }

    pub(super) async fn what_is_replaced_goes_with_the_first_login_of_the_new(&self) {
        let now = NOW + 7 * DAY;
        let old = self.ids(now).await.pop().unwrap();
        let page = self.proved(self.code(self.app_id(), now), now).await;
        let new = self.add(&page, Some(&old), now).await;
        for (id, stays) in [(&old, true), (&new, false)] {
            let (login, _opened) = self.login(now).await;
            let mut right = completion(&login, self.code(id, now), self.activation, false);
            right.audit.now = now;
            let completed = self.store.complete_login(&right).await.unwrap();
            assert!(matches!(completed, LoginCompletion::Yes { .. }), "{id}");
            assert_eq!(
                self.ids(now).await.contains(&old),
                stays,
                "after a login by {id}"
            );
        }
        assert_eq!(self.last_kind().await, EventKind::MethodRetired);
    }

    pub(super) async fn what_is_replaced_stays_where_the_new_one_is_held(&self) {
        let now = NOW + 9 * DAY;
        for by in [Holder::Person, Holder::Support] {
            let old = self.ids(now).await.pop().unwrap();
            let page = self.proved(self.code(self.app_id(), now), now).await;
            let new = self.add(&page, Some(&old), now).await;
            let page = self.proved(self.code(self.app_id(), now), now).await;
            match by {
                Holder::Person => {
                    let hold = Wish::Hold {
                        method_id: new.clone(),
                        wish: HoldWish::Hold,
                    };
                    done(self.wish(&page, hold, now).await);
                }
                Holder::Support => {
                    let hold = HoldRequest {
                        host: self.set_up.host.clone(),
                        subject: self.set_up.subject.clone(),
                        method_id: new.clone(),
                        wish: HoldWish::Hold,
                    };
                    let audit = audit(self.activation, now);
                    let held = self.store.hold(&hold, &audit).await.unwrap();
                    assert!(matches!(held, HoldDecision::Change { .. }), "{held:?}");
                }
            }
            assert_eq!(self.last_kind().await, EventKind::MethodReleased);
            let methods = self.subject(now).await.methods;
            let stays = methods.iter().find(|method| method.id == old).unwrap();
            assert_eq!(
                (stays.retires_at, &stays.successor),
                (None, &None),
                "{by:?}"
            );
            assert!(self.ids(now + 2 * DAY).await.contains(&old), "{by:?}");
            let page = self.proved(self.code(self.app_id(), now), now).await;
            let remove = Wish::Remove { method_id: new };
            done(self.wish(&page, remove, now).await);
        }
    }

    pub(super) async fn a_pause_ends_by_itself_by_a_press_and_by_a_report(&self) {
        let mut now = NOW + 20 * DAY;
        let host = &self.set_up.host;
        let app = self.ids(now).await.pop().unwrap();
        let page = self.proved(self.code(&app, now), now).await;
        let epoch = self.subject(now).await.factor_epoch;
        done(self.wish(&page, Wish::Pause { hours: 72 }, now).await);
        let again = self.wish(&page, Wish::Pause { hours: 1 }, now).await;
        assert_eq!(again, refused(ManageRefusal::AlreadyPaused));
        let until = now + 3 * DAY;
        assert_eq!(
            self.login(now).await.1,
            VerificationOpened::Paused { until }
        );
        assert_eq!(
            self.login(until - 1).await.1,
            VerificationOpened::Paused { until }
        );
        // What the host asks for is not the person's to pause.
        let more = Some(AcrNeeded::PhishingResistant);
        let whose = (self.set_up, self.activation);
        opened(self.store, whose, "worth-more", more).await;
        assert_eq!(self.subject(now).await.factor_epoch, epoch);
        let note = |now| async move {
            let audit = audit(self.activation, now);
            self.store
                .note_what_is_due(host, 100, &audit)
                .await
                .unwrap()
        };
        assert_eq!(note(until - DAY).await, 0);
        assert_eq!(note(until - DAY / 2).await, 1);
        assert_eq!(self.last_kind().await, EventKind::PauseEnding);
        assert_eq!(note(until - 1).await, 0, "told once");
        assert_eq!(
            self.login(until).await.1,
            VerificationOpened::Required,
            "by itself"
        );
        assert_eq!(note(until).await, 1);
        assert_eq!(self.last_kind().await, EventKind::Resumed);
        assert_eq!(note(until + DAY).await, 0);

        now += 10 * DAY;
        let page = self.proved(self.code(&app, now), now).await;
        done(self.wish(&page, Wish::Pause { hours: 1 }, now).await);
        done(self.wish(&page, Wish::Resume, now).await);
        assert_eq!(
            self.login(now).await.1,
            VerificationOpened::Required,
            "by a press"
        );

        done(self.wish(&page, Wish::Pause { hours: 72 }, now).await);
        let resume = || async {
            let audit = audit(self.activation, now);
            self.store
                .resume(host, &self.set_up.subject, &audit)
                .await
                .unwrap()
        };
        assert!(resume().await, "the host ends it");
        assert!(!resume().await);

        let page = self.proved(self.code(&app, now), now).await;
        done(self.wish(&page, Wish::Pause { hours: 72 }, now).await);
        let report = Report {
            flow_id: None,
            host: host.clone(),
            subject: self.set_up.subject.clone(),
            audit: audit(self.activation, now),
        };
        let _ended = self.store.report(&report).await.unwrap();
        assert_eq!(
            self.login(now).await.1,
            VerificationOpened::Required,
            "by a report"
        );
        assert_eq!(self.subject(now).await.reported_at, Some(now));
        let page = self.proved(self.code(&app, now), now).await;
        let again = self.wish(&page, Wish::Pause { hours: 1 }, now).await;
        assert!(matches!(
            again,
            ManageDecision::Refused(ManageRefusal::Forbidden(_))
        ));
    }

    pub(super) async fn what_is_turned_off_is_gone(&self) {
        let now = NOW + 50 * DAY;
        let app = self.ids(now).await.pop().unwrap();
        let page = self.proved(self.code(&app, now), now).await;
        let mut other_code = self.change(&page, Wish::TurnOff, now);
        other_code.request.body_hash = [3; 32];
        let refused_by = self.ask(&other_code).await;
        assert_eq!(
            refused_by,
            refused(ManageRefusal::ReauthRequired),
            "a code with it"
        );
        let epoch = self.subject(now).await.factor_epoch;
        done(self.wish(&page, Wish::TurnOff, now).await);
        let subject = self.subject(now).await;
        assert!(subject.methods.is_empty() && subject.factor_epoch == epoch + 1);
        assert_eq!(
            (subject.backup_codes_left, subject.backup_codes_made_at),
            (0, None)
        );
        assert_eq!(
            self.login(now).await.1,
            VerificationOpened::NotEnrolled {
                grace: crate::Grace::default()
            }
        );
        assert_eq!(self.close(&page, now).await, ManagementClosed::Changed);
        let result = self.redeem(&page, now).await.unwrap();
        assert!(result.raised_epoch && result.kinds.is_empty());
        let off = ChangeKind::TurnedOff;
        assert!(result.changes.iter().any(|change| change.change == off));
        assert_eq!(
            self.last_kind().await,
            EventKind::TurnedOff,
            "the record stays"
        );
        // On again, by a set-up.
        let set_up = NewFlow {
            purpose: Purpose::Enroll,
            intent: None,
            ..self.flow(now)
        };
        assert_eq!(self.store.open_flow(&set_up).await.unwrap(), Opened::Yes);
        let phone = NewMethod {
            id: "manage-phone".to_owned(),
            name: None,
            sealed: vec![1],
            detail: MethodDetail::Phone {
                channel: Channel::Sms,
                number_index: [77; 32],
                hint: "77".to_owned(),
            },
        };
        let mut again = crate::contract::activation(&set_up);
        again.methods.push(phone);
        assert_eq!(self.store.activate(&again).await.unwrap(), Activated::Yes);
        assert_eq!(self.ids(now).await.len(), 2);
        // It is not the first time: what came with it is no older for it.
        let first = self.subject(now).await.first_set_up_at;
        assert_eq!(first, Some(self.activation.now));
    }
}
