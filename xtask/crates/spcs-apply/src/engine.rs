//! Detects this machine's container engine, podman or docker, checks that it works, and configures
//! it for the machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::child;
use crate::error::Kind;

mod adapt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    Podman,
    Docker,
}

/// Which engine to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// The first engine that works; podman is tried first.
    #[default]
    Auto,
    Podman,
    Docker,
}

/// An engine that works on this machine.
#[derive(Debug, Clone)]
pub struct Engine {
    pub kind: EngineKind,
    pub program: PathBuf,
    /// The version it reports.
    pub version: String,
    /// The directory of its image store, if it reports one.
    pub store: Option<PathBuf>,
    /// Environment variables that it needs on this machine.
    pub env: Vec<(String, String)>,
}

impl Engine {
    /// An engine command with its environment. The caller configures stdout and stderr.
    pub fn command<I, S>(&self, args: I) -> duct::Expression
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let call = child::own_process_group(&duct::cmd(&self.program, args).stdin_null());
        self.env.iter().fold(call, |call, (name, value)| call.env(name, value))
    }
}

/// Why no engine can be used.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No engine is installed, or none of the installed ones works.
    #[error("no container engine works on this machine: {tried}")]
    None {
        /// The engines that were tried, with the results.
        tried: String,
        hint: &'static str,
    },
    /// The engine's settings file could not be written.
    #[error("could not keep the settings that the container engine needs here")]
    Settings(#[from] std::io::Error),
}

impl EngineError {
    /// The kind of failure, which decides the exit code.
    pub fn kind(&self) -> Kind {
        Kind::Machine
    }

    /// What to do next, where it is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            EngineError::None { hint, .. } => Some((*hint).to_owned()),
            EngineError::Settings(_) => None,
        }
    }
}

/// Finds an engine that works, and writes the settings that it needs on this machine to `work_dir`
/// (`target/spcs`). An engine works if its `info` succeeds: a docker client may be installed
/// without a daemon.
pub fn detect(choice: EngineChoice, work_dir: &Path) -> Result<Engine, EngineError> {
    let candidates = match choice {
        EngineChoice::Auto => &[EngineKind::Podman, EngineKind::Docker][..],
        EngineChoice::Podman => &[EngineKind::Podman][..],
        EngineChoice::Docker => &[EngineKind::Docker][..],
    };
    let mut tried = Vec::new();
    let mut installed = Vec::new();
    for &kind in candidates {
        let Ok(program) = which::which(kind.program()) else {
            tried.push(format!("{} is not installed", kind.program()));
            continue;
        };
        installed.push(kind);
        match info(kind, &program) {
            Ok((version, store)) => {
                tracing::debug!(engine = kind.program(), %version, "container engine works");
                let env = match kind {
                    EngineKind::Podman => adapt::environment(work_dir)?,
                    EngineKind::Docker => Vec::new(),
                };
                return Ok(Engine { kind, program, version, store, env });
            }
            Err(said) => {
                tried.push(format!("{} does not answer `info`: {said}", program.display()))
            }
        }
    }
    let hint = match (choice, installed.as_slice()) {
        (EngineChoice::Docker, []) => "install docker with `cargo xtask setup --engine docker`",
        (_, []) => "install podman with `cargo xtask setup`",
        (EngineChoice::Docker, _) => "start the docker daemon, or choose `--engine podman`",
        (_, [EngineKind::Docker]) => {
            "start the docker daemon, or install podman with `cargo xtask setup`"
        }
        (_, _) => "`podman info` has to work first: fix the reported problem",
    };
    Err(EngineError::None { tried: tried.join("; "), hint })
}

impl EngineKind {
    /// The name of the executable.
    pub fn program(self) -> &'static str {
        match self {
            EngineKind::Podman => "podman",
            EngineKind::Docker => "docker",
        }
    }
}

/// Runs the engine's `info`. Returns its version and store, or its error message.
fn info(kind: EngineKind, program: &Path) -> Result<(String, Option<PathBuf>), String> {
    let format = match kind {
        EngineKind::Podman => "{{.Version.Version}} {{.Store.GraphRoot}}",
        EngineKind::Docker => "{{.ServerVersion}} {{.DockerRootDir}}",
    };
    let call =
        child::own_process_group(&duct::cmd(program, ["info", "--format", format]).stdin_null());
    let answer = child::output(&call).map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&answer.stdout);
    let (version, store) = said.trim().split_once(' ').unwrap_or((said.trim(), ""));
    // Without a daemon, some versions of the docker client exit with 0 and print nothing.
    if answer.status.success() && version.starts_with(|first: char| first.is_ascii_digit()) {
        let store = (!store.is_empty()).then(|| PathBuf::from(store));
        return Ok((version.to_owned(), store));
    }
    let said = String::from_utf8_lossy(&answer.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message");
    Err(last.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake_engine(folder: &Path, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let file = folder.join(name);
        fs_err::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_docker_client_without_a_daemon_does_not_work() {
        let folder = tempfile::tempdir().unwrap();
        fake_engine(folder.path(), "docker", "echo 'Cannot connect to the daemon.' >&2; exit 0");
        assert_eq!(
            info(EngineKind::Docker, &folder.path().join("docker")),
            Err("Cannot connect to the daemon.".to_owned())
        );
    }
}
