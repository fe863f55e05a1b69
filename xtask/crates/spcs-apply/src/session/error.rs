//! Why a session or a statement failed, with Snowflake's code and query id.

use snowflake_connector_rs::ErrorKind;

use super::statement::Statement;
use crate::connection::Connection;
use crate::error::{Kind, chain};
use crate::secret::Secrets;

/// Why a statement gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The target does not answer.
    #[error("could not reach {url} for connection {connection}: {problem}")]
    Unreachable {
        /// The connection's name.
        connection: Box<str>,
        /// Where it leads.
        url: Box<str>,
        /// What went wrong.
        problem: Box<str>,
        /// What to do.
        hint: &'static str,
    },
    /// The target refuses the login.
    #[error("could not log in as {user} with connection {connection}: {problem}")]
    Login {
        /// The connection's name.
        connection: Box<str>,
        /// The user.
        user: Box<str>,
        /// What the target said.
        problem: Box<str>,
        /// What to do.
        hint: &'static str,
    },
    /// The target refused a statement.
    #[error("{target} refused `{statement}`: {message}{}", facts(.code, .query_id))]
    Refused {
        /// The connection's name.
        target: Box<str>,
        /// The beginning of the statement, without secrets.
        statement: Box<str>,
        /// What the target said.
        message: Box<str>,
        /// Snowflake's code.
        code: Option<Box<str>>,
        /// The query's id, by which the account's history knows it.
        query_id: Option<Box<str>>,
    },
    /// The connection broke, or the answer did not come or was not understood.
    #[error("lost the answer of {target} to `{statement}`: {problem}{}", facts(&None, .query_id))]
    Lost {
        /// The connection's name.
        target: String,
        /// The beginning of the statement, without secrets.
        statement: String,
        /// What went wrong.
        problem: String,
        /// The query's id.
        query_id: Option<Box<str>>,
    },
    /// A statement that moves files.
    #[error("`{statement}` moves files, which an SQL session cannot")]
    Transfer {
        /// The statement.
        statement: String,
    },
    /// A marker has no value.
    #[error("could not complete `{statement}`: {problem}")]
    Secret {
        /// The statement.
        statement: String,
        /// What went wrong.
        problem: String,
    },
}

fn facts(code: &Option<Box<str>>, query_id: &Option<Box<str>>) -> String {
    let facts: Vec<String> = [("code", code), ("query", query_id)]
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}")))
        .collect();
    if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) }
}

impl SessionError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        match self {
            SessionError::Unreachable { .. } | SessionError::Login { .. } => Kind::Connection,
            SessionError::Lost { .. } => Kind::Connection,
            SessionError::Refused { .. } => Kind::Refused,
            SessionError::Transfer { .. } | SessionError::Secret { .. } => Kind::Input,
        }
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            SessionError::Unreachable { hint, .. } | SessionError::Login { hint, .. } => hint,
            SessionError::Lost { .. } => "run the command again; what is done stays done",
            SessionError::Transfer { .. } => "files get on a stage with the `put` task",
            SessionError::Refused { .. } | SessionError::Secret { .. } => return None,
        };
        Some(hint.to_owned())
    }

    /// Snowflake's code, such as `002003`.
    pub fn code(&self) -> Option<&str> {
        match self {
            SessionError::Refused { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// Whether the object does not exist or may not be seen, which Snowflake does not tell apart:
    /// the one is said of an object, the other of what something is asked of.
    pub fn is_not_found(&self) -> bool {
        matches!(self.code(), Some("002003" | "002043"))
    }
}

pub(super) fn login(connection: &Connection, error: snowflake_connector_rs::Error) -> SessionError {
    let name = connection.name.as_str().into();
    match error.kind() {
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Config => SessionError::Unreachable {
            connection: name,
            url: connection.url.as_str().into(),
            problem: chain(&error).into(),
            hint: connection.reach_hint(),
        },
        _ => SessionError::Login {
            connection: name,
            user: connection.user.as_str().into(),
            problem: error.snowflake_message().map_or_else(|| chain(&error).into(), Box::from),
            hint: connection.login_hint(),
        },
    }
}

pub(super) fn statement(
    target: &str,
    statement: &Statement<'_>,
    secrets: &Secrets,
    error: snowflake_connector_rs::Error,
) -> SessionError {
    let target = target.to_owned();
    let statement = statement.summary();
    let query_id = error.query_id().map(Box::from);
    match (error.snowflake_message(), error.snowflake_code()) {
        (None, None) => {
            let problem = secrets.redact(&chain(&error));
            SessionError::Lost { target, statement, problem, query_id }
        }
        (message, code) => SessionError::Refused {
            target: target.into(),
            statement: statement.into(),
            message: secrets.redact(message.unwrap_or("no message")).trim().into(),
            code: code.map(Box::from),
            query_id,
        },
    }
}
