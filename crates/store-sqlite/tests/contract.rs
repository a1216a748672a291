//! The engine passes the suite of all engines.

#![allow(clippy::unwrap_used, reason = "tests")]

use nidan_store::contract;
use nidan_store_sqlite::SqliteStore;

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("contract.db"))
        .await
        .unwrap();
    contract::run(&store).await;
}
