//! A host's ear: an HTTP server that keeps every signed notice.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// Headers in lower case, and the body.
pub type Heard = (Vec<(String, String)>, Value);

pub struct Hooks {
    port: u16,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Hooks {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream);
                let (mut head, mut line) = (Vec::new(), String::new());
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    if let Some((name, value)) = line.trim_end().split_once(": ") {
                        head.push((name.to_lowercase(), value.to_owned()));
                    }
                    line.clear();
                }
                let length = head
                    .iter()
                    .find(|(name, _)| name == "content-length")
                    .map_or("0", |(_, value)| value);
                let mut body = vec![0; length.parse().unwrap()];
                reader.read_exact(&mut body).unwrap();
                into.lock()
                    .unwrap()
                    .push((head, serde_json::from_slice(&body).unwrap()));
                let _gone = reader
                    .get_mut()
                    .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            }
        });
        Self { port, heard }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits for so many, in the order of their numbers.
    pub async fn heard(&self, count: usize) -> Vec<Heard> {
        for _ in 0..1_000 {
            let mut heard = self.heard.lock().unwrap().clone();
            if heard.len() >= count {
                heard.sort_by_key(|(_, body)| body["seq"].as_u64());
                return heard;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("heard only {:?}", self.heard.lock().unwrap());
    }
}
