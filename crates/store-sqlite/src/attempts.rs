//! Attempts at login: what the decision depends on is read, and what it changes is written, in one
//! transaction. The decision itself is [`nidan_core::attempt`]'s.

use nidan_core::attempt::{
    self, AttemptChanges, AttemptContext, AttemptDecision, AttemptRefusal, CountedAttempt,
    LoginAttempt, OutOfUse, Presented, SentCode, Target,
};
use nidan_core::ceremony::KnownPasskey;
use nidan_core::throttle::{Allowance, Tries};
use nidan_protocol::MethodClass;
use rusqlite::{Connection, Row, params};

use crate::connection::{execute, first};
use crate::failure::Failure;
use crate::rows::{acr_from, channel_from, from_sql, kind_from, time_from, to_sql};
use crate::{approvals, ceremonies, flows, support};
use nidan_store::Attempt;

/// One statement for all that an attempt at a method depends on, but for the code that was sent and
/// the ceremony that was asked for. A passkey is found by its credential.
const CONTEXT: &str = "SELECT f.attempts, f.backup_tries, f.acr_needed, m.id AS method_id, m.kind, \
    coalesce(t.sealed_secret, p.sealed_number) AS sealed, \
    coalesce(t.drift, 0) AS drift, p.hint, k.counter, \
    m.in_a_row, m.day, m.today, m.held_at, m.retires_at, s.guess_full_at \
    FROM flow f JOIN subject s ON s.host = f.host AND s.subject = f.subject \
    LEFT JOIN method m ON m.id = coalesce(?5, \
    (SELECT method_id FROM passkey WHERE credential_index = ?7)) \
    AND m.host = f.host AND m.subject = f.subject \
    AND (m.retires_at IS NULL OR m.retires_at > ?4) \
    LEFT JOIN totp t ON t.method_id = m.id LEFT JOIN phone p ON p.method_id = m.id \
    LEFT JOIN passkey k ON k.method_id = m.id \
    WHERE f.id = ?1 AND f.host = ?2 AND f.subject = ?3 AND f.purpose = ?6 \
    AND f.state = 'open' AND f.expires_at > ?4";

/// Counts an attempt, or refuses it.
pub(crate) fn count(
    write: &Connection,
    attempt: &LoginAttempt,
) -> Result<Result<CountedAttempt, AttemptRefusal>, Failure> {
    let Some(context) = load_context(write, attempt)? else {
        return Ok(Err(AttemptRefusal::FlowOver));
    };
    let AttemptDecision { outcome, changes } = attempt::decide(context, attempt);
    apply(write, attempt, &changes)?;
    Ok(outcome)
}

/// [`None`] when the flow is no open one of this person and purpose.
fn load_context(
    read: &Connection,
    attempt: &LoginAttempt,
) -> Result<Option<AttemptContext>, Failure> {
    let (method_id, credential) = match &attempt.presented {
        Presented::Code { method_id, .. } => (Some(method_id), None),
        Presented::BackupCode { .. } | Presented::TemporaryCode { .. } | Presented::Approval => {
            (None, None)
        }
        Presented::Passkey {
            credential_index, ..
        } => (None, Some(credential_index)),
    };
    let params = params![
        attempt.flow_id,
        attempt.host,
        attempt.subject,
        to_sql(attempt.now),
        method_id,
        attempt.purpose.of_flow().as_str(),
        credential
    ];
    let Some(mut context) = first(read, CONTEXT, params, context_from)? else {
        return Ok(None);
    };
    match &attempt.presented {
        Presented::BackupCode { .. } => {
            let set = flows::backup_set(read, &attempt.host, &attempt.subject)?;
            context.target = set.map_or(Target::Missing, Target::BackupCodes);
        }
        Presented::Code { method_id, .. } => {
            if let Target::OutOfBand { challenge, .. } = &mut context.target {
                *challenge = latest_challenge(read, &attempt.flow_id, method_id)?;
            }
        }
        Presented::TemporaryCode { .. } => {
            let whose = (attempt.host.as_str(), attempt.subject.as_str());
            context.target = Target::TemporaryCode(support::code_of(read, whose)?);
        }
        Presented::Approval => {
            context.target = Target::Approval(approvals::latest(read, &attempt.flow_id)?);
        }
        Presented::Passkey { ceremony_id, .. } => {
            context.target = Target::Passkey {
                key: key_of(context.target),
                ceremony: ceremonies::find(read, &attempt.flow_id, ceremony_id)?,
            };
        }
    }
    Ok(Some(context))
}

/// The passkey that was found by its credential.
fn key_of(target: Target) -> Option<KnownPasskey> {
    match target {
        Target::Passkey { key, .. } => key,
        Target::Missing
        | Target::Otp { .. }
        | Target::OutOfBand { .. }
        | Target::Approval(_)
        | Target::TemporaryCode(_)
        | Target::BackupCodes(_) => None,
    }
}

fn context_from(row: &Row<'_>) -> Result<AttemptContext, Failure> {
    let target = match row.get::<_, Option<String>>("kind")? {
        None => Target::Missing,
        Some(kind) => match kind_from(&kind)?.class() {
            MethodClass::Otp => Target::Otp {
                tries: tries_from(row)?,
                out_of_use: out_of_use(row)?,
                sealed_secret: row.get("sealed")?,
                drift: row.get("drift")?,
            },
            MethodClass::OutOfBand(_) => Target::OutOfBand {
                tries: tries_from(row)?,
                out_of_use: out_of_use(row)?,
                hint: row.get("hint")?,
                challenge: None,
            },
            MethodClass::Cryptographic => Target::Passkey {
                key: Some(KnownPasskey {
                    method_id: row.get("method_id")?,
                    out_of_use: out_of_use(row)?,
                    counter: row.get("counter")?,
                }),
                ceremony: None,
            },
        },
    };
    Ok(AttemptContext {
        flow_attempts: row.get("attempts")?,
        backup_attempts: row.get("backup_tries")?,
        allowance: allowance_from(row)?,
        acr_needed: acr_from(row)?,
        target,
    })
}

/// The flow's latest code for a phone.
fn latest_challenge(
    read: &Connection,
    flow_id: &str,
    method_id: &str,
) -> Result<Option<SentCode>, Failure> {
    let sql = "SELECT id, attempts, expires_at, answered_at, channel, codes FROM challenge \
        WHERE flow_id = ?1 AND method_id = ?2 ORDER BY rowid DESC LIMIT 1";
    first(read, sql, [flow_id, method_id], |row| {
        Ok(SentCode {
            challenge_id: row.get("id")?,
            channel: channel_from(&row.get::<_, String>("channel")?)?,
            codes: row.get("codes")?,
            attempts: row.get("attempts")?,
            expires_at: from_sql(row.get("expires_at")?)?,
            is_answered: row.get::<_, Option<i64>>("answered_at")?.is_some(),
        })
    })
}

fn apply(
    write: &Connection,
    attempt: &LoginAttempt,
    changes: &AttemptChanges,
) -> Result<(), Failure> {
    if let (Some(tries), Presented::Code { method_id, .. }) = (changes.tries, &attempt.presented) {
        store_tries(write, method_id, tries)?;
    }
    if let Some(allowance) = changes.allowance {
        execute(
            write,
            "UPDATE subject SET guess_full_at = ?3 WHERE host = ?1 AND subject = ?2",
            params![attempt.host, attempt.subject, to_sql(allowance.full_at)],
        )?;
    }
    if let Some(challenge_id) = &changes.challenge_id {
        execute(
            write,
            "UPDATE challenge SET attempts = attempts + 1 WHERE id = ?1",
            [challenge_id],
        )?;
    }
    if let Some(approval_id) = &changes.approval_id {
        execute(
            write,
            "UPDATE approval SET attempts = attempts + 1 WHERE id = ?1",
            [approval_id],
        )?;
    }
    if let Some(ceremony_id) = &changes.ceremony_id {
        ceremonies::spend(write, ceremony_id, attempt.now)?;
    }
    if let Some(count) = changes.flow {
        execute(
            write,
            "UPDATE flow SET attempts = attempts + 1, guess_cost = guess_cost + ?2, \
             backup_tries = backup_tries + ?3 WHERE id = ?1",
            params![attempt.flow_id, count.cost, count.backup_attempts],
        )?;
    }
    Ok(())
}

pub(crate) fn store_tries(
    write: &Connection,
    method_id: &str,
    tries: Tries,
) -> Result<(), Failure> {
    execute(
        write,
        "UPDATE method SET in_a_row = ?2, day = ?3, today = ?4 WHERE id = ?1",
        params![method_id, tries.in_a_row, to_sql(tries.day), tries.today],
    )?;
    Ok(())
}

/// Spends the attempt that a rule has given out, unless another has spent it: `sql` counts one more
/// where so many were spent.
pub(crate) fn spend_reserved(
    write: &Connection,
    sql: &str,
    (id, spent): (&str, u32),
    attempt: Attempt,
) -> Result<Attempt, Failure> {
    match attempt {
        Attempt::Reserved { .. } if execute(write, sql, params![id, spent])? == 1 => Ok(attempt),
        Attempt::Reserved { .. } | Attempt::Exhausted => Ok(Attempt::Exhausted),
    }
}

pub(crate) fn tries_from(row: &Row<'_>) -> Result<Tries, Failure> {
    Ok(Tries {
        in_a_row: row.get("in_a_row")?,
        day: from_sql(row.get("day")?)?,
        today: row.get("today")?,
    })
}

pub(crate) fn out_of_use(row: &Row<'_>) -> Result<OutOfUse, Failure> {
    Ok(OutOfUse {
        is_held: time_from(row, "held_at")?.is_some(),
        is_retiring: time_from(row, "retires_at")?.is_some(),
    })
}

pub(crate) fn allowance_from(row: &Row<'_>) -> Result<Allowance, Failure> {
    Ok(Allowance {
        full_at: from_sql(row.get("guess_full_at")?)?,
    })
}
