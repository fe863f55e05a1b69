//! The local platform as a process of its own: found, started in the background, stopped.

mod engine;
mod spawn;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use spcs_apply::error::Kind;
use spcs_local::{EngineCommand, Status};

use crate::failure::Failure;

pub(crate) use engine::{engine_command, engine_to_reset, engine_to_start};
pub(crate) use spawn::{Start, Started, port_taken, start, was_started};

/// How long a platform may take to stop: containers go on running, but a call of the engine that
/// has begun is waited for.
const STOP_LIMIT: Duration = Duration::from_secs(45);

/// How long one question to the platform may take, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(5);
const ATTEMPTS: usize = 4;

/// The file that a running platform describes itself in.
pub(crate) fn status_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.json")
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
        match ask(&status.url, PATIENCE).await {
            Answer::Well => return Ok(Some(status)),
            Answer::Nobody => return Ok(None),
            Answer::Silence => {}
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
    // The process may be another by now, under the old number: that one does not answer as a
    // platform, nor was it started as one.
    let ours = match ask(&status.url, PATIENCE).await {
        Answer::Well => true,
        Answer::Silence => was_started_as_platform(status.pid),
        Answer::Nobody => false,
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

/// What comes back from where a platform should be.
#[derive(Debug, PartialEq)]
enum Answer {
    /// It is well.
    Well,
    /// Something accepts the connection and says nothing: it is busy, or was stopped.
    Silence,
    /// Nothing listens there, or something else does.
    Nobody,
}

async fn ask(url: &str, patience: Duration) -> Answer {
    let ask = || async {
        let client = reqwest::Client::builder().no_proxy().timeout(patience).build()?;
        client.get(format!("{url}/healthz")).send().await?.error_for_status()?.text().await
    };
    match ask().await {
        Ok(text) if text.trim() == "ok" => Answer::Well,
        Err(error) if error.is_timeout() => Answer::Silence,
        _ => Answer::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_platform_that_is_busy_is_told_from_one_that_is_not_there() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        assert_eq!(ask(&url, Duration::from_millis(50)).await, Answer::Silence);
        drop(listener);
        assert_eq!(ask(&url, PATIENCE).await, Answer::Nobody);
    }
}
