//! Starts the platform in the background, from a copy of this executable: cargo can then overwrite
//! the original while the platform runs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use fs_err::os::unix::fs::OpenOptionsExt as _;
use spcs_apply::error::Kind;
use spcs_local::{EngineCommand, Status};

use super::start_lock::{self, StartLock};
use super::{lock_file, log_file, port, running};
use crate::failure::Failure;

/// How long a platform may take to answer; it first reads its state and queries the engine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The interval between two checks of a starting platform.
const POLL_INTERVAL: Duration = Duration::from_millis(30);

/// The settings of a platform to start.
pub(crate) struct Start {
    pub(crate) state_dir: PathBuf,
    /// The port; 0 means the previous one, or any free port.
    pub(crate) port: u16,
    /// The engine that runs the services; `None` simulates them.
    pub(crate) engine: Option<EngineCommand>,
    /// The number of `-v` flags.
    pub(crate) verbose: u8,
}

/// A running platform.
pub(crate) struct Started {
    pub(crate) status: Status,
    /// Whether it was already running.
    pub(crate) adopted: bool,
    /// Whether it is from another build of this program.
    pub(crate) other_build: bool,
}

/// Starts the platform or adopts a running one. Calls `prepare` only if it starts one.
pub(crate) async fn start(
    state_dir: &Path,
    prepare: impl AsyncFnOnce() -> Result<Start>,
) -> Result<Started> {
    if let Some(started) = adopt(state_dir).await? {
        return Ok(started);
    }
    // If several commands run at once, one starts the platform; the others wait here and adopt it.
    let _lock = StartLock::acquire(state_dir).await?;
    if let Some(started) = adopt_when_unlocked(state_dir).await? {
        return Ok(started);
    }
    let start = prepare().await?;
    if start.port != 0 {
        port::check_free(start.port).await?;
    }
    let mut child = spawn(&start)?;
    let healthy = async {
        loop {
            if let Some(status) = child.try_wait()? {
                return Err(ended_early(&start, status).into());
            }
            match running(state_dir).await? {
                Some(status) if status.pid == child.id() => return Ok::<_, anyhow::Error>(status),
                _ => tokio::time::sleep(POLL_INTERVAL).await,
            }
        }
    };
    let status = match tokio::time::timeout(START_LIMIT, healthy).await {
        Ok(status) => status?,
        Err(_) => {
            // A platform that never answered has no state that a clean stop would save.
            child.kill().ok();
            return Err(no_answer(state_dir).into());
        }
    };
    Ok(Started { status, adopted: false, other_build: false })
}

/// Adopts the running platform, if there is one.
async fn adopt(state_dir: &Path) -> Result<Option<Started>> {
    let Some(status) = running(state_dir).await? else { return Ok(None) };
    let other_build = fs_err::read_to_string(build_file(state_dir))
        .is_ok_and(|build| this_build().is_ok_and(|this| this != build));
    Ok(Some(Started { status, adopted: true, other_build }))
}

/// Adopts the running platform once no platform is starting or stopping. The command that started
/// or stopped it may have been killed.
async fn adopt_when_unlocked(state_dir: &Path) -> Result<Option<Started>> {
    let begun = Instant::now();
    loop {
        let adopted = adopt(state_dir).await?;
        if adopted.is_some() || !start_lock::is_locked(&lock_file(state_dir)) {
            return Ok(adopted);
        }
        if begun.elapsed() > START_LIMIT {
            return Err(no_answer(state_dir).into());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

fn no_answer(state_dir: &Path) -> Failure {
    let message =
        format!("the local platform has not answered within {START_LIMIT:?} of its start");
    Failure::new(Kind::Wait, message).hint(format!("see `{}`", log_file(state_dir).display()))
}

fn spawn(start: &Start) -> Result<Child> {
    let program = copy_of_this_program(&start.state_dir)?;
    let log = fs_err::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(log_file(&start.state_dir))?
        .into_file();
    let mut command = Command::new(&program);
    command.args(["local", "serve", "--state-dir"]).arg(&start.state_dir);
    command.args(["--port", &start.port.to_string()]);
    command.args((0..start.verbose).map(|_| "-v"));
    if let Some(engine) = &start.engine {
        command
            .args(["--engine-kind", engine.kind.name(), "--engine-program"])
            .arg(&engine.program);
        for (name, value) in &engine.env {
            command.arg("--engine-env").arg(format!("{name}={value}"));
        }
    }
    command.current_dir("/").stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.spawn().with_context(|| format!("starting `{}`", program.display()))
}

fn copy_of_this_program(state_dir: &Path) -> Result<PathBuf> {
    let source = std::env::current_exe().context("finding the program that runs")?;
    let folder = state_dir.join("bin");
    spcs_local::private_directory(&folder)
        .with_context(|| format!("making the directory `{}`", folder.display()))?;
    // Written first, so that the directory is recognised as a platform's even if the copy fails.
    fs_err::write(build_file(state_dir), this_build()?)?;
    let copy = folder.join("xtask-platform");
    // Copied to a new file and renamed: the old executable may still be running.
    let fresh = folder.join(format!("xtask-platform.{}", std::process::id()));
    let copied = fs_err::copy(source, &fresh).and_then(|_| fs_err::rename(&fresh, &copy));
    if copied.is_err() {
        // Free the space of the partial copy: the disk may be full.
        fs_err::remove_file(&fresh).ok();
    }
    copied.context("copying this program for the local platform")?;
    Ok(copy)
}

/// Whether a platform was ever started in a state directory. Checks several files: an interrupted
/// removal can leave any of them.
pub(crate) fn was_started(state_dir: &Path) -> bool {
    let files = [build_file(state_dir), lock_file(state_dir), log_file(state_dir)];
    files.iter().any(|file| file.exists())
}

fn build_file(state_dir: &Path) -> PathBuf {
    state_dir.join("bin").join("build")
}

/// Identifies the build of this program by size and time, without hashing a hundred megabytes.
fn this_build() -> Result<String> {
    let data = fs_err::metadata(std::env::current_exe().context("finding the program that runs")?)?;
    let modified = data.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", data.len(), modified.as_nanos()))
}

fn ended_early(start: &Start, status: ExitStatus) -> Failure {
    let log = log_file(&start.state_dir);
    let text = fs_err::read_to_string(&log).unwrap_or_default();
    // The exit code of the child tells the kind of failure.
    let machine = status.code() == Some(i32::from(Kind::Machine.exit_code()));
    let kind = if machine { Kind::Machine } else { Kind::Internal };
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines[lines.len().saturating_sub(8)..].join("\n  ");
    Failure::new(
        kind,
        format!("the local platform ended at its start ({status}); its last lines:\n  {tail}"),
    )
    .hint(format!("the whole log is `{}`", log.display()))
}
