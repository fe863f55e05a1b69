//! Runs blocking or CPU-heavy work outside the runtime's worker threads, which serve all
//! connections.

use std::panic::resume_unwind;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

/// How many polls run at the same time. With more, the threads that serve connections would wait
/// long for a processor.
static POLLS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2 + processors()));

/// The number of processors that the process may use.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Runs a future whose polls may block, each on a blocking thread. Returns `None` if it is
/// cancelled, which takes effect only between polls.
pub(crate) async fn run<F>(future: F, cancelled: &CancellationToken) -> Option<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let woken = Arc::new(NotifyWaker(Notify::new()));
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = Box::pin(future);
    while !cancelled.is_cancelled() {
        let waker = waker.clone();
        let work = move || {
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            (future, polled)
        };
        // The semaphore is never closed.
        let permit = POLLS.acquire().await;
        let (rest, polled) = call(work).await;
        drop(permit);
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

/// Calls a blocking function. Propagates its panics.
pub(crate) async fn call<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime is shutting down and drops this task.
            Err(_) => std::future::pending().await,
        },
    }
}

struct NotifyWaker(Notify);

impl Wake for NotifyWaker {
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
    async fn the_runtime_keeps_running_while_a_future_blocks() {
        // The test's runtime has one thread: if the future blocked it, `send` would never run.
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
    async fn cancellation_takes_effect_only_while_the_future_waits() {
        let cancelled = CancellationToken::new();
        let during = cancelled.clone();
        let done = run(async move { during.cancel() }, &cancelled).await;
        assert_eq!(done, Some(()), "the future completes in the poll that cancels it");
        let cancelled = CancellationToken::new();
        let during = cancelled.clone();
        let waits = async move {
            during.cancel();
            std::future::pending::<()>().await;
        };
        assert_eq!(run(waits, &cancelled).await, None);
    }

    #[tokio::test]
    async fn a_panic_propagates_to_the_caller() {
        let panics = tokio::spawn(async { call(|| panic!("on purpose")).await });
        assert!(panics.await.unwrap_err().is_panic());
    }
}
