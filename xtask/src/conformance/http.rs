//! As much HTTP as two programs on one machine need: a browser with cookies, and a server.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::run::{Done, Failed};

/// Longer than a host should wait for the service, twice.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What a request asks.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: String,
}

/// What a program that is asked does.
#[derive(Clone)]
pub(super) enum Answer {
    /// Says this, with a status.
    Says(u16, String),
    /// Says nothing, for longer than anybody should wait.
    Hangs,
    /// Closes the connection.
    Closes,
    /// Closes the connection in the middle of what it says.
    BreaksOff(u16, String),
}

/// How long a connection hangs. Hosts should give up much earlier.
const HANG: Duration = Duration::from_secs(20);

/// A server that can go away and come back.
pub(super) struct Server {
    listen: String,
    answer: Arc<dyn Fn(&Asked) -> Answer + Send + Sync>,
    is_there: Arc<AtomicBool>,
    listening: Option<JoinHandle<Vec<TcpStream>>>,
}

impl Server {
    /// Answers every request by `answer`, until the program ends.
    pub(super) fn start(
        listen: &str,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Done<Self> {
        let mut server = Self {
            listen: listen.to_owned(),
            answer: Arc::new(answer),
            is_there: Arc::new(AtomicBool::new(false)),
            listening: None,
        };
        server.come()?;
        Ok(server)
    }

    /// Listens.
    pub(super) fn come(&mut self) -> Done {
        let listen = &self.listen;
        let listener = TcpListener::bind(listen)
            .map_err(|error| Failed(format!("listen on {listen}: {error}")))?;
        // One for this time: connections of an earlier time stay dead.
        self.is_there = Arc::new(AtomicBool::new(true));
        let (answer, is_there) = (Arc::clone(&self.answer), Arc::clone(&self.is_there));
        self.listening = Some(std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                if !is_there.load(Ordering::SeqCst) {
                    break;
                }
                open.extend(stream.try_clone());
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream);
                    talk(&mut reader, &*answer);
                    // The listener has a copy: it closes for both.
                    let _closed = reader.get_ref().shutdown(Shutdown::Both);
                });
            }
            open
        }));
        Ok(())
    }

    /// Nobody listens any more, and open connections are closed.
    pub(super) fn go(&mut self) {
        self.is_there.store(false, Ordering::SeqCst);
        // It wakes the listener, which then ends.
        let _woken = TcpStream::connect(&self.listen);
        let open = self.listening.take().and_then(|one| one.join().ok());
        for connection in open.into_iter().flatten() {
            // One that the host has closed already is as it shall be.
            let _closed = connection.shutdown(Shutdown::Both);
        }
    }
}

fn talk(reader: &mut BufReader<TcpStream>, answer: &dyn Fn(&Asked) -> Answer) {
    // Keep-alive: hosts use one connection for both calls.
    while let Some(asked) = read(reader) {
        let (status, body, told) = match answer(&asked) {
            Answer::Says(status, body) => (status, body.clone(), body),
            Answer::BreaksOff(status, body) => {
                let half = body.get(..body.len() / 2).unwrap_or_default().to_owned();
                (status, body, half)
            }
            Answer::Closes => return,
            Answer::Hangs => {
                std::thread::sleep(HANG);
                return;
            }
        };
        let kind = if body.starts_with('<') {
            "text/html"
        } else {
            "application/json"
        };
        let head = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{told}",
            body.len()
        );
        let is_whole = told.len() == body.len();
        if reader.get_mut().write_all(head.as_bytes()).is_err() || !is_whole {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        path,
        body: String::from_utf8(body).ok()?,
    })
}

/// Somebody's browser: it keeps cookies, and follows nothing.
#[derive(Clone, Default)]
pub(super) struct Browser {
    pub(super) cookies: BTreeMap<String, String>,
    /// What an API handed out in place of a cookie.
    pub(super) bearer: Option<String>,
}

impl Browser {
    /// The status and the whole answer. HTTP/1.0, so that answers come in one piece.
    pub(super) fn ask(
        &mut self,
        host: &str,
        origin: &str,
        (method, path): (&str, &str),
        (kind, body): (&str, &str),
    ) -> Done<(u16, String)> {
        let mut stream =
            TcpStream::connect(host).map_err(|error| Failed(format!("{host}: {error}")))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = if cookies.is_empty() {
            String::new()
        } else {
            format!("Cookie: {}\r\n", cookies.join("; "))
        };
        let bearer = self
            .bearer
            .as_ref()
            .map(|token| format!("Authorization: Bearer {token}\r\n"));
        let bearer = bearer.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nOrigin: {origin}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n{cookies}{bearer}\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        for cookie in head.lines().filter_map(set_cookie) {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            if value.is_empty() || attributes.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name.trim());
            } else {
                self.cookies
                    .insert(name.trim().to_owned(), value.to_owned());
            }
        }
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        Ok((status, body.to_owned()))
    }
}

/// A post from one program to another: no cookies, no origin. The status; 0 when nobody answers.
pub(super) fn post(host: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Done<u16> {
    let mut stream =
        TcpStream::connect(host).map_err(|error| Failed(format!("{host}: {error}")))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!(
        "POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n{headers}"
    );
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let status = String::from_utf8_lossy(&answer);
    Ok(status
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0))
}

fn set_cookie(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("set-cookie")
        .then(|| value.trim())
}
