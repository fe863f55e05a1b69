//! The folders of `sql/`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A folder of `sql/`: files that run together, in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SqlSet {
    /// Creates everything but services.
    Bootstrap,
    /// Sets the user's password.
    Password,
    /// Creates the services and the objects that depend on them.
    Services,
    /// Drops everything.
    Teardown,
    /// A folder that only `cargo xtask sql` runs.
    Other(String),
}

impl SqlSet {
    /// The set with this folder's name.
    pub fn named(folder: &str) -> SqlSet {
        match folder {
            "bootstrap" => Self::Bootstrap,
            "password" => Self::Password,
            "services" => Self::Services,
            "teardown" => Self::Teardown,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// The name of its folder.
impl fmt::Display for SqlSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bootstrap => "bootstrap",
            Self::Password => "password",
            Self::Services => "services",
            Self::Teardown => "teardown",
            Self::Other(folder) => folder,
        })
    }
}
