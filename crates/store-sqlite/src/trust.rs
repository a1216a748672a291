//! Trusted browsers: opened by a token, listed, revoked. A token counts once; another one takes its
//! place at redeem.

use nidan_core::trust::{self, Browsers, Opening, OpeningContext, TrustToken};
use nidan_core::{audit, flow};
use nidan_protocol::{Authenticator, EventKind, TrustedBrowser};
use rusqlite::{Connection, Row, params};

use crate::connection::{all, execute, first};
use crate::failure::Failure;
use crate::flows::{self, Among};
use crate::rows::{from_sql, time_from, to_sql};
use crate::{coverage, grace, record};
use nidan_store::{
    AuditContext, AuditDetail, NewFlow, NewTrust, OpenVerification, TrustUse, VerificationOpened,
};

pub(crate) fn open(
    write: &Connection,
    open: &OpenVerification,
) -> Result<VerificationOpened, Failure> {
    let flow = &open.flow;
    coverage::note_group(write, flow)?;
    let context = load_context(write, open)?;
    let factor_epoch = context.factor_epoch;
    let opening = trust::open(context, open.audit.now);
    let event = opening.event();
    let trusted = match (opening, &open.trust) {
        (Opening::NotEnrolled, _) => {
            let grace = grace::begin(write, open)?;
            return Ok(VerificationOpened::NotEnrolled { grace });
        }
        (Opening::Paused { until }, _) => return Ok(VerificationOpened::Paused { until }),
        (Opening::Trusted { browser_id }, Some(trust)) => Some((browser_id, trust)),
        // A decision over a token that nobody brought is no decision.
        (Opening::Trusted { .. }, None) => return Err(Failure::row("trust")),
        (Opening::Required { copied_browser_id }, _) => {
            if let Some(browser_id) = copied_browser_id {
                let sql = "DELETE FROM trusted_browser WHERE id = ?1";
                execute(write, sql, [browser_id])?;
            }
            None
        }
    };
    let whose = (flow.host.as_str(), flow.subject.as_str());
    let among = Among::OpenInSession(&flow.session_binding);
    flows::change(write, whose, &among, None, |earlier| {
        flow::when_login_opens(earlier, &flow.session_binding)
    })?;
    flows::insert(write, flow)?;
    if let Some(event) = event {
        record::append(write, whose, event, AuditDetail::default(), &open.audit)?;
    }
    let Some((browser_id, trust)) = trusted else {
        return Ok(VerificationOpened::Required);
    };
    complete(write, flow, trust, &browser_id, factor_epoch)?;
    Ok(VerificationOpened::Trusted)
}

/// A [trusted browser](TrustedBrowser)'s flow is complete at once. No post completed it, so none is
/// answered as the one that did.
fn complete(
    write: &Connection,
    flow: &NewFlow,
    trust: &TrustUse,
    browser_id: &str,
    factor_epoch: u64,
) -> Result<(), Failure> {
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

fn load_context(read: &Connection, open: &OpenVerification) -> Result<OpeningContext, Failure> {
    let whose = [&open.flow.host, &open.flow.subject];
    let known = first(
        read,
        "SELECT factor_epoch, paused_until FROM subject WHERE host = ?1 AND subject = ?2",
        whose,
        |row| {
            Ok((
                from_sql(row.get("factor_epoch")?)?,
                time_from(row, "paused_until")?,
            ))
        },
    )?;
    let (factor_epoch, paused_until) = known.unwrap_or_default();
    Ok(OpeningContext {
        has_method: flows::has_way_in(read, (&open.flow.host, &open.flow.subject), open.audit.now)?,
        paused_until: paused_until.filter(|_| open.may_be_paused),
        acr_needed: open.flow.acr_needed,
        factor_epoch,
        token: match &open.trust {
            Some(trust) => load_token(read, &open.flow, trust)?,
            None => TrustToken::Unknown,
        },
    })
}

/// The token that counts now, else one that counted before.
fn load_token(read: &Connection, flow: &NewFlow, trust: &TrustUse) -> Result<TrustToken, Failure> {
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

/// The first token of a browser that is trusted from now on, under this epoch and until then.
pub(crate) fn grant(
    write: &Connection,
    flow: &NewFlow,
    (factor_epoch, expires_at): (u64, u64),
    new: &NewTrust,
    audit: &AuditContext,
) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO trusted_browser (id, host, subject, token_hash, factor_epoch, client_description, created_at, used_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)",
        params![
            new.browser_id,
            flow.host,
            flow.subject,
            new.token_hash,
            to_sql(factor_epoch),
            flow.client_description,
            to_sql(audit.now),
            to_sql(expires_at),
        ],
    )?;
    let whose = (flow.host.as_str(), flow.subject.as_str());
    record::append(
        write,
        whose,
        EventKind::BrowserTrusted,
        AuditDetail::default(),
        audit,
    )
}

/// Another token takes the place of the one that a [trusted browser](TrustedBrowser) brought, which
/// is remembered: in somebody's hands it is a copy.
pub(crate) fn rotate(
    write: &Connection,
    browser_id: &str,
    brought: &[u8; 32],
    new: &NewTrust,
    now: u64,
) -> Result<(), Failure> {
    let rotated = execute(
        write,
        "UPDATE trusted_browser SET token_hash = ?2, used_at = ?3 WHERE id = ?1 AND token_hash = ?4",
        params![browser_id, new.token_hash, to_sql(now), brought],
    )?;
    // Read as the one that counts in this very transaction.
    if rotated != 1 {
        return Err(Failure::row("trusted_browser.token_hash"));
    }
    execute(
        write,
        "INSERT INTO old_trust_token (token_hash, browser_id) VALUES (?1, ?2)",
        params![brought, browser_id],
    )?;
    Ok(())
}

pub(crate) fn list(
    read: &Connection,
    host: &str,
    subject: &str,
    now: u64,
) -> Result<Vec<TrustedBrowser>, Failure> {
    all(
        read,
        "SELECT b.id, b.client_description, b.created_at, b.used_at, b.expires_at FROM trusted_browser b \
         JOIN subject s ON s.host = b.host AND s.subject = b.subject AND s.factor_epoch = b.factor_epoch \
         WHERE b.host = ?1 AND b.subject = ?2 AND b.expires_at > ?3 ORDER BY b.used_at DESC",
        params![host, subject, to_sql(now)],
        browser_from,
    )
}

fn browser_from(row: &Row<'_>) -> Result<TrustedBrowser, Failure> {
    Ok(TrustedBrowser {
        id: row.get("id")?,
        client_description: row.get("client_description")?,
        created_at: from_sql(row.get("created_at")?)?,
        used_at: from_sql(row.get("used_at")?)?,
        expires_at: from_sql(row.get("expires_at")?)?,
    })
}

pub(crate) fn revoke(
    write: &Connection,
    (host, subject): (&str, &str),
    browsers: &Browsers,
    context: &AuditContext,
) -> Result<u32, Failure> {
    let (one, kept) = match browsers {
        Browsers::All => (None, None),
        Browsers::One(id) => (Some(id), None),
        Browsers::AllBut(id) => (None, Some(id)),
    };
    let revoked = execute(
        write,
        "DELETE FROM trusted_browser WHERE host = ?1 AND subject = ?2 \
         AND (?3 IS NULL OR id = ?3) AND (?4 IS NULL OR id <> ?4)",
        params![host, subject, one, kept],
    )?;
    let count = u32::try_from(revoked).unwrap_or(u32::MAX);
    flows::change(write, (host, subject), &Among::All, None, |flow| {
        flow::when_trust_is_revoked(flow, browsers)
    })?;
    if let Some(detail) = audit::trust_revoked(count) {
        let whose = (host, subject);
        record::append(write, whose, EventKind::TrustRevoked, detail, context)?;
    }
    Ok(count)
}
