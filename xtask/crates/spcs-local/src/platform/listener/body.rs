//! Bodies that tell their connection what it waits for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::connections::Connection;

/// The body of a request. It fails if the client has sent nothing for too long.
pub(super) struct ReceivedBody {
    inner: Incoming,
    connection: Connection,
    limit: Duration,
    /// Set while the client sends nothing.
    timer: Option<Pin<Box<Sleep>>>,
}

impl ReceivedBody {
    pub(super) fn new(inner: Incoming, connection: Connection, limit: Duration) -> ReceivedBody {
        ReceivedBody { inner, connection, limit, timer: None }
    }
}

impl Body for ReceivedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            if self.timer.take().is_some() {
                self.connection.waits_for_body(false);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        let Self { connection, limit, timer, .. } = &mut *self;
        let timer = timer.get_or_insert_with(|| {
            connection.waits_for_body(true);
            Box::pin(sleep(*limit))
        });
        ready!(timer.as_mut().poll(context));
        let error = io::Error::new(io::ErrorKind::TimedOut, "the client sends no more of the body");
        Poll::Ready(Some(Err(error)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for ReceivedBody {
    fn drop(&mut self) {
        if self.timer.is_some() {
            self.connection.waits_for_body(false);
        }
    }
}

/// The body of a response. When hyper drops it, the connection waits for the next request.
pub(super) struct SentBody {
    inner: axum::body::Body,
    /// `None` if the connection has switched protocols.
    connection: Option<Connection>,
}

impl SentBody {
    pub(super) fn new(inner: axum::body::Body, connection: Option<Connection>) -> SentBody {
        SentBody { inner, connection }
    }
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for SentBody {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.response_sent();
        }
    }
}
