//! What an operator sets for codes that travel by phone.

use std::path::PathBuf;

use nidan_protocol::Channel;
use serde::Deserialize;

use super::{ConfigError, is_http_url};
use crate::phone::is_country;

/// Where codes may be sent, and how many.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneConfig {
    /// ISO 3166-1 alpha-2; nothing is ever sent elsewhere.
    pub countries: Vec<String>,
    /// How many messages may be ordered.
    #[serde(default)]
    pub budgets: Budgets,
}

/// Messages of any kind, in windows of UTC. R42 and R43 give the numbers for one number; the others are a start that
/// an operator fits to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budgets {
    /// To one number in an hour, over all people.
    pub number_per_hour: u32,
    /// To one number in a day.
    pub number_per_day: u32,
    /// For one person in a day.
    pub subject_per_day: u32,
    /// To a thousand neighbouring numbers in a day.
    pub block_per_day: u32,
    /// For one host in a day.
    pub host_per_day: u32,
    /// To one country in a day.
    pub country_per_day: u32,
    /// Altogether in a day: the spending stop.
    pub total_per_day: u32,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            number_per_hour: 3,
            number_per_day: 8,
            subject_per_day: 10,
            block_per_day: 20,
            host_per_day: 5_000,
            country_per_day: 5_000,
            total_per_day: 10_000,
        }
    }
}

/// A way out for messages. The first that fits the channel and the country is used; the next when it fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// A short name, for logs and for the URLs of callbacks; never changes.
    pub id: String,
    /// What it can send.
    pub channels: Vec<Channel>,
    /// Only these countries; all where left out.
    pub countries: Option<Vec<String>>,
    /// Keeps messages in the database and shows them: for trying out.
    pub outbox: Option<Outbox>,
    /// Posts messages to a URL of the operator's.
    pub webhook: Option<Webhook>,
}

/// Has nothing to set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {}

/// The operator's own sender.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where messages are posted to.
    pub url: String,
    /// A file with the shared secret that signs both ways: at least 32 characters.
    pub secret_file: PathBuf,
}

pub(super) fn check(config: &super::Config) -> Result<(), ConfigError> {
    let value = |key: String, reason: &str| Err(ConfigError::Value { key, reason: reason.to_owned() });
    if let Some(phone) = &config.phone
        && (phone.countries.is_empty() || !phone.countries.iter().all(|country| is_country(country)))
    {
        return value("phone.countries".to_owned(), "must name countries by their two-letter codes, such as JP");
    }
    if config.phone.is_some() == config.gateways.is_empty() {
        return value("phone".to_owned(), "and [[gateways]] need each other");
    }
    for (index, gateway) in config.gateways.iter().enumerate() {
        let key = |name: &str| format!("gateways.{}.{name}", gateway.id);
        if gateway.id.is_empty() || !gateway.id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return value(format!("gateways[{index}].id"), "must be ASCII letters, digits and -");
        }
        if config.gateways.iter().take(index).any(|earlier| earlier.id == gateway.id) {
            return value(key("id"), "stands twice");
        }
        if gateway.channels.is_empty() {
            return value(key("channels"), "must name \"sms\", \"voice\" or both");
        }
        if gateway.countries.iter().flatten().any(|country| !is_country(country)) {
            return value(key("countries"), "must name countries by their two-letter codes, such as JP");
        }
        if [gateway.outbox.is_some(), gateway.webhook.is_some()].iter().filter(|there| **there).count() != 1 {
            return value(key("outbox"), "name exactly one of outbox and webhook");
        }
        if gateway.outbox.is_some() && config.production {
            return value(key("outbox"), "shows codes to whoever asks: only with `production = false`");
        }
        if let Some(webhook) = &gateway.webhook
            && !is_http_url(&webhook.url)
        {
            return value(key("webhook.url"), "must be an http(s) URL without a trailing slash");
        }
    }
    Ok(())
}
