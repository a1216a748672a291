//! Enrolments: who may begin one, and what the final post needs.

/// The answer to the opening of an enrolment.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// The flow is stored; earlier open flows of the person are superseded.
    Yes,
    /// The person has an active factor, or a code of the host's support, which would have to be proved first.
    /// Nothing was stored.
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

/// The data on which the opening depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningContext<'a> {
    /// Whether the person has a method.
    pub has_factor: bool,
    /// The code of the host's support, where one was made and its time is not over.
    pub code: Option<CodeStatus<'a>>,
    /// The login that the host names, by its flow's id: it has just let the person in.
    pub after_login: Option<&'a str>,
}

/// What became of a code that the host's support has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeStatus<'a> {
    /// It waits for its login.
    Unspent,
    /// A report has ended it.
    Ended,
    /// It has let in the login of this flow.
    SpentBy(&'a str),
}

/// Decides whether an enrolment begins. While a code of the host's support lives, also after it was
/// spent, nothing but the login that it let in leads there: whoever has the password alone could
/// otherwise be faster than the person who was given the code.
pub fn open(context: OpeningContext<'_>) -> Opened {
    let is_let_in = match context.code {
        None => true,
        Some(CodeStatus::Unspent) => false,
        Some(CodeStatus::Ended) => false,
        Some(CodeStatus::SpentBy(flow)) => context.after_login == Some(flow),
    };
    if context.has_factor || !is_let_in {
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
        let begins = |has_factor, code, after_login| {
            open(OpeningContext {
                has_factor,
                code,
                after_login,
            })
        };
        let spent = Some(CodeStatus::SpentBy("login"));
        assert_eq!(begins(false, None, None), Opened::Yes);
        assert_eq!(begins(false, spent, Some("login")), Opened::Yes);
        for (has_factor, code, after_login) in [
            (true, None, None),
            (true, spent, Some("login")),
            (false, Some(CodeStatus::Unspent), None),
            (false, Some(CodeStatus::Unspent), Some("login")),
            (false, Some(CodeStatus::Ended), Some("")),
            (false, spent, None),
            (false, spent, Some("another")),
        ] {
            let opened = begins(has_factor, code, after_login);
            assert_eq!(opened, Opened::FactorActive, "{code:?} {after_login:?}");
        }
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
