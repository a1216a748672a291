//! Codes at login: opened, tried, spent, reported. Each of these is one transaction of the writer.

use async_trait::async_trait;
use nidan_core::attempt::{AttemptRefusal, CountedAttempt, LoginAttempt};
use nidan_core::hold::HoldDecision;
use nidan_core::trust::Browsers;
use nidan_core::{flow, throttle};
use nidan_protocol::{EventKind, TrustedBrowser};
use rusqlite::{Connection, params};

use crate::connection::{execute, first};
use crate::failure::Failure;
use crate::flows::{self, Among};
use crate::rows::{detail_from, from_sql, to_sql};
use crate::{SqliteStore, attempts, challenges, hold, logins, record, support, trust};
use nidan_store::{
    AuditContext, AuditDetail, AuditEntry, CompleteLogin, HoldRequest, LoginCompletion, NewFlow,
    Notice, OpenVerification, RecordPage, Report, StoreError, VerificationOpened, VerifyStore,
    WrongCode, WrongCodes,
};

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

    async fn count_login_attempt(
        &self,
        attempt: &LoginAttempt,
    ) -> Result<Result<CountedAttempt, AttemptRefusal>, StoreError> {
        let attempt = attempt.clone();
        self.writer
            .run(move |write| attempts::count(write, &attempt))
            .await
    }

    async fn complete_login(&self, login: &CompleteLogin) -> Result<LoginCompletion, StoreError> {
        let login = login.clone();
        self.writer
            .run(move |write| logins::complete(write, &login))
            .await
    }

    async fn note_wrong(
        &self,
        flow: &NewFlow,
        wrong: &WrongCode,
        audit: &AuditContext,
    ) -> Result<(), StoreError> {
        let (flow, wrong, audit) = (flow.clone(), wrong.clone(), audit.clone());
        self.writer
            .run(move |write| record_wrong_code(write, &flow, &wrong, &audit))
            .await
    }

    async fn report(&self, report: &Report) -> Result<Option<u32>, StoreError> {
        let report = report.clone();
        self.writer
            .run(move |write| end_what_is_open(write, &report))
            .await
    }

    async fn logins_since(
        &self,
        host: &str,
        subject: &str,
        since: u64,
        count: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
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
        browsers: &Browsers,
        audit: &AuditContext,
    ) -> Result<u32, StoreError> {
        let (host, subject, browsers, audit) = (
            host.to_owned(),
            subject.to_owned(),
            browsers.clone(),
            audit.clone(),
        );
        self.writer
            .run(move |write| trust::revoke(write, (&host, &subject), &browsers, &audit))
            .await
    }

    async fn reinstate(
        &self,
        host: &str,
        subject: &str,
        id: &str,
        audit: &AuditContext,
    ) -> Result<bool, StoreError> {
        let (host, subject, id, audit) = (
            host.to_owned(),
            subject.to_owned(),
            id.to_owned(),
            audit.clone(),
        );
        self.writer
            .run(move |write| reinstate(write, (&host, &subject), &id, &audit))
            .await
    }

    async fn hold(
        &self,
        request: &HoldRequest,
        audit: &AuditContext,
    ) -> Result<HoldDecision, StoreError> {
        let (request, audit) = (request.clone(), audit.clone());
        self.writer
            .run(move |write| hold::hold(write, &request, &audit))
            .await
    }

    async fn purge_trust(&self, now: u64) -> Result<u64, StoreError> {
        const SQL: &str = "DELETE FROM trusted_browser WHERE id IN \
            (SELECT id FROM trusted_browser WHERE expires_at <= ?1 LIMIT ?2)";
        const CODES: &str = "DELETE FROM temporary_code WHERE rowid IN \
            (SELECT rowid FROM temporary_code WHERE expires_at <= ?1 LIMIT ?2)";
        Ok(self.purge(SQL, now).await? + self.purge(CODES, now).await?)
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

fn record_wrong_code(
    write: &Connection,
    flow: &NewFlow,
    wrong: &WrongCode,
    audit: &AuditContext,
) -> Result<(), Failure> {
    let whose = (flow.host.as_str(), flow.subject.as_str());
    let before = first(
        write,
        "SELECT wrong_day, wrong_count FROM subject WHERE host = ?1 AND subject = ?2",
        [whose.0, whose.1],
        |row| {
            Ok(WrongCodes {
                day: from_sql(row.get("wrong_day")?)?,
                count: row.get("wrong_count")?,
            })
        },
    )?;
    let today = before.unwrap_or_default().one_more(audit.now);
    execute(
        write,
        "UPDATE subject SET wrong_day = ?3, wrong_count = ?4 WHERE host = ?1 AND subject = ?2",
        params![whose.0, whose.1, to_sql(today.day), today.count],
    )?;
    let is_first = execute(
        write,
        "UPDATE flow SET told = 1 WHERE id = ?1 AND told = 0",
        [&flow.id],
    )? == 1;
    for (kind, detail, is_told) in wrong.entries(today, is_first) {
        record::append(write, whose, kind, detail, &audit.telling(is_told))?;
    }
    Ok(())
}

fn end_what_is_open(write: &Connection, report: &Report) -> Result<Option<u32>, Failure> {
    let now = report.audit.now;
    if let Some(flow_id) = &report.flow_id {
        let sql = "UPDATE flow SET reports = 1 WHERE id = ?1 AND state = 'open'";
        // It is over: whoever reports from it is told so.
        if execute(write, sql, [flow_id])? != 1 {
            return Ok(None);
        }
    }
    let whose = (report.host.as_str(), report.subject.as_str());
    flows::change(write, whose, &Among::All, Some(now), flow::when_reported)?;
    challenges::end_all(write, whose, now)?;
    support::end_code(write, whose, now)?;
    record::append(
        write,
        whose,
        EventKind::Reported,
        AuditDetail::default(),
        &report.audit,
    )?;
    let sql = "UPDATE subject SET reported_at = ?3 WHERE host = ?1 AND subject = ?2";
    execute(write, sql, params![whose.0, whose.1, to_sql(now)])?;
    // Somebody has the password: codes are asked for from now on.
    flows::end_pause(write, whose, &report.audit)?;
    // Whoever was read a code may have had his browser trusted: he would come back without one.
    Ok(Some(trust::revoke(
        write,
        whose,
        &Browsers::All,
        &report.audit,
    )?))
}

fn reinstate(
    write: &Connection,
    whose: (&str, &str),
    id: &str,
    audit: &AuditContext,
) -> Result<bool, Failure> {
    let found = first(
        write,
        "SELECT kind, in_a_row, day, today, (SELECT hint FROM phone WHERE method_id = id) AS hint \
         FROM method WHERE id = ?1 AND host = ?2 AND subject = ?3",
        params![id, whose.0, whose.1],
        |row| Ok((attempts::tries_from(row)?, detail_from(row)?)),
    )?;
    let reinstated = found.and_then(|(tries, detail)| Some((throttle::reinstate(tries)?, detail)));
    let Some((tries, detail)) = reinstated else {
        return Ok(false);
    };
    attempts::store_tries(write, id, tries)?;
    record::append(write, whose, EventKind::MethodReinstated, detail, audit)?;
    Ok(true)
}
