//! Trusted browsers: opened by a token, listed, revoked. A token counts once; another one takes its
//! place at redeem.

use nidan_protocol::{EventKind, TrustedBrowser};
use rusqlite::{Connection, Row, params};

use super::connection::{all, execute, first};
use super::rows::{from_sql, to_sql};
use super::{flows, record};
use crate::record::Scribe;
use crate::store::{NewFlow, NewTrust, OpenVerification, StoreError, TrustUse, VerificationOpened};
use nidan_core::audit::AuditDetail;

pub(super) fn open(
    write: &Connection,
    open: &OpenVerification,
) -> Result<VerificationOpened, StoreError> {
    let flow = &open.flow;
    if !flows::has_factor(write, &flow.host, &flow.subject)? {
        return Ok(VerificationOpened::NotEnrolled);
    }
    let browser = match &open.trust {
        Some(trust) => trusted(write, flow, trust, &open.scribe)?,
        None => None,
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
    let (Some((browser_id, epoch)), Some(trust)) = (browser, &open.trust) else {
        return Ok(VerificationOpened::Required);
    };
    execute(
        write,
        // No post completed it, so none is answered as the one that did.
        "UPDATE flow SET state = 'completed', body_hash = ?3, method_id = ?2, result_hash = ?3, result_expires_at = ?4, \
         used = 'trusted_browser', factor_epoch = ?5, trust_hash = ?6 WHERE id = ?1",
        params![
            flow.id,
            browser_id,
            trust.result_hash,
            to_sql(trust.result_expires_at),
            epoch,
            trust.token_hash
        ],
    )?;
    let whose = (flow.host.as_str(), flow.subject.as_str());
    record::append(
        write,
        whose,
        EventKind::TrustedBrowserUsed,
        AuditDetail::default(),
        &open.scribe,
    )?;
    Ok(VerificationOpened::Trusted)
}

/// The browser that a token opens, with the epoch. An old token ends its browser's trust: somebody
/// has a copy.
fn trusted(
    write: &Connection,
    flow: &NewFlow,
    trust: &TrustUse,
    scribe: &Scribe,
) -> Result<Option<(String, i64)>, StoreError> {
    let found = first(
        write,
        "SELECT b.id, b.factor_epoch FROM trusted_browser b JOIN subject s ON s.host = b.host AND s.subject = b.subject \
         WHERE b.token_hash = ?1 AND b.host = ?2 AND b.subject = ?3 AND b.expires_at > ?4 \
         AND b.factor_epoch = s.factor_epoch",
        params![
            trust.token_hash,
            flow.host,
            flow.subject,
            to_sql(scribe.now)
        ],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if found.is_some() {
        return Ok(found);
    }
    let copied = execute(
        write,
        "DELETE FROM trusted_browser WHERE host = ?2 AND subject = ?3 \
         AND id IN (SELECT browser_id FROM old_trust_token WHERE token_hash = ?1)",
        params![trust.token_hash, flow.host, flow.subject],
    )?;
    if copied > 0 {
        let whose = (flow.host.as_str(), flow.subject.as_str());
        record::append(
            write,
            whose,
            EventKind::TrustedBrowserCopied,
            AuditDetail::default(),
            scribe,
        )?;
    }
    Ok(None)
}

/// At redeem: the first token of a browser that is trusted from now on. When it ends.
pub(super) fn grant(
    write: &Connection,
    flow: &NewFlow,
    epoch: i64,
    new: &NewTrust,
    scribe: &Scribe,
) -> Result<u64, StoreError> {
    let ends = scribe.now.saturating_add(new.lives_s);
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
            to_sql(scribe.now),
            to_sql(ends),
        ],
    )?;
    let whose = (flow.host.as_str(), flow.subject.as_str());
    record::append(
        write,
        whose,
        EventKind::BrowserTrusted,
        AuditDetail::default(),
        scribe,
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
    scribe: &Scribe,
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
        "UPDATE flow SET state = 'superseded' WHERE host = ?1 AND subject = ?2 AND used = 'trusted_browser' \
         AND redeemed_at IS NULL AND (?3 IS NULL OR method_id = ?3)",
        params![host, subject, id],
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
            scribe,
        )?;
    }
    Ok(count)
}
