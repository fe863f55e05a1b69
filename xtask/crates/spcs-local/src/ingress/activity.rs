//! Idle timeouts: tracks when a connection was last active.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// The time of the last traffic in either direction. Clones share it.
#[derive(Clone)]
pub(crate) struct Activity {
    last: Arc<Mutex<Instant>>,
    limit: Duration,
}

impl Activity {
    pub(crate) fn new(limit: Duration) -> Activity {
        Activity { last: Arc::new(Mutex::new(Instant::now())), limit }
    }

    pub(crate) fn touch(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Completes once there was no traffic for the limit.
    pub(crate) async fn timed_out(&self) {
        while Instant::now() < self.deadline() {
            sleep_until(self.deadline()).await;
        }
    }

    fn deadline(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) + self.limit
    }
}

/// A body whose frames count as traffic, and that fails after the idle timeout.
pub(crate) struct Watched<B> {
    inner: B,
    activity: Activity,
    timer: Pin<Box<Sleep>>,
}

impl<B> Watched<B> {
    pub(crate) fn new(inner: B, activity: Activity) -> Watched<B> {
        let timer = Box::pin(sleep_until(activity.deadline()));
        Watched { inner, activity, timer }
    }
}

impl<B> Body for Watched<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            self.activity.touch();
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        loop {
            ready!(self.timer.as_mut().poll(context));
            let deadline = self.activity.deadline();
            if Instant::now() >= deadline {
                let error = io::Error::new(io::ErrorKind::TimedOut, "no traffic for too long");
                return Poll::Ready(Some(Err(error)));
            }
            self.timer.as_mut().reset(deadline);
        }
    }

    // Delegated, so that Content-Length is kept and empty bodies stay empty.
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
