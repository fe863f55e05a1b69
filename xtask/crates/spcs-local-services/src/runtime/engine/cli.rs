//! Calls of the engine's program.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use crate::runtime::RuntimeError;
use crate::{EngineCommand, EngineKind};

/// For a call that neither pulls nor stops. It is generous: some storage drivers copy a whole
/// image for each container that is made.
const LIMIT: Duration = Duration::from_secs(300);

/// The engine's program with its environment.
#[derive(Debug)]
pub(super) struct Cli {
    command: EngineCommand,
    /// Where its programs run: what watches over a container may leave a file `oom` there.
    directory: PathBuf,
}

impl Cli {
    pub(super) fn new(command: EngineCommand, directory: PathBuf) -> Cli {
        Cli { command, directory }
    }

    pub(super) fn kind(&self) -> EngineKind {
        self.command.kind
    }

    pub(super) fn has_env(&self, name: &str) -> bool {
        self.command.env.iter().any(|(key, _)| key == name) || std::env::var_os(name).is_some()
    }

    /// A process group of its own keeps a Ctrl-C at the terminal, and a kill of the platform's
    /// group, away from the engine, its monitors and the containers below them.
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

    /// Runs to the end and returns stdout.
    pub(super) async fn call<S: AsRef<OsStr>>(
        &self,
        doing: &str,
        args: &[S],
    ) -> Result<String, RuntimeError> {
        self.finish(doing, self.command(args), LIMIT).await
    }

    /// The same for a command that is complete, within a time of its own.
    pub(super) async fn finish(
        &self,
        doing: &str,
        mut command: Command,
        limit: Duration,
    ) -> Result<String, RuntimeError> {
        let error = |message: String| RuntimeError { doing: doing.to_owned(), message };
        let output = within(doing, limit, command.kill_on_drop(true).output()).await?;
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

    /// Whether a question is answered with success; what it prints does not matter.
    pub(super) async fn succeeds<S: AsRef<OsStr>>(&self, args: &[S]) -> bool {
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let status = within("asking the engine", LIMIT, command.status()).await;
        status.is_ok_and(|status| status.is_ok_and(|status| status.success()))
    }

    /// Runs to the end and returns both streams in the order they were written.
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
        // The command holds the writing ends; the reader sees the end once they are gone.
        drop(command);
        let reader =
            tokio::fs::File::from_std(std::fs::File::from(std::os::fd::OwnedFd::from(reader)));
        let mut bytes = Vec::new();
        let ended = async {
            tokio::io::BufReader::new(reader).read_to_end(&mut bytes).await?;
            child.wait().await
        };
        let status = within(doing, LIMIT, ended).await?.map_err(io)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if status.success() { Ok(text) } else { Err(error(text)) }
    }
}

/// What a call gives within its time; what is dropped at its end kills the engine's program.
async fn within<T>(
    doing: &str,
    limit: Duration,
    call: impl Future<Output = T>,
) -> Result<T, RuntimeError> {
    tokio::time::timeout(limit, call).await.map_err(|_| RuntimeError {
        doing: doing.to_owned(),
        message: format!("the engine has not answered in {limit:?}"),
    })
}

/// What an engine gives as the cause on stderr: warnings come before it, and docker may add an
/// advice to read its help.
pub(super) fn cause(stderr: &str) -> Option<&str> {
    let advice = |line: &&str| line.starts_with("Run '") || line.starts_with("See '");
    stderr.lines().map(str::trim).rfind(|line| !line.is_empty() && !advice(line))
}
