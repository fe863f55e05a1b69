//! Trying again: which failures are worth it, how often and after what pause.

use std::time::Duration;

use futures_util::future::BoxFuture;
use oci_distribution::errors::OciDistributionError;

use super::error::refused;
use super::{PushError, Registry};
use crate::error::chain;

/// How long to go on. Tests are less patient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Tries of one request, the first included.
    pub(super) tries: u32,
    /// The first pause; each further one is twice as long.
    pub(super) pause: Duration,
    /// An upload that moves no byte for so long is given up, and so is a request without an
    /// answer.
    pub(super) stall: Duration,
    /// A registry checks a whole layer after its last byte: so much longer it may take for each
    /// GiB.
    pub(super) commit: Duration,
}

impl Patience {
    /// How long the answer may take when all of a blob is sent.
    pub(super) fn for_commit(&self, size: u64) -> Duration {
        self.stall + self.commit.mul_f64(size as f64 / (1_u64 << 30) as f64)
    }
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            tries: 5,
            pause: Duration::from_secs(1),
            stall: Duration::from_secs(60),
            commit: Duration::from_secs(200),
        }
    }
}

/// A server may ask for more time than this, but does not get it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A request that says nothing of its progress, with an end.
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
    /// An HTTP status that means no.
    Status { status: u16, message: String },
    /// Nobody listens there.
    Connect(String),
    /// No answer came.
    Transport(String),
    /// An error that no further attempt can mend.
    Push(PushError),
}

impl Failure {
    fn worth_another_try(&self) -> bool {
        match self {
            // There is no such repository, and waiting does not make it.
            Failure::Status { status: 404, message } if message.starts_with("NAME_") => false,
            // 400 and 404: an upload's session got lost on the way, as after a broken body.
            Failure::Status { status, .. } => {
                matches!(status, 400 | 401 | 404 | 408 | 425 | 429 | 500..)
            }
            Failure::Connect(_) | Failure::Transport(_) => true,
            Failure::Push(_) => false,
        }
    }

    /// A server that refuses a token in the middle of a body often only cuts the connection.
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

/// The message of OCI's error body, or its beginning when it is something else.
pub(super) fn short(body: &str) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let error = parsed.as_ref().map(|body| &body["errors"][0]);
    match error.map(|error| (error["code"].as_str(), error["message"].as_str())) {
        Some((Some(code), message)) => format!("{code} {}", message.unwrap_or_default()),
        _ => body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect(),
    }
}

impl Registry {
    /// Does something until it works or is not worth another try. Each attempt starts anew.
    pub(super) async fn attempt<'a, T>(
        &self,
        doing: &str,
        once: impl Fn() -> BoxFuture<'a, Result<T, Failure>> + Send,
    ) -> Result<T, PushError> {
        let mut pause = self.patience.pause;
        for left in (0..self.patience.tries).rev() {
            // Logged in first: which token an attempt failed with has to be known.
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
                && left + 2 < self.patience.tries;
            // On this machine, nobody listening is no passing trouble.
            let gone =
                matches!(failure, Failure::Connect(_)) && crate::http::is_loopback(&self.host);
            if left == 0 || settled || gone || !failure.worth_another_try() {
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

    /// How long the registry wants to be left alone. The upload's own answer is not seen here,
    /// but a registry that is too busy says so to any request.
    async fn asked_pause(&self) -> Option<Duration> {
        let call = self.http.get(format!("{}://{}/v2/", self.scheme(), self.host));
        let answer = call.timeout(Duration::from_secs(10)).send().await.ok()?;
        let seconds = answer.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}
