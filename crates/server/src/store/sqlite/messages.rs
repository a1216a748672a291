//! Messages on their way: taken by workers, settled, and moved on by receipts.

use async_trait::async_trait;
use nidan_protocol::DeliveryState;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::challenges::{COLUMNS, opened_from};
use super::rows::{delivery_from, from_sql, to_sql};
use super::{SqliteStore, budgets};
use crate::store::{Attempt, Challenge, Count, Fate, NewChallenge, Order, Ordered, PhoneStore, StoreError, Taken};

/// Joins a message to all that sending it needs.
fn joined(what: &str) -> String {
    format!(
        "SELECT {COLUMNS}, m.id AS message_id, m.tries, m.refused, m.doubt, m.state, m.state_at, f.host, f.subject, f.origin \
         FROM message m JOIN challenge c ON c.id = m.challenge_id JOIN flow f ON f.id = c.flow_id {what}"
    )
}

#[async_trait]
impl PhoneStore for SqliteStore {
    async fn open_challenge(&self, challenge: &NewChallenge, order: &Order<'_>) -> Result<Ordered, StoreError> {
        self.insert_challenge(challenge, order).await
    }

    async fn resend(&self, challenge_id: &str, sends: u32, order: &Order<'_>) -> Result<Ordered, StoreError> {
        self.order_again(challenge_id, sends, order).await
    }

    async fn challenge(&self, flow_id: &str, id: &str) -> Result<Option<Challenge>, StoreError> {
        // A flow has a handful.
        Ok(self.challenges_of(flow_id).await?.into_iter().find(|challenge| challenge.opened.id == id))
    }

    async fn challenges(&self, flow_id: &str) -> Result<Vec<Challenge>, StoreError> {
        self.challenges_of(flow_id).await
    }

    async fn reserve_answer(&self, id: &str, limit: u32, now: u64) -> Result<Attempt, StoreError> {
        self.reserve(id, limit, now).await
    }

    async fn answered(&self, id: &str, now: u64) -> Result<bool, StoreError> {
        self.mark_answered(id, now).await
    }

    async fn take_messages(&self, now_ms: u64, lease_ms: u64, count: u32) -> Result<Vec<Taken>, StoreError> {
        let _turn = self.writer.turn().await;
        let ids: Vec<String> = sqlx::query_scalar(
            "UPDATE message SET tries = tries + 1, due_at_ms = ?2, doubt = MAX(doubt, in_hand), in_hand = 1 WHERE id IN \
             (SELECT id FROM message WHERE state = 'queued' AND due_at_ms <= ?1 ORDER BY due_at_ms LIMIT ?3) \
             RETURNING id",
        )
        .bind(to_sql(now_ms))
        .bind(to_sql(now_ms.saturating_add(lease_ms)))
        .bind(count)
        .fetch_all(&self.pool)
        .await?;
        let mut taken = Vec::with_capacity(ids.len());
        for id in ids {
            let sql = joined("WHERE m.id = ?1");
            let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&id).fetch_optional(&self.pool).await?;
            taken.extend(row.map(|row| taken_from(&row)).transpose()?);
        }
        Ok(taken)
    }

    async fn settle(&self, id: &str, fate: &Fate, now: u64) -> Result<(), StoreError> {
        let _turn = self.writer.turn().await;
        let query = match fate {
            Fate::Accepted { gateway, reference } => sqlx::query(
                "UPDATE message SET state = 'accepted', state_at = ?2, gateway = ?3, gateway_ref = ?4 \
                 WHERE id = ?1 AND state = 'queued'",
            )
            .bind(id)
            .bind(to_sql(now))
            .bind(gateway)
            .bind(reference),
            Fate::Unclear { gateway } => sqlx::query(
                "UPDATE message SET state = 'unclear', state_at = ?2, gateway = ?3 WHERE id = ?1 AND state = 'queued'",
            )
            .bind(id)
            .bind(to_sql(now))
            .bind(gateway),
            Fate::Again { due_at_ms, refused, doubt } => sqlx::query(
                "UPDATE message SET due_at_ms = ?2, refused = ?3, doubt = ?4, in_hand = 0 \
                 WHERE id = ?1 AND state = 'queued'",
            )
            .bind(id)
            .bind(to_sql(*due_at_ms))
            .bind(*refused)
            .bind(*doubt),
            Fate::Failed => {
                sqlx::query("UPDATE message SET state = 'failed', state_at = ?2 WHERE id = ?1 AND state = 'queued'")
                    .bind(id)
                    .bind(to_sql(now))
            }
        };
        query.execute(&self.pool).await?;
        Ok(())
    }

    async fn receipt(&self, gateway: &str, id: &str, state: DeliveryState, now: u64) -> Result<bool, StoreError> {
        let _turn = self.writer.turn().await;
        let moved = sqlx::query(
            "UPDATE message SET state = ?3, state_at = ?4 WHERE gateway = ?1 AND id = ?2 \
             AND state IN ('accepted', 'unclear') \
             AND ?3 IN ('delivered', 'failed')",
        )
        .bind(gateway)
        .bind(id)
        .bind(state.as_str())
        .bind(to_sql(now))
        .execute(&self.pool)
        .await?;
        Ok(moved.rows_affected() == 1)
    }

    async fn message_by_reference(&self, gateway: &str, reference: &str) -> Result<Option<String>, StoreError> {
        let found = sqlx::query_scalar("SELECT id FROM message WHERE gateway = ?1 AND gateway_ref = ?2")
            .bind(gateway)
            .bind(reference)
            .fetch_optional(&self.pool)
            .await?;
        Ok(found)
    }

    async fn message(&self, gateway: &str, id: &str) -> Result<Option<Taken>, StoreError> {
        let sql = joined("WHERE m.gateway = ?1 AND m.id = ?2");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(gateway).bind(id).fetch_optional(&self.pool).await?;
        row.map(|row| taken_from(&row)).transpose()
    }

    async fn messages(&self, gateway: &str, host: &str, since: u64) -> Result<Vec<(Taken, u64)>, StoreError> {
        let sql = joined("WHERE m.gateway = ?1 AND f.host = ?2 AND m.state_at >= ?3 ORDER BY m.rowid");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(gateway)
            .bind(host)
            .bind(to_sql(since))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok((taken_from(row)?, from_sql(row.try_get("state_at")?)?))).collect()
    }

    async fn queue(&self) -> Result<(u64, Option<u64>), StoreError> {
        let (queued, oldest): (i64, Option<i64>) =
            sqlx::query_as("SELECT COUNT(*), MIN(state_at) * 1000 FROM message WHERE state = 'queued'")
                .fetch_one(&self.pool)
                .await?;
        Ok((from_sql(queued)?, oldest.map(from_sql).transpose()?))
    }

    async fn deliveries(&self) -> Result<Vec<(String, DeliveryState, u64)>, StoreError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT COALESCE(gateway, ''), state, COUNT(*) FROM message GROUP BY gateway, state ORDER BY gateway, state",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter()
            .map(|(gateway, state, count)| Ok((gateway, delivery_from(&state)?, from_sql(count)?)))
            .collect()
    }

    async fn counts(&self, now: u64) -> Result<Vec<Count>, StoreError> {
        budgets::counts(&self.pool, now).await
    }

    async fn purge_counts(&self, now: u64) -> Result<u64, StoreError> {
        let _turn = self.writer.turn().await;
        let purged =
            sqlx::query("DELETE FROM send_count WHERE window_end <= ?1").bind(to_sql(now)).execute(&self.pool).await?;
        Ok(purged.rows_affected())
    }
}

fn taken_from(row: &SqliteRow) -> Result<Taken, StoreError> {
    Ok(Taken {
        id: row.try_get("message_id")?,
        challenge: opened_from(row)?,
        host: row.try_get("host")?,
        subject: row.try_get("subject")?,
        origin: row.try_get("origin")?,
        tries: row.try_get("tries")?,
        refused: row.try_get("refused")?,
        doubt: row.try_get("doubt")?,
        state: delivery_from(row.try_get("state")?)?,
    })
}
