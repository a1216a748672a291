//! A right code completes its login: what is spent, what is given back, what is noted.

use nidan_protocol::{
    APPROVAL_METHOD_ID, Authenticator, BACKUP_METHOD_ID, Channel, EventKind, MethodKind,
    TEMPORARY_METHOD_ID,
};

use crate::attempt::BackupHash;
use crate::audit::AuditDetail;
use crate::throttle::{self, Allowance, Tries};

/// An [authenticator](Authenticator) whose code was right, with what makes the code single-use. An
/// engine spends it by one conditional update whose row count says whether it was still there to be
/// spent.
#[derive(Debug, Clone)]
pub enum Authenticated {
    /// An authenticator app's time step ([RFC 6238
    /// §5.2](https://www.rfc-editor.org/rfc/rfc6238#section-5.2)).
    Otp {
        /// The method's id.
        method_id: String,
        /// The first of the matched steps: of a pair, the one before `step`.
        first_step: u64,
        /// The matched step.
        step: u64,
        /// The drift of the app's clock that the code showed, in time steps.
        drift: i64,
    },
    /// A code that was sent.
    OutOfBand {
        /// The method's id.
        method_id: String,
        /// The challenge that was answered.
        challenge_id: String,
        /// The channel over which the code was sent.
        channel: Channel,
    },
    /// A backup code.
    BackupCode {
        /// Its place in the set.
        ordinal: u32,
    },
    /// A code that another browser of the person has shown.
    Approval {
        /// The request for approval.
        approval_id: String,
    },
    /// A code that the host's support has made.
    TemporaryCode {
        /// Which one: another may take its place meanwhile.
        hash: BackupHash,
    },
    /// A passkey. Its ceremony was spent when the attempt was counted.
    Passkey {
        /// The method's id.
        method_id: String,
        /// The signature counter that the answer was compared with.
        counter_before: u32,
        /// The signature counter from now on.
        counter: u32,
    },
}

impl Authenticated {
    /// The authenticator that was used.
    pub const fn authenticator(&self) -> Authenticator {
        match self {
            Self::Otp { .. } => Authenticator::Method(MethodKind::Totp),
            Self::OutOfBand { channel, .. } => Authenticator::Method(channel.method()),
            Self::BackupCode { .. } => Authenticator::BackupCode,
            Self::Approval { .. } => Authenticator::Approval,
            Self::TemporaryCode { .. } => Authenticator::TemporaryCode,
            Self::Passkey { .. } => Authenticator::Method(MethodKind::Passkey),
        }
    }

    /// The id of the method that was used; [`BACKUP_METHOD_ID`] for a backup code,
    /// [`APPROVAL_METHOD_ID`] for another browser, [`TEMPORARY_METHOD_ID`] for support's code.
    pub fn method_id(&self) -> &str {
        match self {
            Self::Otp { method_id, .. }
            | Self::OutOfBand { method_id, .. }
            | Self::Passkey { method_id, .. } => method_id,
            Self::BackupCode { .. } => BACKUP_METHOD_ID,
            Self::Approval { .. } => APPROVAL_METHOD_ID,
            Self::TemporaryCode { .. } => TEMPORARY_METHOD_ID,
        }
    }
}

/// The data that completing a login depends on, as it is before the code is spent.
#[derive(Debug, Clone)]
pub struct LoginContext {
    /// The chance of guessing that may still be given away for the person.
    pub allowance: Allowance,
    /// The wrong attempts of the method that was used; none for a backup code.
    pub tries: Tries,
    /// Whether the host's support holds that method by now.
    pub is_held: bool,
    /// The cost of all attempts of this flow to the [allowance](Allowance), in millionths.
    pub flow_cost: u32,
    /// The last two digits of the number that was used.
    pub hint: Option<String>,
    /// Unused backup codes.
    pub backup_codes_left: u32,
    /// The methods whose place this one took, and that have not retired.
    pub replaced: Vec<Replaced>,
}

/// A method whose place another one took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its id.
    pub method_id: String,
    /// What the record says of it.
    pub detail: AuditDetail,
}

/// The changes that the engine writes when a login completes.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginChanges {
    /// The wrong attempts of the method from now on; [`None`] where it has none.
    pub tries: Option<Tries>,
    /// The person's allowance from now on.
    pub allowance: Allowance,
    /// The kind of the record's entry.
    pub event: EventKind,
    /// The details of the entry.
    pub detail: AuditDetail,
    /// Unused backup codes after it.
    pub backup_codes_left: u32,
    /// The methods that retire by it: the one that took their place signs in.
    pub retired: Vec<Replaced>,
}

/// Returns the changes that a right code makes.
pub fn complete(context: &LoginContext, authenticated: &Authenticated, now: u64) -> LoginChanges {
    let detail = |count| AuditDetail {
        method: Some(authenticated.authenticator()),
        hint: context.hint.clone(),
        count,
    };
    match authenticated {
        Authenticated::Otp { .. } | Authenticated::OutOfBand { .. } => {
            let (tries, allowance) =
                throttle::succeed(context.tries, context.allowance, context.flow_cost, now);
            LoginChanges {
                tries: Some(tries),
                allowance,
                event: EventKind::Verified,
                detail: detail(None),
                backup_codes_left: context.backup_codes_left,
                retired: context.replaced.clone(),
            }
        }
        // No method has worked. What its own flow has guessed comes back, as with any right code.
        Authenticated::Approval { .. } => {
            let (_no_method, allowance) =
                throttle::succeed(Tries::default(), context.allowance, context.flow_cost, now);
            LoginChanges {
                tries: None,
                allowance,
                event: EventKind::Verified,
                detail: detail(None),
                backup_codes_left: context.backup_codes_left,
                retired: Vec::new(),
            }
        }
        // Nothing was guessed at: what others have guessed stays counted.
        Authenticated::Passkey { .. } => LoginChanges {
            tries: Some(context.tries),
            allowance: context.allowance,
            event: EventKind::Verified,
            detail: detail(None),
            backup_codes_left: context.backup_codes_left,
            retired: context.replaced.clone(),
        },
        Authenticated::TemporaryCode { .. } => LoginChanges {
            tries: None,
            allowance: context.allowance,
            event: EventKind::TemporaryCodeUsed,
            detail: detail(None),
            backup_codes_left: context.backup_codes_left,
            retired: Vec::new(),
        },
        // It proves nothing of the methods that somebody guessed at: their counts stay.
        Authenticated::BackupCode { .. } => {
            let left = context.backup_codes_left.saturating_sub(1);
            LoginChanges {
                tries: None,
                allowance: context.allowance,
                event: EventKind::BackupCodeUsed,
                detail: detail(Some(left)),
                backup_codes_left: left,
                retired: Vec::new(),
            }
        }
    }
}

/// What a right code shows where methods are managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofKind {
    /// That the person is there.
    Proof,
    /// That the method works.
    Test,
}

/// Returns the changes that a right code makes where methods are managed: those of a login, but
/// nobody signs in by it.
pub fn prove(
    context: &LoginContext,
    authenticated: &Authenticated,
    kind: ProofKind,
    now: u64,
) -> LoginChanges {
    let changes = complete(context, authenticated, now);
    let event = match (authenticated, kind) {
        // One less is left, and the person is told.
        (
            Authenticated::BackupCode { .. } | Authenticated::TemporaryCode { .. },
            ProofKind::Proof | ProofKind::Test,
        ) => changes.event,
        (
            Authenticated::Otp { .. }
            | Authenticated::OutOfBand { .. }
            | Authenticated::Approval { .. }
            | Authenticated::Passkey { .. },
            ProofKind::Proof,
        ) => EventKind::Proved,
        (
            Authenticated::Otp { .. }
            | Authenticated::OutOfBand { .. }
            | Authenticated::Approval { .. }
            | Authenticated::Passkey { .. },
            ProofKind::Test,
        ) => EventKind::MethodTested,
    };
    LoginChanges {
        event,
        retired: Vec::new(),
        ..changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn context() -> LoginContext {
        let (tries, allowance, cost) = throttle::reserve(
            Tries::default(),
            Allowance::default(),
            throttle::Guess::App,
            throttle::Needs::OneCode,
            NOW,
        );
        LoginContext {
            allowance,
            tries,
            is_held: false,
            flow_cost: cost,
            hint: None,
            backup_codes_left: 3,
            replaced: vec![Replaced {
                method_id: "old".to_owned(),
                detail: AuditDetail::default(),
            }],
        }
    }

    #[test]
    fn a_right_code_gives_its_own_flow_s_guesses_back() {
        let app = Authenticated::Otp {
            method_id: "m".to_owned(),
            first_step: 1,
            step: 1,
            drift: 0,
        };
        let changes = complete(&context(), &app, NOW);
        assert_eq!(changes.tries.map(|tries| tries.in_a_row), Some(0));
        assert_eq!(changes.allowance.full_at, NOW);
        assert_eq!(changes.event, EventKind::Verified);
        assert_eq!(changes.backup_codes_left, 3);
        assert_eq!(changes.retired, context().replaced);
    }

    #[test]
    fn a_backup_code_lets_in_and_excuses_no_guess() {
        let code = Authenticated::BackupCode { ordinal: 4 };
        let before = context();
        let changes = complete(&before, &code, NOW);
        assert_eq!((changes.tries, changes.allowance), (None, before.allowance));
        assert_eq!(changes.event, EventKind::BackupCodeUsed);
        assert_eq!(changes.detail.count, Some(2));
        assert_eq!(changes.detail.method, Some(Authenticator::BackupCode));
        assert_eq!(changes.backup_codes_left, 2);
        assert_eq!(changes.retired, []);
    }

    #[test]
    fn a_proof_counts_as_a_right_code_and_signs_nobody_in() {
        let app = Authenticated::Otp {
            method_id: "m".to_owned(),
            first_step: 1,
            step: 1,
            drift: 0,
        };
        let proved = |authenticated, kind| prove(&context(), authenticated, kind, NOW);
        let proof = proved(&app, ProofKind::Proof);
        assert_eq!(proof.tries.map(|tries| tries.in_a_row), Some(0));
        assert_eq!(proof.allowance.full_at, NOW);
        assert_eq!((proof.event, proof.retired), (EventKind::Proved, vec![]));
        let test = proved(&app, ProofKind::Test);
        assert_eq!(test.event, EventKind::MethodTested);
        assert!(!test.event.is_login() && !test.event.is_told());
        let code = Authenticated::BackupCode { ordinal: 4 };
        let used = proved(&code, ProofKind::Proof);
        assert_eq!(used.event, EventKind::BackupCodeUsed);
        assert_eq!(used.detail.count, Some(2));
    }

    #[test]
    fn the_record_says_by_what_and_to_which_number() {
        let text = Authenticated::OutOfBand {
            method_id: "m".to_owned(),
            challenge_id: "c".to_owned(),
            channel: Channel::Voice,
        };
        let context = LoginContext {
            hint: Some("78".to_owned()),
            ..context()
        };
        let detail = complete(&context, &text, NOW).detail;
        let method = Some(Authenticator::Method(MethodKind::Voice));
        let hint = Some("78".to_owned());
        let count = None;
        assert_eq!(
            detail,
            AuditDetail {
                method,
                hint,
                count
            }
        );
    }
}
