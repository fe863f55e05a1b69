//! Why there is no connection to use.

use std::io;
use std::path::PathBuf;

use crate::error::Kind;

/// Why there is no connection to use.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The local platform is not running.
    #[error("the local platform is not running: {path} is not there")]
    NotRunning {
        /// Its status file.
        path: PathBuf,
    },
    /// A file cannot be read; the error names it.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// A file's content is not what it should be.
    #[error("could not read {path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Other users may write a file that decides where passwords are sent.
    #[error("{path} can be written by others")]
    Permissions {
        /// The file.
        path: PathBuf,
    },
    /// There is no such connection.
    #[error("there is no connection {name:?}; {known}")]
    Unknown {
        /// Its name.
        name: String,
        /// Which there are.
        known: String,
        /// Its name in variables.
        variable: String,
    },
    /// A setting is missing.
    #[error("connection {name:?} has no {key}")]
    Missing {
        /// Its name.
        name: String,
        /// What is missing.
        key: &'static str,
        /// Its name in variables.
        variable: String,
    },
    /// A setting has a value that cannot be used.
    #[error("connection {name:?}: {problem}")]
    Unusable {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: String,
        /// What to do instead, where it is known.
        hint: Option<&'static str>,
    },
}

impl ConnectionError {
    /// Which sort of failure it is.
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
