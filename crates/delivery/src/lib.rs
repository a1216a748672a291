//! The ways out for codes: a signed webhook, Twilio, SMPP. Each is a [`Gateway`]: it hands a
//! message over, and hands later reports on it to [`Receipts`].
//!
//! What a message says, which gateway takes it and when it is tried again is the service's.

pub mod http;
mod reports;
mod settings;
mod smpp;
pub mod twilio;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use nidan_protocol::Channel;
use zeroize::Zeroizing;

pub use reports::{Known, Receipts};
pub use settings::{SmppConfig, TwilioConfig, WebhookConfig};
pub use smpp::Smpp;
pub use twilio::Twilio;
pub use webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER, Webhook, sign, verify};

/// Says what time it is, in Unix seconds.
pub type UnixClock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// A message, ready to be handed over. It carries a code and a number: wiped on drop, never
/// printed.
pub struct Outgoing {
    /// The idempotency key: the same for every try.
    pub id: String,
    /// The channel over which it travels.
    pub channel: Channel,
    /// [E.164](https://www.itu.int/rec/T-REC-E.164).
    pub number: Zeroizing<String>,
    /// The whole text message, or what a call says after the right keys.
    pub text: Zeroizing<String>,
    /// For a call: what it says first.
    pub prompt: String,
    /// For a call: what must be pressed.
    pub call_digits: Option<String>,
    /// For a call: the language of the voice ([BCP 47](https://www.rfc-editor.org/info/bcp47)).
    pub speech: String,
    /// Unix seconds: later it is of no use.
    pub expires_at: u64,
    /// For [gateways](Gateway) that count from now: seconds, a minute at least.
    pub valid_for_s: u64,
}

/// Why a [gateway](Gateway) did not take a message. The reasons go to the log: no code, no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It will not send it, now or later: the next [gateway](Gateway) may.
    #[error("refused: {0}")]
    Refused(String),
    /// It certainly did not take it, but might later.
    #[error("not reached: {0}")]
    NotReached(String),
    /// Nobody knows whether it took it.
    #[error("no clear answer: {0}")]
    Unclear(String),
}

/// A way out.
#[async_trait]
pub trait Gateway: Send + Sync + 'static {
    /// Hands a message over; the gateway's own reference, where it has one.
    async fn send(&self, message: &Outgoing) -> Result<Option<String>, SendError>;

    /// Whether the same id twice is sent once: then an unclear answer may be asked for again.
    fn is_idempotent(&self) -> bool;

    /// Runs while messages are sent, for gateways that keep a connection and hear of
    /// their messages by it.
    async fn attend(&self, _receipts: Receipts) {}
}
