//! What has come to its hour: methods that were replaced, and pauses.

use nidan_core::manage::ends::{PAUSE_TOLD_BEFORE_S, PauseEvent, StoredPause, of_pause};
use rusqlite::{Connection, params};

use crate::connection::{all, execute};
use crate::failure::Failure;
use crate::flows;
use crate::record;
use crate::rows::{detail_from, from_sql, to_sql};
use nidan_store::{AuditContext, AuditDetail};

/// Writes down what is due for a host's people.
pub(crate) fn note(
    write: &Connection,
    host: &str,
    count: u32,
    audit: &AuditContext,
) -> Result<u64, Failure> {
    Ok(retire(write, host, count, audit)? + note_pauses(write, host, count, audit)?)
}

fn retire(
    write: &Connection,
    host: &str,
    count: u32,
    audit: &AuditContext,
) -> Result<u64, Failure> {
    let due = all(
        write,
        "SELECT m.id, m.subject, m.kind, (SELECT hint FROM phone WHERE method_id = m.id) AS hint \
         FROM method m WHERE m.host = ?1 AND m.retires_at <= ?2 ORDER BY m.retires_at LIMIT ?3",
        params![host, to_sql(audit.now), count],
        |row| {
            Ok((
                row.get::<_, String>("id")?,
                row.get::<_, String>("subject")?,
                detail_from(row)?,
            ))
        },
    )?;
    let retired = due.len() as u64;
    for (id, subject, detail) in due {
        flows::retire(write, (host, &subject), &id, detail, audit)?;
    }
    Ok(retired)
}

fn note_pauses(
    write: &Connection,
    host: &str,
    count: u32,
    audit: &AuditContext,
) -> Result<u64, Failure> {
    let soon = to_sql(audit.now.saturating_add(PAUSE_TOLD_BEFORE_S));
    let pauses = all(
        write,
        "SELECT subject, paused_until, tells_pause_end FROM subject WHERE host = ?1 \
         AND (paused_until <= ?2 OR (paused_until <= ?3 AND tells_pause_end = 1)) \
         ORDER BY paused_until LIMIT ?4",
        params![host, to_sql(audit.now), soon, count],
        |row| {
            Ok((
                row.get::<_, String>("subject")?,
                StoredPause {
                    until: from_sql(row.get("paused_until")?)?,
                    tells_end: row.get("tells_pause_end")?,
                },
            ))
        },
    )?;
    let mut noted = 0;
    for (subject, pause) in pauses {
        let whose = (host, subject.as_str());
        let event = of_pause(pause, audit.now);
        match event {
            PauseEvent::None => continue,
            PauseEvent::Ending => execute(
                write,
                "UPDATE subject SET tells_pause_end = 0 WHERE host = ?1 AND subject = ?2",
                [whose.0, whose.1],
            ),
            PauseEvent::Over => flows::clear_pause(write, whose),
        }?;
        if let Some(kind) = event.event() {
            record::append(write, whose, kind, AuditDetail::default(), audit)?;
        }
        noted += 1;
    }
    Ok(noted)
}
