//! One TOML file plus the environment. Unknown keys are refused by name: a misspelt setting is
//! never ignored.

mod phone;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use nidan_otp::Label;
use nidan_protocol::{BackupGate, Channel, MethodKind};
use serde::Deserialize;
use zeroize::Zeroizing;

pub(crate) use phone::GatewayKind;
pub use phone::{Budgets, GatewayConfig, Outbox, PhoneConfig, SmppConfig, TwilioConfig, Webhook};

use crate::keys::KEY_VARIABLES;

/// Prefix of the environment variables that override top-level settings: `NIDAN_LISTEN` is
/// `listen`.
const VARIABLE_PREFIX: &str = "NIDAN_";
/// 128 bits of hex or more ([RFC 2104 §3](https://www.rfc-editor.org/rfc/rfc2104#section-3)).
const SECRET_MIN_CHARS: usize = 32;
/// Names the configuration file itself, so it is no setting.
pub const CONFIG_VARIABLE: &str = "NIDAN_CONFIG";

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
    /// A URL or a `mailto:` link for people who need help.
    pub support_url: Option<String>,
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
    /// Whether people who cannot press keys may have a call read its code at once (a mailbox that
    /// answers presses none, and would keep the code).
    #[serde(default)]
    pub allow_unconfirmed_calls: bool,
    /// For how many days a person may have a browser not asked for codes: 1 to 90; not offered when
    /// left out.
    pub trust_days: Option<u32>,
    /// At login: whether a text or call is ordered at once, without a tap.
    #[serde(default)]
    pub auto_send: bool,
    /// Whether only the current 30 seconds' code of an app is taken (ASVS 6.5.5), and not its
    /// neighbours too ([RFC 6238 §5.2](https://www.rfc-editor.org/rfc/rfc6238#section-5.2)).
    #[serde(default)]
    pub strict_window: bool,
    /// The URL for people who have lost every method and all backup codes.
    pub recovery_url: Option<String>,
    /// The URL at which people change their password: the way on after a report.
    pub password_url: Option<String>,
    /// The URL to which the form without scripts posts its result. That form is not offered when
    /// this is left out.
    pub form_complete_url: Option<String>,
    /// The webhook to which notices are posted; there are none when this is left out.
    pub notices: Option<Webhook>,
}

/// Longer, and a stolen laptop signs in for a season.
const TRUST_DAYS: std::ops::RangeInclusive<u32> = 1..=90;

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

    /// The methods that a host offers, the recommended one first. An app is always the stronger
    /// one.
    pub(crate) fn methods(&self, host: &Host) -> Vec<MethodKind> {
        let possible = |kind: &MethodKind| match kind {
            MethodKind::Totp => true,
            MethodKind::Sms => self.can_send(Channel::Sms),
            MethodKind::Voice => self.can_send(Channel::Voice),
        };
        let all = [MethodKind::Totp, MethodKind::Sms, MethodKind::Voice];
        host.methods
            .as_deref()
            .unwrap_or(&all)
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

    fn parse(
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
        for (name, value) in environment {
            let Some(key) = name.strip_prefix(VARIABLE_PREFIX) else {
                continue;
            };
            if name != CONFIG_VARIABLE && !KEY_VARIABLES.contains(&name.as_str()) {
                table.insert(key.to_ascii_lowercase(), toml::Value::String(value));
            }
        }
        let config: Self =
            table
                .try_into()
                .map_err(|error: toml::de::Error| ConfigError::Shape {
                    path: PathBuf::from("environment"),
                    reason: error.to_string(),
                })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        require(
            is_http_url(&self.issuer),
            || "issuer".to_owned(),
            "must be the service's http(s) URL without a trailing slash",
        )?;
        let is_support = |url: &String| is_http_url(url) || url.starts_with("mailto:");
        require(
            self.support_url.as_ref().is_none_or(is_support),
            || "support_url".to_owned(),
            "must be an http(s) URL or a mailto: link",
        )?;
        require(
            !self.hosts.is_empty(),
            || "hosts".to_owned(),
            "name at least one host",
        )?;
        for (index, host) in self.hosts.iter().enumerate() {
            self.check_identity(index, host)?;
            self.check_offers(host)?;
        }
        phone::check(self)
    }

    /// Checks the settings that tell hosts apart, and by which people know them.
    fn check_identity(&self, index: usize, host: &Host) -> Result<(), ConfigError> {
        let key = |name: &'static str| move || format!("hosts.{}.{name}", host.id);
        let is_id = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        require(
            !host.id.is_empty() && host.id.bytes().all(is_id),
            || format!("hosts[{index}].id"),
            "must be ASCII letters, digits, - and _",
        )?;
        let mut earlier = self.hosts.iter().take(index);
        require(
            earlier.clone().all(|earlier| earlier.id != host.id),
            key("id"),
            "stands twice",
        )?;
        require(
            Label::parse(&host.name).is_ok(),
            key("name"),
            "must be 1 to 64 characters without colons and control characters",
        )?;
        require(
            parse_hex(&host.api_key_sha256).is_some(),
            key("api_key_sha256"),
            "must be 64 hex digits: the SHA-256 of the API key",
        )?;
        let has_same_key = |earlier: &Host| {
            let theirs = &earlier.api_key_sha256;
            theirs.eq_ignore_ascii_case(&host.api_key_sha256)
        };
        require(
            !earlier.any(has_same_key),
            key("api_key_sha256"),
            "is another host's: each needs a key of its own",
        )
    }

    /// Checks a host's origins, the URLs to which people are led, and the methods on offer.
    fn check_offers(&self, host: &Host) -> Result<(), ConfigError> {
        let key = |name: &'static str| move || format!("hosts.{}.{name}", host.id);
        require(
            !host.origins.is_empty() && host.origins.iter().all(|origin| is_origin(origin)),
            key("origins"),
            "must be origins such as https://shop.example, without a path",
        )?;
        require(
            host.trust_days
                .is_none_or(|days| TRUST_DAYS.contains(&days)),
            key("trust_days"),
            "must be 1 to 90",
        )?;
        let urls = [
            ("recovery_url", &host.recovery_url),
            ("password_url", &host.password_url),
            ("form_complete_url", &host.form_complete_url),
        ];
        for (name, url) in urls {
            let is_url = url.as_ref().is_none_or(|url| is_http_url(url));
            require(is_url, key(name), "must be an http(s) URL")?;
        }
        let fault = host.notices.as_ref();
        let fault = fault.and_then(|notices| phone::webhook_fault(notices, self.production));
        require(
            fault.is_none(),
            key("notices.url"),
            fault.unwrap_or_default(),
        )?;
        let methods = self.methods(host);
        let wanted = host.methods.as_ref().map_or(methods.len(), Vec::len);
        require(
            !methods.is_empty() && wanted == methods.len(),
            key("methods"),
            "must name methods that there is a gateway for, and one at least",
        )
    }
}

/// An error that names the setting, where it does not hold.
fn require(holds: bool, key: impl FnOnce() -> String, reason: &str) -> Result<(), ConfigError> {
    if holds {
        return Ok(());
    }
    Err(ConfigError::Value {
        key: key(),
        reason: reason.to_owned(),
    })
}

/// 64 hex digits.
pub(crate) fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let digits = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

fn is_http_url(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        && !text.ends_with('/')
}

fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        listen = "127.0.0.1:8080"
        database = "nidan.db"
        keys_file = "nidan.keys"
        issuer = "https://2sv.shop.example"
        [[hosts]]
        id = "shop"
        name = "Shop"
        api_key_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
        origins = ["https://shop.example"]
    "#;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::parse(Path::new("nidan.toml"), text, environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = load(
            GOOD,
            &[
                ("NIDAN_LISTEN", "127.0.0.1:9"),
                ("NIDAN_PEPPER", "x"),
                ("HOME", "y"),
            ],
        )
        .unwrap();
        assert_eq!(config.listen.port(), 9);
    }

    #[test]
    fn an_unknown_or_wrong_setting_is_named() {
        let check = |text: &str, environment: &[(&str, &str)], named: &str| {
            let error = load(text, environment).unwrap_err();
            assert!(error.contains(named), "{named:?} is not in {error:?}");
        };
        check(&GOOD.replace("issuer", "isuer"), &[], "isuer");
        check(&GOOD.replace("origins", "orgins"), &[], "orgins");
        check(GOOD, &[("NIDAN_LISTNE", "127.0.0.1:9")], "listne");
        check(GOOD, &[("NIDAN_LISTEN", "nowhere")], "listen");
        check(
            &GOOD.replace("0000\"", "\""),
            &[],
            "hosts.shop.api_key_sha256",
        );
        check(
            &GOOD.replace("https://shop.example", "https://shop.example/"),
            &[],
            "hosts.shop.origins",
        );
        check(&GOOD.replace("\"Shop\"", "\"A:B\""), &[], "hosts.shop.name");
        check(
            &GOOD.replace("https://2sv.shop.example", "2sv"),
            &[],
            "issuer",
        );
        let more = |text: &str| GOOD.replace("[[hosts]]", &format!("{text}\n[[hosts]]"));
        let outbox = "[[gateways]]\nid = \"out\"\nchannels = [\"sms\"]\noutbox = {}";
        let japan = "[phone]\ncountries = [\"JP\"]";
        check(
            &more(&format!("{japan}\n{outbox}")),
            &[],
            "gateways.out.outbox",
        );
        check(&more(japan), &[], "phone");
        check(&more(outbox), &[], "phone");
        check(
            &more(&format!("[phone]\ncountries = [\"XX\"]\n{outbox}")),
            &[],
            "phone.countries",
        );
        check(
            &more(&format!(
                "{japan}\nbudgets = {{ number_per_hours = 1 }}\n{outbox}"
            )),
            &[],
            "number_per_hours",
        );
        check(
            &more(&format!(
                "{japan}\n{outbox}\nwebhook = {{ url = \"x\", secret_file = \"y\" }}"
            )),
            &[],
            "gateways.out",
        );
        let sender = |url: &str| {
            format!(
                "{japan}\n[[gateways]]\nid = \"own\"\nchannels = [\"sms\"]\nwebhook = {{ url = \"{url}\", secret_file = \"y\" }}"
            )
        };
        check(
            &more(&sender("http://sender.example")),
            &[],
            "gateways.own.webhook.url",
        );
        assert!(load(&more(&sender("https://sender.example")), &[]).is_ok());
        assert!(
            load(&more(&sender("http://127.0.0.1:9")), &[]).is_ok(),
            "the same machine"
        );
        check(
            &GOOD.replace("origins", "methods = [\"sms\"]\norigins"),
            &[],
            "hosts.shop.methods",
        );
    }
}
