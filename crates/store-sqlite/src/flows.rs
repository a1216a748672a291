//! Flows, methods and backup codes: rows that several transactions share.

use nidan_core::flow::{FlowChange, FlowStatus};
use nidan_protocol::{AcrNeeded, Authenticator, EventKind, Intent, Purpose};
use rusqlite::{Connection, Row, params, params_from_iter};

use crate::connection::{all, execute, first, scalar};
use crate::failure::Failure;
use crate::record;
use crate::rows::{bytes, purpose_from, to_sql};
use nidan_store::{
    Activation, AuditContext, AuditDetail, BackupHash, BackupSet, MethodDetail, NewFlow, NewMethod,
};

/// A person: the host, and the host's user id.
pub(crate) type Whose<'a> = (&'a str, &'a str);

/// Stores a flow together with the keyed hash of the token that a trusted browser brought.
pub(crate) fn insert_of_browser(
    write: &Connection,
    flow: &NewFlow,
    trust_hash: Option<&[u8; 32]>,
) -> Result<(), Failure> {
    insert(write, flow)?;
    execute(
        write,
        "UPDATE flow SET trust_hash = ?2 WHERE id = ?1",
        params![flow.id, trust_hash],
    )?;
    Ok(())
}

pub(crate) fn insert(write: &Connection, flow: &NewFlow) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO flow (id, host, subject, purpose, account_name, auth_time, session_binding, origin, \
         token_hash, enrolment_id, server_public_key, sealed_private_key, created_at, expires_at, country, \
         client_description, intent, acr_needed, policy_group, at_login, state) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, 'open')",
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
            flow.key_pair.as_ref().map(|pair| pair.public_key),
            flow.key_pair.as_ref().map(|pair| &pair.sealed_private_key),
            to_sql(flow.created_at),
            to_sql(flow.expires_at),
            flow.country,
            flow.client_description,
            flow.intent.map(Intent::as_str),
            flow.acr_needed.map(AcrNeeded::as_str),
            flow.group,
            flow.at_login,
        ],
    )?;
    Ok(())
}

/// The flows of a person that a rule is asked about. None of them was superseded, and none was
/// redeemed: nothing ends those any more.
pub(crate) enum Among<'a> {
    /// All of them.
    All,
    /// Those that wait for the person.
    Open,
    /// Those that wait for the person in one session. A person can have many in others, and all
    /// hosts wait while this one is asked about them.
    OpenInSession(&'a str),
}

impl Among<'_> {
    const fn condition(&self) -> &'static str {
        match self {
            Self::All => "state <> 'superseded' AND redeemed_at IS NULL",
            Self::Open => "state = 'open'",
            Self::OpenInSession(_) => "state = 'open' AND session_binding = ?3",
        }
    }

    /// The value of the condition's third place, where it has one.
    const fn session(&self) -> Option<&str> {
        match self {
            Self::All | Self::Open => None,
            Self::OpenInSession(session) => Some(session),
        }
    }
}

/// A row as the rules see it. Of a later build's row what cannot be read is left out: it is no
/// trusted browser of ours, and it ends like a login.
struct StatusRow {
    id: String,
    purpose: Purpose,
    is_open: bool,
    used: Option<Authenticator>,
    method_id: Option<String>,
    session_binding: String,
}

fn status_from(row: &Row<'_>) -> Result<StatusRow, Failure> {
    let purpose: String = row.get("purpose")?;
    let used: Option<String> = row.get("used")?;
    Ok(StatusRow {
        id: row.get("id")?,
        purpose: purpose_from(&purpose).unwrap_or(Purpose::Verify),
        is_open: row.get::<_, String>("state")? == "open",
        used: used.and_then(|name| Authenticator::from_wire(&name)),
        method_id: row.get("method_id")?,
        session_binding: row.get("session_binding")?,
    })
}

/// Changes flows of a person as a rule says. `reported_at` is when somebody reported them.
pub(crate) fn change(
    write: &Connection,
    (host, subject): (&str, &str),
    among: &Among<'_>,
    reported_at: Option<u64>,
    rule: impl Fn(&FlowStatus<'_>) -> FlowChange,
) -> Result<(), Failure> {
    let sql = format!(
        "SELECT id, purpose, state, used, method_id, session_binding FROM flow \
         WHERE host = ?1 AND subject = ?2 AND {}",
        among.condition()
    );
    let places = [host, subject].into_iter().chain(among.session());
    let rows = all(write, &sql, params_from_iter(places), status_from)?;
    for row in &rows {
        let change = rule(&FlowStatus {
            purpose: row.purpose,
            is_open: row.is_open,
            has_result: !row.is_open,
            used: row.used,
            method_id: row.method_id.as_deref(),
            session_binding: &row.session_binding,
        });
        match change {
            FlowChange::Keep => continue,
            FlowChange::Supersede => execute(
                write,
                "UPDATE flow SET state = 'superseded', sealed_private_key = NULL, reported_at = ?2 WHERE id = ?1",
                params![row.id, reported_at.map(to_sql)],
            ),
            FlowChange::LeadInOnly => {
                execute(write, "UPDATE flow SET trusts = 0 WHERE id = ?1", [&row.id])
            }
        }?;
    }
    Ok(())
}

/// The person's good backup codes; [`None`] for somebody who has no set.
pub(crate) fn backup_set(
    read: &Connection,
    host: &str,
    subject: &str,
) -> Result<Option<BackupSet>, Failure> {
    let set = first(
        read,
        "SELECT salt, is_bound FROM backup_set WHERE host = ?1 AND subject = ?2",
        [host, subject],
        |row| Ok((bytes(row, "salt")?, row.get("is_bound")?)),
    )?;
    let Some((salt, is_bound)) = set else {
        return Ok(None);
    };
    let unused = all(
        read,
        "SELECT ordinal, hash FROM backup_code WHERE host = ?1 AND subject = ?2 AND used_at IS NULL ORDER BY ordinal",
        [host, subject],
        |row| Ok((row.get("ordinal")?, bytes(row, "hash")?)),
    )?;
    Ok(Some(BackupSet {
        salt,
        is_bound,
        unused,
    }))
}

pub(crate) fn backup_codes_left(
    read: &Connection,
    host: &str,
    subject: &str,
) -> Result<u32, Failure> {
    let sql =
        "SELECT COUNT(*) FROM backup_code WHERE host = ?1 AND subject = ?2 AND used_at IS NULL";
    scalar(read, sql, [host, subject])
}

pub(crate) fn has_factor(read: &Connection, host: &str, subject: &str) -> Result<bool, Failure> {
    scalar(
        read,
        "SELECT EXISTS (SELECT 1 FROM method WHERE host = ?1 AND subject = ?2)",
        [host, subject],
    )
}

/// Whether the person has a method, or a code of the host's support that is good at `now`.
pub(crate) fn has_way_in(
    read: &Connection,
    (host, subject): Whose<'_>,
    now: u64,
) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM method WHERE host = ?1 AND subject = ?2) \
        OR EXISTS (SELECT 1 FROM temporary_code \
        WHERE host = ?1 AND subject = ?2 AND expires_at > ?3)";
    scalar(read, sql, params![host, subject, to_sql(now)])
}

/// Whether the secret of one of the methods was enrolled before, by whomever.
pub(crate) fn has_known_secret(read: &Connection, a: &Activation) -> Result<bool, Failure> {
    for fingerprint in a.fingerprints() {
        if is_somebodys(read, fingerprint)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an app's secret or a passkey's credential is a method already, whoever has it. Their keyed
/// hashes are of different uses, so that one table never has the other's.
pub(crate) fn is_somebodys(read: &Connection, fingerprint: &[u8; 32]) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM totp WHERE fingerprint = ?1) \
        OR EXISTS (SELECT 1 FROM passkey WHERE credential_index = ?1)";
    scalar(read, sql, [fingerprint])
}

pub(crate) fn insert_method(
    write: &Connection,
    (host, subject): Whose<'_>,
    method: &NewMethod,
    (position, now): (i64, u64),
) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO method (id, host, subject, kind, name, position, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            method.id,
            host,
            subject,
            method.detail.kind().as_str(),
            method.name,
            position,
            to_sql(now),
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
        MethodDetail::Passkey {
            credential_index,
            rp_id,
            counter,
        } => execute(
            write,
            "INSERT INTO passkey (method_id, sealed_credential, credential_index, rp_id, counter) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![method.id, method.sealed, credential_index, rp_id, counter],
        ),
    }?;
    Ok(())
}

/// Makes the row of somebody of whom nothing is known yet.
pub(crate) fn know(write: &Connection, (host, subject): Whose<'_>) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO subject (host, subject, factor_epoch) VALUES (?1, ?2, 0) \
         ON CONFLICT (host, subject) DO NOTHING",
        [host, subject],
    )?;
    Ok(())
}

pub(crate) fn raise_epoch(write: &Connection, host: &str, subject: &str) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO subject (host, subject, factor_epoch) VALUES (?1, ?2, 1) \
         ON CONFLICT (host, subject) DO UPDATE SET factor_epoch = factor_epoch + 1",
        [host, subject],
    )?;
    Ok(())
}

pub(crate) fn replace_backup_set(
    write: &Connection,
    (host, subject): Whose<'_>,
    (salt, hashes): (&[u8; 16], &[BackupHash]),
    now: u64,
) -> Result<(), Failure> {
    execute(
        write,
        "DELETE FROM backup_set WHERE host = ?1 AND subject = ?2",
        [host, subject],
    )?;
    execute(
        write,
        "INSERT INTO backup_set (host, subject, salt, is_bound, created_at) VALUES (?1, ?2, ?3, 1, ?4)",
        params![host, subject, salt, to_sql(now)],
    )?;
    for (ordinal, hash) in (1u32..).zip(hashes) {
        execute(
            write,
            "INSERT INTO backup_code (host, subject, ordinal, hash) VALUES (?1, ?2, ?3, ?4)",
            params![host, subject, ordinal, hash],
        )?;
    }
    Ok(())
}

/// A method that was replaced goes.
pub(crate) fn retire(
    write: &Connection,
    whose: Whose<'_>,
    method_id: &str,
    detail: AuditDetail,
    audit: &AuditContext,
) -> Result<(), Failure> {
    execute(write, "DELETE FROM method WHERE id = ?1", [method_id])?;
    record::append(write, whose, EventKind::MethodRetired, detail, audit)
}

/// A pause is over, whoever ends it.
pub(crate) fn clear_pause(
    write: &Connection,
    (host, subject): Whose<'_>,
) -> Result<usize, Failure> {
    execute(
        write,
        "UPDATE subject SET paused_until = NULL, tells_pause_end = 0 WHERE host = ?1 AND subject = ?2",
        [host, subject],
    )
}

/// Ends a pause that is running, with its entry in the record; false when there is none.
pub(crate) fn end_pause(
    write: &Connection,
    whose: Whose<'_>,
    audit: &AuditContext,
) -> Result<bool, Failure> {
    if !is_paused(write, whose, audit.now)? {
        return Ok(false);
    }
    clear_pause(write, whose)?;
    let (event, detail) = (EventKind::Resumed, AuditDetail::default());
    record::append(write, whose, event, detail, audit)?;
    Ok(true)
}

pub(crate) fn is_paused(
    read: &Connection,
    (host, subject): Whose<'_>,
    now: u64,
) -> Result<bool, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM subject \
        WHERE host = ?1 AND subject = ?2 AND paused_until > ?3)";
    scalar(read, sql, params![host, subject, to_sql(now)])
}
