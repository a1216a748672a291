//! Ceremonies of passkeys: stored, given out once, and what they have made.

use async_trait::async_trait;
use nidan_core::ceremony::{self, CEREMONIES_MAX};
use nidan_protocol::CeremonyKind;
use rusqlite::{Connection, Row, params};

use crate::SqliteStore;
use crate::connection::{execute, first, scalar};
use crate::failure::Failure;
use crate::rows::{bytes, from_sql, time_from, to_sql};
use nidan_store::{
    CeremonyRefusal, MadePasskey, NewCeremony, PasskeyStore, StoreError, StoredCeremony,
};

#[async_trait]
impl PasskeyStore for SqliteStore {
    async fn open_ceremony(&self, ceremony: &NewCeremony) -> Result<(), StoreError> {
        let ceremony = ceremony.clone();
        self.writer.run(move |write| insert(write, &ceremony)).await
    }

    async fn take_ceremony(
        &self,
        flow_id: &str,
        id: &str,
        kind: CeremonyKind,
        now: u64,
    ) -> Result<Result<StoredCeremony, CeremonyRefusal>, StoreError> {
        let (flow_id, id) = (flow_id.to_owned(), id.to_owned());
        self.writer
            .run(move |write| {
                let taken = ceremony::take(find(write, &flow_id, &id)?, kind, now);
                Ok(match taken {
                    Ok(_) if !spend(write, &id, now)? => Err(CeremonyRefusal::Used),
                    Ok(_) | Err(_) => taken,
                })
            })
            .await
    }

    async fn keep_passkey(
        &self,
        flow_id: &str,
        id: &str,
        made: &MadePasskey,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE ceremony SET credential_index = ?3, sealed_credential = ?4, \
            counter = ?5 WHERE flow_id = ?1 AND id = ?2";
        let (flow_id, id, made) = (flow_id.to_owned(), id.to_owned(), made.clone());
        self.writer
            .run(move |write| {
                let MadePasskey {
                    credential_index,
                    sealed,
                    counter,
                } = made;
                let params = params![flow_id, id, credential_index, sealed, counter];
                execute(write, SQL, params).map(|_| ())
            })
            .await
    }

    async fn made_passkey(
        &self,
        flow_id: &str,
        id: &str,
    ) -> Result<Option<MadePasskey>, StoreError> {
        const SQL: &str = "SELECT credential_index, sealed_credential, counter FROM ceremony \
            WHERE flow_id = ?1 AND id = ?2 AND sealed_credential IS NOT NULL";
        let (flow_id, id) = (flow_id.to_owned(), id.to_owned());
        self.readers
            .run(move |read| first(read, SQL, [flow_id, id], made_from))
            .await
    }

    async fn stranded_passkeys(&self, host: &str, rp_id: Option<&str>) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM passkey p JOIN method m ON m.id = p.method_id \
            WHERE m.host = ?1 AND p.rp_id IS NOT ?2";
        let (host, rp_id) = (host.to_owned(), rp_id.map(str::to_owned));
        self.readers
            .run(move |read| from_sql(scalar(read, SQL, params![host, rp_id])?))
            .await
    }
}

fn made_from(row: &Row<'_>) -> Result<MadePasskey, Failure> {
    Ok(MadePasskey {
        credential_index: bytes(row, "credential_index")?,
        sealed: row.get("sealed_credential")?,
        counter: row.get("counter")?,
    })
}

fn insert(write: &Connection, ceremony: &NewCeremony) -> Result<(), Failure> {
    execute(
        write,
        "INSERT INTO ceremony (id, flow_id, kind, sealed_state, created_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            ceremony.id,
            ceremony.flow_id,
            ceremony.kind.as_str(),
            ceremony.sealed_state,
            to_sql(ceremony.created_at),
            to_sql(ceremony.expires_at),
        ],
    )?;
    execute(
        write,
        "DELETE FROM ceremony WHERE flow_id = ?1 AND used_at IS NULL AND rowid NOT IN \
         (SELECT rowid FROM ceremony WHERE flow_id = ?1 AND used_at IS NULL \
         ORDER BY rowid DESC LIMIT ?2)",
        params![ceremony.flow_id, to_sql(CEREMONIES_MAX as u64)],
    )?;
    Ok(())
}

/// A ceremony of a flow.
pub(crate) fn find(
    read: &Connection,
    flow_id: &str,
    id: &str,
) -> Result<Option<StoredCeremony>, Failure> {
    let sql = "SELECT id, kind, sealed_state, expires_at, used_at FROM ceremony \
        WHERE flow_id = ?1 AND id = ?2";
    first(read, sql, [flow_id, id], stored_from)
}

fn stored_from(row: &Row<'_>) -> Result<StoredCeremony, Failure> {
    let kind: String = row.get("kind")?;
    Ok(StoredCeremony {
        id: row.get("id")?,
        kind: CeremonyKind::from_wire(&kind)
            .ok_or_else(|| Failure::row(format!("ceremony.kind {kind}")))?,
        sealed_state: row.get("sealed_state")?,
        expires_at: from_sql(row.get("expires_at")?)?,
        is_used: time_from(row, "used_at")?.is_some(),
    })
}

/// The conditional update whose row count is the answer.
pub(crate) fn spend(write: &Connection, id: &str, now: u64) -> Result<bool, Failure> {
    let sql = "UPDATE ceremony SET used_at = ?2 WHERE id = ?1 AND used_at IS NULL";
    Ok(execute(write, sql, params![id, to_sql(now)])? == 1)
}
