//! Challenges: opened, sent again, answered.

use nidan_core::challenge::{self, ChallengeState};
use nidan_core::delivery;
use nidan_protocol::{DeliveryState, EventKind};
use rusqlite::{Connection, Row, params};

use crate::connection::{all, execute, first};
use crate::failure::Failure;
use crate::rows::{bytes, channel_from, delivery_from, from_sql, to_sql, used_from};
use crate::{attempts, budgets, record};
use nidan_store::{
    Attempt, AuditContext, AuditDetail, Budget, Challenge, NewChallenge, Order, Ordered,
};

/// For queries that join `challenge` as `c`.
pub(crate) const COLUMNS: &str = "c.id, c.flow_id, c.channel, c.country, c.locale, c.sealed_number, c.number_index, \
    c.hint, c.reference, c.call_digits, c.expires_at, c.method_id, c.codes";

pub(crate) fn open(
    write: &Connection,
    new: &NewChallenge,
    seen: Option<&str>,
    order: &Order,
) -> Result<Ordered, Failure> {
    const LATEST: &str = "SELECT id FROM challenge WHERE flow_id = ?1 ORDER BY rowid DESC LIMIT 1";
    let now = order.now_ms / 1000;
    let latest: Option<String> = first(write, LATEST, [&new.flow_id], |row| Ok(row.get("id")?))?;
    let counted = budgets::counted(write, &order.budgets, now)?;
    let ordered = challenge::open(counted, now, latest.as_deref(), seen);
    if ordered == Ordered::Yes {
        replace_others(write, &new.flow_id, now)?;
        insert(write, new, now)?;
        store_message(write, &new.id, order)?;
    }
    Ok(ordered)
}

fn replace_others(write: &Connection, flow_id: &str, now: u64) -> Result<(), Failure> {
    let sql = format!("SELECT id, {STATE} FROM challenge WHERE flow_id = ?1");
    end(write, all(write, &sql, [flow_id], with_id)?, now)
}

/// Ends all codes that a person could still type.
pub(crate) fn end_all(
    write: &Connection,
    (host, subject): (&str, &str),
    now: u64,
) -> Result<(), Failure> {
    let sql = format!(
        "SELECT id, {STATE} FROM challenge WHERE flow_id IN \
         (SELECT id FROM flow WHERE host = ?1 AND subject = ?2)"
    );
    end(write, all(write, &sql, [host, subject], with_id)?, now)
}

fn with_id(row: &Row<'_>) -> Result<(String, ChallengeState), Failure> {
    Ok((row.get("id")?, state_from(row)?))
}

fn end(
    write: &Connection,
    challenges: Vec<(String, ChallengeState)>,
    now: u64,
) -> Result<(), Failure> {
    for (id, other) in challenges {
        let expires_at = challenge::expires_when_ended(&other, now);
        if expires_at != other.expires_at {
            execute(
                write,
                "UPDATE challenge SET expires_at = ?2 WHERE id = ?1",
                params![id, to_sql(expires_at)],
            )?;
        }
    }
    Ok(())
}

fn insert(write: &Connection, new: &NewChallenge, now: u64) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO challenge (id, flow_id, channel, country, locale, sealed_number, number_index, hint, \
         reference, call_digits, expires_at, sends, sent_at, method_id, codes) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?13, ?14)",
        params![
            new.id,
            new.flow_id,
            new.channel.as_str(),
            new.country,
            new.locale,
            new.sealed_number,
            new.number_index,
            new.hint,
            new.reference,
            new.call_digits,
            to_sql(new.expires_at),
            to_sql(now),
            new.method_id,
            new.codes,
        ],
    )?;
    Ok(())
}

pub(crate) fn order_again(
    write: &Connection,
    challenge_id: &str,
    sends: u32,
    order: &Order,
) -> Result<Ordered, Failure> {
    let now = order.now_ms / 1000;
    let Some(state) = load_state(write, challenge_id)? else {
        return Ok(Ordered::Changed);
    };
    let counted = budgets::counted(write, &order.budgets, now)?;
    let ordered = challenge::resend(&state, sends, counted, now);
    if ordered == Ordered::Yes {
        let again = execute(
            write,
            "UPDATE challenge SET sends = sends + 1, sent_at = ?3 WHERE id = ?1 AND sends = ?2",
            params![challenge_id, sends, to_sql(now)],
        )?;
        if again != 1 {
            return Ok(Ordered::Changed);
        }
        drop_messages(write, challenge_id, now)?;
        store_message(write, challenge_id, order)?;
    }
    Ok(ordered)
}

fn drop_messages(write: &Connection, challenge_id: &str, now: u64) -> Result<(), Failure> {
    let sql = "SELECT id, state FROM message WHERE challenge_id = ?1";
    let earlier: Vec<(String, String)> = all(write, sql, [challenge_id], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    for (id, state) in earlier {
        // A state of a later build is none in which a message waits here.
        if delivery_from(&state).is_ok_and(delivery::is_dropped_by_resend) {
            execute(
                write,
                "UPDATE message SET state = ?2, state_at = ?3 WHERE id = ?1",
                params![id, DeliveryState::Failed.as_str(), to_sql(now)],
            )?;
        }
    }
    Ok(())
}

/// The message in the same transaction as what it is for, and the [budgets](Budget) with both.
fn store_message(write: &Connection, challenge_id: &str, order: &Order) -> Result<(), Failure> {
    let now = order.now_ms / 1000;
    budgets::add_one(write, &order.budgets, now)?;
    execute(
        write,
        "INSERT INTO message (id, challenge_id, state, state_at, due_at_ms) VALUES (?1, ?2, 'queued', ?3, ?4)",
        params![
            order.message_id,
            challenge_id,
            to_sql(now),
            to_sql(order.now_ms)
        ],
    )?;
    match &order.audit {
        Some(audit) => note_sent(write, challenge_id, audit),
        None => Ok(()),
    }
}

/// The columns of [`ChallengeState`].
const STATE: &str = "sends, attempts, answered_at, expires_at";

fn state_from(row: &Row<'_>) -> Result<ChallengeState, Failure> {
    Ok(ChallengeState {
        sends: row.get("sends")?,
        attempts: row.get("attempts")?,
        is_answered: row.get::<_, Option<i64>>("answered_at")?.is_some(),
        expires_at: from_sql(row.get("expires_at")?)?,
    })
}

fn load_state(read: &Connection, id: &str) -> Result<Option<ChallengeState>, Failure> {
    let sql = format!("SELECT {STATE} FROM challenge WHERE id = ?1");
    first(read, &sql, [id], state_from)
}

/// Whoever was called by somebody who wants their code finds it in the record.
fn note_sent(write: &Connection, challenge_id: &str, audit: &AuditContext) -> Result<(), Failure> {
    let sql = "SELECT f.host, f.subject, c.channel, c.hint FROM challenge c JOIN flow f ON f.id = c.flow_id WHERE c.id = ?1";
    let sent = first(write, sql, [challenge_id], |row| {
        let detail = AuditDetail {
            method: used_from(row, "channel")?,
            hint: Some(row.get("hint")?),
            count: None,
        };
        Ok((
            row.get::<_, String>("host")?,
            row.get::<_, String>("subject")?,
            detail,
        ))
    })?;
    let Some((host, subject, detail)) = sent else {
        return Ok(());
    };
    record::append(write, (&host, &subject), EventKind::CodeSent, detail, audit)
}

pub(crate) fn of_flow(read: &Connection, flow_id: &str) -> Result<Vec<Challenge>, Failure> {
    let sql = format!(
        "SELECT {COLUMNS}, c.sends, c.sent_at, c.attempts, c.answered_at, m.state, m.state_at \
         FROM challenge c JOIN message m ON m.rowid = \
         (SELECT MAX(latest.rowid) FROM message latest WHERE latest.challenge_id = c.id) \
         WHERE c.flow_id = ?1 ORDER BY c.rowid"
    );
    all(read, &sql, [flow_id], challenge_from)
}

pub(crate) fn reserve(
    write: &Connection,
    id: &str,
    limit: u32,
    now: u64,
) -> Result<Attempt, Failure> {
    let Some(state) = load_state(write, id)? else {
        return Ok(Attempt::Exhausted);
    };
    let sql = "UPDATE challenge SET attempts = attempts + 1 WHERE id = ?1 AND attempts = ?2";
    let attempt = challenge::reserve(&state, limit, now);
    attempts::spend_reserved(write, sql, (id, state.attempts), attempt)
}

pub(crate) fn mark_answered(
    write: &Connection,
    id: &str,
    budget: &Budget,
    now: u64,
) -> Result<bool, Failure> {
    let state = load_state(write, id)?;
    let Some(sends) = state.and_then(|state| challenge::answer(&state, now)) else {
        return Ok(false);
    };
    let answered = execute(
        write,
        "UPDATE challenge SET answered_at = ?2 WHERE id = ?1 AND answered_at IS NULL",
        params![id, to_sql(now)],
    )? == 1;
    if answered {
        budgets::give_back(write, budget, sends, now)?;
    }
    Ok(answered)
}

pub(crate) fn opened_from(row: &Row<'_>) -> Result<NewChallenge, Failure> {
    Ok(NewChallenge {
        id: row.get("id")?,
        flow_id: row.get("flow_id")?,
        channel: channel_from(&row.get::<_, String>("channel")?)?,
        country: row.get("country")?,
        locale: row.get("locale")?,
        sealed_number: row.get("sealed_number")?,
        number_index: bytes(row, "number_index")?,
        hint: row.get("hint")?,
        reference: row.get("reference")?,
        call_digits: row.get("call_digits")?,
        expires_at: from_sql(row.get("expires_at")?)?,
        method_id: row.get("method_id")?,
        codes: row.get("codes")?,
    })
}

fn challenge_from(row: &Row<'_>) -> Result<Challenge, Failure> {
    Ok(Challenge {
        opened: opened_from(row)?,
        sends: row.get("sends")?,
        sent_at: from_sql(row.get("sent_at")?)?,
        attempts: row.get("attempts")?,
        answered_at: row
            .get::<_, Option<i64>>("answered_at")?
            .map(from_sql)
            .transpose()?,
        delivery: delivery_from(&row.get::<_, String>("state")?)?,
        delivery_at: from_sql(row.get("state_at")?)?,
    })
}
