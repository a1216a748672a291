//! What the people of a group have.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use crate::connection::{all, execute};
use crate::failure::Failure;
use crate::{SqliteStore, flows, subject_of};
use nidan_store::{CoverageStore, NewFlow, StoreError, Subject};

#[async_trait]
impl CoverageStore for SqliteStore {
    async fn group(
        &self,
        (host, group): (&str, &str),
        after: Option<&str>,
        count: u32,
        now: u64,
    ) -> Result<Vec<(String, Subject)>, StoreError> {
        let (host, group) = (host.to_owned(), group.to_owned());
        let after = after.unwrap_or_default().to_owned();
        self.readers
            .run(move |read| {
                let sql = "SELECT subject FROM subject \
                    WHERE host = ?1 AND policy_group = ?2 AND subject > ?3 ORDER BY subject LIMIT ?4";
                let params = params![host, group, after, count];
                let ids: Vec<String> = all(read, sql, params, |row| Ok(row.get(0)?))?;
                let with = |id: String| {
                    let subject = subject_of(read, (&host, &id), now)?;
                    Ok((id, subject))
                };
                ids.into_iter().map(with).collect()
            })
            .await
    }
}

/// Keeps the group that the host names with a flow. Of somebody without one nothing is kept.
pub(crate) fn note_group(write: &Connection, flow: &NewFlow) -> Result<(), Failure> {
    if flow.group.is_some() {
        flows::know(write, (&flow.host, &flow.subject))?;
    }
    execute(
        write,
        "UPDATE subject SET policy_group = ?3 \
         WHERE host = ?1 AND subject = ?2 AND policy_group IS NOT ?3",
        params![flow.host, flow.subject, flow.group],
    )?;
    Ok(())
}
