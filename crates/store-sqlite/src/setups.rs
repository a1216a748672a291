//! Set-ups that wait to be finished.

use nidan_core::manage::SETUPS_MAX;
use nidan_protocol::SetupKind;
use rusqlite::{Connection, Row, params};

use crate::connection::{execute, first};
use crate::failure::Failure;
use crate::rows::{bytes, from_sql, to_sql};
use nidan_store::{NewSetup, SealedKeyPair};

/// Stores a set-up of an open flow; the oldest beyond the limit go.
pub(crate) fn insert(write: &Connection, setup: &NewSetup) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO setup (id, flow_id, kind, replaces, server_public_key, sealed_private_key, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            setup.id,
            setup.flow_id,
            setup.kind.as_str(),
            setup.replaces,
            setup.key_pair.as_ref().map(|pair| pair.public_key),
            setup.key_pair.as_ref().map(|pair| &pair.sealed_private_key),
            to_sql(setup.created_at),
        ],
    )?;
    execute(
        write,
        "DELETE FROM setup WHERE flow_id = ?1 AND rowid NOT IN \
         (SELECT rowid FROM setup WHERE flow_id = ?1 ORDER BY rowid DESC LIMIT ?2)",
        params![setup.flow_id, to_sql(SETUPS_MAX as u64)],
    )?;
    Ok(())
}

pub(crate) fn find(
    read: &Connection,
    flow_id: &str,
    id: &[u8; 16],
) -> Result<Option<NewSetup>, Failure> {
    let sql = "SELECT id, flow_id, kind, replaces, server_public_key, sealed_private_key, created_at \
        FROM setup WHERE flow_id = ?1 AND id = ?2";
    first(read, sql, params![flow_id, id], setup_from)
}

fn setup_from(row: &Row<'_>) -> Result<NewSetup, Failure> {
    let kind: String = row.get("kind")?;
    let sealed: Option<Vec<u8>> = row.get("sealed_private_key")?;
    let pair = |sealed_private_key| {
        Ok::<_, Failure>(SealedKeyPair {
            public_key: bytes(row, "server_public_key")?,
            sealed_private_key,
        })
    };
    Ok(NewSetup {
        id: bytes(row, "id")?,
        flow_id: row.get("flow_id")?,
        kind: SetupKind::from_wire(&kind)
            .ok_or_else(|| Failure::row(format!("setup.kind {kind}")))?,
        replaces: row.get("replaces")?,
        key_pair: sealed.map(pair).transpose()?,
        created_at: from_sql(row.get("created_at")?)?,
    })
}
