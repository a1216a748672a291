//! The steps of a change, carried out.

use nidan_core::manage::ends::StoredPause;
use nidan_core::manage::{Holder, ManageChanges, Step};
use nidan_protocol::Change;
use nidan_store::{AuditContext, NewFactor};

use super::login::revoke;
use super::tables::{BackupRow, RequestRow, Tables, own};

/// What is written beside the decision about a change.
pub(crate) struct Writing<'a> {
    pub(crate) flow_id: &'a str,
    pub(crate) whose: (&'a str, &'a str),
    /// The request's id within the flow, and the keyed hash of its post.
    pub(crate) request: (&'a str, [u8; 32]),
    pub(crate) audit: &'a AuditContext,
    /// What a set-up brings, where the change finishes one.
    pub(crate) new: Option<&'a NewFactor>,
}

pub(crate) fn apply(tables: &mut Tables, writing: &Writing<'_>, changes: &ManageChanges) {
    let whose = writing.whose;
    tables.requests.push(RequestRow {
        flow_id: writing.flow_id.to_owned(),
        request_id: writing.request.0.to_owned(),
        body_hash: writing.request.1,
        change: changes
            .change
            .map(|(change, method)| Change { change, method }),
    });
    if changes.raises_epoch {
        let row = tables.subject_or_new(whose);
        row.factor_epoch += 1;
        let epoch = row.factor_epoch;
        if let Some(row) = tables.flow(writing.flow_id) {
            row.raised_epoch = true;
            row.factor_epoch = Some(epoch);
            if let Some(proof) = &mut row.proof {
                proof.factor_epoch = epoch;
            }
        }
    }
    for step in &changes.steps {
        carry_out(tables, writing, step);
    }
    if let Some(today) = changes.changes {
        tables.subject_or_new(whose).changes = today;
    }
    for (kind, detail) in &changes.entries {
        tables.append(whose, *kind, detail.clone(), writing.audit);
    }
}

fn carry_out(tables: &mut Tables, writing: &Writing<'_>, step: &Step) {
    let (whose, now) = (writing.whose, writing.audit.now);
    match step {
        Step::Name { method_id, name } => {
            if let Some(row) = tables.method(whose, method_id) {
                row.method.name.clone_from(name);
            }
        }
        Step::Default { method_id } => {
            let ours = tables.methods.iter_mut();
            for row in ours.filter(|row| row.whose == own(whose)) {
                row.method.is_default = Some(&row.method.id) == method_id.as_ref();
            }
        }
        Step::Remove { method_id } => {
            tables.methods.retain(|row| row.method.id != *method_id);
        }
        Step::Retire {
            method_id,
            at,
            successor,
            ends_early,
        } => {
            if let Some(row) = tables.method(whose, method_id) {
                row.method.retires_at = Some(*at);
                row.method.is_default = false;
                row.method.successor = Some(successor.clone());
                row.replaced_by = ends_early.then(|| successor.clone());
            }
        }
        Step::Stay { method_id } => {
            super::hold::stay(tables, whose, method_id);
        }
        Step::Hold { method_id, is_held } => {
            if let Some(row) = tables.method(whose, method_id) {
                row.method.held_at = is_held.then_some(now);
                row.method.held_by = is_held.then_some(Holder::Person);
            }
        }
        Step::AddMethod | Step::ReplaceBackupCodes => store_new(tables, writing),
        Step::Pause { until, tells_end } => {
            tables.subject_or_new(whose).pause = Some(StoredPause {
                until: *until,
                tells_end: *tells_end,
            });
        }
        Step::EndPause => tables.subject_or_new(whose).pause = None,
        Step::EndTrust { browsers } => {
            revoke(tables, whose, browsers, writing.audit);
        }
        Step::ForgetAll => tables.forget_all(whose),
        Step::EndProof => {
            if let Some(row) = tables.flow(writing.flow_id) {
                row.proof = None;
            }
        }
    }
}

fn store_new(tables: &mut Tables, writing: &Writing<'_>) {
    let (whose, now) = (writing.whose, writing.audit.now);
    match writing.new.cloned().unwrap() {
        NewFactor::Method(method) => tables.add_method(whose, &method, now),
        NewFactor::BackupCodes { salt, hashes } => {
            tables.backup_sets.retain(|set| set.whose != own(whose));
            tables.backup_sets.push(BackupRow {
                whose: own(whose),
                salt,
                made_at: now,
                codes: (1..).zip(hashes).collect(),
            });
        }
    }
}
