//! An SQL session: one statement a call, rows as text.

use crate::connection::Connection;
use crate::error::Kind;
use crate::secret::Secrets;

/// A session on the target.
pub struct Session;

/// What a statement answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Column names, as the server wrote them.
    pub columns: Vec<String>,
    /// The rows; a missing value is SQL's NULL. Timestamps are seconds since 1970.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Rows {
    /// The rows, with their columns by name.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row { columns: &self.columns, values })
    }

    /// The first value of the first row: what a `SELECT SYSTEM$…` answers.
    pub fn scalar(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_deref()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// One row of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    columns: &'a [String],
    values: &'a [Option<String>],
}

impl<'a> Row<'a> {
    /// The value of a column, whatever the case of its name; NULL and no such column are `None`.
    pub fn get(&self, column: &str) -> Option<&'a str> {
        let index = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
        self.values.get(index)?.as_deref()
    }

    /// The value of a column, or the empty text.
    pub fn text(&self, column: &str) -> &'a str {
        self.get(column).unwrap_or_default()
    }
}

/// Why a statement gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// x
    #[error("x")]
    X,
}

impl SessionError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        Kind::Refused
    }

    /// Snowflake's code, such as `002003`.
    pub fn code(&self) -> Option<&str> {
        None
    }
}

impl Session {
    /// Logs in.
    pub async fn connect(_connection: &Connection) -> Result<Session, SessionError> {
        Err(SessionError::X)
    }

    /// Runs one statement. Its markers are filled from `secrets` just before it is sent.
    pub async fn query(&self, _sql: &str, _secrets: &Secrets) -> Result<Rows, SessionError> {
        Err(SessionError::X)
    }

    /// Ends the session.
    pub async fn close(self) {}
}
