//! Set-ups that are required, and put off.

use async_trait::async_trait;
use nidan_core::grace::{self, Grace, Skip, SkipContext};
use nidan_protocol::{EventKind, Purpose, SKIPPED_METHOD_ID};
use nidan_store::{AuditDetail, GraceStore, NewSkip, OpenVerification, StoreError};

use super::Memory;
use super::tables::{FlowStanding, Tables};

#[async_trait]
impl GraceStore for Memory {
    async fn skip(&self, new: &NewSkip) -> Result<Skip, StoreError> {
        self.transact(|tables| skip(tables, new))
    }
}

pub(crate) fn begin(tables: &mut Tables, open: &OpenVerification) -> Grace {
    let whose = (open.flow.host.as_str(), open.flow.subject.as_str());
    if open.begins_grace {
        let grace = &mut tables.subject_or_new(whose).grace;
        grace.from = grace.from.or(Some(open.audit.now));
    }
    tables
        .subject(whose)
        .map_or_else(Grace::default, |row| row.grace)
}

fn skip(tables: &mut Tables, new: &NewSkip) -> Skip {
    let (whose, now) = ((new.host.as_str(), new.subject.as_str()), new.audit.now);
    let has_way_in = tables.has_way_in(whose, now);
    let subject = tables.subject(whose).cloned().unwrap_or_default();
    let flow = tables.flow(&new.flow_id);
    let flow_is_open = flow.is_some_and(|row| {
        let opened = &row.opened;
        row.standing == FlowStanding::Open
            && (opened.host.as_str(), opened.subject.as_str()) == whose
            && opened.purpose == Purpose::Enroll
            && opened.expires_at > now
    });
    let context = SkipContext {
        flow_is_open,
        has_way_in,
        grace: subject.grace,
    };
    let decision = grace::skip(context, new.policy, now);
    let Skip::Yes(left) = decision else {
        return decision;
    };
    let grace = &mut tables.subject_or_new(whose).grace;
    grace.from = grace.from.or(Some(now));
    grace.skips_used += 1;
    if let Some(row) = tables.flow(&new.flow_id) {
        row.standing = FlowStanding::Completed;
        row.opened.key_pair = None;
        row.body_hash = new.body_hash;
        row.method_id = Some(SKIPPED_METHOD_ID.to_owned());
        row.result_hash = Some(new.result_hash);
        row.result_expires_at = new.result_expires_at;
        row.factor_epoch = Some(subject.factor_epoch);
    }
    let detail = AuditDetail {
        count: left.skips,
        ..AuditDetail::default()
    };
    tables.append(whose, EventKind::SetUpSkipped, detail, &new.audit);
    decision
}
