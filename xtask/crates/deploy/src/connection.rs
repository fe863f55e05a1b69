//! Where a target is and how to log in there.

use std::path::Path;

use crate::error::Kind;
use crate::secret::Secret;

/// An account, and who logs in.
#[derive(Clone)]
pub struct Connection {
    /// The connection's name, for messages: `local`, or that of connections.toml.
    pub name: String,
    /// The account identifier.
    pub account: String,
    /// The user.
    pub user: String,
    /// The base URL, without a path.
    pub url: url::Url,
    /// How the user proves who they are.
    pub auth: Auth,
    /// The role to start with.
    pub role: Option<String>,
    /// The warehouse to start with.
    pub warehouse: Option<String>,
}

/// How a user logs in.
#[derive(Clone)]
pub enum Auth {
    /// A password, or a programmatic access token in its place.
    Password(Secret),
    /// A programmatic access token.
    Token(Secret),
    /// A private key (PKCS#8 PEM), with its passphrase.
    KeyPair {
        /// The PEM text.
        pem: Secret,
        /// The passphrase of an encrypted key.
        passphrase: Option<Secret>,
    },
    /// An OAuth access token.
    OAuth(Secret),
}

/// Why there is no connection to use.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// x
    #[error("x")]
    X,
}

impl ConnectionError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        Kind::Connection
    }
}

/// The local platform's connection, from the status file it writes while it runs.
pub fn local(_status_file: &Path) -> Result<Connection, ConnectionError> {
    Err(ConnectionError::X)
}

/// A connection of the user's own Snowflake configuration; without a name, the default one.
pub fn from_snowflake(_name: Option<&str>) -> Result<Connection, ConnectionError> {
    Err(ConnectionError::X)
}
