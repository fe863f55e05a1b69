//! Accepts connections and serves HTTP on them, so that clients that send slowly or not at all keep
//! nobody out: each connection has time limits, and when there are too many, the one that has waited
//! longest for its client is closed.

mod body;
mod connections;
mod stream;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use body::{ReceivedBody, SentBody};
use connections::{Connection, Connections};
use stream::Stream;

/// The limits of a listener.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The number of connections.
    pub(super) total: usize,
    /// The number of connections from one address.
    pub(super) per_address: usize,
    /// The time for the head of a request, also after the previous response.
    pub(super) head: Duration,
    /// The time without progress of a body, in either direction. SPCS's ingress has the same limit.
    pub(super) idle: Duration,
}

/// How many bytes of a request's head, or of a body, a connection holds in memory.
const BUFFER: usize = 64 << 10;
/// The most connections, however many files the process may open.
const MOST_CONNECTIONS: usize = 512;
/// The open files that are left for everything but connections.
const OTHER_FILES: usize = 64;
/// A connection through the ingress has a second one to the container, and requests open files.
const FILES_PER_CONNECTION: usize = 3;
/// The pause after the process has run out of files or memory.
const PAUSE: Duration = Duration::from_millis(20);

impl Limits {
    /// Raises the soft limit for open files to the hard limit and divides it.
    pub(super) fn of_process() -> Limits {
        let files = raise_file_limit();
        let total = files.saturating_sub(OTHER_FILES) / FILES_PER_CONNECTION;
        let total = total.clamp(8, MOST_CONNECTIONS);
        Limits {
            total,
            per_address: total - total / 4,
            head: Duration::from_secs(30),
            idle: Duration::from_secs(90),
        }
    }
}

/// Sets the soft limit for open files to the hard limit. Returns the limit that applies then.
fn raise_file_limit() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let limit = if raised.is_ok() { maximum } else { current };
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

/// Serves connections until `stopped` completes and the requests in progress have ended.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stopped: impl Future<Output = ()>,
) {
    let connections = Connections::new(limits.total, limits.per_address);
    let stopping = CancellationToken::new();
    // Dropping the set, when this function is aborted, closes the connections.
    let mut tasks = JoinSet::new();
    let mut stopped = pin!(stopped);
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => break,
            accepted = listener.accept() => accepted,
            Some(_) = tasks.join_next() => continue,
        };
        match accepted {
            Ok((stream, client)) => match connections.add(client.ip()) {
                Some(connection) => {
                    let serving = Serving { router: router.clone(), limits, client, connection };
                    tasks.spawn(serving.run(stream, stopping.clone()));
                }
                None => tracing::debug!(%client, "too many connections, refused"),
            },
            // The client is gone already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                connections.close_longest_waiting();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    stopping.cancel();
    while tasks.join_next().await.is_some() {}
}

/// One connection and what serves it.
struct Serving {
    router: Router,
    limits: Limits,
    client: SocketAddr,
    connection: Connection,
}

impl Serving {
    async fn run(self, stream: TcpStream, stopping: CancellationToken) {
        // Jupyter's kernel messages are small; Nagle's algorithm would delay them.
        let _ = stream.set_nodelay(true); // only a matter of latency
        let closed = self.connection.closed();
        let stream = Stream::new(stream, self.connection.clone(), self.limits.idle);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.limits.head).max_buf_size(BUFFER);
        let service = service_fn(|request| self.answer(request));
        let serving = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut serving = pin!(serving);
        let mut is_stopping = false;
        loop {
            tokio::select! {
                served = serving.as_mut() => {
                    if let Err(error) = served {
                        tracing::debug!(client = %self.client, %error, "a connection broke");
                    }
                    return;
                }
                () = closed.cancelled() => {
                    tracing::debug!(client = %self.client, "closed, because it waits for its client");
                    return;
                }
                () = stopping.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    serving.as_mut().graceful_shutdown();
                }
            }
        }
    }

    async fn answer(
        &self,
        request: http::Request<Incoming>,
    ) -> Result<http::Response<SentBody>, Infallible> {
        self.connection.head_received();
        let mut request = request.map(|body| {
            Body::new(ReceivedBody::new(body, self.connection.clone(), self.limits.idle))
        });
        request.extensions_mut().insert(ConnectInfo(self.client));
        let response = TowerToHyperService::new(self.router.clone()).call(request).await?;
        let upgrades = response.status() == http::StatusCode::SWITCHING_PROTOCOLS;
        Ok(response.map(|body| SentBody::new(body, (!upgrades).then(|| self.connection.clone()))))
    }
}
