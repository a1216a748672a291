//! Set-ups that are required, and put off.

use async_trait::async_trait;
use nidan_core::grace::{self, Grace, Skip, SkipContext};
use nidan_protocol::{EventKind, Purpose, SKIPPED_METHOD_ID};
use rusqlite::{Connection, Row, params};

use crate::connection::{execute, first, scalar};
use crate::failure::Failure;
use crate::flows::{self, Whose};
use crate::rows::{time_from, to_sql};
use crate::{SqliteStore, record};
use nidan_store::{AuditDetail, GraceStore, NewSkip, OpenVerification, StoreError};

#[async_trait]
impl GraceStore for SqliteStore {
    async fn skip(&self, new: &NewSkip) -> Result<Skip, StoreError> {
        let new = new.clone();
        self.writer.run(move |write| skip(write, &new)).await
    }
}

pub(crate) fn grace_from(row: &Row<'_>) -> Result<Grace, Failure> {
    Ok(Grace {
        from: time_from(row, "grace_from")?,
        skips_used: row.get("skips_used")?,
        is_over: row.get("grace_is_over")?,
    })
}

fn grace_of(read: &Connection, (host, subject): Whose<'_>) -> Result<Grace, Failure> {
    let sql = "SELECT grace_from, skips_used, grace_is_over FROM subject \
        WHERE host = ?1 AND subject = ?2";
    let known = first(read, sql, [host, subject], grace_from)?;
    Ok(known.unwrap_or_default())
}

/// The grace of somebody without a method, which begins once where a set-up is required.
pub(crate) fn begin(write: &Connection, open: &OpenVerification) -> Result<Grace, Failure> {
    let whose = (open.flow.host.as_str(), open.flow.subject.as_str());
    if open.begins_grace {
        give(write, whose, open.audit.now)?;
    }
    grace_of(write, whose)
}

/// Gives it to whoever has none yet.
fn give(write: &Connection, (host, subject): Whose<'_>, now: u64) -> Result<(), Failure> {
    flows::know(write, (host, subject))?;
    execute(
        write,
        "UPDATE subject SET grace_from = ?3 \
         WHERE host = ?1 AND subject = ?2 AND grace_from IS NULL",
        params![host, subject, to_sql(now)],
    )?;
    Ok(())
}

/// A reset gives it to nobody a second time.
pub(crate) fn end(write: &Connection, (host, subject): Whose<'_>) -> Result<usize, Failure> {
    let sql = "UPDATE subject SET grace_is_over = 1 WHERE host = ?1 AND subject = ?2";
    execute(write, sql, [host, subject])
}

fn skip(write: &Connection, new: &NewSkip) -> Result<Skip, Failure> {
    let (whose, now) = ((new.host.as_str(), new.subject.as_str()), new.audit.now);
    let sql = "SELECT EXISTS (SELECT 1 FROM flow WHERE id = ?1 AND host = ?2 AND subject = ?3 \
        AND purpose = ?4 AND state = 'open' AND expires_at > ?5)";
    let enroll = Purpose::Enroll.as_str();
    let grace = grace_of(write, whose)?;
    let context = SkipContext {
        flow_is_open: scalar(
            write,
            sql,
            params![new.flow_id, whose.0, whose.1, enroll, to_sql(now)],
        )?,
        has_way_in: flows::has_way_in(write, whose, now)?,
        grace,
    };
    let decision = grace::skip(context, new.policy, now);
    let Skip::Yes(left) = decision else {
        return Ok(decision);
    };
    give(write, whose, now)?;
    let completed = execute(
        write,
        "UPDATE flow SET state = 'completed', sealed_private_key = NULL, body_hash = ?2, \
         method_id = ?3, result_hash = ?4, result_expires_at = ?5, factor_epoch = \
         (SELECT s.factor_epoch FROM subject s WHERE s.host = flow.host AND s.subject = flow.subject) \
         WHERE id = ?1 AND state = 'open'",
        params![
            new.flow_id,
            new.body_hash,
            SKIPPED_METHOD_ID,
            new.result_hash,
            to_sql(new.result_expires_at),
        ],
    )?;
    if completed != 1 {
        return Ok(Skip::FlowOver);
    }
    let counted = execute(
        write,
        "UPDATE subject SET skips_used = skips_used + 1 WHERE host = ?1 AND subject = ?2 \
         AND skips_used = ?3 AND grace_is_over = 0",
        params![whose.0, whose.1, grace.skips_used],
    )?;
    // Nobody else writes meanwhile; if somebody did, nothing of this is stored.
    if counted != 1 {
        return Err(Failure::row("subject.skips_used"));
    }
    let detail = AuditDetail {
        count: left.skips,
        ..AuditDetail::default()
    };
    record::append(write, whose, EventKind::SetUpSkipped, detail, &new.audit)?;
    Ok(decision)
}
