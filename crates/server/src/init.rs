//! `nidan-server init`: a commented configuration, fresh keys and an API key that is shown once.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};

use crate::config::{Config, ConfigError};
use crate::environment::{Random, random_bytes};
use crate::keys::{Keys, sha256};

/// API keys begin with this, so that secret scanners find them.
const API_KEY_PREFIX: &str = "nidan_sk_";

/// The files to write, and their content.
#[derive(Debug, Clone)]
pub struct Init<'a> {
    /// The folder for `nidan.toml` and `nidan.keys`.
    pub folder: &'a Path,
    /// The address on which the service will listen.
    pub listen: &'a str,
    /// `aud` of assertions.
    pub host_id: &'a str,
    /// The name that people see in their app.
    pub host_name: &'a str,
    /// The page's origin.
    pub origin: &'a str,
    /// The service's own URL, `iss` of its results. Where it is left out it is the address on which
    /// the service listens, or the page's origin where that address is not of this machine alone.
    pub issuer: Option<&'a str>,
    /// Where people get help.
    pub support_url: Option<&'a str>,
    /// Where people go who have lost every method.
    pub recovery_url: Option<&'a str>,
    /// For trying out: messages are kept and shown instead of sent.
    pub demo: bool,
}

/// The files that were written.
#[derive(Debug)]
pub struct Written {
    /// The configuration.
    pub config: PathBuf,
    /// The keys.
    pub keys: PathBuf,
    /// For the host's back end. Nothing keeps it: show it now.
    pub api_key: String,
}

/// Nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file is there already, or its folder takes none.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What would be written is no configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no randomness.
    #[error("no randomness: {0}")]
    Random(#[from] getrandom::Error),
}

/// The line for passkeys: of the page's own domain, where it has one.
fn passkeys(init: &Init<'_>) -> String {
    let url = url::Url::parse(init.origin).ok();
    let domain = url.as_ref().and_then(url::Url::domain);
    let line = |rp_id: &str| format!("passkeys = {{ rp_id = {} }}", toml::Value::from(rp_id));
    match domain {
        // Whoever tries it out sees it all.
        Some(domain) if init.demo => line(domain),
        Some(domain) => ["# ", &line(domain)].concat(),
        None => ["# ", &line("shop.example")].concat(),
    }
}

/// People who must have two-step verification with a spare method, and may put it off for a while; and
/// those who help them, who may not.
const GROUPS: [&str; 10] = [
    "[[hosts.groups]]",
    "id = \"staff\"",
    "required = true",
    "grace_days = 7",
    "grace_skips = 3",
    "min_methods = 2",
    "[[hosts.groups]]",
    "id = \"admin\"",
    "required = true",
    "min_methods = 2",
];

/// Writes both files with mode 0600; never over existing ones.
///
/// # Errors
/// [`InitError`].
pub fn init(init: &Init<'_>, random: &dyn Random) -> Result<Written, InitError> {
    let api_key = format!(
        "{API_KEY_PREFIX}{}",
        Base64UrlUnpadded::encode_string(&random_bytes::<32>(random)?)
    );
    let hash: String = sha256(api_key.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let quote = |text: &str| toml::Value::from(text).to_string();
    // Whoever tries it out sees it all.
    let shown = |line: &str| {
        if init.demo {
            line.to_owned()
        } else {
            ["# ", line].concat()
        }
    };
    let url = |key: &str, given: Option<&str>, example: &str| match given {
        Some(url) => format!("{key} = {}", quote(url)),
        None => shown(&format!("{key} = \"{example}\"")),
    };
    let issuer = init.issuer.map_or_else(|| own_url(init), str::to_owned);
    let config_text = include_str!("nidan.toml")
        .replace("{listen}", &quote(init.listen))
        .replace("{issuer}", &quote(&issuer))
        .replace("{host_id}", &quote(init.host_id))
        .replace("{host_name}", &quote(init.host_name))
        .replace("{api_key_sha256}", &quote(&hash))
        .replace("{origin}", &quote(init.origin))
        .replace(
            "{support_url}",
            &url("support_url", init.support_url, "https://shop.example/help"),
        )
        .replace(
            "{allow_unconfirmed_calls}",
            &shown("allow_unconfirmed_calls = true"),
        )
        .replace("{passkeys}", &passkeys(init))
        .replace("{trust_days}", &shown("trust_days = 30"))
        .replace("{approvals}", &shown("approvals = true"))
        .replace("{groups}", &GROUPS.map(shown).join("\n"))
        .replace(
            "{recovery_url}",
            &url(
                "recovery_url",
                init.recovery_url,
                "https://shop.example/recover",
            ),
        )
        .replace(
            "{password_url}",
            &shown("password_url = \"https://shop.example/password\""),
        )
        .replace(
            "{phone}",
            if init.demo {
                include_str!("nidan-demo.toml")
            } else {
                include_str!("nidan-phone.toml")
            },
        );
    let (config, keys) = (
        init.folder.join("nidan.toml"),
        init.folder.join("nidan.keys"),
    );
    // Nothing is written that the service would refuse.
    Config::parse(&config, &config_text, std::iter::empty())?;
    write_private(&keys, &Keys::generate(random)?)?;
    write_private(&config, &config_text)?;
    Ok(Written {
        config,
        keys,
        api_key,
    })
}

/// The URL that the service has where nobody says another one.
fn own_url(init: &Init<'_>) -> String {
    let address = init.listen.parse::<std::net::SocketAddr>();
    if init.demo || address.is_ok_and(|address| address.ip().is_loopback()) {
        format!("http://{}", init.listen)
    } else {
        init.origin.to_owned()
    }
}

fn write_private(path: &Path, text: &str) -> Result<(), InitError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .map_err(|source| InitError::Write {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::environment::Os;

    #[test]
    fn what_init_writes_can_be_loaded_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let request = Init {
            folder: folder.path(),
            listen: "127.0.0.1:8080",
            host_id: "shop",
            host_name: "二段 \"Shop\"",
            origin: "http://localhost:8000",
            issuer: None,
            support_url: None,
            recovery_url: None,
            demo: true,
        };
        let written = init(&request, &Os).unwrap();
        let config = Config::load(&written.config, std::iter::empty()).unwrap();
        assert_eq!(config.hosts[0].name, "二段 \"Shop\"");
        assert!(Keys::load(&config.keys_file, |_| None).is_ok());
        assert!(!config.production && config.gateways.len() == 1);
        let other = tempfile::tempdir().unwrap();
        let real = init(
            &Init {
                folder: other.path(),
                demo: false,
                ..request.clone()
            },
            &Os,
        )
        .unwrap();
        let real = Config::load(&real.config, std::iter::empty()).unwrap();
        assert!(real.production && real.gateways.is_empty());
        assert!(
            !std::fs::read_to_string(&written.config)
                .unwrap()
                .contains(&written.api_key)
        );
        #[cfg(unix)]
        for file in [&written.config, &written.keys] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(
                std::fs::metadata(file).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        assert!(
            matches!(init(&request, &Os), Err(InitError::Write { .. })),
            "nothing is overwritten"
        );
    }

    #[test]
    fn what_would_be_refused_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let request = Init {
            folder: folder.path(),
            listen: "0.0.0.0:8080",
            host_id: "shop",
            host_name: "Shop",
            origin: "https://shop.example",
            issuer: None,
            support_url: Some("tel:0120-000-000"),
            recovery_url: Some("https://shop.example/recover/"),
            demo: false,
        };
        for wrong in [
            Init {
                origin: "https://shop.example/",
                ..request.clone()
            },
            Init {
                origin: "https://*.shop.example",
                ..request.clone()
            },
            Init {
                origin: "http://shop.example",
                ..request.clone()
            },
            Init {
                listen: "nowhere",
                ..request.clone()
            },
            Init {
                support_url: Some("help"),
                ..request.clone()
            },
        ] {
            assert!(
                matches!(init(&wrong, &Os), Err(InitError::Config(_))),
                "{wrong:?}"
            );
            assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
        }
        let written = init(&request, &Os).unwrap();
        let config = Config::load(&written.config, std::iter::empty()).unwrap();
        assert_eq!(config.issuer, "https://shop.example");
        assert_eq!(config.warnings(), Vec::<String>::new());
    }
}
