//! What the host's support does for somebody who is locked out.

use async_trait::async_trait;
use nidan_core::flow;
use nidan_protocol::EventKind;
use rusqlite::Connection;

use crate::connection::scalar;
use crate::failure::Failure;
use crate::flows::{self, Among, Whose};
use crate::{SqliteStore, challenges, manage, record};
use nidan_store::{AuditContext, AuditDetail, StoreError, SupportStore};

#[async_trait]
impl SupportStore for SqliteStore {
    async fn reset(
        &self,
        host: &str,
        subject: &str,
        audit: &AuditContext,
    ) -> Result<(), StoreError> {
        let (host, subject, audit) = (host.to_owned(), subject.to_owned(), audit.clone());
        self.writer
            .run(move |write| reset(write, (&host, &subject), &audit))
            .await
    }
}

fn reset(write: &Connection, whose: Whose<'_>, audit: &AuditContext) -> Result<(), Failure> {
    flows::change(write, whose, &Among::All, None, flow::when_reset)?;
    challenges::end_all(write, whose, audit.now)?;
    if has_anything(write, whose)? {
        flows::raise_epoch(write, whose.0, whose.1)?;
        flows::end_pause(write, whose, audit)?;
        manage::forget_all(write, whose)?;
    }
    if is_known(write, whose)? {
        let detail = AuditDetail::default();
        record::append(write, whose, EventKind::Reset, detail, audit)?;
    }
    Ok(())
}

fn is_known(read: &Connection, (host, subject): Whose<'_>) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM subject WHERE host = ?1 AND subject = ?2)";
    scalar(read, sql, [host, subject])
}

fn has_anything(read: &Connection, (host, subject): Whose<'_>) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM method WHERE host = ?1 AND subject = ?2) \
        OR EXISTS (SELECT 1 FROM backup_set WHERE host = ?1 AND subject = ?2) \
        OR EXISTS (SELECT 1 FROM trusted_browser WHERE host = ?1 AND subject = ?2)";
    scalar(read, sql, [host, subject])
}
