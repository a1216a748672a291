//! As much HTTP as two programs on one machine need: a browser with cookies, and a server.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use crate::run::{Done, Failed};

const TIMEOUT: Duration = Duration::from_secs(10);

/// What a request asks.
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: String,
}

/// Answers every request by `answer`: a status and JSON. Runs until the program ends.
pub(super) fn serve(
    listen: &str,
    answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static,
) -> Done {
    let listener = TcpListener::bind(listen)
        .map_err(|error| Failed(format!("listen on {listen}: {error}")))?;
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream);
                // Keep-alive: hosts use one connection for both calls.
                while let Some(asked) = read(&mut reader) {
                    let (status, body) = answer(&asked);
                    let kind = if body.starts_with('<') {
                        "text/html"
                    } else {
                        "application/json"
                    };
                    let head = format!(
                        "HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    if reader.get_mut().write_all(head.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    Ok(())
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
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nOrigin: {origin}\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n{cookies}\r\n{body}",
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
