//! Fault injection for tests: planned faults that each apply to one matching request.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use http::header::RETRY_AFTER;
use http::{Method, StatusCode};

use crate::error::{Code, Error};
use crate::{login, serve};

/// A fault to inject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An error response with this status; 401 includes a challenge.
    Status(StatusCode),
    /// 429 with a `Retry-After` header.
    TooManyRequests {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The connection breaks after this many bytes of the request's body, or of the response's
    /// body for methods that send none.
    Cut {
        /// Bytes that pass before the break.
        after: u64,
    },
    /// The response is delayed.
    Delay(Duration),
}

#[derive(Debug)]
struct Planned {
    method: Method,
    fragment: String,
    fault: Fault,
}

/// A queue of planned faults. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    queue: Arc<Mutex<VecDeque<Planned>>>,
}

impl Faults {
    /// Plans a fault for the next request with this method whose path and query contain `fragment`.
    pub fn plan(&self, method: Method, fragment: &str, fault: Fault) {
        self.lock().push_back(Planned { method, fragment: fragment.to_owned(), fault });
    }

    /// The number of planned faults that have not been injected yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.lock().len()
    }

    fn take(&self, request: &Request) -> Option<Fault> {
        let target = request.uri().path_and_query().map_or("", |target| target.as_str());
        let mut queue = self.lock();
        let matches = |p: &Planned| p.method == *request.method() && target.contains(&p.fragment);
        let at = queue.iter().position(matches)?;
        queue.remove(at).map(|planned| planned.fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Planned>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Middleware that injects planned faults before any route.
pub(crate) async fn inject(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    match faults.take(&request) {
        None => next.run(request).await,
        Some(Fault::Delay(delay)) => {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Some(Fault::Cut { after }) => cut(request, next, after).await,
        Some(Fault::TooManyRequests { retry_after }) => {
            let error = Error::new(Code::Unknown, "too many requests")
                .status(StatusCode::TOO_MANY_REQUESTS)
                .header(RETRY_AFTER, &retry_after.to_string());
            refuse(request, error).await
        }
        Some(Fault::Status(StatusCode::UNAUTHORIZED)) => {
            let error = login::challenge(&login::host(request.headers()), None);
            refuse(request, error).await
        }
        Some(Fault::Status(status)) => {
            let error = Error::new(Code::Unknown, "planned fault").status(status);
            refuse(request, error).await
        }
    }
}

async fn refuse(request: Request, error: Error) -> Response {
    let (parts, body) = request.into_parts();
    serve::drain(&parts.headers, body).await;
    error.into_response()
}

async fn cut(request: Request, next: Next, after: u64) -> Response {
    let sends_body = matches!(*request.method(), Method::PUT | Method::PATCH | Method::POST);
    if sends_body {
        let request = request.map(|body| limited(body, after));
        next.run(request).await;
        return Response::new(limited(Body::from("cut"), 0));
    }
    next.run(request).await.map(|body| limited(body, after))
}

/// A body that fails after `after` bytes, which makes the server drop the connection.
fn limited(body: Body, after: u64) -> Body {
    let frames = stream::unfold((body.into_data_stream(), after), |(mut body, left)| async move {
        if left == 0 {
            tokio::task::yield_now().await; // lets the bytes before the cut reach the socket
            return Some((Err(io::Error::other("planned cut")), (body, left)));
        }
        let frame: Result<Bytes, io::Error> = body.next().await?.map_err(io::Error::other);
        let frame = frame.map(|bytes| {
            let keep = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
            bytes.slice(..keep)
        });
        let sent = frame.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Some((frame, (body, left - sent)))
    });
    Body::from_stream(frames)
}
