//! Challenges: opened, sent again, answered.

use nidan_protocol::EventKind;
use rusqlite::{Connection, Row, params};

use super::connection::{all, execute, first};
use super::rows::{bytes, channel_from, delivery_from, from_sql, to_sql, used_from};
use super::writer::Then;
use super::{budgets, record};
use crate::audit::AuditContext;
use crate::store::{Attempt, Budget, Challenge, NewChallenge, Order, Ordered, StoreError};
use nidan_core::audit::AuditDetail;

/// For queries that join `challenge` as `c`.
pub(super) const COLUMNS: &str = "c.id, c.flow_id, c.channel, c.country, c.locale, c.sealed_number, c.number_index, \
    c.hint, c.reference, c.call_digits, c.expires_at, c.method_id, c.codes";

pub(super) fn open(
    write: &Connection,
    challenge: &NewChallenge,
    order: &Order,
) -> Result<Then<Ordered>, StoreError> {
    let now = order.now_ms / 1000;
    // One live code in a flow: the person who corrects the number is asked for the new one only.
    execute(
        write,
        "UPDATE challenge SET expires_at = MIN(expires_at, ?2) WHERE flow_id = ?1 AND answered_at IS NULL",
        params![challenge.flow_id, to_sql(now)],
    )?;
    execute(
        write,
        "INSERT INTO challenge (id, flow_id, channel, country, locale, sealed_number, number_index, hint, \
         reference, call_digits, expires_at, sends, sent_at, method_id, codes) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?13, ?14)",
        params![
            challenge.id,
            challenge.flow_id,
            challenge.channel.as_str(),
            challenge.country,
            challenge.locale,
            challenge.sealed_number,
            challenge.number_index,
            challenge.hint,
            challenge.reference,
            challenge.call_digits,
            to_sql(challenge.expires_at),
            to_sql(now),
            challenge.method_id,
            challenge.codes,
        ],
    )?;
    finish_order(write, &challenge.id, order)
}

pub(super) fn order_again(
    write: &Connection,
    challenge_id: &str,
    sends: u32,
    order: &Order,
) -> Result<Then<Ordered>, StoreError> {
    let now = to_sql(order.now_ms / 1000);
    let again = execute(
        write,
        "UPDATE challenge SET sends = sends + 1, sent_at = ?3 \
         WHERE id = ?1 AND sends = ?2 AND answered_at IS NULL AND expires_at > ?3",
        params![challenge_id, sends, now],
    )?;
    if again != 1 {
        return Ok(Then::Undo(Ordered::Changed));
    }
    // What no gateway has taken yet would come beside the new one.
    execute(
        write,
        "UPDATE message SET state = 'failed', state_at = ?2 WHERE challenge_id = ?1 AND state = 'queued'",
        params![challenge_id, now],
    )?;
    finish_order(write, challenge_id, order)
}

/// The message in the same transaction as what it is for, and the budgets with both.
fn finish_order(
    write: &Connection,
    challenge_id: &str,
    order: &Order,
) -> Result<Then<Ordered>, StoreError> {
    let now = order.now_ms / 1000;
    if let Err((scope, retry_at)) = budgets::spend(write, &order.budgets, now)? {
        return Ok(Then::Undo(Ordered::BudgetSpent { scope, retry_at }));
    }
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
    if let Some(audit) = &order.audit {
        note_sent(write, challenge_id, audit)?;
    }
    Ok(Then::Keep(Ordered::Yes))
}

/// Whoever was called by somebody who wants their code finds it in the record.
fn note_sent(
    write: &Connection,
    challenge_id: &str,
    audit: &AuditContext,
) -> Result<(), StoreError> {
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

pub(super) fn of_flow(read: &Connection, flow_id: &str) -> Result<Vec<Challenge>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, c.sends, c.sent_at, c.attempts, c.answered_at, m.state, m.state_at \
         FROM challenge c JOIN message m ON m.rowid = \
         (SELECT MAX(latest.rowid) FROM message latest WHERE latest.challenge_id = c.id) \
         WHERE c.flow_id = ?1 ORDER BY c.rowid"
    );
    all(read, &sql, [flow_id], challenge_from)
}

pub(super) fn reserve(
    write: &Connection,
    id: &str,
    limit: u32,
    now: u64,
) -> Result<Attempt, StoreError> {
    let spent: Option<u32> = first(
        write,
        "UPDATE challenge SET attempts = attempts + 1 \
         WHERE id = ?1 AND attempts < ?2 AND answered_at IS NULL AND expires_at > ?3 RETURNING attempts",
        params![id, limit, to_sql(now)],
        |row| Ok(row.get(0)?),
    )?;
    Ok(spent.map_or(Attempt::Exhausted, |spent| Attempt::Reserved {
        left: limit.saturating_sub(spent),
    }))
}

pub(super) fn mark_answered(
    write: &Connection,
    id: &str,
    budget: &Budget,
    now: u64,
) -> Result<bool, StoreError> {
    let sends: Option<u32> = first(
        write,
        "UPDATE challenge SET answered_at = ?2 WHERE id = ?1 AND answered_at IS NULL AND expires_at > ?2 RETURNING sends",
        params![id, to_sql(now)],
        |row| Ok(row.get(0)?),
    )?;
    if let Some(sends) = sends {
        budgets::give_back(write, budget, sends, now)?;
    }
    Ok(sends.is_some())
}

pub(super) fn opened_from(row: &Row<'_>) -> Result<NewChallenge, StoreError> {
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

fn challenge_from(row: &Row<'_>) -> Result<Challenge, StoreError> {
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
