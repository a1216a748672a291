//! The settings of gateways, as an operator writes them.

use std::path::PathBuf;

use serde::Deserialize;

/// The operator's own sender.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The URL to which messages are posted.
    pub url: String,
    /// A file with the shared secret that signs both ways: at least 32 characters.
    pub secret_file: PathBuf,
}

/// An account at Twilio.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwilioConfig {
    /// `AC…`.
    pub account_sid: String,
    /// A file with the account's auth token: it also signs what Twilio calls back with.
    pub auth_token_file: PathBuf,
    /// The number that messages and calls come from, [E.164](https://www.itu.int/rec/T-REC-E.164).
    /// Calls need one.
    pub from: Option<String>,
    /// `MG…`: picks the sender of text messages.
    pub messaging_service_sid: Option<String>,
    /// This service as Twilio reaches it.
    pub public_url: String,
    /// Another place than Twilio's own, such as a region's.
    #[serde(default = "default_twilio")]
    pub api_url: String,
}

fn default_twilio() -> String {
    "https://api.twilio.com".to_owned()
}

/// An account at a carrier.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppConfig {
    /// `smpps://host:port`, or `smpp:` where the way is private.
    pub url: String,
    /// At most 15 characters.
    pub system_id: String,
    /// A file with the password: at most 8 characters.
    pub password_file: PathBuf,
    /// At most 12 characters; most carriers want none.
    #[serde(default)]
    pub system_type: String,
    /// The sender of a message: a number in [E.164](https://www.itu.int/rec/T-REC-E.164), a short
    /// number, or a name of at most 11 letters.
    pub source: String,
    /// The interval between two checks of the connection, in seconds.
    #[serde(default = "default_enquire_link_s")]
    pub enquire_link_s: u64,
}

const fn default_enquire_link_s() -> u64 {
    30
}
