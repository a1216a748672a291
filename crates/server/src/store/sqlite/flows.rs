//! Flows, methods and backup codes: rows that several transactions share.

use rusqlite::{Connection, params};

use super::connection::{all, execute, first, scalar};
use super::rows::{bytes, to_sql};
use crate::store::{Activation, BackupSet, MethodDetail, NewFlow, NewMethod, StoreError};

pub(super) fn insert(write: &Connection, flow: &NewFlow) -> Result<(), StoreError> {
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

/// The person's good backup codes; `None` for somebody who has no set.
pub(super) fn backup_set(
    read: &Connection,
    host: &str,
    subject: &str,
) -> Result<Option<BackupSet>, StoreError> {
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
) -> Result<u32, StoreError> {
    let sql =
        "SELECT COUNT(*) FROM backup_code WHERE host = ?1 AND subject = ?2 AND used_at IS NULL";
    scalar(read, sql, [host, subject])
}

pub(super) fn has_factor(read: &Connection, host: &str, subject: &str) -> Result<bool, StoreError> {
    scalar(
        read,
        "SELECT EXISTS (SELECT 1 FROM method WHERE host = ?1 AND subject = ?2)",
        [host, subject],
    )
}

/// False when the secret is known: whoever calls this then undoes all of it.
pub(super) fn insert_method(
    write: &Connection,
    a: &Activation,
    method: &NewMethod,
    position: i64,
) -> Result<bool, StoreError> {
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
    let stored = match &method.detail {
        MethodDetail::Totp {
            fingerprint,
            last_step,
        } => execute(
            write,
            "INSERT INTO totp (method_id, sealed_secret, fingerprint, last_step) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (fingerprint) DO NOTHING",
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
    Ok(stored == 1)
}

pub(super) fn raise_epoch(write: &Connection, host: &str, subject: &str) -> Result<(), StoreError> {
    execute(
        write,
        "INSERT INTO subject (host, subject, factor_epoch) VALUES (?1, ?2, 1) \
         ON CONFLICT (host, subject) DO UPDATE SET factor_epoch = factor_epoch + 1",
        [host, subject],
    )?;
    Ok(())
}

pub(super) fn replace_backup_set(write: &Connection, a: &Activation) -> Result<(), StoreError> {
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
