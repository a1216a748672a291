//! Attempts at login. An attempt is counted as a wrong one before anything is checked, so that
//! neither a crash nor a second request at the same moment gives a guess away.

use nidan_protocol::{Authenticator, Channel, MethodClass, MethodKind, Purpose};

use crate::throttle::{self, Allowance, Gate, Guess, Needs, Tries};

/// An attempt that a login makes.
#[derive(Debug, Clone)]
pub struct LoginAttempt {
    /// The flow.
    pub flow_id: String,
    /// The host's id.
    pub host: String,
    /// The host's id of the person.
    pub subject: String,
    /// The code or codes that are presented, without their digits.
    pub presented: Presented,
    /// What a right code is for.
    pub purpose: AttemptPurpose,
    /// The number of attempts that one flow has.
    pub flow_limit: u32,
    /// Now, in Unix seconds.
    pub now: u64,
}

/// What a right code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptPurpose {
    /// It completes a login.
    Login,
    /// It proves a factor where methods are managed, or that the method works.
    Proof,
}

impl AttemptPurpose {
    /// The purpose of the flows in which it counts.
    pub const fn of_flow(self) -> Purpose {
        match self {
            Self::Login => Purpose::Verify,
            Self::Proof => Purpose::Manage,
        }
    }
}

/// A presentation of codes, without their digits.
#[derive(Debug, Clone)]
pub enum Presented {
    /// One code of a method, or two.
    Code {
        /// The method's id.
        method_id: String,
        /// The number of codes.
        codes: Needs,
        /// Whether the host accepts only an app's current step.
        strict: bool,
        /// The number of attempts that a code which was sent has.
        challenge_limit: u32,
    },
    /// A backup code.
    BackupCode {
        /// The number of backup codes that one flow may try.
        limit: u32,
    },
}

/// The data that the decision depends on. The engine reads it in the transaction that will write
/// the changes.
#[derive(Debug, Clone)]
pub struct AttemptContext {
    /// Attempts of this flow so far.
    pub flow_attempts: u32,
    /// Those of them that were backup codes.
    pub backup_attempts: u32,
    /// The chance of guessing that may still be given away for the person.
    pub allowance: Allowance,
    /// The [authenticator](Authenticator) that is tried.
    pub target: Target,
}

/// What keeps a method from counting, whatever the code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutOfUse {
    /// It is lost, say, and held until it is found.
    pub is_held: bool,
    /// Another one took its place: it signs in for some time, and proves nothing else.
    pub is_retiring: bool,
}

/// The [authenticator](Authenticator) that is tried, as it is stored.
#[derive(Debug, Clone)]
pub enum Target {
    /// The person has no such method, or no backup codes.
    Missing,
    /// The person's unused backup codes.
    BackupCodes(BackupSet),
    /// An authenticator app.
    Otp {
        /// Its wrong attempts.
        tries: Tries,
        /// What keeps it from counting, whatever the code is.
        out_of_use: OutOfUse,
        /// The secret, which opens only for its own row.
        sealed_secret: Vec<u8>,
        /// The drift of its clock, in time steps.
        drift: i64,
    },
    /// A phone.
    OutOfBand {
        /// Its wrong attempts.
        tries: Tries,
        /// What keeps it from counting, whatever the code is.
        out_of_use: OutOfUse,
        /// The last two digits of its number.
        hint: String,
        /// The flow's latest code for it.
        challenge: Option<SentCode>,
    },
}

/// A code that was sent, without the code, which is derived from the id.
#[derive(Debug, Clone)]
pub struct SentCode {
    /// The challenge's id.
    pub challenge_id: String,
    /// The channel over which it was sent.
    pub channel: Channel,
    /// The number of codes in its message.
    pub codes: u32,
    /// Attempts so far.
    pub attempts: u32,
    /// When it ends, in Unix seconds.
    pub expires_at: u64,
    /// Whether it was answered.
    pub is_answered: bool,
}

/// The length of the salt of a person's backup codes, in bytes. [NIST SP
/// 800-63B-4](https://pages.nist.gov/800-63-4/sp800-63b.html) §3.1.1.2 wants at least four.
pub const BACKUP_SALT_LEN_BYTES: usize = 16;

/// A backup code's keyed and slow hash.
pub type BackupHash = [u8; 32];

/// The hashed backup codes that are still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSet {
    /// The salt of the set.
    pub salt: [u8; BACKUP_SALT_LEN_BYTES],
    /// Whether host and person are in the hashes: those of earlier versions are not.
    pub is_bound: bool,
    /// The ordinal of each and its hash.
    pub unused: Vec<(u32, BackupHash)>,
}

/// The data that checking a [counted attempt](CountedAttempt) needs.
#[derive(Debug, Clone)]
pub enum CheckInput {
    /// An authenticator app's.
    Otp {
        /// The secret, which opens only for its own row.
        sealed_secret: Vec<u8>,
        /// The drift of its clock, in time steps.
        drift: i64,
    },
    /// A phone's: the flow's latest code for it.
    OutOfBand {
        /// The code is derived from this.
        challenge_id: String,
        /// The channel over which it was sent.
        channel: Channel,
        /// The number of codes in its message.
        codes: u32,
        /// The last two digits of the number.
        hint: String,
        /// Attempts that this code has left.
        attempts_left: u32,
    },
    /// The person's unused backup codes.
    BackupCodes(BackupSet),
}

impl CheckInput {
    /// The authenticator that is tried.
    pub const fn authenticator(&self) -> Authenticator {
        match self {
            Self::Otp { .. } => Authenticator::Method(MethodKind::Totp),
            Self::OutOfBand { channel, .. } => Authenticator::Method(channel.method()),
            Self::BackupCodes(_) => Authenticator::BackupCode,
        }
    }
}

/// An attempt that was counted.
#[derive(Debug, Clone)]
pub struct CountedAttempt {
    /// The data that checking it needs.
    pub check: CheckInput,
    /// Wrong attempts of the method in a row, with this one.
    pub in_a_row: u32,
    /// Attempts of the flow, with this one.
    pub flow_attempts: u32,
    /// Attempts of this sort that are left: single codes, or pairs of them, that the method still
    /// takes; for backup codes, what the flow still has for them.
    pub attempts_left: u32,
}

/// The reason for which an attempt was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptRefusal {
    /// The flow is complete, expired or superseded.
    FlowOver,
    /// The flow has had its attempts.
    FlowExhausted,
    /// The person has no such method.
    NoMethod,
    /// The method asks for two codes.
    TwoCodesNeeded,
    /// The method's daily limit is reached.
    Resting {
        /// When it accepts codes again, in Unix seconds.
        until: u64,
    },
    /// The method is suspended until the host reinstates it.
    Suspended,
    /// The method is held.
    Held,
    /// The method was replaced: it signs in for some time, and proves nothing else.
    Retiring,
    /// No code was sent in this flow.
    NoChallenge,
    /// The code that was sent has expired.
    ChallengeExpired,
    /// The code that was sent has had its attempts.
    ChallengeExhausted,
}

/// The changes that the engine writes, whatever the outcome is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptChanges {
    /// The addition to the flow's counts; [`None`] when nothing is counted.
    pub flow: Option<FlowCount>,
    /// The method's wrong attempts from now on.
    pub tries: Option<Tries>,
    /// The person's allowance from now on.
    pub allowance: Option<Allowance>,
    /// The challenge that has one attempt more.
    pub challenge_id: Option<String>,
}

/// The addition of one attempt to its flow's counts, beside the attempt itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowCount {
    /// Its cost to the [allowance](Allowance), in millionths.
    pub cost: u32,
    /// Attempts with backup codes: one or none.
    pub backup_attempts: u32,
}

/// A decision about an attempt.
#[must_use]
#[derive(Debug, Clone)]
pub struct AttemptDecision {
    /// Counted, or refused.
    pub outcome: Result<CountedAttempt, AttemptRefusal>,
    /// The changes that the engine writes.
    pub changes: AttemptChanges,
}

impl From<AttemptRefusal> for AttemptDecision {
    fn from(refusal: AttemptRefusal) -> Self {
        Self {
            outcome: Err(refusal),
            changes: AttemptChanges::default(),
        }
    }
}

/// Counts an attempt, or refuses it.
pub fn decide(context: AttemptContext, attempt: &LoginAttempt) -> AttemptDecision {
    if context.flow_attempts >= attempt.flow_limit {
        return AttemptRefusal::FlowExhausted.into();
    }
    match attempt.presented {
        Presented::BackupCode { limit } => count_backup_code(context, limit),
        Presented::Code {
            codes,
            strict,
            challenge_limit,
            ..
        } => count_code(
            context,
            attempt.purpose,
            (codes, strict),
            challenge_limit,
            attempt.now,
        ),
    }
}

/// Backup codes have 75 bits and no throttle (see [`throttle`]), but one flow may not try many.
fn count_backup_code(context: AttemptContext, limit: u32) -> AttemptDecision {
    if context.backup_attempts >= limit {
        return AttemptRefusal::FlowExhausted.into();
    }
    let outcome = match context.target {
        Target::BackupCodes(set) => Ok(CountedAttempt {
            check: CheckInput::BackupCodes(set),
            in_a_row: 0,
            flow_attempts: context.flow_attempts + 1,
            attempts_left: limit - context.backup_attempts - 1,
        }),
        Target::Missing | Target::Otp { .. } | Target::OutOfBand { .. } => {
            Err(AttemptRefusal::NoMethod)
        }
    };
    // Also where there is no set: whoever asks for nothing asks no more often than others.
    let flow = Some(FlowCount {
        cost: 0,
        backup_attempts: 1,
    });
    AttemptDecision {
        outcome,
        changes: AttemptChanges {
            flow,
            ..AttemptChanges::default()
        },
    }
}

fn count_code(
    context: AttemptContext,
    purpose: AttemptPurpose,
    (codes, strict): (Needs, bool),
    challenge_limit: u32,
    now: u64,
) -> AttemptDecision {
    let (tries, out_of_use, guess) = match &context.target {
        Target::Otp {
            tries, out_of_use, ..
        } => (*tries, *out_of_use, Guess::at(MethodClass::Otp, strict)),
        Target::OutOfBand {
            tries, out_of_use, ..
        } => (*tries, *out_of_use, Guess::Phone),
        Target::Missing | Target::BackupCodes(_) => return AttemptRefusal::NoMethod.into(),
    };
    match purpose {
        AttemptPurpose::Login | AttemptPurpose::Proof if out_of_use.is_held => {
            return AttemptRefusal::Held.into();
        }
        AttemptPurpose::Proof if out_of_use.is_retiring => return AttemptRefusal::Retiring.into(),
        AttemptPurpose::Login | AttemptPurpose::Proof => {}
    }
    match throttle::gate(tries, context.allowance, guess, now) {
        Gate::Suspended => return AttemptRefusal::Suspended.into(),
        Gate::Resting { until } => return AttemptRefusal::Resting { until }.into(),
        Gate::Open(Needs::TwoCodes) if codes == Needs::OneCode => {
            return AttemptRefusal::TwoCodesNeeded.into();
        }
        // Two codes are always enough.
        Gate::Open(Needs::OneCode | Needs::TwoCodes) => {}
    }
    let check = match check_input(context.target, codes, challenge_limit, now) {
        Ok(check) => check,
        Err(refusal) => return refusal.into(),
    };
    let challenge_id = match &check {
        CheckInput::OutOfBand { challenge_id, .. } => Some(challenge_id.clone()),
        CheckInput::Otp { .. } | CheckInput::BackupCodes(_) => None,
    };
    let (tries, allowance, cost) = throttle::reserve(tries, context.allowance, guess, codes, now);
    AttemptDecision {
        outcome: Ok(CountedAttempt {
            check,
            in_a_row: tries.in_a_row,
            flow_attempts: context.flow_attempts + 1,
            attempts_left: match codes {
                Needs::OneCode => throttle::single_tries_left(tries, allowance, guess, now),
                Needs::TwoCodes => throttle::pairs_left(tries),
            },
        }),
        changes: AttemptChanges {
            flow: Some(FlowCount {
                cost,
                backup_attempts: 0,
            }),
            tries: Some(tries),
            allowance: (cost > 0).then_some(allowance),
            challenge_id,
        },
    }
}

fn check_input(
    target: Target,
    codes: Needs,
    challenge_limit: u32,
    now: u64,
) -> Result<CheckInput, AttemptRefusal> {
    match target {
        Target::Missing => Err(AttemptRefusal::NoMethod),
        Target::BackupCodes(set) => Ok(CheckInput::BackupCodes(set)),
        Target::Otp {
            sealed_secret,
            drift,
            ..
        } => Ok(CheckInput::Otp {
            sealed_secret,
            drift,
        }),
        Target::OutOfBand {
            hint, challenge, ..
        } => {
            let sent = challenge.ok_or(AttemptRefusal::NoChallenge)?;
            if sent.expires_at <= now || sent.is_answered {
                return Err(AttemptRefusal::ChallengeExpired);
            }
            if sent.attempts >= challenge_limit {
                return Err(AttemptRefusal::ChallengeExhausted);
            }
            // A code that was sent when one was enough is over once two are needed; the next
            // message has both.
            if (sent.codes == 2) != (codes == Needs::TwoCodes) {
                return Err(AttemptRefusal::ChallengeExpired);
            }
            Ok(CheckInput::OutOfBand {
                challenge_id: sent.challenge_id,
                channel: sent.channel,
                codes: sent.codes,
                hint,
                attempts_left: challenge_limit - sent.attempts - 1,
            })
        }
    }
}

#[cfg(test)]
#[path = "attempt_tests.rs"]
mod tests;
