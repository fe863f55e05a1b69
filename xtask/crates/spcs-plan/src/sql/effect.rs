//! What a statement does to the catalog, read from its tokens.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sql::RawStatement;

mod grant;
mod parse;

pub use grant::Grant;

/// What a statement does, as far as a plan has to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// `USE …`: changes the session only.
    Use {
        /// `ROLE SYSADMIN`.
        what: String,
    },
    /// `CREATE … IF NOT EXISTS` or `CREATE OR ALTER …`.
    Create {
        /// What is made.
        kind: ObjectKind,
        /// Its full name.
        name: String,
        /// Whether an object that is there is brought to `settings`.
        or_alter: bool,
        /// `KEY = value`, lower-case key.
        settings: BTreeMap<String, String>,
    },
    /// `ALTER … SET …`.
    Alter {
        /// What is changed.
        kind: ObjectKind,
        /// Its full name.
        name: String,
        /// `KEY = value`, lower-case key; the value is empty for UNSET.
        settings: BTreeMap<String, String>,
    },
    /// `ALTER SERVICE … FROM …`: runs the service from another spec.
    Respec {
        /// The service.
        name: String,
    },
    /// `ALTER … RESUME`: matters only when it is suspended.
    Resume {
        /// What is resumed.
        kind: ObjectKind,
        /// Its full name.
        name: String,
    },
    /// `GRANT …`, one for each privilege.
    Grant {
        /// What is granted.
        grants: Vec<Grant>,
    },
    /// `DROP … IF EXISTS`.
    Drop {
        /// What is dropped.
        kind: ObjectKind,
        /// Its full name.
        name: String,
    },
    /// Anything else: always sent.
    Other,
}

/// The kinds of objects that statements are recognised for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A role of the account.
    Role,
    /// A user.
    User,
    /// A warehouse.
    Warehouse,
    /// A database.
    Database,
    /// A schema.
    Schema,
    /// A stage.
    Stage,
    /// An image repository.
    ImageRepository,
    /// A network rule.
    NetworkRule,
    /// An external access integration.
    ExternalAccessIntegration,
    /// A security integration.
    SecurityIntegration,
    /// A compute pool.
    ComputePool,
    /// A service.
    Service,
    /// A table: never made here, but it may live in the deployment's database.
    Table,
    /// A view: never made here, but it may live in the deployment's database.
    View,
    /// A procedure: the same.
    Procedure,
    /// A function of a user: the same.
    UserFunction,
    /// A sequence: the same.
    Sequence,
    /// A file format: the same.
    FileFormat,
    /// A task: the same.
    Task,
    /// A stream: the same.
    Stream,
    /// A pipe: the same.
    Pipe,
    /// A secret: the same.
    Secret,
}

/// Every kind with the words that name it in SQL.
const KINDS: [(ObjectKind, &str); 22] = [
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
    /// Its words in SQL: `COMPUTE POOL`.
    pub fn words(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, words)| words)
    }

    /// How many parts a full name has.
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

/// In lower case, for people: `compute pool`.
impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().to_lowercase())
    }
}

/// The effect of a statement, or what is wrong with its form.
pub(crate) fn of(statement: &RawStatement) -> Result<Effect, String> {
    parse::effect(&statement.tokens)
}
