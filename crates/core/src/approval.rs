//! Approval of a login by another browser of the person, which is trusted. That one shows the login's
//! code, and the person types it: whoever presses by mistake lets nobody in, which "approve" and
//! "compare two numbers" do ([NIST SP 800-63B-4
//! §3.1.3.1](https://pages.nist.gov/800-63-4/sp800-63b.html) no longer takes those).

use nidan_protocol::{AcrNeeded, ApprovalState};

use crate::attempt::AskedApproval;
use crate::throttle::{self, Allowance, Gate, Guess, Needs, Tries};
use crate::trust::TrustedBrowser;

/// How long a code lives, in seconds: as long as one that is sent.
pub const APPROVAL_LIVES_S: u64 = 300;
/// Attempts at one code, as at one that is sent.
pub const APPROVAL_ATTEMPTS: u32 = 5;
/// Requests that nobody answers; then the way is closed until the next right code at a login, of
/// whatever kind. Time alone does not open it: whoever asks again and again wants it to be pressed at
/// last.
pub const UNANSWERED_MAX: u32 = 3;
/// Logins that a browser is shown at once, the newest: more than anybody has.
pub const WAITING_MAX: usize = 5;

/// What a login's request for approval depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskContext {
    /// What the login has to be worth, where any second step is not enough.
    pub acr_needed: Option<AcrNeeded>,
    /// Whether a browser of the person is trusted now, under the factor epoch of now. It may be one that
    /// nobody has any more.
    pub has_browser: bool,
    /// Whether a request of this login can still be answered.
    pub is_asked: bool,
    /// Requests since the last right code at a login.
    pub unanswered: u32,
    /// The chance of guessing that may still be given away for the person.
    pub allowance: Allowance,
}

/// What becomes of a request for approval.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// The request of before goes on: an answer was lost, or the person asks twice.
    Stands,
    /// There is a new one.
    New,
}

/// Why a login cannot be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskRefusal {
    /// The flow is no login that waits.
    FlowOver,
    /// It is worth less than this login has to be.
    WorthTooLittle,
    /// No browser is trusted.
    NoBrowser,
    /// Nobody has answered, or somebody guesses: another way is there.
    Closed,
}

/// Decides whether another browser is asked at `now` (Unix seconds).
///
/// # Errors
/// [`AskRefusal`].
pub fn ask(context: &AskContext, now: u64) -> Result<Asking, AskRefusal> {
    match context.acr_needed {
        Some(AcrNeeded::PhishingResistant) => return Err(AskRefusal::WorthTooLittle),
        None => {}
    }
    if !context.has_browser {
        return Err(AskRefusal::NoBrowser);
    }
    if !takes_a_guess(context.allowance, now) {
        return Err(AskRefusal::Closed);
    }
    if context.is_asked {
        return Ok(Asking::Stands);
    }
    if context.unanswered >= UNANSWERED_MAX {
        return Err(AskRefusal::Closed);
    }
    Ok(Asking::New)
}

/// Whether a request can still be answered at `now` (Unix seconds).
pub const fn can_be_answered(asked: &AskedApproval, now: u64) -> bool {
    asked.expires_at > now
        && asked.is_of_epoch
        && !asked.is_answered
        && asked.attempts < APPROVAL_ATTEMPTS
}

/// Whether one code is enough: under attack other methods ask for two, and this one is closed.
pub(crate) fn takes_a_guess(allowance: Allowance, now: u64) -> bool {
    let gate = throttle::gate(Tries::default(), allowance, Guess::Phone, now);
    gate == Gate::Open(Needs::OneCode)
}

/// Whether a browser may approve logins at `now` (Unix seconds): it counts, and is trusted under the
/// person's factor epoch of now.
pub const fn may_approve(browser: &TrustedBrowser, factor_epoch: u64, now: u64) -> bool {
    browser.expires_at > now && browser.factor_epoch == factor_epoch
}

/// A request for approval, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredApproval<'a> {
    /// Whether its login still waits.
    pub is_open: bool,
    /// The session for which the login was opened.
    pub session_binding: &'a str,
    /// The person's factor epoch when it was asked.
    pub factor_epoch: u64,
    /// When its code ends, in Unix seconds.
    pub expires_at: u64,
    /// Whether a browser has shown the code.
    pub is_shown: bool,
    /// Whether the code was typed.
    pub is_answered: bool,
}

/// What a browser sees of a request at `now` (Unix seconds); [`None`] where it sees nothing of it: what
/// its own session asks for it cannot approve, nor what was asked before something was changed.
pub fn seen(
    approval: &StoredApproval<'_>,
    session_binding: &str,
    factor_epoch: u64,
    now: u64,
) -> Option<ApprovalState> {
    if approval.session_binding == session_binding || approval.factor_epoch != factor_epoch {
        return None;
    }
    if approval.is_answered {
        return Some(ApprovalState::Answered);
    }
    let lives = approval.is_open && approval.expires_at > now;
    lives.then_some(if approval.is_shown {
        ApprovalState::Shown
    } else {
        ApprovalState::Waiting
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn context() -> AskContext {
        AskContext {
            acr_needed: None,
            has_browser: true,
            is_asked: false,
            unanswered: 0,
            allowance: Allowance::default(),
        }
    }

    #[test]
    fn three_that_nobody_answers_close_the_way_and_time_does_not_open_it() {
        let asks = |unanswered, is_asked, now| {
            let context = AskContext {
                unanswered,
                is_asked,
                ..context()
            };
            ask(&context, now)
        };
        for unanswered in 0..UNANSWERED_MAX {
            assert_eq!(asks(unanswered, false, NOW), Ok(Asking::New));
        }
        for later in [NOW, NOW + 86_400 * 365] {
            let closed = asks(UNANSWERED_MAX, false, later);
            assert_eq!(closed, Err(AskRefusal::Closed));
        }
        // The third one stands all the same.
        assert_eq!(asks(UNANSWERED_MAX, true, NOW), Ok(Asking::Stands));
        assert_eq!(asks(1, true, NOW), Ok(Asking::Stands));
    }

    #[test]
    fn no_browser_no_worth_and_no_room_for_a_guess_refuse() {
        let refused = |context| ask(&context, NOW);
        let no_browser = AskContext {
            has_browser: false,
            ..context()
        };
        assert_eq!(refused(no_browser), Err(AskRefusal::NoBrowser));
        let worth_more = AskContext {
            acr_needed: Some(AcrNeeded::PhishingResistant),
            ..context()
        };
        assert_eq!(refused(worth_more), Err(AskRefusal::WorthTooLittle));
        for is_asked in [false, true] {
            let guessed = AskContext {
                is_asked,
                allowance: Allowance {
                    full_at: NOW + 400 * 86_400,
                },
                ..context()
            };
            assert_eq!(refused(guessed), Err(AskRefusal::Closed));
        }
    }

    #[test]
    fn a_request_is_answered_in_its_time_under_its_epoch_and_by_so_many_tries() {
        let asked = AskedApproval {
            approval_id: "a".to_owned(),
            attempts: APPROVAL_ATTEMPTS - 1,
            expires_at: NOW + 1,
            is_of_epoch: true,
            is_shown: false,
            is_answered: false,
        };
        assert!(can_be_answered(&asked, NOW));
        assert!(!can_be_answered(&asked, NOW + 1));
        let without = |change: fn(&mut AskedApproval)| {
            let mut asked = asked.clone();
            change(&mut asked);
            !can_be_answered(&asked, NOW)
        };
        assert!(without(|asked| asked.attempts += 1));
        assert!(without(|asked| asked.is_of_epoch = false));
        assert!(without(|asked| asked.is_answered = true));
    }

    #[test]
    fn a_browser_sees_what_other_sessions_ask_for_under_this_epoch() {
        let waiting = StoredApproval {
            is_open: true,
            session_binding: "theirs",
            factor_epoch: 3,
            expires_at: NOW + 1,
            is_shown: false,
            is_answered: false,
        };
        let sees = |approval, now| seen(&approval, "own", 3, now);
        assert_eq!(sees(waiting, NOW), Some(ApprovalState::Waiting));
        assert_eq!(sees(waiting, NOW + 1), None);
        let shown = StoredApproval {
            is_shown: true,
            ..waiting
        };
        assert_eq!(sees(shown, NOW), Some(ApprovalState::Shown));
        let over = StoredApproval {
            is_open: false,
            ..shown
        };
        assert_eq!(sees(over, NOW), None);
        let answered = StoredApproval {
            is_answered: true,
            ..over
        };
        assert_eq!(sees(answered, NOW + 9), Some(ApprovalState::Answered));
        assert_eq!(seen(&waiting, "theirs", 3, NOW), None);
        assert_eq!(seen(&waiting, "own", 4, NOW), None);
    }

    #[test]
    fn a_browser_approves_in_its_time_and_under_its_epoch() {
        let browser = TrustedBrowser {
            browser_id: "b".to_owned(),
            factor_epoch: 3,
            expires_at: NOW + 1,
        };
        assert!(may_approve(&browser, 3, NOW));
        assert!(!may_approve(&browser, 4, NOW));
        assert!(!may_approve(&browser, 3, NOW + 1));
    }
}
