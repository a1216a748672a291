//! What the host's support does for somebody who is locked out.

use async_trait::async_trait;
use nidan_core::flow;
use nidan_protocol::{Authenticator, EventKind};
use nidan_store::{AuditContext, AuditDetail, NewTemporaryCode, StoreError, SupportStore};

use super::Memory;
use super::tables::{Tables, own};

#[async_trait]
impl SupportStore for Memory {
    async fn reset(
        &self,
        host: &str,
        subject: &str,
        audit: &AuditContext,
    ) -> Result<(), StoreError> {
        self.transact(|tables| reset(tables, (host, subject), audit))
    }

    async fn store_temporary_code(&self, new: &NewTemporaryCode) -> Result<(), StoreError> {
        self.transact(|tables| {
            let whose = (new.host.as_str(), new.subject.as_str());
            let person = tables.subject_or_new(whose);
            person.factor_epoch = person.factor_epoch.max(1);
            if new.resets {
                reset(tables, whose, &new.audit);
            }
            tables.change_flows(whose, None, flow::when_temporary_code_is_made);
            let code = (new.code.clone(), None);
            tables.temporary_codes.insert(own(whose), code);
            let detail = AuditDetail {
                method: Some(Authenticator::TemporaryCode),
                ..AuditDetail::default()
            };
            tables.append(whose, EventKind::TemporaryCodeMade, detail, &new.audit);
        })
    }
}

fn reset(tables: &mut Tables, whose: (&str, &str), audit: &AuditContext) {
    tables.change_flows(whose, None, flow::when_reset);
    tables.end_challenges(whose, audit.now);
    if tables.subject(whose).is_some() {
        tables.subject_or_new(whose).grace.is_over = true;
    }
    let mine = own(whose);
    let has_anything = tables.has_way_in(whose, audit.now)
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
}
