//! Starting the platform in the background, from a copy of this very program: cargo may then
//! overwrite the original while the platform runs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use spcs_apply::error::Kind;
use spcs_local::{EngineCommand, Status};

use super::turn::{self, Turn};
use super::{lock_file, log_file, port, running};
use crate::failure::Failure;

/// How long a platform may take until it answers; it reads its state and asks the engine first.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Between two looks at a platform that is being started.
const PERIOD: Duration = Duration::from_millis(30);

/// What a platform is started with.
pub(crate) struct Start {
    /// Where its state is.
    pub(crate) state_dir: PathBuf,
    /// Its port; 0 for the one of the last start, or any that is free.
    pub(crate) port: u16,
    /// The engine that runs the services; `None` simulates them.
    pub(crate) engine: Option<EngineCommand>,
    /// How many `-v` it logs with.
    pub(crate) verbose: u8,
}

/// A platform that runs now.
pub(crate) struct Started {
    /// What it says of itself.
    pub(crate) status: Status,
    /// Whether it ran before.
    pub(crate) adopted: bool,
    /// Whether it runs another build of this program.
    pub(crate) other_build: bool,
}

/// Starts the platform, or adopts the one that runs. `prepare` is called only to start one.
pub(crate) async fn start(
    state_dir: &Path,
    prepare: impl AsyncFnOnce() -> Result<Start>,
) -> Result<Started> {
    if let Some(started) = adopt(state_dir).await? {
        return Ok(started);
    }
    // Of several commands one starts the platform; the others wait here and adopt it.
    let _turn = Turn::take(state_dir).await?;
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
                _ => tokio::time::sleep(PERIOD).await,
            }
        }
    };
    let status = match tokio::time::timeout(START_LIMIT, healthy).await {
        Ok(status) => status?,
        Err(_) => {
            // A platform that never answered holds nothing that a clean stop would save.
            child.kill().ok();
            return Err(no_answer(state_dir).into());
        }
    };
    Ok(Started { status, adopted: false, other_build: false })
}

/// The platform that runs, as one that was not started by this command.
async fn adopt(state_dir: &Path) -> Result<Option<Started>> {
    let Some(status) = running(state_dir).await? else { return Ok(None) };
    let other_build = fs_err::read_to_string(build_file(state_dir))
        .is_ok_and(|build| this_build().is_ok_and(|this| this != build));
    Ok(Some(Started { status, adopted: true, other_build }))
}

/// The same once no platform is on its way up or down any more: the command that started or
/// stopped it may have been killed.
async fn adopt_when_unlocked(state_dir: &Path) -> Result<Option<Started>> {
    let begun = Instant::now();
    loop {
        let adopted = adopt(state_dir).await?;
        if adopted.is_some() || !turn::is_locked(&lock_file(state_dir)) {
            return Ok(adopted);
        }
        if begun.elapsed() > START_LIMIT {
            return Err(no_answer(state_dir).into());
        }
        tokio::time::sleep(PERIOD).await;
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
    // The user's password is nothing that the platform needs to be born with.
    command.env_remove("SPCS_USER_PASSWORD").current_dir("/");
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.spawn().with_context(|| format!("starting `{}`", program.display()))
}

fn copy_of_this_program(state_dir: &Path) -> Result<PathBuf> {
    let source = std::env::current_exe().context("finding the program that runs")?;
    let folder = state_dir.join("bin");
    fs_err::create_dir_all(&folder)?;
    // First, so that a directory whose copy failed is known for a platform's.
    fs_err::write(build_file(state_dir), this_build()?)?;
    let copy = folder.join("xtask-platform");
    // A new file under the old name: the old one may still be running.
    let fresh = folder.join(format!("xtask-platform.{}", std::process::id()));
    let copied = fs_err::copy(source, &fresh).and_then(|_| fs_err::rename(&fresh, &copy));
    if copied.is_err() {
        // A disk that is full gets its hundred megabytes back.
        fs_err::remove_file(&fresh).ok();
    }
    copied.context("copying this program for the local platform")?;
    Ok(copy)
}

/// Whether a platform has ever been started on a state directory. Of one that was being removed
/// when the power went, any file may be left.
pub(crate) fn was_started(state_dir: &Path) -> bool {
    let files = [build_file(state_dir), lock_file(state_dir), log_file(state_dir)];
    files.iter().any(|file| file.exists())
}

fn build_file(state_dir: &Path) -> PathBuf {
    state_dir.join("bin").join("build")
}

/// Tells one build of this program from another, without hashing a hundred megabytes.
fn this_build() -> Result<String> {
    let data = fs_err::metadata(std::env::current_exe().context("finding the program that runs")?)?;
    let modified = data.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", data.len(), modified.as_nanos()))
}

fn ended_early(start: &Start, status: ExitStatus) -> Failure {
    let log = log_file(&start.state_dir);
    let text = fs_err::read_to_string(&log).unwrap_or_default();
    // The child says with its exit code what sort of failure it was.
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
