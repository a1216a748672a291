//! How many messages were ordered, window by window.

use sqlx::sqlite::SqliteConnection;

use super::rows::{from_sql, to_sql};
use crate::store::{Budget, Scope, StoreError};

/// Spends one of each budget inside the caller's transaction; the first that has no room ends it.
pub(super) async fn spend(
    write: &mut SqliteConnection,
    budgets: &[Budget],
    now: u64,
) -> Result<Result<(), (Scope, u64)>, StoreError> {
    for budget in budgets {
        let start = now - now % budget.window_s.max(1);
        let end = start.saturating_add(budget.window_s);
        let room = sqlx::query(
            "INSERT INTO send_count (scope, key, window_start, window_end, count) SELECT ?1, ?2, ?3, ?4, 1 WHERE ?5 > 0 \
             ON CONFLICT (scope, key, window_start) DO UPDATE SET count = count + 1 WHERE count < ?5",
        )
        .bind(budget.scope.as_str())
        .bind(&budget.key)
        .bind(to_sql(start))
        .bind(to_sql(end))
        .bind(budget.limit)
        .execute(&mut *write)
        .await?;
        if room.rows_affected() != 1 {
            return Ok(Err((budget.scope, end)));
        }
    }
    Ok(Ok(()))
}

/// Scope, key, highest and sum of the windows that run at `now`. Keys that are hashes come back as `None`.
pub(super) async fn counts(pool: &sqlx::SqlitePool, now: u64) -> Result<Vec<crate::store::Count>, StoreError> {
    // Hosts and countries are named; numbers, people and blocks are hashes that say nothing.
    let rows: Vec<(String, Option<Vec<u8>>, i64, i64)> = sqlx::query_as(
        "SELECT scope, CASE WHEN scope IN ('host', 'country') THEN key END AS named, MAX(count), SUM(count) \
         FROM send_count WHERE window_start <= ?1 AND window_end > ?1 GROUP BY scope, named ORDER BY scope, named",
    )
    .bind(to_sql(now))
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|(scope, key, highest, sum)| {
            Ok(crate::store::Count {
                scope,
                key: key.map(|key| String::from_utf8_lossy(&key).into_owned()),
                highest: from_sql(highest)?,
                sum: from_sql(sum)?,
            })
        })
        .collect()
}
