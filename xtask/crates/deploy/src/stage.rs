//! Files onto a stage: the PUT the connector cannot do.

use crate::connection::Connection;
use crate::error::Kind;

/// A session that can upload files and issue tokens.
pub struct StageSession;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Uploaded,
    /// One of that name was there already.
    Skipped,
}

/// Why a file is not on the stage, or a token was not issued.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// x
    #[error("x")]
    X,
}

impl StageError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        Kind::Refused
    }
}

impl StageSession {
    /// Logs in with that role.
    pub async fn open(
        _connection: &Connection,
        _role: Option<&str>,
    ) -> Result<StageSession, StageError> {
        Err(StageError::X)
    }

    /// Logs out.
    pub async fn close(self) {}
}

/// Uploads `bytes` as `file_name` to a stage such as `@DB.SCHEMA.STAGE` or a folder of it.
pub async fn put(
    _session: &StageSession,
    _bytes: Vec<u8>,
    _stage: &str,
    _file_name: &str,
    _overwrite: bool,
) -> Result<Put, StageError> {
    Err(StageError::X)
}
