//! The effect of a statement on the catalog, parsed from its tokens.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sql::RawStatement;

mod grant;
mod parse;

pub use grant::Grant;

/// The effect of a statement, as far as planning needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// `USE …`: only changes the session.
    Use {
        /// `ROLE SYSADMIN`.
        what: String,
    },
    /// `CREATE … IF NOT EXISTS` or `CREATE OR ALTER …`.
    Create {
        kind: ObjectKind,
        name: String,
        /// Whether the statement applies `settings` to an existing object.
        or_alter: bool,
        /// The `KEY = value` pairs, with lower-case keys.
        settings: BTreeMap<String, String>,
    },
    /// `ALTER … SET …`.
    Alter {
        kind: ObjectKind,
        name: String,
        /// The `KEY = value` pairs, with lower-case keys. The value is empty for UNSET.
        settings: BTreeMap<String, String>,
    },
    /// `ALTER SERVICE … FROM …`: changes the spec of a service.
    ChangeSpec { name: String },
    /// `ALTER … RESUME`: needed only if the object is suspended.
    Resume { kind: ObjectKind, name: String },
    /// `GRANT …`, one grant per privilege.
    Grant { grants: Vec<Grant> },
    /// `DROP … IF EXISTS`.
    Drop { kind: ObjectKind, name: String },
    /// Anything else. Always sent.
    Other,
}

/// The kinds of objects that are recognised in statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    Role,
    User,
    Warehouse,
    Database,
    Schema,
    Stage,
    ImageRepository,
    NetworkRule,
    ExternalAccessIntegration,
    SecurityIntegration,
    ComputePool,
    Service,
    // The deployment creates none of the following, but others may have them in its database.
    Table,
    View,
    Procedure,
    UserFunction,
    Sequence,
    FileFormat,
    Task,
    Stream,
    Pipe,
    Secret,
}

/// Every kind with its keywords in SQL.
pub(crate) const KINDS: [(ObjectKind, &str); 22] = [
    (ObjectKind::Role, "ROLE"),
    (ObjectKind::User, "USER"),
    (ObjectKind::Warehouse, "WAREHOUSE"),
    (ObjectKind::Database, "DATABASE"),
    (ObjectKind::Schema, "SCHEMA"),
    (ObjectKind::Stage, "STAGE"),
    (ObjectKind::ImageRepository, "IMAGE REPOSITORY"),
    (ObjectKind::NetworkRule, "NETWORK RULE"),
    (ObjectKind::ExternalAccessIntegration, "EXTERNAL ACCESS INTEGRATION"),
    (ObjectKind::SecurityIntegration, "SECURITY INTEGRATION"),
    (ObjectKind::ComputePool, "COMPUTE POOL"),
    (ObjectKind::Service, "SERVICE"),
    (ObjectKind::Table, "TABLE"),
    (ObjectKind::View, "VIEW"),
    (ObjectKind::Procedure, "PROCEDURE"),
    (ObjectKind::UserFunction, "USER FUNCTION"),
    (ObjectKind::Sequence, "SEQUENCE"),
    (ObjectKind::FileFormat, "FILE FORMAT"),
    (ObjectKind::Task, "TASK"),
    (ObjectKind::Stream, "STREAM"),
    (ObjectKind::Pipe, "PIPE"),
    (ObjectKind::Secret, "SECRET"),
];

impl ObjectKind {
    /// Its keywords in SQL: `COMPUTE POOL`.
    pub fn words(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, words)| words)
    }

    /// The number of parts of a full name.
    pub fn name_parts(self) -> usize {
        match self {
            Self::Role
            | Self::User
            | Self::Warehouse
            | Self::Database
            | Self::ExternalAccessIntegration
            | Self::SecurityIntegration
            | Self::ComputePool => 1,
            Self::Schema => 2,
            _ => 3,
        }
    }
}

/// In lower case: `compute pool`.
impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().to_lowercase())
    }
}

/// Parses the effect of a statement. The error says why the statement is not allowed.
pub(crate) fn of(statement: &RawStatement) -> Result<Effect, String> {
    parse::effect(&statement.tokens)
}
