//! Methods that are held and released.

use nidan_core::hold::{self, HoldContext, HoldDecision, HoldMethod, HoldWish};
use nidan_core::manage::Holder;
use nidan_protocol::{Authenticator, EventKind};
use nidan_store::{AuditContext, AuditDetail, HoldRequest};

use super::login::hint;
use super::tables::Tables;

pub(crate) fn hold(
    tables: &mut Tables,
    request: &HoldRequest,
    audit: &AuditContext,
) -> HoldDecision {
    let whose = (request.host.as_str(), request.subject.as_str());
    let methods = tables.living(whose, audit.now).map(|row| HoldMethod {
        id: row.method.id.clone(),
        held_by: row.method.held_by,
        is_retiring: row.method.retires_at.is_some(),
        successor: row.method.successor.clone(),
        tries: row.method.tries,
    });
    let context = HoldContext {
        methods: methods.collect(),
        backup_codes_left: tables.backup_codes_left(whose),
        is_paused: tables
            .person(whose, audit.now)
            .paused_until
            .is_some_and(|until| until > audit.now),
    };
    let decision = hold::decide(&context, &request.method_id, request.wish, Holder::Support);
    let HoldDecision::Change {
        raises_epoch,
        ends_pause,
        brings_back,
    } = &decision
    else {
        return decision;
    };
    if *raises_epoch {
        tables.subject_or_new(whose).factor_epoch += 1;
    }
    if *ends_pause {
        tables.end_pause(whose, audit);
    }
    let (held_at, kind) = match request.wish {
        HoldWish::Hold => (Some(audit.now), EventKind::MethodHeld),
        HoldWish::Release => (None, EventKind::MethodReleased),
    };
    let Some(row) = tables.method(whose, &request.method_id) else {
        return HoldDecision::NoMethod;
    };
    row.method.held_at = held_at;
    row.method.held_by = held_at.map(|_| Holder::Support);
    let detail = AuditDetail {
        method: Some(Authenticator::Method(row.method.detail.kind())),
        hint: hint(&row.method.detail),
        count: None,
    };
    tables.append(whose, kind, detail, audit);
    for id in brings_back {
        if let Some(detail) = stay(tables, whose, id) {
            tables.append(whose, EventKind::MethodReleased, detail, audit);
        }
    }
    decision
}

/// A method that was to retire does so no longer.
pub(crate) fn stay(
    tables: &mut Tables,
    whose: (&str, &str),
    method_id: &str,
) -> Option<AuditDetail> {
    let row = tables.method(whose, method_id)?;
    row.method.retires_at = None;
    row.method.successor = None;
    row.replaced_by = None;
    Some(AuditDetail {
        method: Some(Authenticator::Method(row.method.detail.kind())),
        hint: hint(&row.method.detail),
        count: None,
    })
}
