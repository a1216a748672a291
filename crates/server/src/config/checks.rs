//! What a configuration must be, setting by setting.

use nidan_core::manage::APPS_MAX;
use nidan_otp::Label;
use nidan_protocol::{AcrNeeded, MethodClass, PASSKEYS_MAX, PHONES_MAX};

use super::{
    Config, ConfigError, GRACE_DAYS, GRACE_SKIPS, Host, MIN_METHODS, TRUST_DAYS, phone, texts,
};

/// Longer than anybody's department.
const GROUP_MAX_BYTES: usize = 64;
/// Some sentences: who waits for a code reads no more.
const NOTICE_MAX_CHARS: usize = 300;
const TEXTS: &str = "must have texts of 1 to 300 characters by tags of languages, such as en";

impl Config {
    /// Whether it can be worked with.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        require(
            is_base_url(&self.issuer),
            || "issuer".to_owned(),
            "must be the service's http(s) URL without a trailing slash",
        )?;
        self.in_the_clear([("issuer", Some(&self.issuer))], str::to_owned)?;
        require(
            self.support_url.as_deref().is_none_or(is_support),
            || "support_url".to_owned(),
            "must be an http(s) URL, a mailto: link or a tel: link",
        )?;
        let support = [("support_url", self.support_url.as_ref())];
        self.in_the_clear(support, str::to_owned)?;
        self.check_words()?;
        require(
            !self.hosts.is_empty(),
            || "hosts".to_owned(),
            "name at least one host",
        )?;
        for (index, host) in self.hosts.iter().enumerate() {
            self.check_identity(index, host)?;
            self.check_offers(host)?;
            self.check_groups(host)?;
        }
        phone::check(self)
    }

    /// Checks what the operator says in words of their own.
    fn check_words(&self) -> Result<(), ConfigError> {
        for (name, text) in [
            ("outage_notice", &self.outage_notice),
            ("support_hours", &self.support_hours),
        ] {
            require(text.is_good(NOTICE_MAX_CHARS), || name.to_owned(), TEXTS)?;
        }
        for (index, figure) in self.figures.iter().enumerate() {
            let key = |name: &'static str| move || format!("figures[{index}].{name}");
            let is_said = !figure.text.is_empty() && figure.text.is_good(NOTICE_MAX_CHARS);
            require(is_said, key("text"), TEXTS)?;
            let is_named = (1..=NOTICE_MAX_CHARS).contains(&figure.source.trim().chars().count());
            require(is_named, key("source"), "must name who says so")?;
            let is_link = |url: &String| is_http_url(url) && url.starts_with("https:");
            require(
                figure.source_url.as_ref().is_none_or(is_link),
                key("source_url"),
                "must be an https URL",
            )?;
            require(
                texts::is_day(&figure.as_of),
                key("as_of"),
                "must be the day of the source, such as 2026-05-01",
            )?;
        }
        Ok(())
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
            "must be origins such as https://shop.example, each named in full, without a path",
        )?;
        let of_host = |name: &str| format!("hosts.{}.{name}", host.id);
        let origins = host.origins.iter().map(|origin| ("origins", Some(origin)));
        self.in_the_clear(origins, of_host)?;
        require(
            !host.approvals || host.trust_days.is_some(),
            key("approvals"),
            "needs `trust_days`: a browser that is trusted approves",
        )?;
        let urls = [
            ("recovery_url", &host.recovery_url),
            ("password_url", &host.password_url),
            ("form_complete_url", &host.form_complete_url),
            ("form_manage_url", &host.form_manage_url),
        ];
        for (name, url) in urls {
            let is_url = url.as_ref().is_none_or(|url| is_http_url(url));
            require(is_url, key(name), "must be an http(s) URL")?;
            self.in_the_clear([(name, url.as_ref())], of_host)?;
        }
        let fault = host.notices.as_ref();
        let fault = fault.and_then(|notices| phone::webhook_fault(notices, self.production));
        require(
            fault.is_none(),
            key("notices.url"),
            fault.unwrap_or_default(),
        )?;
        check_passkeys(host)?;
        self.check_policy(host, &format!("hosts.{}", host.id))
    }

    /// Checks each group as the host that it makes: a policy that would leave somebody without any way is
    /// found before anybody meets it.
    fn check_groups(&self, host: &Host) -> Result<(), ConfigError> {
        for (index, group) in host.groups.iter().enumerate() {
            let place = format!("hosts.{}.groups.{}", host.id, group.id);
            let is_id = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            require(
                (1..=GROUP_MAX_BYTES).contains(&group.id.len()) && group.id.bytes().all(is_id),
                || format!("hosts.{}.groups[{index}].id", host.id),
                "must be 1 to 64 ASCII letters, digits, - and _",
            )?;
            let mut earlier = host.groups.iter().take(index);
            require(
                earlier.all(|earlier| earlier.id != group.id),
                || format!("{place}.id"),
                "stands twice",
            )?;
            if let Some(host) = host.of_group(Some(&group.id)) {
                self.check_policy(&host, &place)?;
            }
        }
        Ok(())
    }

    /// Checks the rules for people, of a host or of a group, whose keys begin with `place`.
    fn check_policy(&self, host: &Host, place: &str) -> Result<(), ConfigError> {
        let key = |name: &'static str| move || format!("{place}.{name}");
        let in_range = |value: Option<u32>, range: std::ops::RangeInclusive<u32>| {
            value.is_none_or(|value| range.contains(&value))
        };
        let trust = in_range(host.trust_days, TRUST_DAYS);
        require(trust, key("trust_days"), "must be 1 to 90")?;
        let methods_left = MIN_METHODS.contains(&host.min_methods);
        require(methods_left, key("min_methods"), "must be 1 to 5")?;
        let days = in_range(host.grace_days, GRACE_DAYS);
        require(days, key("grace_days"), "must be 1 to 365")?;
        let skips = in_range(host.grace_skips, GRACE_SKIPS);
        require(skips, key("grace_skips"), "must be 1 to 100")?;
        require(
            host.required || (host.grace_days.is_none() && host.grace_skips.is_none()),
            key("grace_days"),
            "needs `required`: nothing else is put off",
        )?;
        let methods = self.methods(host);
        let wanted = host.methods.as_ref().map_or(methods.len(), Vec::len);
        require(
            !methods.is_empty() && wanted == methods.len(),
            key("methods"),
            "must name methods that there is a gateway for, or `passkeys` for passkeys, and one at least",
        )?;
        let is_worth = |acr: AcrNeeded| methods.iter().any(|kind| acr.is_met_by(*kind));
        require(
            host.acr_needed.is_none_or(is_worth),
            key("acr_needed"),
            "needs a method that is worth it: nobody could set one up",
        )?;
        let most = methods.iter().map(|kind| match kind.class() {
            MethodClass::Otp => APPS_MAX,
            MethodClass::OutOfBand(_) => PHONES_MAX,
            MethodClass::Cryptographic => PASSKEYS_MAX,
        });
        require(
            most.sum::<usize>() >= usize::try_from(host.min_methods).unwrap_or(usize::MAX),
            key("min_methods"),
            "is more than anybody can have of `methods`",
        )
    }
}

impl Config {
    /// With `production`, nothing leaves this machine unencrypted.
    fn in_the_clear<'a>(
        &self,
        urls: impl IntoIterator<Item = (&'static str, Option<&'a String>)>,
        key: impl Fn(&str) -> String,
    ) -> Result<(), ConfigError> {
        for (name, url) in urls {
            let is_clear = url.is_some_and(|url| phone::in_clear(url));
            require(
                !(self.production && is_clear),
                || key(name),
                "must be https, or be on this machine: with `production = true` nothing travels in clear text",
            )?;
        }
        Ok(())
    }
}

/// Checks an RP ID against the origins, as browsers will ([WebAuthn Level 3
/// §5.1.3](https://www.w3.org/TR/webauthn-3/#sctn-createCredential), steps 7 and 8).
fn check_passkeys(host: &Host) -> Result<(), ConfigError> {
    let Some(passkeys) = &host.passkeys else {
        return Ok(());
    };
    let (rp_id, key) = (passkeys.rp_id.as_str(), || {
        format!("hosts.{}.passkeys.rp_id", host.id)
    });
    let domain = match url::Host::parse(rp_id) {
        Ok(url::Host::Domain(domain)) => domain == rp_id && !rp_id.ends_with('.'),
        Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) | Err(_) => false,
    };
    require(
        domain && (rp_id == LOCALHOST || rp_id.contains('.')),
        key,
        "must be a domain in small letters such as shop.example, or localhost; an IP address cannot be one",
    )?;
    let origins = || {
        host.origins
            .iter()
            .filter_map(|origin| url::Url::parse(origin).ok())
    };
    let is_under = |url: &url::Url| {
        let under = [".", rp_id].concat();
        url.domain()
            .is_some_and(|domain| domain == rp_id || domain.ends_with(&under))
    };
    require(
        origins().any(|url| is_under(&url)),
        key,
        "must be the domain of one of the origins, or one that it is under",
    )?;
    let is_secure = |url: &url::Url| url.scheme() == "https" || url.domain() == Some(LOCALHOST);
    require(
        origins().all(|url| is_secure(&url)),
        || format!("hosts.{}.origins", host.id),
        "must be https (or localhost) where there are passkeys: browsers have none elsewhere",
    )
}

/// Browsers take it for secure without TLS ([Secure Contexts
/// §3.1](https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy)).
const LOCALHOST: &str = "localhost";

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

pub(super) fn is_http_url(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

/// A URL to which paths are added.
pub(super) fn is_base_url(text: &str) -> bool {
    is_http_url(text) && !text.ends_with('/')
}

/// Where people get help: a page, an address or a telephone number.
fn is_support(text: &str) -> bool {
    is_http_url(text) || text.starts_with("mailto:") || text.starts_with("tel:")
}

fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        let is_one = !text.contains('*');
        let is_whole = url.origin().ascii_serialization() == text;
        matches!(url.scheme(), "http" | "https") && is_one && is_whole
    })
}
