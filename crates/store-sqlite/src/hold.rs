//! A method is held or released: what it depends on is read, and what [`nidan_core::hold`] decides is
//! written, in one transaction.

use nidan_core::hold::{self, HoldContext, HoldDecision, HoldMethod, HoldWish};
use nidan_core::manage::Holder;
use nidan_protocol::EventKind;
use rusqlite::{Connection, params};

use crate::attempts::{out_of_use, tries_from};
use crate::connection::{all, execute, first};
use crate::failure::Failure;
use crate::rows::{detail_from, holder_from, to_sql};
use crate::{flows, record};
use nidan_store::{AuditContext, AuditDetail, HoldRequest};

/// Holds a method or releases it.
pub(crate) fn hold(
    write: &Connection,
    request: &HoldRequest,
    audit: &AuditContext,
) -> Result<HoldDecision, Failure> {
    let whose = (request.host.as_str(), request.subject.as_str());
    let context = load_context(write, whose, audit.now)?;
    let decision = hold::decide(&context, &request.method_id, request.wish, Holder::Support);
    let HoldDecision::Change {
        raises_epoch,
        ends_pause,
        brings_back,
    } = &decision
    else {
        return Ok(decision);
    };
    if *raises_epoch {
        flows::raise_epoch(write, whose.0, whose.1)?;
    }
    if *ends_pause {
        flows::end_pause(write, whose, audit)?;
    }
    let (held_at, kind) = match request.wish {
        HoldWish::Hold => (Some(to_sql(audit.now)), EventKind::MethodHeld),
        HoldWish::Release => (None, EventKind::MethodReleased),
    };
    execute(
        write,
        "UPDATE method SET held_at = ?2, held_by = NULL WHERE id = ?1",
        params![request.method_id, held_at],
    )?;
    record::append(
        write,
        whose,
        kind,
        detail(write, &request.method_id)?,
        audit,
    )?;
    for id in brings_back {
        stay(write, id)?;
        let kind = EventKind::MethodReleased;
        record::append(write, whose, kind, detail(write, id)?, audit)?;
    }
    Ok(decision)
}

/// A method that was to retire does so no longer.
pub(crate) fn stay(write: &Connection, method_id: &str) -> Result<usize, Failure> {
    execute(
        write,
        "UPDATE method SET retires_at = NULL, replaced_by = NULL, successor = NULL WHERE id = ?1",
        [method_id],
    )
}

fn load_context(
    read: &Connection,
    whose: flows::Whose<'_>,
    now: u64,
) -> Result<HoldContext, Failure> {
    let sql = "SELECT id, held_at, held_by, retires_at, successor, in_a_row, day, today FROM method \
        WHERE host = ?1 AND subject = ?2 AND (retires_at IS NULL OR retires_at > ?3)";
    let params = params![whose.0, whose.1, to_sql(now)];
    let methods = all(read, sql, params, |row| {
        Ok(HoldMethod {
            id: row.get("id")?,
            held_by: holder_from(row)?,
            is_retiring: out_of_use(row)?.is_retiring,
            successor: row.get("successor")?,
            tries: tries_from(row)?,
        })
    })?;
    Ok(HoldContext {
        methods,
        backup_codes_left: flows::backup_codes_left(read, whose.0, whose.1)?,
        is_paused: flows::is_paused(read, whose, now)?,
    })
}

fn detail(read: &Connection, method_id: &str) -> Result<AuditDetail, Failure> {
    let sql = "SELECT kind, (SELECT hint FROM phone WHERE method_id = id) AS hint FROM method \
        WHERE id = ?1";
    let found = first(read, sql, [method_id], detail_from)?;
    found.ok_or_else(|| Failure::row("method"))
}
