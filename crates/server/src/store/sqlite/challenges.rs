//! Challenges: opened, sent again, answered.

use nidan_protocol::DeliveryState;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::rows::{bytes, channel_from, delivery_from, from_sql, to_sql};
use super::{SqliteStore, Write, budgets};
use crate::store::{Attempt, Challenge, NewChallenge, Order, Ordered, StoreError};

/// For queries that join `challenge` as `c`.
pub(super) const COLUMNS: &str = "c.id, c.flow_id, c.channel, c.country, c.locale, c.sealed_number, c.number_index, \
    c.hint, c.reference, c.keys, c.expires_at, c.method_id, c.codes";

impl SqliteStore {
    pub(super) async fn insert_challenge(
        &self,
        challenge: &NewChallenge,
        order: &Order<'_>,
    ) -> Result<Ordered, StoreError> {
        let now = order.now_ms / 1000;
        let mut write = self.write().await?;
        // One live code in a flow: the person who corrects the number is asked for the new one only.
        sqlx::query("UPDATE challenge SET expires_at = MIN(expires_at, ?2) WHERE flow_id = ?1 AND answered_at IS NULL")
            .bind(&challenge.flow_id)
            .bind(to_sql(now))
            .execute(&mut *write)
            .await?;
        sqlx::query(
            "INSERT INTO challenge (id, flow_id, channel, country, locale, sealed_number, number_index, hint, \
             reference, keys, expires_at, sends, sent_at, method_id, codes) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?13, ?14)",
        )
        .bind(&challenge.id)
        .bind(&challenge.flow_id)
        .bind(challenge.channel.as_str())
        .bind(&challenge.country)
        .bind(&challenge.locale)
        .bind(&challenge.sealed_number)
        .bind(challenge.number_index.as_slice())
        .bind(&challenge.hint)
        .bind(&challenge.reference)
        .bind(&challenge.keys)
        .bind(to_sql(challenge.expires_at))
        .bind(to_sql(now))
        .bind(&challenge.method_id)
        .bind(challenge.codes)
        .execute(&mut *write)
        .await?;
        finish_order(write, &challenge.id, order).await
    }

    pub(super) async fn order_again(
        &self,
        challenge_id: &str,
        sends: u32,
        order: &Order<'_>,
    ) -> Result<Ordered, StoreError> {
        let now = order.now_ms / 1000;
        let mut write = self.write().await?;
        let again = sqlx::query(
            "UPDATE challenge SET sends = sends + 1, sent_at = ?3 \
             WHERE id = ?1 AND sends = ?2 AND answered_at IS NULL AND expires_at > ?3",
        )
        .bind(challenge_id)
        .bind(sends)
        .bind(to_sql(now))
        .execute(&mut *write)
        .await?;
        if again.rows_affected() != 1 {
            return Ok(Ordered::Changed);
        }
        // What no gateway has taken yet would come beside the new one.
        sqlx::query("UPDATE message SET state = 'failed', state_at = ?2 WHERE challenge_id = ?1 AND state = 'queued'")
            .bind(challenge_id)
            .bind(to_sql(now))
            .execute(&mut *write)
            .await?;
        finish_order(write, challenge_id, order).await
    }

    pub(super) async fn challenges_of(&self, flow_id: &str) -> Result<Vec<Challenge>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, c.sends, c.sent_at, c.attempts, c.answered_at, m.state, m.state_at \
             FROM challenge c JOIN message m ON m.rowid = \
             (SELECT MAX(latest.rowid) FROM message latest WHERE latest.challenge_id = c.id) \
             WHERE c.flow_id = ?1 ORDER BY c.rowid"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(flow_id).fetch_all(&self.pool).await?;
        rows.iter().map(challenge_from).collect()
    }

    pub(super) async fn reserve(&self, id: &str, limit: u32, now: u64) -> Result<Attempt, StoreError> {
        let _turn = self.writer.turn().await;
        let spent: Option<i64> = sqlx::query_scalar(
            "UPDATE challenge SET attempts = attempts + 1 \
             WHERE id = ?1 AND attempts < ?2 AND answered_at IS NULL AND expires_at > ?3 RETURNING attempts",
        )
        .bind(id)
        .bind(limit)
        .bind(to_sql(now))
        .fetch_optional(&self.pool)
        .await?;
        Ok(spent.map_or(Attempt::Exhausted, |spent| Attempt::Reserved {
            left: limit.saturating_sub(u32::try_from(spent).unwrap_or(limit)),
        }))
    }

    pub(super) async fn mark_answered(&self, id: &str, now: u64) -> Result<bool, StoreError> {
        let _turn = self.writer.turn().await;
        let marked = sqlx::query(
            "UPDATE challenge SET answered_at = ?2 WHERE id = ?1 AND answered_at IS NULL AND expires_at > ?2",
        )
        .bind(id)
        .bind(to_sql(now))
        .execute(&self.pool)
        .await?;
        Ok(marked.rows_affected() == 1)
    }
}

/// The message in the same transaction as what it is for, and the budgets with both.
async fn finish_order(mut write: Write<'_>, challenge_id: &str, order: &Order<'_>) -> Result<Ordered, StoreError> {
    let now = order.now_ms / 1000;
    if let Err((scope, retry_at)) = budgets::spend(&mut write, order.budgets, now).await? {
        return Ok(Ordered::BudgetSpent { scope, retry_at });
    }
    sqlx::query("INSERT INTO message (id, challenge_id, state, state_at, due_at_ms) VALUES (?1, ?2, 'queued', ?3, ?4)")
        .bind(order.message_id)
        .bind(challenge_id)
        .bind(to_sql(now))
        .bind(to_sql(order.now_ms))
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    Ok(Ordered::Yes)
}

pub(super) fn opened_from(row: &SqliteRow) -> Result<NewChallenge, StoreError> {
    Ok(NewChallenge {
        id: row.try_get("id")?,
        flow_id: row.try_get("flow_id")?,
        channel: channel_from(row.try_get("channel")?)?,
        country: row.try_get("country")?,
        locale: row.try_get("locale")?,
        sealed_number: row.try_get("sealed_number")?,
        number_index: bytes(row, "number_index")?,
        hint: row.try_get("hint")?,
        reference: row.try_get("reference")?,
        keys: row.try_get("keys")?,
        expires_at: from_sql(row.try_get("expires_at")?)?,
        method_id: row.try_get("method_id")?,
        codes: row.try_get("codes")?,
    })
}

fn challenge_from(row: &SqliteRow) -> Result<Challenge, StoreError> {
    let delivery: DeliveryState = delivery_from(row.try_get("state")?)?;
    Ok(Challenge {
        opened: opened_from(row)?,
        sends: row.try_get("sends")?,
        sent_at: from_sql(row.try_get("sent_at")?)?,
        attempts: row.try_get("attempts")?,
        answered_at: row.try_get::<Option<i64>, _>("answered_at")?.map(from_sql).transpose()?,
        delivery,
        delivery_at: from_sql(row.try_get("state_at")?)?,
    })
}
