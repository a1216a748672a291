//! Messages on their way: taken by workers, settled, and moved on by receipts.

use async_trait::async_trait;
use nidan_core::delivery;
use nidan_protocol::DeliveryState;
use rusqlite::{Connection, Row, params};

use crate::challenges::{self, COLUMNS, opened_from};
use crate::connection::{all, execute, first};
use crate::failure::Failure;
use crate::rows::{delivery_from, from_sql, to_sql};
use crate::{SqliteStore, budgets};
use nidan_store::{
    Attempt, Budget, Challenge, Count, DeliveryOutcome, LeasedMessage, NewChallenge, Order,
    Ordered, PhoneStore, StoreError,
};

/// Joins a message to all that sending it needs.
fn joined(what: &str) -> String {
    format!(
        "SELECT {COLUMNS}, m.id AS message_id, m.tries, m.refused, m.doubt, m.state, m.state_at, f.host, f.subject, f.origin \
         FROM message m JOIN challenge c ON c.id = m.challenge_id JOIN flow f ON f.id = c.flow_id {what}"
    )
}

#[async_trait]
impl PhoneStore for SqliteStore {
    async fn open_challenge(
        &self,
        challenge: &NewChallenge,
        seen: Option<&str>,
        order: &Order,
    ) -> Result<Ordered, StoreError> {
        let (challenge, order) = (challenge.clone(), order.clone());
        let seen = seen.map(str::to_owned);
        self.writer
            .run(move |write| challenges::open(write, &challenge, seen.as_deref(), &order))
            .await
    }

    async fn resend(
        &self,
        challenge_id: &str,
        sends: u32,
        order: &Order,
    ) -> Result<Ordered, StoreError> {
        let (challenge_id, order) = (challenge_id.to_owned(), order.clone());
        self.writer
            .run(move |write| challenges::order_again(write, &challenge_id, sends, &order))
            .await
    }

    async fn challenge(&self, flow_id: &str, id: &str) -> Result<Option<Challenge>, StoreError> {
        // A flow has a handful.
        Ok(self
            .challenges(flow_id)
            .await?
            .into_iter()
            .find(|challenge| challenge.opened.id == id))
    }

    async fn challenges(&self, flow_id: &str) -> Result<Vec<Challenge>, StoreError> {
        let flow_id = flow_id.to_owned();
        self.readers
            .run(move |read| challenges::of_flow(read, &flow_id))
            .await
    }

    async fn reserve_answer(&self, id: &str, limit: u32, now: u64) -> Result<Attempt, StoreError> {
        let id = id.to_owned();
        self.writer
            .run(move |write| challenges::reserve(write, &id, limit, now))
            .await
    }

    async fn answered(&self, id: &str, budget: &Budget, now: u64) -> Result<bool, StoreError> {
        let (id, budget) = (id.to_owned(), budget.clone());
        self.writer
            .run(move |write| challenges::mark_answered(write, &id, &budget, now))
            .await
    }

    async fn take_messages(
        &self,
        now_ms: u64,
        lease_ms: u64,
        count: u32,
    ) -> Result<Vec<LeasedMessage>, StoreError> {
        self.writer
            .run(move |write| take(write, now_ms, lease_ms, count))
            .await
    }

    async fn settle(&self, id: &str, fate: &DeliveryOutcome, now: u64) -> Result<(), StoreError> {
        let (id, fate) = (id.to_owned(), fate.clone());
        self.writer
            .run(move |write| settle(write, &id, &fate, now))
            .await
    }

    async fn receipt(
        &self,
        gateway: &str,
        id: &str,
        state: DeliveryState,
        now: u64,
    ) -> Result<bool, StoreError> {
        let (gateway, id) = (gateway.to_owned(), id.to_owned());
        self.writer
            .run(move |write| {
                let sql = "SELECT m.state, c.call_digits IS NOT NULL AS asks_digits FROM message m \
                     JOIN challenge c ON c.id = m.challenge_id WHERE m.gateway = ?1 AND m.id = ?2";
                let known = first(write, sql, [&gateway, &id], |row| {
                    Ok((state_from(row)?, row.get("asks_digits")?))
                })?;
                let is_moved = known.is_some_and(|(known, asks_digits)| {
                    known.is_some_and(|known| {
                        delivery::is_moved_by_report(known, state, asks_digits)
                    })
                });
                if !is_moved {
                    return Ok(false);
                }
                execute(
                    write,
                    "UPDATE message SET state = ?2, state_at = ?3 WHERE id = ?1",
                    params![id, state.as_str(), to_sql(now)],
                )?;
                Ok(true)
            })
            .await
    }

    async fn message_by_reference(
        &self,
        gateway: &str,
        reference: &str,
    ) -> Result<Option<String>, StoreError> {
        let (gateway, reference) = (gateway.to_owned(), reference.to_owned());
        self.readers
            .run(move |read| {
                let sql = "SELECT id FROM message WHERE gateway = ?1 AND gateway_ref = ?2";
                first(read, sql, [gateway, reference], |row| Ok(row.get(0)?))
            })
            .await
    }

    async fn message(&self, gateway: &str, id: &str) -> Result<Option<LeasedMessage>, StoreError> {
        let (gateway, id) = (gateway.to_owned(), id.to_owned());
        let sql = joined("WHERE m.gateway = ?1 AND m.id = ?2");
        self.readers
            .run(move |read| first(read, &sql, [gateway, id], taken_from))
            .await
    }

    async fn messages(
        &self,
        gateway: &str,
        host: &str,
        since: u64,
    ) -> Result<Vec<(LeasedMessage, u64)>, StoreError> {
        let (gateway, host) = (gateway.to_owned(), host.to_owned());
        let sql =
            joined("WHERE m.gateway = ?1 AND f.host = ?2 AND m.state_at >= ?3 ORDER BY m.rowid");
        self.readers
            .run(move |read| {
                all(read, &sql, params![gateway, host, to_sql(since)], |row| {
                    Ok((taken_from(row)?, from_sql(row.get("state_at")?)?))
                })
            })
            .await
    }

    async fn queue(&self) -> Result<(u64, Option<u64>), StoreError> {
        self.readers
            .run(|read| {
                let sql =
                    "SELECT COUNT(*), MIN(state_at) * 1000 FROM message WHERE state = 'queued'";
                let counted = first(read, sql, [], |row| {
                    Ok((
                        from_sql(row.get(0)?)?,
                        row.get::<_, Option<i64>>(1)?.map(from_sql).transpose()?,
                    ))
                })?;
                Ok(counted.unwrap_or_default())
            })
            .await
    }

    async fn deliveries(&self) -> Result<Vec<(String, DeliveryState, u64)>, StoreError> {
        const SQL: &str = "SELECT COALESCE(gateway, ''), state, COUNT(*) FROM message GROUP BY gateway, state \
            ORDER BY gateway, state";
        self.readers
            .run(|read| {
                all(read, SQL, [], |row| {
                    Ok((
                        row.get(0)?,
                        delivery_from(&row.get::<_, String>(1)?)?,
                        from_sql(row.get(2)?)?,
                    ))
                })
            })
            .await
    }

    async fn counts(&self, now: u64) -> Result<Vec<Count>, StoreError> {
        self.readers
            .run(move |read| budgets::counts(read, now))
            .await
    }

    async fn purge_counts(&self, now: u64) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM send_count WHERE (scope, key, window_start) IN \
            (SELECT scope, key, window_start FROM send_count WHERE window_end <= ?1 LIMIT ?2)";
        self.purge(SQL, now).await
    }
}

fn take(
    write: &Connection,
    now_ms: u64,
    lease_ms: u64,
    count: u32,
) -> Result<Vec<LeasedMessage>, Failure> {
    let ids: Vec<String> = all(
        write,
        "UPDATE message SET tries = tries + 1, due_at_ms = ?2, doubt = MAX(doubt, in_hand), in_hand = 1 WHERE id IN \
         (SELECT id FROM message WHERE state = 'queued' AND due_at_ms <= ?1 ORDER BY due_at_ms LIMIT ?3) \
         RETURNING id",
        params![
            to_sql(now_ms),
            to_sql(now_ms.saturating_add(lease_ms)),
            count
        ],
        |row| Ok(row.get(0)?),
    )?;
    let sql = joined("WHERE m.id = ?1");
    let mut taken = Vec::with_capacity(ids.len());
    for id in ids {
        match first(write, &sql, [&id], taken_from) {
            Ok(found) => taken.extend(found),
            // A later build's, perhaps: it keeps its lease and holds nobody up.
            Err(failure) => match failure.wrong_row() {
                Some(what) => tracing::error!(id, what, "a message cannot be read"),
                None => return Err(failure),
            },
        }
    }
    Ok(taken)
}

/// A state of a later build is [`None`]: nothing that is said here moves such a message.
fn state_from(row: &Row<'_>) -> Result<Option<DeliveryState>, Failure> {
    Ok(delivery_from(&row.get::<_, String>("state")?).ok())
}

fn settle(
    write: &Connection,
    id: &str,
    outcome: &DeliveryOutcome,
    now: u64,
) -> Result<(), Failure> {
    let sql = "SELECT state FROM message WHERE id = ?1";
    let state = first(write, sql, [id], state_from)?.flatten();
    if !state.is_some_and(delivery::is_settled_by_outcome) {
        return Ok(());
    }
    let (state, now) = (outcome.state().as_str(), to_sql(now));
    match outcome {
        DeliveryOutcome::Accepted { gateway, reference } => execute(
            write,
            "UPDATE message SET state = ?2, state_at = ?3, gateway = ?4, gateway_ref = ?5 WHERE id = ?1",
            params![id, state, now, gateway, reference],
        ),
        DeliveryOutcome::Unclear { gateway } => execute(
            write,
            "UPDATE message SET state = ?2, state_at = ?3, gateway = ?4 WHERE id = ?1",
            params![id, state, now, gateway],
        ),
        DeliveryOutcome::Again {
            due_at_ms,
            refused,
            doubt,
        } => execute(
            write,
            "UPDATE message SET due_at_ms = ?2, refused = ?3, doubt = ?4, in_hand = 0 WHERE id = ?1",
            params![id, to_sql(*due_at_ms), refused, doubt],
        ),
        DeliveryOutcome::Failed => execute(
            write,
            "UPDATE message SET state = ?2, state_at = ?3 WHERE id = ?1",
            params![id, state, now],
        ),
    }?;
    Ok(())
}

fn taken_from(row: &Row<'_>) -> Result<LeasedMessage, Failure> {
    Ok(LeasedMessage {
        id: row.get("message_id")?,
        challenge: opened_from(row)?,
        host: row.get("host")?,
        subject: row.get("subject")?,
        origin: row.get("origin")?,
        tries: row.get("tries")?,
        refused: row.get("refused")?,
        doubt: row.get("doubt")?,
        state: delivery_from(&row.get::<_, String>("state")?)?,
    })
}
