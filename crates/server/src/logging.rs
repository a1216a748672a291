//! Log lines on a thread of their own: whoever does not read them, or has gone away, loses lines
//! and holds up nobody.

use std::io::IsTerminal as _;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts logging to standard error. What is left is written when the guard is dropped.
///
/// A line that cannot be written is lost: a closed pipe is no reason to answer no request, and
/// neither is one that nobody reads. A panic is a line too, with its place and without its words,
/// which might hold what nobody should read.
pub fn start(format: LogFormat) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(std::io::stderr());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(std::io::stderr().is_terminal())
        // It would say so on standard error, which is what cannot be written to, and panics there.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    guard
}
