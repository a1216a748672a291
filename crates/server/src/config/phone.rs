//! The settings of codes by phone: countries, budgets, gateways.

pub use nidan_delivery::{SmppConfig, TwilioConfig, WebhookConfig};
use nidan_protocol::Channel;
use serde::Deserialize;

use super::ConfigError;
use super::checks::{is_base_url, is_http_url};
use crate::phone::is_country;

/// The countries to which codes may be sent, and the budgets of messages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneConfig {
    /// [ISO 3166-1 alpha-2](https://www.iso.org/iso-3166-country-codes.html); nothing is ever sent
    /// elsewhere.
    pub countries: Vec<String>,
    /// Those of them whose internet numbers (Japan's 050) may be called. [SP
    /// 800-63B](https://pages.nist.gov/800-63-4/sp800-63b.html)-4 §3.1.3.1 forbids it, since such a
    /// number proves no device; it is all that some people have.
    #[serde(default)]
    pub calls_to_voip: Vec<String>,
    /// The numbers of messages that may be ordered.
    #[serde(default)]
    pub budgets: Budgets,
}

/// Messages of any kind, in windows of UTC. The reasons for the numbers are in
/// docs/decisions/0007-codes-by-phone.md and 0017-send-budgets.md; those of a host or a country are
/// a start that an operator fits to the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budgets {
    /// Texts, or calls, to one number in an hour: the first and its three repetitions. Set-ups at
    /// one host count together; a person's logins count for themselves.
    pub number_per_hour: u32,
    /// To one number in a day, counted likewise.
    pub number_per_day: u32,
    /// For one person in a day: set-ups, and as many for logins.
    pub subject_per_day: u32,
    /// For set-ups at one host with a thousand neighbouring numbers in a day. A code that is
    /// answered counts no more; ten times as many messages are the most.
    pub block_per_day: u32,
    /// For set-ups at one host in a day.
    pub host_per_day: u32,
    /// For set-ups at one host with numbers of one country in a day.
    pub country_per_day: u32,
    /// For set-ups altogether in a day: the spending stop that strangers can reach.
    pub total_per_day: u32,
    /// For logins at one host in a day: a second, higher stop.
    pub login_host_per_day: u32,
    /// For logins altogether in a day.
    pub login_total_per_day: u32,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            number_per_hour: 4,
            number_per_day: 8,
            subject_per_day: 10,
            block_per_day: 20,
            host_per_day: 5_000,
            country_per_day: 5_000,
            total_per_day: 10_000,
            login_host_per_day: 50_000,
            login_total_per_day: 100_000,
        }
    }
}

/// A way out for messages. The first that fits the [channel](Channel) and the country is used; the
/// next when it fails.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// A short name, for logs and for the URLs of callbacks; never changes.
    pub id: String,
    /// The channels that it serves.
    pub channels: Vec<Channel>,
    /// Only these countries; all where left out.
    pub countries: Option<Vec<String>>,
    /// Keeps messages in the database and shows them: for trying out.
    pub outbox: Option<Outbox>,
    /// Posts messages to a URL of the operator's.
    pub webhook: Option<WebhookConfig>,
    /// Sends and calls by Twilio.
    pub twilio: Option<TwilioConfig>,
    /// Hands text messages to a carrier.
    pub smpp: Option<SmppConfig>,
}

/// The kind of a gateway, with its settings.
pub(crate) enum GatewayKind<'a> {
    Outbox,
    Webhook(&'a WebhookConfig),
    Twilio(&'a TwilioConfig),
    Smpp(&'a SmppConfig),
}

impl GatewayConfig {
    /// [`None`] unless it names exactly one.
    pub(crate) const fn kind(&self) -> Option<GatewayKind<'_>> {
        match (&self.outbox, &self.webhook, &self.twilio, &self.smpp) {
            (Some(_), None, None, None) => Some(GatewayKind::Outbox),
            (None, Some(webhook), None, None) => Some(GatewayKind::Webhook(webhook)),
            (None, None, Some(twilio), None) => Some(GatewayKind::Twilio(twilio)),
            (None, None, None, Some(smpp)) => Some(GatewayKind::Smpp(smpp)),
            _none_or_several => None,
        }
    }
}

/// Has nothing to set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {}

/// Said of such a URL.
const IN_CLEAR: &str =
    "must be https: with `production = true`, codes and numbers never travel in clear text";

/// What is wrong with the settings of phones: a key and the reason.
pub(super) fn check(config: &super::Config) -> Result<(), ConfigError> {
    let value = |key: String, reason: &str| ConfigError::Value {
        key,
        reason: reason.to_owned(),
    };
    if let Some(phone) = &config.phone
        && (phone.countries.is_empty() || !phone.countries.iter().all(|one| is_country(one)))
    {
        return Err(value("phone.countries".to_owned(), COUNTRIES));
    }
    if let Some(phone) = &config.phone
        && !phone
            .calls_to_voip
            .iter()
            .all(|one| phone.countries.contains(one))
    {
        let reason = "must be some of `countries`";
        return Err(value("phone.calls_to_voip".to_owned(), reason));
    }
    if config.phone.is_some() == config.gateways.is_empty() {
        let reason = "and [[gateways]] need each other";
        return Err(value("phone".to_owned(), reason));
    }
    for (index, gateway) in config.gateways.iter().enumerate() {
        if !is_id(&gateway.id) {
            let reason = "must be ASCII letters, digits and -";
            return Err(value(format!("gateways[{index}].id"), reason));
        }
        let earlier = config.gateways.iter().take(index);
        let fault = gateway_fault(gateway, earlier, config.production);
        if let Some((name, reason)) = fault {
            return Err(value(format!("gateways.{}.{name}", gateway.id), reason));
        }
    }
    Ok(())
}

const COUNTRIES: &str = "must name countries by their two-letter codes, such as JP";

fn is_id(id: &str) -> bool {
    let may_stand = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !id.is_empty() && id.bytes().all(may_stand)
}

/// What is wrong with a gateway: a setting and the reason.
fn gateway_fault<'a>(
    gateway: &GatewayConfig,
    mut earlier: impl Iterator<Item = &'a GatewayConfig>,
    production: bool,
) -> Option<(&'static str, &'static str)> {
    if earlier.any(|earlier| earlier.id == gateway.id) {
        return Some(("id", "stands twice"));
    }
    if gateway.channels.is_empty() {
        return Some(("channels", "must name \"sms\", \"voice\" or both"));
    }
    let mut countries = gateway.countries.iter().flatten();
    if !countries.all(|country| is_country(country)) {
        return Some(("countries", COUNTRIES));
    }
    let Some(kind) = gateway.kind() else {
        let reason = "name exactly one of outbox, webhook, twilio and smpp";
        return Some(("outbox", reason));
    };
    match kind {
        GatewayKind::Outbox if production => Some((
            "outbox",
            "shows codes to whoever asks: only with `production = false`",
        )),
        GatewayKind::Outbox => None,
        GatewayKind::Webhook(webhook) => Some(("webhook.url", webhook_fault(webhook, production)?)),
        GatewayKind::Twilio(twilio) if production && in_clear(&twilio.api_url) => {
            Some(("twilio.api_url", IN_CLEAR))
        }
        // Twilio fetches what a call says from there.
        GatewayKind::Twilio(twilio) if production && in_clear(&twilio.public_url) => {
            Some(("twilio.public_url", IN_CLEAR))
        }
        GatewayKind::Twilio(twilio) => twilio_fault(twilio, &gateway.channels),
        GatewayKind::Smpp(smpp) => smpp_fault(smpp, &gateway.channels),
    }
}

pub(super) fn webhook_fault(webhook: &WebhookConfig, production: bool) -> Option<&'static str> {
    if !is_http_url(&webhook.url) {
        return Some("must be an http(s) URL");
    }
    (production && in_clear(&webhook.url)).then_some(IN_CLEAR)
}

/// Whether codes would leave this machine for everybody on the way to read.
pub(super) fn in_clear(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| {
        let is_here = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        url.scheme() == "http" && !is_here
    })
}

fn twilio_fault(
    twilio: &TwilioConfig,
    channels: &[Channel],
) -> Option<(&'static str, &'static str)> {
    let sid = |text: &str, kind: &str| {
        text.strip_prefix(kind)
            .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    if !sid(&twilio.account_sid, "AC") {
        return Some(("twilio.account_sid", "must be AC and 32 letters and digits"));
    }
    if twilio
        .messaging_service_sid
        .as_ref()
        .is_some_and(|service| !sid(service, "MG"))
    {
        return Some((
            "twilio.messaging_service_sid",
            "must be MG and 32 letters and digits",
        ));
    }
    let needs_from = channels.contains(&Channel::Voice) || twilio.messaging_service_sid.is_none();
    if twilio
        .from
        .as_ref()
        .map_or(needs_from, |from| !is_e164(from))
    {
        return Some((
            "twilio.from",
            "must be a number in E.164, such as +12025550123",
        ));
    }
    if !is_base_url(&twilio.public_url) {
        return Some((
            "twilio.public_url",
            "must be this service's public http(s) URL without a trailing slash",
        ));
    }
    (!is_base_url(&twilio.api_url)).then_some((
        "twilio.api_url",
        "must be an http(s) URL without a trailing slash",
    ))
}

fn smpp_fault(smpp: &SmppConfig, channels: &[Channel]) -> Option<(&'static str, &'static str)> {
    let fits = |text: &str, max: usize| text.is_ascii() && text.len() <= max;
    if channels.contains(&Channel::Voice) {
        return Some(("channels", "must be [\"sms\"]: SMPP makes no calls"));
    }
    let has_place = url::Url::parse(&smpp.url).is_ok_and(|url| {
        matches!(url.scheme(), "smpp" | "smpps") && url.host().is_some() && url.port().is_some()
    });
    if !has_place {
        return Some((
            "smpp.url",
            "must be smpps://host:port, or smpp: on a private way",
        ));
    }
    // SMPP 3.4 §5.2.1 and §5.2.3, without the closing zero.
    if smpp.system_id.is_empty() || !fits(&smpp.system_id, 15) {
        return Some(("smpp.system_id", "must be 1 to 15 ASCII characters"));
    }
    if !fits(&smpp.system_type, 12) {
        return Some(("smpp.system_type", "must be at most 12 ASCII characters"));
    }
    let is_number = smpp.source.bytes().all(|byte| byte.is_ascii_digit());
    // 3GPP TS 23.040 §9.1.2.5: eleven characters of a name.
    let is_name =
        !smpp.source.starts_with('+') && fits(&smpp.source, if is_number { 15 } else { 11 });
    if smpp.source.is_empty() || !(is_e164(&smpp.source) || is_name) {
        return Some((
            "smpp.source",
            "must be a number in E.164, a short number or a name of at most 11 letters",
        ));
    }
    (smpp.enquire_link_s == 0).then_some(("smpp.enquire_link_s", "must be at least 1"))
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}
