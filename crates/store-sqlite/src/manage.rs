//! Changes of what a person has: what the decision depends on is read, and the steps of
//! [`nidan_core::manage`] are carried out, in one transaction.

use async_trait::async_trait;
use nidan_core::flow;
use nidan_core::manage::{
    self, Earlier, ManageChanges, ManageContext, ManageDecision, ManageFlow, OpenSetup, Step, Wish,
};
use nidan_core::trust::Browsers;
use nidan_protocol::{Authenticator, Purpose};
use rusqlite::{Connection, params};

use crate::connection::{execute, first, scalar};
use crate::failure::Failure;
use crate::flows::{self, Among, Whose};
use crate::rows::{bytes, proof_from, to_sql};
use crate::{SqliteStore, coverage, due, hold, proofs, record, setups, subject_of, trust};
use nidan_store::{
    AuditContext, CloseManagement, CompleteProof, ManageChange, ManageStore, ManagementClosed,
    ManagementOpened, MethodDetail, NewFactor, NewSetup, OpenManagement, ProofCompletion,
    StoreError,
};

#[async_trait]
impl ManageStore for SqliteStore {
    async fn open_management(&self, open: &OpenManagement) -> Result<ManagementOpened, StoreError> {
        let open = open.clone();
        self.writer
            .run(move |write| open_management(write, &open))
            .await
    }

    async fn complete_proof(&self, proof: &CompleteProof) -> Result<ProofCompletion, StoreError> {
        let proof = proof.clone();
        self.writer
            .run(move |write| proofs::complete(write, &proof))
            .await
    }

    async fn open_setup(&self, setup: &NewSetup) -> Result<(), StoreError> {
        let setup = setup.clone();
        self.writer
            .run(move |write| setups::insert(write, &setup))
            .await
    }

    async fn setup(&self, flow_id: &str, id: &[u8; 16]) -> Result<Option<NewSetup>, StoreError> {
        let (flow_id, id) = (flow_id.to_owned(), *id);
        self.readers
            .run(move |read| setups::find(read, &flow_id, &id))
            .await
    }

    async fn trusted_browser_id(
        &self,
        host: &str,
        subject: &str,
        token_hash: &[u8; 32],
    ) -> Result<Option<String>, StoreError> {
        let (host, subject, token_hash) = (host.to_owned(), subject.to_owned(), *token_hash);
        self.readers
            .run(move |read| {
                let sql = "SELECT id FROM trusted_browser \
                           WHERE host = ?1 AND subject = ?2 AND token_hash = ?3";
                first(read, sql, params![host, subject, token_hash], |row| {
                    Ok(row.get("id")?)
                })
            })
            .await
    }

    async fn manage(&self, change: &ManageChange) -> Result<ManageDecision, StoreError> {
        let change = change.clone();
        self.writer.run(move |write| manage(write, &change)).await
    }

    async fn close_management(
        &self,
        close: &CloseManagement,
    ) -> Result<ManagementClosed, StoreError> {
        let close = close.clone();
        self.writer
            .run(move |write| close_management(write, &close))
            .await
    }

    async fn resume(
        &self,
        host: &str,
        subject: &str,
        audit: &AuditContext,
    ) -> Result<bool, StoreError> {
        let (host, subject, audit) = (host.to_owned(), subject.to_owned(), audit.clone());
        self.writer
            .run(move |write| flows::end_pause(write, (&host, &subject), &audit))
            .await
    }

    async fn note_what_is_due(
        &self,
        host: &str,
        count: u32,
        audit: &AuditContext,
    ) -> Result<u64, StoreError> {
        let (host, audit) = (host.to_owned(), audit.clone());
        self.writer
            .run(move |write| due::note(write, &host, count, &audit))
            .await
    }
}

fn open_management(write: &Connection, open: &OpenManagement) -> Result<ManagementOpened, Failure> {
    let flow = &open.flow;
    if !flows::has_factor(write, &flow.host, &flow.subject)? {
        return Ok(ManagementOpened::NotEnrolled);
    }
    let whose = (flow.host.as_str(), flow.subject.as_str());
    let among = Among::OpenInSession(&flow.session_binding);
    flows::change(write, whose, &among, None, |earlier| {
        flow::when_management_opens(earlier, &flow.session_binding)
    })?;
    flows::insert_of_browser(write, flow, open.trust_hash.as_ref())?;
    coverage::note_group(write, flow)?;
    Ok(ManagementOpened::Yes)
}

/// Decides about a change, and carries it out.
fn manage(write: &Connection, change: &ManageChange) -> Result<ManageDecision, Failure> {
    let context = load_context(write, change)?;
    let decision = manage::decide(&context, &change.request);
    if let ManageDecision::Do(changes) = &decision {
        let writing = Writing {
            flow_id: &change.flow_id,
            whose: (&change.host, &change.subject),
            request: (&change.request_id, &change.request.body_hash),
            audit: &change.audit,
            new: change.new.as_ref(),
        };
        apply(write, &writing, changes)?;
        if let Some(id) = &change.setup_id {
            execute(write, "DELETE FROM setup WHERE id = ?1", [id])?;
        }
    }
    Ok(decision)
}

fn load_context(read: &Connection, change: &ManageChange) -> Result<ManageContext, Failure> {
    let now = change.request.now;
    let flow = first(
        read,
        "SELECT used, method_id, factor_epoch, proved_at, proof_hash FROM flow \
         WHERE id = ?1 AND host = ?2 AND subject = ?3 AND purpose = ?4 AND state = 'open' \
         AND expires_at > ?5",
        params![
            change.flow_id,
            change.host,
            change.subject,
            Purpose::Manage.as_str(),
            to_sql(now)
        ],
        proof_from,
    )?;
    let flow = match flow {
        Some(proof) => ManageFlow {
            is_open: true,
            proof,
        },
        None => ManageFlow {
            is_open: false,
            proof: None,
        },
    };
    let setup = match &change.setup_id {
        Some(id) => setups::find(read, &change.flow_id, id)?,
        None => None,
    };
    Ok(ManageContext {
        flow,
        account: subject_of(read, (&change.host, &change.subject), now)?.account(),
        earlier: earlier(read, change)?,
        setup: setup.map(|setup| OpenSetup {
            kind: setup.kind,
            replaces: setup.replaces,
        }),
        is_known: is_known(read, change)?,
        has_browser: has_browser(read, change)?,
    })
}

fn earlier(read: &Connection, change: &ManageChange) -> Result<Earlier, Failure> {
    let sql = "SELECT body_hash FROM flow_request WHERE flow_id = ?1 AND request_id = ?2";
    let params = [&change.flow_id, &change.request_id];
    let earlier = first(read, sql, params, |row| bytes::<32>(row, "body_hash"))?;
    Ok(match earlier {
        None => Earlier::No,
        Some(hash) if hash == change.request.body_hash => Earlier::Same,
        Some(_) => Earlier::Another,
    })
}

fn has_browser(read: &Connection, change: &ManageChange) -> Result<bool, Failure> {
    let Wish::EndTrust {
        browsers: Browsers::One(id),
    } = &change.request.wish
    else {
        return Ok(false);
    };
    let sql = "SELECT EXISTS (SELECT 1 FROM trusted_browser \
               WHERE host = ?1 AND subject = ?2 AND id = ?3)";
    scalar(read, sql, [&change.host, &change.subject, id])
}

/// Whether the secret of a new app or a new passkey was enrolled before, by whomever, or its number is
/// the person's already.
fn is_known(read: &Connection, change: &ManageChange) -> Result<bool, Failure> {
    let Some(NewFactor::Method(method)) = &change.new else {
        return Ok(false);
    };
    match &method.detail {
        MethodDetail::Totp { fingerprint, .. } => flows::is_somebodys(read, fingerprint),
        MethodDetail::Passkey {
            credential_index, ..
        } => flows::is_somebodys(read, credential_index),
        MethodDetail::Phone { number_index, .. } => scalar(
            read,
            "SELECT EXISTS (SELECT 1 FROM method m JOIN phone p ON p.method_id = m.id \
             WHERE m.host = ?1 AND m.subject = ?2 AND p.number_index = ?3 \
             AND (m.retires_at IS NULL OR m.retires_at > ?4))",
            params![
                change.host,
                change.subject,
                number_index,
                to_sql(change.request.now)
            ],
        ),
    }
}

/// What is written beside the decision about a change.
pub(crate) struct Writing<'a> {
    pub(crate) flow_id: &'a str,
    pub(crate) whose: Whose<'a>,
    /// The request's id within the flow, and the keyed hash of its post.
    pub(crate) request: (&'a str, &'a [u8; 32]),
    pub(crate) audit: &'a AuditContext,
    /// What a set-up brings, where the change finishes one.
    pub(crate) new: Option<&'a NewFactor>,
}

/// Carries a decision out.
pub(crate) fn apply(
    write: &Connection,
    writing: &Writing<'_>,
    changes: &ManageChanges,
) -> Result<(), Failure> {
    let whose = writing.whose;
    execute(
        write,
        "INSERT INTO flow_request (flow_id, request_id, body_hash, change, method) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            writing.flow_id,
            writing.request.0,
            writing.request.1,
            changes.change.map(|(kind, _)| kind.as_str()),
            changes
                .change
                .and_then(|(_, method)| method)
                .map(Authenticator::as_str),
        ],
    )?;
    if changes.raises_epoch {
        flows::raise_epoch(write, whose.0, whose.1)?;
        // The flow's own proof goes on under the new epoch.
        execute(
            write,
            "UPDATE flow SET raised_epoch = 1, factor_epoch = \
             (SELECT factor_epoch FROM subject WHERE host = ?2 AND subject = ?3) WHERE id = ?1",
            params![writing.flow_id, whose.0, whose.1],
        )?;
    }
    for step in &changes.steps {
        carry_out(write, writing, step)?;
    }
    if let Some(today) = changes.changes {
        execute(
            write,
            "UPDATE subject SET change_day = ?3, change_count = ?4 WHERE host = ?1 AND subject = ?2",
            params![whose.0, whose.1, to_sql(today.day), today.count],
        )?;
    }
    for (kind, detail) in &changes.entries {
        record::append(write, whose, *kind, detail.clone(), writing.audit)?;
    }
    Ok(())
}

fn carry_out(write: &Connection, writing: &Writing<'_>, step: &Step) -> Result<(), Failure> {
    let whose = writing.whose;
    match step {
        Step::Name { method_id, name } => execute(
            write,
            "UPDATE method SET name = ?2 WHERE id = ?1",
            params![method_id, name],
        ),
        Step::Default { method_id } => execute(
            write,
            "UPDATE method SET is_default = (id IS ?3) WHERE host = ?1 AND subject = ?2",
            params![whose.0, whose.1, method_id],
        ),
        Step::Remove { method_id } => {
            execute(write, "DELETE FROM method WHERE id = ?1", [method_id])
        }
        Step::Retire {
            method_id,
            at,
            successor,
            ends_early,
        } => execute(
            write,
            "UPDATE method SET retires_at = ?2, successor = ?3, replaced_by = ?4, is_default = 0 \
             WHERE id = ?1",
            params![
                method_id,
                to_sql(*at),
                successor,
                ends_early.then_some(successor)
            ],
        ),
        Step::Stay { method_id } => hold::stay(write, method_id),
        Step::Hold { method_id, is_held } => execute(
            write,
            "UPDATE method SET held_at = ?2, held_by = ?3 WHERE id = ?1",
            params![
                method_id,
                is_held.then(|| to_sql(writing.audit.now)),
                is_held.then_some("person")
            ],
        ),
        Step::AddMethod | Step::ReplaceBackupCodes => store_new(write, writing),
        Step::Pause { until, tells_end } => execute(
            write,
            "UPDATE subject SET paused_until = ?3, tells_pause_end = ?4 \
             WHERE host = ?1 AND subject = ?2",
            params![whose.0, whose.1, to_sql(*until), tells_end],
        ),
        Step::EndPause => flows::clear_pause(write, whose),
        Step::EndTrust { browsers } => {
            trust::revoke(write, whose, browsers, writing.audit).map(|_count| 1)
        }
        Step::ForgetAll => forget_all(write, whose),
        Step::EndProof => end_proof(write, writing.flow_id),
    }?;
    Ok(())
}

fn store_new(write: &Connection, writing: &Writing<'_>) -> Result<usize, Failure> {
    let (whose, now) = (writing.whose, writing.audit.now);
    match writing.new {
        Some(NewFactor::Method(method)) => {
            let last: Option<i64> = scalar(
                write,
                "SELECT MAX(position) FROM method WHERE host = ?1 AND subject = ?2",
                [whose.0, whose.1],
            )?;
            flows::insert_method(write, whose, method, (last.unwrap_or(-1) + 1, now))?;
        }
        Some(NewFactor::BackupCodes { salt, hashes }) => {
            flows::replace_backup_set(write, whose, (salt, hashes), now)?;
        }
        // A decision to store what nobody brought is no decision.
        None => return Err(Failure::row("setup")),
    }
    Ok(1)
}

/// The record stays: it is append-only, and says who did it.
pub(crate) fn forget_all(write: &Connection, (host, subject): Whose<'_>) -> Result<usize, Failure> {
    for sql in [
        "DELETE FROM method WHERE host = ?1 AND subject = ?2",
        "DELETE FROM backup_set WHERE host = ?1 AND subject = ?2",
        "DELETE FROM trusted_browser WHERE host = ?1 AND subject = ?2",
        "DELETE FROM temporary_code WHERE host = ?1 AND subject = ?2",
    ] {
        execute(write, sql, [host, subject])?;
    }
    Ok(1)
}

fn end_proof(write: &Connection, flow_id: &str) -> Result<usize, Failure> {
    let sql = "UPDATE flow SET proved_at = NULL WHERE id = ?1";
    execute(write, sql, [flow_id])
}

fn close_management(
    write: &Connection,
    close: &CloseManagement,
) -> Result<ManagementClosed, Failure> {
    let sql = "SELECT EXISTS (SELECT 1 FROM flow_request WHERE flow_id = f.id AND change IS NOT NULL) \
        FROM flow f WHERE f.id = ?1 AND f.purpose = ?2 AND f.state = 'open'";
    let params = params![close.flow_id, Purpose::Manage.as_str()];
    match first(write, sql, params, |row| Ok(row.get(0)?))? {
        None => Ok(ManagementClosed::FlowOver),
        Some(false) => {
            end_proof(write, &close.flow_id)?;
            Ok(ManagementClosed::Unchanged)
        }
        Some(true) => {
            end_proof(write, &close.flow_id)?;
            execute(
                write,
                "UPDATE flow SET state = 'completed', body_hash = ?2, result_hash = ?3, \
                 result_expires_at = ?4 WHERE id = ?1",
                params![
                    close.flow_id,
                    close.body_hash,
                    close.result_hash,
                    to_sql(close.result_expires_at)
                ],
            )?;
            execute(
                write,
                "DELETE FROM setup WHERE flow_id = ?1",
                [&close.flow_id],
            )?;
            Ok(ManagementClosed::Changed)
        }
    }
}
