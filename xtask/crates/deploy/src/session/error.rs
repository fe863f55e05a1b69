//! Why a session or a statement failed, with Snowflake's code and query id.

use snowflake_connector_rs::ErrorKind;

use super::statement::Statement;
use crate::connection::Connection;
use crate::error::Kind;
use crate::secret::Secrets;

/// Why a statement gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The target does not answer.
    #[error("could not reach {url} for connection {connection}: {problem}\nhint: {hint}")]
    Unreachable {
        /// The connection's name.
        connection: String,
        /// Where it leads.
        url: String,
        /// What went wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// The target refuses the login.
    #[error("could not log in as {user} with connection {connection}: {problem}\nhint: {hint}")]
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
    /// The target refused a statement.
    #[error("{target} refused `{statement}`: {message}{}", facts(.code, .query_id))]
    Refused {
        /// The connection's name.
        target: String,
        /// The beginning of the statement, without secrets.
        statement: String,
        /// What the target said.
        message: String,
        /// Snowflake's code.
        code: Option<String>,
        /// The query's id, by which the account's history knows it.
        query_id: Option<String>,
    },
    /// The connection broke, or the answer did not come or was not understood.
    #[error("lost the answer of {target} to `{statement}`: {problem}{}\nhint: run the command again; what is done stays done", facts(&None, .query_id))]
    Lost {
        /// The connection's name.
        target: String,
        /// The beginning of the statement, without secrets.
        statement: String,
        /// What went wrong.
        problem: String,
        /// The query's id.
        query_id: Option<String>,
    },
    /// A statement that moves files.
    #[error(
        "`{statement}` moves files, which an SQL session cannot\nhint: files get on a stage with the `put` task"
    )]
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

fn facts(code: &Option<String>, query_id: &Option<String>) -> String {
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

    /// Snowflake's code, such as `002003`.
    pub fn code(&self) -> Option<&str> {
        match self {
            SessionError::Refused { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// Whether the object does not exist or may not be seen; Snowflake does not tell which.
    pub fn is_not_found(&self) -> bool {
        matches!(self.code().map(|code| code.trim_start_matches('0')), Some("2003" | "2043"))
    }
}

pub(super) fn login(connection: &Connection, error: snowflake_connector_rs::Error) -> SessionError {
    let name = connection.name.clone();
    match error.kind() {
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Config => SessionError::Unreachable {
            connection: name,
            url: connection.url.to_string(),
            problem: chain(&error),
            hint: connection.reach_hint(),
        },
        _ => SessionError::Login {
            connection: name,
            user: connection.user.clone(),
            problem: error.snowflake_message().map_or_else(|| chain(&error), str::to_owned),
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
    let query_id = error.query_id().map(str::to_owned);
    match (error.snowflake_message(), error.snowflake_code()) {
        (None, None) => {
            let problem = secrets.redact(&chain(&error));
            SessionError::Lost { target, statement, problem, query_id }
        }
        (message, code) => SessionError::Refused {
            target,
            statement,
            message: secrets.redact(message.unwrap_or("no message")).trim().to_owned(),
            code: code.map(str::to_owned),
            query_id,
        },
    }
}

/// An error and its causes on one line; reqwest says what went wrong only in the last of them.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
