//! Images into the account's repository.

use std::path::Path;
use std::sync::Arc;

use crate::error::Kind;
use crate::progress::Progress;
use crate::stage::StageSession;

/// Who pushes.
#[derive(Clone)]
pub enum Login {
    /// A session of the account; tokens are issued from it as often as they are needed.
    Session(Arc<StageSession>),
    /// A registry that asks nobody.
    Anonymous,
}

/// An image repository of a registry.
pub struct Registry;

/// What a push did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pushed {
    /// Blobs sent.
    pub uploaded: usize,
    /// Blobs that were there.
    pub skipped: usize,
    /// Bytes sent.
    pub bytes: u64,
}

/// Why an image is not in the repository.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// x
    #[error("x")]
    X,
}

impl PushError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        Kind::Refused
    }
}

impl Registry {
    /// The repository at `repository_url` as SHOW IMAGE REPOSITORIES says it:
    /// `host[:port]/db/schema/repo`.
    pub fn open(_repository_url: &str, _login: Login) -> Result<Registry, PushError> {
        Err(PushError::X)
    }
}

/// Pushes the image of a layout as `image:tag`. The manifest with that digest there already:
/// nothing is sent.
pub async fn push(
    _registry: &Registry,
    _layout: &Path,
    _image: &str,
    _tag: &str,
    _progress: Arc<dyn Progress>,
) -> Result<Pushed, PushError> {
    Err(PushError::X)
}

/// The digest behind `image:tag` in the repository, if it is there.
pub async fn manifest_digest(
    _registry: &Registry,
    _image: &str,
    _tag: &str,
) -> Result<Option<String>, PushError> {
    Err(PushError::X)
}
