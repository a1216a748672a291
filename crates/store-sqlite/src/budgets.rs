//! Counts of messages that were ordered, window by window.

use rusqlite::{Connection, params};

use crate::connection::{all, execute, first};
use crate::failure::Failure;
use crate::rows::{from_sql, quoted, to_sql};
use nidan_store::{Budget, Count, Scope};

/// The number of messages that the current window of each [budget](Budget) has had.
pub(crate) fn counted<'a>(
    read: &Connection,
    budgets: &'a [Budget],
    now: u64,
) -> Result<Vec<(&'a Budget, u32)>, Failure> {
    const SQL: &str =
        "SELECT count FROM send_count WHERE scope = ?1 AND key = ?2 AND window_start = ?3";
    let count = |budget: &'a Budget| {
        let start = to_sql(budget.window(now).start);
        let params = params![budget.scope.as_str(), budget.key, start];
        let count: Option<u32> = first(read, SQL, params, |row| Ok(row.get(0)?))?;
        Ok((budget, count.unwrap_or_default()))
    };
    budgets.iter().map(count).collect()
}

/// Counts one more message in each.
pub(crate) fn add_one(write: &Connection, budgets: &[Budget], now: u64) -> Result<(), Failure> {
    for budget in budgets {
        let window = budget.window(now);
        execute(
            write,
            "INSERT INTO send_count (scope, key, window_start, window_end, count) VALUES (?1, ?2, ?3, ?4, 1) \
             ON CONFLICT (scope, key, window_start) DO UPDATE SET count = count + 1",
            params![
                budget.scope.as_str(),
                budget.key,
                to_sql(window.start),
                to_sql(window.end),
            ],
        )?;
    }
    Ok(())
}

/// Gives back what was spent of a [budget](Budget) in the current window: never more than was.
pub(crate) fn give_back(
    write: &Connection,
    budget: &Budget,
    count: u32,
    now: u64,
) -> Result<(), Failure> {
    let start = to_sql(budget.window(now).start);
    execute(
        write,
        "UPDATE send_count SET count = MAX(0, count - ?4) WHERE scope = ?1 AND key = ?2 AND window_start = ?3",
        params![budget.scope.as_str(), budget.key, start, count],
    )?;
    Ok(())
}

/// Scope, key, highest and sum of the windows that run at `now`. Keys that are hashes come back as
/// [`None`].
pub(crate) fn counts(read: &Connection, now: u64) -> Result<Vec<Count>, Failure> {
    let readable = quoted(
        Scope::ALL
            .into_iter()
            .filter(|scope| scope.has_readable_keys())
            .map(Scope::as_str),
    );
    let sql = format!(
        "SELECT scope, CASE WHEN scope IN ({readable}) THEN key END AS named, MAX(count), SUM(count) \
         FROM send_count WHERE window_start <= ?1 AND window_end > ?1 GROUP BY scope, named ORDER BY scope, named"
    );
    all(read, &sql, [to_sql(now)], |row| {
        Ok(Count {
            scope: row.get(0)?,
            key: row
                .get::<_, Option<Vec<u8>>>(1)?
                .map(|key| String::from_utf8_lossy(&key).into_owned()),
            highest: from_sql(row.get(2)?)?,
            sum: from_sql(row.get(3)?)?,
        })
    })
}
