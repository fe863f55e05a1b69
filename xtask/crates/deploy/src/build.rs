//! Builds an image and keeps it as an OCI layout. Unchanged inputs call no engine at all.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::engine::Engine;
use crate::error::Kind;
use crate::progress::Progress;

/// What an image is built from.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The image's name in the project, such as `milvus`.
    pub name: String,
    /// The build context.
    pub context: PathBuf,
    /// The Dockerfile.
    pub dockerfile: PathBuf,
    /// The image its `ARG BASE` stands for, such as `docker.io/library/debian:bookworm-slim`.
    pub base: Option<String>,
    /// Further build arguments.
    pub args: BTreeMap<String, String>,
    /// Where images, layers and logs are kept: `target/spcs`.
    pub work_dir: PathBuf,
}

/// A built image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltImage {
    /// Its OCI layout.
    pub layout: PathBuf,
    /// The digest of its manifest, `sha256:…`.
    pub digest: String,
    /// Whether the engine was called.
    pub rebuilt: bool,
}

/// What is known of an image without calling an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildState {
    /// The layout holds what the inputs say.
    Built(BuiltImage),
    /// It has to be built.
    Stale {
        /// Why.
        reason: String,
    },
}

/// Why an image could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// x
    #[error("x")]
    X,
}

impl BuildError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        Kind::Input
    }
}

/// What the layout of an image is worth; touches no engine.
pub fn state(_request: &BuildRequest) -> Result<BuildState, BuildError> {
    Err(BuildError::X)
}

/// Builds the image where it has changed. Blocks.
pub fn build(
    _engine: &Engine,
    _request: &BuildRequest,
    _progress: &dyn Progress,
) -> Result<BuiltImage, BuildError> {
    Err(BuildError::X)
}
