//! Codes at login: opened, tried, spent, reported. Each of these is one transaction of the writer.

use async_trait::async_trait;
use nidan_protocol::{Authenticator, BACKUP_METHOD_ID, EventKind, MethodKind, TrustedBrowser};
use rusqlite::{Connection, Row, params};

use super::connection::{execute, first};
use super::rows::{to_sql, used_from};
use super::tries::{allowance_from, reserve, tries_from};
use super::{SqliteStore, record, trust};
use crate::record::{Detail, Line, Scribe};
use crate::store::{
    Consumed, Consumption, NewFlow, Notice, OpenVerification, RecordPage, Report, Reserved, Spend,
    StoreError, Try, VerificationOpened, VerifyStore,
};
use crate::throttle::{self, Allowance, Tries};

#[async_trait]
impl VerifyStore for SqliteStore {
    async fn open_verification(
        &self,
        open: &OpenVerification,
    ) -> Result<VerificationOpened, StoreError> {
        let open = open.clone();
        self.writer
            .run(move |write| trust::open(write, &open))
            .await
    }

    async fn reserve_try(&self, attempt: &Try) -> Result<Reserved, StoreError> {
        let attempt = attempt.clone();
        self.writer.run(move |write| reserve(write, &attempt)).await
    }

    async fn consume(&self, consumption: &Consumption) -> Result<Consumed, StoreError> {
        let consumption = consumption.clone();
        self.writer
            .run(move |write| consume(write, &consumption))
            .await
    }

    async fn note_wrong(
        &self,
        flow: &NewFlow,
        notes: &[(EventKind, Detail)],
        scribe: &Scribe,
    ) -> Result<(), StoreError> {
        let (flow, notes, scribe) = (flow.clone(), notes.to_owned(), scribe.clone());
        self.writer
            .run(move |write| noted(write, &flow, notes, &scribe))
            .await
    }

    async fn report(&self, report: &Report) -> Result<Option<u32>, StoreError> {
        let report = report.clone();
        self.writer.run(move |write| reported(write, &report)).await
    }

    async fn logins_since(
        &self,
        host: &str,
        subject: &str,
        since: u64,
        count: u32,
    ) -> Result<Vec<Line>, StoreError> {
        let (host, subject) = (host.to_owned(), subject.to_owned());
        self.readers
            .run(move |read| record::logins_since(read, (&host, &subject), since, count))
            .await
    }

    async fn trusted_browsers(
        &self,
        host: &str,
        subject: &str,
        now: u64,
    ) -> Result<Vec<TrustedBrowser>, StoreError> {
        let (host, subject) = (host.to_owned(), subject.to_owned());
        self.readers
            .run(move |read| trust::list(read, &host, &subject, now))
            .await
    }

    async fn revoke_trust(
        &self,
        host: &str,
        subject: &str,
        id: Option<&str>,
        scribe: &Scribe,
    ) -> Result<u32, StoreError> {
        let (host, subject, id, scribe) = (
            host.to_owned(),
            subject.to_owned(),
            id.map(str::to_owned),
            scribe.clone(),
        );
        self.writer
            .run(move |write| trust::revoke(write, (&host, &subject), id.as_deref(), &scribe))
            .await
    }

    async fn reinstate(
        &self,
        host: &str,
        subject: &str,
        id: &str,
        scribe: &Scribe,
    ) -> Result<bool, StoreError> {
        let (host, subject, id, scribe) = (
            host.to_owned(),
            subject.to_owned(),
            id.to_owned(),
            scribe.clone(),
        );
        self.writer
            .run(move |write| reinstated(write, (&host, &subject), &id, &scribe))
            .await
    }

    async fn purge_trust(&self, now: u64) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM trusted_browser WHERE id IN \
            (SELECT id FROM trusted_browser WHERE expires_at <= ?1 LIMIT ?2)";
        self.purge(SQL, now).await
    }

    async fn record(
        &self,
        host: &str,
        subject: &str,
        before: Option<u64>,
        count: u32,
    ) -> Result<RecordPage, StoreError> {
        let (host, subject) = (host.to_owned(), subject.to_owned());
        self.readers
            .run(move |read| record::page(read, (&host, &subject), before, count))
            .await
    }

    async fn take_notices(
        &self,
        host: &str,
        now_ms: u64,
        lease_ms: u64,
        count: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        let host = host.to_owned();
        self.writer
            .run(move |write| record::take(write, &host, (now_ms, lease_ms), count))
            .await
    }

    async fn drop_notices_but(&self, hosts: &[&str]) -> Result<u64, StoreError> {
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        self.writer
            .run(move |write| record::drop_all_but(write, &hosts))
            .await
    }

    async fn settle_notice(&self, id: i64) -> Result<(), StoreError> {
        self.writer
            .run(move |write| execute(write, "DELETE FROM notice WHERE id = ?1", [id]).map(|_| ()))
            .await
    }

    async fn postpone_notice(&self, id: i64, due_at_ms: u64) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE notice SET due_at_ms = ?2 WHERE id = ?1";
        self.writer
            .run(move |write| execute(write, SQL, [id, to_sql(due_at_ms)]).map(|_| ()))
            .await
    }
}

fn noted(
    write: &Connection,
    flow: &NewFlow,
    notes: Vec<(EventKind, Detail)>,
    scribe: &Scribe,
) -> Result<(), StoreError> {
    let first = execute(
        write,
        "UPDATE flow SET told = 1 WHERE id = ?1 AND told = 0",
        [&flow.id],
    )? == 1;
    for (kind, detail) in notes {
        let tells_host = scribe.tells_host && (first || kind != EventKind::CodeWrong);
        let scribe = Scribe {
            tells_host,
            ..scribe.clone()
        };
        record::append(write, (&flow.host, &flow.subject), kind, detail, &scribe)?;
    }
    Ok(())
}

/// One statement for all that spending depends on.
const SPENDING: &str = "SELECT f.guess_cost, s.factor_epoch, s.guess_full_at, s.event_seq, s.event_hash, p.hint, \
    m.in_a_row, m.day, m.today, (SELECT COUNT(*) FROM backup_code b WHERE b.host = f.host AND b.subject = f.subject \
    AND b.used_at IS NULL) AS backup_codes_left \
    FROM flow f JOIN subject s ON s.host = f.host AND s.subject = f.subject \
    LEFT JOIN method m ON m.id = ?5 AND m.host = f.host AND m.subject = f.subject \
    LEFT JOIN phone p ON p.method_id = m.id \
    WHERE f.id = ?1 AND f.host = ?2 AND f.subject = ?3 AND f.purpose = 'verify' AND f.state = 'open' AND f.expires_at > ?4";

/// What spending depends on, with the throttle as it is after a right code.
struct Spending {
    factor_epoch: i64,
    allowance: Allowance,
    tries: Tries,
    hint: Option<String>,
    backup_codes_left: u32,
    last_line: (u64, [u8; 32]),
}

fn spending_from(row: &Row<'_>, c: &Consumption) -> Result<Spending, StoreError> {
    let allowance = allowance_from(row)?;
    let (tries, allowance) = match &c.spend {
        Spend::Backup { .. } => (Tries::default(), allowance),
        Spend::Step { .. } | Spend::Challenge { .. } => throttle::right(
            tries_from(row)?,
            allowance,
            row.get("guess_cost")?,
            c.scribe.now,
        ),
    };
    Ok(Spending {
        factor_epoch: row.get("factor_epoch")?,
        allowance,
        tries,
        hint: row.get("hint")?,
        backup_codes_left: row.get("backup_codes_left")?,
        last_line: record::last_from(row)?,
    })
}

fn consume(write: &Connection, c: &Consumption) -> Result<Consumed, StoreError> {
    let method_id = match &c.spend {
        Spend::Step { method_id, .. } | Spend::Challenge { method_id, .. } => method_id,
        Spend::Backup { .. } => BACKUP_METHOD_ID,
    };
    let params = params![
        c.flow_id,
        c.host,
        c.subject,
        to_sql(c.scribe.now),
        method_id
    ];
    let Some(spending) = first(write, SPENDING, params, |row| spending_from(row, c))? else {
        return Ok(Consumed::FlowOver);
    };
    if !spent(write, c, spending.tries)? {
        return Ok(Consumed::CodeUsed);
    }
    let (used, kind, left) = match &c.spend {
        Spend::Step { .. } => (
            Authenticator::Method(MethodKind::Totp),
            EventKind::Verified,
            0,
        ),
        Spend::Challenge { channel, .. } => (
            Authenticator::Method(channel.method()),
            EventKind::Verified,
            0,
        ),
        Spend::Backup { .. } => (Authenticator::BackupCode, EventKind::BackupCodeUsed, 1),
    };
    complete(write, c, (method_id, used), spending.factor_epoch)?;
    let backup_codes_left = spending.backup_codes_left.saturating_sub(left);
    let detail = Detail {
        method: Some(used),
        hint: spending.hint,
        count: (kind == EventKind::BackupCodeUsed).then_some(backup_codes_left),
    };
    let line = c
        .scribe
        .line(&c.host, &c.subject, spending.last_line, kind, detail);
    record::insert(write, (&c.host, &c.subject), &line, &c.scribe)?;
    execute(
        write,
        "UPDATE subject SET guess_full_at = ?3, event_seq = ?4, event_hash = ?5 WHERE host = ?1 AND subject = ?2",
        params![
            c.host,
            c.subject,
            to_sql(spending.allowance.full_at),
            to_sql(line.seq),
            line.hash
        ],
    )?;
    Ok(Consumed::Yes { backup_codes_left })
}

/// The conditional update whose row count is the answer; a method that worked begins its tries anew
/// with it.
fn spent(write: &Connection, c: &Consumption, tries: Tries) -> Result<bool, StoreError> {
    let now = to_sql(c.scribe.now);
    let spent = match &c.spend {
        Spend::Step {
            method_id,
            first_step,
            step,
            drift,
        } => execute(
            write,
            "UPDATE totp SET last_step = ?4, drift = ?5 WHERE last_step < ?6 \
             AND method_id = (SELECT id FROM method WHERE id = ?1 AND host = ?2 AND subject = ?3)",
            params![
                method_id,
                c.host,
                c.subject,
                to_sql(*step),
                drift,
                to_sql(*first_step),
            ],
        ),
        Spend::Challenge {
            method_id,
            challenge_id,
            ..
        } => execute(
            write,
            "UPDATE challenge SET answered_at = ?4 WHERE id = ?1 AND flow_id = ?2 AND method_id = ?3 \
             AND answered_at IS NULL AND expires_at > ?4",
            params![challenge_id, c.flow_id, method_id, now],
        ),
        Spend::Backup { ordinal } => execute(
            write,
            "UPDATE backup_code SET used_at = ?4 WHERE host = ?1 AND subject = ?2 AND ordinal = ?3 AND used_at IS NULL",
            params![c.host, c.subject, ordinal, now],
        ),
    }?;
    if spent != 1 {
        return Ok(false);
    }
    match &c.spend {
        Spend::Step { method_id, .. } | Spend::Challenge { method_id, .. } => execute(
            write,
            "UPDATE method SET in_a_row = ?2, day = ?3, today = ?4, used_at = ?5 WHERE id = ?1",
            params![
                method_id,
                tries.in_a_row,
                to_sql(tries.day),
                tries.today,
                now
            ],
        )?,
        // The set has no tries of its own.
        Spend::Backup { .. } => 0,
    };
    Ok(true)
}

fn complete(
    write: &Connection,
    c: &Consumption,
    (method_id, used): (&str, Authenticator),
    epoch: i64,
) -> Result<(), StoreError> {
    let completed = execute(
        write,
        "UPDATE flow SET state = 'completed', body_hash = ?2, method_id = ?3, result_hash = ?4, result_expires_at = ?5, \
         used = ?6, trusts = ?7, factor_epoch = ?8 WHERE id = ?1 AND state = 'open'",
        params![
            c.flow_id,
            c.body_hash,
            method_id,
            c.result_hash,
            to_sql(c.result_expires_at),
            used.as_str(),
            c.trusts,
            epoch,
        ],
    )?;
    // Read as open in this very transaction.
    if completed == 1 {
        Ok(())
    } else {
        Err(StoreError::Row("flow.state".to_owned()))
    }
}

fn reported(write: &Connection, report: &Report) -> Result<Option<u32>, StoreError> {
    let now = to_sql(report.scribe.now);
    if let Some(flow_id) = &report.flow_id {
        let ours = execute(
            write,
            "UPDATE flow SET state = 'superseded', reported_at = ?2, reports = 1 WHERE id = ?1 AND state = 'open'",
            params![flow_id, now],
        )?;
        if ours != 1 {
            return Ok(None);
        }
    }
    // What was right but not redeemed yet ends too: nobody knows who typed it.
    execute(
        write,
        "UPDATE flow SET state = 'superseded', reported_at = ?3 \
         WHERE host = ?1 AND subject = ?2 AND (state = 'open' OR (state = 'completed' AND redeemed_at IS NULL AND purpose = 'verify'))",
        params![report.host, report.subject, now],
    )?;
    execute(
        write,
        "UPDATE challenge SET expires_at = MIN(expires_at, ?3) WHERE answered_at IS NULL AND flow_id IN \
         (SELECT id FROM flow WHERE host = ?1 AND subject = ?2)",
        params![report.host, report.subject, now],
    )?;
    let whose = (report.host.as_str(), report.subject.as_str());
    record::append(
        write,
        whose,
        EventKind::Reported,
        Detail::default(),
        &report.scribe,
    )?;
    // Whoever was read a code may have had his browser trusted: he would come back without one.
    Ok(Some(trust::revoke(write, whose, None, &report.scribe)?))
}

fn reinstated(
    write: &Connection,
    whose: (&str, &str),
    id: &str,
    scribe: &Scribe,
) -> Result<bool, StoreError> {
    let found = first(
        write,
        "UPDATE method SET in_a_row = 0, today = 0 WHERE id = ?1 AND host = ?2 AND subject = ?3 AND in_a_row >= ?4 \
         RETURNING kind, (SELECT hint FROM phone WHERE method_id = id) AS hint",
        params![id, whose.0, whose.1, throttle::SUSPENDED_AFTER],
        |row| {
            Ok(Detail {
                method: used_from(row, "kind")?,
                hint: row.get("hint")?,
                count: None,
            })
        },
    )?;
    let Some(detail) = found else {
        return Ok(false);
    };
    record::append(write, whose, EventKind::MethodReinstated, detail, scribe)?;
    Ok(true)
}
