//! Why a file is not on the stage, or a token was not issued.

use crate::connection::Connection;
use crate::error::Kind;

/// Why a file is not on the stage, or a token was not issued.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The target does not answer.
    #[error("could not {doing}: {url} cannot be reached: {problem}")]
    Unreachable {
        /// What was being done.
        doing: String,
        /// Where.
        url: String,
        /// What went wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// The target refuses the login.
    #[error("could not log in as {user} with connection {connection}: {problem}")]
    Login {
        /// The connection's name.
        connection: String,
        /// The user.
        user: String,
        /// What the target said.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// The target refused.
    #[error("could not {doing}: {message} (code {code}{query})")]
    Refused {
        /// What was being done.
        doing: String,
        /// What the target said.
        message: String,
        /// Snowflake's code.
        code: String,
        /// The query, as `, query <id>`.
        query: String,
    },
    /// The answer is not what the protocol says.
    #[error("could not {doing}: the answer is not understood: {problem}")]
    Answer {
        /// What was being done.
        doing: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The store behind the stage refused the file.
    #[error("could not upload {file}: the store behind the stage answers {answer}")]
    Store {
        /// The file.
        file: String,
        /// What it said.
        answer: String,
    },
    /// A stage or file name that cannot stand in a PUT.
    #[error("{name:?} cannot name a {what}: {rule}")]
    Name {
        /// The name.
        name: String,
        /// `stage` or `file`.
        what: &'static str,
        /// What it may hold.
        rule: &'static str,
    },
    /// A private key that cannot sign.
    #[error("the private key of connection {connection} cannot be used: {problem}")]
    Key {
        /// The connection's name.
        connection: String,
        /// What is wrong.
        problem: String,
    },
}

impl StageError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        match self {
            StageError::Unreachable { .. } | StageError::Login { .. } | StageError::Key { .. } => {
                Kind::Connection
            }
            StageError::Name { .. } => Kind::Input,
            _ => Kind::Refused,
        }
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            StageError::Unreachable { hint, .. } | StageError::Login { hint, .. } => {
                Some((*hint).to_owned())
            }
            _ => None,
        }
    }
}

pub(super) fn unreachable(
    connection: &Connection,
    doing: &str,
    error: &reqwest::Error,
) -> StageError {
    StageError::Unreachable {
        doing: doing.to_owned(),
        url: connection.url.to_string(),
        problem: crate::error::chain(error),
        hint: connection.reach_hint(),
    }
}
