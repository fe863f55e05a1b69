//! The container engine of this machine: podman or docker, found, tried and adapted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::Kind;

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// podman
    Podman,
    /// docker
    Docker,
}

/// Which engine to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// The first that works; podman is asked first.
    #[default]
    Auto,
    /// podman and nothing else
    Podman,
    /// docker and nothing else
    Docker,
}

impl FromStr for EngineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<EngineChoice, String> {
        match text {
            "auto" => Ok(EngineChoice::Auto),
            "podman" => Ok(EngineChoice::Podman),
            "docker" => Ok(EngineChoice::Docker),
            other => Err(format!("engine {other:?} is not one of auto, podman, docker")),
        }
    }
}

/// An engine that works here.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Which one.
    pub kind: EngineKind,
    /// The program.
    pub program: PathBuf,
    /// Its version, as it says it.
    pub version: String,
    /// What must be in its environment on this machine.
    pub env: Vec<(String, String)>,
}

impl Engine {
    /// A call of the engine, with its environment; the caller decides on the streams.
    pub fn command<I, S>(&self, args: I) -> duct::Expression
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let call = duct::cmd(&self.program, args).stdin_null();
        self.env.iter().fold(call, |call, (name, value)| call.env(name, value))
    }
}

/// Why there is no engine to work with.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No engine is there, or none of those that are there works.
    #[error("no container engine works on this machine\n{tried}\nhint: {hint}")]
    None {
        /// One line for each engine that was tried.
        tried: String,
        /// What to do.
        hint: &'static str,
    },
    /// A file of ours about the engine could not be written.
    #[error("could not keep the settings for the container engine")]
    Settings(#[from] std::io::Error),
}

impl EngineError {
    /// Which sort of failure it is.
    pub fn kind(&self) -> Kind {
        Kind::Machine
    }
}

/// Finds an engine that works and what it needs here; what is found is kept under `work_dir`
/// (`target/spcs`).
pub fn detect(_choice: EngineChoice, _work_dir: &Path) -> Result<Engine, EngineError> {
    Err(EngineError::None { tried: String::new(), hint: "" })
}
