//! The command line of a container engine.

use std::path::PathBuf;

/// How to call a container engine.
#[derive(Debug, Clone)]
pub struct EngineCommand {
    pub kind: EngineKind,
    pub program: PathBuf,
    /// Additional environment variables.
    pub env: Vec<(String, String)>,
}

/// The supported container engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    Podman,
    Docker,
}

impl EngineKind {
    /// The name of the engine's program.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Podman => "podman",
            EngineKind::Docker => "docker",
        }
    }
}
