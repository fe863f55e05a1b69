//! The context that every command gets: the flags, the project directory, the console.

use std::path::PathBuf;

use anyhow::Result;
use spcs_apply::engine::EngineChoice;
use spcs_apply::error::Kind;
use spcs_apply::graph::CancellationToken;
use spcs_plan::{Project, config};
use tokio::signal::unix::SignalKind;

use crate::cli::{Engine, Global, Runtime};
use crate::console::Console;
use crate::failure::Failure;

/// The context of a command.
pub(crate) struct Context {
    pub(crate) console: Console,
    /// Cancelled by Ctrl-C.
    pub(crate) cancel: CancellationToken,
    global: Global,
}

impl Context {
    /// Creates the context from the flags without reading any file.
    pub(crate) fn new(global: Global) -> Self {
        let console = Console::new(&global);
        Self { console, cancel: CancellationToken::new(), global }
    }

    /// The directory that contains `spcs.toml`: `--project-dir`, or else the nearest one at or
    /// above the current directory.
    pub(crate) fn root(&self) -> Result<PathBuf> {
        let missing = |place: String| {
            Failure::new(Kind::Input, format!("there is no spcs.toml in {place}"))
                .hint("run this inside the project, or name its directory with `--project-dir`")
        };
        if let Some(dir) = &self.global.project_dir {
            if !dir.join("spcs.toml").is_file() {
                return Err(missing(format!("`{}`", dir.display())).into());
            }
            return Ok(fs_err::canonicalize(dir)?);
        }
        let here = std::env::current_dir()?;
        let found = here.ancestors().find(|dir| dir.join("spcs.toml").is_file());
        let found = found.ok_or_else(|| missing(format!("`{}` or above it", here.display())))?;
        Ok(found.to_owned())
    }

    /// The directory for everything that can be regenerated.
    pub(crate) fn work_dir(&self) -> Result<PathBuf> {
        Ok(self.root()?.join("target").join("spcs"))
    }

    /// Reads the project's files.
    pub(crate) fn project(&self) -> Result<Project> {
        Ok(Project::read(&self.root()?)?)
    }

    pub(crate) fn target(&self) -> &str {
        self.global.target.as_deref().unwrap_or("local")
    }

    /// The target of `--target`, if it was given.
    pub(crate) fn chosen_target(&self) -> Option<&str> {
        self.global.target.as_deref()
    }

    /// The container engine: from the flag, or else from the target.
    pub(crate) fn engine(&self, project: &Project) -> Result<EngineChoice> {
        let engine = match self.global.engine {
            Some(Engine::Podman) => config::Engine::Podman,
            Some(Engine::Docker) => config::Engine::Docker,
            Some(Engine::Auto) => config::Engine::Auto,
            None => project.target(self.target())?.engine(),
        };
        Ok(match engine {
            config::Engine::Podman => EngineChoice::Podman,
            config::Engine::Docker => EngineChoice::Docker,
            config::Engine::Auto => EngineChoice::Auto,
        })
    }

    /// How the local platform runs its services.
    pub(crate) fn local_runtime(&self) -> Runtime {
        self.global.local_runtime
    }

    /// The first Ctrl-C lets the running steps finish; the second exits immediately.
    pub(crate) fn stop_on_interrupt(&self) {
        let (cancel, console) = (self.cancel.clone(), self.console.clone());
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            if console.asking() {
                exit_now();
            }
            cancel.cancel();
            console
                .say("interrupted: waiting for running steps; press Ctrl-C again to quit at once");
            if tokio::signal::ctrl_c().await.is_ok() {
                exit_now();
            }
        });
    }

    /// Exits on SIGTERM and SIGHUP and ends the child processes.
    pub(crate) fn exit_on_termination(&self) {
        for kind in termination_signals() {
            let Ok(mut stream) = tokio::signal::unix::signal(kind) else { continue };
            tokio::spawn(async move {
                stream.recv().await;
                exit_now();
            });
        }
    }
}

/// The signals that request termination: SIGTERM, and SIGHUP unless it is ignored, as under
/// `nohup`.
pub(crate) fn termination_signals() -> Vec<SignalKind> {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let mut signals = vec![SignalKind::terminate()];
    // Bit 0 of the mask is SIGHUP.
    if ignored.unwrap_or_default() & 1 == 0 {
        signals.push(SignalKind::hangup());
    }
    signals
}

/// Exits immediately. Ends the child processes first: an engine would otherwise continue its build.
fn exit_now() -> ! {
    spcs_apply::child::end_all();
    spcs_apply::build::remove_running();
    std::process::exit(i32::from(Kind::Interrupted.exit_code()))
}
