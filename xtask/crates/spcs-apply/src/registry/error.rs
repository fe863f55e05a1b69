//! Why an image could not be pushed.

use super::Failure;
use crate::account::AccountError;
use crate::error::Kind;
use crate::layout::LayoutError;

/// Why an image could not be pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The repository's address is not valid.
    #[error("{address:?} is not an image repository's address (host/database/schema/repository)")]
    Address { address: String },
    /// The layout cannot be read.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The account did not issue a token for the login.
    #[error(transparent)]
    Token(#[from] AccountError),
    /// The registry does not respond.
    #[error("could not reach the image registry {registry}: {problem}")]
    Unreachable { registry: String, problem: String },
    /// The registry refused a request.
    #[error("could not {doing}: the registry answers {status}: {message}")]
    Refused {
        /// What was being done.
        doing: String,
        status: u16,
        message: String,
        hint: &'static str,
    },
    /// After the push, the tag has another image.
    #[error("pushed {image} as {expected}, but the registry has {found}")]
    Mismatch {
        image: String,
        /// The layout's digest.
        expected: String,
        /// The tag's digest in the registry.
        found: String,
    },
}

impl PushError {
    /// The kind of failure, which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self {
            PushError::Layout(_) => Kind::Machine,
            PushError::Token(error) => error.kind(),
            PushError::Unreachable { .. } => Kind::Connection,
            _ => Kind::Refused,
        }
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            PushError::Address { .. } => return None,
            PushError::Token(error) => return error.hint(),
            PushError::Layout(_) => "build the image again with `cargo xtask build`",
            PushError::Unreachable { .. } => "run the command again; what is uploaded stays there",
            PushError::Refused { hint, .. } => hint,
            PushError::Mismatch { .. } => {
                "was something else pushed at the same time? run the command again"
            }
        };
        Some(hint.to_owned())
    }
}

/// The error for a failure that is not retried.
pub(super) fn refused(registry: &str, doing: &str, failure: Failure) -> PushError {
    let (status, message) = match failure {
        Failure::Transport(problem) | Failure::Connect(problem) => {
            let problem = format!("{problem} (while trying to {doing})");
            return PushError::Unreachable { registry: registry.to_owned(), problem };
        }
        Failure::Push(error) => return error,
        Failure::Status { status, message } => (status, message),
    };
    let hint = match status {
        401 | 403 => "the session's role needs WRITE on the image repository",
        404 => "does the image repository exist? `cargo xtask sql bootstrap` creates it",
        413 => "a layer is larger than the registry takes; spread it over several layers",
        429 | 500.. => "the registry is busy or broken; run the command again later",
        _ => "run the command again with `-vv` to see what is tried",
    };
    PushError::Refused { doing: doing.to_owned(), status, message, hint }
}
