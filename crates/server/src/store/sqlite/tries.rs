//! Tries at login: counted as wrong before anything is checked, in one transaction with what the throttle says.

use nidan_protocol::{Channel, MethodKind};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::flows;
use super::rows::{channel_from, from_sql, kind_from, to_sql};
use crate::store::{Counted, Reserved, StoreError, Try, TryRefusal, TryWith};
use crate::throttle::{self, Allowance, Gate, Guess, Needs, Tries};

/// A method's throttle, its person's allowance.
pub(super) struct Counts {
    pub(super) tries: Tries,
    pub(super) allowance: Allowance,
}

pub(super) fn counts_from(row: &SqliteRow) -> Result<Counts, StoreError> {
    let tries =
        Tries { in_a_row: row.try_get("in_a_row")?, day: from_sql(row.try_get("day")?)?, today: row.try_get("today")? };
    Ok(Counts { tries, allowance: Allowance { full_at: from_sql(row.try_get("guess_full_at")?)? } })
}

/// One statement for all that a try depends on: statements are what a verification costs.
const STANDING: &str = "SELECT f.attempts, f.backup_tries, m.kind, m.sealed, m.drift, m.hint, m.in_a_row, m.day, m.today, \
    s.guess_full_at FROM flow f JOIN subject s ON s.host = f.host AND s.subject = f.subject \
    LEFT JOIN method m ON m.id = ?5 AND m.host = f.host AND m.subject = f.subject \
    WHERE f.id = ?1 AND f.host = ?2 AND f.subject = ?3 AND f.purpose = 'verify' AND f.state = 'open' AND f.expires_at > ?4";

pub(super) async fn reserve(write: &mut SqliteConnection, attempt: Try) -> Result<Reserved, StoreError> {
    let method_id = match &attempt.with {
        TryWith::Method { id, .. } => id.as_str(),
        TryWith::Backup { .. } => "",
    };
    let found = sqlx::query(STANDING)
        .bind(&attempt.flow_id)
        .bind(&attempt.host)
        .bind(&attempt.subject)
        .bind(to_sql(attempt.now))
        .bind(method_id)
        .fetch_optional(&mut *write)
        .await?;
    let Some(row) = found else { return Ok(Reserved::No(TryRefusal::FlowOver)) };
    let of_flow: u32 = row.try_get("attempts")?;
    if of_flow >= attempt.flow_limit {
        return Ok(Reserved::No(TryRefusal::FlowExhausted));
    }
    match &attempt.with {
        TryWith::Backup { limit } if row.try_get::<u32, _>("backup_tries")? >= *limit => {
            Ok(Reserved::No(TryRefusal::FlowExhausted))
        }
        TryWith::Backup { .. } => {
            count_flow(write, &attempt.flow_id, 0, 1).await?;
            let set = flows::backup_set(write, &attempt.host, &attempt.subject).await?;
            let Some(set) = set else { return Ok(Reserved::No(TryRefusal::NoMethod)) };
            let (counted, of_flow) = (Counted::Backup(set), of_flow + 1);
            Ok(Reserved::Yes { counted, in_a_row: 0, of_flow, singles_left: 0 })
        }
        TryWith::Method { id, brings, strict, challenge_limit } => {
            reserve_method(write, &attempt, &row, (id, *brings, *strict, *challenge_limit)).await
        }
    }
}

async fn reserve_method(
    write: &mut SqliteConnection,
    attempt: &Try,
    row: &SqliteRow,
    (id, brings, strict, challenge_limit): (&str, Needs, bool, u32),
) -> Result<Reserved, StoreError> {
    let of_flow: u32 = row.try_get("attempts")?;
    let Some(kind) = row.try_get::<Option<&str>, _>("kind")? else {
        return Ok(Reserved::No(TryRefusal::NoMethod));
    };
    let kind = kind_from(kind)?;
    let guess = guess_of(kind, strict);
    let Counts { tries, allowance } = counts_from(row)?;
    match throttle::gate(tries, allowance, guess, attempt.now) {
        Gate::Suspended => return Ok(Reserved::No(TryRefusal::Suspended)),
        Gate::Resting { until } => return Ok(Reserved::No(TryRefusal::Resting { until })),
        Gate::Open(Needs::TwoCodes) if brings == Needs::OneCode => {
            return Ok(Reserved::No(TryRefusal::TwoCodesNeeded));
        }
        // Two codes are always enough.
        Gate::Open(_) => {}
    }
    let counted = if kind == MethodKind::Totp {
        Counted::App { sealed: row.try_get("sealed")?, drift: row.try_get("drift")? }
    } else {
        match reserve_challenge(write, attempt, id, challenge_limit).await? {
            // A code that was sent when one was enough is over once two are needed; the next message has both.
            Ok(found) if (found.codes == 2) != (brings == Needs::TwoCodes) => {
                return Ok(Reserved::No(TryRefusal::ChallengeExpired));
            }
            Ok(FoundChallenge { id, left, channel, codes }) => {
                Counted::Phone { challenge_id: id, channel, codes, hint: row.try_get("hint")?, left }
            }
            Err(refusal) => return Ok(Reserved::No(refusal)),
        }
    };
    let (tries, allowance, cost) = throttle::reserve(tries, allowance, guess, brings, attempt.now);
    store_tries(write, id, tries).await?;
    if cost > 0 {
        store_allowance(write, (&attempt.host, &attempt.subject), allowance).await?;
    }
    if let Counted::Phone { challenge_id, .. } = &counted {
        sqlx::query("UPDATE challenge SET attempts = attempts + 1 WHERE id = ?1")
            .bind(challenge_id)
            .execute(&mut *write)
            .await?;
    }
    count_flow(write, &attempt.flow_id, cost, 0).await?;
    let singles_left = throttle::single_tries_left(tries, allowance, guess, attempt.now);
    Ok(Reserved::Yes { counted, in_a_row: tries.in_a_row, of_flow: of_flow + 1, singles_left })
}

/// What a method's code is guessed against.
fn guess_of(kind: MethodKind, strict: bool) -> Guess {
    match kind {
        MethodKind::Totp if strict => Guess::StrictApp,
        MethodKind::Totp => Guess::App,
        MethodKind::Sms | MethodKind::Voice => Guess::Phone,
    }
}

struct FoundChallenge {
    id: String,
    channel: Channel,
    codes: u32,
    /// Tries after this one.
    left: u32,
}

/// The flow's latest code for a phone.
async fn reserve_challenge(
    write: &mut SqliteConnection,
    attempt: &Try,
    method_id: &str,
    limit: u32,
) -> Result<Result<FoundChallenge, TryRefusal>, StoreError> {
    let found: Option<(String, u32, i64, Option<i64>, String, u32)> = sqlx::query_as(
        "SELECT id, attempts, expires_at, answered_at, channel, codes FROM challenge WHERE flow_id = ?1 AND method_id = ?2 \
         ORDER BY rowid DESC LIMIT 1",
    )
    .bind(&attempt.flow_id)
    .bind(method_id)
    .fetch_optional(write)
    .await?;
    Ok(match found {
        None => Err(TryRefusal::NoChallenge),
        Some((_, _, expires_at, answered_at, ..)) if expires_at <= to_sql(attempt.now) || answered_at.is_some() => {
            Err(TryRefusal::ChallengeExpired)
        }
        Some((_, tries, ..)) if tries >= limit => Err(TryRefusal::ChallengeExhausted),
        Some((id, tries, _, _, channel, codes)) => {
            Ok(FoundChallenge { id, channel: channel_from(&channel)?, codes, left: limit - tries - 1 })
        }
    })
}

async fn store_tries(write: &mut SqliteConnection, id: &str, tries: Tries) -> Result<(), StoreError> {
    sqlx::query("UPDATE method SET in_a_row = ?2, day = ?3, today = ?4 WHERE id = ?1")
        .bind(id)
        .bind(tries.in_a_row)
        .bind(to_sql(tries.day))
        .bind(tries.today)
        .execute(write)
        .await?;
    Ok(())
}

async fn store_allowance(
    write: &mut SqliteConnection,
    (host, subject): (&str, &str),
    allowance: Allowance,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE subject SET guess_full_at = ?3 WHERE host = ?1 AND subject = ?2")
        .bind(host)
        .bind(subject)
        .bind(to_sql(allowance.full_at))
        .execute(write)
        .await?;
    Ok(())
}

async fn count_flow(write: &mut SqliteConnection, id: &str, cost: u32, backup: u32) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE flow SET attempts = attempts + 1, guess_cost = guess_cost + ?2, backup_tries = backup_tries + ?3 \
         WHERE id = ?1",
    )
    .bind(id)
    .bind(cost)
    .bind(backup)
    .execute(write)
    .await?;
    Ok(())
}
