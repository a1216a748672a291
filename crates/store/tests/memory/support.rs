//! What the host's support does for somebody who is locked out.

use async_trait::async_trait;
use nidan_core::flow;
use nidan_protocol::EventKind;
use nidan_store::{AuditContext, AuditDetail, StoreError, SupportStore};

use super::Memory;
use super::tables::own;

#[async_trait]
impl SupportStore for Memory {
    async fn reset(
        &self,
        host: &str,
        subject: &str,
        audit: &AuditContext,
    ) -> Result<(), StoreError> {
        let whose = (host, subject);
        self.transact(|tables| {
            tables.change_flows(whose, None, flow::when_reset);
            tables.end_challenges(whose, audit.now);
            let mine = own(whose);
            let has_anything = tables.methods.iter().any(|row| row.whose == mine)
                || tables.backup_sets.iter().any(|row| row.whose == mine)
                || tables.browsers.iter().any(|row| row.whose == mine);
            if has_anything {
                tables.subject_or_new(whose).factor_epoch += 1;
                tables.end_pause(whose, audit);
                tables.forget_all(whose);
            }
            if tables.subject(whose).is_some() {
                tables.append(whose, EventKind::Reset, AuditDetail::default(), audit);
            }
        })
    }
}
