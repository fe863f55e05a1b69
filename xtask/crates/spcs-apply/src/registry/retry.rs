//! The retry policy: which failures are retried, how often and after which pause. A retry crate
//! would not simplify this: each attempt needs a login first, and a failed one may need to discard
//! the login and to request the registry's `Retry-After`.

use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use oci_distribution::errors::OciDistributionError;
use reqwest::header::RETRY_AFTER;

use super::error::refused;
use super::{PushError, Registry};
use crate::error::chain;

/// The number of attempts and the timeouts. Tests use shorter ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryPolicy {
    /// The number of attempts, including the first.
    pub(super) tries: u32,
    /// The first pause; each further pause is twice as long.
    pub(super) pause: Duration,
    /// The timeout of an upload that sends no bytes, and of a request without a response.
    pub(super) stall: Duration,
    /// The additional timeout per GiB for the response to an upload: a registry verifies the whole
    /// layer after its last byte.
    pub(super) commit: Duration,
}

impl RetryPolicy {
    /// The timeout of the response once all bytes of a blob are sent.
    pub(super) fn for_commit(&self, size: u64) -> Duration {
        self.stall + self.commit.mul_f64(size as f64 / (1_u64 << 30) as f64)
    }
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy {
            tries: 5,
            pause: Duration::from_secs(1),
            stall: Duration::from_secs(60),
            commit: Duration::from_secs(200),
        }
    }
}

/// The longest pause, even if the registry asks for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Runs a request that reports no progress, with a time limit.
pub(super) async fn within<T, E>(
    limit: Duration,
    request: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure>
where
    Failure: From<E>,
{
    match tokio::time::timeout(limit, request).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Failure::Transport(format!("no answer in {limit:?}"))),
    }
}

/// Why one attempt failed.
pub(super) enum Failure {
    /// The registry answered with an error status.
    Status { status: u16, message: String },
    /// The connection to the registry failed.
    Connect(String),
    /// No valid response was received.
    Transport(String),
    /// An error that another attempt cannot fix.
    Push(PushError),
}

impl Failure {
    fn is_retryable(&self) -> bool {
        match self {
            // The repository does not exist, and waiting does not create it.
            Failure::Status { status: 404, message } if message.starts_with("NAME_") => false,
            // 400 and 404: the registry lost the upload session, for example after a truncated
            // body.
            Failure::Status { status, .. } => {
                matches!(status, 400 | 401 | 404 | 408 | 425 | 429 | 500..)
            }
            Failure::Connect(_) | Failure::Transport(_) => true,
            Failure::Push(_) => false,
        }
    }

    /// Whether an invalid token may be the cause. A server that rejects a token while the body is
    /// being sent often just closes the connection.
    fn may_be_the_token(&self) -> bool {
        matches!(self, Failure::Status { status: 401, .. } | Failure::Transport(_))
    }
}

impl From<OciDistributionError> for Failure {
    fn from(error: OciDistributionError) -> Failure {
        match error {
            OciDistributionError::ServerError { code, message, .. } => {
                Failure::Status { status: code, message: short(&message) }
            }
            OciDistributionError::UnauthorizedError { .. } => {
                Failure::Status { status: 401, message: "not authorized".to_owned() }
            }
            OciDistributionError::RequestError(error) => error.into(),
            other => Failure::Transport(chain(&other)),
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Failure {
        match error.status() {
            Some(status) => {
                Failure::Status { status: status.as_u16(), message: status.to_string() }
            }
            None if error.is_connect() => Failure::Connect(chain(&error.without_url())),
            None => Failure::Transport(chain(&error.without_url())),
        }
    }
}

/// The code and message of an OCI error body, or the start of any other body.
pub(super) fn short(body: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let error = parsed.as_ref().map(|body| &body["errors"][0]);
    match error.map(|error| (error["code"].as_str(), error["message"].as_str())) {
        Some((Some(code), message)) => format!("{code} {}", message.unwrap_or_default()),
        _ => body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect(),
    }
}

impl Registry {
    /// Runs `once` until it succeeds or a retry is pointless. Each attempt starts from the
    /// beginning.
    pub(super) async fn attempt<'a, T>(
        &self,
        doing: &str,
        once: impl Fn() -> BoxFuture<'a, Result<T, Failure>> + Send,
    ) -> Result<T, PushError> {
        let mut pause = self.policy.pause;
        for left in (0..self.policy.tries).rev() {
            // Log in first, to know which token the attempt uses.
            let login = self.bearer().await;
            let seen = self.generation().await;
            let outcome = match login {
                Ok(_) => once().await,
                Err(failure) => Err(failure),
            };
            let failure = match outcome {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            let settled = matches!(failure, Failure::Status { status: 404, .. })
                && left + 2 < self.policy.tries;
            // A refused connection on this machine means that nothing listens; do not retry.
            let gone =
                matches!(failure, Failure::Connect(_)) && crate::http::is_loopback(&self.host);
            if left == 0 || settled || gone || !failure.is_retryable() {
                return Err(refused(&self.host, doing, failure));
            }
            let wait = match &failure {
                Failure::Status { status: 429 | 503, .. } => {
                    self.asked_pause().await.unwrap_or(pause)
                }
                _ => pause,
            };
            if let Failure::Status { message, .. }
            | Failure::Transport(message)
            | Failure::Connect(message) = &failure
            {
                tracing::debug!(
                    registry = self.host,
                    doing,
                    problem = message,
                    left,
                    "trying again"
                );
            }
            tokio::time::sleep(wait.min(LONGEST_PAUSE)).await;
            pause *= 2;
            if failure.may_be_the_token() {
                self.forget_login(seen).await;
            }
        }
        Err(refused(&self.host, doing, Failure::Transport("no try was left".to_owned())))
    }

    /// The pause that the registry requests (`Retry-After`). The client does not expose the headers
    /// of the failed response, but a busy registry sends the header in any response.
    async fn asked_pause(&self) -> Option<Duration> {
        let call = self.http.get(format!("{}://{}/v2/", self.scheme(), self.host));
        let answer = call.timeout(Duration::from_secs(10)).send().await.ok()?;
        retry_after(answer.headers().get(RETRY_AFTER)?.to_str().ok()?, SystemTime::now())
    }
}

/// The pause that a `Retry-After` header requests: a number of seconds, or a date.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let date = "Sun, 09 Sep 2001 01:47:10 GMT";
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(date, now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(date, now + Duration::from_secs(60)), None, "the date has passed");
        assert_eq!(retry_after("soon", now), None);
    }
}
