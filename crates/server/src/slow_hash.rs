//! The slow hash's own threads: each keeps one block of memory for good, and takes work by turns,
//! so that nobody's many requests keep another host, or another person of the same host, waiting.
//!
//! Measured on glibc: a block that is allocated anew for every run stays with whichever thread
//! freed it, and sixty requests at once leave three gigabytes behind. Two threads with a block each
//! need 38 MiB, however many ask.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A run takes a core and 19 MiB for some 25 ms, and logins must not starve.
const THREADS: usize = 2;
/// [RFC 9106 §3.1](https://www.rfc-editor.org/rfc/rfc9106#section-3.1) recommends 128 bits.
pub const SALT_LEN_BYTES: usize = 16;
/// [RFC 9106 §3.1](https://www.rfc-editor.org/rfc/rfc9106#section-3.1) recommends 128 bits and
/// more.
pub(crate) const HASH_LEN_BYTES: usize = 32;

/// Requests of one person that may wait or run: one runs at a time, and nobody types more than a
/// few at once. At 25 ms each the last of them has waited less than two seconds.
const OF_ONE_PERSON: usize = 64;
/// People of one host who may wait; and its requests, beyond the first of each: a few people with
/// many requests take nobody else's place.
const OF_ONE_HOST: usize = 400;
/// The same over all hosts.
const OF_ALL: usize = 2_000;

/// No hash was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// So many wait already that this one would not be answered in time. Nothing was counted or
    /// begun.
    #[error("too many slow hashes wait already")]
    Busy,
    /// The parameters were refused, there is no memory, or the service is stopping.
    #[error("a slow hash could not be computed")]
    Failed,
}

/// One computed hash.
pub type Hash = [u8; HASH_LEN_BYTES];

/// Who asks. Work goes by turns over hosts, and of a host over its people.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Whose {
    host: String,
    subject: String,
}

/// One run that waits.
struct Job {
    input: Zeroizing<[u8; HASH_LEN_BYTES]>,
    salt: [u8; SALT_LEN_BYTES],
    answer: oneshot::Sender<Result<Hash, HashError>>,
}

/// One person's work.
struct Line {
    whose: Whose,
    jobs: VecDeque<Job>,
    /// Tickets that are out.
    tickets: usize,
    /// One run at a time for each person.
    runs: bool,
}

/// Everybody's work. Hosts and lines are in the order in which their turn comes.
#[derive(Default)]
struct Turns {
    hosts: VecDeque<VecDeque<Line>>,
    stopped: bool,
}

impl Turns {
    fn host(&mut self, host: &str) -> Option<&mut VecDeque<Line>> {
        self.hosts
            .iter_mut()
            .find(|lines| lines.front().is_some_and(|line| line.whose.host == host))
    }

    fn line(&mut self, whose: &Whose) -> Option<&mut Line> {
        self.host(&whose.host)?
            .iter_mut()
            .find(|line| line.whose == *whose)
    }

    /// The next run: of the host whose turn it is, of the person whose turn it is there. Both go to
    /// the end.
    fn take(&mut self) -> Option<(Whose, Job)> {
        for _turn in 0..self.hosts.len() {
            let mut lines = self.hosts.pop_front()?;
            let mut taken = None;
            for _turn in 0..lines.len() {
                let Some(mut line) = lines.pop_front() else {
                    break;
                };
                if taken.is_none() && !line.runs {
                    taken = line.jobs.pop_front().map(|job| (line.whose.clone(), job));
                    line.runs = taken.is_some();
                }
                lines.push_back(line);
                if taken.is_some() {
                    break;
                }
            }
            self.hosts.push_back(lines);
            if taken.is_some() {
                return taken;
            }
        }
        None
    }

    fn forget_empty(&mut self, whose: &Whose) {
        if let Some(lines) = self.host(&whose.host) {
            lines.retain(|line| line.tickets > 0 || line.runs || !line.jobs.is_empty());
        }
        self.hosts.retain(|lines| !lines.is_empty());
    }
}

#[derive(Default)]
struct Shared {
    turns: Mutex<Turns>,
    work: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Turns> {
        // Every change is whole when the lock is given back, also by a panic.
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slow hash, for as many as ask. Its threads end with it.
pub(crate) struct SlowHash(Arc<Shared>);

/// A place in the queue. Whoever has one is answered in time; without one nothing is counted as a
/// try.
#[must_use]
pub struct Ticket {
    shared: Arc<Shared>,
    whose: Whose,
}

impl SlowHash {
    /// Starts the threads. Each takes its memory when it first has something to do.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(crate) fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        for _thread in 0..THREADS {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("slow-hash".to_owned())
                .spawn(move || work(&shared))?;
        }
        Ok(Self(shared))
    }

    /// A place in the queue for one request of a person.
    ///
    /// # Errors
    /// [`HashError::Busy`] at once where too many wait: trying again in a second helps.
    pub(crate) fn enter(&self, host: &str, subject: &str) -> Result<Ticket, HashError> {
        let whose = Whose {
            host: host.to_owned(),
            subject: subject.to_owned(),
        };
        let mut turns = self.0.lock();
        let of_person = turns.line(&whose).map_or(0, |line| line.tickets);
        // Those who wait already are counted by what they asked, new ones by how many people there
        // are.
        let counted = |line: &Line| if of_person > 0 { line.tickets } else { 1 };
        let of_all: usize = turns.hosts.iter().flatten().map(counted).sum();
        let of_host: usize = turns
            .host(host)
            .map_or(0, |lines| lines.iter().map(counted).sum());
        if of_all >= OF_ALL || of_host >= OF_ONE_HOST || of_person >= OF_ONE_PERSON {
            return Err(HashError::Busy);
        }
        if let Some(line) = turns.line(&whose) {
            line.tickets += 1;
        } else {
            let line = Line {
                whose: whose.clone(),
                jobs: VecDeque::new(),
                tickets: 1,
                runs: false,
            };
            match turns.host(host) {
                Some(lines) => lines.push_back(line),
                None => turns.hosts.push_back(VecDeque::from([line])),
            }
        }
        Ok(Ticket {
            shared: Arc::clone(&self.0),
            whose,
        })
    }
}

impl Drop for SlowHash {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.work.notify_all();
    }
}

impl Ticket {
    /// Argon2id over 32 bytes that are secret already.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub async fn hash(
        &self,
        input: Zeroizing<[u8; HASH_LEN_BYTES]>,
        salt: [u8; SALT_LEN_BYTES],
    ) -> Result<Hash, HashError> {
        let (answer, computed) = oneshot::channel();
        {
            let mut turns = self.shared.lock();
            let line = turns.line(&self.whose).ok_or(HashError::Failed)?;
            line.jobs.push_back(Job {
                input,
                salt,
                answer,
            });
        }
        self.shared.work.notify_one();
        computed.await.map_err(|_| HashError::Failed)?
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut turns = self.shared.lock();
        if let Some(line) = turns.line(&self.whose) {
            line.tickets -= 1;
            // Who has gone away waits for nothing.
            line.jobs.retain(|job| !job.answer.is_closed());
        }
        turns.forget_empty(&self.whose);
    }
}

/// One thread: run after run, in the same block.
fn work(shared: &Shared) {
    let mut memory = Vec::new();
    let mut turns = shared.lock();
    loop {
        let Some((whose, job)) = turns.take() else {
            if turns.stopped {
                return;
            }
            turns = shared
                .work
                .wait(turns)
                .unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        drop(turns);
        if !job.answer.is_closed() {
            let hash = catch_unwind(AssertUnwindSafe(|| run(&job, &mut memory)));
            let _gone = job.answer.send(hash.unwrap_or(Err(HashError::Failed)));
        }
        turns = shared.lock();
        if let Some(line) = turns.line(&whose) {
            line.runs = false;
        }
        turns.forget_empty(&whose);
        // The person's next run, for whichever thread rests.
        shared.work.notify_one();
    }
}

fn run(job: &Job, memory: &mut Vec<Block>) -> Result<Hash, HashError> {
    let mut hash = [0; HASH_LEN_BYTES];
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_LEN_BYTES))
        .map_err(|_| HashError::Failed)?;
    memory.resize_with(params.block_count(), Block::default);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(&*job.input, &job.salt, &mut hash, memory)
        .map_err(|_| HashError::Failed)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn turns_of(people: &[(&str, &str, usize)]) -> Turns {
        let mut turns = Turns::default();
        for (host, subject, jobs) in people {
            let whose = Whose {
                host: (*host).to_owned(),
                subject: (*subject).to_owned(),
            };
            let job = || Job {
                input: Zeroizing::default(),
                salt: [0; SALT_LEN_BYTES],
                answer: oneshot::channel().0,
            };
            let line = Line {
                whose,
                jobs: (0..*jobs).map(|_| job()).collect(),
                tickets: *jobs,
                runs: false,
            };
            match turns.host(host) {
                Some(lines) => lines.push_back(line),
                None => turns.hosts.push_back(VecDeque::from([line])),
            }
        }
        turns
    }

    /// Takes one run after the other, each done before the next.
    fn order(mut turns: Turns) -> Vec<String> {
        let mut order = Vec::new();
        while let Some((whose, _job)) = turns.take() {
            turns.line(&whose).unwrap().runs = false;
            order.push(whose.subject);
        }
        order
    }

    #[test]
    fn hosts_and_people_take_turns() {
        let turns = turns_of(&[
            ("bank", "greedy", 4),
            ("bank", "meek", 1),
            ("shop", "alone", 1),
        ]);
        assert_eq!(
            order(turns),
            ["greedy", "alone", "meek", "greedy", "greedy", "greedy"]
        );
    }

    #[test]
    fn one_person_has_one_run_at_a_time() {
        let mut turns = turns_of(&[("shop", "u1", 2)]);
        let (whose, _job) = turns.take().unwrap();
        assert!(turns.take().is_none(), "the other thread rests");
        turns.line(&whose).unwrap().runs = false;
        assert!(turns.take().is_some());
    }

    #[test]
    fn whoever_comes_with_too_many_is_refused_at_once_and_others_are_not() {
        let slow = SlowHash::start().unwrap();
        let mut tickets: Vec<_> = (0..OF_ONE_PERSON)
            .map(|_| slow.enter("shop", "u1").unwrap())
            .collect();
        assert_eq!(slow.enter("shop", "u1").err(), Some(HashError::Busy));
        for busy in 2..8 {
            tickets.extend(
                (0..OF_ONE_PERSON).map_while(|_| slow.enter("shop", &format!("u{busy}")).ok()),
            );
        }
        assert_eq!(
            slow.enter("shop", "u2").err(),
            Some(HashError::Busy),
            "seven people take no more than all places"
        );
        let known = slow.0.lock().host("shop").unwrap().len();
        tickets.extend(
            (known..OF_ONE_HOST).map(|one| slow.enter("shop", &format!("v{one}")).unwrap()),
        );
        assert_eq!(slow.enter("shop", "late").err(), Some(HashError::Busy));
        tickets.push(slow.enter("bank", "u1").unwrap());
        drop(tickets);
        assert!(slow.enter("shop", "u1").is_ok());
        assert!(slow.0.lock().hosts.is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn the_same_input_has_the_same_hash_in_memory_that_was_used_before() {
        let slow = SlowHash::start().unwrap();
        let ticket = slow.enter("shop", "u1").unwrap();
        let hash = |byte| ticket.hash(Zeroizing::new([byte; HASH_LEN_BYTES]), [7; SALT_LEN_BYTES]);
        let first = hash(1).await.unwrap();
        assert_ne!(first, hash(2).await.unwrap());
        assert_eq!(first, hash(1).await.unwrap());
        let mut alone = [0; HASH_LEN_BYTES];
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_LEN_BYTES)).unwrap();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon
            .hash_password_into(&[1; HASH_LEN_BYTES], &[7; SALT_LEN_BYTES], &mut alone)
            .unwrap();
        assert_eq!(first, alone, "codes that were stored before stay good");
    }
}
