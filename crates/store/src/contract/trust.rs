//! What every engine must do with trusted browsers.

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of the suite is a failed test"
)]

use nidan_core::trust::Browsers;
use nidan_protocol::{Authenticator, MethodKind};

use super::attempt::{NOW, audit, completion, step};
use crate::{
    Activation, LoginCompletion, NewFlow, NewTrust, OpenVerification, Redemption, Store, TrustUse,
    VerificationOpened,
};

const APP: Authenticator = Authenticator::Method(MethodKind::Totp);
/// How long trust lives, in seconds, and when the first one ends.
const LIVES_S: u64 = 1_000;
const ENDS: u64 = NOW + 1 + LIVES_S;

/// One person's logins, each by its number, and the browser that is trusted in the first.
pub(super) struct Browser<'a, L> {
    pub(super) store: &'a dyn Store,
    pub(super) login: L,
    pub(super) activation: &'a Activation,
    pub(super) method_id: &'a str,
}

impl<L: Fn(u8) -> NewFlow> Browser<'_, L> {
    /// Runs every check, each on what the one before has left.
    pub(super) async fn run(&self) {
        self.is_trusted_from_redeem_on().await;
        self.is_asked_with_another_token_or_late().await;
        self.gets_another_token_with_each_use().await;
        self.leads_in_once_where_its_token_comes_twice().await;
        self.is_forgotten_when_a_copy_comes().await;
        self.is_not_trusted_when_all_was_revoked_meanwhile().await;
    }

    async fn is_trusted_from_redeem_on(&self) {
        self.sign_in_and_ask_for_trust(5, 50).await;
        assert_eq!(self.redeem(5, 201).await, Some((Some(APP), Some(ENDS))));
    }

    async fn is_asked_with_another_token_or_late(&self) {
        let asked = VerificationOpened::Required;
        assert_eq!(self.bring(7, 202, NOW + 2).await, asked, "unknown");
        assert_eq!(self.bring(8, 201, ENDS).await, asked, "its time is over");
    }

    async fn gets_another_token_with_each_use(&self) {
        let opened = self.bring(9, 201, NOW + 2).await;
        assert_eq!(opened, VerificationOpened::Trusted);
        let by_trust = Some(Authenticator::TrustedBrowser);
        assert_eq!(self.redeem(9, 203).await, Some((by_trust, Some(ENDS))));
        assert_eq!(self.redeem(9, 204).await, None, "twice");
        assert_eq!(self.count().await, 1);
    }

    async fn leads_in_once_where_its_token_comes_twice(&self) {
        for number in [12, 13] {
            let opened = self.bring(number, 203, NOW + 2).await;
            assert_eq!(opened, VerificationOpened::Trusted);
        }
        assert!(self.redeem(12, 205).await.is_some());
        let late = self.redeem(13, 206).await;
        assert_eq!(late, None, "the other one's token counts");
    }

    async fn is_forgotten_when_a_copy_comes(&self) {
        let asked = VerificationOpened::Required;
        assert_eq!(self.bring(10, 201, NOW + 3).await, asked, "a copy");
        assert_eq!(self.count().await, 0);
        let newest = self.bring(11, 203, NOW + 3).await;
        assert_eq!(newest, asked, "and the newest counts no more either");
    }

    /// Whoever asked for trust before everything was forgotten is let in, and no further.
    async fn is_not_trusted_when_all_was_revoked_meanwhile(&self) {
        let asks = OpenVerification {
            flow: (self.login)(14),
            trust: None,
            begins_grace: false,
            may_be_paused: true,
            audit: audit(self.activation, NOW),
        };
        let opened = self.store.open_verification(&asks).await.unwrap();
        assert_eq!(opened, VerificationOpened::Required);
        self.sign_in_and_ask_for_trust(14, 60).await;
        let NewFlow { host, subject, .. } = (self.login)(14);
        let audit = audit(self.activation, NOW);
        let revoked = self
            .store
            .revoke_trust(&host, &subject, &Browsers::All, &audit);
        assert_eq!(revoked.await.unwrap(), 0);
        assert_eq!(self.redeem(14, 207).await, Some((Some(APP), None)));
        assert_eq!(self.count().await, 0);
    }

    async fn sign_in_and_ask_for_trust(&self, number: u8, time_step: u64) {
        let right = step(self.method_id, time_step);
        let spend = completion(&(self.login)(number), right, self.activation, true);
        assert!(matches!(
            self.store.complete_login(&spend).await.unwrap(),
            LoginCompletion::Yes { .. }
        ));
    }

    /// Opens a login in a browser that brings a token.
    async fn bring(&self, number: u8, token: u8, now: u64) -> VerificationOpened {
        let open = OpenVerification {
            flow: (self.login)(number),
            trust: Some(TrustUse {
                token_hash: [token; 32],
                result_hash: (self.login)(number).token_hash,
                result_expires_at: now + 60,
            }),
            begins_grace: false,
            may_be_paused: true,
            audit: audit(self.activation, now),
        };
        self.store.open_verification(&open).await.unwrap()
    }

    /// Redeems a login's result with a fresh token: by what it was, and when the trust ends.
    async fn redeem(&self, number: u8, token: u8) -> Option<(Option<Authenticator>, Option<u64>)> {
        let flow = (self.login)(number);
        let redemption = Redemption {
            host: flow.host,
            flow_id: flow.id,
            result_hash: flow.token_hash,
            session_binding: flow.session_binding,
            now: NOW + 1,
            trust: Some(NewTrust {
                browser_id: "browser".to_owned(),
                token_hash: [token; 32],
                lives: crate::TrustLives::without_groups(LIVES_S),
            }),
            audit: audit(self.activation, NOW + 1),
        };
        let redeemed = self.store.redeem(&redemption).await.unwrap()?;
        Some((redeemed.used, redeemed.trust_ends))
    }

    async fn count(&self) -> usize {
        let NewFlow { host, subject, .. } = (self.login)(1);
        let browsers = self.store.trusted_browsers(&host, &subject, NOW + 3);
        browsers.await.unwrap().len()
    }
}
