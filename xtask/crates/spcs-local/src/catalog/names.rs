//! Resolves names to full names with the session's database and schema.

use crate::kind::Kind;
use crate::sql::{ObjectName, SqlError};

/// The database and schema for names that are not fully qualified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Namespace {
    pub(crate) database: Option<String>,
    pub(crate) schema: Option<String>,
}

impl Namespace {
    /// The full name of an object of this kind.
    pub(crate) fn resolve(&self, kind: Kind, name: &ObjectName) -> Result<Vec<String>, SqlError> {
        let depth = kind.depth();
        if name.0.len() > depth {
            return Err(SqlError::missing(&kind.title(), &name.to_string()));
        }
        let mut path = Vec::with_capacity(depth);
        let missing = depth - name.0.len();
        if missing > 0 {
            path.push(self.database.clone().ok_or_else(no_database)?);
        }
        if missing > 1 {
            path.push(self.schema.clone().ok_or_else(no_schema)?);
        }
        path.extend(name.0.iter().cloned());
        Ok(path)
    }
}

/// 090105: the session has no current database.
pub(crate) fn no_database() -> SqlError {
    SqlError::new(
        "090105",
        "22000",
        "Cannot perform operation. This session does not have a current database. \
         Call 'USE DATABASE', or use a qualified name.",
    )
}

/// 090106: the session has no current schema.
pub(crate) fn no_schema() -> SqlError {
    SqlError::new(
        "090106",
        "22000",
        "Cannot perform operation. This session does not have a current schema. \
         Call 'USE SCHEMA', or use a qualified name.",
    )
}
