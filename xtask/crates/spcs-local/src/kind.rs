//! The kinds of objects an account holds.

use serde::{Deserialize, Serialize};

/// A kind of object that can be created, granted on and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
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
}

use Kind::*;

impl Kind {
    /// Every kind; those that contain others come first.
    pub(crate) const ALL: [Kind; 12] = [
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
    ];

    /// How it is written in a statement.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role => "ROLE",
            User => "USER",
            Warehouse => "WAREHOUSE",
            Database => "DATABASE",
            Schema => "SCHEMA",
            Stage => "STAGE",
            ImageRepository => "IMAGE REPOSITORY",
            NetworkRule => "NETWORK RULE",
            ExternalAccessIntegration => "EXTERNAL ACCESS INTEGRATION",
            SecurityIntegration => "SECURITY INTEGRATION",
            ComputePool => "COMPUTE POOL",
            Service => "SERVICE",
        }
    }

    /// The plural of SHOW.
    pub(crate) fn plural(self) -> String {
        match self.name().strip_suffix('Y') {
            Some(stem) => format!("{stem}IES"),
            None => format!("{}S", self.name()),
        }
    }

    /// `granted_on` of SHOW GRANTS, and the kind in privileges and in messages about them.
    pub(crate) fn label(self) -> &'static str {
        match self {
            ExternalAccessIntegration | SecurityIntegration => "INTEGRATION",
            other => other.name(),
        }
    }

    /// How messages name it, such as `Image Repository`.
    pub(crate) fn title(self) -> String {
        let capital = |word: &str| word[..1].to_owned() + &word[1..].to_lowercase();
        self.label().split(' ').map(capital).collect::<Vec<_>>().join(" ")
    }

    /// How many parts its full name has.
    pub(crate) fn depth(self) -> usize {
        match self {
            Schema => 2,
            Stage | ImageRepository | NetworkRule | Service => 3,
            _ => 1,
        }
    }

    /// The privilege that creating one needs, on its schema, database or the account.
    pub(crate) fn create_privilege(self) -> String {
        format!("CREATE {}", self.label())
    }

    /// Whether `CREATE OR REPLACE` exists for it.
    pub(crate) fn replaceable(self) -> bool {
        !matches!(self, ComputePool | Service)
    }

    /// Whether `CREATE OR ALTER` exists for it.
    pub(crate) fn create_or_alter(self) -> bool {
        matches!(self, Warehouse | Database | Schema | Stage | Role)
    }

    /// Privileges that can be granted on it, besides OWNERSHIP; `ALL` means these.
    pub(crate) fn privileges(self) -> &'static [&'static str] {
        match self {
            Role => &[],
            User => &["MONITOR"],
            Warehouse => &["APPLYBUDGET", "MODIFY", "MONITOR", "OPERATE", "USAGE"],
            Database => &[
                "APPLYBUDGET",
                "CREATE DATABASE ROLE",
                "CREATE SCHEMA",
                "MODIFY",
                "MONITOR",
                "USAGE",
            ],
            Schema => &[
                "APPLYBUDGET",
                "CREATE FILE FORMAT",
                "CREATE FUNCTION",
                "CREATE IMAGE REPOSITORY",
                "CREATE NETWORK RULE",
                "CREATE NOTEBOOK",
                "CREATE PIPE",
                "CREATE PROCEDURE",
                "CREATE SECRET",
                "CREATE SEQUENCE",
                "CREATE SERVICE",
                "CREATE SNAPSHOT",
                "CREATE STAGE",
                "CREATE STREAM",
                "CREATE STREAMLIT",
                "CREATE TABLE",
                "CREATE TASK",
                "CREATE VIEW",
                "MODIFY",
                "MONITOR",
                "USAGE",
            ],
            Stage => &["READ", "WRITE"],
            ImageRepository => &["READ", "SERVICE READ", "SERVICE WRITE", "WRITE"],
            NetworkRule => &[],
            ExternalAccessIntegration | SecurityIntegration => &["USAGE"],
            ComputePool => &["APPLYBUDGET", "MODIFY", "MONITOR", "OPERATE", "USAGE"],
            Service => &["MONITOR", "OPERATE", "USAGE"],
        }
    }
}

/// Privileges on the account itself.
pub(crate) const ACCOUNT_PRIVILEGES: [&str; 13] = [
    "APPLY TAG",
    "BIND SERVICE ENDPOINT",
    "CREATE COMPUTE POOL",
    "CREATE DATABASE",
    "CREATE INTEGRATION",
    "CREATE ROLE",
    "CREATE USER",
    "CREATE WAREHOUSE",
    "EXECUTE TASK",
    "MANAGE GRANTS",
    "MONITOR EXECUTION",
    "MONITOR SECURITY",
    "MONITOR USAGE",
];
