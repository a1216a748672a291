//! Trusted browsers. A token counts once: with each use another one takes its place, so that a
//! token of before in somebody's hands is a copy.

use nidan_protocol::{AcrNeeded, EventKind};

/// The data that opening a login depends on.
#[derive(Debug, Clone)]
pub struct OpeningContext {
    /// Whether the person has a method, or a code that the host's support has made.
    pub has_method: bool,
    /// Until when the person has paused codes, in Unix seconds: in the past, they are not.
    pub paused_until: Option<u64>,
    /// What the login has to be worth, where any second step is not enough.
    pub acr_needed: Option<AcrNeeded>,
    /// The person's factor epoch: what was granted under a lower one has ended.
    pub factor_epoch: u64,
    /// The token that the browser brought, where the host still offers trust.
    pub token: TrustToken,
}

/// A token that a browser brings.
#[derive(Debug, Clone)]
pub enum TrustToken {
    /// No token, or one that belongs to no browser of this person.
    Unknown,
    /// The token of a browser that counts now.
    Current(TrustedBrowser),
    /// A token that counted before.
    Former {
        /// The browser that it was of.
        browser_id: String,
    },
}

/// A browser that was trusted.
#[derive(Debug, Clone)]
pub struct TrustedBrowser {
    /// Its id.
    pub browser_id: String,
    /// The epoch under which it was trusted.
    pub factor_epoch: u64,
    /// When the trust ends, in Unix seconds.
    pub expires_at: u64,
}

/// Which trusted browsers are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Browsers {
    /// All of the person's.
    All,
    /// The one of this id.
    One(String),
    /// All but the one of this id.
    AllBut(String),
}

impl Browsers {
    /// Whether the browser of that id is among them.
    pub fn contain(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == id,
            Self::AllBut(kept) => kept != id,
        }
    }
}

/// A decision about a login that is to be opened.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// The person has no method: no flow is stored.
    NotEnrolled,
    /// The person has paused codes: no flow is stored, and no browser is trusted meanwhile.
    Paused {
        /// Until when, in Unix seconds.
        until: u64,
    },
    /// A code is asked for.
    Required {
        /// The browser whose trust ends, because somebody has a copy of its token.
        copied_browser_id: Option<String>,
    },
    /// The browser is trusted: the flow is stored as complete.
    Trusted {
        /// The browser.
        browser_id: String,
    },
}

impl Opening {
    /// The entry that the opening leaves in the record; [`None`] where it leaves none.
    pub const fn event(&self) -> Option<EventKind> {
        match self {
            Self::NotEnrolled | Self::Paused { .. } => None,
            Self::Required {
                copied_browser_id: None,
            } => None,
            Self::Required {
                copied_browser_id: Some(_),
            } => Some(EventKind::TrustedBrowserCopied),
            Self::Trusted { .. } => Some(EventKind::TrustedBrowserUsed),
        }
    }
}

/// Decides whether a login asks for a code.
pub fn open(context: OpeningContext, now: u64) -> Opening {
    if !context.has_method {
        return Opening::NotEnrolled;
    }
    // What the host asks for is not the person's to pause.
    let paused_until = context
        .paused_until
        .filter(|_| context.acr_needed.is_none());
    if let Some(until) = paused_until.filter(|until| *until > now) {
        return Opening::Paused { until };
    }
    match context.token {
        TrustToken::Current(browser)
            if browser.expires_at > now && browser.factor_epoch == context.factor_epoch =>
        {
            Opening::Trusted {
                browser_id: browser.browser_id,
            }
        }
        TrustToken::Unknown | TrustToken::Current(_) => Opening::Required {
            copied_browser_id: None,
        },
        TrustToken::Former { browser_id } => Opening::Required {
            copied_browser_id: Some(browser_id),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn check(token: TrustToken, expected: Opening) {
        let context = OpeningContext {
            acr_needed: None,
            has_method: true,
            paused_until: None,
            factor_epoch: 3,
            token,
        };
        assert_eq!(open(context, NOW), expected);
    }

    fn browser(factor_epoch: u64, expires_at: u64) -> TrustToken {
        TrustToken::Current(TrustedBrowser {
            browser_id: "b".to_owned(),
            factor_epoch,
            expires_at,
        })
    }

    #[test]
    fn a_browser_is_trusted_within_its_time_and_its_epoch() {
        let trusted = Opening::Trusted {
            browser_id: "b".to_owned(),
        };
        let asked = || Opening::Required {
            copied_browser_id: None,
        };
        check(browser(3, NOW + 1), trusted);
        check(browser(3, NOW), asked());
        check(browser(2, NOW + 1), asked());
        check(TrustToken::Unknown, asked());
    }

    #[test]
    fn a_token_of_before_ends_the_trust_and_asks_for_a_code() {
        let former = TrustToken::Former {
            browser_id: "b".to_owned(),
        };
        let copied = Opening::Required {
            copied_browser_id: Some("b".to_owned()),
        };
        assert_eq!(copied.event(), Some(EventKind::TrustedBrowserCopied));
        check(former, copied);
    }

    #[test]
    fn a_pause_asks_for_nothing_until_its_end_and_trusts_nobody() {
        let opening = |paused_until| {
            let context = OpeningContext {
                acr_needed: None,
                has_method: true,
                paused_until: Some(paused_until),
                factor_epoch: 3,
                token: browser(3, NOW + 1),
            };
            open(context, NOW)
        };
        assert_eq!(opening(NOW + 1), Opening::Paused { until: NOW + 1 });
        assert_eq!(opening(NOW + 1).event(), None);
        let trusted = Opening::Trusted {
            browser_id: "b".to_owned(),
        };
        assert_eq!(opening(NOW), trusted);
    }

    #[test]
    fn whoever_has_no_method_is_asked_for_nothing() {
        let context = OpeningContext {
            acr_needed: None,
            has_method: false,
            paused_until: Some(NOW + 1),
            factor_epoch: 3,
            token: browser(3, NOW + 1),
        };
        let opening = open(context, NOW);
        assert_eq!((opening.event(), opening), (None, Opening::NotEnrolled));
    }
}
