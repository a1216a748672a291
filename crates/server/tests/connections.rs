//! Connections that are held, in process and with room for a few: none of them keeps a new one out,
//! and a stop cuts off no answer that is being taken.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests in real time"
)]

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use nidan_server::listen::serve;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const ROOM: usize = 3;
/// More than the buffers of both ends take.
const LARGE: usize = 32 * 1024 * 1024;
/// Nothing here takes longer where it goes well.
const WITHIN: Duration = Duration::from_secs(5);

/// Serves a page, one that is large, one that never ends, and a stream of events.
async fn served() -> (u16, watch::Sender<bool>, JoinHandle<()>) {
    let stream = || async {
        let silence = futures_util::stream::pending::<Result<Event, Infallible>>();
        Sse::new(silence).keep_alive(KeepAlive::new().interval(Duration::from_millis(200)))
    };
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/large", get(|| async { Bytes::from(vec![b'x'; LARGE]) }))
        .route(
            "/parts",
            get(|| async { Body::from_stream(futures_util::stream::repeat(part())) }),
        )
        .route("/events", get(stream));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, stopping) = watch::channel(false);
    (
        port,
        stop,
        tokio::spawn(serve(listener, router, ROOM, stopping)),
    )
}

fn part() -> Result<Bytes, Infallible> {
    Ok(Bytes::from_static(&[b'x'; 64 * 1024]))
}

/// Asks, and reads the beginning of the answer.
async fn begun(port: u16, path: &str) -> TcpStream {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 15];
    connection.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    connection
}

async fn is_answered(port: u16) -> bool {
    tokio::time::timeout(WITHIN, begun(port, "/")).await.is_ok()
}

#[tokio::test]
async fn streams_of_events_keep_nobody_out() {
    let (port, _stop, _serving) = served().await;
    let mut held = Vec::new();
    for _stream in 0..ROOM {
        held.push(begun(port, "/events").await);
    }
    assert!(is_answered(port).await);
}

#[tokio::test]
async fn whoever_takes_nothing_of_an_answer_keeps_nobody_out() {
    let (port, _stop, _serving) = served().await;
    let mut held = Vec::new();
    for _reader in 0..ROOM {
        held.push(begun(port, "/parts").await);
    }
    // Until the buffers between are full.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(is_answered(port).await);
}

#[tokio::test]
async fn an_answer_that_is_being_taken_is_whole_after_a_stop() {
    let (port, stop, serving) = served().await;
    let mut connection = begun(port, "/large").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.send(true).unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(WITHIN, connection.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    assert!(rest.len() > LARGE, "{} bytes", rest.len());
    tokio::time::timeout(WITHIN, serving)
        .await
        .unwrap()
        .unwrap();
}
