//! HTTP to gateways: the settings that all of them share, and what a failure on the way means.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use ureq::http::StatusCode;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Error, Timeout};
use zeroize::Zeroizing;

use crate::SendError;

/// A gateway that only queues answers at once.
const TIMEOUT: Duration = Duration::from_secs(5);
/// What is not there by then is not reached: the next gateway may be.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Longer answers are not a gateway's.
const ANSWER_MAX_BYTES: u64 = 64 * 1024;

/// The cryptography of every connection to a gateway.
pub fn crypto() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Certificates are judged by the roots that the system trusts.
pub fn agent() -> ureq::Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
    let settings = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .timeout_resolve(Some(CONNECT_TIMEOUT))
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .tls_config(tls.unversioned_rustls_crypto_provider(crypto()).build());
    settings.build().into()
}

/// Posts a body that is wiped afterwards, and reads the answer.
pub async fn post(
    agent: &ureq::Agent,
    url: &str,
    headers: &[(&str, &str)],
    body: Zeroizing<String>,
) -> Result<(StatusCode, String), SendError> {
    let request = headers
        .iter()
        .fold(agent.post(url), |request, (name, value)| {
            request.header(*name, *value)
        });
    let sent = tokio::task::spawn_blocking(move || {
        let mut answer = request.send(body.as_bytes())?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_MAX_BYTES)
            .lossy_utf8(true)
            .read_to_string();
        // The status has the answer; what cannot be read says nothing.
        Ok((answer.status(), text.unwrap_or_default()))
    });
    match sent.await {
        Ok(answer) => answer.map_err(|error| meaning(&error)),
        Err(stopped) => Err(SendError::Unclear(stopped.to_string())),
    }
}

/// Only what ends before a byte of the message has left is known not to have arrived.
fn meaning(error: &Error) -> SendError {
    let not_sent = match error {
        Error::ConnectionFailed
        | Error::HostNotFound
        | Error::BadUri(_)
        | Error::Timeout(Timeout::Resolve | Timeout::Connect)
        // Both come from the handshake only.
        | Error::Tls(_)
        | Error::Rustls(_) => true,
        Error::Io(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
                || matches!(
                    error.kind(),
                    ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
                )
        }
        _other => false,
    };
    if not_sent {
        SendError::NotReached(error.to_string())
    } else {
        SendError::Unclear(error.to_string())
    }
}
