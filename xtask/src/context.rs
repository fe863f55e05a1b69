//! What every command starts from: the flags, the project's directory, the console.

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

/// What every command starts from.
pub(crate) struct Context {
    /// stdout and stderr.
    pub(crate) console: Console,
    /// Cancelled by Ctrl-C.
    pub(crate) cancel: CancellationToken,
    global: Global,
}

impl Context {
    /// From the flags; reads nothing yet.
    pub(crate) fn new(global: Global) -> Self {
        let console = Console::new(&global);
        Self { console, cancel: CancellationToken::new(), global }
    }

    /// The directory that holds `spcs.toml`: the one that was named, or the nearest upwards.
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

    /// Where everything that can be made again is kept.
    pub(crate) fn work_dir(&self) -> Result<PathBuf> {
        Ok(self.root()?.join("target").join("spcs"))
    }

    /// The project's files.
    pub(crate) fn project(&self) -> Result<Project> {
        Ok(Project::read(&self.root()?)?)
    }

    /// The name of the target.
    pub(crate) fn target(&self) -> &str {
        self.global.target.as_deref().unwrap_or("local")
    }

    /// The engine to use: the flag's, or else the target's.
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

    /// What runs the local platform's services.
    pub(crate) fn local_runtime(&self) -> Runtime {
        self.global.local_runtime
    }

    /// The first Ctrl-C lets what runs come to its end; the second ends the program.
    pub(crate) fn stop_on_interrupt(&self) {
        let (cancel, console) = (self.cancel.clone(), self.console.clone());
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            if console.asking() {
                leave();
            }
            cancel.cancel();
            console.say("interrupted: waiting for what runs; once more to leave it");
            if tokio::signal::ctrl_c().await.is_ok() {
                leave();
            }
        });
    }

    /// SIGTERM, and the end of the terminal, end the program and what it runs.
    pub(crate) fn leave_on_terminate(&self) {
        for kind in endings() {
            let Ok(mut stream) = tokio::signal::unix::signal(kind) else { continue };
            tokio::spawn(async move {
                stream.recv().await;
                leave();
            });
        }
    }
}

/// The signals that ask for an end: SIGTERM, and the end of the terminal where it is not ignored, as
/// `nohup` has it.
pub(crate) fn endings() -> Vec<SignalKind> {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let mut endings = vec![SignalKind::terminate()];
    // SIGHUP is the first bit.
    if ignored.unwrap_or_default() & 1 == 0 {
        endings.push(SignalKind::hangup());
    }
    endings
}

/// Ends the program now. An engine in the middle of a build would go on without it.
fn leave() -> ! {
    spcs_apply::child::end_all();
    std::process::exit(i32::from(Kind::Interrupted.exit_code()))
}
