//! What the people of a group have.

use async_trait::async_trait;
use nidan_store::{CoverageStore, NewFlow, StoreError, Subject};

use super::Memory;
use super::tables::Tables;

#[async_trait]
impl CoverageStore for Memory {
    async fn group(
        &self,
        (host, group): (&str, &str),
        after: Option<&str>,
        count: u32,
        now: u64,
    ) -> Result<Vec<(String, Subject)>, StoreError> {
        self.transact(|tables| {
            let rows = tables.subjects.iter();
            let ids = rows
                .filter(|((of, id), row)| {
                    of == host
                        && row.group.as_deref() == Some(group)
                        && after.is_none_or(|after| id.as_str() > after)
                })
                .map(|((_, id), _)| id);
            ids.take(count as usize)
                .map(|id| (id.clone(), tables.person((host, id), now)))
                .collect()
        })
    }
}

pub(crate) fn note_group(tables: &mut Tables, flow: &NewFlow) {
    let whose = (flow.host.as_str(), flow.subject.as_str());
    if flow.group.is_some() || tables.subject(whose).is_some() {
        tables.subject_or_new(whose).group.clone_from(&flow.group);
    }
}
