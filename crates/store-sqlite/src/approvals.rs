//! Logins that another browser of the person approves: asked, seen, shown.

use async_trait::async_trait;
use nidan_core::approval::{
    self, AskContext, AskRefusal, Asking, StoredApproval, WAITING_MAX, may_approve,
};
use nidan_core::attempt::AskedApproval;
use nidan_core::trust::TrustedBrowser;
use nidan_protocol::{ApprovalState, Authenticator, EventKind, WaitingLogin};
use rusqlite::{Connection, Row, params};

use crate::SqliteStore;
use crate::attempts::allowance_from;
use crate::connection::{all, execute, first};
use crate::failure::Failure;
use crate::flows;
use crate::record;
use crate::rows::{acr_from, from_sql, to_sql};
use nidan_store::{
    ApprovalStore, Approver, ApprovingOpened, AuditContext, AuditDetail, NewApproval,
    OpenApproving, Shown, StandingApproval, StoreError,
};

#[async_trait]
impl ApprovalStore for SqliteStore {
    async fn open_approving(&self, open: &OpenApproving) -> Result<ApprovingOpened, StoreError> {
        let open = open.clone();
        self.writer.run(move |write| open_page(write, &open)).await
    }

    async fn ask_context(&self, flow_id: &str, now: u64) -> Result<Option<AskContext>, StoreError> {
        let flow_id = flow_id.to_owned();
        self.readers
            .run(move |read| Ok(load_asker(read, &flow_id, now)?.map(|asker| asker.context)))
            .await
    }

    async fn ask_approval(
        &self,
        new: &NewApproval,
        audit: &AuditContext,
    ) -> Result<Result<StandingApproval, AskRefusal>, StoreError> {
        let (new, audit) = (new.clone(), audit.clone());
        self.writer.run(move |write| ask(write, &new, &audit)).await
    }

    async fn waiting_logins(
        &self,
        approver: &Approver,
        now: u64,
    ) -> Result<Option<Vec<WaitingLogin>>, StoreError> {
        let approver = approver.clone();
        self.readers
            .run(move |read| waiting(read, &approver, now))
            .await
    }

    async fn show_approval(
        &self,
        approver: &Approver,
        id: &str,
        audit: &AuditContext,
    ) -> Result<Shown, StoreError> {
        let (approver, id, audit) = (approver.clone(), id.to_owned(), audit.clone());
        self.writer
            .run(move |write| show(write, &approver, &id, &audit))
            .await
    }
}

fn open_page(write: &Connection, open: &OpenApproving) -> Result<ApprovingOpened, Failure> {
    let flow = &open.flow;
    let whose = (flow.host.as_str(), flow.subject.as_str());
    let browser = find_browser(write, whose, &open.trust_hash)?;
    if !browser.is_some_and(|(browser, epoch)| may_approve(&browser, epoch, flow.created_at)) {
        return Ok(ApprovingOpened::NotTrusted);
    }
    flows::insert_of_browser(write, flow, Some(&open.trust_hash))?;
    Ok(ApprovingOpened::Yes)
}

/// The browser whose token counts now, with the person's factor epoch.
fn find_browser(
    read: &Connection,
    (host, subject): flows::Whose<'_>,
    trust_hash: &[u8; 32],
) -> Result<Option<(TrustedBrowser, u64)>, Failure> {
    let sql = "SELECT b.id, b.factor_epoch, b.expires_at, s.factor_epoch AS epoch \
        FROM trusted_browser b JOIN subject s ON s.host = b.host AND s.subject = b.subject \
        WHERE b.token_hash = ?1 AND b.host = ?2 AND b.subject = ?3";
    first(read, sql, params![trust_hash, host, subject], |row| {
        let browser = TrustedBrowser {
            browser_id: row.get("id")?,
            factor_epoch: from_sql(row.get("factor_epoch")?)?,
            expires_at: from_sql(row.get("expires_at")?)?,
        };
        Ok((browser, from_sql(row.get("epoch")?)?))
    })
}

/// A login that may ask.
struct Asker {
    context: AskContext,
    factor_epoch: u64,
    /// The one of before, where it can still be answered.
    standing: Option<StandingApproval>,
}

/// [`None`] for a flow that is no login that waits.
fn load_asker(read: &Connection, flow_id: &str, now: u64) -> Result<Option<Asker>, Failure> {
    let sql = "SELECT f.acr_needed, s.factor_epoch, s.guess_full_at, s.approvals_count, \
        EXISTS (SELECT 1 FROM trusted_browser b WHERE b.host = f.host AND b.subject = f.subject \
        AND b.factor_epoch = s.factor_epoch AND b.expires_at > ?2) AS has_browser \
        FROM flow f JOIN subject s ON s.host = f.host AND s.subject = f.subject \
        WHERE f.id = ?1 AND f.purpose = 'verify' AND f.state = 'open' AND f.expires_at > ?2";
    let standing = latest(read, flow_id)?
        .filter(|asked| approval::can_be_answered(asked, now))
        .map(|asked| StandingApproval {
            id: asked.approval_id,
            expires_at: asked.expires_at,
        });
    first(read, sql, params![flow_id, to_sql(now)], |row| {
        Ok(Asker {
            context: AskContext {
                acr_needed: acr_from(row)?,
                has_browser: row.get("has_browser")?,
                is_asked: standing.is_some(),
                unanswered: row.get("approvals_count")?,
                allowance: allowance_from(row)?,
            },
            factor_epoch: from_sql(row.get("factor_epoch")?)?,
            standing: standing.clone(),
        })
    })
}

fn detail() -> AuditDetail {
    AuditDetail {
        method: Some(Authenticator::Approval),
        ..AuditDetail::default()
    }
}

fn ask(
    write: &Connection,
    new: &NewApproval,
    audit: &AuditContext,
) -> Result<Result<StandingApproval, AskRefusal>, Failure> {
    let now = audit.now;
    let Some(asker) = load_asker(write, &new.flow_id, now)? else {
        return Ok(Err(AskRefusal::FlowOver));
    };
    match (approval::ask(&asker.context, now), asker.standing) {
        (Ok(Asking::Stands), Some(standing)) => return Ok(Ok(standing)),
        (Ok(Asking::Stands | Asking::New), _) => {}
        (Err(refusal), _) => return Ok(Err(refusal)),
    }
    let ends = "UPDATE approval SET expires_at = MIN(expires_at, ?2) WHERE flow_id = ?1";
    execute(write, ends, params![new.flow_id, to_sql(now)])?;
    execute(
        write,
        "INSERT INTO approval (id, flow_id, factor_epoch, created_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            new.id,
            new.flow_id,
            to_sql(asker.factor_epoch),
            to_sql(now),
            to_sql(new.expires_at)
        ],
    )?;
    execute(
        write,
        "UPDATE subject SET approvals_count = approvals_count + 1 \
         WHERE host = ?1 AND subject = ?2",
        params![new.host, new.subject],
    )?;
    let whose = (new.host.as_str(), new.subject.as_str());
    record::append(write, whose, EventKind::ApprovalAsked, detail(), audit)?;
    Ok(Ok(StandingApproval {
        id: new.id.clone(),
        expires_at: new.expires_at,
    }))
}

/// A browser that may approve now, by its flow.
struct Approving {
    browser_id: String,
    session_binding: String,
    factor_epoch: u64,
}

fn load_approving(
    read: &Connection,
    approver: &Approver,
    now: u64,
) -> Result<Option<Approving>, Failure> {
    let sql = "SELECT session_binding, trust_hash FROM flow WHERE id = ?1 AND host = ?2 \
        AND subject = ?3 AND purpose = 'approve' AND state = 'open' AND expires_at > ?4 \
        AND trust_hash IS NOT NULL";
    let Approver {
        flow_id,
        host,
        subject,
    } = approver;
    let params = params![flow_id, host, subject, to_sql(now)];
    let found = first(read, sql, params, |row| {
        Ok((
            row.get::<_, String>("session_binding")?,
            row.get::<_, [u8; 32]>("trust_hash")?,
        ))
    })?;
    let Some((session_binding, trust_hash)) = found else {
        return Ok(None);
    };
    let browser = find_browser(read, (host, subject), &trust_hash)?;
    let browser = browser.filter(|(browser, epoch)| may_approve(browser, *epoch, now));
    Ok(browser.map(|(browser, factor_epoch)| Approving {
        browser_id: browser.browser_id,
        session_binding,
        factor_epoch,
    }))
}

/// For queries over `approval` as `a` and its login's `flow` as `f`.
const SEEN: &str = "a.id, a.factor_epoch, a.created_at, a.expires_at, a.browser_id, a.answered_at, \
    f.session_binding, f.client_description, f.state = 'open' AND f.expires_at > ?3 AS is_open";

/// What a browser sees of a row.
fn seen_from(
    row: &Row<'_>,
    approving: &Approving,
    now: u64,
) -> Result<Option<WaitingLogin>, Failure> {
    let session_binding: String = row.get("session_binding")?;
    let expires_at = from_sql(row.get("expires_at")?)?;
    let stored = StoredApproval {
        is_open: row.get("is_open")?,
        session_binding: &session_binding,
        factor_epoch: from_sql(row.get("factor_epoch")?)?,
        expires_at,
        is_shown: row.get::<_, Option<String>>("browser_id")?.is_some(),
        is_answered: row.get::<_, Option<i64>>("answered_at")?.is_some(),
    };
    let (session, epoch) = (&approving.session_binding, approving.factor_epoch);
    let Some(state) = approval::seen(&stored, session, epoch, now) else {
        return Ok(None);
    };
    Ok(Some(WaitingLogin {
        id: row.get("id")?,
        asked_at: from_sql(row.get("created_at")?)?,
        expires_at,
        client_description: row.get("client_description")?,
        state,
    }))
}

fn waiting(
    read: &Connection,
    approver: &Approver,
    now: u64,
) -> Result<Option<Vec<WaitingLogin>>, Failure> {
    let Some(approving) = load_approving(read, approver, now)? else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT {SEEN} FROM approval a JOIN flow f ON f.id = a.flow_id \
         WHERE f.host = ?1 AND f.subject = ?2 \
         AND (a.expires_at > ?3 OR a.answered_at IS NOT NULL) ORDER BY a.rowid DESC"
    );
    let params = params![approver.host, approver.subject, to_sql(now)];
    let rows = all(read, &sql, params, |row| seen_from(row, &approving, now))?;
    Ok(Some(rows.into_iter().flatten().take(WAITING_MAX).collect()))
}

fn show(
    write: &Connection,
    approver: &Approver,
    id: &str,
    audit: &AuditContext,
) -> Result<Shown, Failure> {
    let now = audit.now;
    let Some(approving) = load_approving(write, approver, now)? else {
        return Ok(Shown::NotTrusted);
    };
    let sql = format!(
        "SELECT {SEEN} FROM approval a JOIN flow f ON f.id = a.flow_id \
         WHERE f.host = ?1 AND f.subject = ?2 AND a.id = ?4"
    );
    let params = params![approver.host, approver.subject, to_sql(now), id];
    let row = first(write, &sql, params, |row| seen_from(row, &approving, now))?;
    let Some(login) = row.flatten() else {
        return Ok(Shown::Unknown);
    };
    match login.state {
        ApprovalState::Answered => return Ok(Shown::Answered),
        ApprovalState::Waiting => {
            execute(
                write,
                "UPDATE approval SET browser_id = ?2 WHERE id = ?1 AND browser_id IS NULL",
                params![id, approving.browser_id],
            )?;
            let whose = (approver.host.as_str(), approver.subject.as_str());
            record::append(write, whose, EventKind::ApprovalShown, detail(), audit)?;
        }
        ApprovalState::Shown => {}
    }
    Ok(Shown::Yes {
        expires_at: login.expires_at,
    })
}

/// A flow's latest request for approval, for an attempt at its code.
pub(crate) fn latest(read: &Connection, flow_id: &str) -> Result<Option<AskedApproval>, Failure> {
    let sql = "SELECT a.id, a.attempts, a.expires_at, a.browser_id, a.answered_at, \
        a.factor_epoch = s.factor_epoch AS is_of_epoch FROM approval a \
        JOIN flow f ON f.id = a.flow_id JOIN subject s ON s.host = f.host AND s.subject = f.subject \
        WHERE a.flow_id = ?1 ORDER BY a.rowid DESC LIMIT 1";
    first(read, sql, [flow_id], |row| {
        Ok(AskedApproval {
            approval_id: row.get("id")?,
            attempts: row.get("attempts")?,
            expires_at: from_sql(row.get("expires_at")?)?,
            is_of_epoch: row.get("is_of_epoch")?,
            is_shown: row.get::<_, Option<String>>("browser_id")?.is_some(),
            is_answered: row.get::<_, Option<i64>>("answered_at")?.is_some(),
        })
    })
}

/// The condition under which a code counts: shown by a browser whose trust has not ended, under the
/// person's factor epoch of now. Its places are the id, the flow, and now.
pub(crate) const UNSPENT: &str = "id = ?1 AND flow_id = ?2 AND answered_at IS NULL \
    AND expires_at > ?3 AND EXISTS (SELECT 1 FROM trusted_browser b \
    WHERE b.id = browser_id AND b.expires_at > ?3) AND factor_epoch = (SELECT s.factor_epoch \
    FROM flow f JOIN subject s ON s.host = f.host AND s.subject = f.subject WHERE f.id = ?2)";
