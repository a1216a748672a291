//! A result code is spent together with all that the assertion says: a failure in between leaves it
//! good. The decision is [`nidan_core::redeem`]'s.

use nidan_core::redeem::{self, BrowserOfLogin, RedeemContext, TrustChange};
use nidan_protocol::{Authenticator, Change, ChangeKind, MethodKind, Purpose};
use rusqlite::{Connection, Row, params};

use crate::connection::{all, execute, first};
use crate::failure::Failure;
use crate::rows::{FLOW_COLUMNS, flow_from, from_sql, kind_from, to_sql, used_from};
use crate::trust;
use nidan_store::{AuditContext, Flow, FlowState, Redeemed, Redemption};

/// The flow of a result code, and the rules' context.
struct Loaded {
    context: RedeemContext,
    flow: Flow,
    used: Option<Authenticator>,
    /// Keyed hash of the token that the browser brought when the login was opened.
    brought: Option<[u8; 32]>,
    raised_epoch: bool,
}

pub(crate) fn redeem(write: &Connection, r: Redemption) -> Result<Option<Redeemed>, Failure> {
    let Some(mut loaded) = load(write, &r)? else {
        return Ok(None);
    };
    loaded.context.browser = match loaded.context.purpose {
        Purpose::Verify => load_browser(write, loaded.brought.as_ref())?,
        Purpose::Enroll | Purpose::Manage | Purpose::Approve => BrowserOfLogin::None,
    };
    let group = loaded.flow.opened.group.as_deref();
    let lives_s = r.trust.as_ref().and_then(|new| new.lives.of(group));
    let Some(change) = redeem::redeem(&loaded.context, lives_s, r.now) else {
        return Ok(None);
    };
    let flow = loaded.flow;
    let spent = execute(
        write,
        "UPDATE flow SET redeemed_at = ?2 WHERE id = ?1 AND redeemed_at IS NULL",
        params![r.flow_id, to_sql(r.now)],
    )?;
    if spent != 1 {
        return Ok(None);
    }
    let whose = (flow.opened.host.as_str(), flow.opened.subject.as_str());
    let trust_ends = change.expires_at();
    if let Some(new) = &r.trust {
        match change {
            TrustChange::None => {}
            TrustChange::Rotate { browser_id, .. } => {
                let brought = loaded
                    .brought
                    .ok_or_else(|| Failure::row("flow.trust_hash"))?;
                trust::rotate(write, &browser_id, &brought, new, r.now)?;
            }
            TrustChange::Grant { expires_at } => {
                let audit = AuditContext {
                    client_description: flow.opened.client_description.clone(),
                    ..r.audit
                };
                let epoch = loaded.context.factor_epoch;
                trust::grant(write, &flow.opened, (epoch, expires_at), new, &audit)?;
            }
        }
    }
    Ok(Some(Redeemed {
        kinds: kinds(write, whose)?,
        in_use: in_use(write, whose)?,
        used: loaded.used,
        factor_epoch: loaded.context.epoch_of_result(),
        changes: changes(write, &flow.opened.id)?,
        raised_epoch: loaded.raised_epoch && loaded.context.is_latest(),
        flow,
        trust_ends,
    }))
}

fn load(read: &Connection, r: &Redemption) -> Result<Option<Loaded>, Failure> {
    let sql = format!(
        "SELECT {FLOW_COLUMNS}, redeemed_at, result_expires_at, raised_epoch FROM flow \
         WHERE id = ?1 AND host = ?2 AND session_binding = ?3 AND result_hash = ?4"
    );
    let params = params![r.flow_id, r.host, r.session_binding, r.result_hash];
    let loaded = first(read, &sql, params, loaded_from)?;
    let Some(mut loaded) = loaded else {
        return Ok(None);
    };
    let opened = &loaded.flow.opened;
    let subject: Option<(i64, bool)> = first(
        read,
        "SELECT factor_epoch, COALESCE(paused_until > ?3, 0) FROM subject \
         WHERE host = ?1 AND subject = ?2",
        params![opened.host, opened.subject, to_sql(r.now)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // Whoever has a result has a row.
    let (epoch, is_paused) = subject.ok_or_else(|| Failure::row("subject"))?;
    loaded.context.factor_epoch = from_sql(epoch)?;
    loaded.context.is_paused = is_paused;
    Ok(Some(loaded))
}

fn loaded_from(row: &Row<'_>) -> Result<Loaded, Failure> {
    let flow = flow_from(row)?;
    let context = RedeemContext {
        purpose: flow.opened.purpose,
        is_completed: match flow.state {
            FlowState::Completed { .. } => true,
            FlowState::Open | FlowState::Superseded | FlowState::Reported { .. } => false,
        },
        is_redeemed: row.get::<_, Option<i64>>("redeemed_at")?.is_some(),
        result_expires_at: from_sql(row.get("result_expires_at")?)?,
        login_epoch: row
            .get::<_, Option<i64>>("factor_epoch")?
            .map(from_sql)
            .transpose()?,
        factor_epoch: 0,
        browser: BrowserOfLogin::None,
        asks_for_trust: row.get("trusts")?,
        is_paused: false,
    };
    Ok(Loaded {
        context,
        used: used_from(row, "used")?,
        brought: row.get("trust_hash")?,
        raised_epoch: row.get("raised_epoch")?,
        flow,
    })
}

fn load_browser(read: &Connection, brought: Option<&[u8; 32]>) -> Result<BrowserOfLogin, Failure> {
    let Some(brought) = brought else {
        return Ok(BrowserOfLogin::None);
    };
    let sql = "SELECT id, expires_at FROM trusted_browser WHERE token_hash = ?1";
    let found = first(read, sql, [brought], |row| {
        Ok(BrowserOfLogin::Trusted {
            browser_id: row.get("id")?,
            expires_at: from_sql(row.get("expires_at")?)?,
        })
    })?;
    Ok(found.unwrap_or(BrowserOfLogin::Gone))
}

/// What was changed in a flow, each once.
fn changes(read: &Connection, flow_id: &str) -> Result<Vec<Change>, Failure> {
    let sql = "SELECT DISTINCT change, method FROM flow_request \
        WHERE flow_id = ?1 AND change IS NOT NULL ORDER BY change, method";
    all(read, sql, [flow_id], |row| {
        let change: String = row.get("change")?;
        Ok(Change {
            change: ChangeKind::from_wire(&change)
                .ok_or_else(|| Failure::row(format!("flow_request.change {change}")))?,
            method: used_from(row, "method")?,
        })
    })
}

/// The kinds of the methods that are neither held nor about to retire.
fn in_use(read: &Connection, (host, subject): (&str, &str)) -> Result<Vec<MethodKind>, Failure> {
    all(
        read,
        "SELECT kind FROM method WHERE host = ?1 AND subject = ?2 \
         AND held_at IS NULL AND retires_at IS NULL ORDER BY kind",
        [host, subject],
        |row| kind_from(&row.get::<_, String>(0)?),
    )
}

/// The kinds of the person's methods, each once.
fn kinds(read: &Connection, (host, subject): (&str, &str)) -> Result<Vec<MethodKind>, Failure> {
    all(
        read,
        "SELECT DISTINCT kind FROM method WHERE host = ?1 AND subject = ?2 ORDER BY kind",
        [host, subject],
        |row| kind_from(&row.get::<_, String>(0)?),
    )
}
