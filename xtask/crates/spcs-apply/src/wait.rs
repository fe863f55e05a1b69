//! Waits until pools, services and endpoints are ready, and reports the cause if they do not become
//! ready.

mod cause;
mod failures;
mod poll;

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::account::{AccountError, Session};
use crate::error::Kind;
use crate::graph::CancellationToken;
use crate::observe::Endpoint;

pub use cause::Cause;
use failures::Failures;
use poll::Readiness;

/// The limits of a wait and its status callback.
pub struct Watch<'a> {
    /// How long it may take.
    pub limit: Duration,
    /// Ends the wait early.
    pub cancel: &'a CancellationToken,
    /// Called with the state in a few words whenever it changes.
    pub status: &'a (dyn Fn(&str) + Send + Sync),
}

/// Why a wait failed.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// The subject has failed and will not become ready.
    #[error("{what} failed{cause}")]
    Failed {
        /// `service MILVUS_DEMO.PUBLIC.MILVUS`
        what: String,
        /// What is known about the cause.
        cause: Box<Cause>,
    },
    /// The time limit has passed.
    #[error("{what} is not ready after {limit:?}: {state}{}", cause.logs())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long.
        limit: Duration,
        /// Its last state.
        state: String,
        /// What is known about the cause.
        cause: Box<Cause>,
    },
    /// It does not exist.
    #[error("{what} does not exist")]
    Missing {
        /// What was waited for.
        what: String,
    },
    /// A probe failed.
    #[error("asking for the state of {what}")]
    Probe {
        /// What was waited for.
        what: String,
        /// The probe's error.
        #[source]
        source: AccountError,
    },
    /// The wait was cancelled.
    #[error("interrupted while waiting for {what}")]
    Interrupted {
        /// What was waited for.
        what: String,
    },
}

impl WaitError {
    /// The kind of failure, which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Probe { source, .. } => source.kind(),
            Self::Interrupted { .. } => Kind::Interrupted,
            _ => Kind::Wait,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Failed { cause, .. } => cause.hint(),
            Self::TimedOut { cause, .. } => Some(cause.hint().unwrap_or_else(|| {
                "give it more time with `--timeout 30m`, or look at `cargo xtask status`".to_owned()
            })),
            Self::Missing { .. } => Some("`cargo xtask deploy` creates it".to_owned()),
            Self::Probe { source, .. } => source.hint(),
            Self::Interrupted { .. } => None,
        }
    }
}

/// The subject of a wait.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A compute pool, until it is ACTIVE or IDLE.
    Pool(&'a str),
    /// A service, until it is RUNNING and every instance is READY with the newest spec.
    Service(Service<'a>),
    /// The public endpoints of a service, until each has a host.
    Endpoints(&'a str),
}

/// A service by its name on the target and by its key in the project.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    /// `DB.SCHEMA.NAME`
    pub name: &'a str,
    /// Its key in spcs.toml, which commands take.
    pub key: &'a str,
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(name) => write!(f, "compute pool {name}"),
            Self::Service(service) => write!(f, "service {}", service.name),
            Self::Endpoints(name) => write!(f, "the endpoints of service {name}"),
        }
    }
}

/// Waits until the subject is ready. Returns the endpoints if the subject is endpoints.
pub async fn until_ready(
    session: &Session,
    subject: Subject<'_>,
    watch: &Watch<'_>,
) -> Result<Vec<Endpoint>, WaitError> {
    let end = Instant::now() + watch.limit;
    let mut pause = Duration::from_millis(150);
    let mut shown = String::new();
    let mut failures = Failures::default();
    let what = || subject.to_string();
    loop {
        let polled = match subject {
            Subject::Pool(name) => poll::pool(session, name).await,
            Subject::Service(service) => poll::service(session, service, &mut failures).await,
            Subject::Endpoints(name) => poll::endpoints(session, name).await,
        };
        let state = match polled.map_err(|source| WaitError::Probe { what: what(), source })? {
            Readiness::Ready(endpoints) => return Ok(endpoints),
            Readiness::Failed(cause) => {
                return Err(WaitError::Failed { what: what(), cause: Box::new(cause) });
            }
            Readiness::Missing => {
                // The endpoints are missing only if the service does not exist.
                let what = match subject {
                    Subject::Endpoints(service) => format!("service {service}"),
                    Subject::Pool(_) | Subject::Service(_) => what(),
                };
                return Err(WaitError::Missing { what });
            }
            Readiness::NotYet(state) => state,
        };
        if state != shown {
            (watch.status)(&state);
            shown.clone_from(&state);
        }
        if Instant::now() + pause > end {
            let cause = match subject {
                Subject::Service(service) => cause::of_service(session, service).await,
                _ => Cause::default(),
            };
            let cause = Box::new(cause);
            return Err(WaitError::TimedOut { what: what(), limit: watch.limit, state, cause });
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = watch.cancel.cancelled() => {
                return Err(WaitError::Interrupted { what: what() });
            }
        }
        // Short pauses at first, for the local platform, then longer ones for services that take
        // minutes.
        pause = (pause * 5 / 4).min(Duration::from_secs(3));
    }
}
