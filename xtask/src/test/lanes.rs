//! Browser tests beside each other: each lane has a page, a shop and a service, and takes the next
//! file when it is done with one.

use std::ffi::OsString;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::run::{command, now, seconds};
use crate::screens::walking;
use crate::stack::Lane;

use super::Size;
use super::tally::{Counted, numbers};

/// A test file in a browser, or a walk at random.
#[derive(Debug, Clone, Copy)]
pub(super) enum Job {
    /// A file of `tests/browser`, by the first part of its name.
    File {
        /// `chromium` or `firefox`; empty where the file opens browsers by itself.
        browser: &'static str,
        file: &'static str,
        size: Size,
    },
    /// The walker with these words.
    Walk(&'static [&'static str]),
}

impl Job {
    fn name(self) -> String {
        match self {
            Self::File {
                browser: "", file, ..
            } => file.to_owned(),
            Self::File { browser, file, .. } => format!("{file} in {browser}"),
            Self::Walk(words) => format!("walks at random: {}", words.join(" ")),
        }
    }

    fn command(self, path: &OsString, lane: &Lane) -> Command {
        match self {
            Self::File {
                browser,
                file,
                size,
            } => {
                let mut test = in_browser(path, lane, browser, file);
                if size == Size::Full {
                    test.env("NIDAN_FULL", "1");
                }
                test
            }
            Self::Walk(words) => walking(path, lane, words),
        }
    }

    /// How many checks it was. A walk tells no numbers: it is one.
    fn counted(self, output: &Output, text: &str) -> Counted {
        match self {
            Self::File { .. } => Counted::of(output.status, numbers(text)),
            Self::Walk(_) => Counted::of(output.status, (1, 0)),
        }
    }
}

/// What came of a [`Job`].
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) counted: Counted,
    pub(super) took: Duration,
    /// Whether it failed once and passed when it was run again: a fault that nobody has found yet.
    pub(super) is_unsteady: bool,
}

/// One file of a run may be run again, and one set of walks. A second one that fails at first is no
/// chance.
#[derive(Default)]
struct SecondTries {
    file: AtomicBool,
    walks: AtomicBool,
}

impl SecondTries {
    /// Takes the one for such a job; false when it is gone.
    fn take(&self, job: Job) -> bool {
        let taken = match job {
            Job::File { .. } => &self.file,
            Job::Walk(_) => &self.walks,
        };
        !taken.swap(true, Ordering::Relaxed)
    }
}

/// A file of `tests/browser` in a lane.
fn in_browser(path: &OsString, lane: &Lane, browser: &str, file: &str) -> Command {
    let script = format!("tests/browser/{file}.test.mjs");
    let mut test = command("node", &["--test", "--test-reporter=tap", &script], path);
    if !browser.is_empty() {
        test.env("NIDAN_BROWSER", browser);
    }
    lane.told(&mut test);
    test
}

/// Does all of them, in this order as far as lanes are free.
pub(super) fn all(path: &OsString, lanes: &[Lane], jobs: &[Job]) -> Vec<Outcome> {
    let next = Mutex::new(jobs.iter());
    let done = Mutex::new(Vec::new());
    let second_tries = SecondTries::default();
    std::thread::scope(|scope| {
        for lane in lanes {
            scope.spawn(|| {
                while let Some(job) = next.lock().ok().and_then(|mut jobs| jobs.next().copied()) {
                    let outcome = steady(path, lane, job, &second_tries);
                    if let Ok(mut done) = done.lock() {
                        done.push(outcome);
                    }
                }
            });
        }
    });
    done.into_inner().unwrap_or_default()
}

/// Does one, and once more where it fails and the run has a second try left: browsers beside each
/// other on few cores miss a moment now and then, and the whole run would have to be done again for
/// it. What failed is shown, and the closing lines name it.
fn steady(path: &OsString, lane: &Lane, job: Job, second_tries: &SecondTries) -> Outcome {
    let started = now();
    let first = one(path, lane, job);
    let counted = if first.failed > 0 && second_tries.take(job) {
        one(path, lane, job)
    } else {
        first
    };
    Outcome {
        name: job.name(),
        counted,
        took: started.elapsed(),
        is_unsteady: first.failed > 0 && counted.failed == 0,
    }
}

fn one(path: &OsString, lane: &Lane, job: Job) -> Counted {
    let started = now();
    let counted = match job.command(path, lane).output() {
        Ok(output) => {
            let text = [&output.stdout[..], &output.stderr[..]].concat();
            let text = String::from_utf8_lossy(&text);
            let counted = job.counted(&output, &text);
            if counted.failed > 0 {
                println!("{text}");
            }
            counted
        }
        Err(error) => {
            println!("{}: {error}", job.name());
            Counted {
                passed: 0,
                failed: 1,
            }
        }
    };
    let mark = if counted.failed == 0 { "✓" } else { "✗" };
    println!(
        "{mark} {}: {} passed, {} failed, {}",
        job.name(),
        counted.passed,
        counted.failed,
        seconds(started.elapsed())
    );
    counted
}
