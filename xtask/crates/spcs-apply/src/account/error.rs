//! Why a login or a request to the account failed, with Snowflake's code and query id.

use super::Connection;
use crate::error::Kind;

/// Why a login or a request to the account failed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The account does not answer.
    #[error("could not reach {url} for connection {connection}: {problem}")]
    Unreachable {
        /// The connection's name.
        connection: Box<str>,
        /// The account's URL.
        url: Box<str>,
        /// What went wrong.
        problem: Box<str>,
        /// What to do.
        hint: &'static str,
    },
    /// The account refused the login.
    #[error("{connection} refused the login as {user}: {problem}")]
    Login {
        /// The connection's name.
        connection: Box<str>,
        /// The user.
        user: Box<str>,
        /// What the account said.
        problem: Box<str>,
        /// What to do.
        hint: &'static str,
    },
    /// A private key that cannot sign.
    #[error("the private key of connection {connection} cannot be used: {problem}")]
    Key {
        /// The connection's name.
        connection: Box<str>,
        /// What is wrong with the key.
        problem: Box<str>,
    },
    /// The account refused a request.
    #[error("{connection} refused `{request}`: {message}{}", facts(.code.as_deref(), .query_id.as_deref()))]
    Refused {
        /// The connection's name.
        connection: Box<str>,
        /// The beginning of the statement, without secrets, or the request's path.
        request: Box<str>,
        /// What the account said.
        message: Box<str>,
        /// Snowflake's code.
        code: Option<Box<str>>,
        /// The query's id, by which the account's history knows it.
        query_id: Option<Box<str>>,
    },
    /// The connection broke before the answer came, or the answer is not what the protocol says.
    #[error("lost the answer of {connection} to `{request}`: {problem}{}", facts(None, .query_id.as_deref()))]
    Lost {
        /// The connection's name.
        connection: Box<str>,
        /// The beginning of the statement, without secrets, or the request's path.
        request: Box<str>,
        /// What went wrong.
        problem: Box<str>,
        /// The query's id.
        query_id: Option<Box<str>>,
    },
    /// A statement that moves files.
    #[error("`{statement}` moves files, which an SQL session cannot")]
    Transfer {
        /// The beginning of the statement.
        statement: String,
    },
    /// A marker in a statement has no value.
    #[error("could not complete `{statement}`: {problem}")]
    Secret {
        /// The beginning of the statement.
        statement: String,
        /// What went wrong.
        problem: String,
    },
}

/// ` (code 002003, query 01b2…)`, as far as they are known.
fn facts(code: Option<&str>, query_id: Option<&str>) -> String {
    let facts: Vec<String> = [("code", code), ("query", query_id)]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
        .collect();
    if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) }
}

impl AccountError {
    pub(super) fn unreachable(connection: &Connection, problem: &str) -> AccountError {
        AccountError::Unreachable {
            connection: connection.name.as_str().into(),
            url: connection.url.as_str().into(),
            problem: problem.into(),
            hint: connection.reach_hint(),
        }
    }

    pub(super) fn login(connection: &Connection, problem: &str) -> AccountError {
        AccountError::Login {
            connection: connection.name.as_str().into(),
            user: connection.user.as_str().into(),
            problem: problem.into(),
            hint: connection.login_hint(),
        }
    }

    /// The kind of failure, which decides the exit code.
    pub fn kind(&self) -> Kind {
        match self {
            AccountError::Unreachable { .. }
            | AccountError::Login { .. }
            | AccountError::Key { .. }
            | AccountError::Lost { .. } => Kind::Connection,
            AccountError::Refused { .. } => Kind::Refused,
            AccountError::Transfer { .. } | AccountError::Secret { .. } => Kind::Input,
        }
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            AccountError::Unreachable { hint, .. } | AccountError::Login { hint, .. } => hint,
            AccountError::Lost { .. } => "run the command again; what is done stays done",
            AccountError::Transfer { .. } => "files get on a stage with the `put` task",
            AccountError::Key { .. }
            | AccountError::Refused { .. }
            | AccountError::Secret { .. } => return None,
        };
        Some(hint.to_owned())
    }

    /// Snowflake's code, such as `002003`.
    pub fn code(&self) -> Option<&str> {
        match self {
            AccountError::Refused { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// Whether the object does not exist or may not be seen, which Snowflake does not tell apart.
    /// A statement on the object itself gets 002003; one that asks an object for something, such
    /// as its endpoints, gets 002043.
    pub fn is_not_found(&self) -> bool {
        matches!(self.code(), Some("002003" | "002043"))
    }
}
