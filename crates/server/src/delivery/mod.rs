//! Messages leave by an outbox in the database, workers, and gateways.
//!
//! An order is stored together with its challenge; a worker takes it, composes the text and hands
//! it to the first of [`nidan_delivery`]'s gateways that fits. Whatever dies in between, the
//! message is taken again: at least once, with the message's id as the idempotency key.

mod security_events;
mod templates;
mod worker;

use std::sync::Arc;

use async_trait::async_trait;
use nidan_delivery::twilio::{self, Twilio};
use nidan_delivery::{Gateway, Outgoing, Receipts, SendError, Smpp, Webhook};
use nidan_protocol::Channel;
use zeroize::Zeroizing;

pub(crate) use security_events::{Notices, view as event_view};
pub(crate) use templates::{Catalogue, TemplateVars};
pub(crate) use worker::compose;
pub use worker::{MESSAGE_TRIES, run, run_until};

use crate::Service;
use crate::config::{Config, ConfigError, GatewayConfig, GatewayKind};
use crate::environment::{Clock as _, Os};

/// The sender of a [gateway](Gateway)'s delivery reports.
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

/// A [gateway](Gateway) and what it is for.
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

/// The configured [gateways](Gateway), in their order.
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
            let clock = Arc::new(|| Os.now_s());
            let gateway = Webhook::new(webhook.url.clone(), Arc::clone(&secret), clock);
            (Arc::new(gateway), Callbacks::Webhook(secret))
        }
        Some(GatewayKind::Twilio(twilio)) => {
            let token = config.secret(&twilio.auth_token_file)?;
            let callbacks = Arc::new(twilio::Callbacks::new(twilio, &settings.id, token));
            let gateway = Twilio::new(twilio.clone(), Arc::clone(&callbacks));
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
            (Arc::new(Smpp::new(smpp.clone(), password)), Callbacks::None)
        }
    };
    let route = Route::new(settings.id.clone(), settings.channels.clone(), gateway);
    Ok(Route {
        countries: settings.countries.clone(),
        callbacks,
        ..route
    })
}

/// Hears one [gateway](Gateway)'s word on its messages.
pub(crate) fn receipts(service: &Service, gateway: &str) -> Receipts {
    let clock = Arc::clone(&service.0.clock);
    let store = Arc::<dyn nidan_store::Store>::clone(&service.0.store);
    Receipts::new(store, Arc::new(move || clock.now_s()), gateway)
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
