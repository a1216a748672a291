//! What tests of the service do to a store besides what the service does: they move time, look at
//! counts, and leave what a later build would leave. Tests so say nothing in an engine's language,
//! and run on every engine.

use async_trait::async_trait;

use crate::{Store, StoreError};

/// Something that can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Flows of any state.
    Flows,
    /// Logins that another login or a report ended.
    EndedLogins,
    /// Methods of anybody.
    Methods,
    /// People of whom anything is stored.
    Subjects,
    /// Wrong tries in a row, of all methods.
    WrongInARow,
    /// Tries with backup codes, of all flows.
    BackupTries,
    /// Entries of wrong codes in anybody's record.
    WrongCodesInRecord,
}

/// What a later build may have left behind before it was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfLaterBuild {
    /// Every completed login was right by a kind of method that is not known here.
    Authenticator,
    /// Every message is in a state that is not known here, at the gateway `carrier`.
    MessageState,
    /// A record entry of an unknown kind and its notice, which is due, of the person `x` at `shop`.
    Entry,
}

/// The extension of a store for tests.
#[async_trait]
pub trait TestStore: Store {
    /// As if nobody had tried a code: counts, spent steps and spent backup codes are gone.
    async fn forget_tries(&self) -> Result<(), StoreError>;

    /// Room for more tries; what was spent stays spent.
    async fn forget_counts(&self) -> Result<(), StoreError>;

    /// Steps of apps are unspent again, beside [`forget_counts`](Self::forget_counts).
    async fn forget_steps(&self) -> Result<(), StoreError>;

    /// As if no message had been ordered: every budget is whole.
    async fn forget_sends(&self) -> Result<(), StoreError>;

    /// Every sent code lives an hour longer.
    async fn extend_challenges(&self) -> Result<(), StoreError>;

    /// Every message that waits or is leased is due now.
    async fn make_messages_due(&self) -> Result<(), StoreError>;

    /// How many there are.
    async fn count(&self, rows: Rows) -> Result<u64, StoreError>;

    /// The gateway that took a challenge's message, and its reference for it.
    async fn gateway_of(&self, challenge_id: &str) -> Result<(String, Option<String>), StoreError>;

    /// The ids of all messages and the names of their states, also of unknown ones.
    async fn message_states(&self) -> Result<Vec<(String, String)>, StoreError>;

    /// Leaves what a later build would; how many rows are of it.
    async fn leave(&self, what: OfLaterBuild) -> Result<u64, StoreError>;

    /// Forty notices of the host `deaf`, all due.
    async fn order_notices_of_a_deaf_host(&self) -> Result<(), StoreError>;

    /// Whether the engine lets an entry of a record be deleted; none is.
    async fn can_delete_entries(&self) -> bool;

    /// Makes right codes of the wrong ones in every record, behind the engine's back.
    async fn forge_record(&self) -> Result<(), StoreError>;

    /// Ends every connection.
    async fn close(&self);
}
