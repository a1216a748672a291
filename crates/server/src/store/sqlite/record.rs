//! The record: lines, and the notices that tell hosts of them.

use nidan_protocol::EventKind;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, SqlitePool};

use super::rows::{bytes, from_sql, to_sql};
use crate::record::{Detail, Line, Scribe};
use crate::store::{Notice, RecordPage, StoreError};

const LINE: &str = "e.seq, e.at, e.kind, e.method, e.hint, e.place, e.count, e.hash";

/// Appends a line in the caller's transaction, with its notice where the host wants one.
pub(super) async fn append(
    write: &mut SqliteConnection,
    (host, subject): (&str, &str),
    kind: EventKind,
    detail: Detail,
    scribe: &Scribe,
) -> Result<(), StoreError> {
    let last = sqlx::query("SELECT event_seq, event_hash FROM subject WHERE host = ?1 AND subject = ?2")
        .bind(host)
        .bind(subject)
        .fetch_optional(&mut *write)
        .await?;
    // Whoever has no row has no factor, and nothing can happen to it.
    let Some(last) = last else { return Ok(()) };
    let line = scribe.line(host, subject, last_from(&last)?, kind, detail);
    insert(write, (host, subject), &line, scribe).await?;
    sqlx::query("UPDATE subject SET event_seq = ?3, event_hash = ?4 WHERE host = ?1 AND subject = ?2")
        .bind(host)
        .bind(subject)
        .bind(to_sql(line.seq))
        .bind(line.hash.as_slice())
        .execute(write)
        .await?;
    Ok(())
}

/// Number and hash of a person's last line, from a row of `subject`.
pub(super) fn last_from(row: &SqliteRow) -> Result<(u64, [u8; 32]), StoreError> {
    let hash = row.try_get::<Option<Vec<u8>>, _>("event_hash")?;
    let hash =
        hash.map_or(Ok([0; 32]), |hash| hash.try_into().map_err(|_| StoreError::Row("event_hash".to_owned())))?;
    Ok((from_sql(row.try_get("event_seq")?)?, hash))
}

/// The line itself, and its notice; the caller moves the person's last line on.
pub(super) async fn insert(
    write: &mut SqliteConnection,
    (host, subject): (&str, &str),
    line: &Line,
    scribe: &Scribe,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO event (host, subject, seq, at, kind, method, hint, place, count, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )
    .bind(host)
    .bind(subject)
    .bind(to_sql(line.seq))
    .bind(to_sql(line.at))
    .bind(line.kind.as_str())
    .bind(&line.method)
    .bind(&line.hint)
    .bind(&line.place)
    .bind(line.count)
    .bind(line.hash.as_slice())
    .execute(&mut *write)
    .await?;
    if scribe.tells_host && line.kind.is_told() {
        sqlx::query("INSERT INTO notice (host, subject, seq, due_at_ms) VALUES (?1, ?2, ?3, ?4)")
            .bind(host)
            .bind(subject)
            .bind(to_sql(line.seq))
            .bind(to_sql(line.at.saturating_mul(1000)))
            .execute(write)
            .await?;
    }
    Ok(())
}

pub(super) async fn page(
    pool: &SqlitePool,
    (host, subject): (&str, &str),
    before: Option<u64>,
    count: u32,
) -> Result<RecordPage, StoreError> {
    // One more than is shown: the hash of the line before holds the oldest one.
    let sql = format!(
        "SELECT {LINE} FROM event e WHERE e.host = ?1 AND e.subject = ?2 AND e.seq < ?3 ORDER BY e.seq DESC LIMIT ?4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(host)
        .bind(subject)
        .bind(before.map_or(i64::MAX, to_sql))
        .bind(count.saturating_add(1))
        .fetch_all(pool)
        .await?;
    let mut lines: Vec<Line> = rows.iter().rev().map(line_from).collect::<Result<_, _>>()?;
    let before = if lines.len() > count as usize {
        let first = lines.remove(0);
        (first.seq, first.hash)
    } else {
        (0, [0; 32])
    };
    Ok(RecordPage { lines, before })
}

pub(super) async fn take(pool: &SqlitePool, now_ms: u64, lease_ms: u64, count: u32) -> Result<Vec<Notice>, StoreError> {
    let taken: Vec<i64> = sqlx::query_scalar(
        "UPDATE notice SET tries = tries + 1, due_at_ms = ?2 WHERE id IN \
         (SELECT id FROM notice WHERE due_at_ms <= ?1 ORDER BY due_at_ms LIMIT ?3) RETURNING id",
    )
    .bind(to_sql(now_ms))
    .bind(to_sql(now_ms.saturating_add(lease_ms)))
    .bind(count)
    .fetch_all(pool)
    .await?;
    let mut notices = Vec::with_capacity(taken.len());
    for id in taken {
        let sql = format!(
            "SELECT n.id, n.host, n.subject, n.tries, {LINE} FROM notice n \
             JOIN event e ON e.host = n.host AND e.subject = n.subject AND e.seq = n.seq WHERE n.id = ?1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await?;
        notices.extend(row.map(|row| notice_from(&row)).transpose()?);
    }
    Ok(notices)
}

fn notice_from(row: &SqliteRow) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.try_get("id")?,
        host: row.try_get("host")?,
        subject: row.try_get("subject")?,
        line: line_from(row)?,
        tries: row.try_get("tries")?,
    })
}

fn line_from(row: &SqliteRow) -> Result<Line, StoreError> {
    let kind = row.try_get::<&str, _>("kind")?;
    Ok(Line {
        seq: from_sql(row.try_get("seq")?)?,
        at: from_sql(row.try_get("at")?)?,
        kind: EventKind::ALL
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(|| StoreError::Row(format!("event.kind {kind}")))?,
        method: row.try_get("method")?,
        hint: row.try_get("hint")?,
        place: row.try_get("place")?,
        count: row.try_get("count")?,
        hash: bytes(row, "hash")?,
    })
}
