//! Trusted browsers: opened by a token, listed, revoked. A token counts once; another one takes its
//! place at redeem.

use nidan_core::audit::AuditDetail;
use nidan_core::trust::{self, Opening, OpeningContext, TrustToken};
use nidan_protocol::{Authenticator, EventKind, TrustedBrowser};
use rusqlite::{Connection, Row, params};

use super::connection::{all, execute, first};
use super::rows::{from_sql, to_sql};
use super::{flows, record};
use crate::audit::AuditContext;
use crate::store::{NewFlow, NewTrust, OpenVerification, StoreError, TrustUse, VerificationOpened};

pub(super) fn open(
    write: &Connection,
    open: &OpenVerification,
) -> Result<VerificationOpened, StoreError> {
    let flow = &open.flow;
    let context = load_context(write, open)?;
    let factor_epoch = context.factor_epoch;
    let opening = trust::open(context, open.audit.now);
    let event = opening.event();
    let trusted = match (opening, &open.trust) {
        (Opening::NotEnrolled, _) => return Ok(VerificationOpened::NotEnrolled),
        (Opening::Trusted { browser_id }, Some(trust)) => Some((browser_id, trust)),
        // A decision over a token that nobody brought is no decision.
        (Opening::Trusted { .. }, None) => return Err(StoreError::Row("trust".to_owned())),
        (Opening::Required { copied_browser_id }, _) => {
            if let Some(browser_id) = copied_browser_id {
                let sql = "DELETE FROM trusted_browser WHERE id = ?1";
                execute(write, sql, [browser_id])?;
            }
            None
        }
    };
    // Two tabs of one session: the newer goes on. Other sessions are left alone: whoever knows the
    // password could otherwise end the person's own flow again and again.
    execute(
        write,
        "UPDATE flow SET state = 'superseded' WHERE session_binding = ?1 AND host = ?2 AND subject = ?3 \
         AND purpose = 'verify' AND state = 'open'",
        [&flow.session_binding, &flow.host, &flow.subject],
    )?;
    flows::insert(write, flow)?;
    if let Some(event) = event {
        let whose = (flow.host.as_str(), flow.subject.as_str());
        record::append(write, whose, event, AuditDetail::default(), &open.audit)?;
    }
    let Some((browser_id, trust)) = trusted else {
        return Ok(VerificationOpened::Required);
    };
    complete(write, flow, trust, &browser_id, factor_epoch)?;
    Ok(VerificationOpened::Trusted)
}

/// A trusted browser's flow is complete at once. No post completed it, so none is answered as the
/// one that did.
fn complete(
    write: &Connection,
    flow: &NewFlow,
    trust: &TrustUse,
    browser_id: &str,
    factor_epoch: u64,
) -> Result<(), StoreError> {
    execute(
        write,
        "UPDATE flow SET state = 'completed', body_hash = ?3, method_id = ?2, result_hash = ?3, result_expires_at = ?4, \
         used = ?7, factor_epoch = ?5, trust_hash = ?6 WHERE id = ?1",
        params![
            flow.id,
            browser_id,
            trust.result_hash,
            to_sql(trust.result_expires_at),
            to_sql(factor_epoch),
            trust.token_hash,
            Authenticator::TrustedBrowser.as_str(),
        ],
    )?;
    Ok(())
}

fn load_context(read: &Connection, open: &OpenVerification) -> Result<OpeningContext, StoreError> {
    let whose = [&open.flow.host, &open.flow.subject];
    let factor_epoch = first(
        read,
        "SELECT factor_epoch FROM subject WHERE host = ?1 AND subject = ?2",
        whose,
        |row| from_sql(row.get(0)?),
    )?;
    Ok(OpeningContext {
        has_method: flows::has_factor(read, &open.flow.host, &open.flow.subject)?,
        factor_epoch: factor_epoch.unwrap_or_default(),
        token: match &open.trust {
            Some(trust) => load_token(read, &open.flow, trust)?,
            None => TrustToken::Unknown,
        },
    })
}

/// The token that counts now, else one that counted before.
fn load_token(
    read: &Connection,
    flow: &NewFlow,
    trust: &TrustUse,
) -> Result<TrustToken, StoreError> {
    let params = params![trust.token_hash, flow.host, flow.subject];
    let current = first(
        read,
        "SELECT id, factor_epoch, expires_at FROM trusted_browser \
         WHERE token_hash = ?1 AND host = ?2 AND subject = ?3",
        params,
        |row| {
            Ok(trust::TrustedBrowser {
                browser_id: row.get("id")?,
                factor_epoch: from_sql(row.get("factor_epoch")?)?,
                expires_at: from_sql(row.get("expires_at")?)?,
            })
        },
    )?;
    if let Some(browser) = current {
        return Ok(TrustToken::Current(browser));
    }
    let former = first(
        read,
        "SELECT b.id FROM old_trust_token o JOIN trusted_browser b ON b.id = o.browser_id \
         WHERE o.token_hash = ?1 AND b.host = ?2 AND b.subject = ?3",
        params![trust.token_hash, flow.host, flow.subject],
        |row| Ok(row.get(0)?),
    )?;
    Ok(
        former.map_or(TrustToken::Unknown, |browser_id| TrustToken::Former {
            browser_id,
        }),
    )
}

/// At redeem: the first token of a browser that is trusted from now on. When it ends.
pub(super) fn grant(
    write: &Connection,
    flow: &NewFlow,
    epoch: i64,
    new: &NewTrust,
    audit: &AuditContext,
) -> Result<u64, StoreError> {
    let ends = audit.now.saturating_add(new.lives_s);
    execute(
        write,
        "INSERT INTO trusted_browser (id, host, subject, token_hash, factor_epoch, client_description, created_at, used_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)",
        params![
            new.browser_id,
            flow.host,
            flow.subject,
            new.token_hash,
            epoch,
            flow.client_description,
            to_sql(audit.now),
            to_sql(ends),
        ],
    )?;
    let whose = (flow.host.as_str(), flow.subject.as_str());
    record::append(
        write,
        whose,
        EventKind::BrowserTrusted,
        AuditDetail::default(),
        audit,
    )?;
    Ok(ends)
}

/// At redeem of a trusted browser's result: another token takes the place of the one that was
/// brought. When it ends; nothing when a redeem in between has done so: that one's token counts.
pub(super) fn rotate(
    write: &Connection,
    brought: &[u8],
    new: &NewTrust,
    now: u64,
) -> Result<Option<u64>, StoreError> {
    let rotated: Option<(String, i64)> = first(
        write,
        "UPDATE trusted_browser SET token_hash = ?2, used_at = ?3 WHERE token_hash = ?1 AND expires_at > ?3 \
         RETURNING id, expires_at",
        params![brought, new.token_hash, to_sql(now)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some((id, ends)) = rotated else {
        return Ok(None);
    };
    execute(
        write,
        "INSERT INTO old_trust_token (token_hash, browser_id) VALUES (?1, ?2)",
        params![brought, id],
    )?;
    from_sql(ends).map(Some)
}

pub(super) fn list(
    read: &Connection,
    host: &str,
    subject: &str,
    now: u64,
) -> Result<Vec<TrustedBrowser>, StoreError> {
    all(
        read,
        "SELECT b.id, b.client_description, b.created_at, b.used_at, b.expires_at FROM trusted_browser b \
         JOIN subject s ON s.host = b.host AND s.subject = b.subject AND s.factor_epoch = b.factor_epoch \
         WHERE b.host = ?1 AND b.subject = ?2 AND b.expires_at > ?3 ORDER BY b.used_at DESC",
        params![host, subject, to_sql(now)],
        browser_from,
    )
}

fn browser_from(row: &Row<'_>) -> Result<TrustedBrowser, StoreError> {
    Ok(TrustedBrowser {
        id: row.get("id")?,
        client_description: row.get("client_description")?,
        created_at: from_sql(row.get("created_at")?)?,
        used_at: from_sql(row.get("used_at")?)?,
        expires_at: from_sql(row.get("expires_at")?)?,
    })
}

pub(super) fn revoke(
    write: &Connection,
    (host, subject): (&str, &str),
    id: Option<&str>,
    audit: &AuditContext,
) -> Result<u32, StoreError> {
    let revoked = execute(
        write,
        "DELETE FROM trusted_browser WHERE host = ?1 AND subject = ?2 AND (?3 IS NULL OR id = ?3)",
        params![host, subject, id],
    )?;
    let count = u32::try_from(revoked).unwrap_or(u32::MAX);
    // A result that such a browser has not redeemed yet would bring its trust back.
    execute(
        write,
        "UPDATE flow SET state = 'superseded' WHERE host = ?1 AND subject = ?2 AND used = ?4 \
         AND redeemed_at IS NULL AND (?3 IS NULL OR method_id = ?3)",
        params![host, subject, id, Authenticator::TrustedBrowser.as_str()],
    )?;
    if id.is_none() {
        // And one that asks to be trusted, not redeemed yet, is of before: it leads in and no
        // further.
        execute(
            write,
            "UPDATE flow SET trusts = 0 WHERE host = ?1 AND subject = ?2 AND redeemed_at IS NULL",
            [host, subject],
        )?;
    }
    if count > 0 {
        let detail = AuditDetail {
            count: Some(count),
            ..AuditDetail::default()
        };
        record::append(
            write,
            (host, subject),
            EventKind::TrustRevoked,
            detail,
            audit,
        )?;
    }
    Ok(count)
}
