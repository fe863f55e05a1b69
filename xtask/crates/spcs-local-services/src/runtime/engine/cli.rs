//! Running the engine's program.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use crate::runtime::RuntimeError;
use crate::{EngineCommand, EngineKind};

/// Timeout for all calls except pulls and stops. Some storage drivers need long, because they copy
/// the whole image for each new container.
const TIMEOUT: Duration = Duration::from_secs(300);

/// The engine's program with its environment.
#[derive(Debug)]
pub(super) struct Cli {
    command: EngineCommand,
    /// The working directory. A container monitor may create a file named `oom` in it.
    directory: PathBuf,
}

impl Cli {
    pub(super) fn new(command: EngineCommand, directory: PathBuf) -> Cli {
        Cli { command, directory }
    }

    pub(super) fn engine(&self) -> &EngineCommand {
        &self.command
    }

    pub(super) fn kind(&self) -> EngineKind {
        self.command.kind
    }

    pub(super) fn has_env(&self, name: &str) -> bool {
        self.command.env.iter().any(|(key, _)| key == name) || std::env::var_os(name).is_some()
    }

    /// The command runs in its own process group, so that neither Ctrl-C in the terminal nor a kill
    /// of the platform's process group reaches the engine, its monitors and the containers.
    pub(super) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(&self.command.program);
        command
            .args(args)
            .envs(self.command.env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .process_group(0);
        if self.directory.is_dir() {
            command.current_dir(&self.directory);
        }
        command
    }

    /// Runs a command to completion and returns its stdout.
    pub(super) async fn call<S: AsRef<OsStr>>(
        &self,
        doing: &str,
        args: &[S],
    ) -> Result<String, RuntimeError> {
        self.finish(doing, self.command(args), TIMEOUT).await
    }

    /// Like `call`, but for a prepared command and with a custom timeout.
    pub(super) async fn finish(
        &self,
        doing: &str,
        mut command: Command,
        timeout: Duration,
    ) -> Result<String, RuntimeError> {
        let error = |message: String| RuntimeError { doing: doing.to_owned(), message };
        let output = within(doing, timeout, command.kill_on_drop(true).output()).await?;
        let output = output.map_err(|cause| {
            error(format!("cannot run {}: {cause}", self.command.program.display()))
        })?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(error(cause(&stderr).map_or_else(|| output.status.to_string(), str::to_owned)))
        }
    }

    /// Whether a command succeeds. Ignores its output.
    pub(super) async fn succeeds<S: AsRef<OsStr>>(&self, args: &[S]) -> bool {
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let status = within("querying the engine", TIMEOUT, command.status()).await;
        status.is_ok_and(|status| status.is_ok_and(|status| status.success()))
    }

    /// Runs a command to completion and returns stdout and stderr interleaved.
    pub(super) async fn call_merged(
        &self,
        doing: &str,
        args: &[&str],
    ) -> Result<String, RuntimeError> {
        let error = |message: String| RuntimeError { doing: doing.to_owned(), message };
        let io = |cause: std::io::Error| error(cause.to_string());
        let (reader, writer) = std::io::pipe().map_err(io)?;
        let mut command = self.command(args);
        command.stdout(writer.try_clone().map_err(io)?).stderr(writer).kill_on_drop(true);
        let mut child = command.spawn().map_err(io)?;
        // The command holds the write ends of the pipe. Drop it, so that the reader reaches EOF.
        drop(command);
        let reader =
            tokio::fs::File::from_std(std::fs::File::from(std::os::fd::OwnedFd::from(reader)));
        let mut bytes = Vec::new();
        let ended = async {
            tokio::io::BufReader::new(reader).read_to_end(&mut bytes).await?;
            child.wait().await
        };
        let status = within(doing, TIMEOUT, ended).await?.map_err(io)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if status.success() { Ok(text) } else { Err(error(text)) }
    }
}

/// Runs a call with a timeout. After the timeout the call is dropped, which kills the program.
async fn within<T>(
    doing: &str,
    timeout: Duration,
    call: impl Future<Output = T>,
) -> Result<T, RuntimeError> {
    tokio::time::timeout(timeout, call).await.map_err(|_| RuntimeError {
        doing: doing.to_owned(),
        message: format!("the engine did not respond within {timeout:?}"),
    })
}

/// The error message in an engine's stderr: its last line, except for docker's hints to read the
/// help. Warnings come before it.
pub(super) fn cause(stderr: &str) -> Option<&str> {
    let is_hint = |line: &&str| line.starts_with("Run '") || line.starts_with("See '");
    stderr.lines().map(str::trim).rfind(|line| !line.is_empty() && !is_hint(line))
}
