//! How checks are counted and timed, and the lines that a run ends with.

use std::ffi::OsString;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::run::{Done, Failed, command, now, seconds, step};
use crate::stack::Lane;

use super::lanes::{self, Job};

/// So many of the slowest steps are listed at the end.
const SLOWEST: usize = 20;

/// Checks that a runner has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) passed: u32,
    pub(super) failed: u32,
}

impl Counted {
    /// What a runner says, and how it ended: one that ends badly without naming a failure, or does
    /// nothing, has failed all the same.
    pub(super) fn of(status: ExitStatus, (passed, failed): (u32, u32)) -> Self {
        let failed = if status.success() && passed > 0 {
            failed
        } else {
            failed.max(1)
        };
        Self { passed, failed }
    }
}

/// How many checks went well and how many did not, and how long each step took.
pub(super) struct Tally {
    started: Instant,
    passed: u32,
    failed: u32,
    steps: Vec<(String, Duration)>,
    unsteady: Vec<String>,
}

impl Tally {
    pub(super) fn begin() -> Self {
        Self {
            started: now(),
            passed: 0,
            failed: 0,
            steps: Vec::new(),
            unsteady: Vec::new(),
        }
    }

    /// The slowest steps, and the closing line; an error where something failed.
    pub(super) fn end(mut self) -> Done {
        self.steps.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        println!("the slowest steps:");
        for (name, took) in self.steps.iter().take(SLOWEST) {
            println!("{:>10}  {name}", seconds(*took));
        }
        println!("everything took {}", seconds(self.started.elapsed()));
        for name in &self.unsteady {
            println!("unsteady: {name} failed once and passed when it was run again (see above)");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 {
            Ok(())
        } else {
            Err(Failed("some checks failed: see above".to_owned()))
        }
    }

    /// Does a step, and notes how long it took.
    fn timed<T>(&mut self, name: &str, work: impl FnOnce() -> Done<T>) -> Done<T> {
        let started = now();
        let done = step(name, work);
        self.steps.push((name.to_owned(), started.elapsed()));
        done
    }

    /// A command that counts as one check.
    pub(super) fn check(&mut self, name: &str, mut command: Command) {
        self.step(name, || {
            let status = command.status()?;
            if status.success() {
                Ok(())
            } else {
                Err(Failed(format!("{name} ended with {status}")))
            }
        });
    }

    pub(super) fn step(&mut self, name: &str, work: impl FnOnce() -> Done) {
        match self.timed(name, work) {
            Ok(()) => self.passed += 1,
            Err(Failed(reason)) => {
                println!("{reason}");
                self.failed += 1;
            }
        }
    }

    /// A test runner that tells its own numbers.
    pub(super) fn count(&mut self, name: &str, mut command: Command) {
        let counted = self.timed(name, || {
            let output = command.output()?;
            let text = [
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            ]
            .concat();
            let counted = Counted::of(output.status, numbers(&text));
            if counted.failed > 0 {
                println!("{text}");
            }
            println!("  {} passed, {} failed", counted.passed, counted.failed);
            Ok(counted)
        });
        self.add(counted.unwrap_or(Counted {
            passed: 0,
            failed: 1,
        }));
    }

    /// Browser tests, in all lanes at once.
    pub(super) fn lanes(&mut self, path: &OsString, lanes: &[Lane], jobs: &[Job]) {
        let started = now();
        let done = lanes::all(path, lanes, jobs);
        // A file that no lane came to has not passed.
        let missing = jobs.len().saturating_sub(done.len());
        self.failed += u32::try_from(missing).unwrap_or(u32::MAX);
        for outcome in done {
            self.add(outcome.counted);
            if outcome.is_unsteady {
                self.unsteady.push(outcome.name.clone());
            }
            self.steps.push((outcome.name, outcome.took));
        }
        println!(
            "{} files in {} lanes: {}",
            jobs.len(),
            lanes.len(),
            seconds(started.elapsed())
        );
    }

    fn add(&mut self, counted: Counted) {
        self.passed += counted.passed;
        self.failed += counted.failed;
    }

    /// The advisory database comes from the network, which is not everywhere.
    pub(super) fn advisories(&mut self, path: &OsString) {
        let checked = command("cargo-deny", &["check", "advisories"], path).output();
        match checked {
            Ok(output) if output.status.success() => self.passed += 1,
            Ok(output)
                if String::from_utf8_lossy(&output.stderr)
                    .contains("failed to fetch advisory database") =>
            {
                println!(
                    "- advisories: the database cannot be fetched here, so they are not checked"
                );
            }
            Ok(output) => {
                println!("✗ advisories\n{}", String::from_utf8_lossy(&output.stderr));
                self.failed += 1;
            }
            Err(error) => {
                println!("✗ advisories: {error}");
                self.failed += 1;
            }
        }
    }
}

/// What `cargo test`, wasm-bindgen-test and `node --test` say of themselves, added up.
pub(super) fn numbers(text: &str) -> (u32, u32) {
    let number = |word: Option<&str>| {
        word.and_then(|word| word.trim().parse::<u32>().ok())
            .unwrap_or(0)
    };
    text.lines().fold((0, 0), |(passed, failed), line| {
        if let Some((_, rest)) = line
            .split_once("test result:")
            .filter(|_| line.contains(" passed; "))
        {
            let mut parts = rest.split(';');
            let first = parts
                .next()
                .and_then(|part| part.split_once(". "))
                .map(|(_, count)| count);
            let count =
                |part: Option<&str>| number(part.and_then(|part| part.split_whitespace().next()));
            return (passed + count(first), failed + count(parts.next()));
        }
        let tap = |mark: &str| number(line.strip_prefix(mark));
        (passed + tap("# pass "), failed + tap("# fail "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_numbers_are_added_up() {
        let text = "test result: ok. 17 passed; 0 failed; 0 ignored\nx\ntest result: FAILED. 2 passed; 1 failed; 0\n# pass 3\n# fail 2\n";
        assert_eq!(numbers(text), (22, 3));
        assert_eq!(numbers("nothing ran"), (0, 0));
    }
}
