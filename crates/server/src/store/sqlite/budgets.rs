//! Counts of messages that were ordered, window by window.

use rusqlite::{Connection, params};

use super::connection::{all, execute};
use super::rows::{from_sql, to_sql};
use crate::store::{Budget, Count, Scope, StoreError};

/// Spends one of each budget inside the caller's transaction; the first that has no room ends it.
pub(super) fn spend(
    write: &Connection,
    budgets: &[Budget],
    now: u64,
) -> Result<Result<(), (Scope, u64)>, StoreError> {
    for budget in budgets {
        let start = now - now % budget.window_s.max(1);
        let end = start.saturating_add(budget.window_s);
        let room = execute(
            write,
            "INSERT INTO send_count (scope, key, window_start, window_end, count) SELECT ?1, ?2, ?3, ?4, 1 WHERE ?5 > 0 \
             ON CONFLICT (scope, key, window_start) DO UPDATE SET count = count + 1 WHERE count < ?5",
            params![
                budget.scope.as_str(),
                budget.key,
                to_sql(start),
                to_sql(end),
                budget.limit
            ],
        )?;
        if room != 1 {
            return Ok(Err((budget.scope, end)));
        }
    }
    Ok(Ok(()))
}

/// Gives back what was spent of a budget in the window that runs: never more than was.
pub(super) fn give_back(
    write: &Connection,
    budget: &Budget,
    count: u32,
    now: u64,
) -> Result<(), StoreError> {
    let start = now - now % budget.window_s.max(1);
    execute(
        write,
        "UPDATE send_count SET count = MAX(0, count - ?4) WHERE scope = ?1 AND key = ?2 AND window_start = ?3",
        params![budget.scope.as_str(), budget.key, to_sql(start), count],
    )?;
    Ok(())
}

/// Scope, key, highest and sum of the windows that run at `now`. Keys that are hashes come back as
/// `None`.
pub(super) fn counts(read: &Connection, now: u64) -> Result<Vec<Count>, StoreError> {
    // Hosts and countries are named; numbers, people and blocks are hashes that say nothing.
    all(
        read,
        "SELECT scope, CASE WHEN scope IN ('host', 'country', 'login_host') THEN key END AS named, MAX(count), SUM(count) \
         FROM send_count WHERE window_start <= ?1 AND window_end > ?1 GROUP BY scope, named ORDER BY scope, named",
        [to_sql(now)],
        |row| {
            Ok(Count {
                scope: row.get(0)?,
                key: row
                    .get::<_, Option<Vec<u8>>>(1)?
                    .map(|key| String::from_utf8_lossy(&key).into_owned()),
                highest: from_sql(row.get(2)?)?,
                sum: from_sql(row.get(3)?)?,
            })
        },
    )
}
