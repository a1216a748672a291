//! The record: lines, and the notices that tell hosts of them.

use nidan_core::audit::Support;
use nidan_protocol::{Authenticator, EventKind};
use rusqlite::{Connection, Row, params};

use crate::connection::{all, execute, first};
use crate::failure::Failure;
use crate::rows::{bytes, from_sql, quoted, to_sql, used_from};
use nidan_store::{AuditContext, AuditDetail, AuditEntry, LastEntry, Notice, RecordPage};

const LINE: &str =
    "e.seq, e.at, e.kind, e.method, e.hint, e.client_description, e.count, e.by, e.reason, e.hash";

/// Appends a line in the caller's transaction, with its [notice](Notice) where the host wants one.
pub(crate) fn append(
    write: &Connection,
    (host, subject): (&str, &str),
    kind: EventKind,
    detail: AuditDetail,
    audit: &AuditContext,
) -> Result<(), Failure> {
    let sql = "SELECT event_seq, event_hash FROM subject WHERE host = ?1 AND subject = ?2";
    // Whoever has no row has no factor, and nothing can happen to it.
    let Some(last) = first(write, sql, [host, subject], last_from)? else {
        return Ok(());
    };
    let line = audit.entry(host, subject, last, kind, detail);
    insert(write, (host, subject), &line, audit)?;
    execute(
        write,
        "UPDATE subject SET event_seq = ?3, event_hash = ?4 WHERE host = ?1 AND subject = ?2",
        params![host, subject, to_sql(line.seq), line.hash],
    )?;
    Ok(())
}

/// Number and hash of a person's last line, from a row of `subject`.
pub(crate) fn last_from(row: &Row<'_>) -> Result<LastEntry, Failure> {
    let hash = row
        .get::<_, Option<[u8; 32]>>("event_hash")?
        .unwrap_or_default();
    let seq = from_sql(row.get("event_seq")?)?;
    Ok(LastEntry { seq, hash })
}

/// The line itself, and its [notice](Notice); the caller moves the person's last line on.
pub(crate) fn insert(
    write: &Connection,
    (host, subject): (&str, &str),
    line: &AuditEntry,
    audit: &AuditContext,
) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO event (host, subject, seq, at, kind, method, hint, client_description, count, by, reason, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            host,
            subject,
            to_sql(line.seq),
            to_sql(line.at),
            line.kind.as_str(),
            line.method.map(Authenticator::as_str),
            line.hint,
            line.client_description,
            line.count,
            line.support
                .as_ref()
                .and_then(|support| support.by.as_ref()),
            line.support.as_ref().map(|support| &support.reason),
            line.hash,
        ],
    )?;
    if audit.is_noticed(line.kind) {
        execute(
            write,
            "INSERT INTO notice (host, subject, seq, due_at_ms) VALUES (?1, ?2, ?3, ?4)",
            params![
                host,
                subject,
                to_sql(line.seq),
                to_sql(line.at.saturating_mul(1000))
            ],
        )?;
    }
    Ok(())
}

pub(crate) fn page(
    read: &Connection,
    (host, subject): (&str, &str),
    before: Option<u64>,
    count: u32,
) -> Result<RecordPage, Failure> {
    // One more than is shown: the hash of the line before holds the oldest one.
    let sql = format!(
        "SELECT {LINE} FROM event e WHERE e.host = ?1 AND e.subject = ?2 AND e.seq < ?3 ORDER BY e.seq DESC LIMIT ?4"
    );
    let params = params![
        host,
        subject,
        before.map_or(i64::MAX, to_sql),
        count.saturating_add(1)
    ];
    let mut lines = all(read, &sql, params, line_from)?;
    lines.reverse();
    let before = if lines.len() > count as usize {
        (&lines.remove(0)).into()
    } else {
        LastEntry::default()
    };
    Ok(RecordPage { lines, before })
}

pub(crate) fn logins_since(
    read: &Connection,
    (host, subject): (&str, &str),
    since: u64,
    count: u32,
) -> Result<Vec<AuditEntry>, Failure> {
    let logins = EventKind::ALL.into_iter().filter(|kind| kind.is_login());
    let logins = quoted(logins.map(EventKind::as_str));
    let sql = format!(
        "SELECT {LINE} FROM event e WHERE e.host = ?1 AND e.subject = ?2 AND e.at >= ?3 \
         AND e.kind IN ({logins}) ORDER BY e.seq DESC LIMIT ?4"
    );
    all(
        read,
        &sql,
        params![host, subject, to_sql(since), count],
        line_from,
    )
}

pub(crate) fn take(
    write: &Connection,
    host: &str,
    (now_ms, lease_ms): (u64, u64),
    count: u32,
) -> Result<Vec<Notice>, Failure> {
    let taken: Vec<i64> = all(
        write,
        "UPDATE notice SET tries = tries + 1, due_at_ms = ?2 WHERE id IN \
         (SELECT id FROM notice WHERE due_at_ms <= ?1 AND host = ?4 ORDER BY due_at_ms LIMIT ?3) RETURNING id",
        params![
            to_sql(now_ms),
            to_sql(now_ms.saturating_add(lease_ms)),
            count,
            host
        ],
        |row| Ok(row.get(0)?),
    )?;
    let sql = format!(
        "SELECT n.id, n.host, n.subject, n.tries, {LINE} FROM notice n \
         JOIN event e ON e.host = n.host AND e.subject = n.subject AND e.seq = n.seq WHERE n.id = ?1"
    );
    let mut notices = Vec::with_capacity(taken.len());
    for id in taken {
        match first(write, &sql, [id], notice_from) {
            Ok(found) => notices.extend(found),
            // A later build's, perhaps: it keeps its lease and holds nobody up.
            Err(failure) => match failure.wrong_row() {
                Some(what) => tracing::error!(id, what, "a notice cannot be read"),
                None => return Err(failure),
            },
        }
    }
    Ok(notices)
}

pub(crate) fn drop_all_but(write: &Connection, hosts: &[String]) -> Result<u64, Failure> {
    let known: Vec<String> = all(write, "SELECT DISTINCT host FROM notice", [], |row| {
        Ok(row.get(0)?)
    })?;
    let mut dropped = 0;
    for host in known.iter().filter(|host| !hosts.contains(host)) {
        dropped += execute(write, "DELETE FROM notice WHERE host = ?1", [host])? as u64;
    }
    Ok(dropped)
}

fn notice_from(row: &Row<'_>) -> Result<Notice, Failure> {
    Ok(Notice {
        id: row.get("id")?,
        host: row.get("host")?,
        subject: row.get("subject")?,
        line: line_from(row)?,
        tries: row.get("tries")?,
    })
}

fn support_from(row: &Row<'_>) -> Result<Option<Support>, Failure> {
    let by = row.get::<_, Option<String>>("by")?;
    let reason = row.get::<_, Option<String>>("reason")?;
    Ok(reason.map(|reason| Support { by, reason }))
}

fn line_from(row: &Row<'_>) -> Result<AuditEntry, Failure> {
    let kind = row.get::<_, String>("kind")?;
    Ok(AuditEntry {
        seq: from_sql(row.get("seq")?)?,
        at: from_sql(row.get("at")?)?,
        kind: EventKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(|| Failure::row(format!("event.kind {kind}")))?,
        method: used_from(row, "method")?,
        hint: row.get("hint")?,
        client_description: row.get("client_description")?,
        count: row.get("count")?,
        support: support_from(row)?,
        hash: bytes(row, "hash")?,
    })
}
