//! The process of the local platform: finds it, starts it in the background, stops it.

mod engine;
mod identity;
mod port;
mod spawn;
mod start_lock;

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

/// How long a platform may take to stop. Containers keep running, but the platform waits for
/// pending engine calls.
const STOP_LIMIT: Duration = Duration::from_secs(45);

/// How long the platform may take to answer one request, and how many requests are tried.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
const ATTEMPTS: usize = 4;

/// The file in which a running platform describes itself.
pub(crate) fn status_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.json")
}

/// The file that a running platform holds a lock on.
fn lock_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.lock")
}

pub(crate) fn log_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.log")
}

/// The running platform of a state directory, if any. A busy platform is asked again and never
/// treated as stopped.
pub(crate) async fn running(state_dir: &Path) -> Result<Option<Status>> {
    let Some(status) = read_status(state_dir)? else { return Ok(None) };
    for _ in 0..ATTEMPTS {
        match ask(&status.url, ANSWER_LIMIT).await {
            Answer::Timeout => {}
            answer => return Ok(answer.is_from(&status.state_dir).then_some(status)),
        }
    }
    let message = format!("the local platform (process {}) does not answer", status.pid);
    let hint = format!(
        "its log is `{}`; `cargo xtask local stop` stops it, and its services keep running",
        log_file(state_dir).display()
    );
    Err(Failure::new(Kind::Connection, message).hint(hint).into())
}

/// Reads the status file of a state directory, if the process that it names exists.
fn read_status(state_dir: &Path) -> Result<Option<Status>> {
    let text = match fs_err::read_to_string(status_file(state_dir)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // A power failure can leave a truncated file; the platform is not running then.
    let status = serde_json::from_str::<Status>(&text).ok();
    Ok(status.filter(|status| alive(status.pid)))
}

/// The running platform of a state directory.
///
/// # Errors
/// If the platform is not running.
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

/// Stops the platform; its containers keep running. Returns `false` if it was not running.
pub(crate) async fn stop(state_dir: &Path) -> Result<bool> {
    let Some(status) = read_status(state_dir)? else { return Ok(false) };
    // The process id may have been reused: check that the process is this platform.
    let ours = match ask(&status.url, ANSWER_LIMIT).await {
        Answer::Timeout => was_started_as_platform(status.pid),
        answer => answer.is_from(&status.state_dir),
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

/// Checks that a directory belongs to a platform, so that all of it can be removed.
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

/// Removes the containers, networks and volumes of a stopped platform, then its state.
pub(crate) fn reset(state_dir: &Path, engine: Option<&EngineCommand>) -> Result<()> {
    spcs_local::reset(state_dir, engine)
        .with_context(|| format!("resetting the local platform of `{}`", state_dir.display()))
}

fn process(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Whether a process exists and is not a zombie.
fn alive(pid: u32) -> bool {
    let exists = process(pid)
        .is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
    let zombie = || {
        let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
    };
    exists && !zombie()
}

/// Whether a process has the command line of a platform. `true` if the command line is unreadable.
fn was_started_as_platform(pid: u32) -> bool {
    let words = fs_err::read(format!("/proc/{pid}/cmdline"));
    words.map_or(true, |words| words.split(|byte| *byte == 0).any(|word| word == b"serve"))
}
