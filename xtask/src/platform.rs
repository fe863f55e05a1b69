//! The local platform as a process of its own: found, started in the background, stopped.

mod engine;
mod identity;
mod port;
mod spawn;
mod turn;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use spcs_apply::error::Kind;
use spcs_local::{EngineCommand, Status};

use crate::failure::Failure;
use identity::{Answer, ask};

pub(crate) use engine::{engine_command, engine_to_reset, engine_to_start};
pub(crate) use port::taken as port_taken;
pub(crate) use spawn::{Start, Started, start, was_started};

/// How long a platform may take to stop: containers go on running, but a call of the engine that
/// has begun is waited for.
const STOP_LIMIT: Duration = Duration::from_secs(45);

/// How long the platform may take to answer one request, and how often it is asked.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
const ATTEMPTS: usize = 4;

/// The file that a running platform describes itself in.
pub(crate) fn status_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.json")
}

/// The file that a running platform holds a lock on.
fn lock_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.lock")
}

/// The platform's log.
pub(crate) fn log_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.log")
}

/// The platform of a state directory, if it runs. One that is there and busy is waited for, and
/// never taken for one that is not there.
pub(crate) async fn running(state_dir: &Path) -> Result<Option<Status>> {
    let Some(status) = described(state_dir)? else { return Ok(None) };
    for _ in 0..ATTEMPTS {
        match ask(&status.url, ANSWER_LIMIT).await {
            Answer::Silence => {}
            answer => return Ok(answer.is_of(&status.state_dir).then_some(status)),
        }
    }
    let message = format!("the local platform (process {}) does not answer", status.pid);
    let hint = format!(
        "its log is `{}`; `cargo xtask local stop` ends it, and its services go on without it",
        log_file(state_dir).display()
    );
    Err(Failure::new(Kind::Connection, message).hint(hint).into())
}

/// What the last platform of a state directory wrote of itself, if its process is there.
fn described(state_dir: &Path) -> Result<Option<Status>> {
    let text = match fs_err::read_to_string(status_file(state_dir)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // Half a file is what a machine that lost power leaves: the platform does not run.
    let status = serde_json::from_str::<Status>(&text).ok();
    Ok(status.filter(|status| alive(status.pid)))
}

/// The same, when a command can do nothing without it.
pub(crate) async fn expect_running(state_dir: &Path) -> Result<Status> {
    running(state_dir).await?.ok_or_else(|| {
        let failure = Failure::new(
            Kind::Connection,
            format!("the local platform of `{}` does not run", state_dir.display()),
        );
        failure
            .hint("start it with `cargo xtask local start`, or deploy: `cargo xtask deploy`")
            .into()
    })
}

/// Stops the platform; its containers keep running. `false` when it did not run.
pub(crate) async fn stop(state_dir: &Path) -> Result<bool> {
    let Some(status) = described(state_dir)? else { return Ok(false) };
    // By now the number may be that of another process: that one does not answer as this platform,
    // nor was it started as one.
    let ours = match ask(&status.url, ANSWER_LIMIT).await {
        Answer::Silence => was_started_as_platform(status.pid),
        answer => answer.is_of(&status.state_dir),
    };
    if !ours {
        return Ok(false);
    }
    let pid = process(status.pid)
        .with_context(|| format!("no process has the id {} that the platform wrote", status.pid))?;
    kill_process(pid, Signal::TERM)
        .with_context(|| format!("stopping the local platform (process {})", status.pid))?;
    let stopped = async {
        while alive(status.pid) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(STOP_LIMIT, stopped).await.map_err(|_| {
        Failure::new(
            Kind::Wait,
            format!(
                "the local platform (process {}) has not stopped in {STOP_LIMIT:?}",
                status.pid
            ),
        )
        .hint(format!("see `{}`", log_file(state_dir).display()))
    })?;
    Ok(true)
}

/// Whether a directory is a platform's, so that all of it may be removed.
pub(crate) fn check_removable(state_dir: &Path, root: &Path) -> Result<()> {
    let holds_project = root.starts_with(state_dir) || state_dir.join("spcs.toml").exists();
    if !holds_project && (!state_dir.exists() || was_started(state_dir)) {
        return Ok(());
    }
    let what = if holds_project { "holds a project" } else { "is not a local platform's" };
    let message =
        format!("resetting the local platform: the directory `{}` {what}", state_dir.display());
    let hint = "name a directory of its own as `state_dir` in [target.local] of spcs.toml";
    Err(Failure::new(Kind::Input, message).hint(hint).into())
}

/// Removes the containers, networks and volumes of a platform that does not run, then its state.
pub(crate) fn reset(state_dir: &Path, engine: Option<&EngineCommand>) -> Result<()> {
    spcs_local::reset(state_dir, engine)
        .with_context(|| format!("resetting the local platform of `{}`", state_dir.display()))
}

fn process(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Whether there is such a process, and it has not merely ended without being waited for.
fn alive(pid: u32) -> bool {
    let exists = process(pid)
        .is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
    let zombie = || {
        let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
    };
    exists && !zombie()
}

/// Whether the command line of a process is that of a platform; taken to be where it is not shown.
fn was_started_as_platform(pid: u32) -> bool {
    let words = fs_err::read(format!("/proc/{pid}/cmdline"));
    words.map_or(true, |words| words.split(|byte| *byte == 0).any(|word| word == b"serve"))
}
