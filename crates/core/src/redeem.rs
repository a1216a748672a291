//! A result code is redeemed: whether it counts, and what becomes of the trust in the browser.

use nidan_protocol::Purpose;

/// The data on which a result code depends. An engine looks it up by flow, host, session binding
/// and code: for anything else there is none.
#[derive(Debug, Clone)]
pub struct RedeemContext {
    /// The flow's purpose.
    pub purpose: Purpose,
    /// Whether the flow is complete, and neither superseded nor reported.
    pub is_completed: bool,
    /// Whether the code was redeemed before.
    pub is_redeemed: bool,
    /// When the code ends, in Unix seconds; it counts in that second.
    pub result_expires_at: u64,
    /// The person's factor epoch when a login was right, when a set-up was put off, or when the page on
    /// which methods are managed knew it last; [`None`] for an enrolment.
    pub login_epoch: Option<u64>,
    /// The person's factor epoch now.
    pub factor_epoch: u64,
    /// The trusted browser by which the login was right.
    pub browser: BrowserOfLogin,
    /// Whether the person asked for this browser to be trusted.
    pub asks_for_trust: bool,
    /// Whether codes are paused: meanwhile no browser becomes trusted.
    pub is_paused: bool,
}

impl RedeemContext {
    /// The factor epoch that the host hears of. Whoever has managed methods knows their own: what
    /// somebody else has changed since makes their session no newer.
    pub fn epoch_of_result(&self) -> u64 {
        match self.purpose {
            Purpose::Manage => self.login_epoch.unwrap_or(self.factor_epoch),
            Purpose::Enroll | Purpose::Verify | Purpose::Approve => self.factor_epoch,
        }
    }

    /// Whether the result's epoch is the person's: a later change has others' sessions in its own
    /// hands.
    pub fn is_latest(&self) -> bool {
        self.epoch_of_result() == self.factor_epoch
    }
}

/// The trusted browser by which a login was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrowserOfLogin {
    /// It was right by something else.
    None,
    /// The token that the browser brought belongs to none any more.
    Gone,
    /// A browser whose token still counts.
    Trusted {
        /// Its id.
        browser_id: String,
        /// When the trust ends, in Unix seconds.
        expires_at: u64,
    },
}

/// The trust in a browser after a redeem.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustChange {
    /// It stays as it is.
    None,
    /// Another token takes the place of the one that was brought.
    Rotate {
        /// The browser.
        browser_id: String,
        /// When the trust ends, in Unix seconds: as before.
        expires_at: u64,
    },
    /// The browser is trusted from now on.
    Grant {
        /// When the trust ends, in Unix seconds.
        expires_at: u64,
    },
}

impl TrustChange {
    /// When the trust ends for which the host hands out a new token.
    pub const fn expires_at(&self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Rotate { expires_at, .. } | Self::Grant { expires_at } => Some(*expires_at),
        }
    }
}

/// Decides whether a result code counts, and what becomes of the trust in its browser.
/// `trust_lives_s` is the lifetime of new trust in seconds, where the host offers trust.
pub fn redeem(
    context: &RedeemContext,
    trust_lives_s: Option<u64>,
    now: u64,
) -> Option<TrustChange> {
    let is_of_today = match context.purpose {
        Purpose::Verify => {
            context.login_epoch == Some(context.factor_epoch)
                && context.browser != BrowserOfLogin::Gone
        }
        // One that was put off lets in, and not where the person has set something up meanwhile.
        Purpose::Enroll => {
            let epoch = context.login_epoch;
            epoch.is_none_or(|epoch| epoch == context.factor_epoch)
        }
        // It tells what was done, and lets nobody in.
        Purpose::Manage => true,
        // It has no result.
        Purpose::Approve => false,
    };
    let counts = context.is_completed
        && !context.is_redeemed
        && context.result_expires_at >= now
        && is_of_today;
    counts.then(|| match context.purpose {
        Purpose::Verify => trust_change(context, trust_lives_s, now),
        // A browser is trusted by a login alone.
        Purpose::Enroll | Purpose::Manage | Purpose::Approve => TrustChange::None,
    })
}

fn trust_change(context: &RedeemContext, trust_lives_s: Option<u64>, now: u64) -> TrustChange {
    match (&context.browser, trust_lives_s) {
        (
            BrowserOfLogin::Trusted {
                browser_id,
                expires_at,
            },
            Some(_),
        ) if *expires_at > now => TrustChange::Rotate {
            browser_id: browser_id.clone(),
            expires_at: *expires_at,
        },
        (BrowserOfLogin::None, Some(lives_s)) if context.asks_for_trust && !context.is_paused => {
            TrustChange::Grant {
                expires_at: now.saturating_add(lives_s),
            }
        }
        (BrowserOfLogin::None | BrowserOfLogin::Gone | BrowserOfLogin::Trusted { .. }, _) => {
            TrustChange::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;
    const MONTH_S: u64 = 2_592_000;

    fn login() -> RedeemContext {
        RedeemContext {
            purpose: Purpose::Verify,
            is_completed: true,
            is_redeemed: false,
            result_expires_at: NOW + 60,
            login_epoch: Some(3),
            factor_epoch: 3,
            browser: BrowserOfLogin::None,
            asks_for_trust: false,
            is_paused: false,
        }
    }

    fn counts(change: impl FnOnce(&mut RedeemContext)) -> bool {
        let mut context = login();
        change(&mut context);
        redeem(&context, None, NOW).is_some()
    }

    #[test]
    fn a_result_counts_once_in_its_time_and_for_the_factors_that_it_was_made_by() {
        assert!(counts(|_same| {}));
        assert!(counts(|login| login.result_expires_at = NOW));
        assert!(!counts(|login| login.result_expires_at = NOW - 1));
        assert!(!counts(|login| login.is_redeemed = true));
        assert!(!counts(|login| login.is_completed = false));
        assert!(!counts(|login| login.factor_epoch = 4));
        assert!(!counts(|login| login.login_epoch = None));
        assert!(!counts(|login| login.browser = BrowserOfLogin::Gone));
        // An enrolment raises the epoch by itself.
        assert!(counts(|enrolment| {
            enrolment.purpose = Purpose::Enroll;
            enrolment.login_epoch = None;
        }));
        assert!(!counts(|put_off| {
            put_off.purpose = Purpose::Enroll;
            put_off.factor_epoch = 4;
        }));
        // A change that was made is told, whatever was changed since.
        assert!(counts(|managing| {
            managing.purpose = Purpose::Manage;
            managing.factor_epoch = 4;
            managing.browser = BrowserOfLogin::Gone;
        }));
        // Under the epoch that it knows.
        let managing = RedeemContext {
            purpose: Purpose::Manage,
            factor_epoch: 4,
            ..login()
        };
        assert_eq!(
            (managing.epoch_of_result(), managing.is_latest()),
            (3, false)
        );
        assert_eq!((login().epoch_of_result(), login().is_latest()), (3, true));
    }

    #[test]
    fn trust_is_granted_to_whoever_asks_where_the_host_offers_it() {
        let asking = RedeemContext {
            asks_for_trust: true,
            ..login()
        };
        let granted = TrustChange::Grant {
            expires_at: NOW + MONTH_S,
        };
        assert_eq!(granted.expires_at(), Some(NOW + MONTH_S));
        assert_eq!(redeem(&asking, Some(MONTH_S), NOW), Some(granted));
        assert_eq!(redeem(&asking, None, NOW), Some(TrustChange::None));
        let paused = RedeemContext {
            is_paused: true,
            ..asking
        };
        let change = redeem(&paused, Some(MONTH_S), NOW);
        assert_eq!(change, Some(TrustChange::None), "a pause began meanwhile");
        assert_eq!(
            redeem(&login(), Some(MONTH_S), NOW),
            Some(TrustChange::None)
        );
    }

    #[test]
    fn nothing_but_a_login_makes_a_browser_trusted_or_keeps_it_so() {
        for purpose in [Purpose::Enroll, Purpose::Manage] {
            let context = RedeemContext {
                purpose,
                asks_for_trust: true,
                browser: BrowserOfLogin::Trusted {
                    browser_id: "b".to_owned(),
                    expires_at: NOW + 1,
                },
                ..login()
            };
            let change = redeem(&context, Some(MONTH_S), NOW);
            assert_eq!(change, Some(TrustChange::None), "{purpose:?}");
        }
    }

    #[test]
    fn a_trusted_browser_gets_another_token_and_no_more_time() {
        let until = |expires_at| RedeemContext {
            browser: BrowserOfLogin::Trusted {
                browser_id: "b".to_owned(),
                expires_at,
            },
            asks_for_trust: true,
            ..login()
        };
        let rotated = TrustChange::Rotate {
            browser_id: "b".to_owned(),
            expires_at: NOW + 1,
        };
        assert_eq!(redeem(&until(NOW + 1), Some(MONTH_S), NOW), Some(rotated));
        let ended = redeem(&until(NOW), Some(MONTH_S), NOW);
        assert_eq!(ended, Some(TrustChange::None));
        assert_eq!(redeem(&until(NOW + 1), None, NOW), Some(TrustChange::None));
    }
}
