//! Why a login or a request to the account failed, with Snowflake's code and query id.

use super::Connection;
use crate::error::Kind;

/// Why a login or a request to the account failed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The account cannot be reached.
    #[error("could not reach {url} for connection {connection}: {problem}")]
    Unreachable { connection: Box<str>, url: Box<str>, problem: Box<str>, hint: &'static str },
    /// The account refused the login.
    #[error("{connection} refused the login as {user}: {problem}")]
    Login { connection: Box<str>, user: Box<str>, problem: Box<str>, hint: &'static str },
    /// The private key cannot be used.
    #[error("the private key of connection {connection} cannot be used: {problem}")]
    Key { connection: Box<str>, problem: Box<str> },
    /// The account refused a request.
    #[error("{connection} refused `{request}`: {message}{}", facts(.code.as_deref(), .query_id.as_deref()))]
    Refused {
        connection: Box<str>,
        /// The start of the statement, without secrets, or the path of the request.
        request: Box<str>,
        message: Box<str>,
        code: Option<Box<str>>,
        /// The query's id in the account's query history.
        query_id: Option<Box<str>>,
    },
    /// The connection was lost before the response, or the response violates the protocol.
    #[error("{connection} gave no valid answer to `{request}`: {problem}{}", facts(None, .query_id.as_deref()))]
    Lost {
        connection: Box<str>,
        /// The start of the statement, without secrets, or the path of the request.
        request: Box<str>,
        problem: Box<str>,
        query_id: Option<Box<str>>,
    },
    /// The statement transfers files.
    #[error("`{statement}` transfers files, which a SQL session cannot do")]
    Transfer { statement: String },
    /// A marker in a statement has no value.
    #[error("could not complete `{statement}`: {problem}")]
    Secret { statement: String, problem: String },
}

/// ` (code 002003, query 01b2…)`, without the unknown parts.
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
            AccountError::Transfer { .. } => "upload files with `cargo xtask put`",
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

    /// Whether the object does not exist or is not visible, which Snowflake does not distinguish.
    /// The code is 002003 for a statement on the object itself, and 002043 for one on a part of it,
    /// such as its endpoints.
    pub fn is_not_found(&self) -> bool {
        matches!(self.code(), Some("002003" | "002043"))
    }
}
