//! A right code where methods are managed: what it depends on is read, the code is spent, and what
//! [`nidan_core::login`] decides is written, in one transaction.

use nidan_core::login::{self, ProofKind};
use nidan_protocol::Purpose;
use rusqlite::{Connection, params};

use crate::connection::execute;
use crate::failure::Failure;
use crate::logins::{self, Spending};
use crate::record;
use crate::rows::to_sql;
use nidan_store::{CompleteProof, ProofCompletion, ProofUse};

/// Spends a right code: all or nothing, and true for exactly one caller.
pub(crate) fn complete(
    write: &Connection,
    proof: &CompleteProof,
) -> Result<ProofCompletion, Failure> {
    let now = proof.audit.now;
    let spending = Spending {
        flow_id: &proof.flow_id,
        whose: (&proof.host, &proof.subject),
        authenticated: &proof.authenticated,
        now,
    };
    let Some(loaded) = logins::load(write, &spending, Purpose::Manage)? else {
        return Ok(ProofCompletion::FlowOver);
    };
    if loaded.context.is_held {
        return Ok(ProofCompletion::Held);
    }
    if loaded.is_retiring {
        return Ok(ProofCompletion::Retiring);
    }
    if !logins::spend(write, &spending)? {
        return Ok(ProofCompletion::CodeUsed);
    }
    let kind = match proof.proof_use {
        ProofUse::Proof => ProofKind::Proof,
        ProofUse::Test => ProofKind::Test,
    };
    let changes = login::prove(&loaded.context, &proof.authenticated, kind, now);
    if let Some(tries) = changes.tries {
        logins::store_success(write, &spending, tries, "tested_at")?;
    }
    // Its guesses are given back: another right code does not give them back again.
    execute(
        write,
        "UPDATE flow SET guess_cost = 0 WHERE id = ?1",
        [&proof.flow_id],
    )?;
    match proof.proof_use {
        ProofUse::Test => {
            execute(
                write,
                "UPDATE flow SET test_hash = ?2 WHERE id = ?1",
                params![proof.flow_id, proof.body_hash],
            )?;
        }
        ProofUse::Proof => {
            execute(
                write,
                "UPDATE flow SET used = ?2, method_id = ?3, factor_epoch = ?4, proved_at = ?5, \
                 proof_hash = ?6 WHERE id = ?1",
                params![
                    proof.flow_id,
                    proof.authenticated.authenticator().as_str(),
                    proof.authenticated.method_id(),
                    loaded.factor_epoch,
                    to_sql(now),
                    proof.body_hash,
                ],
            )?;
        }
    }
    execute(
        write,
        "UPDATE subject SET guess_full_at = ?3 WHERE host = ?1 AND subject = ?2",
        params![proof.host, proof.subject, to_sql(changes.allowance.full_at)],
    )?;
    let whose = (proof.host.as_str(), proof.subject.as_str());
    record::append(write, whose, changes.event, changes.detail, &proof.audit)?;
    Ok(ProofCompletion::Yes)
}
