//! Runs a command in a process group, with a time limit for the whole group.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use spcs_apply::error::Kind;
use spcs_apply::graph::CancellationToken;
use tokio::process::Child;

use crate::console::time;
use crate::failure::Failure;

/// The time between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a command in its own process group. Ends the group after `limit` or on cancellation,
/// because Ctrl-C at the terminal does not reach it.
pub(super) async fn run(
    mut command: Command,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    let program = command.get_program().display().to_string();
    command.process_group(0);
    let mut child = tokio::process::Command::from(command)
        .spawn()
        .with_context(|| format!("starting `{program}`"))?;
    let failure = tokio::select! {
        status = child.wait() => {
            let status = status.with_context(|| format!("waiting for `{program}`"))?;
            if status.success() {
                return Ok(());
            }
            return Err(Failure::new(Kind::Internal, format!("`{program}` failed ({status})")).into());
        }
        () = cancel.cancelled() => Failure::new(Kind::Interrupted, "interrupted"),
        () = tokio::time::sleep(limit) => {
            let message = format!("`{program}` did not end within {}", time(limit));
            Failure::new(Kind::Wait, message)
        }
    };
    end(&mut child).await;
    Err(failure.into())
}

/// Sends SIGTERM, so that engine clients can clean up, then kills the remaining processes.
async fn end(child: &mut Child) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let send = |signal| group.map(|group| kill_process_group(group, signal));
    // An error means that the group has already ended.
    send(Signal::TERM);
    // Cargo exits immediately; the tests that it runs must stop their engines first.
    let all_gone = async {
        while group.is_some_and(|group| test_kill_process_group(group).is_ok()) {
            // Reap the child: a zombie still counts as a member of the group.
            let _ = child.try_wait();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let _ = tokio::time::timeout(GRACE, all_gone).await;
    send(Signal::KILL);
    let _ = child.wait().await;
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// A shell that does not exit, with a child that ignores SIGTERM.
    fn endless() -> (Command, std::io::PipeReader) {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' TERM; sleep 600 & trap - TERM; sleep 600"]).stdout(writer);
        (shell, reader)
    }

    /// Returns when every process has closed the other end of the pipe.
    fn all_have_ended(mut reader: std::io::PipeReader) {
        assert_eq!(reader.read_to_end(&mut Vec::new()).unwrap(), 0);
    }

    #[tokio::test]
    async fn a_command_that_exceeds_its_limit_is_ended_with_its_children() {
        let (shell, reader) = endless();
        let limit = Duration::from_millis(100);
        let error = run(shell, limit, &CancellationToken::new()).await.unwrap_err();
        assert_eq!(error.to_string(), "`sh` did not end within 0.1 s");
        all_have_ended(reader);
    }

    #[tokio::test]
    async fn a_cancelled_command_is_ended_with_its_children() {
        let (shell, reader) = endless();
        let cancel = CancellationToken::new();
        cancel.cancel();
        let error = run(shell, Duration::from_secs(60), &cancel).await.unwrap_err();
        assert_eq!(error.to_string(), "interrupted");
        all_have_ended(reader);
    }

    #[tokio::test]
    async fn the_error_of_a_failed_command_contains_its_exit_status() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exit 3"]);
        let error = run(shell, Duration::from_secs(60), &CancellationToken::new()).await;
        assert_eq!(error.unwrap_err().to_string(), "`sh` failed (exit status: 3)");
    }
}
