//! Challenges, the outbox of messages, and the counts of send budgets.

use async_trait::async_trait;
use nidan_protocol::{Channel, DeliveryState};

use super::{Attempt, AuditContext, Budget, DeliveryOutcome, Ordered, StoreError};

/// A code about to be sent for the first time. Times are Unix seconds.
#[derive(Debug, Clone)]
pub struct NewChallenge {
    /// Opaque; the code is derived from it.
    pub id: String,
    /// The flow that it belongs to.
    pub flow_id: String,
    /// The channel over which the code comes.
    pub channel: Channel,
    /// [ISO 3166-1 alpha-2](https://www.iso.org/iso-3166-country-codes.html).
    pub country: String,
    /// The language of the message.
    pub locale: String,
    /// Opens only for this [challenge](Challenge).
    pub sealed_number: Vec<u8>,
    /// Keyed hash of the number.
    pub number_index: [u8; 32],
    /// The last two digits.
    pub hint: String,
    /// Stands in the message and on the screen.
    pub reference: String,
    /// For a call: what to press before the code is read out.
    pub call_digits: Option<String>,
    /// When the code ends.
    pub expires_at: u64,
    /// At login: the method that it is for.
    pub method_id: Option<String>,
    /// The number of codes in the message: one or two.
    pub codes: u32,
}

/// A stored challenge.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// The challenge as it was opened.
    pub opened: NewChallenge,
    /// The number of times that it was ordered to be sent.
    pub sends: u32,
    /// When it was last ordered.
    pub sent_at: u64,
    /// Tries spent.
    pub attempts: u32,
    /// When the right code came.
    pub answered_at: Option<u64>,
    /// The delivery status of its latest message.
    pub delivery: DeliveryState,
    /// Since when.
    pub delivery_at: u64,
}

/// An order to send a [challenge](Challenge)'s code.
#[derive(Debug, Clone)]
pub struct Order {
    /// The new message's id; gateways know it as the idempotency key.
    pub message_id: String,
    /// All of them must have room; then each counts one more.
    pub budgets: Vec<Budget>,
    /// Now.
    pub now_ms: u64,
    /// For a login: writes into the person's record that a code was sent.
    pub audit: Option<AuditContext>,
}

/// A message that a worker has taken.
#[derive(Debug, Clone)]
pub struct LeasedMessage {
    /// The idempotency key.
    pub id: String,
    /// The [challenge](Challenge) whose code it carries.
    pub challenge: NewChallenge,
    /// The flow's host and person: the sealed number's row.
    pub host: String,
    /// The host's user id.
    pub subject: String,
    /// The page's origin: the message is bound to it.
    pub origin: String,
    /// The number of tries, with this one.
    pub tries: u32,
    /// The number of its gateways that have refused it.
    pub refused: u32,
    /// Whether an earlier try may have sent it.
    pub doubt: bool,
    /// Its delivery status.
    pub state: DeliveryState,
}

/// A count for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The scope that is counted.
    pub scope: String,
    /// The key, where it is an identifier and no hash.
    pub key: Option<String>,
    /// The most that any one key has.
    pub highest: u64,
    /// The number of messages over all keys.
    pub sum: u64,
}

/// Challenges and their messages.
#[async_trait]
pub trait PhoneStore: Send + Sync + 'static {
    /// Stores a [challenge](Challenge) with its first message, ends the flow's earlier unanswered
    /// ones, and spends the [budgets](Budget): all or nothing. `seen` is the id of the flow's latest
    /// challenge as the caller saw it; when it is another one by now, nothing is stored.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn open_challenge(
        &self,
        challenge: &NewChallenge,
        seen: Option<&str>,
        order: &Order,
    ) -> Result<Ordered, StoreError>;

    /// Orders the same code once more, when the [challenge](Challenge) was sent `sends` times so
    /// far and is still open.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn resend(
        &self,
        challenge_id: &str,
        sends: u32,
        order: &Order,
    ) -> Result<Ordered, StoreError>;

    /// A challenge of a flow.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn challenge(&self, flow_id: &str, id: &str) -> Result<Option<Challenge>, StoreError>;

    /// All challenges of a flow, oldest first.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn challenges(&self, flow_id: &str) -> Result<Vec<Challenge>, StoreError>;

    /// Spends one try of an open [challenge](Challenge), committed before anything is checked.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn reserve_answer(&self, id: &str, limit: u32, now: u64) -> Result<Attempt, StoreError>;

    /// Marks a [challenge](Challenge) as answered: true for exactly one caller. Its messages are
    /// given back to `budget`.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn answered(&self, id: &str, budget: &Budget, now: u64) -> Result<bool, StoreError>;

    /// Takes up to `count` messages that are due; whoever dies with them loses them to the next
    /// after `lease_ms`.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn take_messages(
        &self,
        now_ms: u64,
        lease_ms: u64,
        count: u32,
    ) -> Result<Vec<LeasedMessage>, StoreError>;

    /// Records what became of a taken message, unless somebody has recorded it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn settle(&self, id: &str, fate: &DeliveryOutcome, now: u64) -> Result<(), StoreError>;

    /// A gateway's word on a message that it has: moves `accepted` on, and nothing else. True when
    /// it did.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn receipt(
        &self,
        gateway: &str,
        id: &str,
        state: DeliveryState,
        now: u64,
    ) -> Result<bool, StoreError>;

    /// The id of the message that a gateway knows by a reference of its own.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn message_by_reference(
        &self,
        gateway: &str,
        reference: &str,
    ) -> Result<Option<String>, StoreError>;

    /// One message that a gateway has.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn message(&self, gateway: &str, id: &str) -> Result<Option<LeasedMessage>, StoreError>;

    /// Messages of a host that a gateway has, of the last `seconds`, oldest first, with the time of
    /// acceptance.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn messages(
        &self,
        gateway: &str,
        host: &str,
        since: u64,
    ) -> Result<Vec<(LeasedMessage, u64)>, StoreError>;

    /// The number of messages that are queued, and since when the oldest waits (milliseconds since
    /// the Unix epoch).
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn queue(&self) -> Result<(u64, Option<u64>), StoreError>;

    /// Messages that are still kept, by gateway and state: how many. No gateway yet: the empty
    /// name.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn deliveries(&self) -> Result<Vec<(String, DeliveryState, u64)>, StoreError>;

    /// Counts of the windows that run now.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be read now, or a row has another shape.
    async fn counts(&self, now: u64) -> Result<Vec<Count>, StoreError>;

    /// Deletes counts of windows that ended.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was changed.
    async fn purge_counts(&self, now: u64) -> Result<u64, StoreError>;
}
