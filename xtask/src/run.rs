//! Running programs, and saying what is done and how long it took.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A step that did not succeed, in one clear sentence.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

pub(crate) type Done<T = ()> = Result<T, Failed>;

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}

/// A stopwatch.
#[expect(clippy::disallowed_methods, reason = "a command line measures itself")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Does a step and prints its name and time.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Done<T>) -> Done<T> {
    println!("▸ {name}");
    let started = now();
    let done = work();
    let mark = if done.is_ok() { "✓" } else { "✗" };
    println!("{mark} {name}: {}", seconds(started.elapsed()));
    done
}

pub(crate) fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

/// A command in the project's root with the tools' folders in front of PATH.
pub(crate) fn command(program: &str, arguments: &[&str], path: &OsString) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .env("PATH", path)
        .stdin(Stdio::null());
    command
}

/// Runs to the end, output to the terminal.
pub(crate) fn run(mut command: Command) -> Done {
    let status = command
        .status()
        .map_err(|error| Failed(format!("{}: {error}", name(&command))))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failed(format!("{} ended with {status}", name(&command))))
    }
}

/// Runs to the end; what it wrote to standard output, when it succeeded.
pub(crate) fn output(mut command: Command) -> Done<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failed(format!("{}: {error}", name(&command))))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(Failed(format!(
            "{} ended with {}",
            name(&command),
            output.status
        )))
    }
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
