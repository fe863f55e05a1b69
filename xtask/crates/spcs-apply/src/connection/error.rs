//! Why there is no connection to use.

use std::path::PathBuf;

use crate::error::Kind;

/// Why there is no connection to use.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The local platform does not run.
    #[error(
        "the local platform is not running: {path} is not there\nhint: start it with `cargo xtask local start`"
    )]
    NotRunning {
        /// Its status file.
        path: PathBuf,
    },
    /// A file cannot be read or is not what it should be.
    #[error("could not read {path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Others may write a file that says where passwords are sent.
    #[error("{path} can be written by others\nhint: chmod 600 {path}")]
    Permissions {
        /// The file.
        path: PathBuf,
    },
    /// There is no such connection.
    #[error(
        "there is no connection {name:?}; {known}\nhint: `snow connection add` makes one, or set SNOWFLAKE_CONNECTIONS_{variable}_ACCOUNT, _USER and so on"
    )]
    Unknown {
        /// Its name.
        name: String,
        /// Which there are.
        known: String,
        /// Its name in variables.
        variable: String,
    },
    /// Something is not set.
    #[error("connection {name:?} has no {key}\nhint: set {key} in connections.toml or SNOWFLAKE_CONNECTIONS_{variable}_{key_upper}", key_upper = key.to_uppercase())]
    Missing {
        /// Its name.
        name: String,
        /// What is missing.
        key: &'static str,
        /// Its name in variables.
        variable: String,
    },
    /// Something is set to what cannot be used.
    #[error("connection {name:?}: {problem}")]
    Unusable {
        /// Its name.
        name: String,
        /// What is wrong, and what to do instead.
        problem: String,
    },
}

impl ConnectionError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        Kind::Connection
    }
}
