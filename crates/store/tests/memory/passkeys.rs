//! Ceremonies of passkeys.

use async_trait::async_trait;
use nidan_core::ceremony::{self, CEREMONIES_MAX, KnownPasskey};
use nidan_protocol::CeremonyKind;
use nidan_store::{
    CeremonyRefusal, MadePasskey, MethodDetail, NewCeremony, PasskeyStore, StoreError,
    StoredCeremony,
};

use super::Memory;
use super::login::out_of_use;
use super::tables::{CeremonyRow, MethodRow, Tables};

#[async_trait]
impl PasskeyStore for Memory {
    async fn open_ceremony(&self, new: &NewCeremony) -> Result<(), StoreError> {
        self.transact(|tables| {
            tables.ceremonies.push(CeremonyRow {
                flow_id: new.flow_id.clone(),
                ceremony: StoredCeremony {
                    id: new.id.clone(),
                    kind: new.kind,
                    sealed_state: new.sealed_state.clone(),
                    expires_at: new.expires_at,
                    is_used: false,
                },
                made: None,
            });
            let waits = |row: &&CeremonyRow| row.flow_id == new.flow_id && !row.ceremony.is_used;
            let waiting = tables.ceremonies.iter().filter(waits);
            let waiting: Vec<_> = waiting.map(|row| row.ceremony.id.clone()).collect();
            let over = waiting.len().saturating_sub(CEREMONIES_MAX);
            tables
                .ceremonies
                .retain(|row| !waiting.iter().take(over).any(|id| *id == row.ceremony.id));
        })
    }

    async fn take_ceremony(
        &self,
        flow_id: &str,
        id: &str,
        kind: CeremonyKind,
        now: u64,
    ) -> Result<Result<StoredCeremony, CeremonyRefusal>, StoreError> {
        self.transact(|tables| {
            let taken = ceremony::take(find(tables, flow_id, id), kind, now);
            if taken.is_ok() {
                spend(tables, id);
            }
            taken
        })
    }

    async fn keep_passkey(
        &self,
        flow_id: &str,
        id: &str,
        made: &MadePasskey,
    ) -> Result<(), StoreError> {
        self.transact(|tables| {
            let mut rows = tables.ceremonies.iter_mut();
            if let Some(row) = rows.find(|row| row.flow_id == flow_id && row.ceremony.id == id) {
                row.made = Some(made.clone());
            }
        })
    }

    async fn made_passkey(
        &self,
        flow_id: &str,
        id: &str,
    ) -> Result<Option<MadePasskey>, StoreError> {
        self.transact(|tables| {
            let mut rows = tables.ceremonies.iter();
            let row = rows.find(|row| row.flow_id == flow_id && row.ceremony.id == id)?;
            row.made.clone()
        })
    }

    async fn stranded_passkeys(&self, host: &str, rp_id: Option<&str>) -> Result<u64, StoreError> {
        self.transact(|tables| {
            let ours = tables.methods.iter().filter(|row| row.whose.0 == host);
            let stranded = ours.filter(|row| match &row.method.detail {
                MethodDetail::Passkey { rp_id: own, .. } => Some(own.as_str()) != rp_id,
                MethodDetail::Totp { .. } | MethodDetail::Phone { .. } => false,
            });
            stranded.count() as u64
        })
    }
}

pub(crate) fn find(tables: &Tables, flow_id: &str, id: &str) -> Option<StoredCeremony> {
    let mut rows = tables.ceremonies.iter();
    let row = rows.find(|row| row.flow_id == flow_id && row.ceremony.id == id)?;
    Some(row.ceremony.clone())
}

pub(crate) fn spend(tables: &mut Tables, id: &str) {
    let mut rows = tables.ceremonies.iter_mut();
    if let Some(row) = rows.find(|row| row.ceremony.id == id) {
        row.ceremony.is_used = true;
    }
}

/// A passkey, as far as an attempt depends on it.
pub(crate) fn known(row: &MethodRow) -> Option<KnownPasskey> {
    match &row.method.detail {
        MethodDetail::Passkey { counter, .. } => Some(KnownPasskey {
            method_id: row.method.id.clone(),
            out_of_use: out_of_use(&row.method),
            counter: *counter,
        }),
        MethodDetail::Totp { .. } | MethodDetail::Phone { .. } => None,
    }
}
