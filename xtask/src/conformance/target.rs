//! The host that is attacked, and how to talk to it.

use super::Notices;
use crate::run::{Done, Failed};

const USAGE: &str = "\
cargo xtask conformance --host http://127.0.0.1:5000 [options]
  --listen 127.0.0.1:9464      where the kit plays the service; the host's service URL and issuer are http://LISTEN
  --origin URL                 the Origin of the host's own pages; the host itself when left out
  --login PATH                 /login: takes the password
  --login-body TEXT            user=alice&password=correct-horse
  --login-type TYPE            application/x-www-form-urlencoded
  --complete PATH              /login/2sv: takes result_code
  --me PATH                    /me: shows who is signed in
  --mark TEXT                  alice: stands on it when somebody is
  --passkeys yes               the host has passkeys: a login by one has to sign in
  --also PATH                  another way to log in (of an API, of an app); as often as there are others
  --notices PATH               takes the service's notices: a report then has to end every session
  --notices-secret TEXT        what signs them";

/// The host, and how to talk to it.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) origin: String,
    pub(crate) listen: String,
    pub(crate) login: String,
    pub(crate) login_body: String,
    pub(crate) login_type: String,
    pub(crate) complete: String,
    pub(crate) me: String,
    pub(crate) mark: String,
    /// Whether a login by a passkey has to sign in.
    pub(crate) passkeys: bool,
    /// Further paths that take the password.
    pub(crate) also: Vec<String>,
    /// Tries only what has these words in its name, for tests of the kit itself.
    pub(crate) only: Option<&'static str>,
    pub(crate) notices: Option<Notices>,
}

impl Target {
    /// A host like those in `examples/`.
    pub(crate) fn usual(host: &str, listen: &str) -> Self {
        Self {
            host: host.to_owned(),
            origin: format!("http://{host}"),
            listen: listen.to_owned(),
            login: "/login".to_owned(),
            login_body: "user=alice&password=correct-horse".to_owned(),
            login_type: "application/x-www-form-urlencoded".to_owned(),
            complete: "/login/2sv".to_owned(),
            me: "/me".to_owned(),
            mark: "alice".to_owned(),
            passkeys: true,
            also: Vec::new(),
            only: None,
            notices: None,
        }
    }

    pub(super) fn parse(words: &[&str]) -> Done<Self> {
        let (pairs, rest) = words.as_chunks::<2>();
        let usage = || Failed(USAGE.to_owned());
        let value = |name: &str| {
            pairs
                .iter()
                .find(|[key, _]| *key == name)
                .map(|[_, value]| (*value).to_owned())
        };
        let host = value("--host")
            .filter(|_| rest.is_empty())
            .ok_or_else(usage)?;
        let host = host
            .strip_prefix("http://")
            .unwrap_or(&host)
            .trim_end_matches('/')
            .to_owned();
        let mut target = Self::usual(&host, "127.0.0.1:9464");
        target.passkeys = value("--passkeys").is_some_and(|said| said == "yes");
        for [name, value] in pairs {
            let value = (*value).to_owned();
            match *name {
                "--host" => {}
                "--listen" => target.listen = value,
                "--origin" => target.origin = value,
                "--login" => target.login = value,
                "--login-body" => target.login_body = value,
                "--login-type" => target.login_type = value,
                "--complete" => target.complete = value,
                "--me" => target.me = value,
                "--mark" => target.mark = value,
                "--also" => target.also.push(value),
                "--notices" | "--notices-secret" | "--passkeys" => {}
                _unknown => return Err(usage()),
            }
        }
        target.notices = match (value("--notices"), value("--notices-secret")) {
            (Some(path), Some(secret)) => Some(Notices { path, secret }),
            (None, None) => None,
            _one_alone => return Err(usage()),
        };
        Ok(target)
    }
}
