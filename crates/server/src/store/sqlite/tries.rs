//! Tries at login: counted as wrong before anything is checked, in one transaction with what the
//! throttle says.

use nidan_protocol::{Channel, MethodClass, MethodKind};
use rusqlite::{Connection, Row, params};

use super::connection::{execute, first};
use super::flows;
use super::rows::{channel_from, from_sql, kind_from, to_sql};
use crate::store::{Counted, Reserved, StoreError, Try, TryRefusal, TryWith};
use crate::throttle::{self, Allowance, Gate, Guess, Needs, Tries};

/// One statement for all that a try depends on.
const STANDING: &str = "SELECT f.attempts, f.backup_tries, m.kind, coalesce(t.sealed_secret, p.sealed_number) AS sealed, coalesce(t.drift, 0) AS drift, p.hint, m.in_a_row, m.day, m.today, \
    s.guess_full_at FROM flow f JOIN subject s ON s.host = f.host AND s.subject = f.subject \
    LEFT JOIN method m ON m.id = ?5 AND m.host = f.host AND m.subject = f.subject \
    LEFT JOIN totp t ON t.method_id = m.id LEFT JOIN phone p ON p.method_id = m.id \
    WHERE f.id = ?1 AND f.host = ?2 AND f.subject = ?3 AND f.purpose = 'verify' AND f.state = 'open' AND f.expires_at > ?4";

/// A flow and the method that is tried in it.
struct Standing {
    of_flow: u32,
    backup_tries: u32,
    allowance: Allowance,
    /// `None` when the person has none of that id.
    method: Option<Tried>,
}

struct Tried {
    kind: MethodKind,
    sealed: Vec<u8>,
    drift: i64,
    hint: Option<String>,
    tries: Tries,
}

fn standing_from(row: &Row<'_>) -> Result<Standing, StoreError> {
    let kind = row.get::<_, Option<String>>("kind")?;
    let method = kind.map(|kind| {
        Ok::<_, StoreError>(Tried {
            kind: kind_from(&kind)?,
            sealed: row.get("sealed")?,
            drift: row.get("drift")?,
            hint: row.get("hint")?,
            tries: tries_from(row)?,
        })
    });
    Ok(Standing {
        of_flow: row.get("attempts")?,
        backup_tries: row.get("backup_tries")?,
        allowance: allowance_from(row)?,
        method: method.transpose()?,
    })
}

pub(super) fn tries_from(row: &Row<'_>) -> Result<Tries, StoreError> {
    Ok(Tries {
        in_a_row: row.get("in_a_row")?,
        day: from_sql(row.get("day")?)?,
        today: row.get("today")?,
    })
}

pub(super) fn allowance_from(row: &Row<'_>) -> Result<Allowance, StoreError> {
    Ok(Allowance {
        full_at: from_sql(row.get("guess_full_at")?)?,
    })
}

pub(super) fn reserve(write: &Connection, attempt: &Try) -> Result<Reserved, StoreError> {
    let method_id = match &attempt.with {
        TryWith::Method { id, .. } => id.as_str(),
        TryWith::Backup { .. } => "",
    };
    let params = params![
        attempt.flow_id,
        attempt.host,
        attempt.subject,
        to_sql(attempt.now),
        method_id
    ];
    let Some(standing) = first(write, STANDING, params, standing_from)? else {
        return Ok(Reserved::No(TryRefusal::FlowOver));
    };
    if standing.of_flow >= attempt.flow_limit {
        return Ok(Reserved::No(TryRefusal::FlowExhausted));
    }
    match &attempt.with {
        TryWith::Backup { limit } if standing.backup_tries >= *limit => {
            Ok(Reserved::No(TryRefusal::FlowExhausted))
        }
        TryWith::Backup { limit } => {
            count_flow(write, &attempt.flow_id, 0, 1)?;
            let set = flows::backup_set(write, &attempt.host, &attempt.subject)?;
            let Some(set) = set else {
                return Ok(Reserved::No(TryRefusal::NoMethod));
            };
            let (counted, of_flow) = (Counted::Backup(set), standing.of_flow + 1);
            let singles_left = limit - standing.backup_tries - 1;
            Ok(Reserved::Yes {
                counted,
                in_a_row: 0,
                of_flow,
                singles_left,
            })
        }
        TryWith::Method {
            id,
            brings,
            strict,
            challenge_limit,
        } => reserve_method(
            write,
            attempt,
            standing,
            (id, *brings, *strict, *challenge_limit),
        ),
    }
}

fn reserve_method(
    write: &Connection,
    attempt: &Try,
    standing: Standing,
    (id, brings, strict, challenge_limit): (&str, Needs, bool, u32),
) -> Result<Reserved, StoreError> {
    let Standing {
        of_flow,
        allowance,
        method: Some(method),
        ..
    } = standing
    else {
        return Ok(Reserved::No(TryRefusal::NoMethod));
    };
    let guess = Guess::at(method.kind.class(), strict);
    match throttle::gate(method.tries, allowance, guess, attempt.now) {
        Gate::Suspended => return Ok(Reserved::No(TryRefusal::Suspended)),
        Gate::Resting { until } => return Ok(Reserved::No(TryRefusal::Resting { until })),
        Gate::Open(Needs::TwoCodes) if brings == Needs::OneCode => {
            return Ok(Reserved::No(TryRefusal::TwoCodesNeeded));
        }
        // Two codes are always enough.
        Gate::Open(_) => {}
    }
    let counted = match method.kind.class() {
        MethodClass::Otp => Counted::App {
            sealed: method.sealed,
            drift: method.drift,
        },
        MethodClass::OutOfBand(_) => {
            match reserve_challenge(write, attempt, id, challenge_limit)? {
                // A code that was sent when one was enough is over once two are needed; the next
                // message has both.
                Ok(found) if (found.codes == 2) != (brings == Needs::TwoCodes) => {
                    return Ok(Reserved::No(TryRefusal::ChallengeExpired));
                }
                Ok(FoundChallenge {
                    id,
                    left,
                    channel,
                    codes,
                }) => Counted::Phone {
                    challenge_id: id,
                    channel,
                    codes,
                    hint: method.hint.unwrap_or_default(),
                    left,
                },
                Err(refusal) => return Ok(Reserved::No(refusal)),
            }
        }
    };
    let (tries, allowance, cost) =
        throttle::reserve(method.tries, allowance, guess, brings, attempt.now);
    execute(
        write,
        "UPDATE method SET in_a_row = ?2, day = ?3, today = ?4 WHERE id = ?1",
        params![id, tries.in_a_row, to_sql(tries.day), tries.today],
    )?;
    if cost > 0 {
        execute(
            write,
            "UPDATE subject SET guess_full_at = ?3 WHERE host = ?1 AND subject = ?2",
            params![attempt.host, attempt.subject, to_sql(allowance.full_at)],
        )?;
    }
    if let Counted::Phone { challenge_id, .. } = &counted {
        execute(
            write,
            "UPDATE challenge SET attempts = attempts + 1 WHERE id = ?1",
            [challenge_id],
        )?;
    }
    count_flow(write, &attempt.flow_id, cost, 0)?;
    let singles_left = throttle::single_tries_left(tries, allowance, guess, attempt.now);
    Ok(Reserved::Yes {
        counted,
        in_a_row: tries.in_a_row,
        of_flow: of_flow + 1,
        singles_left,
    })
}

struct FoundChallenge {
    id: String,
    channel: Channel,
    codes: u32,
    /// Tries after this one.
    left: u32,
}

/// The flow's latest code for a phone.
fn reserve_challenge(
    read: &Connection,
    attempt: &Try,
    method_id: &str,
    limit: u32,
) -> Result<Result<FoundChallenge, TryRefusal>, StoreError> {
    let sql = "SELECT id, attempts, expires_at, answered_at, channel, codes FROM challenge \
        WHERE flow_id = ?1 AND method_id = ?2 ORDER BY rowid DESC LIMIT 1";
    let found = first(read, sql, [attempt.flow_id.as_str(), method_id], |row| {
        let over = row.get::<_, i64>("expires_at")? <= to_sql(attempt.now)
            || row.get::<_, Option<i64>>("answered_at")?.is_some();
        let tries: u32 = row.get("attempts")?;
        Ok(if over {
            Err(TryRefusal::ChallengeExpired)
        } else if tries >= limit {
            Err(TryRefusal::ChallengeExhausted)
        } else {
            let channel = channel_from(&row.get::<_, String>("channel")?)?;
            Ok(FoundChallenge {
                id: row.get("id")?,
                channel,
                codes: row.get("codes")?,
                left: limit - tries - 1,
            })
        })
    })?;
    Ok(found.unwrap_or(Err(TryRefusal::NoChallenge)))
}

fn count_flow(write: &Connection, id: &str, cost: u32, backup: u32) -> Result<(), StoreError> {
    execute(
        write,
        "UPDATE flow SET attempts = attempts + 1, guess_cost = guess_cost + ?2, backup_tries = backup_tries + ?3 \
         WHERE id = ?1",
        params![id, cost, backup],
    )?;
    Ok(())
}
