//! Grace: for how long somebody who must have two-step verification may still put its set-up off.
//!
//! What was given is kept, and what is left of it is computed against the policy of now: a policy that
//! changes gives nobody a second time what is spent.

const DAY_S: u64 = 86_400;

/// What the host's policy says of a person's group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GracePolicy {
    /// Whether everybody in it must have two-step verification.
    pub is_required: bool,
    /// For how many days after it was first asked for the set-up may be put off; no date ends it where
    /// this is missing.
    pub days: Option<u32>,
    /// How often the set-up may be put off; no number ends it where this is missing. Where both are
    /// missing, it is not put off at all.
    pub skips: Option<u32>,
}

/// What a person was given, and has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grace {
    /// When the set-up was first asked for, in Unix seconds; [`None`] where it never was.
    pub from: Option<u64>,
    /// How often it was put off.
    pub skips_used: u32,
    /// Whether it is over for good: the host's support has taken everything out once, and whoever has the
    /// password alone could otherwise put the new set-up off for the person.
    pub is_over: bool,
}

/// What is left to somebody without a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraceLeft {
    /// Until when the set-up may be put off, in Unix seconds; [`None`] where no date ends it.
    pub deadline: Option<u64>,
    /// How often; [`None`] where no number ends it.
    pub skips: Option<u32>,
    /// Whether it may be put off now.
    pub may_skip: bool,
}

/// Returns what is left at `now` (Unix seconds); [`None`] where the set-up is not required.
pub fn left(policy: GracePolicy, grace: Grace, now: u64) -> Option<GraceLeft> {
    if !policy.is_required {
        return None;
    }
    let from = grace.from.unwrap_or(now);
    let deadline = policy
        .days
        .map(|days| from.saturating_add(u64::from(days).saturating_mul(DAY_S)));
    let skips = policy
        .skips
        .map(|skips| skips.saturating_sub(grace.skips_used));
    let is_given = policy.days.is_some() || policy.skips.is_some();
    let is_in_time = deadline.is_none_or(|deadline| now < deadline);
    let has_skips = skips != Some(0);
    Some(GraceLeft {
        deadline,
        skips,
        may_skip: is_given && is_in_time && has_skips && !grace.is_over,
    })
}

/// The data on which putting a set-up off depends.
#[derive(Debug, Clone, Copy)]
pub struct SkipContext {
    /// Whether the flow is an open set-up whose time is not over.
    pub flow_is_open: bool,
    /// Whether the person has a method, or a code of the host's support keeps the set-up.
    pub has_way_in: bool,
    /// What the person was given.
    pub grace: Grace,
}

/// The answer to a set-up that is to be put off.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// It is put off, and this is left then.
    Yes(GraceLeft),
    /// Nothing of it is left, or the host requires nothing. Nothing was stored.
    NotAllowed,
    /// The flow is over, or the person has two-step verification by now. Nothing was stored.
    FlowOver,
}

/// Decides whether a set-up is put off, counting this time.
pub fn skip(context: SkipContext, policy: GracePolicy, now: u64) -> Skip {
    if !context.flow_is_open || context.has_way_in {
        return Skip::FlowOver;
    }
    if !left(policy, context.grace, now).is_some_and(|left| left.may_skip) {
        return Skip::NotAllowed;
    }
    let used = Grace {
        from: Some(context.grace.from.unwrap_or(now)),
        skips_used: context.grace.skips_used.saturating_add(1),
        is_over: false,
    };
    left(policy, used, now).map_or(Skip::NotAllowed, Skip::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    const fn policy(days: Option<u32>, skips: Option<u32>) -> GracePolicy {
        GracePolicy {
            is_required: true,
            days,
            skips,
        }
    }

    const fn grace(from: u64, skips_used: u32) -> Grace {
        Grace {
            from: Some(from),
            skips_used,
            is_over: false,
        }
    }

    fn may(policy: GracePolicy, grace: Grace) -> bool {
        left(policy, grace, NOW).is_some_and(|left| left.may_skip)
    }

    #[test]
    fn days_end_it_and_skips_end_it_whichever_is_first() {
        let both = policy(Some(7), Some(3));
        assert!(may(both, Grace::default()));
        assert!(may(both, grace(NOW - 7 * DAY_S + 1, 2)));
        assert!(!may(both, grace(NOW - 7 * DAY_S, 0)), "the date is over");
        assert!(!may(both, grace(NOW, 3)), "the last one is used");
        assert!(may(policy(Some(7), None), grace(NOW, u32::MAX)));
        assert!(may(policy(None, Some(1)), grace(0, 0)));
        assert!(!may(policy(None, None), Grace::default()), "none is given");
    }

    #[test]
    fn what_is_required_of_nobody_has_no_grace() {
        let optional = GracePolicy::default();
        assert_eq!(left(optional, Grace::default(), NOW), None);
    }

    #[test]
    fn a_policy_that_changes_gives_nothing_anew() {
        let used = grace(NOW - 5 * DAY_S, 3);
        assert!(!may(policy(Some(7), Some(3)), used));
        assert!(!may(policy(Some(3), Some(9)), used), "fewer days");
        let more = left(policy(None, Some(5)), used, NOW);
        assert_eq!(more.and_then(|left| left.skips), Some(2));
    }

    #[test]
    fn a_reset_gives_nothing_anew() {
        let over = Grace {
            is_over: true,
            ..Grace::default()
        };
        assert!(!may(policy(Some(7), Some(3)), over));
    }

    #[test]
    fn a_skip_is_counted_and_the_last_one_is_the_last() {
        let context = |skips_used| SkipContext {
            flow_is_open: true,
            has_way_in: false,
            grace: grace(NOW - 10, skips_used),
        };
        let three = policy(Some(7), Some(3));
        let skips = |skips_used| match skip(context(skips_used), three, NOW) {
            Skip::Yes(left) => left.skips,
            Skip::NotAllowed | Skip::FlowOver => None,
        };
        assert_eq!((skips(0), skips(2)), (Some(2), Some(0)));
        assert_eq!(skip(context(3), three, NOW), Skip::NotAllowed);
        let optional = GracePolicy::default();
        assert_eq!(skip(context(0), optional, NOW), Skip::NotAllowed);
        let closed = SkipContext {
            flow_is_open: false,
            ..context(0)
        };
        assert_eq!(skip(closed, three, NOW), Skip::FlowOver);
        let enrolled = SkipContext {
            has_way_in: true,
            ..context(0)
        };
        assert_eq!(skip(enrolled, three, NOW), Skip::FlowOver);
    }
}
