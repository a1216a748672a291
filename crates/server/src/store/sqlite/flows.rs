//! Flows, methods and backup codes: rows that several transactions share.

use nidan_core::flow::{FlowChange, FlowStatus};
use rusqlite::{Connection, params};

use super::connection::{all, execute, first, scalar};
use super::failure::Failure;
use super::rows::{FLOW_COLUMNS, bytes, flow_from, to_sql, used_from};
use crate::store::{Activation, BackupSet, FlowState, MethodDetail, NewFlow, NewMethod};

pub(super) fn insert(write: &Connection, flow: &NewFlow) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO flow (id, host, subject, purpose, account_name, auth_time, session_binding, origin, \
         token_hash, enrolment_id, server_nonce, created_at, expires_at, country, client_description, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 'open')",
        params![
            flow.id,
            flow.host,
            flow.subject,
            flow.purpose.as_str(),
            flow.account_name,
            to_sql(flow.auth_time),
            flow.session_binding,
            flow.origin,
            flow.token_hash,
            flow.enrolment_id,
            flow.server_nonce,
            to_sql(flow.created_at),
            to_sql(flow.expires_at),
            flow.country,
            flow.client_description,
        ],
    )?;
    Ok(())
}

/// Changes the flows of a person whose result was not redeemed, as a rule says. `reported_at` is
/// when somebody reported them.
pub(super) fn change(
    write: &Connection,
    (host, subject): (&str, &str),
    reported_at: Option<u64>,
    rule: impl Fn(&FlowStatus<'_>) -> FlowChange,
) -> Result<(), Failure> {
    let sql = format!(
        "SELECT {FLOW_COLUMNS} FROM flow WHERE host = ?1 AND subject = ?2 \
         AND state <> 'superseded' AND redeemed_at IS NULL"
    );
    let flows = all(write, &sql, [host, subject], |row| {
        let used = used_from(row, "used")?;
        Ok((
            flow_from(row)?,
            used,
            row.get::<_, Option<String>>("method_id")?,
        ))
    })?;
    for (flow, used, method_id) in &flows {
        let is_open = flow.state == FlowState::Open;
        let status = FlowStatus {
            purpose: flow.opened.purpose,
            is_open,
            has_result: !is_open,
            used: *used,
            method_id: method_id.as_deref(),
            session_binding: &flow.opened.session_binding,
        };
        let id = &flow.opened.id;
        match rule(&status) {
            FlowChange::Keep => continue,
            FlowChange::Supersede => execute(
                write,
                "UPDATE flow SET state = 'superseded', reported_at = ?2 WHERE id = ?1",
                params![id, reported_at.map(to_sql)],
            ),
            FlowChange::LeadInOnly => {
                execute(write, "UPDATE flow SET trusts = 0 WHERE id = ?1", [id])
            }
        }?;
    }
    Ok(())
}

/// The person's good backup codes; `None` for somebody who has no set.
pub(super) fn backup_set(
    read: &Connection,
    host: &str,
    subject: &str,
) -> Result<Option<BackupSet>, Failure> {
    let salt = first(
        read,
        "SELECT salt FROM backup_set WHERE host = ?1 AND subject = ?2",
        [host, subject],
        |row| bytes(row, "salt"),
    )?;
    let Some(salt) = salt else { return Ok(None) };
    let unused = all(
        read,
        "SELECT ordinal, hash FROM backup_code WHERE host = ?1 AND subject = ?2 AND used_at IS NULL ORDER BY ordinal",
        [host, subject],
        |row| Ok((row.get("ordinal")?, bytes(row, "hash")?)),
    )?;
    Ok(Some(BackupSet { salt, unused }))
}

pub(super) fn backup_codes_left(
    read: &Connection,
    host: &str,
    subject: &str,
) -> Result<u32, Failure> {
    let sql =
        "SELECT COUNT(*) FROM backup_code WHERE host = ?1 AND subject = ?2 AND used_at IS NULL";
    scalar(read, sql, [host, subject])
}

pub(super) fn has_factor(read: &Connection, host: &str, subject: &str) -> Result<bool, Failure> {
    scalar(
        read,
        "SELECT EXISTS (SELECT 1 FROM method WHERE host = ?1 AND subject = ?2)",
        [host, subject],
    )
}

/// Whether the secret of one of the methods was enrolled before, by whomever.
pub(super) fn has_known_secret(read: &Connection, a: &Activation) -> Result<bool, Failure> {
    const SQL: &str = "SELECT EXISTS (SELECT 1 FROM totp WHERE fingerprint = ?1)";
    for fingerprint in a.fingerprints() {
        if scalar(read, SQL, [fingerprint])? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn insert_method(
    write: &Connection,
    a: &Activation,
    method: &NewMethod,
    position: i64,
) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO method (id, host, subject, kind, name, position, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            method.id,
            a.host,
            a.subject,
            method.detail.kind().as_str(),
            method.name,
            position,
            to_sql(a.now),
        ],
    )?;
    match &method.detail {
        MethodDetail::Totp {
            fingerprint,
            last_step,
        } => execute(
            write,
            "INSERT INTO totp (method_id, sealed_secret, fingerprint, last_step) VALUES (?1, ?2, ?3, ?4)",
            params![method.id, method.sealed, fingerprint, to_sql(*last_step)],
        ),
        MethodDetail::Phone {
            number_index, hint, ..
        } => execute(
            write,
            "INSERT INTO phone (method_id, sealed_number, number_index, hint) VALUES (?1, ?2, ?3, ?4)",
            params![method.id, method.sealed, number_index, hint],
        ),
    }?;
    Ok(())
}

pub(super) fn raise_epoch(write: &Connection, host: &str, subject: &str) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO subject (host, subject, factor_epoch) VALUES (?1, ?2, 1) \
         ON CONFLICT (host, subject) DO UPDATE SET factor_epoch = factor_epoch + 1",
        [host, subject],
    )?;
    Ok(())
}

pub(super) fn replace_backup_set(write: &Connection, a: &Activation) -> Result<(), Failure> {
    execute(
        write,
        "DELETE FROM backup_set WHERE host = ?1 AND subject = ?2",
        [&a.host, &a.subject],
    )?;
    execute(
        write,
        "INSERT INTO backup_set (host, subject, salt, created_at) VALUES (?1, ?2, ?3, ?4)",
        params![a.host, a.subject, a.backup_salt, to_sql(a.now)],
    )?;
    for (ordinal, hash) in (1u32..).zip(&a.backup_hashes) {
        execute(
            write,
            "INSERT INTO backup_code (host, subject, ordinal, hash) VALUES (?1, ?2, ?3, ?4)",
            params![a.host, a.subject, ordinal, hash],
        )?;
    }
    Ok(())
}
