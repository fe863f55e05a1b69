//! The local platform as a process of its own: found, started in the background, stopped.

mod spawn;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use deploy::error::Kind;
use emulator::{EngineCommand, Status};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::failure::Failure;

pub(crate) use spawn::{Start, Started, port_taken, start, was_started};

/// How long a platform may take to stop: containers go on running, so it only has files to close.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// The file that a running platform describes itself in.
pub(crate) fn status_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.json")
}

/// The platform's log.
pub(crate) fn log_file(state_dir: &Path) -> PathBuf {
    state_dir.join("platform.log")
}

/// The platform of a state directory, if it runs and answers.
pub(crate) async fn running(state_dir: &Path) -> Result<Option<Status>> {
    let file = status_file(state_dir);
    let text = match fs_err::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // Half a file is what a machine that lost power leaves: the platform does not run.
    let Ok(status) = serde_json::from_str::<Status>(&text) else { return Ok(None) };
    if !alive(status.pid) {
        return Ok(None);
    }
    Ok(answers(&status.url).await.then_some(status))
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
    let Some(status) = running(state_dir).await? else { return Ok(false) };
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

/// Removes the containers, networks and volumes of a platform that does not run, then its state.
pub(crate) fn reset(state_dir: &Path, engine: Option<&EngineCommand>) -> Result<()> {
    emulator::reset(state_dir, engine)
        .with_context(|| format!("resetting the local platform of `{}`", state_dir.display()))
}

/// The platform's form of an engine that was detected.
pub(crate) fn engine_command(engine: &deploy::engine::Engine) -> EngineCommand {
    let kind = match engine.kind {
        deploy::engine::EngineKind::Podman => emulator::EngineKind::Podman,
        deploy::engine::EngineKind::Docker => emulator::EngineKind::Docker,
    };
    EngineCommand { kind, program: engine.program.clone(), env: engine.env.clone() }
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

async fn answers(url: &str) -> bool {
    let ask = || async {
        let client =
            reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
        client.get(format!("{url}/healthz")).send().await?.error_for_status()?.text().await
    };
    matches!(ask().await, Ok(text) if text.trim() == "ok")
}
