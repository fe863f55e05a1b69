//! Why an upload to a stage failed. The caller's error names the file and the stage.

use crate::account::AccountError;
use crate::error::Kind;

/// Why an upload to a stage failed.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The account refused the login, the PUT or the LIST.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The response to the PUT is invalid or not supported.
    #[error("the answer to the PUT is not understood: {problem}")]
    Reply { problem: String },
    /// The stage's cloud storage rejected the file.
    #[error("the store behind the stage answers {answer}")]
    Store { answer: String },
    /// A stage or file name that cannot be used in a PUT.
    #[error("{name:?} cannot name a {what}: it may hold {rule}")]
    Name {
        name: String,
        /// `stage` or `file`.
        what: &'static str,
        /// The allowed characters.
        rule: &'static str,
    },
}

impl StageError {
    /// The kind of failure, which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self {
            StageError::Account(error) => error.kind(),
            StageError::Reply { .. } | StageError::Store { .. } => Kind::Refused,
            StageError::Name { .. } => Kind::Input,
        }
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            StageError::Account(error) => error.hint(),
            _ => None,
        }
    }
}
