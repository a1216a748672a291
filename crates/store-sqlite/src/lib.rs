//! SQLite in WAL mode with `synchronous=FULL`: what was answered is on the disk.

mod approvals;
mod attempts;
mod budgets;
mod ceremonies;
mod challenges;
mod connection;
mod copies;
mod coverage;
mod due;
mod failure;
mod flows;
mod grace;
mod hold;
mod identity;
mod identity_error;
mod logins;
mod manage;
mod mark;
mod messages;
mod proofs;
mod readers;
mod record;
mod redeem;
mod rows;
mod setups;
mod since;
mod support;
#[cfg(feature = "testing")]
mod testing;
mod trust;
mod verify;
mod writer;

use std::path::Path;

use async_trait::async_trait;
use nidan_protocol::EventKind;
use rusqlite::{Connection, params};

pub use copies::{Copied, CopyError, backup, restore};
pub use identity::Identity;
pub use identity_error::IdentityError;
pub use mark::{INSTANCE_LEN_BYTES, Mark, MarkError};

use connection::{File, all, execute, first, scalar};
use failure::Failure;
use flows::Among;
use nidan_core::enrolment::{self, ActivationContext, CodeStatus, OpeningContext};
use nidan_core::flow::when_enrolment_opens;
use nidan_core::manage::Changes;
use nidan_core::throttle::Allowance;
use nidan_store::{
    Activated, Activation, Attempt, AuditDetail, BackupSet, Flow, NewFlow, Opened, Redeemed,
    Redemption, Store, StoreError, Subject,
};
use readers::Readers;
use rows::{FLOW_COLUMNS, flow_from, from_sql, method_from, time_from, to_sql};
use writer::Writer;

/// Rows that one statement deletes: some 10 ms of the writer's time.
const PURGED_AT_ONCE: i64 = 500;

/// A database in one file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    readers: Readers,
    writer: Writer,
}

impl SqliteStore {
    /// Opens the file, makes it when it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or migrated.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, &[]).await
    }

    /// As [`open`](Self::open), with pragmas of the caller's own for every connection.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(path: &Path, pragmas: &[(&str, &str)]) -> Result<Self, StoreError> {
        let pragmas = pragmas
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let file = File {
            path: path.to_owned(),
            pragmas,
        };
        let opening = tokio::task::spawn_blocking(move || {
            file.prepare()?;
            Ok(Self {
                readers: Readers::new(&file),
                writer: Writer::start(file)?,
            })
        });
        opening
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?
    }

    /// Deletes what is older than `before`, in parts: whoever writes meanwhile does not wait for
    /// all of it.
    async fn purge(&self, sql: &'static str, before: u64) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let part = self
                .writer
                .run(move |write| execute(write, sql, [to_sql(before), PURGED_AT_ONCE]))
                .await?;
            all += part as u64;
            if (part as u64) < PURGED_AT_ONCE.unsigned_abs() {
                return Ok(all);
            }
        }
    }

    /// Waits for what runs and closes every connection, so that the WAL is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn open_flow(&self, flow: &NewFlow) -> Result<Opened, StoreError> {
        let flow = flow.clone();
        self.writer.run(move |write| open_flow(write, &flow)).await
    }

    async fn flow_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<Flow>, StoreError> {
        let token_hash = *token_hash;
        self.readers
            .run(move |read| {
                let sql = format!("SELECT {FLOW_COLUMNS} FROM flow WHERE token_hash = ?1");
                first(read, &sql, [token_hash], flow_from)
            })
            .await
    }

    async fn reserve_attempt(&self, flow_id: &str, limit: u32) -> Result<Attempt, StoreError> {
        let flow_id = flow_id.to_owned();
        self.writer
            .run(move |write| reserve_attempt(write, &flow_id, limit))
            .await
    }

    async fn activate(&self, activation: &Activation) -> Result<Activated, StoreError> {
        let activation = activation.clone();
        self.writer
            .run(move |write| activate(write, &activation))
            .await
    }

    async fn extend_flow(&self, flow_id: &str, expires_at: u64) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE flow SET expires_at = MAX(expires_at, ?2) WHERE id = ?1 AND state = 'open'";
        let flow_id = flow_id.to_owned();
        self.writer
            .run(move |write| execute(write, SQL, params![flow_id, to_sql(expires_at)]).map(|_| ()))
            .await
    }

    async fn extend_result(&self, flow_id: &str, expires_at: u64) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE flow SET result_expires_at = ?2 WHERE id = ?1 AND redeemed_at IS NULL";
        let flow_id = flow_id.to_owned();
        self.writer
            .run(move |write| execute(write, SQL, params![flow_id, to_sql(expires_at)]).map(|_| ()))
            .await
    }

    async fn redeem(&self, redemption: &Redemption) -> Result<Option<Redeemed>, StoreError> {
        let redemption = redemption.clone();
        self.writer
            .run(move |write| redeem::redeem(write, redemption))
            .await
    }

    async fn subject(&self, host: &str, subject: &str, now: u64) -> Result<Subject, StoreError> {
        let (host, subject) = (host.to_owned(), subject.to_owned());
        self.readers
            .run(move |read| subject_of(read, (&host, &subject), now))
            .await
    }

    async fn backup_set(&self, host: &str, subject: &str) -> Result<Option<BackupSet>, StoreError> {
        let (host, subject) = (host.to_owned(), subject.to_owned());
        self.readers
            .run(move |read| flows::backup_set(read, &host, &subject))
            .await
    }

    async fn latest_step(&self) -> Result<Option<u64>, StoreError> {
        self.readers
            .run(|read| {
                let step: Option<i64> = scalar(read, "SELECT MAX(last_step) FROM totp", [])?;
                step.map(from_sql).transpose()
            })
            .await
    }

    async fn reset_future_steps(&self, beyond: u64, to: u64) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE totp SET last_step = ?2 WHERE last_step > ?1";
        self.writer
            .run(move |write| execute(write, SQL, [to_sql(beyond), to_sql(to)]))
            .await
            .map(|rows| rows as u64)
    }

    async fn purge_flows(&self, expired_before: u64) -> Result<u64, StoreError> {
        const SQL: &str =
            "DELETE FROM flow WHERE id IN (SELECT id FROM flow WHERE expires_at < ?1 LIMIT ?2)";
        self.purge(SQL, expired_before).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.readers
            .run(|read| scalar::<u32>(read, "SELECT 1", []))
            .await?;
        // What writes must run too: every login needs it.
        self.writer.run(|_write| Ok(())).await
    }
}

fn open_flow(write: &Connection, flow: &NewFlow) -> Result<Opened, Failure> {
    let whose = (flow.host.as_str(), flow.subject.as_str());
    let guard = support::guard(write, whose, flow.created_at)?;
    let opened = enrolment::open(OpeningContext {
        has_factor: flows::has_factor(write, &flow.host, &flow.subject)?,
        code: guard.as_ref().map(|spent_by| match spent_by {
            None => CodeStatus::Unspent,
            Some(flow_id) if flow_id.is_empty() => CodeStatus::Ended,
            Some(flow_id) => CodeStatus::SpentBy(flow_id),
        }),
        after_login: flow.after_login.as_deref(),
    });
    if opened == Opened::Yes {
        flows::change(write, whose, &Among::Open, None, when_enrolment_opens)?;
        flows::insert(write, flow)?;
        coverage::note_group(write, flow)?;
    }
    Ok(opened)
}

/// No attempt is left at a flow that is not there.
fn reserve_attempt(write: &Connection, flow_id: &str, limit: u32) -> Result<Attempt, Failure> {
    let sql = "SELECT attempts FROM flow WHERE id = ?1";
    let spent: Option<u32> = first(write, sql, [flow_id], |row| Ok(row.get(0)?))?;
    let Some(spent) = spent else {
        return Ok(Attempt::Exhausted);
    };
    let sql = "UPDATE flow SET attempts = attempts + 1 WHERE id = ?1 AND attempts = ?2";
    attempts::spend_reserved(write, sql, (flow_id, spent), Attempt::reserve(spent, limit))
}

fn activate(write: &Connection, a: &Activation) -> Result<Activated, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM flow WHERE id = ?1 AND state = 'open')";
    let activated = enrolment::activate(ActivationContext {
        flow_is_open: scalar(write, sql, [&a.flow_id])?,
        has_factor: flows::has_factor(write, &a.host, &a.subject)?,
        has_known_secret: enrolment::has_twins(a.fingerprints())
            || flows::has_known_secret(write, a)?,
    });
    match activated {
        Activated::Yes if store_enrolment(write, a)? => Ok(Activated::Yes),
        Activated::Yes => Ok(Activated::Conflict),
        Activated::Conflict | Activated::SecretKnown => Ok(activated),
    }
}

/// False when another post has completed the flow.
fn store_enrolment(write: &Connection, a: &Activation) -> Result<bool, Failure> {
    let completed = execute(
        write,
        "UPDATE flow SET state = 'completed', sealed_private_key = NULL, body_hash = ?2, method_id = ?3, \
         result_hash = ?4, result_expires_at = ?5 WHERE id = ?1 AND state = 'open'",
        params![
            a.flow_id,
            a.body_hash,
            a.methods.first().map(|method| &method.id),
            a.result_hash,
            to_sql(a.result_expires_at),
        ],
    )?;
    if completed != 1 {
        return Ok(false);
    }
    flows::raise_epoch(write, &a.host, &a.subject)?;
    support::drop_code(write, (&a.host, &a.subject))?;
    // Codes of support before the first set-up ever raise the epoch too.
    let first = "UPDATE subject SET first_set_up_at = ?3 WHERE host = ?1 AND subject = ?2 \
                 AND NOT EXISTS (SELECT 1 FROM event e \
                 WHERE e.host = ?1 AND e.subject = ?2 AND e.kind = 'enrolled')";
    execute(write, first, params![a.host, a.subject, to_sql(a.now)])?;
    for (position, method) in (0_i64..).zip(&a.methods) {
        flows::insert_method(write, (&a.host, &a.subject), method, (position, a.now))?;
    }
    let codes = (&a.backup_salt, a.backup_hashes.as_slice());
    flows::replace_backup_set(write, (&a.host, &a.subject), codes, a.now)?;
    record::append(
        write,
        (&a.host, &a.subject),
        EventKind::Enrolled,
        AuditDetail::default(),
        &a.audit,
    )?;
    Ok(true)
}

/// What a person has at `now`: a method whose hour has come is gone, whether somebody has looked or
/// not.
fn subject_of(
    read: &Connection,
    (host, subject): flows::Whose<'_>,
    now: u64,
) -> Result<Subject, Failure> {
    let sql = "SELECT factor_epoch, guess_full_at, paused_until, reported_at, first_set_up_at, change_day, change_count, \
        grace_from, skips_used, grace_is_over, \
        (SELECT created_at FROM backup_set b WHERE b.host = s.host AND b.subject = s.subject) AS made_at, \
        (SELECT expires_at FROM temporary_code t WHERE t.host = s.host AND t.subject = s.subject \
        AND t.spent_by IS NULL) AS code_until, \
        EXISTS (SELECT 1 FROM temporary_code t WHERE t.host = s.host AND t.subject = s.subject \
        AND t.expires_at > ?3) AS is_guarded \
        FROM subject s WHERE host = ?1 AND subject = ?2";
    let known = first(read, sql, params![host, subject, to_sql(now)], |row| {
        Ok(Subject {
            methods: Vec::new(),
            backup_codes_left: 0,
            backup_codes_made_at: time_from(row, "made_at")?,
            factor_epoch: from_sql(row.get("factor_epoch")?)?,
            allowance: Allowance {
                full_at: from_sql(row.get("guess_full_at")?)?,
            },
            paused_until: time_from(row, "paused_until")?,
            reported_at: time_from(row, "reported_at")?,
            first_set_up_at: time_from(row, "first_set_up_at")?,
            changes: Changes {
                day: from_sql(row.get("change_day")?)?,
                count: row.get("change_count")?,
            },
            temporary_code_until: time_from(row, "code_until")?,
            is_guarded: row.get("is_guarded")?,
            grace: grace::grace_from(row)?,
        })
    })?;
    let methods = all(
        read,
        "SELECT m.id, m.kind, m.name, \
         coalesce(t.sealed_secret, p.sealed_number, k.sealed_credential) AS sealed, t.fingerprint, t.last_step, \
         p.number_index, p.hint, k.credential_index, k.rp_id, k.counter, m.created_at, m.in_a_row, m.day, m.today, m.used_at, m.held_at, m.held_by, \
         m.tested_at, m.is_default, m.retires_at, m.successor FROM method m \
         LEFT JOIN totp t ON t.method_id = m.id LEFT JOIN phone p ON p.method_id = m.id \
         LEFT JOIN passkey k ON k.method_id = m.id \
         WHERE m.host = ?1 AND m.subject = ?2 AND (m.retires_at IS NULL OR m.retires_at > ?3) \
         ORDER BY m.created_at, m.position",
        params![host, subject, to_sql(now)],
        method_from,
    )?;
    Ok(Subject {
        methods,
        backup_codes_left: flows::backup_codes_left(read, host, subject)?,
        ..known.unwrap_or_default()
    })
}
