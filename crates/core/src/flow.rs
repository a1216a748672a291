//! What ends a flow beside its own end: a newer one, a report, trust that is withdrawn.

use nidan_protocol::{Authenticator, Purpose, SKIPPED_METHOD_ID};

use crate::trust::Browsers;

/// The life of a flow that nobody extends, in seconds: long enough to install an app.
pub const FLOW_TTL_S: u64 = 600;
/// The longest life of a set-up, in seconds: whoever left the page open and went away does not come
/// back to it. A day at work has other hours than one press of a button.
pub const ENROLMENT_LIFE_MAX_S: u64 = 3_600;

/// The end of a set-up whose page is in use at `now` (all Unix seconds): [`FLOW_TTL_S`] from now,
/// and never later than [`ENROLMENT_LIFE_MAX_S`] after its beginning, nor earlier than it was
/// ([WCAG 2.2.1](https://www.w3.org/TR/WCAG22/#timing-adjustable)).
pub fn extended_end(created_at: u64, expires_at: u64, now: u64) -> u64 {
    now.saturating_add(FLOW_TTL_S)
        .min(created_at.saturating_add(ENROLMENT_LIFE_MAX_S))
        .max(expires_at)
}

/// The part of a flow on which these decisions depend. An engine may leave out flows whose result
/// was redeemed: nothing ends them any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowStatus<'a> {
    /// The flow's purpose.
    pub purpose: Purpose,
    /// Whether it waits for the person.
    pub is_open: bool,
    /// Whether its result has been made and not been redeemed.
    pub has_result: bool,
    /// The authenticator that was right; [`None`] before it completes, and for an enrolment.
    pub used: Option<Authenticator>,
    /// The id of that [authenticator](Authenticator).
    pub method_id: Option<&'a str>,
    /// The session for which it was opened.
    pub session_binding: &'a str,
}

/// The change that a flow undergoes.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowChange {
    /// It goes on.
    Keep,
    /// It is superseded: no code, and no result of it, counts any more.
    Supersede,
    /// Its result still leads in, but no browser is trusted by it.
    LeadInOnly,
}

impl FlowStatus<'_> {
    /// Whether it is a set-up that was put off, and whose result leads in by the password alone.
    fn has_skipped(&self) -> bool {
        self.has_result && self.method_id == Some(SKIPPED_METHOD_ID)
    }
}

const fn supersede_if(ends: bool) -> FlowChange {
    if ends {
        FlowChange::Supersede
    } else {
        FlowChange::Keep
    }
}

/// Decides about an earlier flow of a person who begins an enrolment: there is one open flow.
pub const fn when_enrolment_opens(earlier: &FlowStatus<'_>) -> FlowChange {
    supersede_if(earlier.is_open)
}

/// Decides about an earlier flow of a person for whom a login is opened. Of two tabs of one session
/// the newer goes on. Other sessions are left alone: whoever knows the password could otherwise end
/// the person's own login again and again.
pub fn when_login_opens(earlier: &FlowStatus<'_>, session_binding: &str) -> FlowChange {
    let is_login = match earlier.purpose {
        Purpose::Verify => true,
        Purpose::Enroll | Purpose::Manage | Purpose::Approve => false,
    };
    supersede_if(earlier.is_open && is_login && earlier.session_binding == session_binding)
}

/// Decides about an earlier flow of a person who opens the page on which methods are managed: of two
/// tabs of one session the newer goes on. A login is left alone, whoever opens this.
pub fn when_management_opens(earlier: &FlowStatus<'_>, session_binding: &str) -> FlowChange {
    let is_management = match earlier.purpose {
        Purpose::Manage => true,
        Purpose::Enroll | Purpose::Verify | Purpose::Approve => false,
    };
    supersede_if(earlier.is_open && is_management && earlier.session_binding == session_binding)
}

/// Decides about a flow of a person who reports that somebody else asks for codes. A login that was
/// right and is not redeemed yet ends too: nobody knows who typed the code.
pub fn when_reported(flow: &FlowStatus<'_>) -> FlowChange {
    let is_unredeemed_login = match flow.purpose {
        Purpose::Verify => flow.has_result,
        Purpose::Enroll => flow.has_skipped(),
        Purpose::Manage | Purpose::Approve => false,
    };
    supersede_if(flow.is_open || is_unredeemed_login)
}

/// Decides about a flow of a person whose methods the host's support takes out: whatever was begun or was
/// right before belongs to what is gone, a set-up among it.
pub const fn when_reset(flow: &FlowStatus<'_>) -> FlowChange {
    supersede_if(flow.is_open || flow.has_result)
}

/// Decides about a flow of a person for whom the host's support makes a code: a set-up that was begun
/// without it would go round it, and so would one that was put off.
pub fn when_temporary_code_is_made(flow: &FlowStatus<'_>) -> FlowChange {
    let is_set_up = match flow.purpose {
        Purpose::Enroll => true,
        Purpose::Verify | Purpose::Manage | Purpose::Approve => false,
    };
    supersede_if(is_set_up && (flow.is_open || flow.has_skipped()))
}

/// Decides about a flow of a person whose trust in one browser, or in all, is withdrawn. A result
/// that such a browser has not redeemed yet would bring its trust back; one that asks for its
/// browser to be trusted is of before, where all trust ends: it leads in and no further.
pub fn when_trust_is_revoked(flow: &FlowStatus<'_>, browsers: &Browsers) -> FlowChange {
    let is_of_trust = match flow.used {
        Some(Authenticator::TrustedBrowser) => flow.has_result,
        Some(
            Authenticator::Method(_)
            | Authenticator::BackupCode
            | Authenticator::TemporaryCode
            | Authenticator::Approval,
        )
        | None => false,
    };
    if is_of_trust {
        return supersede_if(flow.method_id.is_some_and(|id| browsers.contain(id)));
    }
    match browsers {
        Browsers::One(_) => FlowChange::Keep,
        Browsers::All | Browsers::AllBut(_) if flow.is_open || flow.has_result => {
            FlowChange::LeadInOnly
        }
        Browsers::All | Browsers::AllBut(_) => FlowChange::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "session";

    fn login() -> FlowStatus<'static> {
        FlowStatus {
            purpose: Purpose::Verify,
            is_open: true,
            has_result: false,
            used: None,
            method_id: None,
            session_binding: SESSION,
        }
    }

    fn right(used: Authenticator, method_id: &'static str) -> FlowStatus<'static> {
        FlowStatus {
            is_open: false,
            has_result: true,
            used: Some(used),
            method_id: Some(method_id),
            ..login()
        }
    }

    fn enrolled() -> FlowStatus<'static> {
        FlowStatus {
            purpose: Purpose::Enroll,
            is_open: false,
            has_result: true,
            ..login()
        }
    }

    #[test]
    fn two_tabs_of_a_session_do_not_fight_and_two_sessions_do_not_end_each_other() {
        let change = when_login_opens(&login(), SESSION);
        assert_eq!(change, FlowChange::Supersede);
        assert_eq!(when_login_opens(&login(), "other"), FlowChange::Keep);
        let right = right(Authenticator::BackupCode, "backup_code");
        assert_eq!(when_login_opens(&right, SESSION), FlowChange::Keep);
    }

    #[test]
    fn management_takes_the_place_of_management_of_its_session_and_of_nothing_else() {
        let managing = FlowStatus {
            purpose: Purpose::Manage,
            ..login()
        };
        let opens = |earlier: &FlowStatus<'_>| when_management_opens(earlier, SESSION);
        assert_eq!(opens(&managing), FlowChange::Supersede);
        assert_eq!(opens(&login()), FlowChange::Keep);
        assert_eq!(when_management_opens(&managing, "other"), FlowChange::Keep);
        assert_eq!(when_login_opens(&managing, SESSION), FlowChange::Keep);
        assert_eq!(when_reported(&managing), FlowChange::Supersede);
    }

    #[test]
    fn a_report_ends_what_is_open_and_what_was_right_and_leaves_enrolments_that_are_stored() {
        assert_eq!(when_reported(&login()), FlowChange::Supersede);
        let right = right(Authenticator::BackupCode, "backup_code");
        assert_eq!(when_reported(&right), FlowChange::Supersede);
        assert_eq!(when_reported(&enrolled()), FlowChange::Keep);
    }

    #[test]
    fn a_set_up_that_was_put_off_leads_in_and_ends_like_a_login() {
        let skipped = FlowStatus {
            method_id: Some(SKIPPED_METHOD_ID),
            ..enrolled()
        };
        assert_eq!(when_reported(&skipped), FlowChange::Supersede);
        let made = when_temporary_code_is_made(&skipped);
        assert_eq!(made, FlowChange::Supersede);
        let made = when_temporary_code_is_made(&enrolled());
        assert_eq!(made, FlowChange::Keep);
    }

    #[test]
    fn a_reset_ends_what_is_open_and_every_result() {
        let by_trust = right(Authenticator::TrustedBrowser, "b1");
        for flow in [login(), by_trust, enrolled()] {
            assert_eq!(when_reset(&flow), FlowChange::Supersede);
        }
    }

    #[test]
    fn trust_that_is_withdrawn_does_not_come_back_by_an_older_result() {
        let by_trust = right(Authenticator::TrustedBrowser, "b1");
        let by_code = right(Authenticator::BackupCode, "backup_code");
        let one = |flow: &FlowStatus<'_>, id: &str| {
            when_trust_is_revoked(flow, &Browsers::One(id.to_owned()))
        };
        let others = |flow: &FlowStatus<'_>, id: &str| {
            when_trust_is_revoked(flow, &Browsers::AllBut(id.to_owned()))
        };
        assert_eq!(others(&by_trust, "b1"), FlowChange::Keep);
        assert_eq!(others(&by_trust, "b2"), FlowChange::Supersede);
        assert_eq!(others(&by_code, "b1"), FlowChange::LeadInOnly);
        assert_eq!(one(&by_trust, "b1"), FlowChange::Supersede);
        assert_eq!(one(&by_trust, "b2"), FlowChange::Keep);
        assert_eq!(one(&by_code, "b1"), FlowChange::Keep);
        let all = |flow: &FlowStatus<'_>| when_trust_is_revoked(flow, &Browsers::All);
        assert_eq!(all(&by_trust), FlowChange::Supersede);
        assert_eq!(all(&by_code), FlowChange::LeadInOnly);
        assert_eq!(all(&login()), FlowChange::LeadInOnly);
    }
}
