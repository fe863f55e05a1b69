//! Work that waits for the disk or computes for a while, kept off the threads of the runtime:
//! those serve every connection.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Runs a future that blocks between its waits; `None` once it is cancelled, which takes effect
/// where it waits. It holds a thread only while it works.
pub(crate) async fn run<F>(future: F, cancelled: &CancellationToken) -> Option<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let woken = Arc::new(Woken(Notify::new()));
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = Box::pin(future);
    while !cancelled.is_cancelled() {
        let waker = waker.clone();
        let work = move || {
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            (future, polled)
        };
        let (rest, polled) = call(work).await;
        match polled {
            Poll::Ready(output) => return Some(output),
            Poll::Pending => future = rest,
        }
        tokio::select! {
            () = woken.0.notified() => {}
            () = cancelled.cancelled() => {}
        }
    }
    None
}

/// Calls a function that blocks. A panic in it goes on in the caller.
pub(crate) async fn call<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down, and this task goes with it.
            Err(_) => std::future::pending().await,
        },
    }
}

struct Woken(Notify);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[tokio::test]
    async fn the_runtime_goes_on_while_a_future_blocks() {
        // One thread runs this test and the runtime; were it blocked, nobody would send.
        let (sender, receiver) = mpsc::channel();
        let blocks = async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            receiver.recv_timeout(Duration::from_secs(10))
        };
        let blocked = tokio::spawn(async { run(blocks, &CancellationToken::new()).await });
        tokio::time::sleep(Duration::from_millis(20)).await;
        sender.send(7).unwrap();
        assert_eq!(blocked.await.unwrap(), Some(Ok(7)));
    }

    #[tokio::test]
    async fn what_is_cancelled_ends_where_it_waits_and_not_in_the_middle_of_its_work() {
        let cancelled = CancellationToken::new();
        let during = cancelled.clone();
        let done = run(async move { during.cancel() }, &cancelled).await;
        assert_eq!(done, Some(()), "it was done before anybody could stop it");
        let cancelled = CancellationToken::new();
        let during = cancelled.clone();
        let waits = async move {
            during.cancel();
            std::future::pending::<()>().await;
        };
        assert_eq!(run(waits, &cancelled).await, None);
    }

    #[tokio::test]
    async fn a_panic_reaches_whoever_waits() {
        let panics = tokio::spawn(async { call(|| panic!("on purpose")).await });
        assert!(panics.await.unwrap_err().is_panic());
    }
}
