//! Runs a command and captures its output, exit code and duration.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The result of a command that has exited.
pub(crate) struct Run {
    pub(crate) arguments: Vec<String>,
    /// `None` if a signal killed the command.
    pub(crate) code: Option<i32>,
    /// The data of the command.
    pub(crate) stdout: String,
    /// Progress, errors and hints.
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Run {
    /// Runs a command until it exits and passes each line of its stderr to `each` as it arrives.
    ///
    /// The path of `folder` is replaced by `[DIR]` in the output. After `limit` the command is
    /// killed and the test fails.
    #[track_caller]
    pub(crate) fn of(
        command: &mut Command,
        folder: &Path,
        limit: Duration,
        mut each: impl FnMut(&str, &mut Child),
    ) -> Run {
        let start = Instant::now();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|error| panic!("running {command:?}: {error}"));
        let mut stdout = child.stdout.take().expect("stdout is a pipe");
        let data = std::thread::spawn(move || {
            let mut data = String::new();
            stdout.read_to_string(&mut data).map(|_| data)
        });
        let lines = BufReader::new(child.stderr.take().expect("stderr is a pipe")).lines();
        let (sender, receiver) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|l| sender.send(l)));
        let mut stderr = String::new();
        loop {
            match receiver.recv_timeout(limit.saturating_sub(start.elapsed())) {
                Ok(line) => {
                    each(&line, &mut child);
                    stderr.push_str(&line);
                    stderr.push('\n');
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    child.kill().expect("kill -9");
                    panic!("{command:?} has not ended after {limit:?}; so far:\n{stderr}");
                }
            }
        }
        let status = child.wait().expect("the exit status of the command");
        let stdout = data.join().expect("stdout is read").expect("stdout is UTF-8");
        let without = |text: String| text.replace(&folder.display().to_string(), "[DIR]");
        let (stdout, stderr) = (without(stdout), without(stderr));
        let arguments = command.get_args().map(|it| it.to_string_lossy().into_owned()).collect();
        Run { arguments, code: status.code(), stdout, stderr, took: start.elapsed() }
    }

    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Run {
        assert_eq!(self.code, Some(expected), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that stderr contains a text.
    #[track_caller]
    pub(crate) fn says(self, expected: &str) -> Run {
        assert!(self.stderr.contains(expected), "no `{expected}` in stderr:\n{}", self.stderr);
        self
    }

    /// Checks that stdout is empty: a failed command prints no data.
    #[track_caller]
    pub(crate) fn without_data(self) -> Run {
        assert_eq!(self.stdout, "", "stdout is for data");
        self
    }

    /// Parses stdout as one JSON document.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.stdout).expect("stdout is one JSON document")
    }
}

/// The sorted ids of the steps that changed something, from a command's JSON report.
#[track_caller]
pub(crate) fn changed(report: &Value) -> Vec<String> {
    let changes = report["changes"].as_array().expect("a list of changes").iter();
    let mut ids: Vec<_> =
        changes.map(|step| step["id"].as_str().expect("a step has an id").to_owned()).collect();
    ids.sort_unstable();
    ids
}
