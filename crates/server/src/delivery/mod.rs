//! Messages leave by an outbox in the database, workers, and gateways.
//!
//! An order is stored together with its challenge; a worker takes it, composes the text and hands
//! it to the first gateway that fits. Whatever dies in between, the message is taken again: at
//! least once, with the message's id as the idempotency key.

mod delivery_reports;
mod http;
mod security_events;
mod smpp;
mod templates;
pub(crate) mod twilio;
mod webhook;
mod worker;

use std::sync::Arc;

use async_trait::async_trait;
use nidan_protocol::Channel;
use zeroize::Zeroizing;

pub use delivery_reports::{Known, Receipts};
pub(crate) use security_events::{Notices, view as event_view};
pub(crate) use templates::{Catalogue, FormWords, TemplateVars};
pub(crate) use webhook::verify;
pub use webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
pub(crate) use worker::compose;
pub use worker::{MESSAGE_TRIES, run, run_until};

use crate::config::{Config, ConfigError, GatewayConfig, GatewayKind};

/// A message, ready to be handed over. It carries a code and a number: wiped on drop, never
/// printed.
pub struct Outgoing {
    /// The idempotency key: the same for every try.
    pub id: String,
    /// The channel over which it travels.
    pub channel: Channel,
    /// E.164.
    pub number: Zeroizing<String>,
    /// The whole text message, or what a call says after the right keys.
    pub text: Zeroizing<String>,
    /// For a call: what it says first.
    pub prompt: String,
    /// For a call: what must be pressed.
    pub call_digits: Option<String>,
    /// For a call: the language of the voice (BCP 47).
    pub speech: String,
    /// Unix seconds: later it is of no use.
    pub expires_at: u64,
    /// For gateways that count from now: seconds, a minute at least.
    pub valid_for_s: u64,
}

/// Why a gateway did not take a message. The reasons go to the log: no code, no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It will not send it, now or later: the next gateway may.
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

    /// Runs while messages are sent, for gateways that keep a connection and hear of their messages
    /// by it.
    async fn attend(&self, _receipts: Receipts) {}
}

/// The sender of a gateway's delivery reports.
#[derive(Clone)]
pub(crate) enum Callbacks {
    /// Nobody by HTTP.
    None,
    /// The host that reads the outbox.
    Outbox,
    /// Whoever signs with the shared secret.
    Webhook(Arc<Zeroizing<String>>),
    /// Twilio.
    Twilio(Arc<twilio::Callbacks>),
}

/// A gateway and what it is for.
#[derive(Clone)]
pub struct Route {
    /// As configured.
    pub id: String,
    channels: Vec<Channel>,
    countries: Option<Vec<String>>,
    pub(crate) callbacks: Callbacks,
    gateway: Arc<dyn Gateway>,
}

impl Route {
    /// A gateway of the caller's own, for every country.
    pub fn new(id: impl Into<String>, channels: Vec<Channel>, gateway: Arc<dyn Gateway>) -> Self {
        Self {
            id: id.into(),
            channels,
            countries: None,
            callbacks: Callbacks::None,
            gateway,
        }
    }

    /// Whether it takes such messages.
    pub(crate) fn fits(&self, channel: Channel, country: &str) -> bool {
        self.channels.contains(&channel)
            && self
                .countries
                .as_ref()
                .is_none_or(|countries| countries.iter().any(|known| known == country))
    }
}

/// The configured gateways, in their order.
///
/// # Errors
/// When a secret cannot be read.
pub fn routes(config: &Config) -> Result<Vec<Route>, ConfigError> {
    config
        .gateways
        .iter()
        .map(|gateway| route(config, gateway))
        .collect()
}

fn route(config: &Config, settings: &GatewayConfig) -> Result<Route, ConfigError> {
    let (gateway, callbacks): (Arc<dyn Gateway>, Callbacks) = match settings.kind() {
        None | Some(GatewayKind::Outbox) => (Arc::new(Outbox), Callbacks::Outbox),
        Some(GatewayKind::Webhook(webhook)) => {
            let secret = Arc::new(config.secret(&webhook.secret_file)?);
            let gateway = webhook::Webhook::new(webhook.url.clone(), Arc::clone(&secret));
            (Arc::new(gateway), Callbacks::Webhook(secret))
        }
        Some(GatewayKind::Twilio(twilio)) => {
            let token = config.secret(&twilio.auth_token_file)?;
            let callbacks = Arc::new(twilio::Callbacks::new(twilio, &settings.id, token));
            let gateway = twilio::Twilio::new(twilio.clone(), Arc::clone(&callbacks));
            (Arc::new(gateway), Callbacks::Twilio(callbacks))
        }
        Some(GatewayKind::Smpp(smpp)) => {
            let password = config.password(&smpp.password_file)?;
            // SMPP 3.4 §5.2.2, without the closing zero.
            if password.len() > 8 || !password.is_ascii() {
                let key = format!("gateways.{}.smpp.password_file", settings.id);
                return Err(ConfigError::Value {
                    key,
                    reason: "must hold at most 8 ASCII characters".to_owned(),
                });
            }
            (
                Arc::new(smpp::Smpp::new(smpp.clone(), password)),
                Callbacks::None,
            )
        }
    };
    let route = Route::new(settings.id.clone(), settings.channels.clone(), gateway);
    Ok(Route {
        countries: settings.countries.clone(),
        callbacks,
        ..route
    })
}

/// Keeps messages where they are: the host reads them at `/v1/outbox`.
struct Outbox;

#[async_trait]
impl Gateway for Outbox {
    async fn send(&self, _message: &Outgoing) -> Result<Option<String>, SendError> {
        Ok(None)
    }

    fn is_idempotent(&self) -> bool {
        true
    }
}
