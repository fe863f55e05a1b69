//! Which container engine is called, and how.

use std::path::PathBuf;

/// How to call a container engine.
#[derive(Debug, Clone)]
pub struct EngineCommand {
    /// Which one it is.
    pub kind: EngineKind,
    /// The program to run.
    pub program: PathBuf,
    /// Variables added to its environment.
    pub env: Vec<(String, String)>,
}

/// The engines whose command line is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// podman.
    Podman,
    /// docker.
    Docker,
}

impl EngineKind {
    /// Its program's name.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Podman => "podman",
            EngineKind::Docker => "docker",
        }
    }
}
