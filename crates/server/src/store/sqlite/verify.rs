//! Codes at login: opened, tried, spent, reported. Each of these is one transaction of the writer.

use async_trait::async_trait;
use nidan_protocol::{BACKUP_METHOD_ID, EventKind, MethodKind, TrustedBrowser};
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::rows::{from_sql, to_sql};
use super::tries::{Counts, counts_from, reserve};
use super::{SqliteStore, record, trust};
use crate::record::{Detail, Scribe};
use crate::store::{
    Consumed, Consumption, NewFlow, Notice, OpenVerification, RecordPage, Report, Reserved, Spend, StoreError, Try,
    VerificationOpened, VerifyStore,
};
use crate::throttle::{self, Allowance, Tries};

#[async_trait]
impl VerifyStore for SqliteStore {
    async fn open_verification(&self, open: &OpenVerification) -> Result<VerificationOpened, StoreError> {
        let open = open.clone();
        self.writer.run(move |write| Box::pin(trust::open(write, open.clone()))).await
    }

    async fn reserve_try(&self, attempt: &Try) -> Result<Reserved, StoreError> {
        let attempt = attempt.clone();
        self.writer.run(move |write| Box::pin(reserve(write, attempt.clone()))).await
    }

    async fn consume(&self, consumption: &Consumption) -> Result<Consumed, StoreError> {
        let consumption = consumption.clone();
        self.writer.run(move |write| Box::pin(consume(write, consumption.clone()))).await
    }

    async fn note_wrong(
        &self,
        flow: &NewFlow,
        notes: &[(EventKind, Detail)],
        scribe: &Scribe,
    ) -> Result<(), StoreError> {
        let (flow, notes, scribe) = (flow.clone(), notes.to_owned(), scribe.clone());
        self.writer
            .run(move |write| {
                let (flow, notes, scribe) = (flow.clone(), notes.clone(), scribe.clone());
                Box::pin(async move { noted(write, &flow, notes, &scribe).await })
            })
            .await
    }

    async fn report(&self, report: &Report) -> Result<Option<u32>, StoreError> {
        let report = report.clone();
        self.writer.run(move |write| Box::pin(reported(write, report.clone()))).await
    }

    async fn trusted_browsers(&self, host: &str, subject: &str, now: u64) -> Result<Vec<TrustedBrowser>, StoreError> {
        trust::list(&self.pool, host, subject, now).await
    }

    async fn revoke_trust(
        &self,
        host: &str,
        subject: &str,
        id: Option<&str>,
        scribe: &Scribe,
    ) -> Result<u32, StoreError> {
        let (host, subject, id, scribe) = (host.to_owned(), subject.to_owned(), id.map(str::to_owned), scribe.clone());
        self.writer
            .run(move |write| {
                let (host, subject, id, scribe) = (host.clone(), subject.clone(), id.clone(), scribe.clone());
                Box::pin(async move { trust::revoke(write, (&host, &subject), id.as_deref(), &scribe).await })
            })
            .await
    }

    async fn reinstate(&self, host: &str, subject: &str, id: &str, scribe: &Scribe) -> Result<bool, StoreError> {
        let (host, subject, id, scribe) = (host.to_owned(), subject.to_owned(), id.to_owned(), scribe.clone());
        self.writer
            .run(move |write| {
                let (host, subject, id, scribe) = (host.clone(), subject.clone(), id.clone(), scribe.clone());
                Box::pin(async move { reinstated(write, (&host, &subject), &id, &scribe).await })
            })
            .await
    }

    async fn purge_trust(&self, now: u64) -> Result<u64, StoreError> {
        let _turn = self.writer.turn().await;
        let purged = sqlx::query("DELETE FROM trusted_browser WHERE expires_at <= ?1")
            .bind(to_sql(now))
            .execute(&self.pool)
            .await?;
        Ok(purged.rows_affected())
    }

    async fn record(
        &self,
        host: &str,
        subject: &str,
        before: Option<u64>,
        count: u32,
    ) -> Result<RecordPage, StoreError> {
        record::page(&self.pool, (host, subject), before, count).await
    }

    async fn take_notices(&self, now_ms: u64, lease_ms: u64, count: u32) -> Result<Vec<Notice>, StoreError> {
        let _turn = self.writer.turn().await;
        record::take(&self.pool, now_ms, lease_ms, count).await
    }

    async fn settle_notice(&self, id: i64) -> Result<(), StoreError> {
        let _turn = self.writer.turn().await;
        sqlx::query("DELETE FROM notice WHERE id = ?1").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    async fn postpone_notice(&self, id: i64, due_at_ms: u64) -> Result<(), StoreError> {
        let _turn = self.writer.turn().await;
        sqlx::query("UPDATE notice SET due_at_ms = ?2 WHERE id = ?1")
            .bind(id)
            .bind(to_sql(due_at_ms))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

async fn noted(
    write: &mut SqliteConnection,
    flow: &NewFlow,
    notes: Vec<(EventKind, Detail)>,
    scribe: &Scribe,
) -> Result<(), StoreError> {
    let first = sqlx::query("UPDATE flow SET told = 1 WHERE id = ?1 AND told = 0")
        .bind(&flow.id)
        .execute(&mut *write)
        .await?
        .rows_affected()
        == 1;
    for (kind, detail) in notes {
        let tells_host = scribe.tells_host && (first || kind != EventKind::CodeWrong);
        let scribe = Scribe { tells_host, ..scribe.clone() };
        record::append(write, (&flow.host, &flow.subject), kind, detail, &scribe).await?;
    }
    Ok(())
}

/// As flows and records name it.
const BACKUP_CODE: &str = "backup_code";

/// One statement for all that spending depends on.
const SPENDING: &str = "SELECT f.guess_cost, s.factor_epoch, s.guess_full_at, s.event_seq, s.event_hash, m.hint, \
    m.in_a_row, m.day, m.today, (SELECT COUNT(*) FROM backup_code b WHERE b.host = f.host AND b.subject = f.subject \
    AND b.used_at IS NULL) AS backup_codes_left \
    FROM flow f JOIN subject s ON s.host = f.host AND s.subject = f.subject \
    LEFT JOIN method m ON m.id = ?5 AND m.host = f.host AND m.subject = f.subject \
    WHERE f.id = ?1 AND f.host = ?2 AND f.subject = ?3 AND f.purpose = 'verify' AND f.state = 'open' AND f.expires_at > ?4";

async fn consume(write: &mut SqliteConnection, c: Consumption) -> Result<Consumed, StoreError> {
    let now = c.scribe.now;
    let method_id = match &c.spend {
        Spend::Step { method_id, .. } | Spend::Challenge { method_id, .. } => method_id,
        Spend::Backup { .. } => BACKUP_METHOD_ID,
    };
    let found = sqlx::query(SPENDING)
        .bind(&c.flow_id)
        .bind(&c.host)
        .bind(&c.subject)
        .bind(to_sql(now))
        .bind(method_id)
        .fetch_optional(&mut *write)
        .await?;
    let Some(row) = found else { return Ok(Consumed::FlowOver) };
    let (counts, allowance) = match &c.spend {
        Spend::Backup { .. } => (None, Allowance { full_at: from_sql(row.try_get("guess_full_at")?)? }),
        Spend::Step { .. } | Spend::Challenge { .. } => {
            let Counts { tries, allowance } = counts_from(&row)?;
            let (tries, allowance) = throttle::right(tries, allowance, row.try_get("guess_cost")?, now);
            (Some(tries), allowance)
        }
    };
    if !spent(write, &c, counts).await? {
        return Ok(Consumed::CodeUsed);
    }
    let (used, kind, left) = match &c.spend {
        Spend::Step { .. } => (MethodKind::Totp.as_str(), EventKind::Verified, 0),
        Spend::Challenge { channel, .. } => (channel.as_str(), EventKind::Verified, 0),
        Spend::Backup { .. } => (BACKUP_CODE, EventKind::BackupCodeUsed, 1),
    };
    complete(write, &c, (method_id, used), row.try_get("factor_epoch")?).await?;
    let backup_codes_left = row.try_get::<u32, _>("backup_codes_left")?.saturating_sub(left);
    let detail = Detail {
        method: Some(used.to_owned()),
        hint: row.try_get("hint")?,
        count: (kind == EventKind::BackupCodeUsed).then_some(backup_codes_left),
    };
    let last = record::last_from(&row)?;
    let line = c.scribe.line(&c.host, &c.subject, last, kind, detail);
    record::insert(write, (&c.host, &c.subject), &line, &c.scribe).await?;
    sqlx::query(
        "UPDATE subject SET guess_full_at = ?3, event_seq = ?4, event_hash = ?5 WHERE host = ?1 AND subject = ?2",
    )
    .bind(&c.host)
    .bind(&c.subject)
    .bind(to_sql(allowance.full_at))
    .bind(to_sql(line.seq))
    .bind(line.hash.as_slice())
    .execute(write)
    .await?;
    Ok(Consumed::Yes { backup_codes_left })
}

/// The conditional update whose row count is the answer; a method that worked begins its tries anew with it.
async fn spent(write: &mut SqliteConnection, c: &Consumption, tries: Option<Tries>) -> Result<bool, StoreError> {
    let now = to_sql(c.scribe.now);
    let tries = tries.unwrap_or_default();
    let spent = match &c.spend {
        Spend::Step { method_id, first_step, step, drift } => sqlx::query(
            "UPDATE method SET last_step = ?4, drift = ?5, in_a_row = ?6, day = ?7, today = ?8, used_at = ?9 \
             WHERE id = ?1 AND host = ?2 AND subject = ?3 AND last_step < ?10",
        )
        .bind(method_id)
        .bind(&c.host)
        .bind(&c.subject)
        .bind(to_sql(*step))
        .bind(drift)
        .bind(tries.in_a_row)
        .bind(to_sql(tries.day))
        .bind(tries.today)
        .bind(now)
        .bind(to_sql(*first_step)),
        Spend::Challenge { method_id, challenge_id, .. } => sqlx::query(
            "UPDATE challenge SET answered_at = ?4 WHERE id = ?1 AND flow_id = ?2 AND method_id = ?3 \
             AND answered_at IS NULL AND expires_at > ?4",
        )
        .bind(challenge_id)
        .bind(&c.flow_id)
        .bind(method_id)
        .bind(now),
        Spend::Backup { ordinal } => sqlx::query(
            "UPDATE backup_code SET used_at = ?4 WHERE host = ?1 AND subject = ?2 AND ordinal = ?3 AND used_at IS NULL",
        )
        .bind(&c.host)
        .bind(&c.subject)
        .bind(ordinal)
        .bind(now),
    };
    if spent.execute(&mut *write).await?.rows_affected() != 1 {
        return Ok(false);
    }
    if let Spend::Challenge { method_id, .. } = &c.spend {
        sqlx::query("UPDATE method SET in_a_row = ?2, day = ?3, today = ?4, used_at = ?5 WHERE id = ?1")
            .bind(method_id)
            .bind(tries.in_a_row)
            .bind(to_sql(tries.day))
            .bind(tries.today)
            .bind(now)
            .execute(write)
            .await?;
    }
    Ok(true)
}

async fn complete(
    write: &mut SqliteConnection,
    c: &Consumption,
    (method_id, used): (&str, &str),
    epoch: i64,
) -> Result<(), StoreError> {
    let completed = sqlx::query(
        "UPDATE flow SET state = 'completed', body_hash = ?2, method_id = ?3, result_hash = ?4, result_expires_at = ?5, \
         used = ?6, trusts = ?7, factor_epoch = ?8 WHERE id = ?1 AND state = 'open'",
    )
    .bind(&c.flow_id)
    .bind(c.body_hash.as_slice())
    .bind(method_id)
    .bind(c.result_hash.as_slice())
    .bind(to_sql(c.result_expires_at))
    .bind(used)
    .bind(c.trusts)
    .bind(epoch)
    .execute(write)
    .await?;
    // Read as open in this very transaction.
    if completed.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Row("flow.state".to_owned())) }
}

async fn reported(write: &mut SqliteConnection, report: Report) -> Result<Option<u32>, StoreError> {
    let now = to_sql(report.scribe.now);
    let ours = sqlx::query("UPDATE flow SET state = 'superseded', reported_at = ?2 WHERE id = ?1 AND state = 'open'")
        .bind(&report.flow_id)
        .bind(now)
        .execute(&mut *write)
        .await?;
    if ours.rows_affected() != 1 {
        return Ok(None);
    }
    // What was right but not redeemed yet ends too: nobody knows who typed it.
    sqlx::query(
        "UPDATE flow SET state = 'superseded', reported_at = ?3 \
         WHERE host = ?1 AND subject = ?2 AND (state = 'open' OR (state = 'completed' AND redeemed_at IS NULL AND purpose = 'verify'))",
    )
    .bind(&report.host)
    .bind(&report.subject)
    .bind(now)
    .execute(&mut *write)
    .await?;
    sqlx::query(
        "UPDATE challenge SET expires_at = MIN(expires_at, ?3) WHERE answered_at IS NULL AND flow_id IN \
         (SELECT id FROM flow WHERE host = ?1 AND subject = ?2)",
    )
    .bind(&report.host)
    .bind(&report.subject)
    .bind(now)
    .execute(&mut *write)
    .await?;
    let whose = (report.host.as_str(), report.subject.as_str());
    record::append(write, whose, EventKind::Reported, Detail::default(), &report.scribe).await?;
    let forgotten = if report.forget_browsers { trust::revoke(write, whose, None, &report.scribe).await? } else { 0 };
    Ok(Some(forgotten))
}

async fn reinstated(
    write: &mut SqliteConnection,
    whose: (&str, &str),
    id: &str,
    scribe: &Scribe,
) -> Result<bool, StoreError> {
    let found = sqlx::query(
        "UPDATE method SET in_a_row = 0, today = 0 WHERE id = ?1 AND host = ?2 AND subject = ?3 AND in_a_row >= ?4 \
         RETURNING kind, hint",
    )
    .bind(id)
    .bind(whose.0)
    .bind(whose.1)
    .bind(throttle::SUSPENDED_AFTER)
    .fetch_optional(&mut *write)
    .await?;
    let Some(row) = found else { return Ok(false) };
    let detail = Detail { method: Some(row.try_get("kind")?), hint: row.try_get("hint")?, count: None };
    record::append(write, whose, EventKind::MethodReinstated, detail, scribe).await?;
    Ok(true)
}
