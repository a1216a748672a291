//! Who must have two-step verification, and what they may do about it: a host's own settings, and groups
//! of its people for whom others hold.

use nidan_core::grace::GracePolicy;
use nidan_protocol::{AcrNeeded, MethodKind};
use nidan_store::TrustLives;
use serde::Deserialize;

use super::Host;

const DAY_S: u64 = 86_400;

/// People for whom other rules hold. What is left out is as the host has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What the host sends as `group` with each flow.
    pub id: String,
    /// As [`Host::required`].
    pub required: Option<bool>,
    /// As [`Host::grace_days`].
    pub grace_days: Option<u32>,
    /// As [`Host::grace_skips`].
    pub grace_skips: Option<u32>,
    /// As [`Host::min_methods`].
    pub min_methods: Option<u32>,
    /// As [`Host::methods`].
    pub methods: Option<Vec<MethodKind>>,
    /// As [`Host::may_pause`].
    pub may_pause: Option<bool>,
    /// As [`Host::may_turn_off`].
    pub may_turn_off: Option<bool>,
    /// As [`Host::trust_days`]; 0 where no browser of theirs is trusted.
    pub trust_days: Option<u32>,
    /// As [`Host::acr_needed`].
    pub acr_needed: Option<AcrNeeded>,
}

impl Host {
    /// The host as it is to the people of a group; [`None`] for a group that there is not.
    pub(crate) fn of_group(&self, group: Option<&str>) -> Option<Self> {
        let Some(id) = group else {
            return Some(self.clone());
        };
        let group = self.groups.iter().find(|group| group.id == id)?;
        let host = self.clone();
        // Grace is one thing: a group that says something of it says all.
        let says_grace = group.grace_days.is_some() || group.grace_skips.is_some();
        let required = group.required.unwrap_or(host.required);
        let (grace_days, grace_skips) = match (says_grace, required) {
            (true, _) => (group.grace_days, group.grace_skips),
            (false, true) => (host.grace_days, host.grace_skips),
            (false, false) => (None, None),
        };
        let trust_days = group.trust_days.or(host.trust_days);
        let trust_days = trust_days.filter(|days| *days > 0);
        Some(Self {
            required,
            grace_days,
            grace_skips,
            min_methods: group.min_methods.unwrap_or(host.min_methods),
            methods: group.methods.clone().or(host.methods),
            may_pause: group.may_pause.unwrap_or(host.may_pause),
            may_turn_off: group.may_turn_off.unwrap_or(host.may_turn_off),
            trust_days,
            // Nothing is approved by a browser that cannot be trusted.
            approvals: host.approvals && trust_days.is_some(),
            acr_needed: group.acr_needed.or(host.acr_needed),
            ..host
        })
    }

    /// Whether a pause counts: one that was begun under another policy does not.
    pub(crate) const fn may_be_paused(&self) -> bool {
        self.may_pause && !self.required
    }

    /// For how long a set-up that is required may be put off.
    pub(crate) const fn grace(&self) -> GracePolicy {
        GracePolicy {
            is_required: self.required,
            days: self.grace_days,
            skips: self.grace_skips,
        }
    }

    /// For how long browsers are trusted; [`None`] where no browser is.
    pub(crate) fn trust_lives(&self) -> Option<TrustLives> {
        let seconds = |days: u32| u64::from(days) * DAY_S;
        let of_group = |group: &Group| {
            let days = self.of_group(Some(&group.id))?.trust_days?;
            Some((group.id.clone(), seconds(days)))
        };
        let lives = TrustLives {
            without_group: self.trust_days.map(seconds),
            by_group: self.groups.iter().filter_map(of_group).collect(),
        };
        let is_any = lives.without_group.is_some() || !lives.by_group.is_empty();
        is_any.then_some(lives)
    }
}
