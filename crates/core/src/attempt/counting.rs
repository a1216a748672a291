//! The decision about one attempt: counted, or refused.

use super::{
    AttemptChanges, AttemptContext, AttemptDecision, AttemptPurpose, AttemptRefusal, CheckInput,
    CountedAttempt, FlowCount, LoginAttempt, OutOfUse, Presented, Target,
};
use crate::approval::{self, APPROVAL_ATTEMPTS};
use crate::ceremony;
use crate::throttle::{self, Gate, Guess, Needs, Tries};
use nidan_protocol::{AcrNeeded, CeremonyKind};

/// Counts an attempt, or refuses it.
pub fn decide(context: AttemptContext, attempt: &LoginAttempt) -> AttemptDecision {
    if context.flow_attempts >= attempt.flow_limit {
        return AttemptRefusal::FlowExhausted.into();
    }
    if context
        .acr_needed
        .is_some_and(|acr| !is_worth(&attempt.presented, acr))
    {
        return AttemptRefusal::WorthTooLittle.into();
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
        Presented::TemporaryCode { limit } => count_temporary_code(context, attempt, limit),
        Presented::Approval => count_approval(context, attempt),
        Presented::Passkey { ref method_id, .. } => {
            count_passkey(context, attempt, method_id.as_deref())
        }
    }
}

const fn is_worth(presented: &Presented, acr: AcrNeeded) -> bool {
    match (acr, presented) {
        (AcrNeeded::PhishingResistant, Presented::Passkey { .. }) => true,
        (
            AcrNeeded::PhishingResistant,
            Presented::Code { .. }
            | Presented::BackupCode { .. }
            | Presented::TemporaryCode { .. }
            | Presented::Approval,
        ) => false,
    }
}

/// A passkey cannot be guessed at, so nothing of the throttle bears on it; the flow's own limit
/// does. Its ceremony is spent by whatever answers it.
fn count_passkey(
    context: AttemptContext,
    attempt: &LoginAttempt,
    wanted: Option<&str>,
) -> AttemptDecision {
    let Target::Passkey { key, ceremony } = context.target else {
        return AttemptRefusal::NoMethod.into();
    };
    let ceremony = match ceremony::take(ceremony, CeremonyKind::Get, attempt.now) {
        Ok(ceremony) => ceremony,
        Err(refusal) => return AttemptRefusal::Ceremony(refusal).into(),
    };
    let key = key.filter(|key| wanted.is_none_or(|id| id == key.method_id));
    let refusal = key
        .as_ref()
        .and_then(|key| out_of_use(attempt.purpose, key.out_of_use));
    let changes = AttemptChanges {
        flow: Some(FlowCount {
            cost: 0,
            backup_attempts: 0,
        }),
        ceremony_id: Some(ceremony.id.clone()),
        ..AttemptChanges::default()
    };
    let flow_attempts = context.flow_attempts + 1;
    let counted = CountedAttempt {
        check: CheckInput::Passkey { key, ceremony },
        in_a_row: 0,
        flow_attempts,
        attempts_left: attempt.flow_limit - flow_attempts,
    };
    AttemptDecision {
        outcome: refusal.map_or(Ok(counted), Err),
        changes,
    }
}

/// What keeps a method from counting for a purpose, whatever is presented.
fn out_of_use(purpose: AttemptPurpose, out_of_use: OutOfUse) -> Option<AttemptRefusal> {
    match purpose {
        AttemptPurpose::Login | AttemptPurpose::Proof if out_of_use.is_held => {
            Some(AttemptRefusal::Held)
        }
        AttemptPurpose::Proof if out_of_use.is_retiring => Some(AttemptRefusal::Retiring),
        AttemptPurpose::Login | AttemptPurpose::Proof => None,
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
        Target::Missing
        | Target::Otp { .. }
        | Target::OutOfBand { .. }
        | Target::Approval(_)
        | Target::TemporaryCode(_)
        | Target::Passkey { .. } => Err(AttemptRefusal::NoMethod),
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

/// As long as a backup code, and counted with those. It signs in, and proves nothing.
fn count_temporary_code(
    context: AttemptContext,
    attempt: &LoginAttempt,
    limit: u32,
) -> AttemptDecision {
    if context.backup_attempts >= limit {
        return AttemptRefusal::FlowExhausted.into();
    }
    let outcome = match (attempt.purpose, context.target) {
        (AttemptPurpose::Login, Target::TemporaryCode(Some(made))) => {
            if made.expires_at > attempt.now {
                Ok(CountedAttempt {
                    check: CheckInput::TemporaryCode(made),
                    in_a_row: 0,
                    flow_attempts: context.flow_attempts + 1,
                    attempts_left: limit - context.backup_attempts - 1,
                })
            } else {
                Err(AttemptRefusal::ChallengeExpired)
            }
        }
        (AttemptPurpose::Login | AttemptPurpose::Proof, _) => Err(AttemptRefusal::NoMethod),
    };
    AttemptDecision {
        outcome,
        changes: AttemptChanges {
            flow: Some(FlowCount {
                cost: 0,
                backup_attempts: 1,
            }),
            ..AttemptChanges::default()
        },
    }
}

/// A code that another browser has shown is guessed at like one that was sent. It has no method's
/// counts: where the allowance has no room, it is closed.
fn count_approval(context: AttemptContext, attempt: &LoginAttempt) -> AttemptDecision {
    let asked = match (attempt.purpose, context.target) {
        (AttemptPurpose::Login, Target::Approval(Some(asked))) => asked,
        (AttemptPurpose::Login, Target::Approval(None)) => {
            return AttemptRefusal::NoChallenge.into();
        }
        (AttemptPurpose::Login | AttemptPurpose::Proof, _) => {
            return AttemptRefusal::NoMethod.into();
        }
    };
    let (allowance, now) = (context.allowance, attempt.now);
    if !approval::can_be_answered(&asked, now) {
        return if asked.attempts >= APPROVAL_ATTEMPTS {
            AttemptRefusal::ChallengeExhausted.into()
        } else {
            AttemptRefusal::ChallengeExpired.into()
        };
    }
    if !approval::takes_a_guess(allowance, now) {
        return AttemptRefusal::ChallengeExhausted.into();
    }
    let (guess, no_method) = (Guess::Phone, Tries::default());
    let (_no_method, allowance, cost) =
        throttle::reserve(no_method, allowance, guess, Needs::OneCode, now);
    let of_code = APPROVAL_ATTEMPTS - asked.attempts - 1;
    let of_all = throttle::single_tries_left(no_method, allowance, guess, now);
    let attempts_left = of_code.min(of_all);
    let approval_id = asked.approval_id;
    AttemptDecision {
        outcome: Ok(CountedAttempt {
            check: CheckInput::Approval {
                approval_id: approval_id.clone(),
                is_shown: asked.is_shown,
                attempts_left,
            },
            in_a_row: 0,
            flow_attempts: context.flow_attempts + 1,
            attempts_left,
        }),
        changes: AttemptChanges {
            flow: Some(FlowCount {
                cost,
                backup_attempts: 0,
            }),
            allowance: Some(allowance),
            approval_id: Some(approval_id),
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
    let (tries, is_out_of_use, guess) = match &context.target {
        Target::Otp {
            tries, out_of_use, ..
        } if strict => (*tries, *out_of_use, Guess::StrictApp),
        Target::Otp {
            tries, out_of_use, ..
        } => (*tries, *out_of_use, Guess::App),
        Target::OutOfBand {
            tries, out_of_use, ..
        } => (*tries, *out_of_use, Guess::Phone),
        // A passkey has no code, and another browser's and support's are no method's.
        Target::Missing
        | Target::BackupCodes(_)
        | Target::Approval(_)
        | Target::TemporaryCode(_)
        | Target::Passkey { .. } => {
            return AttemptRefusal::NoMethod.into();
        }
    };
    if let Some(refusal) = out_of_use(purpose, is_out_of_use) {
        return refusal.into();
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
        CheckInput::Otp { .. }
        | CheckInput::BackupCodes(_)
        | CheckInput::Approval { .. }
        | CheckInput::TemporaryCode(_)
        | CheckInput::Passkey { .. } => None,
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
            ..AttemptChanges::default()
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
        Target::Missing
        | Target::Approval(_)
        | Target::TemporaryCode(_)
        | Target::Passkey { .. } => Err(AttemptRefusal::NoMethod),
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
