//! Two processes of the service on one database, and many requests to both at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::server::{Server, ask, configured, enrol, free_port, login_body};
use super::{Beside, Widget};

/// Sockets at once.
const SOCKETS: usize = 64;

/// Two processes on one database.
pub struct Pair {
    pub store: Beside,
    pub folder: tempfile::TempDir,
    pub ports: [u16; 2],
    pub api_key: String,
    _servers: [Server; 2],
}

impl Pair {
    pub fn start() -> Self {
        Self::with(|text| text)
    }

    /// With a configuration of the test's own.
    pub fn with(change: impl FnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let api_key = configured(folder.path());
        let file = folder.path().join("nidan.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, change(text)).unwrap();
        let ports = [(); 2].map(|()| free_port());
        let servers = ports.map(|port| Server::start(folder.path(), port));
        Self {
            store: Beside::open(folder.path()),
            folder,
            ports,
            api_key,
            _servers: servers,
        }
    }

    pub fn ask(&self, method: &str, path: &str, bearer: &str, body: &Value) -> (u16, Value) {
        ask(self.ports[0], method, path, bearer, body).unwrap()
    }

    pub fn enrol(&self, subject: &str, seed: u8) -> (Widget, String) {
        enrol(self.ports[0], &self.api_key, subject, seed)
    }

    pub fn login(&self, subject: &str, session: &str) -> (String, String) {
        let body = login_body(subject, session);
        let (status, created) = self.ask("POST", "/v1/flows", &self.api_key, &body);
        assert_eq!(status, 201, "{created}");
        let text = |field: &str| created[field].as_str().unwrap().to_owned();
        (text("flow_id"), text("flow_token"))
    }

    /// Posts codes, everything at once; the answers in the order of the posts.
    pub fn all_at_once(&self, posts: &[(String, Value)]) -> Vec<(u16, Value)> {
        self.at_once(posts.len(), |at, port| {
            let (token, body) = &posts[at];
            ask(port, "POST", "/v1/flow/verification", token, body)
        })
    }

    /// Does something many times at once, half of it at each process; the answers in the order of the
    /// beginnings.
    pub fn at_once(
        &self,
        times: usize,
        one: impl Fn(usize, u16) -> Option<(u16, Value)> + Sync,
    ) -> Vec<(u16, Value)> {
        let (place, answers) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..SOCKETS {
                scope.spawn(|| {
                    loop {
                        let at = place.fetch_add(1, Ordering::SeqCst);
                        if at >= times {
                            return;
                        }
                        let answer = one(at, self.ports[at % 2]).unwrap_or((0, Value::Null));
                        answers.lock().unwrap().push((at, answer));
                    }
                });
            }
        });
        let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        answers.sort_by_key(|(at, _)| *at);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }
}

/// How many were answered with a yes, where nothing failed.
pub fn winners(answers: &[(u16, Value)]) -> usize {
    assert!(
        answers
            .iter()
            .all(|(status, _)| *status != 0 && *status < 500),
        "{answers:?}"
    );
    answers.iter().filter(|(status, _)| *status == 200).count()
}
