//! Trusted browsers: opened by a token, listed, revoked. A token counts once; another one takes its place at redeem.

use nidan_protocol::{EventKind, TrustedBrowser};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, SqlitePool};

use super::rows::{from_sql, to_sql};
use super::{flows, record};
use crate::record::{Detail, Scribe};
use crate::store::{NewFlow, NewTrust, OpenVerification, StoreError, TrustUse, VerificationOpened};

pub(super) async fn open(
    write: &mut SqliteConnection,
    open: OpenVerification,
) -> Result<VerificationOpened, StoreError> {
    let flow = &open.flow;
    if !flows::has_factor(write, &flow.host, &flow.subject).await? {
        return Ok(VerificationOpened::NotEnrolled);
    }
    let browser = match &open.trust {
        Some(trust) => trusted(write, flow, trust, &open.scribe).await?,
        None => None,
    };
    // Two tabs of one session: the newer goes on. Other sessions are left alone: whoever knows the password could
    // otherwise end the person's own flow again and again.
    sqlx::query(
        "UPDATE flow SET state = 'superseded' WHERE session_binding = ?1 AND host = ?2 AND subject = ?3 \
         AND purpose = 'verify' AND state = 'open'",
    )
    .bind(&flow.session_binding)
    .bind(&flow.host)
    .bind(&flow.subject)
    .execute(&mut *write)
    .await?;
    flows::insert(write, flow).await?;
    let (Some((browser_id, epoch)), Some(trust)) = (browser, &open.trust) else {
        return Ok(VerificationOpened::Required);
    };
    sqlx::query(
        "UPDATE flow SET state = 'completed', body_hash = ?2, method_id = ?3, result_hash = ?4, result_expires_at = ?5, \
         used = 'trusted_browser', factor_epoch = ?6, trust_hash = ?7 WHERE id = ?1",
    )
    .bind(&flow.id)
    // No post completed it, so none is answered as the one that did.
    .bind(trust.result_hash.as_slice())
    .bind(&browser_id)
    .bind(trust.result_hash.as_slice())
    .bind(to_sql(trust.result_expires_at))
    .bind(epoch)
    .bind(trust.token_hash.as_slice())
    .execute(&mut *write)
    .await?;
    let whose = (flow.host.as_str(), flow.subject.as_str());
    record::append(write, whose, EventKind::TrustedBrowserUsed, Detail::default(), &open.scribe).await?;
    Ok(VerificationOpened::Trusted)
}

/// The browser that a token opens, with the epoch. An old token ends its browser's trust: somebody has a copy.
async fn trusted(
    write: &mut SqliteConnection,
    flow: &NewFlow,
    trust: &TrustUse,
    scribe: &Scribe,
) -> Result<Option<(String, i64)>, StoreError> {
    let found: Option<(String, i64)> = sqlx::query_as(
        "SELECT b.id, b.factor_epoch FROM trusted_browser b JOIN subject s ON s.host = b.host AND s.subject = b.subject \
         WHERE b.token_hash = ?1 AND b.host = ?2 AND b.subject = ?3 AND b.expires_at > ?4 \
         AND b.factor_epoch = s.factor_epoch",
    )
    .bind(trust.token_hash.as_slice())
    .bind(&flow.host)
    .bind(&flow.subject)
    .bind(to_sql(scribe.now))
    .fetch_optional(&mut *write)
    .await?;
    if found.is_some() {
        return Ok(found);
    }
    let copied = sqlx::query(
        "DELETE FROM trusted_browser WHERE host = ?2 AND subject = ?3 \
         AND id IN (SELECT browser_id FROM old_trust_token WHERE token_hash = ?1)",
    )
    .bind(trust.token_hash.as_slice())
    .bind(&flow.host)
    .bind(&flow.subject)
    .execute(&mut *write)
    .await?;
    if copied.rows_affected() > 0 {
        let whose = (flow.host.as_str(), flow.subject.as_str());
        record::append(write, whose, EventKind::TrustedBrowserCopied, Detail::default(), scribe).await?;
    }
    Ok(None)
}

/// At redeem: the first token of a browser that is trusted from now on. When it ends.
pub(super) async fn grant(
    write: &mut SqliteConnection,
    flow: &NewFlow,
    epoch: i64,
    new: &NewTrust,
    scribe: &Scribe,
) -> Result<u64, StoreError> {
    let ends = scribe.now.saturating_add(new.lives_s);
    sqlx::query(
        "INSERT INTO trusted_browser (id, host, subject, token_hash, factor_epoch, place, created_at, used_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)",
    )
    .bind(&new.browser_id)
    .bind(&flow.host)
    .bind(&flow.subject)
    .bind(new.token_hash.as_slice())
    .bind(epoch)
    .bind(&flow.place)
    .bind(to_sql(scribe.now))
    .bind(to_sql(ends))
    .execute(&mut *write)
    .await?;
    let whose = (flow.host.as_str(), flow.subject.as_str());
    record::append(write, whose, EventKind::BrowserTrusted, Detail::default(), scribe).await?;
    Ok(ends)
}

/// At redeem of a trusted browser's result: another token takes the place of the one that was brought. When it ends;
/// nothing when a redeem in between has done so: that one's token counts.
pub(super) async fn rotate(
    write: &mut SqliteConnection,
    brought: &[u8],
    new: &NewTrust,
    now: u64,
) -> Result<Option<u64>, StoreError> {
    let rotated: Option<(String, i64)> = sqlx::query_as(
        "UPDATE trusted_browser SET token_hash = ?2, used_at = ?3 WHERE token_hash = ?1 AND expires_at > ?3 \
         RETURNING id, expires_at",
    )
    .bind(brought)
    .bind(new.token_hash.as_slice())
    .bind(to_sql(now))
    .fetch_optional(&mut *write)
    .await?;
    let Some((id, ends)) = rotated else { return Ok(None) };
    sqlx::query("INSERT INTO old_trust_token (token_hash, browser_id) VALUES (?1, ?2)")
        .bind(brought)
        .bind(id)
        .execute(&mut *write)
        .await?;
    from_sql(ends).map(Some)
}

pub(super) async fn list(
    pool: &SqlitePool,
    host: &str,
    subject: &str,
    now: u64,
) -> Result<Vec<TrustedBrowser>, StoreError> {
    let rows = sqlx::query(
        "SELECT b.id, b.place, b.created_at, b.used_at, b.expires_at FROM trusted_browser b \
         JOIN subject s ON s.host = b.host AND s.subject = b.subject AND s.factor_epoch = b.factor_epoch \
         WHERE b.host = ?1 AND b.subject = ?2 AND b.expires_at > ?3 ORDER BY b.used_at DESC",
    )
    .bind(host)
    .bind(subject)
    .bind(to_sql(now))
    .fetch_all(pool)
    .await?;
    rows.iter().map(browser_from).collect()
}

fn browser_from(row: &SqliteRow) -> Result<TrustedBrowser, StoreError> {
    Ok(TrustedBrowser {
        id: row.try_get("id")?,
        place: row.try_get("place")?,
        created_at: from_sql(row.try_get("created_at")?)?,
        used_at: from_sql(row.try_get("used_at")?)?,
        expires_at: from_sql(row.try_get("expires_at")?)?,
    })
}

pub(super) async fn revoke(
    write: &mut SqliteConnection,
    (host, subject): (&str, &str),
    id: Option<&str>,
    scribe: &Scribe,
) -> Result<u32, StoreError> {
    let revoked =
        sqlx::query("DELETE FROM trusted_browser WHERE host = ?1 AND subject = ?2 AND (?3 IS NULL OR id = ?3)")
            .bind(host)
            .bind(subject)
            .bind(id)
            .execute(&mut *write)
            .await?;
    let count = u32::try_from(revoked.rows_affected()).unwrap_or(u32::MAX);
    // A result that such a browser has not redeemed yet would bring its trust back.
    sqlx::query(
        "UPDATE flow SET state = 'superseded' WHERE host = ?1 AND subject = ?2 AND used = 'trusted_browser' \
         AND redeemed_at IS NULL AND (?3 IS NULL OR method_id = ?3)",
    )
    .bind(host)
    .bind(subject)
    .bind(id)
    .execute(&mut *write)
    .await?;
    if id.is_none() {
        // And one that asks to be trusted, not redeemed yet, is of before: it leads in and no further.
        sqlx::query("UPDATE flow SET trusts = 0 WHERE host = ?1 AND subject = ?2 AND redeemed_at IS NULL")
            .bind(host)
            .bind(subject)
            .execute(&mut *write)
            .await?;
    }
    if count > 0 {
        let detail = Detail { count: Some(count), ..Detail::default() };
        record::append(write, (host, subject), EventKind::TrustRevoked, detail, scribe).await?;
    }
    Ok(count)
}
