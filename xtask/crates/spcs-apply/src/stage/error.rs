//! Why a file is not on the stage. The caller's error names the file and the stage.

use crate::account::AccountError;
use crate::error::Kind;

/// Why a file is not on the stage.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The account refused the login, the PUT or the LIST.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The answer to the PUT does not say how to upload.
    #[error("the answer to the PUT is not understood: {problem}")]
    Reply {
        /// What is wrong with it.
        problem: String,
    },
    /// The store behind the stage refused the file.
    #[error("the store behind the stage answers {answer}")]
    Store {
        /// The store's answer.
        answer: String,
    },
    /// A stage or file name that cannot stand in a PUT.
    #[error("{name:?} cannot name a {what}: it may hold {rule}")]
    Name {
        /// The name.
        name: String,
        /// `stage` or `file`.
        what: &'static str,
        /// What such a name may hold.
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
