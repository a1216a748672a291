//! One TOML file plus the environment. Unknown keys of the file are refused by name: a misspelt
//! setting is never ignored. Unknown variables are said, and ignored: a platform sets them too.

mod checks;
mod mark;
mod phone;
mod policy;
mod texts;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use nidan_protocol::{AcrNeeded, BackupGate, Channel, MethodKind};
use serde::Deserialize;
use zeroize::Zeroizing;

pub(crate) use checks::parse_hex;
pub(crate) use phone::GatewayKind;
pub use phone::{
    Budgets, GatewayConfig, Outbox, PhoneConfig, SmppConfig, TwilioConfig, WebhookConfig,
};
pub use policy::Group;
pub use texts::{Figure, Localized};

use crate::keys::KEY_VARIABLES;

/// Prefix of the environment variables that override top-level settings: `NIDAN_LISTEN` is
/// `listen`.
const VARIABLE_PREFIX: &str = "NIDAN_";
/// 128 bits of hex or more ([RFC 2104 §3](https://www.rfc-editor.org/rfc/rfc2104#section-3)).
const SECRET_MIN_CHARS: usize = 32;
/// Names the configuration file itself, so it is no setting.
pub const CONFIG_VARIABLE: &str = "NIDAN_CONFIG";
/// What the environment can set. Container platforms set others with our prefix, such as
/// `NIDAN_PORT`, for a service of that name: those are none of ours.
const SETTABLE: [&str; 10] = [
    "listen",
    "database",
    "keys_file",
    "mark_file",
    "issuer",
    "log",
    "support_url",
    "widget_folder",
    "production",
    "metrics_listen",
];

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// Everything an operator sets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address on which the service listens.
    pub listen: SocketAddr,
    /// The SQLite file.
    pub database: PathBuf,
    /// The key file.
    pub keys_file: PathBuf,
    /// The mark, a file that says which database belongs to the keys. It is beside the key file
    /// when this is left out.
    pub mark_file: Option<PathBuf>,
    /// `iss` of every assertion; hosts compare it exactly.
    pub issuer: String,
    /// The format of log lines.
    #[serde(default)]
    pub log: LogFormat,
    /// A URL, a `mailto:` or a `tel:` link for people who need help.
    pub support_url: Option<String>,
    /// What people read where they wait for a code by phone, by language: an outage of a carrier, for
    /// instance.
    #[serde(default)]
    pub outage_notice: Localized,
    /// How and when people reach support, by language: its channels and hours.
    #[serde(default)]
    pub support_hours: Localized,
    /// Figures that show why a password alone is not enough.
    #[serde(default)]
    pub figures: Vec<Figure>,
    /// The widget's folder, as `cargo xtask dist` makes it, to hand out under `/widget/`; nothing
    /// is when left out.
    pub widget_folder: Option<PathBuf>,
    /// Whether people rely on it: what is only for trying out is then refused.
    #[serde(default = "default_production")]
    pub production: bool,
    /// The address on which counts are served to Prometheus; none when left out.
    pub metrics_listen: Option<SocketAddr>,
    /// The phone methods; there are none when this is left out.
    pub phone: Option<PhoneConfig>,
    /// Ways out for messages, in the order in which they are tried.
    #[serde(default)]
    pub gateways: Vec<GatewayConfig>,
    /// The hosts that may use the service.
    pub hosts: Vec<Host>,
    /// The folder of the file that this was read from.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Environment variables with our prefix that set nothing.
    #[serde(skip)]
    pub ignored_variables: Vec<String>,
}

const fn default_production() -> bool {
    true
}

/// A site with a login page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// `aud` of its assertions; never changes.
    pub id: String,
    /// The name that people see in their authenticator app.
    pub name: String,
    /// SHA-256 of its API key, hex.
    pub api_key_sha256: String,
    /// Origins whose pages may embed the widget.
    pub origins: Vec<String>,
    /// The proof that the step "save the backup codes" asks for.
    #[serde(default = "default_gate")]
    pub backup_gate: BackupGate,
    /// The methods on offer, the recommended one first; all that there is a way for when left out.
    pub methods: Option<Vec<MethodKind>>,
    /// Passkeys and security keys; there are none when this is left out.
    pub passkeys: Option<PasskeyConfig>,
    /// Whether people who cannot press keys may have a call read its code at once (a mailbox that
    /// answers presses none, and would keep the code).
    #[serde(default)]
    pub allow_unconfirmed_calls: bool,
    /// For how many days a person may have a browser not asked for codes: 1 to 90; not offered when
    /// left out.
    pub trust_days: Option<u32>,
    /// Whether a trusted browser in which the person is signed in may show the code of a login elsewhere:
    /// the host then has a page of the purpose `approve`. It needs `trust_days`.
    #[serde(default)]
    pub approvals: bool,
    /// At login: whether a text or call is ordered at once, without a tap.
    #[serde(default)]
    pub auto_send: bool,
    /// Whether only the current 30 seconds' code of an app is taken
    /// ([ASVS](https://github.com/OWASP/ASVS/tree/v5.0.0) 6.5.5), and not its neighbours too ([RFC
    /// 6238 §5.2](https://www.rfc-editor.org/rfc/rfc6238#section-5.2)).
    #[serde(default)]
    pub strict_window: bool,
    /// Whether everybody must have two-step verification: nobody pauses it or turns it off.
    #[serde(default)]
    pub required: bool,
    /// Where it is required: for how many days after a person was first asked the set-up may be put off,
    /// 1 to 365; no date ends it when left out. With neither this nor `grace_skips` it is not put off.
    pub grace_days: Option<u32>,
    /// Where it is required: how often the set-up may be put off, 1 to 100; no number ends it when left
    /// out.
    pub grace_skips: Option<u32>,
    /// How many methods are left at least when a person removes one: 1 to 5. Where it is required, who has
    /// fewer is led into adding one after the next login.
    #[serde(default = "default_min_methods")]
    pub min_methods: u32,
    /// Whether people may pause codes, where it is not required.
    #[serde(default = "default_true")]
    pub may_pause: bool,
    /// Whether people may turn two-step verification off, where it is not required.
    #[serde(default = "default_true")]
    pub may_turn_off: bool,
    /// What a login has to be worth of people who have something that is; who has nothing yet is led into
    /// adding it after the next login.
    pub acr_needed: Option<AcrNeeded>,
    /// People for whom other rules hold.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// The URL for people who have lost every method and all backup codes.
    pub recovery_url: Option<String>,
    /// The URL at which people change their password: the way on after a report.
    pub password_url: Option<String>,
    /// The URL to which the form without scripts posts its result. That form is not offered when
    /// this is left out.
    pub form_complete_url: Option<String>,
    /// The URL to which the page without scripts on which methods are managed posts its result. That
    /// page is not offered when this is left out.
    pub form_manage_url: Option<String>,
    /// The webhook to which notices are posted; there are none when this is left out.
    pub notices: Option<WebhookConfig>,
}

/// What passkeys are made for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyConfig {
    /// The [RP ID](https://www.w3.org/TR/webauthn-3/#rp-id): the domain of the host's origins, or one
    /// that they are under. It never changes: the keys of another one answer nobody.
    pub rp_id: String,
    /// Whether security keys count that ask for no PIN. One that asked for it when it was made goes on
    /// doing so.
    #[serde(default)]
    pub keys_without_pin: bool,
}

/// Longer, and a stolen laptop signs in for a season.
const TRUST_DAYS: std::ops::RangeInclusive<u32> = 1..=90;

/// A year, and more is no grace but a choice.
const GRACE_DAYS: std::ops::RangeInclusive<u32> = 1..=365;
/// As many as some sign in within a month.
const GRACE_SKIPS: std::ops::RangeInclusive<u32> = 1..=100;

/// More than five of a kind nobody has.
const MIN_METHODS: std::ops::RangeInclusive<u32> = 1..=5;

const fn default_min_methods() -> u32 {
    1
}

const fn default_true() -> bool {
    true
}

const fn default_gate() -> BackupGate {
    BackupGate::TypeOne
}

/// Why there is no configuration to run with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, an unknown key, or a value of another type.
    #[error("{path}: {reason}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// The parser's words, with key and place.
        reason: String,
    },
    /// A value that cannot work.
    #[error("`{key}`: {reason}")]
    Value {
        /// The setting.
        key: String,
        /// The rule that it breaks.
        reason: String,
    },
}

/// A host's name up to this many bytes leaves room for an account in a QR code of the usual size:
/// twice the name and an address of 30 characters are 425 bytes of its URI.
const NAME_SMALL_BYTES: usize = 42;

impl Config {
    /// Reads the file, lays the environment over it and checks every value.
    ///
    /// # Errors
    /// With the name of the first setting that cannot work.
    pub fn load(
        path: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut config = Self::parse(path, &text, environment)?;
        // Relative paths are relative to the file that names them, wherever the service is started.
        let folder = path.parent().unwrap_or(Path::new(""));
        config.database = folder.join(&config.database);
        config.keys_file = folder.join(&config.keys_file);
        config.mark_file = config.mark_file.map(|mark| folder.join(mark));
        config.widget_folder = config.widget_folder.map(|widget| folder.join(widget));
        config.folder = folder.to_owned();
        Ok(config)
    }

    /// The origins on which the passkeys of one RP ID work: those of all hosts that have it. Which RP ID
    /// that is, a host says by its id; without one, the first host that has any.
    pub fn related_origins(&self, host: Option<&str>) -> Option<BTreeSet<&str>> {
        let with = |of: &Host| of.passkeys.as_ref().map(|passkeys| passkeys.rp_id.clone());
        let mut asked = self.hosts.iter();
        let rp_id = asked.find_map(|of| with(of).filter(|_| host.is_none_or(|id| of.id == id)))?;
        let same = self
            .hosts
            .iter()
            .filter(|of| with(of).as_deref() == Some(rp_id.as_str()));
        Some(
            same.flat_map(|of| of.origins.iter().map(String::as_str))
                .collect(),
        )
    }

    /// The methods that a host offers, the recommended one first. An app is always the stronger
    /// one.
    pub(crate) fn methods(&self, host: &Host) -> Vec<MethodKind> {
        let possible = |kind: &MethodKind| match kind {
            MethodKind::Totp => true,
            MethodKind::Sms => self.can_send(Channel::Sms),
            MethodKind::Voice => self.can_send(Channel::Voice),
            MethodKind::Passkey => host.passkeys.is_some(),
        };
        host.methods
            .as_deref()
            .unwrap_or(MethodKind::ALL)
            .iter()
            .copied()
            .filter(possible)
            .collect()
    }

    fn can_send(&self, channel: Channel) -> bool {
        self.phone.is_some()
            && self
                .gateways
                .iter()
                .any(|gateway| gateway.channels.contains(&channel))
    }

    /// A secret that signs, from a file beside the configuration.
    pub(crate) fn secret(&self, file: &Path) -> Result<Zeroizing<String>, ConfigError> {
        let secret = self.password(file)?;
        if secret.len() < SECRET_MIN_CHARS {
            let reason = format!(
                "{} holds less than {SECRET_MIN_CHARS} characters",
                file.display()
            );
            return Err(ConfigError::Value {
                key: "secret_file".to_owned(),
                reason,
            });
        }
        Ok(secret)
    }

    /// A password of whatever length its service wants, from a file beside the configuration.
    pub(crate) fn password(&self, file: &Path) -> Result<Zeroizing<String>, ConfigError> {
        let text = crate::keys::read_private(&self.folder.join(file)).map_err(|error| {
            ConfigError::Value {
                key: "secret_file".to_owned(),
                reason: error.to_string(),
            }
        })?;
        Ok(Zeroizing::new(text.trim().to_owned()))
    }

    pub(crate) fn parse(
        path: &Path,
        text: &str,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let shape = |error: toml::de::Error| ConfigError::Shape {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        // Typed once from the text alone, so that errors show the line.
        toml::from_str::<Self>(text).map_err(shape)?;
        let mut table: toml::Table = toml::from_str(text).map_err(shape)?;
        let mut ignored_variables = Vec::new();
        for (name, value) in environment {
            let Some(key) = name.strip_prefix(VARIABLE_PREFIX) else {
                continue;
            };
            let key = key.to_ascii_lowercase();
            if SETTABLE.contains(&key.as_str()) {
                let value = match value.parse() {
                    Ok(is_so) if key == "production" => toml::Value::Boolean(is_so),
                    _text => toml::Value::String(value),
                };
                table.insert(key, value);
            } else if name != CONFIG_VARIABLE && !KEY_VARIABLES.contains(&name.as_str()) {
                ignored_variables.push(name);
            }
        }
        let mut config: Self =
            table
                .try_into()
                .map_err(|error: toml::de::Error| ConfigError::Shape {
                    path: PathBuf::from("environment"),
                    reason: error.to_string(),
                })?;
        config.ignored_variables = ignored_variables;
        config.check()?;
        Ok(config)
    }

    /// What can be left so, and is most likely not meant: a line each.
    pub fn warnings(&self) -> Vec<String> {
        let mut lines: Vec<_> = self
            .ignored_variables
            .iter()
            .map(|name| format!("{name} is no setting and was ignored"))
            .collect();
        for host in &self.hosts {
            if host.name.len() > NAME_SMALL_BYTES {
                lines.push(format!(
                    "hosts.{}: a name of {} bytes stands twice in each QR code, which then opens enlarged",
                    host.id,
                    host.name.len()
                ));
            }
            if self.support_url.is_none() && host.recovery_url.is_none() {
                lines.push(format!(
                    "hosts.{}: neither support_url nor recovery_url is set: who has lost every method is led nowhere",
                    host.id
                ));
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests;
