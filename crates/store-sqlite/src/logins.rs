//! A login completes: what it depends on is read, the code is spent, and what
//! [`nidan_core::login`] decides is written, in one transaction.

use nidan_core::flow::ENROLMENT_LIFE_MAX_S;
use nidan_core::login::{self, Authenticated, LoginChanges, LoginContext, Replaced};
use nidan_core::manage::ManageRefusal;
use nidan_core::manage::lost::{self, TakenOut};
use nidan_core::throttle::{self, Tries};
use nidan_protocol::Purpose;
use rusqlite::{Connection, Row, params};

use crate::approvals::UNSPENT;
use crate::attempts::{allowance_from, out_of_use, store_tries, tries_from};
use crate::connection::{all, execute, first, scalar};
use crate::failure::Failure;
use crate::flows::{self, Whose};
use crate::manage::{self, Writing};
use crate::rows::{detail_from, to_sql};
use crate::support::GOOD_CODE;
use crate::{record, subject_of};
use nidan_store::{CompleteLogin, LastEntry, LoginCompletion};

/// One statement for all that completing a login depends on.
const CONTEXT: &str = "SELECT f.guess_cost, s.factor_epoch, s.guess_full_at, s.event_seq, \
    s.event_hash, p.hint, coalesce(m.in_a_row, 0) AS in_a_row, coalesce(m.day, 0) AS day, \
    coalesce(m.today, 0) AS today, m.held_at, m.retires_at, EXISTS (SELECT 1 FROM method r \
    WHERE r.host = f.host AND r.subject = f.subject AND r.replaced_by = m.id) AS replaces, (SELECT COUNT(*) FROM backup_code b WHERE b.host = f.host \
    AND b.subject = f.subject AND b.used_at IS NULL) AS backup_codes_left \
    FROM flow f JOIN subject s ON s.host = f.host AND s.subject = f.subject \
    LEFT JOIN method m ON m.id = ?5 AND m.host = f.host AND m.subject = f.subject \
    AND (m.retires_at IS NULL OR m.retires_at > ?4) \
    LEFT JOIN phone p ON p.method_id = m.id \
    WHERE f.id = ?1 AND f.host = ?2 AND f.subject = ?3 AND f.purpose = ?6 \
    AND f.state = 'open' AND f.expires_at > ?4";

/// The rules' context, and what only the engine needs.
pub(crate) struct Loaded {
    pub(crate) context: LoginContext,
    pub(crate) factor_epoch: i64,
    /// Whether another method took this one's place.
    pub(crate) is_retiring: bool,
    last_line: LastEntry,
}

/// A right code that is to be spent.
pub(crate) struct Spending<'a> {
    pub(crate) flow_id: &'a str,
    pub(crate) whose: Whose<'a>,
    pub(crate) authenticated: &'a Authenticated,
    pub(crate) now: u64,
}

/// Spends a right code and completes its flow: all or nothing, and true for exactly one caller.
pub(crate) fn complete(
    write: &Connection,
    login: &CompleteLogin,
) -> Result<LoginCompletion, Failure> {
    let spending = Spending {
        flow_id: &login.flow_id,
        whose: (&login.host, &login.subject),
        authenticated: &login.authenticated,
        now: login.audit.now,
    };
    let Some(loaded) = load(write, &spending, Purpose::Verify)? else {
        return Ok(LoginCompletion::FlowOver);
    };
    if loaded.context.is_held {
        return Ok(LoginCompletion::MethodHeld);
    }
    let lost = match lost_of(write, login)? {
        Ok(lost) => lost,
        // A used code says so, whatever it was for.
        Err(_) if !is_unspent(write, &spending)? => return Ok(LoginCompletion::CodeUsed),
        Err(refusal) => {
            give_back(write, &spending, loaded.context.tries)?;
            return Ok(LoginCompletion::LostStays(refusal));
        }
    };
    if !spend(write, &spending)? {
        return Ok(LoginCompletion::CodeUsed);
    }
    let changes = login::complete(&loaded.context, &login.authenticated, login.audit.now);
    let backup_codes_left = changes.backup_codes_left;
    apply(write, login, &spending, changes, &loaded)?;
    for (method_id, changes) in &lost {
        let writing = Writing {
            flow_id: &login.flow_id,
            whose: spending.whose,
            request: (method_id, &login.body_hash),
            audit: &login.audit,
            new: None,
        };
        manage::apply(write, &writing, changes)?;
    }
    Ok(LoginCompletion::Yes { backup_codes_left })
}

/// Whether a right code is still there to be spent.
fn is_unspent(read: &Connection, spending: &Spending<'_>) -> Result<bool, Failure> {
    let (host, subject) = spending.whose;
    match spending.authenticated {
        Authenticated::Otp {
            method_id,
            first_step,
            ..
        } => {
            let sql = "SELECT EXISTS (SELECT 1 FROM totp WHERE method_id = ?1 AND last_step < ?2)";
            scalar(read, sql, params![method_id, to_sql(*first_step)])
        }
        Authenticated::OutOfBand { challenge_id, .. } => {
            let sql = "SELECT EXISTS (SELECT 1 FROM challenge WHERE id = ?1 \
                       AND answered_at IS NULL AND expires_at > ?2)";
            scalar(read, sql, params![challenge_id, to_sql(spending.now)])
        }
        Authenticated::BackupCode { ordinal } => {
            let sql = "SELECT EXISTS (SELECT 1 FROM backup_code WHERE host = ?1 AND subject = ?2 \
                       AND ordinal = ?3 AND used_at IS NULL)";
            scalar(read, sql, params![host, subject, ordinal])
        }
        Authenticated::TemporaryCode { hash } => {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM temporary_code WHERE {GOOD_CODE})");
            let now = to_sql(spending.now);
            scalar(read, &sql, params![host, subject, hash, now])
        }
        Authenticated::Approval { approval_id } => {
            let sql = format!("SELECT EXISTS (SELECT 1 FROM approval WHERE {UNSPENT})");
            let now = to_sql(spending.now);
            scalar(read, &sql, params![approval_id, spending.flow_id, now])
        }
        Authenticated::Passkey {
            method_id,
            counter_before,
            ..
        } => {
            let sql = "SELECT EXISTS (SELECT 1 FROM passkey WHERE method_id = ?1 AND counter = ?2)";
            scalar(read, sql, params![method_id, counter_before])
        }
    }
}

/// The try that counted a right code costs nothing, where the code is left unspent.
fn give_back(write: &Connection, spending: &Spending<'_>, tries: Tries) -> Result<(), Failure> {
    let mut by_code = 0;
    match spending.authenticated {
        Authenticated::Otp { method_id, .. } => {
            store_tries(write, method_id, throttle::unreserve(tries, spending.now))?;
        }
        Authenticated::OutOfBand {
            method_id,
            challenge_id,
            ..
        } => {
            store_tries(write, method_id, throttle::unreserve(tries, spending.now))?;
            let sql = "UPDATE challenge SET attempts = MAX(attempts - 1, 0) WHERE id = ?1";
            execute(write, sql, [challenge_id])?;
        }
        Authenticated::BackupCode { .. } | Authenticated::TemporaryCode { .. } => by_code = 1,
        Authenticated::Approval { approval_id } => {
            let sql = "UPDATE approval SET attempts = MAX(attempts - 1, 0) WHERE id = ?1";
            execute(write, sql, [approval_id])?;
        }
        // Its ceremony stays spent: the next answer is to another one.
        Authenticated::Passkey { .. } => {}
    }
    execute(
        write,
        "UPDATE flow SET attempts = MAX(attempts - 1, 0), \
         backup_tries = MAX(backup_tries - ?2, 0) WHERE id = ?1",
        params![spending.flow_id, by_code],
    )?;
    Ok(())
}

/// What becomes of the methods that the person called lost.
fn lost_of(
    read: &Connection,
    login: &CompleteLogin,
) -> Result<Result<TakenOut, ManageRefusal>, Failure> {
    if login.lost.is_empty() {
        return Ok(Ok(TakenOut::new()));
    }
    let now = login.audit.now;
    let account = subject_of(read, (&login.host, &login.subject), now)?.account();
    Ok(lost::take_out(
        account,
        &login.authenticated,
        &login.lost,
        now,
    ))
}

/// What completing a login or a proof depends on; [`None`] when the flow is no open one of this person
/// and purpose.
pub(crate) fn load(
    read: &Connection,
    spending: &Spending<'_>,
    purpose: Purpose,
) -> Result<Option<Loaded>, Failure> {
    let (host, subject) = spending.whose;
    let params = params![
        spending.flow_id,
        host,
        subject,
        to_sql(spending.now),
        spending.authenticated.method_id(),
        purpose.as_str(),
    ];
    let loaded = first(read, CONTEXT, params, |row| {
        Ok((loaded_from(row)?, row.get::<_, bool>("replaces")?))
    })?;
    let Some((mut loaded, replaces)) = loaded else {
        return Ok(None);
    };
    if replaces {
        loaded.context.replaced = replaced(read, spending)?;
    }
    Ok(Some(loaded))
}

/// The methods whose place this one took.
fn replaced(read: &Connection, spending: &Spending<'_>) -> Result<Vec<Replaced>, Failure> {
    let (host, subject) = spending.whose;
    all(
        read,
        "SELECT id, kind, (SELECT hint FROM phone WHERE method_id = id) AS hint FROM method \
         WHERE host = ?1 AND subject = ?2 AND replaced_by = ?3",
        [host, subject, spending.authenticated.method_id()],
        |row| {
            Ok(Replaced {
                method_id: row.get("id")?,
                detail: detail_from(row)?,
            })
        },
    )
}

fn loaded_from(row: &Row<'_>) -> Result<Loaded, Failure> {
    Ok(Loaded {
        context: LoginContext {
            allowance: allowance_from(row)?,
            tries: tries_from(row)?,
            is_held: out_of_use(row)?.is_held,
            replaced: Vec::new(),
            flow_cost: row.get("guess_cost")?,
            hint: row.get("hint")?,
            backup_codes_left: row.get("backup_codes_left")?,
        },
        factor_epoch: row.get("factor_epoch")?,
        is_retiring: out_of_use(row)?.is_retiring,
        last_line: record::last_from(row)?,
    })
}

/// The conditional update whose row count is the answer.
pub(crate) fn spend(write: &Connection, spending: &Spending<'_>) -> Result<bool, Failure> {
    let now = to_sql(spending.now);
    let (host, subject) = spending.whose;
    let spent = match spending.authenticated {
        Authenticated::Otp {
            method_id,
            first_step,
            step,
            drift,
        } => execute(
            write,
            "UPDATE totp SET last_step = ?4, drift = ?5 WHERE last_step < ?6 \
             AND method_id = (SELECT id FROM method WHERE id = ?1 AND host = ?2 AND subject = ?3)",
            params![
                method_id,
                host,
                subject,
                to_sql(*step),
                drift,
                to_sql(*first_step),
            ],
        ),
        Authenticated::OutOfBand {
            method_id,
            challenge_id,
            ..
        } => execute(
            write,
            "UPDATE challenge SET answered_at = ?4 WHERE id = ?1 AND flow_id = ?2 \
             AND method_id = ?3 AND answered_at IS NULL AND expires_at > ?4",
            params![challenge_id, spending.flow_id, method_id, now],
        ),
        Authenticated::BackupCode { ordinal } => execute(
            write,
            "UPDATE backup_code SET used_at = ?4 WHERE host = ?1 AND subject = ?2 \
             AND ordinal = ?3 AND used_at IS NULL",
            params![host, subject, ordinal, now],
        ),
        Authenticated::TemporaryCode { hash } => execute(
            write,
            // It guards the set-up that follows for as long as one can take.
            &format!(
                "UPDATE temporary_code SET spent_by = ?5, expires_at = MAX(expires_at, ?4 + ?6) \
                 WHERE {GOOD_CODE}"
            ),
            params![
                host,
                subject,
                hash,
                now,
                spending.flow_id,
                to_sql(ENROLMENT_LIFE_MAX_S)
            ],
        ),
        Authenticated::Approval { approval_id } => execute(
            write,
            &format!("UPDATE approval SET answered_at = ?3 WHERE {UNSPENT}"),
            params![approval_id, spending.flow_id, now],
        ),
        Authenticated::Passkey {
            method_id,
            counter_before,
            counter,
        } => execute(
            write,
            "UPDATE passkey SET counter = ?4 WHERE counter = ?5 \
             AND method_id = (SELECT id FROM method WHERE id = ?1 AND host = ?2 AND subject = ?3)",
            params![method_id, host, subject, counter, counter_before],
        ),
    }?;
    Ok(spent == 1)
}

/// The method has worked: its wrong attempts from now on, and when, in the column that says so.
pub(crate) fn store_success(
    write: &Connection,
    spending: &Spending<'_>,
    tries: Tries,
    column: &'static str,
) -> Result<(), Failure> {
    let sql = format!(
        "UPDATE method SET in_a_row = ?2, day = ?3, today = ?4, {column} = ?5 WHERE id = ?1"
    );
    let updated = execute(
        write,
        &sql,
        params![
            spending.authenticated.method_id(),
            tries.in_a_row,
            to_sql(tries.day),
            tries.today,
            to_sql(spending.now)
        ],
    )?;
    // Nobody gets in by a method that was removed since the attempt was counted.
    if updated != 1 {
        return Err(Failure::row("method is gone"));
    }
    Ok(())
}

fn apply(
    write: &Connection,
    login: &CompleteLogin,
    spending: &Spending<'_>,
    changes: LoginChanges,
    loaded: &Loaded,
) -> Result<(), Failure> {
    if let Some(tries) = changes.tries {
        store_success(write, spending, tries, "used_at")?;
    }
    complete_flow(write, login, loaded.factor_epoch)?;
    let whose = (login.host.as_str(), login.subject.as_str());
    let (event, detail) = (changes.event, changes.detail);
    let line = login
        .audit
        .entry(whose.0, whose.1, loaded.last_line, event, detail);
    record::insert(write, whose, &line, &login.audit)?;
    execute(
        write,
        "UPDATE subject SET guess_full_at = ?3, event_seq = ?4, event_hash = ?5, approvals_count = 0 \
         WHERE host = ?1 AND subject = ?2",
        params![
            login.host,
            login.subject,
            to_sql(changes.allowance.full_at),
            to_sql(line.seq),
            line.hash
        ],
    )?;
    for Replaced { method_id, detail } in changes.retired {
        flows::retire(write, whose, &method_id, detail, &login.audit)?;
    }
    Ok(())
}

fn complete_flow(
    write: &Connection,
    login: &CompleteLogin,
    factor_epoch: i64,
) -> Result<(), Failure> {
    let completed = execute(
        write,
        "UPDATE flow SET state = 'completed', body_hash = ?2, method_id = ?3, result_hash = ?4, \
         result_expires_at = ?5, used = ?6, trusts = ?7, factor_epoch = ?8 \
         WHERE id = ?1 AND state = 'open'",
        params![
            login.flow_id,
            login.body_hash,
            login.authenticated.method_id(),
            login.result_hash,
            to_sql(login.result_expires_at),
            login.authenticated.authenticator().as_str(),
            login.trusts,
            factor_epoch,
        ],
    )?;
    // Read as open in this very transaction.
    if completed == 1 {
        Ok(())
    } else {
        Err(Failure::row("flow.state"))
    }
}
