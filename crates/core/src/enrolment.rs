//! Enrolments: who may begin one, and what the final post needs.

/// The answer to the opening of an enrolment.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// The flow is stored; earlier open flows of the person are superseded.
    Yes,
    /// The person has an active factor, which would have to be proved first. Nothing was stored.
    FactorActive,
}

/// The answer to the final post.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activated {
    /// The methods and the backup codes are stored whole.
    Yes,
    /// The flow is no longer open, or the person has a factor by now. Nothing was stored.
    Conflict,
    /// A secret among them was enrolled before, by whomever. Nothing was stored.
    SecretKnown,
}

/// The data on which the final post depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivationContext {
    /// Whether the flow waits for it.
    pub flow_is_open: bool,
    /// Whether the person has a method.
    pub has_factor: bool,
    /// Whether the secret of one of the methods was enrolled before.
    pub has_known_secret: bool,
}

/// Whether two methods of one post have the same secret.
pub fn has_twins<'a>(fingerprints: impl Iterator<Item = &'a [u8; 32]>) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    fingerprints
        .into_iter()
        .any(|fingerprint| !seen.insert(fingerprint))
}

/// Decides whether an enrolment begins.
pub const fn open(has_factor: bool) -> Opened {
    if has_factor {
        Opened::FactorActive
    } else {
        Opened::Yes
    }
}

/// Decides whether the final post is stored.
pub const fn activate(context: ActivationContext) -> Activated {
    match context {
        ActivationContext {
            flow_is_open: true,
            has_factor: false,
            has_known_secret: false,
        } => Activated::Yes,
        ActivationContext {
            flow_is_open: true,
            has_factor: false,
            has_known_secret: true,
        } => Activated::SecretKnown,
        ActivationContext {
            flow_is_open: false,
            ..
        }
        | ActivationContext {
            has_factor: true, ..
        } => Activated::Conflict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_a_factor_proves_it_first() {
        assert_eq!(open(false), Opened::Yes);
        assert_eq!(open(true), Opened::FactorActive);
    }

    #[test]
    fn one_secret_is_not_enrolled_twice_in_one_post() {
        let [one, other] = [[1; 32], [2; 32]];
        assert!(!has_twins([&one, &other].into_iter()));
        assert!(has_twins([&one, &other, &one].into_iter()));
    }

    #[test]
    fn a_final_post_is_stored_for_an_open_flow_of_somebody_new() {
        let check = |flow_is_open, has_factor, has_known_secret, expected| {
            let context = ActivationContext {
                flow_is_open,
                has_factor,
                has_known_secret,
            };
            assert_eq!(activate(context), expected, "{context:?}");
        };
        check(true, false, false, Activated::Yes);
        check(true, false, true, Activated::SecretKnown);
        check(true, true, false, Activated::Conflict);
        check(true, true, true, Activated::Conflict);
        check(false, false, false, Activated::Conflict);
        check(false, false, true, Activated::Conflict);
    }
}
