//! A method that the host's support holds: it lets nobody in until it is released. What a lost phone
//! needs at once, and what is undone when the phone is found.

use crate::manage::Holder;
use crate::throttle::{SUSPENDED_AFTER, Tries};

/// What is to be done with a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldWish {
    /// Hold it.
    Hold,
    /// Release it.
    Release,
}

/// A method of the person, as far as the decision depends on it.
#[derive(Debug, Clone)]
pub struct HoldMethod {
    /// The method's id.
    pub id: String,
    /// Who holds it.
    pub held_by: Option<Holder>,
    /// Whether another one took its place: it signs in for hours only.
    pub is_retiring: bool,
    /// Which one, where it does.
    pub successor: Option<String>,
    /// Its wrong attempts.
    pub tries: Tries,
}

/// The data that the decision depends on. The engine reads it in the transaction that will write the
/// change.
#[derive(Debug, Clone)]
pub struct HoldContext {
    /// The person's methods.
    pub methods: Vec<HoldMethod>,
    /// Unused backup codes.
    pub backup_codes_left: u32,
    /// Whether the person has paused codes.
    pub is_paused: bool,
}

/// The decision.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldDecision {
    /// It is to be written, and the factor epoch rises where a method is held: results of logins
    /// that are under way and the trust in browsers end with it.
    Change {
        /// Whether the factor epoch rises.
        raises_epoch: bool,
        /// Whether a pause ends: codes are asked for from now on.
        ends_pause: bool,
        /// The methods whose place the held one took: they stay, and retire no longer.
        brings_back: Vec<String>,
    },
    /// It is so already: nothing changes.
    AlreadySo,
    /// The person has no such method.
    NoMethod,
    /// No way in would be left.
    LastMethod,
}

/// Decides whether a method is held or released.
///
/// A method is held only where another way in is left: a method that is neither held, suspended nor
/// retiring (one that rests accepts codes tomorrow), or a backup code. One that retires because the
/// lost one took its place is such a way: it stays. The host then resets the person
/// instead of locking them out. Support's hold takes the place of the person's own: whoever has
/// another factor could release that one.
pub fn decide(context: &HoldContext, method_id: &str, wish: HoldWish, by: Holder) -> HoldDecision {
    let Some(method) = context.methods.iter().find(|method| method.id == method_id) else {
        return HoldDecision::NoMethod;
    };
    let comes_back = |other: &&HoldMethod| {
        other.is_retiring
            && other.held_by.is_none()
            && other.successor.as_deref() == Some(method_id)
    };
    let lets_in = |other: &HoldMethod| {
        other.held_by.is_none()
            && (!other.is_retiring || comes_back(&other))
            && other.tries.in_a_row < SUSPENDED_AFTER
    };
    let mut others = context.methods.iter().filter(|other| other.id != method_id);
    let in_place = HoldDecision::Change {
        raises_epoch: false,
        ends_pause: false,
        brings_back: Vec::new(),
    };
    match (wish, method.held_by) {
        (HoldWish::Hold, Some(Holder::Person)) if by == Holder::Support => in_place,
        (HoldWish::Hold, Some(_)) | (HoldWish::Release, None) => HoldDecision::AlreadySo,
        (HoldWish::Release, Some(_)) => in_place,
        (HoldWish::Hold, None) if context.backup_codes_left > 0 || others.any(lets_in) => {
            HoldDecision::Change {
                raises_epoch: true,
                ends_pause: context.is_paused,
                brings_back: {
                    let back = context.methods.iter().filter(comes_back);
                    back.map(|other| other.id.clone()).collect()
                },
            }
        }
        (HoldWish::Hold, None) => HoldDecision::LastMethod,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const NOW: u64 = 1_800_000_000;

    fn method(id: &str, is_held: bool, in_a_row: u32) -> HoldMethod {
        HoldMethod {
            id: id.to_owned(),
            held_by: is_held.then_some(Holder::Person),
            is_retiring: false,
            successor: None,
            tries: Tries {
                in_a_row,
                ..Tries::default()
            },
        }
    }

    fn hold(methods: &[HoldMethod], backup_codes_left: u32) -> HoldDecision {
        let context = HoldContext {
            methods: methods.to_vec(),
            backup_codes_left,
            is_paused: false,
        };
        decide(&context, "a", HoldWish::Hold, Holder::Person)
    }

    #[test]
    fn a_method_is_held_where_another_way_in_is_left() {
        let change = HoldDecision::Change {
            raises_epoch: true,
            ends_pause: false,
            brings_back: vec![],
        };
        let lost = method("a", false, 0);
        assert_eq!(hold(&[lost.clone(), method("b", false, 0)], 0), change);
        assert_eq!(hold(std::slice::from_ref(&lost), 1), change);
        for others in [
            vec![],
            vec![method("b", true, 0)],
            vec![HoldMethod {
                is_retiring: true,
                ..method("b", false, 0)
            }],
            vec![method("b", false, SUSPENDED_AFTER)],
        ] {
            let all: Vec<_> = std::iter::once(lost.clone()).chain(others).collect();
            assert_eq!(hold(&all, 0), HoldDecision::LastMethod, "{all:?}");
            assert_eq!(hold(&all, 1), change, "a backup code is a way in: {all:?}");
        }
    }

    #[test]
    fn one_that_rests_is_a_way_in_again_tomorrow() {
        let resting = HoldMethod {
            tries: Tries {
                in_a_row: 10,
                day: NOW / 86_400,
                today: 10,
            },
            ..method("b", false, 0)
        };
        let all = [method("a", false, 0), resting];
        assert_eq!(
            hold(&all, 0),
            HoldDecision::Change {
                raises_epoch: true,
                ends_pause: false,
                brings_back: vec![],
            }
        );
    }

    #[test]
    fn a_hold_ends_a_pause() {
        let context = HoldContext {
            methods: vec![method("a", false, 0)],
            backup_codes_left: 1,
            is_paused: true,
        };
        let change = HoldDecision::Change {
            raises_epoch: true,
            ends_pause: true,
            brings_back: vec![],
        };
        assert_eq!(
            decide(&context, "a", HoldWish::Hold, Holder::Support),
            change
        );
    }

    #[test]
    fn what_is_so_already_changes_nothing_and_a_release_ends_no_session() {
        assert_eq!(hold(&[method("a", true, 0)], 0), HoldDecision::AlreadySo);
        assert_eq!(hold(&[method("b", false, 0)], 5), HoldDecision::NoMethod);
        let release = |is_held| {
            let context = HoldContext {
                methods: vec![method("a", is_held, 0)],
                backup_codes_left: 0,
                is_paused: true,
            };
            decide(&context, "a", HoldWish::Release, Holder::Support)
        };
        let change = HoldDecision::Change {
            raises_epoch: false,
            ends_pause: false,
            brings_back: vec![],
        };
        assert_eq!(
            (release(true), release(false)),
            (change.clone(), HoldDecision::AlreadySo)
        );
        // The person's own becomes support's, and support's stays.
        let by_support = |held_by| {
            let held = HoldMethod {
                held_by: Some(held_by),
                ..method("a", true, 0)
            };
            let context = HoldContext {
                methods: vec![held],
                backup_codes_left: 0,
                is_paused: true,
            };
            decide(&context, "a", HoldWish::Hold, Holder::Support)
        };
        assert_eq!(by_support(Holder::Person), change);
        assert_eq!(by_support(Holder::Support), HoldDecision::AlreadySo);
    }
}
