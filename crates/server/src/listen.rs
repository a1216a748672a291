//! Connections: how many, how long they may say nothing, and how they end when the service stops.
//!
//! axum's own `serve` has none of these bounds: a connection that never says anything is held for
//! ever, and one half-sent head keeps the process from stopping.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt as _;

/// A head is sent at once; a slow network takes seconds.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Longer than the minute for which proxies keep a connection to use it again: they, and not the
/// service, shall end it, or a request meets a connection that is just being closed. Event streams
/// send something every fifteen seconds.
const SILENT_AT_MOST: Duration = Duration::from_secs(75);
/// Requests in flight when the service stops are finished within this; then their connections are
/// closed.
const FINISH_WITHIN: Duration = Duration::from_secs(7);
/// The interval between two looks of a connection at its own bounds.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A request's head: ours have some hundred bytes, and cookies of a shared domain a few thousand.
const HEAD_MAX_BYTES: usize = 64 * 1024;
/// Files for the database, its readers, gateways and what else is open.
const OTHER_FILES: u64 = 128;
/// More connections than this are no help on one machine.
const CONNECTIONS_MAX: u64 = 10_000;
/// The wait where the system gives no more files.
const NO_FILES_WAIT: Duration = Duration::from_millis(100);
/// One line in the log for this long, however often it happens.
const SAY_EVERY: Duration = Duration::from_secs(60);

/// Returns the number of connections that the limit on open files has room for.
pub fn room_for_connections() -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .unwrap_or(u64::MAX);
    #[cfg(not(unix))]
    let files = u64::MAX;
    usize::try_from(files.saturating_sub(OTHER_FILES).clamp(16, CONNECTIONS_MAX)).unwrap_or(16)
}

/// Serves until `stopping` says so, and then for as long as requests in flight take, at most seven
/// seconds. Of more than `room` connections the ones that have been silent longest are closed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    room: usize,
    mut stopping: watch::Receiver<bool>,
) {
    let open = Arc::new(OpenConnections {
        room,
        ..OpenConnections::default()
    });
    let mut tasks = JoinSet::new();
    let mut said = None;
    loop {
        while tasks.try_join_next().is_some() {}
        let accepted = tokio::select! {
            _stops = stopping.wait_for(|stops| *stops) => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _peer)) => stream,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                say(
                    &mut said,
                    || tracing::error!(%error, "no connection can be taken"),
                );
                open.close_the_most_silent();
                tokio::time::sleep(NO_FILES_WAIT).await;
                continue;
            }
        };
        let Some(connection) = open.enter() else {
            say(&mut said, || {
                tracing::error!(room, "every connection is busy: a new one was closed")
            });
            continue;
        };
        // Small answers shall not wait for an acknowledgement.
        let _best_effort = stream.set_nodelay(true);
        tasks.spawn(one_connection(
            stream,
            router.clone(),
            connection,
            stopping.clone(),
        ));
    }
    drop(listener);
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(FINISH_WITHIN, finished).await.is_err() {
        tracing::warn!(connections = tasks.len(), "stopped amid requests");
    }
}

/// What is wrong with one caller is no reason to wait.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

fn say(said: &mut Option<Instant>, line: impl FnOnce()) {
    if said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
        line();
        *said = Some(Instant::now());
    }
}

/// All connections that are open, by their numbers.
#[derive(Default)]
struct OpenConnections {
    room: usize,
    next: AtomicU64,
    all: Mutex<BTreeMap<u64, Arc<Watched>>>,
}

/// The bookkeeping of one connection.
struct Watched {
    begun: Instant,
    /// Milliseconds since `begun` when a byte last came or went.
    last_ms: AtomicU64,
    /// Milliseconds since `begun` when the head that is being read began, plus one; zero when none
    /// is.
    head_ms: AtomicU64,
    /// Requests whose answer has not gone out whole; event streams are none, they can be opened
    /// again.
    busy: AtomicU32,
    /// Whether the caller takes nothing of what is ready for it.
    is_blocked: AtomicBool,
    /// Ends it from outside.
    close: Notify,
}

/// Leaves the list with its connection.
struct Entered {
    number: u64,
    watched: Arc<Watched>,
    open: Arc<OpenConnections>,
}

impl OpenConnections {
    /// A place for a new connection; where there is none, the most silent one makes room. [`None`]
    /// when all are busy.
    fn enter(self: &Arc<Self>) -> Option<Entered> {
        let is_full = self.lock().len() >= self.room;
        if is_full && !self.close_the_most_silent() {
            return None;
        }
        let watched = Arc::new(Watched {
            begun: Instant::now(),
            last_ms: AtomicU64::new(0),
            head_ms: AtomicU64::new(0),
            busy: AtomicU32::new(0),
            is_blocked: AtomicBool::new(false),
            close: Notify::new(),
        });
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, Arc::clone(&watched));
        Some(Entered {
            number,
            watched,
            open: Arc::clone(self),
        })
    }

    /// Where every connection has a request in flight, one that takes its answer slowly. False when
    /// there is none either.
    fn close_the_most_silent(&self) -> bool {
        let mut all = self.lock();
        let most_silent = |may_close: fn(&Watched) -> bool| {
            let these = all.iter().filter(|(_, one)| may_close(one));
            these
                .max_by_key(|(_, one)| one.silent_for())
                .map(|(number, _)| *number)
        };
        let silent =
            most_silent(|one| !one.has_work()).or_else(|| most_silent(Watched::is_blocked));
        let Some(closed) = silent.and_then(|number| all.remove(&number)) else {
            return false;
        };
        closed.close.notify_one();
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Watched>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.open.lock().remove(&self.number);
    }
}

impl Watched {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn silent_for(&self) -> Duration {
        Duration::from_millis(
            self.now_ms()
                .saturating_sub(self.last_ms.load(Ordering::Relaxed)),
        )
    }

    fn came(&self) {
        let now = self.now_ms();
        self.last_ms.store(now, Ordering::Relaxed);
        if self.busy.load(Ordering::Relaxed) == 0 {
            // The first byte of a head; the others find it there.
            let _known =
                self.head_ms
                    .compare_exchange(0, now + 1, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn wrote(&self, written: &Poll<io::Result<usize>>) {
        self.is_blocked
            .store(written.is_pending(), Ordering::Relaxed);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.last_ms.store(self.now_ms(), Ordering::Relaxed);
        }
    }

    fn is_blocked(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed)
    }

    /// A request in flight, or an answer that waits to be taken.
    fn has_work(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0 || self.is_blocked()
    }

    fn is_overdue(&self) -> bool {
        let head = self.head_ms.load(Ordering::Relaxed);
        let head_for = Duration::from_millis((self.now_ms() + 1).saturating_sub(head));
        head > 0 && head_for >= HEAD_WITHIN || self.silent_for() >= SILENT_AT_MOST
    }
}

async fn one_connection(
    stream: TcpStream,
    router: Router,
    entered: Entered,
    mut stopping: watch::Receiver<bool>,
) {
    let watched = &entered.watched;
    let service = hyper::service::service_fn(|request: Request<Incoming>| {
        watched.head_ms.store(0, Ordering::Relaxed);
        let busy = Busy::new(watched);
        let router = router.clone();
        async move {
            let response = router.oneshot(request.map(Body::new)).await?;
            let busy = (!is_event_stream(&response)).then_some(busy);
            Ok::<_, Infallible>(response.map(|body| Held { body, _busy: busy }))
        }
    });
    let io = TokioIo::new(Counted {
        stream,
        watched: Arc::clone(watched),
    });
    let connection = http1::Builder::new()
        // Its own limit on heads is one for idle connections too; ours tells them apart.
        .header_read_timeout(None)
        .max_buf_size(HEAD_MAX_BYTES)
        .serve_connection(io, service);
    let mut connection = std::pin::pin!(connection);
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut stops = false;
    loop {
        tokio::select! {
            _over = connection.as_mut() => return,
            () = watched.close.notified() => return,
            _asked = stopping.wait_for(|stops| *stops), if !stops => {
                if !watched.has_work() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
                stops = true;
            }
            _now = looks.tick() => if watched.is_overdue() { return },
        }
    }
}

/// It ends when somebody closes it: nobody's stream shall keep others out.
fn is_event_stream(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// A request in flight, until its answer has gone out whole.
struct Busy(Arc<Watched>);

impl Busy {
    fn new(watched: &Arc<Watched>) -> Self {
        watched.busy.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(watched))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer's body with what ends when it does.
struct Held {
    body: Body,
    _busy: Option<Busy>,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that notes when bytes come and go.
struct Counted {
    stream: TcpStream,
    watched: Arc<Watched>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.watched.came();
        }
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched.wrote(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.watched.wrote(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
