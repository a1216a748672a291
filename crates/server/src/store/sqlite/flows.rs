//! Flows, methods and backup codes: rows that several transactions share.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::rows::{bytes, to_sql};
use crate::store::{Activation, BackupSet, MethodDetail, NewFlow, NewMethod, StoreError};

pub(super) async fn insert(write: &mut SqliteConnection, flow: &NewFlow) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO flow (id, host, subject, purpose, account_name, auth_time, session_binding, origin, \
         token_hash, enrolment_id, server_nonce, created_at, expires_at, country, place, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, 'open')",
    )
    .bind(&flow.id)
    .bind(&flow.host)
    .bind(&flow.subject)
    .bind(flow.purpose.as_str())
    .bind(&flow.account_name)
    .bind(to_sql(flow.auth_time))
    .bind(&flow.session_binding)
    .bind(&flow.origin)
    .bind(flow.token_hash.as_slice())
    .bind(flow.enrolment_id.as_slice())
    .bind(flow.server_nonce.as_slice())
    .bind(to_sql(flow.created_at))
    .bind(to_sql(flow.expires_at))
    .bind(&flow.country)
    .bind(&flow.place)
    .execute(write)
    .await?;
    Ok(())
}

/// The person's good backup codes; `None` for somebody who has no set.
pub(super) async fn backup_set(
    read: &mut SqliteConnection,
    host: &str,
    subject: &str,
) -> Result<Option<BackupSet>, StoreError> {
    let salt: Option<Vec<u8>> = sqlx::query_scalar("SELECT salt FROM backup_set WHERE host = ?1 AND subject = ?2")
        .bind(host)
        .bind(subject)
        .fetch_optional(&mut *read)
        .await?;
    let Some(salt) = salt else { return Ok(None) };
    let rows = sqlx::query(
        "SELECT ordinal, hash FROM backup_code \
         WHERE host = ?1 AND subject = ?2 AND used_at IS NULL ORDER BY ordinal",
    )
    .bind(host)
    .bind(subject)
    .fetch_all(&mut *read)
    .await?;
    backup_from(salt, &rows).map(Some)
}

pub(super) async fn backup_codes_left(
    read: &mut SqliteConnection,
    host: &str,
    subject: &str,
) -> Result<u32, StoreError> {
    let left: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM backup_code WHERE host = ?1 AND subject = ?2 AND used_at IS NULL")
            .bind(host)
            .bind(subject)
            .fetch_one(read)
            .await?;
    Ok(u32::try_from(left).unwrap_or(u32::MAX))
}

pub(super) async fn has_factor(write: &mut SqliteConnection, host: &str, subject: &str) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM method WHERE host = ?1 AND subject = ?2)")
        .bind(host)
        .bind(subject)
        .fetch_one(&mut *write)
        .await?;
    Ok(found == 1)
}

/// False when the secret is known.
pub(super) async fn insert_method(
    write: &mut SqliteConnection,
    a: &Activation,
    method: &NewMethod,
    position: i64,
) -> Result<bool, StoreError> {
    let (fingerprint, last_step, number_index, hint) = match &method.detail {
        MethodDetail::Totp { fingerprint, last_step } => {
            (Some(fingerprint.as_slice()), Some(to_sql(*last_step)), None, None)
        }
        MethodDetail::Phone { number_index, hint, .. } => (None, None, Some(number_index.as_slice()), Some(hint)),
    };
    let stored = sqlx::query(
        "INSERT INTO method (id, host, subject, kind, name, sealed, fingerprint, last_step, number_index, hint, \
         position, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
         ON CONFLICT (fingerprint) DO NOTHING",
    )
    .bind(&method.id)
    .bind(&a.host)
    .bind(&a.subject)
    .bind(method.detail.kind().as_str())
    .bind(&method.name)
    .bind(&method.sealed)
    .bind(fingerprint)
    .bind(last_step)
    .bind(number_index)
    .bind(hint)
    .bind(position)
    .bind(to_sql(a.now))
    .execute(&mut *write)
    .await?;
    Ok(stored.rows_affected() == 1)
}

pub(super) async fn raise_epoch(write: &mut SqliteConnection, host: &str, subject: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO subject (host, subject, factor_epoch) VALUES (?1, ?2, 1) \
         ON CONFLICT (host, subject) DO UPDATE SET factor_epoch = factor_epoch + 1",
    )
    .bind(host)
    .bind(subject)
    .execute(&mut *write)
    .await?;
    Ok(())
}

pub(super) async fn replace_backup_set(write: &mut SqliteConnection, a: &Activation) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM backup_set WHERE host = ?1 AND subject = ?2")
        .bind(&a.host)
        .bind(&a.subject)
        .execute(&mut *write)
        .await?;
    sqlx::query("INSERT INTO backup_set (host, subject, salt, created_at) VALUES (?1, ?2, ?3, ?4)")
        .bind(&a.host)
        .bind(&a.subject)
        .bind(a.backup_salt.as_slice())
        .bind(to_sql(a.now))
        .execute(&mut *write)
        .await?;
    for (ordinal, hash) in (1u32..).zip(&a.backup_hashes) {
        sqlx::query("INSERT INTO backup_code (host, subject, ordinal, hash) VALUES (?1, ?2, ?3, ?4)")
            .bind(&a.host)
            .bind(&a.subject)
            .bind(ordinal)
            .bind(hash.as_slice())
            .execute(&mut *write)
            .await?;
    }
    Ok(())
}

fn backup_from(salt: Vec<u8>, rows: &[SqliteRow]) -> Result<BackupSet, StoreError> {
    let unused = rows
        .iter()
        .map(|row| Ok((row.try_get::<u32, _>("ordinal")?, bytes::<32>(row, "hash")?)))
        .collect::<Result<_, StoreError>>()?;
    Ok(BackupSet { salt: salt.try_into().map_err(|_| StoreError::Row("salt".to_owned()))?, unused })
}
