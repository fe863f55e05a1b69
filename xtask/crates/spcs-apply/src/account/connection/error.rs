//! Why no connection can be used.

use std::io;
use std::path::PathBuf;

use crate::error::Kind;

/// Why no connection can be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The local platform is not running.
    #[error("the local platform is not running: {path} is not there")]
    NotRunning { path: PathBuf },
    /// A file cannot be read; the error names it.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// A file has invalid content.
    #[error("could not read {path}: {problem}")]
    File { path: PathBuf, problem: String },
    /// Other users can write a file that determines where passwords are sent.
    #[error("{path} can be written by others")]
    Permissions { path: PathBuf },
    /// The connection does not exist.
    #[error("there is no connection {name:?}; {known}")]
    Unknown {
        name: String,
        /// The connections that exist.
        known: String,
        /// The connection's name in environment variables.
        variable: String,
    },
    /// A setting is missing.
    #[error("connection {name:?} has no {key}")]
    Missing {
        name: String,
        key: &'static str,
        /// The connection's name in environment variables.
        variable: String,
    },
    /// A setting has an invalid or unsupported value.
    #[error("connection {name:?}: {problem}")]
    Unusable {
        name: String,
        problem: String,
        /// What to do instead, where it is known.
        hint: Option<&'static str>,
    },
}

impl ConnectionError {
    /// The kind of failure, which decides the exit code.
    pub fn kind(&self) -> Kind {
        Kind::Connection
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            ConnectionError::NotRunning { .. } => {
                Some("start it with `cargo xtask local start`".to_owned())
            }
            ConnectionError::Permissions { path } => Some(format!("chmod 600 {}", path.display())),
            ConnectionError::Unknown { variable, .. } => Some(format!(
                "`snow connection add` makes one, or set \
                 SNOWFLAKE_CONNECTIONS_{variable}_ACCOUNT, _USER and so on"
            )),
            ConnectionError::Missing { key, variable, .. } => Some(format!(
                "set {key} in connections.toml or SNOWFLAKE_CONNECTIONS_{variable}_{}",
                key.to_uppercase()
            )),
            ConnectionError::Unusable { hint, .. } => hint.map(str::to_owned),
            ConnectionError::Read(_) | ConnectionError::File { .. } => None,
        }
    }
}
