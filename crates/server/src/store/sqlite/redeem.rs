//! A result code is spent for all that the assertion says.

use rusqlite::{Connection, params};

use super::connection::{all, first, scalar};
use super::rows::{FLOW_COLUMNS, flow_from, from_sql, kind_from, to_sql, used_from};
use super::trust;
use crate::audit::AuditContext;
use crate::store::{Redeemed, Redemption, StoreError};

/// Spent only together with all that the answer needs: a failure in between leaves the code good.
pub(super) fn redeem(write: &Connection, r: Redemption) -> Result<Option<Redeemed>, StoreError> {
    let sql = format!(
        "UPDATE flow SET redeemed_at = ?5 WHERE id = ?1 AND host = ?2 AND session_binding = ?3 \
         AND result_hash = ?4 AND redeemed_at IS NULL AND state = 'completed' AND result_expires_at >= ?5 \
         AND (purpose <> 'verify' OR factor_epoch = (SELECT s.factor_epoch FROM subject s \
         WHERE s.host = flow.host AND s.subject = flow.subject)) \
         AND (trust_hash IS NULL OR EXISTS (SELECT 1 FROM trusted_browser b WHERE b.token_hash = flow.trust_hash)) \
         RETURNING {FLOW_COLUMNS}"
    );
    let params = params![
        r.flow_id,
        r.host,
        r.session_binding,
        r.result_hash,
        to_sql(r.now)
    ];
    let spent = first(write, &sql, params, |row| {
        let brought: Option<[u8; 32]> = row.get("trust_hash")?;
        Ok((
            flow_from(row)?,
            used_from(row, "used")?,
            brought,
            row.get("trusts")?,
        ))
    })?;
    let Some((flow, used, brought, trusts)) = spent else {
        return Ok(None);
    };
    let whose = [&flow.opened.host, &flow.opened.subject];
    let epoch: i64 = scalar(
        write,
        "SELECT factor_epoch FROM subject WHERE host = ?1 AND subject = ?2",
        whose,
    )?;
    let kinds = all(
        write,
        "SELECT DISTINCT kind FROM method WHERE host = ?1 AND subject = ?2 ORDER BY kind",
        whose,
        |row| kind_from(&row.get::<_, String>(0)?),
    )?;
    let audit = AuditContext {
        client_description: flow.opened.client_description.clone(),
        ..r.audit
    };
    let trust_ends = match (&r.trust, brought) {
        (Some(new), Some(brought)) => trust::rotate(write, &brought, new, r.now)?,
        (Some(new), None) if trusts => Some(trust::grant(write, &flow.opened, epoch, new, &audit)?),
        _none => None,
    };
    Ok(Some(Redeemed {
        used,
        factor_epoch: from_sql(epoch)?,
        flow,
        kinds,
        trust_ends,
    }))
}
